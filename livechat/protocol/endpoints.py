"""Where a server is, what it is told on the way in, and which API a path asks for.

Sources: the addresses and headers that google-genai 3.4.0, @google/genai 3.1.0 and firebase 2.16.0 use.
A key is only ever a header: addresses end up in logs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit, urlunsplit

from livechat.errors import UsageError

DEVELOPER_HOST = "generativelanguage.googleapis.com"
FIREBASE_HOST = "firebasevertexai.googleapis.com"
DEVELOPER_VERSION = "v1"  # the default of google-genai 3.4.0 and @google/genai 3.1.0
TOKEN_VERSION = "v1alpha"  # where google-genai 3.4.0 wants ephemeral tokens
MUSIC_VERSION = "v1alpha"  # where Lyria RealTime is
VERTEX_VERSION = "v1beta1"
FIREBASE_VERSION = "v1beta"  # the only one that firebase 2.16.0 asks for

_TOKEN = "auth_tokens/"
_SCHEMES = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}
_EXAMPLE = "try: ws://127.0.0.1:8765 or wss://HOST/PATH"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to connect and what to say there; the headers hold secrets, so `repr` shows their names alone."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def __repr__(self) -> str:
        return f"Endpoint({self.url!r}, headers: {', '.join(self.headers) or 'none'})"


def developer_endpoint(key: str, *, version: str | None = None, host: str = DEVELOPER_HOST) -> Endpoint:
    """The Gemini Developer API, with an API key or an ephemeral token (`auth_tokens/…`)."""
    return Endpoint(f"wss://{host}{_developer_path(key, version)}", _credentials(key))


def music_endpoint(key: str, *, version: str | None = None, host: str = DEVELOPER_HOST) -> Endpoint:
    """Lyria RealTime."""
    return Endpoint(f"wss://{host}{_music_path(version)}", _credentials(key))


def vertex_endpoint(location: str, token: str, *, project: str = "", version: str | None = None) -> Endpoint:
    """Vertex AI in a region, in a multi-region (`us`, `eu`) or `global`, with an access token.

    `project` is the one that pays (`x-goog-user-project`).
    """
    headers = {"Authorization": f"Bearer {_spoken(token)}"}
    if project:
        headers["x-goog-user-project"] = project
    return Endpoint(f"wss://{_vertex_host(location)}{_vertex_path(version)}", headers)


def vertex_express_endpoint(key: str, *, version: str | None = None) -> Endpoint:
    """Vertex AI in express mode, with an API key."""
    return Endpoint(f"wss://{_vertex_host('global')}{_vertex_path(version)}", {"x-goog-api-key": _spoken(key)})


def firebase_endpoint(key: str, *, location: str | None = None) -> Endpoint:
    """Firebase AI Logic with the API key of a Firebase project: before the Developer API, or in a location Vertex AI.

    Firebase's own clients write the key into the address; here it is the header that Google's APIs read as well.
    """
    method = "GenerativeService/BidiGenerateContent"
    if location is not None:
        _must_be_location(location)
        method = f"LlmBidiService/BidiGenerateContent/locations/{location}"
    url = f"wss://{FIREBASE_HOST}/ws/google.firebase.vertexai.{FIREBASE_VERSION}.{method}"
    return Endpoint(url, {"x-goog-api-key": _spoken(key)})


def custom_endpoint(url: str, *, key: str | None = None, version: str | None = None, music: bool = False) -> Endpoint:
    """A server of one's own: `http` becomes `ws` and `https` `wss`; without a path it is the Developer API's.

    `music` says which of that API's paths, where the address has none.

    A `key` or `access_token` in the address moves into a header. UsageError when the address is none,
    or when a key would travel unencrypted to another machine.
    """
    scheme, host, parts = _address(url)
    query = parse_qs(parts.query, keep_blank_values=True)
    found = [value for name in ("key", "access_token") for value in query.pop(name, [])]
    key = key or (found[0] if found else "")
    if key and scheme == "ws" and not is_loopback(host):
        raise UsageError(
            f"a key is not sent unencrypted to {host}",
            why="everybody on the way could read it",
            hint=f"use wss://{parts.netloc}",
        )
    usual = _music_path(version) if music else _developer_path(key, version)
    path = parts.path if parts.path not in ("", "/") else usual
    address = urlunsplit((scheme, parts.netloc, path, urlencode(query, doseq=True), ""))
    return Endpoint(address, _credentials(key) if key else {})


def minting_address(url: str) -> str:
    """Where the server behind an address of the Developer API makes ephemeral tokens: `POST`, over http or https.

    What stands before `/ws/` is a gateway's and stays; the query does not.
    """
    parts = urlsplit(url)
    before = parts.path[: max(parts.path.rfind("/ws/"), 0)].rstrip("/")
    return urlunsplit(
        (parts.scheme.replace("ws", "http"), parts.netloc, f"{before}/{TOKEN_VERSION}/auth_tokens", "", "")
    )


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own, so that nobody else can listen."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def developer_model(model: str) -> str:
    """The name of a model as `setup.model` has it for the Developer API; the case stays."""
    return model if model.startswith(("models/", "tunedModels/")) else f"models/{model}"


def vertex_model(model: str, project: str, location: str) -> str:
    """The same for Vertex AI."""
    if model.startswith("projects/"):
        return model
    return f"projects/{project}/locations/{location}/{vertex_express_model(model)}"


def vertex_express_model(model: str) -> str:
    """The same for Vertex AI in express mode."""
    return model if model.startswith("publishers/") else f"publishers/google/models/{model.removeprefix('models/')}"


def firebase_model(model: str, project: str, location: str | None = None) -> str:
    """The same for Firebase AI Logic, before the Developer API or in a location Vertex AI."""
    if location is not None or model.startswith("projects/"):
        return vertex_model(model, project, location or "")
    return f"projects/{project}/models/{model.removeprefix('models/')}"


def model_name(resource: str) -> str:
    """The bare name in `setup.model`, whichever way it is spelt: what follows the last `/`."""
    return resource.rpartition("/")[2]


Api = Literal["developer", "constrained", "music", "vertex", "firebase-developer", "firebase-vertex"]


@dataclass(frozen=True, slots=True)
class ServedPath:
    """What a client asked for by its path: the API, its version, and what stood in the query."""

    api: Api
    version: str
    location: str = ""
    """Firebase's Vertex backend names it."""
    key: str = field(default="", repr=False)
    """From `?key=` or `?access_token=`; a secret."""


_GOOGLE = r"/ws/google\.ai\.generativelanguage\.(?P<version>v1|v1beta|v1alpha)\.GenerativeService\.BidiGenerate"
_FIREBASE = r"/ws/google\.firebase\.vertexai\.(?P<version>v1beta)\."
_PATHS: tuple[tuple[Api, re.Pattern[str]], ...] = (
    ("developer", re.compile(_GOOGLE + "Content")),
    ("constrained", re.compile(_GOOGLE + "ContentConstrained")),
    ("music", re.compile(_GOOGLE + "Music")),
    (
        "vertex",
        re.compile(r"/ws/google\.cloud\.aiplatform\.(?P<version>v1|v1beta1)\.LlmBidiService/BidiGenerateContent"),
    ),
    ("firebase-developer", re.compile(_FIREBASE + "GenerativeService/BidiGenerateContent")),
    (
        "firebase-vertex",
        re.compile(_FIREBASE + r"LlmBidiService/BidiGenerateContent/locations/(?P<location>[\w-]+)"),
    ),
)


def parse_path(path: str) -> ServedPath | None:
    """What a request's path asks for, or None if it is nothing of ours.

    Repeated slashes count once, since Google's own libraries send `//ws/…`; a prefix before `/ws/` is
    a gateway's and passed over. Not read as an address: there, `//ws` would be a host.
    """
    route, _, query = path.partition("?")
    route = re.sub("/+", "/", route).rstrip("/")
    route = route[max(route.rfind("/ws/"), 0) :]
    for api, pattern in _PATHS:
        if found := pattern.fullmatch(route):
            groups = found.groupdict()
            return ServedPath(api, groups["version"], groups.get("location") or "", _key_in(query))
    return None


def _address(url: str) -> tuple[str, str, SplitResult]:
    """The scheme of the socket, the host, and all parts; the error does not show what may hold a secret."""
    try:
        parts = urlsplit(url.strip())
        scheme, host, port = _SCHEMES.get(parts.scheme, ""), parts.hostname or "", parts.port
    except ValueError:
        scheme, host, port, parts = "", "", None, SplitResult("", "", "", "", "")
    if not scheme or not host or port == 0 or "@" in parts.netloc:
        raise UsageError("that is no address of a server", why="it is not scheme://host[:port][/path]", hint=_EXAMPLE)
    return scheme, host, parts


def _key_in(query: str) -> str:
    given = parse_qs(query)
    return next((given[name][0] for name in ("key", "access_token") if name in given), "")


def _service(version: str) -> str:
    return f"/ws/google.ai.generativelanguage.{version}.GenerativeService"


def _developer_path(key: str, version: str | None) -> str:
    if key.startswith(_TOKEN):
        return f"{_service(version or TOKEN_VERSION)}.BidiGenerateContentConstrained"
    return f"{_service(version or DEVELOPER_VERSION)}.BidiGenerateContent"


def _music_path(version: str | None) -> str:
    return f"{_service(version or MUSIC_VERSION)}.BidiGenerateMusic"


def _vertex_host(location: str) -> str:
    if location == "global":
        return "aiplatform.googleapis.com"
    if location in ("us", "eu"):
        return f"aiplatform.{location}.rep.googleapis.com"
    _must_be_location(location)
    return f"{location}-aiplatform.googleapis.com"


def _must_be_location(location: str) -> None:
    if not re.fullmatch(r"[a-z0-9-]+", location):
        raise UsageError(f"{location!r} is no location of Vertex AI", hint="try: global, us, eu or europe-west4")


def _vertex_path(version: str | None) -> str:
    return f"/ws/google.cloud.aiplatform.{version or VERTEX_VERSION}.LlmBidiService/BidiGenerateContent"


def _credentials(key: str) -> dict[str, str]:
    if key.startswith(_TOKEN):
        return {"Authorization": f"Token {_spoken(key)}"}
    return {"x-goog-api-key": _spoken(key)}


def _spoken(secret: str) -> str:
    """A secret that can stand in a header; the error does not show it."""
    if not secret or not all("!" <= sign <= "~" for sign in secret):
        raise UsageError("that cannot be a key", why="a key is visible ASCII without spaces")
    return secret
