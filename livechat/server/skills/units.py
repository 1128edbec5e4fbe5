"""Converts units exactly: "how many feet in a mile", "convert 10 km to miles", "72 fahrenheit in celsius"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from livechat.server.skills.moment import Moment, Reply
from livechat.server.skills.numerals import Token, read_numbers, said
from livechat.server.skills.unit_table import ABBREVIATIONS, DIMENSIONS, LONGEST, SPELLINGS, Unit
from livechat.server.skills.words import GLUE, bag, listed, plain_words, sentence

_FRAME = GLUE | bag(
    """convert converted conversion change turn express translate transform many much tall long far high deep wide
    heavy hot cold warm fast big large old weigh weighs weight length distance temperature equal equals equivalent
    contain contains hold holds fit fits go goes make makes come comes calculate compute work out number degree
    degrees per into sum add up value same thing amount each roughly approximately unit units measure measured"""
)
_TO = ("to", "into", "in", "as")
_SIGN = re.compile(r"(?<!\w)[-−](?=\d)")
_OTHER_SCALE = {"celsius": "fahrenheit", "centigrade": "fahrenheit", "fahrenheit": "celsius"}


@dataclass(frozen=True)
class Mention:
    """A unit that was named."""

    may_be: tuple[Unit, ...]
    amount: Fraction | None
    """The number before it, if there was one."""
    before: str
    """The word before all that."""

    def as_a(self, dimension: str) -> Unit:
        return next(unit for unit in self.may_be if unit.dimension == dimension)


def units(moment: Moment) -> Reply | None:
    mentions, others = _mentions(_completed(_tokens(moment.said.raw)))
    target = _target(mentions)
    if target is None:
        return None
    understood = all(word in _FRAME for word in others)
    sources = [mention for mention in mentions if mention is not target]
    asked = target.before in ("many", "much") or ("what" in others and target.before in _TO)
    if not understood and (not asked or any(source.amount is None for source in sources)):
        return None
    for dimension in DIMENSIONS:
        if all(any(unit.dimension == dimension for unit in mention.may_be) for mention in mentions):
            return [_conversion([(m.amount, m.as_a(dimension)) for m in sources], target.as_a(dimension))]
    return [_unlike(sources[0].may_be[0], target.may_be[0])] if understood else None


def _tokens(text: str) -> list[Token]:
    """Words and numbers, with the signs of the numbers."""
    tokens: list[Token] = []
    for token in read_numbers(plain_words(_SIGN.sub(" minus ", text))):
        if isinstance(token, Fraction) and tokens[-1:] in (["minus"], ["negative"]):
            token = -token
            tokens.pop()
        tokens.append(token)
    return tokens


def _completed(tokens: list[Token]) -> list[Token]:
    """With the units that go without saying: the inches of 5 foot 11, the scale of "72 degrees in celsius"."""
    scales = [_OTHER_SCALE[token] for token in tokens if isinstance(token, str) and token in _OTHER_SCALE]
    complete: list[Token] = []
    for at, token in enumerate(tokens):
        complete.append(token)
        if isinstance(token, Fraction) and tokens[at - 1] in ("foot", "feet") and not _unit(tokens, at + 1, True)[0]:
            complete.append("inches")
        elif token in ("degree", "degrees") and len(scales) == 1 and not _unit(tokens, at, False)[0]:
            complete.append(scales[0])
    return complete


def _mentions(tokens: Sequence[Token]) -> tuple[list[Mention], list[str]]:
    """Every unit that is named, and every other word; a number without a unit is a word that nothing frames."""
    mentions: list[Mention] = []
    others: list[str] = []
    at = 0
    while at < len(tokens):
        token, before = tokens[at], tokens[at - 1] if at else ""
        amount = token if isinstance(token, Fraction) else None
        may_be, end = _unit(tokens, at + (amount is not None), amount is not None or before in _TO)
        if may_be:
            mentions.append(Mention(may_be, amount, str(before)))
        else:
            others.append(str(token))
        at = end if may_be else at + 1
    return mentions, others


def _unit(tokens: Sequence[Token], at: int, beside: bool) -> tuple[tuple[Unit, ...], int]:
    """What is named at `at`, and where its name ends; beside: abbreviations count."""
    words = tuple(token if isinstance(token, str) else "" for token in tokens[at : at + LONGEST])
    for length in range(len(words), 0, -1):
        if words[:length] in SPELLINGS:
            return SPELLINGS[words[:length]], at + length
    if beside and (words[:1] != ("in",) or words[1:2] in [(word,) for word in _TO]):  # 12 in to cm, but 12 in cm
        return ABBREVIATIONS.get(words[:1], ()), at + 1
    return (), at


def _target(mentions: Sequence[Mention]) -> Mention | None:
    """The unit that is asked for: the one without a number, in "how many feet in a mile" the one after "many"."""
    unnumbered = [mention for mention in mentions if mention.amount is None]
    if len(mentions) < 2 or not unnumbered or len(unnumbered) > 1 < len(mentions) - 1:
        return None
    if len(unnumbered) == 1:
        return unnumbered[0]
    for cues in (("many", "much"), _TO):
        for mention in unnumbered:
            if mention.before in cues:
                return mention
    return next((mention for mention in unnumbered if mention.before not in ("a", "an", "the", "per")), None)


def _conversion(sources: Sequence[tuple[Fraction | None, Unit]], target: Unit) -> str:
    amounts = [(Fraction(1) if amount is None else amount, unit) for amount, unit in sources]
    base = sum((amount * unit.factor + unit.zero for amount, unit in amounts), Fraction(0))
    result = (base - target.zero) / target.factor
    given = listed([_quantity(amount, unit) for amount, unit in amounts])
    text = sentence(f"{given} is {_quantity(result, target)}")
    if any(unit.one == "year" and unit.dimension == "time" for _, unit in [*amounts, (result, target)]):
        text += " That is without leap days."
    return text


def _quantity(amount: Fraction, unit: Unit) -> str:
    return f"{said(amount, 2 if unit.zero else 4)} {unit.one if amount == 1 else unit.many}"


def _unlike(one: Unit, other: Unit) -> str:
    if {one.dimension, other.dimension} == {"time", "months"}:
        return "Months are not all equally long, so that has no exact answer."
    text = f"{one.many} measure {one.dimension} and {other.many} measure {other.dimension}"
    return sentence(f"{text}, so the one can't become the other")
