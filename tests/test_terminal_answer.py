"""The model's words on stdout: all of them, once, and disarmed."""

from __future__ import annotations

import io

import pytest

from livechat.events import Event, ModelSaid, ReplyCame, TurnEnded, UserSaid
from livechat.terminal.answer import Answer
from livechat.terminal.network import LOST


def printed(*events: Event, speaks: bool = False) -> str:
    stream = io.StringIO()
    answer = Answer(stream, speaks=speaks)
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


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "shown"), [(Terminal(), "Once \nupon\n"), (io.StringIO(), "Once upon\n")])
def test_where_something_else_is_said_a_terminal_gets_a_new_line_and_a_file_stays_whole(
    stream: io.StringIO, shown: str
) -> None:
    answer = Answer(stream, speaks=False)
    answer.make_way()
    answer(0.0, wrote("Once "))
    answer.make_way()
    answer(0.0, wrote("upon"))
    answer(0.0, ended("Once upon"))
    assert stream.getvalue() == shown


def test_it_says_whether_a_line_is_unfinished() -> None:
    answer = Answer(io.StringIO(), speaks=False)
    states: list[bool] = []
    for text in ("Once", " upon\n", "a"):
        answer(0.0, wrote(text))
        states.append(answer.mid_line)
    answer.end()
    assert [*states, answer.mid_line] == [True, False, True, False]


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


def torn(text: str, turn: int = 1) -> TurnEnded:
    return TurnEnded(turn, "", text, interrupted=True, spoken_ms=0, reason=LOST)


def test_an_answer_that_the_connection_took_along_goes_on_where_it_was_torn() -> None:
    again = [wrote("On", 2), wrote("ce upon a", 2), wrote(" time", 2), ended("Once upon a time", 2)]
    assert printed(wrote("Once upon"), torn("Once upon"), *again) == "Once upon a time\n"


def test_also_where_it_is_torn_more_than_once() -> None:
    again = [
        wrote("Once", 2),
        torn("Once", 2),
        wrote("Once upon a", 3),
        torn("Once upon a", 3),
        wrote("Once upon a time", 4),
    ]
    assert printed(wrote("Once upon"), torn("Once upon"), *again, ended("Once upon a time", 4)) == "Once upon a time\n"


@pytest.mark.parametrize("other", ["Twice", "Once more", "Once"])
def test_another_answer_in_its_place_is_printed_whole(other: str) -> None:
    events = [
        wrote("Once upon"),
        torn("Once upon"),
        wrote(other, 2),
        ended(other, 2),
        wrote("next", 3),
        ended("next", 3),
    ]
    assert printed(*events) == f"Once upon\n{other}\nnext\n"


def test_the_same_answer_once_more_adds_nothing() -> None:
    assert printed(wrote("Once"), torn("Once"), wrote("Once", 2), ended("Once", 2)) == "Once\n"


def test_one_that_had_not_begun_leaves_no_trace() -> None:
    assert printed(torn(""), wrote("Once", 2), ended("Once", 2)) == "Once\n"
