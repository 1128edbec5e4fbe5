"""The body of one conversation: its ears, its brain and its voice, and the wire to the client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from typing import TypeAlias, TypeVar

from livechat.errors import LivechatError
from livechat.server.acts import (
    BeginUtterance,
    BeSilent,
    Failed,
    FlushEars,
    HangUp,
    LeaveUnread,
    Listen,
    Note,
    OpenEars,
    Order,
    PauseThinking,
    Read,
    ResumeThinking,
    Send,
    Speak,
    Spoken,
    Suffer,
    Think,
    Thought,
    ThoughtEnded,
    Told,
    Transcribe,
    Transcribed,
    WarmUp,
)
from livechat.server.body import Body
from livechat.server.brain import Brain
from livechat.server.dialogue import Dialogue
from livechat.server.ears import BYTES_PER_MS, EarEvent, EarSettings
from livechat.server.intake import Hearing, Intake, MarkedHearing
from livechat.server.lines import Gone, Wire
from livechat.server.studio import Studio

PIECES_AT_ONCE = 16
"""Pieces heard before others have their turn: half a second of sound, some 2 ms of work."""

Result = TypeVar("Result")
ForEars: TypeAlias = OpenEars | Listen | BeginUtterance | FlushEars | Transcribe


class Connection(Body[Told, Order]):
    """Runs one Dialogue until the client leaves or is hung up on."""

    def __init__(
        self, wire: Wire, dialogue: Dialogue, brain: Brain, studio: Studio, log: Callable[[str], None]
    ) -> None:
        super().__init__(wire, dialogue)
        self._brain = brain
        self._studio = studio
        self._log = log
        self._may_think = asyncio.Event()
        self._replying: set[asyncio.Task[None]] = set()
        self._reading: dict[int, asyncio.Task[None]] = {}
        self._intake = Intake()
        self._ears: Hearing | None = None
        self._settings: EarSettings | None = None
        self._for_ears: list[ForEars] = []

    async def _carry_out(self, order: Order) -> None:
        match order:
            case Send(message):
                await self._wire.send(message)
            case HangUp(code, reason):
                await self._wire.close(code, reason)
                raise Gone
            case Suffer(act):
                self._log(f"suffers: {type(act).__name__}")
                await self._wire.suffer(act)
            case Note(text):
                self._log(text)
            case Read(number, pcm, rate):
                self._keep_reading(number, self._transcribe_given(number, pcm, rate))
            case OpenEars() | Listen() | BeginUtterance() | FlushEars() | Transcribe():
                self._for_ears.append(order)
            case WarmUp():
                self._studio.warm_up()
            case LeaveUnread(number):
                if number in self._reading:
                    self._reading[number].cancel()
            case Think():
                self._may_think.set()
                self._begin(self._think(order))
            case PauseThinking():
                self._may_think.clear()
            case ResumeThinking():
                self._may_think.set()
            case Speak():
                self._begin(self._speak(order))
            case BeSilent():
                self._drop_replying()

    # --------------------------------------------------------------------------------------- the ears

    async def _heard(self) -> None:
        await self._work_ears()

    async def _work_ears(self) -> None:
        """Carries out the orders to the ears, and first of all what follows from their reports.

        Only the one who reads frames comes here, outside the door: all such orders follow from what it tells.
        """
        orders, self._for_ears = self._for_ears, []
        for order in orders:
            match order:
                case OpenEars(settings):
                    self._settings = settings
                case Listen(pcm, rate):
                    await self._listen(pcm, rate)
                case BeginUtterance():
                    self._ears = MarkedHearing()
                case FlushEars():
                    await self._flush()
                case Transcribe(number):
                    self._read(number, self._ears.utterance() if self._ears else b"")

    async def _listen(self, pcm: bytes, rate: int) -> None:
        if self._ears is None:
            self._ears = await self._attempt(self._studio.ears(self._settings), "hearing")
        for count, piece in enumerate(self._intake.pieces(pcm, rate), start=1):
            await self._report(self._ears.feed(piece))
            if count % PIECES_AT_ONCE == 0:
                await asyncio.sleep(0)

    async def _flush(self) -> None:
        if self._ears is not None:
            for piece in self._intake.rest():
                await self._report(self._ears.feed(piece))
            await self._report(self._ears.flush())

    async def _report(self, events: Sequence[EarEvent]) -> None:
        for event in events:
            await self.tell(event)
            await self._work_ears()

    def _read(self, number: int, pcm: bytes) -> None:
        self._keep_reading(number, self._transcribe(number, pcm))

    def _keep_reading(self, number: int, work: Coroutine[None, None, None]) -> None:
        """Until it is done, or nobody waits for it any more."""
        self._reading[number] = self._tasks.create_task(work)
        self._reading[number].add_done_callback(lambda _: self._reading.pop(number))

    async def _transcribe_given(self, number: int, pcm: bytes, rate: int) -> None:
        """Sound that came whole, however long it is: others have their turn while it is resampled."""
        pieces: list[bytes] = []
        for count, piece in enumerate(pieces_of(pcm, rate), start=1):
            pieces.append(piece)
            if count % PIECES_AT_ONCE == 0:
                await asyncio.sleep(0)
        await self._transcribe(number, b"".join(pieces))

    async def _transcribe(self, number: int, pcm: bytes) -> None:
        text = await self._attempt(self._studio.transcribe(pcm), "transcribing")
        await self.tell(Transcribed(number, text, len(pcm) // BYTES_PER_MS))

    # -------------------------------------------------------------------------------------- the reply

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = self._tasks.create_task(work)
        self._replying.add(task)
        task.add_done_callback(self._replying.discard)

    def _drop_replying(self) -> None:
        for task in self._replying - {asyncio.current_task()}:
            task.cancel()

    async def _think(self, order: Think) -> None:
        problem = ""
        pieces = self._brain.respond(order.history, order.tools)
        try:
            async for piece in pieces:
                await self._may_think.wait()
                await self.tell(Thought(order.reply, piece))
                await asyncio.sleep(0)  # a brain that never waits must not keep others waiting
        except LivechatError as error:
            self._log(f"thinking failed: {error}")
            problem = str(error)
        finally:
            await _close(pieces)
        await self.tell(ThoughtEnded(order.reply, problem))

    async def _speak(self, order: Speak) -> None:
        pcm = await self._attempt(self._studio.speak(order.text, order.voice), "speaking")
        await self.tell(Spoken(order.reply, pcm))

    async def _attempt(self, work: Awaitable[Result], what: str) -> Result:
        try:
            return await work
        except Exception as error:
            self._log(f"{what} failed: {error}")
            await self.tell(Failed(f"{what} failed"))
            raise Gone from error


def pieces_of(pcm: bytes, rate: int) -> Iterator[bytes]:
    """Sound that comes whole, as the ears are to be fed of it."""
    intake = Intake()
    yield from intake.pieces(pcm, rate)
    yield from intake.rest()


async def _close(pieces: AsyncIterator[object]) -> None:
    """A generator left in the middle is closed here and not when its memory is needed."""
    if isinstance(pieces, AsyncGenerator):
        await pieces.aclose()
