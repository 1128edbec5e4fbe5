"""Sessions of programs over connections that are lost: the shipped library, a real WebSocket, the embedded server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

import pytest

import livechat
from livechat import LiveGenerativeModel, LiveSession, Reconnected, SessionClosed, Turn
from livechat.testing import LiveServer, serving

TWO = {"turn": [{"do": [{"say": "First answer. And more of it."}]}, {"do": [{"say": "Second answer."}]}]}
CUT = {"faults": ["drop@text:2#1"], "seed": 1}
"""The first connection is reset behind the first piece of the first answer."""
WORDS = "gemini-2.0-flash-live-001"


def model(server: LiveServer, **changes: Any) -> LiveGenerativeModel:  # noqa: ANN401  the fields of LiveConfig
    return LiveGenerativeModel(WORDS, backend=server.url, modality="TEXT", **changes)


def test_half_an_answer_is_none_and_the_whole_one_is_the_turn() -> None:
    async def main() -> Turn:
        with serving({**TWO, **CUT}) as server:
            async with model(server, reconnect=True).connect() as session:
                return await session.ask("one?")

    turn = asyncio.run(main())
    assert (turn.user, turn.text, turn.interrupted) == ("one?", "First answer. And more of it.", False)


def test_the_news_tell_of_the_loss_and_of_what_became_of_the_conversation() -> None:
    async def main() -> list[str]:
        news: list[str] = []
        with serving({**TWO, **CUT}) as server:
            async with model(server, reconnect=True).connect() as session:
                await session.send("one?")
                async for event in session.events():
                    news.append(event.how if isinstance(event, Reconnected) else type(event).__name__)
                    if isinstance(event, livechat.TurnEnded) and not event.interrupted:
                        return news
        return news

    news = asyncio.run(main())
    assert [one for one in news if one in ("Reconnecting", "TurnEnded", "rebuilt")] == [
        *("Reconnecting", "TurnEnded", "rebuilt", "TurnEnded")
    ]


def test_a_connection_that_is_lost_between_two_turns_is_resumed_and_says_nothing_again() -> None:
    async def main() -> tuple[list[str], list[str], int]:
        with serving(TWO) as server:
            async with model(server, reconnect=True).connect() as session:
                texts = [(await session.ask("one?")).text]
                news = session.events()
                async for event in news:
                    if isinstance(event, livechat.Resumable):
                        break
                await asyncio.to_thread(server.drop)
                hows = [str(event.how) async for event in _until_reconnected(session)]
                texts.append((await session.ask("two?")).text)
                heard = [event for event in server.events if "First" in str(event)]
        return texts, hows, len(heard)

    texts, hows, firsts = asyncio.run(main())
    assert texts == ["First answer. And more of it.", "Second answer."]
    assert hows == ["resumed"]
    assert firsts == 1


async def _until_reconnected(session: LiveSession) -> AsyncIterator[Reconnected]:
    async for event in session.events():
        if isinstance(event, Reconnected):
            yield event
            return


def test_without_the_wish_a_lost_connection_is_the_end() -> None:
    async def main() -> None:
        with serving({**TWO, **CUT}) as server:
            async with model(server).connect() as session:
                with pytest.raises((SessionClosed, livechat.TryLater)):
                    await session.ask("one?")
                assert session.is_closed

    asyncio.run(main())


def test_a_server_that_is_gone_for_good_fails_the_session_when_all_tries_are_spent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("livechat.library.running.FURTHER_TRIES", 1)

    async def main() -> livechat.LivechatError | None:
        with ExitStack() as served:
            server = served.enter_context(serving(TWO))
            async with model(server, reconnect=True).connect() as session:
                await session.ask("one?")
                await asyncio.to_thread(served.close)
                with pytest.raises(livechat.LivechatError):
                    await session.ask("two?")
                return session.error

    error = asyncio.run(main())
    assert isinstance(error, livechat.TryLater)
    assert "is lost" in str(error)


def test_a_server_that_falls_silent_in_the_middle_of_an_answer_is_left_and_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("livechat.library.running.STALL_S", 0.2)

    async def main() -> Turn:
        with serving({**TWO, "faults": ["stall:3600@text:2#1"]}) as server:
            async with model(server, reconnect=True).connect() as session:
                return await session.ask("one?")

    assert asyncio.run(main()).text == "First answer. And more of it."
