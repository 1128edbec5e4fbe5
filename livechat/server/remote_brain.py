"""A brain behind any OpenAI-compatible URL: Ollama, llama.cpp, vLLM, LM Studio or a service."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Generator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from ssl import SSLContext
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from livechat.errors import (
    AccessDenied,
    LivechatError,
    ModelUnavailable,
    QuotaExceeded,
    RemoteProtocolError,
    RequestRejected,
    TryLater,
    Unanswered,
    Unreachable,
    UsageError,
)
from livechat.protocol.parts import FunctionCall, FunctionDeclaration
from livechat.server.chat_completions import AnswerReader, error_in, first_model, request_body
from livechat.server.skills.moment import Said

if TYPE_CHECKING:
    import httpx2

CONNECT_S = 5.0
ANSWER_S = 120.0
"""How long nothing may come: a local server loads its model with the first request."""
LARGEST_BODY = 16 * 1024 * 1024
"""Bytes of an answer that is not streamed."""
LONGEST_MESSAGE = 300
"""Characters of a server's own error message that are passed on."""
_STARTED_WITH = {
    11434: "is Ollama running? Start it with: ollama serve",
    8080: "is llama.cpp's server running? Start it with: llama-server -m MODEL.gguf",
    8000: "is vLLM running? Start it with: vllm serve MODEL",
    1234: "is LM Studio's server running? Start it with: lms server start",
}


class RemoteBrain:
    """Streams the answers of a language model.

    url: the base of the interface, as "http://localhost:11434/v1"; without a path, /v1 is meant.
    model: its name; None takes the first one that the server lists.
    key: sent as a bearer token, and never shown. Nothing else that could be a secret is sent.
    install_line: what to run if the HTTP client is not installed.
    Raises UsageError if the URL cannot be one, or without the client.
    """

    speculative = False

    def __init__(
        self, url: str, model: str | None = None, key: str | None = None, *, install_line: str = "",
        answer_s: float = ANSWER_S,
    ) -> None:  # fmt: skip
        try:
            import httpx2
        except ImportError:
            raise UsageError("a language model at a URL needs the package httpx2", hint=install_line) from None
        if key and not (key.isascii() and key.isprintable()):
            raise UsageError("the key of the language model holds characters that no key has")
        self._http = httpx2
        self._base = _base_of(url)
        self._model = model
        self._key = key
        self._local = _is_loopback(urlsplit(url).hostname or "")
        self._timeout = httpx2.Timeout(answer_s, connect=CONNECT_S)
        # A context takes 80 ms to make, so it is made once; without TLS none is needed.
        self._tls: SSLContext | bool = httpx2.create_ssl_context() if self._base.startswith("https:") else False

    async def respond(
        self, history: Sequence[Said], tools: Sequence[FunctionDeclaration]
    ) -> AsyncIterator[str | FunctionCall]:
        """See `Brain.respond`. Raises LivechatError: Unreachable, AccessDenied, TryLater and their kin."""
        with self._explained():
            async with self._client() as client:
                self._model = self._model or await self._first_model(client)
                body = request_body(self._model, history, tools)
                async with client.stream("POST", f"{self._base}/chat/completions", json=body) as response:
                    await self._expect_success(response)
                    async for piece in self._pieces(response):
                        yield piece

    def _client(self) -> httpx2.AsyncClient:
        """A client for one answer, so that nothing is left to close. Proxies are never used for this machine."""
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        return self._http.AsyncClient(
            headers=headers, timeout=self._timeout, verify=self._tls, trust_env=not self._local
        )

    async def _first_model(self, client: httpx2.AsyncClient) -> str:
        response = await client.get(f"{self._base}/models")
        await self._expect_success(response)
        name = first_model(self._decoded(response.text))
        if name is None:
            raise ModelUnavailable(f"the server at {self._base} offers no model", hint="load one, or name one")
        return name

    async def _pieces(self, response: httpx2.Response) -> AsyncIterator[str | FunctionCall]:
        reader = AnswerReader()
        if "event-stream" in response.headers.get("content-type", ""):
            async for event in self._http.EventSource(response):
                if event.data == "[DONE]":
                    reader.finished = True
                    break
                for text in reader.read(self._checked(self._decoded(event.data))):
                    yield text
        else:
            for text in reader.read(self._checked(self._decoded(await _body(response)))):
                yield text
        if not reader.finished:
            raise TryLater("the language model's answer broke off")
        for piece in reader.end():
            yield piece

    def _decoded(self, text: str) -> object:
        try:
            return json.loads(text)
        except ValueError:
            raise RemoteProtocolError("the language model's server sent what is no JSON", self._clean(text)) from None

    def _checked(self, chunk: object) -> object:
        if message := error_in(chunk):
            raise TryLater(f"the language model failed: {self._clean(message)}")
        return chunk

    async def _expect_success(self, response: httpx2.Response) -> None:
        if response.is_success:
            return
        text = await _body(response)
        try:
            message = error_in(json.loads(text))
        except ValueError:
            message = None
        raise self._refusal(response.status_code, self._clean(message or text.strip() or response.reason_phrase))

    def _refusal(self, status: int, message: str) -> LivechatError:
        what = f"the language model's server answered {status}: {message}"
        if status in (401, 403):
            return AccessDenied(what, hint="put the key into the environment variable LIVECHAT_LLM_KEY")
        if status == 404 and self._model and self._model in message:
            return ModelUnavailable(what, hint="name a model that this server has")
        if status == 404:
            return Unreachable(what, hint="is this the base of an OpenAI-compatible interface? It often ends in /v1")
        if status == 429:
            return QuotaExceeded(what)
        return TryLater(what) if status >= 500 else RequestRejected(what)

    def _clean(self, text: str) -> str:
        """Foreign text, short and without the key that some servers repeat."""
        return (text.replace(self._key, "[key]") if self._key else text)[:LONGEST_MESSAGE]

    @contextmanager
    def _explained(self) -> Generator[None]:
        """Turns the HTTP client's errors into ours; their own texts may hold what must not be shown."""
        http = self._http
        try:
            yield
        except http.ConnectError:
            raise self._unreachable("nobody answers") from None
        except http.ConnectTimeout:
            raise self._unreachable(f"no answer within {CONNECT_S:.0f} s") from None
        except http.TimeoutException:
            raise Unanswered(f"the language model at {self._base} said nothing for too long") from None
        except (http.ReadError, http.RemoteProtocolError, http.WriteError):
            raise TryLater("the connection to the language model broke off") from None
        except (http.HTTPError, http.InvalidURL) as error:
            raise Unreachable(f"no language model at {self._base}", why=type(error).__name__) from None

    def _unreachable(self, why: str) -> Unreachable:
        hint = _STARTED_WITH.get(urlsplit(self._base).port or 0, "") if self._local else ""
        return Unreachable(f"no language model at {self._base}: {why}", hint=hint)


async def _body(response: httpx2.Response) -> str:
    """The whole body, up to `LARGEST_BODY`."""
    body = b""
    async for part in response.aiter_bytes():
        body += part
        if len(body) > LARGEST_BODY:
            raise RemoteProtocolError("the language model's server sent more than 16 MiB")
    return body.decode("utf-8", "replace")


def _base_of(url: str) -> str:
    base = _http_url(url.strip())
    if base is None:
        raise UsageError(f"not the URL of a language model: {url}", hint="as in: http://localhost:11434/v1")
    if base.username or base.password:
        raise UsageError("the URL of a language model must not hold a password", hint="use LIVECHAT_LLM_KEY")
    path = base.path.rstrip("/").removesuffix("/chat/completions") or "/v1"
    return f"{base.scheme}://{base.netloc}{path}"


def _http_url(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        return parts if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 else None
    except ValueError:  # a port that is no number, brackets that do not close
        return None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or host.endswith(".localhost") or ip_address(host).is_loopback
    except ValueError:
        return False
