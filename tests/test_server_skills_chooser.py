"""Choices follow from their seed, everywhere and always."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from livechat.server.skills.chooser import Chooser, seed_of


def test_seeds_and_choices_are_the_same_on_every_machine() -> None:
    assert seed_of("story", "a fox", 3) == 0x903FFCAE
    choose = Chooser(7)
    assert [choose.below(100) for _ in range(5)] == [87, 4, 46, 3, 74]


def test_the_parts_of_a_seed_do_not_run_together() -> None:
    assert seed_of("ab", "c") != seed_of("a", "bc")


def test_splitmix64_gives_the_published_numbers() -> None:
    choose = Chooser(1234567)
    assert [choose.below(1 << 64) for _ in range(3)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


def test_every_choice_comes_about_equally_often() -> None:
    choose = Chooser(1)
    counts = Counter(choose.one_of("abcd") for _ in range(4000))
    assert all(900 < count < 1100 for count in counts.values())
    assert len(counts) == 4


@given(st.integers(0, 2**64), st.lists(st.integers()))
def test_shuffling_loses_nothing(seed: int, things: list[int]) -> None:
    shuffled = Chooser(seed).shuffled(things)
    assert sorted(shuffled) == sorted(things)
    assert shuffled == Chooser(seed).shuffled(things)
