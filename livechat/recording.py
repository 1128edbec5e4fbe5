"""Records a conversation as it was heard: who said what when, in WAV files on one timeline, with the news beside them.

`you.wav` (16 kHz) is what was sent, `model.wav` (24 kHz) what sounded of the model, `conversation.wav` (24 kHz) both,
the user on the left. All begin when the recording did and grow with the time, so they can be laid on top of each
other; the parts of long ones begin together too. A kill costs the last 0.1 s at most, and what is left can be played.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from livechat.audio.lane import Lane
from livechat.audio.pcm import SPEECH_RATE
from livechat.audio.track import Track, create, write_all
from livechat.disk import Backlog, WriterThread, in_words
from livechat.errors import DeviceError

RATE: Final = 24_000
"""Hz of the model's sound and of the conversation."""
SOUND_MOST_S: Final = 30.0
"""Seconds of each voice that may wait for the disk."""
LINES_MOST: Final = 1024 * 1024
"""Characters of news that may."""
PART_MOST: Final = 2**32 - 2**20
"""Bytes of a file: sizes in a WAV have 32 bits, and some disks hold no larger files."""
AHEAD_S: Final = 5.0
"""A sound that is said to begin later than that comes with a time that is wrong."""
_NAMES: Final = ("you", "model", "conversation", "events")


class Recording:
    """One conversation in a folder; what it makes there is for its owner alone.

    `you`, `model` and `event` leave what they get for a thread and return; they do not raise, whatever the disk does.
    """

    def __init__(
        self,
        folder: Path,
        *,
        began: float,
        warn: Callable[[str], None],
        part_most: int = PART_MOST,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """`began` and all other times are of `clock`: that of the running loop, if none is given.

        `warn` is told once of sound that is lost and once of a disk that takes no more, out of `you`, `event` and
        `close`, so in their thread. Files take at most `part_most` bytes, then others follow: `you.2.wav`.
        Raises `DeviceError` when the files cannot be made, or a recording is there already.
        """
        self.folder = folder
        self._began = began
        self._warn = warn
        self._clock = clock or _clock_of_the_loop()
        self._you: Backlog[tuple[bytes, float]] = Backlog(SOUND_MOST_S)
        self._model: Backlog[tuple[bytes, int, float]] = Backlog(SOUND_MOST_S)
        self._lines: Backlog[str] = Backlog(LINES_MOST)
        self._untold: deque[str] = deque()
        self._slow = False
        """The disk was too slow, and that is told."""
        self._over = False
        self._files = _open(folder, max(1, part_most // (4 * RATE) - 1))
        self._thread = WriterThread("recording", self._work, self._end)

    @property
    def lost_s(self) -> float:
        """Seconds of sound, of both voices together, that the disk was too slow for: they are silence now."""
        return self._you.lost + self._model.lost

    def you(self, pcm: bytes, at: float) -> None:
        """The user was heard: 16 kHz s16le mono whose last sample came at `at`. From the loop."""
        lasts = len(pcm) / (2 * SPEECH_RATE)
        if not self._over:
            self._you.put((pcm, at - lasts), lasts)
        self._tell()

    def model(self, pcm: bytes, rate: int, at: float) -> None:
        """The model sounds, from `at` on: a `Tap` of the speaker. From any thread, one at a time."""
        if not self._over:
            self._model.put((pcm, rate, at), len(pcm) / (2 * rate))

    def event(self, line: str) -> None:
        """News, as one line of NDJSON without its end. From the loop."""
        if not self._over:
            self._lines.put(line, len(line))
        self._tell()

    def close(self) -> None:
        """Has the rest written, for which the disk is given a second. May be called again."""
        if not self._thread.close() and not self._over:
            self._untold.append(f"the recording in {self.folder} may lack its end: the disk does not answer")
        self._over = True
        self._tell()

    def discard(self) -> None:
        """Closes, and takes away what it made: for a call that did not come about."""
        self.close()
        with contextlib.suppress(OSError):
            for path in _parts(self.folder):
                path.unlink(missing_ok=True)
            self.folder.rmdir()

    def _tell(self) -> None:
        if not self._slow and (self._you.lost or self._model.lost or self._lines.lost):
            self._slow = True
            self._untold.append(f"the disk does not keep up: the recording in {self.folder} has holes")
        while self._untold:
            self._warn(self._untold.popleft())

    # ------------------------------------------------------------------------------------- the thread's side

    def _work(self, last: bool) -> None:
        files, now = self._files, self._clock() - self._began
        for pcm, at in self._you.drain():
            files.lay(files.you, pcm, SPEECH_RATE, at - self._began, now)
        for pcm, rate, at in self._model.drain():
            files.lay(files.model, pcm, rate, at - self._began, now)
        for line in self._lines.drain():
            files.events.write(line)
        files.write(last=last)
        files.grow(now)

    def _end(self, failed: Exception | None) -> None:
        self._files.close()
        if failed is not None:
            self._over = True
            self._untold.append(f"the recording in {self.folder} ends here: {in_words(failed)}")


class _Files:
    """The files of a recording. All but `close` raises `OSError`, after which they can still be played."""

    def __init__(self, folder: Path, part_s: int) -> None:
        with contextlib.ExitStack() as opened:
            you = Track(folder, "you", SPEECH_RATE, part_s=part_s)
            opened.callback(you.close)
            model = Track(folder, "model", RATE, part_s=part_s)
            opened.callback(model.close)
            both = Track(folder, "conversation", RATE, 2, part_s=part_s)
            opened.callback(both.close)
            self.events = _Lines(folder / "events.ndjson")
            opened.callback(self.events.close)
            self._opened = opened.pop_all()
        self._tracks = (you, model, both)
        self.you = Lane([(you, 0), (both, 0)])
        self.model = Lane([(model, 0), (both, 1)])

    def lay(self, lane: Lane, pcm: bytes, rate: int, at: float, now: float) -> None:
        """Sound at `at`, in seconds since the beginning; what was before that, or cannot have been, is left out."""
        if -len(pcm) / (2 * rate) < at < now + AHEAD_S:
            lane.lay(pcm, rate, at)

    def write(self, *, last: bool) -> None:
        for lane in (self.you, self.model):
            lane.write()
            if last:
                lane.finish()

    def grow(self, now: float) -> None:
        """Time has passed, whether there was a sound or not."""
        for track in self._tracks:
            track.grow(int(now * track.rate))
            track.stamp()

    def close(self) -> None:
        self._opened.close()


class _Lines:
    """Lines of text in a file that ends with a whole one."""

    def __init__(self, path: Path) -> None:
        self._file = create(path)
        self._whole = 0

    def write(self, line: str) -> None:
        data = line.encode("utf-8", "replace") + b"\n"
        write_all(self._file, data)
        self._whole += len(data)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._file.truncate(self._whole)
        self._file.close()


def _open(folder: Path, part_s: int) -> _Files:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _parts(folder):
            raise DeviceError(f"there is a recording in {folder} already", hint="give --record another folder")
        return _Files(folder, part_s)
    except OSError as error:
        raise DeviceError(f"cannot record into {folder}", why=in_words(error)) from error


def _parts(folder: Path) -> list[Path]:
    """What a recording consists of, its own or an earlier one."""
    return [path for path in folder.iterdir() if path.name.partition(".")[0] in _NAMES]


def _clock_of_the_loop() -> Callable[[], float]:
    try:
        return asyncio.get_running_loop().time
    except RuntimeError:
        return time.monotonic
