"""Feeds frames to the client's mind as its body would, lets time pass, and asks a question after each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from random import Random
from time import thread_time

from livechat.conversation import Conversation, Terms
from livechat.errors import RemoteProtocolError
from livechat.events import (
    Command,
    Event,
    Failed,
    Garbled,
    Input,
    Lost,
    Opened,
    Output,
    Play,
    Played,
    Received,
    Reconnect,
    RunTool,
    Send,
    Silenced,
    StopPlaying,
    Ticked,
    ToolFinished,
    TurnEnded,
    Typed,
)
from livechat.protocol.client import ClientMessage
from livechat.protocol.codec import decode_server_message
from livechat.protocol.setup import Setup
from livechat.tool_calls import ToolRule
from tests.fuzz.frames import Frame

MODELS = (
    "gemini-3.8-live",
    "gemini-3.8-live-extended-thinking",
    "gemini-2.0-flash-live-001",
    "gemini-3.1-flash-live-preview",
)
READY = '{"setupComplete":{}}'
END = '{"serverContent":{"turnComplete":true,"interactionStatus":"IDLE"}}'
LOSSES = ((1006, ""), (1000, "The operation was cancelled."), (1001, ""), (1011, "Internal error encountered."))
PATIENCE_S = 200.0
"""What any turn, tool or question may wait for together."""
TICKS = 500
"""Deadlines that may follow each other before something is settled; more would be a mind that spins."""
PAUSE_S = 0.1
TIMED = 65_536
"""Frames of up to so many bytes are held to `PAUSE_S` of processor time."""


def heard(frame: Frame) -> Input:
    """What the body tells of a frame. Raises what escapes from the decoder."""
    try:
        return Received(decode_server_message(frame))
    except RemoteProtocolError as error:
        return Garbled(str(error))


def changes_turns(happened: Input) -> bool:
    """Whether the frame says anything of turns, calls or the end: then the next answer may not come at once."""
    if not isinstance(happened, Received):
        return False
    message = happened.message
    said = (message.server_content, message.tool_call, message.go_away, message.setup_complete)
    return any(part is not None for part in said)


class Listener:
    """One conversation that is fed frames; `seed` says of which kind, and what its tools do."""

    def __init__(self, seed: int) -> None:
        self._draw = draw = Random(seed)
        rule = ToolRule(
            permission=draw.choice(("allow", "ask", "deny")), on_cancel=draw.choice(("drop", "finish", "ask"))
        )
        terms = Terms(
            Setup(model=f"models/{draw.choice(MODELS)}"),
            plays=draw.random() < 0.5,
            tools={"f": rule} if draw.random() < 0.5 else {},
            answers_calls=draw.random() < 0.2,
            tries=draw.choice((0, 8)),
        )
        self.mind = Conversation(terms)
        self.now = 0.0
        self._ready_at_once = True
        self.slowest_s = 0.0
        self.loses = terms.tries > 0
        """Whether a lost connection is followed by another."""
        self._asked = 0
        self._said: list[str] = []
        """What the server has still to answer."""
        self._news: list[Event] = []
        self.tell(Opened())

    @property
    def failure(self) -> str:
        """How it ended before its time."""
        return next((str(news.error) for news in self._news if isinstance(news, Failed)), "")

    def feed(self, frame: Frame) -> Input:
        """One frame of the server."""
        began = thread_time()
        happened = heard(frame)
        self.tell(happened)
        if len(frame) <= TIMED:
            self.slowest_s = max(self.slowest_s, thread_time() - began)
        return happened

    def lose(self) -> None:
        """The connection is lost, and the next is open; its setup is not answered yet."""
        self._ready_at_once = False
        self.tell(Lost(*self._draw.choice(LOSSES)))
        for _ in range(TICKS):
            if self._ready_at_once:
                return
            self._pass_to(self.mind.deadline)
        raise AssertionError("the mind opens no other connection")

    def answers(self, *, at_once: bool = False) -> bool:
        """Whether a question is answered now, or when the server has ended what it was at and time has passed."""
        if not at_once:
            self.feed(END)
            self._wait()
        self._asked += 1
        self._news.clear()
        question, answer = f"question {self._asked}", f"answer {self._asked}"
        self.tell(Typed(question))
        self._reply()
        if not at_once:
            self._wait()
        ended = [news for news in self._news if isinstance(news, TurnEnded) and news.text == answer]
        # What was asked again over another connection is answered in a turn of its own; unanswered speech comes before.
        return len(ended) == 1 and (not ended[0].user or ended[0].user.endswith(question))

    def tell(self, happened: Input) -> None:
        """Tells the mind, and does what it answers."""
        told: list[Input] = [happened]
        while told:
            for output in self.mind.handle(told.pop(0), self.now):
                told += self._done(output)

    def _done(self, output: Output) -> Iterable[Input]:
        match output:
            case Play(pcm, _):
                return [Played(len(pcm) // 2)] if len(pcm) > 1 and self._draw.random() < 0.8 else []
            case StopPlaying():
                return [Silenced()]
            case RunTool(id, _, _) if self._draw.random() < 0.7:
                return [ToolFinished(id, {"output": "done"}, more=self._draw.random() < 0.2)]
            case Send(message) if said := _asked(message):
                self._said.append(said)
                return []
            case Reconnect():
                self._said.clear()
                at_once, self._ready_at_once = self._ready_at_once, True
                return [Opened(), heard(READY)] if at_once else [Opened()]
            case _:
                if not isinstance(output, Command):
                    self._news.append(output)
                return []

    def _reply(self) -> None:
        """Has the server answer what it was asked."""
        for _ in range(TICKS):
            if not self._said:
                return
            asked = re.search(r"question (\d+)", self._said.pop(0))
            answer = f"answer {asked[1]}" if asked else "something"
            self.feed(json.dumps({"serverContent": {"modelTurn": {"parts": [{"text": answer}]}}}))
            self.feed('{"serverContent":{"generationComplete":true}}')
            self.feed(END)
        raise AssertionError("the mind asks without end")

    def _wait(self) -> None:
        """Lets pass what time something waits for; the server answers what it is asked meanwhile."""
        until = self.now + PATIENCE_S
        for _ in range(TICKS):
            deadline = self.mind.deadline
            if deadline is None or deadline > until:
                self.now += 30.0
                return
            self._pass_to(deadline)
            self._reply()
        raise AssertionError("the mind's deadlines do not end")

    def _pass_to(self, deadline: float | None) -> None:
        assert deadline is not None, "the mind waits for nothing"
        self.now = max(self.now, deadline)
        self.tell(Ticked())


def _asked(message: ClientMessage) -> str:
    """The words that the model is to answer."""
    content, live = message.client_content, message.realtime_input
    if content is not None and content.turn_complete and content.turns:
        return "".join(part.text or "" for part in content.turns[-1].parts or ())
    return (live.text or "") if live is not None else ""
