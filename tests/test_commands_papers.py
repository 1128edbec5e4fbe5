"""A typed conversation on the screen and read aloud, at a real pseudo-terminal; and the lines of stdin."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
import tempfile
import termios
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

import pytest
from websockets.asyncio.server import ServerConnection

from livechat.commands.papers import END, nothing, typed_lines
from tests import aio, pulse_fixture, terminal_help
from tests.cli import Terminal
from tests.scripted import Script, complete, greet, say, scripted, write

TTY = {"LIVECHAT_OUTPUT_FACE": "tty"}
ALOUD = {"LIVECHAT_OUTPUT_FACE": "screen-reader"}
READY, ANSWERING = "READY", "ANSWERING"
ESC, CTRL_C, CTRL_D = "\x1b", "\x03", "\x04"
REGION = (READY, ANSWERING, "type>", "esc stop")
"""Of what is taken away in the end."""


def history(terminal: Terminal) -> list[str]:
    """All that stands on the terminal in the end."""
    emulator = terminal_help.Terminal(80, 24)
    emulator.feed(terminal.shown)
    assert emulator.cursor_seen
    assert emulator.wraps
    return emulator.text


def assert_given_back(terminal: Terminal, before: object) -> None:
    """Nothing of the region is left, the keys are as ever, and no row is empty of words but for its sign."""
    assert termios.tcgetattr(terminal.master) == before
    lines = history(terminal)
    assert not [line for line in lines if any(word in line for word in REGION)]
    assert not [line for line in lines if line.strip() in ("·", "you", "model")]
    assert terminal.shown.rstrip().endswith("\x1b[?25h"), "the last word is the cursor's"


@contextmanager
def conversation(folder: Path, *, server: str = "", face: dict[str, str] = TTY) -> Generator[Terminal]:
    """One that is ready for what is typed."""
    where = ["--server", server, "--model", "gemini-live-2.5-flash"] if server else ["--local"]
    with Terminal(["text", *where], folder, face) as terminal:
        terminal.expect("Ready." if face is ALOUD else READY)
        yield terminal


class Slow:
    """A server whose first reply has begun and goes on when `go_on` is set; what it was told is in `told`."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.told: list[str] = []

    async def __call__(self, client: ServerConnection) -> None:
        await client.recv()
        await say(client, {"setupComplete": {}})
        self._take(await client.recv())
        await write(client, "one ")
        await asyncio.to_thread(self.go_on.wait, 30)
        await write(client, "two")
        await say(client, {"serverContent": {"generationComplete": True, "turnComplete": True}})
        self._take(await client.recv())
        await write(client, "three")
        await complete(client)

    def _take(self, frame: str | bytes) -> None:
        self.told.append(json.loads(frame)["clientContent"]["turns"][0]["parts"][0]["text"])


# ------------------------------------------------------------------------------------------ on the screen


def test_a_line_is_answered_and_both_are_history_once_and_ctrl_d_gives_the_terminal_back(tmp_path: Path) -> None:
    with conversation(tmp_path) as terminal:
        before = termios.tcgetattr(terminal.master)
        terminal.type("what is 17 times 24?\r")
        terminal.expect("408")
        terminal.expect(READY)
        assert not before[3] & termios.ECHO
        terminal.type(CTRL_D)
        assert terminal.end() == 0
        assert termios.tcgetattr(terminal.master)[3] & termios.ECHO
    lines = history(terminal)
    assert lines.count("  you  what is 17 times 24?") == 1
    assert len([line for line in lines if "408" in line and line.startswith("model  ")]) == 1


@pytest.mark.parametrize("key", [ESC, CTRL_C])
def test_a_key_stops_the_reply_for_good_and_says_so_once(tmp_path: Path, key: str) -> None:
    with scripted(server := Slow()) as url, conversation(tmp_path, server=url) as terminal:
        terminal.type("hi\r")
        terminal.expect(ANSWERING)
        terminal.type("go on")
        terminal.expect("go on")
        terminal.type(key)
        terminal.expect(READY)
        server.go_on.set()
        terminal.type("\r")
        terminal.expect("three")
        terminal.expect(READY)
        terminal.type(CTRL_D)
        assert terminal.end() == 0
    assert server.told == ["hi", "go on"], "what was being typed is not lost"
    lines = history(terminal)
    assert lines.count("model  one") == 1
    assert lines.count("    ⊘  you stopped the reply") == 1
    assert "two" not in terminal.shown
    assert ("    ·  ctrl-c again leaves" in lines) is (key == CTRL_C)


@pytest.mark.parametrize("during", ["a reply", "a line"])
def test_ctrl_c_twice_leaves_with_130_and_gives_the_terminal_back(tmp_path: Path, during: str) -> None:
    with scripted(server := Slow()) as url, Terminal(["text", "--server", url], tmp_path, TTY) as terminal:
        before = termios.tcgetattr(terminal.master)
        terminal.expect(READY)
        terminal.type("hi\r" if during == "a reply" else "half a line")
        terminal.expect(ANSWERING if during == "a reply" else "half a line")
        terminal.type(CTRL_C)
        terminal.expect("ctrl-c again leaves")
        terminal.type(CTRL_C)
        server.go_on.set()
        assert terminal.end(10.0) == 130
        assert_given_back(terminal, before)


@pytest.mark.parametrize("key", [ESC, CTRL_C])
def test_where_there_is_no_reply_the_same_keys_drop_the_line(tmp_path: Path, key: str) -> None:
    with conversation(tmp_path) as terminal:
        terminal.type("what is nonsense")
        terminal.expect("nonsense")
        terminal.type(key)
        terminal.expect("type> ")
        terminal.type("what is 17 times 24?\r")
        terminal.expect("408")
        terminal.expect(READY)
        terminal.type("/quit\r")
        assert terminal.end() == 0
    assert "  you  what is 17 times 24?" in history(terminal)
    assert not any("nonsense" in line for line in history(terminal))


def test_a_line_that_is_sent_meanwhile_interrupts(tmp_path: Path) -> None:
    async def script(client: ServerConnection) -> None:
        await greet(client)
        await write(client, "one ")
        await client.recv()
        await say(client, {"serverContent": {"interrupted": True}})
        await say(client, {"serverContent": {"turnComplete": True}})
        await write(client, "two")
        await complete(client)

    with scripted(script) as url, conversation(tmp_path, server=url) as terminal:
        terminal.type("hi\r")
        terminal.expect(ANSWERING)
        terminal.type("stop\r")
        terminal.expect("two")
        terminal.expect(READY)
        terminal.type(CTRL_D)
        assert terminal.end() == 0
    talk = ["  you  hi", "model  one", "    ⊘  you interrupted", "  you  stop", "model  two"]
    assert [line for line in history(terminal) if line in talk] == talk


def test_what_is_pasted_is_one_message_however_many_lines_it_has(tmp_path: Path) -> None:
    pasted = "\n".join(f"line {number} 世界" for number in range(200))
    with scripted(server := Slow()) as url, conversation(tmp_path, server=url) as terminal:
        terminal.type(f"\x1b[200~{pasted}\x1b[201~")
        terminal.expect("line 199")
        terminal.type("\r")
        terminal.expect(ANSWERING)
        server.go_on.set()
        terminal.expect(READY)
        terminal.type(CTRL_D)
        assert terminal.end() == 0
    assert server.told == [pasted]
    shown = [line for line in history(terminal) if re.fullmatch(r"( {2}you| {5})  line \d+ 世 ?界 ?", line)]
    assert len(shown) == 200


def test_however_much_is_typed_little_of_it_is_drawn(tmp_path: Path) -> None:
    pasted = "word " * 40_000
    with conversation(tmp_path) as terminal:
        terminal.type("\x1b[200~")
        for begin in range(0, len(pasted), 2000):  # a terminal takes no more at once
            terminal.type(pasted[begin : begin + 2000])
            terminal.drain()
        terminal.type("\x1b[201~")
        terminal.expect("word", 20.0)
        before = spent_s(terminal.process.pid)
        for letter in "ABCDEFGH":
            terminal.type(letter)
            terminal.expect(letter)
        assert spent_s(terminal.process.pid) - before < 1.0
        terminal.type(ESC)
        terminal.expect("type> ")
        terminal.type(CTRL_D)
        assert terminal.end() == 0


def spent_s(process: int) -> float:
    """What the process has had of the machine's time."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_sigquit_leaves_no_region_either(tmp_path: Path) -> None:
    with conversation(tmp_path) as terminal:
        terminal.type("half a line")
        terminal.expect("half a line")
        terminal.process.send_signal(signal.SIGQUIT)
        assert terminal.end() == 128 + signal.SIGQUIT
    assert not [line for line in history(terminal) if any(word in line for word in REGION)]


@pytest.mark.speech
def test_what_is_only_written_to_a_file_counts_as_said_when_its_words_come(tmp_path: Path) -> None:
    with Terminal(["text", "--local", "--audio-out", "a.wav", "what is 17 times 24?"], tmp_path, TTY) as terminal:
        terminal.expect(ANSWERING)
        assert terminal.end() == 0
    assert (tmp_path / "a.wav").stat().st_size > 24_000
    assert "408" in history(terminal)[-1]


def test_slash_words_are_obeyed_and_what_they_say_is_history(tmp_path: Path) -> None:
    with conversation(tmp_path) as terminal:
        terminal.type("my name is Ada\r")
        terminal.expect("Ada")
        terminal.expect(READY)
        for typed, said in {
            "/help": "write the conversation so far to FILE",
            "/hlep": "did you mean /help?",
            "/save": "/save wants a file",
            "/save talk.md": "saved to talk.md",
        }.items():
            terminal.type(f"{typed}\r")
            terminal.expect(said)
        terminal.type("/clear\r")
        terminal.expect("/help shows what you can type")
        terminal.expect(READY)
        terminal.type("what is my name?\r")
        terminal.expect("what is my name?")
        terminal.expect(READY)
        terminal.type(CTRL_D)
        assert terminal.end() == 0
    lines = history(terminal)
    assert len([line for line in lines if line.startswith("livechat ")]) == 2
    assert not any("Ada" in line for line in lines[lines.index("  you  what is my name?") :])
    assert (tmp_path / "talk.md").read_text().startswith("**you** my name is Ada\n\n**model** ")


def test_ctrl_l_draws_the_region_again_and_a_key_without_meaning_does_nothing(tmp_path: Path) -> None:
    with conversation(tmp_path) as terminal:
        terminal.type("\x1b[15~")  # F5
        terminal.type("\x0c")
        terminal.expect("type> ")
        terminal.expect("ctrl-d")
        terminal.type(CTRL_D)
        assert terminal.end() == 0


def test_a_session_that_the_server_ends_is_told_of(tmp_path: Path) -> None:
    async def script(client: ServerConnection) -> None:
        await greet(client)
        await write(client, "bye")
        await say(client, {"serverContent": {"generationComplete": True, "turnComplete": True}})
        await client.close(1001, "The server ends.")

    for face in (TTY, ALOUD, {"LIVECHAT_OUTPUT_FACE": "plain"}):
        with scripted(script) as url, Terminal(["text", "--server", url], tmp_path, face) as terminal:
            before = termios.tcgetattr(terminal.master)
            terminal.expect("ctrl-d leaves")
            terminal.type("hi\r")
            terminal.expect("bye")
            assert terminal.end() == 0
            if face is TTY:
                assert_given_back(terminal, before)
        assert history(terminal)[-1].strip() in (
            "·  the server has ended the conversation",
            "note: the server has ended the conversation",
        )


# ------------------------------------------------------------------------------------------ played aloud


@pytest.fixture(name="card")
def _card() -> Generator[dict[str, str]]:
    """The environment in which there is a sound card."""
    with tempfile.TemporaryDirectory() as folder, pulse_fixture.pulse(Path(folder)) as pulse:
        wanted = ("XDG_RUNTIME_DIR", "PULSE_RUNTIME_PATH", "PULSE_STATE_PATH", "PULSE_SERVER", "HOME")
        yield {name: pulse.environment[name] for name in wanted}


pulse_only = pytest.mark.skipif(bool(pulse_fixture.missing()), reason=pulse_fixture.missing())


@pytest.mark.pulse
@pytest.mark.speech
@pulse_only
def test_of_a_reply_that_is_played_the_words_that_were_not_are_struck(tmp_path: Path, card: dict[str, str]) -> None:
    with Terminal(["text", "--local", "--speak"], tmp_path, {**TTY, **card}) as terminal:
        terminal.expect(READY)
        terminal.type("tell me a long story\r")
        terminal.expect(ANSWERING)
        terminal.type(ESC)
        terminal.expect("you stopped the reply — the struck words were never played")
        terminal.expect(READY)
        terminal.type(CTRL_D)
        assert terminal.end() == 0
    assert "mic " not in terminal.shown
    assert len([line for line in history(terminal) if line.startswith("   ⊘  you stopped the reply")]) == 1


@pytest.mark.pulse
@pytest.mark.speech
@pulse_only
def test_one_question_is_answered_aloud_and_then_over(tmp_path: Path, card: dict[str, str]) -> None:
    words = ["text", "--local", "--speak", "what is 17 times 24?"]
    with Terminal(words, tmp_path, {**TTY, **card}) as terminal:
        terminal.expect(ANSWERING)
        assert terminal.end() == 0
    assert "408" in history(terminal)[-1]


# ------------------------------------------------------------------------------------------ one question on the screen


def test_one_question_is_two_rows_and_no_region_is_left(tmp_path: Path) -> None:
    with Terminal(["text", "--local", "what is 17 times 24?"], tmp_path, TTY) as terminal:
        before = termios.tcgetattr(terminal.master)
        assert terminal.end() == 0
        assert_given_back(terminal, before)
    lines = history(terminal)
    assert lines.count("  you  what is 17 times 24?") == 1
    assert lines[-1].startswith("model  ")
    assert "408" in lines[-1]


async def gone(client: ServerConnection) -> None:
    await greet(client)
    await write(client, "half an ans")
    await asyncio.sleep(0.3)
    client.transport.abort()


async def failed(client: ServerConnection) -> None:
    await greet(client)
    await write(client, "half an ans")
    await client.close(1011, "gone for lunch")


async def blocked(client: ServerConnection) -> None:
    await greet(client)
    await say(client, {"serverContent": {"turnComplete": True, "turnCompleteReason": "BLOCKLIST"}})
    await client.wait_closed()


@pytest.mark.parametrize(("script", "said"), [(gone, "was lost"), (failed, "gone for lunch")])
@pytest.mark.parametrize("words", [["hi"], []])
def test_an_error_stands_below_what_was_said_after_the_region_is_gone(
    tmp_path: Path, script: Script, said: str, words: list[str]
) -> None:
    given = ["--model", "gemini-live-2.5-flash", *words]
    with scripted(script) as url, Terminal(["text", "--server", url, *given], tmp_path, TTY) as terminal:
        before = termios.tcgetattr(terminal.master)
        if not words:
            terminal.expect(READY)
            terminal.type("hi\r")
        assert terminal.end() == 75
        assert termios.tcgetattr(terminal.master) == before
    lines = history(terminal)
    assert not [line for line in lines if any(word in line for word in REGION)]
    half = lines.index("model  half an ans")
    assert lines[half + 1].startswith("error: ")
    assert any(said in line for line in lines[half + 1 :])
    assert lines[-1] == "  ref: exit 75"


def test_an_answer_without_a_word_is_75_on_the_screen_too(tmp_path: Path) -> None:
    with scripted(blocked) as url, Terminal(["text", "--server", url, "hi"], tmp_path, TTY) as terminal:
        assert terminal.end() == 75
    assert "error: the model gave no answer" in history(terminal)


@pytest.mark.parametrize("words", [["hi"], []])
def test_where_nobody_listens_the_error_is_alone_with_its_code(tmp_path: Path, words: list[str]) -> None:
    with Terminal(["text", "--server", "ws://127.0.0.1:9", *words], tmp_path, TTY) as terminal:
        before = termios.tcgetattr(terminal.master)
        assert terminal.end() == 69
        assert termios.tcgetattr(terminal.master) == before
    lines = history(terminal)
    assert not [line for line in lines if any(word in line for word in (*REGION, "CONNECTING"))]
    assert lines[-1] == "  ref: exit 69"


# ------------------------------------------------------------------------------------------ read aloud


def test_read_aloud_a_line_is_whole_and_the_states_are_told_and_nothing_moves(tmp_path: Path) -> None:
    with scripted(server := Slow()) as url, conversation(tmp_path, server=url, face=ALOUD) as terminal:
        terminal.type("hi\n")
        terminal.expect("you: hi")
        terminal.expect("Answering.")
        terminal.type(CTRL_C)
        terminal.expect("model: one")
        terminal.expect("Reply stopped.")
        server.go_on.set()
        terminal.type("go on\n")
        terminal.expect("model: three")
        terminal.type("/quit\n")
        assert terminal.end() == 0
    assert "\x1b" not in terminal.shown
    assert "you> " not in terminal.shown
    assert "note: ctrl-c again leaves" in terminal.shown, "the state says the rest"


# ------------------------------------------------------------------------------------------ the lines of stdin


def lines_of(stream: TextIO, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All that is read from it, `END` too."""

    async def read() -> list[str]:
        taken: list[str] = []
        async with typed_lines() as lines:
            while taken[-1:] != [END]:
                taken.append(await lines.get())
        return taken

    monkeypatch.setattr(sys, "stdin", stream)
    return aio.run(read())


def test_lines_are_cut_where_they_end_and_the_last_needs_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.write(writing, "one\nzwö".encode()[:-1])

    def rest() -> None:
        os.write(writing, "ö".encode()[1:])
        os.close(writing)

    threading.Timer(0.05, rest).start()
    with os.fdopen(reading, encoding="utf-8") as stream:
        assert lines_of(stream, monkeypatch) == ["one\n", "zwö\n", END]


def test_a_file_which_no_loop_waits_for_is_read_as_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "typed").write_text("one\ntwo\n")
    with (tmp_path / "typed").open() as stream:
        assert lines_of(stream, monkeypatch) == ["one\n", "two\n", END]


def test_a_terminal_that_is_gone_is_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    user, program = os.openpty()
    os.write(user, b"one\n")
    threading.Timer(0.1, os.close, (user,)).start()
    with cast("TextIO", os.fdopen(program)) as stream:
        assert lines_of(stream, monkeypatch) == ["one\n", END]


def test_before_there_is_a_session_there_is_no_reply_to_stop() -> None:
    assert not nothing()
