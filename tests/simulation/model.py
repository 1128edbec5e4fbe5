"""The model of a simulated world: answers each of the user's lines once, names it at both ends, and calls for effects.

It is as stateless as every brain: what it has answered it reads from its own words in view.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from livechat.protocol.parts import FunctionCall
from livechat.server.brain import Said
from livechat.server.pieces import Piece

EFFECT = "effect"
LINE = re.compile(r"T(\d+)( clipped)? calls(\d) words(\d+)")
_MARKS = re.compile(r"<(T\d+) |\[asks (T\d+)\]")
_RESULT = re.compile(r"\bR(\d+)\.(\d)\b")
WORDS = ("one", "two", "three", "four", "five.", "six", "seven", "eight", "nine", "ten.")


@dataclass
class Asked:
    """A line of the user's as the history has it."""

    number: int
    calls: int
    words: int
    begun: bool = False
    """Its answer."""
    called: bool = False
    results: set[int] = field(default_factory=set[int])

    @property
    def tag(self) -> str:
        return f"T{self.number}"

    @property
    def missing(self) -> list[int]:
        return [number for number in range(1, self.calls + 1) if number not in self.results]


def result_of(number: int, call: int) -> str:
    """What that effect gives back."""
    return f"R{number}.{call}"


def lines_in(history: Sequence[Said]) -> list[int]:
    """The numbers of the user's lines in view, in order, as often as they are there."""
    return [int(found[1]) for said in history if said.role == "user" for found in LINE.finditer(said.text)]


def answer(history: Sequence[Said]) -> list[Piece]:
    """The pieces of the answer that is due."""
    asked = _read(history)
    if not asked:
        return ["What can I do for you?"]
    newest = next(reversed(asked.values()))
    pieces: list[Piece] = []
    for one in asked.values():
        if one.begun:
            continue
        if one.missing and not one.called and one is newest:
            calls = [FunctionCall(name=EFFECT, args={"tag": one.tag, "number": number}) for number in one.missing]
            return [*pieces, f"[asks {one.tag}] ", *calls]
        if not (one.missing and one.called):
            pieces += _answer(one)
    return pieces or ["So far."]


def _read(history: Sequence[Said]) -> dict[str, Asked]:
    asked: dict[str, Asked] = {}
    results: dict[int, set[int]] = {}
    for said in history:
        for result in _RESULT.finditer(said.text) if said.role in ("tool", "user") else ():
            results.setdefault(int(result[1]), set()).add(int(result[2]))
        for line in LINE.finditer(said.text) if said.role == "user" else ():
            asked.pop(f"T{line[1]}", None)
            asked[f"T{line[1]}"] = Asked(int(line[1]), int(line[3]), int(line[4]))
        for begun, called in _MARKS.findall(said.text) if said.role == "model" else ():
            if begun in asked:
                asked[begun].begun = True
            if called in asked:
                asked[called].called = True
    for one in asked.values():
        one.results = results.get(one.number, set())
    return asked


def _answer(asked: Asked) -> list[Piece]:
    words = [f"{WORDS[at % len(WORDS)]} " for at in range(asked.words)]
    results = [f"{result_of(asked.number, number)} " for number in sorted(asked.results)]
    return [f"<{asked.tag} ", *words, *results, f"{asked.tag}>. "]
