"""The door of the embedded server on real sockets: tokens, health, what a scenario refuses, and what must not hurt."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from livechat.server import app
from livechat.server.app import Server, ServerOptions, serve
from livechat.server.event_log import EventLog
from livechat.server.options import installed_version
from livechat.server.scenario import Double, Fault, Resumption, Scenario, Speak, Turn, Upgrade, When
from tests.server_help import PretendSpeech, Says, setup

SERVICE = "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContent"
CONSTRAINED = SERVICE + "Constrained"


def pretend(folder: Path | None) -> PretendSpeech:
    return PretendSpeech()


READY = ServerOptions(brain=Says("Hello there."), load_speech=pretend, missing=lambda: None, version="1.2.3")


def with_server(play: Callable[[Server], Awaitable[None]], options: ServerOptions = READY) -> None:
    async def run() -> None:
        async with asyncio.timeout(20), serve(options) as server:
            await play(server)

    asyncio.run(run())


async def http(server: Server, *lines: str, body: bytes = b"") -> tuple[int, dict[str, str], str]:
    """Status, headers and body of the answer to a request; the connection ends with it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = [*lines, "Host: localhost", f"Content-Length: {len(body)}", "", ""]
    writer.write("\r\n".join(head).encode() + body)
    status, _, rest = (await reader.read()).decode().partition("\r\n")
    writer.close()
    await writer.wait_closed()
    headers, _, told = rest.partition("\r\n\r\n")
    return int(status.split()[1]), dict(line.split(": ", 1) for line in headers.split("\r\n")), told


async def mint(server: Server, *lines: str, **asked: object) -> str:
    line = "POST /v1alpha/auth_tokens HTTP/1.1"
    status, _, body = await http(server, line, *lines, body=json.dumps(asked).encode())
    assert status == 200, body
    name: str = json.loads(body)["name"]
    return name


async def set_up(client: ClientConnection, **fields: object) -> dict[str, Any]:
    await client.send(json.dumps({"setup": setup("TEXT", **fields)}))
    first: dict[str, Any] = json.loads(await client.recv())
    return first


async def ask(client: ClientConnection, text: str = "hello") -> str:
    """The words of the answer."""
    content = {"turns": [{"role": "user", "parts": [{"text": text}]}], "turnComplete": True}
    await client.send(json.dumps({"clientContent": content}))
    words = ""
    async for frame in client:
        said = json.loads(frame).get("serverContent", {})
        words += "".join(part.get("text", "") for part in said.get("modelTurn", {}).get("parts", []))
        if said.get("turnComplete"):
            break
    return words


async def refused(address: str, **headers: str) -> InvalidStatus:
    with pytest.raises(InvalidStatus) as caught:
        await connect(address, additional_headers=headers)
    return caught.value


# --------------------------------------------------------------------------------------------- other requests


def test_it_says_how_it_is() -> None:
    async def play(server: Server) -> None:
        async with connect(server.url + SERVICE):
            status, headers, body = await http(server, "GET /healthz HTTP/1.1")
        assert status == 200
        assert headers["Content-Type"].startswith("application/json")
        assert json.loads(body) == {"status": "ok", "connections": 1, "version": "1.2.3", "seed": 7}

    with_server(play, replace(READY, scenario=Scenario(seed=7)))


def test_its_version_is_the_installed_one_where_nobody_says_another() -> None:
    lines: list[dict[str, Any]] = []
    events = EventLog(lambda line: lines.append(json.loads(line)))

    async def play(server: Server) -> None:
        assert json.loads((await http(server, "GET /healthz HTTP/1.1"))[2])["version"] == installed_version() != ""

    with_server(play, replace(READY, version="", events=events))
    assert lines[0]["version"] == installed_version()


@pytest.mark.parametrize(("method", "status"), [("DELETE", 405), ("HEAD", 405), ("BREW", 405)])
def test_a_method_that_is_not_known_is_answered_with_the_one_that_is(method: str, status: int) -> None:
    async def play(server: Server) -> None:
        found, headers, _ = await http(server, f"{method} /v1alpha/auth_tokens HTTP/1.1")
        assert (found, headers["Allow"]) == (status, "POST")

    with_server(play)


def test_a_get_that_comes_byte_by_byte_is_still_a_websocket() -> None:
    async def play(server: Server) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for byte in f"GET {SERVICE} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode():
            writer.write(bytes([byte]))
            await writer.drain()
        assert (await reader.readline()).startswith(b"HTTP/1.1 426")
        writer.close()
        await writer.wait_closed()

    with_server(play)


def test_a_request_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "OPEN_S", 0.2)

    async def play(server: Server) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"POST /v1alpha/auth_tokens HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nx")
        async with asyncio.timeout(2):
            with pytest.raises(ConnectionResetError):
                raise_if_closed(await reader.read())
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)

    with_server(play)


def raise_if_closed(data: bytes) -> None:
    """Some systems tell a reset connection as one that ended."""
    assert data == b""
    raise ConnectionResetError


# ------------------------------------------------------------------------------------------- ephemeral tokens


def test_a_minted_token_opens_the_constrained_path_once() -> None:
    async def play(server: Server) -> None:
        name = await mint(server)
        async with connect(server.url + CONSTRAINED, additional_headers={"Authorization": f"Token {name}"}) as client:
            assert "setupComplete" in await set_up(client)
            assert await ask(client) == "Hello there."
        async with connect(f"{server.url}{CONSTRAINED}?access_token={name}") as again:
            with pytest.raises(ConnectionClosed) as caught:
                await set_up(again)
            assert caught.value.rcvd is not None
            assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1008, "The auth token has no uses left.")

    with_server(play)


def test_a_spent_token_still_goes_on_with_its_session() -> None:
    async def play(server: Server) -> None:
        name = await mint(server)
        address = f"{server.url}{CONSTRAINED}?access_token={name}"
        async with connect(address) as client:
            await set_up(client, sessionResumption={})
            await ask(client)
            update: dict[str, Any] = {}
            while not update.get("newHandle"):
                update = json.loads(await client.recv()).get("sessionResumptionUpdate", update)
        async with connect(address) as again:
            assert "setupComplete" in await set_up(again, sessionResumption={"handle": update["newHandle"]})

    with_server(play, replace(READY, scenario=Scenario(resumption=Resumption(handles="after"))))


def test_a_token_fixes_the_setup_whatever_the_client_asks_for() -> None:
    brain = Says("Hello there.")

    async def play(server: Server) -> None:
        fixed = setup("TEXT", systemInstruction={"parts": [{"text": "Be kind."}]})
        name = await mint(server, bidiGenerateContentSetup=fixed)
        async with connect(f"{server.url}{CONSTRAINED}?access_token={name}") as client:
            await set_up(client, systemInstruction={"parts": [{"text": "Be rude."}]})
            await ask(client)

    with_server(play, replace(READY, brain=brain))
    assert brain.histories[0][0].text == "Be kind."


def test_the_constrained_path_opens_to_nothing_else() -> None:
    async def play(server: Server) -> None:
        caught = await refused(server.url + CONSTRAINED, **{"x-goog-api-key": "x"})
        assert caught.response.status_code == 401

    with_server(play)


def test_a_connection_ends_when_its_token_expires() -> None:
    moments = [datetime(2026, 11, 21, tzinfo=UTC)]

    async def play(server: Server) -> None:
        name = await mint(server)
        moments[0] += timedelta(minutes=29, seconds=59, milliseconds=900)
        tokens_end = f"{server.url}{CONSTRAINED}?access_token={name}"
        assert (await refused(tokens_end)).response.status_code == 401, "nothing may begin so late"

        moments[0] -= timedelta(minutes=29, seconds=59)
        short = await mint(server, expireTime=(moments[0] + timedelta(milliseconds=200)).isoformat())
        async with connect(f"{server.url}{CONSTRAINED}?access_token={short}") as client:
            await set_up(client)
            with pytest.raises(ConnectionClosed) as caught:
                await client.recv()
            assert caught.value.rcvd is not None
            assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1008, "The auth token has expired.")

    with_server(play, replace(READY, now=lambda: moments[0]))


def test_a_bad_request_for_a_token_is_told_why() -> None:
    async def play(server: Server) -> None:
        status, _, body = await http(server, "POST /v1beta/auth_tokens HTTP/1.1", body=b'{"uses": -1}')
        assert status == 400
        assert json.loads(body)["error"]["status"] == "INVALID_ARGUMENT"

    with_server(play)


# ------------------------------------------------------------------------------------------ the server's token


def test_with_a_token_nobody_comes_in_without_it() -> None:
    log: list[str] = []
    options = replace(READY, token="open-sesame", log=log.append)

    async def play(server: Server) -> None:
        key = {"x-goog-api-key": "open-sesame"}
        assert (await refused(server.url + SERVICE)).response.status_code == 401
        assert (await refused(server.url + SERVICE, **{"x-goog-api-key": "sesame"})).response.status_code == 401
        assert (await http(server, "GET /healthz HTTP/1.1"))[0] == 401
        assert (await http(server, "POST /v1alpha/auth_tokens HTTP/1.1"))[0] == 401
        async with (
            connect(server.url + SERVICE + "?key=open-sesame"),
            connect(server.url + SERVICE, additional_headers=key),
        ):
            assert (await http(server, "GET /healthz HTTP/1.1", "Authorization: Bearer open-sesame"))[0] == 200
        name = await mint(server, "X-Goog-Api-Key: open-sesame")
        async with connect(f"{server.url}{CONSTRAINED}?access_token={name}") as client:
            assert "setupComplete" in await set_up(client)

    with_server(play, options)
    assert "sesame" not in " ".join(log) + repr(options)


def test_a_page_comes_in_where_it_was_allowed() -> None:
    async def play(server: Server) -> None:
        async with connect(server.url + SERVICE, additional_headers={"Origin": "https://app.example"}) as client:
            assert "setupComplete" in await set_up(client)
        caught = await refused(server.url + SERVICE, Origin="https://evil.example")
        assert caught.response.status_code == 403

    with_server(play, replace(READY, allow_origins=["https://app.example"]))


def test_beyond_loopback_its_own_address_is_a_name_of_it() -> None:
    async def play(server: Server) -> None:
        address = f"ws://127.0.0.1:{server.port}{SERVICE}?key=sesame"
        for host, status in (("192.168.1.5", 101), ("box.example", 101), ("evil.example", 403)):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            head = [f"GET {SERVICE}?key=sesame HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade"]
            key = ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "", ""]
            writer.write("\r\n".join(head + key).encode())
            assert (await reader.readline()).startswith(f"HTTP/1.1 {status}".encode())
            writer.close()
            await writer.wait_closed()
        async with connect(address):
            pass

    with_server(play, replace(READY, host="0.0.0.0", token="sesame", allow_hosts=["box.example"]))


# ------------------------------------------------------------------------------------------------ the scenario


def test_a_scenario_refuses_the_first_connections() -> None:
    async def play(server: Server) -> None:
        first = (await refused(server.url + SERVICE)).response
        assert (first.status_code, first.headers["Retry-After"]) == (429, "3")
        assert json.loads(first.body or b"")["error"]["status"] == "RESOURCE_EXHAUSTED"
        async with connect(server.url + SERVICE) as client:
            assert "setupComplete" in await set_up(client)

    with_server(play, replace(READY, scenario=Scenario(upgrade=Upgrade(429, times=1, retry_after_s=3))))


def test_a_scenario_leads_to_a_portal() -> None:
    async def play(server: Server) -> None:
        status, headers, _ = await http(server, f"GET {SERVICE} HTTP/1.1")
        assert (status, headers["Location"]) == (302, "https://portal.example/login")

    with_server(play, replace(READY, scenario=Scenario(upgrade=Upgrade(302))))


def test_a_scenario_says_what_it_wants_said_and_then_the_brain_goes_on() -> None:
    async def play(server: Server) -> None:
        async with connect(server.url + SERVICE) as client:
            await set_up(client)
            assert await ask(client, "who are you?") == "I am a scenario."
            assert await ask(client) == "Hello there."

    with_server(play, replace(READY, scenario=Scenario(turns=(Turn(do=(Speak("I am a scenario."),)),))))


def test_equal_seeds_give_equal_sessions_and_tokens() -> None:
    drawn: list[tuple[object, str]] = []

    async def play(server: Server) -> None:
        vertex = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent"
        async with connect(server.url + vertex) as client:
            complete = await set_up(client)
            drawn.append((complete["setupComplete"]["sessionId"], await mint(server)))

    for seed in (7, 7, 8):
        with_server(play, replace(READY, scenario=Scenario(seed=seed)))
    assert drawn[0] == drawn[1] != drawn[2]


def test_what_happens_is_written_down_without_words_and_secrets() -> None:
    lines: list[dict[str, Any]] = []
    events = EventLog(lambda line: lines.append(json.loads(line)))

    async def play(server: Server) -> None:
        async with connect(server.url + SERVICE + "?key=sesame") as client:
            await set_up(client)
            await ask(client, "a secret")
        await refused(server.url + SERVICE)
        await mint(server, "X-Goog-Api-Key: sesame")

    scenario = Scenario(name="plain", seed=7, faults=(Fault(Double(), When("turnComplete")),))
    with_server(play, replace(READY, scenario=scenario, events=events, token="sesame"))
    told = [line["event"] for line in lines]
    assert lines[0] == {**lines[0], "seed": 7, "version": "1.2.3", "scenario": "plain"}
    assert {"connected", "setup", "in", "out", "fault", "closed", "http", "end"} <= set(told)
    assert [line["fault"] for line in lines if line["event"] == "fault"] == ["double@turnComplete"]
    http_lines = [(line["status"], line["path"], line.get("matter")) for line in lines if line["event"] == "http"]
    assert http_lines == [(401, SERVICE, "token"), (200, "/v1alpha/auth_tokens", None)]
    assert not [line for line in lines if any(word in str(line) for word in ("secret", "sesame", "auth_tokens/"))]


# ------------------------------------------------------------------------------------------------- the bounds


def test_two_hundred_half_open_handshakes_change_nothing_for_others() -> None:
    async def play(server: Server) -> None:
        halves = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(200)]
        for number, (_, writer) in enumerate(halves):
            writer.write([b"", b"G", b"GET /ws", b"POST /v1alpha/auth_tokens HTTP/1.1\r\n"][number % 4])
        began = time.monotonic()
        async with connect(server.url + SERVICE) as client:
            await set_up(client)
            assert await ask(client) == "Hello there."
        assert time.monotonic() - began < 1.0
        for _, writer in halves:
            writer.transport.abort()

    with_server(play, replace(READY, max_connections=1))


def test_no_more_can_wait_at_the_door_than_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livechat.server.guests.WAITING", 3)

    async def play(server: Server) -> None:
        async with connect(server.url + SERVICE), connect(server.url + SERVICE):
            waiting = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(3)]
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            with pytest.raises(ConnectionResetError):
                raise_if_closed(await reader.read())
            for _, one in (*waiting, (reader, writer)):
                one.transport.abort()

    with_server(play)


@pytest.mark.parametrize("frame", ["", "{}", "{", '{"realtimeInput": {}}'])
def test_a_flood_of_tiny_frames_stops_nobody_else(frame: str) -> None:
    async def flood(client: ClientConnection) -> None:
        try:
            while True:
                for _ in range(500):
                    await client.send(frame)
                await asyncio.sleep(0)
        except ConnectionClosed:
            pass

    async def play(server: Server) -> None:
        async with asyncio.TaskGroup() as tasks, connect(server.url + SERVICE) as rude:
            await set_up(rude)
            flooding = tasks.create_task(flood(rude))
            async with connect(server.url + SERVICE) as client:
                await set_up(client)
                for _ in range(5):
                    began = time.monotonic()
                    assert await ask(client) == "Hello there."
                    assert time.monotonic() - began < 1.0
            flooding.cancel()
            rude.transport.abort()

    with_server(play)


def test_a_message_in_fragments_without_end_is_not_gathered() -> None:
    async def play(server: Server) -> None:
        async with connect(server.url + SERVICE) as client:
            with suppress(ConnectionClosed):
                await client.send(["{", *[""] * 20_000, "}"])
            await client.wait_closed()
            assert client.close_code == 1009

    with_server(play)
