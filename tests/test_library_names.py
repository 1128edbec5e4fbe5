"""Holds the table of names against the library and the tests: each name of the other clients is here, and is shown."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import livechat
from tests import test_wire_table
from tests.test_wire_table import complaint

TESTS = Path(__file__).parent
TABLE = TESTS / "library_names.md"
NAMES = TESTS / "data" / "sdk_names.txt"
SOURCES = {
    *("unity: LiveGenerativeModel", "js: LiveSession", "genai: Live", "genai: Session", "genai: LiveMusic"),
    *(".net: AsyncSession", "newer SDKs", "guide: prose"),
    *(f"guide: {language}" for language in ("Swift", "Kotlin", "Java", "Web", "Dart", "Unity")),
}


@dataclass(frozen=True)
class Row:
    source: str
    name: str
    counterparts: tuple[str, ...]
    file: str
    test: str


def rows() -> list[Row]:
    """The table; what is no row of four cells is found out."""
    found: list[Row] = []
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("|") and not line.startswith(("| source", "|---")):
            source, name, counterparts, test = (cell.strip() for cell in line.strip("|").split("|"))
            file, _, test = test.partition("::")
            found.append(Row(source, name.strip("`"), ours(counterparts), file, test))
    return found


def ours(cell: str) -> tuple[str, ...]:
    """The names in a cell, less those of Python itself."""
    return tuple(name for name in re.findall("`(.*?)`", cell) if name not in ("str", "numpy.frombuffer"))


def expected() -> set[tuple[str, str]]:
    """Each name with its source, as it was read from the clients' documentation."""
    found: set[tuple[str, str]] = set()
    source = ""
    for line in NAMES.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            source = line[1:].partition("]")[0]
        elif line and not line.startswith("#"):
            found.add((source, line))
    return found


ROWS = rows()


def resolved(name: str) -> Any:  # noqa: ANN401  whatever has that name
    """What a dotted name of livechat leads to. Raises AttributeError where it leads nowhere."""
    path, _, parameter = name.removesuffix(")").partition("(")
    first, *rest = path.split(".")
    if first not in livechat.__all__:
        raise AttributeError(f"livechat offers no {first}")
    found = getattr(livechat, first)
    for step in rest:
        found = _field(found, step)
    if parameter and parameter not in inspect.signature(found).parameters:
        raise AttributeError(f"{path} takes no {parameter}")
    return found


def _field(kind: Any, name: str) -> Any:  # noqa: ANN401
    fields = {**getattr(kind, "__dataclass_fields__", {}), **getattr(kind, "model_fields", {})}
    return fields[name] if name in fields else getattr(kind, name)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.source}: {row.name}")
def test_a_name_has_its_counterpart_here_and_a_test_that_shows_it(row: Row) -> None:
    assert row.counterparts
    for name in row.counterparts:
        assert resolved(name) is not None
    assert complaint(test_wire_table.Row("", row.name, row.file, row.test)) == ""


def test_no_name_of_the_other_clients_is_missing() -> None:
    told = [(row.source, row.name) for row in ROWS]
    assert set(told) == expected()
    assert len(set(told)) == len(told) > 150
    assert {source for source, _ in told} == SOURCES


@pytest.mark.parametrize(
    "name", ["LiveSessions", "LiveSession.sent", "LiveSession.send(turnComplete)", "LiveConfig.voise", "os.path"]
)
def test_a_counterpart_that_is_not_there_is_found_out(name: str) -> None:
    with pytest.raises(AttributeError):
        resolved(name)
