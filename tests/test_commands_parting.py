"""What a call says when it is over."""

from __future__ import annotations

import json

import pytest

from livechat.audio.jitter import JitterBuffer
from livechat.commands.parting import Parting, lasted
from livechat.events import (
    Answered,
    Ended,
    Event,
    FellSilent,
    Interrupted,
    Reconnected,
    Reconnecting,
    SoundDropped,
    TurnEnded,
)
from livechat.figures import Figures
from livechat.terminal.style import text_of

TURN = TurnEnded(1, "Hi", "Hello.", False, 500)


def after(*news: Event, t: float = 0.0) -> Parting:
    figures = Figures()
    for event in news:
        figures(t, event)
    return Parting(figures, "you pressed q")


def with_a_gap() -> JitterBuffer:
    buffer = JitterBuffer(24_000, 0)
    buffer.push(b"\1\0" * 240, 1)
    buffer.pull(720)
    buffer.push(b"\1\0" * 240, 1)
    return buffer


def test_a_call_without_a_word_says_that() -> None:
    assert after(Ended("left", 0, 0), t=2.4).sentences() == ["you pressed q: 2 s, 0 turns, 0 interruptions"]


def test_times_are_told_where_there_are_some() -> None:
    parting = after(TURN, Answered(1, 500), Answered(2, 700), FellSilent(1, 9), Interrupted(1, 9, 0, "", ""), t=252)
    assert parting.sentences() == [
        "you pressed q: 4 min 12 s, 1 turn, 1 interruption",
        "answers were heard 500 ms (p50) and 700 ms (p95) after you stopped speaking",
        "interrupted answers fell silent within 9 ms",
    ]


def test_what_went_wrong_and_what_is_kept_is_told_last() -> None:
    parting = after(Ended("left", 0, 0))
    parting.buffer, parting.dropped = with_a_gap(), 1
    parting.kept.append("recorded in rec")
    assert parting.sentences()[1:] == [
        "1 gap in the model's sound (20 ms), 1 frame of your sound dropped",
        "recorded in rec",
    ]


def test_a_connection_that_was_lost_is_told_with_what_was_lost_with_it() -> None:
    parting = after(Reconnecting("gone", 1, 8), Reconnected("resumed", 1), SoundDropped(1200))
    parting.again = "livechat talk --continue"
    assert parting.sentences() == [
        "you pressed q: 0 s, 0 turns, 0 interruptions, 1 reconnect (0 turns lost)",
        "1.2 s of your voice not sent",
        "go on with it: livechat talk --continue",
    ]
    rows = [text_of(row) for row in parting.rows()]
    assert "  talked    0 s   0 turns   0 interruptions   1 reconnect (0 turns lost)" in rows
    assert "  audio     0 underruns   0 dropped mic frames   1.2 s of your voice not sent" in rows
    assert rows[-1] == "  continue  livechat talk --continue"
    told = json.loads(parting.json(0.0))
    assert (told["reconnects"], told["lost_turns"], told["unsent_ms"]) == (1, 0, 1200)


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 s"), (59.6, "1 min 0 s"), (3600, "60 min 0 s")])
def test_a_length_of_time_is_told_in_minutes_and_seconds(seconds: float, words: str) -> None:
    assert lasted(seconds) == words


def test_programs_get_the_same_as_one_line() -> None:
    parting = after(TURN, Answered(1, 500), Ended("left", 1, 0))
    told = json.loads(parting.json(3.5))
    assert told["answer_ms"] == {"count": 1, "p50": 500, "p95": 500}
    assert (told["type"], told["t"], told["turns"], told["silence_ms"], told["underruns"]) == (
        "summary",
        3.5,
        1,
        None,
        0,
    )
    parting.buffer = with_a_gap()
    told = json.loads(parting.json(3.5))
    assert (told["underruns"], told["concealed_ms"], told["stretched_ms"]) == (1, 20, 0)


def test_pictures_are_counted_where_there_was_video() -> None:
    parting = after(Ended("left", 0, 0))
    assert json.loads(parting.json(0.0))["pictures"] == 0
    parting.pictures = 12
    assert parting.sentences()[1:] == ["the model was shown 12 pictures"]
    assert any("12 pictures" in span.text for row in parting.rows() for span in row)
    assert json.loads(parting.json(0.0))["pictures"] == 12
