"""Runs the two minds against each other: frames of JSON between them, one virtual clock, no socket and no loop.

Everything that minds leave to bodies is done here, at once or after a set time: the brain answers by a function, the
voice speaks 30 ms for each character, the ears hear anything loud as speech and read it as what was meant, and the
speaker plays in real time.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from livechat import conversation as client
from livechat import events
from livechat.closing import Facts
from livechat.protocol.codec import audio_frame, decode_client_message, decode_server_message, encode
from livechat.protocol.setup import Setup
from livechat.server import acts
from livechat.server.agreement import Terms
from livechat.server.brain import Said
from livechat.server.dialogue import Dialogue
from livechat.server.ears import BYTES_PER_MS, Ears
from livechat.server.intake import Hearing, MarkedHearing
from livechat.server.pieces import Piece
from tests.server_help import LoudIsSpeech

Brain = Callable[[Sequence[Said]], Sequence[Piece]]

FRAME_MS = 40
SILENCE_MS = 800
"""After an utterance, so that its end is heard."""
SPOKEN_BYTES = 1_440
"""Of 24 kHz sound for each character."""


class Stage:
    """One conversation. `told` is all that the client tells its user; `wire` all that the server has sent."""

    def __init__(
        self, setup: Setup, terms: Terms, brain: Brain, *, delay_s: float = 0.02, think_s: float = 0.05
    ) -> None:
        self.now = 0.0
        self.client = client.Conversation(client.Terms(setup, plays=True, facts=Facts(server="the stage")))
        self.server = Dialogue(terms)
        self.told: list[events.Event] = []
        self.wire: list[str] = []
        self.asked: list[Sequence[Said]] = []
        """The histories that the brain was given."""
        self.closed = False
        self._brain, self._delay_s, self._think_s = brain, delay_s, think_s
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._thinking: set[int] = set()
        self._ears: Hearing = MarkedHearing()
        self._meant: list[str] = []
        self._playing: deque[int] = deque()
        self._played_at, self._heard_until = 0.0, 0.0
        self._tell_server(acts.Connected())
        self._tell_client(events.Opened())

    # ------------------------------------------------------------------------------------ the play

    def at(self, when: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._due, (max(when, self.now), next(self._count), act))

    def types(self, text: str, when: float | None = None) -> None:
        self.at(self.now if when is None else when, lambda: self._tell_client(events.Typed(text)))

    def speaks(self, text: str, when: float | None = None, ms: int = 1_200) -> None:
        """The user says this, once what was said before is over; then the microphone hears silence."""
        self._meant.append(text)
        loud, quiet = (len(self._meant)).to_bytes(2, "little") * (FRAME_MS * 16), bytes(FRAME_MS * BYTES_PER_MS)
        start = max(self.now if when is None else when, self._heard_until)
        frames = [loud] * (ms // FRAME_MS) + [quiet] * (SILENCE_MS // FRAME_MS)
        for number, pcm in enumerate(frames):
            self.at(start + number * FRAME_MS / 1000, partial(self._tell_client, events.Heard(pcm)))
        self._heard_until = start + len(frames) * FRAME_MS / 1000

    def runs(self, seconds: float) -> None:
        """Lets so much time pass, in the order in which things are due."""
        until = self.now + seconds
        while (at := self._next()) is not None and at <= until:
            self.now = max(self.now, at)
            if self._due and self._due[0][0] <= self.now:
                heapq.heappop(self._due)[2]()
            elif _is_due(self.client.deadline, self.now):
                self._tell_client(events.Ticked())
            else:
                self._tell_server(acts.Ticked())
        self.now = until

    def of(self, *kinds: type[events.Event]) -> list[events.Event]:
        """What the user was told of these kinds, in order."""
        return [event for event in self.told if isinstance(event, kinds)]

    def _next(self) -> float | None:
        scheduled = self._due[0][0] if self._due else None
        return min(
            (at for at in (scheduled, self.client.deadline, self.server.deadline) if at is not None), default=None
        )

    # -------------------------------------------------------------------------------- the client's body

    def _tell_client(self, happened: events.Input) -> None:
        for output in self.client.handle(happened, self.now):
            match output:
                case events.Send(message):
                    self._to_server(encode(message))
                case events.SendSound(pcm):
                    self._to_server(audio_frame(pcm, "audio/pcm;rate=16000"))
                case events.Play(pcm):
                    self._play(len(pcm) // 2)
                case events.StopPlaying():
                    self._playing.clear()
                case events.CloseLink():
                    self.at(self.now + self._delay_s, lambda: self._tell_server(acts.Left()))
                case events.FinishPlaying():
                    pass
                case _:
                    self.told.append(output)

    def _play(self, samples: int) -> None:
        self._played_at = max(self._played_at if self._playing else 0.0, self.now) + samples / events.PLAYED_RATE
        self._playing.append(number := next(self._count))

        def played() -> None:
            if number in self._playing:
                self._playing.remove(number)
                self._tell_client(events.Played(samples))

        self.at(self._played_at, played)

    def _to_server(self, frame: str) -> None:
        told = acts.ClientSaid(decode_client_message(frame))
        self.at(self.now + self._delay_s, lambda: self._tell_server(told))

    # -------------------------------------------------------------------------------- the server's body

    def _tell_server(self, told: acts.Told) -> None:
        happened: deque[acts.Told] = deque([told])
        while happened:
            for order in self.server.handle(happened.popleft(), self.now):
                happened.extend(self._carry_out(order))

    def _carry_out(self, order: acts.Order) -> Sequence[acts.Told]:
        """What follows from an order at once."""
        match order:
            case acts.Send(message):
                self._to_client(encode(message))
            case acts.HangUp(code, reason):
                self.closed = True
                self.at(self.now + self._delay_s, lambda: self._tell_client(events.Lost(code, reason)))
                return [acts.Left()]
            case acts.OpenEars(settings):
                self._ears = MarkedHearing() if settings is None else Ears(settings, 100, LoudIsSpeech())
            case acts.Listen(pcm):
                return self._ears.feed(pcm)
            case acts.FlushEars():
                return self._ears.flush()
            case acts.Transcribe(number):
                read = acts.Transcribed(number, *self._read(self._ears.utterance()))
                self.at(self.now + 0.1, lambda: self._tell_server(read))
            case acts.Think(reply, history):
                self.asked.append(history)
                self._think(reply, self._brain(history))
            case acts.Speak(reply, text):
                spoken = acts.Spoken(reply, b"\x01\x00" * (SPOKEN_BYTES // 2 * len(text)))
                self.at(self.now + 0.02, lambda: self._tell_server(spoken))
            case acts.BeSilent():
                self._thinking.clear()
            case _:
                pass
        return []

    def _to_client(self, frame: str) -> None:
        assert not self.closed, "nothing follows the close"
        self.wire.append(frame)
        received = events.Received(decode_server_message(frame))
        self.at(self.now + self._delay_s, lambda: self._tell_client(received))

    def _read(self, pcm: bytes) -> tuple[str, int]:
        """The words that were meant: the loudness is the number of the utterance."""
        levels = dict.fromkeys(pcm[at : at + 2] for at in range(0, len(pcm), 64))
        numbers = [int.from_bytes(level, "little") for level in levels]
        return " ".join(self._meant[number - 1] for number in numbers if number), len(pcm) // BYTES_PER_MS

    def _think(self, reply: int, pieces: Sequence[Piece]) -> None:
        self._thinking.add(reply)
        happens: list[acts.Thought | acts.ThoughtEnded] = [acts.Thought(reply, piece) for piece in pieces]
        for number, told in enumerate([*happens, acts.ThoughtEnded(reply)], start=1):
            self.at(self.now + number * self._think_s, partial(self._thought, told))

    def _thought(self, told: acts.Thought | acts.ThoughtEnded) -> None:
        if told.reply in self._thinking:
            self._tell_server(told)


def _is_due(deadline: float | None, now: float) -> bool:
    return deadline is not None and deadline <= now
