"""Claims about the synchronous front: it mirrors the session it stands on, and waits where that is awaited."""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import re
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import livechat
from livechat import (
    Blob,
    Callbacks,
    DeviceError,
    FunctionDeclaration,
    FunctionResponse,
    LiveGenerativeModel,
    ServerMessage,
    SessionClosed,
    Unreachable,
    UsageError,
    connect_sync,
)
from livechat.library.audio_conversation import AudioConversation
from livechat.library.session import LiveSession
from livechat.library.sync import SyncAudioConversation, SyncSession
from livechat.testing import LiveServer, serving

HELLO = {"turn": [{"do": [{"say": "Hello there."}]}, {"do": [{"say": "And again."}]}]}
WORDS = "gemini-2.0-flash-live-001"
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")


def members(kind: type) -> dict[str, Any]:
    """What a class offers, its own names and those it inherits."""
    found = {name: inspect.getattr_static(kind, name) for name in dir(kind) if not name.startswith("_")}
    return {name: member for name, member in found.items() if callable(member) or isinstance(member, property)}


def signature(function: Callable[..., Any]) -> str:
    """Parameters and result as they are written, less what makes them asynchronous."""
    plain = re.sub(r"'|Async(?=Iter)", "", str(inspect.signature(function)))
    return re.sub(r"\bSync(?=AudioConversation)", "", plain)


def talking(server: LiveServer, **changes: Any) -> Any:  # noqa: ANN401  the keywords of connect_sync
    return connect_sync(WORDS, backend=server.url, modality="TEXT", **changes)


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    with serving(HELLO) as running:
        yield running


AFTERTHOUGHT = {"start_audio_conversation": ("MicrophoneLike | Iterable[AudioLike]", "MicrophoneLike")}
"""What the synchronous front takes beside."""


@pytest.mark.parametrize(
    ("mirrored", "mirror", "own"),
    [
        (LiveSession, SyncSession, {"raise_broken"}),
        (AudioConversation, SyncAudioConversation, set[str]()),
    ],
    ids=["session", "audio conversation"],
)
def test_it_has_every_name_of_what_it_mirrors(mirrored: type, mirror: type, own: set[str]) -> None:
    inner = {"begun"}  # for the session itself
    assert set(members(mirror)) - own == set(members(mirrored)) - inner


@pytest.mark.parametrize("name", [name for name in members(LiveSession) if callable(members(LiveSession)[name])])
def test_its_methods_take_and_give_the_same(name: str) -> None:
    more, less = AFTERTHOUGHT.get(name, ("", ""))
    assert signature(getattr(SyncSession, name)).replace(more, less) == signature(getattr(LiveSession, name))
    assert not inspect.iscoroutinefunction(getattr(SyncSession, name))


def test_a_question_is_asked_and_answered_without_a_loop(server: LiveServer) -> None:
    with talking(server) as session:
        turn = session.ask("hello")
        assert (turn.user, turn.text, turn.number) == ("hello", "Hello there.", 1)
        assert session.ask("hello").text == "And again."
        assert not session.is_closed
        assert repr(session) == f"<SyncSession models/{WORDS} open>"
    assert session.is_closed


def test_all_that_can_be_sent_arrives() -> None:
    sine = np.zeros(480, np.float32)
    with serving(HELLO) as server:
        declared = FunctionDeclaration(name="get_time", description="The time.")
        with connect_sync(backend=server.url, initial_history=True, tools=declared) as session:
            session.send_client_content([{"role": "user", "parts": [{"text": "before"}]}])
            session.send("one", turn_complete=False)
            session.send_text_realtime("two")
            session.send_audio_realtime(bytes(640))
            session.send_audio_realtime(sine, rate=48_000)
            session.send_audio_realtime(bytes(640) for _ in range(3))
            session.send_realtime_input(audio=[bytes(640)])
            session.send_realtime_input(audio_stream_end=True)
            session.send_video_realtime(JPEG)
            session.send_media_chunks([Blob(data=bytes(640), mime_type="audio/pcm")])
            session.send_media_stream([Blob(data=bytes(640), mime_type="audio/pcm")])
            session.start_media_stream(iter([Blob(data=bytes(640), mime_type="audio/pcm")]))
            session.send_function_responses(FunctionResponse(id="1", name="get_time", response={"output": "noon"}))
            session.send_tool_response([FunctionResponse(id="2", name="get_time", response={"output": "noon"})])
            session.send_context_update(system_instruction="Be brief.")
            session.say("the last")
            server.wait_for(lambda event: event.get("words") == "the last" and event["event"] == "in")
        kinds = json.dumps([event["kinds"] for event in server.events if event["event"] == "in"])
    assert kinds.count("audio") >= 9
    for kind in ("clientContent", "realtimeInput", "video", "toolResponse", "contextUpdate"):
        assert kind in kinds


def test_what_is_sent_wrong_is_told_here(server: LiveServer) -> None:
    with talking(server) as session:
        with pytest.raises(UsageError, match="several inputs"):
            session.send_realtime_input(text="x", audio=iter([b""]))
        with pytest.raises(UsageError, match="no input"):
            session.send_realtime_input()


def test_the_three_iterators_are_plain_and_may_be_left(server: LiveServer) -> None:
    with talking(server) as session:
        session.say("hello")
        for message in session.receive():
            assert isinstance(message, ServerMessage)
            if message.text:
                break
        for event in session.events():
            if isinstance(event, livechat.TurnEnded):
                break
        session.say("hello")
        assert next(session.turns()).text == "And again."


def test_a_session_that_the_server_ends_ends_the_loop() -> None:
    with serving(HELLO) as server, talking(server) as session:
        session.say("hello")
        received: list[ServerMessage] = []
        for message in session.receive():
            received.append(message)
            if message.turn_complete:
                server.close(1000)
        assert len(received) >= 2
        with pytest.raises(SessionClosed):
            session.say("still there?")


def test_a_session_that_breaks_off_raises_in_the_loop() -> None:
    with serving(HELLO) as server, talking(server) as session:
        server.close(1011, "Internal error encountered.")
        with pytest.raises(livechat.TryLater):
            list(session.receive())
        assert isinstance(session.error, livechat.TryLater)


def test_who_receives_in_another_thread_sees_the_end_when_it_is_closed(server: LiveServer) -> None:
    ended = threading.Event()
    with talking(server) as session:

        def receive() -> None:
            list(session.receive())
            ended.set()

        thread = threading.Thread(target=receive)
        thread.start()
    thread.join()
    assert ended.is_set()


def test_a_second_consumer_is_told_so_and_receiving_can_be_stopped(server: LiveServer) -> None:
    told = threading.Event()
    ends: list[str] = []
    with talking(server) as session:

        def receive() -> None:
            try:
                list(session.receive())
                ends.append("stopped")
            except UsageError as error:
                ends.append(str(error))
                told.set()

        threads = [threading.Thread(target=receive) for _ in range(2)]
        list(map(threading.Thread.start, threads))
        assert told.wait(5)
        session.stop_receiving()
        list(map(threading.Thread.join, threads))
        assert ends == ["somebody else is receiving from this session", "stopped"]
        assert session.ask("hello").text


def test_after_close_every_method_says_that_it_is_closed(server: LiveServer) -> None:
    with talking(server) as session:
        session.close()
        session.close()
        for ask in (
            lambda: session.say("x"),
            lambda: session.ask("x"),
            lambda: session.send_audio_realtime([b""]),
            session.receive,
            session.events,
            session.turns,
            session.stop_receiving,
        ):
            with pytest.raises(SessionClosed):
                ask()


def test_an_error_keeps_its_type_and_says_where_it_was_asked_for() -> None:
    with pytest.raises(Unreachable) as raised, connect_sync(backend="ws://127.0.0.1:1"):
        pass
    assert traceback.extract_tb(raised.value.__traceback__)[0].filename == __file__
    assert raised.value.__context__ is None


def test_ctrl_c_interrupts_a_loop_and_the_session_goes_on(server: LiveServer) -> None:
    def receive() -> None:
        threading.Thread(target=interrupt).start()
        for _ in session.receive():
            pass

    with talking(server) as session:
        with pytest.raises(KeyboardInterrupt):
            receive()
        assert session.ask("hello").text == "Hello there."


def test_ctrl_c_in_the_block_closes_the_session(server: LiveServer) -> None:
    with pytest.raises(KeyboardInterrupt), talking(server) as session:
        signal.raise_signal(signal.SIGINT)
    assert session.is_closed


def interrupt() -> None:
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGINT)


def test_it_works_where_a_loop_runs_already(server: LiveServer) -> None:
    async def cell() -> str:
        with talking(server) as session:
            return str(session.ask("hello").text)

    assert asyncio.run(cell()) == "Hello there."


def test_callbacks_are_called_in_the_loops_thread_where_nothing_can_be_waited_for(server: LiveServer) -> None:
    heard: list[object] = []
    problems: list[str] = []

    def onmessage(message: ServerMessage) -> None:
        heard.append(threading.current_thread().name)
        if message.turn_complete:
            try:
                session.say("no")
            except UsageError as error:
                problems.append(str(error))
            told.set()

    told, closed = threading.Event(), threading.Event()
    callbacks = Callbacks(onmessage=onmessage, onclose=lambda _: closed.set())
    with LiveGenerativeModel(WORDS, backend=server.url, modality="TEXT").connect_sync(callbacks) as session:
        session.say("hello")
        assert told.wait(5)
    assert closed.is_set()
    assert set(heard) == {"livechat.sync"}
    assert set(problems) == {"the session's own thread cannot wait for the session"}


def test_what_a_callback_raises_comes_out_of_the_block(server: LiveServer) -> None:
    def onclose(_: object) -> None:
        raise ValueError("my own mistake")

    with pytest.raises(ValueError, match="my own"), talking(server, callbacks=Callbacks(onclose=onclose)):
        pass
    with pytest.raises(OSError, match="first"), talking(server, callbacks=Callbacks(onclose=onclose)):
        raise OSError("what went wrong first")


def test_a_session_is_opened_without_a_block_and_closed_when_it_is_forgotten(server: LiveServer) -> None:
    before = threading.active_count()
    session = talking(server).open()
    assert session.ask("hello").text == "Hello there."
    turns = session.turns()
    session.say("hello")
    del session
    assert next(turns).text == "And again."  # who iterates holds it
    del turns
    gc.collect()
    for thread in threading.enumerate():
        if thread.name == "livechat.sync":
            thread.join(5)
    assert threading.active_count() == before


def test_a_connection_holds_one_session_at_a_time(server: LiveServer) -> None:
    connection = talking(server)
    with connection, pytest.raises(UsageError, match="holds a session already"):
        connection.__enter__()
    with connection as session:
        assert session.ask("hello").text == "Hello there."


def test_many_threads_speak_at_once() -> None:
    with serving(HELLO) as server, talking(server) as session:
        threads = [
            threading.Thread(target=lambda: [session.send_audio_realtime(bytes(640)) for _ in range(10)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert session.ask("hello").text


def test_an_audio_conversation_is_held_with_plain_iterables() -> None:
    spoken: list[bytes] = []
    tone = (np.sin(np.arange(6_400) / 5) * 20_000).astype("<i2").tobytes()
    with (
        serving({"turn": [{"hear": "hello", "do": [{"say": "Hello there."}]}]}) as server,
        connect_sync(backend=server.url) as session,
        session.start_audio_conversation(
            microphone=(piece for piece in [tone, bytes(38_400)]), speaker=spoken.append
        ) as conversation,
    ):
        assert session.in_conversation
        assert not conversation.muted
        assert not conversation.ended
        server.wait_for(lambda event: "serverContent.turnComplete" in event.get("kinds", ()))
        conversation.muted = True
        assert conversation.muted
        conversation.stop()
        conversation.stop()
        conversation.wait()
        assert not session.in_conversation
        assert conversation.ended


def test_what_ends_a_conversation_is_raised_into_who_waits() -> None:
    def unplugged() -> Iterator[bytes]:
        raise OSError("unplugged")
        yield b""

    with (
        serving(HELLO) as server,
        connect_sync(backend=server.url) as session,
        session.start_audio_conversation(microphone=unplugged(), speaker=False) as conversation,
    ):
        with pytest.raises(DeviceError, match="the program gives"):
            conversation.wait()
        assert session.ask("hello").text


def test_a_session_tells_what_it_knows_from_any_thread() -> None:
    with serving(HELLO) as server, connect_sync(backend=server.url, resumption=True) as session:
        assert session.usage.total == 0
        assert session.ask("hello").text
        assert session.usage.total > 0
        while session.handle is None:
            next(session.receive())
        assert session.session_id == ""
        assert session.error is None
        conversation = session.start_audio_conversation(microphone=False, speaker=False)
        assert conversation.device_names == ("", "")
        assert conversation.echo.how == "off"
    assert conversation.ended
    conversation.stop()
    conversation.wait()


SCRIPT = """
import livechat, sys
session = livechat.connect_sync(backend=livechat.Local(speech="tones"), modality="TEXT").open()
print(session.ask("What is 17 times 24?").text)
"""


def test_a_script_that_closes_nothing_ends_all_the_same() -> None:
    house = Path(livechat.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=30, cwd=house)
    assert (done.stdout, done.stderr, done.returncode) == ("17 times 24 is 408.\n", "", 0)
