"""The microphone and the speaker of an audio conversation: opens what was asked for, and keeps the one's sound out."""

from __future__ import annotations

import inspect
import logging
import os
from collections.abc import AsyncIterable, Callable
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast, get_args

from livechat.audio.echo_choice import EchoChoice
from livechat.errors import LivechatError, UsageError
from livechat.library.sounds import AudioLike

if TYPE_CHECKING:
    from livechat.audio.device import DeviceSpeaker
    from livechat.audio.keeping import Keeper, News
    from livechat.audio.microphone import Microphone as DeviceMicrophone
    from livechat.audio.playout import ClockedSpeaker, Report
    from livechat.audio.reference import Reference
    from livechat.ear import Ear
    from livechat.echo_guard import EchoGuard
    from livechat.library.program_sound import ProgramMicrophone

MicrophoneLike: TypeAlias = "str | int | AsyncIterable[AudioLike] | Literal[False] | None"
"""None is the system's own microphone; a name, or a piece of it, or a number is that of `livechat devices`.

A program's own sound comes from an async iterator, as 16 kHz s16le mono or what else `AudioLike` is; False is none.
"""
SpeakerLike: TypeAlias = "str | int | Callable[[bytes], object] | Literal[False] | None"
"""None is the system's own speaker; a name, or a piece of it, or a number is that of `livechat devices`.

A function is given 24 kHz s16le mono when it would sound, on the session's loop, where it must not wait; False is none.
"""
EchoWay: TypeAlias = Literal["auto", "on", "off", "half-duplex"]
"""How the model's voice is kept out of the microphone: see `livechat talk --aec`."""

_WAYS: Final[tuple[str, ...]] = get_args(EchoWay)
_log = logging.getLogger(__name__)


class Devices:
    """Those of one conversation. From the session's loop.

    Raises UsageError for what is neither a microphone nor a speaker, and for an echo where none can be.
    """

    def __init__(self, microphone: MicrophoneLike, speaker: SpeakerLike, echo: EchoWay) -> None:
        _check_microphone(microphone)
        _check_speaker(speaker)
        self._wished = (microphone, speaker)
        self._in_the_open = _is_device(microphone) and _is_device(speaker)
        self._echo = _way(echo, in_the_open=self._in_the_open)
        self.microphone: DeviceMicrophone | ProgramMicrophone | None = None
        self.speaker: DeviceSpeaker | ClockedSpeaker | None = None
        self._reference: Reference | None = None
        self._keeper: Keeper | None = None
        self._guard: EchoGuard | None = None

    @property
    def waits(self) -> bool:
        """Whether the microphone gives no more than is taken: a program's does, and no device does."""
        return not _is_device(self._wished[0])

    @property
    def echo(self) -> EchoChoice:
        """What is done about it, and why."""
        return self._guard.choice if self._guard is not None else EchoChoice("off")

    @property
    def names(self) -> tuple[str, str]:
        """Of the microphone and of the speaker; foreign text, and empty where there is no device."""
        speaker = getattr(self.speaker, "name", "")
        return self.microphone.name if self.microphone is not None else "", speaker

    def open(self, played: Report, failed: Callable[[LivechatError], None]) -> None:
        """Opens both; the speaker reports to `played`, and what fails later is told to `failed`.

        Raises DeviceError, and UsageError for a name that no device has; `close` is called all the same.
        """
        microphone, speaker = self._wished
        self.microphone = self._open_microphone(microphone)
        if self.microphone is not None:
            self.microphone.muted = True  # until somebody listens
        self.speaker = self._open_speaker(speaker, played, failed)

    def listen_through(self, ear: Ear) -> None:
        """Has an ear leave out what the speaker sounds. Raises DeviceError."""
        from livechat.echo_guard import EchoGuard
        from livechat.transcripts.store import state_folder

        names = (lambda: self.names) if self._in_the_open else None
        self._guard = EchoGuard(ear, self._reference, self._echo, names, state_folder(os.environ))

    async def close(self) -> None:
        """Lets go of both. Raises DeviceError for what a program's microphone raises then."""
        microphone, speaker = self.microphone, self.speaker
        try:
            if speaker is not None:
                await speaker.close()
        finally:
            closing = microphone.close() if microphone is not None else None
            if closing is not None:
                await closing

    def _open_microphone(self, wished: MicrophoneLike) -> DeviceMicrophone | ProgramMicrophone | None:
        if wished is False:
            return None
        if isinstance(wished, AsyncIterable):
            from livechat.library.program_sound import ProgramMicrophone

            return ProgramMicrophone(wished)
        from livechat.audio.microphone import Microphone as DeviceMicrophone

        return DeviceMicrophone(device=wished, keeper=self._kept(), tell=self._news)

    def _open_speaker(
        self, wished: SpeakerLike, played: Report, failed: Callable[[LivechatError], None]
    ) -> DeviceSpeaker | ClockedSpeaker | None:
        if wished is False:
            return None
        if callable(wished):
            from livechat.audio.playout import ClockedSpeaker
            from livechat.library.program_sound import ProgramSpeaker

            return ClockedSpeaker(ProgramSpeaker(wished, failed), played)
        from livechat.audio.device import DeviceSpeaker
        from livechat.audio.reference import Reference

        self._reference = Reference()
        return DeviceSpeaker(
            played,
            device=wished,
            latency="low",
            keeper=self._kept(),
            tell=self._news,
            taps_of_silence=[self._reference.add],
        )

    def _news(self, news: News) -> None:
        from livechat.terminal.safe import safe

        before = self.echo
        if self._guard is not None:
            self._guard.news(news)
        _log.warning("%s", safe(str(news)))
        if self.echo != before:
            _log.warning("%s", safe(self.echo.sentence))

    def _kept(self) -> Keeper:
        from livechat.audio.keeping import Keeper

        self._keeper = self._keeper or Keeper()
        return self._keeper


def _is_device(wished: object) -> bool:
    return wished is None or (isinstance(wished, str | int) and wished is not False)


def _check_microphone(wished: MicrophoneLike) -> None:
    given = cast("object", wished)
    if given is True or not (wished is False or _is_device(given) or isinstance(given, AsyncIterable)):
        hint = "None, a name or number of a device, an async iterator of 16 kHz s16le mono, or False for none"
        raise UsageError(f"{_kind(given)} is no microphone", hint=hint)


def _check_speaker(wished: SpeakerLike) -> None:
    given = cast("object", wished)
    hint = "None, a name or number of a device, a function that takes 24 kHz s16le mono, or False for none"
    if given is True or not (wished is False or _is_device(given) or callable(given)):
        raise UsageError(f"{_kind(given)} is no speaker", hint=hint)
    if inspect.iscoroutinefunction(given):
        raise UsageError("a speaker that has to be awaited is none: sound does not wait", hint="queue.put_nowait")


def _kind(given: object) -> str:
    return "True" if given is True else f"what is of type {type(given).__name__}"


def _way(wished: EchoWay, *, in_the_open: bool) -> str:
    if wished not in _WAYS:
        raise UsageError(f"echo={wished!r} is no way to treat an echo", hint=f"one of {', '.join(_WAYS)}")
    if wished in ("on", "half-duplex") and not in_the_open:
        what = f"echo={wished!r} is for a microphone and a loudspeaker of this machine"
        raise UsageError(what, why="what a program gives and takes has no echo", hint="leave it out")
    return wished
