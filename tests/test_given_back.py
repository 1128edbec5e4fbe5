"""Whatever ends a call or a conversation on the screen, the terminal is given back, and soon; on real pseudo-terminals.

Programs are started together, and ended one by one: a claim about how soon one ends is about that one alone.
"""

from __future__ import annotations

import base64
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from websockets.asyncio.server import ServerConnection

from tests.scripted import greet, say, scripted
from tests.tty_help import Program

EXIT_S: Final = 0.5
"""How soon a program is to be gone."""
NOISE: Final = 4
"""So many times that are allowed here, where others may use the machine; usually it is a fifth of it."""
SPEAKS, READY, CONNECTING = "ANSWERING", "READY", "CONNECTING"
PUT_BACK: Final = {"7": "h", "25": "h", "2004": "l", "2026": "l"}
"""How the modes of a terminal are left: lines wrap, the cursor shows, pasting is as ever, no frame is begun."""
CTRL_BACKSLASH, CTRL_C, CTRL_D, CTRL_Z = "\x1c", "\x03", "\x04", "\x1a"
MODEL = ["--model", "gemini-3.8-live"]
TALK = ["talk", "--no-save", "--input-device", "none", "--output-device", "none", "--start-with", "Hi", *MODEL]
TEXT = ["text", *MODEL]

_RUN = """
import os, sys, time
os.environ.update({env!r})
sys.argv[1:] = {words!r}
{before}
from livechat.cli import main
sys.exit(main())
"""
_RAISES = """
import livechat.commands.calling as calling
async def raises(*given):
    time.sleep(0.3)  # the screen is drawn
    raise RuntimeError("a mistake of ours")
calling.see_off = raises
"""
_HANGS = """
from livechat.terminal.screen import Screen
def close(screen):
    os.write(1, b"<hangs>")
    time.sleep(60)
Screen.close = close
"""


async def speak(client: ServerConnection) -> None:
    """Says something long after the first words, and is gone without a word after the next."""
    await greet(client)
    sound = base64.b64encode(bytes(24_000)).decode()
    part = {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": sound}}
    for word in ("Once upon a time. " * 10).split():
        heard = {"modelTurn": {"parts": [part]}, "outputTranscription": {"text": f"{word} "}}
        await say(client, {"serverContent": heard})
    await client.recv()
    client.transport.abort()


@dataclass(frozen=True)
class Servers:
    """Where they are."""

    live: str
    silent: str
    """Takes connections and says nothing."""


@pytest.fixture(name="servers", scope="module")
def _servers() -> Iterator[Servers]:
    with scripted(speak) as live, socket.create_server(("127.0.0.1", 0)) as silent:
        yield Servers(live, f"ws://127.0.0.1:{silent.getsockname()[1]}")


Act = Callable[[Program], None]


def sends(number: signal.Signals) -> Act:
    return lambda program: os.kill(program.process.pid, number)


def types(text: str) -> Act:
    return lambda program: program.type(text)


def closes_the_window(program: Program) -> None:
    program.hang_up()


def is_impatient(program: Program) -> None:
    program.type(CTRL_C)
    program.expect("<hangs>")
    program.type(CTRL_C)


def insists(program: Program) -> None:
    """One ctrl-c is for the line that is typed."""
    program.type(CTRL_C)
    program.expect("again leaves")
    program.type(CTRL_C)


def asks_twice(program: Program) -> None:
    program.type("Hi\r")
    program.expect(SPEAKS)
    program.type("Still there?\r")


def does_nothing(program: Program) -> None:
    pass


@dataclass(frozen=True)
class Ending:
    """What is run, until when, what then happens, and the exit code that follows."""

    words: list[str]
    until: str
    happens: Act
    code: int
    before: str = ""
    """What is changed in the program before it runs."""
    where: str = "live"
    """The server: live, silent or local."""

    def program(self, servers: Servers, folder: Path) -> Program:
        reached = {"live": servers.live, "silent": servers.silent, "local": "local"}[self.where]
        return Program(run([*self.words, "--server", reached], folder, self.before))


def run(words: list[str], folder: Path, before: str = "") -> str:
    """A script that runs livechat on the screen."""
    env = {"LIVECHAT_OUTPUT_FACE": "tty", "LIVECHAT_STATE": str(folder)}
    return _RUN.format(env=env, words=words, before=before)


ENDINGS: Mapping[str, Ending] = {
    "a call by ctrl-d": Ending(TALK, SPEAKS, types(CTRL_D), 0),
    "a call by ctrl-c": Ending(TALK, SPEAKS, types(CTRL_C), 130),
    "a call by SIGINT": Ending(TALK, SPEAKS, sends(signal.SIGINT), 130),
    "a call by SIGTERM": Ending(TALK, SPEAKS, sends(signal.SIGTERM), 143),
    "a call by SIGHUP": Ending(TALK, SPEAKS, sends(signal.SIGHUP), 129),
    "a call by SIGQUIT": Ending(TALK, SPEAKS, sends(signal.SIGQUIT), 131),
    "a call by ctrl-\\": Ending(TALK, SPEAKS, types(CTRL_BACKSLASH), 131),
    "a call whose window is closed": Ending(TALK, SPEAKS, closes_the_window, 129),
    "a call whose server is gone": Ending(TALK, SPEAKS, types("Still there?\r"), 75),
    "a call that hangs on its way out": Ending(TALK, SPEAKS, is_impatient, 130, _HANGS),
    "a conversation by ctrl-d": Ending(TEXT, READY, types(CTRL_D), 0),
    "a conversation by ctrl-c": Ending(TEXT, READY, insists, 130),
    "a conversation by SIGTERM": Ending(TEXT, READY, sends(signal.SIGTERM), 143),
    "a conversation by SIGHUP": Ending(TEXT, READY, sends(signal.SIGHUP), 129),
    "a conversation by ctrl-\\": Ending(TEXT, READY, types(CTRL_BACKSLASH), 131),
    "a conversation whose window is closed": Ending(TEXT, READY, closes_the_window, 129),
    "a conversation whose server is gone": Ending(TEXT, READY, asks_twice, 75),
}
# These do not wait until it is their turn.
ALONE: Mapping[str, Ending] = {
    "a call that gets no connection": Ending(TALK, CONNECTING, types(CTRL_C), 130, where="silent"),
    "a conversation that gets no connection": Ending(TEXT, CONNECTING, types(CTRL_C), 130, where="silent"),
    "a call that makes a mistake": Ending(TALK, CONNECTING, does_nothing, 1, _RAISES),
}
LOCAL: Mapping[str, Ending] = {
    "ctrl-c": Ending(TALK, SPEAKS, types(CTRL_C), 130, where="local"),
    "SIGTERM": Ending(TALK, SPEAKS, sends(signal.SIGTERM), 143, where="local"),
    "a closed window": Ending(TALK, SPEAKS, closes_the_window, 129, where="local"),
}


@pytest.fixture(name="running", scope="module")
def _running(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Program]]:
    """All of them, each at the point where it is to end."""
    folder = tmp_path_factory.mktemp("state")
    with ExitStack() as stack:
        running = {name: stack.enter_context(ending.program(servers, folder)) for name, ending in ENDINGS.items()}
        for name, program in running.items():
            program.expect(ENDINGS[name].until)
        yield running


def modes(shown: str) -> dict[str, str]:
    """How each private mode was last switched."""
    return dict(re.findall(r"\x1b\[\?(\d+)([hl])", shown))


def end(program: Program, ending: Ending) -> None:
    """Has a program end, and looks at its terminal."""
    began = time.monotonic()
    ending.happens(program)
    code = program.end()
    took_s = time.monotonic() - began
    assert code == ending.code, program.shown[-2000:]
    assert took_s < NOISE * EXIT_S
    if program.master >= 0:
        assert program.state == program.before
        assert modes(program.shown) == PUT_BACK


@pytest.mark.parametrize("name", ENDINGS)
def test_the_terminal_is_given_back_and_soon(running: Mapping[str, Program], name: str) -> None:
    end(running[name], ENDINGS[name])


@pytest.mark.parametrize("name", ALONE)
def test_also_where_it_has_hardly_begun(servers: Servers, tmp_path: Path, name: str) -> None:
    ending = ALONE[name]
    with ending.program(servers, tmp_path) as program:
        program.expect(ending.until)
        end(program, ending)


@pytest.mark.speech
@pytest.mark.parametrize("name", LOCAL)
def test_also_where_the_server_is_within(servers: Servers, tmp_path: Path, name: str) -> None:
    with LOCAL[name].program(servers, tmp_path) as program:
        program.expect(LOCAL[name].until)
        end(program, LOCAL[name])


def test_the_shell_has_its_terminal_while_a_call_is_stopped_and_the_call_has_it_afterwards(
    servers: Servers, tmp_path: Path
) -> None:
    script = run([*TALK, "--server", servers.live], tmp_path)
    with Program(script, shell='"$@"; stty -a; fg') as program:
        ours = program.expect(SPEAKS)
        program.type(CTRL_Z)
        shells = program.expect("echok")  # and what follows may have been read with it
        assert " icanon" in shells
        assert " echo " in shells
        assert modes(ours + shells) == PUT_BACK
        assert modes(program.expect(SPEAKS)) != PUT_BACK
        program.type(CTRL_D)
        assert program.end() == 0
        assert program.state == program.before
        assert modes(program.shown) == PUT_BACK
