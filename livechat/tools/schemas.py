"""Says a JSON Schema in the words that the wire takes, and puts the arguments that come back into the schema's shape.

What the Developer API refuses is known from its own messages: `$ref`, `const`, `additionalProperties`,
`exclusiveMinimum` and the like are unknown names (zed #44875, cherry-studio #4153), a format of a string is `enum` or
`date-time` (gemini-cli #3178), only strings have an `enum`, an object has properties (agno #2112), a list has items,
and beside `anyOf` nothing stands. What cannot be said as a rule is said in the description.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

from livechat.protocol.parts import Schema

JsonSchema: TypeAlias = Mapping[str, Any]
_Told: TypeAlias = dict[str, Any]
"""The fields of a Schema of the wire by the names of its attributes."""

MOST: Final = 1_000
"""Schemas in one another that are said; those beyond are asked for as JSON in a string. Few `$ref`s can be millions."""
DEEPEST: Final = 12
"""Levels, likewise."""
LONGEST: Final = 1_000
"""Characters of one description."""
_FORMATS: Final = {"STRING": {"date-time", "enum"}, "INTEGER": {"int32", "int64"}, "NUMBER": {"float", "double"}}
_TYPES: Final = {"string", "number", "integer", "boolean", "array", "object"}
_KEPT: Final = {
    "STRING": {"pattern": "pattern", "minLength": "min_length", "maxLength": "max_length"},
    "INTEGER": {"minimum": "minimum", "maximum": "maximum"},
    "NUMBER": {"minimum": "minimum", "maximum": "maximum"},
    "ARRAY": {"minItems": "min_items", "maxItems": "max_items"},
}
"""Rules that the wire knows, by type: their names here and there."""
_SAID: Final = {
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "uniqueItems": "no item twice",
    "minProperties": "at least {} entries",
    "maxProperties": "at most {} entries",
    "default": "default: {}",
}
"""Rules that are only told to the model."""
_ABOUT: Final = ("description", "default")
"""What is said of alternatives together."""
_NONE: Final[dict[str, Any]] = {}


def wire_schema(schema: JsonSchema) -> Schema | None:
    """The arguments of a function, whose schema is an object's; None where it takes none.

    Raises ValueError where that is no schema of an object.
    """
    told = _Teller(schema).tell(schema)
    if told.get("type") != "OBJECT":
        raise ValueError(f"the arguments of a function are an object, not {schema.get('type')!r}")
    return Schema.model_validate(told) if told["properties"] else None


def restored(args: Mapping[str, Any], schema: JsonSchema) -> dict[str, Any]:
    """Arguments that a model has given for `wire_schema(schema)`, as a copy in the shape that `schema` has.

    Where a mapping was asked for as a list of entries it is a mapping again, and what came as JSON in a string is no
    string where none belongs. What does not fit stays as it came.
    """
    return cast("dict[str, Any]", _Restorer(schema).restore(dict(args), schema, 0))


class _Root:
    """A whole schema, in which references point."""

    def __init__(self, root: JsonSchema) -> None:
        self._root = root

    def at(self, schema: object, seen: tuple[str, ...] = ()) -> tuple[dict[str, Any], tuple[str, ...]]:
        """The schema itself, without `$ref` and `allOf`, and the references that were followed to it, each once."""
        found, refs = _object(schema), list[str]()
        while isinstance(ref := found.pop("$ref", None), str) and ref not in (*seen, *refs):
            refs.append(ref)
            found = {**self._target(ref), **found}
        for part in _list(found.pop("allOf", None)):
            inner, followed = self.at(part, (*seen, *refs))
            refs.extend(followed)
            found = _merged(inner, found)
        return found, tuple(refs)

    def _target(self, ref: str) -> dict[str, Any]:
        if not ref.startswith("#"):
            return {}
        found: object = self._root
        for step in ref[1:].strip("/").split("/") if ref != "#" else ():
            found = _object(found).get(step.replace("~1", "/").replace("~0", "~"))
        return _object(found)


class _Teller(_Root):
    """Says one schema and those in it."""

    def __init__(self, root: JsonSchema) -> None:
        super().__init__(root)
        self._left = MOST
        self._path: list[str] = []

    def tell(self, schema: object, depth: int = 0) -> _Told:
        found, refs = self.at(schema)
        self._left -= 1
        too_much = self._left < 0 or depth > DEEPEST or any(ref in self._path for ref in refs)
        if too_much and _may_hold_more(found):
            return _json_text(found)
        self._path.extend(refs)
        try:
            return self._told(found, depth)
        finally:
            del self._path[len(self._path) - len(refs) :]

    def _told(self, found: dict[str, Any], depth: int) -> _Told:
        choices, nullable = _alternatives(found)
        if choices:
            return _but_null(self._one_of(found, choices, depth), nullable)
        match _kind(found):
            case "object":
                told = self._an_object(found, depth)
            case "array":
                told = self._a_list(found, depth)
            case "":
                told = {"any_of": [{"type": "STRING"}, {"type": "NUMBER"}, {"type": "BOOLEAN"}]}
            case kind:
                told = _simple(found, kind.upper())
        return _but_null(_described(told, found), nullable)

    def _one_of(self, found: dict[str, Any], choices: Sequence[object], depth: int) -> _Told:
        told = [self.tell(choice, depth + (len(choices) > 1)) for choice in choices]
        plain = [inner for one in told for inner in one.get("any_of", [one])]
        beside: _Told = {key: found[key] for key in _ABOUT if key in found}
        return _described({"any_of": plain} if len(plain) > 1 else plain[0], beside)

    def _an_object(self, found: dict[str, Any], depth: int) -> _Told:
        properties = _object(found.get("properties"))
        if depth > 0 and not properties:
            return self._a_mapping(found, depth)
        told = {name: self.tell(inner, depth + 1) for name, inner in properties.items()}
        required = [name for name in _list(found.get("required")) if isinstance(name, str) and name in told]
        return {"type": "OBJECT", "properties": told, **({"required": required} if required else {})}

    def _a_mapping(self, found: dict[str, Any], depth: int) -> _Told:
        """A mapping with keys of the model's choice: as a list of entries, since an object must name its properties."""
        properties = {"key": {"type": "STRING"}, "value": self.tell(found.get("additionalProperties"), depth + 1)}
        return {"type": "ARRAY", "items": {"type": "OBJECT", "properties": properties, "required": ["key", "value"]}}

    def _a_list(self, found: dict[str, Any], depth: int) -> _Told:
        items = _items(found)
        return {**_simple(found, "ARRAY"), "items": self.tell({"anyOf": items} if items else {}, depth + 1)}


class _Restorer(_Root):
    def restore(self, value: object, schema: object, depth: int) -> object:
        found, _ = self.at(schema) if depth <= 4 * DEEPEST else ({}, ())
        choices, _ = _alternatives(found)
        schemas = [self.at(choice)[0] for choice in choices] or [found]
        value = _parsed(value, schemas)
        if isinstance(value, list):
            return self._list(cast("list[object]", value), schemas, depth)
        if isinstance(value, Mapping):
            return self._mapping(cast("Mapping[str, object]", value), schemas, depth)
        return value

    def _list(self, value: list[object], schemas: Sequence[dict[str, Any]], depth: int) -> object:
        lists = [schema for schema in schemas if _kind(schema) == "array"]
        if not lists and (entries := _entries(value)) is not None:
            for schema in schemas:
                if _is_mapping(schema):
                    return self._mapping(entries, [schema], depth)
        items = _items(lists[0]) if lists else []
        whole = {"anyOf": items} if len(items) > 1 else items[0] if items else {}
        return [self.restore(item, whole, depth + 1) for item in value]

    def _mapping(self, value: Mapping[str, object], schemas: Sequence[dict[str, Any]], depth: int) -> object:
        objects = [schema for schema in schemas if _kind(schema) == "object"]
        best = max(objects, key=lambda schema: len(value.keys() & _object(schema.get("properties"))), default=_NONE)
        named, others = _object(best.get("properties")), best.get("additionalProperties")
        return {name: self.restore(inner, named.get(name, others), depth + 1) for name, inner in value.items()}


def _kind(found: Mapping[str, Any]) -> str:
    """Its type in JSON Schema's words, said or meant; "" where it may be anything."""
    kinds = [kind for kind in _types(found) if kind != "null"]
    if len(kinds) == 1 and kinds[0] in _TYPES:
        return kinds[0]
    if kinds:
        return ""
    if "properties" in found or "additionalProperties" in found:
        return "object"
    if "items" in found or "prefixItems" in found:
        return "array"
    values = _values(found)
    if values and all(isinstance(value, str) for value in values):
        return "string"
    if values and all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return "integer"
    return "string" if values else ""


def _types(found: Mapping[str, Any]) -> list[str]:
    return [kind for kind in _list(found.get("type")) if isinstance(kind, str)]


def _values(found: Mapping[str, Any]) -> list[object]:
    """The only values that it may have, null aside; none where there are many."""
    values = [found["const"]] if "const" in found else found.get("enum")
    return [value for value in _list(values) if value is not None]


def _alternatives(found: Mapping[str, Any]) -> tuple[list[object], bool]:
    """The schemas of which one is to fit, and whether null fits as well."""
    kinds = _types(found)
    choices = [*_list(found.get("anyOf")), *_list(found.get("oneOf"))]
    real = [choice for choice in choices if _object(choice).get("type") != "null"]
    nullable = "null" in kinds or len(real) < len(choices) or found.get("nullable") is True
    if not choices and len(several := [kind for kind in kinds if kind != "null"]) > 1:
        bare = {key: value for key, value in found.items() if key not in _ABOUT}
        return [{**bare, "type": kind} for kind in several], nullable
    return real, nullable


def _simple(found: Mapping[str, Any], kind: str) -> _Told:
    """What the wire can say of a value that holds no others, or of a list."""
    told: _Told = {"type": kind}
    told |= {there: found[here] for here, there in _KEPT.get(kind, {}).items() if _is_rule(found.get(here))}
    if kind == "INTEGER" and isinstance(least := found.get("exclusiveMinimum"), int):
        told.setdefault("minimum", least + 1)
    if kind == "INTEGER" and isinstance(most := found.get("exclusiveMaximum"), int):
        told.setdefault("maximum", most - 1)
    values = _values(found)
    if kind == "STRING" and values and all(isinstance(value, str) for value in values):
        told["enum"] = values
    elif found.get("format") in _FORMATS.get(kind, ()):
        told["format"] = found["format"]
    return told


def _described(told: _Told, found: Mapping[str, Any]) -> _Told:
    """With the description, which also says the rules that the wire does not know: of several, at the first."""
    words = _words(found, told)
    if not words:
        return told
    if "any_of" in told:
        first, *others = told["any_of"]
        return {"any_of": [_described(first, {"description": words}), *others]}
    return {**told, "description": _joined(words, told.get("description"))[:LONGEST]}


def _words(found: Mapping[str, Any], told: _Told) -> str:
    """The description of a schema, and what is not `told` otherwise."""
    said = [words.format(_shown(found[key])) for key, words in _SAID.items() if _is_said(key, found.get(key))]
    if told.get("type") == "INTEGER":  # there it is a minimum or maximum
        said = [words for words in said if not words.startswith(("more than", "less than"))]
    if (values := _values(found)) and "enum" not in told:
        said.insert(0, "one of " + ", ".join(map(_shown, values)))
    if isinstance(form := found.get("format"), str) and told.get("format") != form:
        said.insert(0, f"format: {form}")
    about = found.get("description")
    return _joined(about if isinstance(about, str) else "", f"({'; '.join(said)})" if said else "")[:LONGEST]


def _but_null(told: _Told, nullable: bool) -> _Told:
    """Null fits as well: each alternative says it, since beside them nothing may stand."""
    if not nullable:
        return told
    if "any_of" in told:
        return {"any_of": [{**inner, "nullable": True} for inner in told["any_of"]]}
    return {**told, "nullable": True}


def _json_text(found: Mapping[str, Any]) -> _Told:
    """What cannot be said any further."""
    title = found.get("title")
    what = f"{title}, " if isinstance(title, str) else ""
    about = found.get("description")
    return {
        "type": "STRING",
        "description": _joined(about if isinstance(about, str) else "", f"({what}written as JSON)"),
    }


def _may_hold_more(found: Mapping[str, Any]) -> bool:
    return _kind(found) in ("object", "array", "")


def _is_said(key: str, value: object) -> bool:
    match key:
        case "default":
            return value is not None and value not in ([], {})
        case "uniqueItems":
            return value is True
        case _:
            return _is_rule(value)


def _is_rule(value: object) -> bool:
    return isinstance(value, (int, float, str)) and not isinstance(value, bool)


def _parsed(value: object, schemas: Sequence[Mapping[str, Any]]) -> object:
    """What is written as JSON in a string, where a string does not belong and that does."""
    kinds = {_kind(schema) for schema in schemas}
    if not isinstance(value, str) or kinds & {"string", ""} or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return cast("object", read)


def _entries(value: Sequence[object]) -> dict[str, object] | None:
    """The mapping that a list of entries stands for."""
    entries = [_object(item) for item in value]
    if not all(entry.keys() == {"key", "value"} for entry in entries):
        return None
    return {str(entry["key"]): entry["value"] for entry in entries}


def _is_mapping(schema: Mapping[str, Any]) -> bool:
    return _kind(schema) == "object" and not _object(schema.get("properties"))


def _items(found: Mapping[str, Any]) -> list[object]:
    """The schemas that an item may have; a tuple's are one after another."""
    listed = _list(found.get("prefixItems"))
    rest = found.get("items")
    return [*listed, *(_list(rest) if not isinstance(rest, bool) else [])]


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """What fits both, as far as fields go."""
    both = {**one, **other}
    if "properties" in one and "properties" in other:
        both["properties"] = {**_object(one["properties"]), **_object(other["properties"])}
    if "required" in one and "required" in other:
        both["required"] = [*_list(one["required"]), *_list(other["required"])]
    return both


def _joined(*words: str | None) -> str:
    return " ".join(filter(None, words))


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 100 else text[:99] + "…"


def _object(value: object) -> dict[str, Any]:
    return dict(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    """A list as it is, and what stands where a list may stand as a list of one."""
    if isinstance(value, list):
        return list(cast("Sequence[Any]", value))
    return [] if value is None else [value]
