"""Decides who may come in: only programs of this machine that asked for it by name, and no web page.

A page in a browser can open a WebSocket to any address, loopback included, and by DNS rebinding it can even make its
own host name point here. Browsers cannot help sending `Origin`, and rebinding cannot change `Host`: so the first is
refused always and the second must name this machine.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(:[0-9]*)?")


@dataclass(frozen=True)
class TurnedAway:
    """The HTTP answer to somebody who may not come in: a status and one line that says why."""

    status: int
    line: str


def may_enter(host: str | None, origin: str | None, names: Collection[str]) -> TurnedAway | None:
    """None if a request with these headers may come in; `names` are this machine's own, in lower case."""
    if origin is not None:
        return TurnedAway(403, "This server talks to programs, not to web pages: requests with an Origin are refused.")
    if host is None or not is_this_machine(host, names):
        return TurnedAway(403, "This server answers only to the names of its own machine: use 127.0.0.1 or localhost.")
    return None


def is_this_machine(host: str, names: Collection[str]) -> bool:
    """Whether a Host header, with or without a port, names this machine."""
    found = _HOST.fullmatch(host.strip())
    if found is None:
        return False
    name = found["name"].lower().rstrip(".")
    return name == "localhost" or name in names or is_loopback(name.strip("[]"))


def is_loopback(address: str) -> bool:
    """Whether this is a numeric address that cannot leave the machine: 127.0.0.0/8 or ::1."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
