"""Leads the sound of one source to its tracks: placed on the timeline once, at the rate of each track."""

from __future__ import annotations

from collections.abc import Sequence

from livechat.audio.pcm import Encoding, Format
from livechat.audio.resample import Converter
from livechat.audio.timeline import Timeline
from livechat.audio.track import Track

Target = tuple[Track, int]
"""A track and the channel in it."""


class Lane:
    """Takes blocks at any rate, also changing ones; where the rate is a track's own they come out bit for bit."""

    def __init__(self, targets: Sequence[Target]) -> None:
        self._targets: dict[int, list[Target]] = {}
        for target in targets:
            self._targets.setdefault(target[0].rate, []).append(target)
        self._rate = 0
        self._timeline = Timeline(0)
        self._runs: list[_Run] = []

    def lay(self, pcm: bytes, rate: int, at: float) -> None:
        """Sound (s16le mono) that begins `at` seconds after the timeline does; `write` brings it to the tracks.

        All of this class raises what `Track.lay` does.
        """
        pcm = pcm[: len(pcm) // 2 * 2]
        if not pcm:
            return
        if rate != self._rate:
            self._change(rate)
        placed = self._timeline.place(pcm, at)
        if not placed.follows:
            self.finish()
            self._runs = [_Run(targets, placed.start, rate, to) for to, targets in self._targets.items()]
        for run in self._runs:
            run.lay(pcm[2 * placed.skipped :])

    def write(self) -> None:
        """Writes what was laid since the last time, in one go: a block costs as much as ten that are joined."""
        for run in self._runs:
            run.write()

    def finish(self) -> None:
        """Writes all, also the 20 ms that changing the rate has held back; what comes next begins a new run."""
        for run in self._runs:
            run.finish()
        self._runs = []

    def _change(self, rate: int) -> None:
        self.finish()
        end = -(-self._timeline.end * rate // self._rate) if self._rate else 0
        self._rate, self._timeline = rate, Timeline(rate, end)


class _Run:
    """Sound without a seam on its way to the tracks of one rate."""

    def __init__(self, targets: Sequence[Target], start: int, rate: int, to: int) -> None:
        self._targets = targets
        self._next = round(start * to / rate)
        self._converter = Converter(Format(Encoding.S16LE, 1, rate), to)
        self._laid: list[bytes] = []

    def lay(self, pcm: bytes) -> None:
        self._laid.append(pcm)

    def write(self) -> None:
        if self._laid:
            laid, self._laid = b"".join(self._laid), []
            self._give(self._converter.feed(laid))

    def finish(self) -> None:
        self.write()
        self._give(self._converter.finish())

    def _give(self, pcm: bytes) -> None:
        for track, channel in self._targets:
            track.lay(self._next, pcm, channel)
        self._next += len(pcm) // 2
