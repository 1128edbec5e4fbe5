"""The model's calls: who may run them, what has become of them, and that each is answered once or taken back.

A call left unanswered wedges a session, and one that was taken back must not be answered (field.md pains 10 and 11).
So a call has one life: it is asked about or runs, and ends once; whatever comes for it afterwards is dropped.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from math import inf
from typing import Any, Literal, TypeAlias

from livechat.events import CancelTool, CheckTool, Noted, Output, RunTool, ToolEnded, ToolFinished, ToolStarted
from livechat.protocol.parts import FunctionCall, FunctionResponse

Permission: TypeAlias = Literal["allow", "ask", "deny"]
OnCancel: TypeAlias = Literal["drop", "finish", "ask"]
Outcome: TypeAlias = Literal["done", "failed", "cancelled", "denied", "stopped"]

ASK_S = 60.0
"""Seconds that a question waits for the user, before the model is told that nobody answers."""
NEXT_S = 8.0
"""How long after the end of a turn the model may still begin another about a further result."""
KNOWN = 1000
"""Calls whose ids are remembered: one that comes twice runs once."""


@dataclass(frozen=True, slots=True)
class ToolRule:
    """How the calls of one tool are treated."""

    permission: Permission = "ask"
    timeout_s: float = 30.0
    """Seconds that it may take, or each piece of it where it gives several."""
    on_cancel: OnCancel = "drop"
    """What becomes of a call that the model takes back while it runs: it is cancelled, it may finish in silence, or
    the user is asked which."""
    blocking: bool | None = None
    """Whether the model waits for it; None is as its family does."""
    scheduling: str | None = None
    """When the model speaks of the answer: SILENT, WHEN_IDLE or INTERRUPT; of those that do not block only."""


class _State(Enum):
    ASKED = "asked"
    """The user is to allow it."""
    RUNNING = "running"
    ELSEWHERE = "elsewhere"
    """A program answers it, not we."""
    ORPHANED = "orphaned"
    """The model has taken it back, and it may still finish."""
    DOUBTED = "doubted"
    """The model has taken it back, and the user is asked whether it may still finish."""


@dataclass(frozen=True, slots=True)
class _Call:
    turn: int
    id: str
    """Ours, unique."""
    wire_id: str | None
    name: str
    args: Mapping[str, Any]
    at: float
    rule: ToolRule
    state: _State
    by: float = inf
    """When it has waited or run for too long."""
    pieces: tuple[object, ...] = ()
    """What it has given of an answer that the model waits for as a whole."""
    adrift: bool = False
    """The connection that it came over is gone: under that id nobody waits for it."""
    again: bool = False
    """And its question is put again, so that the model will ask for it again."""

    @property
    def key(self) -> str:
        """What is asked for, however it is spelled."""
        return f"{self.name} {json.dumps(self.args, sort_keys=True)}"


@dataclass(frozen=True, slots=True)
class _Given:
    """What the model was told of a call."""

    call: _Call
    response: Mapping[str, Any]
    aside: bool
    """The model did not wait for it, and speaks of it in a turn of its own."""
    early: bool
    """That turn cannot be the one that the model was in."""
    at: float
    """When; `inf` once the model has said something since, perhaps of this."""
    by: float = inf
    """Until then it may still speak of this; `inf` where it owes words of it, or is not waited for any more."""


class ToolCalls:
    """The calls of one conversation.

    `tell` is called with what is to be done and told, `answer` with what the model is to be told, both in order;
    `deliver` with results that no call waits for any more. `in_turn` says whether the model is in the middle of one.
    """

    def __init__(
        self,
        tell: Callable[[Output], None],
        answer: Callable[[FunctionResponse], None],
        rules: Mapping[str, ToolRule],
        deliver: Callable[[str], None] = lambda words: None,
        in_turn: Callable[[], bool] = lambda: False,
        *,
        elsewhere: bool,
        blocks: bool,
    ) -> None:
        self._tell = tell
        self._answer = answer
        self._rules = dict(rules)
        self._elsewhere = elsewhere
        """A program answers what there is no rule for."""
        self._blocks = blocks
        """The family waits for a tool of which nothing is said."""
        self._calls: dict[str, _Call] = {}
        self._known: dict[str, tuple[str, Mapping[str, Any]]] = {}
        """Ids that were called, and with what, oldest first."""
        self._numbered = 0
        self._deliver = deliver
        self._in_turn = in_turn
        self._given: deque[_Given] = deque(maxlen=KNOWN)
        """Of the calls that have ended, for as long as their question may be put again, or nothing was said of it."""
        self._results: list[tuple[str, Mapping[str, Any]]] = []
        """What came of calls whose question is put again: the same call is answered with it and not run."""
        self._foreign: set[str] = set()
        """Ids of another connection that a program may still answer."""

    def __repr__(self) -> str:
        return f"tools={len(self._owed)}" if self._owed else ""

    @property
    def open(self) -> bool:
        """The model waits for an answer, or may."""
        return bool(self._owed)

    @property
    def blocking(self) -> bool:
        """The model waits for an answer and does nothing meanwhile."""
        return any(self._is_blocking(call) for call in self._owed)

    @property
    def given_at(self) -> float:
        """Since when the model owes words about a result that it did not wait for; `inf` while it owes none."""
        return inf if self.open or self._in_turn() else min((given.at for given in self._given), default=inf)

    @property
    def owed(self) -> bool:
        """The model has results that it did not wait for and has not spoken of."""
        return any(given.at < inf for given in self._given)

    @property
    def left(self) -> bool:
        """It may yet speak of further ones, having spoken of some."""
        return any(given.by < inf for given in self._given)

    @property
    def owing(self) -> bool:
        """The model waits for an answer, or has one that it may have to speak of."""
        return self.open or self.owed or self.left

    @property
    def deadline(self) -> float:
        """When a call has waited or run for too long, or nothing more will be said of it; `inf` where there is none."""
        return min((*(call.by for call in self._calls.values()), *(given.by for given in self._given)), default=inf)

    @property
    def _owed(self) -> list[_Call]:
        gone = (_State.ORPHANED, _State.DOUBTED)
        return [call for call in self._calls.values() if call.state not in gone and not call.adrift]

    def _is_blocking(self, call: _Call) -> bool:
        return self._blocks if call.rule.blocking is None else call.rule.blocking

    # ------------------------------------------------------------------------------------------ the model

    def called(self, asked: FunctionCall, turn: int, now: float) -> None:
        """The model asks for a tool. What it has asked for already is passed over: it comes twice at times."""
        name, wire_id = asked.name or "", asked.id or None
        if asked.will_continue or self._has_come(wire_id, name, asked.args or {}):
            return  # its arguments are still coming, or it has begun
        if self._is_known(asked, turn, now):
            return
        rule = self._rules.get(name)
        self._numbered += 1
        call = _Call(
            turn, self._name_of(wire_id), wire_id, name, asked.args or {}, now, rule or ToolRule(), _State.RUNNING
        )
        if rule is None and not self._elsewhere:
            self._refuse_unknown(call)
        elif rule is None:
            self._keep(replace(call, state=_State.ELSEWHERE))
            self._tell(ToolStarted(turn, call.id, name, call.args))
        elif rule.permission == "allow":
            self._run(call, now)
        elif rule.permission == "ask":
            self._keep(replace(call, state=_State.ASKED, by=now + ASK_S))
            self._tell(ToolStarted(turn, call.id, name, call.args, waits=True))
            self._tell(CheckTool(call.id, name, call.args))
        else:
            self._tell(ToolStarted(turn, call.id, name, call.args))
            self._end(call, "denied", {"error": f"{name} is not allowed here"}, now)

    def _is_known(self, asked: FunctionCall, turn: int, now: float) -> bool:
        """Whether this was asked for before the connection was lost, and need not be run again."""
        wanted = _Call(turn, "", asked.id or None, asked.name or "", asked.args or {}, 0.0, ToolRule(), _State.RUNNING)
        key = wanted.key
        for call in self._calls.values():
            if call.adrift and call.again and call.key == key:
                self._keep(replace(call, turn=turn, wire_id=wanted.wire_id, adrift=False, again=False))
                return True
        for place, (known, response) in enumerate(self._results):
            if known == key:
                del self._results[place]
                self._remember(wanted)
                self._give(replace(wanted, rule=self._rules.get(wanted.name, ToolRule())), response, now)
                return True
        return False

    def cancelled(self, ids: Iterable[str], now: float) -> None:
        """The model waits for these no more."""
        gone = set(ids)
        for call in [call for call in self._owed if call.wire_id in gone]:
            runs = call.state is _State.RUNNING
            if runs and call.rule.on_cancel == "finish":
                self._keep(replace(call, state=_State.ORPHANED))
                self._tell(self._ended(call, "cancelled", now))
            elif runs and call.rule.on_cancel == "ask":
                self._keep(replace(call, state=_State.DOUBTED, by=now + ASK_S))
                self._tell(Noted(f"the model takes back its call of {call.name}: may it finish all the same?"))
                self._tell(ToolStarted(call.turn, call.id, call.name, call.args, waits=True))
            else:
                self._break_off(call)
                self._tell(self._ended(call, "cancelled", now))

    # ------------------------------------------------------------------------------------------- the user

    def allowed(self, id: str, now: float, *, always: bool) -> None:
        """The user lets it run; `always` allows this tool for the rest of the conversation."""
        call = self._calls.get(id)
        if call is None:
            return
        if call.state is _State.DOUBTED:
            self._keep(replace(call, state=_State.ORPHANED, by=call.at + call.rule.timeout_s))
            self._tell(self._ended(call, "cancelled", now))
        elif call.state is _State.ASKED:
            if always:
                self._rules[call.name] = replace(call.rule, permission="allow")
            self._run(call, now)

    def denied(self, id: str, now: float) -> None:
        """The user does not let it run."""
        call = self._calls.get(id)
        if call is None:
            return
        if call.state is _State.DOUBTED:
            self._break_off(call)
            self._tell(self._ended(call, "cancelled", now))
        elif call.state is _State.ASKED:
            self._end(call, "denied", {"error": f"the user did not allow {call.name}"}, now)

    def stopped(self, id: str, now: float) -> None:
        """The user breaks it off."""
        call = self._calls.get(id)
        if call is None or call.state is _State.ELSEWHERE:
            return
        if call.state is not _State.RUNNING:
            self.denied(id, now)
            return
        self._break_off(call)
        self._end(call, "stopped", {"error": f"the user broke {call.name} off"}, now)

    # ------------------------------------------------------------------------------------------- the hands

    def finished(self, told: ToolFinished, now: float) -> None:
        """A tool has given its answer, or a piece of it where `more` follows. One that nobody waits for is dropped."""
        self.ticked(now)  # what comes at its time or later comes too late
        call = self._calls.get(told.id)
        if call is not None and call.state is _State.ASKED and "error" in told.response:
            self._end(call, "failed", told.response, now)  # it cannot be called so, whatever the user says
        if call is None or call.state not in (_State.RUNNING, _State.ORPHANED):
            return
        if call.state is _State.ORPHANED:
            if not told.more:
                self._forget(call)
        elif told.more:
            self._take_piece(replace(call, by=now + call.rule.timeout_s), told.response)
        else:
            whole = _whole(call.pieces, told.response)
            self._end(call, "failed" if "error" in whole else "done", whole, now)

    def _take_piece(self, call: _Call, piece: Mapping[str, Any]) -> None:
        """Hands it on; the model that waits for an answer takes the first for all of it, and gets them together."""
        if self._is_blocking(call) or call.adrift:
            self._keep(replace(call, pieces=(*call.pieces, piece.get("output", dict(piece)))))
        else:
            self._keep(call)
            self._answer(self._response(call, piece, more=True))

    def answered(self, answer: FunctionResponse, now: float) -> None:
        """A program has answered a call by itself."""
        call = None if answer.will_continue else self._answered_by(answer)
        if call is not None:
            told = answer.response or {}
            self._forget(call)
            self._tell(self._ended(call, "failed" if "error" in told else "done", now, told))

    # ------------------------------------------------------------------------------------- another connection

    def broken_off(self, again: Collection[int], now: float) -> bool:
        """The connection is lost. `again`: the turns whose questions are put again over the next one.

        What runs goes on: it may have an effect by now. What a program was to answer itself it cannot any more.
        Says whether results are delivered that the model has perhaps not spoken of.
        """
        self._results += [(given.call.key, given.response) for given in self._given if given.call.turn in again]
        untold = [given for given in self._given if given.aside and given.call.turn not in again]
        for given in untold:
            self._deliver(_delivery(given.call, given.response))
        self._given.clear()
        self._known.clear()  # the ids of another connection
        for call in self._owed:
            if call.state is _State.ELSEWHERE:
                self._calls.pop(call.id)
                self._foreign.add(call.wire_id or "")
                self._tell(self._ended(call, "cancelled", now))
            else:
                self._calls[call.id] = replace(call, adrift=True, again=call.turn in again, wire_id=None)
        return bool(untold)

    def settled(self) -> None:
        """No question is open: what was kept for one that was put again is not asked for."""
        self._results.clear()
        for call in [call for call in self._calls.values() if call.again]:
            self._calls[call.id] = replace(call, again=False)  # the question was answered without it
        self._keep_given(given for given in self._given if given.aside)

    def turn_over(self, now: float) -> None:
        """The model has ended a turn, which is about one result at least."""
        spoken_of = next((given for given in self._given if given.aside and not given.early), None)
        self._keep_given(_left_over(given, now) for given in self._given if given is not spoken_of)

    def all_spoken_of(self) -> None:
        """The model has nothing left to speak of."""
        self.settled()
        self._given.clear()

    def _keep_given(self, given: Iterable[_Given]) -> None:
        self._given = deque(given, maxlen=KNOWN)

    def is_foreign(self, answer: FunctionResponse) -> bool:
        """Whether a program answers a call of a connection that is lost."""
        return (answer.id or "") in self._foreign and self._answered_by(answer) is None

    # ------------------------------------------------------------------------------------------- the time

    def ticked(self, now: float) -> None:
        """Ends what has waited or run for too long."""
        if any(now >= given.by for given in self._given):
            self._keep_given(replace(given, by=inf) if now >= given.by else given for given in self._given)
        for call in [call for call in self._calls.values() if now >= call.by]:
            if call.state is _State.ASKED:
                self._end(call, "denied", {"error": f"nobody has allowed {call.name} within {ASK_S:g} s"}, now)
            elif call.state is _State.RUNNING:
                self._break_off(call)
                self._end(call, "failed", {"error": f"no result within {call.rule.timeout_s:g} s"}, now)
            else:
                self._break_off(call)
                if call.state is _State.DOUBTED:
                    self._tell(self._ended(call, "cancelled", now))

    def over(self, now: float) -> None:
        """The conversation is over: nothing more runs, and what was open is recorded as cancelled."""
        for call in list(self._calls.values()):
            self._break_off(call)
            if call.state is not _State.ORPHANED:
                self._tell(self._ended(call, "cancelled", now))

    # ------------------------------------------------------------------------------------------- one call

    def _run(self, call: _Call, now: float) -> None:
        self._keep(replace(call, state=_State.RUNNING, by=now + call.rule.timeout_s))
        self._tell(ToolStarted(call.turn, call.id, call.name, call.args))
        self._tell(RunTool(call.id, call.name, call.args))

    def _refuse_unknown(self, call: _Call) -> None:
        there_are = f"there are: {', '.join(self._rules)}" if self._rules else "this client offers no tools"
        self._remember(call)
        self._answer(self._response(call, {"error": there_are}))
        self._tell(Noted(f"the model called a tool that was not offered: {call.name or '?'}"))

    def _end(self, call: _Call, outcome: Outcome, response: Mapping[str, Any], now: float) -> None:
        self._forget(call)
        if not call.adrift:
            self._give(call, response, now)
        elif call.again:
            self._results.append((call.key, response))
        else:
            self._deliver(_delivery(call, response))
        self._tell(self._ended(call, outcome, now, response))

    def _give(self, call: _Call, response: Mapping[str, Any], now: float) -> None:
        aside = not self._is_blocking(call) and call.rule.scheduling != "SILENT"
        self._given.append(_Given(call, response, aside, aside and self._in_turn(), now if aside else inf))
        self._answer(self._response(call, response))

    def _break_off(self, call: _Call) -> None:
        self._forget(call)
        if call.state in (_State.RUNNING, _State.ORPHANED, _State.DOUBTED):
            self._tell(CancelTool(call.id))

    def _ended(self, call: _Call, outcome: Outcome, now: float, response: Mapping[str, Any] | None = None) -> ToolEnded:
        result = "" if response is None else _words(response)
        return ToolEnded(call.turn, call.id, call.name, outcome, round(1000 * (now - call.at)), result)

    def _response(self, call: _Call, response: Mapping[str, Any], *, more: bool = False) -> FunctionResponse:
        answer = FunctionResponse(id=call.wire_id, name=call.name, response=dict(response))
        if more:
            answer.will_continue = True
        if call.rule.scheduling is not None and not self._is_blocking(call):
            answer.scheduling = call.rule.scheduling
        return answer

    def _answered_by(self, answer: FunctionResponse) -> _Call | None:
        """By its id; Vertex may give none, and then its name is all there is (wire-protocol §2)."""
        for call in self._calls.values():
            known = call.wire_id is not None or call.name == answer.name
            if call.state is _State.ELSEWHERE and call.wire_id == (answer.id or None) and known:
                return call
        return None

    def _name_of(self, wire_id: str | None) -> str:
        """The call's own name among ours: what the server calls it, where nothing else has that."""
        if wire_id is not None and not wire_id.startswith("#") and wire_id not in self._calls:
            return wire_id
        return f"#{self._numbered}"

    def _keep(self, call: _Call) -> None:
        self._calls[call.id] = call
        self._remember(call)

    def _has_come(self, wire_id: str | None, name: str, args: Mapping[str, Any]) -> bool:
        """Whether a call of this id has come before; one that keeps coming stays known.

        What had an effect must not have it twice, so an id that a server uses again for another call is not run.
        """
        if wire_id is None or wire_id not in self._known:
            return False
        before = self._known.pop(wire_id)
        self._known[wire_id] = before
        if before != (name, args):
            self._tell(Noted(f"the server uses the id of an earlier call again: {name} is not run"))
        return True

    def _remember(self, call: _Call) -> None:
        if call.wire_id is not None:
            self._known.pop(call.wire_id, None)
            self._known[call.wire_id] = (call.name, call.args)
        while len(self._known) > KNOWN:
            del self._known[next(iter(self._known))]

    def _forget(self, call: _Call) -> None:
        self._calls.pop(call.id, None)
        self._remember(call)


def _left_over(given: _Given, now: float) -> _Given:
    """One that a turn was not about, or not only."""
    if given.early or not given.aside:
        return replace(given, early=False)
    return replace(given, at=inf, by=now + NEXT_S)


def _whole(pieces: tuple[object, ...], last: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer that the pieces are together, and what came last: one more, an error, or only the end."""
    if not pieces:
        return last
    if "error" in last:
        return {**last, "output": list(pieces)}
    return {"output": [*pieces, last.get("output", dict(last))] if last else list(pieces)}


def _delivery(call: _Call, response: Mapping[str, Any]) -> str:
    """A result as words, for a model that has not asked for it over this connection."""
    asked = f"{call.name}({json.dumps(call.args, ensure_ascii=False)})"
    return f"[The result of {asked}, asked for before the connection was lost] {_words(response)}"


def _words(response: Mapping[str, Any]) -> str:
    """What the model is told: the one conventional field if it is words, else all of it as JSON."""
    for field in ("error", "output"):
        if isinstance(words := response.get(field), str):
            return words
    told = response["output"] if set(response) == {"output"} else response
    return json.dumps(told, ensure_ascii=False) if told else ""
