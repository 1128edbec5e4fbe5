"""Google's JavaScript client as a judge: unmodified @google/genai holds conversations with the embedded server."""

from __future__ import annotations

import re

import pytest

from livechat.server.brain import Brain
from livechat.server.scenario import Limits, Scenario
from tests.judges.brains import Asks, Muses, Recites
from tests.judges.stage import Heard, held
from tests.server_help import Says
from tests.test_judge_google_genai import options

pytestmark = pytest.mark.judge


def plays(play: str, brain: Brain, scenario: Scenario | None = None) -> Heard:
    """What @google/genai tells of one play with this brain."""
    return held("google_genai", play, options(brain, scenario))


def test_a_text_turn() -> None:
    brain = Says("Hello ", "there.")
    heard = plays("text", brain)
    assert heard.text == "Hello there." * 2
    assert [message["serverContent"] for message in heard.messages[-2:]] == [
        {"generationComplete": True},
        {"turnComplete": True},
    ]
    assert heard.messages[-1]["usageMetadata"]["responseTokenCount"] == 3
    assert [said.text for said in brain.histories[-1]] == ["hi", "Hello there.", "and again"]


def test_live_text() -> None:
    assert plays("live_text", Says("Yes, I am.")).text == "Yes, I am."


def test_a_turn_on_vertex() -> None:
    heard = plays("vertex", Says("Hello there."))
    assert heard.of("got")[0]["setupComplete"]["sessionId"]
    assert heard.text == "Hello there."
    usage = heard.messages[-1]["usageMetadata"]
    assert usage["responseTokenCount"] == 3, "it reads candidatesTokenCount, and loses Developer's spelling"
    assert usage["trafficType"] == "ON_DEMAND"


def test_a_spoken_turn() -> None:
    heard = plays("spoken", Says("It is late."))
    assert heard.transcript("inputTranscription") == "What time is it?"
    assert heard.transcript() == "It is late."
    assert heard.sound == 480 * len("It is late.")
    assert heard.contents("turnComplete") == [True]


def test_a_barge_in() -> None:
    heard = plays("barge_in", Says(*["Once upon a time there was a tower. "] * 50))
    assert [list(message["serverContent"]) for message in heard.messages[-2:]] == [["interrupted"], ["turnComplete"]]
    assert not heard.contents("generationComplete")


def test_a_tool_call_with_its_answer() -> None:
    heard = plays("tool_call", Asks())
    (asked,) = [message["toolCall"]["functionCalls"] for message in heard.messages if "toolCall" in message]
    assert [(call["name"], call["args"]) for call in asked] == [("get_time", {"city": "Rome"})]
    assert re.fullmatch(r"function-call-\d+", asked[0]["id"])
    assert heard.transcript() == "It is ten."
    assert heard.contents("turnComplete") == [True]


def test_a_function_that_runs_in_the_background() -> None:
    heard = plays("background_call", Asks("One moment."))
    assert [piece["text"] for piece in heard.contents("outputTranscription")] == ["One moment.", "It is ten."]
    assert len(heard.contents("turnComplete")) == 2


def test_a_go_away_followed_by_resumption() -> None:
    heard = plays("go_away", Recites(), Scenario(limits=Limits(connection_s=2.0, notice_s=1.8)))
    (left,) = [message["goAway"]["timeLeft"] for message in heard.messages if "goAway" in message]
    assert re.fullmatch(r"\d(\.\d+)?s", left)
    assert len(heard.of("opened")) == 2
    assert heard.text.endswith("user: my name is Ada; user: what is my name?; tools: none.")


def test_who_does_not_go_is_closed_upon() -> None:
    heard = plays("overstay", Says(), Scenario(limits=Limits(connection_s=0.5, notice_s=0.4)))
    assert heard.of("closed") == [[1011, "Deadline expired before operation could complete."]]


def test_extended_thinking_takes_several_turns() -> None:
    heard = plays("extended_thinking", Muses())
    assert heard.contents("interactionStatus") == ["IN_PROGRESS", "IDLE"]
    assert heard.transcript().endswith("It is late.")
    (thought,) = [part for turn in heard.contents("modelTurn") for part in turn["parts"] if part.get("thought")]
    assert thought["text"] == "Late, I think."


def test_an_answer_without_an_id_never_leaves_the_client() -> None:
    assert "must have an `id` field" in plays("call_without_id", Says()).of("refused")[0]


def test_an_error_before_the_session() -> None:
    heard = plays("refusal", Says())
    reason = "Request contains an invalid argument. There is no voice 'Nobody'."
    assert heard.of("closed") == [[1007, reason]]
    assert heard.of("refused") == [f"Live connection closed before setup completed (code 1007): {reason}"]


def test_an_error_close() -> None:
    heard = plays("error_close", Says())
    assert heard.of("opened")
    ((code, reason),) = heard.of("closed")
    assert code == 1007
    assert reason.startswith("Request contains an invalid argument.")


def test_a_context_that_changes() -> None:
    heard = plays("context_update", Recites())
    first = "system: Be short.; user: hi; tools: get_time."
    assert heard.transcript() == first + "system: Be short.; user: hi; user: hi; tools: none."


def test_a_token_lets_in_once() -> None:
    heard = plays("token", Says("Hello there."))
    assert heard.of("token")[0].startswith("auth_tokens/")
    assert heard.text == "Hello there."
    assert len(heard.of("opened")) == 1
    assert "no uses left" in heard.of("refused")[0]


def test_music() -> None:
    heard = plays("music", Says())
    chunks = [chunk for found in heard.contents("audioChunks") for chunk in found]
    assert len(chunks) >= 3
    assert {chunk["mimeType"] for chunk in chunks} == {"audio/l16;rate=48000;channels=2"}
    assert all(chunk["data"] > 0 and chunk["data"] % 4 == 0 for chunk in chunks)
    assert chunks[-1]["sourceMetadata"]["musicGenerationConfig"] == {"bpm": 120}
