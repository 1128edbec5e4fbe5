"""A wish for a story is taken at its word: who is in it, where it is, what it is about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.server.skills.story_topics import MOST_PHRASES, Phrase, pronoun_of, topics_of


def living(wish: str) -> list[str]:
    return [phrase.first or phrase.name for phrase in topics_of(wish).living]


@pytest.mark.parametrize(
    ("wish", "heroes"),
    [
        ("tell me a story about a brave little mouse", ["a brave little mouse"]),
        ("another story about knights", ["a knight"]),
        ("a fable about a fox and a crow", ["a fox", "a crow"]),
        ("a story about three little pigs", ["a little pig"]),
        ("a story about wolves, mice & the children", ["a wolf", "a mouse", "a child"]),
        ("a pirate story please", ["a pirate"]),
        ("entertain my kids with a story about an owl", ["an owl"]),
        ("fairy tale with a princess in it", ["a princess"]),
        ("a story about my dog and my grandmother", ["a dog", "a grandmother"]),
        ("a story about the king of spain", ["the king of spain"]),
        ("a story about Ada and Bob", ["Ada", "Bob"]),
        ("once upon a time there was a frog", ["a frog"]),
        ("a story of how the elephant got its trunk", ["the elephant"]),
        ("a story that has a dog in it", ["a dog"]),
        ("a story in one sentence about a whale", ["a whale"]),
        ("an adventure story about a fox", ["a fox"]),
        ("i want a story, can you tell me one about robots", ["a robot"]),
        ("a story to sleep", []),
        ("a love story", []),
        ("a bedtime story for my daughter", []),
        ("tell me a story", []),
        ("hello", []),
    ],
)
def test_who_is_named_is_in_it(wish: str, heroes: list[str]) -> None:
    assert living(wish) == heroes


@pytest.mark.parametrize(
    ("wish", "places"),
    [
        ("a story about a dragon and a lighthouse", [("at", "a lighthouse")]),
        ("a story about a cat in Paris", [("in", "Paris")]),
        ("a tale about a lonely robot in space", [("in", "space")]),
        ("a story about the moon", [("on", "the moon")]),
        ("a castle story", [("in", "a castle")]),
        ("a story about my garden", [("in", "a garden")]),
        ("a story about a cat in boots", []),
    ],
)
def test_places_come_with_their_preposition(wish: str, places: list[tuple[str, str]]) -> None:
    assert [(word, phrase.first) for word, phrase in topics_of(wish).places] == places


@pytest.mark.parametrize(
    ("wish", "things"),
    [
        ("story about winter and a wolf", ["winter"]),
        ("a story about quantum computers", ["quantum computers"]),
        ("a story about the end of the world", ["the end of the world"]),
        ("a story about a toaster, a violin and a mountain", ["a toaster", "a violin"]),
        ("a story about a train set, and make it funny", ["a train set"]),
    ],
)
def test_everything_else_is_a_thing(wish: str, things: list[str]) -> None:
    assert [phrase.first for phrase in topics_of(wish).things] == things


@pytest.mark.parametrize(
    ("wish", "known_for"),
    [
        ("a story about a man who counts to 17 times", "who counts to 17 times"),
        ("invent a story where a cat learns to swim", "who learns to swim"),
        ("a story about a cat in boots", "in boots"),
        ("a story about a cat learning to swim", "learning to swim"),
        ("a story about two friends who get lost in the forest", "who gets lost in the forest"),
        ("a story about two friends who have a plan", "who has a plan"),
        ("a story about two friends who can fly", "who can fly"),
        ("a story about a robot in space who dances, and a violin", "who dances"),
        ("a story about a fox", ""),
    ],
)
def test_what_is_said_of_the_hero_is_kept(wish: str, known_for: str) -> None:
    assert topics_of(wish).living[0].known_for == known_for


def test_what_follows_a_relative_clause_is_a_topic_too() -> None:
    assert [phrase.first for phrase in topics_of("a story about a robot who dances, and a violin").things] == [
        "a violin"
    ]
    assert topics_of("a story about who is there").living == []
    assert topics_of("a story about in Paris who knows").places[0][1].first == "Paris"


def test_names_are_taken_with_their_capital() -> None:
    assert topics_of("a story featuring a baker named Tom").living == [Phrase("a baker", "baker", "Tom", "")]
    assert topics_of("a story about my dog Bruno").living == [Phrase("a dog", "dog", "Bruno", "")]
    assert topics_of("a story about a cat called whiskers").living == [Phrase("a cat", "cat", "Whiskers", "")]


def test_a_phrase_is_known_when_it_is_named_again() -> None:
    assert Phrase("a brave mouse", "mouse").again == "the mouse"
    assert Phrase("winter", "winter").again == "winter"


def test_nouns_tell_their_pronouns_or_do_not() -> None:
    assert (pronoun_of("queen"), pronoun_of("king"), pronoun_of("fox")) == ("she", "he", None)


BITS = ["a", "bw", " ", ",", ".", " and ", " who ", " in ", " a ", " the ", " cat ", " named ", " space ", " of "]


@given(st.lists(st.sampled_from(BITS)).map("".join))
def test_any_wish_has_few_topics(text: str) -> None:
    topics = topics_of(f"tell me a story about {text}")
    assert len(topics.living) + len(topics.places) + len(topics.things) <= MOST_PHRASES
