"""Claims about speakers without a sound card."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from livechat.audio.playout import STEP, ClockedSpeaker, CollectingSpeaker, Report, Speaker, TeeSpeaker
from livechat.audio.sink import open_sink
from livechat.errors import DeviceError, LivechatError
from tests.sound_help import VirtualLoop, run_virtually, s16, sine

SECOND = s16(sine(24_000, 24_000))
FADE = 240
"""Bytes of 5 ms."""


class Memory:
    """A sink that keeps what it gets, and fails when told to."""

    def __init__(self) -> None:
        self.pcm = b""
        self.closed = False
        self.failure: Exception | None = None
        self.failure_at_close: Exception | None = None

    @property
    def written(self) -> int:
        return len(self.pcm)

    def write(self, pcm: bytes) -> None:
        if self.failure is not None:
            raise self.failure
        self.pcm += pcm

    async def close(self) -> None:
        self.closed = True
        if self.failure_at_close is not None:
            raise self.failure_at_close


class Reports:
    """What a speaker reported, and when on the loop's clock."""

    def __init__(self) -> None:
        self.all: list[tuple[float, int, bool]] = []

    def __call__(self, samples: int, drained: bool) -> None:
        self.all.append((round(asyncio.get_running_loop().time(), 6), samples, drained))

    @property
    def samples(self) -> int:
        return sum(samples for _, samples, _ in self.all)


def test_a_collecting_speaker_writes_at_once_and_reports_afterwards() -> None:
    async def scene() -> None:
        sink, reports = Memory(), Reports()
        speaker = CollectingSpeaker(sink, reports)
        speaker.play(SECOND, 1)
        speaker.play(SECOND, 2)
        speaker.finish(2)
        assert sink.pcm == SECOND + SECOND
        assert reports.all == []
        await asyncio.sleep(0)
        assert reports.all == [(0, 48_000, True)]
        speaker.play(SECOND, 3)
        await asyncio.sleep(0)
        assert reports.samples == 72_000
        await speaker.close()
        assert sink.closed

    run_virtually(scene())


def test_what_was_stopped_is_not_reported() -> None:
    async def scene() -> None:
        reports = Reports()
        speaker = CollectingSpeaker(Memory(), reports)
        speaker.play(SECOND, 1)
        speaker.stop()
        speaker.play(SECOND[:200], 2)
        assert reports.all == []
        await asyncio.sleep(0)
        assert reports.all == [(0, 0, True), (0, 100, True)]
        speaker.play(SECOND, 2)
        speaker.stop()
        await speaker.close()
        await asyncio.sleep(0)
        assert len(reports.all) == 2

    run_virtually(scene())


def test_a_clocked_speaker_plays_in_real_time_from_its_deadline_on() -> None:
    async def scene() -> None:
        sink, reports = Memory(), Reports()
        speaker = ClockedSpeaker(sink, reports)
        speaker.play(SECOND[:9_600], 1)  # 200 ms
        assert reports.all == []
        await asyncio.sleep(0.07)
        speaker.finish(1)
        await asyncio.sleep(1)
        assert reports.all[0] == (0.08, STEP, False)
        assert reports.all[-1] == (0.26, STEP, True)
        assert reports.samples == 4_800
        assert [drained for _, _, drained in reports.all] == [False] * 9 + [True]
        silence = 2 * 24 * 60
        assert sink.pcm[:silence] == bytes(silence)
        assert sink.pcm[silence + FADE : -FADE] == SECOND[FADE : 9_600 - FADE]
        assert len(sink.pcm) == silence + 9_600
        await speaker.close()
        assert sink.closed

    run_virtually(scene())


def test_a_short_answer_is_heard_at_once_when_it_is_complete() -> None:
    async def scene() -> None:
        reports = Reports()
        speaker = ClockedSpeaker(None, reports)
        speaker.play(SECOND[:100], 1)
        speaker.finish(1)
        await asyncio.sleep(1)
        assert reports.all == [(0.02, 50, True)]
        speaker.play(SECOND[:100], 2)
        speaker.finish(2)
        await asyncio.sleep(1)
        assert reports.all[1:] == [(1.02, 50, True)]
        await speaker.close()

    run_virtually(scene())


def test_a_gap_in_a_turn_is_written_down_as_long_as_it_was() -> None:
    async def scene() -> None:
        sink = Memory()
        speaker = ClockedSpeaker(sink, Reports())
        speaker.play(SECOND[:4_800], 1)
        await asyncio.sleep(0.5)
        speaker.play(SECOND[:4_800], 1)
        speaker.finish(1)
        await asyncio.sleep(1)
        assert speaker.buffer.underruns == 1
        assert speaker.buffer.concealed_ms == pytest.approx(500 - 60 - 100, abs=20)
        assert len(sink.pcm) / 48 == pytest.approx(600, abs=20)
        await speaker.close()

    run_virtually(scene())


def test_stop_is_silence_after_the_fade_and_the_rest_is_never_reported() -> None:
    async def scene() -> None:
        sink, reports = Memory(), Reports()
        speaker = ClockedSpeaker(sink, reports)
        speaker.play(SECOND, 1)
        speaker.finish(1)
        await asyncio.sleep(0.1)
        heard = len(sink.pcm)
        speaker.stop()
        speaker.play(SECOND[:960], 2)
        speaker.finish(2)
        await asyncio.sleep(1)
        assert reports.samples == heard // 2 + 480
        after = sink.pcm[heard:]
        assert after[FADE + 960 :] == bytes(len(after) - FADE - 960)
        await speaker.close()

    run_virtually(scene())


def test_every_stop_is_reported_once_when_its_silence_is_heard() -> None:
    async def scene() -> None:
        reports = Reports()
        speaker = ClockedSpeaker(None, reports)
        speaker.stop()
        assert reports.all == []
        await asyncio.sleep(0)
        assert reports.all == [(0, 0, True)]
        speaker.play(SECOND, 1)
        speaker.finish(1)
        await asyncio.sleep(0.105)
        reports.all.clear()
        speaker.stop()
        speaker.stop()
        assert reports.all == []
        await asyncio.sleep(1)
        assert reports.all == [(0.12, 0, True)] * 2
        speaker.stop()
        await speaker.close()
        await asyncio.sleep(1)
        assert len(reports.all) == 2

    run_virtually(scene())


def test_taps_are_told_what_sounds_and_when_and_nothing_of_silence() -> None:
    def broken(pcm: bytes, rate: int, at: float) -> None:
        raise ValueError("full")

    async def scene() -> None:
        complaints: list[str] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(str(told["exception"])))
        sink, told = Memory(), list[tuple[float, bytes, int]]()
        speaker = ClockedSpeaker(
            sink, Reports(), taps=[broken, lambda pcm, rate, at: told.append((round(at, 6), pcm, rate))]
        )
        await asyncio.sleep(1)
        speaker.play(SECOND[:1_920], 1)
        await asyncio.sleep(1)
        speaker.finish(1)
        assert [at for at, _, _ in told][:2] == [1.06, 1.08]
        assert b"".join(pcm for _, pcm, _ in told) == sink.pcm[2 * 24 * 60 :].rstrip(b"\0").ljust(
            960 * len(told), b"\0"
        )
        assert {rate for _, _, rate in told} == {24_000}
        assert complaints == ["full"]
        await asyncio.sleep(1)
        await speaker.close()

    run_virtually(scene())


def test_speakers_without_a_card_have_nothing_ahead_of_the_ear() -> None:
    class Ahead(ClockedSpeaker):
        ahead = 480

    async def scene() -> None:
        collecting: Speaker = CollectingSpeaker(Memory(), Reports())
        clocked: Speaker = ClockedSpeaker(None, Reports())
        for speaker in (collecting, clocked):
            speaker.play(SECOND, 1)
            assert speaker.ahead == 0
            await speaker.close()
        assert TeeSpeaker(Ahead(None, Reports()), Memory()).ahead == 480

    run_virtually(scene())


def test_a_loop_that_was_held_up_catches_up() -> None:
    async def scene() -> None:
        loop = asyncio.get_running_loop()
        reports = Reports()
        speaker = ClockedSpeaker(None, reports)
        speaker.play(SECOND, 1)
        speaker.finish(1)
        await asyncio.sleep(0.1)
        assert isinstance(loop, VirtualLoop)
        loop.leaper.now += 0.5
        await asyncio.sleep(0.001)
        assert reports.samples == pytest.approx(0.6 * 24_000, abs=STEP)
        await speaker.close()
        await asyncio.sleep(1)
        assert reports.samples == pytest.approx(0.6 * 24_000, abs=STEP)

    run_virtually(scene())


def test_nothing_runs_while_there_is_nothing_to_play() -> None:
    async def scene() -> None:
        sink = Memory()
        speaker = ClockedSpeaker(sink, Reports())
        speaker.stop()
        speaker.finish(1)
        await asyncio.sleep(1)
        assert sink.pcm == b""
        await speaker.close()
        assert sink.closed

    run_virtually(scene())


@pytest.mark.parametrize("failure", [BrokenPipeError(), DeviceError("the disk is full")])
def test_a_sink_that_fails_between_two_calls_is_told_by_the_next(failure: Exception) -> None:
    async def scene() -> None:
        sink, reports = Memory(), Reports()
        sink.failure = failure
        speaker = ClockedSpeaker(sink, reports)
        speaker.play(SECOND, 1)
        speaker.finish(1)
        await asyncio.sleep(2)
        assert reports.samples == 24_000
        with pytest.raises(type(failure)):
            speaker.play(SECOND, 2)
        with pytest.raises(type(failure)):
            await speaker.close()
        assert sink.closed

    run_virtually(scene())


def test_a_tee_plays_and_writes_everything(tmp_path: Path) -> None:
    async def scene() -> None:
        reports, sink = Reports(), Memory()
        clocked = ClockedSpeaker(None, reports)
        speaker: Speaker = TeeSpeaker(clocked, sink)
        speaker.play(SECOND, 1)
        speaker.finish(1)
        await asyncio.sleep(0.1)
        speaker.stop()
        await asyncio.sleep(1)
        assert sink.pcm == SECOND
        assert reports.samples == 2_400
        await speaker.close()
        assert sink.closed

    run_virtually(scene())


@pytest.mark.parametrize("warned", [True, False])
def test_a_full_disk_is_told_once_and_what_is_heard_goes_on(warned: bool) -> None:
    async def scene() -> None:
        reports, sink, warnings = Reports(), Memory(), list[LivechatError]()
        speaker = TeeSpeaker(ClockedSpeaker(None, reports), sink, warn=warnings.append if warned else None)
        speaker.play(SECOND[:4_800], 1)
        full = sink.failure = DeviceError("the disk is full")
        for _ in range(3):
            speaker.play(SECOND[:4_800], 1)
        speaker.finish(1)
        sink.failure = None
        speaker.play(SECOND[:4_800], 2)
        speaker.finish(2)
        await asyncio.sleep(1)
        assert reports.samples == 5 * 2_400
        assert sink.pcm == SECOND[:4_800]  # no hole in it: what came later is not joined to what came before
        sink.failure_at_close = full
        if warned:
            await speaker.close()
            assert warnings == [full]
        else:
            with pytest.raises(DeviceError, match="the disk is full"):
                await speaker.close()
        assert sink.closed

    run_virtually(scene())


def test_a_sink_that_fails_only_at_the_end_is_told_too() -> None:
    async def scene() -> None:
        sink, warnings = Memory(), list[LivechatError]()
        sink.failure_at_close = DeviceError("the disk is full")
        await TeeSpeaker(ClockedSpeaker(None, Reports()), sink, warn=warnings.append).close()
        assert warnings == [sink.failure_at_close]
        with pytest.raises(DeviceError):
            await TeeSpeaker(ClockedSpeaker(None, Reports()), sink).close()

    run_virtually(scene())


def test_a_reader_of_the_sink_who_went_away_ends_it_all() -> None:
    async def scene() -> None:
        sink = Memory()
        sink.failure = BrokenPipeError()
        speaker = TeeSpeaker(ClockedSpeaker(None, Reports()), sink)
        with pytest.raises(BrokenPipeError):
            speaker.play(SECOND, 1)
        speaker.finish(1)
        await speaker.close()

    run_virtually(scene())


def test_an_answer_lands_in_a_file_through_the_real_parts(tmp_path: Path) -> None:
    async def scene(report: Report) -> None:
        speaker = CollectingSpeaker(open_sink(str(tmp_path / "a.pcm")), report)
        speaker.play(SECOND, 1)
        await speaker.close()

    asyncio.run(scene(Reports()))
    assert (tmp_path / "a.pcm").read_bytes() == SECOND
