"""A made-up `sounddevice`: cards that come and go, refuse, and are pulled or fed by the test in place of a thread."""

from __future__ import annotations

import asyncio
import struct
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import TypedDict, Unpack

import pytest

BLOCK = 240
"""Frames of a speaker's block: 10 ms at 24 kHz."""


class FakeError(Exception):
    """A PortAudioError: a sentence and a code."""


class Times:
    """The stream's clock, 30 ms ahead of the ear and 20 ms behind the mouth."""

    currentTime = 5.0  # noqa: N815
    inputBufferAdcTime = 4.98  # noqa: N815
    outputBufferDacTime = 5.03  # noqa: N815


class NoTimes:
    """The clock of a host that does not tell."""

    currentTime = inputBufferAdcTime = outputBufferDacTime = 0.0  # noqa: N815


@dataclass(eq=False)
class Card:
    """What is plugged in."""

    name: str = "USB Headset"
    host: int = 0
    inputs: int = 0
    outputs: int = 2
    rates: set[int] = field(default_factory=lambda: {16_000, 24_000})
    channels: set[int] = field(default_factory=lambda: {1, 2})
    native: float = 48_000.0
    open_error: Exception | None = None
    start_error: Exception | None = None


class Asked(TypedDict):
    """What a stream is opened with."""

    samplerate: int
    blocksize: int
    channels: int
    dtype: str
    device: int
    latency: str | float
    callback: Callable[..., None]


class FakeStream:
    """A stream whose thread is the test."""

    def __init__(self, sound: FakeSound, card: Card, rate: int, channels: int, callback: Callable[..., None]) -> None:
        self.sound, self.card, self.rate, self.channels, self.callback = sound, card, rate, channels, callback
        self.latency = 0.05
        self.active = True
        self.log: list[str] = []

    def start(self) -> None:
        if self.card.start_error is not None:
            raise self.card.start_error
        self.log.append("start")

    def abort(self) -> None:
        self.log.append("abort")

    def close(self) -> None:
        self.log.append("close")
        self.sound.running.remove(self)

    def beat(self) -> None:
        """A block of nothing: the stream lives."""
        self.callback(memoryview(bytearray()), 0, Times(), 0)

    def pull(self, blocks: int = 1, times: object = None) -> list[int]:
        heard: list[int] = []
        for _ in range(blocks):
            out = memoryview(bytearray(2 * BLOCK * self.channels))
            self.callback(out, BLOCK, times or Times(), 0)
            heard += struct.unpack(f"<{BLOCK * self.channels}h", out)
        return heard

    def feed(self, pcm: bytes, times: object = None) -> None:
        """Blocks of 20 ms, and what is left of them."""
        size = self.rate // 50 * 2 * self.channels
        for at in range(0, len(pcm), size):
            block = pcm[at : at + size]
            self.callback(memoryview(block), len(block) // (2 * self.channels), times or Times(), 0)


class FakeSound(ModuleType):
    """The module `sounddevice` with some cards. Like the real one it looks for them once, until it is refreshed."""

    PortAudioError = FakeError

    def __init__(self, *cards: Card) -> None:
        super().__init__("sounddevice")
        self.plugged = list(cards)
        self.running: list[FakeStream] = []
        self.opened: list[FakeStream] = []
        self.refreshes = 0
        self._lib = self
        self.Pa_Initialize()

    def Pa_Initialize(self) -> int:  # noqa: N802
        assert not self.running, "PortAudio closes what is open then, and its owner does not know"
        self.listed = list(self.plugged)
        return 0

    def Pa_Terminate(self) -> int:  # noqa: N802
        self.refreshes += 1
        return 0

    @property
    def stream(self) -> FakeStream:
        (stream,) = self.running
        return stream

    def unplug(self, card: Card) -> None:
        self.plugged.remove(card)

    def query_hostapis(self) -> list[Mapping[str, object]]:
        return [{"name": "ALSA"}, {"name": "JACK"}]

    def query_devices(self, device: int | None = None, kind: str | None = None) -> object:
        if kind is None:
            return [self._info(card) for card in self.listed]
        at = next((at for at, card in enumerate(self.listed) if self._count(card, kind)), None)
        if at is None:
            raise FakeError("Error querying device -1")
        return {"index": at}

    def _count(self, card: Card, kind: str) -> int:
        return card.inputs if kind == "input" else card.outputs

    def _info(self, card: Card) -> Mapping[str, object]:
        return {
            "name": card.name,
            "hostapi": card.host,
            "max_input_channels": card.inputs,
            "max_output_channels": card.outputs,
            "default_samplerate": card.native,
        }

    def RawInputStream(self, **asked: Unpack[Asked]) -> FakeStream:  # noqa: N802
        assert asked["blocksize"]
        return self._open(asked)

    def RawOutputStream(self, **asked: Unpack[Asked]) -> FakeStream:  # noqa: N802
        assert bool(asked["blocksize"]) is (asked["latency"] == "low")
        return self._open(asked)

    def _open(self, asked: Asked) -> FakeStream:
        assert asked["dtype"] == "int16"
        assert asked["latency"] in ("low", "high", 0.1)
        card = self.listed[asked["device"]]
        if card not in self.plugged:
            raise FakeError("Invalid device", -9996)
        if card.open_error is not None:
            raise card.open_error
        if asked["channels"] not in card.channels:
            raise FakeError("Invalid number of channels", -9998)
        if asked["samplerate"] not in card.rates:
            raise FakeError("Invalid sample rate", -9997)
        stream = FakeStream(self, card, asked["samplerate"], asked["channels"], asked["callback"])
        self.running.append(stream)
        self.opened = [*self.opened[-9:], stream]
        return stream


def install(monkeypatch: pytest.MonkeyPatch, *cards: Card) -> FakeSound:
    """Puts such a module where livechat looks for the real one."""
    sound = FakeSound(*cards)
    monkeypatch.setitem(sys.modules, "sounddevice", sound)
    return sound


async def pass_time(sound: FakeSound, seconds: float) -> None:
    """Lets time pass for streams that run and have nothing to say."""
    for _ in range(round(seconds * 10)):
        for stream in sound.running:
            if stream.card in sound.plugged:
                stream.beat()
        await asyncio.sleep(0.1)


async def settle(sound: FakeSound) -> None:
    """Lets all streams run for so long that a silence counts."""
    await pass_time(sound, 0.6)


def at_once(work: Callable[[], None]) -> Callable[[], bool]:
    """The keeper's work, done here and now."""
    work()
    return lambda: True
