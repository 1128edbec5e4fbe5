"""Lists, shows and deletes the transcripts of your conversations, which are kept on this machine alone.

Without a command it lists them.

Examples:
  livechat sessions
  livechat sessions show last
  livechat sessions rm 2026-11-21T09-30-07
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final

import typer

from livechat.commands.common import Common
from livechat.commands.options import Json
from livechat.errors import BadInput, UsageError
from livechat.terminal import cells
from livechat.terminal.ndjson import harmless
from livechat.terminal.safe import Safe, safe
from livechat.terminal.style import Span, text_of

if TYPE_CHECKING:
    from livechat.transcripts.store import Store, Summary

FEWEST_WORDS: Final = 16
"""Columns that the first words have, however narrow the terminal is."""
MOST_WORDS: Final = 200
"""So much a list holds of the first words at most."""

usual = "list"


def list_sessions(ctx: typer.Context, as_json: Json = False) -> None:
    """Lists the conversations that are kept, the newest first, each with its first words.

    The number in front of one can be given to show, rm and --resume in place of its name, as long as no newer one is
    held. One that goes on with another begins with ….

    Examples:
      livechat sessions list
      livechat sessions list --json | jq -r 'select(.turns > 9) | .id'
    """
    common = Common.of(ctx)
    store = _store(common)
    summaries = store.summaries()
    if not summaries and not as_json:
        common.report.note(f"no conversation is kept yet; their words will be in {store.folder}")
    now = datetime.now(UTC)
    rows = map(in_json, summaries) if as_json else table(summaries, now, shutil.get_terminal_size().columns)
    for row in rows:
        print(common.report.without_secrets(row))


def _store(common: Common) -> Store:
    from livechat.transcripts.store import Store, state_folder

    return Store(state_folder(common.env))


def in_json(summary: Summary) -> Safe:
    opening = summary.opening
    facts = {
        "id": summary.name,
        "began": opening and opening.began.isoformat(),
        "seconds": round(summary.length_s, 3),
        "turns": summary.turns,
        "ended": summary.ended,
        "model": opening and opening.model,
        "voice": opening and opening.voice,
        "server": opening and opening.server,
        "continues": opening and opening.continues,
        "first_words": summary.first[:MOST_WORDS],
        "damaged": opening is None,
    }
    return harmless(json.dumps(facts))


def table(summaries: Sequence[Summary], now: datetime, width: int) -> Iterator[str]:
    """A line for each conversation, below their titles; the first words fill what is left of `width` columns."""
    if not summaries:
        return
    titles = ("", "id", "ago", "time", "turns", "model", "")
    rows = [titles, *(_row(number, one, now) for number, one in enumerate(summaries, 1))]
    widths = [max(cells.width(row[column]) for row in rows) for column in range(6)]
    left = max(FEWEST_WORDS, width - sum(widths) - 2 * len(widths))
    for row in rows:
        filled = [" " * (room - cells.width(text)) for room, text in zip(widths, row, strict=False)]
        number, name, *numbers = (filled[0] + row[0], row[1] + filled[1], *map(str.__add__, filled[2:5], row[2:5]))
        yield "  ".join((number, name, *numbers, row[5] + filled[5], cut(row[6], left))).rstrip()


def _row(number: int, summary: Summary, now: datetime) -> tuple[str, ...]:
    from livechat.transcripts.text import clock

    opening = summary.opening
    if opening is None:
        return str(number), summary.name, "", "", "", "", "(damaged)"
    model = cut(opening.model.rpartition("/")[2], 30)
    words = cut(("… " if opening.continues else "") + " ".join(summary.first.split()), MOST_WORDS)
    length, turns = clock(summary.length_s), str(summary.turns)
    return str(number), summary.name, ago(now - opening.began), length, turns, model, words


def ago(passed: timedelta) -> str:
    """`now`, `5 min`, `3 h`, `12 d`; what lies ahead, as after the clock was set back, is now."""
    minutes = int(passed.total_seconds() // 60)
    hours = minutes // 60
    if hours >= 48:
        return f"{hours // 24} d"
    if hours >= 1:
        return f"{hours} h"
    return f"{minutes} min" if minutes >= 1 else "now"


def cut(text: str, width: int) -> Safe:
    """`text` through the gate, in at most `width` columns, with … where something is left out."""
    return text_of(cells.cut((Span(safe(text, multiline=False)),), width))


# ------------------------------------------------------------------------------------------------------ one of them


def show(
    ctx: typer.Context,
    which: Annotated[
        str, typer.Argument(metavar="[ID]", help="Its name, the beginning of it, its number in the list, or last.")
    ] = "last",
    as_json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As Markdown.")] = False,
) -> None:
    """Shows a conversation: who said what and when, and what was cut off before it was heard.

    Examples:
      livechat sessions show
      livechat sessions show 2026-11-21T09-30-07 --markdown | tee talk.md
      livechat sessions show last --json | jq -r 'select(.type == "turn.end").text'
    """
    if as_json and markdown:
        raise UsageError("--json and --markdown are two forms of one thing", hint="give one of them")
    common = Common.of(ctx)
    store = _store(common)
    name = store.find(which)
    lines = store.lines(name)
    if as_json:
        _print_lines(common, lines)
    else:
        _print_words(common, name, lines, markdown=markdown)


def _print_lines(common: Common, lines: Sequence[bytes]) -> None:
    """Those that can be read, disarmed as JSON can be."""
    from livechat.terminal.ndjson import line
    from livechat.transcripts.words import RESUMPTION, number, record_of, words

    damaged = 0
    for text in lines:
        try:
            record = record_of(text)
            head = number(record, "t"), words(record, "type")
        except ValueError:
            damaged += 1
            continue
        if head[1] == RESUMPTION:
            continue  # a secret between the server and this machine
        fields = {name: value for name, value in record.items() if name not in ("t", "type")}
        print(common.report.without_secrets(line(*head, **fields)))
    _tell_damage(common, damaged)


def _print_words(common: Common, name: str, lines: Sequence[bytes], *, markdown: bool) -> None:
    from livechat.transcripts.store import transcript_of
    from livechat.transcripts.text import whole

    transcript = transcript_of(lines)
    if not transcript.items:
        raise BadInput(f"nothing in the transcript {name} can be read", hint=f"livechat sessions rm {name}")
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    words = whole(transcript, "markdown" if markdown else "text", width=width)
    sys.stdout.write(common.report.without_secrets(words.rstrip("\n") + "\n"))
    sys.stdout.flush()
    if not transcript.ended:
        common.report.note("here it breaks off: the program was killed, or they are still talking")
    _tell_damage(common, transcript.damaged)


def _tell_damage(common: Common, lines: int) -> None:
    from livechat.transcripts.words import counted

    if lines:
        common.report.warning(
            f"{counted(lines, 'line')} of it cannot be read and {'is' if lines == 1 else 'are'} left out"
        )


# --------------------------------------------------------------------------------------------------------- away with


def rm(
    ctx: typer.Context,
    which: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]", help="Names, beginnings of them, numbers in the list, or last."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Delete all of them.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Deletes conversations for good. If one of those named is not there, none is deleted.

    Others that went on with one of them are named: they may not know any more what was said before.

    Examples:
      livechat sessions rm last
      livechat sessions rm 2026-11-21T09-30-07 2026-11-20
      livechat sessions rm --all
    """
    if bool(which) == everything:
        what = "name those to delete, or --all, not both" if which else "delete which?"
        raise UsageError(what, hint="livechat sessions list, then: livechat sessions rm ID")
    common = Common.of(ctx)
    store = _store(common)
    if which:
        _delete(common, store, list(dict.fromkeys(map(store.find, which))))
    else:
        _delete_all(common, store, sure=yes)


def _delete_all(common: Common, store: Store, *, sure: bool) -> None:
    names = store.names()
    if not names:
        common.report.note("no conversation is kept: there is nothing to delete")
    elif sure or _agreed(len(names)):
        for name in names:
            store.remove(name)
        common.report.note(f"deleted {_conversations(len(names))}")
    else:
        common.report.note("nothing is deleted")


def _delete(common: Common, store: Store, names: Sequence[str]) -> None:
    from livechat.transcripts.store import some_of

    later = store.going_on_with(names)
    for name in names:
        store.remove(name)
        common.report.note(f"deleted {name}")
    if later:
        it = "it" if len(later) == 1 else "they"
        common.report.warning(
            f"{some_of(later)} went on with what is deleted: continued again, {it} may not know what was said before"
        )


def _agreed(count: int) -> bool:
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
        raise UsageError(f"this would delete {_conversations(count)}", hint="livechat sessions rm --all --yes")
    return typer.confirm(f"Delete {_conversations(count)} for good?", default=False, err=True)


def _conversations(count: int) -> str:
    from livechat.transcripts.words import counted

    return counted(count, "conversation")


def path(ctx: typer.Context) -> None:
    """Prints the folder that the transcripts are in, or would be.

    Examples:
      livechat sessions path
      ls -l "$(livechat sessions path)"
    """
    print(safe(str(_store(Common.of(ctx)).folder), multiline=False))


verbs: Mapping[str, Callable[..., None]] = MappingProxyType(
    {"list": list_sessions, "show": show, "rm": rm, "path": path}
)
