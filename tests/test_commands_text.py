"""`livechat text` against servers that do what production does on a bad day, and against hostile ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection

from livechat.commands.text import LONGEST_PROMPT
from tests.cli import Terminal, livechat
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
        (1011, "You exceeded your current quota. Please retry in 41s.", 75, "wait 41s"),
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


def test_a_frame_that_is_not_the_protocol_is_76(tmp_path: Path) -> None:
    async def script(client: ServerConnection) -> None:
        await greet(client)
        await client.send("<html>\x1b[2J")
        await client.wait_closed()

    with scripted(script) as url:
        run = livechat("text", "--server", url, *MODEL, "hi", cwd=tmp_path)
    assert run.returncode == 76
    assert b"<html>" in run.stderr
    assert b"\x1b" not in run.stderr


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
