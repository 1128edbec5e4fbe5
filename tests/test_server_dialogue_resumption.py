"""How a session goes on over another connection, in plays of the whole mind."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Literal
from uuid import UUID

import pytest

from livechat.protocol.parts import FunctionCall, FunctionDeclaration
from livechat.protocol.server import ServerMessage, SessionResumptionUpdate, SetupComplete
from livechat.server.acts import BeSilent, Left, OpenEars, Send, Speak, Spoken, Think, Thought, ThoughtEnded, Transcribe
from livechat.server.acts import Transcribed as Read
from livechat.server.agreement import Terms
from livechat.server.scenario import UNLIMITED, Limits, Resumption
from tests.dialogue_help import (
    AUDIO_MODEL,
    BUSY,
    ENDED,
    ENDS,
    GENERATED,
    HANDLE,
    INTERRUPTED,
    SECOND,
    SESSION,
    STARTED,
    TEXT_MODEL,
    Play,
    Role,
    answers,
    asks,
    calling,
    closes,
    connected,
    ends,
    frame,
    handle_in,
    limited,
    setup,
    thinks,
    types,
    usage_in,
    words_in,
    writes,
)
from tests.playbook import after, nothing

TEXT = '"generationConfig": {"responseModalities": ["TEXT"]}'
NEXT = UUID(int=7)
GONE = closes(1008, "BidiGenerateContent session not found")


def resuming(handle: str | None = None, fields: str = "", **resumption: object) -> str:
    asked = {"handle": handle, **resumption} if handle else resumption
    return f'{{{TEXT}, "sessionResumption": {json.dumps(asked)}{", " + fields if fields else ""}}}'


def begun(terms: Terms, agreed: str = "", model: str = TEXT_MODEL) -> Play:
    """A session in writing that wants handles, or goes on with one."""
    play = connected(terms) >> setup(agreed or resuming(), model=model) << Send << OpenEars
    assert play
    return play


def said(play: Play, question: str, answer: str, number: int = 1) -> str:
    """One turn of it; the handle that comes of it."""
    play = play >> asks(question) << Think << BUSY >> Thought(number, answer) << writes(answer) >> ThoughtEnded(number)
    generated, ended, update = play.take()
    assert (generated, ended, update) == (GENERATED, ENDS, HANDLE)
    assert play
    return handle_in(update)


def second(terms: Terms) -> Terms:
    """The terms of the connection after."""
    return replace(terms, session_id=NEXT)


# ---------------------------------------------------------------------------------------------- handles


def test_a_handle_comes_after_the_turn_and_none_while_it_lasts() -> None:
    play = begun(limited()) >> asks("hello") << thinks(1, ("user", "hello")) << BUSY
    play = play >> Thought(1, "Hi.") << writes("Hi.") >> ThoughtEnded(1) << GENERATED << ENDS << HANDLE
    assert play >> after(1_000) << nothing


def test_no_handles_come_where_none_were_asked_for() -> None:
    play = connected(limited()) >> setup(f"{{{TEXT}}}") << Send << OpenEars
    play = play >> asks("x") << Think >> Thought(1, "y") << writes("y")
    assert play >> ThoughtEnded(1) << GENERATED << ENDS >> after(10) << nothing


def test_every_turn_has_a_handle_of_its_own() -> None:
    play = begun(limited())
    first, later = said(play, "a", "b"), said(play, "c", "d", 2)
    assert first != later


def test_history_that_waits_for_more_has_a_handle_too() -> None:
    assert begun(limited()) >> asks("I am Ada.", complete=False) << HANDLE


def test_an_interrupted_turn_leads_to_a_handle_as_well() -> None:
    play = begun(limited()) >> asks("x") << Think << BUSY >> Thought(1, "One two.") << writes("One")
    assert play >> STARTED << BeSilent << INTERRUPTED << ENDS << HANDLE


def test_no_handle_comes_while_a_function_runs_that_does_not_block() -> None:
    tools = '"tools": [{"functionDeclarations": [{"name": "f", "behavior": "NON_BLOCKING"}]}]'
    play = begun(limited(), resuming(fields=tools)) >> asks("x") << Think << BUSY >> Thought(1, FunctionCall(name="f"))
    play = play >> ThoughtEnded(1) << Send << calling("f") << GENERATED << ENDS >> after(100) << nothing
    assert play >> answers("f", {}, scheduling="SILENT") << HANDLE


def test_a_guess_does_not_make_a_session_busy() -> None:
    play = begun(limited()) >> STARTED >> ENDED << Transcribe(1) >> Read(1, "Hello?", 500)
    assert play << thinks(1, ("user", "Hello?")) << BUSY


def test_a_scenario_gives_handles_late_before_the_end_or_never() -> None:
    turn = (asks("x"), Thought(1, "y"), ThoughtEnded(1))
    late = begun(limited(resumption=Resumption(delay_s=2)))
    for told in turn:
        late = late >> told
        late.take()
    assert late >> after(1.9) << nothing >> after(0.2) << HANDLE >> after(10) << nothing
    before = begun(limited(resumption=Resumption(handles="before")))
    before = before >> turn[0] << Think << BUSY >> turn[1] << writes("y") >> turn[2]
    assert before << GENERATED << HANDLE << ENDS >> after(10) << nothing
    never = begun(limited(resumption=Resumption(handles="never")))
    assert never >> turn[0] << Think >> turn[1] << writes("y") >> turn[2] << GENERATED << ENDS >> after(10) << nothing


def test_a_handle_that_is_late_is_overtaken_by_the_next_turn() -> None:
    play = begun(limited(resumption=Resumption(delay_s=2)))
    play = play >> asks("x") << Think << BUSY >> ThoughtEnded(1) << GENERATED << ENDS >> after(1)
    play = play >> asks("y") << Think << BUSY >> after(5) << nothing >> ThoughtEnded(2) << GENERATED << ENDS
    assert play >> after(2) << HANDLE


def test_only_a_transparent_session_is_told_which_message_a_handle_stands_for() -> None:
    play = connected(limited(vertex=True)) >> setup(resuming(transparent=True)) << Send << OpenEars
    play = play >> types("") << nothing >> asks("x") << Think << BUSY >> ThoughtEnded(1) << GENERATED << ENDS
    (update,) = play.take()
    assert isinstance(update, Send)
    resumption = update.message.session_resumption_update or SessionResumptionUpdate()
    assert resumption.last_consumed_client_message_index == 1
    play = begun(limited(vertex=True)) >> asks("x") << Think << BUSY >> ThoughtEnded(1) << GENERATED << ENDS
    (update,) = play.take()
    assert isinstance(update, Send)
    resumption = update.message.session_resumption_update or SessionResumptionUpdate()
    assert resumption.last_consumed_client_message_index is None


def test_transparent_resumption_is_refused_by_the_developer_api() -> None:
    assert connected(limited()) >> setup(resuming(transparent=True)) << BeSilent << closes(1007, "transparent")


# -------------------------------------------------------------------------------------------- going on


def test_a_session_goes_on_with_what_was_said() -> None:
    terms = limited()
    play = begun(terms)
    handle = said(play, "I am Ada.", "Hello.")
    assert play >> Left() << nothing
    on = begun(second(terms), resuming(handle))
    known: tuple[tuple[Role, str], ...] = (("user", "I am Ada."), ("model", "Hello."))
    assert on >> asks("Who am I?") << thinks(1, *known, ("user", "Who am I?")) << BUSY


def test_on_vertex_it_keeps_its_name() -> None:
    terms = limited(vertex=True)
    play = begun(terms)
    handle = said_on_vertex(play)
    assert play >> Left() << nothing
    named = Send(ServerMessage(setup_complete=SetupComplete(session_id=str(SESSION))))
    assert connected(second(terms)) >> setup(resuming(handle)) << named << OpenEars


def said_on_vertex(play: Play) -> str:
    play = play >> asks("x") << Think << BUSY >> ThoughtEnded(1) << GENERATED << ENDS
    (update,) = play.take()
    return handle_in(update)


def test_what_was_said_keeps_its_weight() -> None:
    terms = limited()
    play = begun(terms)
    handle = said(play, "x" * 40, "y" * 80)
    assert play >> Left() << nothing
    on = begun(second(terms), resuming(handle)) >> asks("z" * 4) << Think << BUSY >> ThoughtEnded(1) << GENERATED
    usage = usage_in(on.take()[0])
    assert usage is not None
    assert usage.prompt_token_count == 10 + 20 + 1
    assert on


@pytest.mark.parametrize(("mode", "knows"), [("rollback", ["a", "b"]), ("keep", ["a", "b", "c", "on"])])
def test_a_handle_leads_back_to_its_moment_or_to_the_end(mode: Literal["rollback", "keep"], knows: list[str]) -> None:
    terms = limited(resumption=Resumption(mode=mode))
    play = begun(terms)
    handle = said(play, "a", "b")
    play = play >> asks("c") << Think << BUSY >> Thought(2, "on and on") << writes("on")
    assert play >> Left() << nothing
    on = begun(second(terms), resuming(handle)) >> asks("?")
    think, busy = on.take()
    assert isinstance(think, Think)
    assert busy == BUSY
    assert [one.text for one in think.history] == [*knows, "?"]
    assert on


def test_everything_but_the_model_may_change() -> None:
    terms = limited()
    play = begun(terms)
    handle = said(play, "a", "b")
    assert play >> Left() << nothing
    changed = resuming(handle, '"systemInstruction": {"parts": [{"text": "Rhyme."}]}')
    on = begun(second(terms), changed)
    assert on >> asks("c") << thinks(1, ("system", "Rhyme."), ("user", "a"), ("model", "b"), ("user", "c")) << BUSY
    assert on >> Left() << nothing
    other = connected(second(terms)) >> setup(resuming(handle), model="gemini-live-2.5-flash")
    assert other << BeSilent << closes(1007, "Request contains an invalid argument.", "model")


def test_a_session_whose_connection_is_open_is_not_given_to_another() -> None:
    terms = limited()
    play = begun(terms)
    handle = said(play, "a", "b")
    assert connected(second(terms)) >> setup(resuming(handle)) << BeSilent << closes(1011, "Internal error")
    assert play >> Left() << nothing
    begun(second(terms), resuming(handle))


def test_a_handle_nobody_knows_is_refused() -> None:
    assert connected(limited()) >> setup(resuming("stranger")) << BeSilent << GONE


def test_a_scenario_refuses_every_handle_as_it_likes() -> None:
    terms = limited(resumption=Resumption(mode="refuse", code=1007, reason="No."))
    play = begun(terms)
    handle = said(play, "a", "b")
    assert play >> Left() << nothing
    assert connected(second(terms)) >> setup(resuming(handle)) << BeSilent << closes(1007, "No.")


def test_a_handle_is_good_for_two_hours_after_the_session() -> None:
    terms = limited()
    play = begun(terms)
    handle = said(play, "a", "b")
    assert play >> after(10_000) >> Left() << nothing
    early, late = (connected(second(terms)) for _ in range(2))
    early.now = 17_199
    assert early >> setup(resuming(handle)) << Send << OpenEars >> Left() << nothing
    late.now = 17_199 + 7_201
    assert late >> setup(resuming(handle)) << BeSilent << GONE


def test_an_empty_handle_is_a_new_session() -> None:
    play = begun(limited(), f'{{{TEXT}, "sessionResumption": {{"handle": ""}}}}')
    assert play >> asks("a") << thinks(1, ("user", "a")) << BUSY


def test_going_on_may_be_done_again_and_again_with_one_handle() -> None:
    terms = limited()
    play = begun(terms)
    handle = said(play, "a", "b")
    assert play >> Left() << nothing
    for _ in range(3):
        on = begun(second(terms), resuming(handle))
        assert on >> Left() << nothing


def test_the_time_before_counts_for_the_limits_of_a_session() -> None:
    limits = replace(UNLIMITED, audio_s=100, notice_s=10)
    terms = limited(limits)
    play = begun(terms) >> frame('{"realtimeInput": {"audio": {"data": "YWI="}}}')
    play.take()
    handle = said(play, "a", "b")
    assert play >> after(60) >> Left() << nothing
    on = connected(second(terms))
    on.now = 1_000
    on = on >> setup(resuming(handle)) << Send << OpenEars >> after(89)
    assert on << nothing
    assert on >> after(2) << Send >> after(10) << BeSilent << closes(1011)


def test_of_a_sentence_the_client_left_in_it_is_remembered_what_it_was_told() -> None:
    terms = limited(resumption=Resumption(mode="keep"))

    def agreed(handle: str | None = None) -> str:
        asked = {"handle": handle} if handle else {}
        return f'{{"outputAudioTranscription": {{}}, "sessionResumption": {json.dumps(asked)}}}'

    play = begun(terms, agreed(), AUDIO_MODEL) >> asks("a", complete=False) << HANDLE
    play = play >> asks("b", complete=False)
    (update,) = play.take()
    play = play >> asks("tell") << Think << BUSY >> Thought(1, "Once upon a time there was a tower. T")
    play = play << Speak >> Spoken(1, bytes(4 * SECOND))
    told = "".join(words_in(order) for order in play.take())
    assert play >> Left() << nothing
    on = begun(second(terms), agreed(handle_in(update)), AUDIO_MODEL) >> asks("c")
    assert told
    assert on << thinks(1, ("user", "a"), ("user", "b"), ("user", "tell"), ("model", told), ("user", "c")) << BUSY


def test_a_function_that_the_old_connection_waits_for_is_not_known_to_the_new() -> None:
    terms = limited()
    tools = '"tools": [{"functionDeclarations": [{"name": "f"}]}]'
    play = begun(terms, resuming(fields=tools))
    handle = said(play, "a", "b")
    play = play >> asks("x") << Think << BUSY >> Thought(2, FunctionCall(name="f")) >> ThoughtEnded(2)
    play.take()
    assert play >> Left() << nothing
    on = begun(second(terms), resuming(handle, tools))
    assert on >> answers("f", {"output": 1}) << nothing
    clock = (FunctionDeclaration(name="f"),)
    assert on >> asks("?") << thinks(1, ("user", "a"), ("model", "b"), ("user", "?"), tools=clock) << BUSY


# ------------------------------------------------------------------------------------------- compression


def compressed(trigger: int | str, target: int | str | None = None) -> str:
    window = {} if target is None else {"slidingWindow": {"targetTokens": target}}
    return f'{{{TEXT}, "contextWindowCompression": {json.dumps({"triggerTokens": trigger, **window})}}}'


def exchange(play: Play, number: int, question: str, answer: str) -> list[str]:
    """One turn; what the brain was told."""
    play = play >> asks(question)
    (think,) = play.take()
    assert isinstance(think, Think)
    play = play >> Thought(number, answer) << writes(answer) >> ThoughtEnded(number)
    assert play.take()[-1] == ends()
    return [one.text for one in think.history]


def test_what_is_oldest_is_forgotten_at_the_trigger_down_to_the_target() -> None:
    for trigger, target in ((100, 50), ("100", "50"), (100, None)):
        play = begun(limited(), compressed(trigger, target))
        for number in range(1, 5):
            exchange(play, number, str(number) * 40, "a" * 60)  # 10 and 15 tokens
        known = exchange(play, 5, "5" * 40, "a")
        assert [text[0] for text in known] == ["4", "a", "5"]


def test_a_turn_larger_than_the_window_is_answered_with_nothing_else_in_view() -> None:
    play = begun(limited(), compressed(20, 10))
    exchange(play, 1, "x", "y")
    assert exchange(play, 2, "z" * 400, "y") == ["z" * 400]
    assert exchange(play, 3, "q", "y") == ["q"]


def test_usual_is_eighty_percent_of_the_window_and_half_of_that() -> None:
    terms = limited(replace(UNLIMITED, context_tokens=125))
    play = begun(terms, f'{{{TEXT}, "contextWindowCompression": {{}}}}')
    for number in range(1, 5):
        exchange(play, number, str(number) * 40, "a" * 60)
    assert [text[0] for text in exchange(play, 5, "5", "a")] == ["4", "a", "5"]


def test_a_context_too_long_ends_a_session_without_compression() -> None:
    terms = limited(replace(UNLIMITED, context_tokens=100))
    play = begun(terms, f"{{{TEXT}}}")
    exchange(play, 1, "x" * 200, "y" * 100)
    assert play >> asks("x" * 120) << BeSilent << closes(1007, "Request contains an invalid argument.")


def test_an_answer_may_make_it_too_long_as_well() -> None:
    play = begun(limited(replace(UNLIMITED, context_tokens=100)), f"{{{TEXT}}}")
    play = play >> asks("x" * 200) << Think >> Thought(1, "y" * 300) << Send >> ThoughtEnded(1)
    assert play << GENERATED << ENDS << BeSilent << closes(1007)


def test_a_window_without_end_holds_everything() -> None:
    play = begun(limited(Limits(connection_s=None, context_tokens=None)), f"{{{TEXT}}}")
    assert play >> asks("x" * 1_000_000) << Think
