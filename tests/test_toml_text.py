"""Claims about a TOML file of any kind: it is read whole or an error shows where it goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from livechat.errors import ConfigError, MissingInput
from livechat.toml_places import Place
from livechat.toml_text import LARGEST, Problem, error_at, excerpt, in_order, parse_toml, read_bytes

PATH = Path("play.toml")


def test_a_text_is_read_with_the_places_of_its_keys() -> None:
    found = parse_toml(PATH, b"\xef\xbb\xbfa = 1\r\n[[b]]\r\nc = 2\r\n")
    assert found.tables == {"a": 1, "b": [{"c": 2}]}
    assert found.places["b", 0, "c"].value == Place(3, 5, 1)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"a = no\n", "play.toml:1:5  Invalid value\n   1 | a = no\n     |     ^"),
        (b'a = """\n\n', "play.toml:3:1  Unterminated string"),
        (b"# fine\na = \xff\n", "play.toml:2:1  this line is not UTF-8 text"),
        (b"a = " + b"[" * 100_000, "play.toml: lists and tables are too deep in each other"),
    ],
)
def test_what_is_not_toml_is_told_at_its_place(content: bytes, what: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        parse_toml(PATH, content)
    assert wrong.value.what.startswith(what)


def test_an_error_shows_of_the_text_what_may_be_shown() -> None:
    with pytest.raises(ConfigError) as wrong:
        parse_toml(PATH, b"secret = no", lambda text: "…")
    assert wrong.value.what == "play.toml:1:10  Invalid value\n   1 | …\n     |  ^"


def test_a_problem_is_told_with_its_hint_and_its_line() -> None:
    error = error_at(PATH, "a = 1\nb = 2", Problem(Place(2, 5, 1), "too much", "try 1"))
    assert (error.what, error.hint) == ("play.toml:2:5  too much\n   1 | a = 1\n   2 | b = 2\n     |     ^", "try 1")


def test_problems_come_in_the_order_of_the_text() -> None:
    first, second, third = (Problem(Place(*at, 1), "") for at in ((1, 7), (2, 1), (2, 3)))
    assert in_order([third, first, second]) == [first, second, third]


def test_an_excerpt_counts_its_lines_and_keeps_its_caret_in_place() -> None:
    text = "\n".join(f"\tname{number} = 1" for number in range(1, 1200))
    assert excerpt(text, Place(1, 2, 5)) == "   1 |  name1 = 1\n     |  ^^^^^"
    assert excerpt(text, Place(1000, 2, 8)) == "  999 |  name999 = 1\n 1000 |  name1000 = 1\n      |  ^^^^^^^^"


def test_a_caret_never_stands_outside_of_its_line() -> None:
    assert excerpt("ab", Place(1, 9, 5)) == "   1 | ab\n     |   ^"


def test_a_file_is_read_from_its_path(tmp_path: Path) -> None:
    path = tmp_path / "play.toml"
    path.write_bytes(b"a = 1")
    assert read_bytes(path, "scenario") == b"a = 1"


@pytest.mark.parametrize("name", ["nowhere", ".", "zero\0byte"])
def test_a_file_that_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="cannot read the scenario file"):
        read_bytes(tmp_path / name, "scenario")


def test_a_file_without_an_end_is_none_of_ours() -> None:
    with pytest.raises(ConfigError, match=f"{LARGEST} bytes: that is no scenario file"):
        read_bytes(Path("/dev/zero"), "scenario")


@pytest.mark.parametrize("column", [1, 40, 500, 990])
def test_of_a_long_line_that_is_shown_which_has_the_caret(column: int) -> None:
    rows = excerpt("short\n" + "x" * 999, Place(2, column, 3)).split("\n")
    assert max(map(len, rows)) <= 80
    assert rows[2].strip("| ") == "^^^"
    assert rows[1][rows[2].index("^") :].startswith("xxx")
