"""What a call shows and says: its face on the terminal, or plain lines, or one JSON object a line."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from livechat.commands.call_sound import NONE, PIPE
from livechat.commands.face_choice import ascii_of, face_of
from livechat.commands.faces import head_of, json_lines, laid_out, notices, speaker_name
from livechat.terminal.safe import Safe, safe

if TYPE_CHECKING:
    from livechat.commands.call_keys import CallKeys
    from livechat.commands.common import Common
    from livechat.commands.face_choice import Face
    from livechat.commands.target import Target
    from livechat.config import Settings
    from livechat.events import Hushed
    from livechat.session import Observer
    from livechat.terminal.accessible import Accessible
    from livechat.terminal.inputs import Look, Own
    from livechat.terminal.plain import Plain
    from livechat.terminal.screen import Gauge, Screen


@dataclass
class CallFace:
    """The one of the faces that was chosen. `open` puts it on the terminal."""

    common: Common
    settings: Settings
    as_json: bool
    _screen: Screen | None = field(default=None, init=False)
    _plain: Plain | None = field(default=None, init=False)
    _aloud: Accessible | None = field(default=None, init=False)
    _floor_held: bool | None = field(default=None, init=False)
    """In push-to-talk, as was last shown."""

    @property
    def kind(self) -> Face | Literal["json"]:
        """Which it is."""
        return "json" if self.as_json else face_of(self.settings, self.common.env, sys.stdout, sys.stderr)

    @property
    def drawn(self) -> bool:
        """There is a screen, which shows states and keys by itself."""
        return self._screen is not None

    def help(self, lines: Sequence[str]) -> None:
        """Lines of our own, laid out as they are."""
        if self._screen is None:
            for line in lines:
                self.say(line)
            return
        self._screen.tell(laid_out([safe(line, multiline=False) for line in lines]))

    @asynccontextmanager
    async def open(self, keys: CallKeys, gauge: Gauge) -> AsyncGenerator[None, None]:
        """Inside, it is on the terminal and the keys are read."""
        from livechat.commands.stage import read_keys, staged

        hold = self.settings.talk.vad == "manual"
        if self.kind == "tty":
            async with staged(self.common, self._look(), pressed=keys.press, hold=hold, gauge=gauge) as stage:
                self._screen, keys.keyboard = stage.screen, stage.keyboard
                keys.actions.show, keys.actions.redraw, keys.actions.types = self.show, stage.screen.redraw, True
                try:
                    yield
                finally:
                    keys.close()
                    self._screen = None
            return
        async with self._lines(keys, gauge):
            with read_keys(keys.press, hold=hold) if self._reads_keys else nullcontext() as keys.keyboard:
                try:
                    yield
                finally:
                    keys.close()

    @asynccontextmanager
    async def _lines(self, keys: CallKeys, gauge: Gauge) -> AsyncGenerator[None, None]:
        """Inside, lines are written, and states where they are read aloud."""
        from livechat.commands.stage import read_aloud
        from livechat.terminal.plain import Plain

        stream = sys.stderr if self.settings.talk.output_device == PIPE else sys.stdout
        if self.kind == "accessible":
            async with read_aloud(stream, self._look(), gauge=gauge) as self._aloud:
                keys.actions.show = self.show
                yield
            return
        if self.kind == "plain":
            ascii = ascii_of(self.settings, stream)
            self._plain = Plain(stream, model=self._speaker, streams=stream.isatty(), ascii=ascii)
        yield

    @property
    def _reads_keys(self) -> bool:
        return self.settings.talk.input_device != PIPE

    def observers(self) -> list[Observer]:
        """Who is told the news."""
        if self.as_json:
            return [json_lines(self.common)]
        if self._screen is not None:
            return [self._screen]
        lines = self._aloud or self._plain
        return [] if lines is None else [lines, notices(self.common, lines)]

    def show(self, told: Own | Hushed) -> None:
        """What is no news of the session."""
        for face in (self._screen, self._aloud):
            if face is not None:
                face.tell(told)

    def show_floor(self, *, held: bool) -> None:
        """In push-to-talk: whether the user has the floor. Nothing new is not told."""
        if self._floor_held is held:
            return
        from livechat.terminal.inputs import Floor

        self._floor_held = held
        self.show(Floor("push", asyncio.get_running_loop().time() if held else None))

    def head(self, target: Target, server: str) -> None:
        """Who talks with whom, above all."""
        if self._screen is None:
            return
        from livechat.terminal.inputs import Headed

        voice = self.settings.session.voice or self._speaker.capitalize()
        self._screen.tell(Headed((head_of(target.model, server, voice, ascii=ascii_of(self.settings, sys.stdout)),)))

    def name_devices(self, microphone: str, speaker: str) -> None:
        """What is heard with and spoken on; foreign text."""
        if self._screen is None:
            heard = f"'{microphone}'" if microphone else "nothing"
            spoken = speaker if self.settings.talk.output_device in (PIPE, NONE) else f"'{speaker}'"
            self.say(f"hearing {heard}, speaking on {spoken}")
            return
        from livechat.terminal.inputs import Headed
        from livechat.terminal.style import Span, Style

        mic, out = _line(microphone or "none"), _line(speaker)
        dim = Style.DIM
        row = (Span(Safe("mic  "), dim), Span(mic), Span(Safe("    speaker  "), dim), Span(out))
        self._screen.tell(Headed((row,)))

    def say(self, words: str) -> None:
        """A note; foreign text."""
        self._make_way()
        self.common.report.note(safe(words, multiline=False))

    def warn(self, words: str) -> None:
        """A warning; foreign text."""
        self._make_way()
        self.common.report.warning(safe(words, multiline=False))

    def _make_way(self) -> None:
        if self._plain is not None:
            self._plain.make_way()

    @property
    def _speaker(self) -> str:
        return speaker_name(self.settings, sound=True)

    def _look(self) -> Look:
        from livechat.terminal.inputs import Look

        hears = self.settings.talk.input_device != NONE
        return Look(self._speaker, ascii=ascii_of(self.settings, sys.stdout), meters=hears)


def _line(words: str) -> Safe:
    return safe(words, multiline=False)
