"""Turns are made of what happened in them, each of its own."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from livechat.errors import DeviceError, Unreachable
from livechat.events import Failed, ModelThought, Noted, TurnEnded
from livechat.library.turns import Sounded, Turn, TurnMaker


def ended(turn: int, text: str = "yes", *, interrupted: bool = False) -> TurnEnded:
    return TurnEnded(turn, "q", text, interrupted, 10, "why")


def test_a_turn_has_its_own_sound_and_thoughts_though_two_overlap() -> None:
    made = TurnMaker()
    for item in (Sounded(1, b"ab"), Sounded(2, b"xy"), ModelThought(1, "h"), Sounded(1, b"cd"), ModelThought(1, "m")):
        assert made(item) is None
    assert made(ended(1)) == Turn(1, "q", "yes", b"abcd", "hm", False, "why")
    assert made(ended(2, "no", interrupted=True)) == Turn(2, "q", "no", b"xy", "", True, "why")
    assert made(ended(1)) == Turn(1, "q", "yes", b"", "", False, "why")


def test_other_news_make_none_and_a_failure_is_raised() -> None:
    made = TurnMaker()
    assert made(Noted("x")) is None
    error = Unreachable("gone")
    with pytest.raises(Unreachable, match="gone"):
        made(Failed("gone", 69, error))


def test_the_sound_of_a_turn_is_saved_as_a_wav(tmp_path: Path) -> None:
    Turn(1, "q", "yes", b"\1\0" * 240).save(tmp_path / "answer.wav")
    with wave.open(str(tmp_path / "answer.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 24_000)
        assert file.readframes(1000) == b"\1\0" * 240
    with pytest.raises(DeviceError, match="cannot write"):
        Turn(1, "q", "yes").save(tmp_path / "nowhere" / "answer.wav")
