"""Where the API key comes from: a file named on the command line, or the environment; never an option's value.

Order: --api-key-file, LIVECHAT_API_KEY, GOOGLE_API_KEY, GEMINI_API_KEY. That GOOGLE_API_KEY hides GEMINI_API_KEY,
and that an empty variable counts as unset, is what Google's own client does (google-genai 3.4.0, `get_env_api_key`).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path

from livechat.errors import AccessDenied, MissingInput

VARIABLES = ("LIVECHAT_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY")
OTHER_SECRETS = ("LIVECHAT_LLM_KEY", "LIVECHAT_SERVE_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN")
"""Variables that commands read tokens from: a language model's, that of one's own server, and Google Cloud's."""
SHORTEST_HELD = 6
"""Characters of a secret that is looked for in other variables."""
LONGEST_KEY = 4096
"""Characters; ephemeral tokens are the longest that Google gives out, and are far below."""


@dataclass(frozen=True)
class Key:
    """An API key or an ephemeral token. Its value is in no `repr`, so no log line and no traceback shows it."""

    value: str = field(repr=False)
    source: str
    """The variable's name or the file's path."""
    notes: tuple[str, ...] = ()
    """What the user should know about where the key lies, in whole sentences."""

    @property
    def ephemeral(self) -> bool:
        """Whether it is a token for one session, made from a key, which other endpoints take (`auth_tokens/...`)."""
        return self.value.startswith("auth_tokens/")

    @property
    def hint(self) -> str:
        """Enough to recognise the key by, and no more: at most its last four characters."""
        return f"…{self.value[-4:]}" if len(self.value) >= 12 else "…"


def find_key(file: Path | None, env: Mapping[str, str]) -> Key | None:
    """The key to use, or None. Raises MissingInput for a file that cannot be read, AccessDenied for no possible key."""
    if file is not None:
        return _from_file(file)
    found = [name for name in VARIABLES if env.get(name, "").strip()]
    if not found:
        return None
    used, *ignored = found
    return Key(_checked(env[used], used), used, _note_of_both(used, ignored))


def secrets_in(env: Mapping[str, str]) -> Iterator[str]:
    """All keys and tokens that lie in the environment, used or not: what must never be printed."""
    for name in (*VARIABLES, *OTHER_SECRETS):
        if key := env.get(name, "").strip():
            yield key


def take_secrets_out(env: MutableMapping[str, str]) -> None:
    """Leaves none of them in `env`: what code of others, and every program that it starts, finds there."""
    for name in (*VARIABLES, *OTHER_SECRETS):
        env.pop(name, None)


def _note_of_both(used: str, ignored: list[str]) -> tuple[str, ...]:
    if not ignored:
        return ()
    return (f"using {used}; {' and '.join(ignored)} {'is' if len(ignored) == 1 else 'are'} ignored",)


def without_secrets(env: Mapping[str, str], ours: Mapping[str, str] | None = None) -> dict[str, str]:
    """Those of `env` that are no key or token, and hold none of ours: for a program whose code is another's.

    Ours are those in `ours`, or in `env` itself.
    """
    secrets = set(secrets_in(env if ours is None else ours))
    return {
        name: value
        for name, value in env.items()
        if name not in (*VARIABLES, *OTHER_SECRETS) and not any(_holds(value, secret) for secret in secrets)
    }


def _holds(value: str, secret: str) -> bool:
    """Whether it is the secret, or holds it; a short one may stand in any path."""
    return value == secret or (len(secret) >= SHORTEST_HELD and secret in value)


def _from_file(file: Path) -> Key:
    try:
        with file.open("rb") as stream:
            content = stream.read(LONGEST_KEY + 1)
            mode = os.fstat(stream.fileno()).st_mode
    except OSError as error:
        why = error.strerror or str(error)
        hint = "give --api-key-file a file that holds the key and nothing else"
        raise MissingInput(f"cannot read the key file {file}", why=why, hint=hint) from None
    return Key(_checked(content.decode("utf-8", "replace"), str(file)), str(file), _note_of_readers(file, mode))


def _note_of_readers(file: Path, mode: int) -> tuple[str, ...]:
    if os.name == "nt" or not stat.S_ISREG(mode) or not mode & (stat.S_IRGRP | stat.S_IROTH):
        return ()
    import shlex

    return (f"others on this machine can read the key in {file}; to keep it yours: chmod 600 {shlex.quote(str(file))}",)


def _checked(text: str, source: str) -> str:
    """`text` as a key can be written in a header: visible ASCII. It is not shown, being the key or near it."""
    key = text.strip()
    if not key:
        raise AccessDenied(f"{source} holds no API key", why="it is empty", hint=_HOW_TO_GET_ONE)
    if len(key) > LONGEST_KEY or not all("!" <= character <= "~" for character in key):
        raise AccessDenied(
            f"what {source} holds cannot be an API key",
            why="a key is one line of letters, digits and signs, without a space in it",
            hint=_HOW_TO_GET_ONE,
        )
    return key


_HOW_TO_GET_ONE = (
    "get a key at https://aistudio.google.com/apikey\nor use the server on this machine: livechat text --local"
)


def missing_key() -> AccessDenied:
    """What to raise where a key is needed and none was found."""
    return AccessDenied(
        "no API key found",
        why=f"looked at --api-key-file, {', '.join(VARIABLES)}",
        hint=f"{_HOW_TO_GET_ONE}, livechat demo",
    )
