"""Says what an end of the connection means: from the code, the reason, the phase and what we sent last.

Close codes alone say little: 1008 is a missing model, a stale handle or a refused feature, 1011 is quota, a crash or
a deadline (wire-protocol §5, field.md pain 6). The reasons are Google's own texts as seen in the wild.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from math import ceil

from livechat.errors import (
    AccessDenied,
    LivechatError,
    ModelUnavailable,
    QuotaExceeded,
    RemoteProtocolError,
    RequestRejected,
    TryLater,
    Unreachable,
)
from livechat.suggest import closest

GET_A_KEY = "get a key at aistudio.google.com/apikey and put it into GEMINI_API_KEY"
SIGN_IN = "a captive portal may be in the way: open a web page and sign in"
MODELS_NAMED = 3
"""Of the models that are known to be offered, how many are named where one is not."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How whoever reads a hint does what it says."""

    again: str
    renewed: str
    """How to begin another session in place of the one that is gone."""
    offline: str
    without_a_key: str
    server: str
    """What names the server, as `check …` has it."""
    model: str
    vertex: str
    unencrypted: str
    redirected: str
    written: str
    """How to do without sound."""
    traced: str
    """How to learn what was sent."""
    kept: str
    """How to learn what came."""


MANNERS: Mapping[str, Manner] = {
    "command": Manner(
        again="run the same command again",
        renewed="start a new one: run the same command again",
        offline="or practise offline: livechat demo",
        without_a_key='without a key: livechat text --server local "tell a story"',
        server="--server",
        model="--model",
        vertex="--server vertex --project ID",
        unencrypted="give --server its address with ws:// in place of wss://",
        redirected="give --server the address it redirects to, if you trust it",
        written="text works: livechat text",
        traced="run it with --trace FILE: what was sent is in there, your words and voice too",
        kept="run it with --trace FILE, which keeps what came",
    ),
    "program": Manner(
        again="connect again",
        renewed="connect again, without the old handle",
        offline="or practise offline: backend=livechat.Local()",
        without_a_key="without a key: backend=livechat.Local()",
        server="the backend",
        model="the model's name",
        vertex="backend=livechat.Vertex(project, location)",
        unencrypted="give the backend its address with ws:// in place of wss://",
        redirected="give the backend the address it redirects to, if you trust it",
        written="text works: modality='TEXT'",
        traced="look at what was sent last, and at what the model's family takes",
        kept="is it a server of the Live API?",
    ),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the sentences need to know of the session; `key_tail` is at most the key's last four characters."""

    server: str = "the server"
    """Its host, as the user knows it."""
    model: str = ""
    key_source: str = ""
    key_tail: str = ""
    models: tuple[str, ...] = ()
    """Models known to be offered today."""
    options: tuple[str, ...] = ()
    """The command's options that shaped the request, latest first, as the user typed them."""
    reader: str = "command"
    """Who reads the hints: the user of a `command`, or the writer of a `program`."""

    @property
    def own(self) -> bool:
        """Whether it is somebody's own server: an address with a port is."""
        return ":" in self.server

    @property
    def manner(self) -> Manner:
        return MANNERS[self.reader]

    @property
    def key(self) -> str:
        tail = f"…{self.key_tail} " if self.key_tail else ""
        return f" ({tail}from {self.key_source})" if self.key_source else ""


@dataclass(frozen=True, slots=True)
class Close:
    """An end of the WebSocket as it was seen."""

    code: int
    reason: str
    phase: str
    """`setup` before setupComplete, `open` after it."""
    last_sent: str = ""
    """The kind of the last message we sent: `setup`, `clientContent`, `realtimeInput`, `toolResponse`."""
    warned: bool = False
    """A goAway had come."""
    in_turn: bool = True
    """Something was still to be answered."""

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}" if self.reason else str(self.code)


class Remedy(Enum):
    """What another connection can do about the end of one."""

    AGAIN = "again"
    """It may simply be tried."""
    AFRESH = "afresh"
    """The session itself was refused: one without its past may be tried, once."""
    NEVER = "never"
    """The next would end in the same way, or do harm."""


def remedy_of(close: Close, error: LivechatError) -> Remedy:
    """What may be done about this close, which is explained by `error`."""
    if isinstance(error, (QuotaExceeded, ModelUnavailable)) or close.code == 1009:
        return Remedy.NEVER
    if isinstance(error, AccessDenied):  # a policy that gives no reason may be about what was said
        known = any(re.search(pattern, close.reason, re.IGNORECASE) for pattern, _ in _REASONS)
        return Remedy.NEVER if known else Remedy.AFRESH
    return Remedy.AFRESH if isinstance(error, RequestRejected) else Remedy.AGAIN


def explain_close(close: Close, facts: Facts) -> LivechatError:
    """The error that this close is, with its why and what to do."""
    close = replace(close, reason=_one_line(close.reason))
    for pattern, made in _REASONS:
        if re.search(pattern, close.reason, re.IGNORECASE):
            return made(close, facts)
    return _by_code(close, facts)


def explain_refusal(kind: str, detail: str, status: int, retry_after: str, facts: Facts) -> LivechatError:
    """The error that a connection which never came about is; `kind` as in `events.Refused`."""
    detail, how = _one_line(detail), facts.manner
    if kind == "http":
        return _by_status(status, detail, retry_after, facts)
    if kind == "tls":
        return _untrusted(detail, facts)
    if kind in ("proxy", "no proxy", "socks"):
        return _not_through(kind, detail, facts)
    what = {
        "name": f"the name {facts.server} cannot be resolved",
        "timeout": f"{facts.server} does not answer",
        "connect": f"nothing answers at {facts.server}",
        "handshake": f"{facts.server} is not a Live API server",
    }.get(kind, f"no connection to {facts.server}")
    hint = {
        "name": "check the network; a captive portal or a VPN may be in the way",
        "handshake": f"check {how.server}, and whether it wants wss:// there; a captive portal may be answering",
    }.get(kind, f"check the network, then {how.again}")
    if kind == "connect" and facts.own:
        hint = "is it running? Start one with: livechat serve"
    return Unreachable(what, why=detail, hint=f"{hint}\n{how.offline}")


def _untrusted(detail: str, facts: Facts) -> LivechatError:
    """TLS failed: OpenSSL's own words tell four troubles apart. Nothing has been sent."""
    what, how = f"no trusted connection to {facts.server}: TLS failed", facts.manner
    hint = "check the clock; name the certificate that vouches for it in SSL_CERT_FILE"
    if _says(r"wrong.version.number|record.layer", detail):
        hint = f"it may have no TLS: {how.unencrypted}"
    elif _says(r"has expired|not yet valid", detail):
        what = f"the certificate of {facts.server} is out of date"
        hint = "check this machine's clock; where it is right, the server's owner has to renew the certificate"
    elif _says(r"mismatch|not valid for", detail):
        what = f"{facts.server} shows the certificate of somebody else"
        hint = f"{SIGN_IN}; or check {how.server}"
    elif _says(r"self.signed|issuer|unable to verify|unknown ca", detail):
        what = f"nobody you trust vouches for {facts.server}"
        whose = "if it is yours" if facts.own else "if a company's proxy or a virus scanner may read along"
        hint = f"{whose}, name its certificate in SSL_CERT_FILE"
    return Unreachable(what, why=detail, hint=f"{hint}\n{how.offline}")


def _not_through(kind: str, detail: str, facts: Facts) -> LivechatError:
    """The proxy that the environment names is none, is not there, or says no."""
    how, what = facts.manner, f"the proxy does not let us through to {facts.server}"
    hint = "check HTTPS_PROXY, ALL_PROXY and NO_PROXY"
    if kind == "socks":
        error = "a SOCKS proxy needs the package python-socks"
        return Unreachable(error, why="the environment names such a proxy", hint=f"{detail}\n{how.offline}")
    if kind == "no proxy":
        what = f"the proxy on the way to {facts.server} cannot be reached"
    elif _says(r"\b407\b|password|authentication", detail):
        what = f"the proxy on the way to {facts.server} wants a user and a password"
        hint = "write them into its address: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"
    return Unreachable(what, why=detail, hint=f"{hint}\n{how.offline}")


def _says(pattern: str, detail: str) -> bool:
    return re.search(pattern, detail, re.IGNORECASE) is not None


def _one_line(foreign: str) -> str:
    """A stranger's words without line breaks: on a line of their own they could pass for ours."""
    return " ".join(foreign.split())


def _by_status(status: int, detail: str, retry_after: str, facts: Facts) -> LivechatError:
    why, how = f"HTTP {status}" + (f": {detail}" if detail else ""), facts.manner
    if status == 511 or (status < 300 and _says(r"<(html|!doctype|head|body)\b", detail)):
        what = f"a web page answers in place of {facts.server}"
        return Unreachable(what, why=why, hint=f"{SIGN_IN}; or check {how.server}\n{how.offline}")
    if status < 300:
        return explain_refusal("handshake", why, status, retry_after, facts)
    if status in (401, 403):
        return _key_refused(why, facts)
    if status == 404:
        return Unreachable(
            f"{facts.server} has no Live API at this address", why=why, hint=f"check {how.server} and {how.model}"
        )
    if status == 429:
        return QuotaExceeded("quota exceeded", why=why, hint=_wait(retry_after if retry_after.isdigit() else "", how))
    if 300 <= status < 400:
        what = f"{facts.server} redirects; a key is not carried elsewhere"
        return Unreachable(what, why=why, hint=f"{how.redirected}\n{SIGN_IN}")
    if status >= 500:
        return TryLater(f"{facts.server} is failing", why=why, hint=f"wait a minute, then {how.again}")
    return Unreachable(f"{facts.server} refused the connection", why=why, hint=f"check {how.server}")


def _key_refused(why: str, facts: Facts) -> LivechatError:
    hint = f"{GET_A_KEY}\n{facts.manner.without_a_key}"
    if not facts.key_source:
        return AccessDenied(f"{facts.server} wants a key and got none", why=why, hint=hint)
    return AccessDenied(f"the server refused your API key{facts.key}", why=why, hint=hint)


def _bad_key(close: Close, facts: Facts) -> LivechatError:
    return _key_refused(f"close {close}", facts)


def _wrong_place(close: Close, facts: Facts) -> LivechatError:
    return AccessDenied(
        "the server does not serve your location", why=f"close {close}", hint=f"try Vertex: {facts.manner.vertex}"
    )


def _no_model(close: Close, facts: Facts) -> LivechatError:
    named = facts.models[:MODELS_NAMED]
    models = f"live models now: {', '.join(named)}" if named else f"check {facts.manner.model}"
    near = closest(facts.model, facts.models)
    guess = f" — did you mean {near}?" if near and near != facts.model else ""
    what = f"model '{facts.model}' not found{' or not available for your key' if facts.key_source else ''}{guess}"
    return ModelUnavailable(what, why=f"close {close}", hint=models)


def _quota(close: Close, facts: Facts) -> LivechatError:
    seconds = re.search(r"retry(?:ing)? (?:in|after) (\d{1,6}(?:\.\d+)?)", close.reason, re.IGNORECASE)
    why = f"this key has used what it may use{f' of {facts.model}' if facts.model else ''} (close {close})"
    return QuotaExceeded(
        "quota exceeded", why=why, hint=_wait(str(ceil(float(seconds[1]))) if seconds else "", facts.manner)
    )


def _wait(seconds: str, how: Manner) -> str:
    """What to do about a quota that is said to be there again after that."""
    return f"wait {f'{seconds} s' if seconds else 'a while'}, then {how.again}\n{how.offline}"


def _no_session(close: Close, facts: Facts) -> LivechatError:
    return RequestRejected("the server no longer knows this session", why=f"close {close}", hint=facts.manner.renewed)


def _not_offered(close: Close, facts: Facts) -> LivechatError:
    return RequestRejected(
        "the server does not offer what was asked for", why=f"close {close}", hint=_cause(close, facts)
    )


def _speechless(close: Close, facts: Facts) -> LivechatError:
    return Unreachable("this server has no voice and no ears", why=close.reason, hint=facts.manner.written)


def _limited(close: Close, facts: Facts) -> LivechatError:
    return TryLater("the session has reached a limit of the server", why=f"close {close}", hint=facts.manner.renewed)


def _failing(close: Close, facts: Facts) -> LivechatError:
    why = "it had said that it would close (goAway)" if close.warned else "the fault is the server's"
    return TryLater(f"the server failed ({close})", why=why, hint=f"{facts.manner.again}\n{facts.manner.offline}")


_Explained = Callable[[Close, Facts], LivechatError]
_REASONS: tuple[tuple[str, _Explained], ...] = (
    (r"api key (not valid|expired|not found|was reported)|invalid api key|api_key_invalid|unauthenticated", _bad_key),
    (r"unregistered callers|authentication credential", _bad_key),
    (r"location is not supported", _wrong_place),
    (r"is not found for api version|not supported for bidi|model .*not found", _no_model),
    (r"quota|resource.?exhausted|rate.?limit|credits", _quota),
    (r"session not found", _no_session),
    (r"not implemented, or supported, or enabled", _not_offered),
    (r"cannot hear or speak", _speechless),
    (r"goaway|session.*\blimit", _limited),
    (r"deadline expired|internal error|was aborted", _failing),
)


def _by_code(close: Close, facts: Facts) -> LivechatError:
    how = facts.manner
    if close.code == 1007:
        what = "the server rejected our request" + (f": {close.reason}" if close.reason else "")
        return RequestRejected(what, why=_said_last(close), hint=_cause(close, facts))
    if close.code == 1008:
        return AccessDenied(
            f"the server's policy forbids this ({close})", why=_said_last(close), hint=_cause(close, facts)
        )
    if close.code == 1009:
        return RequestRejected("a message was too big", why=f"close {close}", hint="send less at once, or ask for less")
    if close.code in (1011, 1012, 1013, 1014):
        return _failing(close, facts)
    if close.code in (1000, 1001):
        open_ = "in the middle of a turn" if close.in_turn else "between two turns"
        during = "before it had begun" if close.phase == "setup" else open_
        why = "it had said that it would (goAway)" if close.warned else ""
        return TryLater(f"the server ended the session {during}", why=why, hint=facts.manner.again)
    if close.phase == "setup":
        return Unreachable(
            f"{facts.server} hung up during the setup", why=f"close {close}", hint=f"check {how.server} and {how.model}"
        )
    if close.code == 1002:  # whichever side says so of the other
        return RemoteProtocolError(f"the connection to {facts.server} broke the WebSocket protocol ({close})")
    return TryLater(
        f"the connection to {facts.server} was lost", why=f"close {close}", hint=f"check the network, then {how.again}"
    )


def _said_last(close: Close) -> str:
    return f"what we had sent last was {close.last_sent}" if close.last_sent else ""


def _cause(close: Close, facts: Facts) -> str:
    """Which option probably caused it: a setup is refused for what shaped it, the rest for what it held."""
    if close.phase == "setup" and facts.options:
        return f"probably caused by {facts.options[0]}: try without it"
    return facts.manner.traced
