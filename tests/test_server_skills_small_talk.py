"""Short exchanges get short answers of the right kind."""

from __future__ import annotations

import pytest

from livechat.server.skills.jokes import JOKES
from livechat.server.skills.small_talk import small_talk
from tests.brain_help import answer


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ("hello", "Hello! I am the practice partner"),
        ("Hi there!", "Hello!"),
        ("good morning", "Good morning! I am"),
        ("how are you doing today", "thank you|asking"),
        ("hey what's up", "thank you|asking"),
        ("thank you very much", "welcome|pleasure"),
        ("thanks, that was great", "welcome|pleasure"),
        ("goodbye", "bye"),
        ("see you later", "bye"),
        ("have a nice day", "bye"),
        ("good night", "bye"),
        ("can you hear me", "Yes, I"),
        ("nice to meet you", "meet you"),
        ("i'm bored", "tell me a story"),
        ("i am so tired", "sorry"),
        ("i do not feel well", "sorry"),
        ("i'm fine", "glad|good to hear"),
        ("i like you", "kind"),
        ("you are so funny", "kind"),
        ("that was boring", "sorry"),
        ("that was a nice story", "glad"),
        ("haha", "glad"),
        ("sorry", "No problem"),
        ("okay", "What would you like to do?"),
        ("no", "What would you like to do?"),
    ],
)
def test_a_kind_of_talk_has_a_kind_of_answer(said: str, part: str) -> None:
    reply = answer(small_talk, said) or ""
    assert any(one.lower() in reply.lower() for one in part.split("|")), reply


def test_it_introduces_itself_only_in_its_first_greeting() -> None:
    assert answer(small_talk, "hi", "> Hello!", "hello again") == "Hello! What would you like to do?"
    assert "I am Max." in (answer(small_talk, "hello", system="Your name is Max.") or "")


def test_a_joke_is_told_whole_when_one_is_wished_for() -> None:
    assert answer(small_talk, "tell me a joke") in JOKES
    assert answer(small_talk, "do you know something funny") in JOKES


@pytest.mark.parametrize(
    "said", ["hello who won the world cup", "thank you for the light music", "okay computer", "to", ""]
)
def test_talk_with_matter_in_it_is_left_to_others(said: str) -> None:
    assert answer(small_talk, said) is None
