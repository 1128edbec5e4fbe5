"""Speech without a model: hears by loudness, understands no words, and speaks in soft tones.

It stands in for real speech where only the times and the shape of a conversation matter: in tests of other projects,
and under load. It needs no extra package, costs next to nothing, and equal arguments give equal sound. What a user
says is read as `(speech)`, which is a remark and no words, because nothing was understood; a scenario can tell what
was said instead.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from livechat.server.ears import FRAME_BYTES, Ears, EarSettings
from livechat.server.timbres import AS_GIVEN, TIMBRES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RATE = 24_000
CHARACTERS_PER_S = 15
"""How fast people speak, roughly."""
LOUDEST = 3_000
"""The peak of a tone: 21 dB below the loudest there is."""
FADE = 240
"""Samples over which a syllable comes and goes, 10 ms: no clicks."""

SILENT_ROOM_DB = -60.0
"""Level below which all rooms are equally silent, in dB relative to full scale."""
RISE_DB = 0.032
"""How much louder the room is taken to be with each louder frame: 1 dB/s."""
DOUBTFUL_DB = 6.0
CERTAIN_DB = 18.0
"""A frame so little above the room is surely no speech, and one so far above it surely is."""
HANGOVER = 2
"""Frames for which speech is said to go on after the sound has gone, as Ears expects of every detector."""

NOT_UNDERSTOOD = "(speech)"
_PIECES = re.compile(r"\W+|\w*?[aeiouy]+(?:[^\Waeiouy]+\b)?|\w+", re.IGNORECASE)
"""What is between words, syllables, and words without a vowel."""


class Loudness:
    """A detector (see `ears.SpeechDetector`) that takes for speech what is louder than the room.

    A room is as loud as its quietest frame; a noise that goes on is slowly taken for the room.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._room_db = SILENT_ROOM_DB
        self._recent = deque[float](maxlen=1 + HANGOVER)

    def __call__(self, frame: bytes) -> float:
        level = level_db(frame)
        self._room_db = max(SILENT_ROOM_DB, min(level, self._room_db + RISE_DB))
        self._recent.append((level - self._room_db - DOUBTFUL_DB) / (CERTAIN_DB - DOUBTFUL_DB))
        return min(1.0, max(0.0, *self._recent))


class Tones:
    """Ears, transcriber and voice in one (see `studio.Speech`), for any number of threads."""

    notes: Sequence[str] = ()

    @property
    def transcriber(self) -> Tones:
        return self

    @property
    def voice(self) -> Tones:
        return self

    def ears(self, settings: EarSettings, hint_after_ms: int = 100) -> Ears:
        """Ears for one stream."""
        return Ears(settings, hint_after_ms, Loudness())

    def transcribe(self, pcm: bytes) -> str:
        """`(speech)` if anything in 16 kHz s16le mono is loud enough for a voice, else nothing."""
        detector, whole = Loudness(), pcm[: len(pcm) // 2 * 2]
        frames = (whole[start : start + FRAME_BYTES] for start in range(0, len(whole), FRAME_BYTES))
        return NOT_UNDERSTOOD if any(detector(frame) >= 0.5 for frame in frames) else ""

    def speak(self, text: str, voice_name: str, *, speed: float = 1.0) -> bytes:
        """A tone for each syllable, 24 kHz s16le mono. The name decides the pitch; none is unknown."""
        character = RATE / CHARACTERS_PER_S / speed
        pitch = TIMBRES.get(voice_name, AS_GIVEN).pitch_hz
        sounds = [
            _tone(round(len(piece) * character), pitch if piece[0].isalnum() else 0.0)
            for piece in _PIECES.findall(text)
        ]
        return b"".join((LOUDEST * sound).astype("<i2").tobytes() for sound in sounds)


def load_tones(folder: Path | None = None) -> Tones:
    """Speech that is there at once; a folder of models changes nothing."""
    return Tones()


def level_db(pcm: bytes) -> float:
    """How loud s16le samples are together, in dB relative to full scale; silence is -90."""
    import numpy as np

    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    power = float(np.dot(samples, samples)) / max(1, len(samples))
    return 10 * math.log10(max(1.0, power) / 32768**2)


def _tone(length: int, pitch: float) -> Floats:
    """`length` samples from -1 to 1; a pitch of 0 is silence."""
    import numpy as np

    time = np.arange(length)
    envelope = np.minimum(1.0, np.minimum(time, time[::-1]) / FADE)
    tone: Floats = envelope * np.sin(2 * np.pi * pitch / RATE * time)
    return tone
