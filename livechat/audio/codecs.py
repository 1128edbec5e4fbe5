"""Recognises compressed sound, and reads FLAC, Ogg, MP3 and their like through soundfile where it is installed."""

from __future__ import annotations

import importlib
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol, cast

from livechat.audio.pcm import Floats
from livechat.audio.resample import SpeechMaker
from livechat.errors import BadInput

STDIN: Final = "standard input"
"""What standard input is called in messages."""
_BLOCK: Final = 16_384
"""Samples decoded at a time: a third of a second at 48 kHz, in some 2 ms."""


@dataclass(frozen=True, slots=True)
class Codec:
    """A kind of file that is neither raw PCM nor WAV."""

    name: str
    readable: bool
    """soundfile reads it."""


_FLAC, _OGG, _MP3 = Codec("FLAC", True), Codec("Ogg", True), Codec("MP3", True)
_AIFF, _AU, _CAF = Codec("AIFF", True), Codec("AU", True), Codec("CAF", True)
_MP4, _MATROSKA = Codec("MPEG-4 (m4a)", False), Codec("Matroska or WebM", False)
_AAC, _WMA, _AMR, _WAVPACK, _APE = (Codec(name, False) for name in ("AAC", "WMA", "AMR", "WavPack", "Monkey's Audio"))

_BEGINNINGS: Final = {
    b"fLaC": _FLAC,
    b"OggS": _OGG,
    b"ID3": _MP3,
    b"FORM": _AIFF,
    b".snd": _AU,
    b"caff": _CAF,
    b"\x1aE\xdf\xa3": _MATROSKA,
    b"0&\xb2u\x8e\x66\xcf\x11": _WMA,
    b"#!AMR": _AMR,
    b"wvpk": _WAVPACK,
    b"MAC ": _APE,
    b"RIFX": Codec("big-endian WAV (RIFX)", False),
    b"RIFF": Codec("a RIFF that is not WAV", False),
}
_SUFFIXES: Final = {
    **dict.fromkeys((".flac",), _FLAC),
    **dict.fromkeys((".ogg", ".oga", ".opus"), _OGG),
    **dict.fromkeys((".mp3",), _MP3),
    **dict.fromkeys((".aif", ".aiff", ".aifc"), _AIFF),
    **dict.fromkeys((".au", ".snd"), _AU),
    **dict.fromkeys((".caf",), _CAF),
    **dict.fromkeys((".m4a", ".mp4", ".m4b", ".mov"), _MP4),
    **dict.fromkeys((".mka", ".mkv", ".webm"), _MATROSKA),
    **dict.fromkeys((".aac",), _AAC),
    **dict.fromkeys((".wma",), _WMA),
    **dict.fromkeys((".amr",), _AMR),
    **dict.fromkeys((".wv",), _WAVPACK),
    **dict.fromkeys((".ape",), _APE),
}


def codec_of(head: bytes, suffix: str = "") -> Codec | None:
    """What the first 12 bytes say a file is, or else its suffix; None for neither."""
    if head[4:8] == b"ftyp":
        return _MP4
    said = next((codec for beginning, codec in _BEGINNINGS.items() if head.startswith(beginning)), None)
    return said or _SUFFIXES.get(suffix.lower())


def recipe(name: str) -> str:
    """The command line that sends a file of any kind, or what comes in at `STDIN`, through ffmpeg."""
    first = "… | ffmpeg -i -" if name == STDIN else f"ffmpeg -i {shlex.quote(name)}"
    return f"{first} -ar 16000 -ac 1 -f s16le - | livechat send-audio -"


# ------------------------------------------------------------------------------------- the wall to soundfile


class _SoundFile(Protocol):
    """What is used of `soundfile.SoundFile`, which ships without types."""

    samplerate: int
    channels: int
    frames: int
    seekable: Callable[[], bool]

    def read(self, frames: int, dtype: str, *, always_2d: bool) -> Floats: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Decoded:
    """An opened file of a codec."""

    duration_s: float
    blocks: Iterator[bytes]
    """16 kHz s16le mono; raises `BadInput` where the file cannot be decoded on."""
    close: Callable[[], None]


def open_codec(path: str, codec: Codec) -> Decoded:
    """Opens a file for decoding in constant memory; raises `BadInput`, with the way out as its hint."""
    if not codec.readable:
        raise BadInput(f"{path} is {codec.name}, which livechat cannot read", hint=recipe(path))
    try:
        soundfile = importlib.import_module("soundfile")
    except (ImportError, OSError) as missing:  # OSError: the package without its library
        raise BadInput(f"{path} is {codec.name}, and no decoder is installed", hint=_ways(path)) from missing
    refused = cast("type[Exception]", soundfile.SoundFileError)
    try:
        opened = cast("Callable[[str], _SoundFile]", soundfile.SoundFile)(path)
    except refused as error:
        # Its sentence is not passed on: of an MP3 that is none libsndfile says that the file does not exist.
        why = "it is damaged, or not sound of this kind"
        raise BadInput(f"{path} cannot be read as {codec.name}", why=why, hint=recipe(path)) from error
    return Decoded(opened.frames / opened.samplerate, _decode(opened, path, codec, refused), opened.close)


def _ways(path: str) -> str:
    from livechat.install import install_line

    return f"{install_line('codecs')}\n{recipe(path)}"


def _decode(opened: _SoundFile, path: str, codec: Codec, refused: type[Exception]) -> Iterator[bytes]:
    # After each read of what is seekable soundfile seeks to where it is, and an MP3 decoder loses its memory of
    # the frame before in that: 70 ms of silence at every block (measured, soundfile 0.14).
    opened.seekable = lambda: False
    speech = SpeechMaker(opened.samplerate)
    try:
        while len(block := opened.read(_BLOCK, "float32", always_2d=True)):
            mono: Floats = block.mean(axis=1, dtype=block.dtype)
            yield speech.feed(mono)
    except refused as error:
        raise _undecodable(path, codec, error) from error
    yield speech.finish()


def _undecodable(path: str, codec: Codec, error: Exception) -> BadInput:
    return BadInput(f"{path} cannot be read as {codec.name}", why=str(error), hint=recipe(path))
