"""Claims about echo: what the speaker sounds does not come back, and what is said into the microphone does."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from livechat.audio.echo import SILENCE, EchoCanceller, HalfDuplex, echo_missing
from livechat.audio.pcm import FRAME_BYTES, level_dbfs
from livechat.errors import DeviceError
from tests.echo_scenes import TRAIN, Place, Verdict, judge, pcm, scene, through

SAID = b"\x10\x20" * (FRAME_BYTES // 2)


def nowhere(_: str) -> None:
    """Finds no package."""


def test_half_duplex_hears_while_the_far_end_is_silent() -> None:
    assert HalfDuplex().process(SAID, SILENCE) == SAID


def test_half_duplex_is_deaf_while_the_far_end_sounds_and_for_its_tail() -> None:
    half = HalfDuplex(tail_ms=100)
    assert [half.process(SAID, far) == SILENCE for far in [SAID, SAID, *[SILENCE] * 7]] == [True] * 7 + [False] * 2


@pytest.mark.parametrize("canceller", [HalfDuplex, EchoCanceller])
@pytest.mark.parametrize(("near", "far"), [(SAID[:-2], SAID), (SAID, b""), (SAID * 2, SAID * 2)])
def test_a_frame_of_another_size_is_refused(
    canceller: type[HalfDuplex] | type[EchoCanceller], near: bytes, far: bytes
) -> None:
    with pytest.raises(ValueError, match="bytes, not the 640 of a frame"):
        canceller().process(near, far)


def test_where_the_package_is_not_installed_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", nowhere)
    with pytest.raises(DeviceError, match="not installed") as raised:
        EchoCanceller()
    assert "--aec half-duplex" in raised.value.hint


def test_a_package_that_does_not_load_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert echo_missing() is None

    def broken(name: str) -> None:
        raise OSError(f"{name}: wrong ELF class")

    monkeypatch.setattr(importlib, "import_module", broken)
    with pytest.raises(DeviceError, match="does not load") as raised:
        EchoCanceller()
    assert "--aec half-duplex" in raised.value.hint


def test_nothing_is_loaded_before_a_canceller_is_made() -> None:
    told = "import livechat.audio.echo as e, sys; e.echo_missing(); print('pywebrtc_audio' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", told], text=True).strip() == "False"


def bursts(seed: int, level: float, seconds: int = 4) -> NDArray[np.float64]:
    """White noise that comes and goes, as speech does."""
    length = seconds * 16_000
    swell = 0.5 + 0.5 * np.sin(np.arange(length) / 16_000 * 6 * np.pi)
    return np.random.default_rng(seed).standard_normal(length) * swell * level


TAIL = np.random.default_rng(5).standard_normal(800) * np.geomspace(0.1, 1e-3, 800)
ROOM = np.concatenate([np.zeros(640), [0.5], TAIL])
FAR = bursts(1, 0.1)
ECHO = np.convolve(FAR, ROOM)[: len(FAR)] + np.random.default_rng(2).standard_normal(len(FAR)) * 1e-3


def test_what_is_said_while_the_far_end_is_silent_comes_through_whole() -> None:
    near = pcm(bursts(3, 0.05))
    assert through(EchoCanceller(), near, bytes(len(near))) == near


def test_what_is_said_after_the_far_end_has_spoken_is_cut_by_less_than_3_db() -> None:
    far = pcm(np.concatenate([FAR, np.zeros(32_000)]))
    said = bursts(3, 0.05, 2)
    mic = pcm(np.concatenate([ECHO, said]))
    heard = through(EchoCanceller(), mic, far)[-24_000:]  # from half a second on
    assert level_dbfs(heard) > level_dbfs(pcm(said)[-24_000:]) - 3


def test_an_echo_alone_leaves_the_room_s_noise_and_no_more() -> None:
    canceller = EchoCanceller()
    heard = through(canceller, pcm(ECHO), pcm(FAR))
    assert level_dbfs(heard[640:]) < -55
    assert canceller.converged
    assert canceller.erle_db > 10
    assert not canceller.near_speech


def test_somebody_who_speaks_up_is_noticed_and_comes_through() -> None:
    canceller, said = EchoCanceller(), bursts(3, 0.1)
    said[:48_000] = 0
    heard = through(canceller, pcm(ECHO + said), pcm(FAR))
    assert level_dbfs(heard[-16_000:]) == pytest.approx(level_dbfs(pcm(said)[-16_000:]), abs=2)
    assert canceller.near_speech


def test_an_echo_before_its_cause_can_be_cancelled_by_nobody_and_nothing_is_let_through() -> None:
    canceller = EchoCanceller()
    late = np.roll(FAR, 1600)
    heard = through(canceller, pcm(ECHO), pcm(late))
    assert not canceller.converged
    assert level_dbfs(heard[-32_000:]) < -50


@pytest.mark.speech
@pytest.mark.parametrize("samples", [103, -80])
def test_a_card_that_ran_dry_makes_nobody_interrupt_and_cuts_nobody_off(samples: int) -> None:
    for onsets, verdict in ((0, Verdict(0, 0, 0)), (3, Verdict(0, 3, 3))):
        room = scene(TRAIN[1], onsets=onsets)
        far = np.frombuffer(room.far, "<i2")
        moved = np.concatenate([far[:64_000], np.roll(far, -samples)[64_000:]])  # after 4 s
        assert judge(through(EchoCanceller(), room.mic, moved.tobytes()), room.onsets_ms) == verdict


@pytest.mark.speech
@pytest.mark.parametrize("place", [TRAIN[1], TRAIN[8]], ids=lambda place: f"seed {place.seed}")
def test_the_server_hears_whoever_interrupts_and_not_the_model(place: Place) -> None:
    empty, both = scene(place, onsets=0), scene(place)
    assert judge(through(EchoCanceller(), empty.mic, empty.far), ()).false == 0
    assert judge(through(EchoCanceller(), both.mic, both.far), both.onsets_ms) == Verdict(0, 3, 3)
