"""A recording holds what was heard when, can be played whenever the program dies, and never holds up a conversation."""

from __future__ import annotations

import asyncio
import math
import random
import signal
import stat
import statistics
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from livechat import recording as recording_file
from livechat.audio.playout import ClockedSpeaker
from livechat.audio.track import Track
from livechat.errors import DeviceError
from livechat.recording import SOUND_MOST_S, Recording
from tests.recording_help import begin, joined, kill, read
from tests.sound_help import run_virtually, s16, sine

BEGAN = 5000.0
SOON_S = 5.0
NAMES = ("you", "model", "conversation")


class Stage:
    """A recording whose clock stands where a test puts it."""

    def __init__(self, folder: Path, **options: int) -> None:
        self.now = BEGAN
        self.warnings: list[str] = []
        self.folder = folder
        self.recording = Recording(folder, began=BEGAN, warn=self._warn, clock=lambda: self.now, **options)

    def _warn(self, text: str) -> None:
        assert threading.current_thread() is threading.main_thread()
        self.warnings.append(text)

    def you(self, pcm: bytes, at: float) -> None:
        """Frames of 20 ms, the first of which begins `at` seconds after the recording did."""
        for number, start in enumerate(range(0, len(pcm), 640)):
            frame = pcm[start : start + 640]
            self.recording.you(frame, BEGAN + at + number * 0.02 + len(frame) / 32_000)

    def model(self, pcm: bytes, at: float) -> None:
        """Blocks of 10 ms at 24 kHz."""
        for number, start in enumerate(range(0, len(pcm), 480)):
            self.recording.model(pcm[start : start + 480], 24_000, BEGAN + at + number * 0.01)

    def close_at(self, seconds: float) -> None:
        self.now = BEGAN + seconds
        self.recording.close()


def noise(samples: int, seed: int = 0) -> bytes:
    return np.random.default_rng(seed).integers(1000, 30_000, samples, np.int16).tobytes()


# --------------------------------------------------------------------------------------- what was heard when


def test_every_sound_lies_where_it_was_heard_in_all_three_files(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    question, answer = noise(16_000, 1), noise(12_000, 2)
    stage.you(question, 1.0)
    stage.model(answer, 2.25)
    stage.close_at(4.0)
    assert read(tmp_path / "you.wav").tobytes() == bytes(32_000) + question + bytes(2 * 32_000)
    assert read(tmp_path / "model.wav").tobytes() == bytes(2 * 54_000) + answer + bytes(2 * 30_000)
    both = read(tmp_path / "conversation.wav")
    assert both.shape == (96_000, 2)
    assert both[:, 1].tobytes() == read(tmp_path / "model.wav").tobytes()
    assert np.abs(both[24_000:48_000, 0]).mean() > 10_000
    assert np.abs(both[47_900:48_000, 0]).mean() > 5_000, "changing the rate holds nothing back in the end"
    assert not both[:24_000, 0].any()
    assert not both[48_000:, 0].any()
    assert not stage.warnings


def test_what_sounds_at_once_is_on_two_sides(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.model(noise(24_000, 1), 0.5)
    stage.you(noise(16_000, 2), 0.5)
    stage.close_at(2.0)
    both = np.abs(read(tmp_path / "conversation.wav")[13_000:35_000])
    assert both.mean(axis=0).min() > 10_000


def test_a_sound_that_is_still_to_be_heard_counts(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.model(noise(2400), 1.0)
    stage.close_at(0.95)
    assert len(read(tmp_path / "model.wav")) == 26_400


def test_what_a_speaker_plays_is_recorded_as_it_sounds(tmp_path: Path) -> None:
    """Also short pauses of nothing but zeros, which it does not tell of, and the fade of an interruption."""

    class Ears:
        heard = b""
        written = 0

        def write(self, pcm: bytes) -> None:
            self.heard += pcm

        async def close(self) -> None:
            pass

    async def main() -> bytes:
        loop, ears = asyncio.get_running_loop(), Ears()
        recorded = Recording(tmp_path, began=loop.time() - 1.0, warn=print)
        speaker = ClockedSpeaker(ears, lambda samples, drained: None, taps=[recorded.model])
        speaker.play((s16(sine(2990, 24_000)) + bytes(2 * 610)) * 20, 1)
        await asyncio.sleep(1.5)
        speaker.stop()
        await asyncio.sleep(0.5)
        await speaker.close()
        recorded.close()
        return ears.heard

    sounded = run_virtually(main())
    recorded = read(tmp_path / "model.wav").tobytes()
    assert recorded[: 2 * 24_000] == bytes(2 * 24_000)
    assert recorded[2 * 24_000 :].rstrip(b"\0") == sounded.rstrip(b"\0")
    assert len(sounded) > 60_000


def test_silence_lasts_as_long_as_it_does(tmp_path: Path) -> None:
    Stage(tmp_path).close_at(3.5)
    assert [read(tmp_path / f"{name}.wav").shape for name in NAMES] == [(56_000, 1), (84_000, 1), (84_000, 2)]
    assert not any(read(tmp_path / f"{name}.wav").any() for name in NAMES)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf, -1e9, 1e9, -1.0, 60.0])
def test_a_sound_with_an_impossible_time_is_left_out(tmp_path: Path, wrong: float) -> None:
    stage = Stage(tmp_path)
    stage.model(noise(240), wrong)
    stage.you(noise(320), wrong)
    stage.you(noise(320), 0.5)
    stage.close_at(1.0)
    assert np.count_nonzero(read(tmp_path / "you.wav")) == 320
    assert len(read(tmp_path / "conversation.wav")) == 24_000
    assert not stage.warnings


def test_the_news_are_written_line_by_line(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.recording.event('{"text":"é"}')
    stage.recording.event("\ud800")
    stage.close_at(0)
    assert (tmp_path / "events.ndjson").read_bytes() == '{"text":"é"}\n?\n'.encode()


def test_the_time_is_that_of_the_running_loop(tmp_path: Path) -> None:
    async def main() -> None:
        Recording(tmp_path, began=-2.0, warn=print).close()

    run_virtually(main())
    assert len(read(tmp_path / "you.wav")) == 32_000


def test_without_a_loop_it_is_that_of_its_clock(tmp_path: Path) -> None:
    Recording(tmp_path, began=time.monotonic() - 2.0, warn=print).close()
    assert 32_000 <= len(read(tmp_path / "you.wav")) < 20 * 16_000


def test_nothing_is_taken_after_the_end(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.close_at(1.0)
    stage.you(noise(320), 0.5)
    stage.model(noise(240), 0.5)
    stage.recording.event("late")
    stage.recording.close()
    assert not read(tmp_path / "conversation.wav").any()
    assert not stage.warnings


# ---------------------------------------------------------------------------------------------- the files


def test_only_the_owner_may_listen(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "recording"
    Stage(folder).close_at(0)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert {path.name for path in folder.iterdir()} == {"events.ndjson", *(f"{name}.wav" for name in NAMES)}


@pytest.mark.parametrize("name", ["you.wav", "conversation.7.wav", "events.ndjson"])
def test_no_recording_is_written_over(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(DeviceError, match=r"there is a recording in .* already"):
        Stage(tmp_path)


def test_a_folder_with_other_things_in_it_will_do(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    Stage(tmp_path).close_at(0)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DeviceError, match="cannot record into"):
        Stage(tmp_path / "file")


def test_files_that_cannot_all_be_made_are_all_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(recording_file, "create", refuses)
    with pytest.raises(DeviceError) as raised:
        Stage(tmp_path)
    assert raised.value.why == "Permission denied"


def test_long_recordings_go_on_in_files_that_begin_together(tmp_path: Path) -> None:
    stage = Stage(tmp_path, part_most=200_000)
    question, answer = noise(40_000, 1), noise(60_000, 2)
    stage.you(question, 0.0)
    stage.model(answer, 0.0)
    stage.close_at(2.5)
    for name, rate in (("you", 16_000), ("model", 24_000), ("conversation", 24_000)):
        parts = [tmp_path / f"{name}{number}.wav" for number in ("", ".2", ".3")]
        assert [len(read(path)) for path in parts] == [rate, rate, rate // 2]
        assert max(path.stat().st_size for path in parts) <= 200_000
    whole = np.concatenate([read(tmp_path / f"model{number}.wav") for number in ("", ".2", ".3")])
    assert whole.tobytes() == answer
    assert len(list(tmp_path.iterdir())) == 10


# --------------------------------------------------------------------------------------------- bad disks


class Hanging:
    """A disk that does not come back from a write until it is let go."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.reached = threading.Event()
        self.went_on = threading.Event()
        self._let_go = threading.Event()
        self._stamps = 0
        really = Track.stamp

        def stamp(track: Track) -> None:
            self.reached.set()
            self._let_go.wait(60)
            really(track)
            self._stamps += 1
            if self._stamps == 2 * len(NAMES):
                self.went_on.set()

        patch.setattr(Track, "stamp", stamp)

    def let_go(self) -> None:
        self._let_go.set()


def test_what_a_slow_disk_has_no_room_for_is_silence_and_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Hanging(monkeypatch)
    stage = Stage(tmp_path)
    assert disk.reached.wait(SOON_S)
    stage.now += 40
    stage.you(noise(40 * 16_000), 0.0)
    stage.model(noise(40 * 24_000), 0.0)
    stage.recording.event("tells it")
    assert len(stage.warnings) == 1
    assert "the disk does not keep up" in stage.warnings[0]
    assert stage.recording.lost_s == pytest.approx(2 * (40 - SOUND_MOST_S), abs=0.1)
    disk.let_go()
    stage.close_at(40)
    assert len(stage.warnings) == 1
    heard = read(tmp_path / "you.wav")
    assert len(heard) == 40 * 16_000
    assert np.count_nonzero(heard) == pytest.approx(SOUND_MOST_S * 16_000, abs=1000)


def test_after_a_stall_what_comes_is_placed_at_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording_file, "SOUND_MOST_S", 1.0)
    disk = Hanging(monkeypatch)
    stage = Stage(tmp_path)
    assert disk.reached.wait(SOON_S)
    stage.now += 10
    stage.you(noise(16_000 * 3), 0.0)
    disk.let_go()
    assert disk.went_on.wait(SOON_S)
    stage.you(noise(16_000), 5.0)
    stage.close_at(10)
    heard = read(tmp_path / "you.wav")[:, 0] != 0
    assert heard[:16_000].all()
    assert not heard[17_000:80_000].any()
    assert heard[80_000:96_000].all()
    assert not heard[96_000:].any()


def test_a_hanging_disk_does_not_hold_up_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Hanging(monkeypatch)
    stage = Stage(tmp_path)
    assert disk.reached.wait(SOON_S)
    stage.you(noise(320), 0.0)
    stage.close_at(1.0)
    stage.recording.close()
    assert stage.warnings == [f"the recording in {tmp_path} may lack its end: the disk does not answer"]
    disk.let_go()
    next(thread for thread in threading.enumerate() if thread.name == "recording").join(SOON_S)
    assert np.count_nonzero(read(tmp_path / "you.wav")) == 320, "it is written when the disk is back"


def test_a_full_disk_is_told_once_and_leaves_files_that_can_be_played(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    stage = Stage(tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    over = next(thread for thread in threading.enumerate() if thread.name == "recording")
    question = noise(5 * 16_000)
    stage.recording.event("the first line")
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_001, limits[1]))  # the disk takes no byte more of any file
    try:
        stage.you(question, 0.0)
        over.join(SOON_S)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    for _ in range(10):  # more than would be kept for a slow disk
        stage.you(question, 5.0)
        stage.model(question, 5.0)
    stage.recording.event("the last line")
    stage.close_at(9.0)
    assert stage.warnings == [f"the recording in {tmp_path} ends here: File too large"]
    heard = read(tmp_path / "you.wav").tobytes()
    assert len(heard) > 30_000
    assert question.startswith(heard)
    assert read(tmp_path / "conversation.wav").shape[1] == 2
    assert (tmp_path / "events.ndjson").read_text() in ("", "the first line\n")


def test_news_that_a_full_disk_tore_end_with_a_whole_line(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    stage = Stage(tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    over = next(thread for thread in threading.enumerate() if thread.name == "recording")
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_001, limits[1]))
    try:
        for _ in range(11):
            stage.recording.event("x" * 9_999)
        over.join(SOON_S)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    stage.recording.close()
    assert (tmp_path / "events.ndjson").read_text() == ("x" * 9_999 + "\n") * 10
    assert len(stage.warnings) == 1


# --------------------------------------------------------------------------------------------- sudden ends


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nothing kills so suddenly here")
def test_a_kill_at_any_moment_leaves_files_that_lack_a_tenth_of_a_second_at_most(tmp_path: Path) -> None:
    chance, lost_ms = random.Random(), list[float]()
    folders = [tmp_path / str(number) for number in range(6)]
    children = [begin(folder) for folder in folders]
    for child, folder in zip(children, folders, strict=True):
        told = kill(child, chance)
        lines = (folder / "events.ndjson").read_text().splitlines()
        assert lines[:-1] == [str(number) for number in range(1, len(lines))]
        for name, rate in (("you", 16_000), ("model", 24_000)):
            heard = joined(folder, name)[:, 0]
            frames = len(heard) * 50 // rate
            whole = heard[: frames * rate // 50].reshape(frames, -1)
            kept = int(np.count_nonzero(whole.any(axis=1)))
            assert (whole[:kept] == np.arange(1, kept + 1)[:, None]).all(), "what is there is what was told, seamless"
            lost_ms.append(20.0 * (told - kept))
        both = joined(folder, "conversation")
        assert both[: 480 * kept, 1].tobytes() == np.repeat(np.arange(1, kept + 1, dtype=np.int16), 480).tobytes()
    assert statistics.median(lost_ms) <= 100


def test_what_was_begun_for_nothing_is_taken_away_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    stage = Stage(tmp_path)
    stage.recording.discard()
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    fresh = Stage(tmp_path / "new")
    fresh.recording.discard()
    assert not (tmp_path / "new").exists()
    assert stage.warnings == fresh.warnings == []
