"""Where a command's words go: chooses the server, finds the key, and says so in one line before anything leaves."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from livechat.commands.common import Common
from livechat.credentials import Key, missing_key
from livechat.errors import AccessDenied, Unreachable, UsageError

if TYPE_CHECKING:
    from livechat.closing import Facts
    from livechat.config import Settings
    from livechat.protocol.endpoints import Endpoint

VERTEX_TOKEN = "CLOUDSDK_AUTH_ACCESS_TOKEN"
OURS = "the practice server"
"""How the embedded server is called."""


@dataclass(frozen=True)
class Choice:
    """A server chosen, not yet reached."""

    kind: str
    """`google`, `local`, `vertex` or `custom`."""
    settings: Settings
    key: Key | None = None
    env: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def local(self) -> bool:
        return self.kind == "local"


@dataclass(frozen=True)
class Target:
    """A server reached for: all that a session needs to open its link."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    model: str
    """As this endpoint spells it."""
    facts: Facts
    where: str
    """The line that says where words and sound go."""
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def address(self) -> str:
        """Scheme, host and port."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


def choose(common: Common, settings: Settings, key_file: Path | None) -> Choice:
    """The server that options, settings and keys lead to. Raises AccessDenied where a key is needed and there is none.

    A key from the environment goes to Google only; another address gets one if it was named with --api-key-file or
    LIVECHAT_API_KEY, which nobody sets for another program.
    """
    wanted = settings.server.choice
    if wanted == "local":
        return Choice("local", settings)
    key = common.key(key_file)
    if wanted == "auto":
        return Choice("google", settings, key) if key else Choice("local", settings)
    if wanted == "google":
        if key is None and _prefers_local(common):
            return Choice("local", settings)
        if key is None:
            raise missing_key()
        return Choice("google", settings, key)
    if wanted == "vertex":
        return Choice("vertex", settings, key, common.env)
    meant_for_it = key is not None and (key_file is not None or key.source == "LIVECHAT_API_KEY")
    return Choice("custom", settings, key if meant_for_it else None)


def _prefers_local(common: Common) -> bool:
    """Asks whoever sits there whether the embedded server will do."""
    import sys

    import typer

    if not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
        return False
    common.report.note("no API key found")
    return typer.confirm("Talk to the practice server on this machine instead?", default=True, err=True)


def server_of(choice: Choice) -> str:
    """The server as the user knows it and transcripts name it. Raises what stands in the way to it."""
    from livechat.protocol.generations import DEFAULT_MODEL

    return OURS if choice.local else _remote(choice, DEFAULT_MODEL).facts.server


@asynccontextmanager
async def reach(common: Common, choice: Choice, *, sound: bool, hears: bool = False) -> AsyncGenerator[Target, None]:
    """The chosen server's address, with the embedded server running behind it if that is the one.

    `sound` says that the answer is to be spoken: without it a server on this machine is asked for a model that writes.
    `hears` says that sound will be sent. Raises Unreachable where the embedded server would need speech for it and has
    none.
    """
    from livechat.protocol.endpoints import is_loopback
    from livechat.protocol.generations import DEFAULT_MODEL, LOCAL_TEXT_MODEL

    asked = choice.settings.session.model
    if not choice.local:
        # On this machine it is most likely the embedded server in another process.
        nearby = choice.kind == "custom" and is_loopback(urlsplit(choice.settings.server.choice).hostname or "")
        yield _remote(choice, asked or (LOCAL_TEXT_MODEL if nearby and not sound else DEFAULT_MODEL))
        return
    from livechat.commands.embedded import embedded_server

    if sound or hears:
        _demand_speech()
    async with embedded_server(common, choice.settings, speech=sound or hears) as url:
        yield _local(choice, url, asked or (DEFAULT_MODEL if sound else LOCAL_TEXT_MODEL))


def _demand_speech() -> None:
    from livechat.install import install_line
    from livechat.server.models import speech_missing

    if missing := speech_missing():
        what = "the server inside livechat cannot hear or speak yet"
        raise Unreachable(what, why=f"not installed: {missing}", hint=f" {install_line('local')}")


def _local(choice: Choice, url: str, model: str) -> Target:
    from livechat.protocol.endpoints import custom_endpoint

    endpoint = custom_endpoint(url)
    why = "" if choice.settings.server.choice == "local" else "no API key found: "
    where = f"{why}talking to the practice server inside livechat; nothing leaves this machine"
    return _target(choice, endpoint, f"models/{model}", where, OURS)


def _remote(choice: Choice, model: str) -> Target:
    from livechat.protocol.endpoints import custom_endpoint, developer_endpoint, developer_model, is_loopback

    settings, key = choice.settings, choice.key
    if choice.kind == "vertex":
        return _vertex(choice, model)
    if choice.kind == "custom":
        endpoint = custom_endpoint(settings.server.choice, key=key.value if key else None)
        parts = urlsplit(endpoint.url)
        open_to_all = parts.scheme == "ws" and not is_loopback(parts.hostname or "")
        where = f"your words and sound go to {parts.netloc}" + (", unencrypted" if open_to_all else "")
        return _target(choice, endpoint, developer_model(model), where, parts.netloc)
    assert key is not None
    endpoint = developer_endpoint(key.value, version=settings.server.api_version)
    host = urlsplit(endpoint.url).netloc
    where = f"your words and sound go to Google ({host}), model {model}"
    return _target(choice, endpoint, developer_model(model), where, host)


def _vertex(choice: Choice, model: str) -> Target:
    from livechat.protocol.endpoints import vertex_endpoint, vertex_express_endpoint, vertex_express_model, vertex_model

    settings, key = choice.settings, choice.key
    project, location = settings.server.project, settings.server.location or "global"
    token = choice.env.get(VERTEX_TOKEN, "").strip()
    if project and token:
        endpoint = vertex_endpoint(location, token, project=project, version=settings.server.api_version)
        resource = vertex_model(model, project, location)
    elif project:
        hint = f"export {VERTEX_TOKEN}=$(gcloud auth print-access-token)"
        raise AccessDenied("Vertex wants an access token for your project", why=f"{VERTEX_TOKEN} is not set", hint=hint)
    elif key is not None:
        endpoint = vertex_express_endpoint(key.value, version=settings.server.api_version)
        resource = vertex_express_model(model)
    else:
        raise UsageError("Vertex wants a project", hint="--project ID --location REGION, or an express-mode API key")
    host = urlsplit(endpoint.url).netloc
    where = f"your words and sound go to Google Cloud ({host}), model {model}"
    return _target(choice, endpoint, resource, where, host)


def _target(choice: Choice, endpoint: Endpoint, model: str, where: str, server: str) -> Target:
    from livechat.library.backends import reached_at

    there = reached_at(endpoint, model, choice.key, server)
    facts = replace(there.facts, options=choice.settings.from_flags, reader="command")
    return Target(there.url, there.headers, there.model, facts, where, there.secrets)
