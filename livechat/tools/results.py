"""Makes of whatever a tool gives a response that can be sent: JSON, bounded, and honest about what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from itertools import islice
from json import dumps
from math import isfinite
from traceback import format_exception_only
from typing import Any, Final, cast

from livechat.protocol.parts import FunctionResponse
from livechat.tools.toolbox import ToolFailure

LARGEST: Final = 64 * 1024
"""Bytes of one response as JSON: a larger one is cut, which is said in it."""
_FOR_NOTES: Final = 1024
"""Of those, kept for saying so."""
DEEPEST: Final = 40
"""Levels of lists and mappings in one another."""
LONGEST: Final = 2_000
"""Characters that the model is told of an error."""
LARGEST_NUMBER: Final = 2**53
"""Whole numbers beyond are told as text: the wire's numbers are doubles (protobuf's Struct)."""
_CONVENTIONAL: Final = {"output", "error"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A response that is finished already; whoever makes one answers for its being JSON and small."""

    response: Mapping[str, Any]


def response_of(given: object) -> Mapping[str, Any]:
    """What a tool gave as JSON: {"output": …}, with a "note" where something could not be told as it was.

    A mapping with the key "output" or "error" and no keys but those is taken for a response of the tool's own making,
    and so is the response of a FunctionResponse.
    Code of the value's own may run (`__iter__`, `__str__`, `model_dump`), and what that raises is raised.
    """
    if isinstance(given, Answer):
        return given.response
    writer = _Writer()
    told = writer.json((given.response or {}) if isinstance(given, FunctionResponse) else given)
    response = {"output": told}
    if isinstance(given, FunctionResponse):
        response = cast("dict[str, Any]", told)
    elif isinstance(told, dict) and (own := cast("dict[str, Any]", told)) and own.keys() <= _CONVENTIONAL:
        response = own
    return {**response, "note": "; ".join(writer.notes)} if writer.notes else response


def failure_of(error: BaseException) -> Mapping[str, Any]:
    """What the model is told of what a tool raised: its kind and its words, or the words of a ToolFailure alone."""
    return {"error": told_of(error)}


def told_of(error: BaseException) -> str:
    """The last line of a traceback, as far as it can be shown."""
    try:
        words = str(error) if isinstance(error, ToolFailure) else "".join(format_exception_only(error)).strip()
    except Exception:  # the words are made by foreign code
        words = type(error).__name__
    return _sendable(words[:LONGEST]) or type(error).__name__


class _Writer:
    """Writes one value, as much of it as there is room for."""

    def __init__(self) -> None:
        self.notes: dict[str, None] = {}
        self._room = LARGEST - _FOR_NOTES
        self._path: list[object] = []

    def json(self, value: object) -> object:
        match value:
            case None | bool():
                return self._spend(value, 7)
            case Enum():
                return self.json(value.value)
            case int():
                return self._whole(value)
            case float():
                return self._number(value)
            case str():
                return self._text(value)
            case _:
                return self._held(value)

    def _spend(self, value: object, size: int) -> object:
        self._room -= size
        return value

    def _whole(self, value: int) -> object:
        if -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
            return self._spend(int(value), 19)
        if value.bit_length() > 10_000:
            return self._text(f"a whole number of {value.bit_length()} bits")
        return self._text(str(int(value)))

    def _number(self, value: float) -> object:
        if isfinite(value):
            return self._spend(float(value), 26)
        self._note("a number that is not finite is told as text")
        return self._text("NaN" if value != value else "Infinity" if value > 0 else "-Infinity")

    def _text(self, value: str) -> str:
        kept = _cut(value, self._room)
        if len(kept) < len(value):
            self._note(f"a text of {len(value)} characters is cut to {len(kept)}: a response has room for {LARGEST}")
        self._room -= _size(kept) + 2
        return kept

    def _held(self, value: object) -> object:
        """What may hold more of its kind."""
        if any(value is outer for outer in self._path):
            self._note("what holds itself is left out")
            return None
        if len(self._path) >= DEEPEST:
            self._note(f"what lies deeper than {DEEPEST} levels is left out")
            return None
        self._path.append(value)
        self._room -= 4
        try:
            return self._opened(value)
        finally:
            self._path.pop()

    def _opened(self, value: object) -> object:
        if isinstance(value, Mapping):
            return self._mapping(cast("Mapping[object, object]", value).items())
        if isinstance(value, (bytes, bytearray, memoryview)):
            return self._bytes(memoryview(cast("bytes", value)))
        if isinstance(value, (datetime, date, time)):
            return self._text(value.isoformat())
        if isinstance(value, timedelta):
            return self._text(str(value))
        if (dump := getattr(value, "model_dump", None)) is not None and not isinstance(value, type):
            return self.json(dump())
        if (names := _fields_of(value)) is not None:
            return self._mapping((name, getattr(value, name)) for name in names)
        if (names := _names_of(value)) is not None:
            return self._mapping(zip(names, cast("tuple[object, ...]", value), strict=False))
        if isinstance(value, (Sequence, Set, Iterator)) or _is_a_view(value):
            return self._list(cast("Iterable[object]", value))
        return self._described(value)

    def _mapping(self, items: Iterable[tuple[object, object]]) -> dict[str, object]:
        told: dict[str, object] = {}
        for key, value in items:
            if self._full():
                self._note(f"only the first {len(told)} fields are told: a response has room for {LARGEST} bytes")
                break
            told[self._key(key)] = self.json(value)
        return told

    def _key(self, key: object) -> str:
        return self._text(str(key.value) if isinstance(key, Enum) else str(key))

    def _list(self, items: Iterable[object]) -> list[object]:
        told: list[object] = []
        for item in items:
            if self._full():
                self._note(f"only the first {len(told)} items are told: a response has room for {LARGEST} bytes")
                break
            told.append(self.json(item))
        return told

    def _full(self) -> bool:
        return self._room <= 0

    def _bytes(self, value: memoryview) -> str:
        """As text where it is text: a model reads no base64."""
        raw = bytes(islice(value.cast("B"), LARGEST + 4)) if value.nbytes > LARGEST else value.tobytes()
        try:
            text = raw.decode() if len(raw) == value.nbytes else raw[:LARGEST].decode(errors="ignore")
        except UnicodeDecodeError:
            self._note("bytes that are no text are not told")
            return self._text(f"{value.nbytes} bytes")
        if len(raw) < value.nbytes:
            self._note(f"of {value.nbytes} bytes the first {LARGEST} are told")
        return self._text(text)

    def _described(self, value: object) -> object:
        """What is no JSON in any way that is known here, in the words it has for itself."""
        words = str(value)
        if type(value).__str__ is object.__str__ and type(value).__repr__ is object.__repr__:
            words = f"an object of type {type(value).__qualname__}"  # its address means nothing to anybody
        if not type(value).__module__.startswith(("decimal", "fractions", "uuid", "pathlib", "ipaddress")):
            self._note(f"a value of type {type(value).__qualname__} is told in words")
        return self._text(words)

    def _note(self, words: str) -> None:
        if len(self.notes) < 5:
            self.notes[words] = None


def _fields_of(value: object) -> Sequence[str] | None:
    """The fields of a dataclass."""
    return [field.name for field in fields(value)] if is_dataclass(value) and not isinstance(value, type) else None


def _names_of(value: object) -> Sequence[str] | None:
    """The fields of a named tuple."""
    names = getattr(value, "_fields", None)
    return cast("Sequence[str]", names) if isinstance(value, tuple) and isinstance(names, tuple) else None


def _is_a_view(value: object) -> bool:
    """Whether it is one of the standard library's other rows: a deque, the values of a mapping."""
    return type(value).__module__ in ("collections", "builtins") and isinstance(value, Iterable)


def _cut(text: str, room: int) -> str:
    """As many characters as fit into so many bytes of JSON, without halves of characters."""
    kept = _sendable(text[: max(room, 0)])
    while kept and (size := _size(kept)) > room:
        kept = kept[: len(kept) * max(room, 0) // size]
    return kept


def _size(text: str) -> int:
    """Bytes of a text as it goes over the wire, in ASCII."""
    return len(dumps(text))


def _sendable(text: str) -> str:
    """Without halves of surrogate pairs, which no UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode()
