"""Hears where speech begins, pauses and ends in a stream of samples.

The detector says how likely each frame of 32 ms holds speech; what follows from that is decided here by counting
samples, so the same samples give the same events however they were chunked.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from livechat.server import models

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

Sensitivity = Literal["HIGH", "LOW"]

RATE = 16_000
BYTES_PER_MS = RATE * 2 // 1000
FRAME_MS = 32
FRAME_BYTES = FRAME_MS * BYTES_PER_MS

PRE_ROLL_MS = 320  # kept from before the onset, so that a soft first consonant is not lost
MAX_PREFIX_PADDING_MS = 5_000
LONG_UTTERANCE_MS = 45_000  # from here on any pause ends the utterance
MAX_UTTERANCE_MS = 60_000  # here it ends in the middle of a word; the next one begins with the next sample

# Silero goes on calling it speech for two frames after the sound has gone (median 68 ms over a dozen sentences, at
# least 64 ms). Silence is counted from where the sound went.
DETECTOR_LAG_MS = 64

# HIGH finds beginnings, or ends, more readily. Between the two thresholds a frame stays what the last one was.
STARTS_ABOVE = {"HIGH": 0.5, "LOW": 0.75}
ENDS_BELOW = {"HIGH": 0.35, "LOW": 0.15}


@dataclass(frozen=True)
class EarSettings:
    """What the client's automaticActivityDetection asks for; the defaults are ours.

    `prefix_padding_ms`: speech needed before a start is committed (at most 5 s are honoured).
    `silence_duration_ms`: silence needed before an end is committed.
    """

    start_sensitivity: Sensitivity = "HIGH"
    end_sensitivity: Sensitivity = "HIGH"
    prefix_padding_ms: int = 20
    silence_duration_ms: int = 500


@dataclass(frozen=True)
class SpeechStarted:
    """Speech began `at_ms` into the stream."""

    at_ms: int


@dataclass(frozen=True)
class SpeechPaused:
    """Speech has been silent for the hint's time, `at_ms` into the stream: time to transcribe on a guess."""

    at_ms: int


@dataclass(frozen=True)
class SpeechResumed:
    """The pause was not the end: speech went on `at_ms` into the stream."""

    at_ms: int


@dataclass(frozen=True)
class SpeechEnded:
    """Speech ended `speech_end_ms` into the stream, which became certain `at_ms`."""

    at_ms: int
    speech_end_ms: int


EarEvent = SpeechStarted | SpeechPaused | SpeechResumed | SpeechEnded


class SpeechDetector(Protocol):
    """Says how likely a frame holds speech: 512 samples of 16 kHz s16le mono in, 0 … 1 out. Remembers the past."""

    def __call__(self, frame: bytes) -> float: ...

    def reset(self) -> None:
        """Forgets the past: what follows has nothing to do with what was."""
        ...


class Ears:
    """Finds the utterances in one stream of 16 kHz s16le mono. Keeps under 2.5 MB however long the stream runs."""

    def __init__(self, settings: EarSettings, hint_after_ms: int = 100, detector: SpeechDetector | None = None) -> None:
        self._detector = detector or load_silero().detector()
        self._start_above = STARTS_ABOVE[settings.start_sensitivity]
        self._end_below = ENDS_BELOW[settings.end_sensitivity]
        self._prefix_ms = min(settings.prefix_padding_ms, MAX_PREFIX_PADDING_MS)
        self._silence_ms = settings.silence_duration_ms
        self._hint_ms = hint_after_ms
        self._partial = bytearray()  # less than a frame
        self._recent = bytearray()  # while nobody speaks: the pre-roll, and a run of speech not yet committed
        self._utterance = bytearray()
        self._now_ms = 0  # end of the last frame heard
        self._voiced = False  # whether that frame was speech
        self._voiced_until_ms = 0  # end of the last frame that was
        self._run_ms = 0  # length of the run of speech not yet committed
        self._started_ms = 0
        self._speaking = False
        self._paused = False

    def feed(self, pcm: bytes) -> list[EarEvent]:
        """What the next samples tell; any number of bytes, even half a sample."""
        self._partial += pcm
        events: list[EarEvent] = []
        whole = len(self._partial) // FRAME_BYTES * FRAME_BYTES
        for start in range(0, whole, FRAME_BYTES):
            events += self._hear(bytes(self._partial[start : start + FRAME_BYTES]))
        del self._partial[:whole]
        return events

    def flush(self) -> list[EarEvent]:
        """The stream has ended, and so has speech that was going on. More samples are a new stream; time runs on."""
        tail = self._partial[: len(self._partial) // 2 * 2]
        self._now_ms += len(tail) // BYTES_PER_MS
        self._utterance += tail if self._speaking else b""
        events: list[EarEvent] = [self._end()] if self._speaking else []
        self._partial.clear()
        self._recent.clear()
        self._run_ms = 0
        self._voiced = False
        self._detector.reset()
        return events

    def utterance(self) -> bytes:
        """The samples of the present utterance, or of the last one, from up to 320 ms before its start."""
        return bytes(self._utterance)

    def _hear(self, frame: bytes) -> list[EarEvent]:
        threshold = self._end_below if self._voiced else self._start_above
        self._voiced = self._detector(frame) >= threshold
        self._now_ms += FRAME_MS
        if self._voiced:
            self._voiced_until_ms = self._now_ms
        return self._while_speaking(frame) if self._speaking else self._while_waiting(frame)

    def _while_waiting(self, frame: bytes) -> list[EarEvent]:
        self._recent += frame
        if not self._voiced:
            self._run_ms = 0
            del self._recent[: -PRE_ROLL_MS * BYTES_PER_MS]
            return []
        self._run_ms += FRAME_MS
        return [self._start()] if self._run_ms >= self._prefix_ms else []

    def _while_speaking(self, frame: bytes) -> list[EarEvent]:
        self._utterance += frame
        if self._over():
            return [self._end()]
        if self._voiced:
            resumed, self._paused = self._paused, False
            return [SpeechResumed(self._now_ms - FRAME_MS)] if resumed else []
        if self._paused or self._silent_ms() < self._hint_ms:
            return []
        self._paused = True
        return [SpeechPaused(self._now_ms)]

    def _over(self) -> bool:
        length_ms = len(self._utterance) // BYTES_PER_MS
        if length_ms >= MAX_UTTERANCE_MS:
            return True
        patience_ms = self._silence_ms if length_ms < LONG_UTTERANCE_MS else min(self._silence_ms, self._hint_ms)
        return not self._voiced and self._silent_ms() >= patience_ms

    def _speech_end_ms(self) -> int:
        if self._voiced:
            return self._now_ms
        return max(self._started_ms, self._voiced_until_ms - DETECTOR_LAG_MS)

    def _silent_ms(self) -> int:
        return self._now_ms - self._speech_end_ms()

    def _start(self) -> SpeechStarted:
        self._utterance, self._recent = self._recent, bytearray()
        self._started_ms = self._now_ms - self._run_ms
        self._run_ms = 0
        self._speaking = True
        self._paused = False
        return SpeechStarted(self._started_ms)

    def _end(self) -> SpeechEnded:
        # The silence that ended this utterance is the pre-roll of the next; no voiced sample is told twice.
        silence_ms = min(self._now_ms - self._voiced_until_ms, PRE_ROLL_MS)
        self._recent += self._utterance[len(self._utterance) - silence_ms * BYTES_PER_MS :]
        self._speaking = False
        return SpeechEnded(self._now_ms, self._speech_end_ms())


class Silero:
    """The Silero network (MIT, snakers4/silero-vad v6): one for all streams, one thread, 0.12 ms a frame."""

    def __init__(self, folder: Path) -> None:
        """Raises whatever onnxruntime raises for a file that it cannot read."""
        self._session = models.onnx_session(folder / models.SILERO.main_file)
        self.detector()(bytes(FRAME_BYTES))  # fails now, and not in a conversation, if this is another network

    def detector(self) -> SpeechDetector:
        """A detector for one stream."""
        return _SileroDetector(self._session)


class _SileroDetector:
    """The network with the memory of one stream: its recurrent state and the last 64 samples."""

    def __init__(self, session: models.OnnxSession) -> None:
        import numpy as np

        self._session = session
        self._rate = np.array(RATE, np.int64)
        self.reset()

    def reset(self) -> None:
        import numpy as np

        self._state: Floats = np.zeros((2, 1, 128), np.float32)
        self._context: Floats = np.zeros(64, np.float32)

    def __call__(self, frame: bytes) -> float:
        import numpy as np

        samples = np.frombuffer(frame, "<i2").astype(np.float32) / np.float32(32768)
        window = np.concatenate((self._context, samples))[None]
        inputs = {"input": window, "state": self._state, "sr": self._rate}
        probability, self._state = self._session.run(None, inputs)
        self._context = samples[-64:]
        return float(probability[0, 0])


def load_silero(folder: Path | None = None) -> Silero:
    """The shipped detector, or the one in `folder`.

    Raises LivechatError as `models.find` and `models.load` do.
    """
    return models.load(models.find(models.SILERO, folder), Silero)
