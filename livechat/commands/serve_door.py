"""Reads what `livechat serve` opens its door with: the token that clients must bring, and the certificate."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from livechat.errors import MissingInput, UsageError

if TYPE_CHECKING:
    import ssl

TOKEN_VARIABLE = "LIVECHAT_SERVE_TOKEN"
SHORTEST, LONGEST = 8, 4096
"""Characters of a token: one that is shorter can be tried out."""


def server_token(file: str | None, env: Mapping[str, str]) -> str:
    """The token in a file (`-` is stdin) or in the environment; "" if there is none.

    Raises MissingInput for a file that cannot be read, UsageError for what cannot be a token.
    """
    if file is None:
        text, source = env.get(TOKEN_VARIABLE, ""), TOKEN_VARIABLE
        return _checked(text, source) if text else ""
    if file == "-":
        return _checked(sys.stdin.read(LONGEST + 1), "stdin")
    try:
        with Path(file).expanduser().open("rb") as stream:
            content = stream.read(LONGEST + 1)
    except OSError as error:
        raise MissingInput(f"cannot read the token file {file}: {error.strerror or error}") from None
    return _checked(content.decode("utf-8", "replace"), file)


def _checked(text: str, source: str) -> str:
    """`text` as clients can write it in a header: visible ASCII. It is not shown."""
    token = text.strip()
    if problem := _broken_rule(token):
        raise UsageError(
            f"what {source} holds cannot be a token: {problem}",
            why=f"A token is one line of {SHORTEST} to {LONGEST} ASCII letters, digits and signs, without a space.",
            hint="python3 -c 'import secrets; print(secrets.token_urlsafe())' > FILE",
        )
    return token


def _broken_rule(token: str) -> str:
    """What is wrong with it, without a word of it; "" if nothing is."""
    if not token:
        return "it is empty"
    if len(token.splitlines()) > 1:
        return "it has more than one line"
    if len(token) < SHORTEST:
        return f"it is shorter than {SHORTEST} characters"
    if len(token) > LONGEST:
        return f"it is longer than {LONGEST} characters"
    if not all("!" <= sign <= "~" for sign in token):
        return "it has a space in it, or a letter that is not ASCII"
    return ""


@dataclass(frozen=True)
class Tls:
    """What a server listens with."""

    context: ssl.SSLContext
    made: Path | None = None
    """The certificate that clients must be told to trust; None for somebody's own."""
    renewed: bool = False
    """What trusts it must read it again."""


def tls_of(
    *, make: bool, certificate: Path | None, key: Path | None, host: str, allow_hosts: Collection[str]
) -> Tls | None:
    """The certificate that was asked for. Raises UsageError, and what `livechat.server.certificate` does."""
    if (certificate is None) != (key is None):
        raise UsageError("--tls-cert and --tls-key belong together", hint="--tls-cert FILE --tls-key FILE")
    if certificate is not None and key is not None:
        from livechat.server.certificate import Pair, context

        return Tls(context(Pair(certificate, key)))
    return _made(host, allow_hosts) if make else None


def _made(host: str, allow_hosts: Collection[str]) -> Tls:
    """One for localhost, kept in the user's state folder."""
    from datetime import UTC, datetime

    from platformdirs import user_state_path

    from livechat.install import install_line
    from livechat.server.address import is_everywhere
    from livechat.server.certificate import context, for_localhost

    names = {name for name in (host, *allow_hosts) if not is_everywhere(name)}
    folder = user_state_path("livechat", appauthor=False) / "tls"
    pair = for_localhost(folder, datetime.now(UTC), install_line("tls"), names)
    return Tls(context(pair), pair.certificate, pair.renewed)
