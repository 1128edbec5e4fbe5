"""Flips coins and rolls dice; what comes up follows from all that was said, so equal conversations stay equal."""

from __future__ import annotations

from livechat.server.skills.chooser import Chooser, seed_of
from livechat.server.skills.moment import Moment, Reply
from livechat.server.skills.words import GLUE, bag, listed, phrases, table

_COIN = phrases("(?:flip|toss|throw|spin) (?:* ){0,3}coins? | coin (?:flip|toss) | heads or tails")
_DICE = phrases("(?:roll|throw|toss|cast) (?:* ){0,4}(?:die|dice) | (?:die|dice) (?:roll|throw)")
_WORDS = GLUE | bag(
    """flip toss throw spin coin coins heads tails roll cast die dice one two three four five six pair couple 1 2 3 4 5
    6 another more time once game sided fair new your quick"""
)
_SEVERAL = table("two=2 2=2 pair=2 couple=2 three=3 3=3 four=4 4=4 five=5 5=5")


def chance(moment: Moment) -> Reply | None:
    said = moment.said
    if not all(word in _WORDS for word in said.words):
        return None
    choose = Chooser(seed_of("chance", *moment.asked))
    if _COIN.search(said.plain):
        return [f"The coin shows {choose.one_of(['heads', 'tails'])}."]
    if _DICE.search(said.plain):
        return [_rolled(choose, next((int(_SEVERAL[word]) for word in said.words if word in _SEVERAL), 1))]
    return None


def _rolled(choose: Chooser, dice: int) -> str:
    eyes = [1 + choose.below(6) for _ in range(dice)]
    shown = listed([str(number) for number in eyes])
    return f"The die shows {shown}." if dice == 1 else f"The dice show {shown}, that is {sum(eyes)} together."
