"""What a brain hands over, piece by piece: words, calls, and what else a model puts on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from livechat.protocol.parts import FunctionCall
from livechat.protocol.server import ServerContent
from livechat.server.scenario import CloseWith, Drop, HalfOpen, Stall


@dataclass(frozen=True, slots=True)
class Musing:
    """A thought that is not said; the client is told of it only if it asked for thoughts."""

    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Something for the eye, after the words before it: grounding, code and its result."""

    content: ServerContent


@dataclass(frozen=True, slots=True)
class Breath:
    """This turn ends when what was said is played, and the answer goes on in another."""


@dataclass(frozen=True, slots=True)
class Break:
    """As if the user had spoken: what is being said stops."""


@dataclass(frozen=True, slots=True)
class Notice:
    """The connection will be closed in so many seconds, and the client is told."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Mishap:
    """Something goes wrong after the words before it."""

    act: CloseWith | Drop | Stall | HalfOpen


Cue: TypeAlias = Musing | Shown | Breath | Break | Notice | Mishap
"""What happens when all the words before it have been sent."""
Piece: TypeAlias = str | FunctionCall | Cue
