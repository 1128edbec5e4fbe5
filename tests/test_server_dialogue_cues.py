"""What a brain or a script does beside saying words, each at its place between them, in plays of the whole mind."""

from __future__ import annotations

import pytest

from livechat.protocol.parts import Content, FunctionCall, Part, Transcription
from livechat.protocol.server import ServerContent
from livechat.server.acts import (
    BeSilent,
    Order,
    PauseThinking,
    ResumeThinking,
    Send,
    Speak,
    Spoken,
    Suffer,
    Think,
    Thought,
    ThoughtEnded,
    Transcribe,
    Transcribed,
)
from livechat.server.pieces import Break, Breath, Cue, Mishap, Musing, Notice, Shown
from livechat.server.scenario import CloseWith, Drop, HalfOpen, Stall
from tests.dialogue_help import (
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
    closes,
    content,
    ends,
    goes_away,
    order_that,
    sounds,
    spoken,
    thinks,
    transcript,
    usage_in,
    writes,
    written,
)
from tests.playbook import after, nothing

FOUND = ServerContent.model_validate({"groundingMetadata": {"webSearchQueries": ["tides"]}})
CODE = ServerContent.model_validate(
    {"modelTurn": {"parts": [{"executableCode": {"language": "PYTHON", "code": "print(1)"}}]}}
)
RESULT = ServerContent.model_validate(
    {"modelTurn": {"parts": [{"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}}]}}
)


def shown(content: ServerContent) -> Order:
    def right(order: object) -> bool:
        return isinstance(order, Send) and order.message.server_content == content

    return order_that(f"Send({content})", right)


def asked(play: Play | None = None) -> Play:
    """A session whose brain has been asked."""
    play = (play or written()) >> asks("x") << Think
    assert play
    return play


# ------------------------------------------------------------------------------------------- shown


def test_what_is_shown_comes_between_the_words_where_it_belongs() -> None:
    play = (
        asked() >> Thought(1, "One two") << writes("One") >> Thought(1, Shown(FOUND)) << writes(" two") << shown(FOUND)
    )
    play = play >> Thought(1, " three.") << nothing >> ThoughtEnded(1) << writes(" three.") << GENERATED << ends()
    assert play >> asks("y") << thinks(2, ("user", "x"), ("model", "One two three."), ("user", "y"))


def test_code_and_its_result_are_parts_of_the_turn() -> None:
    play = asked() >> Thought(1, Shown(CODE)) << shown(CODE) >> Thought(1, Shown(RESULT)) << shown(RESULT)
    assert play >> Thought(1, "One.") << writes("One.") >> ThoughtEnded(1) << GENERATED << ends()


def test_on_vertex_it_says_whose_it_is_and_what_says_so_already_is_left_alone() -> None:
    play = asked(written(VERTEX)) >> Thought(1, Shown(CODE))
    parts = CODE.model_turn.parts if CODE.model_turn else None
    play = play << shown(ServerContent(model_turn=Content(role="model", parts=parts)))
    mine = ServerContent(model_turn=Content(role="tool", parts=[Part(text="x")]))
    assert play >> Thought(1, Shown(mine)) << shown(mine) >> Thought(1, Shown(FOUND)) << shown(FOUND)


def test_of_a_guess_nothing_is_shown_before_it_is_true() -> None:
    play = written() >> STARTED >> PAUSED << Transcribe(1) >> Transcribed(1, "A?", 9) << Think
    play = play >> Thought(1, Shown(FOUND)) >> Thought(1, Mishap(Drop())) >> Thought(1, Notice(5)) >> after(1)
    assert play << nothing >> ENDED << shown(FOUND) << Suffer(Drop()) << goes_away("5s")


def test_several_things_may_be_shown_in_one_message() -> None:
    both = ServerContent(model_turn=CODE.model_turn, output_transcription=Transcription(text="One"))
    assert asked() >> Thought(1, Shown(both)) << shown(both)


def test_any_reason_can_be_given_for_the_end_of_a_turn() -> None:
    end = ServerContent(turn_complete=True, turn_complete_reason="RESPONSE_REJECTED")
    assert asked() >> Thought(1, Shown(end)) << shown(end) >> ThoughtEnded(1) << GENERATED << ends()


# ------------------------------------------------------------------------------------------ breaths


def test_a_breath_before_the_first_word_is_a_turn_without_words() -> None:
    play = asked() >> Thought(1, Breath()) << GENERATED << ends("IN_PROGRESS") >> Thought(1, "One.") << writes("One.")
    assert play >> ThoughtEnded(1) << GENERATED << ends()


def test_a_breath_after_the_last_word_leaves_an_end_without_words() -> None:
    play = asked() >> Thought(1, "One.") << writes("One.") >> Thought(1, Breath()) << GENERATED << ends("IN_PROGRESS")
    assert play >> ThoughtEnded(1) << GENERATED << ends()


def test_a_breath_waits_until_what_was_said_is_played() -> None:
    play = asked(spoken()) >> Thought(1, "One.") >> Thought(1, Breath()) << Speak(1, "One.", "Puck")
    play = play >> Thought(1, "Two.") >> ThoughtEnded(1) << nothing >> Spoken(1, bytes(9_600))
    play = play << transcript("One.") << sounds(9_600) << GENERATED >> after(0.19) << nothing >> after(0.02)
    play = play << ends("IN_PROGRESS") << Speak(1, "Two.", "Puck") >> Spoken(1, bytes(480))
    assert play << transcript("Two.") << sounds(480) << GENERATED >> after(0.1) << ends()


def test_two_breaths_are_three_turns_and_one_history() -> None:
    play = asked()
    for piece in ("One. ", Breath(), "Two. ", Breath(), "Three."):
        play = play >> Thought(1, piece)
        play.take()
    play = play >> ThoughtEnded(1)
    assert play.take()[-1] == ends()
    assert play >> asks("y") << thinks(2, ("user", "x"), ("model", "One. Two. Three."), ("user", "y"))


def test_who_interrupts_in_a_breath_interrupts_the_whole_answer() -> None:
    play = asked(spoken()) >> Thought(1, "One.") >> Thought(1, Breath()) << Speak >> Spoken(1, bytes(SECOND))
    play.take()
    play = play >> STARTED << BeSilent << INTERRUPTED << ends() >> Thought(1, "Two.") << nothing >> after(5) << nothing
    assert play


def test_functions_are_called_after_the_breath_that_stands_before_them() -> None:
    tools = '{"tools": [{"functionDeclarations": [{"name": "f"}]}]}'
    play = asked(written(VERTEX, tools)) >> Thought(1, Breath()) << GENERATED << ends("IN_PROGRESS")
    play = play >> Thought(1, FunctionCall(name="f")) >> ThoughtEnded(1) << calling("f") << GENERATED
    assert play >> answers("f", {}) << Think >> ThoughtEnded(1) << GENERATED << ends()


# ------------------------------------------------------------------------------------------- breaks


def test_a_break_is_as_if_the_user_had_spoken() -> None:
    play = asked() >> Thought(1, "One.") << writes("One.") >> Thought(1, Break()) << BeSilent << INTERRUPTED << ends()
    play = play >> Thought(1, "Two.") << nothing >> ThoughtEnded(1) << nothing
    assert play >> asks("y") << thinks(2, ("user", "x"), ("model", "One."), ("user", "y"))


def test_words_after_a_break_that_came_with_it_are_not_said() -> None:
    play = asked(spoken()) >> Thought(1, "One.") >> Thought(1, Break()) << Speak >> Thought(1, "Two.")
    play = play << nothing >> Spoken(1, bytes(480)) << transcript("One.") << sounds(480)
    assert play << BeSilent << INTERRUPTED << ends() >> after(10) << nothing


# ------------------------------------------------------------------------------------------ mishaps


@pytest.mark.parametrize("act", [CloseWith(1011, "x"), Drop(), Stall(2), HalfOpen()])
def test_a_mishap_happens_after_the_words_before_it_and_before_those_after(
    act: CloseWith | Drop | Stall | HalfOpen,
) -> None:
    play = asked() >> Thought(1, "One two.") << writes("One") >> Thought(1, Mishap(act)) << writes(" two.")
    play = play << Suffer(act) >> Thought(1, "Three.") << nothing >> ThoughtEnded(1) << writes("Three.")
    assert play << GENERATED << ends()


def test_in_speech_it_waits_until_the_sound_before_it_is_sent() -> None:
    play = asked(spoken()) >> Thought(1, "One.") >> Thought(1, Mishap(Drop())) << Speak >> Thought(1, "Two.")
    play = play >> ThoughtEnded(1) >> Spoken(1, bytes(4 * SECOND))
    assert Suffer(Drop()) not in play.take()
    orders = (play >> after(2)).take()
    at = orders.index(Suffer(Drop()))
    assert orders[at + 1] == Speak(1, "Two.", "Puck")
    assert play


def test_a_notice_in_a_script_sets_the_end() -> None:
    play = asked() >> Thought(1, "One.") << writes("One.") >> Thought(1, Notice(2)) << goes_away("2s")
    assert play >> after(2) << BeSilent << closes(1011, "Deadline")


def test_several_cues_in_a_row_happen_in_their_order() -> None:
    cues: tuple[Cue, ...] = (Shown(FOUND), Mishap(Stall(1)), Notice(9), Breath(), Shown(CODE))
    play = asked()
    orders: list[Order] = []
    for cue in cues:
        play = play >> Thought(1, cue)
        orders += play.take()
    wanted = [shown(FOUND), Suffer(Stall(1)), goes_away("9s"), GENERATED, ends("IN_PROGRESS"), shown(CODE)]
    assert orders == wanted
    assert play >> ThoughtEnded(1) << GENERATED << ends()


def test_thoughts_nobody_wants_hold_nothing_up() -> None:
    play = asked() >> Thought(1, "One two") << writes("One") >> Thought(1, Musing("Hm.")) << nothing
    assert play >> Thought(1, " three.") << nothing >> ThoughtEnded(1) << writes(" two three.") << GENERATED << ends()


def test_a_brain_rests_behind_a_cue_as_everywhere() -> None:
    play = asked(spoken()) >> Thought(1, "One. ") >> Thought(1, Shown(FOUND)) << Speak
    for number in range(40):
        play = play >> Thought(1, f"Sentence {number}. And")
    play.take()
    orders = (play >> Spoken(1, bytes(480))).take()
    assert shown(FOUND) in orders
    assert orders[-1] == PauseThinking()
    for _ in range(60):
        if ResumeThinking() in orders:
            break
        orders = (play >> Spoken(1, b"")).take()
    assert ResumeThinking() in orders
    assert play


def test_usage_is_told_at_every_end() -> None:
    play = asked() >> Thought(1, Breath())
    assert [usage is not None for usage in map(usage_in, play.take())] == [False, True]
    assert play


def test_what_is_shown_alone_is_sent_with_nothing_of_ours() -> None:
    play = asked() >> Thought(1, Shown(ServerContent())) << content() >> ThoughtEnded(1)
    assert play << GENERATED << ends()
