"""What was told is known for the rest of the session, and nothing else is pretended to be."""

from __future__ import annotations

import pytest

from livechat.server.skills.memory import acknowledge, forget, recall, what_did_i_say
from tests.brain_help import answer

TOLD = (
    "My name is Ada.",
    "> Nice to meet you.",
    "my favourite colour is green",
    "> I see.",
    "remember that the spare key is under the mat",
    "> Yes.",
    "The weather in Lisbon was lovely.",
)


@pytest.mark.parametrize(
    "asked",
    [
        "what did I just say?",
        "what have i just said",
        "can you repeat what i said",
        "what was my last sentence",
        "quote me",
        "what was i saying",
        "did you hear what i said",
        "what's the last thing you heard me say",
    ],
)
def test_what_was_said_last_is_quoted(asked: str) -> None:
    assert answer(what_did_i_say, *TOLD, asked) == "You said: “The weather in Lisbon was lovely.”"


def test_before_anything_was_said_there_is_nothing_to_quote() -> None:
    assert answer(what_did_i_say, "what did i say") == "That was the first thing you said to me."


OTHERS = ["what did you say", "what have i told you", "what did i ask you to remember", "what did i say my job was", ""]


@pytest.mark.parametrize("asked", OTHERS)
def test_other_questions_are_no_question_for_the_last_words(asked: str) -> None:
    assert answer(what_did_i_say, *TOLD, asked) is None


@pytest.mark.parametrize(
    "asked",
    [
        "what is my name",
        "do you still know my name?",
        "who am i",
        "do you know who I am",
        "tell me what I'm called",
        "what do you call me",
        "say my name",
        "and my name is?",
        "i forgot my own name what is it",
        "is my name Ada",
    ],
)
def test_the_name_is_known(asked: str) -> None:
    assert answer(recall, *TOLD, asked) == "Your name is Ada."
    if "ada" not in asked.lower():
        assert answer(recall, "hello", asked) == "You have not told me your name yet."


def test_the_name_may_come_from_the_system_instruction() -> None:
    assert answer(recall, "what is my name", system="The user's name is Grace.") == "Your name is Grace."


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("what is my favorite color", "Your favourite colour is green."),
        ("is my favourite colour red", "Your favourite colour is green."),
        ("where is the spare key", "You asked me to remember that the spare key is under the mat."),
        (
            "what did i ask you to remember",
            "You asked me to remember that the spare key is under the mat.",
        ),
        (
            "what do you know about me",
            "Your name is Ada. Your favourite colour is green. "
            "You asked me to remember that the spare key is under the mat.",
        ),
        ("what is my favourite film", "You have not told me that yet. Tell me, and I will remember it."),
        ("how tall am i", "You have not told me that yet. Tell me, and I will remember it."),
        ("my favorite food is what", "You have not told me that yet. Tell me, and I will remember it."),
    ],
)
def test_what_was_told_is_told_back(asked: str, said: str) -> None:
    assert answer(recall, *TOLD, asked) == said


def test_who_told_nothing_is_told_so() -> None:
    assert answer(recall, "what do you know about me") == "You have not told me anything about yourself yet."


def test_a_name_that_is_in_the_facts_is_not_said_twice() -> None:
    told = answer(recall, "my name is Ada and i live in Rome", "> I see.", "what do you remember about me")
    assert told == "Your name is Ada. You live in Rome."


def test_a_name_that_is_in_no_fact_is_told_first() -> None:
    told = answer(recall, "call me Max", "> Yes.", "i live in Rome", "> I see.", "what do you know about me")
    assert told == "Your name is Max. You live in Rome."


@pytest.mark.parametrize(
    "asked",
    [
        "what is your name",
        "who won the world cup",
        "what is the weather in lisbon",
        "how do i cook rice",
        "what do you know",
        "my name is Bob",
        "i like tea",
        "green is nice",
        "",
    ],
)
def test_what_is_not_about_the_user_is_left_to_others(asked: str) -> None:
    assert answer(recall, *TOLD, asked) is None


@pytest.mark.parametrize(
    ("said", "back"),
    [
        ("my name is bob and i like tea", "Nice to meet you, Bob. I will remember that you like tea."),
        ("I'm Ada", "Nice to meet you, Ada."),
        ("i parked on level three", "I will remember that you parked on level three."),
        ("don't forget to buy milk", "I will remember to buy milk."),
        ("please remember the number 12", "I will remember the number 12."),
        ("remember my keys are in the car", "I will remember that your keys are in the car."),
    ],
)
def test_what_is_told_is_said_back(said: str, back: str) -> None:
    assert answer(acknowledge, said) == back


@pytest.mark.parametrize("said", ["i'm tired", "hello", "what is my name", ""])
def test_what_tells_nothing_is_not_acknowledged(said: str) -> None:
    assert answer(acknowledge, said) is None


@pytest.mark.parametrize(
    ("order", "said", "asked", "known"),
    [
        (
            "forget my favourite colour",
            "Okay. I have forgotten your favourite colour.",
            "what is my favourite color",
            "",
        ),
        ("please forget my name", "Okay. I have forgotten your name.", "what is my name", ""),
        ("forget everything", "Okay. I have forgotten everything that you told me.", "what do you know about me", ""),
        ("do not remember the spare key", "Okay. I have forgotten the spare key.", "where is the spare key", None),
        ("forget my name", "Okay. I have forgotten your name.", "what is my favourite colour", "green"),
        ("forget my hat", "I know nothing about your hat, so there is nothing to forget.", "what is my name", "Ada"),
    ],
)
def test_what_is_to_be_forgotten_is_not_known_any_more(order: str, said: str, asked: str, known: str | None) -> None:
    assert answer(forget, *TOLD, order) == said
    told = answer(recall, *TOLD, order, f"> {said}", asked)
    assert told is None if known is None else (known or "You have not told me") in (told or "")


def test_what_was_forgotten_can_be_told_again() -> None:
    assert answer(recall, *TOLD, "forget my name", "> Okay.", "I'm Bob", "> Hello.", "what is my name") == (
        "Your name is Bob."
    )


@pytest.mark.parametrize("said", ["forget it", "forget the war", "don't forget to buy milk", "hello", ""])
def test_what_is_no_order_to_forget_is_left_to_others(said: str) -> None:
    assert answer(forget, *TOLD, said) is None


def test_before_anything_was_told_there_is_nothing_to_forget() -> None:
    assert answer(forget, "forget my name") == "I know nothing about your name, so there is nothing to forget."
