"""Coins and dice show something possible, and the same in equal conversations."""

from __future__ import annotations

import re

import pytest

from livechat.server.skills.chance import chance
from tests.brain_help import answer


@pytest.mark.parametrize("asked", ["flip a coin", "heads or tails", "can you toss a coin for me", "coin flip please"])
def test_a_coin_shows_heads_or_tails(asked: str) -> None:
    assert answer(chance, asked) in ("The coin shows heads.", "The coin shows tails.")
    assert answer(chance, asked) == answer(chance, asked)


@pytest.mark.parametrize("asked", ["roll a die", "roll the dice please", "throw a six sided die", "dice roll"])
def test_a_die_shows_one_to_six(asked: str) -> None:
    assert re.fullmatch(r"The die shows [1-6]\.", answer(chance, asked) or "")


@pytest.mark.parametrize(("asked", "dice"), [("roll two dice", 2), ("roll a pair of dice", 2), ("roll 3 dice", 3)])
def test_several_dice_are_summed_up(asked: str, dice: int) -> None:
    eyes = [int(number) for number in re.findall(r"\d+", answer(chance, asked) or "")]
    assert len(eyes) == dice + 1
    assert sum(eyes[:-1]) == eyes[-1]


def test_the_same_is_not_always_on_top() -> None:
    assert len({answer(chance, *["flip a coin"] * times) for times in range(1, 20)}) == 2
    assert len({answer(chance, *["roll a die"] * times) for times in range(1, 60)}) == 6


@pytest.mark.parametrize("said", ["coin collectors flip coins", "roll over", "to die for", "hello", ""])
def test_other_talk_is_left_to_others(said: str) -> None:
    assert answer(chance, said) is None
