"""The devices of a call: opens the microphone and the speaker that were asked for, and keeps the one's sound out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from livechat.audio.echo_choice import EchoChoice
from livechat.commands.options import wanted
from livechat.errors import LivechatError, UsageError

if TYPE_CHECKING:
    from livechat.audio.device import DeviceSpeaker
    from livechat.audio.jitter import JitterBuffer
    from livechat.audio.keeping import Keeper, News
    from livechat.audio.microphone import Microphone
    from livechat.audio.piped_microphone import PipedMicrophone
    from livechat.audio.playout import ClockedSpeaker, Report, Speaker, Tap
    from livechat.audio.reference import Reference
    from livechat.config_keys import TalkKeys
    from livechat.ear import Ear
    from livechat.echo_guard import EchoGuard

PIPE, NONE = "-", "none"
SOFTEST_DB, LOUDEST_DB = -30.0, 12.0
_PLAY = "aplay -f S16_LE -r 24000"


@dataclass
class CallSound:
    """Both devices of one call. Of the running loop; `close` lets go of the microphone."""

    keys: TalkKeys
    say: Callable[[str], None]
    """Is told what the user should know; foreign text."""
    tell: Callable[[News], None]
    """Is told what becomes of the devices."""
    state: Path
    """The folder in which measurements of devices are remembered."""
    taps: list[Tap] = field(default_factory=list["Tap"])
    """Who else is told what sounds; before the speaker is made."""
    microphone: Microphone | PipedMicrophone | None = field(default=None, init=False)
    _speaker: DeviceSpeaker | ClockedSpeaker | None = field(default=None, init=False)
    _reference: Reference | None = field(default=None, init=False)
    _keeper: Keeper | None = field(default=None, init=False)
    _guard: EchoGuard | None = field(default=None, init=False)

    def open(self) -> None:
        """Opens the microphone and looks for the speaker. Raises DeviceError and UsageError."""
        self._refuse_terminals()
        self.microphone = self._open_microphone()
        if self.microphone is not None:
            self.microphone.muted = True  # until somebody listens, who then says whether it is
        try:
            self._look_for_speaker()
        except LivechatError:
            self.close()
            raise

    @property
    def buffer(self) -> JitterBuffer | None:
        """Where the model's sound goes through, to be looked at."""
        return self._speaker.buffer if self._speaker is not None else None

    def close(self) -> None:
        if self.microphone is not None:
            self.microphone.close()

    def _look_for_speaker(self) -> None:
        if self._output_is_elsewhere:
            return
        from livechat.audio.device import output_available

        if problem := output_available(wanted(self.keys.output_device)):
            raise problem

    @property
    def _in_the_open(self) -> bool:
        """A microphone may hear a speaker."""
        return self.keys.input_device not in (PIPE, NONE) and not self._output_is_elsewhere

    @property
    def _output_is_elsewhere(self) -> bool:
        return self.keys.output_device in (PIPE, NONE)

    def _refuse_terminals(self) -> None:
        if self.keys.output_device == PIPE and sys.stdout.isatty():
            raise UsageError("refusing to write sound to a terminal", hint=f"livechat talk --output-device - | {_PLAY}")
        if self.keys.input_device == PIPE and (sys.stdin is None or sys.stdin.isatty()):
            raise UsageError(
                "stdin is no pipe of sound", hint="arecord -f S16_LE -r 16000 | livechat talk --input-device -"
            )

    def _open_microphone(self) -> Microphone | PipedMicrophone | None:
        device = self.keys.input_device
        if device == NONE:
            return None
        if device == PIPE:
            from livechat.audio.piped_microphone import PipedMicrophone
            from livechat.audio.source import open_source

            return PipedMicrophone(open_source(PIPE, note=self.say))
        from livechat.audio.microphone import Microphone

        return Microphone(device=wanted(device), keeper=self._kept(), tell=self._news)

    def make_speaker(self, played: Report) -> Speaker:
        """The speaker that reports to `played`. Raises DeviceError and UsageError."""
        device, jitter = self.keys.output_device, self.keys.jitter_ms
        start_ms = None if jitter == "auto" else int(jitter)
        if self._output_is_elsewhere:
            from livechat.audio.jitter import JitterBuffer
            from livechat.audio.playout import ClockedSpeaker
            from livechat.audio.sink import RATE, open_sink

            sink = open_sink(PIPE) if device == PIPE else None
            self._speaker = ClockedSpeaker(sink, played, buffer=JitterBuffer(RATE, start_ms), taps=self.taps)
            return self._speaker
        from livechat.audio.device import DeviceSpeaker
        from livechat.audio.reference import Reference

        self._reference = Reference()
        self._speaker = DeviceSpeaker(
            played,
            device=wanted(device),
            start_ms=start_ms,
            latency="low",
            keeper=self._kept(),
            tell=self._news,
            taps=self.taps,
            taps_of_silence=[self._reference.add],
        )
        return self._speaker

    def listen_through(self, ear: Ear) -> None:
        """Has an ear leave out what the speaker sounds, as it was wished and can be done. Raises DeviceError."""
        from livechat.echo_guard import EchoGuard

        names = self._device_names if self._in_the_open else None
        self._guard = EchoGuard(ear, self._reference, self.keys.aec, names, self.state)

    @property
    def echo(self) -> EchoChoice:
        """What is done about it; nothing before somebody listens."""
        return self._guard.choice if self._guard is not None else EchoChoice("off")

    def turn(self, by_db: float) -> str:
        """Makes the model's voice louder or softer, and says how loud it is now."""
        from livechat.audio.device import DeviceSpeaker

        if not isinstance(self._speaker, DeviceSpeaker):
            return "there is no speaker to turn up or down"
        gain_db = min(max(self._speaker.gain_db + by_db, SOFTEST_DB), LOUDEST_DB)
        self._speaker.gain_db = gain_db
        how = f"at {gain_db:+.0f} dB" if gain_db else "as it comes"
        return f"the model's voice is played {how}"

    @property
    def names(self) -> tuple[str, str]:
        """What is heard with, nothing where there is no microphone, and what is spoken on; foreign text."""
        heard, _ = self._device_names()
        return heard, {PIPE: "standard output", NONE: "nothing"}.get(self.keys.output_device or "", self._speaker_name)

    def _device_names(self) -> tuple[str, str]:
        return self.microphone.name if self.microphone is not None else "", self._speaker_name

    @property
    def _speaker_name(self) -> str:
        from livechat.audio.device import DeviceSpeaker

        return self._speaker.name if isinstance(self._speaker, DeviceSpeaker) else ""

    def _news(self, news: News) -> None:
        before = self.echo
        if self._guard is not None:
            self._guard.news(news)
        self.tell(news)
        if self.echo != before:
            self.say(self.echo.sentence)

    def _kept(self) -> Keeper:
        from livechat.audio.keeping import Keeper

        self._keeper = self._keeper or Keeper()
        return self._keeper
