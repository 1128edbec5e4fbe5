"""Makes blobs of pictures for live input, and lets at most one a second of them through, the newest."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, Awaitable, Callable
from pathlib import Path
from typing import Final, Generic, TypeAlias, TypeVar, cast

from livechat.errors import BadInput, MissingInput
from livechat.protocol.codec import MAX_FRAME
from livechat.protocol.parts import Blob

ImageLike: TypeAlias = bytes | bytearray | memoryview | str | Path | Blob
"""A picture: the bytes of a JPEG, PNG or WebP file, the path of one, or a blob with its type."""

MAX_IMAGE: Final = MAX_FRAME // 4 * 3 - 4096
"""Bytes of a picture at most: in base64 it has to fit into a frame of 16 MiB."""
JPEG: Final = "image/jpeg"
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_OTHERS: Final = {
    b"GIF8": "a GIF",
    b"BM": "a BMP",
    b"%PDF": "a PDF",
    b"II*\0": "a TIFF",
    b"MM\0*": "a TIFF",
    b"\x1aE\xdf\xa3": "a film (Matroska or WebM)",
}
_HINT: Final = "give a JPEG, a PNG or a WebP"

T = TypeVar("T")


def image_blob(image: ImageLike, mime_type: str | None = None) -> Blob:
    """A picture with its type, which its first bytes tell; `mime_type` is for kinds that they do not tell of here.

    A path is read at once, on the thread that calls. Raises `MissingInput` where there is no such file, `BadInput`
    for what is no JPEG, PNG or WebP and has no type of its own, is not what its type says, or is over `MAX_IMAGE`.
    """
    name = "the picture"
    if isinstance(image, Blob):
        data, mime_type = image.data or b"", mime_type or image.mime_type
    elif isinstance(image, (str, Path)):
        name, data = str(image), _read(Path(image))
    else:
        data = _plain(image)
    if not data:
        raise BadInput(f"{name} is empty", hint=_HINT)
    if len(data) > MAX_IMAGE:
        what = f"{name} is larger than {MAX_IMAGE / 2**20:.0f} MiB, which fits into no frame"
        raise BadInput(what, hint="make it smaller: 1024 pixels on its long side show as much")
    return Blob(data=data, mime_type=_type_of(name, data, mime_type))


def _type_of(name: str, data: bytes, said: str | None) -> str:
    seen = kind_of(data)
    said = JPEG if said == "image/jpg" else said
    if said is None and seen is not None:
        return seen
    if said is None or not said.startswith("image/"):
        other = next((other for beginning, other in _OTHERS.items() if data.startswith(beginning)), None)
        what = f"{name} is {other}" if other else f"{name} is no JPEG, PNG or WebP"
        raise BadInput(what if said is None else f"{said} is no type of a picture", hint=_HINT)
    if seen not in (said, None):
        raise BadInput(f"{name} is {seen}, and is said to be {said}", hint="leave the type away: its bytes tell it")
    return said


def _plain(image: object) -> bytes:
    if not isinstance(image, (bytes, bytearray, memoryview)):
        raise BadInput(f"{type(image).__name__} is no picture", hint=f"{_HINT}: its bytes, its path or a Blob")
    return bytes(cast("bytes", image))


def kind_of(data: bytes) -> str | None:
    """The type that the first 12 bytes of a picture tell: image/jpeg, image/png or image/webp, or None."""
    if data.startswith(_JPEG):
        return JPEG
    if data.startswith(_PNG):
        return "image/png"
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def _read(path: Path) -> bytes:
    """The bytes of a picture, or a few more than a picture may have."""
    try:
        if not path.is_file():
            kind = "is not a file" if path.exists() else "is not there"
            raise MissingInput(f"the picture {path} {kind}", hint="look for its name, and for the folder you are in")
        with path.open("rb") as file:
            return file.read(MAX_IMAGE + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = error.strerror or "" if isinstance(error, OSError) else str(error)
        raise MissingInput(f"the picture {path} cannot be read", why=why) from error


# ----------------------------------------------------------------------------------------------- the pace


class Pacer:
    """Gives out places in time, at least `interval_s` apart: the Live API wants pictures at one a second.

    Source: Firebase's reference of `LiveSession.sendVideoRealtime` ("individual video frames at 1 FPS").
    """

    def __init__(self, interval_s: float = 1.0) -> None:
        self.interval_s = interval_s
        self._next: float | None = None

    def due(self, now: float) -> float:
        """Takes the next place, and says in how many seconds it is; two who ask at once get two places.

        `now` is in seconds of any clock that only goes forward.
        """
        at = now if self._next is None else max(now, self._next)
        self._next = at + self.interval_s
        return at - now

    def give_back(self) -> None:
        """Gives back a place that was taken and is not used."""
        if self._next is not None:
            self._next -= self.interval_s


async def send_newest(
    frames: AsyncIterable[T], send: Callable[[T], Awaitable[object]], pacer: Pacer | None = None
) -> int:
    """Sends what comes, when the pacer has a place for it: always the newest, what is older by then is left out.

    Ends with `frames`, whose last is sent in its place. Returns how many were sent. Raises what `frames` or `send`
    raise, the first of it, as it was raised.
    """
    newest = _Newest[T]()
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(newest.read(frames), name="frames")
        await newest.give(send, pacer or Pacer())
        reading.cancel()
    if newest.failed is not None:
        raise newest.failed
    return newest.sent


class _Newest(Generic[T]):
    """The newest of a stream, until somebody has time for it. What fails is kept: a group would wrap it."""

    def __init__(self) -> None:
        self.sent = 0
        self.failed: Exception | None = None
        self._kept: deque[T] = deque(maxlen=1)
        self._news = asyncio.Event()
        self._ended = False

    async def read(self, frames: AsyncIterable[T]) -> None:
        try:
            async for frame in frames:
                self._kept.append(frame)
                self._news.set()
        except Exception as error:
            self.failed = error
            self._kept.clear()
        self._ended = True
        self._news.set()

    async def give(self, send: Callable[[T], Awaitable[object]], pacer: Pacer) -> None:
        clock = asyncio.get_running_loop().time
        try:
            while await self._more():
                await asyncio.sleep(pacer.due(clock()))
                if self._kept:  # the stream may have broken meanwhile
                    await send(self._kept.pop())
                    self.sent += 1
        except Exception as error:
            self.failed = error

    async def _more(self) -> bool:
        """Waits until there is one to send; False when there will be none."""
        while not self._kept and not self._ended:
            self._news.clear()
            await self._news.wait()
        return bool(self._kept)
