"""The policy: what was said of a tool and whether anybody can be asked become the rule it is treated by."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.protocol.generations import family_of
from livechat.protocol.parts import FunctionDeclaration
from livechat.tool_calls import OnCancel, Permission, ToolRule
from livechat.tools.policy import APPROVALS, Approval, Manner, Situation, fitted, offered, rules_for, withheld

WEATHER = FunctionDeclaration(name="get_weather", description="The weather.")
CLOCK = FunctionDeclaration(name="clock")

permissions = st.sampled_from(get_args(Permission))
manners = st.builds(
    Manner,
    permission=st.none() | permissions,
    timeout_s=st.none() | st.floats(0.1, 3600),
    on_cancel=st.none() | st.sampled_from(get_args(OnCancel)),
    blocking=st.none() | st.booleans(),
    scheduling=st.none() | st.sampled_from(["SILENT", "WHEN_IDLE", "INTERRUPT"]),
)
situations = st.builds(Situation, approval=st.sampled_from(APPROVALS), asks=st.booleans())


def rule(*said: Manner, situation: Situation | None = None) -> ToolRule:
    layers = [{"get_weather": one} for one in said]
    return rules_for([WEATHER], layers, situation or Situation())["get_weather"]


def test_a_tool_of_which_nothing_is_said_is_asked_about() -> None:
    assert rule() == ToolRule(permission="ask", blocking=None)


def test_the_user_outweighs_the_tool_and_the_tool_its_toolbox() -> None:
    said = Manner("deny", 5.0), Manner("ask", None, "finish"), Manner("allow")

    assert rule(*said) == ToolRule("allow", 5.0, "finish")


@pytest.mark.parametrize(
    ("approval", "asks", "becomes"),
    [
        ("ask", True, "ask"),
        ("ask", False, "deny"),
        ("auto", True, "allow"),
        ("auto", False, "allow"),
        ("never", True, "deny"),
        ("never", False, "deny"),
    ],
)
def test_what_is_to_be_asked_about_becomes_what_the_approval_says(
    approval: Approval, asks: bool, becomes: Permission
) -> None:
    assert rule(situation=Situation(approval, asks)).permission == becomes


@given(st.lists(manners, max_size=4), situations)
def test_what_was_denied_never_runs_and_what_was_allowed_is_never_asked_about(
    said: list[Manner], situation: Situation
) -> None:
    last = next((one.permission for one in reversed(said) if one.permission is not None), "ask")

    found = rule(*said, situation=situation).permission

    assert last == "ask" or found == last
    assert found != "ask" or (situation.asks and situation.approval == "ask")
    assert found != "allow" or last == "allow" or (last == "ask" and situation.approval == "auto")


def test_nobody_is_asked_about_a_call_taken_back_where_nobody_can_be() -> None:
    asks = Manner(on_cancel="ask")

    assert rule(asks).on_cancel == "ask"
    assert rule(asks, situation=Situation(asks=False)).on_cancel == "drop"


def test_a_tool_that_is_not_declared_has_no_rule() -> None:
    assert rules_for([WEATHER], [{"clock": Manner("allow")}], Situation()).keys() == {"get_weather"}


def test_withheld_is_what_would_be_asked_about_and_not_what_the_user_denied() -> None:
    said = [{"clock": Manner("allow"), "notes": Manner("deny")}]
    declared = [WEATHER, CLOCK, FunctionDeclaration(name="notes")]

    assert withheld(rules_for(declared, said, Situation(asks=False)), said) == ["get_weather"]
    assert withheld(rules_for(declared, said, Situation()), said) == []


def test_a_family_with_one_way_to_run_tools_is_told_of_none() -> None:
    rules = {"get_weather": ToolRule(blocking=False), "clock": ToolRule()}

    assert fitted(rules, family_of("gemini-3.1-flash-live-preview"))["get_weather"].blocking is None
    assert fitted(rules, family_of("gemini-3.8-live")) == rules
    assert fitted(rules, family_of("gemini-3.8-live"), chooses=False)["get_weather"].blocking is None


def test_the_offer_names_a_behavior_only_where_the_rule_does() -> None:
    declared = [WEATHER, FunctionDeclaration(name="clock", behavior="BLOCKING")]
    rules = {"get_weather": ToolRule(blocking=False), "clock": ToolRule()}

    weather, clock = offered(declared, rules)

    assert weather.behavior == "NON_BLOCKING"
    assert clock.model_dump(exclude_unset=True) == {"name": "clock"}
    assert declared[1].behavior == "BLOCKING"
    assert WEATHER.behavior is None
    assert offered([WEATHER], {"get_weather": ToolRule(blocking=True)})[0].behavior == "BLOCKING"


def test_what_is_denied_is_not_offered() -> None:
    rules = {"get_weather": ToolRule(), "clock": ToolRule("deny")}

    assert [one.name for one in offered([WEATHER, CLOCK], rules, ["clock"])] == ["get_weather"]
