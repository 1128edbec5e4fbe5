"""Knows where a server listens: what it is called there, who may reach it, and how a client writes that."""

from __future__ import annotations

import errno
import socket
from collections.abc import Collection

from livechat.errors import DeviceError, UsageError
from livechat.server.gate import Gate, is_address, is_loopback


def stays_here(host: str) -> bool:
    """Whether nobody but this machine reaches a server that listens there."""
    return host == "localhost" or is_loopback(host)


def gate_of(host: str, token: str, hosts: Collection[str], origins: Collection[str]) -> Gate:
    """The rules for who may come in. Raises UsageError where everybody could, for want of a token."""
    if not stays_here(host) and not token:
        raise UsageError(
            f"{host} is not an address of this machine alone",
            why="Whoever reaches it could use this server, so beyond loopback it wants a token from everybody.",
            hint="--token-file FILE (or LIVECHAT_SERVE_TOKEN), or --host 127.0.0.1",
        )
    names = own_names() | {name.lower().rstrip(".").strip("[]") for name in hosts}
    if not stays_here(host) and not is_address(host):
        names |= {host.lower()}
    return Gate(frozenset(names), beyond=not stays_here(host), origins=frozenset(origins), token=token)


def url_of(host: str, port: int, *, secure: bool) -> str:
    """What a client connects to."""
    scheme = "wss" if secure else "ws"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def own_names() -> frozenset[str]:
    """What this machine calls itself, in lower case."""
    name = socket.gethostname().lower()
    return frozenset({name, name.partition(".")[0], f"{name}.local"})


def unavailable(host: str, port: int, error: OSError) -> DeviceError:
    """Why nobody can listen there."""
    if error.errno == errno.EADDRINUSE:
        return DeviceError(
            f"port {port} of {host} is in use", why="Another program listens there.", hint="livechat serve --port 0"
        )
    return DeviceError(f"cannot listen on {host} port {port}", why=error.strerror or str(error))
