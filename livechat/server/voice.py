"""Text to speech: hibari reads the text and its network says what its one speaker would sound like; other speakers,
men among them, come out of `vocoder` at nearly the same cost.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from importlib import import_module
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from livechat.server import models
from livechat.server.timbres import AS_GIVEN, TIMBRES, Timbre

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from livechat.server.vocoder import Floats

RATE = 24_000
MAX_CHARACTERS = 2_000  # about two minutes of speech; no sentence is longer
MAX_PHONEMES = 400  # what the network is given at once, about half a minute
MAX_SPOKEN = 4_000  # phonemes of one text, four or five minutes; 2000 digits would be twenty
LOUDNESS = 0.08  # root mean square, of 1: -22 dBFS
PEAK = 0.9
FADE = RATE // 200
ONSET = 0.005  # of the peak: -46 dB
LEAD = RATE // 25  # 40 ms
SLOWEST, FASTEST = 0.5, 2.0

# hibari's reading takes the cube of a word's length: half a minute for 600 letters and digits.
_LONG_WORD = re.compile(r"(\S{30})(?=\S)")
# To hibari, [word](/sounds/) is a word with its pronunciation; in what a model writes it is a link.
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")


class Reader(Protocol):
    """What is used of hibari.Hibari: text to phonemes, phonemes to the network's numbers, and the network."""

    sess: models.OnnxSession

    def phonemize(self, text: str) -> list[str]: ...
    def ids(self, phonemes: str) -> list[int]: ...


class Voice:
    """Speaks English under thirty names. Thread-safe; equal arguments give equal bytes."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._reading = threading.Lock()

    def speak(self, text: str, voice_name: str, *, speed: float = 1.0) -> bytes:
        """`text` (its first 2000 characters) as 24 kHz s16le mono; b"" if there is nothing in it to say.

        Speed is 0.5 … 2. Takes about 10 ms for a second of speech. Raises KeyError for a voice not among the thirty.
        """
        import numpy as np

        timbre = TIMBRES[voice_name]
        sounds = [self._sound(phonemes, timbre, speed) for phonemes in self._phonemes(text)]
        if not sounds:
            return b""
        return (finished(np.concatenate(sounds)) * np.float32(32767)).astype("<i2").tobytes()

    def _phonemes(self, text: str) -> list[str]:
        with self._reading:
            read = self._reader.phonemize(readable(text))
        said = [part for phonemes in read if any(c.isalpha() for c in phonemes) for part in split(phonemes)]
        lengths = accumulate(map(len, said))
        return [part for part, length in zip(said, lengths, strict=True) if length <= MAX_SPOKEN]

    def _sound(self, phonemes: str, timbre: Timbre, speed: float) -> Floats:
        from livechat.server import vocoder

        given, pitch = self._given(phonemes, min(max(speed * timbre.pace, SLOWEST), FASTEST))
        return given if timbre == AS_GIVEN else vocoder.revoice(given, pitch, timbre)

    def _given(self, phonemes: str, speed: float) -> tuple[Floats, Floats]:
        """The sound of the network's own speaker, and its fundamental [frames] in Hz.

        The network's six outputs are [601, frames] logarithms and angles and [frames] Hz; they make a sound as in
        hibari's own dsp.synth, whose hiss, 80 dB down, is left out here.
        """
        import numpy as np

        from livechat.server.vocoder import polar, pulses, sound, spectrum

        inputs: dict[str, NDArray[Any]] = {
            "ids": np.array([self._reader.ids(phonemes)], np.int64),
            "speed": np.array([speed], np.float32),
        }
        outputs = self._reader.sess.run(None, inputs)
        strength, angle, _, free_strength, free_angle, pitch = (output[0].T for output in outputs)
        turns = polar(limited_exp(strength), np.float32(np.pi) * np.tanh(angle))
        harmonics = spectrum(pulses(pitch), len(pitch)) * turns
        return sound(harmonics + polar(limited_exp(free_strength), free_angle)), pitch


def readable(text: str) -> str:
    """`text` without what hibari's reader chokes on: too much of it, endless words, links, exotic digits."""
    plain = "".join(_plain(c) for c in text[:MAX_CHARACTERS])
    return _LONG_WORD.sub(r"\1 ", _LINK.sub(r"\1", plain))


def _plain(c: str) -> str:
    return str(unicodedata.digit(c)) if c.isdigit() and not c.isdecimal() else c


def split(phonemes: str) -> Iterator[str]:
    """`phonemes` in parts that the network takes, cut between words where there are any."""
    while len(phonemes) > MAX_PHONEMES:
        cut = phonemes.rfind(" ", 1, MAX_PHONEMES) if " " in phonemes[1:MAX_PHONEMES] else MAX_PHONEMES
        yield phonemes[:cut]
        phonemes = phonemes[cut:].lstrip()
    yield phonemes


def limited_exp(logarithm: Floats) -> Floats:
    import numpy as np

    return np.exp(np.minimum(logarithm, np.float32(7)))


def finished(sound: Floats) -> Floats:
    """`sound` at the usual loudness, never clipped, faded in and out over 5 ms, without most of the 300 ms of silence
    that the network begins with: whoever waits for an answer hears them as lateness.
    """
    import numpy as np

    peak = float(np.abs(sound).max()) or 1.0
    onset = int(np.argmax(np.abs(sound) > peak * ONSET))
    sound = sound[max(0, onset - LEAD) :]
    level = float(np.sqrt(np.mean(np.square(sound)))) or 1.0
    gain = np.full(len(sound), min(LOUDNESS / level, PEAK / peak), np.float32)
    ramp = np.linspace(0, 1, min(FADE, len(sound)), dtype=np.float32)
    gain[: len(ramp)] *= ramp
    gain[len(sound) - len(ramp) :] *= ramp[::-1]
    return sound * gain


def load_voice(folder: Path | None = None) -> Voice:
    """The voice with the shipped network, or with the `hibari.onnx` in `folder`. About half a second.

    Raises LivechatError as `models.find` and `models.load` do.
    """
    models.verify(models.find(models.HIBARI_SPELLING))
    return models.load(models.find(models.HIBARI, folder), _voice)


def _voice(folder: Path) -> Voice:
    hibari: Any = import_module("hibari")
    # Given a path of its own, hibari never looks for its voices nor asks the network for them.
    reader = hibari.Hibari(model=str(folder / models.HIBARI.main_file), threads=1)
    _ = reader.g2p.oov  # dictionary and speller load on first use: now, not in the first sentence
    voice = Voice(reader)
    voice.speak("Ready.", "Kore")  # the first run of a network is a slow one, and shows whether it is the right one
    return voice
