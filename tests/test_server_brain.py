"""The built-in brain answers from what was said and the time alone, and gives every question to the right skill."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.protocol.parts import FunctionCall, FunctionDeclaration, FunctionResponse
from livechat.server.brain import Brain, BuiltinBrain, Said, answer, answered
from livechat.server.pieces import Musing, Piece
from livechat.server.skills.interpreting import task
from livechat.server.skills.moment import Moment
from tests.aio import run
from tests.brain_help import NOW, moment

WEATHER = FunctionDeclaration(
    name="get_weather",
    description="Get the weather in a city",
    parameters_json_schema={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


def say(*said: str, system: str = "") -> str:
    return "".join(map(str, answer(moment(*said, system=system))))


async def pieces(brain: Brain, history: Sequence[Said]) -> list[Piece]:
    """What it says and calls; it always begins with a thought."""
    musing, *rest = [piece async for piece in brain.respond(history, [WEATHER])]
    assert isinstance(musing, Musing)
    return rest


def test_its_thought_says_truly_what_it_does() -> None:
    async def thought(history: Sequence[Said]) -> Piece:
        first, *_ = [piece async for piece in BuiltinBrain(lambda: NOW).respond(history, [])]
        return first

    user = run(thought([Said("user", "hello")]))
    assert user == Musing("The user says: 'hello'. I look for a rule that fits, and answer by the first that does.")
    assert run(thought([Said("user", "hello"), Said("tool", "{}")])) == Musing(
        "A function has answered. I put its answer into words."
    )


def test_it_streams_an_answer_through_the_interface_of_a_brain() -> None:
    brain: Brain = BuiltinBrain(lambda: NOW)
    assert brain.speculative
    assert run(pieces(brain, [Said("user", "what is 17 times 24")])) == ["17 times 24 is 408."]
    story = run(pieces(brain, [Said("user", "tell me a story")]))
    assert len(story) > 15
    assert max(len(str(piece)) for piece in story) < 400


def test_it_looks_at_the_clock_once_for_each_answer() -> None:
    times = iter([NOW, NOW + timedelta(hours=1)])
    brain = BuiltinBrain(lambda: next(times))
    asked = [Said("user", "what time is it")]
    assert run(pieces(brain, asked)) == ["It is 14:05, that is 2:05 pm."]
    assert run(pieces(brain, asked)) == ["It is 15:05, that is 3:05 pm."]


def test_a_function_is_called_and_its_answer_is_said() -> None:
    brain = BuiltinBrain(lambda: NOW)
    history = [Said("user", "what's the weather in Paris")]
    (call,) = run(pieces(brain, history))
    assert isinstance(call, FunctionCall)
    assert (call.name, call.args) == ("get_weather", {"city": "Paris"})
    told = answered(call, FunctionResponse(id=call.id, name=call.name, response={"output": "sunny"}))
    assert run(pieces(brain, [*history, told])) == ["Sunny."]


def test_what_a_function_gave_back_is_kept_with_its_call() -> None:
    call = FunctionCall(id="7", name="f", args={"x": 1})
    assert json.loads(answered(call, FunctionResponse(response={"y": "ü"})).text) == {
        "id": "7",
        "name": "f",
        "args": {"x": 1},
        "response": {"y": "ü"},
    }
    assert json.loads(answered(FunctionCall(name="f"), FunctionResponse()).text)["args"] == {}


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("what is 17 times 24", "408"),
        ("how many feet in a mile", "5280"),
        ("what day is it", "Wednesday"),
        ("what time is it again", "14:05"),
        ("tell me a story about a man who counts to 17 times", "17 times"),
        ("let's play a guessing game", "from 1 to 100"),
        ("who are you", "practice partner"),
        ("hello", "Hello!"),
        ("my name is Ada", "Ada"),
        ("repeat after me: one two three", "One two three."),
        ("what is my name", "not told me"),
        ("who won the world cup", "I can tell stories"),
        ("flip a coin", "The coin shows"),
        ("roll a die", "The die shows"),
        ("how old are you", "I have no age"),
        ("what's the weather", "no way to know the weather"),
        ("I like music", "I will remember that you like music"),
        ("sing me a song", "cannot sing"),
        ("you idiot", "Let's stay friendly"),
        ("wie ist das Wetter heute", "only understand English"),
        ("forget my name", "nothing to forget"),
    ],
)
def test_every_question_finds_its_skill(asked: str, part: str) -> None:
    assert part in say(asked)


def test_a_verb_may_call_a_function_where_no_skill_answers() -> None:
    search = FunctionDeclaration(
        name="search_web",
        parameters_json_schema={"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
    )
    now = Moment((Said("user", "search for cats"),), NOW, [search])
    (call,) = answer(now)
    assert isinstance(call, FunctionCall)
    assert call.args == {"query": "cats"}


def test_what_nobody_takes_as_a_whole_is_answered_sentence_by_sentence() -> None:
    assert say("My name is Ada. What is 17 times 24?") == "Nice to meet you, Ada. 17 times 24 is 408."
    assert say("My colour is green! What is my colour?") == (
        "I will remember that your colour is green. Your colour is green."
    )
    assert say("I ate an apple. It was red.") == "I will remember that you ate an apple."
    assert say("Who won? What is 2 plus 2? Zzz.") == "2 plus 2 is 4."
    assert say("Who won? Who lost?").startswith("I don't know about that.")


@pytest.mark.parametrize("noise", ["", "  ", "...", "[BLANK_AUDIO]", "(music)", "*sighs*", "♪ ♪"])
def test_without_words_it_asks_to_say_it_again(noise: str) -> None:
    assert say(noise) == "I did not catch any words. Say it once more, please."


@pytest.mark.parametrize("rubbish", ["@#$%", "((((", "🙂🙂", "\x00\x01\ufffdJF", "\x07\x07abc\x00\x00", "_"])
def test_to_signs_without_words_it_says_that_there_were_no_words(rubbish: str) -> None:
    assert say(rubbish).startswith("There were no words in that")


def test_a_stray_character_does_not_make_words_rubbish() -> None:
    assert say("what is 2 plus 2\x00") == "2 plus 2 is 4."


def test_a_greeting_with_again_is_a_greeting() -> None:
    assert say("hello again").startswith("Hello! I am")
    assert say("hello", "> Hello!", "hi again") == "Hello! What would you like to do?"


def test_a_sum_in_brackets_is_no_noise() -> None:
    assert "is 7" in say("(3 + 4)")


def test_before_anybody_spoke_it_has_words_too() -> None:
    assert "".join(map(str, answer(Moment((), NOW)))).startswith("I did not catch")


def test_orders_are_obeyed_by_every_skill() -> None:
    assert say("what is 2 plus 2", system="Begin every answer with Aye. End every answer with 'over'.") == (
        "Aye. 2 plus 2 is 4. over"
    )
    assert say("tell me a story", system="Never tell stories.") == "I was asked not to tell stories."


def test_a_reply_that_was_cut_off_is_given_anew_when_asked_to_go_on() -> None:
    assert say("what can you do", "> I can tell", "go on").startswith("I can tell stories")


def test_after_an_interruption_the_same_story_goes_on() -> None:
    story = say("tell me a story about a fox")
    heard = " ".join(story.split()[:50])
    rest = say("tell me a story about a fox", f"> {heard}", "sorry, go on")
    assert story.endswith(rest)


def test_it_remembers_only_what_the_history_holds() -> None:
    brain = BuiltinBrain(lambda: NOW)
    run(pieces(brain, [Said("user", "my name is Ada")]))
    assert run(pieces(brain, [Said("user", "what is my name")])) == ["You have not told me your name yet."]


SAYINGS = st.sampled_from(
    [
        "hello",
        "tell me a story",
        "go on",
        "shorter",
        "stop",
        "slower",
        "repeat",
        "let's play",
        "50",
        "my name is Ada",
        "what is my name",
        "what is 3 + 4?",
        "what did i say",
        "another one",
        "zzz",
        "what's the weather",
    ]
)


@given(
    st.lists(SAYINGS, min_size=1, max_size=8), st.sampled_from(["", "Be brief.", "Always say Ahoy. Answer in German."])
)
def test_any_conversation_has_an_answer_to_everything_and_always_the_same(said: list[str], system: str) -> None:
    history: list[Said] = [Said("system", system)] if system else []
    for text in said:
        history.append(Said("user", text))
        now = Moment(tuple(history), NOW, [WEATHER])
        reply = "".join(map(str, answer(now)))
        assert reply.strip()
        assert reply == "".join(map(str, answer(now)))
        history.append(Said("model", reply))


@given(st.text(max_size=200))
def test_anything_can_be_said_to_it(text: str) -> None:
    later = datetime(2028, 2, 29, 23, 59)
    assert "".join(map(str, answer(Moment((Said("user", text),), later))))


def test_who_is_to_interpret_repeats_the_words_and_nothing_else() -> None:
    history = [Said("system", task("pl-PL")), Said("user", "What is 17 times 24?")]
    assert run(pieces(BuiltinBrain(lambda: NOW), history)) == ["What is 17 times 24?"]
