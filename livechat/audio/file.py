"""Finds out what a file or a pipe holds, says what is odd about it, and makes 16 kHz s16le mono of it."""

from __future__ import annotations

import os
import re
import shlex
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import BinaryIO, Final

from livechat.audio.codecs import Codec, codec_of, open_codec, recipe
from livechat.audio.pcm import SPEECH, Encoding, Format
from livechat.audio.resample import Converter
from livechat.audio.wav import MAX_CHANNELS, MAX_RATE, MIN_RATE, Located, Note, Scan, is_wav, scan_wav
from livechat.errors import BadInput, MissingInput, UsageError

LISTEN: Final = "record it again; to see what a microphone hears: livechat devices meter"
BLOCK: Final = 65_536
"""Bytes read at a time: of a file two seconds of speech, in well under a millisecond."""
NONBLOCK: Final[int] = getattr(os, "O_NONBLOCK", 0)
"""Opens a named pipe whose other end nobody holds yet; Windows has no such files."""
_HEAD: Final = 512
"""Bytes looked at to tell text from sound: 16 ms of speech."""
_RAW_SUFFIXES: Final = frozenset({".pcm", ".raw", ".s16", ".s16le", ".sw", ".ul", ".al", ".f32", ".lin", ".bin"})
_RATE_IN_NAME: Final = re.compile(
    r"(?<![0-9.])(8|11|12|16|22|24|32|44|48|88|96|192)(?:\.\d+)?[ _-]?k(?:hz)?(?![a-z0-9])", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class RawOptions:
    """What the user says raw bytes are; None where nothing was said and 16 kHz s16le mono is taken."""

    rate: int | None = None
    channels: int | None = None
    encoding: Encoding | None = None

    @property
    def format(self) -> Format:
        return Format(self.encoding or SPEECH.encoding, self.channels or SPEECH.channels, self.rate or SPEECH.rate)

    @property
    def unsaid(self) -> bool:
        return self == RawOptions()


def raw_options(rate: int | None, channels: int | None, encoding: str | None) -> RawOptions:
    """The options of a command line, checked; raises `UsageError`."""
    if rate is not None and not MIN_RATE <= rate <= MAX_RATE:
        raise UsageError(f"a rate of {rate} Hz is not one of sound; it lies between {MIN_RATE} and {MAX_RATE}")
    if channels is not None and not 1 <= channels <= MAX_CHANNELS:
        raise UsageError(f"{channels} channels cannot be; there are 1 to {MAX_CHANNELS}")
    names = [known.value for known in Encoding]
    if encoding is not None and encoding not in names:
        raise UsageError(f"unknown format '{encoding}'", hint=f"one of {', '.join(names)}")
    return RawOptions(rate, channels, Encoding(encoding) if encoding else None)


# --------------------------------------------------------------------------------------------- what it is


def scan(name: str, suffix: str, length: int | None, raw: RawOptions, note: Note) -> Scan:
    """Finds the sound in bytes called `name`; of a codec's it says so by raising `Compressed`.

    A WAV is known by its beginning, whatever it is called; a codec by its beginning or its name; the rest is raw.
    `length` and the asking are those of `scan_wav`. Raises `BadInput`.
    """
    head = yield 0, _HEAD
    if not head:
        raise BadInput(f"{name} is empty", hint=LISTEN)
    if is_wav(head):
        if suffix != ".wav":
            note(f"{name} begins with '{head[:4].decode()}': it is a WAV file, reading it as WAV")
        return (yield from scan_wav(name, length, note, recipe(name)))
    if codec := codec_of(head):
        raise Compressed(codec)
    if suffix == ".wav":
        raise BadInput(
            f"{name} is not a WAV file", why="it does not begin with RIFF", hint="give raw PCM another name: NAME.pcm"
        )
    if _is_text(head):
        hint = f"send its words: livechat text < {shlex.quote(name)}"
        raise BadInput(f"{name} looks like text, not like sound", hint=hint)
    if codec := codec_of(b"", suffix):
        raise Compressed(codec)
    if length is not None:
        _question_raw(name, suffix, raw, note)
    return Located(raw.format, 0, length)


class Compressed(Exception):
    """The bytes are those of a codec, which is not read byte by byte."""

    def __init__(self, codec: Codec) -> None:
        super().__init__(codec.name)
        self.codec = codec


def _is_text(head: bytes) -> bool:
    """Whether a beginning is plain ASCII of several words: as s16le it would be a steady shriek, never speech."""
    printable = all(32 <= byte < 127 or byte in b"\t\n\r" for byte in head)
    return printable and len(head) > 1 and bool(head.split()[1:])


def _question_raw(name: str, suffix: str, raw: RawOptions, note: Note) -> None:
    """Says aloud what is only assumed about a headerless file, where its name gives a reason to."""
    told = _RATE_IN_NAME.search(PurePath(name).stem)
    if raw.rate is None and told and int(told[1]) * 1000 != SPEECH.rate:
        note(f"{name} is read at {SPEECH.rate} Hz; its name says {told[0]}: give --rate if it sounds wrong")
    elif suffix not in _RAW_SUFFIXES and raw.unsaid:
        note(f"{name} has no header that livechat knows; reading it as raw {raw.format}")


class Intake:
    """Takes the bytes of located sound in pieces of any size and gives 16 kHz s16le mono."""

    def __init__(self, name: str, located: Located, note: Note) -> None:
        self._name, self._located, self._note = name, located, note
        self._left = located.size
        self._converter = Converter(located.format)

    @property
    def full(self) -> bool:
        """The size that was promised has come."""
        return self._left == 0

    def feed(self, data: bytes) -> bytes:
        if self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
        return self._converter.feed(data)

    def finish(self) -> bytes:
        """The tail; notes what is missing of a promise or of a sample."""
        if self._left:
            seconds = self._left / self._located.format.bytes_per_second
            self._note(f"{self._name} ended {seconds:.2f} s too early")
        elif leftover := self._converter.leftover:
            self._note(odd_length(self._name, leftover))
        return self._converter.finish()


def odd_length(name: str, leftover: int) -> str:
    last = "last byte" if leftover == 1 else f"last {leftover} bytes"
    return f"{name} has an odd length: {last} dropped"


# ------------------------------------------------------------------------------------------ files on a disk


@dataclass(frozen=True, slots=True)
class Sound:
    """An opened file, ready to be read in constant memory."""

    duration_s: float
    blocks: Iterator[bytes]
    """16 kHz s16le mono, in pieces of any size."""
    close: Callable[[], None]


def open_regular(path: str, raw: RawOptions, note: Note) -> Sound:
    """Opens a file on a disk; raises `BadInput` or `MissingInput`."""
    stream = open_binary(path)
    try:
        located = _locate(stream, path, raw, note)
    except Compressed as found:
        stream.close()
        decoded = open_codec(path, found.codec)
        return Sound(decoded.duration_s, decoded.blocks, decoded.close)
    except BaseException:
        stream.close()
        raise
    size = located.size or 0
    return Sound(size / located.format.bytes_per_second, _blocks(stream, path, located, note), stream.close)


def open_binary(path: str) -> BinaryIO:
    """Opens what is not a directory for reading, without waiting for a named pipe's writer; raises `MissingInput`."""
    try:
        file = os.open(path, os.O_RDONLY | NONBLOCK | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise _missing(path) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = error.strerror or "" if isinstance(error, OSError) else str(error)
        raise MissingInput(f"{path} cannot be read", why=why) from error
    if stat.S_ISDIR(os.fstat(file).st_mode):
        os.close(file)
        raise MissingInput(f"{path} is a directory, not a sound file", hint="name the files in it: each is a turn")
    if NONBLOCK:
        os.set_blocking(file, True)
    return open(file, "rb", buffering=0)


def _missing(path: str) -> MissingInput:
    from livechat.suggest import closest

    parent, name = os.path.split(path)
    try:
        near = closest(name, [entry.name for entry in os.scandir(parent or ".")])
    except OSError:
        return MissingInput(f"no such file: {path}", why=f"there is no folder {parent}", hint=_LOOK)
    if near is None:
        return MissingInput(f"no such file: {path}", hint=_LOOK)
    meant = os.path.join(parent, near)
    return MissingInput(
        f"no such file: {path} — did you mean {meant}?", hint=f"livechat send-audio {shlex.quote(meant)}"
    )


_LOOK: Final = "look for its name, or for the folder that this command is run in"


def _locate(stream: BinaryIO, path: str, raw: RawOptions, note: Note) -> Located:
    length = os.fstat(stream.fileno()).st_size
    steps = scan(path, PurePath(path).suffix.lower(), length, raw, note)
    try:
        at, count = next(steps)
        while True:
            stream.seek(at)
            at, count = steps.send(stream.read(count))
    except StopIteration as done:
        return _whole(path, done.value, note)


def _whole(path: str, located: Located, note: Note) -> Located:
    """The same without an unfinished sample at its end."""
    size = located.size or 0
    leftover = size % located.format.block
    if size == leftover:
        raise BadInput(f"{path} holds no sound", hint=LISTEN)
    if leftover:
        note(odd_length(path, leftover))
    return replace(located, size=size - leftover)


def _blocks(stream: BinaryIO, path: str, located: Located, note: Note) -> Iterator[bytes]:
    intake = Intake(path, located, note)
    stream.seek(located.start)
    while not intake.full and (data := stream.read(BLOCK)):
        yield intake.feed(data)
    yield intake.finish()
