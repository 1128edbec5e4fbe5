"""Claims about where the keys and values of a TOML text are found."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from typing import Any, TypeAlias, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.toml_places import KeyPath, Place, locate

TEXT = (
    """\
# a comment with key = "value" and [table]
top = 1   # and another
"quoted key" = 'it"""
    + """'
[server]
  choice = "auto"
project="p # no comment \\" still" # comment
[ profiles . work . session ]
voice = "Kore"
[profiles."at home"]
session.voice = 'Puck'
serve = { host = "h", port = 1, "max_connections"= 2 }
[[list]]
a = 1
[[list]]
a = 2
[long]
lines = [ 1, # one
  "]", { inner = 3 },
  [ 2 ],
]
prose = \"\"\"
[not.a.table]
key = 1 \\\"""\"\"\"
raw = '''x = '1' '''
when = 1979-05-27 07:32:00
after = true
"""
)


Json: TypeAlias = Any


def at(path: KeyPath, text: str = TEXT) -> tuple[str, str]:
    """The key and the value as they are written at the places found."""
    places = locate(text)[path]
    return slice_of(text, places.key), slice_of(text, places.value)


def slice_of(text: str, place: Place) -> str:
    line = text.split("\n")[place.line - 1]
    return line[place.column - 1 : place.column - 1 + place.length]


def paths(value: Json, above: KeyPath = ()) -> set[KeyPath]:
    found: set[KeyPath] = set()
    for step, inner in items(value):
        found |= {(*above, step)} | paths(inner, (*above, step))
    return found


def items(value: Json) -> Iterable[tuple[str | int, Json]]:
    if isinstance(value, dict):
        return cast("dict[str, Json]", value).items()
    return enumerate(cast("list[Json]", value)) if isinstance(value, list) else ()


def test_a_value_is_found_beside_its_key() -> None:
    assert at(("top",)) == ("top", "1")
    assert at(("server", "choice")) == ("choice", '"auto"')
    assert locate(TEXT)["server", "choice"].key == Place(5, 3, 6)
    assert at(("server", "project")) == ("project", '"p # no comment \\" still"')


def test_quoted_keys_are_found_by_what_they_stand_for() -> None:
    assert at(("quoted key",)) == ('"quoted key"', "'it'")
    assert at(("profiles", "at home")) == ('"at home"', '"at home"')


def test_dotted_headers_and_dotted_keys_are_found_at_each_of_their_names() -> None:
    assert at(("profiles", "work", "session")) == ("session", "session")
    assert at(("profiles", "work", "session", "voice")) == ("voice", '"Kore"')
    assert at(("profiles", "at home", "session")) == ("session", "session")
    assert at(("profiles", "at home", "session", "voice")) == ("voice", "'Puck'")


def test_the_keys_of_an_inline_table_are_found_in_it() -> None:
    inside = ("profiles", "at home", "serve")
    assert at((*inside, "port")) == ("port", "1")
    assert at((*inside, "max_connections")) == ('"max_connections"', "2")
    assert at(inside) == ("serve", '{ host = "h", port = 1, "max_connections"= 2 }')


def test_a_value_over_several_lines_is_found_at_its_first_line() -> None:
    assert at(("long", "lines")) == ("lines", "[ 1, # one")
    assert at(("long", "prose")) == ("prose", '"""')
    assert at(("long", "raw")) == ("raw", "'''x = '1' '''")
    assert at(("long", "when")) == ("when", "1979-05-27 07:32:00")
    assert at(("long", "after")) == ("after", "true")


def test_an_item_of_an_array_is_found_by_its_number() -> None:
    assert at(("long", "lines", 0)) == ("1", "1")
    assert at(("long", "lines", 1)) == ('"]"', '"]"')
    assert at(("long", "lines", 2)) == ("{ inner = 3 }", "{ inner = 3 }")
    assert at(("long", "lines", 2, "inner")) == ("inner", "3")
    assert at(("long", "lines", 3, 0)) == ("2", "2")


ROWS = """\
[[turn]]
said = "a"
[[turn.do]]
say = "1"
[[turn.do]]
call = "2"
[turn.do.args]
x = { y = 3 }
[turn.pace]
z = 4
[[turn]]
[[turn.do]]
say = "5"
do.more = 6
"""


def test_each_table_of_an_array_of_tables_has_a_place_of_its_own() -> None:
    assert [locate(ROWS)["turn", number].key.line for number in (0, 1)] == [1, 11]
    assert locate(ROWS)["turn",].key.line == 1
    assert at(("turn", 0, "said"), ROWS) == ("said", '"a"')
    assert at(("turn", 0, "do", 0, "say"), ROWS) == ("say", '"1"')
    assert at(("turn", 0, "do", 1, "args", "x", "y"), ROWS) == ("y", "3")
    assert at(("turn", 0, "pace", "z"), ROWS) == ("z", "4")
    assert at(("turn", 1, "do", 0, "say"), ROWS) == ("say", '"5"')
    assert at(("turn", 1, "do", 0, "do", "more"), ROWS) == ("more", "6")


@pytest.mark.parametrize("text", [TEXT, ROWS])
def test_all_keys_and_items_of_a_text_are_found_and_no_others(text: str) -> None:
    assert set(locate(text)) == paths(tomllib.loads(text))


def test_windows_line_ends_make_no_difference() -> None:
    text = "[server]\r\nchoice = 'auto'\r\n[session]\r\nvoice = 'Puck'\r\n"
    assert at(("session", "voice"), text) == ("voice", "'Puck'")


def test_an_empty_text_has_no_places() -> None:
    assert locate("") == {}
    assert locate(" \n# nothing\n") == {}


NAMES = st.one_of(st.from_regex(r"[a-z0-9_-]{1,4}", fullmatch=True), st.text("ab.#=[]{}'", max_size=4))
VALUES = st.recursive(
    st.one_of(
        st.integers(),
        st.booleans(),
        st.text("ab \\\"'#=[]{},\n\t", max_size=8),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
)


def written(value: Json) -> str:
    """`value` as TOML: the characters of JSON's strings are those of TOML's."""
    if isinstance(value, dict):
        items = cast("dict[str, Json]", value).items()
        return "{" + ", ".join(f"{json.dumps(name)} = {written(inner)}" for name, inner in items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, cast("Iterable[Json]", value))) + "]"
    return json.dumps(value)


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=4), max_size=4))
def test_any_document_s_keys_are_found_where_they_read_back_as_themselves(
    document: dict[str, dict[str, object]],
) -> None:
    text = "".join(
        f"[{json.dumps(table)}]\n"
        + "".join(f"{json.dumps(key)} = {written(value)} # x\n" for key, value in keys.items())
        for table, keys in document.items()
    )
    parsed = tomllib.loads(text)
    found = locate(text)
    assert paths(parsed) == set(found)
    for table, keys in document.items():
        for key, value in keys.items():
            places = found[table, key]
            assert slice_of(text, places.key) == json.dumps(key)
            assert slice_of(text, places.value) == written(value)
