"""The fields of the wire as data, and messages drawn from them in every dialect that was seen.

`vectors/fields.json` lists each class with its fields as google-genai 3.4.0 names and types them. `client_*.jsonl`
holds frames that google-genai and @google/genai really sent, `server.jsonl` frames that they were sent.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from livechat.protocol.wire import Wire

VECTORS = Path(__file__).parent / "vectors"
_FIELDS = json.loads((VECTORS / "fields.json").read_text())
FIELDS: dict[str, dict[str, str]] = _FIELDS["messages"]
ENUMS: dict[str, list[str]] = _FIELDS["enums"]

Pair = tuple[Any, Any]
"""A piece of JSON as it may be sent, and the same as it is to be written."""


def vectors(name: str) -> list[dict[str, Any]]:
    """The captured frames of one file."""
    return [json.loads(line) for line in (VECTORS / name).read_text().splitlines()]


def classes_of(module: str) -> list[str]:
    """The classes one source file must offer, as `module.Class`."""
    return [name for name in FIELDS if name.startswith(f"{module}.")]


def model(name: str) -> type[Wire]:
    """The class behind `module.Class`."""
    module, _, cls = name.partition(".")
    found: type[Wire] = getattr(import_module(f"livechat.protocol.{module}"), cls)
    return found


def models_in(module: str) -> Iterator[str]:
    """The classes one source file does offer."""
    home = import_module(f"livechat.protocol.{module}")
    for name, thing in vars(home).items():
        if isinstance(thing, type) and issubclass(thing, Wire) and thing.__module__ == home.__name__:
            yield f"{module}.{name}"


def enums_of(module: str) -> list[tuple[str, str, list[str]]]:
    """The fields of one source file that hold an enum, with the class and the known values."""
    return [
        (name, field, ENUMS[code.rpartition("enum:")[2]])
        for name in classes_of(module)
        for field, code in FIELDS[name].items()
        if "enum:" in code
    ]


def read(name: str, field: str, value: object) -> object:
    """What a class makes of one value of one field."""
    many = FIELDS[name][field].startswith("list:")
    message = model(name).model_validate_json(json.dumps({field: [value] if many else value}))
    found = getattr(message, snake(field))
    return found[0] if many else found


def snake(name: str) -> str:
    """A lowerCamel name in snake_case."""
    return re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", name)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def said(draw: DrawFn, name: str, depth: int = 3) -> Pair:
    """One message of the class: some fields set, in either casing, some null, some unknown."""
    sent: dict[str, Any] = {}
    canonical: dict[str, Any] = {}
    fields = FIELDS[name]
    chosen = draw(st.lists(st.sampled_from(sorted(fields)), unique=True, max_size=4)) if fields else []
    for field in chosen:
        key = draw(st.sampled_from([field, snake(field)]))
        if draw(st.integers(0, 9)) == 0 and field not in ("default", "example", "nullValue"):
            sent[key] = None
        else:
            sent[key], canonical[field] = draw(_value(fields[field], depth - 1))
    if draw(st.integers(0, 4)) == 0:
        sent["brand_new"] = canonical["brand_new"] = draw(JSON)
    return sent, canonical


def _value(code: str, depth: int) -> SearchStrategy[Pair]:
    kind, _, rest = code.partition(":")
    if kind == "list":
        return _list(_value(rest, depth), 2 if depth > 0 else 0)
    if kind == "map":
        return st.dictionaries(st.text(max_size=8), _value(rest, depth), max_size=2 if depth > 0 else 0).map(_halves)
    if kind == "enum":
        return _enum(ENUMS[rest])
    plain = _PLAIN.get(code)
    if plain is not None:
        return plain()
    return said(code, depth) if depth > 0 else st.just(({}, {}))


def _list(inner: SearchStrategy[Pair], most: int) -> SearchStrategy[Pair]:
    return st.lists(inner, max_size=most).map(lambda pairs: ([pair[0] for pair in pairs], [pair[1] for pair in pairs]))


def _halves(pairs: dict[str, Pair]) -> Pair:
    return {key: pair[0] for key, pair in pairs.items()}, {key: pair[1] for key, pair in pairs.items()}


def _enum(values: list[str]) -> SearchStrategy[Pair]:
    known = st.sampled_from(values).flatmap(
        lambda value: st.sampled_from([(value, value), (value.lower(), value), (value.swapcase(), value)])
    )
    return known | st.just(("Not_Yet_Known", "Not_Yet_Known"))


def _same(values: SearchStrategy[Any]) -> SearchStrategy[Pair]:
    return values.map(lambda value: (value, value))


def _whole() -> SearchStrategy[Pair]:
    def spellings(number: int) -> SearchStrategy[Pair]:
        as_float = [(float(number), number)] if abs(number) < 2**53 else []
        return st.sampled_from([(number, number), (str(number), number), *as_float])

    return (st.integers(-(2**63), 2**63 - 1) | st.integers(-99, 99)).flatmap(spellings)


def _number() -> SearchStrategy[Pair]:
    numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-999, 999)
    return numbers.flatmap(lambda number: st.sampled_from([(number, number), (repr(float(number)), float(number))]))


def _bytes() -> SearchStrategy[Pair]:
    def spellings(data: bytes) -> SearchStrategy[Pair]:
        standard, safe = b64encode(data).decode(), urlsafe_b64encode(data).decode()
        mixed = standard.replace("+", "-")
        forms = [form for text in (standard, safe, mixed) for form in (text, text.rstrip("="))]
        return st.sampled_from([(form, standard) for form in forms])

    return st.binary(max_size=12).flatmap(spellings)


_PLAIN: dict[str, Callable[[], SearchStrategy[Pair]]] = {
    "str": lambda: _same(st.text()),
    "bool": lambda: _same(st.booleans()),
    "int": _whole,
    "float": _number,
    "bytes": _bytes,
    "any": lambda: _same(JSON.filter(lambda value: value is not None)),
    "object": lambda: _same(st.dictionaries(st.text(max_size=8), JSON, max_size=3)),
}


def framed(value: object) -> SearchStrategy[str | bytes]:
    """The frames a message may come in: text or binary, dense or pretty, escaped or not."""
    pretty, plain = json.dumps(value, indent=2) + "\n", json.dumps(value, ensure_ascii=False)
    return st.sampled_from([pretty, plain, pretty.encode(), plain.encode()])


def exactly(value: object) -> str:
    """JSON for comparison: unlike `==`, it tells 1 from 1.0 and from true, and not one order of keys from another."""
    return json.dumps(value, sort_keys=True)
