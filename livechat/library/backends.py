"""Where the other side of a session is, and how it is reached: Google's endpoints, a server of one's own, or none."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import urlsplit

from livechat.closing import Facts
from livechat.credentials import VARIABLES, Key, find_key
from livechat.errors import AccessDenied, UsageError
from livechat.library.given import is_a
from livechat.library.keys import KeyLike, key_of
from livechat.protocol import endpoints
from livechat.protocol.generations import DEFAULT_MODEL, LOCAL_TEXT_MODEL, family_of, live_models
from livechat.suggest import closest

if TYPE_CHECKING:
    from livechat.server.scenario_file import GivenScenario

SERVER_VARIABLE = "LIVECHAT_SERVER_CHOICE"
VERTEX_TOKEN = "CLOUDSDK_AUTH_ACCESS_TOKEN"
GET_A_KEY = "get a key at https://aistudio.google.com/apikey"
WITHOUT_ONE = "or use the server on this machine, without a key and without a network: backend=livechat.Local()"


@dataclass(frozen=True)
class Developer:
    """The Gemini Developer API."""

    key: KeyLike | None = field(default=None, repr=False)
    """None takes LIVECHAT_API_KEY, GOOGLE_API_KEY or GEMINI_API_KEY from the environment, the first that is set."""
    version: str | None = None
    """Of the API: "v1", "v1beta", "v1alpha". None is v1; for tokens and music it is v1alpha."""


@dataclass(frozen=True)
class Vertex:
    """Vertex AI of Google Cloud, in a project with an access token, or in express mode with an API key."""

    project: str = ""
    location: str = "global"
    """A region, a multi-region ("us", "eu") or "global"."""
    token: str | None = field(default=None, repr=False)
    """None takes CLOUDSDK_AUTH_ACCESS_TOKEN from the environment."""
    key: str | None = field(default=None, repr=False)
    """Of express mode, which has no project."""
    version: str | None = None
    """None is v1beta1."""


@dataclass(frozen=True)
class FirebaseAI:
    """Firebase AI Logic, with the API key and the project of a Firebase app."""

    key: str = field(repr=False)
    project: str
    location: str | None = None
    """None is its Developer backend, a location its Vertex AI backend there."""


@dataclass(frozen=True)
class Server:
    """A server of one's own: `livechat serve`, or a gateway. A key in its address is moved into a header."""

    url: str = field(repr=False)
    """ws://HOST:PORT, wss:// or http(s)://; with a path, that very path, and else the Developer API's."""
    key: KeyLike | None = field(default=None, repr=False)
    """None takes LIVECHAT_API_KEY from the environment; keys that are meant for Google stay here."""

    def __repr__(self) -> str:
        return f"Server({_shown(self.url)!r})"


@dataclass(frozen=True)
class Local:
    """The embedded server, in this process and for as long as a session lasts: no key, and no network."""

    scenario: GivenScenario = None
    """What it is like: the name or the path of a scenario, a dict as such a file holds, or a Scenario."""
    speech: Literal["models", "tones"] | None = None
    """"models" hears and speaks (the extra `local`), "tones" answers in tones and needs nothing. None is "models"."""


Backend: TypeAlias = Developer | Vertex | FirebaseAI | Server | Local
"""Where sessions are held; a text in its place is the address of a Server."""


@dataclass(frozen=True)
class Reached:
    """A backend reached for: all that a session needs to open its link and to speak of it."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    model: str
    """As this endpoint spells it."""
    facts: Facts
    demands_ids: bool
    """Every function response must name its call; on Vertex it may be without (google-genai 3.4.0)."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """What must not be written down anywhere."""


def _shown(url: str) -> str:
    """An address without what may be secret in it: names and passwords, and what is asked."""
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("?")[0].partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}" if mark else url.partition("?")[0]


def backend_from(env: Mapping[str, str]) -> Backend:
    """The backend that these variables lead to.

    First LIVECHAT_SERVER_CHOICE with the values of `livechat --server` (and LIVECHAT_SERVER_PROJECT, _LOCATION,
    _API_VERSION); then those of google-genai 3.4.0: GOOGLE_GENAI_USE_ENTERPRISE or GOOGLE_GENAI_USE_VERTEXAI with
    GOOGLE_CLOUD_PROJECT and GOOGLE_CLOUD_LOCATION, GOOGLE_GEMINI_BASE_URL, an API key; GOOGLE_GENAI_API_VERSION.
    Raises AccessDenied where nothing is set, UsageError for a choice that is none.
    """
    choice = env.get(SERVER_VARIABLE, "").strip()
    if choice not in ("", "auto"):
        return _chosen(choice, env)
    if _first(env, "GOOGLE_GENAI_USE_ENTERPRISE", "GOOGLE_GENAI_USE_VERTEXAI").lower() in ("true", "1"):
        return _vertex_from(env)
    key = find_key(None, env)
    if base := env.get("GOOGLE_GEMINI_BASE_URL", "").strip():
        return Server(base, key.value if key else None)
    if key is None:
        raise missing_key()
    return _developer_from(env)


def backend_of(given: Backend | str | None, env: Mapping[str, str]) -> Backend:
    """The backend that is meant: a text is the address of a server, None what the environment says.

    Raises UsageError for what is no backend.
    """
    if given is None:
        return backend_from(env)
    if isinstance(given, str):
        return Server(given)
    if not is_a(given, Developer, Vertex, FirebaseAI, Server, Local):
        hint = "livechat.Developer(), Vertex(…), FirebaseAI(…), Server(…), Local(), or an address"
        raise UsageError(f"{given!r} is no backend", hint=hint)
    return given


def default_model(backend: Backend | str, *, speaks: bool) -> str:
    """The model where none is named: Google's newest, and on this machine for words alone one that writes them.

    A server on this machine is most likely the embedded one in another process.
    """
    url = backend.url if isinstance(backend, Server) else backend
    nearby = isinstance(backend, Local) or (isinstance(url, str) and _is_here(url))
    return LOCAL_TEXT_MODEL if nearby and not speaks else DEFAULT_MODEL


def _is_here(url: str) -> bool:
    try:
        return endpoints.is_loopback(urlsplit(url).hostname or "")
    except ValueError:  # no address at all, which is told where it is reached for
        return False


@asynccontextmanager
async def reach(
    backend: Backend | str, model: str, *, music: bool = False, speech: bool = True
) -> AsyncGenerator[Reached, None]:
    """The backend's address and what is said there; behind Local the embedded server runs until the block is left.

    model: its name, bare or as the endpoint spells it. music: it is Lyria's. speech: sound is heard or spoken.

    Raises AccessDenied where a key is missing, UsageError for what an endpoint cannot do, and Unreachable where the
    embedded server would need speech and has none.
    """
    backend = backend_of(backend, os.environ)
    if not isinstance(backend, Local):
        yield reached(backend, model, os.environ, music=music)
        return
    from livechat.library.local import embedded

    async with embedded(backend.scenario, backend.speech, needs_speech=speech and not music) as url:
        there = endpoints.custom_endpoint(url, music=music)
        yield reached_at(there, endpoints.developer_model(model), None, "the practice server", demands_ids=True)


def reached(
    backend: Developer | Vertex | FirebaseAI | Server, model: str, env: Mapping[str, str], *, music: bool = False
) -> Reached:
    """What is behind another machine's address. Raises as `reach` does."""
    if music and not isinstance(backend, Developer | Server):
        raise UsageError(
            f"{type(backend).__name__} has no music", hint="Lyria RealTime is on the Developer API: livechat.Developer"
        )
    match backend:
        case Developer():
            return _developer(backend, model, env, music=music)
        case Vertex():
            return _vertex(backend, model, env)
        case FirebaseAI():
            return _firebase(backend, model)
        case Server():
            return _server(backend, model, env, music=music)


def missing_key() -> AccessDenied:
    """What to raise where a key is needed and none was found."""
    return AccessDenied("no API key found", why=f"looked at {', '.join(VARIABLES)}", hint=f"{GET_A_KEY}\n{WITHOUT_ONE}")


# ------------------------------------------------------------------------------------------ from the environment


def _chosen(choice: str, env: Mapping[str, str]) -> Backend:
    match choice:
        case "google":
            return _developer_from(env)
        case "local":
            return Local()
        case "vertex":
            return _vertex_from(env)
        case _ if choice.lower().startswith(("ws://", "wss://")):
            return Server(choice)
        case _:
            known = ("auto", "google", "local", "vertex", "ws://HOST", "wss://HOST")
            near = closest(choice, known)
            why = f"it is not one of {', '.join(known)}" + (f" — did you mean {near}?" if near else "")
            raise UsageError(f"{SERVER_VARIABLE}={choice!r} names no server", why=why)


def _developer_from(env: Mapping[str, str]) -> Developer:
    return Developer(version=_version_from(env, "v1beta"))


def _vertex_from(env: Mapping[str, str]) -> Vertex:
    project = _first(env, "LIVECHAT_SERVER_PROJECT", "GOOGLE_CLOUD_PROJECT")
    location = _first(env, "LIVECHAT_SERVER_LOCATION", "GOOGLE_CLOUD_LOCATION") or "global"
    key = None if project else find_key(None, env)
    return Vertex(project, location, key=key.value if key else None, version=_version_from(env, "v1beta1"))


def _version_from(env: Mapping[str, str], beta: str) -> str | None:
    version = _first(env, "LIVECHAT_SERVER_API_VERSION", "GOOGLE_GENAI_API_VERSION")
    return (beta if version == "beta" else version) or None


def _first(env: Mapping[str, str], *names: str) -> str:
    """The first of these that is set; an empty one counts as unset."""
    return next((value for name in names if (value := env.get(name, "").strip())), "")


# ------------------------------------------------------------------------------------------------- each endpoint


def _developer(backend: Developer, model: str, env: Mapping[str, str], *, music: bool) -> Reached:
    key = find_key(None, env) if backend.key is None else key_of(backend.key, "Developer(key=…)")
    if key is None:
        raise missing_key()
    build = endpoints.music_endpoint if music else endpoints.developer_endpoint
    endpoint = build(key.value, version=backend.version)
    return reached_at(endpoint, endpoints.developer_model(model), key, demands_ids=True)


def _vertex(backend: Vertex, model: str, env: Mapping[str, str]) -> Reached:
    if backend.key is not None and backend.token is None:
        key = _no_token(key_of(backend.key, "Vertex(key=…)"))
        express = endpoints.vertex_express_endpoint(key.value, version=backend.version)
        return reached_at(express, endpoints.vertex_express_model(model), key, demands_ids=False)
    if not backend.project:
        raise UsageError(
            "Vertex wants a project", hint="livechat.Vertex('my-project', 'europe-west4'), or the key of express mode"
        )
    token = env.get(VERTEX_TOKEN, "").strip() if backend.token is None else backend.token
    if not token:
        hint = f"export {VERTEX_TOKEN}=$(gcloud auth print-access-token)"
        raise AccessDenied("Vertex wants an access token for your project", why=f"{VERTEX_TOKEN} is not set", hint=hint)
    endpoint = endpoints.vertex_endpoint(backend.location, token, project=backend.project, version=backend.version)
    key = Key(token, VERTEX_TOKEN if backend.token is None else "Vertex(token=…)")
    return reached_at(
        endpoint, endpoints.vertex_model(model, backend.project, backend.location), key, demands_ids=False
    )


def _firebase(backend: FirebaseAI, model: str) -> Reached:
    key = _no_token(key_of(backend.key, "FirebaseAI(key=…)"))
    endpoint = endpoints.firebase_endpoint(key.value, location=backend.location)
    resource = endpoints.firebase_model(model, backend.project, backend.location)
    return reached_at(endpoint, resource, key, demands_ids=False)  # firebase 2.16.0 does not check them


def _server(backend: Server, model: str, env: Mapping[str, str], *, music: bool) -> Reached:
    """A key from the environment is sent only if it was meant for livechat, and not for Google."""
    meant = find_key(None, {name: env.get(name, "") for name in VARIABLES[:1]})
    key = meant if backend.key is None else key_of(backend.key, "Server(key=…)")
    endpoint = endpoints.custom_endpoint(backend.url, key=key.value if key else None, music=music)
    served = endpoints.parse_path(urlsplit(endpoint.url).path)
    spelt = model if "/" in model else endpoints.developer_model(model)
    vertex = served is not None and served.api not in ("developer", "constrained", "music")
    return reached_at(endpoint, spelt, key, demands_ids=not vertex)


def _no_token(key: Key) -> Key:
    if key.ephemeral:
        raise UsageError("an ephemeral token opens the Developer API only", hint="livechat.Developer(key=token)")
    return key


def reached_at(
    endpoint: endpoints.Endpoint, model: str, key: Key | None, server: str = "", *, demands_ids: bool = True
) -> Reached:
    """What is told of an endpoint: `model` as it spells it, the key that is in its headers, how the user calls it."""
    facts = Facts(
        server=server or urlsplit(endpoint.url).netloc,
        model=endpoints.model_name(model),
        key_source=key.source if key else "",
        key_tail=key.hint.lstrip("…") if key else "",
        models=family_of(model).models if family_of(model).music else live_models(),
        reader="program",
    )
    authorising = [value for name, value in endpoint.headers.items() if name != "x-goog-user-project"]
    # Whatever authorises us is the last word of a header: of `Bearer …`, of `Token …`, or the key alone.
    secrets = tuple(value.split()[-1] for value in authorising)
    return Reached(endpoint.url, endpoint.headers, model, facts, demands_ids, secrets)
