"""What is shown while music plays: rows that live at the end of the terminal, or lines, or one JSON object a line.

All of it is on stderr, but for the JSON: stdout may be the music itself.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from livechat.commands.face_choice import ascii_of, face_of
from livechat.commands.music_rows import rows, settings_in_words
from livechat.terminal.safe import Safe, safe

if TYPE_CHECKING:
    from livechat.commands.common import Common
    from livechat.commands.face_choice import Face
    from livechat.commands.music_keys import MusicKeys
    from livechat.commands.music_rows import Sight, State
    from livechat.config import Settings
    from livechat.terminal.ndjson import Json
    from livechat.terminal.progress import Progress
    from livechat.terminal.style import Row
    from livechat.terminal.writer import Writer

FRAME_S: Final = 1 / 12
"""Seconds between two looks at what is to be seen."""


@dataclass
class MusicFace:
    """The one of the faces that was chosen. `open` puts it on the terminal."""

    common: Common
    settings: Settings
    as_json: bool
    listened: bool
    """It is played here; where it is only written, a line tells how much."""
    _writer: Writer | None = field(default=None, init=False)
    _progress: Progress | None = field(default=None, init=False)
    _state: State = field(default="connecting", init=False)
    _began: float = field(default=0.0, init=False)

    @property
    def kind(self) -> Face | Literal["json"]:
        """Which it is."""
        return "json" if self.as_json else face_of(self.settings, self.common.env, sys.stderr, sys.stderr)

    @asynccontextmanager
    async def open(self, keys: MusicKeys, look: Callable[[], Sight]) -> AsyncGenerator[None, None]:
        """Inside, it is on the terminal and the keys are read; `look` says what is to be seen."""
        from livechat.commands.stage import read_keys

        self._began = asyncio.get_running_loop().time()
        with ExitStack() as closing:
            if self.kind == "tty":
                closing.enter_context(read_keys(keys.press, front=self._front))
                self._begin_rows(keys, closing)
            elif self.kind != "json":
                closing.enter_context(read_keys(keys.press))
                self._begin_lines(look, closing)
            async with asyncio.TaskGroup() as tasks:
                drawing = tasks.create_task(self._draw(look), name="rows")
                try:
                    yield
                finally:
                    drawing.cancel()

    def _begin_rows(self, keys: MusicKeys, closing: ExitStack) -> None:
        from livechat.terminal.writer import Writer

        sys.stderr.flush()
        self._writer = Writer(sys.stderr.fileno(), sys.stderr.encoding)
        self.common.report.divert(self._note)
        keys.actions.redraw, keys.actions.types = self._writer.redraw, True
        closing.callback(self._end_rows)

    def _end_rows(self) -> None:
        self.common.report.divert(None)
        writer, self._writer = self._writer, None
        if writer is not None and not writer.close():
            self.common.report.give_up()

    def _begin_lines(self, look: Callable[[], Sight], closing: ExitStack) -> None:
        """A line that is written over and over tells how much is written, where nobody hears it."""
        from livechat.terminal.progress import Progress

        immobile = self.common.env.get("TERM") in ("dumb", "unknown")
        shown = not (self.listened or self.common.report.quiet or immobile) and self.kind == "plain"
        self._progress = closing.enter_context(Progress(sys.stderr, look().total_s, shown=shown, verb="written"))

    async def _draw(self, look: Callable[[], Sight]) -> None:
        while True:
            sight = look()
            if self._writer is not None:
                self._writer.show(self._painted(rows(sight, self._columns(), ascii=self._ascii)))
            else:
                self._tell(sight)
            await asyncio.sleep(FRAME_S)

    def _tell(self, sight: Sight) -> None:
        """In lines: where it is read aloud a state that is new, and how much is written."""
        if sight.state != self._state:
            self._state = sight.state
            if self.kind == "accessible":
                self.say(sight.state)
        if self._progress is not None and sight.heard_s > 0:
            self._progress.show(sight.heard_s)

    # ------------------------------------------------------------------------------------------------ saying

    @property
    def shows(self) -> bool:
        """There are rows, which show states and settings by themselves."""
        return self._writer is not None

    def said(self, words: str) -> None:
        """What came of a key: the rows show it already."""
        if not self.shows:
            self.say(words)

    def say(self, words: str) -> None:
        """A note; foreign text."""
        self._make_way()
        self.common.report.note(safe(words, multiline=False))

    def warn(self, words: str) -> None:
        """A warning; foreign text."""
        self._make_way()
        self.common.report.warning(safe(words, multiline=False))

    def help(self, lines: Sequence[str]) -> None:
        """Lines of our own, which were asked for."""
        if self.shows:
            self._note("\n".join(lines))
            return
        for line in lines:
            self.say(line)

    def news(self, type: str, **fields: Json) -> None:
        """One line of JSON, where that is the face."""
        if not self.as_json:
            return
        from livechat.terminal.ndjson import line

        written = line(self.now, type, **fields)
        sys.stdout.write(self.common.report.without_secrets(written) + "\n")
        sys.stdout.flush()

    @property
    def now(self) -> float:
        """Seconds since it was opened."""
        return asyncio.get_running_loop().time() - self._began

    def _make_way(self) -> None:
        if self._progress is not None:
            self._progress.clear()

    def _note(self, text: str) -> None:
        """Puts something into history; foreign text."""
        from livechat.terminal.cells import wrapped
        from livechat.terminal.style import Span, Style

        if self._writer is None:
            return
        room = max(self._columns() - 1, 1)
        lines = [safe(line, multiline=False) for line in text.splitlines() if line.strip()]
        found = [row for line in lines for row in wrapped((Span(line, Style.DIM),), room)]
        self._writer.add(self._painted(found))

    # ------------------------------------------------------------------------------------------------ drawing

    def _front(self, ours: bool) -> None:
        if self._writer is not None:
            if ours:
                self._writer.resume()
            else:
                self._writer.pause()

    def _painted(self, shown: Sequence[Row]) -> list[str]:
        from livechat.terminal.report import wants_color
        from livechat.terminal.style import painted

        color = wants_color(self.common.report.color, True, self.common.env)
        return [painted(row, sgr=True, color=color) for row in shown]

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(sys.stderr.fileno()).columns or 80
        except OSError:
            return 80

    @property
    def _ascii(self) -> bool:
        return ascii_of(self.settings, sys.stderr)


def described(sight: Sight) -> Safe:
    """The prompts and settings in one line."""
    from livechat.library.music_settings import written_prompt

    prompts = [safe(written_prompt(prompt), multiline=False) for prompt in sight.desk.prompts]
    return Safe(", ".join([*prompts, *settings_in_words(sight.desk)]))
