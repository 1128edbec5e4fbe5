"""Stands in for the sound cards of a command that a test runs: none, a microphone that is taken, or a silent one.

MISTAKE_SOUND says which: `no library`, `no device`, `taken`, `silent`.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

_SOUND = os.environ.get("MISTAKE_SOUND", "no library")
if _SOUND == "no library":
    raise OSError("PortAudio library not found")

_CARD = {
    "name": "Yeti Stereo Microphone",
    "hostapi": 0,
    "max_input_channels": 2,
    "max_output_channels": 2,
    "default_samplerate": 48_000.0,
}


class PortAudioError(Exception):
    """A sentence and a code, told as the real one tells them."""

    def __str__(self) -> str:
        return str(self.args[0]) + (f" [PaErrorCode {self.args[1]}]" if self.args[1:] else "")


def query_devices(device: int | None = None, kind: str | None = None) -> object:
    if kind is None:
        return [] if _SOUND == "no device" else [_CARD]
    if _SOUND == "no device":
        raise PortAudioError("Error querying device -1")
    return {**_CARD, "index": 0}


def query_hostapis() -> list[dict[str, str]]:
    return [{"name": "ALSA"}]


class _Times:
    currentTime = inputBufferAdcTime = outputBufferDacTime = 0.0  # noqa: N815


class _Stream:
    """Hands out silence and takes anything, 20 ms at a time, until it is closed."""

    latency = 0.02
    active = True

    def __init__(self, *, samplerate: int, channels: int, callback: Callable[..., None], **options: object) -> None:
        if _SOUND == "taken":
            raise PortAudioError("Error opening stream: Device unavailable", -9985)
        self._frames, self._channels, self._callback = samplerate // 50, channels, callback
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def abort(self) -> None:
        self._ended.set()
        self._thread.join()

    stop = close = abort

    def _run(self) -> None:
        while not self._ended.is_set():
            time.sleep(0.02)
            self._callback(bytearray(2 * self._frames * self._channels), self._frames, _Times, None)


RawInputStream = RawOutputStream = _Stream
