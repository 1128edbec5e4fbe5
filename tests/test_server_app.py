"""The embedded server on real sockets: its door, its bounds, its end."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from livechat.errors import DeviceError, LivechatError, UsageError
from livechat.protocol.parts import FunctionCall, FunctionDeclaration
from livechat.server.app import Server, ServerOptions, serve, speech_reason
from livechat.server.brain import Said
from livechat.server.scenario import Limits, Scenario
from tests.server_help import PretendSpeech, Says, setup

DEVELOPER = "/ws/google.ai.generativelanguage.{}.GenerativeService.BidiGenerateContent"
PATHS = [
    DEVELOPER.format("v1"),
    DEVELOPER.format("v1beta"),
    DEVELOPER.format("v1alpha") + "?key=x",
    "/" + DEVELOPER.format("v1"),
    "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent",
    "/ws/google.firebase.vertexai.v1beta.GenerativeService/BidiGenerateContent?key=x",
    "/ws/google.firebase.vertexai.v1beta.LlmBidiService/BidiGenerateContent/locations/us-central1?key=x",
]


def pretend(folder: Path | None) -> PretendSpeech:
    return PretendSpeech()


READY = ServerOptions(brain=Says("Hello there."), load_speech=pretend, missing=lambda: None)


def with_server(play: Callable[[Server], Awaitable[None]], options: ServerOptions = READY) -> None:
    """Runs a play with a server that has pretended speech and a brain that says hello."""

    async def run() -> None:
        async with asyncio.timeout(20), serve(options) as server:
            await play(server)

    asyncio.run(run())


async def turn(client: ClientConnection, text: str = "hello") -> list[dict[str, Any]]:
    """One question and everything that answers it."""
    content = {"turns": [{"role": "user", "parts": [{"text": text}]}], "turnComplete": True}
    await client.send(json.dumps({"clientContent": content}))
    return await messages(client)


async def turns(client: ClientConnection, count: int) -> None:
    for _ in range(count):
        await turn(client)


async def messages(client: ClientConnection) -> list[dict[str, Any]]:
    """What comes up to the end of a turn."""
    received: list[dict[str, Any]] = []
    async for frame in client:
        assert isinstance(frame, bytes), "production sends binary frames"
        received.append(json.loads(frame))
        if received[-1].get("serverContent", {}).get("turnComplete"):
            break
    return received


async def set_up(client: ClientConnection, modality: str = "TEXT", **fields: object) -> dict[str, Any]:
    await client.send(json.dumps({"setup": setup(modality, **fields)}))
    first: dict[str, Any] = json.loads(await client.recv())
    return first


# -------------------------------------------------------------------------------------------- the paths


@pytest.mark.parametrize("path", PATHS)
def test_every_path_of_the_live_api_holds_a_conversation(path: str) -> None:
    async def play(server: Server) -> None:
        async with connect(server.url + path) as client:
            complete = await set_up(client)
            vertex = "LlmBidiService" in path
            assert bool(complete["setupComplete"]) is vertex
            answer = await turn(client)
            texts = [
                m["serverContent"]["modelTurn"]["parts"][0]["text"] for m in answer if "modelTurn" in m["serverContent"]
            ]
            assert "".join(texts) == "Hello there."
            assert ("trafficType" in answer[-1]["usageMetadata"]) is vertex

    with_server(play)


def test_words_sent_before_the_setup_is_answered_are_heard() -> None:
    async def play(server: Server) -> None:
        async with connect(server.url + PATHS[0]) as client:
            await client.send(json.dumps({"setup": setup("TEXT")}))
            answer = await turn(client)
            assert answer[0] == {"setupComplete": {}}
            assert "generationComplete" in answer[-2]["serverContent"]

    with_server(play)


def test_a_spoken_turn_comes_as_sound_in_frames_below_a_mebibyte() -> None:
    async def play(server: Server) -> None:
        async with connect(server.url + PATHS[0]) as client:
            await set_up(client, "AUDIO", outputAudioTranscription={})
            answer = await turn(client)
            contents = [message["serverContent"] for message in answer]
            said = "".join(c["outputTranscription"]["text"] for c in contents if "outputTranscription" in c)
            assert said == "Hello there."
            assert any("inlineData" in c["modelTurn"]["parts"][0] for c in contents if "modelTurn" in c)

    with_server(play)


def test_music_comes_on_its_own_path() -> None:
    async def play(server: Server) -> None:
        async with connect(server.url + DEVELOPER.format("v1alpha").replace("Content", "Music")) as client:
            await client.send('{"setup": {"model": "models/lyria-realtime-exp"}}')
            assert json.loads(await client.recv()) == {"setupComplete": {}}
            await client.send('{"clientContent": {"weightedPrompts": [{"text": "piano", "weight": 1.0}]}}')
            await client.send('{"playbackControl": "PLAY"}')
            while "audioChunks" not in json.loads(await client.recv()).get("serverContent", {}):
                pass

    with_server(play)


def test_an_unknown_model_is_named_with_the_version_of_the_path() -> None:
    async def play(server: Server) -> None:
        async with connect(server.url + PATHS[1]) as client:
            await client.send('{"setup": {"model": "models/gemini-x"}}')
            with pytest.raises(ConnectionClosed) as caught:
                await client.recv()
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.reason.startswith("models/gemini-x is not found for API version v1beta, or is not")

    with_server(play)


# --------------------------------------------------------------------------------------------- the door


def handshake(*lines: str, path: str = PATHS[0]) -> bytes:
    """A request for a WebSocket with these headers beside the ones it must have."""
    head = [f"GET {path} HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
    return "\r\n".join([*head, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", *lines, "", ""]).encode()


def request(port: int, *lines: str, path: str = PATHS[0]) -> str:
    """The status line and body that such a request is answered with."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as wire:
        wire.sendall(handshake(*lines, path=path))
        answer = b""
        while not answer.startswith(b"HTTP/1.1 101") and (more := wire.recv(4096)):
            answer += more
    return answer.decode()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:99", "[::1]", socket.gethostname()])
def test_who_names_this_machine_may_enter(host: str) -> None:
    async def play(server: Server) -> None:
        assert (await asyncio.to_thread(request, server.port, f"Host: {host}")).startswith("HTTP/1.1 101")

    with_server(play)


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["Host: evil.example"], "403"),
        (["Host: 127.0.0.1", "Origin: http://127.0.0.1"], "403"),
        (["Host: 127.0.0.1", "Origin: null", "Origin: x"], "403"),
        (["Host: 127.0.0.1", "Host: 127.0.0.1"], "403"),
        ([], "403"),
    ],
)
def test_web_pages_and_strangers_are_turned_away(lines: list[str], status: str) -> None:
    log: list[str] = []

    async def play(server: Server) -> None:
        assert (await asyncio.to_thread(request, server.port, *lines)).startswith(f"HTTP/1.1 {status}")

    with_server(play, replace(READY, log=log.append))
    assert log[0].startswith(f"turned away: {status} ")


@pytest.mark.parametrize("path", ["/", "/ws", "/ws/google.ai.generativelanguage.v9.GenerativeService.Bidi"])
def test_another_path_is_told_where_to_go(path: str) -> None:
    async def play(server: Server) -> None:
        answer = await asyncio.to_thread(lambda: request(server.port, "Host: 127.0.0.1", path=path))
        assert answer.startswith("HTTP/1.1 404")
        assert f"{server.url}/ws/google.ai.generativelanguage.v1beta.GenerativeService" in answer

    with_server(play)


def test_only_so_many_conversations_are_held_at_once() -> None:
    async def play(server: Server) -> None:
        async with connect(server.url + PATHS[0]) as first, connect(server.url + PATHS[0]):
            with pytest.raises(InvalidStatus) as caught:
                await connect(server.url + PATHS[0])
            assert caught.value.response.status_code == 503
            await first.close()
            async with connect(server.url + PATHS[0]) as third:
                assert await set_up(third) == {"setupComplete": {}}

    with_server(play, replace(READY, max_connections=2))


# ------------------------------------------------------------------------------------------- the bounds


HEAD, TAIL = '{"clientContent": {"turns": [{"parts": [{"text": "', '"}]}], "turnComplete": true}}'
LIMIT = 16 * 2**20


def frame_of(size: int) -> str:
    return HEAD + "x" * (size - len(HEAD) - len(TAIL)) + TAIL


def test_a_frame_of_sixteen_mebibytes_is_heard() -> None:
    async def play(server: Server) -> None:
        async with connect(server.url + PATHS[0]) as client:
            await set_up(client)
            await client.send(frame_of(LIMIT))
            assert await messages(client)

    with_server(play, replace(READY, scenario=Scenario(limits=Limits(context_tokens=None))))


def test_one_byte_more_is_refused_before_it_is_read() -> None:
    async def play(server: Server) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(handshake("Host: localhost"))
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"\x81\xff" + (LIMIT + 1).to_bytes(8) + b"mask" + b"{")
        close = await reader.readexactly(4)
        assert close[0] == 0x88
        assert int.from_bytes(close[2:4]) == 1009
        writer.close()
        await writer.wait_closed()

    with_server(play)


def test_a_client_that_never_reads_does_not_stop_the_others() -> None:
    async def play(server: Server) -> None:
        deaf = socket.create_connection(("127.0.0.1", server.port))
        with deaf:
            deaf.sendall(handshake("Host: localhost"))
            async with connect(server.url + PATHS[0]) as client:
                await set_up(client)
                assert await turn(client)

    with_server(play)


# ---------------------------------------------------------------------------------------------- the end


def test_the_server_ends_within_a_second_whatever_its_clients_do() -> None:
    async def run() -> float:
        options = ServerOptions(brain=Says("Hello."), missing=lambda: "everything")
        async with asyncio.timeout(20), serve(options) as server:
            polite = await connect(server.url + PATHS[0])
            await set_up(polite)
            stuck = socket.create_connection(("127.0.0.1", server.port))
            stuck.sendall(handshake("Host: localhost"))
            half_open = socket.create_connection(("127.0.0.1", server.port))
            half_open.sendall(b"GET /")
            await asyncio.sleep(0.05)
            ended = time.monotonic()
        took = time.monotonic() - ended
        with suppress(ConnectionClosed):
            await polite.recv()
        assert polite.close_code == 1001
        stuck.close()
        half_open.close()
        return took

    assert asyncio.run(run()) < 1.0


def test_a_client_that_vanishes_in_mid_story_leaves_nothing_behind() -> None:
    brain = Says(*["Once upon a time there was a tower. "] * 10_000)
    gone = asyncio.Event()

    def log(line: str) -> None:
        if line.startswith("client 1: ") and line.endswith("closed 1006"):
            gone.set()

    async def play(server: Server) -> None:
        async with connect(server.url + PATHS[0]) as client:
            await set_up(client, "AUDIO")
            await client.send('{"realtimeInput": {"text": "a story"}}')
            await client.recv()
            client.transport.abort()
        await gone.wait()
        assert brain.closed == 1

    with_server(play, replace(READY, brain=brain, log=log))


def test_a_cancelled_server_ends_as_well() -> None:
    async def run() -> None:
        started = asyncio.Event()

        async def hold() -> None:
            async with serve(ServerOptions(brain=Says("Hello."), missing=lambda: "everything")):
                started.set()
                await asyncio.Event().wait()

        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(hold())
            await started.wait()
            task.cancel()

    asyncio.run(run())


def test_a_bug_ends_one_conversation_with_a_reason_and_is_logged() -> None:
    class Buggy:
        speculative = False

        async def respond(
            self, history: Sequence[Said], tools: Sequence[FunctionDeclaration]
        ) -> AsyncIterator[str | FunctionCall]:
            yield str(1 / len(tools))

    log: list[str] = []

    async def play(server: Server) -> None:
        async with connect(server.url + PATHS[0]) as client:
            await set_up(client)
            with pytest.raises(ConnectionClosed) as caught:
                await turns(client, 2)
            assert caught.value.rcvd is not None
            assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1011, "Internal error encountered.")
        async with connect(server.url + PATHS[0]) as client:
            assert await set_up(client)

    with_server(play, replace(READY, brain=Buggy(), log=log.append))
    assert "client 1: broke: ZeroDivisionError('division by zero')" in log


# ------------------------------------------------------------------------------------- without speech


def test_without_speech_text_works_and_sound_is_refused_with_the_way_to_get_it() -> None:
    log: list[str] = []
    line = "pip install -e '/opt/livechat[local]'"

    async def play(server: Server) -> None:
        async with connect(server.url + PATHS[0]) as client:
            await set_up(client, "TEXT")
            assert await turn(client)
        async with connect(server.url + PATHS[0]) as client:
            with pytest.raises(ConnectionClosed) as caught:
                await set_up(client, "AUDIO")
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 1008
            assert caught.value.rcvd.reason == f"This server cannot hear or speak yet. Run: {line}"

    with_server(play, replace(READY, missing=lambda: "hibari-tts", install_line=line, log=log.append, preload=True))
    assert log[0] == f"no speech: not installed: hibari-tts. To add it: {line}"


def test_an_install_line_too_long_for_a_close_frame_is_left_to_the_log() -> None:
    reason = speech_reason("hibari-tts", "pip install " + "x" * 100)
    assert len(reason.encode()) <= 123
    assert "`local`" in reason
    assert speech_reason(None, "pip") == ""
    assert speech_reason("hibari-tts", "") == reason


def test_models_that_cannot_be_loaded_are_logged_and_end_only_what_needs_them() -> None:
    def fail(folder: object) -> PretendSpeech:
        raise LivechatError("whisper is broken")

    log: list[str] = []

    async def play(server: Server) -> None:
        async with connect(server.url + PATHS[0]) as client:
            await set_up(client, "TEXT")
            assert await turn(client)
        async with connect(server.url + PATHS[0]) as client:
            await set_up(client, "AUDIO")
            with pytest.raises(ConnectionClosed) as caught:
                await turns(client, 2)
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 1011

    with_server(play, replace(READY, load_speech=fail, log=log.append, preload=True))
    assert "the speech models are not there: whisper is broken" in log


# ------------------------------------------------------------------------------------------- the address


def test_the_url_names_the_host_and_the_port_taken() -> None:
    async def play(server: Server) -> None:
        assert server.url == f"ws://localhost:{server.port}"
        assert server.port > 0

    with_server(play, replace(READY, host="localhost"))


def test_the_sixth_version_of_loopback_is_served_too() -> None:
    async def play(server: Server) -> None:
        assert server.url == f"ws://[::1]:{server.port}"
        async with connect(server.url + PATHS[0]) as client:
            assert await set_up(client)

    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        with_server(play, replace(READY, host="::1"))
    except DeviceError:
        pytest.skip("no IPv6 loopback here")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])
def test_a_host_that_others_can_reach_is_refused_without_a_token(host: str) -> None:
    async def play(server: Server) -> None:
        raise AssertionError("it listens")

    with pytest.raises(UsageError) as caught:
        with_server(play, replace(READY, host=host))
    assert "loopback" in caught.value.why
    assert "--token-file" in caught.value.hint


def test_a_port_in_use_is_named_with_the_way_out() -> None:
    async def play(server: Server) -> None:
        with pytest.raises(DeviceError) as caught:
            async with serve(ServerOptions(brain=Says(), port=server.port, missing=lambda: "x")):
                pass
        assert str(server.port) in caught.value.what
        assert "--port 0" in caught.value.hint

    with_server(play)


def test_a_client_that_goes_on_talking_is_not_kept_waiting_for_the_close() -> None:
    async def play(server: Server) -> None:
        wrong = json.dumps({"realtimeInput": {"audio": {"mimeType": "audio/wav", "data": "AAAA" * 2_000}}})
        async with connect(server.url + PATHS[0]) as client:
            await set_up(client)
            began = asyncio.get_running_loop().time()
            with suppress(ConnectionClosed):
                for _ in range(50):
                    await client.send(wrong)
            await client.wait_closed()
            assert client.close_code == 1007
            assert asyncio.get_running_loop().time() - began < 2.5, (
                "a close that nobody answers is waited for twice that"
            )

    with_server(play)
