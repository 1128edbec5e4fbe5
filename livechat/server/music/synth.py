"""Turns bars into sound: 48 kHz stereo, without a seam between them, and never too loud."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livechat.server.music.drums import DRUMS
from livechat.server.music.instruments import FOREVER, RATE, TIMBRES, Timbre, drum
from livechat.server.music.score import BEATS, Bar, Note

if TYPE_CHECKING:
    from livechat.server.music.instruments import Sound

CHANNELS = 2
TABLE = 1 << 14
"""Samples of one period of a waveform."""
HIGHEST_HZ = 15_000.0
"""No harmonic lies above."""
LONGEST_S = 12.0
"""No note is held longer, whatever a bar says."""
ROOM_S = 1.3
"""How long the room rings."""
LEVEL = 0.2
KNEE = 0.6
"""From here on loudness is bent, and never comes to 1."""
SILENCE_S = 5.0
"""Releases and decays end after so many of their times."""


class Synth:
    """Plays one bar after the other; what still rings at the end of one is heard in the next."""

    def __init__(self) -> None:
        self._tables: dict[tuple[tuple[float, ...], int], Sound] = {}
        self._drums: dict[str, Sound] = {}
        self._ringing: Sound = np.zeros((CHANNELS, 0), np.float32)
        self._reverberating: Sound = np.zeros((CHANNELS, 0), np.float32)
        self._room = _room()
        self._rooms: tuple[int, NDArray[np.complex64]] = (0, np.zeros((CHANNELS, 0), np.complex64))
        self._owed = 0.0
        """The part of a sample by which the bars so far were too short."""

    def render(self, bar: Bar) -> bytes:
        """The bar as s16le, left and right in turn, at 48 kHz."""
        beat = 60 / bar.bpm * RATE
        exact = BEATS * beat + self._owed
        frames = round(exact)
        self._owed = exact - frames
        dry, wet = self._mixed(bar, frames, beat)
        self._ringing = dry[:, frames:]
        echo = self._echo(wet)
        self._reverberating = echo[:, frames:]
        return _pcm(dry[:, :frames] + echo[:, :frames])

    def _mixed(self, bar: Bar, frames: int, beat: float) -> tuple[Sound, Sound]:
        """Everything that begins in the bar or still rings: left and right to its very end, and what the room hears."""
        sounds = [self._sound(note, beat, bar.brightness) for note in bar.notes]
        starts = [round(note.start * beat) for note in bar.notes]
        ends = (start + made.shape[1] for start, made in zip(starts, sounds, strict=True))
        total = max(frames, self._ringing.shape[1], *ends, 0)
        dry = np.zeros((CHANNELS, total), np.float32)
        dry[:, : self._ringing.shape[1]] = self._ringing
        wet = np.zeros(total, np.float32)
        for note, start, made in zip(bar.notes, starts, sounds, strict=True):
            end = start + made.shape[1]
            dry[:, start:end] += made
            send = 0.1 if note.voice in DRUMS else TIMBRES[note.voice].reverb
            if send and note.voice != "kick":
                wet[start:end] += send * (made[0] + made[1])
        return dry, wet[:frames]

    def _sound(self, note: Note, beat: float, brightness: float) -> Sound:
        if note.voice in DRUMS:
            return self._placed(np.broadcast_to(self._drum(note.voice), (1, len(self._drum(note.voice)))), note)
        timbre = TIMBRES[note.voice]
        held = round(min(note.length * beat, LONGEST_S * RATE))
        body, edge = _envelopes(timbre, held, brightness)
        hertz = 440 * 2 ** ((note.pitch - 69) / 12)
        cents = (-timbre.spread, timbre.spread) if timbre.spread else (0.0,)
        made = np.stack([self._tone(timbre, hertz * 2 ** (cent / 1200), body, edge) for cent in cents])
        return self._placed(made * np.float32(timbre.gain), note)

    def _tone(self, timbre: Timbre, hertz: float, body: Sound, edge: Sound) -> Sound:
        """One oscillator: a phase of 32 bits that runs around, and the two waveforms at it."""
        step = round(hertz / RATE * 2**32)
        phase = (np.arange(len(body), dtype=np.uint32) * np.uint32(step)) >> np.uint32(32 - 14)
        made: Sound = self._table(timbre.body, hertz)[phase] * body
        made[: len(edge)] += self._table(timbre.edge, hertz)[phase[: len(edge)]] * edge
        return made

    def _table(self, harmonics: tuple[float, ...], hertz: float) -> Sound:
        """One period with as many of the harmonics as can be heard."""
        fit = max(1, min(len(harmonics), int(HIGHEST_HZ / hertz)))
        if (harmonics, fit) not in self._tables:
            spectrum = np.zeros(TABLE // 2 + 1, np.complex128)
            spectrum[1 : fit + 1] = -0.5j * TABLE * np.array(harmonics[:fit])
            loudness = np.sqrt(np.sum(np.square(harmonics)))
            self._tables[harmonics, fit] = _single(np.fft.irfft(spectrum) / loudness)
        return self._tables[harmonics, fit]

    def _drum(self, name: str) -> Sound:
        if name not in self._drums:
            self._drums[name] = drum(name)
        return self._drums[name]

    def _placed(self, made: Sound, note: Note) -> Sound:
        """Between left and right, of equal power wherever it stands."""
        angle = (note.pan + 1) * np.pi / 4
        gains = np.array([[np.cos(angle)], [np.sin(angle)]], np.float32) * np.float32(note.velocity * LEVEL)
        return _single(made * gains)

    def _echo(self, wet: Sound) -> Sound:
        """What the room gives back, left and right to its very end, on top of what it still does of the past."""
        total = max(len(wet) + self._room.shape[1], self._reverberating.shape[1])
        size = _fast_length(len(wet) + self._room.shape[1])
        if self._rooms[0] != size:
            self._rooms = (size, np.asarray(np.fft.rfft(self._room, size), np.complex64))
        echo = np.zeros((CHANNELS, total), np.float32)
        echo[:, : self._reverberating.shape[1]] = self._reverberating
        heard = np.fft.irfft(np.fft.rfft(wet, size) * self._rooms[1], size)
        echo[:, : min(size, total)] += heard[:, :total]
        return echo


def _envelopes(timbre: Timbre, held: int, brightness: float) -> tuple[Sound, Sound]:
    """How loud body and edge are at every sample; the edge is shorter where it is soon gone."""
    release = round(timbre.release_s * RATE)
    length = held + release
    if timbre.decay_s < FOREVER and not timbre.sustain:
        length = min(length, round(SILENCE_S * timbre.decay_s * RATE) + release)
    t = np.arange(length, dtype=np.float32) / np.float32(RATE)
    shape = np.minimum(t / np.float32(timbre.attack_s), np.float32(1))
    shape *= shape * (3 - 2 * shape)
    shape[-release:] *= np.square(np.cos(np.linspace(0, np.pi / 2, release, dtype=np.float32)))
    body = shape * (timbre.sustain + (1 - timbre.sustain) * np.exp(-t / np.float32(timbre.decay_s)))
    amount = np.float32(0.15 + 1.6 * brightness)
    gone = length if timbre.edge_sustain else min(length, round(2 * SILENCE_S * timbre.edge_s * RATE))
    fading = timbre.edge_sustain + (1 - timbre.edge_sustain) * np.exp(-t[:gone] / np.float32(timbre.edge_s))
    return _single(body), _single(shape[:gone] * fading * amount)


def _single(values: NDArray[np.floating]) -> Sound:
    """In single precision; nothing is done if they are."""
    return np.asarray(values, np.float32)


def _room() -> Sound:
    """What a room answers to a click: noise that dies away, duller the later, unlike on the left and on the right."""
    chance = np.random.default_rng(1)
    frames = round(ROOM_S * RATE)
    t = np.arange(frames) / RATE
    bright = chance.standard_normal((CHANNELS, frames + 15))
    dull = np.stack([np.convolve(row, np.hanning(18)[1:-1] / 8, "valid") for row in bright])
    shape = np.exp(-t / 0.28) * np.minimum(t / 0.012, 1) * np.minimum((ROOM_S - t) / 0.1, 1)
    answer = dull * shape
    low = np.cumsum(answer, axis=1)  # what is below some 150 Hz makes a room boom
    smooth = (low[:, 320:] - low[:, :-320]) / 320
    answer[:, 160:-160] -= smooth
    heard = np.abs(np.fft.rfft(answer, 1 << 16))[:, 400:2_800]  # 300 to 2,000 Hz
    return _single(answer / np.sqrt(np.mean(np.square(heard), axis=1, keepdims=True)))


def _fast_length(length: int) -> int:
    """The next length that Fourier transforms are quick at: a power of two, or three quarters of one."""
    power = 1 << (length - 1).bit_length()
    return power * 3 // 4 if power * 3 // 4 >= length else power


def _pcm(stereo: Sound) -> bytes:
    """Bent where it is too loud, as s16le, left and right in turn."""
    loud = np.abs(stereo)
    over = np.maximum(loud - np.float32(KNEE), 0)
    bent = np.minimum(loud, np.float32(KNEE)) + np.float32(1 - KNEE) * np.tanh(over / np.float32(1 - KNEE))
    return np.round(np.copysign(bent, stereo).T * np.float32(32_600)).astype("<i2").tobytes()
