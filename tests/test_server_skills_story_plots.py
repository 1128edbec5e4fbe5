"""The plots are whole: every slot is known, and whatever is chosen fits together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

import pytest

from livechat.server.skills import story_cast
from livechat.server.skills import story_plots as plots
from livechat.server.skills.chooser import Chooser
from livechat.server.skills.story_topics import topics_of

SLOTS = set(story_cast.cast(topics_of(""), Chooser(0)).slots) | {"wants", "reaches", "short", "extra"}


def texts() -> Iterator[str]:
    """Every text of the plots."""
    for name, value in vars(plots).items():
        if name.isupper():
            yield from _texts(value)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for inner in cast("tuple[object, ...]", value):
            yield from _texts(inner)
    elif isinstance(value, plots.Quest | plots.Trouble):
        yield from (inner for inner in vars(value).values() if isinstance(inner, str))


def test_every_slot_is_filled_by_the_cast() -> None:
    used = {slot for text in texts() for slot in re.findall(r"\{(\w+)\}", text)}
    assert used <= SLOTS
    assert {"Name", "Friend", "the_thing", "again", "first"} <= used


@pytest.mark.parametrize("text", list(texts()))
def test_texts_are_clean(text: str) -> None:
    assert "  " not in text
    assert text == text.strip()
    assert text.count("“") == text.count("”")
    assert text.count("{") == text.count("}") == len(re.findall(r"\{\w+\}", text))


def test_heroes_are_never_he_or_she_by_accident() -> None:
    hero = re.compile(r"(?<![{\w])(?:[Hh]imself|[Hh]erself)(?![}\w])")
    assert [text for text in texts() if hero.search(text) and "brother" not in text] == []


def test_there_is_enough_to_choose_from() -> None:
    assert len(plots.QUESTS) >= 8
    assert len([quest for quest in plots.QUESTS if not quest.of_one_thing]) >= 5
    assert min(map(len, (plots.OPENINGS, plots.TROUBLES, plots.CHAPTERS))) >= 5
