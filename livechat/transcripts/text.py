"""How a transcript reads: as plain text with a column for the times, or as Markdown.

Every foreign word passes the gate. No word can pass for a speaker's line of ours either: in plain text the lines of a
speech are indented, in Markdown they are quoted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from livechat.terminal.network import LOST
from livechat.terminal.report import wrapped
from livechat.terminal.safe import safe
from livechat.transcripts.words import Item, Note, Opening, Transcript, Turn

Format: TypeAlias = Literal["text", "markdown"]

WHO = 5
"""Columns of the longest label."""


@dataclass(frozen=True, slots=True)
class Speech:
    """What one side said, or a note."""

    at: float
    who: str
    words: str
    aside: str = ""
    """What we have to say of it; foreign words may be in it."""


def whole(transcript: Transcript, form: Format, *, width: int | None = None) -> str:
    """All of a transcript. Plain text is wrapped where a width in columns is given."""
    return heading(transcript.opening, form) + "".join(block(item, form, width=width) for item in transcript.items)


def heading(opening: Opening | None, form: Format) -> str:
    """What stands above the words, with an empty line after it."""
    if opening is None:
        return "# Conversation\n\n" if form == "markdown" else ""
    when = opening.began.isoformat(sep=" ", timespec="seconds")
    voice = f"voice {opening.voice}" if opening.voice else ""
    before = f"going on with {opening.continues}" if opening.continues else ""
    facts = ", ".join(safe(fact, multiline=False) for fact in (opening.model, voice, opening.server, before) if fact)
    title = f"# Conversation of {when}\n\n" if form == "markdown" else f"conversation of {when}\n"
    return title + (f"{facts}\n\n" if facts else "\n" * (form == "text"))


def block(item: Item, form: Format, *, width: int | None = None) -> str:
    """What one turn or note reads like; nothing for a turn in which nothing was said."""
    return "".join(_markdown(said) if form == "markdown" else _text(said, width) for said in speeches(item))


def speeches(item: Item) -> Iterator[Speech]:
    """Who said what in it, the user first, whoever's words came first."""
    if isinstance(item, Note):
        yield Speech(item.at, item.label, item.text)
        return
    if item.user.strip() and item.user_at is not None:
        yield Speech(item.user_at, "you", item.user.strip())
    heard = (item.cut.heard if item.cut else item.answer).strip()
    aside = _aside(item)
    if (heard or aside) and item.model_at is not None:
        yield Speech(item.model_at, "model", heard, aside)


def _aside(turn: Turn) -> str:
    """What the words alone do not tell of an answer."""
    what = "cut off with the connection" if turn.reason == LOST else "cut off"
    if turn.cut is not None:
        unheard = turn.cut.unheard.strip()
        after = f" after {turn.cut.heard_ms / 1000:.1f} s" if turn.cut.heard_ms else ""
        return f"{what}{after}" + (f"; not heard: {unheard}" if unheard else "")
    if turn.answer.strip():
        return what if turn.reason == LOST else ""
    if turn.reason == LOST:
        return ""  # the answer stands in the turn in which it came
    if turn.spoken_ms:
        return f"spoke for {turn.spoken_ms / 1000:.1f} s; no transcript came"
    return f"no answer: {turn.reason}" if turn.reason else ""


def clock(seconds: float) -> str:
    """`0:07`, `12:30`, `1:00:00`."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


# ------------------------------------------------------------------------------------------------------- plain text


def _text(said: Speech, width: int | None) -> str:
    head = f"{clock(said.at):>7}  {said.who:<{WHO}}  "
    rows = list(_rows(safe(said.words), width, len(head))) if said.words else []
    rows += _rows(f"[{safe(said.aside)}]", width, len(head)) if said.aside else []
    margin = " " * len(head)
    return "".join(((margin if number else head) + row).rstrip() + "\n" for number, row in enumerate(rows))


def _rows(words: str, width: int | None, margin: int) -> Iterator[str]:
    for row in words.split("\n"):
        yield from wrapped(row, width, margin)


# --------------------------------------------------------------------------------------------------------- Markdown


def _markdown(said: Speech) -> str:
    quoted = [*_quoted(safe(said.words).split("\n"), "> ")] if said.words else []
    if said.aside:
        aside = f"[{safe(said.aside)}]".split("\n")
        quoted += [*([">"] if quoted else []), *_quoted(aside, "> ")]
    return f"**{said.who}** {clock(said.at)}\n\n" + "\n".join(quoted) + "\n\n"


def _quoted(lines: Iterable[str], mark: str) -> Iterator[str]:
    return ((mark + line).rstrip() for line in lines)
