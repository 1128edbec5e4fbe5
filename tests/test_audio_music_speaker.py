"""Claims about music on a sound card, against a PortAudio made up here and against a real one on PulseAudio."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from livechat.audio.keeping import DeviceBack, DeviceLost, Keeper, News
from livechat.audio.music_queue import FADE_MS
from livechat.audio.music_speaker import ROOM_S, MusicSpeaker
from livechat.errors import DeviceError, UsageError
from tests import pulse_fixture
from tests.pulse_fixture import Pulse
from tests.pulse_music import Frames, counting
from tests.sound_card import BLOCK, Card, FakeSound, at_once, install, pass_time
from tests.sound_help import run_virtually

RATE = 48_000
FADE = RATE * FADE_MS // 1000


def played(scene: Coroutine[None, None, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(100):
            await scene

    run_virtually(bounded())


def card(*rates: int, channels: int = 2) -> Card:
    return Card(rates=set(rates), channels={channels}, outputs=channels, native=rates[0])


@pytest.fixture(name="sound")
def _sound(monkeypatch: pytest.MonkeyPatch) -> FakeSound:
    return install(monkeypatch, card(RATE))


def heard(sound: FakeSound, frames: int) -> Frames:
    pulled = sound.stream.pull(frames // BLOCK)
    return np.array(pulled, "<i2").reshape(-1, sound.stream.channels)


def test_left_and_right_arrive_each_on_its_own_side_bit_for_bit(sound: FakeSound) -> None:
    async def scene() -> None:
        speaker = MusicSpeaker()
        assert speaker.name == "USB Headset"
        pcm = counting(0, 4_800).tobytes()
        speaker.play(pcm[:4_801])  # cut anywhere
        speaker.play(pcm[4_801:])
        assert not heard(sound, 4_800).any()  # a tenth of a second is not enough to begin
        more = counting(4_800, RATE)
        speaker.play(more.tobytes())
        sounding = heard(sound, 48_000)
        assert (sounding[FADE:] == counting(FADE, 48_000 - FADE)).all()
        await speaker.close()
        assert sound.opened[-1].log == ["start", "abort", "close"]

    played(scene())


def test_what_is_ahead_is_what_has_not_sounded(sound: FakeSound) -> None:
    async def scene() -> None:
        speaker = MusicSpeaker()
        speaker.play(counting(0, 2 * RATE).tobytes())
        assert speaker.ahead_s == 2
        heard(sound, RATE // 2)
        assert speaker.ahead_s == 2  # the card has it, the ear has not
        await asyncio.sleep(0.05)
        assert speaker.ahead_s == 1.5
        speaker.stop()
        assert speaker.ahead_s == 0
        await speaker.close()

    played(scene())


def test_it_may_step_aside_for_another_device_while_nobody_would_notice(sound: FakeSound) -> None:
    async def scene() -> None:
        speaker = MusicSpeaker()
        spare = [speaker.spare()]
        speaker.play(counting(0, RATE).tobytes())
        spare.append(speaker.spare())
        speaker.pause()
        assert [*spare, speaker.spare()] == [True, False, True]
        await speaker.close()

    played(scene())


def test_room_is_waited_for_while_too_much_is_in_stock(sound: FakeSound) -> None:
    async def scene() -> None:
        speaker = MusicSpeaker()
        await speaker.room()
        speaker.play(counting(0, round((ROOM_S + 0.2) * RATE)).tobytes())
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(speaker.room())
            heard(sound, RATE // 10)
            await asyncio.sleep(0.1)
            assert not waiting.done()
            heard(sound, RATE // 10)
            await asyncio.sleep(0.1)
            assert waiting.done()
        speaker.play(bytes(4 * RATE))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(speaker.room())
            tasks.create_task(speaker.drain())
            await asyncio.sleep(0)
            speaker.stop()
        speaker.play(bytes(round(4 * RATE * ROOM_S) + 4))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(speaker.room())
            tasks.create_task(speaker.drain())
            await asyncio.sleep(0)
            await speaker.close()

    played(scene())


def test_a_pause_is_silence_within_its_fade_and_what_follows_goes_on_where_it_was(sound: FakeSound) -> None:
    async def scene() -> None:
        speaker = MusicSpeaker()
        speaker.play(counting(0, 2 * RATE).tobytes())
        heard(sound, 2_400)
        speaker.pause()
        paused = [speaker.paused]
        silent = heard(sound, 4_800)
        assert silent[: FADE - 1].any()
        assert not silent[FADE:].any()
        await asyncio.sleep(1)
        speaker.resume()
        assert [*paused, speaker.paused] == [True, False]
        assert heard(sound, 2_400)[FADE].tolist() == counting(2_400 + 2 * FADE, 1)[0].tolist()
        assert speaker.underruns == 0
        await speaker.close()

    played(scene())


def test_a_stop_is_silence_within_its_fade_and_forgets_what_was_queued(sound: FakeSound) -> None:
    async def scene() -> None:
        speaker = MusicSpeaker()
        speaker.play(counting(0, 2 * RATE).tobytes())
        heard(sound, 2_400)
        speaker.stop()
        silent = heard(sound, 4_800)
        assert silent[: FADE - 1].any()
        assert not silent[FADE:].any()
        await asyncio.sleep(1)
        speaker.play(counting(0, RATE).tobytes())
        assert (heard(sound, 2_400)[FADE:] == counting(FADE, 2_400 - FADE)).all()
        await asyncio.sleep(1)
        assert speaker.ahead_s == 1 - 2_400 / RATE
        await speaker.close()

    played(scene())


def test_what_is_trimmed_away_is_not_heard_and_the_rest_is_counted_right(sound: FakeSound) -> None:
    async def scene() -> None:
        speaker = MusicSpeaker()
        assert speaker.trim(1) == 0
        for start in (0, RATE):
            speaker.play(counting(start, RATE).tobytes())
        heard(sound, 4_800)
        await asyncio.sleep(0.1)
        assert speaker.trim(1) == pytest.approx(0.9)
        assert speaker.ahead_s == pytest.approx(1)
        assert speaker.trim(1) == 0
        speaker.play(counting(100_000, RATE).tobytes())
        after = heard(sound, RATE)
        assert after[-1].tolist() == counting(4_800 + RATE - 1, 1)[0].tolist()
        crossed = heard(sound, RATE - 480)
        assert (crossed[2_400:] == counting(102_400, RATE - 2_880)).all()
        heard(sound, RATE // 10)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(speaker.drain())
        assert (speaker.ahead_s, speaker.underruns) == (0, 0)
        await speaker.close()

    played(scene())


def test_a_card_of_another_rate_is_trimmed_by_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        sound = install(monkeypatch, card(24_000))
        speaker = MusicSpeaker()
        speaker.play(counting(0, 2 * RATE).tobytes())
        heard(sound, 2_400)
        await asyncio.sleep(0.1)
        assert speaker.trim(1) == pytest.approx(0.9, abs=0.01)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(speaker.drain())
            await asyncio.sleep(0)
            sounding = heard(sound, 36_000)
        assert np.flatnonzero(sounding.any(axis=1))[-1] == pytest.approx(24_000, abs=100)
        assert speaker.ahead_s == 0
        await speaker.close()

    played(scene())


def test_what_is_trimmed_while_there_is_no_card_is_not_heard_when_there_is_one(sound: FakeSound) -> None:
    async def scene() -> None:
        speaker = MusicSpeaker(keeper=Keeper(run=at_once))
        await pass_time(sound, 0.6)
        lost = [speaker.lost]
        usb = sound.plugged[0]
        sound.unplug(usb)
        await asyncio.sleep(0.7)
        lost.append(speaker.lost)
        speaker.play(counting(0, RATE).tobytes())
        speaker.play(counting(RATE, 4 * RATE).tobytes())
        assert speaker.trim(2) == 3
        sound.plugged.append(usb)
        await pass_time(sound, 1)
        assert [*lost, speaker.lost] == [False, True, False]
        sounding = heard(sound, 3 * RATE)
        await asyncio.sleep(1)
        assert speaker.ahead_s == 0
        assert np.flatnonzero(sounding.any(axis=1))[-1] < 2 * RATE
        await speaker.close()

    played(scene())


def test_there_may_be_more_room_for_a_while(sound: FakeSound) -> None:
    async def scene() -> None:
        speaker = MusicSpeaker()
        speaker.play(bytes(4 * RATE * 12))
        speaker.extra_s = 4
        await speaker.room()
        assert speaker.extra_s == 4
        speaker.extra_s = 3.9
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(speaker.room())
            await asyncio.sleep(0)
            assert not waiting.done()
            speaker.extra_s = 4
        await speaker.close()

    played(scene())


def test_a_close_lets_the_sound_fade_first_and_then_plays_nothing(sound: FakeSound) -> None:
    async def scene() -> None:
        speaker = MusicSpeaker()
        speaker.play(counting(0, 2 * RATE).tobytes())
        heard(sound, 2_400)
        stream = sound.stream
        async with asyncio.TaskGroup() as tasks:
            closing = tasks.create_task(speaker.close())
            await asyncio.sleep(0)
            assert not heard(sound, 2_400)[FADE:].any()
            await asyncio.sleep(0.03)  # it is not heard yet
            assert not closing.done()
        assert stream.log == ["start", "abort", "close"]
        assert asyncio.get_running_loop().time() < 0.1
        await speaker.close()
        speaker.play(counting(0, RATE).tobytes())
        assert speaker.ahead_s == 0

    played(scene())


def test_a_card_that_hangs_holds_no_close_up_for_long(sound: FakeSound) -> None:
    async def scene() -> None:
        speaker = MusicSpeaker()
        await speaker.close()
        assert asyncio.get_running_loop().time() <= 1
        assert sound.running == []

    played(scene())


def test_what_is_drained_has_sounded_to_its_end_however_little_it_is(sound: FakeSound) -> None:
    async def scene() -> None:
        speaker = MusicSpeaker()
        await speaker.drain()
        speaker.play(counting(0, 960).tobytes())
        async with asyncio.TaskGroup() as tasks:
            draining = tasks.create_task(speaker.drain())
            await asyncio.sleep(0)
            sounding = heard(sound, 1_200)
            assert (sounding[FADE : 960 - FADE] == counting(FADE, 960 - 2 * FADE)).all()
            await asyncio.sleep(0.03)
            assert not draining.done()
        assert asyncio.get_running_loop().time() == pytest.approx(0.035)  # 30 ms to the ear, and a block
        assert speaker.underruns == 0
        await speaker.close()

    played(scene())


def test_music_that_runs_dry_is_counted_and_waits_for_some_again(sound: FakeSound) -> None:
    async def scene() -> None:
        speaker = MusicSpeaker(start_s=0.1)
        speaker.play(counting(0, 4_800).tobytes())
        heard(sound, 7_200)
        speaker.play(counting(4_800, 2_400).tobytes())
        assert not heard(sound, 2_400).any()
        speaker.play(counting(7_200, 2_400).tobytes())
        assert (heard(sound, 2_400)[FADE:] == counting(4_800 + FADE, 2_400 - FADE)).all()
        assert speaker.underruns == 1
        await speaker.close()

    played(scene())


@pytest.mark.parametrize(("decibels", "level"), [(-6.0206, 4_000), (0.0, 8_000), (40.0, 32_767)])
def test_gain_makes_it_louder_or_softer(sound: FakeSound, decibels: float, level: int) -> None:
    async def scene() -> None:
        speaker = MusicSpeaker(channels=1)
        speaker.gain_db = decibels
        assert speaker.gain_db == decibels
        speaker.play(np.full(RATE, 8_000, "<i2").tobytes())
        assert heard(sound, 4_800)[FADE + BLOCK :].min() == pytest.approx(level, abs=1)
        await speaker.close()

    played(scene())


# ---------------------------------------------------------------------------------- cards that take something else


def test_a_card_of_another_rate_gets_both_channels_resampled(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        sound = install(monkeypatch, card(24_000))
        speaker = MusicSpeaker()
        phase = 2 * np.pi * np.arange(RATE + 1_000) / RATE
        tones = np.stack([np.sin(500 * phase), np.sin(900 * phase)], axis=1) * 10_000
        speaker.play(tones.astype("<i2").tobytes())
        sounding = heard(sound, 24_240).astype(float)
        await asyncio.sleep(0.1)
        assert 0 < speaker.ahead_s < 0.1  # what the resampler holds back
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(speaker.drain())
            await asyncio.sleep(0)
            assert not heard(sound, 1_200)[500:].any()
        for channel, hertz in ((0, 500), (1, 900)):
            strength = np.abs(np.fft.rfft(sounding[:24_000, channel]))
            assert strength.argmax() == hertz
            assert strength[1_400 - hertz] < strength[hertz] / 100
        assert speaker.ahead_s == 0
        await speaker.close()

    played(scene())


def test_what_is_high_is_kept_at_the_rate_of_a_disc(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        sound = install(monkeypatch, card(44_100))
        speaker = MusicSpeaker(start_s=0.5)
        high = np.sin(2 * np.pi * 19_000 * np.arange(RATE) / RATE) * 10_000
        speaker.play(np.stack([high, high], axis=1).astype("<i2").tobytes())
        sounding = heard(sound, 24_000)[4_000:].astype(float)
        assert sounding.std() == pytest.approx(10_000 / np.sqrt(2), rel=0.01)
        await speaker.close()

    played(scene())


def test_a_card_that_takes_mono_and_stereo_gets_stereo(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        sound = install(monkeypatch, Card(rates={RATE}, channels={1, 2}))
        speaker = MusicSpeaker()
        assert sound.stream.channels == 2
        await speaker.close()

    played(scene())


def test_a_card_of_one_channel_gets_the_mean_of_both(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        sound = install(monkeypatch, card(RATE, channels=1))
        speaker = MusicSpeaker()
        speaker.play(np.tile(np.array([9_000, 1_000], "<i2"), RATE).tobytes())
        assert (heard(sound, 2_400)[FADE:] == 5_000).all()
        await speaker.close()

    played(scene())


def test_a_card_that_takes_nothing_but_all_its_channels_gets_stereo_on_the_first_two(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scene() -> None:
        sound = install(monkeypatch, card(RATE, channels=6))
        speaker = MusicSpeaker()
        speaker.play(np.tile(np.array([9_000, 1_000], "<i2"), RATE).tobytes())
        assert (heard(sound, 2_400)[FADE:] == [9_000, 1_000, 0, 0, 0, 0]).all()
        await speaker.close()

    played(scene())


def test_mono_is_heard_on_both_sides(sound: FakeSound) -> None:
    async def scene() -> None:
        speaker = MusicSpeaker(channels=1)
        speaker.play(np.full(RATE, 7_000, "<i2").tobytes())
        assert (heard(sound, 2_400)[FADE:] == [7_000, 7_000]).all()
        await speaker.close()

    played(scene())


# ------------------------------------------------------------------------------------------- cards that come and go


def test_without_a_card_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        install(monkeypatch)
        with pytest.raises(DeviceError, match="no speaker found"):
            MusicSpeaker()
        install(monkeypatch, card(RATE))
        with pytest.raises(UsageError, match="no output device is 'Yeti'"):
            MusicSpeaker(device="Yeti")

    played(scene())


def test_a_card_that_was_lost_and_is_back_goes_on_with_what_was_not_heard(sound: FakeSound) -> None:
    async def scene() -> None:
        news: list[News] = []
        speaker = MusicSpeaker(keeper=Keeper(run=at_once), tell=news.append)
        await pass_time(sound, 0.6)
        speaker.gain_db = -6.0206
        speaker.play(counting(0, 20_000).tobytes())
        speaker.play(counting(20_000, RATE).tobytes())
        heard(sound, 24_000)
        await pass_time(sound, 0.2)
        usb = sound.plugged[0]
        sound.unplug(usb)
        await asyncio.sleep(0.7)
        assert [type(one) for one in news] == [DeviceLost]
        speaker.pause()
        speaker.resume()
        speaker.gain_db = 0
        speaker.play(counting(20_000 + RATE, 4_800).tobytes())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(speaker.drain())
            await asyncio.sleep(0)
            sound.plugged.append(usb)
            await pass_time(sound, 1)
            assert [type(one) for one in news] == [DeviceLost, DeviceBack]
            sounding = heard(sound, 49_200)[:48_800]
            await asyncio.sleep(1)
        assert (sounding[FADE : 4_000 + FADE] == counting(24_000 + FADE, 4_000)).all()
        assert sounding[-FADE - 1].tolist() == counting(20_000 + RATE + 4_800 - FADE - 1, 1)[0].tolist()
        assert (speaker.ahead_s, speaker.underruns) == (0, 0)
        await speaker.close()

    played(scene())


def test_a_short_end_is_heard_although_the_card_was_lost_before_it(sound: FakeSound) -> None:
    async def scene() -> None:
        speaker = MusicSpeaker(keeper=Keeper(run=at_once))
        await pass_time(sound, 0.6)
        usb = sound.plugged[0]
        sound.unplug(usb)
        await asyncio.sleep(0.7)
        speaker.gain_db = -6.0206
        speaker.play(counting(0, 4_800).tobytes())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(speaker.drain())
            await asyncio.sleep(0)
            sound.plugged.append(usb)
            await pass_time(sound, 1)
            sounding = heard(sound, 4_800)
            await asyncio.sleep(1)
        assert np.abs(sounding[FADE:-FADE] - counting(0, 4_800)[FADE:-FADE] / 2).max() <= 1
        await speaker.close()

    played(scene())


def test_what_is_paused_while_the_card_is_lost_is_paused_when_it_is_back(sound: FakeSound) -> None:
    async def scene() -> None:
        speaker = MusicSpeaker(keeper=Keeper(run=at_once), start_s=0)
        await pass_time(sound, 0.6)
        speaker.play(counting(0, 2_400).tobytes())
        heard(sound, 4_800)
        speaker.play(counting(0, RATE).tobytes())
        heard(sound, 2_400)
        usb = sound.plugged[0]
        sound.unplug(usb)
        await asyncio.sleep(0.7)
        speaker.pause()
        sound.plugged.append(usb)
        await pass_time(sound, 1)
        assert not heard(sound, 2_400).any()
        speaker.resume()
        assert heard(sound, 2_400).any()
        assert speaker.underruns == 1  # that before the loss
        sound.unplug(usb)
        await asyncio.sleep(0.7)
        speaker.stop()
        began = asyncio.get_running_loop().time()
        await speaker.close()  # there is nothing to wait for
        assert asyncio.get_running_loop().time() == began

    played(scene())


# --------------------------------------------------------------------------------------- a real one, on PulseAudio

on_pulse = pytest.mark.skipif(bool(pulse_fixture.missing()), reason=pulse_fixture.missing())
SINK = ["load-module", "module-null-sink", "sink_name=stereo", f"rate={RATE}", "channels=2", "format=s16le"]


@pytest.fixture(name="pulse", scope="module")
def _pulse() -> Generator[Pulse]:
    """A server with a card of 48 kHz stereo, which is kept awake: one that is not sleeps when it begins."""
    with tempfile.TemporaryDirectory() as folder, pulse_fixture.pulse(Path(folder)) as pulse:
        control(pulse, *SINK)
        control(pulse, "set-default-sink", "stereo")
        command = ["pacat", "--latency-msec=10", f"--rate={RATE}", "--channels=2", "/dev/zero"]
        awake = subprocess.Popen(command, env=pulse.environment)
        try:
            yield pulse
        finally:
            awake.kill()
            awake.wait()


def control(pulse: Pulse, *words: str) -> str:
    told = subprocess.run(["pactl", *words], env=pulse.environment, check=True, capture_output=True, text=True)
    return told.stdout.strip()


def performed(pulse: Pulse, *steps: tuple[object, ...]) -> Frames:
    """All that the card played meanwhile."""
    with recording(pulse) as file, performing(pulse, *steps) as performer:
        assert performer.communicate(timeout=30) == ("0 underruns\n", "")
    return recorded(file)


@contextmanager
def performing(pulse: Pulse, *steps: tuple[object, ...]) -> Generator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.pulse_music", json.dumps(steps)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=pulse.environment, stdout=pipe, stderr=pipe, text=True) as performer:
        try:
            yield performer
        finally:
            performer.kill()


@contextmanager
def recording(pulse: Pulse) -> Generator[Path]:
    file = pulse.microphone.parent / "stereo.pcm"
    command = ["parec", "--device=stereo.monitor", "--format=s16le", f"--rate={RATE}", "--channels=2"]
    with open(file, "wb") as out:
        recorder = subprocess.Popen([*command, "--latency-msec=5"], stdout=out, env=pulse.environment)
        try:
            end = time.monotonic() + 10
            while not file.stat().st_size:
                assert time.monotonic() < end
                time.sleep(0.005)
            yield file
            time.sleep(0.1)  # for what is on its way to the recorder
        finally:
            recorder.terminate()
            recorder.wait()


def recorded(file: Path) -> Frames:
    return np.fromfile(file, "<i2", file.stat().st_size // 4 * 2).reshape(-1, 2)


@on_pulse
@pytest.mark.pulse
def test_stereo_reaches_a_real_card_bit_for_bit_to_its_end(pulse: Pulse) -> None:
    begun = ("sleep", 0.3)  # a stream's first millisecond is sometimes lost in the server
    heard = performed(pulse, begun, ("play", 5_000, 24_000), ("drain",), ("close",))
    assert counting(5_000 + FADE, 24_000 - 2 * FADE).tobytes() in heard.tobytes()
    sounding = np.flatnonzero(heard[:, 0])
    assert sounding[-1] - sounding[0] == 24_000 - 2  # the last frame of the fade is silent


def loud(heard: Frames) -> list[tuple[int, int]]:
    """Where frames that are no silence begin and end, in pairs; what is shorter than a fade is no silence."""
    sounding = np.flatnonzero(heard.any(axis=1))
    gaps = np.flatnonzero(np.diff(sounding) > FADE)
    begins, ends = sounding[np.r_[0, gaps + 1]], sounding[np.r_[gaps, -1]]
    return list(zip(begins.tolist(), ends.tolist(), strict=True))


@on_pulse
@pytest.mark.pulse
def test_a_pause_on_a_real_card_fades_is_silent_and_goes_on_with_the_next_frame(pulse: Pulse) -> None:
    steps = [("play", 5_000, 2 * RATE), ("sleep", 0.6), ("pause",), ("sleep", 0.5), ("resume",), ("sleep", 0.2)]
    heard = performed(pulse, *steps, ("stop",), ("sleep", 0.3), ("close",))
    (begins, pauses), (resumes, stops) = loud(heard)
    assert 0.3 * RATE < pauses - begins < 0.85 * RATE  # what the card already has is heard: some 0.1 s
    assert 0.4 * RATE < resumes - pauses < 0.6 * RATE
    assert stops - resumes < 0.4 * RATE
    played = pauses - begins + 2  # the last frame of the fade is silent
    rest = heard[resumes + FADE : stops - FADE]
    assert (rest == counting(5_000 + played + FADE, len(rest))).all()
    assert np.abs(np.diff(heard[pauses - FADE : pauses + FADE], axis=0)).max() < 2 * 30_000 / FADE
    assert np.abs(np.diff(heard[stops - FADE : stops + FADE], axis=0)).max() < 2 * 30_000 / FADE


@on_pulse
@pytest.mark.pulse
def test_who_closes_in_the_middle_hears_the_music_fade_and_not_break_off(pulse: Pulse) -> None:
    heard = performed(pulse, ("play", 5_000, 2 * RATE), ("sleep", 0.4), ("close",))
    ((_, ends),) = loud(heard)
    assert np.abs(np.diff(heard[ends - 2 * FADE :], axis=0)).max() < 2 * 30_000 / FADE


@on_pulse
@pytest.mark.pulse
def test_a_card_that_is_pulled_out_and_put_in_again_goes_on_with_the_music(pulse: Pulse) -> None:
    with performing(pulse, ("play", 0, 3 * RATE), ("drain",), ("close",)) as performer:
        assert performer.stdout is not None
        time.sleep(1)
        modules = control(pulse, "list", "short", "modules").splitlines()
        for line in modules:
            if "module-null-sink" in line:  # the other one too: else the server moves the music there
                control(pulse, "unload-module", line.split()[0])
        assert performer.stdout.readline() == "DeviceLost\n"
        control(pulse, *SINK)
        with recording(pulse) as file:
            assert performer.stdout.read() == "DeviceBack\n0 underruns\n"
    assert recorded(file).any()
