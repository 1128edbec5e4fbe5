"""A model opens sessions with real servers, as it is configured, and leaves nothing behind however it is left."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

import livechat
from livechat.errors import AccessDenied, LivechatError, ModelUnavailable, SessionClosed, Unreachable, UsageError
from livechat.testing import LiveServer, serving
from tests.aio import run

TEXT_MODEL = "gemini-live-2.5-flash"


def test_a_model_holds_its_configuration_and_changes_nobody_else_s() -> None:
    base = livechat.LiveConfig(voice="Kore", temperature=0.5)
    model = livechat.LiveGenerativeModel("m", backend="ws://127.0.0.1:1", config=base, temperature=0.7)
    assert (model.config.voice, model.config.temperature, base.temperature) == ("Kore", 0.7, 0.5)
    assert (model.model, model.backend) == ("m", livechat.Server("ws://127.0.0.1:1"))
    assert repr(model) == "LiveGenerativeModel('m', backend=Server('ws://127.0.0.1:1'))"
    setup = livechat.get_live_generative_model("m", config=base).setup("models/m")
    assert setup.generation_config is not None
    assert (setup.model, setup.generation_config.temperature) == ("models/m", 0.5)
    assert model.changed(resumption="h").config == livechat.LiveConfig(voice="Kore", temperature=0.7, resumption="h")


def test_a_configured_model_takes_no_second_configuration() -> None:
    with pytest.raises(UsageError, match="configured already"):
        livechat.connect(livechat.LiveGenerativeModel(), voice="Puck")


def test_a_session_with_a_real_server_is_asked_and_answers() -> None:
    async def main(server: LiveServer) -> str:
        async with livechat.connect(TEXT_MODEL, backend=server.url, modality="TEXT") as session:
            turn = await session.ask("what is 17 times 23?")
            assert session.model == f"models/{TEXT_MODEL}"
            return turn.text

    with serving() as server:
        assert "391" in run(main(server))
        closed = server.wait_for(lambda event: event["event"] == "closed")
    assert closed["connection"] == 1


def test_the_embedded_server_lives_as_long_as_the_session() -> None:
    async def main() -> str:
        model = livechat.LiveGenerativeModel(backend=livechat.Local(), modality="TEXT")
        async with model.connect() as session:
            return (await session.ask("hello")).text

    assert run(main())


def test_a_server_answers_in_sound_and_the_transcript_is_its_words() -> None:
    async def main(server: LiveServer) -> livechat.Turn:
        async with livechat.connect(backend=server.url, voice="Puck") as session:
            return await session.ask("what is 17 times 23?")

    with serving() as server:
        turn = run(main(server))
    assert "391" in turn.text
    assert turn.seconds > 0.5


def test_callbacks_alone_hold_a_conversation() -> None:
    async def main(server: LiveServer) -> list[str]:
        heard: list[str] = []
        done = asyncio.Event()

        def message(said: livechat.ServerMessage) -> None:
            heard.append(said.text)
            if said.turn_complete:
                done.set()

        model = livechat.LiveGenerativeModel(TEXT_MODEL, backend=server.url, modality="TEXT")
        async with model.connect(livechat.Callbacks(onmessage=message)) as session:
            await session.send("what is 17 times 23?")
            await done.wait()
        return heard

    with serving() as server:
        assert "391" in "".join(run(main(server)))


def test_a_model_that_is_not_there_is_told_so() -> None:
    async def main(server: LiveServer) -> None:
        async with livechat.connect("gemini-9.9-live", backend=server.url):
            raise AssertionError("never open")

    with serving() as server, pytest.raises(ModelUnavailable):
        run(main(server))


def test_a_server_that_is_not_there_is_told_so() -> None:
    async def main() -> None:
        async with livechat.connect(backend="ws://127.0.0.1:1"):
            raise AssertionError("never open")

    with pytest.raises(Unreachable):
        run(main())


def test_without_a_key_and_without_a_backend_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with livechat.connect():
            raise AssertionError("never open")

    for name in ("LIVECHAT_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY", "LIVECHAT_SERVER_CHOICE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(AccessDenied) as refused:
        run(main())
    assert "livechat.Local()" in refused.value.hint


def test_a_reset_in_the_middle_is_raised_and_leaves_nothing() -> None:
    async def main(server: LiveServer) -> None:
        async with livechat.connect(TEXT_MODEL, backend=server.url, modality="TEXT") as session:
            await asyncio.to_thread(server.wait_for, lambda event: event["event"] == "setup")
            await asyncio.to_thread(server.drop)
            with pytest.raises(LivechatError):
                _ = [message async for message in session.receive()]
            with pytest.raises(SessionClosed):
                await session.send("x")

    with serving() as server:
        run(main(server))


def test_cancelled_at_any_moment_of_connecting_nothing_is_left() -> None:
    """The real link: conftest looks for tasks and descriptors; here the moments are tried one by one."""

    async def after(rounds: int, server: LiveServer) -> bool:
        async def whole() -> None:
            async with livechat.connect(TEXT_MODEL, backend=server.url, modality="TEXT") as session:
                await session.ask("hello")

        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(whole())
            await asyncio.sleep(rounds / 4000)
            task.cancel()
            await asyncio.wait([task])
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return task.cancelled()

    async def main(server: LiveServer) -> int:
        return sum([await after(rounds, server) for rounds in range(60)])

    with serving() as server:
        assert run(main(server), 30) > 0


def test_it_is_closed_from_any_thread() -> None:
    async def main(server: LiveServer) -> None:
        async with livechat.connect(TEXT_MODEL, backend=server.url, modality="TEXT") as session:
            await asyncio.to_thread(lambda: asyncio.run(session.close()))
            assert session.is_closed
            await session.close()
        await asyncio.to_thread(lambda: asyncio.run(session.close()))

    with serving() as server:
        run(main(server))


def test_after_its_loop_has_ended_a_session_closes_in_peace() -> None:
    kept: list[livechat.LiveSession] = []

    async def main(server: LiveServer) -> None:
        async with livechat.connect(TEXT_MODEL, backend=server.url, modality="TEXT") as session:
            kept.append(session)

    with serving() as server:
        run(main(server))
    asyncio.run(kept[0].close())
    assert kept[0].is_closed


def test_no_address_shows_what_is_secret_in_it() -> None:
    model = livechat.LiveGenerativeModel(backend="wss://ada:SECRET@host/path?key=SECRET")
    assert repr(model.backend) == "Server('wss://host/path')"
    assert "SECRET" not in repr(model)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"config": {"response_modalities": ["AUDIO"]}}, "dict is no configuration"),
        ({"backend": 5}, "5 is no backend"),
        ({"backend": livechat.Local}, "is no backend"),
        ({"response_modalities": ["AUDIO"]}, "did you mean modality"),
        ({"voise": "Puck"}, "did you mean voice"),
        ({"labels": 5}, "labels=5: that is no Mapping"),
        ({"vad": True}, "vad=True"),
        ({"resumption": 5}, "resumption=5"),
    ],
)
def test_a_wrong_argument_is_told_with_what_is_meant(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        livechat.LiveGenerativeModel(**wrong)


def test_a_session_is_opened_for_a_block_and_each_block_opens_one() -> None:
    async def main(server: LiveServer) -> None:
        connection = livechat.connect(TEXT_MODEL, backend=server.url, modality="TEXT")
        with pytest.raises(UsageError) as refused:
            await connection  # type: ignore[misc]
        assert refused.value.hint == "async with model.connect() as session:"
        async with connection as one, connection as two:
            assert one is not two

    with serving() as server:
        run(main(server))


def test_another_loop_than_the_session_s_is_told_so() -> None:
    async def main(server: LiveServer) -> None:
        async with livechat.connect(TEXT_MODEL, backend=server.url, modality="TEXT") as session:
            with pytest.raises(UsageError, match="another loop"):
                await asyncio.to_thread(lambda: asyncio.run(session.say("hello")))

    with serving() as server:
        run(main(server))


def test_a_message_that_fits_into_no_frame_is_refused_and_the_session_lives() -> None:
    async def main(server: LiveServer) -> str:
        async with livechat.connect(TEXT_MODEL, backend=server.url, modality="TEXT") as session:
            with pytest.raises(UsageError, match="fits into no frame"):
                await session.send("x" * (17 * 2**20))
            return (await session.ask("hello")).text

    with serving() as server:
        assert run(main(server))


def test_the_embedded_server_is_given_up_at_any_moment() -> None:
    async def after(rounds: int) -> None:
        async def whole() -> None:
            async with livechat.connect(backend=livechat.Local(), modality="TEXT"):
                await asyncio.sleep(10)

        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(whole())
            for _ in range(rounds):
                await asyncio.sleep(0)
            task.cancel()

    for rounds in range(12):
        run(after(rounds))
