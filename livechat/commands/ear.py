"""The user's side of a call: takes the microphone's frames, takes the echo out of them, and tells the mind of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from livechat.audio.activity import Began, Over, Sent, Sound, VoiceGate
from livechat.audio.microphone import Frame
from livechat.audio.pcm import amplified
from livechat.events import FloorClaimed, FloorYielded, Heard, HearingEnded, Input, VoiceEnded
from livechat.session import Session


class Frames(Protocol):
    """A microphone, of whatever kind."""

    @property
    def muted(self) -> bool: ...
    @muted.setter
    def muted(self, muted: bool) -> None: ...
    async def __anext__(self) -> Frame: ...


class Gate(Protocol):
    """Decides which frames are sent, and marks the user's activity between them."""

    @property
    def deadline(self) -> float | None: ...
    def feed(self, frame: Sound, /) -> Sequence[Sent]: ...
    def tick(self, now: float) -> Sequence[Sent]: ...
    def close(self) -> Sequence[Sent]: ...


class Canceller(Protocol):
    """Takes the far end out of what was heard, both 20 ms."""

    def process(self, near: bytes, far: bytes) -> bytes: ...


class FarEnd(Protocol):
    """What the speaker sounded in the 20 ms before a moment."""

    def take(self, until: float) -> bytes: ...


Ends: TypeAlias = Callable[[bytes, float], float | None]
"""Told each frame and when it ended, says once when the user's voice has ended."""
Keep: TypeAlias = Callable[[bytes, float], None]
"""Is given each frame that is meant to be sent, and when it ended."""
ENDED_BY_ITSELF = frozenset({"limit", "starved"})
"""Ends of an activity that the user did not bring about."""


class AlwaysOpen:
    """The gate where the server notices speech: everything is sent."""

    deadline = None

    def feed(self, frame: Sound) -> Sequence[Sent]:
        return (frame.pcm,)

    def tick(self, now: float) -> Sequence[Sent]:
        return ()

    def close(self) -> Sequence[Sent]:
        return ()


class OneTurn:
    """The gate of a pipe whose whole sound is one turn."""

    deadline = None

    def __init__(self) -> None:
        self._at: float | None = None
        """When the turn's last sample was taken in, once it has begun."""

    def feed(self, frame: Sound) -> Sequence[Sent]:
        began, self._at = self._at is None, frame.at
        return (Began(frame.at), frame.pcm) if began else (frame.pcm,)

    def tick(self, now: float) -> Sequence[Sent]:
        return ()

    def close(self) -> Sequence[Sent]:
        at, self._at = self._at, None
        return () if at is None else (Over(at, "closed"),)


class ByVoice:
    """The gate that opens when a network hears speech (see `audio.speech`). Raises what `SpeechDetector` raises."""

    def __init__(self, *, noisy: bool = False) -> None:
        from livechat.audio.speech import SpeechDetector

        self._detector = SpeechDetector()
        self._gate = VoiceGate(start_above=0.8, end_below=0.6) if noisy else VoiceGate()
        self.probability = 0.0
        """That the newest frame is speech."""

    @property
    def deadline(self) -> float | None:
        return self._gate.deadline

    def feed(self, frame: Sound) -> Sequence[Sent]:
        self.probability = self._detector.feed(frame.pcm)
        return self._gate.feed(frame, self.probability)

    def tick(self, now: float) -> Sequence[Sent]:
        return self._gate.tick(now)

    def close(self) -> Sequence[Sent]:
        self._detector.reset()
        return self._gate.close()


@dataclass(frozen=True)
class Attention:
    """What an ear does with what it hears."""

    gate: Gate
    gain_db: int = 0
    voice_ends: Ends | None = None
    keep: Keep | None = None
    tell: Callable[[str], None] | None = None
    """Is told what the user must know of the gate."""


class Ear:
    """One microphone's way into one session. `listen` runs until the microphone ends."""

    def __init__(self, session: Session, microphone: Frames, attention: Attention, *, muted: bool = False) -> None:
        self.canceller: Canceller | None = None
        """May be exchanged at any moment, with `far_end`."""
        self.far_end: FarEnd | None = None
        self._session = session
        self._microphone = microphone
        self._attention = attention
        self._gate = attention.gate
        self._loop = asyncio.get_running_loop()
        self._alarm: asyncio.TimerHandle | None = None
        self._streams = False
        """Sound was sent, and not that it has ended."""
        microphone.muted = muted

    @property
    def muted(self) -> bool:
        return self._microphone.muted

    async def listen(self) -> None:
        try:
            while True:
                frame = await anext(self._microphone)
                await self._session.room()
                if not self.muted:  # it may have been meanwhile: nothing follows the end of the stream
                    self._streams = True
                    await self._session.hear(*self._heard(frame))
                    self._set_alarm()
        except StopAsyncIteration:
            self.pause()

    def mute(self, muted: bool) -> None:
        """Nothing that is said from now on, and nothing that was said and not sent, is sent."""
        self._microphone.muted = muted
        if muted:
            self.pause()

    def pause(self) -> None:
        """No more sound follows for now: the activity, or the stream, has ended."""
        self.send(self._gate.close())
        if self._streams:
            self._streams = False
            self._session.report(HearingEnded())

    def send(self, sent: Sequence[Sent]) -> None:
        """What a gate lets go beside the frames: after a key, at the end of its time."""
        for one in sent:
            self._session.report(self._as_input(one))
        self._set_alarm()

    def _set_alarm(self) -> None:
        """Where no frames come any more, time alone ends an activity."""
        if self._alarm is not None:
            self._alarm.cancel()
        at = self._gate.deadline
        self._alarm = None if at is None else self._loop.call_at(at, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        self.send(self._gate.tick(self._loop.time()))

    def _heard(self, frame: Frame) -> list[Input]:
        pcm = frame.pcm
        if self.canceller is not None and self.far_end is not None:
            pcm = self.canceller.process(pcm, self.far_end.take(frame.at))
        if self._attention.gain_db:
            pcm = amplified(pcm, self._attention.gain_db)
        if self._attention.keep is not None:
            self._attention.keep(pcm, frame.at)
        told = [self._as_input(one) for one in self._gate.feed(Frame(pcm, frame.level_db, frame.at))]
        if self._attention.voice_ends is not None and (ended := self._attention.voice_ends(pcm, frame.at)) is not None:
            told.append(VoiceEnded(max(0.0, self._loop.time() - ended)))
        return told

    def _as_input(self, sent: Sent) -> Input:
        match sent:
            case Began():
                return FloorClaimed()
            case Over():
                if sent.why in ENDED_BY_ITSELF and self._attention.tell is not None:
                    self._attention.tell(sent.why)
                return FloorYielded()
            case _:
                return Heard(sent)
