"""Claims about the script: where it stands follows from the history, and everything in it happens once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.protocol.parts import FunctionCall, FunctionResponse
from livechat.server.brain import Brain, Said, answered
from livechat.server.pieces import Break, Breath, Mishap, Musing, Notice, Piece, Shown
from livechat.server.scenario import (
    BeInterrupted,
    Branch,
    Breathe,
    Call,
    Drop,
    Fail,
    GoAway,
    Muse,
    Show,
    Speak,
    Step,
    Turn,
    Wait,
)
from livechat.server.script import ScriptedBrain, due
from tests.server_help import Says
from tests.virtual import run

OSLO = Call("weather", {"city": "Oslo"}, (Branch("rain", (Speak("Wet."),)), Branch("", (Speak("Dry."),))))
ROME = Call("weather", {"city": "Rome"})


def user(text: str) -> Said:
    return Said("user", text)


def model(text: str) -> Said:
    return Said("model", text)


def answer(call: Call, **response: object) -> Said:
    return answered(FunctionCall(id="1", name=call.name, args=dict(call.args)), FunctionResponse(response=response))


def turn(*steps: Step, said: str = "") -> Turn:
    return Turn(steps, said)


HELLO, BYE = turn(Speak("Hello."), said="hello"), turn(Speak("Bye."), said="bye")


def test_each_thing_said_takes_the_next_turn() -> None:
    turns = (turn(Speak("One.")), turn(Speak("Two.")))
    assert due(turns, [user("a")]) == (Speak("One."),)
    assert due(turns, [user("a"), model("One."), user("b")]) == (Speak("Two."),)
    assert due(turns, [user("a"), model("One."), user("b"), model("Two."), user("c")]) is None


def test_a_turn_is_taken_by_words_in_any_case_and_those_before_it_are_passed() -> None:
    assert due([HELLO, BYE], [user("Oh, HELLO there")]) == (Speak("Hello."),)
    assert due([HELLO, BYE], [user("Bye")]) == (Speak("Bye."),)
    assert due([HELLO, BYE], [user("Bye"), user("hello")]) is None


def test_what_fits_no_turn_passes_none() -> None:
    assert due([HELLO, BYE], [user("what?")]) is None
    assert due([HELLO, BYE], [user("what?"), model("What?"), user("hello")]) == (Speak("Hello."),)


def test_a_turn_with_nothing_to_do_is_passed_and_answered_by_the_other() -> None:
    assert due([turn(), BYE], [user("hello")]) is None
    assert due([turn(), BYE], [user("hello"), user("bye")]) == (Speak("Bye."),)


def test_several_things_said_before_an_answer_take_a_turn_each() -> None:
    assert due([HELLO, BYE], [user("hello"), user("bye")]) == (Speak("Bye."),)


def test_nothing_said_and_instructions_are_no_turn() -> None:
    assert due([turn(Speak("x"))], []) is None
    assert due([turn(Speak("x"))], [Said("system", "Be brief."), user("a")]) == (Speak("x"),)


def test_after_a_call_nothing_comes_until_it_is_answered() -> None:
    turns = [turn(Speak("Let me look."), OSLO, Speak("Well?"))]
    assert due(turns, [user("a")]) == (Speak("Let me look."), OSLO)
    history = [user("a"), model("Let me look."), answer(OSLO, sky="rain")]
    assert due(turns, history) == (Speak(" Wet."), Speak(" Well?"))
    assert due(turns, [*history[:2], answer(OSLO, sky="sun")]) == (Speak(" Dry."), Speak(" Well?"))


def test_a_branch_looks_at_the_response_and_not_at_the_arguments() -> None:
    call = Call("weather", {"city": "rain"}, OSLO.branches)
    assert due([turn(call)], [user("a"), answer(call, sky="sun")]) == (Speak("Dry."),)
    assert due([turn(call)], [user("a"), answer(call, output="rain, ünd")]) == (Speak("Wet."),)


def test_where_no_branch_fits_the_script_goes_on() -> None:
    call = Call("f", {}, (Branch("rain", (Speak("Wet."),)),))
    assert due([turn(call, Speak("Next."))], [user("a"), answer(call, sky="sun")]) == (Speak("Next."),)
    assert due([turn(call)], [user("a"), answer(call, sky="sun")]) == ()


def test_calls_that_stand_together_go_out_together_and_wait_for_all_answers_in_any_order() -> None:
    turns = [turn(OSLO, ROME, Speak("So."))]
    assert due(turns, [user("a")]) == (OSLO, ROME)
    assert due(turns, [user("a"), answer(ROME)]) == ()
    after = (Speak("Wet."), Speak(" So."))
    assert due(turns, [user("a"), answer(ROME), answer(OSLO, sky="rain")]) == after
    assert due(turns, [user("a"), answer(OSLO, sky="rain"), answer(ROME)]) == after


def test_the_same_call_twice_needs_two_answers() -> None:
    turns = [turn(ROME, Speak("Again."), ROME, Speak("Done."))]
    assert due(turns, [user("a"), answer(ROME)]) == (Speak("Again."), ROME)
    assert due(turns, [user("a"), answer(ROME), model("Again."), answer(ROME)]) == (Speak(" Done."),)
    assert due([turn(ROME, ROME, Speak("Done."))], [user("a"), answer(ROME)]) == ()


def test_a_branch_may_call_again() -> None:
    call = Call("f", {}, (Branch("", (Speak("One."), ROME)),))
    turns = [turn(call, Speak("Two."))]
    assert due(turns, [user("a"), answer(call)]) == (Speak("One."), ROME)
    assert due(turns, [user("a"), answer(call), model("One."), answer(ROME)]) == (Speak(" Two."),)


def test_a_late_answer_goes_on_with_the_turn_that_called() -> None:
    turns = [turn(OSLO), HELLO]
    history = [user("a"), user("hello"), model("Hello.")]
    assert due(turns, [*history, answer(OSLO, sky="rain")]) == (Speak("Wet."),)


def test_an_answer_that_no_turn_waits_for_is_for_the_other() -> None:
    assert due([HELLO], [user("hello"), answer(ROME)]) is None
    assert due([turn(ROME, Speak("x"))], [user("hello"), answer(ROME), answer(ROME)]) is None


def test_the_script_goes_on_when_a_session_goes_back() -> None:
    turns = [turn(Speak("One.")), turn(Speak("Two."))]
    history = [user("a"), model("One."), user("b")]
    assert due(turns, history) == due(turns, [*history[:2], user("b, once more")])


STEPS: st.SearchStrategy[Step] = st.recursive(
    st.integers(0, 9).map(lambda number: Muse(str(number))),
    lambda inner: st.builds(
        Call,
        st.sampled_from("fg"),
        st.fixed_dictionaries({"x": st.integers(0, 1)}),
        st.lists(
            st.builds(Branch, st.sampled_from(["yes", "no", ""]), st.lists(inner, max_size=3).map(tuple)), max_size=2
        ).map(tuple),
    ),
    max_leaves=8,
)


def told(steps: Sequence[Step], says: str) -> list[Step]:
    """What happens in all, by the simplest reading: all responses are the same."""
    happened: list[Step] = []
    rest = list(steps)
    while rest:
        if not isinstance(rest[0], Call):
            happened.append(rest.pop(0))
            continue
        group: list[Call] = []
        while rest and isinstance(rest[0], Call):
            group.append(rest.pop(0))
        happened += group
        rest = [step for call in group for step in followed(call, says)] + rest
    return happened


def followed(call: Call, says: str) -> tuple[Step, ...]:
    return next((branch.do for branch in call.branches if branch.matches in says), ())


@given(st.lists(STEPS, min_size=1, max_size=5), st.sampled_from(["yes", "no"]), st.booleans())
def test_asked_again_after_each_answer_everything_happens_once_and_in_order(
    steps: list[Step], says: str, backwards: bool
) -> None:
    turns = [turn(*steps)]
    history = [user("a")]
    happened: list[Step] = []
    while now := due(turns, history):
        happened += now
        calls = [step for step in now if isinstance(step, Call)]
        if not calls:
            break
        history += [answer(call, output=says) for call in (reversed(calls) if backwards else calls)]
    assert happened == told(steps, says)


# ------------------------------------------------------------------------------------------------------ the brain


def pieces(brain: Brain, *history: Said) -> list[Piece]:
    async def respond() -> list[Piece]:
        return [piece async for piece in brain.respond(history, [])]

    return asyncio.run(respond())


def test_every_step_becomes_a_piece() -> None:
    content = {"groundingMetadata": {"webSearchQueries": ["Oslo"]}}
    steps = (Speak("a"), Muse("m"), Show(content), Breathe(), BeInterrupted(), GoAway(5), Fail(Drop()), ROME)
    said, musing, shown, *others, call = pieces(ScriptedBrain([turn(*steps)], Says("x")), user("a"))
    assert (said, musing) == ("a", Musing("m"))
    assert isinstance(shown, Shown)
    assert shown.content.to_wire().keys() == {"groundingMetadata"}
    assert others == [Breath(), Break(), Notice(5), Mishap(Drop())]
    assert call == FunctionCall(name="weather", args={"city": "Rome"})


def test_where_the_script_says_nothing_the_other_brain_answers() -> None:
    brain = ScriptedBrain([HELLO], Says("I am the other."))
    assert pieces(brain, user("hello")) == ["Hello."]
    assert pieces(brain, user("hello"), model("Hello."), user("hello")) == ["I am the other."]


def test_a_wait_takes_its_time() -> None:
    async def timed() -> list[tuple[float, Piece]]:
        loop = asyncio.get_running_loop()
        brain = ScriptedBrain([turn(Speak("a"), Wait(2.5), Speak("b"))], Says("x"))
        return [(loop.time(), piece) async for piece in brain.respond([user("a")], [])]

    (first, one), (second, two) = run(timed())
    assert (one, two) == ("a", " b")
    assert second - first == pytest.approx(2.5)


@pytest.mark.parametrize("step", [Wait(1), Fail(Drop()), GoAway(5), BeInterrupted()])
def test_what_must_not_be_done_on_a_guess_forbids_guessing_also_in_a_branch(step: Step) -> None:
    assert not ScriptedBrain([HELLO, turn(step)], Says("x")).speculative
    assert not ScriptedBrain([turn(Call("f", {}, (Branch("", (step,)),)))], Says("x")).speculative


def test_a_script_of_words_is_guessed_if_the_other_brain_is() -> None:
    other = Says("x")
    assert ScriptedBrain([HELLO, turn(OSLO, Muse("m"))], other).speculative
    other.speculative = False
    assert not ScriptedBrain([HELLO], other).speculative
