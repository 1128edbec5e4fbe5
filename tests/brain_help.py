"""What the tests of the built-in brain's skills share: a moment in a conversation, and the text of a reply."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from livechat.protocol.parts import FunctionDeclaration
from livechat.server.skills.moment import Moment, Said, Skill

NOW = datetime(2027, 3, 10, 14, 5)
"""A Wednesday."""


def moment(*said: str, system: str = "", tools: Sequence[FunctionDeclaration] = (), now: datetime = NOW) -> Moment:
    """The moment after these were said: by the user, or by the model where a text begins with ">"."""
    history = [Said("system", system)] if system else []
    history += [Said("model", text[1:].strip()) if text.startswith(">") else Said("user", text) for text in said]
    return Moment(tuple(history), now, tools)


def answer(skill: Skill, *said: str, system: str = "", now: datetime = NOW) -> str | None:
    """What `skill` says at that moment; None if it has nothing to do with it."""
    reply = skill(moment(*said, system=system, now=now))
    return None if reply is None else "".join(map(str, reply))
