"""Claims about a session of music, with the server inside livechat and with servers that say what a test wants."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import wave
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from livechat.closing import Facts
from livechat.errors import (
    LivechatError,
    ModelUnavailable,
    RemoteProtocolError,
    RequestRejected,
    SessionClosed,
    TryLater,
    Unreachable,
    UsageError,
)
from livechat.library import music as module
from livechat.library.backends import Local, Vertex
from livechat.library.callbacks import Callbacks, Closed
from livechat.library.music import BYTES_PER_S, MUSIC_MODEL, LiveMusic, MusicSession, music_at
from livechat.protocol.music import MusicGenerationConfig, WeightedPrompt
from livechat.protocol.server import ServerMessage
from livechat.server.app import ServerOptions, serve
from livechat.server.scenario import Pace, Scenario
from tests import aio
from tests.cli import ROOT
from tests.scripted import say, scripted
from tests.server_help import Says

PATH = "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateMusic"
SOUND: dict[str, object] = {"serverContent": {"audioChunks": [{"data": "AAAA" * 4, "mimeType": "audio/l16"}]}}


@dataclass(frozen=True)
class Here:
    """Where a test's server is."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    model: str = MUSIC_MODEL
    facts: Facts = field(default_factory=lambda: Facts(server="the server", model="lyria-realtime-exp"))


@asynccontextmanager
async def playing(speed: float = 20.0, model: str = MUSIC_MODEL) -> AsyncGenerator[MusicSession]:
    """A session with the server inside livechat, so fast that nobody need wait for the music."""
    options = ServerOptions(brain=Says(), scenario=Scenario(pace=Pace(speed=speed)))
    async with serve(options) as server, music_at(Here(server.url + PATH, model=model)) as session:
        yield session


Script = Callable[[ServerConnection], Awaitable[None]]
Play = Callable[[MusicSession], Awaitable[None]]


def held(script: Script, play: Play) -> None:
    """A play with a server that does what the script says, once it has agreed."""

    async def agreeing(client: ServerConnection) -> None:
        assert json.loads(await client.recv()) == {"setup": {"model": MUSIC_MODEL}}
        await say(client, {"setupComplete": {}})
        await script(client)

    async def main() -> None:
        async with music_at(Here(url)) as session:
            await play(session)

    with scripted(agreeing) as url:
        aio.run(main())


async def listen(client: ServerConnection) -> list[dict[str, Any]]:
    return [json.loads(frame) async for frame in client]


# ------------------------------------------------------------------------------------------- with the real server


def test_music_is_steered_played_paused_and_begun_anew() -> None:
    async def main() -> None:
        async with playing() as music:
            await music.set_weighted_prompts({"minimal techno": 1.0, "piano": 0.5})
            await music.set_music_generation_config(bpm=120, scale="A minor", seed=1)
            await music.play()
            chunks = music.receive()
            first = await anext(chunks)
            assert len(first.audio) == 2 * BYTES_PER_S
            assert source(first) == (["minimal techno", "piano"], 120, "C_MAJOR_A_MINOR")
            await music.pause()
            await music.set_music_generation_config(bpm=90)
            await music.reset_context()
            await music.play()
            while source(await anext(chunks))[1:] != (90, "C_MAJOR_A_MINOR"):
                pass
            await music.stop()
            await music.set_music_generation_config(MusicGenerationConfig(bpm=70))
            await music.play()
            while source(await anext(chunks))[1:] != (70, None):
                pass
            assert music.config.bpm == 70
            assert [prompt.text for prompt in music.prompts] == ["minimal techno", "piano"]

    aio.run(main(), 60)


def source(message: ServerMessage) -> tuple[list[str | None], int | None, str | None]:
    """The prompts' texts, the tempo and the scale that a chunk was made with."""
    assert message.server_content is not None
    assert message.server_content.audio_chunks is not None
    made = message.server_content.audio_chunks[0].source_metadata
    assert made is not None
    assert made.client_content is not None
    assert made.music_generation_config is not None
    prompts = made.client_content.weighted_prompts or []
    config = made.music_generation_config
    return [prompt.text for prompt in prompts], config.bpm, config.scale


def test_a_prompt_that_is_refused_comes_back() -> None:
    async def main() -> None:
        async with playing() as music:
            await music.set_weighted_prompts("in the style of Nobody")
            message = await anext(music.receive())
            assert message.filtered_prompt is not None
            assert message.filtered_prompt.text == "in the style of Nobody"

    aio.run(main())


def test_sound_is_the_sound_alone() -> None:
    async def main() -> None:
        async with playing() as music:
            await music.set_weighted_prompts(["in the style of Nobody", "techno"])
            await music.play()
            pcm = await anext(music.sound())
            assert len(pcm) == 2 * BYTES_PER_S
            assert any(pcm)

    aio.run(main())


def test_a_model_that_makes_no_music_is_none() -> None:
    async def main() -> None:
        async with playing(model="models/gemini-3.8-live"):
            pass

    with pytest.raises(ModelUnavailable) as caught:
        aio.run(main())
    assert caught.value.hint.endswith("models now: lyria-realtime-exp")


# ---------------------------------------------------------------------------------------------- what is sent


def test_everything_is_sent_as_googles_clients_send_it() -> None:
    frames: list[dict[str, Any]] = []

    async def script(client: ServerConnection) -> None:
        frames.extend(await listen(client))

    async def play(music: MusicSession) -> None:
        await music.set_weighted_prompts(
            [WeightedPrompt(text="techno", weight=1.0), WeightedPrompt(text="piano", weight=0.5)]
        )
        await music.set_music_generation_config(MusicGenerationConfig(bpm=120, scale="C_MAJOR_A_MINOR"))
        await music.play()
        await music.pause()
        await music.reset_context()
        await music.stop()

    held(script, play)
    assert frames == [  # google-genai 3.4.0 and @google/genai 3.1.0
        {"clientContent": {"weightedPrompts": [{"text": "techno", "weight": 1.0}, {"text": "piano", "weight": 0.5}]}},
        {"musicGenerationConfig": {"bpm": 120, "scale": "C_MAJOR_A_MINOR"}},
        {"playbackControl": "PLAY"},
        {"playbackControl": "PAUSE"},
        {"playbackControl": "RESET_CONTEXT"},
        {"playbackControl": "STOP"},
    ]


def test_what_cannot_be_is_told_before_it_is_sent() -> None:
    frames: list[dict[str, Any]] = []

    async def script(client: ServerConnection) -> None:
        frames.extend(await listen(client))

    async def play(music: MusicSession) -> None:
        with pytest.raises(UsageError):
            await music.set_weighted_prompts({"techno": 0})
        with pytest.raises(UsageError):
            await music.set_music_generation_config(bpm=999)
        assert music.config == MusicGenerationConfig()
        assert music.prompts == ()

    held(script, play)
    assert frames == []


# ---------------------------------------------------------------------------------------------- how it ends


@pytest.mark.parametrize("code", [1000, 1001])
def test_a_graceful_end_ends_the_music_after_all_that_came(code: int) -> None:
    async def script(client: ServerConnection) -> None:
        await say(client, SOUND)
        await client.close(code)

    async def play(music: MusicSession) -> None:
        assert [len(pcm) async for pcm in music.sound()] == [12]
        assert music.is_closed
        assert music.error is None
        with pytest.raises(SessionClosed, match="is closed") as caught:
            await music.play()
        assert caught.value.why == "the server has ended it"
        assert [message async for message in music.receive()] == []

    held(script, play)


def test_a_session_that_breaks_off_says_why_after_all_that_came() -> None:
    async def script(client: ServerConnection) -> None:
        await client.recv()
        await say(client, SOUND)
        await client.close(1007, "Request contains an invalid argument. weightedPrompts")

    async def play(music: MusicSession) -> None:
        await music.play()
        sound = music.sound()
        assert len(await anext(sound)) == 12
        with pytest.raises(RequestRejected, match="weightedPrompts") as caught:
            await anext(sound)
        assert "playbackControl" in caught.value.why
        assert music.error is caught.value
        with pytest.raises(SessionClosed) as closed:
            await music.pause()
        assert closed.value.why == str(caught.value)

    held(script, play)


def test_a_lost_connection_closes_it_for_whoever_asks_for_more() -> None:
    async def script(client: ServerConnection) -> None:
        client.transport.abort()

    async def play(music: MusicSession) -> None:
        with pytest.raises(SessionClosed, match="is closed"):
            await play_for_ever(music)
        assert isinstance(music.error, TryLater)

    held(script, play)


async def play_for_ever(music: MusicSession) -> None:
    while True:
        await music.play()
        await asyncio.sleep(0)


def test_what_is_not_this_protocol_ends_it() -> None:
    async def script(client: ServerConnection) -> None:
        await client.send("music!")
        await client.wait_closed()

    async def play(music: MusicSession) -> None:
        with pytest.raises(RemoteProtocolError):
            await anext(music.sound())

    held(script, play)


def test_a_closed_session_says_so_and_closing_again_does_no_harm() -> None:
    async def script(client: ServerConnection) -> None:
        await say(client, SOUND)
        await client.wait_closed()

    async def play(music: MusicSession) -> None:
        waiting = music.sound()
        await anext(waiting)
        async with asyncio.TaskGroup() as tasks:
            ended = tasks.create_task(anything_left(music))
            await asyncio.sleep(0)
            await music.close()
            await music.close()
        assert ended.result() == []
        assert music.is_closed
        assert music.error is None
        assert repr(music) == "<MusicSession models/lyria-realtime-exp closed>"
        for asked in (music.play(), music.set_weighted_prompts("techno"), music.set_music_generation_config(bpm=90)):
            with pytest.raises(SessionClosed, match="is closed"):
                await asked
        for receive in (music.receive, music.sound):
            with pytest.raises(SessionClosed):
                receive()

    held(script, play)


async def anything_left(music: MusicSession) -> list[bytes]:
    return [pcm async for pcm in music.sound()]


def test_any_thread_may_close_it() -> None:
    async def script(client: ServerConnection) -> None:
        await client.wait_closed()

    async def play(music: MusicSession) -> None:
        thread = threading.Thread(target=lambda: asyncio.run(music.close()))
        thread.start()
        assert await anything_left(music) == []
        await asyncio.to_thread(thread.join)
        sessions.append(music)

    sessions: list[MusicSession] = []
    held(script, play)
    asyncio.run(sessions[0].close())


def test_a_second_consumer_is_told_so() -> None:
    async def script(client: ServerConnection) -> None:
        await client.wait_closed()

    async def play(music: MusicSession) -> None:
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(anything_left(music))
            await asyncio.sleep(0)
            with pytest.raises(UsageError, match="somebody else"):
                await anext(music.receive())
            await music.close()
            await waiting

    held(script, play)


def test_an_iteration_can_be_stopped_and_another_goes_on() -> None:
    async def script(client: ServerConnection) -> None:
        await client.recv()
        await say(client, SOUND)
        await client.wait_closed()

    async def play(music: MusicSession) -> None:
        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(anything_left(music))
            await asyncio.sleep(0)
            music.stop_receiving()
            assert await first == []
        await music.play()
        assert len(await anext(music.sound())) == 12

    held(script, play)


# ------------------------------------------------------------------------------------------------- callbacks


@dataclass
class Witness:
    """Keeps what it was called with."""

    seen: list[object] = field(default_factory=list[object])
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def callbacks(self) -> Callbacks:
        return Callbacks(self.opened, self.told, self.seen.append, self.closed)

    def opened(self) -> None:
        self.seen.append("open")

    def closed(self, closed: Closed) -> None:
        self.seen.append(closed)
        self.over.set()

    async def told(self, message: ServerMessage) -> None:
        self.seen.append(len(message.audio))


def observed(script: Script, callbacks: Callbacks, play: Play) -> None:
    async def agreeing(client: ServerConnection) -> None:
        await client.recv()
        await say(client, {"setupComplete": {}})
        await script(client)

    async def main() -> None:
        async with music_at(Here(url), callbacks) as session:
            await play(session)

    with scripted(agreeing) as url:
        aio.run(main())


def test_callbacks_are_told_of_all_in_its_order() -> None:
    async def script(client: ServerConnection) -> None:
        await say(client, SOUND)
        await client.close(1011, "Internal error encountered.")

    async def play(music: MusicSession) -> None:
        await witness.over.wait()

    witness = Witness()
    observed(script, witness.callbacks(), play)
    opened, told, error, closed = witness.seen
    assert (opened, told, closed) == ("open", 12, Closed(1011, "Internal error encountered."))
    assert isinstance(error, TryLater)


def test_what_is_closed_here_is_closed_normally_for_callbacks() -> None:
    async def script(client: ServerConnection) -> None:
        await client.wait_closed()

    async def play(music: MusicSession) -> None:
        await asyncio.sleep(0)

    witness = Witness()
    observed(script, witness.callbacks(), play)
    assert witness.seen == ["open", Closed(1000)]


def test_what_a_callback_raises_ends_the_session_and_comes_out() -> None:
    async def script(client: ServerConnection) -> None:
        await say(client, SOUND)
        await client.wait_closed()

    async def play(music: MusicSession) -> None:
        await play_for_ever(music)

    def told(message: ServerMessage) -> None:
        raise Broken

    with pytest.raises(Broken):
        observed(script, Callbacks(onmessage=told), play)


class Broken(Exception):
    """Something that nobody expected."""


def test_what_nobody_has_foreseen_comes_out_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(client: ServerConnection) -> None:
        await say(client, SOUND)
        await client.wait_closed()

    async def play(music: MusicSession) -> None:
        monkeypatch.setattr(module, "decode_server_message", decode)
        assert await anything_left(music) == []

    def decode(frame: object) -> ServerMessage:
        raise Broken

    with pytest.raises(Broken):
        held(script, play)


@pytest.mark.parametrize("kind", [Broken, LivechatError, KeyboardInterrupt, asyncio.CancelledError])
def test_what_is_raised_inside_comes_out_as_it_is(kind: type[BaseException]) -> None:
    async def script(client: ServerConnection) -> None:
        await client.wait_closed()

    async def play(music: MusicSession) -> None:
        raise kind("x")

    with pytest.raises(kind):
        held(script, play)


def test_the_server_waits_for_who_does_not_receive() -> None:
    sent: list[int] = []
    chunk: dict[str, object] = {"serverContent": {"audioChunks": [{"data": "AAAA" * 100_000}]}}

    async def script(client: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                await say(client, chunk)
                sent.append(len(sent))

    async def play(music: MusicSession) -> None:
        await anext(music.sound())
        count = 0
        while not sent or count != len(sent):
            count = len(sent)
            await asyncio.sleep(0.4)
        assert module.WAITING <= count < 200

    held(script, play)


# --------------------------------------------------------------------------------------------- how it begins


def opened(script: Script) -> None:
    async def main() -> None:
        async with music_at(Here(url)):
            pass

    with scripted(script) as url:
        aio.run(main())


def test_who_hangs_up_before_agreeing_is_told_from_who_does_not_agree() -> None:
    async def rude(client: ServerConnection) -> None:
        await client.close(1011, "")

    async def refusing(client: ServerConnection) -> None:
        await client.close(1007, "nothing like that")

    with pytest.raises(TryLater):
        opened(rude)
    with pytest.raises(RequestRejected, match="nothing like that"):
        opened(refusing)


def test_who_never_agrees_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(client: ServerConnection) -> None:
        await client.wait_closed()

    monkeypatch.setattr(module, "SETUP_S", 0.05)
    with pytest.raises(Unreachable, match="did not answer the setup"):
        opened(silent)


def test_where_nobody_listens_is_said() -> None:
    async def main() -> None:
        async with music_at(Here("ws://127.0.0.1:9/")):
            pass

    with pytest.raises(Unreachable, match="nothing answers"):
        aio.run(main())


def test_it_is_begun_with_a_backend() -> None:
    async def main() -> None:
        async with serve(ServerOptions(brain=Says())) as server, LiveMusic(server.url).connect() as music:
            assert music.model == MUSIC_MODEL
            assert not music.is_closed
        assert music.is_closed

    aio.run(main())


def test_it_is_made_on_this_machine_where_nothing_else_is_wanted() -> None:
    async def main() -> None:
        async with LiveMusic(Local()).connect() as music:
            await music.set_weighted_prompts("techno")
            await music.play()
            assert any(await anext(music.sound()))

    aio.run(main(), 30)


def test_the_example_runs_and_writes_its_music(tmp_path: Path) -> None:
    assert module.__doc__ is not None
    example = module.__doc__.partition("\n\n")[2].partition("\n\nSound is")[0]
    script = tmp_path / "example.py"
    script.write_text(dedent(example))

    async def main() -> int:
        options = ServerOptions(brain=Says(), scenario=Scenario(pace=Pace(speed=20)))
        async with serve(options) as server:
            env = {**os.environ, "LIVECHAT_SERVER_CHOICE": server.url, "PYTHONPATH": str(ROOT)}
            process = await asyncio.create_subprocess_exec(sys.executable, str(script), cwd=tmp_path, env=env)
            return await process.wait()

    assert aio.run(main(), 60) == 0
    with wave.open(str(tmp_path / "techno.wav")) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, 48_000, 10 * 48_000)


def test_vertex_has_none() -> None:
    async def main() -> None:
        async with LiveMusic(Vertex("project")).connect():
            pass

    with pytest.raises(UsageError, match="Vertex has no music"):
        aio.run(main())


def test_it_says_what_it_is() -> None:
    assert repr(LiveMusic("ws://127.0.0.1:9")) == "LiveMusic('ws://127.0.0.1:9', 'models/lyria-realtime-exp')"
