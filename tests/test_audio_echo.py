"""Claims about echo: what the speaker sounds does not come back, and what is said into the microphone does."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from livechat.audio.echo import SILENCE, EchoCanceller, HalfDuplex, echo_missing
from livechat.audio.pcm import FRAME_BYTES
from livechat.errors import DeviceError

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
