"""The brain says what it is and what it can do, and never that it is an AI."""

from __future__ import annotations

import pytest

from livechat.server.skills.about import SKILLS, about
from tests.brain_help import answer


@pytest.mark.parametrize(
    "asked",
    [
        "what can you do?",
        "help",
        "I need help",
        "how can you help me",
        "what are your skills",
        "what can i say",
        "what kinds of things do you know how to do",
        "what should i ask you",
        "how do i use this",
        "give me some examples of what you can do",
        "can i ask you something",
    ],
)
def test_what_it_can_do_is_said_with_an_example(asked: str) -> None:
    said = answer(about, asked) or ""
    assert said.startswith(SKILLS)
    assert "For example, say: “" in said


@pytest.mark.parametrize("asked", ["who are you", "what are you", "introduce yourself", "tell me about yourself"])
def test_it_introduces_itself_as_a_practice_partner(asked: str) -> None:
    said = answer(about, asked) or ""
    assert said.startswith("I am the practice partner that is built into livechat. I am not an AI")
    assert answer(about, asked, system="You are Captain Byte.") == (
        "I am Captain Byte, played by the practice partner that is built into livechat. I am not an AI."
    )


@pytest.mark.parametrize("asked", ["what's your name", "what are you called", "do you have a name"])
def test_it_has_the_name_it_was_given(asked: str) -> None:
    assert answer(about, asked, system="Your name is Sunny.") == "My name is Sunny."
    assert (answer(about, asked) or "").startswith("I have no name of my own.")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("are you an AI", "No, I am not an AI."),
        ("are you chat gpt", "No, I am not an AI."),
        ("is this a large language model", "No, I am not an AI."),
        ("do you use artificial intelligence", "No, I am not an AI."),
        ("so you are not an ai", "I am not an AI."),
        ("are you a human", "No, I am not a human."),
        ("am I talking to a real person", "No, I am not a human."),
        ("are you a robot", "Yes, I am a small program, though not an AI"),
        ("am I talking to a computer", "Yes, I am a small program, though not an AI"),
        ("who made you", "I am the practice partner that is built into livechat, made by"),
        ("how old are you", "I am only a small program"),
        ("do you have feelings", "I am only a small program"),
        ("what is your favourite colour", "I am only a small program"),
        ("do you speak German", "I only speak English."),
        ("what languages do you speak", "I only speak English."),
    ],
)
def test_it_is_honest_about_its_nature(asked: str, said: str) -> None:
    assert (answer(about, asked) or "").startswith(said)


@pytest.mark.parametrize(
    "asked",
    [
        "are you hungry",
        "what can you do about my broken car",
        "who are the beatles",
        "can you speak up",
        "why did nobody who made you not stop",
        "what is your favourite colour compared to my favourite colour",
        "is this a story",
        "hello",
        "",
    ],
)
def test_other_questions_are_left_to_others(asked: str) -> None:
    assert answer(about, asked) is None
