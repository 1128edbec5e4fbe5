"""Says how the next connection of a conversation opens: with a handle, with what was said before, or with nothing.

A server that refuses the past of a session is asked for less of it each time: a handle twice, what was said twice,
then nothing (reliability.md A8). What came of it is told in one word, and in no other than the true one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from livechat.events import Reconnected
from livechat.ledger import Ledger, contents_of
from livechat.protocol.client import ClientContent, ClientMessage, ContextUpdate
from livechat.protocol.generations import Family
from livechat.protocol.parts import Content
from livechat.protocol.setup import HistoryConfig, SessionResumption, Setup

HANDLE_TRIES = 2
"""Sessions tried with one handle: a server that has not noticed the loss refuses the first (sip-to-ai PR #14)."""
SESSION_REFUSED = frozenset({1007, 1008, 1011})
"""Codes by which a server refuses a session with its past (reliability.md §2), also soon after it was set up."""


class Openings:
    """The openings of one conversation, the first one included."""

    def __init__(self, setup: Setup, family: Family, ledger: Ledger, *, reconnects: bool, has_past: bool) -> None:
        """reconnects: handles are wanted; has_past: an earlier run has left something of the conversation."""
        self._setup = setup
        """As the next connection opens, but for its past."""
        self._family = family
        self._ledger = ledger
        self._reconnects = reconnects
        self._goes_on = has_past
        """There is something before this connection."""
        self._resuming = ""
        """The handle that this connection was opened with."""
        self._handle_tries = 0
        self._told: Sequence[Content] | None = None
        """What a new session is told of what was said before; None where it is resumed, or is the first."""
        self._tellings = 0
        """Times that it was told in vain."""
        self._untold = False
        """The server refuses to be told."""
        self._proved = False
        """The server has said something over this connection."""

    def setup(self, again: Collection[int]) -> Setup:
        """The setup of the next connection; the questions of the turns `again` are put again over it."""
        self._proved = False
        self._resuming = self._ledger.handle
        self._told = None
        if not (self._reconnects or self._goes_on or self._resuming):
            return self._setup
        setup = self._setup.model_copy()
        if self._resuming:
            setup.session_resumption = SessionResumption(handle=self._resuming)
            setup.history_config = None
        elif self._goes_on:
            self._told = self._history(again)
            setup.session_resumption = SessionResumption()
            announced = bool(self._told) and self._announces
            setup.history_config = HistoryConfig(initial_history_in_client_content=True) if announced else None
        elif setup.session_resumption is None:
            setup.session_resumption = SessionResumption()
        return setup

    def _history(self, again: Collection[int]) -> list[Content]:
        if self._untold or self._family.history == "none":
            return []
        return contents_of(self._ledger.history(again))

    @property
    def _announces(self) -> bool:
        """History is announced by the setup, and ends with the mark of a turn that nobody answers."""
        return self._family.history == "history_config"

    def updated(self, update: ContextUpdate) -> None:
        """A `contextUpdate` holds for the connections to come as well."""
        setup = self._setup.model_copy()
        if update.system_instruction is not None:
            setup.system_instruction = update.system_instruction
        if update.tools is not None:
            setup.tools = update.tools.tools
        self._setup = setup

    def opened(self, again: Collection[int]) -> tuple[ClientMessage | None, Reconnected | None]:
        """The server has taken the setup: what it is to be told first, and the news; neither at the very first."""
        news = self._news(again) if self._goes_on or self._resuming else None
        self._goes_on = True
        if not self._told:
            return None, news
        history = ClientContent(turns=[*self._told], turn_complete=self._announces)
        return ClientMessage(client_content=history), news

    def _news(self, again: Collection[int]) -> Reconnected:
        turns = self._ledger.turns - len(again)
        if self._resuming:
            return Reconnected("resumed", turns)
        if turns and not self._told:
            return Reconnected("lost", turns)
        return Reconnected("rebuilt", len(self._ledger.history(again)))

    def spoken_to(self) -> None:
        """The server has said something: it has taken this session as it is."""
        self._proved = True

    def kept(self) -> None:
        """The session has given a handle of its own."""
        self._handle_tries = 0

    def answered(self) -> None:
        """All that was said is answered."""
        self._untold = False
        self._tellings = 0

    def gives_way(self, code: int, *, set_up: bool) -> bool:
        """Whether this close refuses the past of the session; then the next is opened with less of it.

        set_up: the server had taken the setup.
        """
        if self._proved or code not in SESSION_REFUSED:
            return False
        if self._resuming:
            self._handle_tries += 1
            if code != 1011 or set_up or self._handle_tries >= HANDLE_TRIES:
                self._ledger.refused()
            return True
        if self._told and set_up and not self._untold:
            self._tellings += 1
            self._untold = code != 1011 or self._tellings >= HANDLE_TRIES
            return True
        return False
