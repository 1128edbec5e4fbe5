"""Claims about `livechat serve`: one line on stdout when it is ready, the rest on stderr, and an end at once."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.cli import environment, livechat

PATH = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"


@contextmanager
def serving(*words: str) -> Generator[tuple[subprocess.Popen[str], str], None, None]:
    """`livechat serve` in a process of its own, and the URL it printed."""
    command = [sys.executable, "-W", "error", "-m", "livechat", "serve", "--port", "0", *words]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment(), stdout=pipe, stderr=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            ready = re.fullmatch(r"listening on (ws://127\.0\.0\.1:\d+)\n", process.stdout.readline())
            assert ready is not None, process.communicate()[1]
            yield process, ready[1]
        finally:
            process.kill()


def ended(process: subprocess.Popen[str], with_signal: signal.Signals) -> tuple[int, float, str, str]:
    """The exit code, the seconds it took to end, and what was still printed."""
    began = time.monotonic()
    process.send_signal(with_signal)
    out, err = process.communicate(timeout=10)
    return process.returncode, time.monotonic() - began, out, err


async def turn(url: str, text: str) -> str:
    """What it answers in writing."""
    async with asyncio.timeout(10), connect(url + PATH) as client:
        model = {"model": "models/gemini-2.0-flash-live-001", "generationConfig": {"responseModalities": ["TEXT"]}}
        await client.send(json.dumps({"setup": model}))
        content = {"turns": [{"role": "user", "parts": [{"text": text}]}], "turnComplete": True}
        await client.send(json.dumps({"clientContent": content}))
        answer = ""
        async for frame in client:
            said = json.loads(frame).get("serverContent", {})
            answer += said.get("modelTurn", {"parts": [{"text": ""}]})["parts"][0]["text"]
            if said.get("turnComplete"):
                break
        return answer


def test_it_says_where_it_listens_answers_and_ends_at_once_on_ctrl_c() -> None:
    with serving() as (process, url):
        assert "408" in asyncio.run(turn(url, "what is 17 times 24?"))
        code, seconds, out, err = ended(process, signal.SIGINT)
    assert (code, out) == (130, "")
    assert seconds < 2.0
    assert f"  livechat text --server {url}\n" in err
    assert err.count("English only") == 1
    assert "note: client 1: developer v1beta\n" in err
    assert "note: client 1: closed 1000" in err
    assert "Traceback" not in err


def test_it_ends_at_once_with_clients_connected_when_it_is_told_to() -> None:
    with serving() as (process, url):
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as half_open:
            half_open.sendall(b"GET ")
            assert asyncio.run(turn(url, "hello"))  # by then the server knows of the half-open one
            code, seconds, _, err = ended(process, signal.SIGTERM)
    assert code == 143
    assert seconds < 2.0
    assert "Traceback" not in err


def test_a_port_in_use_names_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        run = livechat("serve", "--port", port, cwd=tmp_path)
    assert run.returncode == 74
    assert run.stdout == b""
    assert f"error: port {port} of 127.0.0.1 is in use".encode() in run.stderr
    assert b"try: livechat serve --port 0" in run.stderr


def test_an_address_that_others_can_reach_is_refused_without_a_token(tmp_path: Path) -> None:
    run = livechat("serve", "--host", "0.0.0.0", cwd=tmp_path)
    assert run.returncode == 2
    assert b"beyond loopback it wants a token" in run.stderr


def test_a_folder_without_models_is_named_before_anybody_connects(tmp_path: Path) -> None:
    run = livechat("serve", "--port", "0", "--speech-models", str(tmp_path / "none"), cwd=tmp_path)
    assert run.returncode == 66
    assert run.stdout == b""
    assert b"is not a folder" in run.stderr


@pytest.mark.parametrize("words", [("--port", "99999"), ("--max-connections", "0"), ("--silence", "1")])
def test_a_number_out_of_bounds_is_refused(words: tuple[str, str], tmp_path: Path) -> None:
    run = livechat("serve", *words, cwd=tmp_path)
    assert run.returncode in (2, 78)
    assert run.stdout == b""


def test_the_silence_asked_for_and_the_number_of_clients_hold() -> None:
    with serving("--silence", "800", "--max-connections", "1") as (_, url):
        assert asyncio.run(second_is_turned_away(url))


async def second_is_turned_away(url: str) -> bool:
    async with connect(url + PATH):
        try:
            async with connect(url + PATH):
                return False
        except InvalidStatus as refused:
            return refused.response.status_code == 503


def test_a_language_model_that_is_not_there_is_named_to_the_client_and_in_the_log() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    with serving("--llm-url", nobody, "--llm-model", "llama3.2") as (process, url):
        with pytest.raises(ConnectionClosed) as caught:
            asyncio.run(turn(url, "hello"))
        *_, err = ended(process, signal.SIGTERM)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1011
    assert "Internal error encountered." in caught.value.rcvd.reason
    assert nobody.removeprefix("http://").removesuffix("/v1") in err
