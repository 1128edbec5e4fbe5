"""The tools that come with livechat, as a model calls them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from livechat.tools import builtin
from livechat.tools.builtin import BUILTIN, built_in, clock
from livechat.tools.functions import FunctionToolbox, marks_of
from livechat.tools.results import Answer
from livechat.tools.toolbox import ToolFailure
from tests.aio import run


def called(box: FunctionToolbox, name: str, **args: object) -> object:
    given = run(box.call(name, args))
    assert isinstance(given, Answer)
    return given.response["output"]


def toolbox(name: str, folder: Path | None = None) -> FunctionToolbox:
    return FunctionToolbox(built_in(name, folder))


def permissions(name: str) -> Sequence[str | None]:
    return [marks.permission for marks in toolbox(name, Path()).marks.values()]


def test_what_only_tells_or_counts_need_not_be_asked_about() -> None:
    assert [permissions(name) for name in BUILTIN] == [["allow"], ["allow"], [None, None, None]]
    assert marks_of(clock) is not None


def test_each_is_declared_with_words_about_all_that_it_takes() -> None:
    for name in BUILTIN:
        for declaration in toolbox(name, Path()).declarations():
            assert declaration.description
            properties = declaration.parameters.properties if declaration.parameters else {}
            assert all(parameter.description for parameter in (properties or {}).values())


def test_the_clock_tells_the_time_of_a_place() -> None:
    told = called(toolbox("clock"), "clock", zone="Asia/Tokyo")
    assert isinstance(told, dict)
    moment = datetime.fromisoformat(f"{told['date']}T{told['time']}{told['utc_offset']}")
    assert abs(moment - datetime.now(UTC)) < timedelta(seconds=5)
    assert (told["zone"], told["utc_offset"], told["weekday"]) == ("Asia/Tokyo", "+0900", moment.strftime("%A"))


def test_the_clock_tells_the_time_of_here() -> None:
    told = clock()
    assert told["utc_offset"] == datetime.now().astimezone().strftime("%z")
    assert told["zone"]


@pytest.mark.parametrize("zone", ["Mars/Base", "../../etc/passwd", "/etc/passwd", "x" * 5000, "Europe", "\0"])
def test_a_zone_that_is_none_is_a_failure(zone: str) -> None:
    with pytest.raises(ToolFailure, match="there is no time zone"):
        clock(zone)


def test_the_calculator_works_out_an_expression() -> None:
    assert called(toolbox("calculator"), "calculator", expression="17 * 24") == 408


def test_notes_are_added_listed_and_deleted(tmp_path: Path) -> None:
    box = toolbox("notes", tmp_path)
    assert called(box, "add_note", text="milk") == "note 1 is written down"
    assert called(box, "add_note", text="bread") == "note 2 is written down"
    assert called(box, "delete_note", number=1) == "deleted: milk"
    assert called(box, "list_notes") == {"1": "bread"}


def test_notes_have_a_folder_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    called(toolbox("notes"), "add_note", text="milk")
    assert [path.read_text() for path in tmp_path.rglob("notes.txt")] == ["milk\n"]
    assert builtin.BUILTIN
