"""How long a story is wished to be: finds "in three sentences" in a wish, and takes it away from what it is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from livechat.server.skills.numerals import ONES, TENS, number_of
from livechat.server.skills.words import plain_words

Unit = Literal["sentence", "word"]
SENTENCES_OF_A_PARAGRAPH = 5


@dataclass(frozen=True)
class Limit:
    """So many sentences or words."""

    count: int
    unit: Unit


_NUMBER = "|".join([*ONES, *TENS, "hundred", "thousand", "and", r"\d{1,4}", "an?", "single", "few", "couple", "of"])
_COUNTED = re.compile(
    r"(?<!\babout )(?<!\band )(?:[,;.]\s*)?"
    r"(?:\b(?:and|but)\s+(?=(?:please|make|keep|in|with|using|only|exactly)\b))?(?:\b(?:please\s+)?(?:make|keep)\s+(?:it|this|that)\s+)?"
    r"(?:\b(?:in|of|with|using|within|under|over|to|just|only|exactly|around|roughly|at\s+(?:most|least)|up|max|"
    r"maximum|(?:less|fewer|(?:no|not)\s+more)\s+than)\s+)*"
    rf"\b(?!and\b)(?P<count>(?:(?:{_NUMBER})[\s-]+)+)(?:(?:very|short|simple|little|long)\s+)*"
    r"(?P<unit>sentence|word|line|paragraph|minute)s?\b(?:\s+(?:long|or\s+(?:less|fewer|so|more|under)|(?:at\s+)?"
    r"(?:most|max|maximum|only)))*",
    re.IGNORECASE,
)
_DEGREE = r"(?:(?:very|really|quite|rather|extremely|super|pretty|so|as)\s+)*"
_NOT_COUNTED = re.compile(
    rf"(?:^|[,;.]|\s)\s*(?:(?:and|but)\s+)?(?:(?:please\s+)?(?:make|keep)\s+(?:it|this|that)\s+)?(?:an?\s+)?{_DEGREE}"
    r"(?:short|brief|quick|tiny|long)(?:er)?(?:\s+(?:one|please|as\s+possible|enough))*(?=[\s.!?]*$|\s*,|\s+about\b)",
    re.IGNORECASE,
)


def limit_in(wish: str) -> Limit | None:
    """The number of sentences or words that is wished for; a paragraph is a few sentences."""
    for found in _COUNTED.finditer(wish):
        unit = found["unit"].lower()
        words = [word for word in plain_words(found["count"]) if word not in ("a", "an", "of", "single")]
        number = number_of(words or ["one"])
        if unit != "minute" and number:
            count = int(number) * (SENTENCES_OF_A_PARAGRAPH if unit == "paragraph" else 1)
            return Limit(max(1, count), "word" if unit == "word" else "sentence")
    return None


def without_length(clause: str) -> str:
    """`clause` without what only says how long the story is to be."""
    return _NOT_COUNTED.sub(" ", _COUNTED.sub(" ", clause)).strip()


_IN_TWO = ("{opening}", "{He} {wants} and, with the help of {a_friend} called {Friend}, {reaches}.")
_IN_THREE = (
    "{opening}",
    "{He} {wants}, but when {short}, {he} nearly gave up.",
    "Then {he} met {a_friend} called {Friend}, and in the end {he} {reaches}.",
)
_IN_FOUR = (
    "{opening}",
    "{He} {wants}.",
    "It was a long way, and when {short}, {he} nearly gave up.",
    "Then {he} met {a_friend} called {Friend}, and in the end {he} {reaches}.",
)
# Each with the least number of sentences that a story has in which there is room for it.
_IN_MORE = (
    (5, "{opening}"),
    (7, "{character}"),
    (5, "{He} {wants}."),
    (9, "Everybody {again} had advice to give, and none of it was of any use."),
    (5, "It was a long way, and when {short}, {he} nearly gave up."),
    (10, "For a whole night {he} thought of turning back."),
    (5, "Then {he} met {a_friend} called {Friend}, and together they went on."),
    (11, "They shared the last of the bread, and by the time it was gone they had told each other everything."),
    (5, "In the end {Name} {reaches}."),
    (6, "The two of them have been friends ever since."),
    (12, "People {again} still talk of it on quiet evenings."),
    (8, "{moral}"),
)
SHORT = 6
"""Sentences of a short story."""
MOST_PICKED = len(_IN_MORE)


def outline(count: int) -> tuple[str, ...]:
    """The sentences of a story in `count` of them, from 2 to `MOST_PICKED`, with slots as in `story_plots`."""
    few = {2: _IN_TWO, 3: _IN_THREE, 4: _IN_FOUR}.get(count)
    return few or tuple(text for least, text in _IN_MORE if least <= count)
