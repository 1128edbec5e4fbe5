"""One turn with the embedded server, for `livechat doctor`: the whole way of a word, on this machine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from livechat.commands.checks import Finding
from livechat.commands.common import Common
from livechat.errors import Unanswered

if TYPE_CHECKING:
    from livechat.session import Session

LIMIT_S = 10.0


def round_trip(common: Common) -> Finding:
    """Says how long the first word of an answer took. Raises what the session raises."""
    seconds, address = asyncio.run(asyncio.wait_for(_greet(common), LIMIT_S))
    return Finding("ok", f"local round trip: {seconds * 1000:.0f} ms to the first word over {address}")


async def _greet(common: Common) -> tuple[float, str]:
    from livechat.commands.embedded import embedded_server
    from livechat.conversation import Conversation, Terms
    from livechat.events import ModelSaid, Ready, Typed
    from livechat.link import open_link
    from livechat.protocol.endpoints import custom_endpoint
    from livechat.protocol.generations import LOCAL_TEXT_MODEL
    from livechat.session import Session
    from livechat.shaping import Wishes, shape_setup

    seconds: list[float] = []

    async def script(session: Session) -> None:
        await session.until(Ready)
        began = session.now
        session.tell(Typed("hello"))
        await session.until(ModelSaid)
        seconds.append(session.now - began)

    async with embedded_server(common, common.settings(), speech=False) as url:
        terms = Terms(shape_setup(Wishes(f"models/{LOCAL_TEXT_MODEL}", sound=False)), plays=False)
        await Session(Conversation(terms), lambda: open_link(custom_endpoint(url).url, {})).run(script)
        if not seconds:
            raise Unanswered("the embedded server ended the session before it answered")
        return seconds[0], url
