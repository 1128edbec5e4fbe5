"""Calls and conversations on the screen of a real terminal that reflows: what is seen meanwhile, and what stays."""

from __future__ import annotations

import asyncio
import base64
import re
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from websockets.asyncio.server import ServerConnection

from tests.scripted import complete, greet, say, scripted
from tests.tmux_help import Tmux, tmux

pytestmark = pytest.mark.tmux

WORDS: Final = [f"word{number:03}" for number in range(80)]
WORD_S: Final = 0.03
"""How long each is spoken, and how soon the next one comes."""
LIMIT_S: Final = 20.0
SIZES: Final = ((100, 30), (60, 20), (40, 12))
RESIZES: Final = ((60, 20), (100, 30), (48, 12), (41, 30), (90, 12))
RESIZED_AT_LEAST: Final = 4
REGION: Final = ("READY", "THINKING", "ANSWERING", "CONNECTING", "type>", "quit", "stop reply")
"""What only rows hold that are taken away again."""
MODEL: Final = ["--model", "gemini-3.8-live"]
_THEN = '"$@"; echo "exit $?"; read nothing'
"""The window stays."""


async def speak(client: ServerConnection) -> None:
    """Says all words, each in its time."""
    await greet(client)
    part = {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": base64.b64encode(SOUND).decode()}}
    for number, word in enumerate(WORDS, 1):
        text = f"{word} " if number % 20 else f"{word}\n\n"
        await say(client, {"serverContent": {"modelTurn": {"parts": [part]}, "outputTranscription": {"text": text}}})
        await asyncio.sleep(WORD_S)
    await complete(client)


SOUND: Final = bytes(2 * round(24_000 * WORD_S))


@pytest.fixture(name="server", scope="module")
def _server() -> Iterator[str]:
    with scripted(speak) as url:
        yield url


@dataclass(frozen=True)
class Window:
    """A command in a terminal of its own."""

    tmux: Tmux

    def type(self, *keys: str) -> None:
        self.tmux.ask("send-keys", *keys)

    def resize(self, columns: int, lines: int) -> None:
        self.tmux.ask("resize-window", "-x", str(columns), "-y", str(lines))

    def until(self, holds: Callable[[list[str]], bool]) -> list[str]:
        """Its lines, with those that were scrolled away, as soon as that holds of them."""
        end = time.monotonic() + LIMIT_S
        while not holds(lines := self.tmux.lines):
            assert time.monotonic() < end, "\n".join(lines)
        return lines

    def shows(self, *words: str) -> list[str]:
        """The same once all of these are there."""
        return self.until(lambda lines: all(any(word in line for line in lines) for word in words))


@contextmanager
def window(folder: Path, words: Sequence[str], size: tuple[int, int]) -> Generator[Window]:
    folder.mkdir()
    env = ["env", "LIVECHAT_OUTPUT_FACE=tty", f"LIVECHAT_STATE={folder}"]
    command = ["sh", "-c", _THEN, "sh", *env, sys.executable, "-m", "livechat", *words]
    with tmux(folder, command, columns=size[0], lines=size[1]) as terminal:
        yield Window(terminal)


def call(server: str) -> list[str]:
    """One in which the user can only type, and need not begin."""
    talk = ["talk", "--no-save", "--input-device", "none", "--output-device", "none", "--start-with", "Hello?"]
    return [*talk, "--server", server, *MODEL]


def conversation(server: str) -> list[str]:
    return ["text", "--server", server, *MODEL]


def ask(window: Window) -> None:
    """Has the conversation begin."""
    window.shows("READY")
    window.type("Hello?", "Enter")


def leave(window: Window) -> None:
    """Ends the conversation when all was said."""
    window.shows(WORDS[-1], "READY")
    window.type("C-d")


def nothing(window: Window) -> None:
    """What a call needs to begin and to end."""


@dataclass(frozen=True)
class Play:
    """What is run, and what its user does."""

    words: Callable[[str], list[str]]
    begin: Callable[[Window], None]
    end: Callable[[Window], None]
    speaker: str


PLAYS: Final = {
    "a call": Play(call, nothing, leave, "puck"),
    "a conversation": Play(conversation, ask, leave, "model"),
}


def is_one_region(lines: list[str]) -> bool:
    """The rows of the region are there once, and nowhere but at the end."""
    rows = [number for number, line in enumerate(lines) if any(word in line for word in REGION)]
    states = [line for line in lines if "ANSWERING" in line]
    typed = [line for line in lines if line.startswith("type>")]
    return len(states) == len(typed) == 1 and rows[0] >= len(lines) - 5


def has_spoken(lines: list[str]) -> bool:
    return any("READY" in line or line.startswith("exit ") for line in lines)


def only_history(lines: list[str]) -> None:
    """Every word is there once and in order, and no row of the region."""
    assert re.findall(r"word\d+", "\n".join(lines)) == WORDS, "\n".join(lines)
    assert sum(line.endswith("you  Hello?") for line in lines) == 1
    assert sum(line.startswith("livechat ") for line in lines) == 1
    assert not [line for line in lines if any(word in line for word in REGION)]


@pytest.mark.parametrize("play", PLAYS.values(), ids=PLAYS)
def test_in_windows_of_any_size_there_is_a_state_and_afterwards_every_line_once(
    server: str, tmp_path: Path, play: Play
) -> None:
    with ExitStack() as stack:
        windows = [stack.enter_context(window(tmp_path / str(size[0]), play.words(server), size)) for size in SIZES]
        for opened in windows:
            play.begin(opened)
        for opened in windows:
            lines = opened.until(lambda lines: is_one_region(lines) and WORDS[0] in "".join(lines))
            assert lines[0].startswith("livechat ")
            assert any(line.startswith(f"{play.speaker:>4}  {WORDS[0]}") for line in lines)
        for (columns, _), opened in zip(SIZES, windows, strict=True):
            play.end(opened)
            lines = opened.shows("exit 0")
            only_history(lines)
            assert max(len(line) for line in lines if "word" in line) < columns


@pytest.mark.parametrize("play", PLAYS.values(), ids=PLAYS)
def test_a_window_that_changes_its_size_while_it_speaks_has_no_ghosts(server: str, tmp_path: Path, play: Play) -> None:
    with window(tmp_path / "window", play.words(server), SIZES[0]) as opened:
        play.begin(opened)
        lines, resized = opened.until(is_one_region), -1
        while is_one_region(lines):
            resized += 1
            opened.resize(*RESIZES[resized % len(RESIZES)])
            lines = opened.until(lambda lines: is_one_region(lines) or has_spoken(lines))
        assert resized >= RESIZED_AT_LEAST
        play.end(opened)
        only_history(opened.shows("exit 0"))
