"""`livechat text` against servers that do what production does on a bad day, and against hostile ones."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection

from livechat.commands.text import LONGEST_PROMPT
from livechat.conversation import GARBLED
from tests.cli import Terminal, begun, environment, livechat
from tests.scripted import complete, greet, say, scripted, write

KEY = "AIzaSyA-not-a-real-key-x9Qz"
MODEL = ["--model", "gemini-live-2.5-flash"]
"""One that writes."""


def test_a_half_hour_answer_loses_nothing(tmp_path: Path) -> None:
    words = [f"word {number} of a very long answer\n" for number in range(20_000)]

    async def script(client: ServerConnection) -> None:
        await greet(client)
        for word in words:
            await write(client, word)
        await complete(client)

    with scripted(script) as url:
        run = livechat("text", "--server", url, *MODEL, "go on", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stdout.decode() == "".join(words)


def test_long_lines_are_not_wrapped(tmp_path: Path) -> None:
    async def script(client: ServerConnection) -> None:
        await greet(client)
        await write(client, "x " * 5000)
        await complete(client)

    with scripted(script) as url:
        run = livechat("text", "--server", url, *MODEL, "hi", cwd=tmp_path)
    assert run.stdout.decode() == "x " * 5000 + "\n"


def test_hostile_words_do_nothing_to_the_terminal(tmp_path: Path) -> None:
    async def script(client: ServerConnection) -> None:
        await greet(client)
        await write(client, "a\x1b]52;c;ZXZpbA==\x07b\x1b[2Jc\u202ed[/nope]")
        await complete(client)

    with scripted(script) as url, Terminal(["text", "--server", url, *MODEL, "-"], tmp_path) as terminal:
        terminal.type("hi\n\x04")
        terminal.expect("[/nope]")
        assert terminal.end() == 0
    assert "\x1b]" not in terminal.shown
    assert "\x1b[2J" not in terminal.shown
    assert "\u202e" not in terminal.shown
    assert "\x07" not in terminal.shown


@pytest.mark.parametrize(
    ("code", "reason", "exit_code", "says"),
    [
        (
            1007,
            "API key not valid. Please pass a valid API key.",
            77,
            "refused your API key (…x9Qz from LIVECHAT_API_KEY)",
        ),
        (1007, "Request contains an invalid argument.", 76, "rejected our request"),
        (
            1008,
            "models/x is not found for API version v1, or is not supported for bidiGenerateContent.",
            69,
            "not found",
        ),
        (1011, "You exceeded your current quota. Please retry in 41s.", 75, "wait 41 s"),
        (1011, "Internal error encountered.", 75, "the server failed (1011: Internal error encountered.)"),
        (1011, "Deadline expired before operation could complete.", 75, "Deadline expired"),
        (1000, "", 75, "ended the session"),
    ],
)
def test_a_close_ends_with_its_sentence_and_its_code(
    tmp_path: Path, code: int, reason: str, exit_code: int, says: str
) -> None:
    async def script(client: ServerConnection) -> None:
        await greet(client)
        await client.close(code, reason)

    with scripted(script) as url:
        run = livechat("text", "--server", url, *MODEL, "hi", cwd=tmp_path, env={"LIVECHAT_API_KEY": KEY})
    assert run.returncode == exit_code, run.stderr
    assert says in run.stderr.decode()
    assert run.stdout == b""


def test_a_key_that_the_server_sends_back_is_printed_nowhere(tmp_path: Path) -> None:
    async def script(client: ServerConnection) -> None:
        assert client.request is not None
        key = client.request.headers["x-goog-api-key"]
        assert "key=" not in client.request.path
        await greet(client)
        await write(client, f"your key is {key}")
        await client.close(1011, f"bad {key}")

    env = {"LIVECHAT_API_KEY": KEY}
    with scripted(script) as url:
        flags = ["--json", "--debug", "--trace", "t.trace"]
        run = livechat("text", "--server", url, *MODEL, *flags, "hi", cwd=tmp_path, env=env)
    everything = run.stdout + run.stderr + (tmp_path / "t.trace").read_bytes()
    assert KEY.encode() not in everything
    assert b"[hidden]" in run.stdout
    assert livechat("replay", "t.trace", cwd=tmp_path).stdout == run.stdout


def test_a_key_that_came_in_the_address_is_hidden_as_any_other(tmp_path: Path) -> None:
    async def script(client: ServerConnection) -> None:
        assert client.request is not None
        assert "key=" not in client.request.path
        await greet(client)
        await client.close(1011, f"bad {client.request.headers['x-goog-api-key']}")

    with scripted(script) as url:
        run = livechat("text", "--server", f"{url}?key={KEY}", *MODEL, "--json", "--debug", "-v", "hi", cwd=tmp_path)
    assert run.returncode == 75
    assert KEY.encode() not in run.stdout + run.stderr
    assert b"bad [hidden]" in run.stdout
    assert b"bad [hidden]" in run.stderr


def test_a_server_that_does_not_speak_the_protocol_is_76(tmp_path: Path) -> None:
    async def script(client: ServerConnection) -> None:
        await greet(client)
        for _ in range(GARBLED):
            await client.send("<html>\x1b[2J")
        await client.wait_closed()

    with scripted(script) as url:
        run = livechat("text", "--server", url, *MODEL, "hi", cwd=tmp_path)
    assert run.returncode == 76
    assert b"<html>" in run.stderr
    assert b"\x1b" not in run.stderr


@pytest.mark.parametrize("flags", [[], ["--json"], ["--usage"]])
@pytest.mark.parametrize("reason", ["PROHIBITED_INPUT_CONTENT", None])
def test_an_answer_without_a_word_is_75_and_says_the_reason(
    tmp_path: Path, flags: list[str], reason: str | None
) -> None:
    async def script(client: ServerConnection) -> None:
        await greet(client)
        end: dict[str, object] = {"turnComplete": True}
        await say(client, {"serverContent": end | ({"turnCompleteReason": reason} if reason else {})})
        await client.wait_closed()

    with scripted(script) as url:
        run = livechat("text", "--server", url, *MODEL, *flags, "hi", cwd=tmp_path)
    assert run.returncode == 75
    said = run.stderr.decode()
    assert "the model gave no answer" in said
    assert (reason or "without a word") in said


def test_what_the_server_says_beside_the_answer_is_told_on_stderr_and_leaves_the_answer_whole(tmp_path: Path) -> None:
    async def script(client: ServerConnection) -> None:
        await greet(client)
        await write(client, "one ")
        await say(client, {"goAway": {"timeLeft": "50s"}})
        await say(client, {"error": {"message": "slow down\n  try: curl evil | sh"}})
        await say(client, {"toolCall": {"functionCalls": [{"id": "1", "name": "a\nerror: b"}]}})
        await write(client, "two")
        await complete(client)

    with scripted(script) as url:
        run = livechat("text", "--server", url, *MODEL, "hi", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (0, b"one two\n")
    notes = run.stderr.decode().splitlines()
    assert not any("close" in line for line in notes), "a move that the server asks for is no trouble"
    assert any(line.startswith("note: the server reports an error") for line in notes)
    assert "note: the model called a tool that was not offered: a␤error: b" in notes
    assert all(line.startswith("note: ") for line in notes)


def test_a_reader_that_leaves_while_sound_is_played_is_a_quiet_end(tmp_path: Path) -> None:
    async def script(client: ServerConnection) -> None:
        await greet(client)
        await say(client, {"serverContent": {"outputTranscription": {"text": "one "}}})
        await wait_for_nobody.wait_async()
        sound = {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": "AAAA" * 100}}
        await say(client, {"serverContent": {"modelTurn": {"parts": [sound]}}})
        await complete(client)

    class Gate(threading.Event):
        async def wait_async(self) -> None:
            await asyncio.to_thread(self.wait, 30)

    wait_for_nobody = Gate()
    with scripted(script) as url:
        flags = ["--audio-out", "a.wav", "--usage"]
        process = started("text", "--server", url, *flags, "hi", cwd=tmp_path)
        assert process.stdout is not None
        assert process.stdout.read(3) == b"one"
        process.stdout.close()
        wait_for_nobody.set()
        said = process.communicate(timeout=30)[1]
    assert process.returncode == 141
    assert b"Traceback" not in said


@pytest.mark.parametrize("way", ["ctrl-c", "--timeout"])
def test_who_cuts_a_session_off_reads_of_no_failure_of_the_server(tmp_path: Path, way: str) -> None:
    async def script(client: ServerConnection) -> None:
        await greet(client)
        await write(client, "one")
        await client.wait_closed()

    limit = ["--timeout", "1.5"] if way == "--timeout" else []
    with scripted(script) as url:
        process = started("text", "--server", url, *MODEL, "--json", *limit, "hi", cwd=tmp_path)
        assert process.stdout is not None
        seen = [json.loads(process.stdout.readline()) for _ in range(3)]
        assert seen[-1]["type"] == "text.delta"
        if way == "ctrl-c":
            process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == (130 if way == "ctrl-c" else 124)
    assert [json.loads(line)["type"] for line in out.splitlines()] == ["session.end"]


def test_sigterm_ends_what_a_full_pipe_holds_up(tmp_path: Path) -> None:
    async def script(client: ServerConnection) -> None:
        await greet(client)
        for _ in range(300):
            await write(client, "x" * 1000)
        full.set()
        await client.wait_closed()

    full = threading.Event()
    with scripted(script) as url:
        process = started("text", "--server", url, *MODEL, "hi", cwd=tmp_path)
        assert process.stdout is not None
        full.wait(30)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 143
        process.communicate()


def started(*words: str, cwd: Path) -> subprocess.Popen[bytes]:
    """A run that is still going on, with pipes for stdout and stderr."""
    pipe = subprocess.PIPE
    return begun(*words, cwd=cwd, env=environment(), stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe)


def test_a_trace_over_a_file_that_everybody_may_read_is_its_owners_alone(tmp_path: Path) -> None:
    async def script(client: ServerConnection) -> None:
        await greet(client)
        await write(client, "x")
        await complete(client)

    trace = tmp_path / "t.trace"
    trace.touch()
    trace.chmod(0o644)
    with scripted(script) as url:
        run = livechat("text", "--server", url, *MODEL, "--trace", "t.trace", "hi", cwd=tmp_path)
    assert run.returncode == 0
    assert trace.stat().st_mode & 0o777 == 0o600


def test_a_peer_that_is_no_live_server_is_said(tmp_path: Path) -> None:
    async def script(client: ServerConnection) -> None:
        await client.recv()
        await client.close(1003, "what?")

    with scripted(script) as url:
        run = livechat("text", "--server", url, *MODEL, "hi", cwd=tmp_path)
    assert run.returncode == 69
    assert b"during the setup" in run.stderr


def test_the_setup_asks_for_transcripts_and_a_sliding_window(tmp_path: Path) -> None:
    setups: list[dict[str, object]] = []

    async def script(client: ServerConnection) -> None:
        setups.append(json.loads(await client.recv())["setup"])
        await say(client, {"setupComplete": {}})
        await client.recv()
        await say(client, {"serverContent": {"outputTranscription": {"text": "Hi."}}})
        await complete(client)

    with scripted(script) as url:
        flags = ["--model", "gemini-3.8-live", "--voice", "kore", "--language", "pt-BR", "--system", "Be brief."]
        run = livechat("text", "--server", url, *flags, "hi", cwd=tmp_path)
    assert run.stdout == b"Hi.\n"
    speech = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}, "languageCode": "pt-BR"}
    assert setups == [
        {
            "model": "models/gemini-3.8-live",
            "generationConfig": {"responseModalities": ["AUDIO"], "speechConfig": speech},
            "systemInstruction": {"parts": [{"text": "Be brief."}]},
            "inputAudioTranscription": {},
            "outputAudioTranscription": {},
            "contextWindowCompression": {"slidingWindow": {}},
        }
    ]


def test_what_is_piped_in_is_bounded(tmp_path: Path) -> None:
    run = livechat("text", "--local", cwd=tmp_path, stdin=b"x" * (LONGEST_PROMPT + 1))
    assert run.returncode == 65
    assert b"MiB" in run.stderr
