"""A server on a real socket that puts a hostile frame before each of its answers, and a client's session with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager

from websockets.asyncio.server import ServerConnection

from livechat.conversation import Conversation, Terms
from livechat.events import TurnEnded, Typed
from livechat.link import Link, open_link
from livechat.protocol.setup import Setup
from livechat.session import Session
from tests.fuzz.frames import Frame, frame
from tests.fuzz.mind import changes_turns, heard
from tests.scripted import greet, scripted, write

END = '{"serverContent":{"generationComplete":true,"turnComplete":true,"interactionStatus":"IDLE"}}'


def harmless(first: int) -> Iterator[Frame]:
    """Frames from this number on that say nothing of turns, calls or the end: the answer after them comes at once."""
    number = first
    while True:
        made = frame(number)
        if not changes_turns(heard(made)):
            yield made
        number += 1


def hostile_server(frames: Sequence[Frame]) -> AbstractContextManager[str]:
    """Answers each question with the next of these frames and its number."""

    async def answer(client: ServerConnection) -> None:
        await greet(client)
        for number, hostile in enumerate(frames):
            await client.send(_sendable(hostile))
            await write(client, f"answer {number}")
            await client.send(END)
            if number + 1 < len(frames):
                await client.recv()
        await client.wait_closed()

    return scripted(answer)


async def questions(url: str, count: int) -> list[str]:
    """What the shipped session is answered to so many questions."""

    async def connect() -> Link:
        return await open_link(url, {})

    answers: list[str] = []

    async def ask(session: Session) -> None:
        for number in range(count):
            session.tell(Typed(f"question {number}"))
            answers.append((await session.until(TurnEnded)).text)

    await Session(Conversation(Terms(Setup(model="models/gemini-3.8-live"), plays=False)), connect).run(ask)
    return answers


def _sendable(frame: Frame) -> Frame:
    """Text that is no UTF-8 goes as bytes: as text it would break the WebSocket itself (RFC 6455 §8.1)."""
    if isinstance(frame, str) and any("\ud800" <= letter <= "\udfff" for letter in frame):
        return frame.encode("utf-8", "surrogatepass")
    return frame
