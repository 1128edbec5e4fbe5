"""A moment holds what was said, and can be turned back."""

from __future__ import annotations

from livechat.server.skills.moment import Moment, Said
from tests.brain_help import NOW, moment


def test_a_moment_tells_apart_who_said_what() -> None:
    now = moment("one", "> two", ">  ", "three", system="Your name is Max.")
    assert now.asked == ["one", "three"]
    assert now.answers == ["two"]
    assert now.said.plain == "three"
    assert now.orders.name == "Max"


def test_before_anybody_spoke_nothing_was_said() -> None:
    assert Moment((), NOW).said.words == ()


def test_all_system_instructions_are_one() -> None:
    history = (Said("system", "Your name is Max."), Said("user", "hi"), Said("system", "End every answer with over."))
    orders = Moment(history, NOW).orders
    assert (orders.name, orders.end) == ("Max", "over")


def test_a_moment_can_be_turned_back_to_an_earlier_turn() -> None:
    now = moment("one", "> two", "three", "> four", "five")
    assert now.at(1).history == now.history[:3]
    assert now.at(1).said.plain == "three"
    assert now.at(2) == now
