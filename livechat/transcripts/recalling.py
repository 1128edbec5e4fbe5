"""Recalls a conversation that is kept, to go on with it: what was said, and what the server may still know of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from livechat.errors import BadInput
from livechat.ledger import Exchange
from livechat.terminal.network import LOST
from livechat.transcripts.store import Store
from livechat.transcripts.words import Opening, Resumption, Transcript, Turn

MOST_BEFORE: Final = 100
"""Conversations of which each went on with the one before."""


@dataclass(frozen=True, slots=True)
class Recollection:
    """A conversation to go on with."""

    name: str
    opening: Opening
    turns: tuple[Exchange, ...]
    """With those of the conversations that it went on with itself."""
    resumption: Resumption | None
    """What its server can go on from, where nothing was said since; it may be too old for that."""


def recall(store: Store, wanted: str) -> Recollection:
    """The conversation that is meant by a name, the beginning of one, a place in the list or `last`.

    Raises MissingInput, UsageError for several, BadInput for one in which nothing was said.
    """
    name = store.find(wanted)
    transcript = store.read(name)
    turns = tuple(exchanges(transcript))
    if transcript.opening is None or not turns:
        why = "it is damaged" if transcript.damaged else ""
        hint = f"--resume 2 goes on with the one before it; livechat sessions rm {name}"
        raise BadInput(f"nothing was said in {name} that could be gone on with", why=why, hint=hint)
    return Recollection(name, transcript.opening, (*_before(store, name, transcript), *turns), transcript.resumption)


def exchanges(transcript: Transcript) -> Iterable[Exchange]:
    """What both sides said and heard, in order; a question whose answer the connection took along stands once."""
    asked = ""
    for turn in (item for item in transcript.items if isinstance(item, Turn)):
        user = " ".join(filter(None, (asked, turn.user.strip())))
        model = (turn.cut.heard if turn.cut is not None else turn.answer).strip()
        asked = user if turn.reason == LOST else ""
        if (user or model) and not asked:
            yield Exchange(user, model)
    if asked:
        yield Exchange(asked, "")


def _before(store: Store, name: str, transcript: Transcript) -> list[Exchange]:
    """What was said in the conversations that it went on with, as far as they are still kept."""
    names, said = set(store.names()) - {name}, list[Exchange]()
    for _ in range(MOST_BEFORE):
        earlier = transcript.opening.continues if transcript.opening is not None else ""
        if earlier not in names:
            break
        names.discard(earlier)
        transcript = store.read(earlier)
        said = [*exchanges(transcript), *said]
    return said
