"""Firebase AI Logic as a judge: the unmodified `firebase` of npm holds conversations with the embedded server.

Its host is fixed, so the program points its WebSocket constructor elsewhere. The package is large: `make soak` only.
"""

from __future__ import annotations

import os

import pytest

from livechat.server.brain import Brain
from livechat.server.scenario import Limits, Scenario
from tests.judges.brains import Asks, Recites
from tests.judges.stage import Heard, held
from tests.server_help import Says
from tests.test_judge_google_genai import options

LONG = os.environ.get("LIVECHAT_SOAK")
# Left out on purpose it is no judge, for in CI a judge that is skipped has failed.
pytestmark = [pytest.mark.judge] if LONG else [pytest.mark.skip("long: make soak")]


def plays(play: str, brain: Brain, scenario: Scenario | None = None) -> Heard:
    """What Firebase tells of one play with this brain."""
    return held("firebase", play, options(brain, scenario))


def test_a_text_turn() -> None:
    brain = Says("Hello ", "there.")
    heard = plays("text", brain)
    assert heard.text == "Hello there." * 2
    assert len(heard.contents("generationComplete")) == len(heard.contents("turnComplete")) == 2
    assert heard.of("closed") == [[1000, "Client closed session."]]
    assert [said.text for said in brain.histories[-1]] == ["hi", "Hello there.", "and again"]


def test_a_turn_on_vertex() -> None:
    heard = plays("vertex", Says("Hello there."))
    assert heard.text == "Hello there."
    assert {turn["role"] for turn in heard.contents("modelTurn")} == {"model"}


def test_a_spoken_turn() -> None:
    heard = plays("spoken", Says("It is late."))
    assert heard.transcript("inputTranscription") == "What time is it?"
    assert heard.transcript() == "It is late."
    assert heard.sound == 480 * len("It is late.")


def test_a_barge_in() -> None:
    heard = plays("barge_in", Says(*["Once upon a time there was a tower. "] * 50))
    assert heard.contents("interrupted") == heard.contents("turnComplete") == [True]
    assert not heard.contents("generationComplete")


def test_a_tool_call_with_its_answer() -> None:
    heard = plays("tool_call", Asks())
    (calls,) = [message["toolCall"]["functionCalls"] for message in heard.messages if "toolCall" in message]
    assert [call["name"] for call in calls] == ["get_time"]
    assert heard.transcript() == "It is ten."


def test_a_go_away_followed_by_resumption() -> None:
    heard = plays("go_away", Recites(), Scenario(limits=Limits(connection_s=2.0, notice_s=1.8)))
    (notice,) = [message["goingAwayNotice"] for message in heard.messages if "goingAwayNotice" in message]
    assert 1 < notice["timeLeft"] <= 1.8
    assert len(heard.of("opened")) == 2
    assert heard.text.endswith("user: my name is Ada; user: what is my name?; tools: none.")


def test_an_error_before_the_session() -> None:
    heard = plays("refusal", Says())
    ((code, reason),) = heard.of("closed")
    assert (code, reason) == (1007, "Request contains an invalid argument. There is no voice 'Nobody'.")
    assert "did not respond with a setupComplete" in heard.of("refused")[0]


def test_an_error_close() -> None:
    heard = plays("error_close", Says())
    assert heard.of("opened")
    assert [code for code, _ in heard.of("closed")] == [1007]
