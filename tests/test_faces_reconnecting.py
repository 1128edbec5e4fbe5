"""A connection that breaks, as it is seen, and the keys there are then: the real command line and a scripted server."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection

from tests.cli import Terminal, livechat
from tests.scripted import complete, say, scripted, write

MODEL = ("--model", "gemini-live-2.5-flash")
TRIES = {"LIVECHAT_SERVER_TRIES": "8"}
TTY = {**TRIES, "LIVECHAT_OUTPUT_FACE": "tty"}
ALOUD = {**TRIES, "LIVECHAT_OUTPUT_FACE": "screen-reader"}
AT_ONCE_S = 3.0
"""What counts as at once on a machine that is busy."""


class Breaking:
    """A server whose first connection breaks in the middle of its answer, and which then refuses all for a while."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.refuses = refuses
        self.connections = 0

    async def __call__(self, client: ServerConnection) -> None:
        self.connections += 1
        if self.connections > 1 and self.refuses:
            client.transport.abort()
            return
        await client.recv()
        await say(client, {"setupComplete": {}})
        async for frame in client:
            if "clientContent" not in json.loads(frame):
                continue
            if self.connections == 1:
                await write(client, "one two ")
                await asyncio.sleep(0.1)
                client.transport.abort()
            else:
                await write(client, "one two three")
                await complete(client)


@contextmanager
def broken(folder: Path, *words: str, face: Mapping[str, str]) -> Generator[tuple[Terminal, Breaking]]:
    """A conversation whose connection will break, and whose server will refuse all others at first."""
    env = {**face, "LIVECHAT_STATE": str(folder)}
    server = Breaking(refuses=True)
    with scripted(server) as url, Terminal([*words, "--server", url, *MODEL], folder, env) as terminal:
        yield terminal, server


def test_a_question_is_asked_again_and_answered_and_stdout_has_all_of_it(tmp_path: Path) -> None:
    with scripted(server := Breaking()) as url:
        run = livechat("text", "--server", url, *MODEL, "hi", cwd=tmp_path, env=TRIES)
    assert (run.returncode, server.connections) == (0, 2)
    assert run.stdout == b"one two three\n"
    notes = run.stderr.decode().splitlines()
    assert notes[1].startswith("note: the connection to 127.0.0.1:")
    assert notes[1].endswith(" was lost — reconnecting")
    assert notes[2] == "note: the answer broke off; it is asked for again, and what it repeats is not printed twice"
    assert notes[3:] == ["note: rebuilt from the transcript — no turn was complete before it"]


def test_programs_are_told_and_count_it(tmp_path: Path) -> None:
    words = ("--input-device", "none", "--output-device", "none", "--start-with", "hi", "--once", "--json")
    with scripted(Breaking()) as url:
        env = {**TRIES, "LIVECHAT_STATE": str(tmp_path)}
        run = livechat("talk", "--server", url, *MODEL, *words, cwd=tmp_path, env=env)
    news = [json.loads(line) for line in run.stdout.splitlines()]
    kinds = [told["type"] for told in news]
    assert kinds.index("reconnect") < kinds.index("reconnected")
    (summary,) = (told for told in news if told["type"] == "summary")
    assert (summary["reconnects"], summary["lost_turns"], summary["interruptions"]) == (1, 0, 0)
    assert summary["turns"] == 1


def test_in_writing_the_answer_is_marked_and_comes_again(tmp_path: Path) -> None:
    with scripted(Breaking()) as url, Terminal(["text", "--server", url, *MODEL], tmp_path, TTY) as terminal:
        terminal.expect("READY")
        terminal.type("hi\r")
        terminal.expect("cut off with the connection")
        terminal.expect("rebuilt from the transcript")
        terminal.expect("one two three")
        terminal.expect("READY")
        terminal.type("\x04")
        assert terminal.end() == 0
    assert "you interrupted" not in terminal.shown


def test_in_lines_what_happens_at_the_prompt_leaves_a_prompt(tmp_path: Path) -> None:
    async def script(client: ServerConnection) -> None:
        await client.recv()
        await say(client, {"setupComplete": {}})
        if not moved.is_set():
            moved.set()
            await say(client, {"goAway": {"timeLeft": "50s"}})
        await client.wait_closed()

    moved = asyncio.Event()
    with scripted(script) as url, Terminal(["text", "--server", url, *MODEL], tmp_path, TRIES) as terminal:
        terminal.expect("you> ")
        shown = terminal.expect("you> ")
        terminal.type("\x04")
        assert terminal.end() == 0
    note, prompt = shown.split("\r\n")[-2:]
    assert note.startswith("\x1b[1mnote: \x1b[0mrebuilt from the transcript")
    assert prompt == "you> "


@pytest.mark.parametrize(("key", "code"), [("q", 0), ("\x03", 130), ("\x04", 0)])
def test_while_there_is_no_connection_one_key_tries_at_once_and_others_end_it_at_once(
    tmp_path: Path, key: str, code: int
) -> None:
    with broken(tmp_path, "text", face=TTY) as (terminal, server):
        terminal.expect("READY")
        terminal.type("hi\r")
        terminal.expect("try 3 of 8, next in", 30)
        assert "retry now" in terminal.shown
        tried = server.connections
        terminal.type("r")
        terminal.expect("try 4 of 8", AT_ONCE_S)
        assert server.connections == tried + 1
        terminal.type(key)
        assert terminal.end(AT_ONCE_S) == code


def test_what_is_written_meanwhile_is_sent_then(tmp_path: Path) -> None:
    with broken(tmp_path, "text", face=TTY) as (terminal, server):
        terminal.expect("READY")
        terminal.type("hi\r")
        terminal.expect("try 2 of 8")
        terminal.type("and more, really")
        terminal.expect("and more, really")
        terminal.type("\r")
        server.refuses = False
        terminal.type("r")
        terminal.expect("rebuilt from the transcript")
        terminal.expect("one two three")
        terminal.type("\x04")
        assert terminal.end() == 0


@pytest.mark.parametrize("face", [TRIES, ALOUD], ids=["plain", "aloud"])
def test_in_lines_a_slash_tries_at_once_and_one_ctrl_c_leaves(tmp_path: Path, face: Mapping[str, str]) -> None:
    with broken(tmp_path, "text", face=face) as (terminal, server):
        terminal.expect("Ready." if face is ALOUD else "you> ")
        terminal.type("/retry\n")
        terminal.expect("there is a connection")
        terminal.type("hi\n")
        terminal.expect("was lost")
        _until(terminal, server, 3)
        terminal.type("/retry\n")
        _until(terminal, server, 4)
        terminal.type("\x03")
        assert terminal.end(AT_ONCE_S) == 130


def talks(*words: str) -> tuple[str, ...]:
    return ("talk", "--input-device", "none", "--output-device", "none", "--start-with", "hi", *words)


def test_a_call_has_the_same_key_and_counts_in_the_end(tmp_path: Path) -> None:
    with broken(tmp_path, *talks(), face=TTY) as (terminal, server):
        terminal.expect("try 3 of 8, next in", 30)
        server.refuses = False
        terminal.type("r")
        terminal.expect("rebuilt from the transcript", AT_ONCE_S)
        terminal.expect("one two three")
        terminal.expect("READY")
        terminal.type("\x04")
        assert terminal.end(10) == 0
    assert "1 reconnect (0 turns lost)" in terminal.shown
    assert f"--model {MODEL[1]} --continue" in terminal.shown


@pytest.mark.parametrize(("key", "code"), [("q", 0), ("\x03", 130)])
def test_a_call_without_a_connection_ends_at_once(tmp_path: Path, key: str, code: int) -> None:
    with broken(tmp_path, *talks(), face=TTY) as (terminal, _):
        terminal.expect("try 2 of 8")
        terminal.type(key)
        assert terminal.end(AT_ONCE_S) == code


def _until(terminal: Terminal, server: Breaking, connections: int) -> None:
    until = time.monotonic() + 30
    while server.connections < connections:
        assert time.monotonic() < until
        terminal.drain()
        time.sleep(0.02)
