"""What the brain cannot do it says politely, plainly and not always in the same words."""

from __future__ import annotations

import pytest

from livechat.server.skills.about import SKILLS
from livechat.server.skills.beyond import cannot, fallback, foreign, rude
from tests.brain_help import answer


def test_what_it_cannot_answer_it_says_so_and_what_it_can() -> None:
    first = answer(fallback, "who won the world cup") or ""
    assert first.startswith("I don't know about that. I am not an AI, but the practice partner")
    assert SKILLS in first


def test_the_fallback_is_short_after_the_first_time_and_does_not_repeat_itself() -> None:
    said = ["who won"]
    for _ in range(12):
        said += [f"> {answer(fallback, *said)}", "who won"]
    replies = [text[2:] for text in said if text.startswith(">")]
    assert len(set(replies)) == len({reply.split("Try")[1] for reply in replies}) == 12
    assert len({reply.split(".")[0] for reply in replies}) >= 6
    assert all(SKILLS not in reply and len(reply.split()) < 30 for reply in replies[1:])


@pytest.mark.parametrize("said", ["fuck you", "you idiot", "this is bullshit", "are you a fucking robot"])
def test_rude_words_get_one_calm_sentence(said: str) -> None:
    assert answer(rude, said) == "Let's stay friendly, please: I am glad to help where I can."


@pytest.mark.parametrize(
    "said",
    [
        "bonjour",
        "Quelle heure est-il ?",
        "je m'appelle Marie",
        "Guten Tag, wie geht es dir?",
        "Erzähl mir eine Geschichte",
        "¿Cómo te llamas?",
        "hola, cuéntame una historia por favor",
        "come stai oggi",
        "raccontami una storia",
        "Olá, você fala português?",
        "привет, как дела",
        "你好",
        "مرحبا",
    ],
)
def test_other_languages_are_told_that_it_knows_english_only(said: str) -> None:
    assert answer(foreign, said) == "I am sorry, I only understand English. Please say it in English."


@pytest.mark.parametrize(
    "said",
    [
        "hello",
        "no",
        "my name is Maria de la Cruz",
        "I live in Los Angeles",
        "how do you say guten tag in German",
        "what does привет mean",
        "remember me",
        "do as I say",
        "what is 3 + 4",
        "50",
        "",
    ],
)
def test_english_is_not_taken_for_another_language_nor_for_rudeness(said: str) -> None:
    assert answer(foreign, said) is None
    assert answer(rude, said) is None


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("what's the weather like", "no way to know the weather"),
        ("will it rain tomorrow", "no way to know the weather"),
        ("tell me the news", "no way to know the news"),
        ("sing me a song", "cannot sing"),
    ],
)
def test_weather_news_and_songs_are_declined_and_a_story_offered(asked: str, part: str) -> None:
    said = answer(cannot, asked) or ""
    assert part in said
    assert "I can tell you a story instead" in said
    assert answer(cannot, "who won the world cup") is None
