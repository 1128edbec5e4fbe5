"""Writes the request for an ephemeral token and reads the answer, as google-genai 3.4.0 does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias

from livechat.errors import RemoteProtocolError, UsageError
from livechat.protocol.codec import encode
from livechat.protocol.setup import GenerationConfig, Setup
from livechat.protocol.wire import Wire, wire_name
from livechat.suggest import closest

LIFE = timedelta(minutes=30)
"""How long a token is good where nothing is asked; the server's own default, as is the next."""
BEGINS_WITHIN = timedelta(seconds=60)
LONGEST = timedelta(hours=20)
LONGEST_NAME = 4096
Lock: TypeAlias = Literal["all", "given"] | Sequence[str]
"""What of the setup a token fixes: all of it, what was given, or that and what is named here."""

_GENERATION = "generation_config"


def request_of(
    setup: Setup | None, lock: Lock, uses: int, expires: datetime | None, begins_until: datetime | None
) -> bytes:
    """The body of the request. Times have their zone; None leaves them to the server. Raises UsageError."""
    if isinstance(uses, bool) or uses < 0:
        raise UsageError(f"uses={uses}: there is no such number of sessions", hint="1 or more, or 0 for no limit")
    fields: dict[str, object] = {"uses": uses}
    for name, moment in (("expireTime", expires), ("newSessionExpireTime", begins_until)):
        if moment is not None:
            fields[name] = moment.astimezone(UTC).isoformat()
    if setup is not None:
        fields["bidiGenerateContentSetup"] = json.loads(encode(setup))
        if mask := mask_of(setup, lock):
            fields["fieldMask"] = ",".join(mask)
    elif lock != "all":
        raise UsageError("there is nothing to lock without a model or a config")
    return json.dumps(fields).encode()


def mask_of(setup: Setup, lock: Lock) -> list[str]:
    """The paths of the fields that are fixed, one level deep into messages; none stands for the whole setup."""
    if lock == "all":
        return []
    named = () if lock == "given" else lock
    if isinstance(named, str):
        raise UsageError(f"lock={named!r}: that is not one of all, given", hint="or a list of fields: ['temperature']")
    return list(dict.fromkeys([*_given(setup), *map(_path, named)]))


def lasting(given: timedelta | float | None, name: str) -> timedelta | None:
    """How long, from seconds or a timedelta. Raises UsageError for no time at all and for more than 20 hours."""
    if given is None:
        return None
    span = given if isinstance(given, timedelta) else timedelta(seconds=given)
    if not timedelta(0) < span < LONGEST:
        raise UsageError(f"{name}={given}: a token is good for less than 20 hours, and for more than none")
    return span


def name_in(body: bytes, server: str) -> str:
    """The token's name in the answer. Raises RemoteProtocolError, which does not show what may be a secret."""
    try:
        found: Any = json.loads(body)
        name = found["name"]
    except (ValueError, RecursionError, LookupError, TypeError):
        name = None
    if not isinstance(name, str) or not name.startswith("auth_tokens/") or not _can_be_sent(name):
        raise RemoteProtocolError(f"{server} has answered with something else than a token")
    return name


def _can_be_sent(name: str) -> bool:
    return len(name) <= LONGEST_NAME and all("!" <= sign <= "~" for sign in name)


def _given(setup: Setup) -> Iterator[str]:
    for name, value in setup.to_wire().items():
        inner = value.to_wire() if isinstance(value, Wire) else {}
        yield from (f"{name}.{within}" for within in inner) if inner else (name,)


def _path(name: str) -> str:
    """The path of a field by its name in either casing: in the setup, within `generationConfig`, or spelt out."""
    first, dot, rest = name.partition(".")
    setup, generation = _spellings(Setup), _spellings(GenerationConfig)
    if first in setup:
        return ".".join([setup[first], *(wire_name(step) for step in rest.split("."))]) if dot else setup[first]
    if name in generation:
        return f"{wire_name(_GENERATION)}.{generation[name]}"
    near = closest(name, [*setup, *generation])
    raise UsageError(f"lock: a setup has no field {name!r}" + (f" — did you mean {near}?" if near else ""))


def _spellings(kind: type[Wire]) -> dict[str, str]:
    """The wire's name of each field, by that and by its own."""
    names = {name: wire_name(name) for name in kind.model_fields}
    return names | {wire: wire for wire in names.values()}
