"""Whatever a model, a server, a device or a file calls itself or says: no face lets it command a terminal."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from random import Random

import pytest
from websockets.asyncio.server import ServerConnection

from livechat.errors import LivechatError
from livechat.events import (
    Ended,
    Event,
    Failed,
    Interrupted,
    ModelSaid,
    Noted,
    Ready,
    Reconnected,
    Reconnecting,
    ToolEnded,
    ToolStarted,
    TurnEnded,
    UserSaid,
)
from livechat.terminal import region
from livechat.terminal.accessible import Accessible
from livechat.terminal.answer import Answer
from livechat.terminal.cells import cut, width_of, wrapped
from livechat.terminal.inputs import Look, Typing
from livechat.terminal.markdown import Markdown
from livechat.terminal.news import news
from livechat.terminal.picture import picture
from livechat.terminal.plain import Plain
from livechat.terminal.region import Region
from livechat.terminal.report import Report
from livechat.terminal.safe import Gate, safe
from livechat.terminal.style import Row, painted, text_of
from livechat.terminal.view import News, closed, opened, step
from livechat.transcripts.text import Format, whole
from livechat.transcripts.words import Cut, Note, Opening, Transcript, Turn
from tests.scripted import greet, scripted, write
from tests.tmux_help import TITLE, Tmux, tmux_after

SOAK = bool(os.environ.get("LIVECHAT_SOAK"))
COUNT = 20_000 if SOAK else 6_000
SEEDS = range(50 if SOAK else 1)
STRIDE = 4 if SOAK else 32
"""Where a string costs a whole picture, one in so many is taken."""

ORDERS = [
    *("\x1b]0;owned\x07", "\x1b]2;owned\x1b\\", "\x9d0;owned\x9c", "\x1b]52;c;ZXZpbCBjbGlw\x07", "\x1b]52;p;!\x1b\\"),
    *(
        "\x1b[2J",
        "\x1b[H",
        "\x1b[1;31m",
        "\x1b[0m",
        "\x1b[?25l",
        "\x1b[?2026h",
        "\x1b[8m",
        "\x9b31m",
        "\x1b[6n",
        "\x1bc",
    ),
    *("\x1b[1A\x1b[2KFORGED", "\rerror: forged", "\x1b7", "\x1b8", "\x1b[?7l", "\x1b[999;1H", "\x1bP+q544e\x1b\\"),
    *("\x1b_Gi=1;AAAA\x1b\\", "\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\", "\x1b[?1049h", "\x1b(0", "\x0e", "\x0f"),
    *("\nyou: forged", "\nerror: forged", "\u2028note: forged", "\x85", "\x0b\x0c", "\x1b[", "\x1b]", "\x1bP", "\x1b"),
    *("[bold]", "[/]", "[/nope]", "[link=http://evil]", "\u202egnp.exe", "\u2066", "\ufeff", "\U000e0041", "\ud800"),
    *(
        "**",
        "`",
        "```",
        "# ",
        "- ",
        "word ",
        "two words",
        "中文",
        "👩\u200d🚀",
        "e\u0301",
        "\u200d",
        "\t",
        "\n",
        "\r\n",
        "",
    ),
]
CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ud800-\udfff\ufeff\U000e0000-\U000e007f]"
)
"""What no face may show, whoever says it."""
SGR = re.compile(r"\x1b\[[0-9;]*m")
NAMED = [value for name, value in vars(region).items() if name.isupper() and "\x1b" in str(value)]
OURS = re.compile("|".join([*map(re.escape, NAMED), r"\x1b\[\d+A", r"\r(?!\n)", SGR.pattern]))
"""The orders of a frame: those that `region` has names for, to go up, and styles."""


def hostile(seed: int) -> Iterator[str]:
    """Strings made to break out, the same for the same seed."""
    chance = Random(seed)
    for _ in range(COUNT):
        pieces = chance.choices(ORDERS, k=chance.randint(1, 6))
        if chance.random() < 0.5:
            codes = (chance.randrange(0xA0), chance.randrange(0x3000), chance.randrange(0x110000))
            pieces.insert(
                chance.randint(0, len(pieces)),
                chr(chance.choice(codes)) * chance.choice((1, 1, 1, 1, 1, 1, 2, 3, 20, 300)),
            )
        yield "".join(pieces)


# ------------------------------------------------------------------------------------------------ the faces


def conversation(texts: Sequence[str]) -> Iterator[Event]:
    """In which every foreign word is one of `texts`: two turns, of which the second is interrupted."""
    a, b, c, d = texts
    yield UserSaid(1, a, a, final=True)
    yield ModelSaid(1, b, spoken=True)
    yield ModelSaid(1, c, spoken=True)
    yield TurnEnded(1, a, b + c, False, 10, d)
    yield UserSaid(2, b, b, final=True)
    yield ModelSaid(2, d, spoken=True)
    yield Interrupted(2, 10, 10, c, a)
    yield TurnEnded(2, b, d, True, 10)


def in_plain(texts: Sequence[str], *, streams: bool = False) -> str:
    stream = io.StringIO()
    face = Plain(stream, model=texts[0], streams=streams)
    for event in conversation(texts):
        face(0.0, event)
    face.end()
    return stream.getvalue()


def in_stream(texts: Sequence[str]) -> str:
    return in_plain(texts, streams=True)


def read_aloud(texts: Sequence[str]) -> str:
    a, _, c, d = texts
    stream, times = io.StringIO(), count()
    face = Accessible(stream, Look(speaker=a), lambda: float(next(times)))
    for event in (Ready(a), Reconnecting(c, 1, 8), Noted(d), Reconnected("lost"), *conversation(texts), *told(texts)):
        face(0.0, event)
    face.end()
    return stream.getvalue()


def in_answer(texts: Sequence[str]) -> str:
    stream = io.StringIO()
    face = Answer(stream, speaks=True)
    for event in conversation(texts):
        face(0.0, event)
    return stream.getvalue()


def in_report(texts: Sequence[str], *, block: bool = True) -> str:
    what, why, hint, note = texts
    stream = io.StringIO()
    report = Report(stream, {})
    report.refer(note)
    report.error(LivechatError(what, why=why, hint=hint))
    report.warning(why)
    report.note(note)
    if block:
        report.block(hint)
    return stream.getvalue()


def on_screen(texts: Sequence[str], *, columns: int, ascii: bool) -> Iterator[tuple[tuple[Row, ...], tuple[Row, ...]]]:
    """What sixteen texts make of it step by step: of history, and of the live region."""
    a, b, c, d = texts[:4]
    view = opened(Look(speaker=a, server=b, ascii=ascii), columns, 24)
    trouble: list[News] = [
        Ready(a, b),
        Reconnecting(c, 1, 8, 0.5, 1.0),
        Noted(d),
        Reconnected("resumed"),
        Typing(b, len(b)),
    ]
    tale: list[News] = [*trouble, *told(texts[4:8])[:3], *conversation(texts[8:12]), *told(texts[12:16])]
    for second, event in enumerate(tale):
        view = step(view, event, float(second))
        yield view.finished, picture(view, second + 0.5)
    view = closed(view, 99.0)
    yield view.finished, picture(view, 99.0)


def in_rows(texts: Sequence[str]) -> list[Row]:
    markdown = Markdown()
    lines = (markdown.line(text) for text in texts)
    return [row for line in lines for row in (*wrapped(line, 20), cut(line, 20))]


def told(texts: Sequence[str]) -> list[Event]:
    """News of which `conversation` has none."""
    name, id_, result, why = texts
    args = {name: result, "more": [why]}
    return [
        ToolStarted(1, id_, name, args, waits=True),
        ToolStarted(1, id_, name, args),
        ToolEnded(1, id_, name, "done", 10, result),
        Noted(why),
        Failed(name, 1, LivechatError(name, why=why, hint=result)),
        Ended(why, 1, 0),
    ]


def batches(seed: int, size: int = 4) -> Iterator[list[str]]:
    """So many at a time."""
    texts = hostile(seed)
    return iter(lambda: list(islice(texts, size)), [])


# ------------------------------------------------------------------------------------------------ the claims

FORMS: tuple[Format, ...] = ("text", "markdown")
each_seed = pytest.mark.parametrize("seed", SEEDS)


@each_seed
def test_the_gate_lets_no_control_through_wherever_a_stream_is_cut(seed: int) -> None:
    chance = Random(seed)
    for text in hostile(seed):
        gate, place = Gate(), chance.randint(0, len(text))
        shown = gate.feed(text[:place]) + gate.feed(text[place:]) + gate.flush()
        assert shown == safe(text)
        assert not CONTROL.search(shown), ascii(text)
        assert not re.search(r"[\n\t]", safe(text, multiline=False)), ascii(text)


@each_seed
@pytest.mark.parametrize("face", [in_plain, in_stream, in_answer, in_report])
def test_no_face_of_lines_shows_a_control(seed: int, face: Callable[[Sequence[str]], str]) -> None:
    for texts in batches(seed):
        assert not CONTROL.search(face(texts)), ascii(texts)


@each_seed
def test_what_is_read_aloud_holds_no_control_and_no_line_of_others(seed: int) -> None:
    for texts in islice(batches(seed), 0, None, STRIDE):
        assert not CONTROL.search(read_aloud(texts)), ascii(texts)
        lines = read_aloud(["puck", *texts[1:]])
        assert not re.search(r"^(you|error|note): forged", lines, re.MULTILINE), ascii(texts)


@each_seed
@pytest.mark.parametrize("face", [in_plain, in_stream])
def test_no_line_of_a_conversation_begins_with_what_others_wrote(
    seed: int, face: Callable[[Sequence[str]], str]
) -> None:
    for texts in batches(seed):
        for line in face(["puck", *texts[1:]]).split("\n"):
            assert line.startswith(("you: ", "you… ", "puck: ", "puck… ", "  ")) or not line, ascii(texts)


@each_seed
def test_no_line_on_stderr_begins_with_what_others_wrote(seed: int) -> None:
    labels = ["error: ", "  why: ", "  try: ", "  ref: ", "warning: ", "note: "]
    for texts in batches(seed):
        lines = in_report(texts, block=False).rstrip("\n").split("\n")
        assert [line[: line.find(": ") + 2] for line in lines if line[0] != " "] == [labels[0], *labels[4:]]


@each_seed
def test_a_line_of_news_is_one_line_of_json_without_a_control(seed: int) -> None:
    for texts in batches(seed):
        for event in (*conversation(texts), *told(texts)):
            line = news(0.0, event)
            assert not CONTROL.search(line), ascii(texts)
            assert "\n" not in line
            assert json.loads(line)["v"] == 1


@each_seed
def test_a_painted_row_sends_no_order_but_our_styles(seed: int) -> None:
    for texts in batches(seed):
        for row in in_rows(texts):
            text = text_of(row)
            assert not CONTROL.search(text), ascii(texts)
            assert "\n" not in text
            assert SGR.sub("", painted(row, sgr=True, color=True)) == text


@each_seed
@pytest.mark.parametrize(("columns", "ascii"), [(80, False), (40, True)])
def test_the_screen_is_sent_no_order_but_our_own(seed: int, columns: int, ascii: bool) -> None:
    for texts in islice(batches(seed, 16), 0, None, STRIDE):
        drawn = Region()
        for finished, live in on_screen(texts, columns=columns, ascii=ascii):
            for row in (*finished, *live):
                assert not CONTROL.search(text_of(row)), repr(texts)
                assert not re.search(r"[\n\t]", text_of(row)), repr(texts)
                assert width_of(row) < columns, repr(texts)
            lines, rows = ([painted(row, sgr=True, color=True) for row in part] for part in (finished, live))
            assert not CONTROL.search(OURS.sub("", drawn.draw(lines, rows, columns, 24)).replace("\r\n", ""))


@each_seed
def test_a_transcript_shows_no_control(seed: int) -> None:
    for texts in batches(seed):
        a, b, c, d = texts
        opening = Opening(datetime(2026, 11, 21, tzinfo=UTC), a, b, c)
        turns = (Turn(1, user=a, user_at=0.0, whole=b, model_at=1.0), Turn(2, cut=Cut(10, d, a), model_at=1.0))
        transcript = Transcript(opening, [*turns, Turn(3, model_at=2.0, reason=c), Note(3.0, "note", d)])
        for form in FORMS:
            assert not CONTROL.search(whole(transcript, form, width=40)), ascii(texts)


# ------------------------------------------------------------------------------------------------ in a real terminal

TITLES = "\x1b]0;owned\x07 \x1b]2;owned\x1b\\ \x1bkowned\x1b\\ \x9d0;owned\x9c"
CLIPBOARDS = "\x1b]52;c;ZXZpbCBjbGlw\x07 \x1b]52;c;ZXZpbCBjbGlw\x1b\\ \x9d52;c;ZXZpbCBjbGlw\x9c"
FORGERY = "\x1b[2A\r\x1b[2KFORGED\x1b[2B\r"
ATTACKS = [
    f"first {FORGERY}",
    f"{TITLES} {CLIPBOARDS}",
    f"[bold]loud[/] [/nope]\x1b[H\x1b[2J\x1b[3J\x1bc\x1b[?1049h{FORGERY}\nFORGED\u2028FORGED\rFORGED",
    "last words \x1b]0;and what follows is swallowed",
]


def in_paint(texts: Sequence[str]) -> str:
    rows = (row for text in texts for row in wrapped(Markdown().line(text), 79))
    return "".join(painted(row, sgr=True, color=True) + "\n" for row in rows)


def in_tmux(folder: Path, text: str) -> AbstractContextManager[Tmux]:
    file = folder / "text"
    file.write_text(text, encoding="utf-8")
    return tmux_after(folder, ["cat", str(file)])


@pytest.mark.tmux
@pytest.mark.parametrize("face", [in_plain, in_stream, read_aloud, in_answer, in_report, in_paint])
def test_a_real_terminal_keeps_its_title_its_clipboard_and_every_line(
    face: Callable[[Sequence[str]], str], tmp_path: Path
) -> None:
    shown = "above\n" + face(ATTACKS) + "below\n"
    with in_tmux(tmp_path, shown) as terminal:
        assert terminal.title == TITLE
        assert terminal.clipboard == []
        assert terminal.lines == [line.rstrip() for line in SGR.sub("", shown).splitlines()]
        assert any("[bold]loud[/] [/nope]␛" in line for line in terminal.lines)


@pytest.mark.tmux
def test_a_real_terminal_shows_all_of_history_once_below_it_what_is_alive_and_obeys_nobody_else(tmp_path: Path) -> None:
    drawn = Region()
    history: list[str] = []
    sent = "above\n"
    for finished, live in on_screen(ATTACKS * 4, columns=80, ascii=False):
        history += map(text_of, finished)
        lines, rows = ([painted(row, sgr=True, color=True) for row in part] for part in (finished, live))
        sent += drawn.draw(lines, rows, 80, 24)
    with in_tmux(tmp_path, sent + "below\n") as terminal:
        assert terminal.title == TITLE
        assert terminal.clipboard == []
        assert terminal.lines == ["above", *(line.rstrip() for line in history), "below"]
        assert any("[bold]loud[/] [/nope]␛" in line for line in terminal.lines)


@pytest.mark.tmux
@pytest.mark.parametrize("options", [[], ["--color", "always", "--verbose", "--usage"]])
def test_a_hostile_server_gets_nowhere_in_a_real_terminal(options: list[str], tmp_path: Path) -> None:
    async def play(client: ServerConnection) -> None:
        await greet(client)
        for attack in ATTACKS:
            await write(client, attack)
        await client.close(1008, FORGERY + TITLES)

    with scripted(play) as url:
        command = [sys.executable, "-m", "livechat", "text", *options, "--server", url, "hello"]
        with tmux_after(tmp_path, command) as terminal:
            assert terminal.title == TITLE
            assert terminal.clipboard == []
            assert any("first ␛" in line for line in terminal.lines)
            assert any("[bold]loud[/] [/nope]␛" in line for line in terminal.lines)
            assert terminal.lines[-1].startswith("  ref: ")


@pytest.mark.tmux
def test_the_same_words_without_the_gate_take_the_terminal_over(tmp_path: Path) -> None:
    with in_tmux(tmp_path, f"above\nuntouched\n{FORGERY}\x1b]0;owned\x07{CLIPBOARDS}") as terminal:
        assert terminal.title == "owned"
        assert terminal.clipboard
        assert terminal.lines[0] == "FORGED"
