"""The transcripts on this machine's disk: a file for each conversation, in a folder that only its owner may enter."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from livechat.errors import DeviceError, MissingInput, UsageError
from livechat.suggest import closest
from livechat.transcripts.words import TURN_END, WHOLE, Opening, Transcript, Turn, opening_of, record_of, words

STATE_VARIABLE: Final = "LIVECHAT_STATE"
SUFFIX: Final = ".ndjson"
LAST: Final = "last"

ENDS: Final = (4096, 8 * 2**20)
"""Bytes read of both ends of a file to list it; the second where the first hold no whole line that tells."""
FEW: Final = 4
"""Names to show of several that could be meant."""

LIST: Final = "livechat sessions list"

_STAMP: Final = "%Y-%m-%dT%H-%M-%S"
_NAME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d)(?:-([1-9]\d{0,5}))?")
_PLACE: Final = re.compile(r"[1-9][0-9]{0,2}")
"""A place in the list; a longer number is the beginning of a name."""


def state_folder(env: Mapping[str, str]) -> Path:
    """Where livechat keeps what it remembers: $LIVECHAT_STATE, else where this system has such things (XDG)."""
    if given := env.get(STATE_VARIABLE):
        return Path(os.path.expanduser(given))  # which leaves ~nobody as it stands
    from platformdirs import user_state_path

    return user_state_path("livechat", appauthor=False)


@dataclass(frozen=True, slots=True)
class Summary:
    """A conversation in a list."""

    name: str
    opening: Opening | None
    """None for a damaged file."""
    length_s: float = 0.0
    turns: int = 0
    ended: bool = False
    """False for one that broke off, or goes on."""
    first: str = ""
    """The words it began with; foreign text."""


class Store:
    """The transcripts below a state folder, each known by its name: when it began, by the clock of who was there."""

    def __init__(self, state: Path) -> None:
        self.folder: Path = state / "sessions"

    def path(self, name: str) -> Path:
        return self.folder / f"{name}{SUFFIX}"

    def create(self, opening: Opening) -> Path:
        """A new, empty file that is nobody else's to read. Raises OSError."""
        self._make_folder()
        stamp = opening.began.strftime(_STAMP)
        number = 1
        while True:
            path = self.path(stamp if number == 1 else f"{stamp}-{number}")
            try:
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            except FileExistsError:
                number += 1
            else:
                return path

    def _make_folder(self) -> None:
        try:
            self.folder.parent.parent.mkdir(parents=True, exist_ok=True)
            for folder in (self.folder.parent, self.folder):
                folder.mkdir(mode=0o700, exist_ok=True)
        except FileExistsError as error:  # mkdir's word for a file in the place of a folder
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), error.filename) from None

    def names(self) -> list[str]:
        """The names of all there are, in no order. Raises DeviceError for a folder that cannot be read."""
        try:
            with os.scandir(self.folder) as entries:
                files = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise DeviceError(f"cannot read {self.folder}: {error.strerror}") from None
        names = (file.removesuffix(SUFFIX) for file in files if file.endswith(SUFFIX))
        return [name for name in names if _NAME.fullmatch(name)]

    def newest_first(self) -> list[str]:
        """The names by when each conversation began, which differs from the clock it is named by: people travel."""
        return sorted(self.names(), key=lambda name: _age(name, self._opening(name)), reverse=True)

    def summaries(self) -> list[Summary]:
        """What can be told of all there are at a glance at each file, newest first."""
        found = filter(None, map(self._summary, self.names()))
        return sorted(found, key=lambda one: _age(one.name, one.opening), reverse=True)

    def find(self, wanted: str) -> str:
        """The name that is meant: a name, its beginning, `last`, or a place in the list (1 is the newest).

        Raises MissingInput where there is none, UsageError where there are several.
        """
        names = self.names()
        if wanted in names:
            return wanted
        if wanted == LAST or _PLACE.fullmatch(wanted):
            return self._at(1 if wanted == LAST else int(wanted), len(names))
        alike = sorted(name for name in names if wanted and name.startswith(wanted))
        if len(alike) > 1:
            raise UsageError(f"{len(alike)} conversations begin with {wanted!r}", why=some_of(alike), hint=LIST)
        if not alike:
            raise _missing(f"no conversation {wanted!r} is kept", wanted, names)
        return alike[0]

    def _at(self, place: int, count: int) -> str:
        if place > count:
            if not count:
                raise MissingInput("no conversation is kept yet", hint="hold one: livechat talk")
            raise MissingInput(f"no conversation number {place}: there are only {count}", hint=LIST)
        return self.newest_first()[place - 1]

    def read(self, name: str) -> Transcript:
        """All of one, but what is damaged. Raises MissingInput."""
        return transcript_of(self.lines(name))

    def lines(self, name: str) -> list[bytes]:
        """The lines of one as they stand. Raises MissingInput."""
        try:
            return _lines(self.path(name).read_bytes())
        except OSError as error:
            raise MissingInput(f"cannot read {self.path(name)}: {error.strerror}") from None

    def remove(self, name: str) -> None:
        """Raises DeviceError; what is gone already is no mistake."""
        try:
            with suppress(FileNotFoundError):
                self.path(name).unlink()
        except OSError as error:
            raise DeviceError(f"cannot delete {self.path(name)}: {error.strerror}") from None

    def going_on_with(self, names: Iterable[str]) -> list[str]:
        """The others that go on with one of these, maybe by way of a third, in the order of their names."""
        openings = {name: self._opening(name) for name in self.names()}
        before = {name: opening.continues for name, opening in openings.items() if opening is not None}
        these = found = frozenset(names)
        while more := {name for name, earlier in before.items() if earlier in found and name not in found}:
            found |= more
        return sorted(found - these)

    def _opening(self, name: str) -> Opening | None:
        try:
            head, _ = _ends(self.path(name), ENDS[0])
            return opening_of(record_of(head.partition(b"\n")[0]))
        except (OSError, ValueError):
            return None

    def _summary(self, name: str) -> Summary | None:
        """None for what is gone since it was listed."""
        try:
            found = _glance(name, self.path(name), ENDS[0])
            return found if found.first and found.length_s else _glance(name, self.path(name), ENDS[1])
        except FileNotFoundError:
            return None
        except OSError:
            return Summary(name, None)


def some_of(names: Sequence[str]) -> str:
    """A few of them, as they are read."""
    return ", ".join(names[:FEW]) + (", …" if len(names) > FEW else "")


def _glance(name: str, path: Path, size: int) -> Summary:
    """What the ends of a file tell of it: no more lines are read than are needed."""
    begins, ends = map(_lines, _ends(path, size))
    head, tail = Transcript(), transcript_of(_since_last_turn(ends))
    for line in begins:
        if _add(head, line) in WHOLE and _first_words(head):
            break
    return Summary(name, head.opening, tail.length_s, tail.turns, tail.ended, _first_words(head))


def _since_last_turn(lines: Sequence[bytes]) -> Sequence[bytes]:
    """The end of the last turn that ended, and what came after it."""
    mark = f'"{TURN_END}"'.encode()
    return lines[next((place for place in reversed(range(len(lines))) if mark in lines[place]), 0) :]


def transcript_of(lines: Iterable[bytes]) -> Transcript:
    """What the lines hold but what is damaged."""
    transcript = Transcript()
    for line in lines:
        _add(transcript, line)
    return transcript


def _add(transcript: Transcript, line: bytes) -> str:
    """Gives the kind of line that it was; nothing for a damaged one."""
    try:
        record = record_of(line)
        transcript.add(record)
    except ValueError:
        transcript.damaged += 1
        return ""
    return words(record, "type")


def _lines(data: bytes) -> list[bytes]:
    """The lines that are whole: the last one was torn when its writer was killed, or is cut by who read it."""
    return data.split(b"\n")[:-1]


def _ends(path: Path, size: int) -> tuple[bytes, bytes]:
    """Up to `size` bytes from the beginning and from the end, the latter from the beginning of a line on."""
    with path.open("rb", buffering=0) as file:
        head = file.read(2 * size)
        if len(head) < 2 * size:
            return head, head
        file.seek(-size, os.SEEK_END)
        return head, file.read(size).partition(b"\n")[2]


def _first_words(transcript: Transcript) -> str:
    turns = (item for item in transcript.items if isinstance(item, Turn))
    return next((said for turn in turns if (said := turn.user.strip() or turn.answer.strip())), "")


def _age(name: str, opening: Opening | None) -> tuple[datetime, int]:
    """What orders them: when they began, and of those in one second which was first."""
    found = _NAME.fullmatch(name)
    assert found is not None
    began = opening.began if opening else _stamped(found[1])
    return began, int(found[2] or 1)


def _stamped(stamp: str) -> datetime:
    try:
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:  # of a month 13
        return datetime.min.replace(tzinfo=UTC)


def _missing(what: str, wanted: str, names: Iterable[str]) -> MissingInput:
    near = closest(wanted, names)
    return MissingInput(what + (f" — did you mean {near}?" if near else ""), hint=LIST)
