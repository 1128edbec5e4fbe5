"""Claims about the wall around PortAudio: what is found by which name, at what rate it opens, what a refusal says."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from livechat.audio.portaudio import Device, PortAudio, Stream, Work, permission_line, portaudio_line
from livechat.errors import DeviceError, LivechatError, UsageError
from tests.sound_card import Card, FakeError, FakeSound, NoTimes, Times, install


@pytest.fixture(name="sound")
def _sound(monkeypatch: pytest.MonkeyPatch) -> FakeSound:
    return install(monkeypatch, Card("Built-in Audio", inputs=2), Card("USB Headset", inputs=1), Card("HDMI"))


def work(stream: Stream) -> Work:
    return lambda block, frames, lead_s: None


def refusal(wanted: int | str | None, kind: str = "output") -> LivechatError:
    with pytest.raises(LivechatError) as error:
        PortAudio().find(wanted, "input" if kind == "input" else "output")
    return error.value


def test_the_list_says_all_there_is_to_a_device(sound: FakeSound) -> None:
    assert PortAudio().devices() == [
        Device(0, "Built-in Audio", "ALSA", 2, 2, 48_000, True, True),
        Device(1, "USB Headset", "ALSA", 1, 2, 48_000, False, False),
        Device(2, "HDMI", "ALSA", 0, 2, 48_000, False, False),
    ]


@pytest.mark.parametrize(
    ("wanted", "index"), [(None, 0), (2, 2), ("HDMI", 2), ("hdmi", 2), ("headset", 1), ("USB Headset", 1)]
)
def test_a_device_is_found_by_number_by_name_or_by_a_part_of_it(
    wanted: int | str | None, index: int, sound: FakeSound
) -> None:
    assert PortAudio().find(wanted, "output").index == index


def test_a_name_in_full_goes_before_one_that_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Card("HDMI 2"), Card("HDMI"))
    assert PortAudio().find("hdmi", "output").index == 1


def test_of_one_card_under_two_hosts_the_one_beside_the_default_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Card("default", host=1), Card("Headset", host=0), Card("Headset", host=1))
    assert PortAudio().find("headset", "output").index == 2
    install(monkeypatch, Card("default", host=1), Card("Headset", host=0))
    assert PortAudio().find("headset", "output").index == 1


@pytest.mark.parametrize(
    ("wanted", "kind", "says"),
    [
        (7, "output", "no output device is number 7"),
        (2, "input", "no input device is number 2"),
        ("hdmi", "input", "no input device is 'hdmi'"),
        ("", "output", "no output device is ''"),
        ("hedset", "output", "no output device is 'hedset' — did you mean 'USB Headset'?"),
        ("biult", "input", "no input device is 'biult' — did you mean 'Built-in Audio'?"),
        ("USB Hedset", "output", "no output device is 'USB Hedset' — did you mean 'USB Headset'?"),
        ("i", "input", "several input devices are 'i': 'Built-in Audio', 'Sidetone'"),
    ],
)
def test_a_name_that_no_device_has_is_a_mistake_with_the_nearest_beside_it(
    wanted: int | str, kind: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(
        monkeypatch,
        Card("Built-in Audio", inputs=2),
        Card("USB Headset", inputs=1),
        Card("HDMI"),
        Card("Sidetone", inputs=1, outputs=0),
    )
    error = refusal(wanted, kind)
    assert (type(error), str(error), error.hint) == (UsageError, says, "livechat devices list")


def test_a_machine_without_devices_says_which_is_missing_and_what_can_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)
    assert PortAudio().devices() == []
    no_speaker, no_microphone = refusal(None), refusal(None, "input")
    assert (type(no_speaker), str(no_speaker)) == (DeviceError, "no speaker found")
    assert (type(no_microphone), str(no_microphone)) == (DeviceError, "no microphone found")
    assert "livechat send-audio FILE -o FILE.wav" in no_speaker.hint
    assert "livechat talk --input-device -" in no_microphone.hint


@pytest.mark.parametrize(
    ("rates", "channels", "opened"),
    [
        ({16_000, 48_000}, {1, 2}, (16_000, 1)),
        ({16_000, 48_000}, {2}, (16_000, 2)),
        ({48_000}, {1, 2}, (48_000, 1)),
        ({48_000}, {4}, (48_000, 4)),
    ],
)
def test_the_wished_rate_goes_before_the_own_and_mono_before_more(
    rates: set[int], channels: set[int], opened: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = install(monkeypatch, Card("Array", inputs=4, rates=rates, channels=channels))
    portaudio = PortAudio()
    device = portaudio.find(None, "input")
    stream = portaudio.open("input", device, (16_000, device.rate), work, block_ms=20)
    assert (stream.rate, stream.channels) == (sound.stream.rate, sound.stream.channels) == opened
    stream.close()
    stream.close()
    assert sound.opened[-1].log == ["start", "abort", "close"]


def test_a_blocks_lead_is_the_streams_word_or_its_latency(sound: FakeSound) -> None:
    leads: list[float] = []

    def make(stream: Stream) -> Work:
        return lambda block, frames, lead_s: leads.append(round(lead_s, 6))

    class Mad:
        currentTime = 0.0  # noqa: N815
        inputBufferAdcTime = outputBufferDacTime = 1e9  # noqa: N815

    portaudio = PortAudio()
    for kind in ("input", "output"):
        device = portaudio.find(None, kind)
        stream = portaudio.open(kind, device, (24_000,), make, block_ms=20 if kind == "input" else 0)
        for times in (Times(), NoTimes(), Mad()):
            sound.stream.callback(memoryview(b""), 0, times, 0)
        assert stream.beats == 3
        stream.close()
    assert leads == [0.02, 0.05, 0.05, 0.03, 0.05, 0.05]


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (FakeError("Device unavailable", -9985), "'HDMI' is in use by another program"),
        (FakeError("Invalid device", -9996), "'HDMI' is no longer there"),
        (FakeError("Illegal combination of I/O devices", -9993), "'HDMI' is no longer there"),
        (
            FakeError("Unanticipated host error", -9999, (0, -13, "Permission denied")),
            "this program may not use 'HDMI'",
        ),
        (FakeError("Operation not permitted"), "this program may not use 'HDMI'"),
        (FakeError("Unanticipated host error", -9999), "'HDMI' cannot be opened for playing"),
        (FakeError("without a code"), "'HDMI' cannot be opened for playing"),
    ],
)
def test_every_refusal_has_its_sentence_and_its_reason(error: FakeError, says: str, sound: FakeSound) -> None:
    portaudio = PortAudio()
    device = portaudio.find("HDMI", "output")
    for wrong in ("open_error", "start_error"):
        sound.plugged[2].open_error = sound.plugged[2].start_error = None
        setattr(sound.plugged[2], wrong, error)
        with pytest.raises(DeviceError, match=re.escape(says)) as refused:
            portaudio.open("output", device, (24_000,), work)
        assert refused.value.why == str(error)
        assert sound.running == []


def test_a_card_without_a_rate_of_ours_is_named_with_its_own(sound: FakeSound) -> None:
    sound.plugged[0].rates = set()
    portaudio = PortAudio()
    with pytest.raises(DeviceError, match="not even its own of 48000 Hz"):
        portaudio.open("input", portaudio.find(None, "input"), (16_000, 48_000), work, block_ms=20)


def test_what_was_plugged_in_later_is_there_after_a_refresh(sound: FakeSound) -> None:
    portaudio = PortAudio()
    sound.plugged.append(Card("Late"))
    assert len(portaudio.devices()) == 3
    portaudio.refresh()
    assert portaudio.find("late", "output").index == 3


def test_a_sound_system_that_has_gone_is_a_device_error_too(sound: FakeSound, monkeypatch: pytest.MonkeyPatch) -> None:
    def query_devices() -> object:
        raise FakeError("PortAudio not initialized", -10_000)

    portaudio = PortAudio()
    monkeypatch.setattr(sound, "query_devices", query_devices)
    with pytest.raises(DeviceError, match="the sound system does not answer"):
        portaudio.devices()


def test_without_the_library_the_hint_is_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(DeviceError, match="the PortAudio library is not installed") as error:
        PortAudio()
    assert error.value.hint == f"{portaudio_line()}\nor without a device: livechat text"
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(DeviceError, match="the Python package sounddevice is not installed"):
        PortAudio()


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


@pytest.mark.parametrize(
    ("system", "where"), [("darwin", "System Settings ›"), ("win32", "in Settings ›"), ("linux", "group audio")]
)
def test_where_to_allow_the_use_of_a_microphone_is_said_for_this_system(
    system: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert where in permission_line()


C_SPEAKS = """
import ctypes, os, sys
from livechat.audio.portaudio import silence_c
libc = ctypes.CDLL(None)
def complain(word):
    for _ in range(1_000):
        libc.fprintf(ctypes.c_void_p.in_dll(libc, "stderr"), b"ALSA lib " + word + b"\\n")
    libc.fflush(None)
complain(b"before")
silence_c()
silence_c()
complain(b"after")
print("Python speaks", file=sys.stderr)
os.write(2, b"and so does descriptor 2\\n")
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="not installed: glibc, whose stderr can be moved")
def test_what_c_prints_on_stderr_goes_nowhere_and_all_else_is_shown() -> None:
    done = subprocess.run([sys.executable, "-c", C_SPEAKS], capture_output=True, text=True, check=True)
    assert done.stderr == "ALSA lib before\n" * 1_000 + "Python speaks\nand so does descriptor 2\n"


def test_where_it_is_not_known_how_c_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from livechat.audio import portaudio

    def libc_ver() -> tuple[str, str]:
        return ("", "")

    monkeypatch.setattr(sys, "platform", "plan9")
    monkeypatch.setattr(platform, "libc_ver", libc_ver)
    portaudio.silence_c.__wrapped__()
