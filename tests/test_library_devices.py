"""The devices of an audio conversation, on made-up cards."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from livechat.audio.device import DeviceSpeaker
from livechat.audio.keeping import DeviceBack, DeviceLost
from livechat.audio.microphone import Microphone
from livechat.audio.playout import ClockedSpeaker
from livechat.audio.verdicts import Verdict, remember
from livechat.ear import AlwaysOpen, Attention, Ear
from livechat.errors import DeviceError, LivechatError, UsageError
from livechat.library.devices import Devices, EchoWay, MicrophoneLike, SpeakerLike
from livechat.library.program_sound import ProgramMicrophone
from livechat.session import Session
from tests.sound_card import Card, FakeSound, install, pass_time
from tests.sound_help import run_virtually, s16, sine


@pytest.fixture(name="yeti")
def _yeti() -> Card:
    return Card("Yeti", inputs=1, outputs=0)


@pytest.fixture(name="sound")
def _sound(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, yeti: Card) -> FakeSound:
    monkeypatch.setenv("LIVECHAT_STATE", str(tmp_path))
    return install(monkeypatch, yeti, Card("Speakers"), Card("Headset", outputs=2))


def played(samples: int, drained: bool) -> None:
    """What a speaker reports, to nobody."""


def failed(error: LivechatError) -> None:
    raise error


def opened(microphone: MicrophoneLike = None, speaker: SpeakerLike = None, echo: EchoWay = "auto") -> Devices:
    devices = Devices(microphone, speaker, echo)
    devices.open(played, failed)
    return devices


def kinds(devices: Devices) -> tuple[type, type]:
    return type(devices.microphone), type(devices.speaker)


def ear_of(devices: Devices) -> Ear:
    assert devices.microphone is not None
    ear = Ear(cast("Session", None), devices.microphone, Attention(AlwaysOpen()))
    devices.listen_through(ear)
    return ear


async def nothing() -> AsyncIterator[bytes]:
    nobody: list[bytes] = []
    for piece in nobody:
        yield piece


def test_the_system_s_own_devices_are_opened_and_the_echo_between_them_is_cancelled(sound: FakeSound) -> None:
    async def talk() -> None:
        devices = opened()
        assert kinds(devices) == (Microphone, DeviceSpeaker)
        assert devices.names == ("Yeti", "Speakers")
        assert not devices.waits, "what is not taken from it in time is old"
        hows = [devices.echo.how]
        ear = ear_of(devices)
        assert [*hows, devices.echo.how] == ["off", "on"]
        assert ear.canceller is not None
        assert ear.far_end is not None
        await devices.close()

    run_virtually(talk())
    assert sound.running == []


@pytest.mark.parametrize("microphone", ["Yeti", 0])
@pytest.mark.parametrize("speaker", ["Headset", 2])
def test_devices_are_named_or_numbered(sound: FakeSound, microphone: MicrophoneLike, speaker: SpeakerLike) -> None:
    async def talk() -> None:
        devices = opened(microphone, speaker)
        ear_of(devices)
        assert devices.names == ("Yeti", "Headset")
        assert devices.echo.how == "off", "nobody hears a headset"
        await devices.close()

    run_virtually(talk())


def test_what_a_test_of_the_devices_has_found_counts(sound: FakeSound, tmp_path: Path) -> None:
    remember(tmp_path, Verdict("Yeti", "Speakers", "clipped", 80.0, 3.0, "2026-11-21"))

    async def talk() -> None:
        devices = opened()
        ear_of(devices)
        assert devices.echo.how == "half-duplex"
        await devices.close()

    run_virtually(talk())


def test_a_microphone_is_muted_until_somebody_listens(sound: FakeSound) -> None:
    async def talk() -> None:
        devices = opened(None, False)
        assert devices.microphone is not None
        assert devices.microphone.muted
        await devices.close()

    run_virtually(talk())


def test_an_ear_is_told_what_the_speaker_sounds(sound: FakeSound) -> None:
    async def talk() -> None:
        devices = opened()
        ear = ear_of(devices)
        assert devices.speaker is not None
        assert ear.far_end is not None
        devices.speaker.play(s16(sine(24_000, 24_000)), 1)
        _, speaker = sound.running
        speaker.pull(50)
        assert any(ear.far_end.take(asyncio.get_running_loop().time() + 0.05))
        await devices.close()

    run_virtually(talk())


def test_a_program_s_own_sound_needs_no_card(sound: FakeSound) -> None:
    async def talk() -> None:
        devices = opened(nothing(), lambda pcm: None)
        assert kinds(devices) == (ProgramMicrophone, ClockedSpeaker)
        assert devices.names == ("", "")
        assert devices.waits
        ear = ear_of(devices)
        assert ear.canceller is None
        await devices.close()

    run_virtually(talk())
    assert sound.opened == []


def test_who_wants_none_gets_none(sound: FakeSound) -> None:
    async def talk() -> None:
        devices = opened(False, False)
        assert devices.microphone is None
        assert devices.speaker is None
        assert devices.names == ("", "")
        await devices.close()

    run_virtually(talk())
    assert sound.opened == []


def test_a_speaker_that_cannot_be_opened_lets_go_of_the_microphone(sound: FakeSound) -> None:
    async def talk() -> None:
        devices = Devices(None, "Nowhere", "auto")
        with pytest.raises(UsageError, match="Nowhere"):
            devices.open(played, failed)
        await devices.close()

    run_virtually(talk())
    assert sound.running == []


def test_what_cannot_be_closed_without_failing_lets_go_of_the_rest(sound: FakeSound) -> None:
    async def bad() -> AsyncIterator[bytes]:
        try:
            yield bytes(640)
        finally:
            raise OSError("stuck")

    async def talk() -> None:
        devices = opened(bad(), None)
        assert devices.microphone is not None
        devices.microphone.muted = False
        await anext(devices.microphone)
        with pytest.raises(DeviceError, match="microphone"):
            await devices.close()

    run_virtually(talk())
    assert sound.running == []


def test_what_becomes_of_the_devices_is_logged(
    sound: FakeSound, yeti: Card, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    remember(tmp_path, Verdict("Built-in\x1b[2J", "Speakers", "poor", 80.0, 3.0, "2026-11-21"))

    async def talk() -> None:
        devices = opened()
        ear_of(devices)
        await pass_time(sound, 1)
        sound.unplug(yeti)
        sound.plugged.append(Card("Built-in\x1b[2J", inputs=1, outputs=0))
        await pass_time(sound, 3)
        assert devices.echo.how == "half-duplex"
        await devices.close()

    with caplog.at_level(logging.WARNING, "livechat.library.devices"):
        run_virtually(talk())
    told = [record.getMessage() for record in caplog.records]
    assert told[0] == str(DeviceLost("input", "Yeti"))
    assert "moved to" in told[1]
    assert told[2].startswith("half duplex")
    assert not any("\x1b" in message for message in told)


def test_news_before_anybody_listens_is_logged_too(
    sound: FakeSound, yeti: Card, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk() -> None:
        devices = opened(None, False)
        await pass_time(sound, 1)
        sound.unplug(yeti)
        await pass_time(sound, 1)
        sound.plugged.append(yeti)
        await pass_time(sound, 3)
        await devices.close()

    with caplog.at_level(logging.WARNING, "livechat.library.devices"):
        run_virtually(talk())
    back = str(DeviceBack("input", "Yeti", False, 48_000, 48_000))
    assert [record.getMessage() for record in caplog.records] == [str(DeviceLost("input", "Yeti")), back]


async def awaited(pcm: bytes) -> None:
    """A speaker that would have to be awaited."""


MISTAKES: dict[str, tuple[object, object, str]] = {
    "True is no microphone": (True, None, "auto"),
    "type list is no microphone": ([], None, "auto"),
    "True is no speaker": (None, True, "auto"),
    "type list is no speaker": (None, [], "auto"),
    "has to be awaited": (None, awaited, "auto"),
    "echo='loud' is no way": (None, None, "loud"),
    "echo='on' is for a microphone and a loudspeaker": (False, None, "on"),
    "echo='half-duplex' is for": (None, print, "half-duplex"),
}


@pytest.mark.parametrize("problem", MISTAKES)
def test_what_cannot_be_is_a_mistake_before_anything_is_opened(problem: str) -> None:
    microphone, speaker, echo = MISTAKES[problem]
    with pytest.raises(UsageError, match=problem) as raised:
        Devices(cast("MicrophoneLike", microphone), cast("SpeakerLike", speaker), cast("EchoWay", echo))
    assert raised.value.hint


def test_a_way_that_needs_no_echo_may_be_asked_for_anywhere() -> None:
    asyncio.run(Devices(False, False, "off").close())
