"""The functions of a program that its model may call: which they are, and the rules they are run by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from livechat.protocol.generations import family_of

if TYPE_CHECKING:
    from livechat.library.given import ToolLike
    from livechat.tool_calls import ToolRule
    from livechat.tools.functions import FunctionToolbox


def toolbox_of(tools: ToolLike | Sequence[ToolLike] | None) -> FunctionToolbox | None:
    """The functions among the tools, as a toolbox; None where there are none.

    Raises UsageError for one without a name of its own, or with a signature that cannot be declared.
    """
    from livechat.library.given import functions_of

    functions = functions_of(tools)
    if not functions:
        return None
    from livechat.tools.functions import FunctionToolbox

    return FunctionToolbox(functions)


def rules_of(box: FunctionToolbox, model: str) -> Mapping[str, ToolRule]:
    """How each is run. A program has allowed what it offers; one that wants its user asked has nobody to ask here."""
    from livechat.tools.policy import Manner, Situation, fitted, rules_for

    said = {
        name: Manner(marks.permission or "allow", marks.timeout_s, marks.on_cancel, marks.blocking, marks.scheduling)
        for name, marks in box.marks.items()
    }
    return fitted(rules_for(box.declarations(), [said], Situation(asks=False)), family_of(model))
