"""The user's side of a call: takes the microphone's frames, takes the echo out of them, and tells the mind of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final, Protocol, TypeAlias

from livechat.audio.activity import Began, Over, Sent, Sound, VoiceGate
from livechat.audio.lateness import USUAL_S, Lateness
from livechat.audio.microphone import Frame
from livechat.audio.pcm import FRAME_BYTES, SPEECH_RATE, amplified
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


class Ends(Protocol):
    """Told each frame, when it ended and how likely it is speech, says once when the user's voice has ended."""

    def feed(self, pcm: bytes, at: float, probability: float, /) -> float | None: ...
    def reset(self) -> None: ...


Keep: TypeAlias = Callable[[bytes, float], None]
"""Is given what is sent, and when it ended."""
ENDED_BY_ITSELF = frozenset({"limit", "starved"})
"""Ends of an activity that the user did not bring about."""
FRAME_S: Final = 0.02
QUIET_FRAMES: Final = 13
"""What makes sure that a voice has ended: 60 ms more than `SpeechEnd` asks for."""
SILENCE: Final = bytes(FRAME_BYTES)


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
        self.probability: float = 0.0
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
    meter: Callable[[bytes], None] | None = None
    """Is given every frame as it comes from the microphone."""


class Ear:
    """One microphone's way into one session. `listen` runs until the microphone ends."""

    def __init__(
        self,
        session: Session,
        microphone: Frames,
        attention: Attention,
        *,
        muted: bool = False,
        live: bool = False,
    ) -> None:
        """live: the microphone does not wait, so what it gave and what cannot be sent in time is better dropped."""
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
        self._lateness, self._echo_lateness = Lateness(USUAL_S), Lateness()
        self._heard_until = self._sent_until = -inf
        """When the last sample of all, and the last that was sent, was taken in."""
        self._live = live
        microphone.muted = muted

    @property
    def muted(self) -> bool:
        return self._microphone.muted

    async def listen(self) -> None:
        """Ends what is open, the activity or the stream, however it ends itself."""
        self._session.live = self._live
        try:
            while True:
                frame = await anext(self._microphone)
                await self._session.room()
                if not self.muted:  # it may have been meanwhile: nothing follows the end of the stream
                    self._streams = True
                    await self._session.hear(*self._heard(frame))
                    self._set_alarm()
        except StopAsyncIteration:
            pass
        finally:
            self.pause()
            self._session.live = False

    def mute(self, muted: bool) -> None:
        """Nothing that is said from now on, and nothing that was said and not sent, is sent."""
        self._microphone.muted = muted
        if muted:
            self.pause()

    def moved(self) -> None:
        """The microphone is another one now, and late in its own way."""
        self._lateness, self._echo_lateness = Lateness(USUAL_S), Lateness()

    def pause(self) -> None:
        """No more sound follows for now: the activity, or the stream, has ended."""
        self.send(self._gate.close())
        if self._streams:
            self._streams = False
            for one in (*self._voice_cut_off(), HearingEnded()):
                self._session.report(one)

    def send(self, sent: Sequence[Sent]) -> None:
        """What a gate lets go beside the frames: after a key, at the end of its time."""
        for one in self._told(sent):
            self._session.report(one)
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
        pcm, now = frame.pcm, self._loop.time()
        if self._attention.meter is not None:
            self._attention.meter(pcm)
        at = self._lateness.corrected(frame.at, now)
        if self.canceller is not None and self.far_end is not None:
            pcm = self.canceller.process(pcm, self.far_end.take(self._echo_lateness.corrected(frame.at, now)))
        if self._attention.gain_db:
            pcm = amplified(pcm, self._attention.gain_db)
        sent = self._gate.feed(Frame(pcm, frame.level_db, at))
        self._heard_until = at
        ended = self._voice_end(pcm, at)
        return [*self._told(sent, at), *self._voice(ended)]

    def _told(self, sent: Sequence[Sent], at: float | None = None) -> list[Input]:
        """What a gate lets go, as the mind takes it; `at` is when a frame ended that is not behind a `Began`."""
        told: list[Input] = []
        for one in sent:
            match one:
                case Began():
                    self._sent_until, at = one.at, None
                    told.append(FloorClaimed())
                case Over():
                    told += [*self._over(one), FloorYielded()]
                case _:
                    self._sent_until = self._sent_until + _lasts(one) if at is None else at
                    self._keep(one)
                    told.append(Heard(one))
        return told

    def _keep(self, pcm: bytes) -> None:
        if self._attention.keep is not None:
            self._attention.keep(pcm, self._sent_until)

    def _over(self, over: Over) -> list[Input]:
        if over.why in ENDED_BY_ITSELF and self._attention.tell is not None:
            self._attention.tell(over.why)
        return [] if over.why == "quiet" else self._voice_cut_off()

    def _voice_end(self, pcm: bytes, at: float) -> float | None:
        ends, gate = self._attention.voice_ends, self._gate
        return None if ends is None else ends.feed(pcm, at, gate.probability if isinstance(gate, ByVoice) else 1.0)

    def _voice(self, ended: float | None) -> list[Input]:
        """The end of a voice, if it is one that was sent."""
        if ended is None or ended > self._sent_until + FRAME_S:
            return []
        return [VoiceEnded(max(0.0, self._loop.time() - min(ended, self._sent_until)))]

    def _voice_cut_off(self) -> list[Input]:
        """Nothing that is said from now on is sent: to the model a voice has ended here at the latest."""
        told: list[Input] = []
        was_sent = self._sent_until + FRAME_S > self._heard_until
        for number in range(1, QUIET_FRAMES + 1) if was_sent else ():
            told += self._voice(self._voice_end(SILENCE, self._sent_until + number * FRAME_S))
        if self._attention.voice_ends is not None:
            self._attention.voice_ends.reset()
        return told


def _lasts(pcm: bytes) -> float:
    return len(pcm) / (2 * SPEECH_RATE)
