"""Keeps the sessions of one server, so that a client which has lost its connection can go on with its own.

A handle stands for the session as it was when the handle was given. What production is known to do: it refuses a
handle while the connection that it came over is still open (sip-to-ai PR #14), it lets everything but the model
change, and a handle from in the middle of a turn does not exist.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid5

from livechat.server.memory import Entry
from livechat.server.scenario import Limits, Resumption

HANDLES_KEPT: Final = 20
"""Of one session, the newest."""
SESSIONS_KEPT: Final = 10_000
WORDS_KEPT: Final = 10_000_000
"""Tokens of text of all the sessions that have ended, together: 40 MB."""
SAID_WORDS: Final = 60
"""What each thing said takes in memory beside its words, as tokens of text: else ever so many short ones would."""
HANDLE_S: Final = 7_200.0
"""How long a handle is good after its session: 2 h by the Developer API's documentation."""
HANDLE_VERTEX_S: Final = 86_400.0
"""24 h by Vertex's."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A session at one moment: all that is needed to go on with it."""

    model: str
    entries: tuple[Entry, ...] = ()
    lasted_s: float = 0.0
    """How long it has lasted, over all its connections."""
    heard_s: float | None = None
    seen_s: float | None = None
    """When in the session the first sound and the first picture came; None if none has."""


@dataclass(slots=True)
class Session:
    """One session over all its connections."""

    id: UUID
    vertex: bool
    latest: Snapshot
    open: bool = True
    ended_at: float = 0.0
    words: int = 0
    """Tokens of text kept since it has ended."""
    numbered: int = 0
    handles: OrderedDict[str, Snapshot] = field(default_factory=OrderedDict[str, Snapshot])


class Unknown(Exception):
    """There is no such session to go on with."""


class StillOpen(Exception):
    """The session's last connection is still there."""


class OtherModel(Exception):
    """The session has another model, and that cannot change."""


class Sessions:
    """Whose sessions they are is not asked: a handle is a secret of its client."""

    def __init__(self, resumption: Resumption | None = None, limits: Limits | None = None) -> None:
        self._resumption = resumption or Resumption()
        self._limits = limits or Limits()
        self._sessions: OrderedDict[UUID, Session] = OrderedDict()
        self._by_handle: dict[str, Session] = {}
        self._words = 0
        """Of all that have ended."""

    def __len__(self) -> int:
        return len(self._sessions)

    def begin(self, id: UUID, model: str, *, vertex: bool, now: float) -> Session:
        """A new session."""
        self._expire(now)
        session = self._sessions[id] = Session(id, vertex, Snapshot(model))
        while len(self._sessions) > SESSIONS_KEPT and (ended := self._first_ended) is not None:
            self._drop(ended)
        return session

    def resume(self, handle: str, model: str, now: float) -> tuple[Session, Snapshot]:
        """The session a handle came from, open again, and where to go on. Raises Unknown, StillOpen or OtherModel."""
        self._expire(now)
        session = self._by_handle.get(handle)
        if session is None or self._resumption.mode == "refuse":
            raise Unknown
        if session.open:
            raise StillOpen
        if session.latest.model != model:
            raise OtherModel
        session.open = True
        self._words -= session.words
        session.words = 0
        return session, session.latest if self._resumption.mode == "keep" else session.handles[handle]

    def handle(self, session: Session, snapshot: Snapshot) -> str:
        """A new handle for the session as it is."""
        session.numbered += 1
        session.latest = snapshot
        name = uuid5(session.id, f"handle {session.numbered}").hex
        session.handles[name] = snapshot
        self._by_handle[name] = session
        while len(session.handles) > HANDLES_KEPT:
            self._by_handle.pop(session.handles.popitem(last=False)[0])
        return name

    def end(self, session: Session, snapshot: Snapshot, now: float) -> None:
        """The connection is gone."""
        session.open = False
        session.latest = snapshot
        session.ended_at = now
        session.words = sum(entry.tokens.text + SAID_WORDS * len(entry.said) for entry in snapshot.entries)
        self._words += session.words
        self._sessions.move_to_end(session.id)
        if not session.handles:
            self._drop(session)
        while self._words > WORDS_KEPT and (ended := self._first_ended) is not None:
            self._drop(ended)

    @property
    def _first_ended(self) -> Session | None:
        """Of those that are kept; one that is open is never forgotten, for it will give more handles."""
        return next((session for session in self._sessions.values() if not session.open), None)

    def _expire(self, now: float) -> None:
        for session in list(self._sessions.values()):
            if not session.open and now >= session.ended_at + self._life(session):
                self._drop(session)

    def _life(self, session: Session) -> float:
        life = self._limits.handle_s or (HANDLE_VERTEX_S if session.vertex else HANDLE_S)
        return life / self._limits.time_scale

    def _drop(self, session: Session) -> None:
        self._sessions.pop(session.id, None)
        self._words -= session.words
        session.words = 0
        for handle in session.handles:
            self._by_handle.pop(handle, None)


class Handing:
    """Tells one client of handles: of none while its session is busy, and of a new one when what was said has changed.

    Like everything pure it is asked again and again; `deadline` is when it has something to say by itself.
    """

    def __init__(self, sessions: Sessions, session: Session, resumption: Resumption) -> None:
        self._sessions = sessions
        self._session = session
        self._resumption = resumption
        self._busy = False
        self._given = 0
        """The version of what was said that the newest handle stands for."""
        self.deadline: float | None = None

    @property
    def id(self) -> UUID:
        return self._session.id

    def went_busy(self, busy: bool) -> bool:
        """Whether the client is to be told that it cannot resume just now."""
        went = busy and not self._busy and self._resumption.handles != "never"
        self._busy = busy
        if busy:
            self.deadline = None
        return went

    def due(self, version: int, now: float) -> bool:
        """Whether a new handle is to be given now."""
        if self._busy or version == self._given or self._resumption.handles == "never":
            return False
        if self.deadline is None:
            self.deadline = now + self._resumption.delay_s
        return now >= self.deadline

    def give(self, snapshot: Snapshot, version: int) -> str:
        """A new handle."""
        self._given = version
        self.deadline = None
        return self._sessions.handle(self._session, snapshot)

    def end(self, snapshot: Snapshot, now: float) -> None:
        self._sessions.end(self._session, snapshot, now)
