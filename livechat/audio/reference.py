"""Knows what the speaker sounds, and says what of it sounded while the microphone took in a frame.

The speaker's card and the microphone's run by clocks of their own, and the times that both tell are off by some
milliseconds, mostly late. What is given out follows the stream of blocks and not those times, and is placed anew only
where they are wrong by more than jitter explains: in silence, if there is one. Clocks that drift apart are left to that
and to the canceller, which follows a tenth of a millisecond in a second: a step that was taken for a drift (a card that
ran dry twice) had moved the far end for the rest of a call.

All of it comes a little early, for a canceller can wait for an echo, but is lost where it hears one before its cause:
AEC3 took 40 dB from chirps with the echo 1 to 16 ms behind, and 3 to 8 with both at once (measured).

The rate is changed by a short kernel of its own, not by soxr, which holds back up to 30 ms (measured): more than some
cards are told of in advance.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from livechat.audio.pcm import SPEECH_RATE, Floats

EARLY_MS: Final = 6.0
"""The times that sound systems tell are wrong by as much now and then; a card that falls silent quickly tells what
sounds 12 ms before (both measured)."""
OFF_S: Final = 0.020
"""What is further from where it is expected has moved; what is less is jitter, or drift."""
BREAK_S: Final = 0.1
"""Between two takes, or from where it is expected: no wrong time of a single frame, which would move the far end and
back, but a microphone that was muted or another one."""
MOVED_S: Final = 0.015
"""What is so much too early for `_SURE` takes in a row is corrected at once, and not little by little."""
AHEAD_S: Final = 0.030
"""Blocks are taken up so long before they are needed; until then those behind them may tell that one came late."""
STALE_S: Final = 0.2
MOST_BLOCKS: Final = 1024
"""A second of the smallest blocks there are. Of more, which nobody takes, the oldest are forgotten."""
PIECE_S: Final = 0.1
KEPT_S: Final = 0.5
_LOOK: Final = 8
_OBSERVED: Final = 250
"""Takes, so five seconds."""
_EARLY: Final = 8
"""One in eight of the times observed may be too early without being believed."""
_SURE: Final = 25
_AVERAGE: Final = 64
LATE_S: Final = 0.004
EARLY_S: Final = 0.010
"""So much too late and too early an error is let be: a canceller has learned where the echo is to a twentieth of a
millisecond, and the times that PulseAudio tells wander by six ms for seconds (measured) while no sample is lost."""
_FADE_MS: Final = 5
_PHASES: Final = 256
_CROSSINGS: Final = 8
_PASSED_HZ: Final = 7_400

_Steps: TypeAlias = npt.NDArray[np.int16]


class _Block(NamedTuple):
    samples: _Steps
    rate: int
    at: float
    lasts: float
    """Seconds."""


class Reference:
    """`add` is a `Tap` and may be called from any thread; `take` belongs to one.

    `add` is to be told of silence too: then it is the number of a sample that says when it sounds, and times only
    say when number 0 did, of which there are many. What is taken is `early_ms` early, or, where the speaker was found
    to tell of it later, as early as that.
    """

    def __init__(self, early_ms: float = EARLY_MS) -> None:
        self.early_s: float = early_ms / 1_000
        """How early it is now."""
        self._told: deque[_Block] = deque(maxlen=MOST_BLOCKS)
        self._waiting: deque[_Block] = deque(maxlen=MOST_BLOCKS)
        self._track: _Track | None = None
        self._place = 0.0
        """Where in the track the next take begins."""
        self._taken_to: float | None = None
        self._error = 0.0
        """How many seconds too late that is, on the average."""
        self._sounded = False
        """Something has been given out that was no silence."""
        self._short = 0
        """Takes in a row for which not all had been told."""
        self._most = 0.0
        """Seconds that were missing at most, of these."""
        self._lately: deque[float] = deque(maxlen=_SURE)

    def add(self, pcm: bytes, rate: int, at: float) -> None:
        """s16le mono at `rate` Hz whose first sample sounds when the loop's clock shows `at`."""
        if pcm:
            samples: _Steps = np.frombuffer(pcm, "<i2")
            self._told.append(_Block(samples, rate, at, len(samples) / rate))

    def take(self, until: float, ms: int = 20) -> bytes:
        """What sounds in the `ms` before `until` and `early_s` later: 16 kHz s16le, zeros where nothing does.

        Calls that follow each other give sound without a seam. After a break, or where time has jumped, the next
        one begins anew.
        """
        self._lay_down(until)
        count = ms * SPEECH_RATE // 1000
        if self._track is None:
            return bytes(2 * count)
        sound = self._follow(self._track, until, count)
        self._be_as_early_as_told(self._track)
        steps: _Steps = np.clip(np.rint(sound), -32768, 32767).astype("<i2")
        return steps.tobytes()

    # ---------------------------------------------------------------------------------------- what was told

    def _lay_down(self, until: float) -> None:
        """Takes up what sounds by then or soon after."""
        while self._told:
            block = self._told.popleft()
            self._waiting.extend(_pieces(block) if block.lasts > PIECE_S else (block,))
        while self._waiting and (at := self._next_begins()) < until + self.early_s + AHEAD_S:
            block = self._waiting.popleft()
            if at + block.lasts > until - STALE_S:
                self._lay(block, at)
        if self._track is not None:
            self._track.settle()

    def _next_begins(self) -> float:
        """When what waits goes on; where that seems to be later than expected, those behind it are asked too."""
        at, track = self._waiting[0].at, self._track
        return at if track is not None and at - track.ends < OFF_S else _begins(self._waiting)

    def _lay(self, block: _Block, at: float) -> None:
        if self._track is None or self._track.rate != block.rate:
            self._track, self._taken_to = _Track(block.rate, at), None
        track = self._track
        if (gap := at - track.ends) > OFF_S:
            track.rest(gap)
        track.write(block.samples, block.at)

    def _be_as_early_as_told(self, track: _Track) -> None:
        """Where more is taken than was told, every time, goes back to what is told, and is less early from then on."""
        missed = track.lacks(self._place)
        self._short = self._short + 1 if 0 < missed < OFF_S else 0
        self._most = max(self._most, missed) if self._short else 0.0
        if self._short == _OBSERVED:  # for a second or two it is a machine that was busy
            self.early_s -= self._most
            self._place -= self._most * track.rate
            self._lately.clear()

    # ------------------------------------------------------------------------------------- what is given out

    def _follow(self, track: _Track, until: float, count: int) -> Floats:
        """The next so many samples, and where those after them begin."""
        wanted = track.place_of(until + self.early_s) - count * track.step
        seamless = self._taken_to is not None and abs(until - self._taken_to - count / SPEECH_RATE) < BREAK_S
        self._taken_to = until
        if not seamless:
            return self._jump(track, wanted, count)
        late = (wanted - self._place) / track.rate
        if abs(late) > BREAK_S:
            return _crossed(track.read(self._place, track.step, count), self._jump(track, wanted, count))
        self._error += (late - self._error) / _AVERAGE
        self._lately.append(late)
        if len(self._lately) == _SURE and self._astray():
            moved = self._place + sum(self._lately) / _SURE * track.rate
            return _crossed(track.read(self._place, track.step, count), self._jump(track, moved, count))
        return self._go_on(track, count)

    def _astray(self) -> bool:
        """Every error of late is too large; before anything has sounded, and anybody has learned from it, any is."""
        lately = self._lately
        return min(lately) > LATE_S or max(lately) < -MOVED_S or not self._sounded

    def _jump(self, track: _Track, place: float, count: int) -> Floats:
        self._error = 0.0
        self._lately.clear()
        self._place = place + count * track.step
        return track.read(place, track.step, count)

    def _go_on(self, track: _Track, count: int) -> Floats:
        """Sample by sample. Where an error is more than loose it is put right while nobody can tell."""
        sound = track.read(self._place, track.step, count)
        self._place += count * track.step
        if sound.any():
            self._sounded = True
        elif not -EARLY_S <= self._error <= LATE_S:
            self._place += self._error * track.rate
            self._error = 0.0
            self._lately.clear()
        return sound


class _Track:
    """The sound of one card: its samples by their number, and the time at which number 0 would have sounded."""

    def __init__(self, rate: int, at: float) -> None:
        self.rate = rate
        self.step = rate / SPEECH_RATE
        """Samples for each that is given out."""
        self._kernels = _kernels(rate)
        self._taps = self._kernels.shape[1]
        self._half: int = self._taps // 2
        self._room: _Steps = np.zeros(4 * round(KEPT_S * rate), np.int16)
        self._first = 0
        """Number of the first sample in the room."""
        self._end = 0
        self._zero_at = at
        self._observed: deque[float] = deque([at], maxlen=_OBSERVED)
        self._latest = math.inf

    @property
    def ends(self) -> float:
        """When what was written last is over."""
        return self._zero_at + self._end / self.rate

    def place_of(self, at: float) -> float:
        """The number of the sample that sounds then, with its fraction."""
        return (at - self._zero_at) * self.rate

    def lacks(self, place: float) -> float:
        """How many seconds before this place, and after it what its kernel reaches, are not written yet."""
        return (place + self._half - self._end) / self.rate

    def rest(self, seconds: float) -> None:
        """Silence follows."""
        samples = round(seconds * self.rate)
        if samples > len(self._room) // 2:
            self._first = self._end = self._end + samples
        else:
            self._append(np.zeros(samples, np.int16))

    def write(self, samples: _Steps, at: float) -> None:
        """What follows at once, and when that is, as far as is told."""
        self._latest = min(self._latest, at - self._end / self.rate)
        self._append(samples)

    def settle(self) -> None:
        """Learns from what was told since the last time when it really sounds."""
        if self._latest < math.inf:
            self._observed.append(self._latest)
            self._zero_at = sorted(self._observed)[len(self._observed) // _EARLY]
            self._latest = math.inf

    def read(self, place: float, step: float, count: int) -> Floats:
        """So many samples, each `step` behind the one before, in steps of 16 bits; zeros where nothing is."""
        places = place + step * np.arange(count)
        whole = np.floor(places).astype(np.intp)
        begin = int(whole[0]) - self._half + 1
        around = self._between(begin, int(whole[-1]) + self._half + 1)
        if not around.any():
            return np.zeros(count, np.float32)
        phases = np.rint((places - whole) * _PHASES).astype(np.intp)
        windows = _windows(around, self._taps)[whole - whole[0]]
        sound: Floats = np.einsum("ij,ij->i", windows, self._kernels.take(phases, axis=0))
        return sound

    def _append(self, samples: _Steps) -> None:
        if self._end - self._first + len(samples) > len(self._room):
            kept = min(self._end - self._first, len(self._room) // 4)
            self._room[:kept] = self._room[self._end - self._first - kept : self._end - self._first]
            self._first = self._end - kept
        at = self._end - self._first
        self._room[at : at + len(samples)] = samples
        self._end += len(samples)

    def _between(self, begin: int, end: int) -> Floats:
        found = np.zeros(end - begin, np.float32)
        low, high = max(begin, self._first), min(end, self._end)
        if low < high:
            found[low - begin : high - begin] = self._room[low - self._first : high - self._first]
        return found


def _pieces(block: _Block) -> Iterator[_Block]:
    """A block in parts of a length that a track has room for."""
    size = round(PIECE_S * block.rate)
    for first in range(0, len(block.samples), size):
        samples = block.samples[first : first + size]
        yield _Block(samples, block.rate, block.at + first / block.rate, len(samples) / block.rate)


def _begins(blocks: Iterable[_Block]) -> float:
    """When the first of these begins, at the latest, as those behind it have it."""
    latest, before = math.inf, 0.0
    for block, _ in zip(blocks, range(_LOOK), strict=False):
        latest = min(latest, block.at - before)
        before += block.lasts
    return latest


def _windows(sound: Floats, taps: int) -> Floats:
    """Every stretch of so many samples, without a copy: `sliding_window_view` in a fiftieth of its time."""
    return np.ndarray((len(sound) - taps + 1, taps), np.float32, sound, strides=(sound.itemsize, sound.itemsize))


def _kernels(rate: int) -> Floats:
    """For each fraction of a sample, the weights of those around it: a sinc below both Nyquist limits, Kaiser's window.

    Flat to 6 kHz, -60 dB from 9 kHz on (at 16 kHz and less, what such a rate can hold).
    """
    cut = min(_PASSED_HZ / rate, 0.4625)
    half = math.ceil(_CROSSINGS / (2 * cut))
    offsets = np.arange(1 - half, half + 1)[None, :] - np.arange(_PHASES + 1)[:, None] / _PHASES
    window = np.i0(6.0 * np.sqrt(np.clip(1 - (offsets / half) ** 2, 0, 1)))
    weights = np.sinc(2 * cut * offsets) * window
    kernels: Floats = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return kernels


def _crossed(before: Floats, after: Floats) -> Floats:
    """From one to the other within 5 ms."""
    fade = min(len(before), _FADE_MS * SPEECH_RATE // 1000)
    weight = np.linspace(0, 1, fade, dtype=np.float32)
    after[:fade] = before[:fade] * (1 - weight) + after[:fade] * weight
    return after
