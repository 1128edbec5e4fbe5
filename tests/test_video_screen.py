"""Claims about the screen, with one that is made up: no real one was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import mss
import pytest

from livechat.errors import DeviceError, UsageError
from livechat.video.screen import screen
from tests.films import Asked, look

SIZES = [(0, 0), (1920, 1080), (800, 600)]


@dataclass
class Shot:
    bgra: bytes
    width: int
    height: int


class Eye:
    """Two screens: a dark one and a primary one that is bright."""

    monitors: ClassVar[list[dict[str, int]]] = [{"width": w, "height": h, "level": 60 * w // 480} for w, h in SIZES]
    closed = False

    @property
    def primary_monitor(self) -> dict[str, int]:
        return self.monitors[2]

    def __enter__(self) -> Eye:
        return self

    def __exit__(self, *_: object) -> None:
        Eye.closed = True

    def grab(self, monitor: dict[str, int]) -> Shot:
        width, height = monitor["width"], monitor["height"]
        return Shot(bytes([monitor["level"]] * 3 + [255]) * (width * height), width, height)


@pytest.fixture(autouse=True)
def eye(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mss, "MSS", Eye)


@pytest.mark.parametrize(("which", "size"), [("", (800, 600)), ("1", (1024, 576)), ("2", (800, 600))])
def test_a_screen_is_shown_whenever_it_is_asked_for(which: str, size: tuple[int, int]) -> None:
    asked = Asked(1.0, 2.0)
    pictures = list(screen(which)(asked))
    assert [look(picture)[0] for picture in pictures] == [size, size]
    assert asked.waited == [1.0, 2.0]
    assert Eye.closed


def test_a_screen_that_is_not_there_is_named() -> None:
    with pytest.raises(DeviceError, match="there is no screen 3, there are 2") as refused:
        list(screen("3")(Asked(0.0)))
    assert refused.value.hint


@pytest.mark.parametrize("which", ["left", "-1", "0", "²", "1.0"])
def test_a_screen_has_a_number(which: str) -> None:
    with pytest.raises(UsageError, match=f"there is no screen {which}"):
        screen(which)


@pytest.mark.parametrize(("platform", "hint"), [("linux", "DISPLAY"), ("darwin", "Privacy"), ("win32", "remote")])
def test_a_screen_that_may_not_be_seen_says_what_to_allow(
    platform: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> Eye:
        raise mss.ScreenShotError("no permission")

    monkeypatch.setattr(mss, "MSS", refuse)
    monkeypatch.setattr("sys.platform", platform)
    with pytest.raises(DeviceError, match="the screen cannot be seen") as refused:
        list(screen()(Asked(0.0)))
    assert (refused.value.why, hint in refused.value.hint) == ("no permission", True)
