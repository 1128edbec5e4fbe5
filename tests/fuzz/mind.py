"""Feeds frames to the client's mind as its body would, lets time pass, and asks a question after each."""

from __future__ import annotations

import json
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
    Opened,
    Output,
    Play,
    Played,
    Received,
    Reconnect,
    RunTool,
    Silenced,
    StopPlaying,
    Ticked,
    ToolFinished,
    TurnEnded,
    Typed,
)
from livechat.protocol.codec import decode_server_message
from livechat.protocol.setup import Setup
from livechat.tool_calls import ToolRule
from tests.fuzz.frames import Frame

MODELS = ("gemini-3.8-live", "gemini-3.8-live-extended-thinking", "gemini-2.0-flash-live-001", "gemini-live-2.5-flash")
READY = '{"setupComplete":{}}'
END = '{"serverContent":{"turnComplete":true,"interactionStatus":"IDLE"}}'
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
        )
        self.mind = Conversation(terms)
        self.now = 0.0
        self.slowest_s = 0.0
        self._asked = 0
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
        if TOLERANT or not isinstance(happened, Garbled):
            self.tell(happened)
        if len(frame) <= TIMED:
            self.slowest_s = max(self.slowest_s, thread_time() - began)
        return happened

    def answers(self, *, at_once: bool = False) -> bool:
        """Whether a question is answered now, or when the server has ended what it was at and time has passed."""
        if not at_once:
            self.feed(END)
            self._wait()
        self._asked += 1
        self._news.clear()
        question, answer = f"question {self._asked}", f"answer {self._asked}"
        self.tell(Typed(question))
        self.feed(json.dumps({"serverContent": {"modelTurn": {"parts": [{"text": answer}]}}}))
        self.feed('{"serverContent":{"generationComplete":true}}')
        self.feed(END)
        if not at_once:
            self._wait()
        return any(isinstance(news, TurnEnded) and news.user == question and news.text == answer for news in self._news)

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
            case Reconnect():
                return [Opened(), heard(READY)]
            case _:
                if not isinstance(output, Command):
                    self._news.append(output)
                return []

    def _wait(self) -> None:
        """Lets pass what time something waits for."""
        until = self.now + PATIENCE_S
        for _ in range(TICKS):
            deadline = self.mind.deadline
            if deadline is None or deadline > until:
                self.now += 30.0
                return
            self.now = max(self.now, deadline)
            self.tell(Ticked())
        raise AssertionError("the mind's deadlines do not end")


def _tolerant() -> bool:
    """Whether one frame that is no message is only noted."""
    mind = Conversation(Terms(Setup(model=MODELS[0]), plays=False))
    for happened in (Opened(), heard(READY), Garbled("?")):
        mind.handle(happened, 0.0)
    return not mind.over


TOLERANT = _tolerant()
