"""People introduce themselves in many ways, and not everything after "I'm" is a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.server.skills.names import name_told, she_or_he, user_name
from tests.brain_help import moment


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("My name is Ada Lovelace.", "Ada Lovelace"),
        ("my name is ada", "Ada"),
        ("my name's grace", "Grace"),
        ("My first name is Anna", "Anna"),
        ("the name's Bond. James Bond", "Bond"),
        ("name: Kate", "Kate"),
        ("my name is maria and i like tea", "Maria"),
        ("my name is john smith", "John Smith"),
        ("my name is bob nice to meet you", "Bob"),
        ("my name is Jean-Luc", "Jean-Luc"),
        ("MY NAME IS ADA", "Ada"),
        ("My name is not John, it's Jack", "Jack"),
        ("my name isn't John but Jack", "Jack"),
        ("remember my name it's Lena", "Lena"),
        ("My name, if you must know, is Oscar", "Oscar"),
        ("I'm Ada", "Ada"),
        ("i'm ada", "Ada"),
        ("im peter and i live in Rome", "Peter"),
        ("I'm Brian", "Brian"),
        ("I'm Rose", "Rose"),
        ("I'm Zorblax", "Zorblax"),
        ("i am called mary jane and you", "Mary Jane"),
        ("I was named William", "William"),
        ("they named me Edward", "Edward"),
        ("I usually go by Alex", "Alex"),
        ("please refer to me as Captain", "Captain"),
        ("call me Max", "Max"),
        ("my friends call me Liz", "Liz"),
        ("this is Peter speaking", "Peter"),
        ("hello this is anna", "Anna"),
        ("it's me, mario", "Mario"),
        ("It's Emma by the way, my name", "Emma"),
        ("Ada is my name", "Ada"),
        ("hello, Ada is my first name", "Ada"),
    ],
)
def test_a_name_is_found(said: str, name: str) -> None:
    assert name_told(said) == name


@pytest.mark.parametrize(
    "said",
    [
        "I'm tired",
        "I'm happy to meet you",
        "I'm German",
        "I'm Portuguese",
        "I'm American",
        "i am from berlin",
        "i'm rose",
        "I'm going home",
        "I Am Zorblax",
        "call me a taxi",
        "call me back tomorrow",
        "this is great",
        "my name is what",
        "what is my name",
        "is my name Ada?",
        "my name is Ada?",
        "my dog's name is Rex",
        "my husband's name is Peter",
        "my sister is called Eva",
        "I was born in May",
        "what is your name",
        "this is my name",
        "",
    ],
)
def test_what_is_no_introduction_names_nobody(said: str) -> None:
    assert name_told(said) is None


def test_the_name_given_last_counts() -> None:
    assert user_name(moment("my name is Ada", "> Hello!", "no, call me Max", "> I see.", "who am i")) == "Max"
    assert user_name(moment("hello")) is None


@pytest.mark.parametrize(("name", "pronoun"), [("Ada Lovelace", "she"), ("tom", "he"), ("Zorblax", None)])
def test_pronouns_follow_from_known_names_only(name: str, pronoun: str | None) -> None:
    assert she_or_he(name) == pronoun


@given(st.text(max_size=80))
def test_any_text_may_or_may_not_hold_a_name(text: str) -> None:
    name = name_told(f"my name is {text}")
    assert name is None or name.strip()


def test_a_name_that_was_to_be_forgotten_is_not_known() -> None:
    assert user_name(moment("I'm Ada", "forget my name")) is None
    assert user_name(moment("I'm Ada", "forget everything", "call me Max")) == "Max"
    assert user_name(moment("I'm Ada", "forget my hat")) == "Ada"
    assert user_name(moment("hello", system="The user's name is Grace.")) == "Grace"
    assert user_name(moment("forget my name", system="The user's name is Grace.")) is None
