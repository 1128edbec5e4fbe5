"""Looks through a camera: FFmpeg's device of the system, whose every frame is read so that the newest is at hand."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from livechat.errors import DeviceError
from livechat.video.feed import Shots, Shutter
from livechat.video.jpeg import jpeg

if TYPE_CHECKING:
    from av.container import InputContainer

_WISHES: Final[Sequence[dict[str, str]]] = ({"framerate": "30", "video_size": "1280x720"}, {"framerate": "30"}, {})
"""What is asked of a camera, the best first: macOS opens none at a rate that is not the camera's own."""
_HINTS: Final = {
    "linux": "ls /dev/video* shows the cameras: --video cam:2 is /dev/video2; to be let in: usermod -aG video $USER",
    "darwin": "allow it for your terminal: System Settings, Privacy & Security, Camera",
    "win32": "allow it for desktop apps: Settings, Privacy & security, Camera",
}


def camera(which: str = "", platform: str = sys.platform) -> Shots:
    """The pictures of a camera: the first, or the one of that number or name. It raises `DeviceError`."""
    return lambda shutter: _look(which, platform, shutter)


def _look(which: str, platform: str, shutter: Shutter) -> Iterator[bytes]:
    from av.error import FFmpegError

    name = f"camera {which}" if which else "camera"
    try:
        with _open(which, platform) as opened:
            for frame in opened.decode(video=0):
                if shutter.closed:
                    return
                if shutter.fires():
                    yield jpeg(frame)
    except FFmpegError as error:
        raise _refused(f"the {name} cannot be used", error, platform) from error
    raise DeviceError(f"the {name} gives no more pictures", hint=_hint(platform))


def _open(which: str, platform: str) -> InputContainer:
    from av import open
    from av.error import FFmpegError

    format, address = address_of(which, platform)
    for wishes in _WISHES[:-1]:
        try:
            return open(address, "r", format=format, options=wishes)
        except FFmpegError:
            continue
    return open(address, "r", format=format, options=_WISHES[-1])


def address_of(which: str, platform: str) -> tuple[str, str]:
    """What FFmpeg calls the kind of device and the one of that number or name; raises `DeviceError`."""
    if platform == "darwin":
        return "avfoundation", f"{which or 'default'}:none"
    if platform == "win32":
        return "dshow", f"video={which or _first(platform)}"
    return "v4l2", which if which.startswith("/") else f"/dev/video{which or 0}"


def _first(platform: str) -> str:
    from av.device import enumerate_input_devices
    from av.error import FFmpegError

    try:
        found = [device.name for device in enumerate_input_devices("dshow") if "video" in device.media_types]
    except (FFmpegError, ValueError) as error:
        raise _refused("no camera can be found", error, platform) from error
    if not found:
        raise DeviceError("there is no camera", hint=_hint(platform))
    return found[0]


def _refused(what: str, error: Exception, platform: str) -> DeviceError:
    return DeviceError(what, why=getattr(error, "strerror", None) or str(error), hint=_hint(platform))


def _hint(platform: str) -> str:
    return _HINTS.get(platform, _HINTS["linux"])
