"""Looks at the screen: the primary one or another, through mss."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Protocol, cast

from livechat.errors import DeviceError, UsageError
from livechat.video.feed import Shots, Shutter
from livechat.video.jpeg import frame_of, jpeg

_HINTS: Final = {
    "linux": "it is read through X11: set DISPLAY, and begin the session with X11 where it is Wayland",
    "darwin": "allow it for your terminal: System Settings, Privacy & Security, Screen & System Audio Recording",
    "win32": "a locked or remote session shows none",
}


class _Shot(Protocol):
    """What is used of `mss.ScreenShot`."""

    bgra: bytes
    width: int
    height: int


class _Eye(Protocol):
    """What is used of `mss.MSS`, whose own types a strict checker does not take."""

    monitors: Sequence[Mapping[str, int]]
    """All of them in one, then each."""
    primary_monitor: Mapping[str, int]

    def __enter__(self) -> _Eye: ...
    def __exit__(self, *_: object) -> None: ...
    def grab(self, monitor: Mapping[str, int]) -> _Shot: ...


def screen(which: str = "") -> Shots:
    """The pictures of the primary screen, or of the one of that number, from 1. It raises `DeviceError`.

    Raises `UsageError` for what is no number.
    """
    if which and not (which.isascii() and which.isdigit() and int(which)):
        raise UsageError(f"there is no screen {which}", hint="screens have numbers: screen:1, screen:2")
    return lambda shutter: _look(int(which or 0), shutter)


def _look(number: int, shutter: Shutter) -> Iterator[bytes]:
    from mss import MSS, ScreenShotError

    try:
        with cast("Callable[[], _Eye]", MSS)() as eye:
            if number >= len(eye.monitors):
                there = f"there are {len(eye.monitors) - 1}"
                raise DeviceError(f"there is no screen {number}, {there}", hint="--video screen is the primary one")
            seen = eye.monitors[number] if number else eye.primary_monitor
            while (at := shutter.next()) is not None and shutter.wait(at):
                shot = eye.grab(seen)
                yield jpeg(frame_of(shot.bgra, shot.width, shot.height))
    except ScreenShotError as error:
        hint = _HINTS.get(sys.platform, _HINTS["linux"])
        raise DeviceError("the screen cannot be seen", why=str(error), hint=hint) from error
