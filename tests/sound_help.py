"""What the tests of the audio room share: made-up sound, RIFF chunks, and a loop whose time only passes in sleep."""

from __future__ import annotations

import asyncio
import math
import selectors
import struct
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Leaper(selectors.SelectSelector):
    """Waits for nothing: the time it was asked to wait has passed at once."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout:
            self.now += timeout
        return ready or super().select(0 if timeout is not None else None)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock stands still but while all sleep."""

    def __init__(self) -> None:
        self.leaper = _Leaper()
        super().__init__(self.leaper)

    def time(self) -> float:
        return self.leaper.now


def run_virtually(coroutine: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(coroutine)


def sine(samples: int, rate: int = 16_000, hertz: float = 300.0, level: float = 0.5) -> list[float]:
    return [level * math.sin(2 * math.pi * hertz * at / rate) for at in range(samples)]


def s16(samples: list[float]) -> bytes:
    return struct.pack(f"<{len(samples)}h", *(round(sample * 32767) for sample in samples))


def chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    return name + struct.pack("<I", len(body) if size is None else size) + body + b"\0" * (len(body) % 2)


def fmt(
    tag: int = 1, channels: int = 1, rate: int = 16_000, bits: int = 16, *, block: int | None = None, more: bytes = b""
) -> bytes:
    block = channels * bits // 8 if block is None else block
    return chunk(b"fmt ", struct.pack("<HHIIHH", tag, channels, rate, (rate * block) % 2**32, block, bits) + more)


def extensible(tag: int, channels: int, rate: int, bits: int) -> bytes:
    guid = struct.pack("<H", tag) + bytes.fromhex("000000001000800000aa00389b71")
    return fmt(0xFFFE, channels, rate, bits, more=struct.pack("<HHI", 22, bits, 0) + guid)


def riff(*chunks: bytes, name: bytes = b"RIFF", size: int | None = None) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return name + struct.pack("<I", len(body) if size is None else size) + body


def wav(data: bytes) -> bytes:
    return riff(fmt(), chunk(b"data", data))
