"""Estimates when the user's voice last ended, to within a few hundredths of a second, for the figures alone. Pure.

A latency is counted from the end of speech, and no message of a server tells that end: detectors hear it late and by
windows. Here levels of 5 ms are judged twice: at once, to learn that somebody speaks and that it has become quiet;
and again when it has been quiet for long enough, because the quiet itself then says how loud the noise is. Below the
noise a voice is taken to fade as voices do. The figures were chosen on half of the sentences that `tests/bench` has.
"""

from __future__ import annotations

import math
import struct
from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final, TypeAlias

HOP: Final = 80
"""Samples that have one level: 5 ms at 16 kHz."""
HOP_S: Final = HOP / 16_000
PAUSED_S: Final = 0.5
"""After so long without sound all that was known is forgotten."""

_LAG: Final = 6
"""Samples: differences over so many hold voices from 200 Hz on, and little of what hums and rumbles."""
_FULL_SCALE: Final = 32768.0**2
_SILENCE: Final = _FULL_SCALE * 10**-8
"""-80 dBFS: no noise is taken to be below it."""
_LEAST: Final = _FULL_SCALE * 10**-6
"""-60 dBFS: nobody who wants to be heard is."""
_OVER: Final = 10**0.9
"""9 dB above the noise somebody may be speaking."""
_USUAL: Final = 10**2.0
"""More than 20 dB below the voice that was last heard it is a breath, or what is left of an echo …"""
_FORGET: Final = 10 ** (-0.3 * HOP_S)
"""… which holds for a while: that voice counts 3 dB less each second."""
_BODILY: Final = 2.0
"""Vowels have more body than hiss, breath and keys have not: without them nothing is speech."""
_STRONG: Final = 10**2.4
"""What is less than 24 dB below the loudest of a voice can go on after a gap."""
_END: Final = 10**4.6
"""46 dB below its loudest 5 ms a voice has ended; that is about 50 dB below its highest peak."""
_FADE_DB: Final = 3.0
"""By so much a voice fades in 5 ms, where noise covers it."""

_VOICED: Final = 12
"""Hops (60 ms) that make speech."""
_GAP: Final = 8
"""Hops (40 ms) of nothing between them that make them none."""
_JOINED: Final = 10
"""A sound within so many hops (50 ms) still belongs to the one before."""
_FAINT: Final = 30
"""… unless nothing strong has been heard for so many (150 ms): then it is a breath."""
_BURST: Final = 24
"""A strong one within so many (120 ms), however short: the p in `stop` comes 80 ms after the o."""
_RUN: Final = 4
"""Later it must be as many hops long (20 ms), for a click is shorter."""
_FADING: Final = 16
"""Hops (80 ms) after the last sound that may still hold some of it; the quiet comes after them."""
_KEPT: Final = 80
"""Hops (400 ms) from before the quiet that the end is looked for in."""

Level: TypeAlias = tuple[float, float]
"""Mean squares of 5 ms in two bands: body and hiss of a voice."""


def levels(pcm: bytes) -> list[Level]:
    """The levels of each whole 5 ms of 16 kHz s16le mono, noise of equal power in all bands being as loud in both."""
    samples = struct.unpack(f"<{len(pcm) // 2}h", pcm)
    return [_level(samples[at : at + HOP]) for at in range(0, len(samples) - HOP + 1, HOP)]


def _level(hop: Sequence[int]) -> Level:
    body = math.dist(hop[_LAG:], hop[:-_LAG]) ** 2 / (HOP - _LAG)
    hiss = math.dist(hop[1:], hop[:-1]) ** 2 / (HOP - 1)
    return max(body / 2, _SILENCE), max(hiss / 2, _SILENCE)


class _Floor:
    """The noise of one band: the quietest 20 ms of the last 3 s, and 2 dB, since the quietest is below the mean."""

    def __init__(self) -> None:
        self._least = deque([math.inf], maxlen=15)
        """Of 200 ms each."""
        self._sum, self._hops = 0.0, 0
        self.power = math.inf

    def feed(self, power: float) -> None:
        self._sum += power
        self._hops += 1
        if self._hops % 4:
            return
        self._least[-1] = min(self._least[-1], self._sum / 4)
        self.power = 1.5 * min(self._least)
        self._sum = 0.0
        if self._hops % 40 == 0:
            self._least.append(math.inf)


class SpeechEnd:
    """Hears one microphone and tells when a voice in it ended, once `quiet_ms` (120 at least) have passed since."""

    def __init__(self, *, quiet_ms: int = 200) -> None:
        self._quiet = quiet_ms // 5
        self.reset()

    @property
    def speaking(self) -> bool:
        """Somebody is speaking now, as far as is known."""
        return self._speaking

    def reset(self) -> None:
        """Forgets what was heard: other sound follows, or none for a while."""
        self._at = math.inf
        self._past: deque[Level] = deque(maxlen=self._quiet + _KEPT)
        self._floors = _Floor(), _Floor()
        self._usual = 0.0
        """The loudest of the voice heard last, fading."""
        self._be_silent()

    def feed(self, pcm: bytes, at: float, probability: float = 1.0) -> float | None:
        """When the voice ended that has been quiet for long enough now, once for each end; else None.

        `pcm` is 16 kHz s16le mono, whole hops of 5 ms; `at` when its last sample was taken in (seconds of any clock,
        which is the answer's too). Nothing is speech while its `probability`, where it is known, is below 0.5.
        """
        if at - self._at > PAUSED_S:
            self.reset()
        self._at = at
        heard, end = levels(pcm), None
        for left, level in zip(reversed(range(len(heard))), heard, strict=True):
            self._past.append(level)
            if self._hear(level, likely=probability >= 0.5):
                ago = voice_end(list(self._past), self._since - _FADING, self._peak)
                end = None if ago is None else at - (left + ago) * HOP_S
                self._be_silent()
        return end

    def _be_silent(self) -> None:
        self._speaking = False
        self._since = self._faint = self._run = self._voiced = 0
        """Hops: since the last that counts; above the noise in a row; above the noise before it is speech."""
        self._peak = 0.0

    def _hear(self, level: Level, *, likely: bool) -> bool:
        """Whether this hop makes it certain that the voice has ended."""
        over = self._is_over(level)
        self._run = self._run + 1 if over else 0
        self._usual *= _FORGET
        if self._speaking:
            return self._goes_on(level[0], over)
        self._begins(level, over, likely)
        return False

    def _is_over(self, level: Level) -> bool:
        """Whether a hop stands out from the noise, which learns from it."""
        (body, hiss), (body_floor, hiss_floor) = level, self._floors
        over = body > _LEAST and (body > _OVER * body_floor.power or hiss > _OVER * hiss_floor.power)
        body_floor.feed(body)
        hiss_floor.feed(hiss)
        return over

    def _begins(self, level: Level, over: bool, likely: bool) -> None:
        over = over and level[0] * _USUAL > self._usual
        self._since = 0 if over else self._since + 1
        if self._since > _GAP:
            self._be_silent()
        elif over:
            self._voiced += level[0] > _BODILY * level[1]
            self._peak = max(self._peak, level[0])
        self._speaking = likely and self._voiced >= _VOICED

    def _goes_on(self, power: float, over: bool) -> bool:
        strong = power * _STRONG > self._peak and (self._since <= _BURST or self._run >= _RUN)
        self._faint = 0 if over and strong else self._faint + 1
        joined = self._since <= _JOINED and self._faint <= _FAINT
        self._since = 0 if over and (strong or joined) else self._since + 1
        if self._run >= _RUN:
            self._peak = max(self._peak, power)
        self._usual = max(self._usual, self._peak)
        return self._since >= self._quiet


def voice_end(past: Sequence[Level], quiet: int, peak: float) -> float | None:
    """How many hops before the end of `past` a voice ended, its loudest hop being `peak` and the last `quiet` noise.

    None where the noise is nearly as loud: it is what was taken for a voice, and has been learned since.
    """
    bands = [_Band(band, quiet) for band in zip(*past, strict=True)]
    if peak < _OVER * bands[0].noise:
        return None
    voice = [max(pair) for pair in zip(*(band.voice for band in bands), strict=True)]
    heard = [at for at, power in enumerate(voice[:-quiet]) if power]
    if not heard:
        return len(past)
    least = peak / _END
    last = next((at for at in reversed(heard) if voice[at] >= least), heard[0])
    unheard = _unheard(voice[last], least, max(band.sure - band.noise for band in bands)) if last == heard[-1] else 0.0
    return len(past) - 1 - last - unheard


def _unheard(power: float, least: float, noise: float) -> float:
    """For how many hops more than half a one a voice fades, so loud in the last that is heard, down to the `least`."""
    steepness = max(_FADE_DB, _db(power / noise))  # in the next hop the noise covered it
    return max(0.0, _db(power / least) / steepness - 0.5)


def _db(ratio: float) -> float:
    return 10 * math.log10(ratio)


class _Band:
    """The noise of a band and, hop by hop with the one before, what is more; 0 where that is nothing sure."""

    def __init__(self, powers: Sequence[float], quiet: int) -> None:
        means = [0.0, *((before + power) / 2 for before, power in pairwise(powers))]
        self.noise = median(powers[-quiet:])
        self.sure = max(2 * self.noise, 1.3 * sorted(means[-quiet:])[quiet * 4 // 5])
        self.voice = [
            mean - self.noise if mean > self.sure and power > 1.1 * self.noise else 0.0
            for mean, power in zip(means, powers, strict=True)
        ]
