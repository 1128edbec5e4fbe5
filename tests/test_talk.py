"""A spoken call through pipes, and its keys under a real terminal: the real command line and a real server."""

from __future__ import annotations

import array
import asyncio
import json
import os
import stat
import subprocess
import termios
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from livechat.commands.calling import Plan
from livechat.commands.talk import refuse
from livechat.config import Settings
from livechat.config_keys import TalkKeys
from livechat.errors import UsageError
from tests.cli import Terminal, begun, environment, livechat
from tests.scripted import complete, greet, say, scripted, write
from tests.speech_fixture import spoken

MARKS = ("FloorClaimed", "FloorYielded")
STORY = "Tell me a long story about a dragon."
SUM = "What is seven times eight?"
SOON_S = 20.0
"""What a step of a call may take on a machine that is busy."""


def silence(seconds: float) -> bytes:
    return bytes(2 * round(16_000 * seconds))


def loudest(pcm: bytes) -> int:
    return max(map(abs, array.array("h", pcm)), default=0)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server whose speech is loaded, in a process of its own."""
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    process = begun("serve", "--port", "0", env=environment(), stdout=pipe, stderr=nowhere, text=True)
    assert process.stdout is not None
    url = process.stdout.readline().removeprefix("listening on ").strip()
    yield url
    process.terminate()
    process.wait(10)
    process.stdout.close()


def talk(
    server: str, folder: Path, *words: str, heard: bytes = b"", output: str = "none", microphone: str = "-"
) -> subprocess.CompletedProcess[bytes]:
    """A call to its end whose microphone is stdin."""
    command = ["talk", "--server", server, "--input-device", microphone, "--output-device", output, *words]
    return livechat(*command, cwd=folder, stdin=heard, env=state(folder))


def state(folder: Path) -> dict[str, str]:
    return {"LIVECHAT_STATE": str(folder / "state")}


def news(run: subprocess.CompletedProcess[bytes], kind: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in run.stdout.decode().splitlines()]
    return [line for line in lines if line["type"] == kind]


@dataclass(frozen=True)
class Done:
    """A call that is over, and what it left in its folder."""

    run: subprocess.CompletedProcess[bytes]
    folder: Path


class Calls:
    """Calls that are held all at once, since each takes as long as what is said in it."""

    def __init__(self, server: str, folder: Path) -> None:
        self._server = server
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def begin(self, name: str, *words: str, heard: bytes, output: str = "none") -> None:
        folder = self._folder / name
        folder.mkdir()
        said = self._folder / f"{name}.pcm"
        said.write_bytes(heard)
        given = ["talk", "--server", self._server, "--input-device", "-", "--output-device", output, *words]
        with said.open("rb") as stdin, self._out(name).open("wb") as out, self._err(name).open("wb") as err:
            self._running[name] = begun(
                *given, cwd=folder, env=environment(state(folder)), stdin=stdin, stdout=out, stderr=err
            )

    def end(self, name: str) -> Done:
        """Waits until it is over."""
        process = self._running[name]
        code = process.wait(60)
        out, err = self._out(name).read_bytes(), self._err(name).read_bytes()
        return Done(subprocess.CompletedProcess(process.args, code, out, err), self._folder / name)

    def give_up(self) -> None:
        for process in self._running.values():
            if process.poll() is None:
                process.kill()
            process.wait()

    def _out(self, name: str) -> Path:
        return self._folder / f"{name}.out"

    def _err(self, name: str) -> Path:
        return self._folder / f"{name}.err"


@pytest.fixture(scope="module")
def calls(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calls]:
    made = Calls(server, tmp_path_factory.mktemp("calls"))
    question = spoken(SUM) + silence(1)
    made.begin("aloud", heard=question, output="-")
    made.begin("words", "--voice", "kore", heard=question)
    made.begin("barge-in", "--json", heard=spoken(STORY) + silence(8) + spoken(SUM) + silence(1))
    for vad in ("local", "manual"):
        made.begin(vad, "--vad", vad, "--trace", "trace", heard=silence(0.5) + question)
    made.begin("once", "--once", heard=spoken(SUM) + silence(30))
    made.begin("kept", heard=question)
    made.begin("unkept", "--no-save", heard=question)
    made.begin("recorded", "--record", "rec", "--transcript", "talk.txt", heard=question)
    yield made
    made.give_up()


# ------------------------------------------------------------------------------------------- through pipes


@pytest.mark.speech
def test_a_question_through_a_pipe_is_answered_aloud_and_in_words(calls: Calls) -> None:
    run = calls.end("aloud").run
    assert run.returncode == 0, run.stderr
    words = run.stderr.decode()
    assert "you: What is 7 times 8?\npuck: 7 times 8 is 56.\n" in words
    assert "1 turn, 0 interruptions" in words
    assert len(run.stdout) > 24_000
    assert loudest(run.stdout) > 3_000
    assert b"\x1b" not in run.stderr


@pytest.mark.speech
def test_without_sound_on_stdout_the_words_are_there_and_the_talk_is_on_stderr(calls: Calls) -> None:
    run = calls.end("words").run
    assert run.stdout == b"you: What is 7 times 8?\nkore: 7 times 8 is 56.\n"
    assert b"answers were heard" in run.stderr


@pytest.mark.speech
def test_who_speaks_while_the_model_does_interrupts_it_and_the_times_are_told(calls: Calls) -> None:
    run = calls.end("barge-in").run
    assert run.returncode == 0, run.stderr
    (cut,) = news(run, "interrupted")
    assert 1_000 < cut["heard_ms"] < 10_000
    assert cut["unheard"]
    (silent,) = news(run, "silence.heard")
    assert silent["after_ms"] < 1_000
    assert [told["turn"] for told in news(run, "answer.heard")] == [1, 2]
    (summary,) = news(run, "summary")
    assert summary["interruptions"] == 1
    assert summary["answer_ms"]["count"] == 2
    assert all(0 < told["after_ms"] < 1_000 * SOON_S for told in news(run, "answer.heard"))


@pytest.mark.speech
@pytest.mark.parametrize("vad", ["local", "manual"])
def test_the_activity_can_be_marked_here(calls: Calls, vad: str) -> None:
    call = calls.end(vad)
    assert call.run.stdout.endswith(b"puck: 7 times 8 is 56.\n"), call.run
    told = [json.loads(line) for line in (call.folder / "trace").read_text().splitlines()]
    assert [line["in"] for line in told if line.get("in") in MARKS] == list(MARKS)


@pytest.mark.speech
def test_one_answer_is_enough_with_once(calls: Calls) -> None:
    run = calls.end("once").run
    assert b"one answer was asked for" in run.stderr
    assert run.stdout.count(b"puck:") == 1


@pytest.mark.speech
def test_what_to_say_first_needs_no_microphone(server: str, tmp_path: Path) -> None:
    run = talk(server, tmp_path, "--start-with", "What is 7 times 8?", microphone="none")
    assert run.returncode == 0
    assert run.stdout == b"you: What is 7 times 8?\npuck: 7 times 8 is 56.\n"


@pytest.mark.speech
def test_a_call_ends_when_the_time_given_is_over(server: str, tmp_path: Path) -> None:
    run = talk(server, tmp_path, "--max-duration", "1s", heard=silence(30))
    assert run.returncode == 0
    assert b"the time given is over: 1 s, 0 turns" in run.stderr


async def answer_and_close(client: ServerConnection) -> None:
    """Answers the first line in words, waits until the client waits for no more, and ends the session in order."""
    await greet(client)
    await write(client, "Hello.")
    await say(client, {"serverContent": {"generationComplete": True, "turnComplete": True}})
    await asyncio.sleep(0.5)
    await client.close()


def test_a_server_that_ends_the_session_between_turns_ends_the_call(tmp_path: Path) -> None:
    with scripted(answer_and_close) as url:
        run = talk(url, tmp_path, "--no-save", "--start-with", "Hi", microphone="none")
    assert run.returncode == 0, run.stderr
    assert run.stdout == b"you: Hi\npuck: Hello.\n"
    assert b"the server has ended the call: " in run.stderr


async def begin_and_vanish(client: ServerConnection) -> None:
    """Is gone in the middle of an answer."""
    await greet(client)
    await write(client, "Hello")
    client.transport.abort()


def test_a_call_whose_server_is_gone_breaks_off_and_says_so(tmp_path: Path) -> None:
    with scripted(begin_and_vanish) as url:
        run = talk(url, tmp_path, "--no-save", "--start-with", "Hi", microphone="none")
    assert run.returncode == 75, run.stderr
    assert b"note: the call broke off: " in run.stderr
    assert b"error: the connection to " in run.stderr


async def hear_itself(client: ServerConnection) -> None:
    """Begins three answers, and takes the first two for cut off by somebody who then says nothing."""
    await greet(client)
    for words in ("One", "Two"):
        await write(client, words)
        await say(client, {"serverContent": {"interrupted": True}})
        await say(client, {"serverContent": {"turnComplete": True}})
    await write(client, "Three")
    await complete(client)


@pytest.mark.parametrize(("vad", "warned"), [("server", True), ("manual", False)])
def test_a_model_that_hears_itself_is_told_of_also_beside_json(tmp_path: Path, vad: str, warned: bool) -> None:
    words = ["--no-save", "--json", "--vad", vad, "--once", "--start-with", "Hi"]
    with scripted(hear_itself) as url:
        run = talk(url, tmp_path, *words, microphone="none")
    assert len(news(run, "interrupted")) == 2
    assert (b"the model was cut off twice by its own voice" in run.stderr) is warned


def test_what_is_no_utf8_is_said_as_well_as_it_can_be(tmp_path: Path) -> None:
    with scripted(answer_and_close) as url:
        run = talk(url, tmp_path, "--no-save", "--start-with", os.fsdecode(b"caf\xe9"), microphone="none")
    assert run.stdout == b"you: caf?\npuck: Hello.\n"


# --------------------------------------------------------------------------------------------- what is kept


@pytest.mark.speech
def test_the_words_are_kept_for_their_owner_alone_and_shown_and_deleted(calls: Calls) -> None:
    folder = calls.end("kept").folder
    (kept,) = (folder / "state" / "sessions").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    shown = livechat("sessions", "show", "last", cwd=folder, env=state(folder))
    assert b"7 times 8 is 56." in shown.stdout
    assert livechat("sessions", "rm", kept.stem, cwd=folder, env=state(folder)).returncode == 0
    assert not kept.exists()


@pytest.mark.speech
def test_nothing_is_kept_that_was_not_asked_for(calls: Calls) -> None:
    assert list(calls.end("unkept").folder.iterdir()) == []


@pytest.mark.speech
def test_both_voices_are_recorded_when_they_were_heard(calls: Calls) -> None:
    question = spoken(SUM)
    folder = calls.end("recorded").folder
    assert sorted(path.name for path in (folder / "rec").iterdir()) == [
        "conversation.wav",
        "events.ndjson",
        "model.wav",
        "you.wav",
    ]
    with wave.open(str(folder / "rec" / "you.wav")) as file:
        said = file.readframes(file.getnframes())
    assert question[:-640] in said
    with wave.open(str(folder / "rec" / "conversation.wav")) as file:
        assert file.getnchannels() == 2
        both = array.array("h", file.readframes(file.getnframes()))
    assert loudest(both[0::2].tobytes()) > 3_000
    assert loudest(both[1::2].tobytes()) > 3_000
    assert "7 times 8 is 56." in (folder / "talk.txt").read_text()


# ----------------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--output-device", "-", "--json"], "stdout takes the sound or the JSON, not both"),
        (["--input-device", "none"], "with no microphone nothing would ever be said"),
        (["--push-to-talk"], "push-to-talk wants a terminal"),
        (["--push-to-talk", "--vad", "local"], "--push-to-talk is --vad manual, not --vad local"),
        (["--mute", "--input-device", "-"], "--mute wants a terminal"),
        (["--aec", "onn"], "did you mean on?"),
        (["--vad", "me"], "is not one of server, local, manual"),
        (["--jitter-ms", "fast"], "neither auto nor a number of milliseconds"),
        (["--max-duration", "soon"], "'soon' is no length of time"),
        (["--gain", "100"], "100 is not between -60 and 60"),
        (["--voice", "Puk"], "did you mean Puck?"),
        (["--input-device", "none", "--start-with", " "], "--start-with: there are no words"),
    ],
)
def test_what_cannot_be_meant_is_said_before_anything_is_opened(tmp_path: Path, words: list[str], said: str) -> None:
    run = livechat("talk", "--local", *words, cwd=tmp_path, env=state(tmp_path))
    assert run.returncode == 2
    assert said in " ".join(run.stderr.decode().split())
    assert run.stdout == b""


def test_a_gate_that_is_not_installed_is_missed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = UsageError("finding speech on this machine needs what is not installed", hint="install it")
    monkeypatch.setattr("livechat.audio.speech.speech_missing", lambda: missing)
    with pytest.raises(UsageError, match="not installed"):
        refuse(Settings(talk=TalkKeys(vad="local", input_device="-")), Plan())


def test_a_folder_that_holds_a_recording_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "you.wav").write_bytes(b"precious")
    command = ["talk", "--local", "--input-device", "-", "--output-device", "none", "--record", "."]
    run = livechat(*command, cwd=tmp_path, env=state(tmp_path))
    assert run.returncode == 74, run.stderr
    assert (tmp_path / "you.wav").read_bytes() == b"precious"


def test_a_call_that_does_not_come_about_leaves_no_recording(tmp_path: Path) -> None:
    command = ["talk", "--server", "ws://127.0.0.1:9", "--input-device", "-", "--output-device", "none"]
    run = livechat(*command, "--record", "rec", cwd=tmp_path, env=state(tmp_path))
    assert run.returncode == 69, run.stderr
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------ under a terminal


@dataclass(frozen=True)
class Face:
    """How a call shows on a terminal."""

    name: str
    speaking: str
    """How it is seen in it that the model speaks."""
    back: str
    """And that it is there again."""
    leave: str
    """What ends the call: on the screen of a call without a microphone letters are typed."""

    def at_a_terminal(self, server: str, folder: Path, then: str = "") -> Terminal:
        given = ["talk", "--server", server, "--input-device", "none", "--output-device", "none", "--start-with", STORY]
        return Terminal(given, folder, {**state(folder), "LIVECHAT_OUTPUT_FACE": self.name}, then)


FACES = [Face("plain", "puck: In ", " ", "q"), Face("tty", "ANSWERING", "ANSWERING", "\x04")]
faces = pytest.mark.parametrize("face", FACES, ids=[face.name for face in FACES])


@pytest.mark.speech
@faces
def test_a_key_ends_the_call_with_its_summary_and_the_terminal_is_given_back(
    server: str, tmp_path: Path, face: Face
) -> None:
    with face.at_a_terminal(server, tmp_path) as terminal:
        before = termios.tcgetattr(terminal.master)
        terminal.expect(face.speaking, SOON_S)
        assert termios.tcgetattr(terminal.master) != before
        terminal.type(face.leave)
        assert terminal.end() == 0
        assert termios.tcgetattr(terminal.master) == before
    assert "you pressed " in terminal.shown


@pytest.mark.speech
@faces
def test_ctrl_z_gives_the_terminal_to_the_shell_and_fg_takes_it_again(server: str, tmp_path: Path, face: Face) -> None:
    with face.at_a_terminal(server, tmp_path, then="stty -a; fg") as terminal:
        terminal.expect(face.speaking, SOON_S)
        terminal.type("\x1a")
        shells = terminal.expect("echok", SOON_S)
        assert " icanon" in shells
        assert " echo " in shells
        terminal.expect("livechat talk", SOON_S)  # the shell says what it continues
        terminal.expect(face.back, SOON_S)
        terminal.type(face.leave)
        assert terminal.end() == 0
    assert "you pressed " in terminal.shown
