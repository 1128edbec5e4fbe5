"""What somebody said made plain: small letters, contractions written out, punctuation and politeness taken off.

Skills match sets of plain words and small grammars over them, never whole sentences: speech recognition and
people spell, punctuate and ask in too many ways for a list of phrases.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

READ_AT_MOST = 2000
"""Characters of one utterance that are read for what is meant; a pasted book is not a question."""


def bag(text: str) -> frozenset[str]:
    """The words of `text` as a set, for writing long sets short."""
    return frozenset(text.split())


def row(text: str) -> tuple[str, ...]:
    """The words of `text` in their order."""
    return tuple(text.split())


GLUE = bag(
    """a an the this that these those it its i me my mine myself you your yours yourself we us our he she they them him
    her is am are was were be been being do does did done have has had can could will would shall should may might
    must to of in on at for with from by about as and or but if so then than too also just please kindly now here
    there what which who when where why how ok okay well really very some any all um uh oh ah hey hello hi yes yeah
    let like want need know tell say give show get again thanks thank sorry right exactly actually maybe dear"""
)
"""Words that carry no matter of their own: around a skill's key words they change nothing."""

_LONG_FORMS = (
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"\b(?:can't|cannot|cant)\b"), "can not"),
    (re.compile(r"\b(\w+)n't\b"), r"\1 not"),
    (re.compile(r"\b(do|does|did|is|was|have|would|could|should)nt\b"), r"\1 not"),
    (re.compile(r"\blet'?s\b"), "let us"),
    (re.compile(r"\bi'?m\b"), "i am"),
    (re.compile(r"\bi'?ve\b"), "i have"),
    (re.compile(r"\bo'clock\b"), "oclock"),
    (re.compile(r"\b(what|who|where|when|how|that)'?s\b"), r"\1 is"),
    (re.compile(r"\b(why|it|he|she|there|here|this|which|name|time|everything)'s\b"), r"\1 is"),
    (re.compile(r"(?<=\w)'re\b"), " are"),
    (re.compile(r"(?<=\w)'ve\b"), " have"),
    (re.compile(r"(?<=\w)'ll\b"), " will"),
    (re.compile(r"(?<=\w)'d\b"), " would"),
    (re.compile(r"\b(?:gonna)\b"), "going to"),
    (re.compile(r"\b(?:wanna)\b"), "want to"),
    (re.compile(r"\b(?:gimme)\b"), "give me"),
)
_WORD = re.compile(r"\d+(?:st|nd|rd|th)\b|\d+(?:[.,:]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*")

_HESITATIONS = bag("um umm uhm uh uhh erm")
_ASKED = r"hear|have|get|know|listen\ to|ask\ you(?:\ for)?"
_OPENING = re.compile(
    rf"""(?:
        please|kindly|just|ok|okay|alright|all\ right|so|well|um+|uh+|er|hmm*|oh|ah|hey|hi|hello|now|then|and|but|yes|
        yeah|right|actually|maybe|perhaps|sorry|excuse\ me|listen|great|cool|wow|good\ (?:morning|evening|afternoon)
      | (?:can|could|will|would|may|might|should|do)\ (?:i|we)\ (?:please\ )?(?:{_ASKED})
      | (?:can|could|will|would|might)\ you(?:\ (?:please|kindly|maybe|possibly|perhaps|just|also))?
      | (?:do|would)\ you\ mind|(?:do\ you\ )?think\ you\ (?:can|could)|you\ (?:can|could|may|should|must)
      | i\ (?:really\ |just\ )?(?:want|need|would\ like|would\ love|wish|feel\ like)\ you\ to
      | i\ (?:really\ |just\ )?(?:want|need|would\ like|would\ love|wish|feel\ like)(?:\ to(?:\ (?:{_ASKED}))?)?
      | let\ (?:us|me)(?:\ (?:{_ASKED}))?|go\ ahead\ and|try\ to|(?:it\ )?would\ be\ (?:nice|great)\ if\ you\ could
      | (?:is|would)\ it\ (?:be\ )?possible\ to
      | i\ (?:was|am)\ (?:just\ )?wondering(?:\ (?:if|whether)\ you\ (?:can|could|would))?
      | (?:do\ )?you\ happen\ to\ know|(?:a\ |one\ )?(?:quick\ |last\ )?question|by\ the\ way
    )\ """,
    re.VERBOSE,
)
_CLOSING = re.compile(
    r" (?:please|kindly|now|right now|ok|okay|thanks|thank you|for (?:me|us)|right|then|(?:can|could|will|would) you"
    r"|if (?:you (?:can|could|please|would|do not mind|like)|possible|that is (?:ok|okay|possible)))$"
)


def phrases(text: str) -> re.Pattern[str]:
    """A pattern that finds any of the phrases that "|" separates; * stands for letters, ... for anything in between."""
    each = (phrase.strip().replace("*", r"\w*") for phrase in " ".join(text.split()).split(" | "))
    return re.compile(r"\b(?:" + "|".join(re.sub(r" ?\.\.\. ?", r"\\b.*\\b", phrase) for phrase in each) + r")\b")


def table(text: str) -> dict[str, str]:
    """`text` of "this=that" pairs as a table, for writing long tables short."""
    return dict(re.findall(r"(\S+)=(\S+)", text))


_IRREGULAR = table(
    """said=say told=tell left=leave ate=eat bought=buy went=go met=meet hid=hide kept=keep made=make wrote=write
    sat=sit ran=run drove=drive took=take gave=give lost=lose found=find slept=sleep spoke=speak born=birth
    children=child feet=foot men=man women=woman mice=mouse wolves=wolf knives=knife lives=live thieves=thief
    elves=elf has=have had=have does=do did=do favorite=favourite color=colour"""
)


@dataclass(frozen=True)
class Utterance:
    """One thing somebody said."""

    raw: str
    """As it was written, cut to `READ_AT_MOST` characters."""
    words: tuple[str, ...]
    """Plain words, all of them."""
    core: tuple[str, ...]
    """Plain words without the politeness around them; never empty unless `words` is."""

    @property
    def plain(self) -> str:
        return " ".join(self.words)

    @property
    def kernel(self) -> str:
        return " ".join(self.core)


@lru_cache(maxsize=1024)
def hear(text: str) -> Utterance:
    raw = text[:READ_AT_MOST].strip()
    words = plain_words(raw)
    return Utterance(raw, tuple(words), tuple(_unwrapped(" ".join(words)).split()))


def plain_words(text: str) -> list[str]:
    """Small-letter words of `text`; numbers keep their points, commas and colons, ordinals their endings."""
    return [word for word in _WORD.findall(written_out(text)) if word not in _HESITATIONS]


def written_out(text: str) -> str:
    """`text` in small letters without contractions: "What's" becomes "what is"."""
    low = text.lower().replace("’", "'").replace("‘", "'")
    for short, long in _LONG_FORMS:
        low = short.sub(long, low)
    return low


def _unwrapped(plain: str) -> str:
    """`plain` without openings ("could you please") and closings ("for me, thanks"), at least one word of it."""
    while True:
        shorter = _CLOSING.sub("", _OPENING.sub("", plain, count=1) if _OPENING.match(plain) else plain)
        if shorter == plain or not shorter:
            return plain
        plain = shorter


def made_of(words: Iterable[str], keys: Collection[str], others: Collection[str] = ()) -> bool:
    """Whether `words` holds a key and, beside keys, `others` and glue, nothing that could mean something else."""
    said = set(words)
    return any(key in said for key in keys) and all(w in keys or w in others or w in GLUE for w in said)


def stem(word: str) -> str:
    """A crude common form of a word's forms ("parked", "parks" -> "park"), good for comparing and for nothing else."""
    word = word.removesuffix("'s")
    word = _IRREGULAR.get(word, word)
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if len(word) - len(ending) >= 3 and word.endswith(ending):
            word = word.removesuffix(ending)
    return word.removesuffix("e") if len(word) > 3 else word


def listed(things: list[str]) -> str:
    """Things as one says them: "a", "a and b", "a, b and c"."""
    return things[0] if len(things) == 1 else ", ".join(things[:-1]) + " and " + things[-1]


def with_article(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def sentence(text: str) -> str:
    """`text` with a capital first letter and a full stop, if it has no end of its own."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "…")) else ".")
