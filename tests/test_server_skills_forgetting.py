"""What is to be forgotten is understood in several forms, and remembering is not taken for it."""

from __future__ import annotations

import pytest

from livechat.server.skills.forgetting import Forget, to_forget
from livechat.server.skills.words import hear


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("forget my favourite colour", "my favourite colour"),
        ("Please forget about my cat!", "my cat"),
        ("can you erase my job from your memory", "my job"),
        ("stop remembering where i live", "where i live"),
        ("forget that my cat is red", "my cat is red"),
    ],
)
def test_an_order_to_forget_has_several_forms(said: str, what: str) -> None:
    assert to_forget(hear(said)) == Forget(what)
    assert not Forget(what).everything
    assert not Forget(what).name


@pytest.mark.parametrize(
    "said", ["forget it", "don't forget my name", "i forgot my name", "remember my name", "forget", ""]
)
def test_other_talk_is_no_such_order(said: str) -> None:
    assert to_forget(hear(said)) is None


def test_everything_and_the_name_are_understood() -> None:
    for said in ("forget everything", "forget all that i told you", "erase your memory", "forget everything about me"):
        assert (to_forget(hear(said)) or Forget("")).everything
    for said in ("forget my name", "forget what my name is", "forget my first name", "forget what i am called"):
        assert (to_forget(hear(said)) or Forget("")).name
