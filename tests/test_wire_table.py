"""Holds the table of the wire against the tests: each behaviour names a test that is there and tests something."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.wire_facts import FIELDS

TESTS = Path(__file__).parent
TABLE = TESTS / "wire_table.md"
SECTIONS = {"0", "1", "2", "3", "4", "5", "6"}
ELSEWHERE = {
    "error": "no field of the protocol: gateways send it",
    "displayName": "no part of what Live clients send",
    "parts": "what a Content is made of, in every row",
    "role": "the same",
    "inlineData": "the kinds of it have rows of their own",
}
"""Fields without a row of their own, and why."""
HELD = (
    *("setup.Setup", "setup.GenerationConfig", "setup.SpeechConfig", "setup.VoiceConfig", "setup.PrebuiltVoiceConfig"),
    *("setup_options.ReplicatedVoiceConfig", "setup_options.TranslationConfig", "setup.ThinkingConfig"),
    *("setup.RealtimeInputConfig", "setup.AutomaticActivityDetection", "setup.SessionResumption"),
    *("setup.ContextWindowCompression", "setup.SlidingWindow", "setup.AudioTranscriptionConfig", "setup.HistoryConfig"),
    *("setup.Proactivity", "setup_options.VoiceConsentSignature"),
    *("client.ClientMessage", "client.ClientContent", "client.RealtimeInput", "client.ToolResponse"),
    *("client.ContextUpdate", "client.ContextUpdateTools", "parts.Part", "parts.FunctionResponse", "parts.Tool"),
    *("parts.FunctionDeclaration", "parts.FunctionCall", "part_kinds.PartialArg"),
    *("music.MusicGenerationConfig", "music.WeightedPrompt", "music.AudioChunk", "music.FilteredPrompt"),
    *("server.ServerMessage", "server.ServerContent", "server.SetupComplete", "server.ToolCall", "server.GoAway"),
    *("server.ToolCallCancellation", "server.SessionResumptionUpdate", "server.VoiceActivity"),
    *("server.VoiceActivityDetectionSignal", "server.UsageMetadata", "server.ModalityTokenCount"),
    *("parts.Transcription", "parts.WordInfo"),
)
"""The classes of the wire whose every field stands in a row."""


@dataclass(frozen=True)
class Row:
    section: str
    behaviour: str
    file: str
    test: str


def rows() -> list[Row]:
    """The table; what is no row of three cells is found out."""
    found: list[Row] = []
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("|") and not line.startswith(("| §", "|---")):
            section, behaviour, test = (cell.strip() for cell in line.strip("|").split("|"))
            file, _, name = test.partition("::")
            found.append(Row(section, behaviour, file, name))
    return found


ROWS = rows()


@cache
def parsed(file: str) -> ast.Module | None:
    path = TESTS.parent / file
    return ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else None


def complaint(row: Row) -> str:
    """What is wrong with the test of a row; "" if nothing is."""
    module = parsed(row.file)
    if module is None:
        return f"there is no {row.file}"
    found = [node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == row.test]
    if not found or not row.test.startswith("test_"):
        return f"there is no test {row.test} in {row.file}"
    marks = [ast.unparse(mark) for mark in found[0].decorator_list]
    marks += [
        ast.unparse(node) for node in module.body if isinstance(node, ast.Assign) and "pytestmark" in ast.unparse(node)
    ]
    if any(word in mark for mark in marks for word in ("skip", "xfail")):
        return f"{row.test} is skipped"
    work = [node for node in ast.walk(found[0]) if isinstance(node, ast.Assert | ast.Call)]
    return "" if work else f"{row.test} is empty"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.section}: {row.behaviour}"[:100])
def test_what_goes_over_the_wire_is_shown_by_a_test(row: Row) -> None:
    assert complaint(row) == ""


def test_every_section_has_rows_and_every_row_says_something() -> None:
    assert {row.section[0] for row in ROWS} == SECTIONS
    assert all(len(row.behaviour) > 5 for row in ROWS)
    assert len({(row.section, row.behaviour) for row in ROWS}) == len(ROWS) > 200


@pytest.mark.parametrize("name", HELD)
def test_no_field_of_the_wire_is_missing_from_the_table(name: str) -> None:
    told = {
        word for row in ROWS for words in re.findall("`(.*?)`", row.behaviour) for word in re.findall(r"\w+", words)
    }
    assert [field for field in FIELDS[name] if field not in told and field not in ELSEWHERE] == []


@pytest.mark.parametrize(
    ("file", "test", "why"),
    [
        ("tests/test_nowhere.py", "test_x", "there is no tests/test_nowhere.py"),
        ("tests/test_wire_table.py", "test_x", "there is no test test_x"),
        ("tests/test_wire_table.py", "rows", "there is no test rows"),
        ("", "", "there is no "),
    ],
)
def test_an_absent_test_is_found_out(file: str, test: str, why: str) -> None:
    assert complaint(Row("0", "nothing", file, test)).startswith(why)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("def test_x(): pass", "test_x is empty"),
        ('def test_x():\n    """Says much."""', "test_x is empty"),
        ("@pytest.mark.skip\ndef test_x(): assert 1", "test_x is skipped"),
        ("@pytest.mark.skipif(True, reason='')\ndef test_x(): assert 1", "test_x is skipped"),
        ("@pytest.mark.xfail\ndef test_x(): assert 0", "test_x is skipped"),
        ("pytestmark = pytest.mark.skip\ndef test_x(): assert 1", "test_x is skipped"),
        ("pytestmark = pytest.mark.judge\ndef test_x(): assert 1", ""),
    ],
)
def test_a_test_that_tests_nothing_is_found_out(source: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def planted(file: str) -> ast.Module:
        return ast.parse(source)

    monkeypatch.setattr("tests.test_wire_table.parsed", planted)
    assert complaint(Row("0", "x", "x", "test_x")) == why
