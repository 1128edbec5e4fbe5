"""What runs behind a session that a program holds: its mind and body, its inbox, its callbacks, from begin to end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from random import random
from typing import TYPE_CHECKING, Final, TypeVar

from livechat.conversation import Conversation, Terms
from livechat.errors import LivechatError, SessionClosed, UsageError
from livechat.events import Disconnected, Event, Input, Lost, Ready, Reconnected, Said, ToolStarted, UsageCounted
from livechat.library.callbacks import Callbacks, Closed, call
from livechat.library.inbox import Inbox
from livechat.library.own_tools import rules_of
from livechat.library.turns import Item, TurnMaker
from livechat.protocol.client import ClientMessage
from livechat.protocol.codec import MAX_FRAME, encode
from livechat.protocol.server import ServerMessage
from livechat.protocol.setup import Setup
from livechat.relinking import FURTHER_TRIES
from livechat.session import Session, Wire
from livechat.suspension import suspended

if TYPE_CHECKING:
    from livechat.library.backends import Reached
    from livechat.tool_calls import ToolRule
    from livechat.tools.functions import FunctionToolbox

GRACEFUL: Final = frozenset({1000, 1001})
"""Close codes of a server that has nothing more to say (RFC 6455 §7.4.1)."""
NEVER: Final = float("inf")
STALL_S: Final = 20.0
"""Seconds of silence of a model that owes words, after which another is tried."""
CALLBACK_S: Final = 2.0
"""Seconds that a callback may still take when the block is left."""

T = TypeVar("T")


class Running:
    """One session from its connection to its end, of one loop. `held` runs it."""

    def __init__(
        self,
        reached: Reached,
        setup: Setup,
        callbacks: Callbacks,
        connect: Callable[[], Awaitable[Wire]],
        toolbox: FunctionToolbox | None = None,
        *,
        reconnects: bool = False,
    ) -> None:
        nothing: Mapping[str, ToolRule] = {}
        rules = nothing if toolbox is None else rules_of(toolbox, reached.model)
        terms = Terms(
            setup,
            plays=True,
            answer_s=NEVER,
            facts=reached.facts,
            answers_calls=True,
            tools=rules,
            tries=FURTHER_TRIES if reconnects else 0,
            jitter=random(),
            stall_s=STALL_S,
        )
        self.reached = reached
        self.toolbox = toolbox
        """The functions of the program that are run here."""
        self.marks_activity: bool = _marks_activity(setup)
        self.loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()
        self.body: Session = Session(Conversation(terms), lambda: self._watched(connect), suspended=suspended)
        self.tasks: asyncio.TaskGroup | None = None
        """For what a session begins beside itself, while it is held."""
        self.nobody_receives: Callable[[], bool] = lambda: False
        """Whether what came may go without being received."""
        self.session_id: str = ""
        self.handle: str | None = None
        self.usage: UsageCounted = UsageCounted()
        self.calls_begun: int = 0
        """How often the model has asked for a tool."""
        self.cancelled: set[str] = set()
        """The calls that the model has taken back."""
        self.error: LivechatError | None = None
        self.left: bool = False
        """It was closed here."""
        self._callbacks = callbacks
        self._inbox: Inbox[Item] = Inbox()
        self._maker = TurnMaker()
        self.body.hand_over(_Collector(self._maker.sounded, self.body))
        self.body.take_in(self)
        self.body.subscribe(self._see)
        self._ready = asyncio.Event()
        """The server has taken the setup, or never will."""
        self._greeted = asyncio.Event()
        self._leaving = asyncio.Event()
        self._over = asyncio.Event()
        self._closed: Closed | None = None
        self._reconnects = reconnects
        self._broken: Exception | None = None
        """What a callback raised, or a fault of ours."""
        self._scopes: set[asyncio.Timeout] = set()

    @property
    def is_closed(self) -> bool:
        """Nothing can be sent any more."""
        cut = not self._reconnects and (self.body.cut or self._closed is not None)
        return self.left or cut or self.body.conversation.over or self._over.is_set()

    # ------------------------------------------------------------------------------------- for the session

    def check(self) -> None:
        """Raises SessionClosed when it is, and UsageError on another loop than its own."""
        if asyncio.get_running_loop() is not self.loop:
            hint = "asyncio.run_coroutine_threadsafe takes you there; livechat.connect_sync needs no loop"
            raise UsageError("this session belongs to another loop", hint=hint)
        if self.is_closed:
            raise self.refusal()

    def refusal(self) -> SessionClosed:
        whose = "it was closed here" if self.left else "the server has ended it"
        why = str(self.error) if self.error is not None else whose
        return SessionClosed("this session is closed", why=why, hint="open another with connect()")

    async def say(self, message: ClientMessage) -> None:
        """Sends a message, in order. Raises LocalProtocolError where it cannot be written, SessionClosed."""
        self.check()
        written(message)  # else the session would learn it, and end
        await self.post(Said(message))

    async def post(self, happened: Input) -> None:
        """Tells the mind, when the socket takes more, and waits until what follows is sent. Raises SessionClosed."""
        await self.body.room()
        self.check()
        await self.body.hear(happened)
        await asyncio.sleep(0)  # a socket with room lets nobody else on the loop

    @asynccontextmanager
    async def while_open(self) -> AsyncGenerator[None]:
        """Inside, whoever waits for something else, a stream, waits no longer than the session lives.

        Raises SessionClosed then.
        """
        scope = asyncio.timeout(None)
        try:
            async with scope:
                self._scopes.add(scope)
                yield
        except TimeoutError:
            if not scope.expired():
                raise
            raise self.refusal() from None
        finally:
            self._scopes.discard(scope)

    def _end_scopes(self) -> None:
        for scope in tuple(self._scopes):
            if not scope.expired():
                scope.reschedule(self.loop.time())

    def each(self, choose: Callable[[Item], T | None]) -> AsyncIterator[T]:
        """An iteration over what comes. Raises SessionClosed after `close`."""
        if self.left:
            raise self.refusal()
        return self._inbox.each(choose)

    def demand_receiver(self) -> None:
        """Raises UsageError where somebody else receives, before anything is said in vain."""
        self._inbox.demand_free()
        if self._callbacks.onmessage is not None:
            raise UsageError("onmessage receives from this session", hint="callbacks are its one consumer")

    def runs(self, name: str) -> bool:
        """Whether a function of this name is the program's own, and run here."""
        return self.toolbox is not None and name in self.toolbox.marks

    def stop_receiving(self) -> None:
        """Ends the iterations that go on."""
        self._inbox.stop()

    async def close(self) -> None:
        """Ends it, says what is still to be said, and waits until nothing of it is left."""
        self.left = True
        self._inbox.close(discard=True)
        self._leaving.set()
        self._end_scopes()
        await self._over.wait()

    # ------------------------------------------------------------------------------------------- its tasks

    @asynccontextmanager
    async def held(self) -> AsyncGenerator[None]:
        """Runs while the block does, which begins when the server has taken the setup. Raises what keeps it from that.

        Whoever leaves the block by an exception of their own gets it as it was; who is cancelled waits for no goodbye.
        """
        failed: BaseException | None = None
        async with asyncio.TaskGroup() as self.tasks:
            self._give_hands(self.tasks)
            living = self.tasks.create_task(self._live(), name="session")
            attending = self.tasks.create_task(self._attend(), name="callbacks")
            try:
                await self._opened()
                yield
                await self.close()
            except Exception as error:  # the group would wrap it
                failed = error
                await self.close()
            except BaseException as error:
                failed = error
                living.cancel()
            await asyncio.wait([attending], timeout=CALLBACK_S)
            attending.cancel()
        if failed is not None:
            raise failed
        if self._broken is not None:
            raise self._broken

    def _give_hands(self, tasks: asyncio.TaskGroup) -> None:
        if self.toolbox is not None:
            from livechat.tools.runner import Runner

            self.body.give_hands(Runner(self.toolbox, self.body.report, tasks))

    async def _live(self) -> None:
        try:
            await self.body.run(self._stay)
        except LivechatError as error:
            self.error = error
        except Exception as error:
            self._broken = error
        finally:
            self._over.set()
            self._end_scopes()
            graceful = self._closed is not None and self._closed.code in GRACEFUL and not self._reconnects
            self._inbox.close(self._broken or (None if graceful else self.error))
            self._ready.set()

    async def _stay(self, body: Session) -> None:
        """The script of the session: what a program says comes from outside, until it leaves."""
        await self._leaving.wait()

    async def _opened(self) -> None:
        await self._greeted.wait()
        if (failure := self._broken or self.error) is not None:
            raise failure
        if self._over.is_set():
            raise self.refusal()

    async def _attend(self) -> None:
        """Calls back until it is over."""
        try:
            await self._greet()
            await self._hand_out()
            await self._over.wait()
            if self.error is not None:
                await call(self._callbacks.onerror, self.error)
            await call(self._callbacks.onclose, self._closed or self._end_of_ours())
        except Exception as error:
            self._broken = self._broken or error
            self._leaving.set()

    def _end_of_ours(self) -> Closed:
        return Closed(1000) if self.error is None else Closed(1006, str(self.error))

    async def _greet(self) -> None:
        try:
            await self._ready.wait()
            if not self._over.is_set():
                await call(self._callbacks.onopen)
        finally:
            self._greeted.set()

    async def _hand_out(self) -> None:
        if self._callbacks.onmessage is None:
            return
        messages = self.each(message_in)
        while True:
            try:
                message = await anext(messages)
            except (StopAsyncIteration, LivechatError):
                return
            await call(self._callbacks.onmessage, message)

    # --------------------------------------------------------------------------------- what the body tells

    def put(self, message: ServerMessage) -> None:
        """A message has come; its news follow."""
        if (update := message.session_resumption_update) is not None:
            self.handle = update.new_handle if update.resumable and update.new_handle else None
        if (gone := message.tool_call_cancellation) is not None:
            self.cancelled.update(gone.ids or ())
        self._inbox.put(message)

    async def room(self) -> None:
        """Waits while nobody takes what came, and somebody should."""
        self._inbox.drops = self.nobody_receives() and not self._is_received
        await self._inbox.room()

    @property
    def _is_received(self) -> bool:
        return self._callbacks.onmessage is not None or self._inbox.is_iterated

    def _see(self, t: float, event: Event) -> None:
        if isinstance(event, Ready):
            self.session_id = event.session_id
            self._ready.set()
        elif isinstance(event, Reconnected):
            self._closed = None
        elif isinstance(event, UsageCounted):
            self.usage = event
        elif isinstance(event, ToolStarted):
            self.calls_begun += 1
        if (turn := self._maker(event)) is not None:
            self._inbox.put(turn)  # before the news of its end, with which one who takes news has had it
        self._inbox.put(event)

    async def _watched(self, connect: Callable[[], Awaitable[Wire]]) -> Wire:
        return _Watched(await connect(), self._lost)

    def _lost(self, closed: Closed) -> None:
        if not self._leaving.is_set():  # else it was us
            self._closed = closed if self._reconnects else self._closed or closed
            if not self._reconnects:
                self._end_scopes()


def written(message: ClientMessage) -> str:
    """The frame of a message. Raises LocalProtocolError where it cannot be written, UsageError where it is too big."""
    frame = encode(message)
    if len(frame) > MAX_FRAME:
        what = f"a message of {len(frame) / 2**20:.0f} MiB fits into no frame"
        raise UsageError(what, hint=f"at most {MAX_FRAME // 2**20} MiB: say it in several, or less")
    return frame


def message_in(item: Item) -> ServerMessage | None:
    """The item, if it is a message."""
    return item if isinstance(item, ServerMessage) else None


class _Collector:
    """A speaker that has no sound: what it is given is kept for whoever takes turns, and counts as heard."""

    def __init__(self, keep: Callable[[int, bytes], None], body: Session) -> None:
        self._keep = keep
        self._body = body
        self.ahead: int = 0

    def play(self, pcm: bytes, turn: int) -> None:
        self._keep(turn, pcm)
        self._body.played(len(pcm) // 2, False)

    def finish(self, turn: int) -> None:
        pass

    def stop(self) -> None:
        self._body.played(0, True)


class _Watched:
    """A link that tells how it was lost."""

    def __init__(self, wire: Wire, lost: Callable[[Closed], None]) -> None:
        self._wire = wire
        self._lost = lost

    async def send(self, frame: str) -> None:
        await self._wire.send(frame)

    async def receive(self) -> str | bytes:
        try:
            return await self._wire.receive()
        except Disconnected as disconnected:
            if isinstance(disconnected.happened, Lost):
                self._lost(Closed(disconnected.happened.code, disconnected.happened.reason))
            raise

    async def close(self, code: int = 1000, reason: str = "") -> None:
        await self._wire.close(code, reason)

    def strain(self) -> float:
        return self._wire.strain()


def _marks_activity(setup: Setup) -> bool:
    realtime = setup.realtime_input_config
    detection = realtime.automatic_activity_detection if realtime is not None else None
    return detection is not None and bool(detection.disabled)
