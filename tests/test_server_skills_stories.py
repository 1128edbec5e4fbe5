"""Stories are told when they are wished for, differ with the wish, and go on where they stopped."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.server.skills.stories import Tale, asks_for_story, go_on, in_short, last_wish, stories
from livechat.server.skills.words import hear
from tests.brain_help import answer, moment


@pytest.mark.parametrize(
    "wish",
    [
        "tell me a story",
        "Tell me a story about a dragon and a lighthouse.",
        "could you please tell my daughter a bedtime story",
        "I'd like to hear a story about a mouse",
        "make up a tale about a lonely robot",
        "do you know any good stories",
        "story time please",
        "story about a cat",
        "how about a story",
        "can i have a fairy tale",
        "i am in the mood for an adventure",
        "I'm bored can you tell me some kind of tale",
        "let's hear a fable about a fox",
        "tell us the story of the three bears",
        "would you mind telling me a story",
        "read us one of your stories",
        "tell me stories about dragons",
        "tell story",
        "once upon a time",
        "tell me a story about a man who counts to 17 times",
    ],
)
def test_a_story_is_wished_for_in_many_ways(wish: str) -> None:
    assert asks_for_story(hear(wish))
    assert len((answer(stories, wish) or "").split()) >= 250


@pytest.mark.parametrize(
    "said",
    [
        "the story of my life is sad",
        "a story is a lie",
        "that was a nice story",
        "nice story",
        "i know a story",
        "i will tell you a story",
        "what is a story",
        "who wrote the story",
        "don't tell me a story",
        "continue the story",
        "stop the story",
        "tell me the story again",
        "tell me more of the story",
        "is this a story",
        "stories are boring",
        "hello",
        "",
    ],
)
def test_talking_about_stories_is_not_wishing_for_one(said: str) -> None:
    assert not asks_for_story(hear(said))
    assert answer(stories, said) is None


def test_a_story_has_what_was_wished_for() -> None:
    told = answer(stories, "tell me a story about a dragon, a lighthouse, a violin, the rain and Ada") or ""
    for word in ("dragon", "lighthouse", "violin", "rain", "Ada"):
        assert word in told


def test_the_same_wish_has_the_same_story_and_another_wish_another() -> None:
    assert answer(stories, "tell me a story") == answer(stories, "Tell me a story!")
    assert answer(stories, "tell me a story") != answer(stories, "tell me a tale")
    assert answer(stories, "tell me a story") != answer(stories, "hi", "tell me a story")


WORDS = st.text(st.sampled_from("xyz "), min_size=1, max_size=20)
FORMS = st.sampled_from(["a fox named {}", "{}", "the {} of a king", "a {} and {{Name}}", "an old {}"])


@given(FORMS, WORDS)
def test_every_story_is_whole(form: str, word: str) -> None:
    told = answer(stories, f"tell me a story about {form.format(word)}") or ""
    assert 250 <= len(told.split()) <= 700
    assert told.count("\n\n") == 7
    assert told[0].isupper()
    assert told.rstrip()[-1] in ".”?!"
    assert not re.search(r"\b(a|an|the) (a|an|the)\b", told)


def test_it_streams_sentence_by_sentence() -> None:
    pieces = list(stories(moment("tell me a story")) or ())
    assert len(pieces) > 15
    assert all(str(piece).strip() for piece in pieces)


@pytest.mark.parametrize(
    ("wish", "least", "most"),
    [
        ("tell me a story in one sentence", 15, 70),
        ("tell me a short story", 50, 130),
        ("tell me a story in fifty words", 35, 65),
        ("tell me a long story", 600, 1000),
        ("tell me a very long story", 1200, 2000),
    ],
)
def test_a_story_is_as_long_as_it_is_wished(wish: str, least: int, most: int) -> None:
    assert least <= len((answer(stories, wish) or "").split()) <= most


SENTENCE_END = re.compile(r"[.!?][”]?(?=\s|$)")


@pytest.mark.parametrize(
    ("wish", "sentences"),
    [
        ("tell me a story about a robot, in three sentences", 3),
        ("tell me a story about a robot in 1 sentence", 1),
        ("write a two-sentence story about a robot", 2),
        ("a story about a robot who counts to 17 in four sentences", 4),
        ("tell me a story about a robot, a dog, a violin and the rain in exactly 5 sentences", 5),
        ("tell me a short story, in eleven sentences, about a robot", 11),
        ("tell me a story about a robot in one paragraph", 5),
    ],
)
def test_a_story_has_as_many_sentences_as_are_wished(wish: str, sentences: int) -> None:
    told = answer(stories, wish) or ""
    assert "robot" in told
    assert len(SENTENCE_END.findall(told)) == sentences
    assert not re.search(r"sentences?\b|paragraph", told)


def test_a_story_of_very_many_sentences_has_about_as_many() -> None:
    assert 20 <= len(SENTENCE_END.findall(answer(stories, "a story in thirty sentences") or "")) <= 40


@pytest.mark.parametrize(
    ("order", "most"), [("Be brief.", 130), ("Answer in one sentence.", 70), ("Use at most four sentences.", 130)]
)
def test_orders_make_stories_short(order: str, most: int) -> None:
    assert len((answer(stories, "tell me a story", system=order) or "").split()) <= most
    assert len((answer(stories, "tell me a story", system="Use nine sentences.") or "").split()) > 200


def test_bedtime_stories_say_good_night_and_fables_have_a_moral() -> None:
    assert (answer(stories, "a bedtime story") or "").endswith("Good night.")
    assert "The moral of it: " in (answer(stories, "a fable about a fox") or "")


def test_what_a_hero_is_known_for_is_told() -> None:
    for wish in ("tell me a story about", "tell me a short story about"):
        assert "the man who counts to 17 times." in (answer(stories, f"{wish} a man who counts to 17 times") or "")


def test_a_story_about_me_has_my_name() -> None:
    assert "Ada" in (answer(stories, "my name is Ada", "> Hello.", "tell me a story about me") or "")
    assert "a traveller" in (answer(stories, "tell me a story about me") or "")
    assert "a talking machine" in (answer(stories, "tell me a story about yourself") or "")


# ---------------------------------------------------------------------------------------------- going on

WISH = "tell me a story about a fox"
TOLD = answer(stories, WISH) or ""


def test_after_an_interruption_the_rest_is_told_from_the_sentence_that_was_cut() -> None:
    heard = " ".join(TOLD.split()[:60])
    rest = "".join(map(str, go_on(moment(WISH, f"> {heard}", "go on")) or ()))
    assert TOLD.endswith(rest)
    assert rest[0].isupper()
    unheard = TOLD[len(heard) :].strip()
    assert unheard in rest
    assert len(rest) - len(unheard) < 300


def test_nothing_is_told_twice_however_often_it_is_interrupted() -> None:
    first = TOLD.split(". ")[0] + "."
    second = TOLD[len(first) :].split(". ")[0].strip() + "."
    rest = "".join(map(str, go_on(moment(WISH, f"> {first}", "go on", f"> {second}", "go on")) or ()))
    assert first not in rest
    assert second not in rest


def test_beyond_its_end_a_story_has_chapters_with_the_same_hero_until_all_is_told() -> None:
    hero = Tale(moment(WISH), 0).hero
    said = [WISH, f"> {TOLD}"]
    chapters: list[str] = []
    while True:
        said.append("go on")
        chapter = "".join(map(str, go_on(moment(*said)) or ()))
        if chapter.startswith("That is all"):
            break
        assert hero in chapter
        assert chapter not in chapters
        chapters.append(chapter)
        said.append(f"> {chapter}")
    assert len(chapters) == 6
    assert hero in chapter


def test_a_long_story_does_not_tell_its_chapters_again() -> None:
    long = answer(stories, "tell me a long story") or ""
    after = "".join(map(str, go_on(moment("tell me a long story", f"> {long}", "go on")) or ()))
    assert after
    assert after not in long


def test_another_one_is_another_story_and_goes_on_as_that() -> None:
    another = answer(stories, WISH, f"> {TOLD}", "another one please") or ""
    assert len(another.split()) > 250
    assert another != TOLD
    now = moment(WISH, f"> {TOLD}", "another one please", "> Once", "go on")
    assert last_wish(now) == 1
    assert "".join(map(str, go_on(now) or ())) == another
    assert answer(stories, "another one please") is None


def test_without_a_story_there_is_nothing_to_go_on_with() -> None:
    assert go_on(moment("hello", "> Hello.", "go on")) is None
    assert last_wish(moment("hello")) is None


def test_in_short_it_is_a_few_sentences_and_then_one() -> None:
    short = "".join(map(str, in_short(moment(WISH, f"> {TOLD}", "shorter"), 0)))
    one = "".join(map(str, in_short(moment(WISH, f"> {TOLD}", "shorter", f"> {short}", "shorter"), 0)))
    assert "fox" in short
    assert "fox" in one
    assert len(one) < len(short) < len(TOLD) / 2
    assert "".join(map(str, in_short(moment(WISH, f"> {TOLD}", "in one sentence please"), 0))) == one
    ordered = moment(WISH, f"> {TOLD}", "shorter", system="Answer in one sentence.")
    assert "".join(map(str, in_short(ordered, 0))) == one


def test_a_story_of_few_sentences_gets_no_longer_in_short() -> None:
    wish = "tell me a story about a fox in two sentences"
    told = answer(stories, wish) or ""
    short = "".join(map(str, in_short(moment(wish, f"> {told}", "shorter"), 0)))
    assert len(SENTENCE_END.findall(short)) == 1
