"""Knows where a server listens: what it is called there, who may reach it, and how a client writes that."""

from __future__ import annotations

import errno
import ipaddress
import re
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

from livechat.errors import DeviceError, UsageError
from livechat.server.gate import Gate, is_address, is_loopback

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:]+\])(:[0-9]+)?")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def stays_here(host: str) -> bool:
    """Whether nobody but this machine reaches a server that listens there."""
    return host == "localhost" or is_loopback(host)


def is_everywhere(host: str) -> bool:
    """Whether this stands for every address of the machine: 0.0.0.0 or ::."""
    return is_address(host) and ipaddress.ip_address(host).is_unspecified


def seen_from_here(host: str) -> str:
    """The address by which this machine reaches a server that listens there."""
    if not is_everywhere(host):
        return host
    return "::1" if ":" in host else "127.0.0.1"


def seen_from_afar(host: str) -> str:
    """The address by which others reach a server that listens there, or else this machine's name."""
    if not is_everywhere(host):
        return host
    family, far = (socket.AF_INET6, "2001:db8::1") if ":" in host else (socket.AF_INET, "192.0.2.1")
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as route:
            route.connect((far, 9))  # sends nothing: the system only looks up its own address on the way
            found = str(route.getsockname()[0])
    except OSError:
        return socket.gethostname()
    return socket.gethostname() if is_loopback(found) or is_everywhere(found) else found


def gate_of(host: str, token: str, hosts: Collection[str], origins: Collection[str]) -> Gate:
    """The rules for who may come in. Raises UsageError where everybody could, for want of a token.

    Raises it too for an origin that no browser sends.
    """
    if not stays_here(host) and not token:
        raise UsageError(
            f"{host} is not an address of this machine alone",
            why="Whoever reaches it could use this server, so beyond loopback it wants a token from everybody.",
            hint="--token-file FILE (or LIVECHAT_SERVE_TOKEN), or --host 127.0.0.1",
        )
    for origin in origins:
        _must_be_origin(origin)
    names = own_names() | {name.lower().rstrip(".").strip("[]") for name in hosts}
    if not stays_here(host) and not is_address(host):
        names |= {host.lower()}
    return Gate(frozenset(names), beyond=not stays_here(host), origins=frozenset(origins), token=token)


def _must_be_origin(text: str) -> None:
    """Raises UsageError unless browsers write an origin like this: scheme, host, and a port that is not the usual."""
    if text == "*":
        raise UsageError(
            "--allow-origin '*': every page is no origin",
            why="Any web site that is open in a browser here could then use this server.",
            hint="--allow-origin https://app.example, once for each page that may come in",
        )
    written = _as_browsers_write(text)
    if not text or text not in ("null", written):
        raise UsageError(
            f"--allow-origin {text!r} is never what a browser sends",
            why="An origin has a scheme and a host, in small letters, and nothing behind them but an unusual port.",
            hint=f"--allow-origin {written or 'https://app.example'}",
        )


def _as_browsers_write(text: str) -> str:
    """The origin that is most likely meant; "" if that cannot be said (RFC 6454, 6.2)."""
    try:
        parts = urlsplit(text.lower() if "://" in text else f"https://{text.lower()}")
        host = parts.netloc.rpartition("@")[2].encode("idna").decode()
    except ValueError:
        return ""
    origin = f"{parts.scheme}://{host.removesuffix(_DEFAULT_PORTS.get(parts.scheme, ':'))}"
    return origin if _ORIGIN.fullmatch(origin) else ""


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
