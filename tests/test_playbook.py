"""The playbook itself: it believes nothing and shows everything."""

from __future__ import annotations

import gc
from dataclasses import dataclass, field

import pytest

from tests.playbook import Playbook, PlayError, after, nothing


@dataclass(frozen=True)
class Asked:
    question: str


@dataclass(frozen=True)
class Rang:
    pass


@dataclass(frozen=True)
class Answer:
    words: str
    at: float


@dataclass(frozen=True)
class Bell:
    at: float


@dataclass
class Parrot:
    """Answers every word, and rings a bell one second after each question."""

    deadline: float | None = None
    restless: bool = field(default=False)

    def handle(self, input: Asked | Rang, now: float) -> list[Answer | Bell]:
        if isinstance(input, Rang):
            self.deadline = now if self.restless else None
            return [Bell(now)]
        self.deadline = now + 1
        return [Answer(word, now) for word in input.question.split()]


def play(restless: bool = False) -> Playbook[Asked | Rang, Answer | Bell]:
    return Playbook(Parrot(restless=restless), tick=Rang)


def test_a_play_that_goes_as_told_is_true() -> None:
    assert play() >> Asked("a b") << Answer("a", 0) << Answer >> after(1.5) << Bell(1.0) << nothing


def test_time_passes_between_the_acts() -> None:
    assert play() >> after(2) >> Asked("x") << Answer("x", 2.0) >> after(0.5) << nothing


def test_a_different_answer_shows_the_play_and_the_difference() -> None:
    with pytest.raises(PlayError) as caught:
        assert play() >> Asked("hello") << Answer("goodbye", 0)
    assert "0.000 >> Asked(question='hello')" in str(caught.value)
    assert "- << Answer(words='goodbye', at=0)" in str(caught.value)
    assert "+ << Answer(words='hello', at=0.0)" in str(caught.value)


def test_an_answer_of_another_class_fails() -> None:
    with pytest.raises(PlayError, match="any Bell"):
        assert play() >> Asked("hello") << Bell


def test_an_answer_that_does_not_come_fails() -> None:
    with pytest.raises(PlayError, match=r"\+ << nothing"):
        assert play() >> Asked("") << Answer("x", 0)


@pytest.mark.parametrize("how", ["at the end", "before the next act", "where nothing was announced"])
def test_an_answer_nobody_named_fails(how: str) -> None:
    told = play() >> Asked("x")
    with pytest.raises(PlayError, match=r"\+ << Answer\(words='x'"):
        assert told if how == "at the end" else told >> Asked("y") if how == "before the next act" else told << nothing


def test_answers_can_be_ignored_by_class() -> None:
    assert (
        Playbook[Asked | Rang, Answer | Bell](Parrot(), tick=Rang, ignore=(Answer,)) >> Asked("a b") >> after(1) << Bell
    )


def test_answers_can_be_taken_for_a_closer_look() -> None:
    told = play() >> Asked("a b")
    assert [type(answer) for answer in told.take()] == [Answer, Answer]
    assert told


def test_a_mind_that_never_rests_fails() -> None:
    with pytest.raises(PlayError, match="still asking to be woken"):
        assert play(restless=True) >> Asked("") >> after(2)


def test_without_a_tick_deadlines_are_left_alone() -> None:
    assert Playbook(Parrot()) >> Asked("") >> after(9) << nothing


def test_a_play_nobody_asserts_complains() -> None:
    told = play() >> Asked("")
    with pytest.raises(PlayError, match="never asserted"):
        told.__del__()
    assert told
    del told
    gc.collect()


def test_long_things_are_shortened_on_the_page() -> None:
    told = play() >> Asked("a" * 5000) << Answer
    assert "…(5000)" in repr(told)
    assert len(repr(told)) < 500
    assert told


@dataclass(frozen=True)
class Deep:
    nothing: None
    inner: tuple[Asked, bytes]


class Echo:
    deadline = None

    def handle(self, input: Deep, now: float) -> list[Deep]:
        return [input]


def test_what_says_nothing_is_left_out_of_the_page() -> None:
    told = Playbook[Deep, Deep](Echo()) >> Deep(None, (Asked("x"), bytes(1000)))
    with pytest.raises(PlayError) as caught:
        assert told << nothing
    assert "<< Deep(inner=[Asked(question='x'), b'" in str(caught.value)
    assert "…(1000)])" in str(caught.value)
