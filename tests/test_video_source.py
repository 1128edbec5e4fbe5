"""Claims about what `--video` names, and about a machine that has nothing to take pictures with."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from livechat.errors import DeviceError, MissingInput, UsageError
from livechat.video import source
from livechat.video.source import interval_s, open_video, video_missing
from tests.films import make_film, second_of


def test_a_file_is_opened_at_once_and_played(tmp_path: Path) -> None:
    with pytest.raises(MissingInput):
        open_video(str(tmp_path / "no.mp4"))

    async def run() -> list[int]:
        feed = open_video(make_film(tmp_path / "f.mp4", 0.4), 1.0)
        return [second_of(picture) async for picture in feed]

    assert asyncio.run(run()) == [0]


@pytest.mark.parametrize("name", ["cam:/dev/none-such", "screen"])
def test_a_camera_and_a_screen_complain_when_they_are_asked(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)

    async def run() -> None:
        feed = open_video(name)
        with pytest.raises(DeviceError):
            await anext(feed)

    asyncio.run(run())


@pytest.mark.parametrize(("fps", "seconds"), [(1, 1), (0.5, 2), (0.01, 100)])
def test_a_rate_is_an_interval(fps: float, seconds: float) -> None:
    assert interval_s(fps) == seconds


@pytest.mark.parametrize("fps", [0, -1, 1.01, 30, float("nan"), float("inf")])
def test_more_than_one_a_second_is_refused(fps: float) -> None:
    with pytest.raises(UsageError, match="pictures a second cannot be sent") as refused:
        open_video("cam", fps)
    assert "--fps 1" in refused.value.hint


def test_what_is_missing_is_named_with_the_line_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert video_missing() is None
    monkeypatch.setattr(source, "NEEDS", {"av": "av", "no_such_package": "no-such"})
    with pytest.raises(UsageError, match="sending pictures needs what is not installed: no-such") as missing:
        open_video("cam")
    assert "install" in missing.value.hint


def test_nothing_heavy_is_loaded_before_there_is_video() -> None:
    program = "import sys, livechat.video.source; assert not {'av', 'mss', 'numpy'} & set(sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
