"""Claims about `livechat devices`: what is plugged in, which is the default, and how loud it is at a microphone."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from livechat.audio.keeping import DeviceBack, DeviceLost, MicrophoneSilent, News
from livechat.audio.microphone import Frame
from livechat.audio.portaudio import portaudio_line
from livechat.cli import main
from livechat.commands.devices import Reading, bar, in_place, news_type, print_level, readings
from livechat.commands.options import wanted
from tests import pulse_fixture
from tests.pulse_fixture import Pulse
from tests.sound_card import Card, install

from .cli import Terminal, livechat
from .cli_help import be_clean

EVIL = "Mic\x1b]52;c;aGk=\x07\n0  Trusted\x7f\u202e"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    be_clean(monkeypatch, tmp_path)
    return tmp_path


def test_the_list_has_names_channels_rates_and_marks_the_defaults(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(monkeypatch, Card("HDMI"), Card("耳机", inputs=1, outputs=2, native=44_100.0), Card("Line", 1, 2, 0))
    assert main(["devices", "list"]) == 0
    assert capsys.readouterr().out == (
        "   name  through  in  out      rate\n"
        "0  HDMI  ALSA      -    2  48000 Hz  default speaker\n"
        "1  耳机  ALSA      1    2  44100 Hz  default microphone\n"
        "2  Line  JACK      2    -  48000 Hz\n"
    )


def test_one_device_may_be_both_defaults(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    install(monkeypatch, Card("Headset", inputs=1))
    assert main(["devices", "list"]) == 0
    assert capsys.readouterr().out.endswith("default microphone and speaker\n")


def test_programs_get_one_object_a_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    install(monkeypatch, Card("Headset", inputs=1), Card(EVIL))
    assert main(["devices", "list", "--json"]) == 0
    out = capsys.readouterr().out
    first, second = map(json.loads, out.splitlines())
    assert first == {
        "index": 0,
        "name": "Headset",
        "host": "ALSA",
        "inputs": 1,
        "outputs": 2,
        "rate": 48_000,
        "default_input": True,
        "default_output": True,
    }
    assert second["name"] == EVIL
    assert out.replace("\n", "").isprintable()


def test_a_devices_name_cannot_command_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(monkeypatch, Card(EVIL, inputs=1))
    assert main(["devices", "list"]) == 0
    title, row = capsys.readouterr().out.splitlines()
    assert title.isprintable()
    assert row.isprintable()
    assert main(["devices", "meter", "--device", "trustd"]) == 2
    assert capsys.readouterr().err.replace("\n", "").isprintable()


def test_without_devices_or_without_the_library_there_is_one_sentence_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(monkeypatch)
    assert main(["devices", "list"]) == 74
    assert "error: no sound devices found" in capsys.readouterr().err
    assert main(["devices", "meter"]) == 74
    assert "error: no microphone found" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert main(["devices", "list"]) == 74
    assert "sounddevice is not installed" in capsys.readouterr().err


def test_without_portaudio_the_line_that_installs_it_is_all_there_is(home: Path) -> None:
    (home / "lib").mkdir()
    (home / "lib" / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    root = Path(__file__).parent.parent
    for verb in ("list", "meter"):
        done = livechat("devices", verb, cwd=home, env={"PYTHONPATH": f"{home / 'lib'}{os.pathsep}{root}"})
        assert (done.returncode, done.stdout) == (74, b"")
        expected = f"error: the PortAudio library is not installed\n  try: {portaudio_line()}\n       or without"
        assert done.stderr.decode().startswith(expected)


def test_an_unknown_microphone_is_a_mistake_with_the_nearest_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(monkeypatch, Card("USB Headset", inputs=1))
    assert main(["devices", "meter", "--device", "USB Hedset"]) == 2
    said = capsys.readouterr().err
    assert "no input device is 'USB Hedset' — did you mean 'USB Headset'?" in said
    assert "try: livechat devices list" in said
    assert main(["devices", "meter", "--device", "9"]) == 2
    assert "no input device is number 9" in capsys.readouterr().err


def test_a_device_is_a_number_where_it_looks_like_one() -> None:
    assert [wanted(device) for device in (None, "3", "USB 3")] == [None, 3, "USB 3"]


def test_a_reading_is_the_loudest_of_five_frames_and_its_time_the_last_ones_end() -> None:
    async def frames() -> AsyncIterator[Frame]:
        for number in range(12):
            yield Frame(b"", -50.0 + number, 7.0 + number / 50)

    async def scene() -> list[Reading]:
        return [reading async for reading in readings(frames())]

    assert asyncio.run(scene()) == [Reading(0.1, -46.0), Reading(0.2, -41.0)]


@pytest.mark.parametrize(
    ("level_db", "shown"),
    [(-120.0, "[          ] -120.0 dBFS"), (-30.0, "[=====     ]  -30.0 dBFS"), (0.0, "[==========]    0.0 dBFS")],
)
def test_the_bar_is_as_long_as_the_sound_is_loud(level_db: float, shown: str) -> None:
    assert bar(level_db, 10) == shown


def test_the_bar_is_drawn_over_the_last_one_and_fits_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for columns in ("20", "40", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        in_place(Reading(0.1, -10.0))
        shown = capsys.readouterr().out
        assert shown.startswith("\r[")
        assert len(shown) <= max(int(columns), 21)
    print_level(Reading(0.1, -10.0))
    assert capsys.readouterr().out == " -10.0 dBFS\n"


def test_the_news_have_names_for_programs() -> None:
    news: list[News] = [DeviceLost("input", "a"), DeviceBack("input", "a", False, 1, 1), MicrophoneSilent("a")]
    assert [news_type(one) for one in news] == ["device.lost", "device.back", "microphone.silent"]


# ------------------------------------------------------------------------------- with a microphone that is fed

pulse_only = [
    pytest.mark.pulse,
    pytest.mark.skipif(bool(pulse_fixture.missing()), reason=pulse_fixture.missing()),
]


@contextmanager
def server() -> Generator[Pulse]:
    with tempfile.TemporaryDirectory() as folder, pulse_fixture.pulse(Path(folder)) as pulse:
        yield pulse


@contextmanager
def spoken_into(pulse: Pulse, pcm: bytes) -> Generator[None]:
    """Speaks 20 ms of sound again and again, in real time."""
    ended = threading.Event()

    def speak() -> None:
        with open(pulse.microphone, "wb", buffering=0) as pipe:
            due = time.monotonic()
            while not ended.is_set():
                pipe.write(pcm)
                due += 0.02
                ended.wait(max(0.0, due - time.monotonic()))

    speaker = threading.Thread(target=speak)
    speaker.start()
    try:
        yield
    finally:
        ended.set()
        speaker.join()


def here(pulse: Pulse) -> Mapping[str, str]:
    return {name: pulse.environment[name] for name in ("XDG_RUNTIME_DIR", "PULSE_SERVER", "HOME")}


def quarter_wave() -> bytes:
    """A square wave at a quarter of full scale: -12 dBFS."""
    return np.tile(np.array([8_192, -8_192], "<i2"), 160).tobytes()


class TestWithPulse:
    pytestmark = pulse_only

    def test_the_meter_tells_programs_how_loud_it_is(self, home: Path) -> None:
        with server() as pulse, spoken_into(pulse, quarter_wave()):
            done = livechat("devices", "meter", "--seconds", "1.2", "--json", cwd=home, env=here(pulse))
        assert (done.returncode, done.stderr) == (0, b"note: listening to default at 16000 Hz\n")
        rows = [json.loads(row) for row in done.stdout.splitlines()]
        assert len(rows) >= 5
        assert {row["type"] for row in rows} == {"level"}
        assert rows[-1]["level_db"] == pytest.approx(-12.0, abs=0.2)
        assert rows[-1]["t"] == pytest.approx(len(rows) / 10, abs=0.05)

    def test_the_meter_lives_on_a_terminal_until_ctrl_c(self, home: Path) -> None:
        meter = ["devices", "meter"]
        with server() as pulse, spoken_into(pulse, quarter_wave()), Terminal(meter, home, here(pulse)) as terminal:
            terminal.expect("\r[")
            terminal.expect("-12.0 dBFS\r[")
            terminal.type("\x03")
            assert terminal.end() == 130
        assert "error" not in terminal.shown

    def test_the_list_of_a_real_system_says_nothing_on_stderr(self, home: Path) -> None:
        with server() as pulse:
            done = livechat("devices", "list", cwd=home, env=here(pulse))
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"default microphone and speaker" in done.stdout
