"""A wished length is read from a wish and taken away from its topic."""

from __future__ import annotations

import pytest

from livechat.server.skills.story_length import MOST_PICKED, Limit, limit_in, outline, without_length


@pytest.mark.parametrize(
    ("wish", "limit", "rest"),
    [
        ("about a robot, in three sentences", Limit(3, "sentence"), "about a robot"),
        ("about a robot in no more than 50 words", Limit(50, "word"), "about a robot"),
        ("about a robot, keep it under one hundred words", Limit(100, "word"), "about a robot"),
        ("about a robot in a single paragraph", Limit(5, "sentence"), "about a robot"),
        ("of two short sentences about a robot", Limit(2, "sentence"), "about a robot"),
        ("about a robot in a few sentences", None, "about a robot"),
        ("about a robot in five minutes", None, "about a robot"),
        ("about a robot, very short", None, "about a robot"),
        ("about a robot but make it really short please", None, "about a robot"),
        ("about a short robot", None, "about a short robot"),
        ("about two friends and one word", None, "about two friends and one word"),
        ("about a robot and in two sentences", Limit(2, "sentence"), "about a robot"),
        ("about a robot, in one hundred and fifty words", Limit(150, "word"), "about a robot"),
        ("about two words", None, "about two words"),
        ("about a long road", None, "about a long road"),
    ],
)
def test_a_length_is_no_topic(wish: str, limit: Limit | None, rest: str) -> None:
    assert limit_in(wish) == limit
    assert without_length(wish) == rest


@pytest.mark.parametrize("count", range(2, MOST_PICKED + 1))
def test_an_outline_has_as_many_sentences_as_asked_and_the_helper_and_the_end(count: int) -> None:
    sentences = outline(count)
    assert len(sentences) == count
    assert sentences[0] == "{opening}"
    assert {"{a_friend}", "{reaches}"} <= {slot for slot in ("{a_friend}", "{reaches}") if slot in " ".join(sentences)}
