"""Opens what `--video` names: a camera, a screen or a file."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final

from livechat.errors import LivechatError, UsageError
from livechat.video.feed import Feed, Shots

NEEDS: Final[Mapping[str, str]] = {"av": "av", "mss": "mss"}
"""What is imported by the name of the distribution that brings it."""


def video_missing() -> LivechatError | None:
    """Why no pictures can be taken on this machine, with the line that changes it; None if they can."""
    missing = [distribution for package, distribution in NEEDS.items() if find_spec(package) is None]
    if not missing:
        return None
    from livechat.install import install_line

    what = f"sending pictures needs what is not installed: {', '.join(missing)}"
    return UsageError(what, hint=install_line("video"))


def open_video(name: str, fps: float = 1.0) -> Feed:
    """The pictures of `cam`, `cam:NAME`, `screen`, `screen:N` or a file, so many a second: at most one.

    Raises `UsageError` where packages are missing or the rate is none, `MissingInput` and `BadInput` about a file.
    What is wrong with a camera or a screen comes out of the iteration, as `DeviceError`.
    """
    every_s = interval_s(fps)
    if missing := video_missing():
        raise missing
    return Feed(_shots(name), every_s)


def interval_s(fps: float) -> float:
    """Seconds between two pictures; raises `UsageError`."""
    if not 0.01 <= fps <= 1:
        hint = "--fps 1 is what the Live API takes at most, --fps 0.2 sends one every five seconds"
        raise UsageError(f"{fps:g} pictures a second cannot be sent", hint=hint)
    return 1 / fps


def _shots(name: str) -> Shots:
    kind, _, which = name.partition(":")
    if kind == "cam":
        from livechat.video.camera import camera

        return camera(which)
    if kind == "screen":
        from livechat.video.screen import screen

        return screen(which)
    from livechat.video.film import film

    return film(name)
