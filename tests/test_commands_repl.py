"""The conversation in plain lines, typed into a real pseudo-terminal."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
from pathlib import Path

from websockets.asyncio.server import ServerConnection

from tests.cli import Terminal
from tests.scripted import complete, greet, say, scripted, write

PROMPT = "you> "
PLAIN = {"LIVECHAT_OUTPUT_FACE": "plain"}


def test_lines_are_answered_and_the_conversation_is_remembered(tmp_path: Path) -> None:
    with Terminal(["text", "--local"], tmp_path, PLAIN) as terminal:
        terminal.expect(PROMPT)
        terminal.type("my name is Ada\n")
        terminal.expect("Ada")
        terminal.expect(PROMPT)
        terminal.type("what is my name?\n")
        terminal.expect("what is my name?")
        assert "Ada" in terminal.expect(PROMPT)
        terminal.type("/quit\n")
        assert terminal.end() == 0


def test_after_clear_the_model_has_forgotten(tmp_path: Path) -> None:
    with Terminal(["text", "--local"], tmp_path, PLAIN) as terminal:
        terminal.expect(PROMPT)
        terminal.type("my name is Ada\n")
        terminal.expect(PROMPT)
        terminal.type("/clear\n")
        terminal.expect(PROMPT)
        terminal.type("what is my name?\n")
        terminal.expect("what is my name?")
        assert "Ada" not in terminal.expect(PROMPT)


def test_the_conversation_can_be_saved(tmp_path: Path) -> None:
    with Terminal(["text", "--local"], tmp_path, PLAIN) as terminal:
        terminal.expect(PROMPT)
        terminal.type("what is 17 times 24?\n")
        terminal.expect("408")
        terminal.expect(PROMPT)
        terminal.type("/save talk.md\n")
        terminal.expect("saved to talk.md")
        terminal.type("\x04")
        assert terminal.end() == 0
    saved = (tmp_path / "talk.md").read_text()
    assert saved.startswith("**you** what is 17 times 24?\n\n**model** ")
    assert "408" in saved


def test_a_slash_word_that_is_none_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with Terminal(["text", "--local"], tmp_path, PLAIN) as terminal:
        terminal.expect(PROMPT)
        terminal.type("/hlep\n")
        terminal.expect("did you mean /help?")
        terminal.expect(PROMPT)
        terminal.type("/help\n")
        terminal.expect("/save FILE")
        terminal.type("/save\n")
        terminal.expect("/save wants a file")
        terminal.type("/save /nowhere/at/all.md\n")
        terminal.expect("cannot write /nowhere/at/all.md")
        terminal.type("/save ~nobody-of-this-name/a.md\n")
        terminal.expect("cannot write ~nobody-of-this-name/a.md")


def test_ctrl_c_stops_a_reply_and_a_second_one_leaves_with_130(tmp_path: Path) -> None:
    with Terminal(["text", "--local"], tmp_path, PLAIN) as terminal:
        terminal.expect(PROMPT)
        terminal.type("tell me a very long story\n")
        terminal.expect("story\r\n")
        terminal.expect(".")
        terminal.type("\x03")
        terminal.expect("reply stopped")
        terminal.type("\x03")
        assert terminal.end() == 130


def test_ctrl_c_at_the_prompt_clears_the_line_and_a_second_one_leaves_with_130(tmp_path: Path) -> None:
    with Terminal(["text", "--local"], tmp_path, PLAIN) as terminal:
        terminal.expect(PROMPT)
        terminal.type("half a li\x03")
        terminal.expect("ctrl-c again leaves")
        terminal.expect(PROMPT)
        terminal.type("\x03")
        assert terminal.end(5.0) == 130


def test_lines_pasted_together_are_one_message(tmp_path: Path) -> None:
    with Terminal(["text", "--local"], tmp_path, PLAIN) as terminal:
        terminal.expect(PROMPT)
        terminal.type("my name is Ada\nand what is 17 times 24?\n")
        terminal.expect("24?")
        terminal.expect(PROMPT)
        terminal.type("/save talk.md\n")
        terminal.expect("saved to talk.md")
    assert "**you** my name is Ada\nand what is 17 times 24?\n" in (tmp_path / "talk.md").read_text()


def test_saving_writes_over_its_own_file_and_over_no_other(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("important")
    with Terminal(["text", "--local"], tmp_path, PLAIN) as terminal:
        terminal.expect(PROMPT)
        terminal.type("/save mine.txt\n")
        terminal.expect("mine.txt is there already")
        terminal.type("/save talk.md\n")
        terminal.expect("saved to talk.md")
        terminal.type("/save talk.md\n")
        terminal.expect("saved to talk.md")
    assert (tmp_path / "mine.txt").read_text() == "important"


def test_a_killed_conversation_ends_with_143(tmp_path: Path) -> None:
    with Terminal(["text", "--local"], tmp_path, PLAIN) as terminal:
        terminal.expect(PROMPT)
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.end(5.0) == 143


def test_half_a_line_pushed_through_holds_nothing_up_and_waits_for_its_rest(tmp_path: Path) -> None:
    async def script(client: ServerConnection) -> None:
        await greet(client)
        await write(client, "one ")
        await asyncio.to_thread(pushed.wait, 30)
        await write(client, "two ")
        await asyncio.to_thread(seen.wait, 30)
        await say(client, {"serverContent": {"turnComplete": True}})
        heard.append(json.loads(await client.recv())["clientContent"]["turns"][0]["parts"][0]["text"])
        await write(client, "three")
        await complete(client)

    pushed, seen, heard = threading.Event(), threading.Event(), list[str]()
    words = ["text", "--model", "gemini-live-2.5-flash", "--server"]
    with scripted(script) as url, Terminal([*words, url], tmp_path, PLAIN) as terminal:
        terminal.expect(PROMPT)
        terminal.type("hi\n")
        terminal.expect("one ")
        terminal.type("half a \x04")
        terminal.expect("half a ")
        pushed.set()
        terminal.expect("two ")
        seen.set()
        terminal.expect(PROMPT)
        terminal.type("line\n")
        terminal.expect("three")
        terminal.expect(PROMPT)
        terminal.type("and the last\x04\x04")
        assert terminal.end() in (0, 75)
    assert heard == ["half a line"]


def test_a_reply_that_was_stopped_is_stopped_for_good(tmp_path: Path) -> None:
    async def script(client: ServerConnection) -> None:
        await greet(client)
        await write(client, "one ")
        await asyncio.to_thread(stopped.wait, 30)
        await write(client, "two ")
        await say(client, {"serverContent": {"generationComplete": True}})
        await say(client, {"serverContent": {"turnComplete": True}})
        await client.recv()
        await write(client, "three")
        await complete(client)

    stopped = threading.Event()
    words = ["text", "--model", "gemini-live-2.5-flash", "--server"]
    with scripted(script) as url, Terminal([*words, url], tmp_path, PLAIN) as terminal:
        terminal.expect(PROMPT)
        terminal.type("hi\n")
        terminal.expect("one ")
        terminal.type("\x03")
        terminal.expect("reply stopped")
        stopped.set()
        terminal.expect(PROMPT)
        terminal.type("go on\n")
        terminal.expect("three")
        terminal.expect(PROMPT)
        terminal.type("/save talk.md\n")
        terminal.expect("saved")
    assert "two" not in terminal.shown
    assert (tmp_path / "talk.md").read_text() == ("**you** hi\n\n**model** one\n\n**you** go on\n\n**model** three\n")


def test_what_is_saved_commands_no_terminal_either(tmp_path: Path) -> None:
    async def play(client: ServerConnection) -> None:
        await greet(client)
        await write(client, "far\x1b]0;x\x07\x9b2J\x84!")
        await complete(client)

    with scripted(play) as url, Terminal(["text", "--server", url], tmp_path, PLAIN) as terminal:
        terminal.expect(PROMPT)
        terminal.type("how far?\n")
        terminal.expect("far")
        terminal.expect(PROMPT)
        terminal.type("/save talk.md\n")
        terminal.expect("saved to talk.md")
    assert (tmp_path / "talk.md").read_text() == "**you** how far?\n\n**model** far␛␛\ufffd!\n"
