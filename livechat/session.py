"""The body of a conversation: the only thing that awaits. Everything enters its mind by one door, `tell`.

It is given its links, its speaker and its trace; it imports none of them. All that happens is told in the order in
which it happened, and what the mind answers is done before the next thing is told. There is one link at a time: the
next is opened when the last is closed and nothing comes from it any more.
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
    Dropped,
    Ended,
    Event,
    Failed,
    Faltered,
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
    Reconnect,
    Reconnected,
    Reconnecting,
    Recovered,
    RunTool,
    Send,
    SendSound,
    Silenced,
    Slept,
    SpeakerChanged,
    StopPlaying,
    Ticked,
)
from livechat.outbox import Letter, Outbox
from livechat.protocol.codec import audio_frame, decode_server_message, encode
from livechat.protocol.server import ServerMessage

E = TypeVar("E", bound=Event)
AUDIO_MIME = f"audio/pcm;rate={HEARD_RATE}"
Observer = Callable[[float, Event], None]
"""Takes the seconds since the session began and the news; must not block."""

FAREWELL_S = 2.0
"""Seconds in which the outbox empties and the link closes; a socket that takes nothing is left."""
PARTING_S = 0.15
"""Seconds that a link may take to close which another is to follow: the user has none meanwhile."""
CONGESTED_S = 0.05
"""Seconds that a microphone waits for the socket, before it leaves its frames to the sending task."""
PULSE_S = 0.25
"""Seconds between two looks at the link and at the clock."""
STRAINED_S = 1.0
"""Seconds without any acknowledgement after which the link is said to falter."""
OVERSLEPT_S = 2.0
"""A look at the clock that comes so late comes to a program, or a machine, that stood still."""


class Wire(Protocol):
    """What a session needs of a link; it raises `Disconnected` when it is gone."""

    async def send(self, frame: str) -> None: ...
    async def receive(self) -> str | bytes: ...
    async def close(self, code: int = 1000, reason: str = "") -> None: ...
    def strain(self) -> float:
        """Seconds for which nothing that was sent has been acknowledged, though something waits; 0.0 if all is well."""
        ...


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
        suspended: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """suspended: seconds that the machine has slept since it was switched on, if the clock does not count them."""
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
        self._suspended = suspended
        self._outbox = Outbox()
        self._has_mail = asyncio.Event()
        self._wire: Wire | None = None
        self.cut: bool = False
        """The link takes nothing any more, whatever still comes from it."""
        self._flushing = False
        self._flush_follows = False
        """Who tells this will flush at once: the sending task need not be woken, which costs more than the frame."""
        self._congested = False
        """The socket makes a microphone wait."""
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._away = False
        """There is no link, or none that is set up: sound that can wait does."""
        self._turned = asyncio.Event()
        """The link is to be left, or the session."""
        self._scripted = False
        """The script has begun, with the first link."""
        self._connecting: asyncio.Timeout | None = None
        self._pulse: asyncio.TimerHandle | None = None
        self._pulsed: tuple[float, float] = (0.0, 0.0)
        """When the next look is due, and how long the machine had been suspended by the last."""
        self._strained = False
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
    def live(self) -> bool:
        """The sound comes from a microphone, which does not wait: what grows old before it can be sent is dropped."""
        return self._outbox.live

    @live.setter
    def live(self, live: bool) -> None:
        self._outbox.live = live

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
                self._close()
            elif isinstance(output, Reconnect):
                self._leave_link()
            else:
                self._publish(now - self.began, output)
        self._set_alarm()

    def _post(self, letter: Letter) -> None:
        self._tell_of_drop(self._outbox.put(letter, self._loop.time()))
        if not self._flush_follows:
            self._has_mail.set()
        self._see_room()

    def _tell_of_drop(self, samples: int) -> None:
        if samples:
            self.tell(Dropped(samples))

    def _see_room(self) -> None:
        if self._outbox.full or (self._away and not self.live):
            self._has_room.clear()
        else:
            self._has_room.set()

    def _leave_link(self) -> None:
        """What was to be sent on this link is void; nothing more is sent on it."""
        self._outbox.clear()
        self._wire = None
        self._away = True
        self._see_room()
        self._turned.set()

    def _close(self) -> None:
        self._closing.set()
        self._turned.set()
        if self._connecting is not None:
            self._connecting.reschedule(self._loop.time())

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
            self._away = False
        elif isinstance(event, (Reconnecting, Reconnected)):
            self._away = isinstance(event, Reconnecting)
            self._see_room()
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
            self._close()

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
            for timer in (self._alarm, self._pulse):
                if timer is not None:
                    timer.cancel()
            self._has_room.set()  # nobody waits for a socket that is gone
        if self._failed is not None:
            raise self._failed
        if self._script_failed is not None:
            raise self._script_failed

    async def _live(self, script: Callable[[Session], Awaitable[None]], tasks: asyncio.TaskGroup) -> None:
        wire = await self._open()
        if wire is None:
            return
        try:
            while True:
                if wire is not None:
                    await self._hold(wire, script, tasks)
                if self._closing.is_set():
                    break
                await self._turned.wait()
                wire = None if self._closing.is_set() else await self._open()
            self._raise_what_broke()
        except asyncio.CancelledError:
            self.tell(Left())  # else the loss of a link that we cut ourselves would be told as the server's doing
            raise
        finally:
            self._closing.set()
        raise _Over

    def _raise_what_broke(self) -> None:
        if self._broken is not None:
            with contextlib.suppress(Exception):  # whoever raised may raise again; the others hear that it is over
                self.tell(Left())
            raise self._broken

    async def _open(self) -> Wire | None:
        """The next link; None where there is none, which is told, or where the session is over meanwhile."""
        self._turned.clear()
        refused: Disconnected | None = None
        try:
            async with asyncio.timeout(None) as self._connecting:
                return await self._connect()
        except Disconnected as error:
            refused = error
        except TimeoutError:
            if not self._closing.is_set():
                raise
        finally:
            self._connecting = None
        if refused is not None:
            self.tell(refused.happened)
        return None

    async def _hold(self, wire: Wire, script: Callable[[Session], Awaitable[None]], tasks: asyncio.TaskGroup) -> None:
        """Runs one link, until it is to be left or the session is over; then it is closed, and silent."""
        doing: list[asyncio.Task[None]] = []
        try:
            self._wire, self.cut = wire, False
            self.tell(Opened())
            doing = [
                tasks.create_task(self._receive(wire), name="receive"),
                tasks.create_task(self._send(wire), name="send"),
            ]
            if not self._scripted:
                self._scripted = True
                tasks.create_task(self._speak(script), name="script")
            self._feel_pulse(wire)
            await self._turned.wait()
            self._raise_what_broke()
            if self._closing.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(FAREWELL_S):
                        await self._closed.wait()
                await asyncio.sleep(0)  # a script that waits for news hears that none will come before it is cancelled
        except asyncio.CancelledError:
            self.tell(Left())
            raise
        finally:
            if self._pulse is not None:
                self._pulse.cancel()
            if not self._closing.is_set():  # else they end by themselves, and what they have to say is still heard
                for task in doing:
                    task.cancel()
            await self._part_with(wire)
        if doing and not self._closing.is_set():
            await asyncio.wait(doing)

    async def _part_with(self, wire: Wire) -> None:
        """Closes the link; where another is to follow, without waiting for long for a server that does not answer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if self._closing.is_set() else PARTING_S):
                await wire.close()

    def _feel_pulse(self, wire: Wire) -> None:
        """Looks now and then whether what is sent arrives, and whether the clock has stood still."""
        if self.conversation.reconnects:
            self._strained = False
            self._pulsed = (self._loop.time() + PULSE_S, self._suspended())
            self._pulse = self._loop.call_later(PULSE_S, self._look, wire)

    def _look(self, wire: Wire) -> None:
        due, suspended = self._pulsed
        slept = max(self._loop.time() - due, self._suspended() - suspended)
        self._pulsed = (self._loop.time() + PULSE_S, self._suspended())
        self._pulse = self._loop.call_later(PULSE_S, self._look, wire)
        if slept >= OVERSLEPT_S:
            self._outbox.drop_sound()
            self.report(Slept(slept))
            return
        strain = wire.strain()
        if self._strained is not (strain > STRAINED_S):
            self._strained = not self._strained
            self.report(Faltered(strain) if self._strained else Recovered())

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
            while self._wire is wire:  # nothing comes from a link that is left
                if self._intake is not None:
                    await self._intake.room()
                frame = await wire.receive()
                try:
                    message = decode_server_message(frame)
                except RemoteProtocolError as error:
                    self.tell(Garbled(str(error)))
                    continue
                if self._intake is not None:
                    self._intake.put(message)
                self.tell(Received(message))
        except Disconnected as lost:
            if self._wire is wire and not self._closing.is_set():  # else it is our own doing
                self.tell(lost.happened)

    async def _send(self, wire: Wire) -> None:
        while not self._closed.is_set() and self._wire is wire:
            await self._has_mail.wait()
            self._has_mail.clear()
            await self._flush()

    async def _flush(self) -> None:
        """Sends what waits, in order. Whoever comes while another does it leaves its letters to that one."""
        wire = self._wire
        if self._flushing or wire is None:
            return
        self._flushing = True
        try:
            while self._next_letter(wire):
                letter = self._outbox.take()
                self._see_room()
                if isinstance(letter, CloseLink):
                    await wire.close(letter.code, letter.reason)
                    self._closed.set()
                    return
                try:
                    await wire.send(_written(letter))
                except Disconnected:
                    # No news: the receiving side tells it, after what lay before it.
                    self.cut = self.cut or self._wire is wire
                except LocalProtocolError as error:
                    self._failed = self._failed or error
                    self.tell(Left())
            self._congested = False
            self._outbox.caught_up()
        finally:
            self._flushing = False
            if self._outbox:
                self._has_mail.set()  # the one who sent was cancelled, and others left their letters to it

    def _next_letter(self, wire: Wire) -> bool:
        """Whether there is one for this link, and one that is not too old."""
        self._tell_of_drop(self._outbox.drop_old(self._loop.time()))
        return bool(self._outbox) and self._wire is wire

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
        if not self.live:
            await self._flush()
        elif self._congested:
            self._has_mail.set()
        else:
            try:
                async with asyncio.timeout(CONGESTED_S):
                    await self._flush()
            except TimeoutError:  # the frame that did not get through is on its way all the same
                self._congested = True

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
