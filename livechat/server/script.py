"""A brain that says what a scenario tells it to, and leaves the rest to another.

It keeps nothing: where the script stands follows from the history alone, so that a session that goes on from an earlier
moment, or is begun anew with its history, goes on in the script too.

1. Each thing the user has said takes the first turn not yet passed whose `said` is found in it, and passes those before
   it. Where none fits it takes nothing, and no turn is passed.
2. What a function answered belongs to the latest turn that waits for the answer of that call.
3. Due is the turn that was taken, or answered, last; in it, what stands after the calls that have all been answered, up
   to and with those that have not.

What takes no turn, a turn with nothing to do, and an answer that no turn waits for are the other brain's.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from livechat.protocol.parts import FunctionCall, FunctionDeclaration
from livechat.protocol.server import ServerContent
from livechat.server.brain import Brain, Said
from livechat.server.pieces import Break, Breath, Mishap, Musing, Notice, Piece, Shown
from livechat.server.scenario import (
    BeInterrupted,
    Breathe,
    Call,
    Fail,
    GoAway,
    Muse,
    Show,
    Speak,
    Step,
    Turn,
    Wait,
)

Answer: TypeAlias = dict[str, Any]
"""The JSON of `brain.answered`."""


class ScriptedBrain:
    """Says what the turns say, and lets `then` answer where they say nothing."""

    def __init__(self, turns: Sequence[Turn], then: Brain) -> None:
        self._turns = tuple(turns)
        self._then = then

    @property
    def speculative(self) -> bool:
        """Whether a guess costs nothing: not where time counts, or the connection.

        A guess is made before the user has ended, so a wait that is begun with it is too short for who listens, and is
        waited again when the guess was wrong. What ends a connection must not be done for words nobody has said.
        """
        return self._then.speculative and not any(_only_in_earnest(step) for turn in self._turns for step in turn.do)

    def respond(self, history: Sequence[Said], tools: Sequence[FunctionDeclaration]) -> AsyncIterator[Piece]:
        """What is due. Functions are called whether they are declared or not."""
        steps = due(self._turns, history)
        return self._then.respond(history, tools) if steps is None else _play(steps)


def due(turns: Sequence[Turn], history: Sequence[Said]) -> tuple[Step, ...] | None:
    """The steps that are to be taken now, the last of them calls if there are any; None if the script says nothing.

    Between what is said there is white space: of what is spoken after other words, the text begins with it.
    """
    taken: list[_Taken] = []
    passed = 0
    current: _Taken | None = None
    for said in history:
        if said.role == "user":
            number = _fitting(turns, passed, said.text)
            current = None if number is None else _Taken(turns[number])
            if number is not None and current is not None:
                passed = number + 1
                taken.append(current)
        elif said.role == "tool":
            current = _give(json.loads(said.text), taken)
    return current.position.now if current is not None and current.turn.do else None


# ---------------------------------------------------------------------------------------------------- where we are


@dataclass(frozen=True)
class _Position:
    """Where a turn stands."""

    now: tuple[Step, ...]
    """The steps that are due."""
    open: tuple[Call, ...] = ()
    """The calls that are not answered."""


@dataclass
class _Taken:
    """A turn that was taken, and what the functions have answered that it called."""

    turn: Turn
    answers: list[Answer] = field(default_factory=list[Answer])

    @property
    def position(self) -> _Position:
        return _position(self.turn.do, self.answers, spoken=False)


def _fitting(turns: Sequence[Turn], start: int, text: str) -> int | None:
    fits = (number for number in range(start, len(turns)) if re.search(turns[number].said, text, re.IGNORECASE))
    return next(fits, None)


def _give(answer: Answer, taken: Sequence[_Taken]) -> _Taken | None:
    """Hands an answer to the latest turn that waits for it, and says which that is."""
    for one in reversed(taken):
        if any(_answers(answer, call) for call in one.position.open):
            one.answers.append(answer)
            return one
    return None


def _position(steps: Sequence[Step], answers: Sequence[Answer], *, spoken: bool) -> _Position:
    """Where these steps stand after these answers; `spoken` says whether something was spoken before them."""
    before, calls, after = _cut(steps)
    branches: list[Step] = []
    open_calls: list[Call] = []
    rest = list(answers)
    for call in calls:
        answer = next((answer for answer in rest if _answers(answer, call)), None)
        if answer is None:
            open_calls.append(call)
        else:
            rest.remove(answer)
            branches += _branch(call, answer)
    if calls and not open_calls:
        spoken = spoken or any(isinstance(step, Speak) for step in before)
        return _position([*branches, *after], rest, spoken=spoken)
    asked = len(open_calls) < len(calls)
    return _Position(() if asked else _spaced([*before, *calls], spoken), tuple(open_calls))


def _cut(steps: Sequence[Step]) -> tuple[Sequence[Step], list[Call], Sequence[Step]]:
    """What stands before the first calls, the calls, and what stands after them."""
    first = next((at for at, step in enumerate(steps) if isinstance(step, Call)), len(steps))
    calls: list[Call] = []
    for step in steps[first:]:
        if not isinstance(step, Call):
            break
        calls.append(step)
    return steps[:first], calls, steps[first + len(calls) :]


def _answers(answer: Answer, call: Call) -> bool:
    return bool(answer["name"] == call.name and answer["args"] == call.args)


def _branch(call: Call, answer: Answer) -> tuple[Step, ...]:
    response = json.dumps(answer["response"], ensure_ascii=False)
    return next((branch.do for branch in call.branches if re.search(branch.matches, response)), ())


def _spaced(steps: Sequence[Step], spoken: bool) -> tuple[Step, ...]:
    spaced: list[Step] = []
    for step in steps:
        if isinstance(step, Speak):
            spaced.append(Speak(f" {step.text}") if spoken else step)
            spoken = True
        else:
            spaced.append(step)
    return tuple(spaced)


# ---------------------------------------------------------------------------------------------------- what is done


def _only_in_earnest(step: Step) -> bool:
    if isinstance(step, Call):
        return any(_only_in_earnest(inner) for branch in step.branches for inner in branch.do)
    return isinstance(step, (Wait, Fail, GoAway, BeInterrupted))


async def _play(steps: Sequence[Step]) -> AsyncIterator[Piece]:
    for step in steps:
        if isinstance(step, Wait):
            await asyncio.sleep(step.seconds)
        else:
            yield _piece(step)


def _piece(step: Speak | Muse | Call | Show | Breathe | BeInterrupted | GoAway | Fail) -> Piece:
    match step:
        case Speak(text):
            return text
        case Muse(text):
            return Musing(text)
        case Call(name, args):
            return FunctionCall(name=name, args=dict(args))
        case Show(content):
            return Shown(ServerContent.model_validate_json(json.dumps(content)))
        case Breathe():
            return Breath()
        case BeInterrupted():
            return Break()
        case GoAway(seconds):
            return Notice(seconds)
        case _:
            return Mishap(step.act)
