"""The model's words on stdout: all of them, once, and disarmed."""

from __future__ import annotations

import io

from livechat.events import Event, ModelSaid, ReplyCame, TurnEnded, UserSaid
from livechat.terminal.answer import Answer


def printed(*events: Event, speaks: bool = False, muted: int | None = None) -> str:
    stream = io.StringIO()
    answer = Answer(stream, speaks=speaks)
    answer.muted = muted
    for event in events:
        answer(0.0, event)
    answer.end()
    return stream.getvalue()


def wrote(text: str, turn: int = 1) -> ModelSaid:
    return ModelSaid(turn, text, spoken=False)


def ended(text: str, turn: int = 1) -> TurnEnded:
    return TurnEnded(turn, "", text, interrupted=False, spoken_ms=0)


def test_words_are_printed_as_they_come_and_the_line_is_ended_once() -> None:
    assert printed(wrote("Once "), wrote("upon"), ReplyCame(1, "Once upon"), ended("Once upon")) == "Once upon\n"


def test_an_answer_that_ends_its_own_line_gets_no_second_break() -> None:
    assert printed(wrote("a\n"), ended("a\n"), wrote("b", 2), ended("b", 2)) == "a\nb\n"


def test_where_the_model_speaks_its_transcript_is_the_answer() -> None:
    said = ModelSaid(1, "spoken", spoken=True)
    assert printed(wrote("aside"), said, ended("spoken"), speaks=True) == "spoken\n"


def test_where_a_speaking_model_only_wrote_its_writing_is_the_answer() -> None:
    assert printed(wrote("only text"), ReplyCame(1, "only text"), ended("only text"), speaks=True) == "only text\n"


def test_a_reply_the_user_wants_no_more_of_is_left_out_and_the_next_is_not() -> None:
    assert printed(wrote("long"), ended("long"), wrote("next", 2), ended("next", 2), muted=1) == "next\n"


def test_what_the_user_said_is_not_the_product() -> None:
    assert printed(UserSaid(1, "me", "me", final=True)) == ""


def test_an_empty_answer_prints_nothing() -> None:
    assert printed(ended("")) == ""


def test_an_escape_sequence_split_over_pieces_never_reaches_the_terminal() -> None:
    text = printed(wrote("a\x1b]52;c;aGk"), wrote("=\x07b"), ended("x"))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert text.startswith("a")
    assert text.endswith("b\n")
