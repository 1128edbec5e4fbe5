"""The server's end of one simulated connection: the shipped Dialogue and Mischief, with a body that takes no time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from livechat.protocol.codec import encode
from livechat.protocol.server import ServerMessage
from livechat.server import acts
from livechat.server.agreement import Terms
from livechat.server.body import understood
from livechat.server.brain import Said
from livechat.server.dialogue import Dialogue
from livechat.server.ears import BYTES_PER_MS, Ears
from livechat.server.intake import Hearing, MarkedHearing
from livechat.server.mischief import Mischief
from livechat.server.pieces import Notice
from livechat.server.scenario import CloseWith, Drop, HalfOpen
from tests.simulation import model

READING_S = 0.1
SPEAKING_S = 0.02
SPOKEN_BYTES = 960
"""Of 24 kHz sound for each character: 20 ms."""


class LoudIsSpeech:
    """A detector for which everything but silence is a voice; of thousands of frames, so it is quick about it."""

    def __call__(self, frame: bytes) -> float:
        return 0.0 if frame.count(0) == len(frame) else 1.0

    def reset(self) -> None:
        pass


class Host:
    """One connection's. `says` takes frames to the client and `hangs_up` the close."""

    def __init__(
        self,
        terms: Terms,
        think_s: float,
        read: Callable[[bytes], str],
        asked: Callable[[Sequence[Said]], None],
        says: Callable[[str | bytes], None],
        hangs_up: Callable[[int, str], None],
        passes: Callable[[ServerMessage, bool], None],
    ) -> None:
        """`asked` is told of each history that the model answers, `passes` of each message before and after it goes."""
        self.dialogue = Dialogue(terms)
        self.gone: bool = False
        """It knows that its client has left, or has hung up."""
        self.memory: list[Said] = []
        """What was in view when it ended."""
        self.set_up: bool = False
        """Its session has begun, or gone on."""
        self._loop = asyncio.get_running_loop()
        self._think_s = think_s
        self._read, self._asked = read, asked
        self._says, self._hangs_up, self._passes = says, hangs_up, passes
        faults = terms.scenario.faults
        draw = Random(0).random
        self._mischief = Mischief(terms.scenario, 1, draw, _no_other_rate, self._loop.time()) if faults else None
        self._ears: Hearing = MarkedHearing()
        self._thinking: set[int] = set()
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at: float | None = None
        self._tell(acts.Connected())

    def hears(self, frame: str | None) -> None:
        """What the client sends; None is its leaving."""
        if not self.gone:
            self._tell(acts.Left() if frame is None else understood(frame))

    def leave(self) -> None:
        """The client is gone, as far as one can see from here."""
        if not self.gone:
            self._tell(acts.Left())

    def warn(self, seconds: float) -> None:
        """Sends a goAway, and hangs up in so many seconds."""
        if not self.gone:
            self._tell(acts.Staged(Notice(seconds)))

    @property
    def in_view(self) -> list[Said]:
        """What the model has in view."""
        floor = self.dialogue._set_up  # which tells it to nobody but the brain
        return self.memory if self.gone or floor is None else floor.memory.said()

    @property
    def lines(self) -> list[int]:
        """The numbers of the user's lines in it."""
        return model.lines_in(self.in_view)

    # ---------------------------------------------------------------------------------------- the door

    def _tell(self, told: acts.Told) -> None:
        happened: deque[acts.Told] = deque([told])
        while happened and not self.gone:
            told = happened.popleft()
            if isinstance(told, acts.Left):
                self.memory = self.in_view
            for order in self.dialogue.handle(told, self._loop.time()):
                self.set_up = self.set_up or isinstance(order, acts.OpenEars)
                happened.extend(self._carry_out(order))
            self.gone = self.gone or isinstance(told, acts.Left)
        self._set_alarm()

    def _set_alarm(self) -> None:
        at = None if self.gone else self._deadline
        if at == self._alarm_at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = at
        self._alarm = None if at is None else self._loop.call_at(at, self._ring)

    @property
    def _deadline(self) -> float | None:
        times = (self.dialogue.deadline, self._mischief.deadline if self._mischief else None)
        return min((at for at in times if at is not None), default=None)

    def _ring(self) -> None:
        self._alarm = self._alarm_at = None
        self._deliver()
        self._tell(acts.Ticked())

    def _carry_out(self, order: acts.Order) -> Sequence[acts.Told]:
        """What follows from an order at once."""
        match order:
            case acts.Send(message):
                self._send(message)
            case acts.HangUp(code, reason):
                self._hangs_up(code, reason)
                return [acts.Left()]
            case acts.OpenEars(settings):
                self._ears = MarkedHearing() if settings is None else Ears(settings, 100, LoudIsSpeech())
            case acts.BeginUtterance():
                self._ears = MarkedHearing()
            case acts.Listen(pcm):
                return self._ears.feed(pcm)
            case acts.FlushEars():
                return self._ears.flush()
            case acts.Transcribe(number):
                pcm = self._ears.utterance()
                read = acts.Transcribed(number, self._read(pcm), len(pcm) // BYTES_PER_MS)
                self._loop.call_later(READING_S, self._tell, read)
            case acts.Think(reply, history):
                self._asked(history)
                self._think(reply, history)
            case acts.Speak(reply, text):
                spoken = acts.Spoken(reply, b"\x01\x00" * (SPOKEN_BYTES // 2 * len(text)))
                self._loop.call_later(SPEAKING_S, self._tell, spoken)
            case acts.BeSilent():
                self._thinking.clear()
            case _:
                pass
        return []

    def _think(self, reply: int, history: Sequence[Said]) -> None:
        self._thinking.add(reply)
        pieces = model.answer(history)
        told: list[acts.Thought | acts.ThoughtEnded] = [acts.Thought(reply, piece) for piece in pieces]
        for number, one in enumerate([*told, acts.ThoughtEnded(reply)], start=1):
            self._loop.call_later(number * self._think_s, partial(self._thought, one))

    def _thought(self, told: acts.Thought | acts.ThoughtEnded) -> None:
        if told.reply in self._thinking:
            self._tell(told)

    # ---------------------------------------------------------------------------------- on the way out

    def _send(self, message: ServerMessage) -> None:
        self._passes(message, True)
        if self._mischief is None:
            self._says(encode(message))
        else:
            self._mischief.send(message, self._loop.time())
            self._deliver()
        self._passes(message, False)

    def _deliver(self) -> None:
        while self._mischief is not None and (leaving := self._mischief.next(self._loop.time())) is not None:
            assert not isinstance(leaving, CloseWith | Drop | HalfOpen), "the world sees to these"
            self._says(leaving)


def _no_other_rate(pcm: bytes, source: int, target: int) -> bytes:
    assert not pcm, "no fault of these schedules changes the rate"
    return b""
