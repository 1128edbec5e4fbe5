"""Claims about `livechat devices test`: what it says of headphones, open speakers and broken ones, and remembers."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soxr

from livechat.audio.chirp import Measurement, Outcome, sound
from livechat.audio.portaudio import Wanted, portaudio_line
from livechat.audio.verdicts import FILE, remembered
from livechat.cli import main
from livechat.commands import device_test
from livechat.commands.common import Common
from livechat.commands.device_test import Heard, Hearing, in_json, in_words, judged, keep, rows
from livechat.errors import DeviceError
from livechat.terminal.report import Report
from tests import pulse_fixture
from tests.pulse_fixture import Pulse
from tests.sound_card import Card, FakeSound, FakeStream, Times, install

from .cli import Terminal, livechat
from .cli_help import be_clean
from .sound_help import run_virtually

Doubles = npt.NDArray[np.float64]
Way = Callable[[Doubles, Doubles], Doubles]
"""What a microphone hears of what sounded in all of 20 s, at 16 kHz, given also some noise."""

EVIL = "Mic\x1b]52;c;aGk=\x07\n0  Trusted\x7f\u202e"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    be_clean(monkeypatch, tmp_path, {"LIVECHAT_STATE": str(tmp_path / "state")})
    return tmp_path


# ------------------------------------------------------------------------------------ a room between made-up cards


def headset(name: str = "Headset") -> Card:
    """One at 16 kHz alone, so that both its sides are one clock."""
    return Card(name, inputs=1, rates={16_000}, native=16_000.0, channels={1})


class LateTimes(Times):
    """A microphone that says that it is half a second late."""

    inputBufferAdcTime = 4.48  # noqa: N815


class Room:
    """Air between the one card's speaker, 30 ms ahead of the ear, and its microphone, 20 ms behind the mouth."""

    def __init__(self, sound: FakeSound, way: Way, late_ms: int = 0) -> None:
        self._sound = sound
        self._late_ms = late_ms
        self._way = way
        self._air = np.zeros(20 * 16_000)
        self._noise = np.random.default_rng(1).standard_normal(len(self._air)) * 0.001

    async def live(self) -> None:
        """5 ms at a time; a block of the speaker is 15 ms long, one of the microphone 20."""
        for step in range(4 * 15 * 50):
            microphone, speaker = self._streams()
            if step % 3 == 0 and speaker is not None:
                at = step * 80 + 480
                self._air[at : at + 240] = np.array(speaker.pull(), np.float64) / 32_768
            if step % 4 == 0 and step >= 4 and microphone is not None:
                heard = self._way(self._air, self._noise)[step * 80 - 320 : step * 80]
                pcm = np.clip(np.rint(heard * 32_768), -32_768, 32_767).astype("<i2").tobytes()
                microphone.feed(pcm, LateTimes() if step * 5 < self._late_ms else None)
            await asyncio.sleep(0.005)

    def _streams(self) -> tuple[FakeStream | None, FakeStream | None]:
        """Those opened first, while they run."""
        running = [stream if stream in self._sound.running else None for stream in self._sound.opened[:2]]
        microphone, speaker = [*running, None, None][:2]
        return microphone, speaker


def later(samples: Doubles, ms: float) -> Doubles:
    return np.concatenate([np.zeros(round(ms * 16)), samples])[: len(samples)]


def in_a_room(sound: FakeSound, way: Way, late_ms: int = 0) -> Heard:
    async def scene() -> Heard:
        async with asyncio.TaskGroup() as group:
            air = group.create_task(Room(sound, way, late_ms).live())
            try:
                return await Hearing(None, None).run()
            finally:
                air.cancel()

    return run_virtually(scene())


def open_speaker(air: Doubles, noise: Doubles) -> Doubles:
    return later(air, 45) * 0.5 + noise


@pytest.mark.parametrize(
    ("gain", "hiss", "outcome"),
    [(0.2, 1, "good"), (0, 1, "unheard"), (0.008, 2, "faint"), (20, 1, "clipped"), (0, 0, "deaf")],
)
def test_the_verdict_is_that_of_the_room(
    monkeypatch: pytest.MonkeyPatch, gain: float, hiss: float, outcome: Outcome
) -> None:
    def way(air: Doubles, noise: Doubles) -> Doubles:
        return later(air, 45) * gain + noise * hiss

    assert judged(in_a_room(install(monkeypatch, headset()), way)).outcome == outcome


def test_delays_are_those_of_the_air_and_of_the_whole_way(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = install(monkeypatch, headset())
    heard = in_a_room(sound, open_speaker)
    found = judged(heard)
    assert found.delay_ms == pytest.approx(45, abs=0.2)
    assert found.echo_db == pytest.approx(-6, abs=0.3)
    assert heard.round_trip_ms(found) == pytest.approx(45 + 30 + 0, abs=6)
    assert not sound.running
    assert (heard.input, heard.output) == ("Headset", "Headset")


def test_a_microphone_whose_times_are_wrong_at_first_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = in_a_room(install(monkeypatch, headset()), open_speaker, late_ms=3_000)
    assert judged(heard).delay_ms == pytest.approx(45, abs=0.2)
    assert max(heard.lags) < 0.1


def test_a_microphone_that_stays_late_is_measured_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = in_a_room(install(monkeypatch, headset()), open_speaker, late_ms=15_000)
    assert judged(heard).delay_ms == pytest.approx(45 - 20, abs=0.5)  # of the half second 20 ms are believed


def test_a_microphone_that_never_gives_a_frame_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = install(monkeypatch, headset())

    async def scene() -> None:
        with pytest.raises(DeviceError, match="the microphone 'Headset' gives no sound at all"):
            await Hearing(None, None).run()

    run_virtually(scene())
    assert not sound.running


@pytest.mark.parametrize("kind", ["microphone", "speaker"])
def test_a_device_that_goes_away_ends_the_test(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    sound = install(monkeypatch, headset())
    room = Room(sound, open_speaker)

    async def scene() -> None:
        async with asyncio.TaskGroup() as group:
            air = group.create_task(room.live())
            try:
                hearing = Hearing(None, None)
                group.create_task(pull_out())
                with pytest.raises(DeviceError, match=f"the {kind} 'Headset' went away during the test"):
                    await hearing.run()
            finally:
                air.cancel()

    async def pull_out() -> None:
        await asyncio.sleep(2)
        stream = sound.opened[0 if kind == "microphone" else 1]
        stream.active = False

    run_virtually(scene())
    assert not sound.running


def test_where_the_speaker_cannot_be_opened_the_microphone_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    card = Card("Speaker", open_error=OSError("no"))
    sound = install(monkeypatch, Card("Microphone", inputs=1, outputs=0), card)

    async def scene() -> None:
        with pytest.raises(OSError, match="no"):
            Hearing(None, None)

    asyncio.run(scene())
    assert not sound.running


def test_a_speaker_that_never_says_when_it_sounds_is_an_error() -> None:
    heard = Heard("Microphone", "Odd", bytearray(b"\x01" * 6_400), bytearray(6_400))
    with pytest.raises(DeviceError, match="'Odd' does not say when it sounds"):
        judged(heard)


# ---------------------------------------------------------------------------------------------------- the words


GOOD = Measurement("good", -60.0, 45.0, -6.0, 38.0, 31.4, 0.92)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Measurement("deaf"), "nothing but silence: look for its mute switch"),
        (Measurement("unheard", -60.0), "no echo reaches the microphone: any --aec will do"),
        (Measurement("faint", -60.0, 45.0, -50.0, 1.0, 3.0), "hardly any echo"),
        (Measurement("clipped", -60.0, 45.0, 10.0, 60.0, 3.0), "too loud for the microphone: turn one of them down"),
        (GOOD, "cancelled by 31 dB: talk freely on open speakers"),
        (Measurement("poor", -60.0, 45.0, -6.0, 38.0, 6.0), "by only 6 dB: use headphones; talk --aec auto does not"),
        (Measurement("muffled", -60.0, 45.0, -6.0, 38.0, 40.0, 0.1), "and much of your voice with it: to interrupt"),
        (Measurement("poor", -60.0, 45.0, -6.0, 38.0), "use headphones; talk --aec auto does not listen while"),
    ],
)
def test_every_verdict_says_in_plain_words_what_to_do(found: Measurement, words: str) -> None:
    assert words in in_words(found)


def heard_by(name: str = "Mic") -> Heard:
    heard = Heard(name, "Out", leads=deque([0.008, 0.009, 0.5]), lags=[0.01, 0.011, 0.0])
    return heard


def test_the_figures_are_a_line_each() -> None:
    assert rows(heard_by(), GOOD) == [
        "microphone  Mic",
        "speaker     Out",
        "noise       -60 dBFS",
        "delay       45 ms; 64 ms from here to the speaker and back",
        "echo        -6 dB of what was played, 38 dB above the noise",
        "cancelled   31 dB of it",
        "voice       heard 92% of the time in spite of the echo",
    ]
    assert rows(heard_by(), Measurement("deaf")) == ["microphone  Mic", "speaker     Out"]


def test_programs_get_one_object() -> None:
    told = in_json(heard_by(EVIL), GOOD)
    assert told.isprintable()
    assert json.loads(told) == {
        "input": EVIL,
        "output": "Out",
        "verdict": "good",
        "noise_dbfs": -60.0,
        "delay_ms": 45.0,
        "echo_db": -6.0,
        "snr_db": 38.0,
        "erle_db": 31.4,
        "heard": 0.92,
        "round_trip_ms": 64.0,
        "advice": in_words(GOOD),
    }
    assert json.loads(in_json(heard_by(), Measurement("unheard", -60.0)))["round_trip_ms"] is None


# --------------------------------------------------------------------------------------------------- the memory


def common(env: Mapping[str, str]) -> Common:
    return Common(Report(io.StringIO(), {}), env)


def test_what_was_found_is_remembered_for_calls(tmp_path: Path) -> None:
    keep(common({"LIVECHAT_STATE": str(tmp_path)}), heard_by(), GOOD)
    verdict = remembered(tmp_path, "Mic", "Out")
    assert verdict is not None
    assert (verdict.outcome, verdict.erle_db, len(verdict.on)) == ("good", 31.4, 10)


@pytest.mark.parametrize("found", [Measurement("deaf"), Measurement("poor", -60.0, 45.0, -6.0, 38.0)])
def test_what_says_nothing_of_the_devices_is_not(tmp_path: Path, found: Measurement) -> None:
    keep(common({"LIVECHAT_STATE": str(tmp_path)}), heard_by(), found)
    assert not (tmp_path / FILE).exists()


def test_a_disk_that_refuses_is_said_and_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    stream = io.StringIO()
    keep(Common(Report(stream, {}), {"LIVECHAT_STATE": str(tmp_path / "file")}), heard_by(), GOOD)
    assert "cannot be remembered for calls: " in stream.getvalue()


# ------------------------------------------------------------------------------------------------- the command


def test_without_devices_or_portaudio_the_errors_are_the_house_s(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(monkeypatch)
    assert main(["devices", "test"]) == 74
    assert "no microphone found" in capsys.readouterr().err
    install(monkeypatch, Card("Mic", inputs=1, outputs=0))
    assert main(["devices", "test"]) == 74
    assert "no speaker found" in capsys.readouterr().err
    install(monkeypatch, headset())
    assert main(["devices", "test", "--input", "Haedset"]) == 2
    assert "did you mean 'Headset'?" in capsys.readouterr().err
    assert main(["devices", "test", "--output", "7"]) == 2
    assert "no output device is number 7" in capsys.readouterr().err


def test_without_portaudio_its_line_is_printed(home: Path) -> None:
    (home / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    done = livechat("devices", "test", cwd=home, env={"PYTHONPATH": f"{home}:{Path(__file__).parent.parent}"})
    assert done.returncode == 74
    assert portaudio_line() in done.stderr.decode()


def hear_in_its_place(monkeypatch: pytest.MonkeyPatch, gain: float) -> None:
    """A test that is over at once: some noise and an echo."""
    far = np.concatenate([np.zeros(9_600), soxr.resample(np.frombuffer(sound(), "<i2") / 32_768, 24_000, 16_000)])
    far = np.pad(far, (0, 640 - len(far) % 320))
    near = (later(far, 45) * 0.2 + np.random.default_rng(1).standard_normal(len(far)) * 0.001) * gain

    class Heeded(Hearing):
        def __init__(self, input_device: Wanted, output_device: Wanted) -> None:
            assert (input_device, output_device) == ("usb", 3)
            self.heard = Heard(EVIL, "Out", leads=deque([0.01]))
            self.heard.near += (near * 32_000).astype("<i2").tobytes()
            self.heard.far += (far * 32_000).astype("<i2").tobytes()
            self.heard.lags.append(0.01)

        async def run(self) -> Heard:
            return self.heard

    monkeypatch.setattr(device_test, "Hearing", Heeded)


TEST = ["devices", "test", "--input", "usb", "--output", "3"]


def test_people_get_the_figures_and_a_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    hear_in_its_place(monkeypatch, 1)
    assert main(TEST) == 0
    shown = capsys.readouterr()
    first, *_, last = shown.out.splitlines()
    assert first == "microphone  Mic␛␤0  Trusted␡"
    assert last.startswith("good: the echo is cancelled by ")
    assert "seven seconds of quiet, please" in " ".join(shown.err.split())
    assert "\x1b]" not in shown.err
    assert remembered(home / "state", EVIL, "Out") is not None


def test_a_deaf_microphone_is_an_exit_code_and_programs_hear_of_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    hear_in_its_place(monkeypatch, 0)
    assert main([*TEST, "--json"]) == 74
    assert json.loads(capsys.readouterr().out)["verdict"] == "deaf"
    assert not (home / "state").exists()


# ------------------------------------------------------------------------------- with microphones that hear speakers


pulse_only = [
    pytest.mark.pulse,
    pytest.mark.skipif(bool(pulse_fixture.missing()), reason=pulse_fixture.missing()),
]

ECHOES = """
load-module module-null-sink sink_name=near rate=24000 channels=1
load-module module-remap-source master=near.monitor source_name=beside
load-module module-null-sink sink_name=far rate=24000 channels=1
load-module module-null-sink sink_name=hall rate=24000 channels=1
load-module module-loopback source=far.monitor sink=hall latency_msec=150
load-module module-null-sink sink_name=ears rate=24000 channels=1
"""


@contextmanager
def server() -> Generator[Pulse]:
    with tempfile.TemporaryDirectory() as folder, pulse_fixture.pulse(Path(folder)) as pulse:
        for module in filter(None, ECHOES.splitlines()):
            subprocess.run(["pactl", *module.split()], env=pulse.environment, check=True, capture_output=True)
        yield pulse


def here(pulse: Pulse, source: str, sink: str) -> Mapping[str, str]:
    names = ("XDG_RUNTIME_DIR", "PULSE_SERVER", "HOME")
    own = {name: pulse.environment[name] for name in names}
    return {**own, "PULSE_SOURCE": source, "PULSE_SINK": sink, "LIVECHAT_STATE": str(pulse.microphone.parent / sink)}


class Hush:
    """Noise at -60 dBFS into the pipe's microphone, in real time."""

    def __init__(self, pulse: Pulse) -> None:
        self._pipe = pulse.microphone
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._breathe)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _breathe(self) -> None:
        chance = np.random.default_rng(1)
        pipe = os.open(self._pipe, os.O_WRONLY | os.O_NONBLOCK)
        due = time.monotonic()
        while not self._ended.is_set():
            with contextlib.suppress(BlockingIOError):  # nobody listens any more
                os.write(pipe, (chance.standard_normal(320) * 32.768).astype("<i2").tobytes())
            due += 0.02
            self._ended.wait(max(0.0, due - time.monotonic()))
        os.close(pipe)


class TestWithPulse:
    pytestmark = pulse_only

    def test_what_it_says_is_what_there_is(self, home: Path) -> None:
        """Three at once, each on a speaker of its own: one hears it at once, one 150 ms later, one never."""
        places = [("beside", "near"), ("hall.monitor", "far"), ("vmic", "ears")]
        with server() as pulse, Hush(pulse), ThreadPoolExecutor() as pool:
            runs = [pool.submit(self._test, home, here(pulse, *place)) for place in places]
            beside, hall, never = (run.result() for run in runs)
            folder = pulse.microphone.parent / "near"
            assert remembered(folder, "default", "default") is not None
        for done in (beside, hall, never):
            assert done.returncode == 0, done.stderr
            assert done.stderr.startswith(b"note: playing chirps on 'default', listening on 'default'")
        near, far, deaf = (json.loads(done.stdout) for done in (beside, hall, never))
        assert near["verdict"] in ("good", "muffled", "poor")
        assert -60 < near["delay_ms"] < 60
        assert near["echo_db"] == pytest.approx(0, abs=0.5)
        assert far["verdict"] in ("good", "muffled", "poor")
        assert far["delay_ms"] > near["delay_ms"] + 80  # a busy server's loopback takes more than it was asked to
        assert far["round_trip_ms"] > 100
        assert deaf["verdict"] == "unheard"
        assert deaf["noise_dbfs"] == pytest.approx(-60, abs=1)

    def _test(self, home: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[bytes]:
        """On a busy machine the sound server may stand still for so long that a device counts as lost: then again."""
        done = livechat("devices", "test", "--json", cwd=home, env=env)
        for _ in range(3):
            if b"went away" in done.stderr:
                done = livechat("devices", "test", "--json", cwd=home, env=env)
        return done

    def test_a_microphone_that_gives_nothing_is_an_error(self, home: Path) -> None:
        with server() as pulse, Terminal(["devices", "test"], home, here(pulse, "vmic", "ears")) as terminal:
            terminal.expect("playing chirps on")
            assert terminal.end() == 74
        assert "the microphone 'default' gives no sound at all" in terminal.shown
