"""Decides who may come in: who asked for this machine by name, is no web page, and has the token where there is one.

A page in a browser can open a WebSocket to any address, loopback included, and by DNS rebinding it can even make its
own host name point here. Browsers cannot help sending `Origin`, and rebinding cannot change `Host`: so the first is
refused unless it was allowed, and the second must name this machine. A numeric address cannot be rebound: where the
server listens beyond this machine, every one may be its own.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final, Literal, TypeAlias
from urllib.parse import parse_qs, unquote

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(:[0-9]*)?")
_CREDENTIALS = re.compile(r"(?:Bearer|Token)\s+(?P<secret>\S+)\s*", re.IGNORECASE)

_PATH_ENDS = re.compile(r"[?#;&=]|auth_tokens(?=/+.)")
LONGEST_PATH: Final = 200
"""Characters of a path that are shown."""

Matter: TypeAlias = Literal["", "body", "host", "method", "origin", "path", "places", "scenario", "token"]
"""What was the matter with a request that was turned away; the `token` may be the server's or an ephemeral one."""

NO_PAGES = "This server talks to programs, not to web pages: requests with an Origin are refused (see --allow-origin)."
WRONG_HOST = "This server answers only to its own names: use 127.0.0.1 or localhost (see --allow-host)."
NO_TOKEN = (
    "This server wants its token: as x-goog-api-key: TOKEN, Authorization: Bearer TOKEN, ?key=TOKEN or "
    "?access_token=TOKEN."
)


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """The HTTP answer to somebody who may not come in: a status and one line that says why."""

    status: int
    line: str
    matter: Matter = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The head of an HTTP request. Address and headers hold secrets: `repr` shows neither."""

    method: str
    target: str = field(repr=False)
    """Path and query as they came."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Names in lower case."""

    def every(self, name: str) -> list[str]:
        """The values of a header, which may have come more than once."""
        return [value for known, value in self.headers if known == name]


@dataclass(frozen=True, slots=True)
class Gate:
    """The rules of one server's door."""

    names: Collection[str] = ()
    """What the server is called beside localhost, in lower case."""
    beyond: bool = False
    """It listens to more than this machine."""
    origins: Collection[str] = ()
    """The web pages that may come in all the same, as browsers write them: `https://app.example`."""
    token: str = field(default="", repr=False)
    """The secret that everybody must know; "" asks for none."""

    def refuses(self, asked: Asked) -> TurnedAway | None:
        """Why a request may not come in as far as its Host and its Origin go; None if it may."""
        if any(origin not in self.origins for origin in asked.every("origin")):
            return TurnedAway(403, NO_PAGES, "origin")
        hosts = asked.every("host")
        if len(hosts) != 1 or not self.is_called(hosts[0]):
            return TurnedAway(403, WRONG_HOST, "host")
        return None

    def knows(self, asked: Asked) -> bool:
        """Whether the request brings the token, or none is wanted. Takes as long for a near miss as for any other."""
        wanted = self.token.encode()
        given = [compare_digest(secret.encode("utf-8", "replace"), wanted) for secret in credentials(asked)]
        return not wanted or any(given)

    def shown(self, asked: Asked) -> str:
        """The path of a request as a log may have it: without anything that could be a secret, wherever it stands."""
        found = _PATH_ENDS.search(plain := unquote(asked.target))
        path = plain[: found.start()] if found else plain
        hidden = not path.startswith("/") or "@" in path or (self.token and self.token in path)
        return "" if hidden else path[:LONGEST_PATH]

    def is_called(self, host: str) -> bool:
        """Whether a Host header, with or without a port, names this server."""
        found = _HOST.fullmatch(host.strip())
        if found is None:
            return False
        name = found["name"].lower().rstrip(".").strip("[]")
        if name == "localhost" or name in self.names or is_loopback(name):
            return True
        return self.beyond and is_address(name)


def credentials(asked: Asked) -> Iterator[str]:
    """Every secret a request brings, wherever Google's clients put theirs."""
    yield from asked.every("x-goog-api-key")
    for value in asked.every("authorization"):
        if found := _CREDENTIALS.fullmatch(value.strip()):
            yield found["secret"]
    query = parse_qs(asked.target.partition("?")[2])
    for name in ("key", "access_token"):
        yield from query.get(name, [])


def is_loopback(address: str) -> bool:
    """Whether this is a numeric address that cannot leave the machine: 127.0.0.0/8 or ::1."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def is_address(name: str) -> bool:
    """Whether this is a numeric address, of whichever machine."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
