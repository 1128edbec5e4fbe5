"""Claims about the speaker on a sound card, against a PortAudio made up here and against a real one on PulseAudio."""

from __future__ import annotations

import asyncio
import platform
import re
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from livechat.audio.device import DeviceSpeaker, output_available, portaudio_line
from livechat.commands.group import from_file
from livechat.errors import DeviceError, LivechatError, UsageError
from tests import pulse_fixture
from tests.sound_help import run_virtually, s16, sine

SECOND = s16(sine(24_000, 24_000))
BLOCK = 240
"""Frames of the made-up card's block: 10 ms at 24 kHz."""


class FakeError(Exception):
    """A PortAudioError: a sentence and a code."""


class Times:
    """The stream's clock, 30 ms ahead of the ear."""

    currentTime = 5.0  # noqa: N815
    outputBufferDacTime = 5.03  # noqa: N815


class FakeStream:
    """A card whose thread is the test: it pulls when told to."""

    def __init__(self, card: FakeCard, samplerate: int, channels: int, callback: Callable[..., None]) -> None:
        self.card, self.rate, self.channels, self.callback = card, samplerate, channels, callback
        self.latency = 0.05
        self.log: list[str] = []

    def start(self) -> None:
        if self.card.start_error is not None:
            raise self.card.start_error
        self.log.append("start")

    def abort(self) -> None:
        self.log.append("abort")

    def close(self) -> None:
        self.log.append("close")

    def pull(self, blocks: int = 1, times: object = None) -> list[int]:
        heard: list[int] = []
        for _ in range(blocks):
            out = memoryview(bytearray(2 * BLOCK * self.channels))
            self.callback(out, BLOCK, times or Times(), 0)
            heard += struct.unpack(f"<{BLOCK * self.channels}h", out)
        return heard


class FakeCard(ModuleType):
    """A `sounddevice` with one card, which takes some rates and channels only."""

    PortAudioError = FakeError

    def __init__(self) -> None:
        super().__init__("sounddevice")
        self.rates = {24_000}
        self.channels = {1, 2}
        self.native = 48_000.0
        self.open_error: Exception | None = None
        self.start_error: Exception | None = None
        self.query_error: Exception | None = None
        self.opened: list[FakeStream] = []

    def query_devices(self, device: int | str | None, kind: str) -> Mapping[str, object]:
        assert kind == "output"
        if self.query_error is not None:
            raise self.query_error
        return {"name": "USB Headset", "default_samplerate": self.native}

    def RawOutputStream(  # noqa: N802
        self,
        *,
        samplerate: int,
        channels: int,
        dtype: str,
        device: int | str | None,
        latency: str,
        callback: Callable[..., None],
    ) -> FakeStream:
        assert (dtype, latency) == ("int16", "high")
        if self.open_error is not None:
            raise self.open_error
        if channels not in self.channels:
            raise FakeError("Invalid number of channels", -9998)
        if samplerate not in self.rates:
            raise FakeError("Invalid sample rate", -9997)
        self.opened.append(FakeStream(self, samplerate, channels, callback))
        return self.opened[-1]

    @property
    def stream(self) -> FakeStream:
        (stream,) = self.opened
        return stream


@pytest.fixture(name="card")
def _card(monkeypatch: pytest.MonkeyPatch) -> FakeCard:
    card = FakeCard()
    monkeypatch.setitem(sys.modules, "sounddevice", card)
    return card


class Reports(list[tuple[float, int, bool]]):
    """What a speaker reported, and when on the loop's clock."""

    def __call__(self, samples: int, drained: bool) -> None:
        self.append((round(asyncio.get_running_loop().time(), 6), samples, drained))

    @property
    def samples(self) -> int:
        return sum(samples for _, samples, _ in self)


def test_sound_goes_from_the_buffer_to_the_card_and_is_reported_when_it_is_heard(card: FakeCard) -> None:
    async def scene() -> None:
        reports = Reports()
        speaker = DeviceSpeaker(reports)
        assert speaker.name == "USB Headset"
        assert card.stream.log == ["start"]
        assert card.stream.pull(2) == [0] * 2 * BLOCK
        speaker.play(SECOND[:2_400], 1)
        speaker.finish(1)
        assert reports == []
        heard: list[int] = []
        for _ in range(6):
            heard += card.stream.pull()
            await asyncio.sleep(0.01)
        assert struct.pack("<960h", *heard[120:1_080]) == SECOND[240:2_160]
        assert heard[1_200:] == [0] * 240
        await asyncio.sleep(1)
        assert reports == [(0.05, 480, False), (0.07, 480, False), (0.08, 240, True)]
        await speaker.close()
        assert card.stream.log == ["start", "abort", "close"]

    run_virtually(scene())


def test_a_host_that_does_not_tell_when_a_block_sounds_is_taken_at_its_latency(card: FakeCard) -> None:
    class Silent:
        currentTime = outputBufferDacTime = 0.0  # noqa: N815

    async def scene() -> None:
        reports = Reports()
        speaker = DeviceSpeaker(reports)
        speaker.play(SECOND[:960], 1)
        speaker.finish(1)
        card.stream.pull(2, Silent())
        await asyncio.sleep(1)
        assert reports == [(0.06, 480, True)]
        await speaker.close()

    run_virtually(scene())


def test_after_a_stop_there_is_a_fade_then_silence_and_no_report_of_the_dead(card: FakeCard) -> None:
    async def scene() -> None:
        reports = Reports()
        speaker = DeviceSpeaker(reports)
        speaker.play(SECOND, 1)
        speaker.finish(1)
        card.stream.pull(4)
        await asyncio.sleep(0)
        speaker.stop()
        heard = card.stream.pull(4)
        assert any(heard[:120])
        assert heard[120:] == [0] * (len(heard) - 120)
        await asyncio.sleep(1)
        assert reports == []
        speaker.play(SECOND[:960], 2)
        speaker.finish(2)
        card.stream.pull(2)
        await asyncio.sleep(1)
        assert [report[1:] for report in reports] == [(480, True)]
        speaker.play(SECOND, 3)
        speaker.finish(3)
        card.stream.pull(4)
        await asyncio.sleep(1)
        assert reports.samples == 480 + 960
        await speaker.close()

    run_virtually(scene())


def test_reports_on_their_way_when_it_closes_are_dropped(card: FakeCard) -> None:
    async def scene() -> None:
        reports = Reports()
        speaker = DeviceSpeaker(reports)
        speaker.play(SECOND, 1)
        speaker.finish(1)
        card.stream.pull(10)
        await speaker.close()
        await asyncio.sleep(1)
        assert reports == []

    run_virtually(scene())


def test_a_card_that_outlives_the_loop_has_nobody_to_tell(card: FakeCard) -> None:
    async def scene() -> None:
        speaker = DeviceSpeaker(Reports())
        speaker.play(SECOND, 1)
        speaker.finish(1)

    run_virtually(scene())
    assert any(card.stream.pull(10))


def test_a_card_without_mono_gets_the_same_on_both_sides(card: FakeCard) -> None:
    card.channels = {2}

    async def scene() -> None:
        reports = Reports()
        speaker = DeviceSpeaker(reports)
        speaker.play(SECOND[:4_800], 1)
        speaker.finish(1)
        heard = card.stream.pull(10)
        assert heard[0::2] == heard[1::2]
        assert struct.pack("<2160h", *heard[240:-240:2]) == SECOND[240:-240][:4_320]
        await asyncio.sleep(1)
        assert reports.samples == 2_400
        await speaker.close()

    run_virtually(scene())


@pytest.mark.parametrize("native", [8_000, 44_100, 48_000])
def test_a_card_with_its_own_rate_gets_every_turn_to_the_end_and_the_count_is_exact(
    card: FakeCard, native: int
) -> None:
    card.rates, card.native = {native}, float(native)

    async def scene() -> None:
        reports = Reports()
        speaker = DeviceSpeaker(reports)
        assert card.stream.rate == native
        for turn, samples in ((1, 4_801), (2, 4_799)):
            for at in range(0, 2 * samples, 1_000):
                speaker.play(SECOND[at : min(at + 1_000, 2 * samples)], turn)
        speaker.finish(2)
        heard = card.stream.pull(native // BLOCK)
        played = np.flatnonzero(heard)
        assert (played[-1] - played[0]) / native == pytest.approx(0.4, abs=0.011)
        await asyncio.sleep(2)
        assert reports.samples == 9_600
        assert reports[-1][2]
        await speaker.close()

    run_virtually(scene())


def test_what_is_left_of_a_resampled_turn_is_forgotten_by_a_stop(card: FakeCard) -> None:
    card.rates = {48_000}

    async def scene() -> None:
        speaker = DeviceSpeaker(Reports())
        speaker.play(SECOND[:200], 1)
        speaker.stop()
        speaker.finish(1)
        assert card.stream.pull(20) == [0] * 20 * BLOCK
        await speaker.close()

    run_virtually(scene())


def refusal(make: Callable[[], object]) -> LivechatError:
    async def scene() -> None:
        make()

    with pytest.raises(LivechatError) as error:
        asyncio.run(scene())
    return error.value


def test_without_the_library_the_hint_is_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    error = refusal(lambda: DeviceSpeaker(Reports()))
    assert (type(error), str(error)) == (DeviceError, "the PortAudio library is not installed")
    assert error.hint == portaudio_line()
    assert str(output_available()) == str(error)
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert str(output_available()) == "the Python package sounddevice is not installed"


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ({"ID": "debian"}, "sudo apt install libportaudio2"),
        ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, "sudo apt install libportaudio2"),
        ({"ID": "fedora"}, "sudo dnf install portaudio"),
        ({"ID": "opensuse-leap", "ID_LIKE": "suse opensuse"}, "sudo zypper install libportaudio2"),
        ({"ID": "plan9"}, "install PortAudio with your system's package manager"),
        (None, "install PortAudio with your system's package manager"),
    ],
)
def test_the_line_that_installs_portaudio_is_this_systems(
    told: dict[str, str] | None, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tell() -> dict[str, str]:
        if told is None:
            raise OSError("no such file")
        return told

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "freedesktop_os_release", tell)
    assert portaudio_line() == line
    monkeypatch.setattr(sys, "platform", "darwin")
    assert portaudio_line() == "brew install portaudio"


def test_a_machine_without_a_speaker_is_told_apart_from_a_wrong_name(card: FakeCard) -> None:
    assert output_available() is None
    card.query_error = FakeError("Error querying device -1")
    assert str(output_available()) == "no speaker found"
    problem = output_available()
    assert problem is not None
    for command, option in re.findall(r"([a-z-]+) (--?[a-z-]+) FILE", problem.hint):
        assert any(option in param.opts for param in from_file(command).params)
    assert "text --audio-out FILE" in problem.hint
    assert str(refusal(lambda: DeviceSpeaker(Reports()))) == "no speaker found"
    error = refusal(lambda: DeviceSpeaker(Reports(), device=7))
    assert (type(error), str(error)) == (UsageError, "no output device is number 7")
    card.query_error = ValueError("No output device matching 'yeti'")
    error = refusal(lambda: DeviceSpeaker(Reports(), device="yeti"))
    assert (type(error), str(error)) == (UsageError, "no output device is 'yeti'")


def test_a_card_in_use_is_said_to_be_in_use(card: FakeCard) -> None:
    card.open_error = FakeError("Device unavailable", -9985)
    assert str(refusal(lambda: DeviceSpeaker(Reports()))) == "'USB Headset' is in use by another program"


def test_any_other_refusal_is_a_device_error_with_its_reason(card: FakeCard) -> None:
    card.start_error = FakeError("Unanticipated host error", -9999)
    error = refusal(lambda: DeviceSpeaker(Reports()))
    assert str(error) == "'USB Headset' cannot be opened for playing"
    assert "Unanticipated" in error.why
    assert card.opened[-1].log == ["close"]
    card.start_error = None
    card.rates = set()
    assert "Invalid sample rate" in refusal(lambda: DeviceSpeaker(Reports())).why
    card.open_error = FakeError("without a code")
    assert "cannot be opened" in str(refusal(lambda: DeviceSpeaker(Reports())))


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
