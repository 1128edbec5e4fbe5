"""Finds in what people say how they want to be called: "I'm Ada" is a name, "I'm tired" is none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from livechat.server.skills.forgetting import to_forget
from livechat.server.skills.given_names import FEMALE, MALE, NAMES
from livechat.server.skills.moment import Moment
from livechat.server.skills.words import GLUE, bag, hear

_NAME = r"(?P<name>[^\W\d_][\w'’-]*(?: +[^\W\d_][\w'’.-]*){0,2})"
_IS = r"(?:'s|’s|s| is| was|:)"
_AM = r"\bi(?:'m|’m|m| am)"
_KIND = r"(?:(?:first|full|given|real|own|last|nick) ?)?"

# After these words comes a name, whatever it looks like.
_SURE = tuple(
    re.compile(pattern + r" +(?:the name +)?" + _NAME, re.IGNORECASE)
    for pattern in (
        rf"\bname(?:{_IS} +not|(?: is|wa)?n['’]?t| isn['’]?t) +\w+[ ,;.]+(?:but|it{_IS}|rather|i(?:'m|’m| am))",
        rf"\b(?:my|the) +{_KIND}name{_IS}",
        r"\bmy +name\b[^.!?\n]{1,30}?\b(?:is|it['’]s)",
        rf"^\W*name{_IS}",
        rf"(?:{_AM}| was) +(?:called|named|known as|christened)",
        r"\bi +(?:usually +|mostly +)?(?:go by|answer to)",
        r"\b(?:(?:address|refer to) +me +as|(?:named|christened) +me)",
    )
)
# After these only what looks like one.
_PERHAPS = tuple(
    re.compile(pattern + " +" + _NAME, re.IGNORECASE)
    for pattern in (
        r"\bcalls? +me",
        _AM,
        rf"^\W*it{_IS} +me,?",
        rf"^\W*(?:\w+\W+){{0,2}}this{_IS}",
        rf"^\W*it{_IS}(?=.*\bname\b)",
    )
)
_BEFORE = re.compile(rf"{_NAME} +is +my +{_KIND}name\b", re.IGNORECASE)

_ENDS = GLUE | bag(
    """not nice pleased glad happy good great speaking calling talking by from because since actually too today again
    i'm it's what's yours however although while never always going no none"""
)
"""Words that are not part of a name and end it."""
_NOT_NAMES = _ENDS | bag(
    """back later tomorrow tonight soon crazy whatever whenever anytime once twice sometime maybe fine tired afraid
    sure done ready bored hungry thirsty lost late early alone busy home sick ill old young new free english god dad
    mom mum monday tuesday wednesday thursday friday saturday sunday january february march april june july august
    september october november december buddhist muslim catholic protestant jewish hindu atheist vegan vegetarian
    dutch french german greek czech swiss thai arab turkish"""
)
_PEOPLE = re.compile(r".*(?:ish|ese|ean|[ia]can|[iv]ian|lian|rian|sian|gian|dian|nian|wegian|ani|eli|ing|ed|ly)$")


def user_name(moment: Moment) -> str | None:
    """The name that the user gave last, or else the system instruction, unless it was to be forgotten."""
    name = moment.orders.user_name
    for text in moment.asked:
        order = to_forget(hear(text))
        name = name_told(text) or (None if order and (order.name or order.everything) else name)
    return name


@lru_cache(maxsize=1024)
def name_told(text: str) -> str | None:
    """The name by which somebody introduces themselves in `text`, if they do."""
    if text.rstrip().endswith("?"):
        return None
    for pattern in _SURE:
        for match in pattern.finditer(text):
            if name := _name(match["name"], _ENDS):
                return name
    for pattern in _PERHAPS:
        for match in pattern.finditer(text):
            if _looks_like_a_name(match["name"].split()[0], text) and (name := _name(match["name"], _NOT_NAMES)):
                return name
    before = _BEFORE.search(text)
    return _name(before["name"].split()[-1], _ENDS) if before else None


def _looks_like_a_name(word: str, text: str) -> bool:
    if word.lower() in NAMES:
        return True
    written_with_care = word[0].isupper() and not text.isupper() and not text.istitle()
    known = word.lower() in FEMALE | MALE
    return written_with_care and (known or not (word.lower() in _NOT_NAMES or _PEOPLE.fullmatch(word.lower())))


def _name(found: str, ends: Iterable[str]) -> str | None:
    """The words of a name up to the first that belongs to the sentence again, with capitals."""
    words: list[str] = []
    for word in found.split():
        if word.lower().strip(".") in ends or (words and words[0][0].isupper() and word[0].islower()):
            break
        words.append(word.rstrip(".'’-"))
    return " ".join(_capital(word) for word in words) or None


def _capital(word: str) -> str:
    return word.capitalize() if word.islower() or (word.isupper() and len(word) > 2) else word


def she_or_he(name: str) -> str | None:
    """ "she" or "he" for a name whose bearers mostly are one of them."""
    word = name.split()[0].lower()
    return "she" if word in FEMALE else "he" if word in MALE else None
