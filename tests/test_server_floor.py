"""Who has the word in the mind of the embedded server, in plays of the whole mind."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from uuid import UUID

from livechat.protocol.parts import Blob, Content, FunctionCall, FunctionDeclaration, Part
from livechat.protocol.server import ServerMessage, ToolCallCancellation
from livechat.server.acts import (
    BeSilent,
    LeaveUnread,
    Listen,
    PauseThinking,
    ResumeThinking,
    Send,
    Speak,
    Spoken,
    Think,
    Thought,
    ThoughtEnded,
    Transcribe,
    Transcribed,
)
from tests.dialogue_help import (
    AUDIO_MODEL,
    ENDED,
    ENDS,
    GENERATED,
    INTERRUPTED,
    PAUSED,
    QUICK,
    RESUMED,
    SECOND,
    STARTED,
    VERTEX,
    Play,
    Role,
    answers,
    asks,
    closes,
    content,
    frame,
    heard,
    hearing,
    sends_sound,
    session,
    sound_in,
    sounds,
    spoken,
    thinks,
    transcript,
    types,
    usage_in,
    words_in,
    writes,
    written,
)
from tests.playbook import after, nothing

# ---------------------------------------------------------------------------------------- written turns


def test_a_written_turn_goes_in_its_order_with_its_usage() -> None:
    play = (
        written()
        >> asks("hello")
        << thinks(1, ("user", "hello"))
        >> Thought(1, "Good")
        << writes("Good")
        >> Thought(1, " morning to you.")
        << nothing
        >> ThoughtEnded(1)
        << writes(" morning to you.")
        << GENERATED
    )
    usage = usage_in(play.take()[0])
    assert usage is not None
    assert (usage.prompt_token_count, usage.response_token_count, usage.total_token_count) == (2, 5, 7)
    assert [(d.modality, d.token_count) for d in usage.response_tokens_details or []] == [("TEXT", 5)]
    assert play


def test_the_next_turn_knows_what_was_said() -> None:
    assert (
        written(agreed='{"systemInstruction": {"parts": [{"text": "Be brief."}]}}')
        >> asks("hello")
        << thinks(1, ("system", "Be brief."), ("user", "hello"))
        >> Thought(1, "Hi.")
        << writes("Hi.")
        >> ThoughtEnded(1)
        << GENERATED
        << ENDS
        >> asks("again")
        << thinks(2, ("system", "Be brief."), ("user", "hello"), ("model", "Hi."), ("user", "again"))
    )


def test_the_context_grows_by_what_is_asked_and_answered() -> None:
    play = written(agreed='{"systemInstruction": {"parts": [{"text": "Be brief."}]}}')
    counts: list[tuple[int | None, int | None]] = []
    for number in (1, 2):
        play = play >> asks("x" * 40) << Think >> Thought(number, "y" * 80) << writes("y" * 80) >> ThoughtEnded(number)
        usage = usage_in((play << GENERATED).take()[0])
        assert usage is not None
        counts.append((usage.prompt_token_count, usage.response_token_count))
    assert counts == [(3 + 10, 20), (3 + 10 + 20 + 10, 20)]


def test_a_question_interrupts_the_answer_before_it() -> None:
    assert (
        written()
        >> asks("story")
        << thinks(1, ("user", "story"))
        >> Thought(1, "Once upon")
        << writes("Once")
        >> asks("stop")
        << BeSilent()
        << INTERRUPTED
        << ENDS
        << thinks(2, ("user", "story"), ("model", "Once"), ("user", "stop"))
        >> Thought(1, " a time")
        << nothing
        >> ThoughtEnded(1)
        << nothing
    )


def test_an_answer_interrupted_before_its_first_word_leaves_no_trace() -> None:
    play = written() >> asks("one") << thinks(1, ("user", "one")) >> types("two")
    assert play << BeSilent << INTERRUPTED << ENDS << thinks(2, ("user", "one"), ("user", "two"))


def test_history_that_ends_with_the_model_is_not_answered() -> None:
    assert (
        written()
        >> asks("hello", complete=False)
        << nothing
        >> asks("hello you", role="model")
        << ENDS
        >> types("who am I?")
        << thinks(1, ("user", "hello"), ("model", "hello you"), ("user", "who am I?"))
    )


def test_little_text_waits_a_moment_for_more() -> None:
    assert (
        written()
        >> asks("x")
        << thinks(1, ("user", "x"))
        >> Thought(1, "A few words")
        << writes("A")
        >> after(0.049)
        << nothing
        >> after(0.002)
        << writes(" few words")
        >> Thought(1, " more")
        << nothing
        >> after(0.04)
        >> Thought(1, " and more")
        << nothing
        >> after(0.02)
        << writes(" more and more")
        >> after(100)
        << nothing
    )


def test_much_text_goes_out_in_frames_that_every_client_takes() -> None:
    play = written() >> asks("x") << thinks(1, ("user", "x")) >> Thought(1, "a" + " b" * 20_000)
    pieces = [
        order.message.server_content.model_turn.parts[0].text or ""
        for order in play.take()
        if isinstance(order, Send)
        and order.message.server_content
        and order.message.server_content.model_turn
        and order.message.server_content.model_turn.parts
    ]
    assert "".join(pieces) == "a" + " b" * 20_000
    assert [len(piece) for piece in pieces] == [1, 16_384, 16_384, 7_232]
    assert play


def test_vertex_says_whose_turn_it_is_and_counts_candidates() -> None:
    play = written(VERTEX) >> asks("hi") << thinks(1, ("user", "hi")) >> Thought(1, "Yes")
    play = play << content(model_turn=Content(role="model", parts=[Part(text="Yes")])) >> ThoughtEnded(1) << GENERATED
    usage = usage_in(play.take()[0])
    assert usage is not None
    assert usage.candidates_token_count == 1
    assert usage.response_token_count is None
    assert usage.traffic_type == "ON_DEMAND"
    assert play


def test_a_brain_that_fails_ends_the_session_with_its_reason() -> None:
    play = written() >> asks("x") << thinks(1, ("user", "x")) >> ThoughtEnded(1, "no language model at localhost:1")
    assert play << BeSilent << closes(1011, "Internal error encountered.", "no language model")


def test_a_brain_that_says_nothing_still_ends_the_turn() -> None:
    assert written() >> asks("x") << thinks(1, ("user", "x")) >> ThoughtEnded(1) << GENERATED << ENDS


# ----------------------------------------------------------------------------------------- spoken turns


def telling(sentence: str = "Once upon a time. ") -> Play:
    """A spoken session whose model has begun to speak."""
    play = spoken() >> asks("story") << thinks(1, ("user", "story")) >> Thought(1, sentence) >> Thought(1, "T")
    assert play << Speak(1, sentence, "Puck")
    return play


def test_a_spoken_turn_goes_in_its_order_and_ends_when_it_is_played() -> None:
    play = (
        spoken()
        >> asks("hello")
        << thinks(1, ("user", "hello"))
        >> Thought(1, "Hello there. ")
        << nothing
        >> Thought(1, "Bye.")
        << Speak(1, "Hello there. ", "Puck")
        >> ThoughtEnded(1)
        << nothing
        >> Spoken(1, bytes(SECOND // 2))
        << transcript("Hello")
        << sounds(9_600)
        << transcript(" there.")
        << sounds(11_520)
        << transcript(" ")
        << sounds(2_880)
        << Speak(1, "Bye.", "Puck")
        >> Spoken(1, bytes(SECOND // 4))
        << transcript("Bye.")
        << sounds(11_520)
        << sounds(480)
        << GENERATED
        >> after(0.749)
        << nothing
        >> after(0.002)
    )
    usage = usage_in(play.take()[0])
    assert usage is not None
    assert [(d.modality, d.token_count) for d in usage.response_tokens_details or []] == [("AUDIO", 19)]
    assert play >> asks("and?") << thinks(2, ("user", "hello"), ("model", "Hello there. Bye."), ("user", "and?"))


def test_sound_says_its_rate_on_developer_and_its_role_on_vertex() -> None:
    for terms, role, mime in ((QUICK, None, "audio/pcm;rate=24000"), (VERTEX, "model", "audio/pcm")):
        play = session(model=AUDIO_MODEL, terms=terms) >> asks("x") << thinks(1, ("user", "x")) >> Thought(1, "Yes.")
        play = play >> ThoughtEnded(1) << Speak(1, "Yes.", "Puck") >> Spoken(1, b"ab")
        part = Part(inline_data=Blob(mime_type=mime, data=b"ab"))
        turn = Content(role=role, parts=[part]) if role else Content(parts=[part])
        assert play << content(model_turn=turn) << GENERATED >> after(1) << ENDS


def test_sound_stays_two_seconds_ahead_of_the_listener() -> None:
    play = telling() >> Spoken(1, bytes(10 * SECOND))
    first = sum(len(sound_in(order) or b"") for order in play.take())
    assert 2.0 <= first / SECOND <= 2.24
    play = play >> after(1.0)
    second = sum(len(sound_in(order) or b"") for order in play.take())
    assert 0.75 <= second / SECOND <= 1.25
    play = play >> after(5.0)
    play.take()
    assert play


def test_the_next_sentence_becomes_sound_before_the_last_one_runs_out() -> None:
    play = telling("One. ") >> Thought(1, "wo. Three. F") << nothing >> Spoken(1, bytes(4 * SECOND))
    assert not [order for order in play.take() if isinstance(order, Speak)]
    play = play >> after(1.5)
    assert [order for order in play.take() if isinstance(order, Speak)] == [Speak(1, "Two. ", "Puck")]
    assert play


def test_a_brain_far_ahead_of_the_voice_rests() -> None:
    play = telling() >> Thought(1, "wo. Three. F")
    for number in range(14):
        play = play >> Thought(1, f"ive {number}. F")
    assert play.take() == [PauseThinking()]
    play = play >> Spoken(1, bytes(480))
    assert [order for order in play.take() if not isinstance(order, Send | Speak)] == [ResumeThinking()]
    assert play


def test_a_sentence_that_cannot_be_spoken_is_still_told() -> None:
    assert (
        telling("*. ")
        >> Spoken(1, b"")
        << transcript("*. ")
        >> ThoughtEnded(1)
        << Speak(1, "T", "Puck")
        >> Spoken(1, b"")
        << transcript("T")
        << GENERATED
        << ENDS
    )


def test_without_being_asked_it_does_not_write_down_what_it_says() -> None:
    play = session(model=AUDIO_MODEL) >> asks("x") << thinks(1, ("user", "x")) >> Thought(1, "Yes.") >> ThoughtEnded(1)
    assert play << Speak(1, "Yes.", "Puck") >> Spoken(1, bytes(480)) << sounds(480) << GENERATED >> after(1) << ENDS


def test_the_voice_asked_for_speaks() -> None:
    voice = '{"generationConfig": {"speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "kore"}}}}}'
    play = session(voice, model=AUDIO_MODEL) >> asks("x") << thinks(1, ("user", "x")) >> Thought(1, "Y")
    assert play >> ThoughtEnded(1) << Speak(1, "Y", "Kore")


# -------------------------------------------------------------------------------------- spoken questions


def test_a_spoken_question_is_answered() -> None:
    play = (
        spoken('{"inputAudioTranscription": {}}', terms=replace(QUICK, speculative=False))
        >> sends_sound(b"abcd")
        << Listen(b"abcd", 16_000)
        >> STARTED
        << nothing
        >> PAUSED
        << Transcribe(1)
        >> ENDED
        << nothing
        >> Transcribed(1, "What time is it?", 1_000)
        << heard("What time is it?")
        << thinks(1, ("user", "What time is it?"))
        >> Thought(1, "Late.")
        >> ThoughtEnded(1)
        << Speak(1, "Late.", "Puck")
        >> Spoken(1, bytes(480))
        << transcript("Late.")
        << sounds(480)
        << GENERATED
        >> after(0.5)
    )
    usage = usage_in(play.take()[0])
    assert usage is not None
    assert [(d.modality, d.token_count) for d in usage.prompt_tokens_details or []] == [("AUDIO", 25)]
    assert play


def test_the_answer_to_a_right_guess_is_ready_when_the_question_ends() -> None:
    assert (
        spoken('{"inputAudioTranscription": {}}')
        >> STARTED
        >> PAUSED
        << Transcribe(1)
        >> Transcribed(1, "Hello?", 500)
        << hearing("Hello?")
        << thinks(1, ("user", "Hello?"))
        >> Thought(1, "Hi. ")
        >> ThoughtEnded(1)
        << Speak(1, "Hi. ", "Puck")
        >> Spoken(1, bytes(9_600))
        << nothing
        >> after(10)
        << nothing
        >> ENDED
        << heard("Hello?")
        << transcript("Hi. ")
        << sounds(9_600)
        << GENERATED
        >> after(1)
        << ENDS
        >> asks("and?")
        << thinks(2, ("user", "Hello?"), ("model", "Hi. "), ("user", "and?"))
    )


def test_a_written_answer_is_held_back_as_well() -> None:
    assert (
        written()
        >> STARTED
        >> PAUSED
        << Transcribe(1)
        >> Transcribed(1, "Hello?", 500)
        << thinks(1, ("user", "Hello?"))
        >> Thought(1, "Hi. ")
        >> after(1)
        << nothing
        >> ENDED
        << writes("Hi.")
        << writes(" ")
    )


def test_an_answer_to_a_wrong_guess_is_never_heard() -> None:
    assert (
        spoken()
        >> STARTED
        >> PAUSED
        << Transcribe(1)
        >> Transcribed(1, "Tell me.", 500)
        << thinks(1, ("user", "Tell me."))
        >> Thought(1, "What?")
        >> RESUMED
        << LeaveUnread(1)
        << BeSilent()
        >> Thought(1, " Ask.")
        >> Spoken(1, bytes(480))
        << nothing
        >> PAUSED
        << Transcribe(2)
        >> Transcribed(2, "Tell me a story.", 900)
        << thinks(2, ("user", "Tell me a story."))
        >> ENDED
        << nothing
        >> Thought(2, "No.")
        >> ThoughtEnded(2)
        << Speak(2, "No.", "Puck")
        >> Spoken(2, bytes(480))
        << transcript("No.")
        << sounds(480)
        << GENERATED
    )


def test_no_guess_is_answered_while_a_written_question_waits_for_its_turn() -> None:
    play = spoken() >> STARTED >> types("by the way") << nothing >> PAUSED << Transcribe(1)
    assert (
        play
        >> Transcribed(1, "Hello?", 500)
        << nothing
        >> ENDED
        << thinks(1, ("user", "by the way"), ("user", "Hello?"))
    )


def test_words_typed_into_a_guess_make_it_wrong() -> None:
    play = spoken() >> STARTED >> PAUSED << Transcribe(1) >> Transcribed(1, "A?", 9) << thinks(1, ("user", "A?"))
    assert play >> types("B") << BeSilent >> ENDED << thinks(2, ("user", "B"), ("user", "A?"))


def test_a_brain_that_fails_on_a_guess_is_asked_again_in_earnest() -> None:
    play = spoken() >> STARTED >> PAUSED << Transcribe(1) >> Transcribed(1, "A?", 9) << thinks(1, ("user", "A?"))
    assert (
        play
        >> ThoughtEnded(1, "down")
        << BeSilent
        >> ENDED
        << thinks(2, ("user", "A?"))
        >> ThoughtEnded(2, "down")
        << BeSilent
        << closes(1011, "down")
    )


# --------------------------------------------------------------------------------------------- barge-in


def test_a_voice_silences_the_model_at_once_and_only_what_was_sent_was_said() -> None:
    play = telling("Once upon a time there was a tower. ") >> Spoken(1, bytes(4 * SECOND))
    sent = "".join(words_in(order) for order in play.take())
    assert sent.endswith("a time there")
    assert (
        play
        >> STARTED
        << BeSilent()
        << INTERRUPTED
        << ENDS
        >> Spoken(1, bytes(SECOND))
        << nothing
        >> ENDED
        << Transcribe(1)
        >> Transcribed(1, "Stop.", 300)
        << thinks(2, ("user", "story"), ("model", sent), ("user", "Stop."))
    )


def test_a_model_that_is_still_being_played_is_interrupted_too() -> None:
    play = telling("Yes. ") >> ThoughtEnded(1) >> Spoken(1, bytes(SECOND))
    play.take()
    play = play >> Spoken(1, bytes(SECOND))
    assert play.take()[-1] == GENERATED
    assert play >> after(1.5) << nothing >> STARTED << BeSilent << INTERRUPTED << ENDS >> after(1) << nothing


def test_a_model_that_may_not_be_interrupted_speaks_on_and_answers_then() -> None:
    patient = '{"realtimeInputConfig": {"activityHandling": "NO_INTERRUPTION"}}'
    assert (
        spoken(patient)
        >> asks("x")
        << thinks(1, ("user", "x"))
        >> Thought(1, "Yes.")
        >> ThoughtEnded(1)
        << Speak(1, "Yes.", "Puck")
        >> STARTED
        >> PAUSED
        << Transcribe(1)
        >> Transcribed(1, "Stop.", 300)
        >> ENDED
        << nothing
        >> types("Please.")
        << nothing
        >> Spoken(1, bytes(480))
        << transcript("Yes.")
        << sounds(480)
        << GENERATED
        >> after(1)
        << ENDS
        << thinks(2, ("user", "x"), ("model", "Yes."), ("user", "Stop."), ("user", "Please."))
    )


# ------------------------------------------------------------------------------------------------ tools

CLOCK = FunctionDeclaration(name="get_time")
TOOLS = '{"tools": [{"functionDeclarations": [{"name": "get_time"}]}, {"googleSearch": {}}]}'


def called(play: Play) -> list[FunctionCall]:
    """The calls that have just come out, of Sends alone."""
    orders = play.take()
    messages = [order.message for order in orders if isinstance(order, Send)]
    assert len(messages) == len(orders)
    (calls,) = [message.tool_call.function_calls for message in messages if message.tool_call is not None]
    return calls or []


def test_a_function_is_called_and_its_answer_told() -> None:
    play = (
        written(agreed=TOOLS)
        >> asks("time?")
        << thinks(1, ("user", "time?"), tools=(CLOCK,))
        >> Thought(1, "Let me see. ")
        << writes("Let")
        >> Thought(1, FunctionCall(name="get_time", args={"zone": "UTC"}))
        << nothing
        >> ThoughtEnded(1)
        << writes(" me see. ")
    )
    (call,) = called(play)
    assert (call.name, call.args) == ("get_time", {"zone": "UTC"})
    assert re.fullmatch(r"function-call-\d{1,20}", call.id or "")
    play = play >> after(60) << nothing >> answers("get_time", {"output": "noon"}, "stranger") << nothing
    play = play >> answers("get_time", {"output": "noon"}, call.id)
    told = json.dumps({"id": call.id, "name": "get_time", "args": {"zone": "UTC"}, "response": {"output": "noon"}})
    asked: tuple[tuple[Role, str], ...] = (("user", "time?"), ("model", "Let me see. "), ("tool", told))
    assert (
        play
        << thinks(1, *asked, tools=(CLOCK,))
        >> Thought(1, "Noon.")
        << nothing
        >> ThoughtEnded(1)
        << writes("Noon.")
        << GENERATED
        << ENDS
        >> asks("thanks")
        << thinks(2, *asked, ("model", "Noon."), ("user", "thanks"), tools=(CLOCK,))
    )


def test_several_calls_go_out_at_once_and_all_answers_are_awaited() -> None:
    play = written(agreed=TOOLS) >> asks("x") << thinks(1, ("user", "x"), tools=(CLOCK,))
    play = play >> Thought(1, FunctionCall(name="a")) >> Thought(1, FunctionCall(name="b")) >> ThoughtEnded(1)
    first, second = called(play)
    assert first.id != second.id
    play = play >> answers("b", {}, second.id) << nothing >> answers("a", {}, first.id)
    (think,) = play.take()
    assert isinstance(think, Think)
    assert [said.role for said in think.history] == ["user", "tool", "tool"]
    assert play


def test_a_call_is_cancelled_when_the_user_speaks_and_its_answer_ignored() -> None:
    play = written(agreed=TOOLS) >> asks("x") << thinks(1, ("user", "x"), tools=(CLOCK,))
    play = play >> Thought(1, FunctionCall(name="get_time")) >> ThoughtEnded(1)
    (call,) = called(play)
    cancelled = ServerMessage(tool_call_cancellation=ToolCallCancellation(ids=[call.id or ""]))
    assert play >> STARTED << BeSilent() << INTERRUPTED << Send(cancelled) << ENDS
    assert play >> answers("get_time", {}, call.id) << nothing


def test_a_call_of_vertex_is_named_by_a_uuid_and_may_be_answered_by_name() -> None:
    play = written(VERTEX, TOOLS) >> asks("x") << thinks(1, ("user", "x"), tools=(CLOCK,))
    play = play >> Thought(1, FunctionCall(name="get_time")) >> ThoughtEnded(1)
    (call,) = called(play)
    assert str(UUID(call.id or "")) == call.id
    play = play >> answers("other", {}) << nothing >> answers("get_time", {})
    (think,) = play.take()
    assert isinstance(think, Think)
    assert play


def test_a_call_on_a_guess_waits_for_the_question_to_end() -> None:
    play = spoken(TOOLS) >> STARTED >> PAUSED << Transcribe(1) >> Transcribed(1, "Time?", 9)
    play = play << thinks(1, ("user", "Time?"), tools=(CLOCK,)) >> Thought(1, FunctionCall(name="get_time"))
    play = play >> ThoughtEnded(1) << nothing >> ENDED
    assert [call.name for call in called(play)] == ["get_time"]
    assert play


def test_a_context_update_makes_a_guess_wrong() -> None:
    play = session(model="gemini-3.8-live") >> STARTED >> PAUSED << Transcribe(1) >> Transcribed(1, "A?", 9)
    play = play << thinks(1, ("user", "A?")) >> frame('{"contextUpdate": {}}') << BeSilent
    assert play >> ENDED << thinks(2, ("user", "A?"))


def test_another_instruction_holds_from_the_next_answer_on_and_is_counted() -> None:
    play = session(model="gemini-3.8-live")
    play = play >> frame('{"contextUpdate": {"systemInstruction": {"parts": [{"text": "Rhyme."}]}}}') << nothing
    play = play >> types("x") << thinks(1, ("system", "Rhyme."), ("user", "x")) >> ThoughtEnded(1) << GENERATED
    usage = usage_in(play.take()[0])
    assert usage is not None
    assert usage.prompt_token_count == 2 + 1


def test_the_floor_shows_what_is_going_on() -> None:
    play = session() >> types("x") << thinks(1, ("user", "x"))
    assert "<Floor, <Memory of 1 entries, 1 tokens>, <SpokenReply 1: 0 of 0 characters sent>>" in repr(play.mind)
    assert play
