"""The given names are names, and those that are words as well are not taken for names without a capital."""

from __future__ import annotations

from livechat.server.skills.given_names import FEMALE, MALE, NAMES


def test_names_are_written_small_and_stand_in_one_list() -> None:
    assert all(name.isalpha() and name.islower() for name in FEMALE | MALE)
    assert not FEMALE & MALE


def test_words_that_are_names_too_are_left_out_of_the_sure_ones() -> None:
    for word in ("rose", "will", "mark", "june", "grace"):
        assert word in FEMALE | MALE
        assert word not in NAMES
    assert {"ada", "oliver", "maria"} <= NAMES
