"""The model that interrupts itself is noticed; the user who interrupts it is not."""

from __future__ import annotations

import pytest

from livechat.events import Event, Interrupted, ModelSaid, Noted, TurnEnded, UserSaid
from livechat.self_hearing import SelfHearing

REPLY = "The moon is about three hundred and eighty thousand kilometres away from us."


def times_told(*news: Event) -> int:
    told: list[None] = []
    hears = SelfHearing(lambda: told.append(None))
    for event in news:
        hears(0.0, event)
    return len(told)


def reply(text: str = REPLY) -> list[Event]:
    return [ModelSaid(1, text[:10], spoken=True), ModelSaid(1, text[10:], spoken=True)]


def cut(heard: str) -> list[Event]:
    words: list[Event] = [UserSaid(2, heard, heard, final=True)] if heard else []
    return [Interrupted(1, 0, 0, "", ""), TurnEnded(1, "", "", True, 0), *words]


WHOLE = TurnEnded(2, "", REPLY, False, 0)


def test_replies_cut_off_by_what_has_no_words_are_noticed_when_none_can_come_any_more() -> None:
    assert times_told(*reply(), *cut(""), *reply(), *cut(""), *reply()) == 0
    assert times_told(*reply(), *cut(""), *reply(), *cut(""), *reply(), *cut("")) == 1


def test_words_that_come_after_the_reply_to_them_has_begun_count() -> None:
    late = UserSaid(2, "what about mars", "what about mars", final=True)
    assert times_told(*(reply() + cut("") + reply() + [late]) * 4) == 0


@pytest.mark.parametrize("heard", ["three hundred and eighty", "Three hundred, and eighty cats"])
def test_two_replies_in_a_row_that_are_cut_by_their_own_words_are_noticed(heard: str) -> None:
    assert times_told(*reply(), *cut(heard), *reply()) == 0
    assert times_told(*reply(), *cut(heard), *reply(), *cut(heard), *reply()) == 1


def test_it_is_told_once() -> None:
    again = [*reply(), *cut("")]
    assert times_told(*again * 5) == 1


@pytest.mark.parametrize("heard", ["no wait tell me about mars", "stop", "the moon", "the cat is on mars today"])
def test_a_user_who_says_something_else_or_little_is_no_echo(heard: str) -> None:
    assert times_told(*(reply() + cut(heard)) * 4, *reply()) == 0


def test_a_reply_that_is_heard_whole_begins_the_count_anew() -> None:
    assert times_told(*(reply() + cut("") + reply() + [WHOLE, Noted("x")]) * 3) == 0


def test_words_said_without_an_interruption_count_for_nothing() -> None:
    echo = UserSaid(1, REPLY, REPLY, final=True)
    assert times_told(*reply(), echo, *reply(), echo, *reply(), WHOLE) == 0
