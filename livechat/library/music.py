"""Music as it is made: a session with Lyria RealTime, which is steered by prompts and settings while it plays.

    import asyncio, wave
    import livechat

    async def main() -> None:
        async with livechat.LiveMusic().connect() as music:
            await music.set_weighted_prompts({"minimal techno": 1.0, "rain": 0.3})
            await music.play()
            with wave.open("techno.wav", "wb") as file:
                file.setparams((2, 2, 48_000, 0, "NONE", ""))
                async for pcm in music.sound():
                    file.writeframes(pcm)
                    if file.tell() >= 10 * 48_000:
                        break

    asyncio.run(main())

Sound is 48 kHz, s16le, left and right in turn, in chunks of about two seconds
(ai.google.dev/gemini-api/docs/realtime-music-generation).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from livechat.closing import Close, explain_close, explain_refusal
from livechat.errors import LivechatError, RemoteProtocolError, SessionClosed, Unreachable
from livechat.events import Disconnected, Lost, Refused
from livechat.library.callbacks import Callbacks, Closed, call
from livechat.library.inbox import Inbox
from livechat.library.music_settings import MusicChanges, Prompts, music_config, weighted_prompts
from livechat.protocol.client import ClientContent, ClientMessage
from livechat.protocol.codec import decode_server_message, encode
from livechat.protocol.generations import family_of
from livechat.protocol.music import MusicGenerationConfig, WeightedPrompt
from livechat.protocol.server import ServerMessage
from livechat.protocol.setup import Setup

if TYPE_CHECKING:
    from typing import Unpack

    from livechat.closing import Facts
    from livechat.library.backends import Backend
    from livechat.library.sync_connection import SyncConnection
    from livechat.library.sync_music import SyncMusicSession

T = TypeVar("T")

MUSIC_MODEL: Final = "models/lyria-realtime-exp"
RATE: Final = 48_000
"""Hz of the sound."""
CHANNELS: Final = 2
FRAME_BYTES: Final = 2 * CHANNELS
"""Bytes of one sample of both channels."""
BYTES_PER_S: Final = RATE * FRAME_BYTES
SETUP_S: Final = 10.0
"""Seconds that the server has to agree."""
WAITING: Final = 8
"""Messages that wait for whoever receives, some 16 s of sound, before the server is made to wait."""
GRACEFUL: Final = frozenset({1000, 1001})
"""Close codes with which a server ends a session that is over."""


class Place(Protocol):
    """Where music is made, and what is known of that."""

    @property
    def url(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def model(self) -> str: ...
    @property
    def facts(self) -> Facts: ...


class Wire(Protocol):
    """What a session needs of a link; it raises `Disconnected` when it is gone."""

    async def send(self, frame: str) -> None: ...
    async def receive(self) -> str | bytes: ...
    async def close(self, code: int = 1000, reason: str = "") -> None: ...


class LiveMusic:
    """A model that makes music, and where it is; `connect` begins a session with it.

    `backend` is one of `livechat.Developer`, `Server`, `Local`, …, the URL of a server of one's own, or None for what
    the environment says. Vertex AI has no such model.
    """

    def __init__(self, backend: Backend | str | None = None, model: str = MUSIC_MODEL) -> None:
        self.backend = backend
        self.model = model

    def __repr__(self) -> str:
        return f"LiveMusic({self.backend!r}, {self.model!r})"

    @asynccontextmanager
    async def connect(self, callbacks: Callbacks | None = None) -> AsyncGenerator[MusicSession, None]:
        """Opens a session, silent until `play`, and closes it behind the block. From any thread, on a loop of its own.

        `callbacks` are called as it goes on; with `onmessage` nothing is left for `receive`. Raises what the backend
        is not reached for; AccessDenied, ModelUnavailable, Unreachable and their kin where the server does not agree.
        """
        from livechat.library.backends import backend_of, reach

        async with (
            reach(backend_of(self.backend, os.environ), self.model, music=True) as place,
            music_at(place, callbacks) as session,
        ):
            yield session

    def connect_sync(self, callbacks: Callbacks | None = None) -> SyncConnection[SyncMusicSession]:
        """The same without a loop: `with model.music.connect_sync() as music`. From any thread."""
        from livechat.library.sync_music import connect_music_sync

        return connect_music_sync(self, callbacks)


@asynccontextmanager
async def music_at(
    place: Place, callbacks: Callbacks | None = None, connect: Callable[[], Awaitable[Wire]] | None = None
) -> AsyncGenerator[MusicSession, None]:
    """A session with the server at `place`, which `LiveMusic.connect` finds by its backend.

    `connect` opens the link in place of `open_link`.
    """
    facts = replace(place.facts, models=family_of(MUSIC_MODEL).models)  # of those that there are, these make music
    link = await _link(place, facts, connect)
    failed: Exception | None = None
    try:
        await _agree(link, place.model, facts)
        session = MusicSession(link, place.model, facts, callbacks or Callbacks())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(session.live(), name="music")
            tasks.create_task(session.attend(), name="callbacks")
            try:
                yield session
            except Exception as error:  # the group would wrap it
                failed = error
            finally:
                await session.close()
    finally:
        await link.close()
    session.raise_broken()
    if failed is not None:
        raise failed


async def _link(place: Place, facts: Facts, connect: Callable[[], Awaitable[Wire]] | None) -> Wire:
    from livechat.link import open_link

    try:
        return await (connect() if connect is not None else open_link(place.url, place.headers))
    except Disconnected as refused:
        raise explained(refused, facts, "setup") from None


async def _agree(link: Wire, model: str, facts: Facts) -> None:
    """Says which model is wanted, and waits until the server says yes."""
    try:
        async with asyncio.timeout(SETUP_S):
            await link.send(encode(ClientMessage(setup=Setup(model=model))))
            while decode_server_message(await link.receive()).setup_complete is None:
                pass
    except Disconnected as lost:
        raise explained(lost, facts, "setup") from None
    except TimeoutError:
        what = f"{facts.server} did not answer the setup within {SETUP_S:g} s"
        raise Unreachable(what, hint="try again; is it a server of the Live API?") from None


def explained(disconnected: Disconnected, facts: Facts, last_sent: str) -> LivechatError:
    """What the end of a connection means."""
    happened = disconnected.happened
    if isinstance(happened, Refused):
        return explain_refusal(happened.kind, happened.detail, happened.status, happened.retry_after, facts)
    phase = "setup" if last_sent == "setup" else "open"
    return explain_close(Close(happened.code, happened.reason, phase, last_sent), facts)


class MusicSession:
    """One session of music, made by `LiveMusic.connect`.

    It is silent until `play`. What is asked of it while it plays is heard after what the server has sent ahead, which
    is two seconds or a little more.
    """

    def __init__(self, link: Wire, model: str, facts: Facts, callbacks: Callbacks) -> None:
        self._link = link
        self._callbacks = callbacks
        self._facts = facts
        self._model = model
        self._loop = asyncio.get_running_loop()
        self._inbox = Inbox[ServerMessage](WAITING)
        self._prompts: tuple[WeightedPrompt, ...] = ()
        self._config = MusicGenerationConfig()
        self._last_sent = "setup complete"
        self._error: LivechatError | None = None
        self._broken: Exception | None = None
        """What a callback raised, or what nobody has foreseen."""
        self._closed: Closed | None = None
        """How the server ended it."""
        self._over = asyncio.Event()
        self._left = False
        """We have ended it."""

    def __repr__(self) -> str:
        return f"<MusicSession {self._model} {'closed' if self.is_closed else 'open'}>"

    @property
    def model(self) -> str:
        """The model's name as its endpoint spells it: `models/…`. From any thread."""
        return self._model

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be asked any more. From any thread."""
        return self._left or self._over.is_set()

    @property
    def error(self) -> LivechatError | None:
        """What broke the session off; None while it is open and after a graceful end. From any thread."""
        return self._error

    @property
    def prompts(self) -> tuple[WeightedPrompt, ...]:
        """The prompts sent last. From any thread."""
        return self._prompts

    @property
    def config(self) -> MusicGenerationConfig:
        """The settings sent last. From any thread."""
        return self._config

    # ------------------------------------------------------------------------------------------- asking

    async def set_weighted_prompts(self, prompts: Prompts) -> None:
        """Says what the music shall be like, in place of all prompts before. From the session's loop.

        `"minimal techno"`, `{"techno": 1.0, "rain": 0.3}`, or a list of strings, pairs and `WeightedPrompt`s. Weights
        are relative to each other, and not 0. While it plays the music glides there. Raises UsageError for what is no
        prompt and SessionClosed. A prompt that the server refuses comes back as `filtered_prompt`.
        """
        asked = weighted_prompts(prompts)
        await self._send(ClientMessage(client_content=ClientContent(weighted_prompts=asked)), "clientContent")
        self._prompts = tuple(asked)

    async def set_music_generation_config(
        self, config: MusicGenerationConfig | None = None, **changes: Unpack[MusicChanges]
    ) -> None:
        """Changes how the music is made. From the session's loop.

        With `config` that one holds, as in Google's libraries: what it leaves out goes back to its default. Without,
        the settings sent last stay, and only the `changes` are new; a change to None goes back to the default. A new
        `bpm` or `scale` is heard after `reset_context` (ai.google.dev/gemini-api/docs/realtime-music-generation).
        Raises UsageError for a setting that there is not, or out of its range, and SessionClosed.
        """
        asked = music_config(self._config if config is None else config, {**changes})
        await self._send(ClientMessage(music_generation_config=asked), "musicGenerationConfig")
        self._config = asked

    async def play(self) -> None:
        """Begins, or goes on after `pause`. From the session's loop. Raises SessionClosed."""
        await self._control("PLAY")

    async def pause(self) -> None:
        """Makes no more music for now; `play` goes on from there. From the session's loop. Raises SessionClosed."""
        await self._control("PAUSE")

    async def stop(self) -> None:
        """Ends the piece: `play` begins a new one, with the same prompts and settings. From the session's loop.

        Raises SessionClosed.
        """
        await self._control("STOP")

    async def reset_context(self) -> None:
        """Forgets the music so far, without a gap: what follows owes nothing to it. From the session's loop.

        Raises SessionClosed.
        """
        await self._control("RESET_CONTEXT")

    async def _control(self, control: str) -> None:
        await self._send(ClientMessage(playback_control=control), "playbackControl")

    async def _send(self, message: ClientMessage, kind: str) -> None:
        if self.is_closed:
            raise self._refusal()
        self._last_sent = kind
        try:
            await self._link.send(encode(message))
        except Disconnected as lost:
            self._lose(lost)
            raise self._refusal() from None

    def _refusal(self) -> SessionClosed:
        whose = "it was closed here" if self._left else "the server has ended it"
        why = str(self._error) if self._error is not None else whose
        return SessionClosed("this session of music is closed", why=why, hint="begin another with connect()")

    # ---------------------------------------------------------------------------------------- receiving

    def receive(self) -> AsyncIterator[ServerMessage]:
        """All that the server says, as it comes: sound (`message.audio`), `filtered_prompt`, `go_away`.

        From the session's loop, one consumer at a time: a second one gets a UsageError. It ends when the session is
        closed by either side, and raises the LivechatError of one that broke off. Raises SessionClosed after `close`.
        """
        return self._each(_itself)

    def sound(self) -> AsyncIterator[bytes]:
        """The sound alone, 48 kHz s16le stereo, some two seconds a piece; otherwise the same as `receive`.

        From the session's loop.
        """
        return self._each(_sound)

    def stop_receiving(self) -> None:
        """Ends the iterations that go on; the session stays open. From the session's loop."""
        self._inbox.stop()

    def _each(self, choose: Callable[[ServerMessage], T | None]) -> AsyncIterator[T]:
        if self._left:
            raise self._refusal()
        return self._inbox.each(choose)

    # ------------------------------------------------------------------------------------------ the end

    async def close(self) -> None:
        """Ends the session; iterations end with it, and what was not received is dropped. Twice does no harm.

        From any thread and task.
        """
        if self._loop.is_closed():
            return
        if asyncio.get_running_loop() is self._loop:
            await self._close()
        else:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._close(), self._loop))

    async def _close(self) -> None:
        self._left = True
        self._inbox.close(discard=True)
        await self._link.close()

    def _lose(self, cause: Disconnected | LivechatError) -> None:
        """The connection is gone, or of no use."""
        if self.is_closed:
            return
        if isinstance(cause, LivechatError):
            self._error = cause
        else:
            if isinstance(cause.happened, Lost):
                self._closed = Closed(cause.happened.code, cause.happened.reason)
            if self._closed is None or self._closed.code not in GRACEFUL:
                self._error = explained(cause, self._facts, self._last_sent)
        self._over.set()
        self._inbox.close(self._error)

    # ------------------------------------------------------------------------------------ what `connect` has run

    async def live(self) -> None:
        """Takes what comes until there is no more; `connect` has it run. From the session's loop."""
        try:
            while True:
                self._inbox.put(decode_server_message(await self._link.receive()))
                await self._inbox.room()
        except Disconnected as lost:
            self._lose(lost)
        except RemoteProtocolError as error:
            self._lose(error)
        except Exception as error:  # the group would wrap it
            await self._break(error)
        self._over.set()

    async def attend(self) -> None:
        """Calls the callbacks until it is over; `connect` has it run. From the session's loop."""
        try:
            await call(self._callbacks.onopen)
            with suppress(LivechatError):  # it is told below
                await self._hand_over()
            await self._over.wait()
            if self._error is not None:
                await call(self._callbacks.onerror, self._error)
            await call(self._callbacks.onclose, self._closed or Closed(1000))
        except Exception as error:
            await self._break(error)

    async def _break(self, error: Exception) -> None:
        """`connect` raises this when its block is left."""
        self._broken = self._broken or error
        await self._close()

    async def _hand_over(self) -> None:
        if self._callbacks.onmessage is not None:
            async for message in self._inbox.each(_itself):
                await call(self._callbacks.onmessage, message)

    def raise_broken(self) -> None:
        """Raises what a callback raised, or what nobody has foreseen. From the session's loop."""
        if self._broken is not None:
            raise self._broken


def _itself(message: ServerMessage) -> ServerMessage:
    return message


def _sound(message: ServerMessage) -> bytes | None:
    return message.audio or None
