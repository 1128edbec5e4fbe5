"""Where the prompts of music go, and where it comes from: Google, a server of one's own, or the one inside livechat."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from livechat.commands.target import Choice, Target, choose
from livechat.errors import AccessDenied, UsageError

if TYPE_CHECKING:
    from livechat.commands.common import Common
    from livechat.config import Settings
    from livechat.protocol.endpoints import Endpoint

MUSIC_MODEL: Final = "lyria-realtime-exp"
HURRIED: Final = 20.0
"""Seconds of music that the server inside livechat hands out in a second where it only has to be written."""
NEAR_S: Final = 1.0
"""How far ahead of the ear it is elsewhere: what keys change is heard the sooner, and it is no network away."""


def choose_music(common: Common, settings: Settings, key_file: Path | None) -> Choice:
    """The server that options, settings and keys lead to. Raises AccessDenied, which names the way without a key."""
    try:
        return choose(common, settings, key_file)
    except AccessDenied as denied:
        where, _, _ = denied.hint.partition("\n")
        denied.hint = f'{where}\nor use the band on this machine: livechat music --local "minimal techno"'
        raise


def refuse_vertex(choice: Choice) -> None:
    """Raises UsageError for Vertex AI, which has no such model."""
    if choice.kind == "vertex":
        raise UsageError("Vertex AI has no model that makes music", hint="--server google with an API key, or --local")


@asynccontextmanager
async def reach_music(
    common: Common, choice: Choice, *, model: str | None, api_version: str | None, hurried: bool
) -> AsyncGenerator[Target, None]:
    """The chosen server's address, with the embedded server running behind it if that is the one.

    `hurried` has that one make music as fast as it can. Vertex AI was refused before.
    """
    from livechat.protocol.endpoints import custom_endpoint

    name = model or MUSIC_MODEL
    if not choice.local:
        yield _remote(choice, name, api_version)
        return
    from livechat.commands.embedded import embedded_server
    from livechat.server.scenario import Pace

    pace = Pace(ahead_s=2 * HURRIED, speed=HURRIED) if hurried else Pace(ahead_s=NEAR_S)
    async with embedded_server(common, choice.settings, speech=False, pace=pace) as url:
        why = "" if choice.settings.server.choice == "local" else "no API key found: "
        where = f"{why}music of the practice server inside livechat; nothing leaves this machine"
        yield _target(choice, custom_endpoint(url, music=True), name, where, "the practice server")


def _remote(choice: Choice, model: str, version: str | None) -> Target:
    from livechat.protocol.endpoints import custom_endpoint, is_loopback, music_endpoint

    key = choice.key
    if choice.kind == "custom":
        address = choice.settings.server.choice
        endpoint = custom_endpoint(address, key=key.value if key else None, version=version, music=True)
        parts = urlsplit(endpoint.url)
        open_to_all = parts.scheme == "ws" and not is_loopback(parts.hostname or "")
        where = f"your prompts go to {parts.netloc}" + (", unencrypted" if open_to_all else "")
        return _target(choice, endpoint, model, where, parts.netloc)
    assert key is not None
    endpoint = music_endpoint(key.value, version=version)
    host = urlsplit(endpoint.url).netloc
    return _target(choice, endpoint, model, f"your prompts go to Google ({host}), model {model}", host)


def _target(choice: Choice, endpoint: Endpoint, model: str, where: str, server: str) -> Target:
    from livechat.library.backends import reached_at
    from livechat.protocol.endpoints import developer_model

    there = reached_at(endpoint, developer_model(model), choice.key, server)
    facts = replace(there.facts, options=choice.settings.from_flags, reader="command")
    return Target(there.url, there.headers, there.model, facts, where, there.secrets)
