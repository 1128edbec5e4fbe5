"""`livechat demo`: a spoken conversation with the embedded server, with nothing but this machine."""

from __future__ import annotations

import asyncio
import shlex
import shutil
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livechat.commands.common import Common
from livechat.commands.face_choice import ascii_of, face_of, is_terminal
from livechat.commands.faces import speaker_name, wishes
from livechat.commands.holding import Holding, Script, hold, run_within, seen_by
from livechat.commands.options import Timeout, Trace, Voice
from livechat.commands.stage import Playback, read_aloud, staged
from livechat.errors import BadInput, DeviceError, Unanswered
from livechat.events import HEARD_RATE, PLAYED_RATE, Event, TurnEnded, Typed, UserSaid
from livechat.protocol.generations import DEFAULT_VOICE
from livechat.terminal.safe import safe

if TYPE_CHECKING:
    from livechat.audio.playout import Report, Speaker
    from livechat.commands.target import Target
    from livechat.config import Settings
    from livechat.session import Session

QUESTION = "What can you do?"
ASKING_VOICE = "Kore"
ANSWER_FILE = "answer.wav"
FRAME = HEARD_RATE // 50 * 2
"""Bytes of 20 ms."""
HUSH_FRAMES = 50
"""A second of silence after the question: the server hears for itself that it is over, as it does in life."""
SILENCE_DBFS = -55.0
ANSWER_S = 15.0
"""Seconds after the question in which the server must have heard something."""


def command(
    ctx: typer.Context,
    question: Annotated[
        str | None, typer.Option("--question", metavar="FILE.wav", help="Ask this recording instead.")
    ] = None,
    voice: Voice = None,
    trace: Trace = None,
    timeout: Timeout = None,
) -> None:
    """Holds a spoken conversation: no key, no microphone, no internet. The answer is played, and written to answer.wav.

    A question is spoken, sent through the real client to the server inside livechat, understood there and answered
    aloud. Nothing is recorded beforehand: another question gets another answer.

    Examples:
      livechat demo
      livechat demo --question question.wav
      livechat demo --voice Leda
    """
    from livechat.voices import check_voice

    common = Common.of(ctx)
    flags = {"server.choice": "local", "session.voice": check_voice(voice) if voice else None}
    print("livechat demo: no key, no microphone, no internet needed", flush=True)
    run_within(timeout, _Demo(common, common.settings(flags), question, trace).hold())


@dataclass
class _Demo:
    """One run of the command."""

    common: Common
    settings: Settings
    question: str | None
    trace: Path | None
    turn: TurnEnded | None = None
    where: str = "written to"
    out: Path = field(default_factory=lambda: _writable())

    async def hold(self) -> None:
        from livechat.server.models import speech_missing

        if missing := speech_missing():
            await self._typed(missing)
        else:
            await self._spoken()

    async def _typed(self, missing: str) -> None:
        """A text turn, where the packages of the extra are not installed."""
        from livechat.install import install_line

        async def script(session: Session) -> None:
            session.tell(Typed(QUESTION))
            await session.until(TurnEnded)

        async with self._target(sound=False) as target:
            await self._show(self._holding(target, sound=False), script)
        print(
            f"done: 1 turn of text; not installed for speech: {missing}. To hear it speak:\n  {install_line('local')}"
        )

    async def _spoken(self) -> None:
        from livechat.audio.pcm import level_dbfs

        question = await self._question()
        if level_dbfs(question) < SILENCE_DBFS:
            raise BadInput(f"{self.question} holds nothing but silence")

        async def script(session: Session) -> None:
            await session.listen(_as_if_spoken(question))
            while self.turn is None or session.conversation.in_turn:
                try:
                    async with asyncio.timeout(None if session.conversation.in_turn else ANSWER_S):
                        await session.until(UserSaid, TurnEnded)
                except TimeoutError:
                    raise Unanswered("the question was not answered", why="no speech was heard in it") from None

        print(f"  {'you':<8} (asking, {len(question) / 2 / HEARD_RATE:.1f} s)", flush=True)
        async with self._target(sound=True) as target:
            await self._show(replace(self._holding(target, sound=True), make_speaker=self._speaker), script)
        length = self.turn.spoken_ms / 1000 if self.turn else 0.0
        print(f"done: 1 turn, {length:.1f} s of sound, {self.where} {safe(str(self.out), multiline=False)}")
        print(f'next: {program()} text --local "tell a story"')

    async def _show(self, holding: Holding, script: Script) -> None:
        """Holds the conversation, on the screen where there is one, or for a screen reader."""
        from livechat.terminal.inputs import Look

        face = face_of(self.settings, self.common.env, sys.stdout, sys.stderr)
        look = Look(speaker_name(self.settings, sound=True), ascii=ascii_of(self.settings, sys.stdout), keys=False)
        playback = Playback()
        if face == "tty":
            async with staged(self.common, look, gauge=playback) as stage:
                await hold(self.common, seen_by(holding, stage.screen), playback.during(script))
        elif face == "accessible" and is_terminal(sys.stdout):
            async with read_aloud(sys.stdout, look, gauge=playback) as aloud:
                await hold(self.common, seen_by(holding, aloud), playback.during(script))
        else:
            await hold(self.common, seen_by(holding, self._print), script)

    @asynccontextmanager
    async def _target(self, *, sound: bool) -> AsyncGenerator[Target, None]:
        from livechat.commands.target import choose, reach

        async with reach(self.common, choose(self.common, self.settings, None), sound=sound) as target:
            print(f"  {'server':<8} {target.address} (inside this process)", flush=True)
            yield target

    def _holding(self, target: Target, *, sound: bool) -> Holding:
        return Holding(target, wishes(self.settings, target, sound=sound), [self._count], trace=self.trace)

    def _count(self, t: float, event: Event) -> None:
        if isinstance(event, TurnEnded):
            self.turn = event

    def _print(self, t: float, event: Event) -> None:
        if isinstance(event, UserSaid) and event.final:
            print(f"  {'you':<8} {safe(event.whole.strip(), multiline=False)}", flush=True)
        elif isinstance(event, TurnEnded):
            voice = self.settings.session.voice or DEFAULT_VOICE
            print(f"  {voice.lower():<8} {safe(event.text.strip(), multiline=False)}", flush=True)

    async def _question(self) -> bytes:
        """16 kHz PCM: the file's, or the words in a voice that is not the answer's."""
        if self.question is not None:
            from livechat.audio.source import open_source

            source = open_source(self.question, note=self.common.report.note)
            try:
                return b"".join([frame async for frame in source])
            finally:
                source.close()
        from livechat.audio.pcm import Encoding, Format
        from livechat.audio.resample import Converter
        from livechat.server.voice import load_voice

        voice = await asyncio.to_thread(load_voice)
        spoken = await asyncio.to_thread(voice.speak, QUESTION, ASKING_VOICE)
        converter = Converter(Format(Encoding.S16LE, 1, PLAYED_RATE))
        return converter.feed(spoken) + converter.finish()

    def _speaker(self, played: Report) -> Speaker:
        """The sound card and the file, or the file alone at a sound card's pace: no card is no failure here."""
        from livechat.audio.device import DeviceSpeaker
        from livechat.audio.playout import ClockedSpeaker, TeeSpeaker
        from livechat.audio.sink import open_sink

        sink = open_sink(str(self.out))
        try:
            speaker = DeviceSpeaker(played)
        except DeviceError as problem:
            self.common.report.note(f"{problem}: the answer is written, not played")
            return ClockedSpeaker(sink, played)
        self.where = "played and written to"
        return TeeSpeaker(speaker, sink)


def program() -> str:
    """What to type for this program: its name where the shell finds it, else the way it was started."""
    if shutil.which("livechat"):
        return "livechat"
    if Path(sys.argv[0]).name == "__main__.py":
        return f"{shlex.quote(safe(sys.executable))} -m livechat"
    return shlex.quote(safe(sys.argv[0]))


def _writable() -> Path:
    """answer.wav here, or in the folder for temporary files where this one takes none."""
    from livechat.audio.sink import open_sink

    try:
        open_sink(ANSWER_FILE)
    except DeviceError:
        return Path(tempfile.gettempdir()) / ANSWER_FILE
    return Path(ANSWER_FILE)


async def _as_if_spoken(pcm: bytes) -> AsyncIterator[bytes]:
    """The frames as a microphone gives them: one each 20 ms, and silence when the words are over."""
    from livechat.audio.source import paced

    async def frames() -> AsyncIterator[bytes]:
        for start in range(0, len(pcm), FRAME):
            yield pcm[start : start + FRAME]
        for _ in range(HUSH_FRAMES):
            yield bytes(FRAME)

    async for frame in paced(frames()):
        yield frame
