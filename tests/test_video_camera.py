"""Claims about cameras, with a film in the place of one: no hardware was looked through."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import av
import pytest
from av.container import InputContainer

from livechat.errors import DeviceError
from livechat.video.camera import address_of, camera
from tests.films import Asked, make_film, second_of

Open = Callable[..., InputContainer]


class Device:
    """Opens a film where a camera was named, when it is asked for in a way that the camera takes."""

    def __init__(self, path: str, *takes: dict[str, str], error: Exception | None = None) -> None:
        self.path, self.takes, self.error = path, takes, error
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real = cast(Open, av.open)

        def fake(
            address: str, mode: str, *, format: str | None = None, options: dict[str, str] | None = None
        ) -> object:
            if format is None:
                return real(address, mode)
            self.asked.append((format, address, dict(options or {})))
            if self.error or options not in self.takes:
                raise self.error or av.error.ArgumentError(22, "Invalid argument")
            return real(self.path, mode)

        monkeypatch.setattr(av, "open", fake)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return make_film(tmp_path / "seen.mp4", 3)


def test_every_frame_is_read_and_those_are_shown_that_are_due(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Device(path, {}).install(monkeypatch)
    pictures = list(camera()(Asked(0.0, 0.0, 0.0)))
    assert [second_of(picture) for picture in pictures] == [0, 0, 0]


@pytest.mark.parametrize("options", [{}, {"framerate": "30"}, {"framerate": "30", "video_size": "1280x720"}])
def test_a_camera_is_asked_for_less_until_it_agrees(
    path: str, options: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    device = Device(path, options)
    device.install(monkeypatch)
    assert len(list(camera()(Asked(0.0)))) == 1
    assert device.asked[-1][2] == options
    assert device.asked[0][2] == {"framerate": "30", "video_size": "1280x720"}


def test_a_camera_that_stops_is_said_to_have_stopped(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Device(path, {}).install(monkeypatch)
    with pytest.raises(DeviceError, match="the camera 2 gives no more pictures"):
        list(camera("2")(Asked(*[0.0] * 100)))


@pytest.mark.parametrize(
    ("platform", "hint"),
    [("linux", "/dev/video"), ("darwin", "Privacy & Security"), ("win32", "Camera"), ("aix", "ls")],
)
def test_why_a_camera_cannot_be_opened_is_said_with_what_to_do(
    platform: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Device("", error=av.error.PermissionError(13, "Permission denied")).install(monkeypatch)
    with pytest.raises(DeviceError, match="the camera Cam cannot be used") as refused:
        list(camera("Cam", platform)(Asked(0.0)))
    assert refused.value.why == "Permission denied"
    assert hint in refused.value.hint


@pytest.mark.parametrize(
    ("which", "platform", "address"),
    [
        ("", "linux", ("v4l2", "/dev/video0")),
        ("2", "linux", ("v4l2", "/dev/video2")),
        ("/dev/v4l/by-id/usb", "linux", ("v4l2", "/dev/v4l/by-id/usb")),
        ("", "darwin", ("avfoundation", "default:none")),
        ("1", "darwin", ("avfoundation", "1:none")),
        ("USB Camera", "win32", ("dshow", "video=USB Camera")),
    ],
)
def test_each_system_has_its_own_names(which: str, platform: str, address: tuple[str, str]) -> None:
    assert address_of(which, platform) == address


def test_windows_is_asked_for_its_first_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(_: str) -> list[av.device.DeviceInfo]:
        microphone = av.device.DeviceInfo("mic", "", False, ["audio"])
        return [microphone, av.device.DeviceInfo("cam-id", "Integrated Camera", False, ["video"])]

    monkeypatch.setattr("av.device.enumerate_input_devices", found)
    assert address_of("", "win32") == ("dshow", "video=cam-id")
    monkeypatch.setattr("av.device.enumerate_input_devices", lambda _: [])
    with pytest.raises(DeviceError, match="there is no camera"):
        address_of("", "win32")


def test_a_system_without_such_devices_says_so() -> None:
    with pytest.raises(DeviceError, match="no camera can be found"):
        address_of("", "win32")
