"""What the commands that ask a model share: their common options, and who watches their session."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

from livechat.errors import MissingInput, Unanswered

if TYPE_CHECKING:
    from livechat.commands.common import Common
    from livechat.commands.target import Choice, Target
    from livechat.config import Settings
    from livechat.config_keys import Value
    from livechat.events import Event
    from livechat.session import Observer
    from livechat.shaping import Wishes
    from livechat.terminal.answer import Answer
    from livechat.terminal.inputs import Headed
    from livechat.terminal.safe import Safe
    from livechat.terminal.style import Row


def session_flags(
    *,
    server: str | None,
    local: bool,
    project: str | None,
    location: str | None,
    api_version: str | None,
    model: str | None,
    voice: str | None,
    language: str | None,
    system: str | None,
) -> dict[str, Value | None]:
    """The options of every session as the settings name them. Raises UsageError for a voice that is none."""
    from livechat.voices import check_voice

    return {
        "server.choice": "local" if local else server,
        "server.project": project,
        "server.location": location,
        "server.api_version": api_version,
        "session.model": model,
        "session.voice": None if voice is None else check_voice(voice),
        "session.language": language,
        "session.system": system,
    }


def instruction(system: str | None) -> str | None:
    """The system instruction itself: `@FILE` is read. Raises MissingInput."""
    if system is None or not system.startswith("@"):
        return system
    try:
        return Path(system[1:]).expanduser().read_text("utf-8")
    except (OSError, RuntimeError, ValueError) as error:  # no UTF-8, ~nobody, a NUL in the name
        why = (
            "it is not UTF-8 text" if isinstance(error, UnicodeError) else getattr(error, "strerror", "") or str(error)
        )
        hint = "after the @ comes the name of a text file; without it the instruction itself"
        raise MissingInput(f"cannot read the system instruction {system[1:]}", why=why, hint=hint) from None


def wishes(settings: Settings, target: Target, *, sound: bool) -> Wishes:
    """What the settings wish of a session."""
    from livechat.shaping import Wishes

    session = settings.session
    return Wishes(target.model, sound, session.voice, session.language, instruction(session.system))


def answer_on(stream: TextIO, target: Target, *, sound: bool) -> Answer:
    """Prints the model's words: the transcript where it speaks, the text where it writes."""
    from livechat.protocol.generations import family_of
    from livechat.terminal.answer import Answer

    return Answer(stream, speaks=sound or "TEXT" not in family_of(target.model).modalities)


def head_of(model: str, server: str, voice: str = "", *, ascii: bool = False) -> Row:
    """What a screen begins with: who talks with whom. Foreign text."""
    from livechat import __version__
    from livechat.terminal.glyphs import glyphs
    from livechat.terminal.safe import Safe, safe
    from livechat.terminal.style import Span, Style

    name, dot = safe(model.rpartition("/")[2], multiline=False), glyphs(ascii=ascii).separator
    spoken = (Span(Safe(f" {dot} voice ")), Span(safe(voice, multiline=False), Style.BOLD)) if voice else ()
    where = Span(Safe(f" {dot} server {safe(server, multiline=False)}"))
    return (Span(Safe("livechat"), Style.BOLD), Span(Safe(f" {__version__}  {name}")), *spoken, where)


def server_name(choice: Choice, target: Target) -> str:
    """The server in a word: `google`, `local`, `vertex`, or where it is."""
    return target.address if choice.kind == "custom" else choice.kind


def speaker_name(settings: Settings, *, sound: bool) -> str:
    """Who answers, as the screen names it: a voice where one is heard or was asked for."""
    from livechat.protocol.generations import DEFAULT_VOICE

    voice = settings.session.voice or (DEFAULT_VOICE if sound else None)
    return voice.lower() if voice else "model"


def laid_out(lines: Sequence[Safe]) -> Headed:
    """Lines of our own as a face shows them, laid out as they are."""
    from livechat.terminal.inputs import Headed
    from livechat.terminal.safe import Safe
    from livechat.terminal.style import Span

    return Headed(tuple((Span(Safe(f"     {line}")),) for line in lines))


class Lines(Protocol):
    """What is printed on a terminal beside the report."""

    def make_way(self) -> None:
        """Ends a line that is half written there."""
        ...


def notices(common: Common, lines: Lines) -> Observer:
    """Tells what stops nothing and should be known, each on a line of its own."""
    from livechat.events import Noted
    from livechat.terminal.safe import safe

    def tell(t: float, event: Event) -> None:
        if isinstance(event, Noted):
            lines.make_way()
            common.report.note(safe(event.text, multiline=False))

    return tell


def network_lines(common: Common, lines: Lines) -> Observer:
    """Tells on stderr what becomes of the connection, where stdout has room for the answer alone."""
    from livechat.events import Faltering, GoingAway, Reconnected, Reconnecting, SoundDropped, TurnEnded
    from livechat.terminal.glyphs import glyphs
    from livechat.terminal.network import LOST, Network, after
    from livechat.terminal.plain import network_line

    known, signs = Network(), glyphs(ascii=False)

    def tell(t: float, event: Event) -> None:
        nonlocal known
        if isinstance(event, (Reconnecting, Reconnected, GoingAway, Faltering, SoundDropped)):
            if words := network_line(known, event, t, signs):
                lines.make_way()
                common.report.note(words)
            known = after(known, event, t)
        elif isinstance(event, TurnEnded) and event.reason == LOST and event.text:
            lines.make_way()
            common.report.note("the answer broke off; it is asked for again, and what it repeats is not printed twice")

    return tell


def tool_lines(common: Common, lines: Lines) -> Observer:
    """Tells on stderr of the tools that are called, where stdout has room for the answer alone."""
    from livechat.events import ToolStarted
    from livechat.terminal.tool_lines import ToolLines

    told = ToolLines()

    def tell(t: float, event: Event) -> None:
        for line in told(event):
            lines.make_way()
            common.report.tool(line, asks=isinstance(event, ToolStarted))

    return tell


def noted_calls(common: Common, lines: Lines) -> Callable[[Sequence[Safe]], None]:
    """Shows lines about a call on stderr, as `tool_lines` does."""

    def show(told: Sequence[Safe]) -> None:
        lines.make_way()
        for line in told:
            common.report.tool(line, asks=True)

    return show


def said_nothing(reason: str) -> Unanswered:
    """The error that a turn without an answer is; `reason` as in `TurnEnded`."""
    why = f"its reason: {reason}" if reason else "it ended the turn without a word"
    return Unanswered("the model gave no answer", why=why, hint="say it in other words")


def json_lines(common: Common) -> Observer:
    """Prints all news on stdout, a JSON object a line."""
    from livechat.terminal.news import news

    def tell(t: float, event: Event) -> None:
        sys.stdout.write(common.report.without_secrets(news(t, event)) + "\n")
        sys.stdout.flush()

    return tell


def accounting(common: Common, settings: Settings) -> Sequence[Observer]:
    """Reports the tokens at the end, if that is wanted."""
    if not settings.text.usage:
        return ()
    from livechat.commands.accounting import Accounting

    return (Accounting(common.report),)
