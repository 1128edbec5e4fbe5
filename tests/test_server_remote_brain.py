"""A brain behind a URL, tried against a real HTTP server on loopback."""

from __future__ import annotations

import asyncio
import builtins
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from livechat import errors
from livechat.protocol.parts import FunctionCall, FunctionDeclaration
from livechat.server.brain import Brain, Said
from livechat.server.remote_brain import LARGEST_BODY, RemoteBrain
from tests.aio import run

QUESTION = [Said("user", "hello")]
KEY = "sk-very-secret-0123456789"


@dataclass
class Request:
    line: str
    headers: dict[str, str]
    body: dict[str, Any]


Handler = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Model:
    """A server that does with every request what `handler` says, and keeps what it was asked."""

    handler: Handler
    requests: list[Request] = field(default_factory=list[Request])
    tasks: set[asyncio.Task[Any] | None] = field(default_factory=set[asyncio.Task[Any] | None])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tasks.add(asyncio.current_task())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.requests.append(Request(head[0], headers, json.loads(body or b"{}")))
        with suppress(ConnectionError):  # where the brain has hung up
            await self.handler(self.requests[-1], writer)
        writer.close()


def ask(
    handler: Handler,
    *,
    model: str | None = "llama",
    key: str | None = None,
    tools: Sequence[FunctionDeclaration] = (),
) -> tuple[list[str | FunctionCall], Model]:
    """The pieces that come from a server with this handler, and the server."""
    peer = Model(handler)

    async def conversation() -> list[str | FunctionCall]:
        server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            brain = RemoteBrain(f"http://127.0.0.1:{port}", model, key)
            try:
                return [piece async for piece in brain.respond(QUESTION, tools)]
            finally:
                await asyncio.wait(filter(None, peer.tasks))

    return run(conversation()), peer


def stream(
    *parts: bytes | str, status: str = "200 OK", kind: str = "text/event-stream", chunked: bool = True
) -> Handler:
    """Sends each part in a packet of its own."""

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        coding = "Transfer-Encoding: chunked\r\n" if chunked else ""
        writer.write(f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{coding}Connection: close\r\n\r\n".encode())
        for part in parts:
            data = part.encode() if isinstance(part, str) else part
            writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n" if chunked else data)
            await writer.drain()
            await asyncio.sleep(0)
        if chunked:
            writer.write(b"0\r\n\r\n")
        await writer.drain()

    return handler


def event(content: str | None = None, finish: str | None = None, **more: object) -> str:
    delta = {"content": content, **more} if content is not None else more
    return f"data: {json.dumps({'choices': [{'delta': delta, 'finish_reason': finish}]})}\n\n"


DONE = "data: [DONE]\n\n"


# ------------------------------------------------------------------------------------------------ answers


def test_an_answer_streams_in_as_it_is_sent() -> None:
    pieces, peer = ask(stream(event("Hel"), event("lo"), event(finish="stop"), DONE))
    assert pieces == ["Hel", "lo"]
    assert peer.requests[0].line == "POST /v1/chat/completions HTTP/1.1"
    assert peer.requests[0].body == {
        "model": "llama",
        "messages": [{"role": "user", "content": "hello"}],
        "stream": True,
    }


def test_events_may_be_cut_anywhere_and_have_comments_between_them() -> None:
    whole = (": keep-alive\r\n\r\n" + event("Grüße") + ": ping\n\n" + event("!") + event(finish="stop") + DONE).encode()
    pieces, _ = ask(stream(*(whole[at : at + 3] for at in range(0, len(whole), 3))))
    assert pieces == ["Grüße", "!"]


def test_a_chunk_that_only_counts_tokens_is_no_answer() -> None:
    usage = 'data: {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}\n\n'
    assert ask(stream(event("Hi"), event(finish="stop"), usage, DONE))[0] == ["Hi"]


def test_the_end_need_not_be_marked_if_the_server_said_why_it_stopped() -> None:
    assert ask(stream(event("Hi"), event(finish="stop")))[0] == ["Hi"]


def test_what_comes_after_the_mark_of_the_end_is_not_read() -> None:
    assert ask(stream(event("Hi"), DONE, "data: rubbish\n\n"))[0] == ["Hi"]


def test_a_server_that_does_not_stream_is_understood() -> None:
    whole = json.dumps({"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]})
    assert ask(stream(whole, kind="application/json"))[0] == ["Hello"]


def test_function_calls_come_whole_after_the_text() -> None:
    tool = FunctionDeclaration(name="get_weather", description="Weather", parameters_json_schema={"type": "object"})
    first = {"index": 0, "id": "c1", "function": {"name": "get_weather", "arguments": '{"ci'}}
    second = {"index": 0, "function": {"arguments": 'ty": "Rome"}'}}
    pieces, peer = ask(
        stream(
            event("One moment."),
            event(tool_calls=[first]),
            event(tool_calls=[second]),
            event(finish="tool_calls"),
            DONE,
        ),
        tools=[tool],
    )
    assert pieces == ["One moment.", FunctionCall(id="c1", name="get_weather", args={"city": "Rome"})]
    assert peer.requests[0].body["tools"][0]["function"]["name"] == "get_weather"


def test_without_a_name_the_first_model_of_the_server_is_taken_and_remembered() -> None:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        listing = json.dumps({"data": [{"id": "qwen"}, {"id": "llama"}]})
        answer = stream(listing, kind="application/json") if "/models" in request.line else stream(event("Hi"), DONE)
        await answer(request, writer)

    peer = Model(handler)

    async def two_turns() -> None:
        server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
        async with server:
            brain = RemoteBrain(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/")
            for _ in range(2):
                assert [piece async for piece in brain.respond(QUESTION, [])] == ["Hi"]

    run(two_turns())
    assert [request.line.split()[1] for request in peer.requests] == [
        "/v1/models",
        "/v1/chat/completions",
        "/v1/chat/completions",
    ]
    assert peer.requests[1].body["model"] == "qwen"


def test_it_is_a_brain_that_is_never_asked_on_a_guess() -> None:
    brain: Brain = RemoteBrain("http://localhost:11434")
    assert brain.speculative is False


def test_a_conversation_that_is_left_in_the_middle_closes_its_connection() -> None:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        await stream(event("Hi"), event(" there"))(request, writer)

    async def leave() -> None:
        server = await asyncio.start_server(Model(handler).serve, "127.0.0.1", 0)
        async with server:
            pieces = RemoteBrain(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "m").respond(QUESTION, [])
            async for piece in pieces:
                assert piece == "Hi"
                break
            assert isinstance(pieces, AsyncGenerator)
            await pieces.aclose()

    run(leave())


# ------------------------------------------------------------------------------------------------ secrets


def test_the_key_is_sent_as_a_bearer_and_nothing_is_sent_without_one() -> None:
    assert ask(stream(event("Hi"), DONE), key=KEY)[1].requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert "authorization" not in ask(stream(event("Hi"), DONE))[1].requests[0].headers


def test_googles_keys_and_proxies_of_the_environment_are_not_used_on_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, KEY)
    pieces, peer = ask(stream(event("Hi"), DONE))
    assert pieces == ["Hi"]
    assert KEY not in str(peer.requests[0])


def test_no_error_repeats_the_key() -> None:
    refusal = json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}"}})
    with pytest.raises(errors.AccessDenied) as caught:
        ask(stream(refusal, status="401 Unauthorized", kind="application/json"), key=KEY)
    assert KEY not in str(caught.value)
    assert "[key]" in str(caught.value)
    assert "LIVECHAT_LLM_KEY" in caught.value.hint


@pytest.mark.parametrize("key", ["sk-ü", "sk-\n"])
def test_a_key_that_no_header_can_hold_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(errors.UsageError) as caught:
        RemoteBrain("http://localhost:1234", key=key)
    assert "sk-" not in str(caught.value)


# ------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("status", "body", "error", "said"),
    [
        ("400 Bad Request", '{"error": {"message": "too many messages"}}', errors.RequestRejected, "too many messages"),
        ("404 Not Found", '{"error": "model \\"llama\\" not found"}', errors.ModelUnavailable, "llama"),
        ("404 Not Found", "404 page not found", errors.Unreachable, "404 page not found"),
        ("429 Too Many Requests", '{"error": {"message": "slow down"}}', errors.QuotaExceeded, "slow down"),
        ("503 Service Unavailable", "", errors.TryLater, "Service Unavailable"),
    ],
)
def test_a_refusal_tells_what_the_server_said(
    status: str, body: str, error: type[errors.LivechatError], said: str
) -> None:
    with pytest.raises(error, match=said):
        ask(stream(body, status=status, kind="application/json"))


def test_the_servers_own_words_are_bounded() -> None:
    with pytest.raises(errors.RequestRejected) as caught:
        ask(stream(json.dumps({"error": "x" * 10_000}), status="400 Bad Request", kind="application/json"))
    assert len(str(caught.value)) < 400


def test_an_error_in_the_middle_of_a_stream_ends_it() -> None:
    with pytest.raises(errors.TryLater, match="out of memory"):
        ask(stream(event("Hel"), 'data: {"error": {"message": "out of memory"}}\n\n'))


def test_an_answer_that_stops_without_an_end_has_broken_off() -> None:
    with pytest.raises(errors.TryLater, match="broke off"):
        ask(stream(event("Hel"), chunked=False))


def test_a_connection_that_is_cut_in_the_middle_has_broken_off() -> None:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\nff\r\ndata"
        )
        await writer.drain()

    with pytest.raises(errors.TryLater, match="broke off"):
        ask(handler)


def test_what_is_no_json_is_no_answer() -> None:
    with pytest.raises(errors.RemoteProtocolError, match="no JSON"):
        ask(stream("data: oops\n\n"))


def test_a_server_that_sends_without_end_is_stopped() -> None:
    with pytest.raises(errors.RemoteProtocolError, match="16 MiB"):
        ask(stream(*[b" " * (LARGEST_BODY // 4)] * 5, kind="application/json"))


def test_a_server_that_says_nothing_is_not_waited_for_for_ever() -> None:
    async def conversation() -> None:
        given_up = asyncio.Event()

        async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
            await given_up.wait()

        server = await asyncio.start_server(Model(handler).serve, "127.0.0.1", 0)
        async with server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            with pytest.raises(errors.Unanswered):
                await everything(RemoteBrain(url, "m", answer_s=0.05))
            given_up.set()

    run(conversation())


def test_a_server_without_models_is_named() -> None:
    with pytest.raises(errors.ModelUnavailable, match="offers no model"):
        ask(stream('{"data": []}', kind="application/json"), model=None)


def test_a_server_that_is_not_there_is_named_with_how_to_start_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import httpx2

    async def refuse(*args: object, **kwargs: object) -> None:
        raise httpx2.ConnectError("refused")

    monkeypatch.setattr(httpx2.AsyncClient, "get", refuse)
    for url, hint in (
        ("http://localhost:11434/v1", "ollama serve"),
        ("http://127.0.0.1:8080", "llama-server"),
        ("http://localhost:5", ""),
        ("http://llm.example:11434", ""),
    ):
        with pytest.raises(errors.Unreachable) as caught:
            run(everything(RemoteBrain(url)))
        assert hint in caught.value.hint
        assert bool(hint) == bool(caught.value.hint)


async def everything(brain: RemoteBrain) -> list[str | FunctionCall]:
    return [piece async for piece in brain.respond(QUESTION, [])]


def test_a_port_where_nobody_listens_is_unreachable() -> None:
    async def closed_port() -> int:
        server = await asyncio.start_server(Model(stream()).serve, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        return port

    with pytest.raises(errors.Unreachable, match="nobody answers"):
        run(everything(RemoteBrain(f"http://127.0.0.1:{run(closed_port())}")))


@pytest.mark.parametrize(
    ("foreign", "ours"),
    [("ConnectTimeout", "no answer within 5 s"), ("UnsupportedProtocol", "no language model at")],
)
def test_other_troubles_of_the_client_are_ours_too(foreign: str, ours: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import httpx2

    async def fail(*args: object, **kwargs: object) -> None:
        raise getattr(httpx2, foreign)(f"with {KEY}")

    monkeypatch.setattr(httpx2.AsyncClient, "get", fail)
    with pytest.raises(errors.Unreachable, match=ours) as caught:
        run(everything(RemoteBrain("http://localhost:5", key=KEY)))
    assert KEY not in f"{caught.value}{caught.value.why}{caught.value.hint}"


# ---------------------------------------------------------------------------------------------------- URLs


@pytest.mark.parametrize(
    "url",
    ["localhost:11434", "ftp://localhost", "", "http://", "http://[::1", "http://localhost:port", "http://localhost:0"],
)
def test_what_cannot_be_a_url_is_refused_at_once(url: str) -> None:
    with pytest.raises(errors.UsageError, match="not the URL"):
        RemoteBrain(url)


def test_a_password_in_the_url_is_refused_without_being_shown() -> None:
    with pytest.raises(errors.UsageError) as caught:
        RemoteBrain(f"http://me:{KEY}@localhost/v1")
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
def test_the_base_may_be_written_in_several_ways(path: str) -> None:
    peer = Model(stream(event("Hi"), DONE))

    async def conversation() -> None:
        server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
        async with server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{path}"
            assert await everything(RemoteBrain(url, "m")) == ["Hi"]

    run(conversation())
    assert peer.requests[0].line.startswith("POST /v1/chat/completions ")


def test_an_https_url_is_spoken_to_in_tls_only() -> None:
    async def conversation() -> None:
        server = await asyncio.start_server(garbled, "127.0.0.1", 0)
        async with server:
            await everything(RemoteBrain(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", "m"))

    async def garbled(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert (await reader.read(1)) == b"\x16", "a TLS handshake begins with this byte"
        writer.close()

    with pytest.raises(errors.Unreachable, match="nobody answers"):
        run(conversation())


def test_without_the_http_client_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *args: object) -> object:
        if name == "httpx2":
            raise ImportError(name)
        return cast("Callable[..., object]", real)(name, *args)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(errors.UsageError, match="httpx2") as caught:
        RemoteBrain("http://localhost:11434", install_line="pip install something")
    assert caught.value.hint == "pip install something"
