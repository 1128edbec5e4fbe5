"""What the user told about themselves, kept as their own sentences and found again by their words.

Nothing is understood: a question is answered with the sentence that holds all the words the question is about,
turned from "my" to "your". So there is no wrong guess, and everything can be remembered, not only what was foreseen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from livechat.server.skills.forgetting import Forget, to_forget
from livechat.server.skills.names import name_told
from livechat.server.skills.numerals import number_of
from livechat.server.skills.words import bag, hear, plain_words, stem, table

_CLAUSE_END = re.compile(
    r"[.!?;\n]+(?:\s+|$)|,? +(?:and|but) +(?=(?:i|my|we|our|please remember|remember)\b)", re.IGNORECASE
)
_OPENER = re.compile(
    r"(?:(?:hello|hi|hey|okay|ok|so|well|and|but|also|oh|yes|no|actually|please|by the way|you know(?: what)?|listen|"
    r"look|good (?:morning|evening|afternoon)|just|now|i (?:want|would like|'d like|need) you to|can you|could you|"
    r"will you|would you|let me tell you|i(?:'d| would) say|i (?:think|guess|believe|must say)(?: that)?|to be honest|"
    r"you (?:should|must|need to) know|nice to meet you)\b[\s,:.!]*)+",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"(?:(?:always |try to )?(?:remember|keep in mind|bear in mind|note(?: down| to self)?|take note|"
    r"make a (?:mental )?note|write down|memori[sz]e|do(?: not|n'?t|n’t) (?:you )?forget|never forget|save|store)"
    r"(?: (?:of )?(?:the )?(?:fact|this|thing))?(?:[\s,:]+that\b)?|for the record|fyi)[\s,:]+(?P<note>.+)",
    re.IGNORECASE | re.DOTALL,
)
_NO_NOTE = re.compile(
    r"(?:what|when|where|who|how|why|which|me|this|that|it|to me|my name)\b(?! is\b| are\b)", re.IGNORECASE
)
_ABOUT_ME = re.compile(
    r"(?:my|our)\s+\S+.*\s(?:is|are|was|were|has|have|had|\w+s|\w+ed)\s+\S"
    r"|i(?:'m|’m|m)?\s+\S+\s+\S|we\s+(?:live|are|have|were|went|had|\w+ed)\s",
    re.IGNORECASE | re.DOTALL,
)
_MINE = re.compile(
    r".+\s(?:is|are)\s+(?:my|our)\s+\S|the\s.+\si\s+(?:like|love|prefer|enjoy|adore)\b.*\s(?:is|are)\s+\S"
    r"|.+\s(?:is|are)\s+the\s.+\si\s+(?:like|love|prefer|enjoy|adore)\b.*",
    re.IGNORECASE | re.DOTALL,
)
_AGE = re.compile(r"i(?:'m|’m|m| am) ([\w -]+)", re.IGNORECASE)
_ASKS = bag(
    """what which who whom whose where when why how is are was were am do does did can could will would should shall
    may tell remind have has repeat say let"""
)
_NO_FACT = bag(
    """want need would will can can't cannot could should shall must may might wish wonder think guess mean meant said
    say asked ask told tell know knew understand hope hear heard see saw believe thought forgot missed give try do
    don't did didn't just dare bet promise agree doubt suppose apologize beg feel got get"""
)
_STOP = bag(
    """a an the this that these those it its i me my mine myself you your yours we us our he she they him her his their
    is am are was were be been being do does did have has had of in on at for with by about as and or but if so then
    than too also just please kindly now here there what which who whom whose when where why how to can could will
    would should remember recall remind told tell said say know again find forget forgotten not one thing things
    really very much many some any more other still ever yet ask asked give right quite name's"""
)
_CONCEPT = table(
    """like=favourite love=favourite prefer=favourite enjoy=favourite adore=favourite best=favourite most=favourite
    fave=favourite favorite=favourite favorites=favourite favourites=favourite eat=food eating=food meal=food
    dish=food drinking=drink beverage=drink called=name named=name names=name color=colour colors=colour
    colours=colour home=live reside=live stay=live old=age aged=age movie=film movies=film job=work profession=work
    occupation=work living=work come=origin from=origin located=live kids=child children=child"""
)
_SWAP = table(
    """i=you me=you my=your mine=yours myself=yourself we=you us=you our=your ours=yours i'm=you_are im=you_are
    i've=you_have i'll=you_will i'd=you_would am=are we're=you_are you=me your=my yours=mine"""
)
_TOKEN = re.compile(r"[\w'’]+|[^\w'’]+")


@dataclass(frozen=True)
class Fact:
    """One thing the user told."""

    text: str
    """In their words, from their side: "my cat is called Felix"."""
    asked_to: bool
    """They asked to have it remembered."""

    @cached_property
    def matter(self) -> frozenset[str]:
        return matter(self.text)

    @property
    def told_back(self) -> str:
        """The same from the other side: "your cat is called Felix"."""
        words: list[str] = _TOKEN.findall(self.text.replace("’", "'"))
        words[0] = words[0].lower() if words[0].lower() in _STOP else words[0]
        swapped = "".join(_SWAP.get(word.lower(), word).replace("_", " ") for word in words)
        return re.sub(r"\byou was\b", "you were", swapped)


def facts_told(texts: Iterable[str]) -> list[Fact]:
    """Every fact in what was said, oldest first; the same thing said twice counts once, where it was said last.

    What was to be forgotten later is not among them.
    """
    told: dict[str, Fact] = {}
    for text in texts:
        if order := to_forget(hear(text)):
            told = {key: fact for key, fact in told.items() if not _covers(order, fact)}
        told |= {" ".join(plain_words(fact.text)): fact for fact in _facts_in(text)}
    return list(told.values())


def _covers(order: Forget, fact: Fact) -> bool:
    if order.everything or order.name:
        return order.everything or name_told(fact.text) is not None
    wanted = matter(order.what)
    return bool(wanted) and wanted <= fact.matter


@lru_cache(maxsize=1024)
def _facts_in(text: str) -> tuple[Fact, ...]:
    """Kept, because every turn reads all that was said before."""
    clauses = zip(_CLAUSE_END.split(text), [*_CLAUSE_END.findall(text), ""], strict=True)
    return tuple(fact for clause, ending in clauses if "?" not in ending and (fact := _fact(clause)))


def _fact(clause: str) -> Fact | None:
    opener = _OPENER.match(clause.strip())
    clause = clause.strip()[opener.end() if opener else 0 :].strip(" ,;:")
    words = plain_words(clause)
    if not 2 <= len(words) <= 40:
        return None
    note = _NOTE.fullmatch(clause)
    if note:
        held = note["note"].strip()
        return None if _NO_NOTE.match(held) or len(held.split()) < 2 else Fact(held, asked_to=True)
    if words[0] in _ASKS or (words[0] in ("i", "we") and words[1] in _NO_FACT) or "wondering" in words[:4]:
        return None
    if (age := _AGE.fullmatch(clause)) and number_of(plain_words(age[1])) is not None:
        return Fact(f"{clause} years old", asked_to=False)
    found = _ABOUT_ME.match(clause) or _MINE.match(clause)
    enough = 1 if words[:2] in (["i", "am"], ["i", "was"]) else 2
    return Fact(clause, asked_to=False) if found and len(matter(clause)) >= enough else None


def matter(text: str) -> frozenset[str]:
    """What the words of `text` are about, in a form in which equal things are equal."""
    words = (_CONCEPT.get(word, word) for word in (word.removesuffix("'s") for word in plain_words(text)))
    return frozenset(stem(word) for word in words if word not in _STOP)


def recalled(question: str, facts: list[Fact], *, missing: int = 0) -> Fact | None:
    """The fact told last that has everything the question is about, but for at most `missing` words."""
    wanted = matter(question)
    fitting = [fact for fact in facts if len(wanted - fact.matter) <= missing and wanted & fact.matter]
    return min(reversed(fitting), key=lambda fact: len(wanted - fact.matter), default=None)
