"""Says how a server that has begun is reached: from this machine, from others, and by Google's Python client."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from livechat.server.address import is_everywhere, seen_from_afar, seen_from_here, stays_here, url_of

ANSWERS_WITHIN_S: Final = 1.0
NAMED_LOCALHOST: Final = ("127.0.0.1", "0.0.0.0", "localhost")
"""Where it listens when `localhost` leads to it."""


@dataclass(frozen=True)
class Place:
    """Where a server listens, and what it wants from who comes."""

    host: str
    port: int
    token: bool = False
    """It wants one; what it is must not be known here."""
    secure: bool = False
    made: Path | None = None
    """With TLS, the certificate that was made here; None for somebody's own."""


def hints(place: Place) -> list[str]:
    """The lines that work, and why others would not; each may have several lines."""
    return [*_talk(place), *_from_afar(place), *_google(place)]


def _talk(place: Place) -> list[str]:
    if not place.secure and not stays_here(place.host) and not is_everywhere(place.host):
        return []  # livechat would have to send the token unencrypted to what is no loopback address
    trust, host = _trust(place), _called(place)
    key = " --api-key-file FILE" if place.token else ""
    url = url_of(host, place.port, secure=place.secure)
    lines = f"Talk to it from another terminal:\n  {trust}livechat text --server {url}{key}"
    return [f"{lines}\n  HOST is a name in your certificate." if host == "HOST" else lines]


def _from_afar(place: Place) -> list[str]:
    if stays_here(place.host):
        return []
    if place.made:
        return [
            "Other machines cannot verify the certificate that was made here: "
            "--tls-cert FILE --tls-key FILE takes one that they can"
        ]
    if place.secure:
        return []  # the name in the certificate leads there from everywhere
    url = url_of(seen_from_afar(place.host), place.port, secure=False)
    return [
        f"Clients on other machines reach it at {url}, save for our own client: it takes a token nowhere without TLS",
        "Without TLS whoever is on the way reads the token and all that is said: --tls-cert FILE --tls-key FILE, "
        "or a proxy that has it",
    ]


def _google(place: Place) -> list[str]:
    if not place.secure:
        return []  # it insists on TLS
    host = "localhost" if place.made and place.host in NAMED_LOCALHOST else _called(place)
    address = url_of(host, place.port, secure=True).replace("wss", "https", 1)
    key = "TOKEN" if place.token else "x"
    line = f"{_trust(place)}GOOGLE_GEMINI_BASE_URL={address} GEMINI_API_KEY={key}"
    what = "\n  TOKEN is the token of this server." if place.token else ""
    return [f"Google's Python client talks to it with:\n  {line}{what}"]


def _trust(place: Place) -> str:
    return f"SSL_CERT_FILE={shlex.quote(str(place.made))} " if place.made else ""


def _called(place: Place) -> str:
    """The host as a client on this machine writes it; HOST where only a certificate of somebody's own knows it."""
    if place.secure and not place.made and is_everywhere(place.host):
        return "HOST"
    return seen_from_here(place.host)


async def nobody_answers(url: str) -> str:
    """A line that says that nothing accepts connections where a language model should be; "" if something does."""
    import asyncio
    from urllib.parse import urlsplit
    from urllib.request import getproxies

    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    if not stays_here(host) and getproxies():
        return ""  # the way leads through a proxy
    try:
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, UnicodeError) as error:
        why = "no answer within a second" if isinstance(error, TimeoutError) else "it cannot be reached"
        return f"Nobody answers at {host} port {port}, where --llm-url has the language model: {why}"
    writer.close()
    return ""
