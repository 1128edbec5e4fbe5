"""What a function takes: read from its signature, said as JSON Schema, and held against what a model has given."""

from __future__ import annotations

import inspect
import json
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Annotated, Any, Final, TypeAlias, cast, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError, PydanticUserError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticUndefined

from livechat.errors import UsageError
from livechat.tools.results import told_of
from livechat.tools.schemas import restored
from livechat.tools.toolbox import ToolFailure

Function: TypeAlias = Callable[..., object]

LARGEST: Final = 512 * 1024
"""Bytes of all arguments of a call as JSON: no model writes more by itself, and complaints of each byte take time."""
LONGEST: Final = 1_500
"""Characters in which a model is told what does not fit."""
_ANNOTATE: Final = "annotate its parameters with types that JSON can hold: str, int, list[str], Literal[…], a model"
_UNDECLARABLE: Final = (PydanticUserError, TypeError, NameError)
_UNSAID: Final = Annotated[Any, Field(json_schema_extra={"type": "string"})]
"""Of what nothing is said: a model gives words, and a number is taken too."""
_GUESSED: Final = (bool, int, float, str)
"""Types that a parameter without an annotation has by its default."""


@dataclass(frozen=True, slots=True)
class Given:
    """Arguments as the function takes them."""

    positional: list[object] = field(default_factory=list[object])
    named: dict[str, object] = field(default_factory=dict[str, object])


class Arguments:
    """The parameters of one function, `*args` and `**kwargs` left aside."""

    def __init__(self, function: Function, name: str, told: Mapping[str, str]) -> None:
        """`told`: what the docstring says of each. Raises UsageError where a parameter's type cannot be asked for."""
        self._name = name
        self._module = getattr(function, "__module__", None)
        self._parameters = _parameters(function, name)
        hints = _hints(function, name)
        self._fields = {
            f"a{number}": _field(parameter, hints.get(parameter.name), told.get(parameter.name))
            for number, parameter in enumerate(self._parameters)
        }
        try:
            self._model = _model(name, self._fields)
            self.schema: Mapping[str, Any] = self._model.model_json_schema()
        except _UNDECLARABLE as error:
            raise _cannot(function, name, self._why(error), _ANNOTATE) from error

    def _why(self, error: Exception) -> str:
        """The parameter that cannot be asked for, and what is wrong with its type."""
        for parameter, one in zip(self._parameters, self._fields.values(), strict=True):
            try:
                _model(self._name, {"a": one}).model_json_schema()
            except (PydanticSchemaGenerationError, PydanticInvalidForJsonSchema):
                hint = inspect.formatannotation(parameter.annotation, self._module)
                return f"{parameter.name} is of type {hint}, which no JSON is"
            except _UNDECLARABLE as own:
                return f"{parameter.name}: {own}".split("\n")[0]
        return told_of(error).split("\n")[0]

    def read(self, args: Mapping[str, Any]) -> Given:
        """The arguments, made of the types that the function names. Raises ToolFailure in words a model can mend."""
        try:
            if len(json.dumps(args)) > LARGEST:
                raise ToolFailure(f"the arguments of {self._name} are too large: at most {LARGEST} bytes")
            model = self._model.model_validate_json(json.dumps(restored(args, self.schema)))
        except ValidationError as error:
            raise ToolFailure(self._complaint(error.errors(include_url=False, include_context=False))) from None
        except (TypeError, ValueError, RecursionError) as error:
            raise ToolFailure(f"the arguments of {self._name} cannot be read: {told_of(error)}") from None
        given = Given()
        for number, parameter in enumerate(self._parameters):
            self._take(given, parameter, f"a{number}", model)
        return given

    def _take(self, given: Given, parameter: inspect.Parameter, attribute: str, model: BaseModel) -> None:
        """What was left out is left to the function; before a positional one its own default stands."""
        set_ = attribute in model.model_fields_set
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            given.positional.append(getattr(model, attribute) if set_ else parameter.default)
        elif set_:
            given.named[parameter.name] = getattr(model, attribute)

    def _complaint(self, errors: Sequence[ErrorDetails]) -> str:
        told = [_told(error) for error in errors[:10]]
        takes = ", ".join(map(_brief, self._parameters)) or "nothing"
        return f"the arguments of {self._name} do not fit: {'; '.join(told)}. It takes: {takes}"[:LONGEST]


def _brief(parameter: inspect.Parameter) -> str:
    return parameter.name if parameter.default is inspect.Parameter.empty else f"{parameter.name} (optional)"


def _told(error: ErrorDetails) -> str:
    place = ".".join(map(str, error["loc"])) or "all of them"
    if error["type"] == "missing":
        return f"{place}: is missing"
    if error["type"] == "extra_forbidden":
        return f"{place}: there is no such parameter"
    shown = repr(error["input"])
    return f"{place}: {error['msg']} (given {shown if len(shown) <= 60 else shown[:59] + '…'})"


def _parameters(function: Function, name: str) -> list[inspect.Parameter]:
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError) as error:
        raise _cannot(function, name, str(error), _ANNOTATE) from None
    many = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [parameter for parameter in signature.parameters.values() if parameter.kind not in many]


def _hints(function: Function, name: str) -> Mapping[str, object]:
    """The annotations of a function, or of what is called when an object is."""
    while isinstance(function, partial):
        function = cast("Function", function.func)
    if inspect.isclass(function):
        where = function.__init__
    elif inspect.isroutine(function):
        where = function
    else:
        where = type(function).__call__
    try:
        return typing.get_type_hints(where, include_extras=True)
    except Exception as error:  # an annotation is any expression
        hint = "what an annotation names must be there at run time, at the top of the file"
        raise _cannot(function, name, f"its annotations cannot be read: {told_of(error)}", hint) from error


def _cannot(function: Function, name: str, why: str, hint: str) -> UsageError:
    code = getattr(inspect.unwrap(function), "__code__", None)
    place = f" ({Path(code.co_filename).name}:{code.co_firstlineno})" if isinstance(code, CodeType) else ""
    return UsageError(f"the tool {name!r}{place} cannot be declared", why=why, hint=hint)


def _field(parameter: inspect.Parameter, hint: object, words: str | None) -> tuple[object, FieldInfo]:
    default = parameter.default
    if hint is None:
        hint = next((kind for kind in _GUESSED if type(default) is kind), _UNSAID)
    hint, said = _described(hint)
    missing = default is inspect.Parameter.empty
    info = Field(
        default=PydanticUndefined if missing else default,
        alias=parameter.name,
        description=said or words,
    )
    return hint, cast("FieldInfo", info)


def _described(hint: object) -> tuple[object, str | None]:
    """The type, and the words with which it is annotated: `Annotated[str, "the city's name"]`."""
    if get_origin(hint) is not Annotated:
        return hint, None
    bare, *notes = get_args(hint)
    words = [note for note in notes if isinstance(note, str)]
    others = [note for note in notes if not isinstance(note, str)]
    said = next((note.description for note in others if isinstance(note, FieldInfo) and note.description), None)
    hint = Annotated[(bare, *others)] if others else bare
    return hint, " ".join(words) or said


def _model(name: str, fields: Mapping[str, tuple[object, FieldInfo]]) -> type[BaseModel]:
    """The parameters under names of our own: theirs may be any that pydantic keeps for itself."""
    make = cast("Callable[..., type[BaseModel]]", create_model)
    return make(name, __config__=ConfigDict(extra="forbid", defer_build=False), **fields)
