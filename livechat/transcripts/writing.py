"""Writes the words of a session while it goes on: into the store, or into a file that the user named.

Both are observers of the session's news. What was said is on its way to the disk as soon as it was said, so that a
program that is killed loses none of it. A disk that refuses is told of once, and the conversation goes on. They close
themselves when the session has ended; where it may not come to that, `close` is for whoever made them.
"""

from __future__ import annotations

import errno
import os
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from livechat.disk import in_words
from livechat.errors import DeviceError, UsageError
from livechat.events import (
    Ended,
    Event,
    Failed,
    Interrupted,
    ModelSaid,
    Noted,
    Ready,
    Reconnected,
    Resumable,
    ToolEnded,
    ToolStarted,
    TurnEnded,
    UserSaid,
)
from livechat.terminal import ndjson
from livechat.terminal.news import news
from livechat.transcripts.scribe import Lost, Scribe
from livechat.transcripts.store import Store
from livechat.transcripts.text import Format, block, heading
from livechat.transcripts.words import ANEW, Opening, Resumption, Transcript, record_of

KEPT: Final = (
    *(Ready, UserSaid, ModelSaid, Interrupted, TurnEnded, ToolStarted, ToolEnded),
    *(Reconnected, Noted, Failed, Ended),
)
"""What belongs into a transcript: words, calls and what became of the session, no thoughts and no counts of tokens."""
WAITING: Final = 100
"""Lines that may wait for the first words."""
LONGEST_HANDLE: Final = 16_384
"""Characters; what is longer is no handle of a server in its senses."""
FORMS: Final[dict[str, Format]] = {".md": "markdown", ".markdown": "markdown"}
IN_JSON: Final = (".json", ".jsonl", ".ndjson")


class Keeper(ABC):
    """Keeps the words of one session, from the first on; a session without words leaves nothing behind."""

    def __init__(self, opening: Opening, lost: Lost, without_secrets: Callable[[str], str]) -> None:
        self._opening = opening
        self._without_secrets = without_secrets
        self._waiting: deque[str] | None = deque(maxlen=WAITING)
        """What came before the first words; None after them."""
        self._scribe = Scribe(self._take, lost)
        self._hearing = 0
        """The turn of which pieces of the user's words have come last."""
        self.path: Path | None = None
        """The file; None as long as there is none."""

    def __call__(self, t: float, event: Event) -> None:
        if not (line := self._line(t, event)):
            return
        if self._waiting is None:
            self._scribe.write(line)
        else:
            self._waiting.append(line)
            if has_words(event):
                self._scribe.write(self._without_secrets(self._opening.line()) + "\n" + "".join(self._waiting))
                self._waiting = None
        if isinstance(event, Ended):
            self.close()

    def _line(self, t: float, event: Event) -> str:
        """What is written of it, with its newline; nothing of what is not kept."""
        if isinstance(event, UserSaid) and not event.final:
            return self._without_secrets(self._piece(t, event)) + "\n"
        return self._without_secrets(news(t, event)) + "\n" if isinstance(event, KEPT) else ""

    def _piece(self, t: float, event: UserSaid) -> str:
        """What the server hears once more, on another connection, takes the place of what it heard before."""
        again = event.turn == self._hearing and event.text == event.whole
        self._hearing = event.turn
        if not again:
            return news(t, event)
        return ndjson.line(t, "user.partial", turn=event.turn, text=event.text, **{ANEW: True})

    def close(self) -> None:
        """Waits a second at most until all of it is written. May be called again."""
        self._scribe.close()

    @abstractmethod
    def _take(self, lines: str) -> None:
        """Writes lines of NDJSON, the opening first. Raises OSError."""


class TranscriptWriter(Keeper):
    """Keeps a session in the store, with what the server can go on from."""

    def __init__(
        self,
        store: Store,
        opening: Opening,
        lost: Lost,
        without_secrets: Callable[[str], str] = lambda text: text,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(opening, lost, without_secrets)
        self._store = store
        self._clock = clock

    def _line(self, t: float, event: Event) -> str:
        if isinstance(event, Resumable):
            known = Resumption(event.handle, event.turns, self._clock())
            return known.line(t) + "\n" if len(event.handle) <= LONGEST_HANDLE else ""
        return super()._line(t, event)

    def _take(self, lines: str) -> None:
        if self.path is not None:
            append(self.path, lines.encode())
            return
        path = self._store.create(self._opening)
        try:
            append(path, lines.encode())
        except OSError:
            path.unlink(missing_ok=True)  # nothing in it tells what it is
            raise
        self.path: Path | None = path


def has_words(event: Event) -> bool:
    """Whether somebody said something."""
    match event:
        case UserSaid() | ModelSaid():
            return bool(event.text.strip())
        case TurnEnded():
            return bool(event.user.strip() or event.text.strip())
        case _:
            return False


def append(path: Path, data: bytes) -> None:
    """Adds to a file that is there, in one write. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
    try:
        _write_all(descriptor, data)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    if os.write(descriptor, data) < len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class TranscriptFile(Keeper):
    """Keeps a session in a file of its own: Markdown for .md, NDJSON for .json, .jsonl and .ndjson, else plain text.

    What people read is written anew from the turn on that the news belongs to: late words of the user end up where
    they belong, and what was cut off changes its look.
    """

    def __init__(
        self, path: Path, opening: Opening, lost: Lost, without_secrets: Callable[[str], str] = lambda text: text
    ) -> None:
        """Raises UsageError where there is such a file already, DeviceError where none can be made."""
        super().__init__(opening, lost, without_secrets)
        self._wanted = Path(os.path.expanduser(path))
        kind = path.suffix.lower()
        self._form: Format | None = None if kind in IN_JSON else FORMS.get(kind, "text")
        self._transcript = Transcript()
        self._starts = [0]
        """Where in the file each of the transcript's items begins, and the next one will."""
        self._size = 0
        _try(self._wanted)

    def _take(self, lines: str) -> None:
        if self.path is None:
            _make(self._wanted)
            self.path: Path | None = self._wanted
        if self._form is None:
            append(self.path, lines.encode())
            return
        changed = [place for line in lines.splitlines() if (place := self._changed(line)) is not None]
        if changed:
            self._write(self.path, min(changed), self._form)

    def _changed(self, line: str) -> int | None:
        try:
            return self._transcript.add(record_of(line))
        except ValueError:  # a server may send numbers that no transcript has
            return None

    def _write(self, path: Path, changed: int, form: Format) -> None:
        """Writes what stands from the changed item on, in a new file the heading too."""
        data = b"" if self._size else self._text(heading(self._transcript.opening, form))
        start = self._starts[changed]
        self._starts[changed:] = [start + len(data)]
        for item in self._transcript.items[changed:]:
            data += self._text(block(item, form))
            self._starts.append(start + len(data))
        overwrite(path, self._size, start, data)
        self._size = start + len(data)

    def _text(self, text: str) -> bytes:
        """As bytes; what came in pieces may be a secret now that it is put together."""
        return self._without_secrets(text).encode()


def overwrite(path: Path, size: int, start: int, data: bytes) -> None:
    """Has `data` stand from `start` to the end of a file that is of `size` bytes. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY)
    try:
        if os.fstat(descriptor).st_size != size:
            raise OSError(errno.EBUSY, "somebody else has changed it")
        os.lseek(descriptor, start, os.SEEK_SET)
        _write_all(descriptor, data)
        os.ftruncate(descriptor, start + len(data))
    finally:
        os.close(descriptor)


def _make(path: Path) -> None:
    """A new file that only its owner may read. Raises OSError."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _try(path: Path) -> None:
    """Makes the file and takes it away again: whether it can be made is told before anybody speaks."""
    try:
        _make(path)
        path.unlink()
    except FileExistsError:
        raise UsageError(f"{path} is there already", hint="take another name: no file is written over") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise DeviceError(f"cannot write the transcript {path}", why=in_words(error)) from None
