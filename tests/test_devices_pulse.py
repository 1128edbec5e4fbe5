"""Claims about real devices, on a PulseAudio of the tests' own: what was heard is taken from its speaker's monitor."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests import pulse_fixture
from tests.pulse_call import CYCLE, Call, Samples, call, counting, last_heard
from tests.pulse_fixture import MICROPHONE_RATE, SPEAKER_RATE, Pulse

pytestmark = [
    pytest.mark.pulse,
    pytest.mark.skipif(bool(pulse_fixture.missing()), reason=pulse_fixture.missing()),
]
FRAME = MICROPHONE_RATE // 50
FADE = SPEAKER_RATE // 200
BLOCK = 512
"""More samples than PortAudio asks for at once."""
BACK_S = 2.0
"""So soon sound goes on after a device is lost."""


@pytest.fixture(name="pulse", scope="module")
def _pulse() -> Generator[Pulse]:
    """One server for all who leave it as it was: a made-up sink sleeps for two seconds when it begins."""
    with server() as pulse:
        yield pulse


@pytest.fixture(name="own")
def _own() -> Generator[Pulse]:
    """A server for one test."""
    with server() as pulse:
        yield pulse


@contextmanager
def server() -> Generator[Pulse]:
    with tempfile.TemporaryDirectory() as folder, pulse_fixture.pulse(Path(folder)) as pulse:
        command = ["pacat", "--latency-msec=10", "--rate=24000", "--channels=1", "/dev/zero"]
        awake = subprocess.Popen(command, env=pulse.environment)  # else it sleeps again when nobody plays
        try:
            yield pulse
        finally:
            awake.kill()
            awake.wait()


class Heard:
    """What the speaker played, when it is over."""

    samples: Samples


@contextmanager
def recording(pulse: Pulse) -> Generator[Heard]:
    heard = Heard()
    file = pulse.microphone.parent / "heard.pcm"
    with pulse.recording(file):
        yield heard
        time.sleep(0.1)  # for what is on its way to the recorder
    heard.samples = np.fromfile(file, "<i2")


@contextmanager
def speaking(pulse: Pulse) -> Generator[None]:
    """Speaks counted samples into the microphone, in real time."""
    over = threading.Event()

    def speak() -> None:
        due, at, pipe = time.monotonic(), 0, -1
        while not over.wait(max(0, due - time.monotonic())):
            try:
                pipe = os.open(pulse.microphone, os.O_WRONLY | os.O_NONBLOCK) if pipe < 0 else pipe
                os.write(pipe, counting(at, FRAME).tobytes())
            except BlockingIOError:
                pass  # nobody listens
            except OSError:
                pipe = closed(pipe)  # the microphone is gone; another may come
            due, at = due + 0.02, at + FRAME
        closed(pipe)

    thread = threading.Thread(target=speak)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def closed(pipe: int) -> int:
    if pipe >= 0:
        os.close(pipe)
    return -1


def control(pulse: Pulse, *words: str) -> str:
    told = subprocess.run(["pactl", *words], env=pulse.environment, check=True, capture_output=True, text=True)
    return told.stdout.strip()


def module(pulse: Pulse, name: str) -> str:
    """The number of the loaded module of a sink or source."""
    lines = control(pulse, "list", "short", "modules").splitlines()
    return next(line.split()[0] for line in lines if f"_name={name} " in line)


def joined(call: Call, samples: int) -> Samples:
    """So many samples of the next frames that hold any."""
    pieces: list[int] = []
    end = time.monotonic() + 10
    while len(pieces) < samples:
        pieces += call.wait_for("frame")["samples"]
        assert time.monotonic() < end
    return np.array(pieces, "<i2")


# ------------------------------------------------------------------------------------------------- bit for bit


def test_both_ways_at_once_every_sample_arrives_bit_for_bit(pulse: Pulse) -> None:
    assert any(both_ways(pulse) for _ in range(3))  # on a busy machine the sound server itself skips now and then


def both_ways(pulse: Pulse) -> bool:
    with call(pulse.environment, microphone=True) as ours, recording(pulse) as heard, speaking(pulse):
        ours.do("play", start=0, samples=24_000)
        mic = joined(ours, 16_000)
        ours.wait_for("played", drained=True, total=24_000)
    return (mic == counting(int(mic[0]) - 1, len(mic))).all() and counting(
        FADE, 24_000 - 2 * FADE
    ).tobytes() in heard.samples.tobytes()


@pytest.mark.parametrize("latency", ["low", 0.3])
def test_nothing_of_an_answers_tail_is_lost_when_it_is_closed_as_soon_as_it_is_over(
    latency: str | float, pulse: Pulse
) -> None:
    with recording(pulse) as heard, call(pulse.environment, latency=latency) as ours:
        ours.do("play", start=0, samples=12_000)
        ours.wait_for("played", drained=True, total=12_000)
    assert last_heard(heard.samples) == 12_000 - FADE
    sounding = np.flatnonzero(heard.samples)
    assert sounding[-1] - sounding[0] > 12_000 - FADE


# ------------------------------------------------------------------------------------------------ interruption


@pytest.mark.parametrize("latency", ["low", "high"])
def test_after_a_stop_nothing_stale_is_heard_and_what_was_heard_is_known_to_one_block(
    latency: str, pulse: Pulse
) -> None:
    with call(pulse.environment, latency=latency) as ours:
        ours.do("play", start=0, samples=2_400)  # the first sound after the start of a stream may be late
        ours.wait_for("played", drained=True)
        ours.do("stop")
        ours.wait_for("silent")
        with recording(pulse) as heard:
            ours.do("play", start=0, samples=28_000, turn=2)
            ours.wait_for("played")
            time.sleep(0.3)
            ours.do("stop")
            stopped = ours.wait_for("stopped")
            silent = ours.wait_for("silent")
            time.sleep(0.3)
    count = last_heard(heard.samples)
    assert 2_400 < count < 24_000
    assert abs(count - stopped["heard"]) <= BLOCK
    last = np.flatnonzero(heard.samples == count)[-1]
    assert not heard.samples[last + FADE :].any()
    assert silent["time"] - stopped["at"] < 0.3


# ------------------------------------------------------------------------------------------- devices come and go


def test_a_speaker_that_is_pulled_out_and_put_in_again_goes_on_where_the_listener_left_off(own: Pulse) -> None:
    with call(own.environment) as ours:
        ours.do("play", start=0, samples=24_000)
        ours.wait_for("played")
        time.sleep(0.7)
        ours.do("play", start=24_000, samples=24_000)
        control(own, "unload-module", module(own, "vspk"))
        ours.wait_for("device", what="DeviceLost")
        control(own, "load-module", "module-null-sink", "sink_name=vspk", "rate=24000", "channels=1", "format=s16le")
        put_in = time.monotonic()
        with recording(own) as heard:
            back = ours.wait_for("device", what="DeviceBack")
            assert back["time"] - put_in < BACK_S
            ours.wait_for("played", drained=True, total=48_000)
    assert counting(30_000, 2_400).tobytes() in heard.samples.tobytes()
    assert last_heard(heard.samples) == 48_000 - FADE - CYCLE


def test_a_speaker_that_is_gone_for_good_is_replaced_by_the_new_default(own: Pulse) -> None:
    control(own, "load-module", "module-null-sink", "sink_name=other", "rate=24000", "channels=1", "format=s16le")
    with call(own.environment) as ours:
        ours.do("play", start=0, samples=28_000)
        ours.wait_for("played")
        time.sleep(0.5)
        pulled = time.monotonic()
        control(own, "unload-module", module(own, "vspk"))
        ours.wait_for("played", drained=True, total=28_000)
        assert time.monotonic() - pulled < 1.2 + BACK_S


def test_a_microphone_that_is_pulled_out_and_put_in_again_is_heard_again(own: Pulse) -> None:
    source = ["module-pipe-source", "source_name=vmic", f"file={own.microphone}", "rate=16000", "channels=1"]
    with call(own.environment, speaker=False, microphone=True) as ours, speaking(own):
        joined(ours, 3_200)
        control(own, "unload-module", module(own, "vmic"))
        assert ours.wait_for("frame", samples=[])  # of the only source that is left, which the server moved us to
        control(own, "load-module", *source, "format=s16le")
        control(own, "set-default-source", "vmic")
        put_in = time.monotonic()
        while (frame := ours.wait_for("frame"))["time"] < put_in + BACK_S and not frame["samples"]:
            pass
        assert frame["samples"]


@contextmanager
def standing_still(pulse: Pulse) -> Generator[None]:
    pulse.server.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        pulse.server.send_signal(signal.SIGCONT)


def test_a_sound_server_that_stands_still_is_a_loss_and_is_used_again_when_it_goes_on(pulse: Pulse) -> None:
    with call(pulse.environment, microphone=True) as ours, speaking(pulse):
        joined(ours, 16_000)
        with standing_still(pulse):
            ours.wait_for("device", what="DeviceLost")
        goes_on = time.monotonic()
        assert ours.wait_for("device", what="DeviceBack")["time"] < goes_on + BACK_S
        joined(ours, 3_200)
        ours.do("play", start=0, samples=2_400)
        ours.wait_for("played", drained=True, total=2_400)


def test_who_closes_while_the_sound_server_stands_still_is_not_held_up_for_long(pulse: Pulse) -> None:
    with call(pulse.environment, microphone=True) as ours, speaking(pulse):
        joined(ours, 3_200)
        with standing_still(pulse):
            assert ours.end() == b""


def test_a_microphone_of_nothing_but_zeros_is_named_after_five_seconds_of_them(pulse: Pulse) -> None:
    with call(pulse.environment, speaker=False, microphone=True) as ours:
        with open(pulse.microphone, "wb") as pipe:
            pipe.write(bytes(2 * MICROPHONE_RATE * 6))  # in a moment: this microphone's time is counted in samples
        said = ours.wait_for("device", what="MicrophoneSilent")["said"]
    assert "gives nothing but silence" in said


def test_a_card_that_runs_dry_says_nothing_on_descriptor_2(pulse: Pulse) -> None:
    with call(pulse.environment, latency="low") as ours:
        ours.do("play", start=0, samples=12_000)
        ours.wait_for("played")
        ours.process.send_signal(signal.SIGSTOP)
        time.sleep(0.2)
        ours.process.send_signal(signal.SIGCONT)
        ours.wait_for("played", drained=True)
