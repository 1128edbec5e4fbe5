"""The guessing game: the number follows from how the game began, and how it stands is read from what was said."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from livechat.server.skills.chooser import Chooser, seed_of
from livechat.server.skills.moment import Moment, Reply
from livechat.server.skills.numerals import number_of, read_numbers
from livechat.server.skills.words import GLUE, Utterance, bag, hear, phrases

HIGHEST = 100

Move = int | Literal["start", "give up", "quit", "hint", "count", "turned round"]
"""A guess, or what else one can do in the game."""

_START = phrases(
    """games? | play(?:ing)? | guess(?:ing)? ... numbers? | (?:think|thinking|pick|choose) ... number | number ...
    guess | rounds? | ^higher (?:or )?lower$"""
)
_NO_START = phrases("not | ^(?:what|which|how|who|why) | play (?:that|it)")
_START_WORDS = GLUE | bag(
    """game games play playing guess guessing number numbers think thinking thought pick choose between one another new
    round together something fun quick simple start begin secret random mine up own higher lower try 1 100 hundred
    until find out more"""
)
_TURNED_ROUND = phrases(
    "you (?:can |should |try to |have to |must |will )?guess | guess (?:my|the) number i | guess my number"
)
_GUESS_WORDS = GLUE | bag("guess number maybe perhaps try think guessing going go pick bet next take choose hmm is one")
_ORDERS: dict[Move, tuple[re.Pattern[str], frozenset[str]]] = {
    "give up": (
        phrases(
            """(?:give|giving) up | surrender | resign | (?:no|not have a|not have any) (?:more )?(?:ideas?|clue) | not
            know | (?:tell|show|reveal|give|say) ... (?:number|answer|solution|secret|it is|it was) | reveal | what
            (?:is|was) (?:it|(?:the|your) (?:number|answer|secret|solution))"""
        ),
        bag("up giving surrender resign no not more idea ideas clue number answer solution secret reveal correct"),
    ),
    "hint": (
        phrases("hints? | clues? | help | higher | lower | close | closer | warm | cold | range"),
        bag(
            "hint hints clue clues help another one little bit higher lower close closer warm cold range left possible"
        ),
    ),
    "count": (
        phrases("how many | how often"),
        bag("guesses tries attempts turns times many often guessed tried far made used needed taken until"),
    ),
    "quit": (
        phrases(
            """stop | quit | end | leave | exit | cancel | finish | no more | enough | not ... play | never ?mind | not
            any ?more | not now | (?:something|anything) else | bored | done"""
        ),
        bag(
            """stop quit end leave exit cancel finish no more enough not play playing any anymore something anything
            else bored done game guessing guess never mind nevermind over"""
        ),
    ),
}


@dataclass(frozen=True)
class Game:
    """A game, in progress or over."""

    secret: int
    guesses: tuple[int, ...] = ()
    over: bool = False

    @property
    def low(self) -> int:
        """The lowest number that is still possible, ..."""
        return max([guess for guess in self.guesses if guess < self.secret], default=0) + 1

    @property
    def high(self) -> int:
        """... and the highest."""
        return min([guess for guess in self.guesses if guess > self.secret], default=HIGHEST + 1) - 1


def guessing(moment: Moment) -> Reply | None:
    game: Game | None = None
    for turn, text in enumerate(moment.asked[:-1]):
        said = hear(text)
        game = _after(game, _move(game, said), said, turn)
    move = _move(game, moment.said)
    if move is None:
        return _compared(game, moment.said) if game and not game.over else None
    after = _after(game, move, moment.said, len(moment.asked) - 1)
    return [_told(after, move)]


def _move(game: Game | None, said: Utterance) -> Move | None:
    """What `said` does in the game; None if it has nothing to do with it."""
    if game and not game.over:
        if (guess := _guess(said)) is not None:
            return guess
        for move, (keys, words) in _ORDERS.items():
            if keys.search(said.plain) and all(word in words or word in GLUE for word in said.words):
                return move
    if not all(word in _START_WORDS for word in said.words) or _NO_START.search(said.plain):
        return None
    if _TURNED_ROUND.search(said.plain):
        return "turned round"
    return "start" if _START.search(said.kernel) or _START.search(said.plain) else None


def _guess(said: Utterance) -> int | None:
    """The whole number that is said alone or among words of guessing."""
    tokens = read_numbers(said.words)
    numbers = [token for token in tokens if isinstance(token, Fraction)]
    framed = all(token in _GUESS_WORDS for token in tokens if isinstance(token, str))
    return int(numbers[0]) if framed and len(numbers) == 1 and numbers[0].denominator == 1 else None


def _after(game: Game | None, move: Move | None, said: Utterance, turn: int) -> Game | None:
    if move == "start":
        return Game(Chooser(seed_of("guess", said.plain, turn)).below(HIGHEST) + 1)
    if game is None or move in (None, "hint", "count", "turned round"):
        return game
    if not isinstance(move, int):
        return replace(game, over=True)
    if not 1 <= move <= HIGHEST:
        return game
    return replace(game, guesses=(*game.guesses, move), over=move == game.secret)


def _told(game: Game | None, move: Move) -> str:
    """What is said after a move; `game` is how things stand after it."""
    if game is None or move == "turned round":
        return "I only know it the other way round: I think of a number from 1 to 100, and you guess. Say “let's play”."
    match move:
        case "start":
            return "I am thinking of a number from 1 to 100. What is your guess?"
        case "give up":
            return f"The number was {game.secret}. Say “play again” for another one."
        case "quit":
            return f"Okay. The number was {game.secret}."
        case "hint":
            return f"It is between {game.low} and {game.high}." if game.low < game.high else f"Only {game.low} is left."
        case "count":
            return f"You have made {_times(game)} so far."
        case guess:
            return _verdict(game, int(guess))


def _verdict(game: Game, guess: int) -> str:
    if not 1 <= guess <= HIGHEST:
        return f"It is a number from 1 to {HIGHEST}. Guess again."
    if guess == game.secret:
        return f"Yes, {guess} is right! You found it with {_times(game)}. Say “play again” for another one."
    return f"No, it is {'higher' if guess < game.secret else 'lower'} than {guess}."


def _times(game: Game) -> str:
    return f"{len(game.guesses)} guess{'es' * (len(game.guesses) != 1)}"


def _compared(game: Game, said: Utterance) -> Reply | None:
    """ "Is it higher than 50?", which is no guess."""
    found = _COMPARED.fullmatch(said.kernel)
    number = number_of(found[2].split()) if found else None
    if found is None or number is None:
        return None
    true = game.secret > number if found[1].split()[0] in _HIGHER else game.secret < number
    return [f"{'Yes' if true else 'No'}, it is {'' if true else 'not '}{found[1]} {found[2]}."]


_HIGHER = bag("higher bigger larger greater more above over")
_COMPARED = re.compile(
    r"(?:is )?(?:it |the number )?"
    r"((?:higher|bigger|larger|greater|more|lower|smaller|less) than|above|over|below|under) (.+)"
)
