"""Stands at the door of the embedded server: answers every HTTP request, and lets in who may have a WebSocket."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from livechat.protocol.endpoints import ServedPath, parse_path
from livechat.server.answers import Answer, failure, instead_of_upgrade, told, turned_away
from livechat.server.auth_tokens import PREFIX, BadToken, Denied, Presented, TokenMint
from livechat.server.gate import NO_TOKEN, Asked, Gate, TurnedAway, credentials
from livechat.server.scenario import Upgrade

EXAMPLE_PATH: Final = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
_MINT: Final = re.compile(r"(?:.*/)?(?:v1alpha|v1beta|v1)/auth_tokens/?")
_HEALTH: Final = "/healthz"
_GET: Final = b"GET "


def is_get(first: bytes) -> bool | None:
    """Whether a connection that begins with these bytes is a GET; None if that cannot be said yet."""
    if len(first) < len(_GET) and _GET.startswith(first):
        return None
    return first.startswith(_GET)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who may have a WebSocket."""

    path: ServedPath
    token: Presented | None = None
    """What came in on the Constrained path has one."""


class Door:
    """Reads requests; the only thing it remembers is how often the scenario has refused, and its tokens."""

    def __init__(
        self,
        gate: Gate,
        mint: TokenMint,
        *,
        places: int,
        upgrade: Upgrade | None = None,
        health: Callable[[], Mapping[str, object]] = dict,
    ) -> None:
        self._gate = gate
        self._mint = mint
        self._places = places
        self._upgrade = upgrade
        self._refused = 0
        self._health = health

    def receive(self, asked: Asked, url: str, taken: int, now: datetime) -> Visitor | Answer:
        """A GET: of a WebSocket, or of how the server is. `url` is the server's, `taken` of its places are."""
        refused = self._gate.refuses(asked)
        if refused is not None:
            return turned_away(refused)
        path = parse_path(asked.target)
        constrained = path is not None and path.api == "constrained"
        if not constrained and not self._gate.knows(asked):
            return turned_away(TurnedAway(401, NO_TOKEN, "token"))
        if path is None:
            return self._page(asked, url)
        try:
            token = self._present(asked, url, now) if constrained else None
        except Denied as denied:
            return turned_away(TurnedAway(401, str(denied), "token"))
        if self._upgrade is not None and (self._upgrade.times is None or self._refused < self._upgrade.times):
            self._refused += 1
            return instead_of_upgrade(self._upgrade)
        if taken >= self._places:
            full = f"All {self._places} conversations are taken; try again later."
            return turned_away(TurnedAway(503, full, "places"))
        return Visitor(path, token)

    def turns_away(self, asked: Asked) -> Answer | None:
        """What there is to say to any other method before its body is read; None if it is to be read."""
        refused = self._gate.refuses(asked)
        if refused is not None:
            return failure(refused.status, refused.line, matter=refused.matter)
        if not self._gate.knows(asked):
            return failure(401, NO_TOKEN, matter="token")
        if not _MINT.fullmatch(_route(asked)):
            nothing = "Nothing is here: this server has POST /v1alpha/auth_tokens and WebSockets."
            return failure(404, nothing, matter="path")
        if asked.method != "POST":
            return _not_post()
        return None

    def mint(self, body: bytes, now: datetime, name: str) -> Answer:
        """A new token."""
        try:
            return told({"name": self._mint.mint(body, now, name).name})
        except BadToken as bad:
            return failure(bad.status, str(bad), matter="body")

    def _page(self, asked: Asked, url: str) -> Answer:
        route = _route(asked)
        if route == _HEALTH:
            return told(self._health())
        if _MINT.fullmatch(route):
            return _not_post()
        line = f"Nothing is here. A client of the Gemini Live API connects to {url}{EXAMPLE_PATH}"
        return turned_away(TurnedAway(404, line, "path"))

    def _present(self, asked: Asked, url: str, now: datetime) -> Presented:
        """The ephemeral token of a request. Raises Denied."""
        name = next((secret for secret in credentials(asked) if secret.startswith(PREFIX)), None)
        try:
            if name is None:
                raise Denied("This path opens to an auth token only.")
            return self._mint.present(name, now)
        except Denied as denied:
            address = re.sub("^ws", "http", url) + "/v1alpha/auth_tokens"
            key = " -H 'x-goog-api-key: TOKEN'" if self._gate.token else ""
            raise Denied(f"{denied} To mint one: curl -d '{{}}'{key} {address}") from None


def _not_post() -> Answer:
    return failure(405, "Tokens are made with POST.", ("Allow", "POST"), matter="method")


def _route(asked: Asked) -> str:
    """The path without its query and without doubled slashes, which Google's own clients send."""
    return re.sub("/+", "/", asked.target.partition("?")[0])
