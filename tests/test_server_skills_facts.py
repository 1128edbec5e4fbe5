"""What people tell of themselves is kept in their words, and found by what a question is about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.server.skills.facts import Fact, facts_told, matter, recalled


@pytest.mark.parametrize(
    ("said", "back"),
    [
        ("my favourite colour is green", ["your favourite colour is green"]),
        ("Red is my favourite colour.", ["Red is your favourite colour"]),
        ("the color i like best is purple", ["the color you like best is purple"]),
        ("green is the colour i like the most", ["green is the colour you like the most"]),
        ("I live in Berlin and my dog's name is Rex", ["you live in Berlin", "your dog's name is Rex"]),
        ("i have 3 cats and 2 dogs", ["you have 3 cats and 2 dogs"]),
        ("Hello! I'm from Portugal.", ["you are from Portugal"]),
        ("I was in Rome last year. It was great!", ["you were in Rome last year"]),
        ("I’m a teacher", ["you are a teacher"]),
        ("I'm 34", ["you are 34 years old"]),
        ("i am thirty four", ["you are thirty four years old"]),
        ("well, i think that my car is red", ["your car is red"]),
        ("my train leaves at 5", ["your train leaves at 5"]),
        ("we live in Oslo", ["you live in Oslo"]),
        ("The color I like most is orange.", ["the color you like most is orange"]),
        ("I'd say my favourite animal is the penguin", ["your favourite animal is the penguin"]),
        ("my boss likes me and I like my boss", ["your boss likes you", "you like your boss"]),
    ],
)
def test_statements_about_oneself_are_facts(said: str, back: list[str]) -> None:
    facts = facts_told([said])
    assert [fact.told_back for fact in facts] == back
    assert not any(fact.asked_to for fact in facts)


@pytest.mark.parametrize(
    ("said", "note"),
    [
        ("remember that the spare key is under the mat", "the spare key is under the mat"),
        ("please don't forget to buy milk", "to buy milk"),
        ("Remember: the code is 4711!", "the code is 4711"),
        ("keep in mind I'm allergic to nuts", "I'm allergic to nuts"),
        ("can you note down that the meeting is at noon", "the meeting is at noon"),
        ("FYI, lunch is at one", "lunch is at one"),
        ("never forget this: my cat bites", "my cat bites"),
    ],
)
def test_what_shall_be_remembered_is_a_note(said: str, note: str) -> None:
    assert facts_told([said]) == [Fact(note, asked_to=True)]


@pytest.mark.parametrize(
    "said",
    [
        "what is my name",
        "I want a story",
        "i think so",
        "I was wondering what 15% of 80 is",
        "i love you",
        "I'm tired",
        "remember my name",
        "remember what I said",
        "remember milk",
        "do you remember my name",
        "the story of my life is sad",
        "my name is Ada?",
        "tell me what my job is",
        "hello",
        "",
        "my " + "very " * 50 + "long statement is this",
    ],
)
def test_questions_wishes_and_small_talk_are_no_facts(said: str) -> None:
    assert facts_told([said]) == []


def test_what_is_said_twice_counts_once() -> None:
    assert facts_told(["My cat is red.", "my cat is red"]) == [Fact("my cat is red", asked_to=False)]


TOLD = facts_told(
    [
        "my favourite colour is green. my favourite food is spaghetti",
        "I live in Berlin and I'm 34",
        "I'm from Portugal. my cat is called Felix",
        "I parked on level three. i left my umbrella on the bus",
        "remember that the spare key is under the blue mat",
        "i work as a nurse",
    ]
)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("what is my favorite color", "your favourite colour is green"),
        ("which colour do i like best", "your favourite colour is green"),
        ("what do I love to eat", "your favourite food is spaghetti"),
        ("where do i live", "you live in Berlin"),
        ("how old am i", "you are 34 years old"),
        ("where do i come from", "you are from Portugal"),
        ("what is my cat's name", "your cat is called Felix"),
        ("where did i park", "you parked on level three"),
        ("where did i leave my umbrella", "you left your umbrella on the bus"),
        ("where is the key", "the spare key is under the blue mat"),
        ("what is my job", "you work as a nurse"),
        ("what is my favourite film", None),
        ("who won the world cup", None),
        ("what is it", None),
    ],
)
def test_a_question_finds_the_fact_that_has_all_it_is_about(question: str, told: str | None) -> None:
    fact = recalled(question, TOLD)
    assert (fact and fact.told_back) == told


def test_a_doubt_may_be_wrong_in_a_word() -> None:
    fact = recalled("is my favourite colour red", TOLD, missing=1)
    assert fact
    assert fact.told_back == "your favourite colour is green"


def test_the_latest_of_equal_facts_counts() -> None:
    facts = facts_told(["my favourite colour is green", "my favourite colour is blue"])
    fact = recalled("what is my favourite colour", facts)
    assert fact
    assert fact.text.endswith("blue")


def test_what_was_to_be_forgotten_is_no_fact_any_more() -> None:
    told = ["my favourite colour is green", "my name is Ada", "my cat's name is Felix"]
    assert [fact.text for fact in facts_told([*told, "forget my name"])] == [told[0], told[2]]
    assert [fact.text for fact in facts_told([*told, "forget my favourite colour"])] == told[1:]
    assert facts_told([*told, "forget the"]) == facts_told(told)
    assert facts_told([*told, "forget everything"]) == []
    assert [fact.text for fact in facts_told([*told, "forget everything", told[0]])] == told[:1]


def test_equal_things_have_equal_matter() -> None:
    assert matter("my favorite colors") == matter("the colour I like best")
    assert matter("what is it") == frozenset()


@given(st.text(max_size=120))
def test_any_text_can_be_read_and_told_back(text: str) -> None:
    for fact in facts_told([text, f"remember that {text}"]):
        assert fact.told_back
