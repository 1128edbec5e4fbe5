"""The client's mind and the embedded server's back to back: what one tells the other is what both remember."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livechat.events import (
    Ended,
    GoingAway,
    Interrupted,
    ModelSaid,
    Noted,
    Ready,
    ReplyCame,
    TurnEnded,
    UsageCounted,
    UserSaid,
)
from livechat.protocol.parts import FunctionCall
from livechat.protocol.setup import AudioTranscriptionConfig, GenerationConfig, Setup
from livechat.server.agreement import Terms
from livechat.server.brain import Said
from livechat.server.pieces import Piece
from livechat.server.scenario import UNLIMITED, Limits, Scenario
from tests.pair import Stage

TEXT = Setup(
    model="models/gemini-live-2.5-flash",
    generation_config=GenerationConfig(response_modalities=["TEXT"]),
    input_audio_transcription=AudioTranscriptionConfig(),
)
SPOKEN = Setup(
    model="models/gemini-2.5-flash-native-audio-latest",
    input_audio_transcription=AudioTranscriptionConfig(),
    output_audio_transcription=AudioTranscriptionConfig(),
)
ENDLESS = Terms(UUID(int=1), speculative=True, scenario=Scenario(limits=UNLIMITED))


def parrot(history: Sequence[Said]) -> Sequence[Piece]:
    """Answers with what was said; asks a function when it is told to; tells a story of many sentences."""
    last = history[-1]
    if last.role == "tool":
        return ["The function ", "said no."]
    if last.text.startswith("call"):
        return ["Let me ask. ", FunctionCall(name="lookup", args={"what": last.text})]
    if last.text.startswith("story"):
        return [f"Sentence {number} of a long story. " for number in range(20)]
    return ["You said: ", last.text, "."]


def on_stage(setup: Setup, terms: Terms = ENDLESS, *, delay_s: float = 0.02) -> Stage:
    return Stage(setup, replace(terms, sessions=type(terms.sessions)()), parrot, delay_s=delay_s)


def answers(stage: Stage) -> list[tuple[str, str, bool]]:
    return [(one.user, one.text, one.interrupted) for one in ended(stage)]


def ended(stage: Stage) -> list[TurnEnded]:
    return [event for event in stage.told if isinstance(event, TurnEnded)]


def remembers(stage: Stage) -> tuple[list[str], str]:
    """The user's lines and the model's words in the server's memory, as its brain is given them with a question."""
    stage.types("what do you remember?")
    stage.runs(60)
    history = stage.asked[-1][:-1]
    return [one.text for one in history if one.role == "user"], "".join(
        one.text for one in history if one.role == "model"
    )


# ------------------------------------------------------------------------------------------ single turns


def test_a_typed_line_is_answered_in_writing() -> None:
    stage = on_stage(TEXT)
    stage.types("hello")
    stage.runs(5)
    assert answers(stage) == [("hello", "You said: hello.", False)]
    assert [type(event) for event in stage.told if not isinstance(event, ModelSaid | UsageCounted)] == [
        *(Ready, UserSaid, ReplyCame, TurnEnded)
    ]
    assert not stage.client.in_turn


def test_a_spoken_question_is_answered_aloud_and_ends_when_it_is_heard() -> None:
    stage = on_stage(SPOKEN)
    stage.runs(1)
    stage.speaks("what time is it?")
    stage.runs(2)
    assert not ended(stage)
    assert stage.client.in_turn
    stage.runs(1)
    (turn,) = ended(stage)
    assert (turn.user, turn.text, turn.interrupted) == ("what time is it?", "You said: what time is it?.", False)
    assert turn.spoken_ms == 30 * len(turn.text)


def test_a_voice_cuts_the_model_short_and_both_remember_the_same() -> None:
    stage = on_stage(SPOKEN)
    stage.types("story")
    stage.runs(4)
    stage.speaks("stop it")
    stage.runs(10)
    first, second = answers(stage)
    (cut,) = stage.of(Interrupted)
    assert isinstance(cut, Interrupted)
    assert first[2]
    assert first[1].startswith("Sentence 0 of a long story. ")
    assert cut.heard + cut.unheard == first[1]
    assert 3_000 < cut.heard_ms < 4_500
    assert second == ("stop it", "You said: stop it.", False)
    assert remembers(stage) == (["story", "stop it"], first[1] + second[1])


def test_a_function_the_client_does_not_have_is_refused_and_the_turn_goes_on() -> None:
    stage = on_stage(TEXT)
    stage.types("call home")
    stage.runs(5)
    assert [event.text for event in stage.of(Noted) if isinstance(event, Noted)] == [
        "the model called a tool that was not offered: lookup"
    ]
    assert answers(stage) == [("call home", "Let me ask. The function said no.", False)]


# ----------------------------------------------------------------------------------------- a whole session


def test_ten_minutes_with_a_goodbye_take_less_than_a_second() -> None:
    begun = time.thread_time()
    limits = Limits(connection_s=600, notice_s=50, audio_s=None, video_s=None)
    stage = on_stage(SPOKEN, replace(ENDLESS, scenario=Scenario(limits=limits)))
    stage.runs(1)
    for minute in range(9):
        stage.types(f"story {minute}", 60.0 * minute + 5)
        stage.speaks(f"enough {minute}", 60.0 * minute + 12)
        stage.types(f"question {minute}", 60.0 * minute + 30)
    stage.runs(548)
    assert not stage.of(GoingAway)
    stage.runs(2)
    assert stage.of(GoingAway) == [GoingAway(50.0)]
    stage.types("one last thing")
    stage.runs(30)
    turns = answers(stage)
    assert len(turns) == 28
    assert sum(interrupted for *_, interrupted in turns) == 9
    assert turns[-1] == ("one last thing", "You said: one last thing.", False)
    stage.runs(100)
    assert isinstance(stage.told[-1], Ended)
    assert stage.client.over
    assert stage.server.over
    told = len(stage.told)
    stage.runs(1_000)
    assert len(stage.told) == told
    assert time.thread_time() - begun < 1.0


@pytest.mark.parametrize("setup", [TEXT, SPOKEN], ids=["written", "spoken"])
def test_every_frame_of_the_server_is_one_that_every_client_can_read(setup: Setup) -> None:
    stage = on_stage(setup)
    stage.types("call home")
    stage.speaks("story", 5)
    stage.speaks("and then?", 12)
    stage.runs(30)
    assert len(stage.wire) > 10
    for frame in stage.wire:
        assert frame.isascii()
        assert len(frame) < 2**20
        assert set(json.loads(frame)) & KNOWN, "Google's Python client falls over messages of which it knows nothing"
        assert all(re.fullmatch("[a-z][a-zA-Z]*", name) for name in json.loads(frame))
        for data in re.findall(r'"data":"(.*?)"', frame):
            assert base64.b64decode(data, validate=True), "not the alphabet of URLs"


KNOWN = {"setupComplete", "serverContent", "toolCall", "toolCallCancellation", "goAway", "usageMetadata"}


# ------------------------------------------------------------------------------------------ any schedule

Act = tuple[str, float, str]
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["types", "speaks"]),
        st.floats(0.0, 6.0).map(lambda seconds: round(seconds, 3)),
        st.sampled_from(["hello", "story", "call home", "and then?"]),
    ),
    min_size=1,
    max_size=6,
)


def held(setup: Setup, plan: Sequence[Act], delay_s: float) -> tuple[Stage, list[str]]:
    """A conversation that follows the plan to its end; and the user's lines."""
    stage = on_stage(setup, delay_s=delay_s)
    when, lines = 0.5, list[str]()
    for number, (how, wait, what) in enumerate(plan):
        when += wait
        lines.append(f"{what} {number}")
        stage.types(lines[-1], when) if how == "types" else stage.speaks(lines[-1], when)
    stage.runs(when + 120)
    return stage, lines


def keeps_what_it_promises(stage: Stage, lines: Sequence[str]) -> None:
    assert not stage.client.in_turn, "every turn has ended"
    assert stage.server.deadline is None, "the server waits for nothing"
    assert not stage.of(Ended)
    turns = ended(stage)
    assert [turn.turn for turn in turns] == sorted({turn.turn for turn in turns}), "each turn ends once, in order"
    told = [event.text for event in stage.told if isinstance(event, UserSaid) and event.text]
    assert sorted(told) == sorted(lines), "every line is told once"
    assert turns[-1].text, "the last of them is answered"
    user, model = remembers(stage)
    assert sorted(user) == sorted(lines), "the server knows every line"
    assert model == "".join(turn.text for turn in turns), "and has said what the client was told"


@given(ACTS, st.sampled_from([0.0, 0.02, 0.3]))
@settings(max_examples=25, deadline=None)
def test_whatever_is_said_in_writing_whenever_is_answered_or_interrupted(plan: list[Act], delay_s: float) -> None:
    stage, lines = held(TEXT, plan, delay_s)
    keeps_what_it_promises(stage, lines)


@given(ACTS, st.sampled_from([0.0, 0.02, 0.3]))
@settings(max_examples=25, deadline=None)
def test_whatever_is_said_aloud_whenever_is_answered_or_interrupted(plan: list[Act], delay_s: float) -> None:
    stage, lines = held(SPOKEN, plan, delay_s)
    keeps_what_it_promises(stage, lines)
