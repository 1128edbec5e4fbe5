"""The guard against echo follows the devices of a call."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from livechat.audio.echo import EchoCanceller, HalfDuplex
from livechat.audio.keeping import DeviceBack, DeviceLost, MicrophoneSilent
from livechat.audio.verdicts import Verdict, remember
from livechat.ear import Ear
from livechat.echo_guard import EchoGuard


class FakeEar:
    """Notes what it is told to do."""

    def __init__(self) -> None:
        self.canceller: object = None
        self.far_end: object = None
        self.done: list[str] = []

    def pause(self) -> None:
        self.done.append("paused")

    def moved(self) -> None:
        self.done.append("moved")


@pytest.fixture(name="ear")
def _ear() -> FakeEar:
    return FakeEar()


def guard(ear: FakeEar, state: Path, wish: str = "auto", names: list[tuple[str, str]] | None = None) -> EchoGuard:
    now = names or [("Yeti", "Speakers")]
    return EchoGuard(cast("Ear", ear), None, wish, lambda: now[-1], state)


def back(kind: str, *, moved: bool) -> DeviceBack:
    return DeviceBack("output" if kind == "output" else "input", "Yeti", moved, 48_000, 48_000)


WAYS: dict[str, type | None] = {"on": EchoCanceller, "half-duplex": HalfDuplex, "off": None}


@pytest.mark.parametrize("wish", WAYS)
def test_what_was_wished_is_done(wish: str, ear: FakeEar, tmp_path: Path) -> None:
    made = guard(ear, tmp_path, wish)
    assert made.choice.how == wish
    assert type(ear.canceller) is (WAYS[wish] or type(None))


def test_where_nothing_is_in_the_open_nothing_is_cancelled(ear: FakeEar, tmp_path: Path) -> None:
    made = EchoGuard(cast("Ear", ear), None, "auto", None, tmp_path)
    assert made.choice.how == "off"
    assert ear.canceller is None


def test_a_microphone_that_is_lost_pauses_and_one_that_comes_starts_anew(ear: FakeEar, tmp_path: Path) -> None:
    made = guard(ear, tmp_path)
    before = ear.canceller
    made.news(DeviceLost("output", "Speakers"))
    made.news(back("output", moved=False))
    made.news(MicrophoneSilent("Yeti"))
    assert ear.done == []
    made.news(DeviceLost("input", "Yeti"))
    made.news(back("input", moved=False))
    assert ear.done == ["paused", "moved"]
    assert ear.canceller is before


def test_another_pair_of_devices_is_another_choice(ear: FakeEar, tmp_path: Path) -> None:
    remember(tmp_path, Verdict("Yeti", "Headset", "unheard", None, None, "2026-11-21"))
    names = [("Yeti", "Speakers")]
    made = guard(ear, tmp_path, names=names)
    ways, cancellers = [made.choice.how], [ear.canceller]
    for speaker in ("USB Speakers", "Headset"):
        names.append(("Yeti", speaker))
        made.news(back("output", moved=True))
        ways.append(made.choice.how)
        cancellers.append(ear.canceller)
    assert ways == ["on", "on", "off"]
    assert cancellers[0] is not cancellers[1]
    assert cancellers[2] is None
