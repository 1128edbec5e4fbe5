"""Makes the sound of live input of what a caller has: 16 kHz s16le mono out of bytes, WAV files, arrays and blobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, cast

from livechat.errors import BadInput, UsageError
from livechat.protocol.parts import Blob

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from livechat.audio.pcm import Floats
    from livechat.audio.wav import Located

AudioLike: TypeAlias = "bytes | bytearray | memoryview | npt.NDArray[np.generic] | Blob"
"""Sound in memory.

- bytes: s16le mono at the rate that is said with them, cut anywhere; or a WAV file, whole or in pieces, of any rate.
- arrays of NumPy: (n,) is mono, (n, channels) is mixed down; int16 and int32 over their whole range, uint8 around
  128, floats with full scale at ±1, beyond which they are clipped.
- `Blob`: bytes, whose type may say their rate ("audio/pcm;rate=24000").
"""

SENT_RATE: Final = 16_000
"""Hz of what is sent: s16le mono, which the Live API takes without resampling (its guide to audio formats)."""
PIECE: Final = SENT_RATE // 10 * 2
"""Bytes in a piece at most: 100 ms, so that no piece waits long behind another on the wire."""
_TOO_LOUD: Final = 64.0
"""Floats beyond this (36 dB over full scale) are not loud, they are integers that were only converted."""
_INTEGERS: Final = {"i2": 2.0**15, "i4": 2.0**31}
_RAW_TYPES: Final = ("audio/pcm", "audio/l16")
_WAV_TYPES: Final = ("audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave")
_MOST_AFTER: Final = 65_536
"""Bytes of names and marks after the sound of a WAV at most: a header that says more is taken to be wrong."""
_CODECS: Final = (b"ID3", b"OggS", b"fLaC", b"FORM", b"#!AMR", b"\x1aE\xdf\xa3")
_DECODE: Final = "decode it first, for instance: samples, rate = soundfile.read('FILE'); then give both"


class Sound:
    """One stream of sound on its way to 16 kHz s16le mono.

    It keeps what belongs between two calls: half a sample, and the last milliseconds that a change of rate holds back.
    All that is given to one of it is one stream; `flush` ends that stream, and the next begins another.
    """

    def __init__(self) -> None:
        self._stream: _Stream | None = None
        self._rate = 0
        """Hz of the raw sound that the stream takes; 0 for a WAV, which knows its own."""
        self._head = b""
        """The beginning of a WAV whose sound has not begun."""

    def feed(self, audio: AudioLike, rate: int = SENT_RATE) -> list[bytes]:
        """The pieces that are ready now, each of at most `PIECE` bytes; possibly none.

        `rate` is the Hz of bytes and arrays; a WAV's header and a blob's type come before it. A WAV goes on over the
        bytes of the next calls until it is as long as its header says, or until `flush` where it does not say.
        Raises `BadInput` for what is no sound, `UsageError` for a rate that no sound has.
        """
        if isinstance(audio, Blob):
            audio, rate = _unwrapped(audio, rate)
        if rate != SENT_RATE:
            _check(rate)
        if isinstance(audio, (bytes, bytearray, memoryview)):
            return _cut(self._take(_plain(audio), rate))
        return _cut(self._take_raw(_of_array(audio), rate))

    def flush(self) -> list[bytes]:
        """The pieces that were held back; what comes next is another sound. Raises `BadInput` for half a header."""
        head, self._head = self._head, b""
        if head:
            raise BadInput("the WAV file ended before its sound began", hint="give all of its bytes")
        return _cut(self._finish())

    def _take(self, data: bytes, rate: int) -> bytes:
        if self._head or _begins_wav(data):
            return self._finish() + self._take_wav(self._head + data)
        if self._stream is not None and not self._rate and not self._stream.full:
            return self._stream.feed(data)
        if self._stream is None:
            _refuse_codecs(data)
        return self._take_raw(data, rate)

    def _take_raw(self, pcm: bytes, rate: int) -> bytes:
        if not pcm:
            return b""
        before = b"" if rate == self._rate else self._finish()
        if self._stream is None:
            self._stream, self._rate = _open(rate), rate
        return before + self._stream.feed(pcm)

    def _take_wav(self, data: bytes) -> bytes:
        located = _locate(data)
        self._head = b"" if located else data
        if located is None:
            return b""
        self._stream = _Wav(located, _after(data, located))
        return self._stream.feed(data[located.start :])

    def _finish(self) -> bytes:
        stream, self._stream, self._rate = self._stream, None, 0
        return stream.finish() if stream is not None else b""


class _Stream(Protocol):
    """Takes bytes cut anywhere and gives 16 kHz s16le mono."""

    @property
    def full(self) -> bool:
        """What comes now is no part of it any more."""
        ...

    def feed(self, data: bytes) -> bytes: ...
    def finish(self) -> bytes: ...


class _Speech:
    """What is 16 kHz already: whole samples of it."""

    full = False

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        data = self._rest + data
        whole = len(data) & ~1
        self._rest = data[whole:]
        return data[:whole]

    def finish(self) -> bytes:
        """Nothing: half a sample is none."""
        return b""


class _AtAnotherRate:
    """Mono at another rate."""

    full = False

    def __init__(self, rate: int) -> None:
        from livechat.audio.pcm import Encoding, Format
        from livechat.audio.resample import Converter

        self._converter = Converter(Format(Encoding.S16LE, 1, rate))

    def feed(self, data: bytes) -> bytes:
        return self._converter.feed(data)

    def finish(self) -> bytes:
        return self._converter.finish()


class _Wav:
    """The sound of a WAV, and `after` bytes of other chunks that follow it in the file."""

    def __init__(self, located: Located, after: int) -> None:
        from livechat.audio.file import Intake

        self._intake = Intake("the WAV file", located, _unsaid)
        self._left = None if located.size is None else located.size + after

    @property
    def full(self) -> bool:
        return self._left == 0

    def feed(self, data: bytes) -> bytes:
        if self._left is not None:
            self._left = max(0, self._left - len(data))
        return self._intake.feed(data)

    def finish(self) -> bytes:
        return self._intake.finish()


def _after(head: bytes, located: Located) -> int:
    """How many bytes follow the sound in a WAV; none where its size cannot be true."""
    after = int.from_bytes(head[4:8], "little") + 8 - located.start - (located.size or 0)
    return after if 0 < after <= _MOST_AFTER else 0


def _open(rate: int) -> _Stream:
    return _Speech() if rate == SENT_RATE else _AtAnotherRate(rate)


def _cut(pcm: bytes) -> list[bytes]:
    return [pcm[at : at + PIECE] for at in range(0, len(pcm), PIECE)]


def _check(rate: int) -> None:
    from livechat.audio.wav import MAX_RATE, MIN_RATE

    if not MIN_RATE <= rate <= MAX_RATE:
        raise UsageError(f"a rate of {rate} Hz is not one of sound; it lies between {MIN_RATE} and {MAX_RATE}")


# ------------------------------------------------------------------------------------------------ bytes


def _plain(audio: bytes | bytearray | memoryview) -> bytes:
    if isinstance(audio, memoryview) and audio.itemsize > 1 and audio.format != "h":
        what = f"a view of '{audio.format}' is not s16le, and bytes do not say what they are"
        raise BadInput(what, hint="give an array: numpy.asarray(view)")
    return bytes(audio)


def _unwrapped(blob: Blob, rate: int) -> tuple[bytes, int]:
    """The bytes of a blob and the rate it says, or else `rate`."""
    kind, *parameters = (word.strip() for word in (blob.mime_type or _RAW_TYPES[0]).lower().split(";"))
    if not blob.data or kind not in (*_RAW_TYPES, *_WAV_TYPES):
        what = f"a blob of {kind} is not sound that can be streamed" if blob.data else "the blob has no data"
        raise BadInput(what, hint=f"give s16le mono as audio/pcm;rate={SENT_RATE}, or a WAV file as audio/wav")
    said = dict(word.split("=", 1) for word in parameters if "=" in word).get("rate", "")
    return blob.data, int(said) if said.isascii() and said.isdigit() else rate


def _begins_wav(data: bytes) -> bool:
    return data[8:12] == b"WAVE" and data[:4] in (b"RIFF", b"RF64", b"BW64")


def _locate(data: bytes) -> Located | None:
    """Where the sound of a WAV lies; None while too little of it is there. Raises `BadInput`."""
    from livechat.audio.wav import scan_wav

    steps = scan_wav("the WAV file", None, _unsaid, _DECODE)
    try:
        at, count = next(steps)
        while at + count <= len(data):
            at, count = steps.send(data[at : at + count])
    except StopIteration as found:
        located: Located = found.value
        return located
    return None


def _unsaid(_: str) -> None:
    """What is odd about a header changes nothing about what is in it."""


def _refuse_codecs(data: bytes) -> None:
    """Raises `BadInput` where a stream begins as a file of a codec does: one of 16 million of speech does, too."""
    if data.startswith(_CODECS) or data[4:8] == b"ftyp":
        from livechat.audio.codecs import codec_of

        codec = codec_of(data[:12])
        raise BadInput(f"these bytes are {codec.name if codec else 'compressed'}, not PCM", hint=_DECODE)


# ----------------------------------------------------------------------------------------------- arrays


def _of_array(audio: object) -> bytes:
    """s16le mono at the rate of an array; raises `BadInput`."""
    import numpy as np

    if not isinstance(audio, np.ndarray):
        what = f"{type(audio).__name__} is no sound: bytes of s16le mono are, WAV files, arrays of NumPy and blobs"
        raise BadInput(what, hint="of a file: pathlib.Path('FILE.wav').read_bytes()" if isinstance(audio, str) else "")
    from livechat.audio.pcm import encode

    return encode(_mono(_floats(cast("npt.NDArray[np.generic]", audio))))


def _floats(samples: npt.NDArray[np.generic]) -> Floats:
    """Samples of any dtype with full scale at ±1."""
    import numpy as np

    kind = samples.dtype.kind + str(samples.dtype.itemsize)
    if kind in _INTEGERS:
        return samples.astype(np.float32) / np.float32(_INTEGERS[kind])
    if kind == "u1":
        return (samples.astype(np.float32) - np.float32(128)) / np.float32(128)
    if samples.dtype.kind != "f":
        raise BadInput(f"an array of {samples.dtype} is not sound", hint="give int16, int32, uint8 or floats in -1…1")
    with np.errstate(over="ignore"):  # a double beyond float32 is an infinity, and that is full scale
        floats = np.nan_to_num(samples.astype(np.float32), copy=False, nan=0.0, posinf=1.0, neginf=-1.0)
    peak = float(np.abs(floats).max(initial=0.0))
    if peak > _TOO_LOUD:
        hint = "if they were 16-bit samples: give audio.astype('int16'), or audio / 32768"
        raise BadInput(f"the floats go up to {peak:.0f}, and full scale is 1", hint=hint)
    return floats


def _mono(samples: Floats) -> Floats:
    from livechat.audio.pcm import mix_down
    from livechat.audio.wav import MAX_CHANNELS

    if samples.ndim == 1:
        return samples
    channels = samples.shape[1] if samples.ndim == 2 else 0
    if not 1 <= channels <= MAX_CHANNELS:
        hint = "give (n,) or (n, channels)" + ("; channels come second: audio.T" if channels > MAX_CHANNELS else "")
        raise BadInput(f"an array of shape {samples.shape} is not sound", hint=hint)
    return mix_down(samples.reshape(-1), channels)
