"""Functions that block and functions that do not, in plays of the whole mind."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from livechat.protocol.part_kinds import ExecutableCode
from livechat.protocol.parts import Content, FunctionCall, FunctionDeclaration, Part
from livechat.protocol.server import ServerMessage, ToolCallCancellation
from livechat.server.acts import BeSilent, Send, Speak, Spoken, Think, Thought, ThoughtEnded, Transcribe, Transcribed
from tests.dialogue_help import (
    AUDIO_MODEL,
    ENDED,
    ENDS,
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
    calls_in,
    closes,
    content,
    frame,
    session,
    spoken,
    thinks,
    types,
    usage_in,
    writes,
    written,
)
from tests.playbook import after, nothing


def declared(*names: str, behavior: str | None = None) -> str:
    functions = [{"name": name, **({"behavior": behavior} if behavior else {})} for name in names]
    return json.dumps({"tools": [{"functionDeclarations": functions}]})


FREE = declared("f", "g", behavior="NON_BLOCKING")
LIVE = "gemini-3.8-live"


def told(id: str | None, name: str, response: dict[str, object]) -> tuple[str, str]:
    """What the brain is told of an answer."""
    return "tool", json.dumps({"id": id, "name": name, "args": {}, "response": response})


def called(play: Play, *names: str, number: int = 1, words: str = "") -> list[str | None]:
    """The brain says these words, wants these functions and has nothing else to say; the ids of the calls."""
    if words:
        play = play >> Thought(number, words)
        play.take()
    for name in names:
        play = play >> Thought(number, FunctionCall(name=name))
        play.take()
    play = play >> ThoughtEnded(number)
    orders = play.take()
    assert play
    return [call.id for order in orders for call in calls_in(order)]


def running(*names: str) -> tuple[Play, list[str | None]]:
    """A session in writing whose first turn has begun functions that do not block, and has ended."""
    play = written(agreed=FREE) >> asks("go") << Think
    return play, called(play, *names, words="Wait. ")


def heard_by_brain(play: Play) -> list[tuple[str, str]]:
    """The history in the one order that came out."""
    (think,) = play.take()
    assert isinstance(think, Think)
    return [(one.role, one.text) for one in think.history]


# ----------------------------------------------------------------------------------------- who waits


def test_a_turn_that_calls_without_waiting_ends_at_once() -> None:
    play = written(agreed=FREE) >> asks("go") << Think >> Thought(1, "Wait.") << writes("Wait.")
    play = play >> Thought(1, FunctionCall(name="f")) >> ThoughtEnded(1)
    calls = play.take()
    assert calling("f") in calls
    assert calls[-2:] == [GENERATED, ENDS]
    assert play >> after(100) << nothing


@pytest.mark.parametrize(
    ("model", "fields", "waits"),
    [
        (LIVE, declared("f"), False),
        (LIVE, declared("f", behavior="BLOCKING"), True),
        (LIVE, declared("f", behavior="UNSPECIFIED"), False),
        (AUDIO_MODEL, declared("f"), True),
        (AUDIO_MODEL, declared("f", behavior="NON_BLOCKING"), False),
        ("gemini-3.1-flash-live-preview", declared("f"), True),
    ],
)
def test_who_waits_is_declared_or_the_custom_of_the_family(model: str, fields: str, waits: bool) -> None:
    play = session(fields, model=model) >> types("go") << Think >> Thought(1, FunctionCall(name="f")) >> ThoughtEnded(1)
    play = play << calling("f")
    assert (not play.take()) is waits


def test_a_function_nobody_declared_does_as_is_the_custom() -> None:
    play = session(model=LIVE) >> types("go") << Think >> Thought(1, FunctionCall(name="f")) >> ThoughtEnded(1)
    assert play << calling("f") << GENERATED << ENDS


def test_one_turn_may_call_functions_of_both_kinds() -> None:
    functions = [{"name": "f", "behavior": "NON_BLOCKING"}, {"name": "b", "behavior": "BLOCKING"}]
    play = written(agreed=json.dumps({"tools": [{"functionDeclarations": functions}]})) >> asks("go") << Think
    free, blocking = called(play, "f", "b")
    play = play >> answers("b", {"output": 1}, blocking) << Think >> ThoughtEnded(1) << GENERATED << ENDS
    play = play >> answers("f", {"output": 2}, free)
    assert told(free, "f", {"output": 2}) in heard_by_brain(play)
    assert play


# ------------------------------------------------------------------------------------- when it is spoken of


@pytest.mark.parametrize("scheduling", [None, "WHEN_IDLE", "SCHEDULING_UNSPECIFIED", "INTERRUPT"])
def test_an_answer_that_comes_while_nobody_speaks_is_spoken_of(scheduling: str | None) -> None:
    play, (id,) = running("f")
    play = play >> answers("f", {"output": 1}, id, scheduling=scheduling)
    assert heard_by_brain(play) == [("user", "go"), ("model", "Wait. "), told(id, "f", {"output": 1})]
    play = play >> Thought(2, "One.") << writes("One.") >> ThoughtEnded(2) << GENERATED << ENDS
    play = play >> asks("and?")
    assert heard_by_brain(play)[2:] == [told(id, "f", {"output": 1}), ("model", "One."), ("user", "and?")]


def test_an_answer_that_comes_while_the_model_speaks_waits_until_it_has_spoken() -> None:
    play, (id,) = running("f")
    play = play >> asks("else?") << Think >> Thought(2, "Much.") << writes("Much.")
    play = play >> answers("f", {}, id) << nothing >> ThoughtEnded(2) << GENERATED << ENDS
    assert [role for role, _ in heard_by_brain(play)] == ["user", "model", "user", "model", "tool"]
    assert play


def test_an_answer_that_interrupts_cuts_the_model_short() -> None:
    play, (id,) = running("f")
    play = play >> asks("else?") << Think >> Thought(2, "Very much.") << writes("Very")
    play = play >> answers("f", {}, id, scheduling="INTERRUPT") << BeSilent() << INTERRUPTED << ENDS
    assert [text for _, text in heard_by_brain(play)][2:4] == ["else?", "Very"]
    assert play


def test_an_answer_that_interrupts_stops_no_other_function() -> None:
    play, (first, other) = running("f", "g")
    play = play >> asks("meanwhile?") << Think >> Thought(2, "So.") << writes("So.")
    play = play >> answers("f", {"output": 1}, first, scheduling="INTERRUPT", will_continue=True)
    orders = play.take()
    assert INTERRUPTED in orders
    assert not [order for order in orders if isinstance(order, Send) and order.message.tool_call_cancellation]
    play = play >> answers("g", {"output": 2}, other, scheduling="SILENT") << nothing
    play = play >> answers("f", {"output": 3}, first, scheduling="INTERRUPT") << BeSilent << INTERRUPTED << ENDS
    assert [text for role, text in heard_by_brain(play) if role == "tool"] == [
        told(first, "f", {"output": 1})[1],
        told(other, "g", {"output": 2})[1],
        told(first, "f", {"output": 3})[1],
    ]
    assert play


def test_an_answer_that_interrupts_a_turn_that_waits_for_a_function_cancels_that() -> None:
    functions = [{"name": "f", "behavior": "NON_BLOCKING"}, {"name": "b", "behavior": "BLOCKING"}]
    play = written(agreed=json.dumps({"tools": [{"functionDeclarations": functions}]})) >> asks("go") << Think
    free, blocking = called(play, "f", "b")
    cancelled = ServerMessage(tool_call_cancellation=ToolCallCancellation(ids=[blocking or ""]))
    play = play >> answers("f", {}, free, scheduling="INTERRUPT") << BeSilent << INTERRUPTED << Send(cancelled) << ENDS
    assert heard_by_brain(play)[-1] == told(free, "f", {})
    assert play >> answers("b", {}, blocking) << nothing


def test_a_silent_answer_is_known_and_not_spoken_of() -> None:
    play, (id,) = running("f")
    play = play >> answers("f", {"output": 1}, id, scheduling="SILENT") << nothing >> after(10) << nothing >> asks("?")
    assert heard_by_brain(play)[2:] == [told(id, "f", {"output": 1}), ("user", "?")]
    assert play


def test_a_silent_answer_makes_a_guess_wrong() -> None:
    play, (id,) = running("f")
    play = play >> STARTED >> PAUSED << Transcribe(1) >> Transcribed(1, "And?", 9) << Think
    play = play >> answers("f", {}, id, scheduling="SILENT") << BeSilent() >> ENDED
    assert [role for role, _ in heard_by_brain(play)] == ["user", "model", "tool", "user"]
    assert play


def test_an_answer_that_comes_while_the_user_speaks_waits_for_the_words() -> None:
    play, (id,) = running("f")
    play = play >> STARTED >> answers("f", {}, id) << nothing >> ENDED << Transcribe(1) >> Transcribed(1, "Hm?", 9)
    assert [role for role, _ in heard_by_brain(play)] == ["user", "model", "tool", "user"]
    assert play


# ----------------------------------------------------------------------------------------- more than once


def test_a_function_that_will_continue_answers_again_and_again() -> None:
    play, (id,) = running("f")
    for number, more in ((2, True), (3, True), (4, False)):
        play = play >> answers("f", {"output": number}, id, will_continue=more)
        assert heard_by_brain(play)[-1] == told(id, "f", {"output": number})
        play = play >> ThoughtEnded(number) << GENERATED << ENDS
    assert play >> answers("f", {"output": 5}, id) << nothing


def test_two_answers_before_it_can_speak_are_spoken_of_together() -> None:
    play, (id,) = running("f")
    play = play >> STARTED >> answers("f", {"output": 1}, id, will_continue=True) << nothing
    play = play >> answers("f", {"output": 2}, id) << nothing >> ENDED << Transcribe(1) >> Transcribed(1, "", 0)
    assert [role for role, _ in heard_by_brain(play)] == ["user", "model", "tool", "tool"]
    assert play


def test_several_answers_may_come_in_one_frame() -> None:
    play, ids = running("f", "g")
    responses: list[dict[str, object]] = [
        {"id": id, "name": name, "response": {}} for id, name in zip(ids, "fg", strict=True)
    ]
    play = play >> frame(json.dumps({"toolResponse": {"functionResponses": responses}}))
    assert [role for role, _ in heard_by_brain(play)] == ["user", "model", "tool", "tool"]
    assert play


def test_an_answer_may_leave_out_its_id() -> None:
    play, _ = running("f")
    assert play >> answers("f", {}) << Think


def test_answers_nobody_asked_for_are_passed_over() -> None:
    play, _ = running("f")
    assert play >> answers("stranger", {}) << nothing >> answers("f", {}, "stranger") << nothing
    assert play >> frame('{"toolResponse": {}}') << nothing


# ------------------------------------------------------------------------------------------ interruption


def test_a_call_of_the_turn_that_is_interrupted_is_cancelled_though_it_does_not_block() -> None:
    play = spoken(declared("f", behavior="NON_BLOCKING")) >> asks("go") << Think >> Thought(1, "One moment. ")
    play = play >> Thought(1, FunctionCall(name="f")) >> ThoughtEnded(1) << Speak << calling("f")
    play = play >> Spoken(1, bytes(5 * SECOND))
    play.take()
    play = play >> STARTED << BeSilent() << INTERRUPTED
    cancellation, ended = play.take()
    assert isinstance(cancellation, Send)
    assert cancellation.message.tool_call_cancellation
    assert ended == ENDS
    assert play >> answers("f", {}) << nothing


def test_a_function_of_a_turn_that_has_ended_runs_on_whoever_speaks() -> None:
    play, (id,) = running("f")
    play = play >> STARTED << nothing >> ENDED << Transcribe(1) >> Transcribed(1, "Hm.", 9) << Think
    play = play >> STARTED << BeSilent << INTERRUPTED << ENDS >> answers("f", {}, id) << nothing
    assert play >> ENDED << Transcribe(2) >> Transcribed(2, "", 9) << Think


# ---------------------------------------------------------------------------------------------- the wire


def test_vertex_says_at_once_that_the_generation_of_a_calling_turn_is_complete() -> None:
    play = written(VERTEX, declared("f")) >> asks("x") << Think >> Thought(1, FunctionCall(name="f")) >> ThoughtEnded(1)
    assert play << calling("f") << GENERATED >> after(10) << nothing


def test_an_old_model_writes_its_call_as_python_first() -> None:
    play = written(agreed=declared("f")) >> asks("x") << Think
    play = play >> Thought(1, FunctionCall(name="f", args={"zone": "UTC", "n": 1})) >> ThoughtEnded(1)
    code = ExecutableCode(language="PYTHON", code="print(default_api.f(zone='UTC', n=1))")
    assert play << content(model_turn=Content(parts=[Part(executable_code=code)])) << calling("f")


def test_a_newer_model_does_not() -> None:
    play = session(declared("f"), model=AUDIO_MODEL) >> types("x") << Think >> Thought(1, FunctionCall(name="f"))
    assert play >> ThoughtEnded(1) << calling("f")


def test_what_a_function_gave_back_is_counted_apart_and_in_the_total() -> None:
    play = written(agreed=declared("f")) >> asks("x" * 40) << Think
    (id,) = called(play, "f")
    play = play >> answers("f", {"output": "y" * 400}, id) << Think >> Thought(1, "z" * 80) << writes("z" * 80)
    usage = usage_in((play >> ThoughtEnded(1) << GENERATED).take()[0])
    assert usage is not None
    tools = usage.tool_use_prompt_token_count or 0
    assert tools > 100
    assert [(d.modality, d.token_count) for d in usage.tool_use_prompt_tokens_details or []] == [("TEXT", tools)]
    assert (usage.prompt_token_count, usage.response_token_count) == (10, 20)
    assert usage.total_token_count == 10 + 20 + tools
    usage = usage_in((play >> asks("w" * 4) << Think >> ThoughtEnded(2) << GENERATED).take()[0])
    assert usage is not None
    assert usage.prompt_token_count == 10 + 20 + tools + 1
    assert usage.tool_use_prompt_token_count is None
    assert play


def test_vertex_streams_the_arguments_of_a_call_to_who_asked() -> None:
    config = {"toolConfig": {"functionCallingConfig": {"streamFunctionCallArguments": True}}}
    play = written(VERTEX, json.dumps(json.loads(declared("f")) | config)) >> asks("x") << Think
    play = play >> Thought(1, FunctionCall(name="f", args={"zone": "UTC", "n": 1})) >> ThoughtEnded(1)
    *pieces, generated = play.take()
    calls = [call for order in pieces for call in calls_in(order)]
    assert generated == GENERATED
    assert len(calls) == len(pieces) == 4
    assert len({call.id for call in calls}) == 1
    assert [(call.name, call.args, call.will_continue) for call in calls] == [
        ("f", None, True),
        (None, None, True),
        (None, None, True),
        (None, None, None),
    ]
    play = play >> after(10) << nothing >> answers("f", {"output": 1}, calls[0].id)
    assert heard_by_brain(play)[-1][1] == json.dumps(
        {"id": calls[0].id, "name": "f", "args": {"zone": "UTC", "n": 1}, "response": {"output": 1}}
    )


def test_what_an_answer_holds_beside_its_response_is_passed_over() -> None:
    play, (id,) = running("f")
    parts = [{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}, {"fileData": {"fileUri": "gs://x"}}]
    answer: dict[str, object] = {"id": id, "name": "f", "response": {"output": 1}, "parts": parts}
    play = play >> frame(json.dumps({"toolResponse": {"functionResponses": [answer]}}))
    assert heard_by_brain(play)[-1] == told(id, "f", {"output": 1})
    assert play


def test_a_declaration_reaches_the_model_as_it_is() -> None:
    fields: dict[str, object] = {
        "name": "f",
        "description": "Finds.",
        "parameters": {"type": "object", "properties": {"a_b": {"type": "STRING"}}},
        "response": {"type": "STRING"},
    }
    schemas: dict[str, object] = {"name": "g", "parametersJsonSchema": {"a_b": 1}, "responseJsonSchema": {"c_d": None}}
    tools = json.dumps({"tools": [{"functionDeclarations": [fields, schemas]}]})
    play = written(agreed=tools) >> asks("x")
    (think,) = play.take()
    assert isinstance(think, Think)
    first, second = think.tools
    assert (first.name, first.description) == ("f", "Finds.")
    assert first.parameters is not None
    assert first.response is not None
    assert list(first.parameters.properties or {}) == ["a_b"]
    assert (second.parameters_json_schema, second.response_json_schema) == ({"a_b": 1}, {"c_d": None})
    assert play


# --------------------------------------------------------------------------------------------- updates


def test_functions_can_be_taken_away_and_given_in_mid_session() -> None:
    play = session(declared("f"), model=LIVE) >> frame('{"contextUpdate": {"tools": {"tools": []}}}') << nothing
    play = play >> types("x") << thinks(1, ("user", "x")) >> ThoughtEnded(1) << GENERATED << ENDS
    given = frame(json.dumps({"contextUpdate": {"tools": json.loads(declared("g", behavior="BLOCKING"))}}))
    function = FunctionDeclaration(name="g", behavior="BLOCKING")
    play = play >> given << nothing >> types("y") << thinks(2, ("user", "x"), ("user", "y"), tools=(function,))
    assert play >> Thought(2, FunctionCall(name="g")) >> ThoughtEnded(2) << calling("g") >> after(10) << nothing


def test_a_function_that_the_family_cannot_run_is_refused_in_an_update_too() -> None:
    thinking = '{"generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW"}}}'
    play = session(thinking, model="gemini-3.8-live-extended-thinking")
    update = frame(json.dumps({"contextUpdate": {"tools": json.loads(declared("g", behavior="BLOCKING"))}}))
    assert play >> update << BeSilent << closes(1007, "Request contains an invalid argument.", "BLOCKING")


def test_tools_of_googles_own_are_taken_and_never_used() -> None:
    others = ("googleSearch", "codeExecution", "urlContext", "googleMaps", "googleSearchRetrieval", "computerUse")
    more = ("fileSearch", "retrieval", "enterpriseWebSearch", "parallelAiSearch", "exaAiSearch")
    tools = json.dumps({"tools": [{name: {}} for name in (*others, *more)] + [{"mcpServers": []}]})
    assert written(agreed=tools) >> asks("x") << thinks(1, ("user", "x"))


def test_no_function_is_spoken_of_in_a_session_that_cannot_guess_either() -> None:
    play = written(replace(VERTEX, speculative=False), FREE) >> asks("x") << Think
    assert [len(call or "") for call in called(play, "f")] == [36]
