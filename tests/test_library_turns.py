"""Turns are made of what happened in them, each of its own."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from livechat.errors import DeviceError, Unreachable
from livechat.events import Failed, ModelThought, Noted, TurnEnded
from livechat.library.turns import Turn, TurnMaker, event_in, turn_in
from livechat.protocol.server import ServerMessage


def ended(turn: int, text: str = "yes", *, interrupted: bool = False) -> TurnEnded:
    return TurnEnded(turn, "q", text, interrupted, 10, "why")


def test_a_turn_has_its_own_sound_and_thoughts_though_two_overlap() -> None:
    made = TurnMaker()
    made.sounded(1, b"ab")
    made.sounded(2, b"xy")
    assert made(ModelThought(1, "h")) is None
    made.sounded(1, b"cd")
    assert made(ModelThought(1, "m")) is None
    assert made(ended(1)) == Turn(1, "q", "yes", b"abcd", "hm", False, "why")
    assert made(ended(2, "no", interrupted=True)) == Turn(2, "q", "no", b"xy", "", True, "why")
    assert made(ended(1)) == Turn(1, "q", "yes", b"", "", False, "why")
    assert made(Noted("x")) is None


def test_turns_and_news_are_told_apart_and_a_failure_is_raised() -> None:
    turn, news = Turn(1, "q", "yes"), Noted("x")
    assert [turn_in(item) for item in (turn, news, ServerMessage())] == [turn, None, None]
    assert [event_in(item) for item in (turn, news, ServerMessage())] == [None, news, None]
    with pytest.raises(Unreachable, match="gone"):
        turn_in(Failed("gone", 69, Unreachable("gone")))


def test_the_sound_of_a_turn_is_saved_as_a_wav(tmp_path: Path) -> None:
    Turn(1, "q", "yes", b"\1\0" * 240).save(tmp_path / "answer.wav")
    with wave.open(str(tmp_path / "answer.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 24_000)
        assert file.readframes(1000) == b"\1\0" * 240
    with pytest.raises(DeviceError, match="cannot write"):
        Turn(1, "q", "yes").save(tmp_path / "nowhere" / "answer.wav")
