"""Every call is answered once or taken back, nothing runs that was not allowed, and what comes too late is dropped."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livechat.events import CancelTool, CheckTool, Noted, Output, RunTool, ToolEnded, ToolFinished, ToolStarted
from livechat.protocol.parts import FunctionCall, FunctionResponse
from livechat.tool_calls import ASK_S, KNOWN, NEXT_S, ToolCalls, ToolRule

ALLOWED = ToolRule("allow")


@dataclass
class Ledger:
    """The calls under test, with what they have told and answered."""

    rules: dict[str, ToolRule] = field(default_factory=lambda: {"f": ALLOWED})
    elsewhere: bool = False
    blocks: bool = True
    in_turn: bool = False
    told: list[Output] = field(default_factory=list[Output])
    answers: list[FunctionResponse] = field(default_factory=list[FunctionResponse])
    delivered: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.calls = ToolCalls(
            self.told.append,
            self.answers.append,
            self.rules,
            self.delivered.append,
            lambda: self.in_turn,
            elsewhere=self.elsewhere,
            blocks=self.blocks,
        )

    def call(self, id: str | None = "a", name: str = "f", now: float = 0.0, turn: int = 1, **args: object) -> Ledger:
        self.calls.called(FunctionCall(id=id, name=name, args=dict(args)), turn, now)
        return self

    def answer(self, id: str = "a", result: str = "x", now: float = 0.0) -> Ledger:
        self.calls.finished(ToolFinished(id, {"output": result}), now)
        return self

    def taken(self) -> list[Output]:
        told, self.told[:] = list(self.told), []
        return told

    @property
    def said(self) -> list[dict[str, Any]]:
        return [answer.response or {} for answer in self.answers]


def asking(**rule: Any) -> Ledger:  # noqa: ANN401  as ToolRule takes it
    return Ledger({"f": ToolRule(**rule)})


def test_what_is_allowed_runs_at_once_and_is_answered_once() -> None:
    ledger = Ledger().call(x=1)
    assert ledger.taken() == [ToolStarted(1, "a", "f", {"x": 1}), RunTool("a", "f", {"x": 1})]
    assert ledger.calls.open
    for _ in range(2):
        ledger.calls.finished(ToolFinished("a", {"output": "19"}), 2.0)
    assert ledger.taken() == [ToolEnded(1, "a", "f", "done", 2000, "19")]
    assert ledger.answers == [FunctionResponse(id="a", name="f", response={"output": "19"})]
    assert not ledger.calls.open


def test_what_is_asked_about_runs_when_the_user_allows_it() -> None:
    ledger = asking().call(x=1)
    assert ledger.taken() == [ToolStarted(1, "a", "f", {"x": 1}, waits=True), CheckTool("a", "f", {"x": 1})]
    ledger.calls.finished(ToolFinished("a", {"output": "smuggled"}), 1.0)
    assert (ledger.taken(), ledger.answers) == ([], [])
    ledger.calls.allowed("a", 1.0, always=False)
    assert ledger.taken() == [ToolStarted(1, "a", "f", {"x": 1}), RunTool("a", "f", {"x": 1})]
    assert ledger.call("b").taken() == [ToolStarted(1, "b", "f", {}, waits=True), CheckTool("b", "f", {})]


def test_what_cannot_be_called_so_is_told_to_the_model_and_not_to_be_decided() -> None:
    ledger = asking().call()
    ledger.taken()
    ledger.calls.finished(ToolFinished("a", {"error": "city: is missing"}), 0.0)
    assert ledger.taken() == [ToolEnded(1, "a", "f", "failed", 0, "city: is missing")]
    ledger.calls.allowed("a", 1.0, always=False)
    assert ledger.taken() == []
    assert ledger.said == [{"error": "city: is missing"}]


def test_always_is_for_that_tool_and_no_other() -> None:
    ledger = Ledger({"f": ToolRule(), "g": ToolRule()}).call()
    ledger.calls.allowed("a", 0.0, always=True)
    ledger.taken()
    assert [type(one) for one in ledger.call("b").taken()] == [ToolStarted, RunTool]
    assert ledger.call("c", "g").taken() == [ToolStarted(1, "c", "g", {}, waits=True), CheckTool("c", "g", {})]


def test_what_is_denied_is_told_to_the_model_and_does_not_run() -> None:
    ledger = asking().call()
    ledger.taken()
    ledger.calls.denied("a", 1.0)
    assert ledger.taken() == [ToolEnded(1, "a", "f", "denied", 1000, "the user did not allow f")]
    assert ledger.said == [{"error": "the user did not allow f"}]
    ledger = asking(permission="deny").call(x=1)
    assert ledger.taken() == [
        ToolStarted(1, "a", "f", {"x": 1}),
        ToolEnded(1, "a", "f", "denied", 0, "f is not allowed here"),
    ]
    assert ledger.said == [{"error": "f is not allowed here"}]


def test_a_question_that_nobody_answers_is_a_no() -> None:
    ledger = asking().call()
    assert ledger.calls.deadline == ASK_S
    ledger.calls.ticked(ASK_S - 1)
    assert ledger.answers == []
    ledger.calls.ticked(ASK_S)
    assert ledger.said == [{"error": "nobody has allowed f within 60 s"}]


def test_a_tool_that_takes_too_long_is_broken_off_and_its_result_dropped() -> None:
    ledger = Ledger({"f": ToolRule("allow", timeout_s=2.0)}).call()
    ledger.taken()
    ledger.calls.ticked(2.0)
    assert ledger.taken() == [CancelTool("a"), ToolEnded(1, "a", "f", "failed", 2000, "no result within 2 s")]
    ledger.calls.finished(ToolFinished("a", {"output": "late"}), 3.0)
    assert ledger.said == [{"error": "no result within 2 s"}]


def test_pieces_are_answered_as_they_come_and_each_has_its_own_time() -> None:
    ledger = Ledger({"f": ToolRule("allow", timeout_s=2.0, blocking=False, scheduling="SILENT")}).call()
    ledger.calls.finished(ToolFinished("a", {"output": 1}, more=True), 1.5)
    assert ledger.calls.deadline == 3.5
    ledger.calls.finished(ToolFinished("a", {"output": 2}), 3.0)
    first, last = ledger.answers
    assert (first.will_continue, last.will_continue) == (True, None)
    assert (first.scheduling, last.scheduling) == ("SILENT", "SILENT")


@pytest.mark.parametrize(
    ("last", "answer"),
    [
        ({}, {"output": [1, {"b": 2}]}),
        ({"output": 3}, {"output": [1, {"b": 2}, 3]}),
        ({"c": 3}, {"output": [1, {"b": 2}, {"c": 3}]}),
        ({"error": "broke"}, {"error": "broke", "output": [1, {"b": 2}]}),
    ],
)
def test_a_model_that_waits_gets_the_pieces_together(last: dict[str, Any], answer: dict[str, Any]) -> None:
    ledger = Ledger().call()
    ledger.calls.finished(ToolFinished("a", {"output": 1}, more=True), 1.0)
    ledger.calls.finished(ToolFinished("a", {"b": 2}, more=True), 2.0)
    assert ledger.answers == []
    ledger.calls.finished(ToolFinished("a", last), 3.0)
    assert ledger.said == [answer]


def test_the_user_may_break_a_call_off() -> None:
    ledger = Ledger().call()
    ledger.taken()
    ledger.calls.stopped("a", 1.0)
    assert ledger.taken() == [CancelTool("a"), ToolEnded(1, "a", "f", "stopped", 1000, "the user broke f off")]
    ledger = asking().call()
    ledger.calls.stopped("a", 1.0)
    assert ledger.said == [{"error": "the user did not allow f"}]
    ledger = Ledger({}, elsewhere=True).call()
    ledger.calls.stopped("a", 1.0)
    assert ledger.calls.open


# ------------------------------------------------------------------------------------ what the model takes back


def test_a_call_that_is_taken_back_is_broken_off_and_not_answered() -> None:
    ledger = Ledger().call()
    ledger.taken()
    ledger.calls.cancelled(["a", "unknown"], 1.0)
    assert ledger.taken() == [CancelTool("a"), ToolEnded(1, "a", "f", "cancelled", 1000)]
    ledger.calls.finished(ToolFinished("a", {"output": "late"}), 2.0)
    assert (ledger.taken(), ledger.answers) == ([], [])


def test_a_question_that_is_taken_back_is_no_question_any_more() -> None:
    ledger = asking(on_cancel="finish").call()
    ledger.taken()
    ledger.calls.cancelled(["a"], 1.0)
    assert ledger.taken() == [ToolEnded(1, "a", "f", "cancelled", 1000)]
    ledger.calls.allowed("a", 2.0, always=False)
    assert ledger.taken() == []


def test_what_may_finish_finishes_in_silence() -> None:
    ledger = Ledger({"f": ToolRule("allow", on_cancel="finish")}).call()
    ledger.taken()
    ledger.calls.cancelled(["a"], 1.0)
    assert ledger.taken() == [ToolEnded(1, "a", "f", "cancelled", 1000)]
    assert not ledger.calls.open
    ledger.calls.finished(ToolFinished("a", {"output": 1}, more=True), 2.0)
    ledger.calls.finished(ToolFinished("a", {"output": 2}), 3.0)
    assert (ledger.taken(), ledger.answers, ledger.calls.deadline) == ([], [], float("inf"))


def test_what_may_finish_has_no_longer_for_it() -> None:
    ledger = Ledger({"f": ToolRule("allow", on_cancel="finish", timeout_s=5.0)}).call()
    ledger.calls.cancelled(["a"], 1.0)
    ledger.taken()
    ledger.calls.ticked(5.0)
    assert ledger.taken() == [CancelTool("a")]


@pytest.mark.parametrize("finishes", [True, False])
def test_the_user_may_be_asked_whether_it_may_finish(finishes: bool) -> None:
    ledger = Ledger({"f": ToolRule("allow", on_cancel="ask")}).call()
    ledger.taken()
    ledger.calls.cancelled(["a"], 1.0)
    assert [type(one) for one in ledger.taken()] == [Noted, ToolStarted]
    if finishes:
        ledger.calls.allowed("a", 2.0, always=True)
        assert ledger.taken() == [ToolEnded(1, "a", "f", "cancelled", 2000)]
    else:
        ledger.calls.denied("a", 2.0)
        assert ledger.taken() == [CancelTool("a"), ToolEnded(1, "a", "f", "cancelled", 2000)]
    ledger.calls.finished(ToolFinished("a", {"output": 2}), 3.0)
    assert (ledger.taken(), ledger.answers, ledger.calls.deadline) == ([], [], inf)


def test_a_doubt_that_nobody_settles_breaks_it_off() -> None:
    ledger = Ledger({"f": ToolRule("allow", on_cancel="ask")}).call()
    ledger.calls.cancelled(["a"], 1.0)
    ledger.taken()
    ledger.calls.ticked(1.0 + ASK_S)
    assert ledger.taken() == [CancelTool("a"), ToolEnded(1, "a", "f", "cancelled", 61_000)]


# --------------------------------------------------------------------------------------------- odd calls


def test_a_tool_that_is_not_there_is_refused_with_those_that_are() -> None:
    assert Ledger().call(name="g").said == [{"error": "there are: f"}]
    ledger = Ledger({}).call(name="")
    assert ledger.said == [{"error": "this client offers no tools"}]
    assert ledger.taken() == [Noted("the model called a tool that was not offered: ?")]
    assert not ledger.calls.open


def test_a_call_that_comes_twice_runs_once_also_when_it_has_ended() -> None:
    ledger = Ledger().call().call()
    ledger.calls.finished(ToolFinished("a", {}), 1.0)
    ledger.call()
    assert [type(one) for one in ledger.taken()] == [ToolStarted, RunTool, ToolEnded]
    assert Ledger().call("x", "g").call("x", "g").said == [{"error": "there are: f"}]


def test_an_id_that_is_used_again_for_another_call_runs_nothing_and_that_is_told() -> None:
    ledger = Ledger().call(x=1)
    ledger.calls.finished(ToolFinished("a", {}), 1.0)
    ledger.taken()
    told = ledger.call(x=2).taken()
    assert told == [Noted("the server uses the id of an earlier call again: f is not run")]
    assert len(ledger.answers) == 1


def test_no_name_of_a_server_s_is_one_of_ours() -> None:
    """A question is answered by its name: a second call must never take the name of the first."""
    ledger = asking().call("#2").call(None)
    first, second = [one.id for one in ledger.taken() if isinstance(one, ToolStarted)]
    assert first != second
    ledger.calls.denied(first, 1.0)
    ledger.calls.denied(second, 1.0)
    assert [answer.id for answer in ledger.answers] == ["#2", None]


def test_a_result_that_comes_too_late_is_too_late_though_nobody_looked_at_the_time() -> None:
    ledger = Ledger({"f": ToolRule("allow", timeout_s=1.0)}).call()
    ledger.calls.finished(ToolFinished("a", {"output": "late"}), 3.0)
    assert ledger.said == [{"error": "no result within 1 s"}]


def test_only_so_many_ids_are_remembered() -> None:
    ledger = Ledger({"f": ToolRule("deny")})
    for number in range(KNOWN + 2):
        ledger.call(str(number))
    assert len(ledger.answers) == KNOWN + 2
    assert len(ledger.call("0").answers) == KNOWN + 3
    assert len(ledger.call(str(KNOWN)).answers) == KNOWN + 3
    for number in range(KNOWN):
        ledger.call(f"more {number}").call("0")
    assert len(ledger.answers) == 2 * KNOWN + 3


def test_arguments_that_are_still_coming_start_nothing() -> None:
    ledger = Ledger()
    ledger.calls.called(FunctionCall(id="a", name="f", will_continue=True), 1, 0.0)
    assert ledger.taken() == []
    assert len(ledger.call().taken()) == 2


def test_calls_without_ids_get_names_of_ours_and_are_answered_without() -> None:
    ledger = Ledger().call(None).call(None)
    assert [one.id for one in ledger.taken() if isinstance(one, RunTool)] == ["#1", "#2"]
    ledger.calls.finished(ToolFinished("#2", {"output": 1}), 1.0)
    assert ledger.answers == [FunctionResponse(id=None, name="f", response={"output": 1})]


def test_a_family_or_a_rule_says_whether_the_model_waits() -> None:
    assert Ledger().call().calls.blocking
    assert not Ledger(blocks=False).call().calls.blocking
    assert not Ledger({"f": ToolRule("allow", blocking=False)}).call().calls.blocking
    blocking = Ledger({"f": ToolRule("allow", blocking=True, scheduling="SILENT")}, blocks=False).call()
    assert blocking.calls.blocking
    blocking.calls.finished(ToolFinished("a", {}), 1.0)
    assert blocking.answers[0].scheduling is None


def test_it_shows_how_many_are_open() -> None:
    assert (repr(Ledger().calls), repr(Ledger().call().calls)) == ("", "tools=1")


def test_at_the_end_nothing_is_left_open() -> None:
    ledger = Ledger({"f": ALLOWED, "g": ToolRule(), "h": ToolRule("allow", on_cancel="finish")})
    ledger.call("a").call("b", "g").call("c", "h")
    ledger.calls.cancelled(["c"], 1.0)
    ledger.taken()
    ledger.calls.over(2.0)
    assert ledger.taken() == [
        *(CancelTool("a"), ToolEnded(1, "a", "f", "cancelled", 2000)),
        *(ToolEnded(1, "b", "g", "cancelled", 2000), CancelTool("c")),
    ]
    assert ledger.answers == []


# ------------------------------------------------------------------------------------- a program's own answers


def elsewhere(*ids: str | None) -> Ledger:
    ledger = Ledger({}, elsewhere=True)
    for number, one in enumerate(ids):
        ledger.call(one, f"tool{number}")
    return ledger


@pytest.mark.parametrize(
    ("response", "outcome", "words"),
    [
        ({"output": "19 degrees"}, "done", "19 degrees"),
        ({"error": "no such town"}, "failed", "no such town"),
        ({"output": {"high": 19}}, "done", '{"high": 19}'),
        ({"output": None}, "done", ""),
        ({"high": 19, "sky": "größer"}, "done", '{"high": 19, "sky": "größer"}'),
        ({}, "done", ""),
    ],
)
def test_a_program_s_answer_ends_its_call_with_its_words(response: dict[str, Any], outcome: str, words: str) -> None:
    ledger = elsewhere("a")
    assert ledger.taken() == [ToolStarted(1, "a", "tool0", {})]
    for _ in range(2):
        ledger.calls.answered(FunctionResponse(id="a", name="tool0", response=response), 0.25)
    ended = ledger.taken()
    assert ended == [ToolEnded(1, "a", "tool0", outcome, 250, words)]  # type: ignore[arg-type]
    assert ledger.answers == []


def test_a_call_that_a_program_answers_is_told_with_what_it_asks() -> None:
    assert elsewhere().call("a", "theirs", x=1).taken() == [ToolStarted(1, "a", "theirs", {"x": 1})]


def test_an_answer_of_which_more_follows_ends_nothing() -> None:
    ledger = elsewhere("a")
    ledger.calls.answered(FunctionResponse(id="a", name="tool0", response={}, will_continue=True), 1.0)
    assert ledger.calls.open


def test_without_ids_an_answer_is_known_by_its_name() -> None:
    ledger = elsewhere(None, None)
    ledger.taken()
    ledger.calls.answered(FunctionResponse(name="tool1", response={}), 1.0)
    ledger.calls.answered(FunctionResponse(name="other"), 1.0)
    assert [one.name for one in ledger.taken() if isinstance(one, ToolEnded)] == ["tool1"]


# ------------------------------------------------------------------------------------------- anything at all

NAMES = {
    "free": ToolRule("allow", timeout_s=5.0),
    "kept": ToolRule("allow", on_cancel="finish", timeout_s=9.0),
    "doubted": ToolRule("allow", on_cancel="ask", timeout_s=9.0),
    "asked": ToolRule("ask", timeout_s=5.0),
    "forbidden": ToolRule("deny"),
}
IDS = st.one_of(st.none(), st.sampled_from("abcdefgh"))
OURS = st.sampled_from([*"abcdefgh", "#1", "#2", "#3", "#4"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("called"), IDS, st.sampled_from([*NAMES, "unknown"])),
        st.tuples(st.just("finished"), OURS, st.booleans()),
        st.tuples(st.sampled_from(["allowed", "always", "denied", "stopped", "cancelled"]), OURS, st.none()),
        st.tuples(st.just("waited"), st.floats(0.1, 70), st.none()),
    ),
    max_size=40,
)


@settings(max_examples=600, deadline=None)
@given(STEPS)
def test_whatever_happens_each_call_ends_once_and_nothing_runs_unallowed(steps: list[tuple[str, Any, Any]]) -> None:
    """Some 10,000 calls in all: the ledger against what may be said of any of its lives."""
    ledger, now = Ledger(dict(NAMES)), 0.0
    may_run: set[str] = set()
    asked: dict[str, str] = {}
    began: list[tuple[str, str]] = []
    for step, subject, detail in steps:
        match step:
            case "called":
                ledger.calls.called(FunctionCall(id=subject, name=detail), 1, now)
            case "finished":
                ledger.calls.finished(ToolFinished(subject, {"output": 1}, more=detail), now)
            case "allowed" | "always":
                if subject in asked:
                    may_run.add(subject)
                    if step == "always":
                        may_run.add(f"all {asked[subject]}")
                ledger.calls.allowed(subject, now, always=step == "always")
            case "denied":
                ledger.calls.denied(subject, now)
            case "stopped":
                ledger.calls.stopped(subject, now)
            case "cancelled":
                ledger.calls.cancelled([subject], now)
            case _:
                now += subject
                ledger.calls.ticked(now)
                assert ledger.calls.deadline > now
        for one in ledger.taken():
            if isinstance(one, ToolStarted):
                asked[one.id] = one.name
            elif isinstance(one, RunTool):
                began.append((one.id, one.name))
                allowed = NAMES[one.name].permission == "allow" or {one.id, f"all {one.name}"} & may_run
                assert allowed, f"{one.name} ran and nobody had allowed it"
            elif isinstance(one, ToolEnded):
                asked.pop(one.id, None)
                may_run.discard(one.id)
    assert len(began) == len(set(began))
    final = [answer for answer in ledger.answers if not answer.will_continue and answer.id]
    assert len(final) == len({(answer.id, answer.name) for answer in final})
    ledger.calls.over(now)
    assert not ledger.calls.open
    assert ledger.calls.deadline == float("inf")


# ------------------------------------------------------------------------------------------------ another connection


def runs(ledger: Ledger) -> list[str]:
    """The calls that have begun to run since the last look."""
    return [one.id for one in ledger.taken() if isinstance(one, RunTool)]


def test_a_call_whose_question_is_put_again_is_answered_with_what_came_of_it_and_not_run_again() -> None:
    ledger = Ledger().call(city="Róma", n=1).answer()
    ledger.taken()
    assert not ledger.calls.broken_off([1], 1.0)
    ledger.call("b", now=2.0, turn=2, n=1, city="Róma")
    assert ledger.taken() == []
    assert ledger.answers[1:] == [FunctionResponse(id="b", name="f", response={"output": "x"})]
    assert ledger.delivered == []
    assert runs(ledger.call("c", n=1, city="Róma")) == ["c"], "it was asked for once"


@pytest.mark.parametrize("other", [{"name": "g"}, {"n": 2}])
def test_another_call_runs(other: dict[str, Any]) -> None:
    ledger = Ledger({"f": ALLOWED, "g": ALLOWED}).call(n=1).answer()
    ledger.calls.broken_off([1], 1.0)
    ledger.taken()
    asked: dict[str, Any] = {"n": 1, **other}
    assert runs(ledger.call("b", turn=2, **asked)) == ["b"]


def test_so_does_one_whose_question_was_answered() -> None:
    for again, settles in (([], False), ([1], True)):
        ledger = Ledger().call().answer()
        ledger.calls.broken_off(again, 1.0)
        if settles:
            ledger.calls.settled()
        ledger.taken()
        assert runs(ledger.call("b", turn=2)) == ["b"]
        assert ledger.delivered == []


def test_what_came_of_it_is_spoken_of_when_the_rule_of_its_tool_says() -> None:
    ledger = Ledger({"f": ToolRule("allow", scheduling="INTERRUPT")}, blocks=False).call().answer()
    ledger.calls.broken_off([1], 1.0)
    ledger.call("b", turn=2)
    assert [(answer.id, answer.scheduling) for answer in ledger.answers] == [("a", "INTERRUPT"), ("b", "INTERRUPT")]


def test_what_came_of_it_is_known_over_a_third_connection_too() -> None:
    ledger = Ledger().call().answer()
    ledger.calls.broken_off([1], 1.0)
    ledger.call("b", turn=2)
    ledger.calls.broken_off([2], 2.0)
    ledger.taken()
    assert runs(ledger.call("c", turn=3)) == []
    assert [answer.id for answer in ledger.answers] == ["a", "b", "c"]


def test_what_came_of_it_is_kept_while_the_question_is_put_again_and_again() -> None:
    ledger = Ledger().call().answer()
    ledger.calls.broken_off([1], 1.0)
    ledger.calls.broken_off([2], 2.0)
    ledger.taken()
    assert runs(ledger.call("c", turn=3)) == []


def test_a_call_that_still_runs_goes_on_and_belongs_to_the_question_that_is_put_again() -> None:
    ledger = Ledger().call()
    assert not ledger.calls.broken_off([1], 1.0)
    assert not ledger.calls.open, "the model has not asked for it over this connection"
    ledger.taken()
    assert runs(ledger.call("b", turn=2)) == []
    assert repr(ledger.calls) == "tools=1"
    ledger.answer(now=3.0)
    assert ledger.taken() == [ToolEnded(2, "a", "f", "done", 3000, "x")]
    assert ledger.answers == [FunctionResponse(id="b", name="f", response={"output": "x"})]


def test_one_that_ends_before_it_is_asked_for_again_keeps_its_result_for_that() -> None:
    ledger = Ledger().call()
    ledger.calls.broken_off([1], 1.0)
    ledger.answer(now=2.0)
    assert (ledger.answers, ledger.delivered) == ([], [])
    ledger.call("b", turn=2)
    assert ledger.answers == [FunctionResponse(id="b", name="f", response={"output": "x"})]


def test_one_that_nobody_asks_for_again_is_told_in_words() -> None:
    ledger = Ledger().call(city="Róma")
    ledger.calls.broken_off([], 1.0)
    ledger.taken()
    assert runs(ledger.call("b", turn=2, city="Róma")) == ["b"]
    ledger.answer(now=2.0)
    told = '[The result of f({"city": "Róma"}), asked for before the connection was lost] x'
    assert (ledger.answers, ledger.delivered) == ([], [told])


def test_nor_is_one_asked_for_whose_question_was_answered_without_it() -> None:
    ledger = Ledger().call()
    ledger.calls.broken_off([1], 1.0)
    ledger.calls.settled()
    ledger.answer(now=2.0)
    assert (ledger.answers, len(ledger.delivered)) == ([], 1)


def test_pieces_that_come_meanwhile_are_one_answer() -> None:
    ledger = Ledger(blocks=False).call()
    ledger.calls.broken_off([1], 1.0)
    ledger.calls.finished(ToolFinished("a", {"output": 1}, more=True), 1.5)
    assert ledger.answers == []
    ledger.call("b", turn=2)
    ledger.calls.finished(ToolFinished("a", {"output": 2}), 2.0)
    assert ledger.said == [{"output": [1, 2]}]


def test_its_old_id_means_nothing_over_another_connection() -> None:
    ledger = Ledger().call()
    ledger.calls.broken_off([], 1.0)
    ledger.taken()
    ledger.calls.cancelled(["a"], 2.0)
    assert ledger.taken() == []
    assert runs(ledger.call("a", turn=2, n=2)) == ["#2"]


def test_nor_does_it_once_that_call_has_ended() -> None:
    ledger = Ledger().call()
    ledger.calls.broken_off([], 1.0)
    ledger.answer("a", now=2.0).taken()
    assert runs(ledger.call("a", turn=2)) == ["a"]


def test_only_so_many_results_are_kept_however_little_the_model_says() -> None:
    ledger = Ledger(blocks=False)
    ledger.calls.turn_over(0.0)
    for number in range(KNOWN + 1):
        ledger.call(str(number), n=number).answer(str(number))
    ledger.calls.broken_off([], 1.0)
    assert len(ledger.delivered) == KNOWN
    assert '"n": 1}' in ledger.delivered[0], "the oldest is forgotten first"


def test_a_result_that_the_model_has_perhaps_not_spoken_of_is_told_again_in_words() -> None:
    ledger = Ledger(blocks=False).call().answer()
    assert ledger.calls.broken_off([], 1.0)
    assert ledger.delivered == ["[The result of f({}), asked for before the connection was lost] x"]
    assert not ledger.calls.broken_off([], 2.0), "it was delivered"
    assert len(ledger.delivered) == 1


@pytest.mark.parametrize("how", ["by a turn", "by all"])
def test_one_that_it_has_spoken_of_is_not(how: str) -> None:
    ledger = Ledger(blocks=False).call().answer()
    if how == "by a turn":
        ledger.calls.turn_over(0.5)
    else:
        ledger.calls.all_spoken_of()
    assert not ledger.calls.owing
    assert not ledger.calls.broken_off([], 1.0)
    assert ledger.delivered == []


def test_the_end_of_the_turn_in_which_it_came_is_not_about_it_but_the_next_is() -> None:
    for ends, told in ((1, 1), (2, 0)):
        ledger = Ledger(blocks=False, in_turn=True).call().answer()
        for _ in range(ends):
            ledger.calls.turn_over(0.5)
        ledger.calls.broken_off([], 1.0)
        assert len(ledger.delivered) == told


def test_each_turn_is_about_one_result() -> None:
    ledger = Ledger(blocks=False).call("a").call("b", n=1).answer("a").answer("b")
    ledger.calls.turn_over(0.5)
    ledger.calls.broken_off([], 1.0)
    assert ledger.delivered == ['[The result of f({"n": 1}), asked for before the connection was lost] x']


def test_what_the_model_was_not_to_speak_of_is_not_told_again() -> None:
    ledger = Ledger({"f": ToolRule("allow", scheduling="SILENT")}, blocks=False).call().answer()
    assert not ledger.calls.broken_off([], 1.0)
    assert ledger.delivered == []


def test_a_program_cannot_answer_a_call_of_a_lost_connection_any_more() -> None:
    ledger = Ledger({}, elsewhere=True).call()
    ledger.taken()
    answer = FunctionResponse(id="a", name="f", response={"output": "x"})
    assert not ledger.calls.is_foreign(answer)
    ledger.calls.broken_off([1], 1.0)
    assert ledger.taken() == [ToolEnded(1, "a", "f", "cancelled", 1000, "")]
    assert ledger.calls.is_foreign(answer)
    assert not ledger.calls.is_foreign(FunctionResponse(id="b", name="f", response={}))
    ledger.call("a", turn=2)
    assert not ledger.calls.is_foreign(answer), "the id is used again"


def test_a_question_to_the_user_stays_and_is_answered_over_the_next_connection() -> None:
    ledger = asking().call()
    ledger.calls.broken_off([1], 1.0)
    ledger.taken()
    assert runs(ledger.call("b", turn=2)) == []
    ledger.calls.allowed("a", 2.0, always=False)
    assert runs(ledger) == ["a"]
    ledger.answer(now=3.0)
    assert [answer.id for answer in ledger.answers] == ["b"]


def test_a_call_that_is_doubted_waits_for_the_user_no_longer_than_others() -> None:
    ledger = asking(permission="allow", on_cancel="ask").call(n=1)
    ledger.taken()
    ledger.calls.cancelled(["a"], 5.0)
    noted, started = ledger.taken()
    assert noted == Noted("the model takes back its call of f: may it finish all the same?")
    assert started == ToolStarted(1, "a", "f", {"n": 1}, waits=True)
    assert ledger.calls.deadline == 5.0 + ASK_S


def test_the_tools_that_there_are_are_named_to_a_model_that_calls_another() -> None:
    ledger = Ledger({"f": ALLOWED, "g": ALLOWED}).call(name="h")
    assert ledger.said == [{"error": "there are: f, g"}]


def test_how_a_call_has_ended_is_told_in_a_word() -> None:
    ledger = Ledger().call()
    ledger.taken()
    ledger.calls.finished(ToolFinished("a", {"error": "no such city"}), 1.0)
    assert ledger.taken() == [ToolEnded(1, "a", "f", "failed", 1000, "no such city")]
    ledger = asking().call()
    ledger.taken()
    ledger.calls.ticked(ASK_S)
    assert ledger.taken() == [ToolEnded(1, "a", "f", "denied", 60_000, "nobody has allowed f within 60 s")]


def test_of_what_a_turn_was_not_about_the_model_may_yet_speak_for_a_while() -> None:
    ledger = Ledger(blocks=False).call("a").call("b", n=1).answer("a").answer("b")
    assert (ledger.calls.owed, ledger.calls.owing, ledger.calls.deadline) == (True, True, inf)
    ledger.calls.turn_over(0.5)
    assert (ledger.calls.owed, ledger.calls.owing, ledger.calls.deadline) == (False, True, 0.5 + NEXT_S)
    ledger.calls.ticked(0.4 + NEXT_S)
    assert ledger.calls.owing
    ledger.calls.ticked(0.5 + NEXT_S)
    assert (ledger.calls.owing, ledger.calls.deadline) == (False, inf)
    ledger.calls.broken_off([], 20.0)
    assert len(ledger.delivered) == 1, "it is not known to have been spoken of"


def test_a_result_that_the_model_waited_for_is_kept_as_long_as_its_question_may_be_put_again() -> None:
    for settles in (False, True):
        ledger = Ledger().call().answer()
        ledger.calls.turn_over(0.5)
        assert not ledger.calls.owing
        if settles:
            ledger.calls.settled()
        ledger.calls.broken_off([1], 1.0)
        ledger.taken()
        assert runs(ledger.call("b", turn=2)) == (["b"] if settles else [])


def test_words_about_results_are_owed_since_the_first_was_given_while_the_model_is_free_to_speak() -> None:
    ledger = Ledger(blocks=False).call("a").call("b", n=1)
    assert ledger.calls.given_at == inf
    assert ledger.answer("a", now=2.0).calls.given_at == inf, "the other still runs"
    assert ledger.answer("b", now=3.0).calls.given_at == 2.0
    ledger.in_turn = True
    assert ledger.calls.given_at == inf
    ledger.in_turn = False
    ledger.calls.turn_over(4.0)
    assert ledger.calls.given_at == inf, "that may have been about both"


def test_a_result_that_came_in_the_middle_of_a_turn_is_owed_words_after_it_since_it_was_given() -> None:
    ledger = Ledger(blocks=False, in_turn=True).call().answer(now=2.0)
    ledger.in_turn = False
    ledger.calls.turn_over(3.0)
    assert (ledger.calls.given_at, ledger.calls.owed, ledger.calls.left) == (2.0, True, False)


@pytest.mark.parametrize("rule", [ToolRule("allow", blocking=True), ToolRule("allow", scheduling="SILENT")])
def test_no_words_are_owed_about_what_the_model_waited_for_or_is_to_be_silent_of(rule: ToolRule) -> None:
    ledger = Ledger({"f": rule}, blocks=False).call().answer(now=2.0)
    assert (ledger.calls.given_at, ledger.calls.owed, ledger.calls.owing) == (inf, False, False)
    ledger.calls.turn_over(3.0)
    assert (ledger.calls.left, ledger.calls.owing, ledger.calls.deadline) == (False, False, inf)


def test_each_further_turn_may_be_followed_by_one_about_what_is_left_for_a_while() -> None:
    ledger = Ledger(blocks=False)
    for number, id in enumerate("abc"):
        ledger.call(id, n=number).answer(id)
    ledger.calls.turn_over(1.0)
    assert (ledger.calls.left, ledger.calls.deadline) == (True, 1.0 + NEXT_S)
    ledger.calls.turn_over(5.0)
    assert (ledger.calls.left, ledger.calls.deadline) == (True, 5.0 + NEXT_S)
    ledger.calls.turn_over(9.0)
    assert (ledger.calls.left, ledger.calls.deadline) == (False, inf)
    assert not ledger.calls.broken_off([], 20.0)


def test_of_those_that_are_left_each_has_its_own_while() -> None:
    ledger = Ledger(blocks=False).call("a").call("b", n=1).answer("a").answer("b")
    ledger.calls.turn_over(1.0)
    ledger.call("c", n=2).answer("c", now=2.0)
    assert (ledger.calls.owed, ledger.calls.left) == (True, True)
    ledger.calls.ticked(1.0 + NEXT_S)
    assert (ledger.calls.owed, ledger.calls.left) == (True, False)


def test_the_end_of_all_questions_is_not_the_end_of_what_is_owed_about_results() -> None:
    ledger = Ledger(blocks=False).call().answer()
    ledger.calls.settled()
    assert ledger.calls.owed
    assert ledger.calls.broken_off([], 1.0)
    assert len(ledger.delivered) == 1


def test_where_all_was_spoken_of_nothing_waits_for_a_question_that_is_put_again_either() -> None:
    ledger = Ledger().call("a").call("b", n=1).answer()
    ledger.calls.broken_off([1], 1.0)
    ledger.taken()
    ledger.calls.all_spoken_of()
    assert runs(ledger.call("c", turn=2).call("d", turn=2, n=1)) == ["c", "d"]
    assert len(ledger.delivered) == 0
    ledger.answer("b", now=2.0)
    assert len(ledger.delivered) == 1, "nobody asks for it again"


def test_what_runs_already_or_is_no_call_at_all_is_decided_to_no_effect() -> None:
    ledger = Ledger().call()
    ledger.taken()
    for id in ("a", "unknown"):
        ledger.calls.allowed(id, 1.0, always=True)
        ledger.calls.denied(id, 1.0)
    ledger.calls.stopped("unknown", 1.0)
    assert (ledger.taken(), ledger.answers) == ([], [])


def test_what_may_finish_in_silence_is_nobody_s_to_stop() -> None:
    ledger = Ledger({"f": ToolRule("allow", on_cancel="finish")}).call()
    ledger.calls.cancelled(["a"], 1.0)
    ledger.taken()
    ledger.calls.stopped("a", 2.0)
    assert ledger.taken() == []
