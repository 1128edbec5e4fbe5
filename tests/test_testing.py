"""Claims about the server for other projects' tests: it is there at once, tells what happened, fails on demand."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import cast

import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from livechat import testing
from livechat.errors import ConfigError, DeviceError, UsageError
from livechat.server.options import ServerOptions
from livechat.server.scenario import Scenario, Speak, Turn
from livechat.testing import LIVE_PATH, Event, GivenScenario, LiveServer, live_server, serving
from tests.server_help import Says

__all__ = ["live_server"]

SETUP = {"setup": {"model": "models/gemini-2.0-flash-live-001", "generationConfig": {"responseModalities": ["TEXT"]}}}
HELLO = {"turn": [{"do": [{"say": "Hello there."}]}]}


@contextmanager
def connected(server: LiveServer, trusting: ssl.SSLContext | None = None) -> Iterator[ClientConnection]:
    """A client whose setup is complete."""
    with connect(server.url + LIVE_PATH, ssl=trusting, ping_interval=None, close_timeout=0.5) as client:
        client.send(json.dumps(SETUP))
        assert "setupComplete" in json.loads(client.recv(5))
        yield client


def ask(client: ClientConnection, text: str = "hello") -> str:
    """What is answered, as far as it is text."""
    content = {"turns": [{"role": "user", "parts": [{"text": text}]}], "turnComplete": True}
    client.send(json.dumps({"clientContent": content}))
    said = ""
    while True:
        content = json.loads(client.recv(5)).get("serverContent", {})
        said += "".join(part.get("text", "") for part in content.get("modelTurn", {}).get("parts", []))
        if content.get("turnComplete"):
            return said


def is_event(name: str) -> Callable[[Event], bool]:
    return lambda event: event["event"] == name


def closed(client: ClientConnection) -> ConnectionClosed:
    """How the connection ends, whatever comes before."""
    try:
        while True:
            client.recv(5)
    except ConnectionClosed as end:
        return end


def test_a_server_listens_for_as_long_as_the_block_lasts() -> None:
    before = threading.active_count()
    with serving() as server:
        assert server.url == f"ws://127.0.0.1:{server.port}"
        assert server.http_url == f"http://127.0.0.1:{server.port}"
        with connected(server) as client:
            assert ask(client, "What is 17 times 24?") == "17 times 24 is 408."
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError), connect(server.url + LIVE_PATH):
        pass


@pytest.mark.parametrize("kind", ["tables", "scenario", "name of a file", "path"])
def test_a_scenario_is_given_as_it_is_at_hand(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "hello.toml"
    path.write_text('[[turn]]\ndo = [{ say = "Hello there." }]')
    given: dict[str, GivenScenario] = {
        "tables": HELLO,
        "scenario": Scenario(turns=(Turn((Speak("Hello there."),)),)),
        "name of a file": str(path),
        "path": path,
    }
    with serving(given[kind]) as server, connected(server) as client:
        assert ask(client) == "Hello there."


def test_the_brain_answers_what_the_scenario_does_not() -> None:
    with serving(HELLO, brain=Says("I am the other.")) as server, connected(server) as client:
        assert [ask(client), ask(client)] == ["Hello there.", "I am the other."]


def test_a_shipped_scenario_is_known_by_its_name() -> None:
    with serving("quota") as server, pytest.raises(InvalidStatus) as answer, connect(server.url + LIVE_PATH):
        pass
    assert answer.value.response.status_code == 429


def test_a_scenario_that_is_wrong_begins_nothing() -> None:
    with pytest.raises(UsageError, match="did you mean goaway"), serving("goawy"):
        pass
    with pytest.raises(ConfigError, match=r"turn\[0\].do\[0\].sya"), serving({"turn": [{"do": [{"sya": "x"}]}]}):
        pass


def test_what_happens_can_be_waited_for_whether_it_is_past_or_to_come() -> None:
    with serving(HELLO) as server, connected(server) as client:
        assert server.wait_for(is_event("setup"))["model"] == "models/gemini-2.0-flash-live-001"
        ask(client)
        said = server.wait_for(lambda event: "Hello" in event.get("words", ""))
        assert said["event"] == "out"
        assert said in server.events
        asked = threading.Timer(0, client.send, [json.dumps({"realtimeInput": {"text": "later"}})])
        asked.start()
        assert server.wait_for(lambda event: event.get("words") == "later")["event"] == "in"
        asked.join()


def test_what_does_not_happen_is_told_with_what_did() -> None:
    with serving() as server, pytest.raises(TimeoutError, match=r"did not happen in 0.01 s(.|\n)*'event': 'server'"):
        server.wait_for(is_event("never"), timeout=0.01)


def test_a_client_in_a_loop_of_its_own_is_not_held_up() -> None:
    from websockets.asyncio.client import connect as connect_async

    async def play() -> Event:
        with serving() as server:
            async with connect_async(server.url + LIVE_PATH) as client:
                await client.send(json.dumps(SETUP))
                return await server.happens(is_event("setup"))

    assert asyncio.run(play())["connection"] == 1


def test_a_connection_is_closed_by_hand() -> None:
    with serving() as server, connected(server) as client:
        server.close(1011, "Internal error encountered.")
        end = closed(client)
        assert end.rcvd is not None
        assert (end.rcvd.code, end.rcvd.reason) == (1011, "Internal error encountered.")


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda server: server.close(99), "no close code"),
        (lambda server: server.close(1011, "x" * 200), "room for 123"),
        (lambda server: server.stall(-1), "no such time"),
        (lambda server: server.go_away(float("nan")), "no such time"),
    ],
)
def test_what_cannot_be_done_by_hand_is_refused(act: Callable[[LiveServer], None], message: str) -> None:
    with serving() as server, connected(server), pytest.raises(UsageError, match=message):
        act(server)


@pytest.mark.parametrize("given", ["", 42, ["goaway"]])
def test_what_is_no_scenario_is_said_to_be_none(given: object) -> None:
    with pytest.raises(UsageError, match="no scenario"), serving(cast(GivenScenario, given)):
        pass


def test_faults_come_on_top_of_a_scenario() -> None:
    with serving(HELLO, faults=["close:1013@turnComplete"]) as server, connected(server) as client:
        client.send(json.dumps({"realtimeInput": {"text": "hi"}}))
        end = closed(client)
        assert end.rcvd is not None
        assert end.rcvd.code == 1013


def test_a_call_that_the_client_has_not_declared_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "livechat.testing"), serving("weather_tool") as server:
        assert repr(server) == f"<LiveServer {server.url}>"
        with connected(server) as client:
            client.send(json.dumps({"realtimeInput": {"text": "What is the weather in Oslo?"}}))
            server.wait_for(lambda event: "toolCall" in event.get("kinds", ()))
    assert "client 1: calls get_weather, which the client has not declared" in caplog.text


def test_a_connection_is_reset_by_hand() -> None:
    with serving() as server, connected(server) as client:
        server.drop()
        assert isinstance(closed(client), ConnectionClosedError)
        assert client.protocol.close_rcvd is None
        server.wait_for(is_event("closed"))


def test_a_client_is_told_to_go_by_hand() -> None:
    with serving() as server, connected(server) as client:
        server.go_away(0.05)
        assert "goAway" in json.loads(client.recv(5))
        end = closed(client)
        assert end.rcvd is not None
        assert end.rcvd.code == 1011


def test_a_connection_falls_silent_by_hand_for_a_while() -> None:
    with serving(HELLO) as server, connected(server) as client:
        server.stall(0.1)
        assert ask(client) == "Hello there."


def test_a_connection_falls_silent_by_hand_for_good() -> None:
    with serving(HELLO) as server, connected(server) as client:
        server.half_open()
        client.send(json.dumps({"realtimeInput": {"text": "hello"}}))
        with pytest.raises(TimeoutError):
            client.recv(0.2)


def test_a_server_that_cannot_begin_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    @asynccontextmanager
    async def no_server(options: ServerOptions) -> AsyncIterator[None]:
        raise DeviceError("no port is left")
        yield

    monkeypatch.setattr(testing, "serve", no_server)
    with pytest.raises(DeviceError, match="no port is left"), serving():
        pass


def test_models_are_loaded_when_they_are_wanted_and_not_before() -> None:
    with serving(HELLO, speech="models") as server, connected(server) as client:
        assert ask(client) == "Hello there."


def test_nothing_can_happen_to_nobody() -> None:
    with serving() as server, pytest.raises(UsageError, match="nobody is connected"):
        server.drop()


def test_with_tls_the_certificate_is_for_localhost_and_ends_with_the_block() -> None:
    with serving(HELLO, tls=True) as server:
        assert server.certificate is not None
        assert server.url == f"wss://localhost:{server.port}"
        assert server.http_url == f"https://localhost:{server.port}"
        trusting = ssl.create_default_context(cafile=str(server.certificate))
        with connected(server, trusting) as client:
            assert ask(client) == "Hello there."
    assert not server.certificate.exists()


def test_speech_is_heard_and_answered_without_models() -> None:
    with serving({"turn": [{"hear": "Good morning.", "do": [{"say": "Hello."}]}]}) as server:
        setup = {"setup": {"model": "models/gemini-2.5-flash-native-audio-latest", "inputAudioTranscription": {}}}
        with connect(server.url + LIVE_PATH, ping_interval=None) as client:
            client.send(json.dumps(setup))
            client.recv(5)
            speak(client)
            server.wait_for(lambda event: event.get("words") == "Good morning.")
            sound = server.wait_for(lambda event: event["event"] == "out" and event.get("sound_bytes"))
            assert sound["sound_bytes"] == 9600


def speak(client: ClientConnection) -> None:
    """Half a second of a loud noise, and silence."""
    import base64

    for sample, count in ((b"\x10\x27\xf0\xd8", 25), (bytes(4), 50)):
        data = base64.b64encode(sample * 160).decode()
        for _ in range(count):
            client.send(json.dumps({"realtimeInput": {"audio": {"data": data, "mimeType": "audio/pcm;rate=16000"}}}))


def test_several_servers_of_the_fixture_end_with_the_test(live_server: Callable[..., LiveServer]) -> None:
    servers = [live_server(HELLO), live_server("goaway", speech="tones")]
    assert len({server.port for server in servers}) == 2


THEIR_TEST = """
import json
import logging
from websockets.sync.client import connect

def test_their_client(live_server):
    server = live_server({"turn": [{"do": [{"say": "Hello there."}]}]})
    with connect(server.url + "%s") as client:
        client.send(json.dumps(%r))
        assert "setupComplete" in json.loads(client.recv(5))
        server.wait_for(lambda event: event["event"] == "setup")
"""


def test_another_project_has_the_fixture_by_one_line(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["livechat.testing"]\n')
    (tmp_path / "test_theirs.py").write_text(THEIR_TEST % (LIVE_PATH, SETUP))
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 passed" in run.stdout
