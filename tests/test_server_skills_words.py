"""However something is spelt, punctuated or wrapped in politeness, its plain words are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.server.skills.words import (
    READ_AT_MOST,
    bag,
    hear,
    listed,
    made_of,
    phrases,
    plain_words,
    row,
    sentence,
    stem,
    table,
    with_article,
    written_out,
)


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("What's  UP?!", "what is up"),
        ("I’m sure it isn't", "i am sure it is not"),
        ("whats that, dont you know", "what is that do not you know"),
        ("I can't, won't and shan't", "i can not will not and sha not"),
        ("let's go at 5 o'clock", "let us go at 5 oclock"),
        ("my dog's name's Rex", "my dog's name is rex"),
        ("you're, they've, she'll, he'd", "you are they have she will he would"),
        ("gonna, wanna, gimme", "going to want to give me"),
        ("1,000.5 km on the 21st at 14:05", "1,000.5 km on the 21st at 14:05"),
        ("5km", "5 km"),
        ("So, um, what is, uh, this?", "so what is this"),
        ("", ""),
    ],
)
def test_plain_words_are_small_and_written_out(said: str, plain: str) -> None:
    assert " ".join(plain_words(said)) == plain
    assert hear(said).plain == plain


def test_written_out_text_keeps_its_signs() -> None:
    assert written_out("What's 3 + 4?") == "what is 3 + 4?"


@pytest.mark.parametrize(
    "said",
    [
        "stop",
        "please stop",
        "Could you please stop now, thanks?",
        "okay, I would like you to stop, if you don't mind",
        "hey, can you just stop right now",
        "you may stop",
        "would it be possible to stop",
        "by the way, I was just wondering if you could stop",
    ],
)
def test_politeness_changes_nothing(said: str) -> None:
    assert hear(said).kernel == "stop"


@pytest.mark.parametrize(
    ("said", "kernel"),
    [
        ("I'd like to hear a story", "a story"),
        ("and then", "then"),
        ("hello", "hello"),
        ("please", "please"),
        ("no more, please", "no more"),
        ("i don't want to play", "i do not want to play"),
    ],
)
def test_something_always_remains_and_meaning_is_kept(said: str, kernel: str) -> None:
    assert hear(said).kernel == kernel


def test_only_the_beginning_of_a_book_is_read() -> None:
    assert len(hear("word " * 10_000).raw) <= READ_AT_MOST


@given(st.text())
def test_anything_can_be_heard(text: str) -> None:
    heard = hear(text)
    assert bool(heard.core) == bool(heard.words)
    assert set(heard.core) <= set(heard.words)


def test_a_sentence_is_made_of_keys_and_glue_or_it_means_something_else() -> None:
    assert made_of(["could", "you", "please", "sing", "it", "to", "me"], {"sing"})
    assert made_of(["sing", "loud"], {"sing"}, {"loud"})
    assert not made_of(["sing", "loud"], {"sing"})
    assert not made_of(["could", "you"], {"sing"})


@pytest.mark.parametrize(
    "forms",
    [
        "park parks parked parking",
        "story stories",
        "say said says",
        "favourite favorite",
        "live lives living lived",
        "child children",
        "cat cats cat's",
        "bus",
        "class",
        "red",
    ],
)
def test_the_forms_of_a_word_have_one_stem(forms: str) -> None:
    assert len(set(map(stem, forms.split()))) == 1


def test_different_words_have_different_stems() -> None:
    words = ["red", "bed", "colour", "food", "name", "cat", "car", "live", "love", "key", "king", "this", "his"]
    assert len(set(map(stem, words))) == len(words)


def test_things_are_listed_as_one_says_them() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a and b"
    assert listed(["a", "b", "c"]) == "a, b and c"


def test_articles_fit_their_nouns() -> None:
    assert with_article("owl") == "an owl"
    assert with_article("fox") == "a fox"


@pytest.mark.parametrize(("text", "whole"), [("hello ", "Hello."), ("Why?", "Why?"), ("no…", "No…"), ("", ".")])
def test_a_sentence_begins_big_and_ends(text: str, whole: str) -> None:
    assert sentence(text) == whole


def test_sets_rows_and_tables_are_written_as_text() -> None:
    assert bag("b a\n a") == {"a", "b"}
    assert row("b a") == ("b", "a")
    assert table("a=b\n c=d_e") == {"a": "b", "c": "d_e"}


def test_phrases_are_found_as_whole_words() -> None:
    pattern = phrases("""stop* | go on | sum ... up |
        ^wait""")
    for text in ("stopping", "please go on", "sum it all up", "sum up", "wait for me"):
        assert pattern.search(text), text
    for text in ("nonstop", "ergo on", "go once", "summary up", "i wait"):
        assert not pattern.search(text), text
