"""Finds the sound in a WAV file: the chunks of a RIFF, read by asking for bytes, so that files and pipes share it.

Facts: Microsoft's WAVEFORMATEX and WAVEFORMATEXTENSIBLE, EBU Tech 3306 (RF64, and BW64 of ITU-R BS.2088).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Final, TypeAlias

from livechat.audio.pcm import Encoding, Format
from livechat.errors import BadInput


@dataclass(frozen=True, slots=True)
class Located:
    """Where sound lies among bytes, and what it is."""

    format: Format
    start: int
    """Offset of the first byte."""
    size: int | None
    """Bytes; None: up to the end, wherever that is."""


Scan: TypeAlias = Generator[tuple[int, int], bytes, Located]
"""Yields (offset, count), is sent those bytes or as many of them as there are, and returns what it found."""
Note: TypeAlias = Callable[[str], None]

MIN_RATE, MAX_RATE = 1_000, 768_000
MAX_CHANNELS: Final = 64
_MAX_CHUNKS: Final = 1_000
_STREAMED: Final = 0x7FFF_0000
"""A data size from here up, where so much is not there, says that the writer could not know: sox and espeak write
0x7FFFF000, arecord 0x7FFFFFFF and thereabouts, ffmpeg 0xFFFFFFFF."""
_EXTENSIBLE: Final = 0xFFFE
_GUID_TAIL: Final = bytes.fromhex("000000001000800000aa00389b71")
_INTEGERS: Final = {1: Encoding.U8, 2: Encoding.S16LE, 3: Encoding.S24LE, 4: Encoding.S32LE}
_FLOATS: Final = {32: Encoding.F32LE, 64: Encoding.F64LE}
_PCM, _FLOAT, _ALAW, _MULAW = 1, 3, 6, 7
_COMPRESSED: Final = {
    0x02: "Microsoft ADPCM",
    0x11: "IMA ADPCM",
    0x31: "GSM 6.10",
    0x50: "MPEG",
    0x55: "MP3",
    0xFF: "AAC",
}


def is_wav(head: bytes) -> bool:
    """Whether the first 12 bytes of something are those of a WAV."""
    return head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE"


def scan_wav(name: str, length: int | None, note: Note, unreadable: str) -> Scan:
    """Finds the sound of the WAV called `name`.

    `length` is the whole file's, None where bytes can only be read onwards. `unreadable` is the hint
    given with what is a WAV but not PCM. Raises `BadInput`.
    """
    at, size64 = 12, None
    found: Format | None = None
    data: tuple[int, int] | None = None
    for _ in range(_MAX_CHUNKS):
        header = yield at, 8
        if len(header) < 8:
            break
        kind, size = struct.unpack("<4sI", header)
        at += 8
        if kind == b"ds64":
            size64 = _size64((yield at, 16))
        elif kind == b"fmt ":
            found = _format(name, (yield at, min(size, 40)), note, unreadable)
        elif kind == b"data" and data is None:
            data = at, size64 if size == 0xFFFF_FFFF and size64 is not None else size
            size = data[1]
            if found is None and length is None:
                raise BadInput(f"{name} has its sound before its format", hint="save it to a file and send that")
        if found and data:
            return (yield from _settle(name, Located(found, *data), length, note))
        at += size + size % 2
    raise BadInput(f"{name} is a WAV file without {'sound' if found else 'a format'} in it", hint="record it again")


def _size64(body: bytes) -> int | None:
    return int(struct.unpack("<8xQ", body)[0]) if len(body) == 16 else None


def _format(name: str, body: bytes, note: Note, unreadable: str) -> Format:
    if len(body) < 16:
        raise BadInput(f"{name} is a WAV file whose format is cut off", hint="record it again")
    tag, channels, rate, _, block, bits = struct.unpack("<HHIIHH", body[:16])
    if tag == _EXTENSIBLE and body[26:40] == _GUID_TAIL:
        tag = int.from_bytes(body[24:26], "little")
    encoding = _encoding(tag, bits, block, channels)
    if encoding is None:
        kind = _COMPRESSED.get(tag, f"format {tag:#x} of {bits} bits")
        raise BadInput(f"{name} is a WAV file with {kind} inside, which livechat cannot read", hint=unreadable)
    if not 1 <= channels <= MAX_CHANNELS or not MIN_RATE <= rate <= MAX_RATE:
        raise BadInput(f"{name} says it has {channels} channels at {rate} Hz, which no sound has", hint=unreadable)
    found = Format(encoding, channels, rate)
    if block != found.block:
        note(f"{name} has a header that contradicts itself; reading it as {found}")
    return found


def _encoding(tag: int, bits: int, block: int, channels: int) -> Encoding | None:
    """The encoding a header means; 24 bits may be kept at the top of 32."""
    if tag == _PCM:
        width = (bits + 7) // 8
        return _INTEGERS.get(4 if width == 3 and block == channels * 4 else width)
    if tag == _FLOAT:
        return _FLOATS.get(bits)
    return {_ALAW: Encoding.ALAW, _MULAW: Encoding.MULAW}.get(tag)


def _settle(name: str, found: Located, length: int | None, note: Note) -> Scan:
    """The size of the sound when the header's word for it has been held against what is there."""
    size = found.size or 0
    if length is None:
        return Located(found.format, found.start, None if size == 0 or size >= _STREAMED else size)
    there = length - found.start
    if size == 0 and not _is_chunk((yield found.start, 8), there):
        size = there  # a writer that never came back to fill it in
    if size > there:
        if size < _STREAMED:
            note(f"{name} is cut off: {_seconds(found, there)} of the {_seconds(found, size)} it promises")
        size = there
    after = found.start + size + size % 2
    rest = yield after, 8
    if any(rest) and not _is_chunk(rest, length - after):
        note(f"{name} goes on after the {_seconds(found, size)} of sound its header counts; that is not read")
    return Located(found.format, found.start, size)


def _is_chunk(header: bytes, there: int) -> bool:
    """Whether these bytes, with so many there from here on, begin a chunk (or end the file)."""
    if there <= 0:
        return True
    name, size = header[:4], int.from_bytes(header[4:8], "little")
    return len(header) == 8 and name.isascii() and name.decode("ascii").isprintable() and size <= there - 8


def _seconds(found: Located, size: int) -> str:
    return f"{size / found.format.bytes_per_second:.2f} s"
