"""Claims about the microphone: what comes out of it, when, how loud; against a made-up card and a real PulseAudio."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from livechat.audio.device import DeviceSpeaker
from livechat.audio.keeping import DeviceBack, DeviceLost, Keeper, MicrophoneSilent, News
from livechat.audio.microphone import QUEUE_FRAMES, Frame, Microphone, input_available
from livechat.audio.pcm import SILENCE_DBFS
from livechat.errors import DeviceError, UsageError
from tests import pulse_fixture
from tests.sound_card import Card, FakeSound, NoTimes, at_once, install, pass_time, settle
from tests.sound_help import run_virtually, s16, sine

FRAME = 640
"""Bytes of 20 ms."""


@pytest.fixture(name="sound")
def _sound(monkeypatch: pytest.MonkeyPatch) -> FakeSound:
    return install(monkeypatch, Card("Yeti", inputs=1, outputs=0))


def listen(tell: list[News] | None = None) -> Microphone:
    return Microphone(keeper=Keeper(run=at_once), tell=None if tell is None else tell.append)


async def taken(microphone: Microphone) -> list[Frame]:
    """All that is there to take now."""
    frames: list[Frame] = []
    await asyncio.sleep(0)
    while True:
        try:
            async with asyncio.timeout(0):
                frames.append(await anext(microphone))
        except TimeoutError:
            return frames


def joined(frames: list[Frame]) -> bytes:
    return b"".join(frame.pcm for frame in frames)


def test_frames_are_the_cards_samples_bit_for_bit_with_their_level_and_time(sound: FakeSound) -> None:
    async def scene() -> None:
        microphone = listen()
        assert (microphone.name, microphone.rate) == ("Yeti", 16_000)
        pcm = s16(sine(1_000, level=1.0))
        sound.stream.feed(pcm)
        frames = await taken(microphone)
        assert joined(frames) == pcm[: 3 * FRAME]
        assert [len(frame.pcm) for frame in frames] == [FRAME] * 3
        assert [frame.at for frame in frames] == pytest.approx([0, 0, 0], abs=1e-9)
        assert frames[1].level_db == pytest.approx(-3.0, abs=0.1)
        sound.stream.feed(bytes(FRAME - len(pcm) % FRAME), NoTimes())
        (last,) = await taken(microphone)
        assert last.at == pytest.approx(-0.05 + 0.0175)
        microphone.close()
        assert sound.opened[-1].log == ["start", "abort", "close"]

    run_virtually(scene())


@pytest.mark.parametrize(("native", "channels"), [(8_000, 1), (44_100, 1), (48_000, 2), (48_000, 4)])
def test_a_card_with_its_own_rate_and_channels_is_brought_to_16_khz_mono(
    sound: FakeSound, native: int, channels: int
) -> None:
    (card,) = sound.plugged
    card.rates, card.native, card.channels, card.inputs = {native}, float(native), {channels}, channels

    async def scene() -> None:
        microphone = listen()
        assert microphone.rate == native
        tone = np.frombuffer(s16(sine(native // 2, native)), "<i2")
        sound.stream.feed(np.repeat(tone, channels).astype("<i2").tobytes())
        frames = await taken(microphone)
        heard = np.frombuffer(joined(frames), "<i2") / 32767
        assert 0.4 <= len(heard) / 16_000 <= 0.5
        expected = np.array(sine(len(heard)))
        assert np.abs(heard - expected)[400:].max() < 0.005
        microphone.close()

    run_virtually(scene())


def test_a_resampled_frame_is_as_old_as_the_sound_in_it(sound: FakeSound) -> None:
    sound.plugged[0].rates = {48_000}

    async def scene() -> None:
        microphone = listen()
        ends: list[float] = []
        for _ in range(20):
            sound.stream.feed(bytes(1_920))
            ends += [frame.at for frame in await taken(microphone)]
            await asyncio.sleep(0.02)
        assert ends == pytest.approx([0.02 * at for at in range(len(ends))], abs=1e-6)
        microphone.close()

    run_virtually(scene())


def test_who_reads_too_slowly_loses_the_oldest_and_can_count_them(sound: FakeSound) -> None:
    async def scene() -> None:
        microphone = listen()
        for number in range(QUEUE_FRAMES + 7):
            sound.stream.feed(bytes([number]) * FRAME)
        frames = await taken(microphone)
        assert [frame.pcm[0] for frame in frames] == list(range(7, QUEUE_FRAMES + 7))
        assert microphone.dropped == 7
        microphone.close()

    run_virtually(scene())


def test_muted_it_hands_out_nothing_and_never_what_was_said_meanwhile(sound: FakeSound) -> None:
    async def scene() -> None:
        microphone = listen()
        sound.stream.feed(b"\1" * FRAME)
        sound.stream.feed(b"\1" * (FRAME // 2))
        await asyncio.sleep(0)
        microphone.muted = True
        assert microphone.muted
        assert await taken(microphone) == []
        sound.stream.feed(b"\2" * 10 * FRAME)
        assert await taken(microphone) == []
        sound.stream.feed(b"\3" * FRAME)  # on its way when the mute ends
        microphone.muted = False
        assert await taken(microphone) == []
        await asyncio.sleep(0.1)
        sound.stream.feed(b"\4" * FRAME)
        assert joined(await taken(microphone)) == b"\4" * FRAME
        microphone.close()

    run_virtually(scene())


def test_closing_ends_whoever_waits_and_nothing_is_taken_in_any_more(sound: FakeSound) -> None:
    async def scene() -> None:
        microphone = listen()
        stream = sound.stream
        async with asyncio.TaskGroup() as tasks:
            reader = tasks.create_task(taken_to_the_end(microphone))
            stream.feed(bytes(FRAME))
            await asyncio.sleep(0.1)
            microphone.close()
            stream.feed(bytes(FRAME))
        assert len(reader.result()) == 1
        await asyncio.sleep(0.1)
        assert await taken_to_the_end(microphone) == []

    run_virtually(scene())


async def taken_to_the_end(microphone: Microphone) -> list[Frame]:
    return [frame async for frame in microphone]


def test_a_card_that_outlives_the_loop_has_nobody_to_tell(sound: FakeSound) -> None:
    async def scene() -> None:
        listen()

    run_virtually(scene())
    sound.stream.feed(bytes(FRAME))


def test_five_seconds_of_nothing_but_zeros_are_named_once_and_again_after_sound(sound: FakeSound) -> None:
    async def scene() -> None:
        news = list[News]()
        microphone = listen(news)

        async def hear(pcm: bytes, seconds: float) -> None:
            for _ in range(round(seconds * 50)):
                sound.stream.feed(pcm)
                await asyncio.sleep(0.02)

        await hear(bytes(FRAME), 4.9)
        assert news == []
        await hear(bytes(FRAME), 20)
        assert news == [MicrophoneSilent("Yeti")]
        await hear(b"\1\0" + bytes(FRAME - 2), 5)
        microphone.muted = True
        await hear(bytes(FRAME), 6)
        microphone.muted = False
        await hear(bytes(FRAME), 4.5)
        assert len(news) == 1
        await hear(bytes(FRAME), 1)
        assert len(news) == 2
        microphone.close()

    run_virtually(scene())


def test_a_reader_goes_on_reading_when_the_device_is_lost_and_another_takes_its_place(sound: FakeSound) -> None:
    async def scene() -> None:
        news = list[News]()
        microphone = listen(news)
        async with asyncio.TaskGroup() as tasks:
            reader = tasks.create_task(taken_to_the_end(microphone))
            await settle(sound)
            sound.stream.feed(b"\1" * FRAME)
            sound.plugged[:] = [Card("Built-in", inputs=2, rates={48_000}, channels={2})]
            await asyncio.sleep(0.7)
            await pass_time(sound, 0.2)
            assert news == [DeviceLost("input", "Yeti"), DeviceBack("input", "Built-in", True, 48_000, 48_000)]
            assert (microphone.name, microphone.rate) == ("Built-in", 48_000)
            sound.stream.feed(s16(sine(19_200, 48_000)))
            await asyncio.sleep(0.1)
            microphone.close()
        assert 9 <= len(reader.result()) <= 11
        assert reader.result()[0].level_db > SILENCE_DBFS

    run_virtually(scene())


def test_it_can_be_spared_while_it_is_muted_or_nobody_speaks(sound: FakeSound) -> None:
    async def scene() -> None:
        microphone = listen()
        assert not microphone.spare()
        sound.stream.feed(bytes(QUEUE_FRAMES * FRAME))
        await taken(microphone)
        assert microphone.spare()
        sound.stream.feed(s16(sine(320)))
        await taken(microphone)
        assert not microphone.spare()
        microphone.muted = True
        assert microphone.spare()
        microphone.close()

    run_virtually(scene())


def test_stepping_aside_for_another_is_news_only_where_it_ends_on_another_device(sound: FakeSound) -> None:
    async def scene() -> None:
        news = list[News]()
        keeper = Keeper(run=at_once)
        microphone = Microphone(keeper=keeper, tell=news.append)
        sound.plugged.append(Card("Speakers"))
        sound.listed = list(sound.plugged)
        speaker = DeviceSpeaker(lambda samples, drained: None, keeper=keeper, tell=news.append)
        await settle(sound)
        sound.plugged[1:] = [Card("HDMI")]
        await pass_time(sound, 0.7)
        assert news == [DeviceLost("output", "Speakers"), DeviceBack("output", "HDMI", True, 48_000, 48_000)]
        assert len(sound.running) == 2
        await settle(sound)
        yeti = sound.plugged[0]
        sound.plugged[:] = [Card("Dock", inputs=1, outputs=0), yeti, Card("Speakers")]
        await pass_time(sound, 0.7)
        assert news[2:] == [
            DeviceLost("output", "HDMI"),
            DeviceBack("output", "Speakers", True, 48_000, 48_000),
            DeviceBack("input", "Dock", True, 48_000, 48_000),
        ]
        await speaker.close()
        microphone.close()

    run_virtually(scene())


def test_a_device_that_is_missing_or_named_wrongly_is_told_at_once(sound: FakeSound) -> None:
    async def scene() -> None:
        with pytest.raises(UsageError, match="did you mean 'Yeti'"):
            Microphone(device="Yety")
        sound.listed.clear()
        with pytest.raises(DeviceError, match="no microphone found"):
            Microphone()

    assert input_available() is None
    run_virtually(scene())
    assert str(input_available()) == "no microphone found"


def test_1_000_lost_microphones_leave_nothing_behind(sound: FakeSound) -> None:
    async def scene() -> None:
        microphone = listen()
        counts: list[int] = []
        for cycle in range(1_000):
            sound.stream.feed(bytes(FRAME))
            sound.stream.active = False
            await asyncio.sleep(0.2)
            assert len(sound.opened) == min(cycle + 2, 10)
            if cycle in (100, 999):
                gc.collect()
                counts.append(len(gc.get_objects()))
        assert counts[1] < counts[0] + 100
        microphone.close()
        assert sound.running == []

    run_virtually(scene())


LISTENER = """
import asyncio, sys
from livechat.audio.microphone import Microphone
async def main():
    microphone = Microphone()
    wanted = int(sys.argv[1])
    print("ready", flush=True)
    heard = bytearray()
    async for frame in microphone:
        heard += frame.pcm
        if len(heard.lstrip(b"\\0")) >= wanted:
            break
    microphone.close()
    sys.stdout.buffer.write(heard)
asyncio.run(main())
"""


@pytest.mark.pulse
@pytest.mark.skipif(bool(pulse_fixture.missing()), reason=pulse_fixture.missing())
def test_a_real_microphone_is_heard_bit_for_bit() -> None:
    # The pipe hands it over in one burst, so it must fit into the queue: 0.4 s of 0.5.
    noise = np.random.default_rng(5).integers(1, 8_000, 6_400).astype("<i2").tobytes()
    with tempfile.TemporaryDirectory() as folder, pulse_fixture.pulse(Path(folder)) as pulse:
        command = [sys.executable, "-c", LISTENER, str(len(noise))]
        with subprocess.Popen(
            command, env=pulse.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as listener:
            assert listener.stdout is not None
            assert listener.stdout.readline() == b"ready\n"
            pulse.microphone.write_bytes(noise + bytes(FRAME))
            try:
                heard, complaints = listener.communicate(timeout=20)
            finally:
                listener.kill()
    assert (listener.returncode, complaints) == (0, b"")
    assert noise in heard
