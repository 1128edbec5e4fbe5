"""The body of a conversation: the only thing that awaits. Everything enters its mind by one door, `tell`.

It is given its link, its speaker and its trace; it imports none of them. All that happens is told in the order in
which it happened, and what the mind answers is done before the next thing is told.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeVar

from livechat.conversation import Conversation
from livechat.errors import LivechatError, LocalProtocolError, RemoteProtocolError
from livechat.events import (
    HEARD_RATE,
    CancelTool,
    CheckTool,
    CloseLink,
    Committed,
    Disconnected,
    Ended,
    Event,
    Failed,
    FinishPlaying,
    Garbled,
    Heard,
    HearingEnded,
    Hushed,
    Input,
    Left,
    Opened,
    Play,
    Played,
    Ready,
    Received,
    RunTool,
    Send,
    SendSound,
    Silenced,
    SpeakerChanged,
    StopPlaying,
    Ticked,
)
from livechat.protocol.codec import audio_frame, decode_server_message, encode
from livechat.protocol.server import ServerMessage

E = TypeVar("E", bound=Event)
Letter = Send | SendSound | CloseLink
AUDIO_MIME = f"audio/pcm;rate={HEARD_RATE}"
Observer = Callable[[float, Event], None]
"""Takes the seconds since the session began and the news; must not block."""

OUTBOX = 50
"""Messages that may wait for the socket before a source of sound is asked to wait: one second of frames."""
FAREWELL_S = 2.0
"""Seconds in which the outbox empties and the link closes; a socket that takes nothing is left."""


class Wire(Protocol):
    """What a session needs of a link; it raises `Disconnected` when it is gone."""

    async def send(self, frame: str) -> None: ...
    async def receive(self) -> str | bytes: ...
    async def close(self, code: int = 1000, reason: str = "") -> None: ...


class Speaker(Protocol):
    """What a session needs of a speaker; it reports back by the callback it was made with."""

    @property
    def ahead(self) -> int:
        """Samples (24 kHz) that will be heard, stopped or not, and are not reported."""
        ...

    def play(self, pcm: bytes, turn: int) -> None: ...
    def finish(self, turn: int) -> None: ...
    def stop(self) -> None: ...


class Hands(Protocol):
    """What a session needs of whoever runs tools; all of it returns at once."""

    def check(self, id: str, name: str, args: Mapping[str, Any]) -> None:
        """Reports an error where this cannot be called, and nothing where it can."""
        ...

    def begin(self, id: str, name: str, args: Mapping[str, Any]) -> None: ...
    def cancel(self, id: str) -> None: ...


class Intake(Protocol):
    """What a session needs of whoever is shown the messages themselves."""

    def put(self, message: ServerMessage) -> None: ...
    async def room(self) -> None:
        """Waits while no more can be taken: meanwhile nothing is read."""
        ...


class Trace(Protocol):
    """What a session needs of a trace."""

    def write(self, happened: Input, now: float) -> None: ...


class SessionOver(Exception):
    """Raised into a script that waits for news which cannot come any more."""


class _Over(Exception):
    """Ends the task group of a session that has said its last."""


class Session:
    """Runs one Conversation over one link."""

    def __init__(
        self,
        conversation: Conversation,
        connect: Callable[[], Awaitable[Wire]],
        *,
        speaker: Speaker | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.conversation = conversation
        self._connect = connect
        self._speaker = speaker
        self._usual: tuple[Speaker | None] | None = None
        """The speaker that another stands in for, while one does."""
        self._intake: Intake | None = None
        self._hands: Hands | None = None
        self._trace: Trace | None = None
        self._loop = asyncio.get_running_loop()
        self._clock = clock or self._loop.time
        self.began: float = self._clock()
        self._observers: list[Observer] = []
        self._told: deque[Input] = deque()
        self._telling = False
        self._outbox: deque[Letter] = deque()
        self._has_mail = asyncio.Event()
        self._wire: Wire | None = None
        self.cut: bool = False
        """The link takes nothing any more, whatever still comes from it."""
        self._flushing = False
        self._flush_follows = False
        """Who tells this will flush at once: the sending task need not be woken, which costs more than the frame."""
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._ready = asyncio.Event()
        self._closing = asyncio.Event()
        self._closed = asyncio.Event()
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at: float | None = None
        self._script_failed: Exception | None = None
        self._failed: LivechatError | None = None
        self._broken: Exception | None = None
        """What an observer or the speaker raised when it was told something by a callback of the loop."""

    def subscribe(self, observer: Observer) -> None:
        """Shows all news from now on to `observer`, in order."""
        self._observers.append(observer)

    def record(self, trace: Trace) -> None:
        """Writes everything that is told from now on into `trace`; before `run`."""
        self._trace = trace

    def unsubscribe(self, observer: Observer) -> None:
        """Shows it no more."""
        self._observers.remove(observer)

    def take_in(self, intake: Intake) -> None:
        """Shows every message to `intake` before what follows from it; before `run`."""
        self._intake = intake

    def give_hands(self, hands: Hands) -> None:
        """Gives the session what runs its tools, which reports `ToolFinished`; before `run`."""
        self._hands = hands

    def hand_over(self, speaker: Speaker) -> None:
        """Gives the session the speaker that reports to its `played`; before `run`."""
        self._speaker = speaker

    def attach(self, speaker: Speaker) -> None:
        """Has another speaker play from now on, which reports to `played` too."""
        self._usual = self._usual or (self._speaker,)
        self._speaker = speaker
        self.tell(SpeakerChanged())

    def detach(self) -> None:
        """Has the speaker play again that it was given first."""
        if self._usual is not None:
            (self._speaker,), self._usual = self._usual, None
            self.tell(SpeakerChanged())

    @property
    def now(self) -> float:
        """Seconds since the session began: the times that observers are given."""
        return self._clock() - self.began

    # ------------------------------------------------------------------------------------------ the door

    def tell(self, happened: Input) -> None:
        """Tells the mind what happened and does what it answers. From the loop's thread only."""
        if self._telling:
            self._told.append(happened)  # a command's effect spoke up while it was carried out: it is heard next
            return
        self._telling = True
        try:
            self._hear(happened)
            while self._told:
                self._hear(self._told.popleft())
        finally:
            self._telling = False

    def _hear(self, happened: Input) -> None:
        if _may_cut(happened) and self._speaker is not None and (ahead := self._speaker.ahead):
            self._hear(Committed(ahead))
        now = self._clock()
        if self._trace is not None:
            self._trace.write(happened, now)
        for output in self.conversation.handle(happened, now):
            if isinstance(output, (Send, SendSound)):
                self._post(output)
            elif isinstance(output, (CheckTool, RunTool, CancelTool)):
                self._handle(output)
            elif isinstance(output, (Play, FinishPlaying, StopPlaying)):
                self._sound(output)
            elif isinstance(output, CloseLink):
                self._post(output)
                self._closing.set()
            else:
                self._publish(now - self.began, output)
        if type(happened) is not Heard:  # which changes no deadline, fifty times a second
            self._set_alarm()

    def _post(self, letter: Letter) -> None:
        self._outbox.append(letter)
        if not self._flush_follows:
            self._has_mail.set()
        if len(self._outbox) >= OUTBOX:
            self._has_room.clear()

    def _sound(self, command: Play | FinishPlaying | StopPlaying) -> None:
        speaker = self._speaker
        if speaker is None:
            return
        match command:
            case Play(pcm, turn):
                speaker.play(pcm, turn)
            case FinishPlaying(turn):
                speaker.finish(turn)
            case StopPlaying():
                speaker.stop()

    def _handle(self, command: CheckTool | RunTool | CancelTool) -> None:
        hands = self._hands
        if hands is None:
            return
        match command:
            case CheckTool(id, name, args):
                hands.check(id, name, args)
            case RunTool(id, name, args):
                hands.begin(id, name, args)
            case CancelTool(id):
                hands.cancel(id)

    def _publish(self, t: float, event: Event) -> None:
        if isinstance(event, Failed):
            self._failed = event.error
        elif isinstance(event, Ready):
            self._ready.set()
        for observer in tuple(self._observers):
            observer(t, event)

    def _set_alarm(self) -> None:
        at = self.conversation.deadline
        if at == self._alarm_at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = at
        self._alarm = None if at is None else self._loop.call_later(max(0.0, at - self._clock()), self._ring)

    def _ring(self) -> None:
        self._alarm = self._alarm_at = None
        self.report(Ticked())

    def played(self, samples: int, drained: bool) -> None:
        """What a speaker reports: samples (24 kHz) heard since its last report; none of them, that it is silent."""
        self.report(Played(samples) if samples else Silenced())

    def report(self, happened: Input) -> None:
        """Tells from a callback of the loop, which has nobody to raise to: what fails here ends the session."""
        try:
            self.tell(happened)
        except Exception as error:
            self._broken = self._broken or error
            self._closing.set()

    # ----------------------------------------------------------------------------------------- the tasks

    async def run(self, script: Callable[[Session], Awaitable[None]]) -> None:
        """Connects, lets `script` speak for the user, and closes when it returns or the session ends.

        Raises the LivechatError by which the session failed, otherwise what the script raised.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._live(script, tasks)
        except* _Over:
            pass
        finally:
            if self._alarm is not None:
                self._alarm.cancel()
            self._has_room.set()  # nobody waits for a socket that is gone
        if self._failed is not None:
            raise self._failed
        if self._script_failed is not None:
            raise self._script_failed

    async def _live(self, script: Callable[[Session], Awaitable[None]], tasks: asyncio.TaskGroup) -> None:
        try:
            wire = await self._connect()
        except Disconnected as refused:
            self.tell(refused.happened)
            return
        try:
            self._wire = wire
            self.tell(Opened())
            tasks.create_task(self._receive(wire), name="receive")
            tasks.create_task(self._send(), name="send")
            tasks.create_task(self._speak(script), name="script")
            await self._closing.wait()
            if self._broken is not None:
                with contextlib.suppress(Exception):  # whoever raised may raise again; the others hear that it is over
                    self.tell(Left())
                raise self._broken
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FAREWELL_S):
                    await self._closed.wait()
            await asyncio.sleep(0)  # a script that waits for news hears that none will come before it is cancelled
        except asyncio.CancelledError:
            self.tell(Left())  # else the loss of a link that we cut ourselves would be told as the server's doing
            raise
        finally:
            self._closing.set()
            await wire.close()
        raise _Over

    async def _speak(self, script: Callable[[Session], Awaitable[None]]) -> None:
        try:
            await script(self)
        except SessionOver:
            return
        except Exception as error:
            self._script_failed = error
        self.tell(Left())

    async def _receive(self, wire: Wire) -> None:
        try:
            while True:
                if self._intake is not None:
                    await self._intake.room()
                frame = await wire.receive()
                try:
                    message = decode_server_message(frame)
                except RemoteProtocolError as error:
                    self.tell(Garbled(str(error)))
                    return
                if self._intake is not None:
                    self._intake.put(message)
                self.tell(Received(message))
        except Disconnected as lost:
            if not self._closing.is_set():  # else it is our own doing
                self.tell(lost.happened)

    async def _send(self) -> None:
        while not self._closed.is_set():
            await self._has_mail.wait()
            self._has_mail.clear()
            await self._flush()

    async def _flush(self) -> None:
        """Sends what waits, in order. Whoever comes while another does it leaves its letters to that one."""
        if self._flushing or self._wire is None:
            return
        self._flushing = True
        try:
            while self._outbox:
                letter = self._outbox.popleft()
                if len(self._outbox) < OUTBOX:
                    self._has_room.set()
                if isinstance(letter, CloseLink):
                    await self._wire.close(letter.code, letter.reason)
                    self._closed.set()
                    return
                try:
                    await self._wire.send(_written(letter))
                except Disconnected:
                    self.cut = True  # which is no news: the receiving side tells it, after what lay before it
                except LocalProtocolError as error:
                    self._failed = self._failed or error
                    self.tell(Left())
        finally:
            self._flushing = False
            if self._outbox:
                self._has_mail.set()  # the one who sent was cancelled, and others left their letters to it

    # ---------------------------------------------------------------------------------------- for scripts

    async def listen(self, source: AsyncIterable[bytes]) -> None:
        """Speaks a source's 16 kHz frames into the session when it is ready, no faster than the socket takes them."""
        await self._ready.wait()
        async for pcm in source:
            await self.room()
            await self.hear(Heard(pcm))
        self.tell(HearingEnded())

    async def room(self) -> None:
        """Waits while the socket takes no more."""
        if not self._has_room.is_set():
            await self._has_room.wait()

    async def hear(self, *happened: Input) -> None:
        """Tells what a microphone gave, at once, and waits until it is sent."""
        self._flush_follows = True
        for one in happened:
            self.tell(one)
        self._flush_follows = False
        await self._flush()

    async def until(self, *kinds: type[E]) -> E:
        """The next news of one of these kinds. Raises SessionOver when none can come any more."""
        if self.conversation.over:
            raise SessionOver
        found: asyncio.Future[E] = self._loop.create_future()

        def look(_: float, event: Event) -> None:
            if found.done():
                return
            if isinstance(event, kinds):
                found.set_result(event)
            elif isinstance(event, Ended):
                found.set_exception(SessionOver())

        self._observers.append(look)
        try:
            return await found
        finally:
            self._observers.remove(look)


def _may_cut(happened: Input) -> bool:
    """Whether the reply may be cut off by this: then it matters to the sample how far the speaker is."""
    if isinstance(happened, Received):
        content = happened.message.server_content
        return content is not None and bool(content.interrupted)
    return isinstance(happened, Hushed)


def _written(letter: Send | SendSound) -> str:
    return audio_frame(letter.pcm, AUDIO_MIME) if isinstance(letter, SendSound) else encode(letter.message)
