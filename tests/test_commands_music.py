"""`livechat music` as it is typed: to files, pipes and terminals, steered by keys, and however it ends."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import time
import wave
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from livechat.commands import music_playing as module
from livechat.commands.common import Common
from livechat.commands.endings import unwrapped
from livechat.commands.music_playing import Playing, Wish
from livechat.commands.music_sound import MusicSound
from livechat.commands.target import choose
from livechat.errors import TryLater, Unanswered
from livechat.library.music_settings import music_config, weighted_prompts
from livechat.terminal.report import Report
from tests import aio, terminal_help
from tests.cli import Terminal, begun, environment, livechat
from tests.scripted import say, scripted
from tests.test_terminal_news_schema import told

if TYPE_CHECKING:
    from livechat.audio.music_speaker import MusicSpeaker

CHUNK_S = 0.1
CHUNK: dict[str, object] = {"serverContent": {"audioChunks": [{"data": "AAEAAQAA" * 3_200}]}}
"""A tenth of a second."""
SECOND = 192_000


def frames_of(file: Path) -> int:
    """How many there are, if it is what it should be."""
    with wave.open(str(file)) as found:
        assert (found.getnchannels(), found.getsampwidth(), found.getframerate()) == (2, 2, 48_000)
        assert file.stat().st_size == 44 + 4 * found.getnframes()
        return int(found.getnframes())


# -------------------------------------------------------------------------------------------- files and pipes


def test_a_file_of_music_is_made_here_faster_than_it_plays(tmp_path: Path) -> None:
    began = time.monotonic()
    done = livechat("music", "--local", "acid house", "--duration", "20", "-o", "m.wav", cwd=tmp_path)
    assert time.monotonic() - began < 15
    assert (done.returncode, done.stdout) == (0, b"")
    assert frames_of(tmp_path / "m.wav") == 20 * 48_000
    assert done.stderr.decode().splitlines() == [
        "note: music of the practice server inside livechat; nothing leaves this machine",
        "note: 20 s of music will be written to m.wav",
        "note: playing acid house; ctrl-c ends it",
        "note: the time is over: 20.0 s of music in m.wav",
    ]


def test_each_argument_is_a_prompt(tmp_path: Path) -> None:
    words = ["minimal techno", "warm pads:1.5", "--prompt", "rain", "--scale", "am", "--bpm", "90", "--mute-drums"]
    done = livechat("music", "--local", *words, "--duration", "0.1", "-o", "m.raw", cwd=tmp_path)
    assert done.returncode == 0
    playing = "note: playing minimal techno, warm pads:1.5, rain, bpm 90, C major / A minor, drums off; ctrl-c ends it"
    assert playing in done.stderr.decode().splitlines()
    assert (tmp_path / "m.raw").stat().st_size == SECOND // 10


def test_a_pipe_gets_sound_and_nothing_else(tmp_path: Path) -> None:
    done = livechat("-q", "music", "--local", "techno", "--duration", "1s", "-o", "-", cwd=tmp_path)
    assert (done.returncode, len(done.stdout), done.stderr) == (0, SECOND, b"")
    assert any(done.stdout)


def test_who_reads_no_more_ends_it(tmp_path: Path) -> None:
    words = ["-q", "music", "--local", "techno", "-o", "-"]
    with begun(*words, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(1000)
        process.stdout.close()
        assert process.wait(30) == 141


def test_json_tells_it_line_by_line(tmp_path: Path) -> None:
    words = ["in the style of Nobody", "--prompt", "techno:0.5", "--duration", "3", "-o", "m.pcm", "--json"]
    done = livechat("-q", "music", "--local", *words, cwd=tmp_path)
    assert done.returncode == 0
    assert told(done.stdout.decode()) == []
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    kinds = [line["type"] for line in lines]
    assert kinds == ["session.ready", "music.filtered", "music.sound", "music.sound", "music.end"]
    assert [line["length_s"] for line in lines[2:]] == [2.0, 1.0, 3.0]
    assert lines[-1]["prompts"] == ["in the style of Nobody", "techno:0.5"]
    assert lines[-1]["file"] == "m.pcm"
    assert (tmp_path / "m.pcm").stat().st_size == 3 * SECOND


def test_json_tells_of_an_error_too(tmp_path: Path) -> None:
    words = ["music", "techno", "--server", "ws://127.0.0.1:9", "-o", "m.wav", "--json"]
    done = livechat(*words, cwd=tmp_path)
    assert done.returncode == 69
    assert told(done.stdout.decode()) == []
    (line,) = map(json.loads, done.stdout.splitlines())
    assert (line["type"], line["what"], line["exit"]) == ("error", "nothing answers at 127.0.0.1:9", 69)
    assert "error: nothing answers at 127.0.0.1:9" in done.stderr.decode()


# ------------------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        ([], 2, 'error: nothing to play: no prompt\n  try: livechat music "minimal techno"'),
        ([" "], 2, 'error: nothing to play: no prompt\n  try: livechat music "minimal techno"'),
        (["techno", "--bpm", "500"], 2, "error: bpm is from 60 to 200, not 500"),
        (["techno", "--density", "1.5"], 2, "error: density is from 0 to 1, not 1.5"),
        (["techno", "--scale", "C majr"], 2, "did you mean C_MAJOR_A_MINOR?"),
        (["techno", "--mode", "qualty"], 2, "did you mean QUALITY?"),
        (["techno:0"], 2, "error: the prompt 'techno' has a weight of 0"),
        (["techno", "--duration", "soon"], 2, "--duration: 'soon' is no length of time"),
        (["techno", "-o", "m.mp3"], 2, "cannot write m.mp3"),
        (["techno", "-o", "-", "--json"], 2, "stdout takes the sound or the JSON, not both"),
        (["techno", "--server", "vertex"], 2, "Vertex AI has no model that makes music"),
        (["techno", "--mute-drum"], 2, "did you mean --mute-drums?"),
        (["techno", "-o", "nowhere/m.wav"], 74, "there is no folder nowhere"),
    ],
    ids=str,
)
def test_a_mistake_is_told_before_anything_is_asked_for(
    words: list[str], code: int, complaint: str, tmp_path: Path
) -> None:
    done = livechat("music", *words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, b"")
    assert complaint in done.stderr.decode()
    assert list(tmp_path.iterdir()) == []


# ----------------------------------------------------------------------------------------------------- keys


@dataclass
class Band:
    """A server that plays while it is to, and keeps what it is told."""

    told: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    playing: bool = False

    async def __call__(self, client: ServerConnection) -> None:
        self.told.append(json.loads(await client.recv()))
        await say(client, {"setupComplete": {}})
        async with asyncio.TaskGroup() as tasks:
            playing = tasks.create_task(self._play(client))
            async for frame in client:
                self.told.append(json.loads(frame))
                self.playing = {"PLAY": True, "PAUSE": False}.get(
                    self.told[-1].get("playbackControl", ""), self.playing
                )
            playing.cancel()

    async def _play(self, client: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(CHUNK_S / 2)
                if self.playing:
                    await say(client, CHUNK)

    def until(self, *messages: dict[str, Any]) -> None:
        """Waits until it was told these, in this order and nothing else since the last time."""
        end = time.monotonic() + 10
        while len(self.told) < len(messages):
            assert time.monotonic() < end, self.told
            time.sleep(0.01)
        assert self.told[: len(messages)] == [*messages]
        del self.told[: len(messages)]


SETUP = {"setup": {"model": "models/lyria-realtime-exp"}}
PLAY, PAUSE, RESET = ({"playbackControl": control} for control in ("PLAY", "PAUSE", "RESET_CONTEXT"))


def prompts(*pairs: tuple[str, float]) -> dict[str, Any]:
    return {"clientContent": {"weightedPrompts": [{"text": text, "weight": weight} for text, weight in pairs]}}


def config(**settings: object) -> dict[str, Any]:
    return {"musicGenerationConfig": settings}


@contextmanager
def held(tmp_path: Path, *words: str, face: str = "tty") -> Generator[tuple[Band, Terminal]]:
    band = Band()
    with scripted(band) as url:
        command = ["music", "techno", "--server", url, "-o", "m.wav", *words]
        with Terminal(
            command, tmp_path, {"LIVECHAT_OUTPUT_FACE": face, "NO_COLOR": "1", "LIVECHAT_OUTPUT_COLOR": "never"}
        ) as terminal:
            yield band, terminal


def on_screen(terminal: Terminal) -> list[str]:
    emulator = terminal_help.Terminal(80, 24)
    emulator.feed(terminal.shown)
    assert emulator.cursor_seen
    return emulator.text


def test_keys_change_it_while_it_plays(tmp_path: Path) -> None:
    with held(tmp_path, "--density", "0.5") as (band, terminal):
        band.until(SETUP, prompts(("techno", 1.0)), config(density=0.5), PLAY)
        terminal.expect("WRITING")
        terminal.type("\x1b[A\x1b[A")
        band.until(config(density=0.5, bpm=130), RESET)
        terminal.type("d")
        band.until(config(density=0.5, bpm=130, muteDrums=True))
        terminal.expect("drums off")
        terminal.type("pdub:2; rain")
        terminal.expect("dub:2; rain")
        terminal.type("\r")
        band.until(prompts(("dub", 2), ("rain", 1)))
        terminal.type("pa:0\r")
        terminal.expect("the prompt 'a' has a weight of 0")
        terminal.type(" ")
        band.until(PAUSE)
        terminal.expect("PAUSED")
        terminal.type(" r")
        band.until(RESET, PLAY)
        terminal.expect("WRITING")
        terminal.type("q")
        assert terminal.end() == 0
    assert frames_of(tmp_path / "m.wav") > 0
    (where, length, refused, reset, end) = on_screen(terminal)
    assert refused == "the prompt 'a' has a weight of 0"
    assert reset == "reset: what follows owes nothing to what was"
    assert where.startswith("your prompts go to 127.0.0.1:")
    assert length == "60 s of music will be written to m.wav"
    assert end.startswith("note: you pressed q: ")


def test_ctrl_c_ends_it_at_once_and_the_file_is_whole(tmp_path: Path) -> None:
    with held(tmp_path) as (_, terminal):
        terminal.expect("WRITING")
        terminal.expect("0:01")
        began = time.monotonic()
        terminal.type("\x03")
        assert terminal.end() == 130
        assert time.monotonic() - began < 1.5
    assert frames_of(tmp_path / "m.wav") > 0
    assert on_screen(terminal)[-1].startswith("note: stopped: ")


def test_who_leaves_before_the_server_has_answered_is_gone_at_once(tmp_path: Path) -> None:
    async def deaf(client: ServerConnection) -> None:
        await client.wait_closed()

    with (
        scripted(deaf) as url,
        Terminal(
            ["music", "techno", "--server", url, "-o", "m.wav"], tmp_path, {"LIVECHAT_OUTPUT_FACE": "tty"}
        ) as terminal,
    ):
        terminal.expect("CONNECTING")
        terminal.type("q")
        assert terminal.end(5) == 0
    assert not (tmp_path / "m.wav").exists()


def test_in_lines_keys_say_what_they_did_and_a_line_tells_how_much_is_written(tmp_path: Path) -> None:
    with held(tmp_path, face="plain") as (band, terminal):
        band.until(SETUP, prompts(("techno", 1.0)), PLAY)
        terminal.expect("note: playing techno; ? shows the keys, q ends it")
        terminal.expect("written 0:00.")
        terminal.type("\x1b[A")
        terminal.expect("note: bpm 125")
        band.until(config(bpm=125), RESET)
        terminal.type("p")
        terminal.expect("note: typing needs the screen")
        terminal.type("?")
        terminal.expect("note: q           end")
        terminal.type("q")
        assert terminal.end() == 0
    assert on_screen(terminal)[-1].startswith("note: you pressed q: ")


def test_read_aloud_states_are_told_and_nothing_is_redrawn(tmp_path: Path) -> None:
    with held(tmp_path, face="screen-reader") as (band, terminal):
        terminal.expect("note: writing")
        terminal.type(" ")
        terminal.expect("note: paused")
        terminal.type("q")
        assert terminal.end() == 0
        assert band.told
    assert "written" not in terminal.shown.replace("will be written", "")
    assert "\x1b[K" not in terminal.shown


def test_what_a_server_says_commands_no_terminal(tmp_path: Path) -> None:
    async def hostile(client: ServerConnection) -> None:
        await client.recv()
        await say(client, {"setupComplete": {}})
        await say(client, {"filteredPrompt": {"text": "x\x1b[2Jy", "filteredReason": "\x9b2J\nerror: no"}})
        await say(client, {"goAway": {"timeLeft": "\x1b]52;c;x\x075s"}})
        await say(client, {"error": {"message": "\x1b[2J"}})
        await say(client, CHUNK)
        await client.close(1011, "\x1b[2Jbad")

    for face in ("tty", "plain"):
        with (
            scripted(hostile) as url,
            Terminal(
                ["music", "techno", "--server", url, "-o", "m.wav"], tmp_path, {"LIVECHAT_OUTPUT_FACE": face}
            ) as terminal,
        ):
            assert terminal.end() == 75
        assert not [order for order in ("\x1b[2J", "\x9b", "\x1b]") if order in terminal.shown]
        assert "is not followed" in terminal.shown
        assert frames_of(tmp_path / "m.wav") == 4_800


# ----------------------------------------------------------------------------------------------------- its end


def run(tmp_path: Path, script: Callable[[ServerConnection], Awaitable[None]], **wish: object) -> Report:
    """In this process, with a server that does that once it has agreed."""
    asked: dict[str, Any] = {
        "prompts": weighted_prompts("techno"),
        "config": music_config(None, {}),
        "out": str(tmp_path / "m.wav"),
        "play": False,
        "device": None,
        "longest_s": 1.0,
        "model": None,
        "api_version": None,
        "as_json": False,
        **wish,
    }

    async def agreeing(client: ServerConnection) -> None:
        await client.recv()
        await say(client, {"setupComplete": {}})
        await script(client)

    async def main() -> None:
        await Playing(common, settings, choose(common, settings, None), Wish(**asked)).run()

    with open(tmp_path / "said", "w", encoding="utf-8") as said, scripted(agreeing) as url:
        common = Common(Report(said, {}), {}, no_config=True)
        settings = common.settings({"server.choice": url})
        aio.run(main())
    return common.report


def failure(tmp_path: Path, script: Callable[[ServerConnection], Awaitable[None]], **wish: object) -> BaseException:
    """How that ends."""
    with pytest.raises(ExceptionGroup) as caught:
        run(tmp_path, script, **wish)
    return unwrapped(caught.value)


def said(tmp_path: Path) -> list[str]:
    return (tmp_path / "said").read_text().splitlines()


async def play_a_little(client: ServerConnection) -> None:
    for _ in range(3):
        await say(client, CHUNK)
    await client.close(1000)


def test_a_server_that_ends_before_all_was_made_is_an_error_and_what_there_is_is_kept(tmp_path: Path) -> None:
    error = failure(tmp_path, play_a_little)
    assert isinstance(error, TryLater)
    assert str(error) == "the server has ended it after 0.3 s"
    assert frames_of(tmp_path / "m.wav") == 3 * 4_800
    assert said(tmp_path)[-1].startswith("note: the music broke off: 0.3 s of music in ")


def test_a_server_that_ends_music_without_an_end_has_ended_it(tmp_path: Path) -> None:
    run(tmp_path, play_a_little, longest_s=None)
    assert said(tmp_path)[-1].startswith("note: the server has ended it: 0.3 s of music in ")


def test_a_server_that_plays_nothing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(client: ServerConnection) -> None:
        await client.wait_closed()

    monkeypatch.setattr(module, "STALL_S", 0.1)
    error = failure(tmp_path, silent)
    assert isinstance(error, Unanswered)
    assert str(error) == "no music came for 0.1 s"
    assert error.why == "it accepted the prompts and sent nothing; it may follow none of them"
    assert not (tmp_path / "m.wav").exists()


def test_a_server_that_plays_no_more_is_given_up_and_not_said_to_have_sent_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def tired(client: ServerConnection) -> None:
        await say(client, CHUNK)
        await client.wait_closed()

    monkeypatch.setattr(module, "STALL_S", 0.1)
    error = failure(tmp_path, tired)
    assert isinstance(error, Unanswered)
    assert (str(error), error.why) == ("no music has come for 0.1 s", "after 0.1 s of it")


@dataclass
class Player:
    """A speaker that plays a piece as soon as somebody waits for its end."""

    heard: list[str] = field(default_factory=list[str])
    ahead_s: float = 0.0
    underruns: int = 0
    gain_db: float = 0.0
    extra_s: float = 0.0
    lost: bool = False

    def play(self, pcm: bytes) -> None:
        self.ahead_s += len(pcm) / SECOND

    def trim(self, keep_s: float) -> float:
        return 0.0

    async def room(self) -> None: ...

    async def drain(self) -> None:
        self.heard.append(f"{self.ahead_s:.1f} s")
        self.ahead_s = 0.0

    async def close(self) -> None:
        self.heard.append(f"{self.ahead_s:.1f} s were not")


@pytest.fixture(name="player")
def _player(monkeypatch: pytest.MonkeyPatch) -> Player:
    def opened(**asked: object) -> MusicSound:
        return MusicSound(None, cast("MusicSpeaker", player), None)

    player = Player()
    monkeypatch.setattr(module, "open_sound", opened)
    return player


def test_what_came_before_the_server_ended_it_is_heard_to_its_end(tmp_path: Path, player: Player) -> None:
    run(tmp_path, play_a_little, out=None, play=True, longest_s=None)
    assert player.heard == ["0.3 s", "0.0 s were not"]
    assert said(tmp_path)[-2:] == [
        "note: the server has ended it; what has come is played to its end",
        "note: the server has ended it: 0.3 s of music",
    ]


def test_while_there_is_no_card_the_time_is_counted_that_is_to_be_made_up_for(tmp_path: Path, player: Player) -> None:
    async def slow(client: ServerConnection) -> None:
        await asyncio.sleep(0.6)
        await play_a_little(client)

    player.lost = True
    run(tmp_path, slow, out=None, play=True, longest_s=None)
    assert player.extra_s > 0.2


def test_what_came_before_the_connection_was_lost_is_heard_to_its_end(tmp_path: Path, player: Player) -> None:
    async def lost(client: ServerConnection) -> None:
        await say(client, CHUNK)
        await client.recv()
        client.transport.abort()

    assert isinstance(failure(tmp_path, lost, out=None, play=True, longest_s=None), TryLater)
    assert player.heard == ["0.1 s", "0.0 s were not"]
    assert said(tmp_path)[-1] == "note: the music broke off: 0.1 s of music"


def test_a_signal_leaves_the_file_whole(tmp_path: Path) -> None:
    file = tmp_path / "m.wav"
    with scripted(Band()) as url:
        words = ["music", "techno", "--server", url, "-o", "m.wav"]
        with begun(*words, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE) as process:
            while not file.exists() or file.stat().st_size < 60_000:
                assert process.poll() is None
                time.sleep(0.02)
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 143
    assert frames_of(file) > 0
