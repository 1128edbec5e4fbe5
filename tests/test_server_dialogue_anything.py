"""Whatever happens to the mind of the embedded server, in whatever order, it keeps what it promises."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livechat.protocol.parts import FunctionCall
from livechat.protocol.server import ServerContent, ServerMessage, UsageMetadata
from livechat.server.acts import (
    BeSilent,
    ClientSaid,
    Connected,
    HangUp,
    Order,
    Send,
    Speak,
    Spoken,
    Think,
    Thought,
    ThoughtEnded,
    Ticked,
    Told,
    Transcribe,
    Transcribed,
)
from livechat.server.dialogue import Dialogue
from livechat.server.ears import SpeechEnded, SpeechPaused, SpeechResumed, SpeechStarted
from livechat.server.pieces import Break, Breath, Musing, Piece, Shown
from tests.dialogue_help import answers, asks, frame, limited, setup, types

FUNCTIONS = [{"name": "b", "behavior": "BLOCKING"}, {"name": "f", "behavior": "NON_BLOCKING"}]
FREE = [{"name": "b"}, {"name": "f"}]
HELD: dict[str, tuple[str, dict[str, object]]] = {
    "written": (
        "gemini-2.0-flash-live-001",
        {"generationConfig": {"responseModalities": ["TEXT"]}, "tools": [{"functionDeclarations": FUNCTIONS}]},
    ),
    "spoken": (
        "gemini-2.5-flash-native-audio-latest",
        {
            "generationConfig": {"thinkingConfig": {"includeThoughts": True}},
            "tools": [{"functionDeclarations": FUNCTIONS}],
            "contextWindowCompression": {"triggerTokens": 100},
        },
    ),
    "patient": (
        "gemini-2.5-flash-native-audio-latest",
        {"realtimeInputConfig": {"activityHandling": "NO_INTERRUPTION"}},
    ),
    "thinking": (
        "gemini-3.8-live-extended-thinking",
        {
            "generationConfig": {"thinkingConfig": {"thinkingLevel": "HIGH", "includeThoughts": True}},
            "tools": [{"functionDeclarations": FREE}],
        },
    ),
    "translating": (
        "gemini-3.5-live-translate-preview",
        {"generationConfig": {"translationConfig": {"targetLanguageCode": "pl"}}},
    ),
}
PIECES: tuple[Piece, ...] = (
    *("Yes. ", "A longer sentence than that. ", Musing("Hm."), Breath(), Break(), Shown(ServerContent())),
    *(FunctionCall(name="b"), FunctionCall(name="f")),
)
SPOKEN = ("speak", "pause", "read", "end", "read")
ANSWERS = st.tuples(st.sampled_from(["WHEN_IDLE", "SILENT", "INTERRUPT"]), st.booleans())
ONE = st.one_of(
    st.sampled_from(["say", "look", "speak", "pause", "end", "read", "sound", "enough", "update"]),
    st.sampled_from(PIECES),
    ANSWERS,
    st.integers(1, 3_000).map(lambda milliseconds: milliseconds / 1000),
)
TURN = st.tuples(
    st.sampled_from([("ask",), ("type",), SPOKEN]),
    st.lists(st.sampled_from(PIECES), max_size=4),
    st.sampled_from([(), ("enough",), ("enough", "sound"), ("enough", "sound", "sound", 1.0)]),
).map(lambda turn: [act for acts in turn for act in acts])
ACTS = st.lists(TURN | ONE.map(lambda act: [act]), max_size=20).map(lambda acts: [act for some in acts for act in some])
Act = str | Piece | tuple[str, bool] | float


REFUSED = {
    "written": ("update",),
    "spoken": ("update",),
    "patient": ("update",),
    "thinking": (),
    "translating": ("update", "ask", "say", "type", "look"),
}
"""What the model would hang up on."""


class Session:
    """A mind whose ears, brain, voice and functions do what an act says, where they have been asked to."""

    def __init__(self, model: str, fields: dict[str, object]) -> None:
        self.mind = Dialogue(limited())
        self.now = 0.0
        self.sent: list[ServerMessage] = []
        self.over = False
        self.functions: list[FunctionCall] = []
        self._reading: list[int] = []
        self._thinking: Think | None = None
        self._speaking: Speak | None = None
        self._speech = "silent"
        self._rests = False
        """It has said that it is idle, and not because of what somebody said just then."""
        self._tell(Connected())
        self._tell(setup(json.dumps({**fields, "sessionResumption": {}}), model=model))

    def does(self, act: Act) -> None:
        match act:
            case int() | float():
                self.waits(act)
            case tuple():
                self._answer(*act)
            case str() if hasattr(self, f"_{act}"):
                getattr(self, f"_{act}")()
            case _:
                self._think(act)

    def waits(self, seconds: float) -> None:
        until = self.now + seconds
        for _ in range(2_000):
            deadline = self.mind.deadline
            if deadline is None or deadline > until:
                self.now = until
                return
            self.now = max(self.now, deadline)
            self._tell(Ticked())
        raise AssertionError(f"still asking to be woken at {self.mind.deadline}")

    def comes_to_rest(self) -> None:
        """Everybody does what is asked of them, and says no more."""
        self._end()
        for _ in range(200):
            idle = not (self._reading or self._thinking or self._speaking or self.functions)
            if idle and self.mind.deadline is None:
                return
            self._read()
            self._sound()
            self._enough()
            self._answer("SILENT", False)
            self.waits(5)
        raise AssertionError("it never comes to rest")

    # ------------------------------------------------------------------------------------------ the acts

    def _ask(self) -> None:
        self._tell(asks("What?"))

    def _say(self) -> None:
        self._tell(asks("I am Ada.", complete=False))

    def _type(self) -> None:
        self._tell(types("Hm?"))

    def _look(self) -> None:
        self._tell(frame('{"realtimeInput": {"video": {"data": "YWI=", "mimeType": "image/jpeg"}}}'))

    def _update(self) -> None:
        self._tell(frame('{"contextUpdate": {"systemInstruction": {"parts": [{"text": "Rhyme."}]}}}'))

    def _speak(self) -> None:
        if self._speech == "silent":
            self._hear(SpeechStarted(0), "speaking")
        elif self._speech == "pausing":
            self._hear(SpeechResumed(0), "speaking")

    def _pause(self) -> None:
        if self._speech == "speaking":
            self._hear(SpeechPaused(0), "pausing")

    def _end(self) -> None:
        if self._speech != "silent":
            self._hear(SpeechEnded(0, 0), "silent")

    def _hear(self, event: SpeechStarted | SpeechPaused | SpeechResumed | SpeechEnded, then: str) -> None:
        self._speech = then
        self._tell(event)

    def _read(self) -> None:
        if self._reading:
            self._tell(Transcribed(self._reading.pop(0), "Hello?", 700))

    def _think(self, piece: Piece) -> None:
        if self._thinking is not None:
            self._tell(Thought(self._thinking.reply, piece))

    def _enough(self) -> None:
        if self._thinking is not None:
            ended, self._thinking = ThoughtEnded(self._thinking.reply), None
            self._tell(ended)

    def _sound(self) -> None:
        if self._speaking is not None:
            spoken, self._speaking = Spoken(self._speaking.reply, bytes(9_600)), None
            self._tell(spoken)

    def _answer(self, scheduling: str, more: bool) -> None:
        if self.functions:
            call = self.functions[0] if more else self.functions.pop(0)
            self._tell(answers(call.name or "", {}, call.id, scheduling=scheduling, will_continue=more))

    # ---------------------------------------------------------------------------------------- what comes of it

    def _tell(self, told: Told) -> None:
        for order in self.mind.handle(told, self.now):
            assert not self.over, "nothing follows the end"
            if isinstance(told, ClientSaid | Transcribed):
                self._rests = False
            self._obey(order)

    def _obey(self, order: Order) -> None:
        match order:
            case Send(message):
                self.sent.append(message)
                content = message.server_content
                self._rests = self._rests or (content is not None and content.interaction_status == "IDLE")
                self.functions += (message.tool_call.function_calls or []) if message.tool_call else []
                gone = (message.tool_call_cancellation.ids or []) if message.tool_call_cancellation else []
                assert set(gone) <= {call.id for call in self.functions}, "only what runs is cancelled"
                self.functions = [call for call in self.functions if call.id not in gone]
            case HangUp():
                self.over = True
            case Transcribe(number):
                self._reading.append(number)
            case Think():
                assert self._thinking is None, "one brain thinks one thought"
                assert not self._rests, "who is idle says nothing unasked"
                self._thinking = order
            case Speak():
                assert self._speaking is None, "one voice speaks one sentence"
                self._speaking = order
            case BeSilent():
                self._thinking = self._speaking = None
            case _:
                pass


def adds_up(usage: UsageMetadata) -> bool:
    response = usage.response_token_count or 0
    tools = usage.tool_use_prompt_token_count or 0
    kinds = (usage.prompt_tokens_details, usage.response_tokens_details, usage.tool_use_prompt_tokens_details)
    prompt, answered, asked = (sum(one.token_count or 0 for one in kind or []) for kind in kinds)
    total = (usage.prompt_token_count or 0) + response + tools + (usage.thoughts_token_count or 0)
    return (prompt, answered, asked, total) == (
        *(usage.prompt_token_count, response, tools),
        usage.total_token_count,
    ) and min(prompt, answered, asked) >= 0


def contents(sent: Sequence[ServerMessage]) -> Iterator[ServerContent]:
    return (message.server_content for message in sent if message.server_content is not None)


def marks(sent: Sequence[ServerMessage]) -> str:
    """The marks of the turns in order: generationComplete, interrupted, turnComplete, and the end of one that waits."""
    return "".join(
        mark
        for content in contents(sent)
        for mark, here in (
            ("g", content.generation_complete),
            ("i", content.interrupted),
            ("t", content.turn_complete and not content.waiting_for_input),
            ("w", content.waiting_for_input),
        )
        if here
    )


TURNS = {"thinking": "((g|i|gi)?t|w)*", "translating": ""}
"""What marks come. An interaction may end after its last turn, with a function that nobody speaks of."""


@pytest.mark.parametrize("kind", HELD)
@given(acts=ACTS)
@settings(max_examples=60, deadline=None)
def test_whatever_happens_it_keeps_what_it_promises(kind: str, acts: list[Act]) -> None:
    session = Session(*HELD[kind])
    for act in acts:
        if act not in REFUSED[kind]:
            session.does(act)
    assert not session.over
    session.comes_to_rest()
    assert session.sent[0].setup_complete is not None
    assert all(adds_up(message.usage_metadata) for message in session.sent if message.usage_metadata)
    assert re.fullmatch(TURNS.get(kind, "((g|i|gi)t|w)*"), marks(session.sent)), "each turn is generated or interrupted"
    statuses = [str(one.interaction_status) for one in contents(session.sent) if one.turn_complete]
    assert kind != "thinking" or not statuses or statuses[-1] == "IDLE"
    updates = [message.session_resumption_update for message in session.sent if message.session_resumption_update]
    assert not updates or updates[-1].resumable, "in the end it can be gone on with"
