"""A pipe of PCM as a microphone."""

from __future__ import annotations

import asyncio

import pytest

from livechat.audio.microphone import Frame
from livechat.audio.pcm import FRAME_BYTES
from livechat.audio.piped_microphone import PipedMicrophone
from livechat.audio.source import Source
from tests import virtual


class Given:
    """Pieces that are there."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)

    async def next(self) -> bytes | None:
        return self._pieces.pop(0) if self._pieces else None


def piped(*pieces: bytes) -> tuple[PipedMicrophone, list[str]]:
    closed: list[str] = []
    return PipedMicrophone(Source(Given(*pieces), lambda: closed.append("closed"))), closed


LOUD = b"\xff\x7f" * 320


def test_frames_come_in_real_time_with_their_level_and_their_time() -> None:
    async def main() -> list[Frame]:
        microphone, _ = piped(LOUD * 2, bytes(FRAME_BYTES))
        return [frame async for frame in microphone]

    frames = virtual.run(main())
    assert [round(frame.at, 3) for frame in frames] == [0.0, 0.02, 0.04]
    assert [round(frame.level_db) for frame in frames] == [0, 0, -120]
    assert frames[0].pcm == LOUD


def test_the_last_frame_is_filled_up() -> None:
    async def main() -> list[Frame]:
        microphone, _ = piped(b"\1\0")
        return [frame async for frame in microphone]

    assert [frame.pcm for frame in virtual.run(main())] == [b"\1\0" + bytes(FRAME_BYTES - 2)]


def test_what_comes_while_it_is_muted_is_thrown_away() -> None:
    async def main() -> list[bytes]:
        microphone, _ = piped(LOUD * 10, bytes(FRAME_BYTES))
        asyncio.get_running_loop().call_later(0.05, lambda: setattr(microphone, "muted", True))
        asyncio.get_running_loop().call_later(0.19, lambda: setattr(microphone, "muted", False))
        return [frame.pcm async for frame in microphone]

    assert virtual.run(main()) == [LOUD] * 3 + [bytes(FRAME_BYTES)]


def test_nothing_follows_its_close() -> None:
    async def main() -> list[str]:
        microphone, closed = piped(LOUD * 10)
        await anext(microphone)
        microphone.close()
        with pytest.raises(StopAsyncIteration):
            await anext(microphone)
        return closed

    assert virtual.run(main()) == ["closed"]


def test_a_frame_that_is_read_late_follows_the_one_before_all_the_same() -> None:
    async def main(pause: float) -> list[float]:
        microphone, _ = piped(LOUD * 3)
        first = await anext(microphone)
        await asyncio.sleep(pause)
        return [round((await anext(microphone)).at - first.at, 3) for _ in range(2)]

    assert virtual.run(main(0.3)) == [0.02, 0.04]
    assert virtual.run(main(1.0)) == [1.0, 1.02]
