"""Mints the ephemeral tokens of the Live API and says what each of them still opens.

A program that must not give its key away (to a browser, to a phone) has a token minted with it. The token opens the
Constrained path for so many sessions, begun within its first minute, for half an hour, and can fix the setup.
The defaults and bounds are those in the reference of `AuthToken` (google-genai 3.4.0), the bodies those that client
sends. The day comes in as an argument, and so do the names: whoever mints must make them hard to guess.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, cast

from livechat.errors import RemoteProtocolError
from livechat.protocol.codec import decode_client_message, encode
from livechat.protocol.setup import Setup
from livechat.protocol.wire import wire_name
from livechat.server.agreement import Refusal
from livechat.server.bounds import too_rich

PREFIX: Final = "auth_tokens/"
LIFE: Final = timedelta(minutes=30)
BEGINS_WITHIN: Final = timedelta(seconds=60)
LONGEST: Final = timedelta(hours=20)
MOST_USES: Final = 2**31 - 1
KEPT: Final = 10_000
"""Tokens alive at a time."""
KEPT_SIZE: Final = 32 * 2**20
"""Of all that was asked for together, as `Token.size` has it."""
MOST_PATHS: Final = 256
"""In a mask; a setup has not so many fields."""
DEEPEST_PATH: Final = 16
"""Names in a path of a mask; but for what is in lists, the deepest field of a setup has five."""
NAME_SIZE: Final = 64
"""What a name takes beside its characters."""

_FIELDS: Final = {"expireTime", "newSessionExpireTime", "uses", "bidiGenerateContentSetup", "fieldMask"}
_LOCKABLE: Final = frozenset(wire_name(name) for name in Setup.model_fields)

Json = dict[str, Any]
"""A JSON object."""


class BadToken(Exception):
    """No token is made of that; `status` and the message are those of the HTTP answer."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class Denied(Exception):
    """The token does not open that; the message says why."""


@dataclass(slots=True)
class Token:
    """One that was minted."""

    name: str = field(repr=False)
    expires: datetime
    begins_until: datetime
    """Sessions are begun before; those that go on may do so until it expires."""
    uses: int
    """Sessions it begins; 0 is as many as one likes."""
    setup: str | None
    """As JSON, which is small where the object that it stands for can be large."""
    mask: tuple[tuple[str, ...], ...]
    """Paths of lowerCamel names into the setup."""
    used: int = 0

    @property
    def size(self) -> int:
        """Characters that are kept of what was asked for, or what takes as much."""
        return len(self.setup or "") + sum(NAME_SIZE + len(name) for path in self.mask for name in path)


class TokenMint:
    """All tokens of one server."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._size = 0

    def mint(self, body: bytes, now: datetime, name: str) -> Token:
        """A token as the body of a POST asks for it, `name` with its prefix. Raises BadToken."""
        asked = _object(body)
        setup, mask = _setup(asked), _mask(asked)
        if mask and setup is None:
            raise BadToken("field_mask must be empty without bidi_generate_content_setup")
        expires = _time(asked, "expireTime", now, LIFE)
        begins_until = _time(asked, "newSessionExpireTime", now, BEGINS_WITHIN)
        token = Token(name, expires, min(begins_until, expires), _uses(asked), setup, mask)
        self._make_room(token.size, now)
        self._tokens[name] = token
        self._size += token.size
        return token

    def present(self, name: str, now: datetime) -> Presented:
        """What a client at the door has with this token. Raises Denied for one that opens nothing.

        A token whose uses are spent still opens the door: only the setup says whether a session is gone on with.
        """
        token = self._living(name, now)
        if not token.used and now >= token.begins_until:
            raise Denied("The auth token was for sessions begun earlier.")
        return Presented(self, token, now)

    def admit(self, name: str, now: datetime, *, resuming: bool) -> Token:
        """Lets a session begin, which counts as a use, or go on, which does not. Raises Denied."""
        token = self._living(name, now)
        if not resuming:
            if now >= token.begins_until:
                raise Denied("The auth token was for sessions begun earlier.")
            if token.uses and token.used >= token.uses:
                raise Denied("The auth token has no uses left.")
            token.used += 1
        return token

    def _make_room(self, size: int, now: datetime) -> None:
        """Forgets the expired if there is no room for another of this size. Raises BadToken if that helps nothing."""
        if self._has_room(size):
            return
        self._tokens = {name: token for name, token in self._tokens.items() if now < token.expires}
        self._size = sum(token.size for token in self._tokens.values())
        if not self._has_room(size):
            raise BadToken(f"There are {len(self._tokens)} tokens already, and no room for another.", 429)

    def _has_room(self, size: int) -> bool:
        return len(self._tokens) < KEPT and self._size + size <= KEPT_SIZE

    def _living(self, name: str, now: datetime) -> Token:
        token = self._tokens.get(name)
        if token is None:
            raise Denied("There is no such auth token.")
        if now >= token.expires:
            raise Denied("The auth token has expired.")
        return token


@dataclass(frozen=True, slots=True)
class Presented:
    """A token, and the moment when it was shown at the door: the Grant of a connection."""

    mint: TokenMint = field(repr=False)
    token: Token
    at: datetime

    def effective(self, setup: Setup) -> Setup:
        """The setup that holds when a client sends this one; to begin a session counts as a use. Raises Refusal."""
        handle = setup.session_resumption.handle if setup.session_resumption else None
        try:
            self.mint.admit(self.token.name, self.at, resuming=bool(handle))
        except Denied as denied:
            raise Refusal(1008, str(denied)) from None
        if self.token.setup is None:
            return setup
        theirs, ours = _written(setup), cast("Json", json.loads(self.token.setup))
        for path in self.token.mask:
            theirs = _overwritten(theirs, ours, path)
        fields = theirs if self.token.mask else ours
        # A token is made before there is a handle: so where it asks for resumption, the connection says of what.
        resumption = fields.get("sessionResumption")
        if handle and resumption is not None:
            fields = {**fields, "sessionResumption": {"handle": handle, **resumption}}
        return _read(fields)


# ------------------------------------------------------------------------------------------- the request


def _object(body: bytes) -> Json:
    """The fields of a request under their lowerCamel names."""
    if complaint := too_rich(body):
        raise BadToken(f"Invalid JSON payload received. {complaint}")
    try:
        found: object = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise BadToken("Invalid JSON payload received.") from None
    if not isinstance(found, dict):
        raise BadToken("Invalid JSON payload received: it is no object.")
    fields = {_camel(name): value for name, value in cast("Json", found).items() if value is not None}
    for name in fields.keys() - _FIELDS:
        raise BadToken(f"Invalid JSON payload received. Unknown name {json.dumps(name[:80])}: Cannot find field.")
    return fields


def _uses(asked: Json) -> int:
    value = asked.get("uses", 1)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:20])
    if type(value) is not int or not 0 <= value <= MOST_USES:
        raise BadToken("Invalid value at 'auth_token.uses' (TYPE_INT32): a whole number, 0 for no limit.")
    return value


def _time(asked: Json, name: str, now: datetime, usual: timedelta) -> datetime:
    if name not in asked:
        return now + usual
    try:
        moment = datetime.fromisoformat(str(asked[name]))
        ahead = moment - now
    except (ValueError, TypeError, OverflowError):
        raise BadToken(f"Invalid value at 'auth_token.{name}' (Timestamp): RFC 3339 with its zone.") from None
    if not timedelta(0) < ahead < LONGEST:
        raise BadToken(f"auth_token.{name} must be in the future, and by less than 20 hours.")
    return moment


def _setup(asked: Json) -> str | None:
    """The setup that is asked for, read once and written again."""
    fields = asked.get("bidiGenerateContentSetup")
    if fields is None:
        return None
    try:
        return encode(_read(fields))
    except RemoteProtocolError as error:
        raise BadToken(f"Invalid value at 'auth_token.bidi_generate_content_setup': {error.problem}") from None


def _mask(asked: Json) -> tuple[tuple[str, ...], ...]:
    """The paths of a FieldMask, which is written with commas between them."""
    text = asked.get("fieldMask", "")
    if not isinstance(text, str):
        raise BadToken("Invalid value at 'auth_token.field_mask' (FieldMask): names with commas between them.")
    names = [path.strip().split(".", DEEPEST_PATH) for path in text.split(",", MOST_PATHS) if path.strip()]
    paths = [tuple(_camel(name) for name in path) for path in names]
    if len(paths) > MOST_PATHS or any(len(path) > DEEPEST_PATH for path in paths):
        raise BadToken(
            f"auth_token.field_mask has more than {MOST_PATHS} paths, or more than {DEEPEST_PATH} names in one."
        )
    for path in paths:
        if path[0] not in _LOCKABLE or not all(path):
            raise BadToken(f"Invalid value at 'auth_token.field_mask': no such field: {json.dumps(path[0][:80])}")
    return tuple(paths)


# --------------------------------------------------------------------------------------------- the setup


def _written(setup: Setup) -> Json:
    return cast("Json", json.loads(encode(setup)))


def _read(fields: object) -> Setup:
    """The setup of these fields. Raises RemoteProtocolError."""
    message = decode_client_message(json.dumps({"setup": fields}))
    return message.setup or Setup()


def _overwritten(base: Mapping[str, Any], over: Mapping[str, Any], path: Sequence[str]) -> Json:
    """`base` with what `over` has under `path`, which may be nothing."""
    name, *rest = path
    value = over.get(name)
    if rest:
        value = _overwritten(_inner(base, name), _inner(over, name), rest) or None
    kept = {known: what for known, what in base.items() if known != name}
    return kept if value is None else {**kept, name: value}


def _camel(name: str) -> str:
    """A foreign name in lowerCamel, whichever way it is spelt."""
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def _inner(fields: Mapping[str, Any], name: str) -> Json:
    found: object = fields.get(name)
    return cast("Json", found) if isinstance(found, dict) else {}
