"""Text to speech: hibari's network and text reading, our own voice box.

For every 12.5 ms the network gives the fundamental and how strong each frequency is; hibari turns that into its one
speaker. Here the fundamental and the resonances are moved first, each on its own, which makes other speakers, men
among them, out of the same network at the same cost.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from livechat.server import models
from livechat.server.timbres import TIMBRES, Timbre

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

RATE = 24_000
MAX_CHARACTERS = 5_000
VOICED_ABOVE_HZ = 40
LOUDNESS = 0.09
PEAK = 0.9
FADE = RATE // 200


@dataclass(frozen=True)
class Spectra:
    """What the network says of a text: [601, frames] of logarithms and phases, and the fundamental [frames] in Hz."""

    harmonic: Floats
    harmonic_phase: Floats
    noise: Floats
    free: Floats
    free_phase: Floats
    pitch: Floats


class Hibari(Protocol):
    """What is used of hibari.Hibari."""

    sess: models.OnnxSession
    g2p: object

    def phonemize(self, text: str) -> list[str]: ...
    def ids(self, phonemes: str) -> list[int]: ...


class Voice:
    """Speaks English in thirty names. Thread-safe; equal arguments give equal bytes."""

    def __init__(self, hibari: Hibari) -> None:
        self._hibari = hibari
        self._reading = threading.Lock()

    def speak(self, text: str, voice_name: str, *, speed: float = 1.0) -> bytes:
        """`text` as 24 kHz s16le mono, b"" if there is nothing in it to say.

        Raises KeyError for a voice that is not one of the thirty.
        """
        import numpy as np

        timbre = TIMBRES[voice_name]
        with self._reading:
            sentences = self._hibari.phonemize(text[:MAX_CHARACTERS])
        sound = [self._render(phonemes, timbre, speed) for phonemes in sentences]
        if not sound:
            return b""
        return (finish(np.concatenate(sound)) * 32767).astype("<i2").tobytes()

    def _render(self, phonemes: str, timbre: Timbre, speed: float) -> Floats:
        import numpy as np

        dsp: Any = import_module("hibari.dsp")
        ids = self._hibari.ids(phonemes)
        if len(ids) < 3:
            return np.zeros(0, np.float32)
        inputs: dict[str, NDArray[Any]] = {"ids": np.array([ids], np.int64), "speed": np.array([speed], np.float32)}
        spectra = reshape(Spectra(*(out[0] for out in self._hibari.sess.run(None, inputs))), timbre)
        sound: Floats = dsp.synth(
            spectra.harmonic,
            spectra.harmonic_phase,
            spectra.noise,
            spectra.free,
            spectra.free_phase,
            spectra.pitch,
            np.random.default_rng(0),
        )
        return sound


def reshape(spectra: Spectra, timbre: Timbre) -> Spectra:
    """The same words from another speaker."""
    import numpy as np

    voiced = spectra.pitch > VOICED_ABOVE_HZ
    pitch = spectra.pitch.copy()
    if voiced.any():
        middle = np.median(pitch[voiced])
        pitch[voiced] = timbre.pitch_hz * (pitch[voiced] / middle) ** timbre.liveliness
    free, noise = spectra.free.copy(), spectra.noise.copy()
    noise[:, voiced] = 0.5 * np.logaddexp(2 * noise[:, voiced], 2 * free[:, voiced])
    free[:, voiced] = -20
    return Spectra(
        stretch(spectra.harmonic, timbre.formants),
        stretch(spectra.harmonic_phase, timbre.formants),
        stretch(noise, timbre.formants),
        stretch(free, timbre.formants),
        stretch(spectra.free_phase, timbre.formants),
        pitch,
    )


def stretch(bands: Floats, factor: float) -> Floats:
    """`bands` [bins, frames] with every resonance moved to `factor` times its frequency."""
    import numpy as np

    source = np.minimum(np.arange(len(bands)) / factor, len(bands) - 1.001)
    below = source.astype(int)
    part = (source - below).astype(np.float32)[:, None]
    return bands[below] + (bands[below + 1] - bands[below]) * part


def finish(sound: Floats) -> Floats:
    """`sound` at the usual loudness, never clipped, faded in and out over 5 ms."""
    import numpy as np

    level = float(np.sqrt(np.mean(np.square(sound)))) or 1.0
    gain = min(LOUDNESS / level, PEAK / (float(np.abs(sound).max()) or 1.0))
    sound = sound * np.float32(gain)
    ramp = np.linspace(0, 1, min(FADE, len(sound)), dtype=np.float32)
    sound[: len(ramp)] *= ramp
    sound[len(sound) - len(ramp) :] *= ramp[::-1]
    return sound


def load_voice(folder: Path | None = None) -> Voice:
    """The voice with the shipped network, or with the `hibari.onnx` in `folder`. About half a second.

    Raises LivechatError as `models.find` and `models.load` do.
    """
    models.verify(models.find(models.HIBARI_SPELLING))
    return Voice(models.load(models.find(models.HIBARI, folder), _hibari))


def _hibari(folder: Path) -> Hibari:
    hibari: Any = import_module("hibari")
    # A path of our own: hibari never looks for its voices, nor asks the network for them.
    speaker: Hibari = hibari.Hibari(model=str(folder / models.HIBARI.main_file), threads=1)
    _ = speaker.g2p  # reads its dictionary now, not in the first sentence
    return speaker
