"""What every message of the wire has in common: both casings in, lowerCamel out, nothing unknown lost.

The rules are those of ProtoJSON as Google's clients and servers were seen to use it: a field is read
under its lowerCamel and its snake_case name, int64 comes as number or string, bytes come in either
base64 alphabet, enum values in any case. Sources: the protocol buffers JSON mapping and frames
captured from google-genai 3.4.0, @google/genai 3.1.0 and firebase 2.16.0.
"""

from __future__ import annotations

import re
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainValidator,
    ValidationInfo,
)
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, core_schema, to_json

_WHOLE = re.compile(r"-?[0-9]{1,19}")
_NUMBER = re.compile(r"-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,3})?")
_LARGEST = sys.float_info.max
_TO_STANDARD = str.maketrans("-_", "+/")


@cache
def wire_name(attribute: str) -> str:
    """The lowerCamel name of an attribute; a trailing underscore only keeps clear of Python's own names."""
    return to_camel(attribute.rstrip("_"))


def _finite(value: object) -> object:
    """JSON of any shape, without the infinities that `1e999` and `NaN` would smuggle in."""
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("a number must be finite")
    for inner in _inside(value):
        _finite(inner)
    return value


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return cast("dict[str, object]", value).values()
    return cast("list[object]", value) if isinstance(value, list) else ()


class _Hasty:
    """Refuses a list with its first wrong element: to name millions of them would take gigabytes."""

    @staticmethod
    def __get_pydantic_core_schema__(source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = cast("core_schema.ListSchema", handler(source))
        return {**schema, "fail_fast": True}


T = TypeVar("T")
Many = Annotated[list[T], _Hasty]

Json = Annotated[Any, AfterValidator(_finite)]
JsonObject = Annotated[dict[str, Any], AfterValidator(_finite)]


def _whole(value: object) -> int:
    """An int32 or int64: a whole number, 40.0 included, or the same as a string."""
    if (type(value) is str and _WHOLE.fullmatch(value)) or (type(value) is float and value.is_integer()):
        value = int(value)
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise ValueError("should be a whole number of 64 bits")
    return value


def _number(value: object) -> float:
    """A double: a finite number or the same as a string; whole numbers stay whole."""
    if type(value) is str and _NUMBER.fullmatch(value):
        value = float(value)
    if type(value) not in (int, float) or not -_LARGEST <= cast("float", value) <= _LARGEST:
        raise ValueError("should be a finite number")
    return cast("float", value)


Int = Annotated[int, PlainValidator(_whole)]
Float = Annotated[float, PlainValidator(_number)]


def _mixed_base64(value: object) -> bytes:
    """Bytes from a string that mixes the two alphabets; the pure ones never come here."""
    if type(value) is not str or not value.isascii():
        raise ValueError("should be base64")
    text = value.translate(_TO_STANDARD)
    text += "=" * (-len(text) % 4)
    data = b64decode(text, validate=True)
    if b64encode(data).decode() != text:
        raise ValueError("should be base64")
    return data


class _Base64:
    """Bytes that are base64 on the wire: either alphabet, padded or not; strict about anything else."""

    @staticmethod
    def __get_pydantic_core_schema__(source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        plain = core_schema.bytes_schema()
        mixed = core_schema.no_info_plain_validator_function(_mixed_base64)
        either = core_schema.union_schema(
            [plain, mixed],
            mode="left_to_right",
            custom_error_type="base64",
            custom_error_message="Input should be base64",
        )
        return core_schema.json_or_python_schema(json_schema=either, python_schema=plain)


Base64 = Annotated[bytes, _Base64]


def one_of(*names: str) -> AfterValidator:
    """An open enum: a known value in any case becomes itself, an unknown one stays as it came."""
    known = {name.upper(): name for name in names}
    return AfterValidator(lambda value: known.get(value.upper(), value))


def later(module: str, name: str) -> object:
    """A model that few sessions meet: its module is imported with the first value of it.

    The hundred rare models would cost every start some 100 ms. For the type checker the field
    has the model's own type.
    """
    return Annotated[Any, PlainValidator(_arrival(module, name))]


def _arrival(module: str, name: str) -> Callable[[object, ValidationInfo], Wire]:
    def validate(value: object, info: ValidationInfo) -> Wire:
        model: type[Wire] = getattr(import_module(module), name)
        return model.model_validate_json(to_json(value)) if info.mode == "json" else model.model_validate(value)

    return validate


class Wire(BaseModel):
    """One JSON object of the wire.

    A field is *set* when it was given, by a frame or by a caller; only set fields are written.
    None for a field means that it is absent. Unknown fields are kept, and written as they came.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        alias_generator=wire_name,
        validate_by_name=True,
        validate_by_alias=True,
        extra="allow",
        strict=True,
        allow_inf_nan=False,
        val_json_bytes="base64",
        defer_build=True,
    )
    if TYPE_CHECKING:
        __pydantic_extra__: dict[str, Json] | None = Field(init=False)
    else:  # here pydantic reads the type of unknown fields, and allows no None
        __pydantic_extra__: dict[str, Json] = Field(init=False)

    null_counts: ClassVar[frozenset[str]] = frozenset()
    """Attributes whose explicit null says something."""

    def to_wire(self) -> dict[str, object]:
        """The set fields in the order of their declaration under their wire names, then the unknown ones."""
        given, nulls = self.__pydantic_fields_set__, self.null_counts
        fields: dict[str, object] = {
            wire_name(name): b64encode(value).decode() if type(value) is bytes else value
            for name, value in self.__dict__.items()
            if name in given and (value is not None or name in nulls)
        }
        for name, value in (self.__pydantic_extra__ or {}).items():
            if name not in self.__dict__:
                fields.setdefault(name, value)
        return fields
