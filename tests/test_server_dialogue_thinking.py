"""Thoughts, and interactions of several turns, in plays of the whole mind."""

from __future__ import annotations

import json

import pytest

from livechat.protocol.parts import FunctionCall
from livechat.server.acts import (
    BeSilent,
    Order,
    Send,
    Speak,
    Spoken,
    Thought,
    ThoughtEnded,
    Transcribe,
    Transcribed,
)
from livechat.server.acts import Think as Asks
from livechat.server.floor import THINKING_ALOUD
from livechat.server.pieces import Breath, Musing
from tests.dialogue_help import (
    AUDIO_MODEL,
    ENDED,
    GENERATED,
    INTERRUPTED,
    PAUSED,
    SECOND,
    STARTED,
    VERTEX,
    Play,
    answers,
    asks,
    calling,
    ends,
    muses,
    session,
    sounds,
    thinks,
    types,
    usage_in,
    writes,
    written,
)
from tests.playbook import after, nothing

EXTENDED = "gemini-3.8-live-extended-thinking"
TOOLS = {"tools": [{"functionDeclarations": [{"name": "f"}, {"name": "g"}]}]}


def thinking(level: str = "LOW", *, thoughts: bool = False, tools: bool = False) -> Play:
    """A session with extended thinking."""
    config = {"thinkingLevel": level, "includeThoughts": thoughts}
    fields = {"generationConfig": {"thinkingConfig": config}, **(TOOLS if tools else {})}
    return session(json.dumps(fields), model=EXTENDED)


def musing(**config: object) -> Play:
    """A session of native audio, which may be asked for its thoughts."""
    return session(json.dumps({"generationConfig": {"thinkingConfig": config}}), model=AUDIO_MODEL)


def said(play: Play, number: int, text: str = "Yes.") -> Play:
    """The brain says this and no more, and it is played."""
    play = play >> Thought(number, text) >> ThoughtEnded(number) << Speak(number, text, "Puck")
    return play >> Spoken(number, bytes(480)) << sounds(480) << GENERATED >> after(0.1)


# --------------------------------------------------------------------------------------------- thoughts


def test_thoughts_come_before_the_words_to_who_asked_for_them() -> None:
    play = musing(includeThoughts=True) >> types("x") << thinks(1, ("user", "x")) >> Thought(1, Musing("Hm."))
    play = play << muses("Hm.") >> Thought(1, "Yes.") >> ThoughtEnded(1) << Speak(1, "Yes.", "Puck")
    usage = usage_in((play >> Spoken(1, bytes(4_800)) << sounds(4_800) << GENERATED >> after(1)).take()[0])
    assert usage is not None
    assert (usage.prompt_token_count, usage.thoughts_token_count, usage.response_token_count) == (1, 1, 3)
    assert usage.total_token_count == 5
    assert play >> types("y") << thinks(2, ("user", "x"), ("model", "Yes."), ("user", "y"))


@pytest.mark.parametrize("config", [{}, {"includeThoughts": False}, {"includeThoughts": True, "thinkingBudget": 0}])
def test_nobody_else_hears_of_them(config: dict[str, object]) -> None:
    play = musing(**config) >> types("x") << thinks(1, ("user", "x")) >> Thought(1, Musing("Hm.")) << nothing
    usage = usage_in(said(play, 1).take()[0])
    assert usage is not None
    assert usage.thoughts_token_count is None
    assert play


def test_a_thought_of_vertex_says_whose_it_is() -> None:
    fields = '{"generationConfig": {"thinkingConfig": {"includeThoughts": true}}}'
    play = session(fields, model=AUDIO_MODEL, terms=VERTEX) >> types("x") << Asks >> Thought(1, Musing("Hm."))
    (thought,) = play.take()
    assert isinstance(thought, Send)
    content = thought.message.server_content
    assert content is not None
    assert content.model_turn is not None
    assert content.model_turn.role == "model"
    assert play


def test_equal_thoughts_are_signed_alike_and_others_are_not() -> None:
    play = musing(includeThoughts=True) >> types("x") << Asks
    signatures: list[bytes | None] = []
    for thought in ("Hm.", "Hm.", "Ah."):
        play = play >> Thought(1, Musing(thought))
        signatures += map(signature, play.take())
    assert signatures[0] == signatures[1] != signatures[2]
    assert play


def signature(order: Order) -> bytes | None:
    content = order.message.server_content if isinstance(order, Send) else None
    parts = (content.model_turn.parts if content and content.model_turn else None) or []
    return parts[0].thought_signature


def test_a_thought_between_words_waits_until_they_are_sent() -> None:
    play = musing(includeThoughts=True) >> types("x") << Asks >> Thought(1, "One. ") >> Thought(1, Musing("Hm."))
    play = play << Speak(1, "One. ", "Puck") >> Thought(1, "Two.") << nothing >> ThoughtEnded(1) << nothing
    play = play >> Spoken(1, bytes(4 * SECOND))
    assert not [order for order in play.take() if order == muses("Hm.")]
    orders = (play >> after(3)).take()
    thought = orders.index(muses("Hm."))
    assert orders[thought + 1] == Speak(1, "Two.", "Puck")
    assert play


def test_a_guess_with_thoughts_keeps_them_back_until_the_guess_is_true() -> None:
    play = musing(includeThoughts=True) >> STARTED >> PAUSED << Transcribe(1) >> Transcribed(1, "Yes?", 500)
    play = play << thinks(1, ("user", "Yes?")) >> Thought(1, Musing("Hm.")) >> Thought(1, "No.") >> ThoughtEnded(1)
    assert play << nothing >> after(1) << nothing >> ENDED << muses("Hm.") << Speak(1, "No.", "Puck")


def test_thoughts_are_no_part_of_what_is_limited() -> None:
    config = {"maxOutputTokens": 10, "thinkingConfig": {"includeThoughts": True}}
    play = session(json.dumps({"generationConfig": config}), model=AUDIO_MODEL) >> types("x") << Asks
    assert play >> Thought(1, Musing("long " * 100)) << muses("long " * 100)


# ---------------------------------------------------------------------------------- several spoken turns


def test_only_extended_thinking_says_where_the_interaction_is() -> None:
    play = thinking() >> asks("x") << thinks(1, ("user", "x"))
    assert said(play, 1) << ends("IDLE")
    play = session(model="gemini-3.8-live") >> asks("x") << thinks(1, ("user", "x"))
    assert said(play, 1) << ends(None)


def test_with_much_thinking_it_says_so_in_a_turn_of_its_own_first() -> None:
    for level in ("MEDIUM", "HIGH"):
        play = thinking(level) >> asks("x") << thinks(1, ("user", "x")) << Speak(1, THINKING_ALOUD, "Puck")
        play = play >> Thought(1, "Yes.") << nothing >> Spoken(1, bytes(480)) << sounds(480) << GENERATED
        play = play >> ThoughtEnded(1) << nothing >> after(0.1) << ends("IN_PROGRESS") << Speak(1, "Yes.", "Puck")
        play = play >> Spoken(1, bytes(480)) << sounds(480) << GENERATED >> after(0.1) << ends("IDLE")
        aloud = THINKING_ALOUD + "Yes."
        assert (
            play
            >> asks("y")
            << Asks(2, thinks(1, ("user", "x"), ("model", aloud), ("user", "y")).history, ())
            << (Speak(2, THINKING_ALOUD, "Puck"))
        )


def test_each_turn_of_an_interaction_is_billed_once() -> None:
    play = thinking("HIGH", thoughts=True) >> asks("x" * 40) << Asks << Speak
    play = play >> Thought(1, Musing("y" * 40)) >> Thought(1, "Yes.") >> ThoughtEnded(1)
    orders: list[Order] = []
    for _ in range(2):
        orders += (play >> Spoken(1, bytes(SECOND))).take()
        orders += (play >> after(2)).take()
    first, second = [usage for usage in map(usage_in, orders) if usage is not None]
    assert (first.prompt_token_count, first.response_token_count, first.thoughts_token_count) == (10, 25, None)
    assert (second.prompt_token_count, second.response_token_count, second.thoughts_token_count) == (35, 25, 10)
    assert (first.total_token_count, second.total_token_count) == (35, 70)


def test_an_interaction_is_in_progress_until_its_last_function_has_answered() -> None:
    play = thinking(tools=True) >> asks("x") << Asks >> Thought(1, FunctionCall(name="f"))
    play = play >> Thought(1, FunctionCall(name="g")) >> ThoughtEnded(1) << calling("f", "g")
    play = play << GENERATED << ends("IN_PROGRESS") >> answers("f", {}) << Asks
    play = said(play, 2) << ends("IN_PROGRESS") >> answers("g", {}) << Asks
    assert said(play, 3) << ends("IDLE")


def test_a_last_answer_that_nobody_speaks_of_ends_it_too() -> None:
    play = thinking(tools=True) >> asks("x") << Asks >> Thought(1, FunctionCall(name="f")) >> ThoughtEnded(1)
    play = play << calling("f") << GENERATED << ends("IN_PROGRESS")
    play = play >> answers("f", {}, scheduling="SILENT", will_continue=True) << nothing
    assert play >> answers("f", {}, scheduling="SILENT") << ends("IDLE") >> after(100) << nothing


def test_a_last_answer_in_silence_while_the_model_speaks_leaves_the_end_to_its_turn() -> None:
    play = thinking(tools=True) >> asks("x") << Asks >> Thought(1, FunctionCall(name="f")) >> ThoughtEnded(1)
    play = play << calling("f") << GENERATED << ends("IN_PROGRESS") >> asks("y") << Asks >> Thought(2, "Yes.")
    play = play >> ThoughtEnded(2) << Speak >> answers("f", {}, scheduling="SILENT") << nothing
    assert play >> Spoken(2, bytes(480)) << sounds(480) << GENERATED >> after(0.1) << ends("IDLE")


@pytest.mark.parametrize("scheduling", [None, "WHEN_IDLE"])
def test_it_is_in_progress_while_an_answer_waits_to_be_spoken_of(scheduling: str | None) -> None:
    play = thinking(tools=True) >> asks("x") << Asks >> Thought(1, FunctionCall(name="f")) >> ThoughtEnded(1)
    play = play << calling("f") << GENERATED << ends("IN_PROGRESS") >> asks("y") << Asks >> Thought(2, "Yes.")
    play = play >> ThoughtEnded(2) << Speak >> answers("f", {}, scheduling=scheduling) << nothing
    play = play >> Spoken(2, bytes(480)) << sounds(480) << GENERATED >> after(0.1) << ends("IN_PROGRESS") << Asks
    assert said(play, 3) << ends("IDLE")


def test_an_answer_that_interrupts_ends_a_turn_and_not_the_interaction() -> None:
    play = thinking(tools=True) >> asks("x") << Asks >> Thought(1, FunctionCall(name="f")) >> ThoughtEnded(1)
    play = play << calling("f") << GENERATED << ends("IN_PROGRESS") >> asks("y") << Asks >> Thought(2, "Yes.")
    play = play >> answers("f", {}, scheduling="INTERRUPT") << BeSilent << INTERRUPTED << ends("IN_PROGRESS") << Asks
    assert said(play, 3) << ends("IDLE")


def test_who_interrupts_the_last_turn_of_an_interaction_ends_it() -> None:
    play = thinking(tools=True) >> asks("x") << Asks >> Thought(1, "Yes.") >> Thought(1, FunctionCall(name="f"))
    play = play >> ThoughtEnded(1) << Speak << calling("f") >> STARTED << BeSilent << INTERRUPTED << Send
    assert play << ends("IDLE")


def test_a_turn_with_nothing_to_answer_is_idle_unless_a_function_runs() -> None:
    assert thinking() >> types("") << nothing >> asks("") << ends("IDLE")
    play = thinking(tools=True) >> asks("x") << Asks >> Thought(1, "Yes.") >> Thought(1, FunctionCall(name="f"))
    play = play >> ThoughtEnded(1) << Speak << calling("f") >> Spoken(1, bytes(480)) << sounds(480) << GENERATED
    play = play >> after(1) << ends("IN_PROGRESS") >> asks("") << ends("IN_PROGRESS")
    assert play >> answers("f", {}, scheduling="SILENT") << ends("IDLE")


# ------------------------------------------------------------------------------------------------ breath


def test_a_breath_ends_the_turn_and_the_answer_goes_on_in_another() -> None:
    play = written() >> asks("x") << Asks >> Thought(1, "One.") << writes("One.") >> Thought(1, Breath())
    play = play << GENERATED << ends("IN_PROGRESS") >> Thought(1, " Two.") << nothing >> ThoughtEnded(1)
    assert play << writes(" Two.") << GENERATED << ends(None)
