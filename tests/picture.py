"""Records a real call on a terminal, and draws the moment of it that README shows: `make picture`.

`python -m tests.picture record` holds the call in a room of its own (PulseAudio, no sound card) and keeps what the
program wrote with its times: an asciicast of version 2, as https://docs.asciinema.org/manual/asciicast/v2/ has it.
`python -m tests.picture draw` plays that into a terminal in memory up to the marker in it. The same recording gives
the same bytes.
"""

from __future__ import annotations

import fcntl
import json
import re
import struct
import sys
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pyte
from pyte.screens import Char

from tests.cli import LIMIT_S, ROOT, Terminal
from tests.picture_svg import drawn

RECORDING: Final = ROOT / "tests" / "data" / "talk.cast"
PICTURE: Final = ROOT / "docs" / "talk.svg"
COLUMNS, LINES = 92, 24
COMMAND: Final = ("talk", "--local", "--voice", "Puck")
AS_USUAL: Final = {"LIVECHAT_OUTPUT_FACE": "auto", "LANG": "C.UTF-8"}
"""Not what other tests wish."""
QUESTIONS: Final = ("Tell me a story.", "How many feet are in a mile?", "What can you do?")
LISTENED_S: Final = 4.5
"""So long the story is listened to."""
PICTURED_S: Final = 3.0
"""So long the last answer, before the picture."""
LOUD: Final = re.compile("mic █{3}.* out █{6,8}[^█]")
"""The meters in the middle of a word: the microphone hears the speaker, and neither is near its end."""
MARKER: Final = "picture"


class Screen(pyte.Screen):
    """One on which faint letters blink: the emulator knows nothing of faint ones, and no face of ours blinks."""

    def select_graphic_rendition(self, *codes: int) -> None:
        told: list[int] = []
        for code in codes:
            told += {2: [5], 22: [22, 25]}.get(code, [code])
        super().select_graphic_rendition(*told)


@dataclass(frozen=True)
class Recording:
    """What a program wrote on a terminal, and when."""

    header: dict[str, Any]
    events: list[tuple[float, str, str]]
    """Seconds since the beginning, `o` for output or `m` for a marker, and the text of either."""

    @classmethod
    def read(cls, file: Path) -> Recording:
        header, *events = (json.loads(line) for line in file.read_text("utf-8").split("\n") if line)
        return cls(header, [(at, kind, text) for at, kind, text in events])

    def write(self, file: Path) -> None:
        lines = (json.dumps(line, ensure_ascii=False) for line in (self.header, *self.events))
        file.write_text("".join(f"{line}\n" for line in lines), "utf-8")

    def screen_at(self, marker: str) -> Screen:
        """A terminal that has seen what was written before the marker. Raises LookupError where it is not."""
        screen = Screen(self.header["width"], self.header["height"])
        stream = pyte.Stream(screen)
        for _, kind, text in self.events:
            if kind == "o":
                stream.feed(text)
            elif kind == "m" and text == marker:
                return screen
        raise LookupError(f"the recording has no marker {marker!r}")


def rows(screen: Screen) -> list[list[Char]]:
    """The cells of the screen."""
    return [[screen.buffer[line][column] for column in range(screen.columns)] for line in range(screen.lines)]


def picture(recording: Recording) -> str:
    """The SVG of the marked moment."""
    return drawn(rows(recording.screen_at(MARKER)), title=recording.header["command"])


# ------------------------------------------------------------------------------------------------- the recording


@dataclass
class Recorder:
    """Reads a terminal in time."""

    terminal: Terminal
    events: list[tuple[float, str, str]] = field(default_factory=list[tuple[float, str, str]])
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._screen = Screen(COLUMNS, LINES)
        self._stream = pyte.Stream(self._screen)

    @property
    def text(self) -> str:
        return "\n".join(self._screen.display)

    def mark(self, name: str) -> None:
        self.events.append((self._now(), "m", name))

    def watch(self, until: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + LIMIT_S
        while not until():
            assert time.monotonic() < end, f"waited in vain for {what}:\n{self.text}"
            self.read()
            time.sleep(0.005)

    def watch_for(self, text: str) -> None:
        self.watch(lambda: text in self.text, text)

    def wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        self.watch(lambda: time.monotonic() > end, "time")

    def read(self) -> None:
        known = len(self.terminal.shown)
        self.terminal.drain()
        self.note(known)

    def note(self, known: int) -> None:
        """Keeps what the terminal has shown beyond that."""
        if new := self.terminal.shown[known:]:
            self.events.append((self._now(), "o", new))
            self._stream.feed(new)

    def _now(self) -> float:
        return round(time.monotonic() - self.began, 3)


def record() -> Recording:
    """Holds the call."""
    from tests.speech_fixture import spoken
    from tests.talk_lab import room

    asked = [spoken(question) for question in QUESTIONS]
    with TemporaryDirectory() as folder, room("local") as here, here.echoing(-30, 0.06):
        call = here.talk(Path(folder))
        with replace(call, words=COMMAND, env={**call.env, **AS_USUAL}) as terminal:
            fcntl.ioctl(terminal.master, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
            recorder = Recorder(terminal)
            converse(recorder, [partial(here.say, pcm) for pcm in asked])
            known = len(terminal.shown)
            terminal.type("q")
            assert terminal.end() == 0
            recorder.note(known)
    assert "\ufffd" not in terminal.shown, "a letter was read in two pieces: once more"
    header = {"version": 2, "width": COLUMNS, "height": LINES, "command": " ".join(("livechat", *COMMAND))}
    return Recording({**header, "env": {"TERM": "xterm"}}, recorder.events)


def converse(recorder: Recorder, say: list[Callable[[], object]]) -> None:
    """A question, a word in between, and a third question."""
    tell_a_story, interrupt, ask = say
    recorder.watch_for("READY")
    recorder.wait(1)
    tell_a_story()
    recorder.watch_for("SPEAKING")
    recorder.wait(LISTENED_S)
    interrupt()
    recorder.watch_for("you interrupted")
    recorder.watch_for("SPEAKING")
    recorder.watch_for("LISTENING")
    ask()
    recorder.watch_for("SPEAKING")
    recorder.wait(PICTURED_S)
    recorder.watch(lambda: LOUD.search(recorder.text) is not None, "a loud moment")
    recorder.mark(MARKER)
    recorder.wait(1)


def main(order: str) -> None:
    if order == "record":
        record().write(RECORDING)
    PICTURE.write_text(picture(Recording.read(RECORDING)), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
