"""What a face knows of the network: whether there is a connection, whether it answers, and what of it is still news."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from livechat.events import Faltering, GoingAway, Ready, Reconnected, Reconnecting, SoundDropped
from livechat.terminal.safe import Safe

LOST: Final = "connection lost"
"""The reason of a turn whose answer comes in another: its question is asked again on the next connection."""
SPELL_S: Final = 10.0
"""How long it is told that sound was not sent; what is dropped later is news again."""

Tiding: TypeAlias = Ready | Reconnecting | Reconnected | GoingAway | Faltering | SoundDropped
"""News of the network."""


@dataclass(frozen=True, slots=True)
class Network:
    """All is well until something is told."""

    reconnecting: Reconnecting | None = None
    """There is no connection, and this was told of it last."""
    reconnecting_at: float = 0.0
    """When that was."""
    moving: bool = False
    """The server has asked us to come over another connection."""
    faltering: Faltering | None = None
    """Nothing that we send arrives."""
    faltering_at: float = 0.0
    dropped: SoundDropped | None = None
    """Some of what the user said was not sent."""
    dropped_at: float = 0.0

    @property
    def away(self) -> bool:
        """There is no connection."""
        return self.reconnecting is not None

    def silent_s(self, t: float) -> float:
        """For how long nothing has arrived; 0.0 while all does."""
        return 0.0 if self.faltering is None else self.faltering.silent_s + max(t - self.faltering_at, 0.0)

    def dropping(self, t: float) -> SoundDropped | None:
        """What was dropped, where that is still news."""
        return self.dropped if t - self.dropped_at < SPELL_S else None


def after(network: Network, told: Tiding, t: float) -> Network:
    """What is known after this was told at `t` seconds of any one clock."""
    match told:
        case Ready():
            return replace(network, reconnecting=None)
        case Reconnecting():
            return replace(network, reconnecting=told, reconnecting_at=t, faltering=None)
        case Reconnected():
            return replace(network, reconnecting=None, faltering=None, moving=False)
        case GoingAway():
            return replace(network, moving=True)
        case Faltering():
            return replace(network, faltering=told if told.silent_s else None, faltering_at=t)
        case _:
            return replace(network, dropped=told, dropped_at=t)


def outcome(how: str, turns: int, dash: str) -> Safe:
    """What is left of a conversation of so many turns behind a new connection."""
    counted, known = ("1 turn", "is") if turns == 1 else (f"{turns} turns", "are")
    match how:
        case "resumed":
            return Safe(f"resumed {dash} the server still has the conversation ({counted})")
        case "rebuilt" if not turns:
            return Safe(f"rebuilt from the transcript {dash} no turn was complete before it")
        case "rebuilt":
            return Safe(f"rebuilt from the transcript {dash} the server was told {counted} again")
        case _:
            return Safe(f"lost {dash} connected again, but {counted} {known} not known to the server any more")
