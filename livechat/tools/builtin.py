"""The tools that come with livechat: a clock, a calculator and notes. Nothing else of the system is touched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from livechat.tools.functions import Function, tool
from livechat.tools.toolbox import ToolFailure

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


def built_in(name: str, folder: Path | None = None) -> Sequence[Function]:
    """The functions of one of BUILTIN; notes are kept in `folder`, if not in the user's own folder for such things."""
    return BUILTIN[name](folder)


@tool(permission="allow")
def clock(
    zone: Annotated[str, "the time zone as in Europe/Lisbon or UTC; where the user is if left out"] = "",
) -> dict[str, str]:
    """Tells the date, the time of day and the weekday."""
    now = datetime.now(_zone(zone)) if zone else datetime.now().astimezone()
    return {
        "date": now.strftime("%Y-%m-%d"),
        "time": now.strftime("%H:%M:%S"),
        "weekday": now.strftime("%A"),
        "zone": zone or now.tzname() or "",
        "utc_offset": now.strftime("%z"),
    }


def _zone(name: str) -> ZoneInfo:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ToolFailure(f"there is no time zone {name!r}: say it like Europe/Lisbon") from None


@tool(permission="allow")
def calculator(
    expression: Annotated[str, "numbers, + - * / // % ** ( ) and functions as sqrt, sin, ln, log, round, factorial"],
) -> int | float:
    """Works out an arithmetic expression, as (3 + 4) * sqrt(2)."""
    from livechat.tools.calculator import worked_out

    return worked_out(expression)


def _notes(folder: Path | None) -> Sequence[Function]:
    from livechat.tools.notes import Notes

    notes = Notes(folder or _own_folder())

    @tool
    def add_note(text: Annotated[str, "what is to be remembered, in one line"]) -> str:
        """Writes down a note for the user."""
        return f"note {notes.add(text)} is written down"

    @tool
    def list_notes() -> dict[str, str]:
        """Reads all notes that were written down, by their numbers."""
        return {str(number): note for number, note in enumerate(notes.all(), 1)}

    @tool
    def delete_note(number: Annotated[int, "of the note, as list_notes tells it"]) -> str:
        """Deletes a note; those after it move up by one."""
        return f"deleted: {notes.delete(number)}"

    return [add_note, list_notes, delete_note]


def _own_folder() -> Path:
    from platformdirs import user_state_path

    return user_state_path("livechat", appauthor=False) / "notes"


BUILTIN: Final[Mapping[str, Callable[[Path | None], Sequence[Function]]]] = {
    "clock": lambda _: [clock],
    "calculator": lambda _: [calculator],
    "notes": _notes,
}
"""What can be named: what makes its functions."""
