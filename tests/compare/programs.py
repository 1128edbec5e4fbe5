"""The program of a user, three times: two questions, by google-genai and by livechat, each case of one process at once.

python -m tests.compare.programs google|library|commands < cases.json > records.json

Reads `[{"url", "patience_s"}, …]` and writes what became of each: the answers, and how it ended.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import warnings
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

MODEL = "gemini-2.0-flash-live-001"
KEY = "a-key-that-nobody-has-seen"
NOWHERE, PATIENCE_S = "https://localhost:1", 30.0
QUESTIONS = ("question 1", "question 2")
Record = dict[str, Any]
Program = Callable[[str, Record], Awaitable[None]]


async def google(url: str, record: Record) -> None:
    from google import genai

    def note(**_: object) -> None:
        record["effects"] += 1

    client = genai.Client(api_key=KEY, http_options={"base_url": url})
    tool = {"function_declarations": [{"name": "note", "description": "Writes a note.", "parameters": _PARAMETERS}]}
    config: Any = {"response_modalities": ["TEXT"], "tools": [tool], "session_resumption": {}}
    async with client.aio.live.connect(model=MODEL, config=config) as session:
        for question in QUESTIONS:
            record["asked"] = question
            said: Any = {"role": "user", "parts": [{"text": question}]}
            await session.send_client_content(turns=said, turn_complete=True)
            text = ""
            async for message in session.receive():
                content = message.server_content
                parts = (content.model_turn.parts or []) if content and content.model_turn else []
                text += "".join(part.text for part in parts if part.text)
                for call in (message.tool_call.function_calls or []) if message.tool_call else []:
                    note(**(call.args or {}))
                    response: Any = {"id": call.id, "name": call.name, "response": {"output": "done"}}
                    await session.send_tool_response(function_responses=[response])
            record["answers"].append(text)


async def library(url: str, record: Record) -> None:
    import livechat

    def note(text: str) -> str:
        """Writes a note."""
        record["effects"] += 1
        return "done"

    backend = livechat.Server(url, KEY)
    async with livechat.connect(MODEL, backend=backend, modality="TEXT", tools=[note], reconnect=True) as session:
        for question in QUESTIONS:
            record["asked"] = question
            record["answers"].append((await session.ask(question)).text)


async def commands(url: str, record: Record) -> None:
    """The session as the commands of livechat hold it, without what they draw."""
    from livechat.conversation import Conversation, Terms
    from livechat.events import Event, ToolFinished, TurnEnded, Typed
    from livechat.link import open_link
    from livechat.protocol.endpoints import custom_endpoint
    from livechat.relinking import FURTHER_TRIES
    from livechat.session import Session, Wire
    from livechat.shaping import Wishes, shape_setup
    from livechat.tool_calls import ToolRule

    class Note:
        def check(self, id: str, name: str, args: Mapping[str, Any]) -> None: ...

        def begin(self, id: str, name: str, args: Mapping[str, Any]) -> None:
            record["effects"] += 1
            session.report(ToolFinished(id, {"output": "done"}))

        def cancel(self, id: str) -> None: ...

    def look(_: float, event: Event) -> None:
        if isinstance(event, TurnEnded) and event.text:
            texts.append(event.text)

    async def connect() -> Wire:
        endpoint = custom_endpoint(url, key=KEY)
        return await open_link(endpoint.url, endpoint.headers)

    async def ask(session: Session) -> None:
        for question in QUESTIONS:
            record["asked"] = question
            session.tell(Typed(question))
            while session.conversation.in_turn:
                await session.until(TurnEnded)
            record["answers"].append(texts[-1])

    texts: list[str] = []
    terms = Terms(
        shape_setup(Wishes(f"models/{MODEL}", sound=False)),
        plays=False,
        tools={"note": ToolRule(permission="allow")},
        tries=FURTHER_TRIES,
    )
    session = Session(Conversation(terms), connect)
    session.give_hands(Note())
    session.subscribe(look)
    await session.run(ask)


_PARAMETERS = {"type": "OBJECT", "properties": {"text": {"type": "STRING"}}, "required": ["text"]}
PROGRAMS: dict[str, Program] = {"google": google, "library": library, "commands": commands}


async def recorded(program: Program, url: str, patience_s: float) -> Record:
    """What becomes of one conversation; one that takes longer than that hangs."""
    record: Record = {"answers": [], "effects": 0, "asked": "", "hangs": False, "kind": "", "error": ""}
    began = time.monotonic()
    limit = asyncio.timeout(patience_s)
    try:
        async with limit:
            await program(url, record)
    except BaseExceptionGroup as error:
        record["kind"], record["error"] = _named(error.exceptions[0])
    except Exception as error:
        record["hangs"] = limit.expired()
        record["kind"], record["error"] = _named(error)
    record["seconds"] = round(time.monotonic() - began, 1)
    return record


def _named(error: BaseException) -> tuple[str, str]:
    return f"{type(error).__module__.partition('.')[0]}.{type(error).__name__}", str(error)[:2_000]


async def all_of(program: Program, cases: list[Record]) -> list[Record]:
    """After a rehearsal against a port where nobody listens, so that no import is timed."""
    await recorded(program, NOWHERE, PATIENCE_S)
    return await asyncio.gather(*(recorded(program, case["url"], case["patience_s"]) for case in cases))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    records = asyncio.run(all_of(PROGRAMS[sys.argv[1]], json.load(sys.stdin)))
    sys.stdout.write(json.dumps(records))
