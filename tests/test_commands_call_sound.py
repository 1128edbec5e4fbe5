"""The devices of a call, on made-up cards."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from livechat.audio.keeping import DeviceBack, DeviceLost, News
from livechat.audio.verdicts import Verdict, remember
from livechat.commands.call_sound import CallSound
from livechat.config_keys import TalkKeys
from livechat.ear import AlwaysOpen, Attention, Ear
from livechat.errors import UsageError
from livechat.session import Session
from tests.sound_card import Card, FakeSound, install, pass_time
from tests.sound_help import run_virtually


@dataclass
class Told:
    """What the user is told."""

    said: list[str] = field(default_factory=list[str])
    news: list[News] = field(default_factory=list[News])


def made(keys: TalkKeys, state: Path, told: Told) -> CallSound:
    return CallSound(keys, told.said.append, told.news.append, state)


@pytest.fixture(name="yeti")
def _yeti() -> Card:
    return Card("Yeti", inputs=1, outputs=0)


@pytest.fixture(name="sound")
def _sound(monkeypatch: pytest.MonkeyPatch, yeti: Card) -> FakeSound:
    return install(monkeypatch, yeti, Card("Speakers"))


def test_a_speaker_that_nobody_knows_lets_go_of_the_microphone_too(sound: FakeSound, tmp_path: Path) -> None:
    async def call() -> None:
        with pytest.raises(UsageError, match="bogus"):
            made(TalkKeys(output_device="bogus"), tmp_path, Told()).open()
        assert sound.running == []

    run_virtually(call())


def test_a_microphone_is_muted_until_somebody_listens(sound: FakeSound, tmp_path: Path) -> None:
    async def call() -> None:
        devices = made(TalkKeys(output_device="none"), tmp_path, Told())
        devices.open()
        assert devices.microphone is not None
        assert devices.microphone.muted
        devices.close()
        assert sound.running == []

    run_virtually(call())


def test_what_is_known_of_a_microphone_counts_when_the_call_moves_to_it(
    sound: FakeSound, yeti: Card, tmp_path: Path
) -> None:
    remember(tmp_path, Verdict("Built-in", "Speakers", "poor", 80.0, 3.0, "2026-11-21"))
    told = Told()

    async def call() -> None:
        devices = made(TalkKeys(), tmp_path, told)
        devices.open()
        speaker = devices.make_speaker(lambda samples, drained: None)
        assert devices.microphone is not None
        ear = Ear(cast("Session", None), devices.microphone, Attention(AlwaysOpen()))
        devices.listen_through(ear)
        hows = [devices.echo.how]
        await pass_time(sound, 1)
        sound.unplug(yeti)
        sound.plugged.append(Card("Built-in", inputs=1, outputs=0))
        await pass_time(sound, 3)
        assert [type(news) for news in told.news] == [DeviceLost, DeviceBack]
        assert [*hows, devices.echo.how] == ["on", "half-duplex"]
        assert told.said == [devices.echo.sentence]
        devices.close()
        await speaker.close()

    run_virtually(call())
    assert sound.running == []


def test_names_of_devices_are_told(sound: FakeSound, tmp_path: Path) -> None:
    async def call() -> None:
        devices = made(TalkKeys(), tmp_path, Told())
        devices.open()
        speaker = devices.make_speaker(lambda samples, drained: None)
        assert devices.names == ("Yeti", "Speakers")
        assert devices.turn(-3) == "the model's voice is played at -3 dB"
        assert devices.turn(-90) == "the model's voice is played at -30 dB"
        assert devices.turn(30) == "the model's voice is played as it comes"
        devices.close()
        await speaker.close()

    run_virtually(call())
