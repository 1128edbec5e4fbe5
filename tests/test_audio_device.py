"""Claims about the speaker on a sound card, against a PortAudio made up here and against a real one on PulseAudio."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
import subprocess
import sys
import tempfile
from math import log10
from pathlib import Path

import numpy as np
import pytest

from livechat.audio.device import DeviceSpeaker, output_available
from livechat.audio.keeping import DeviceBack, DeviceLost, Keeper, News
from livechat.audio.microphone import Microphone
from livechat.conversation import Conversation, Terms
from livechat.events import Event, Noted, TurnEnded
from livechat.protocol.setup import Setup
from livechat.session import Session
from livechat.turns import DEAF_SPEAKER_S
from tests import pulse_fixture
from tests.sound_card import BLOCK, Card, FakeSound, NoTimes, at_once, install, pass_time, settle
from tests.sound_help import run_virtually, s16, sine

SECOND = s16(sine(24_000, 24_000))


@pytest.fixture(name="sound")
def _sound(monkeypatch: pytest.MonkeyPatch) -> FakeSound:
    return install(monkeypatch, Card())


class Reports(list[tuple[float, int, bool]]):
    """What a speaker reported, and when on the loop's clock."""

    def __call__(self, samples: int, drained: bool) -> None:
        self.append((round(asyncio.get_running_loop().time(), 6), samples, drained))

    @property
    def samples(self) -> int:
        return sum(samples for _, samples, _ in self)


def test_sound_goes_from_the_buffer_to_the_card_and_is_reported_when_it_is_heard(sound: FakeSound) -> None:
    async def scene() -> None:
        reports = Reports()
        speaker = DeviceSpeaker(reports)
        assert speaker.name == "USB Headset"
        assert sound.stream.log == ["start"]
        assert sound.stream.pull(2) == [0] * 2 * BLOCK
        speaker.play(SECOND[:2_400], 1)
        speaker.finish(1)
        assert reports == []
        heard: list[int] = []
        for _ in range(6):
            heard += sound.stream.pull()
            await asyncio.sleep(0.01)
        assert struct.pack("<960h", *heard[120:1_080]) == SECOND[240:2_160]
        assert heard[1_200:] == [0] * 240
        await pass_time(sound, 1)
        assert reports == [(0.05, 480, False), (0.07, 480, False), (0.08, 240, True)]
        await speaker.close()
        assert sound.opened[-1].log == ["start", "abort", "close"]
        assert sound.running == []

    run_virtually(scene())


def test_a_host_that_does_not_tell_when_a_block_sounds_is_taken_at_its_latency(sound: FakeSound) -> None:
    async def scene() -> None:
        reports = Reports()
        speaker = DeviceSpeaker(reports)
        speaker.play(SECOND[:960], 1)
        speaker.finish(1)
        sound.stream.pull(2, NoTimes())
        await pass_time(sound, 1)
        assert reports == [(0.06, 480, True)]
        await speaker.close()

    run_virtually(scene())


def test_after_a_stop_there_is_a_fade_then_silence_and_no_report_of_the_dead(sound: FakeSound) -> None:
    async def scene() -> None:
        reports = Reports()
        speaker = DeviceSpeaker(reports)
        speaker.play(SECOND, 1)
        speaker.finish(1)
        sound.stream.pull(4)
        await asyncio.sleep(0)
        speaker.stop()
        heard = sound.stream.pull(4)
        assert any(heard[:120])
        assert heard[120:] == [0] * (len(heard) - 120)
        await pass_time(sound, 1)
        assert reports == [(0.035, 0, True)]  # 30 ms to the ear, and the fade
        reports.clear()
        speaker.play(SECOND[:960], 2)
        speaker.finish(2)
        sound.stream.pull(2)
        await pass_time(sound, 1)
        assert [report[1:] for report in reports] == [(480, True)]
        speaker.play(SECOND, 3)
        speaker.finish(3)
        sound.stream.pull(4)
        await pass_time(sound, 1)
        assert reports.samples == 480 + 960
        await speaker.close()

    run_virtually(scene())


def test_every_stop_is_reported_once_when_its_silence_is_heard(sound: FakeSound) -> None:
    async def scene() -> None:
        reports = Reports()
        speaker = DeviceSpeaker(reports)
        speaker.stop()
        assert reports == []
        sound.stream.pull()
        await asyncio.sleep(0.1)
        assert reports == [(0.03, 0, True)]  # nothing sounded: there is no fade to wait for
        speaker.play(SECOND, 1)
        speaker.finish(1)
        sound.stream.pull(3)
        speaker.stop()
        speaker.play(SECOND[:960], 2)
        speaker.finish(2)
        for _ in range(3):
            sound.stream.pull()
            await asyncio.sleep(0.01)
        speaker.stop()
        speaker.stop()
        sound.stream.pull()
        await asyncio.sleep(0.1)
        assert reports[1:] == [(0.135, 0, True), (0.16, 0, True), (0.16, 0, True)]
        await speaker.close()

    run_virtually(scene())


def test_a_stop_is_not_forgotten_when_the_card_is_lost_or_changed_before_it_carries_it_out(sound: FakeSound) -> None:
    async def scene() -> None:
        reports = Reports()
        speaker = DeviceSpeaker(reports, keeper=Keeper(run=at_once))
        await settle(sound)
        speaker.play(SECOND, 1)
        sound.stream.pull(10)
        speaker.stop()
        sound.unplug(card := sound.plugged[0])
        await asyncio.sleep(0.7)
        assert [report[1:] for report in reports] == [(0, True)]
        speaker.stop()
        assert len(reports) == 1
        await asyncio.sleep(0)
        assert len(reports) == 2
        sound.plugged.append(card)
        await pass_time(sound, 1)
        speaker.stop()
        sound.stream.active = False
        await pass_time(sound, 1)
        assert len(reports) == 3
        speaker.stop()
        await speaker.close()
        await asyncio.sleep(1)
        assert len(reports) == 3

    run_virtually(scene())


def test_a_stop_that_a_stream_did_not_live_to_carry_out_is_reported_by_the_next(sound: FakeSound) -> None:
    async def scene() -> None:
        reports = Reports()
        keeper = Keeper(run=at_once)
        speaker = DeviceSpeaker(reports, keeper=keeper)
        sound.plugged.append(Card("Yeti", inputs=1, outputs=0))
        sound.listed = list(sound.plugged)
        microphone = Microphone(keeper=keeper)
        await settle(sound)
        first, listening = sound.running
        speaker.stop()
        sound.unplug(listening.card)
        listening.active = False
        await asyncio.sleep(0.2)  # the speaker steps aside, so that new devices are seen
        assert first not in sound.running
        assert reports == []
        sound.stream.pull()
        await asyncio.sleep(0.1)
        assert [report[1:] for report in reports] == [(0, True)]
        await speaker.close()
        microphone.close()

    run_virtually(scene())


def test_after_a_stop_the_next_turn_is_reported_from_its_beginning_on(sound: FakeSound) -> None:
    async def scene() -> None:
        reports = Reports()
        speaker = DeviceSpeaker(reports, start_ms=0)
        speaker.play(SECOND, 1)
        sound.stream.pull(50)
        speaker.stop()
        speaker.play(SECOND, 2)
        sound.stream.pull(4)
        await asyncio.sleep(0.1)
        assert 480 <= reports.samples <= 960
        await speaker.close()

    run_virtually(scene())


def test_it_knows_how_far_the_card_is_ahead_of_the_ear_to_one_block(sound: FakeSound) -> None:
    async def scene() -> None:
        reports = Reports()
        speaker = DeviceSpeaker(reports, start_ms=0)
        assert speaker.ahead == 0
        speaker.play(SECOND[:9_600], 1)
        assert speaker.ahead == 0
        for blocks in range(1, 5):
            sound.stream.pull()
            assert (speaker.ahead, reports) == (blocks * BLOCK, [])
        await asyncio.sleep(0.055)
        assert (speaker.ahead, reports.samples) == (0, 4 * BLOCK)
        sound.stream.pull(100)
        assert speaker.ahead + reports.samples == 4_800
        speaker.stop()
        assert speaker.ahead == 0
        speaker.play(SECOND, 2)
        assert speaker.ahead == 0  # what the card has is of the dead turn
        await speaker.close()

    run_virtually(scene())


def test_without_a_card_nothing_is_ahead(sound: FakeSound) -> None:
    async def scene() -> None:
        speaker = DeviceSpeaker(Reports(), keeper=Keeper(run=at_once))
        speaker.play(SECOND, 1)
        sound.stream.pull(10)
        assert speaker.ahead > 0
        sound.unplug(sound.plugged[0])
        sound.stream.active = False
        await asyncio.sleep(0.2)
        assert speaker.ahead == 0
        await speaker.close()

    run_virtually(scene())


def test_while_a_resampled_turn_goes_on_no_more_is_claimed_than_was_given_out(sound: FakeSound) -> None:
    sound.plugged[0].rates = {48_000}

    async def scene() -> None:
        reports = Reports()
        speaker = DeviceSpeaker(reports, start_ms=0)
        speaker.play(SECOND[:9_600], 1)
        sound.stream.pull(60)
        assert 4_400 < speaker.ahead < 4_790  # the resampler holds the rest
        speaker.finish(1)
        sound.stream.pull(60)
        assert speaker.ahead == 4_800
        await pass_time(sound, 1)
        assert reports.samples == 4_800
        assert reports[-1][2]
        await speaker.close()

    run_virtually(scene())


class Listening(list[tuple[bytes, int, float]]):
    """A tap."""

    def __call__(self, pcm: bytes, rate: int, at: float) -> None:
        self.append((pcm, rate, at))


def test_taps_are_told_what_the_card_gets_and_when_it_sounds_and_nothing_of_silence(sound: FakeSound) -> None:
    sound.plugged[0].channels = {2}

    async def scene() -> None:
        one, other = Listening(), Listening()
        speaker = DeviceSpeaker(Reports(), taps=[one, other])
        sound.stream.pull(5)
        speaker.play(SECOND[:2_400], 1)
        speaker.finish(1)
        heard: list[int] = []
        for _ in range(8):
            heard += sound.stream.pull()[::2]
            await asyncio.sleep(0.01)
        assert [(rate, round(at, 6)) for _, rate, at in one] == [(24_000, 0.03 + 0.01 * at) for at in range(5)]
        assert b"".join(pcm for pcm, _, _ in one) == struct.pack("<1200h", *heard[:1_200])
        assert one == other
        await speaker.close()

    run_virtually(scene())


def test_a_speaker_that_is_turned_down_gives_out_less_and_tells_its_taps_so(
    sound: FakeSound,
) -> None:
    async def scene() -> None:
        tap = Listening()
        speaker = DeviceSpeaker(Reports(), taps=[tap])
        speaker.gain_db = -20 * log10(4)
        speaker.play(SECOND[:2_400], 1)
        speaker.finish(1)
        heard: list[int] = []
        for _ in range(8):
            heard += sound.stream.pull()
        assert speaker.gain_db == pytest.approx(-12.04, abs=0.01)
        loud = np.frombuffer(SECOND[:2_400], "<i2").astype(float)
        soft = np.frombuffer(b"".join(pcm for pcm, _, _ in tap), "<i2").astype(float)[:1_200]
        assert np.abs(soft[240:-240] - loud[240:-240] / 4).max() <= 1
        assert [*soft] == heard[: len(soft)]
        await speaker.close()

    run_virtually(scene())


def test_who_counts_samples_is_told_of_silence_too(sound: FakeSound) -> None:
    async def scene() -> None:
        every, sounding = Listening(), Listening()
        speaker = DeviceSpeaker(Reports(), taps=[sounding], taps_of_silence=[every])
        heard = sound.stream.pull(3)
        speaker.play(SECOND[:960], 1)
        speaker.finish(1)
        heard += sound.stream.pull(6)
        assert b"".join(pcm for pcm, _, _ in every) == struct.pack(f"<{len(heard)}h", *heard)
        assert 0 < len(sounding) < len(every) == 9
        await speaker.close()

    run_virtually(scene())


def test_a_tap_that_raises_is_told_nothing_more_and_all_else_goes_on(sound: FakeSound) -> None:
    def broken(pcm: bytes, rate: int, at: float) -> None:
        raise ValueError("full")

    complaints: list[str] = []

    async def scene() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(str(told["exception"])))
        tap = Listening()
        speaker = DeviceSpeaker(Reports(), taps=[broken, tap])
        speaker.play(SECOND[:2_400], 1)
        speaker.finish(1)
        assert any(sound.stream.pull(5))
        await asyncio.sleep(0.1)
        assert (complaints, len(tap)) == (["full"], 5)
        await speaker.close()

    run_virtually(scene())


def test_reports_on_their_way_when_it_closes_are_dropped(sound: FakeSound) -> None:
    async def scene() -> None:
        reports = Reports()
        speaker = DeviceSpeaker(reports)
        speaker.play(SECOND, 1)
        speaker.finish(1)
        sound.stream.pull(10)
        await speaker.close()
        await pass_time(sound, 1)
        assert reports == []

    run_virtually(scene())


def test_a_card_that_outlives_the_loop_has_nobody_to_tell(sound: FakeSound) -> None:
    async def scene() -> None:
        speaker = DeviceSpeaker(Reports())
        speaker.play(SECOND, 1)
        speaker.finish(1)

    run_virtually(scene())
    assert any(sound.stream.pull(10))


def test_a_card_without_mono_gets_the_same_on_both_sides(sound: FakeSound) -> None:
    sound.plugged[0].channels = {2}

    async def scene() -> None:
        reports = Reports()
        speaker = DeviceSpeaker(reports)
        speaker.play(SECOND[:4_800], 1)
        speaker.finish(1)
        heard = sound.stream.pull(10)
        assert heard[0::2] == heard[1::2]
        assert struct.pack("<2160h", *heard[240:-240:2]) == SECOND[240:-240][:4_320]
        await pass_time(sound, 1)
        assert reports.samples == 2_400
        await speaker.close()

    run_virtually(scene())


@pytest.mark.parametrize("native", [8_000, 44_100, 48_000])
def test_a_card_with_its_own_rate_gets_every_turn_to_the_end_and_the_count_is_exact(
    sound: FakeSound, native: int
) -> None:
    sound.plugged[0].rates, sound.plugged[0].native = {native}, float(native)

    async def scene() -> None:
        reports = Reports()
        speaker = DeviceSpeaker(reports)
        assert sound.stream.rate == native
        for turn, samples in ((1, 4_801), (2, 4_799)):
            for at in range(0, 2 * samples, 1_000):
                speaker.play(SECOND[at : min(at + 1_000, 2 * samples)], turn)
        speaker.finish(2)
        heard = sound.stream.pull(native // BLOCK)
        played = np.flatnonzero(heard)
        assert (played[-1] - played[0]) / native == pytest.approx(0.4, abs=0.011)
        await pass_time(sound, 2)
        assert reports.samples == 9_600
        assert reports[-1][2]
        await speaker.close()

    run_virtually(scene())


def test_what_is_left_of_a_resampled_turn_is_forgotten_by_a_stop(sound: FakeSound) -> None:
    sound.plugged[0].rates = {48_000}

    async def scene() -> None:
        speaker = DeviceSpeaker(Reports())
        speaker.play(SECOND[:200], 1)
        speaker.stop()
        speaker.finish(1)
        assert sound.stream.pull(20) == [0] * 20 * BLOCK
        await speaker.close()

    run_virtually(scene())


def test_whether_something_can_be_played_is_told_without_playing(sound: FakeSound) -> None:
    assert output_available() is None
    sound.listed.clear()
    assert str(output_available()) == "no speaker found"


# ------------------------------------------------------------------------------------- cards that come and go


def test_a_card_that_stands_still_is_opened_again_and_plays_all_that_was_not_heard(sound: FakeSound) -> None:
    async def scene() -> None:
        reports, news = Reports(), list[News]()
        speaker = DeviceSpeaker(reports, keeper=Keeper(run=at_once), tell=news.append)
        await settle(sound)
        speaker.play(SECOND[:9_600], 1)
        speaker.finish(1)
        sound.stream.pull(12)
        await asyncio.sleep(0.2)
        assert reports.samples == 2_880
        first = sound.stream
        await asyncio.sleep(0.5)
        await pass_time(sound, 0.2)
        assert news == [DeviceLost("output", "USB Headset"), DeviceBack("output", "USB Headset", False, 48_000, 48_000)]
        assert first.log == ["start", "abort", "close"]
        heard = struct.pack("<4800h", *sound.stream.pull(20))
        assert SECOND[5_760 + 240 : 9_600 - 240] in heard
        await pass_time(sound, 1)
        assert reports.samples == 4_800
        assert reports[-1][2]
        await speaker.close()

    run_virtually(scene())


def test_what_is_played_while_there_is_no_card_waits_for_the_default_at_any_rate(sound: FakeSound) -> None:
    async def scene() -> None:
        reports, news = Reports(), list[News]()
        speaker = DeviceSpeaker(reports, device="USB Headset", keeper=Keeper(run=at_once), tell=news.append)
        await settle(sound)
        sound.unplug(sound.plugged[0])
        await asyncio.sleep(0.7)
        assert news == [DeviceLost("output", "USB Headset")]
        assert sound.running == []
        for turn in (1, 2, 3):
            speaker.play(SECOND[:4_800], turn)
            speaker.play(b"", turn)
            speaker.finish(turn)
            if turn == 1:
                speaker.stop()
        sound.plugged.append(Card("Speakers", rates={44_100}, native=44_100.0))
        await pass_time(sound, 1)
        assert news[1:] == [DeviceBack("output", "Speakers", True, 44_100, 48_000)]
        assert speaker.name == "Speakers"
        await asyncio.sleep(0.01)
        assert np.count_nonzero(sound.stream.pull(50)) == pytest.approx(0.2 * 44_100, abs=200)
        await pass_time(sound, 1)
        assert reports.samples == 4_800
        await speaker.close()

    run_virtually(scene())


class Line:
    """A link to a server that says what it is told to."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[str] = asyncio.Queue()
        self.incoming.put_nowait('{"setupComplete": {}}')

    async def send(self, frame: str) -> None:
        pass

    async def receive(self) -> str:
        return await self.incoming.get()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        pass

    def speaks(self, pcm: bytes) -> None:
        blob = {"mimeType": "audio/pcm;rate=24000", "data": base64.b64encode(pcm).decode()}
        content = {"modelTurn": {"parts": [{"inlineData": blob}]}}
        self.incoming.put_nowait(json.dumps({"serverContent": {**content, "generationComplete": True}}))
        self.incoming.put_nowait('{"serverContent": {"turnComplete": true}}')


def test_an_answer_that_found_no_card_for_long_is_given_up_by_the_mind_and_not_spoken_later(sound: FakeSound) -> None:
    line, news = Line(), list[Event]()

    async def connect() -> Line:
        return line

    async def talk(session: Session) -> None:
        session.subscribe(lambda _, event: news.append(event))
        await settle(sound)
        sound.unplug(card := sound.plugged[0])
        line.speaks(SECOND[:24_000])
        await asyncio.sleep(DEAF_SPEAKER_S + 0.5)
        assert [type(event) for event in news[-2:]] == [Noted, TurnEnded]
        sound.plugged.append(card)
        await pass_time(sound, 2)
        assert not any(sound.stream.pull(60))
        line.speaks(SECOND[:4_800])
        await asyncio.sleep(0)
        assert any(sound.stream.pull(20))
        await pass_time(sound, 1)
        assert isinstance(news[-1], TurnEnded)

    async def scene() -> None:
        session = Session(Conversation(Terms(Setup(model="models/m"), plays=True)), connect)
        speaker = DeviceSpeaker(session.played, keeper=Keeper(run=at_once))
        session.hand_over(speaker)
        try:
            await session.run(talk)
        finally:
            await speaker.close()

    run_virtually(scene())


PLAYER = """
import asyncio, sys
from livechat.audio.device import DeviceSpeaker, output_available
assert output_available() is None
async def main():
    told = asyncio.Queue()
    speaker = DeviceSpeaker(lambda *report: told.put_nowait(report))
    pcm = sys.stdin.buffer.read()
    for at in range(0, len(pcm), 9_600):
        speaker.play(pcm[at : at + 9_600], 1)
    speaker.finish(1)
    samples, drained = 0, False
    while not drained:
        new, drained = await told.get()
        samples += new
    await speaker.close()
    print(samples)
asyncio.run(main())
"""


@pytest.mark.pulse
@pytest.mark.skipif(bool(pulse_fixture.missing()), reason=pulse_fixture.missing())
def test_a_real_card_plays_every_sample_bit_for_bit_between_its_fades() -> None:
    noise = np.random.default_rng(3).integers(-8_000, 8_000, 12_000).astype("<i2")
    with tempfile.TemporaryDirectory() as folder, pulse_fixture.pulse(Path(folder)) as pulse:
        with pulse.recording(Path(folder) / "heard.pcm"):
            command = [sys.executable, "-c", PLAYER]
            player = subprocess.run(command, input=noise.tobytes(), env=pulse.environment, capture_output=True)
        heard = np.fromfile(Path(folder) / "heard.pcm", "<i2")
    assert (player.returncode, player.stderr) == (0, b"")
    assert int(player.stdout) == len(noise)
    inner = noise[120:-120].tobytes()
    assert inner in heard.tobytes()
