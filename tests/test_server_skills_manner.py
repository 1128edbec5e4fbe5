"""Orders about what was said last are recognised in many forms, and only they are."""

from __future__ import annotations

import pytest

from livechat.server.skills.jokes import JOKES
from livechat.server.skills.manner import echo, manner, order_in, to_resume
from livechat.server.skills.words import hear
from tests.brain_help import answer, moment

FORMS = {
    "stop": "stop|please stop it now|be quiet|shut up|that's enough|no more please|never mind|wait|stop the story",
    "go on": "don't stop|never stop please",
    "continue": "continue|go on|and then|what happened next|keep going|tell me more|finish the story|how does it end",
    "shorter": "shorter|make it shorter|that was too long|sum it up|in a nutshell|tl dr|in one sentence|in fewer words",
    "slower": "slower|speak more slowly|not so fast|you're too fast|slow down a bit|take your time|half speed please",
    "faster": "faster please|hurry up|too slow",
    "louder": "louder|speak up|too quiet",
    "repeat": "repeat|say that again|pardon|sorry?|what|what did you say|I didn't catch that|once more please|huh",
}


@pytest.mark.parametrize(
    ("order", "said"), [(order, said) for order, forms in FORMS.items() for said in forms.split("|")]
)
def test_an_order_has_many_forms(order: str, said: str) -> None:
    assert order_in(hear(said)) == order


@pytest.mark.parametrize(
    "said",
    [
        "stop signs are red",
        "don't stop believing is a song",
        "continue reading my emails",
        "repeat the alphabet",
        "shorten my url",
        "my computer is slow",
        "what time is it again",
        "tell me the time again",
        "who are you again",
        "tell me more about dragons",
        "what is next week",
        "okay then",
        "hello",
        "hello again",
        "hi there again!",
        "well, hey again",
        "can you hear me",
        "",
    ],
)
def test_what_only_sounds_like_an_order_is_none(said: str) -> None:
    assert order_in(hear(said)) is None
    assert answer(manner, said) is None


SUM = ("what is 17 times 24", "> 17 times 24 is 408.")
STORY = "tell me a story about a fox"


def test_stop_is_answered_in_a_word() -> None:
    assert answer(manner, *SUM, "stop") == "Okay."


def test_repeat_says_the_last_answer_that_said_something() -> None:
    assert answer(manner, *SUM, "stop", "> Okay.", "repeat that") == "17 times 24 is 408."
    assert answer(manner, *SUM, "slower", "> Okay, slower. 17 times 24 is 408.", "repeat") == "17 times 24 is 408."
    assert answer(manner, "repeat that") == "I have not said anything yet."


def test_slower_repeats_whole_sentences_a_line_for_each() -> None:
    first = "I can tell stories, work out sums, convert units, and – if you like – play a game; just say so."
    said = answer(manner, "hello", f"> {first} Then he ran.", "slower")
    assert said == f"Okay, slower. {first}\nThen he ran."
    assert "sentence by sentence" in (answer(manner, "slower") or "")


def test_a_joke_is_not_cut_short() -> None:
    for joke in JOKES:
        assert answer(manner, "tell me a joke", f"> {joke}", "shorter") == (
            "A joke has no shorter form. Say “tell me another joke” for another one."
        )


def test_shorter_is_the_first_sentence_of_what_is_no_story() -> None:
    assert answer(manner, "hello", "> Hello! I am here. And so are you.", "shorter") == "Hello!"
    assert answer(manner, "shorter") == "Okay. I will keep it short."


def test_shorter_is_a_short_story_after_a_story_whatever_was_ordered_since() -> None:
    short = answer(manner, STORY, "> Once there was", "stop", "> Okay.", "shorter")
    assert short
    assert "fox" in short
    assert 20 < len(short.split()) < 130


def test_after_something_else_shorter_is_not_about_the_story() -> None:
    assert answer(manner, STORY, "> Once there was", *SUM, "shorter") == "17 times 24 is 408."


def test_continue_goes_on_with_a_story() -> None:
    said = answer(manner, STORY, "> Once there was", "continue")
    assert said
    assert "fox" in said
    assert said == answer(manner, STORY, "> Once there was", "don't stop")


def test_with_nothing_to_go_on_with_it_says_so() -> None:
    assert answer(manner, *SUM, "go on") == "That was all I had to say. Ask me something else, or ask me for a story."


def test_what_cannot_be_done_is_said() -> None:
    assert "can't speak faster" in (answer(manner, "faster") or "")
    assert "can't change the volume" in (answer(manner, "louder") or "")


def test_an_answer_that_was_cut_off_is_given_anew() -> None:
    cut = moment("hello", "> Hello!", "what can you do", "> I can tell", "go on")
    resumed = to_resume(cut)
    assert resumed
    assert resumed.said.plain == "what can you do"
    assert len(resumed.history) == 3


@pytest.mark.parametrize(
    "said",
    [
        ("what can you do", "> I can tell stories.", "go on"),
        ("what can you do", "> I can tell", "stop"),
        (STORY, "> Once there was", "go on"),
        ("go on",),
        ("go on", "> I can tell", "go on"),
    ],
)
def test_nothing_else_is_given_anew(said: tuple[str, ...]) -> None:
    assert to_resume(moment(*said)) is None


@pytest.mark.parametrize(
    ("said", "back"),
    [
        ("repeat after me: hello world", "Hello world."),
        ("Say cheese!", "Cheese."),
        ("can you say “peter piper”", "Peter piper."),
        ("repeat after me: one more time", "One more time."),
        ("say once more", None),
        ("say something", None),
        ("say that again", None),
        ("hello", None),
    ],
)
def test_words_are_said_after_the_user(said: str, back: str | None) -> None:
    assert answer(echo, said) == back
