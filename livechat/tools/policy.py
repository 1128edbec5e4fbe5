"""Who may run: what the user, the tools and the situation say of each tool becomes the one rule it is treated by.

What is said of a tool comes in manners, the weaker first: its toolbox's, its own, the user's by name. Only then does
the approval count, and whether there is anybody to ask: it widens or narrows what would be asked about, and never
what the user has denied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from livechat.tool_calls import OnCancel, Permission, ToolRule

if TYPE_CHECKING:
    from livechat.protocol.generations import Family
    from livechat.protocol.parts import FunctionDeclaration

Approval: TypeAlias = Literal["ask", "auto", "never"]
"""What becomes of a call that is to be asked about: the user is asked, it runs, or it is refused."""
APPROVALS: tuple[Approval, ...] = ("ask", "auto", "never")


@dataclass(frozen=True, slots=True)
class Manner:
    """What somebody says of how a tool is treated; None is nothing."""

    permission: Permission | None = None
    timeout_s: float | None = None
    on_cancel: OnCancel | None = None
    blocking: bool | None = None
    scheduling: str | None = None

    def under(self, stronger: Manner) -> Manner:
        """The same where `stronger` says nothing."""
        said = {field.name: value for field in fields(stronger) if (value := getattr(stronger, field.name)) is not None}
        return replace(self, **said)


UNSAID = Manner()


@dataclass(frozen=True, slots=True)
class Situation:
    """What holds for all tools of a conversation."""

    approval: Approval = "ask"
    asks: bool = True
    """There is somebody who can be asked."""

    def permitted(self, permission: Permission) -> Permission:
        """What becomes of a permission here."""
        if permission != "ask" or (self.approval == "ask" and self.asks):
            return permission
        return "allow" if self.approval == "auto" else "deny"


def rules_for(
    declarations: Iterable[FunctionDeclaration], said: Sequence[Mapping[str, Manner]], situation: Situation
) -> Mapping[str, ToolRule]:
    """The rule of every declared tool by its name; `said` holds manners by the same names, the strongest last."""
    names = [declaration.name or "" for declaration in declarations]
    return {name: _rule(_manner(name, said), situation) for name in names}


def withheld(rules: Mapping[str, ToolRule], said: Sequence[Mapping[str, Manner]]) -> list[str]:
    """The tools that are denied although nobody has denied them: there is nobody to ask."""
    return [
        name
        for name, rule in rules.items()
        if rule.permission == "deny" and (_manner(name, said).permission or "ask") == "ask"
    ]


def fitted(rules: Mapping[str, ToolRule], family: Family, *, chooses: bool = True) -> Mapping[str, ToolRule]:
    """The rules as a family can follow them: where it has one way to run tools, nothing is said of it.

    `chooses` is False where the endpoint takes no `behavior` whatever the family (Vertex: python-genai #1739).
    """
    if chooses and len(family.behaviors) > 1:
        return rules
    return {name: replace(rule, blocking=None) for name, rule in rules.items()}


def offered(
    declarations: Iterable[FunctionDeclaration], rules: Mapping[str, ToolRule], denied: Iterable[str] = ()
) -> list[FunctionDeclaration]:
    """What the model is told: the declarations without those that are `denied`, each with the `behavior` of its rule
    where that says one, and else with none."""
    hidden = set(denied)
    return [_offer(one, rules[one.name or ""]) for one in declarations if one.name not in hidden]


def _offer(declaration: FunctionDeclaration, rule: ToolRule) -> FunctionDeclaration:
    offer = declaration.model_copy()
    if rule.blocking is not None:
        offer.behavior = "BLOCKING" if rule.blocking else "NON_BLOCKING"
    else:
        offer = offer.model_copy(update={"behavior": None})
        offer.model_fields_set.discard("behavior")
    return offer


def _manner(name: str, said: Sequence[Mapping[str, Manner]]) -> Manner:
    manner = UNSAID
    for layer in said:
        manner = manner.under(layer.get(name, UNSAID))
    return manner


def _rule(manner: Manner, situation: Situation) -> ToolRule:
    usual = ToolRule()
    on_cancel = manner.on_cancel or usual.on_cancel
    return ToolRule(
        permission=situation.permitted(manner.permission or usual.permission),
        timeout_s=usual.timeout_s if manner.timeout_s is None else manner.timeout_s,
        on_cancel="drop" if on_cancel == "ask" and not situation.asks else on_cancel,
        blocking=manner.blocking,
        scheduling=manner.scheduling,
    )
