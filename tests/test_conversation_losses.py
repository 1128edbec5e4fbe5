"""Tests what becomes of a conversation whose connection is lost, refused, left or slow, word by word."""

from __future__ import annotations

import json
from typing import Any

import pytest

from livechat.closing import Facts
from livechat.conversation import Conversation, Terms
from livechat.errors import AccessDenied, QuotaExceeded, RemoteProtocolError, TryLater, Unanswered, Unreachable
from livechat.events import (
    CloseLink,
    Committed,
    Dropped,
    Ended,
    Failed,
    Faltered,
    Faltering,
    FellSilent,
    FinishPlaying,
    FloorClaimed,
    Garbled,
    GoingAway,
    Heard,
    Input,
    Interrupted,
    Left,
    Lost,
    ModelSaid,
    Noted,
    Opened,
    Output,
    Played,
    Ready,
    Reconnect,
    Reconnected,
    Reconnecting,
    Recovered,
    Refused,
    Resumable,
    Retried,
    RunTool,
    Said,
    Send,
    SendSound,
    Silenced,
    Slept,
    SoundDropped,
    StopPlaying,
    Ticked,
    ToolAllowed,
    ToolFinished,
    TurnEnded,
    Typed,
    UserSaid,
)
from livechat.ledger import Exchange, Past
from livechat.protocol.client import ClientMessage
from livechat.protocol.codec import encode
from livechat.protocol.setup import GenerationConfig, SessionResumption, Setup
from livechat.tool_calls import ToolRule
from tests.conversation_help import COMPLETE, GENERATED, INTERRUPTED, SECOND, came, sound, wrote

READY = came({"setupComplete": {}})
CUT = Lost(1006, "")
REFUSED = Lost(1007, "Request contains an invalid argument.")
FAILED = Lost(1011, "Internal error encountered.")
HANDLE = came({"sessionResumptionUpdate": {"newHandle": "h1", "resumable": True}})
ONE_TOLD = [{"parts": [{"text": "one"}], "role": "user"}, {"parts": [{"text": "1"}], "role": "model"}]
RESTLESS = 1_000


class Play:
    """A mind that is told one thing after the other, with every deadline kept on the way."""

    def __init__(self, model: str = "gemini-3.8-live", setup: Setup | None = None, **terms: object) -> None:
        chosen = setup or Setup(model=f"models/{model}")
        settled: dict[str, Any] = {"plays": False, "facts": Facts(server="somewhere"), "tries": 8, **terms}
        self.mind = Conversation(Terms(chosen, **settled))
        self.now = 0.0

    def tells(self, *happened: Input, after: float = 0.0) -> list[Output]:
        """What comes of it, when so much time has passed."""
        out: list[Output] = []
        until = self.now + after
        for _ in range(RESTLESS):
            due = self.mind.deadline
            if due is None or due > until:
                break
            self.now = max(self.now, due)
            out += self.mind.handle(Ticked(), self.now)
        self.now = until
        for one in happened:
            out += self.mind.handle(one, self.now)
        return out

    def begins(self) -> None:
        """The session is open, and one question is answered."""
        self.tells(Opened(), READY, Typed("one"), wrote("1"), COMPLETE)

    def sends(self, *happened: Input, after: float = 0.0) -> list[Any]:
        return sent(self.tells(*happened, after=after))


def sent(outputs: list[Output]) -> list[Any]:
    """What goes over the wire, as JSON."""
    return [json.loads(encode(output.message)) for output in outputs if isinstance(output, Send)]


def news(outputs: list[Output]) -> list[Output]:
    return [output for output in outputs if not isinstance(output, Send)]


def question(text: str) -> dict[str, object]:
    return {"clientContent": {"turns": [{"parts": [{"text": text}], "role": "user"}], "turnComplete": True}}


def failure(outputs: list[Output]) -> Failed:
    """By which the session ends, link and all."""
    *_, failed, closed, ended = outputs
    assert isinstance(failed, Failed)
    assert closed == CloseLink()
    assert isinstance(ended, Ended)
    assert ended.reason == "failed"
    return failed


# ------------------------------------------------------------------------------------------------ the next connection


def test_a_lost_connection_is_told_and_another_is_tried_at_once() -> None:
    play = Play()
    play.begins()
    assert play.tells(CUT) == [Reconnecting("the connection to somewhere was lost", 1, 8, 0.0, 0.0), Reconnect()]


def test_without_tries_it_is_the_end() -> None:
    play = Play(tries=0)
    play.begins()
    assert isinstance(failure(play.tells(CUT)).error, TryLater)
    assert not play.mind.reconnects
    assert Play().mind.reconnects


def test_so_it_is_before_the_first_was_ready() -> None:
    play = Play()
    play.tells(Opened())
    assert isinstance(failure(play.tells(CUT)).error, Unreachable)


@pytest.mark.parametrize("code", [1000, 1001])
def test_a_close_between_turns_is_followed_by_another_connection_too(code: int) -> None:
    play = Play()
    play.begins()
    assert play.tells(Lost(code, ""))[-1] == Reconnect()


def test_what_can_be_resumed_is_asked_for_from_the_first_setup_on() -> None:
    assert Play().sends(Opened()) == [{"setup": {"model": "models/gemini-3.8-live", "sessionResumption": {}}}]
    assert Play(tries=0).sends(Opened()) == [{"setup": {"model": "models/gemini-3.8-live"}}]


def test_what_a_program_asked_of_resumption_stays_as_it_asked() -> None:
    resumption = SessionResumption(transparent=True)
    (message,) = Play(setup=Setup(model="models/x", session_resumption=resumption)).sends(Opened())
    assert message["setup"]["sessionResumption"] == {"transparent": True}


def test_a_new_session_is_told_what_was_said_and_the_user_how_much_of_it() -> None:
    play = Play()
    play.begins()
    play.tells(CUT)
    assert play.sends(Opened()) == [{"setup": {"model": "models/gemini-3.8-live", "sessionResumption": {}}}]
    told = play.tells(READY)
    assert sent(told) == [{"clientContent": {"turns": ONE_TOLD, "turnComplete": False}}]
    assert news(told) == [Reconnected("rebuilt", 1)]


def test_where_history_has_to_be_announced_it_is_and_ends() -> None:
    play = Play("gemini-3.1-flash-live-preview")
    play.begins()
    play.tells(CUT)
    (setup,) = play.sends(Opened())
    assert setup["setup"]["historyConfig"] == {"initialHistoryInClientContent": True}
    assert play.sends(READY) == [{"clientContent": {"turns": ONE_TOLD, "turnComplete": True}}]


def test_a_model_that_takes_no_history_begins_anew_and_the_user_reads_that() -> None:
    play = Play("gemini-3.5-live-translate-preview")
    play.begins()
    play.tells(CUT)
    (setup,) = play.sends(Opened())
    assert "historyConfig" not in setup["setup"]
    assert play.tells(READY) == [Reconnected("lost", 1)]


def test_where_nothing_was_said_yet_nothing_is_lost() -> None:
    play = Play()
    play.tells(Opened(), READY, CUT, Opened())
    assert play.tells(READY) == [Reconnected("rebuilt", 0)]


def test_a_second_connection_is_not_told_as_ready_again() -> None:
    play = Play()
    assert [type(output) for output in play.tells(Opened(), READY)] == [Send, Ready]
    play.tells(CUT)
    assert Ready not in {type(output) for output in play.tells(Opened(), READY)}


# ------------------------------------------------------------------------------------------------ the handle


def test_a_handle_that_stands_for_everything_resumes_and_nothing_is_said_twice() -> None:
    play = Play()
    play.begins()
    assert play.tells(HANDLE) == [Resumable("h1", 1)]
    play.tells(CUT)
    (setup,) = play.sends(Opened())
    assert setup["setup"]["sessionResumption"] == {"handle": "h1"}
    assert play.tells(READY) == [Reconnected("resumed", 1)]


@pytest.mark.parametrize("update", [{}, {"newHandle": "h1"}, {"newHandle": "h1", "resumable": False}])
def test_what_is_no_handle_is_none(update: dict[str, object]) -> None:
    play = Play()
    play.begins()
    assert play.tells(came({"sessionResumptionUpdate": update})) == []


def test_a_handle_that_came_before_something_more_was_said_is_not_used() -> None:
    play = Play()
    play.begins()
    play.tells(HANDLE, Typed("two"), CUT)
    (setup,) = play.sends(Opened())
    assert setup["setup"]["sessionResumption"] == {}


def test_a_handle_that_comes_in_the_middle_of_an_answer_is_no_news_and_not_used() -> None:
    play = Play()
    play.begins()
    assert play.tells(Typed("two"), wrote("2"), HANDLE)[3:] == []
    play.tells(COMPLETE, CUT)
    (setup,) = play.sends(Opened())
    assert setup["setup"]["sessionResumption"] == {}


def test_a_refused_handle_gives_one_fresh_session_at_once() -> None:
    play = Play()
    play.begins()
    play.tells(HANDLE, CUT, Opened())
    out = play.tells(REFUSED)
    assert isinstance(out[0], Reconnecting)
    assert (out[0].attempt, out[0].in_s) == (2, 0)
    assert out[1:] == [Reconnect()]
    assert play.sends(Opened()) == [{"setup": {"model": "models/gemini-3.8-live", "sessionResumption": {}}}]
    assert news(play.tells(READY)) == [Reconnected("rebuilt", 1)]


def test_a_server_that_fails_while_it_resumes_is_shown_the_handle_once_more() -> None:
    play = Play()
    play.begins()
    play.tells(HANDLE, CUT, Opened(), FAILED)
    handles: list[Any] = []
    for _ in range(2):
        (setup,) = play.sends(Opened(), after=1.0)
        handles.append(setup["setup"]["sessionResumption"])
        play.tells(FAILED)
    assert handles == [{"handle": "h1"}, {}]


def test_a_session_that_fails_as_soon_as_it_is_resumed_is_not_resumed_again() -> None:
    play = Play()
    play.begins()
    play.tells(HANDLE, CUT, Opened(), READY, FAILED)
    (setup,) = play.sends(Opened())
    assert setup["setup"]["sessionResumption"] == {}


def test_a_new_session_that_will_not_be_told_what_was_said_is_told_nothing() -> None:
    play = Play("gemini-3.1-flash-live-preview")
    play.begins()
    play.tells(CUT, Opened(), READY)
    assert play.tells(REFUSED)[-1] == Reconnect()
    (setup,) = play.sends(Opened())
    assert "historyConfig" not in setup["setup"]
    assert play.tells(READY) == [Reconnected("lost", 1)]


def test_a_session_that_has_said_something_was_not_refused() -> None:
    play = Play()
    play.begins()
    play.tells(HANDLE, CUT, Opened(), READY, wrote("more"), COMPLETE, HANDLE)
    play.tells(Lost(1011, "The service is currently unavailable."))
    (setup,) = play.sends(Opened(), after=1.0)
    assert setup["setup"]["sessionResumption"] == {"handle": "h1"}


# ------------------------------------------------------------------------------------------------ questions


def test_a_question_without_an_answer_is_put_again_and_answered_in_its_turn() -> None:
    play = Play()
    play.begins()
    play.tells(Typed("two"), CUT, Opened())
    told = play.tells(READY)
    assert sent(told)[1:] == [question("two")]
    assert [type(output) for output in told] == [Send, Reconnected, Send]
    ended = play.tells(wrote("2"), COMPLETE)[-1]
    assert ended == TurnEnded(2, "two", "2", False, 0)


def test_one_whose_answer_was_cut_is_put_again_and_what_there_was_of_the_answer_is_told_as_cut() -> None:
    play = Play()
    play.begins()
    cut = play.tells(Typed("two"), wrote("2 is"), CUT)
    ended = [output for output in cut if isinstance(output, TurnEnded)]
    assert ended == [TurnEnded(2, "two", "2 is", True, 0, "connection lost")]
    told = play.sends(Opened(), READY)
    assert told[1:] == [{"clientContent": {"turns": ONE_TOLD, "turnComplete": False}}, question("two")]
    assert play.tells(wrote("2"), COMPLETE)[-1] == TurnEnded(3, "", "2", False, 0)


def test_what_is_typed_meanwhile_is_sent_when_there_is_a_connection_after_what_was_asked_before() -> None:
    play = Play()
    play.begins()
    assert sent(play.tells(Typed("two"), CUT, Typed("three"))) == [question("two")]
    assert play.mind.in_turn
    assert play.sends(Opened(), READY)[2:] == [question("two"), question("three")]


def test_who_types_without_a_connection_is_told_that_the_line_is_kept() -> None:
    play = Play()
    play.begins()
    (told,) = [one for one in play.tells(CUT, Typed("two")) if isinstance(one, Noted)]
    assert "your line is kept" in told.text
    assert not any(isinstance(one, Noted) for one in play.tells(Opened(), READY, Typed("three")))


def test_an_answered_question_is_not_put_again() -> None:
    play = Play()
    play.begins()
    play.tells(CUT, Opened(), READY, CUT)
    assert len(play.sends(Opened(), READY, after=1.0)) == 2


def test_a_context_that_was_changed_is_that_of_the_next_session() -> None:
    play = Play(setup=Setup(model="models/gemini-3.8-live"))
    play.begins()
    message = {"contextUpdate": {"systemInstruction": {"parts": [{"text": "Be short."}]}}}
    play.tells(Said(ClientMessage.model_validate(message)), CUT)
    (setup,) = play.sends(Opened())
    assert setup["setup"]["systemInstruction"] == {"parts": [{"text": "Be short."}]}


# ------------------------------------------------------------------------------------------------ tries


def test_tries_that_fail_are_told_each_with_its_cause_and_the_last_with_what_to_do() -> None:
    play = Play(tries=3)
    play.begins()
    play.tells(CUT)
    told: list[Output] = []
    for _ in range(3):
        told += play.tells(Refused("timeout", "timed out"), after=60.0)
    trying = [output for output in told if isinstance(output, Reconnecting)]
    assert [(try_.attempt, try_.of) for try_ in trying] == [(2, 3), (3, 3)]
    assert {try_.why for try_ in trying} == {"somewhere does not answer"}
    assert 0.5 <= trying[0].in_s <= 1.0 <= trying[1].in_s <= 2.0
    failed = failure(told)
    assert isinstance(failed.error, TryLater)
    assert "3" in failed.error.why


def test_sound_that_waits_is_told_with_the_try() -> None:
    play = Play()
    play.begins()
    play.tells(CUT, *[Heard(bytes(640))] * 50)
    (try_,) = play.tells(Refused("connect", "refused"))
    assert isinstance(try_, Reconnecting)
    assert try_.kept_s == 1.0


@pytest.mark.parametrize(
    ("refused", "error"),
    [(Refused("http", "API key not valid", 403), AccessDenied), (Refused("http", "", 429), QuotaExceeded)],
)
def test_a_refusal_that_time_does_not_mend_ends_it(refused: Refused, error: type[Exception]) -> None:
    play = Play()
    play.begins()
    play.tells(CUT)
    assert isinstance(failure(play.tells(refused)).error, error)


def test_a_user_who_will_not_wait_has_the_next_try_at_once() -> None:
    play = Play()
    play.begins()
    play.tells(CUT, Refused("connect", "refused"))
    assert play.tells(Retried()) == [Reconnect()]
    assert play.tells(Retried()) == []


def test_a_second_setup_that_is_not_answered_is_left_at_its_time() -> None:
    play = Play(setup_s=10.0)
    play.begins()
    play.tells(CUT, Opened())
    assert play.tells(after=9.9) == []
    (try_,) = play.tells(after=0.2)
    assert isinstance(try_, Reconnecting)
    assert try_.why == "somewhere did not answer the setup within 10 s"


def test_who_speaks_something_else_over_a_second_connection_is_left_and_tried_again() -> None:
    play = Play()
    play.begins()
    play.tells(CUT, Opened())
    try_ = play.tells(Garbled("?"))[0]
    assert isinstance(try_, Reconnecting)
    assert try_.why == "somewhere sent what is not the Live protocol"


def test_of_bad_frames_in_a_row_the_first_is_told_and_the_twentieth_ends_the_connection() -> None:
    play = Play(tries=0)
    play.begins()
    told = play.tells(*[Garbled("?")] * 19)
    assert told == [Noted("the server sent what is not the Live protocol: ?")]
    play.tells(came({}))
    assert len(play.tells(*[Garbled("?")] * 19)) == 1
    failed = failure(play.tells(Garbled("!")))
    assert isinstance(failed.error, RemoteProtocolError)
    assert failed.error.why == "!"


# ------------------------------------------------------------------------------------------------ leaving in time


def go_away(time_left: str) -> Input:
    return came({"goAway": {"timeLeft": time_left}})


def test_a_connection_that_will_be_closed_is_left_at_once_where_nobody_speaks_and_nothing_is_lost() -> None:
    play = Play()
    play.begins()
    play.tells(HANDLE)
    assert play.tells(go_away("50s")) == [GoingAway(50.0), Reconnect()]
    (setup,) = play.sends(Opened())
    assert setup["setup"]["sessionResumption"] == {"handle": "h1"}


def test_in_the_middle_of_an_answer_it_is_left_when_that_is_over_and_has_a_handle() -> None:
    play = Play()
    play.begins()
    assert play.tells(Typed("two"), wrote("2"), go_away("50s"))[-1] == GoingAway(50.0)
    assert Reconnect() not in play.tells(COMPLETE)
    assert play.tells(HANDLE)[-1] == Reconnect()


def test_without_a_handle_it_is_left_five_seconds_before() -> None:
    play = Play()
    play.begins()
    play.tells(go_away("50s"))
    assert play.tells(after=44.9) == []
    assert play.tells(after=0.2) == [Reconnect()]


def test_a_minute_is_soon_enough() -> None:
    play = Play()
    play.begins()
    play.tells(HANDLE)
    assert play.tells(go_away("600s")) == [GoingAway(600.0)]
    assert play.tells(after=539.9) == []
    assert play.tells(after=0.2) == [Reconnect()]


def test_who_does_not_reconnect_leaves_nothing() -> None:
    play = Play(tries=0)
    play.begins()
    assert play.tells(HANDLE, go_away("10s"))[-1] == GoingAway(10.0)
    assert play.mind.deadline is None


# ------------------------------------------------------------------------------------------------ slow, silent, asleep


def test_a_link_that_takes_nothing_is_told_once_and_when_it_is_over() -> None:
    play = Play()
    play.begins()
    assert play.tells(Faltered(1.2), Faltered(1.5)) == [Faltering(1.2)]
    assert play.tells(Recovered(), Recovered()) == [Faltering(0.0)]


def test_it_is_over_with_the_connection_too() -> None:
    play = Play()
    play.begins()
    play.tells(Faltered(1.2))
    assert Faltering(0.0) in play.tells(CUT)
    assert play.tells(Faltered(1.0)) == []


def test_sound_that_was_not_sent_is_counted_together_and_told_once_a_second() -> None:
    play = Play()
    play.begins()
    assert play.tells(Dropped(1_600)) == [SoundDropped(100)]
    assert play.tells(Dropped(1_600), Dropped(800), after=0.4) == []
    assert play.tells(after=0.5) == []
    assert play.tells(after=0.2) == [SoundDropped(250)]
    assert play.tells(Dropped(16), after=5.0) == [SoundDropped(251)]


def test_after_a_sleep_of_ten_seconds_the_connection_is_not_trusted() -> None:
    play = Play()
    play.begins()
    assert play.tells(Slept(9.9)) == []
    told = play.tells(Slept(10.4))
    assert told == [Reconnecting("this machine stood still for 10 s", 1, 8, 0.0, 0.0), Reconnect()]


def test_a_sleep_without_further_tries_changes_nothing() -> None:
    play = Play(tries=0)
    play.begins()
    assert play.tells(Slept(600.0)) == []


def test_who_wakes_without_a_connection_tries_at_once_and_says_nothing_stale() -> None:
    play = Play()
    play.begins()
    play.tells(CUT, Refused("connect", "refused"), *[Heard(b"\x00\x20" * 320)] * 5)
    assert play.tells(Slept(3.0)) == [Reconnect()]
    out = play.tells(Opened(), READY)
    assert {type(output) for output in out} == {Send, Reconnected}


def test_a_model_that_owes_words_and_is_silent_is_told_then_left_and_in_the_end_given_up() -> None:
    play = Play()
    play.begins()
    play.tells(Typed("two"))
    assert play.tells(after=4.9) == []
    assert play.tells(after=0.2) == [Noted("the model has said nothing for 5 s")]
    for _ in range(2):
        assert play.tells(after=14.8) == []
        left = play.tells(after=0.2)
        assert [type(output) for output in left] == [Reconnecting, Reconnect]
        assert isinstance(left[0], Reconnecting)
        assert left[0].why == "no answer within 20 s"
        assert play.sends(Opened(), READY)[-1] == question("two")
        assert play.tells(after=5.1) == [Noted("the model has said nothing for 5 s")]
    failed = failure(play.tells(after=20.0))
    assert isinstance(failed.error, Unanswered)
    assert failed.error.why == "asked three times over, the server took the words and said nothing"
    assert failed.error.hint == "try later"


def test_a_model_that_has_answered_between_is_given_three_chances_again() -> None:
    play = Play()
    play.begins()
    for _ in range(4):
        assert Reconnect() in play.tells(Typed("two")) + play.tells(after=20.1)
        play.tells(Opened(), READY, wrote("2"), COMPLETE)
    assert not play.mind.over


# ------------------------------------------------------------------------------------------------ an earlier run


PAST = (Exchange("one", "1"),)


def test_an_earlier_run_is_resumed_with_its_handle() -> None:
    play = Play(past=Past("h0", PAST))
    (setup,) = play.sends(Opened())
    assert setup["setup"]["sessionResumption"] == {"handle": "h0"}
    told = play.tells(READY)
    assert told == [Ready("models/gemini-3.8-live", ""), Reconnected("resumed", 1)]


def test_or_told_to_a_new_session_where_the_handle_is_refused_or_there_is_none() -> None:
    refused = Play(past=Past("h0", PAST))
    refused.tells(Opened(), REFUSED)
    for play in (refused, Play(past=Past("", PAST)), Play(past=Past("", PAST), tries=0)):
        (setup,) = play.sends(Opened())
        assert setup["setup"]["sessionResumption"] == {}
        told = play.tells(READY)
        assert sent(told) == [{"clientContent": {"turns": ONE_TOLD, "turnComplete": False}}]
        assert news(told)[-1] == Reconnected("rebuilt", 1)


def test_the_first_turn_then_is_the_first_of_this_run() -> None:
    play = Play(past=Past("", PAST))
    play.tells(Opened(), READY)
    told = play.tells(Typed("two"), wrote("2"), COMPLETE)
    assert [type(output) for output in told] == [Send, UserSaid, ModelSaid, TurnEnded]
    assert told[-1] == TurnEnded(1, "two", "2", False, 0)
    play.tells(CUT, Opened())
    assert play.tells(READY)[-1] == Reconnected("rebuilt", 2)


# ------------------------------------------------------------------------------------------------ tools


def test_an_answer_of_a_program_to_a_call_of_a_lost_connection_is_not_sent_and_said() -> None:
    play = Play(answers_calls=True)
    play.begins()
    play.tells(Typed("two"), came({"toolCall": {"functionCalls": [{"id": "c1", "name": "f", "args": {}}]}}))
    play.tells(CUT, Opened(), READY)
    answer = {"toolResponse": {"functionResponses": [{"id": "c1", "name": "f", "response": {"output": "x"}}]}}
    told = play.tells(Said(ClientMessage.model_validate(answer)))
    assert told == [Noted("not sent: it answers a call of a connection that is lost")]


def test_a_tool_that_is_asked_for_again_does_not_run_again() -> None:
    play = Play(tools={"f": ToolRule(permission="allow")})
    play.begins()
    call = came({"toolCall": {"functionCalls": [{"id": "c1", "name": "f", "args": {"n": 1}}]}})
    ran = play.tells(Typed("two"), call)
    assert RunTool("c1", "f", {"n": 1}) in ran
    play.tells(ToolFinished("c1", {"output": "x"}), CUT, Opened(), READY)
    again = play.tells(came({"toolCall": {"functionCalls": [{"id": "d7", "name": "f", "args": {"n": 1}}]}}))
    assert not [output for output in again if isinstance(output, RunTool)]
    responses = [message["toolResponse"]["functionResponses"] for message in sent(again)]
    assert responses == [[{"id": "d7", "name": "f", "response": {"output": "x"}}]]


def test_an_interruption_is_no_loss() -> None:
    play = Play(setup=Setup(model="models/gemini-3.8-live", generation_config=GenerationConfig()))
    play.begins()
    play.tells(Typed("two"), wrote("2 is"), INTERRUPTED, COMPLETE, HANDLE, CUT, Opened())
    assert play.tells(READY) == [Reconnected("resumed", 2)]


def call(id: str, **args: object) -> Input:
    return came({"toolCall": {"functionCalls": [{"id": id, "name": "f", "args": args}]}})


def test_a_result_that_comes_after_its_question_was_answered_is_told_in_words_until_it_is_answered_too() -> None:
    play = Play(tools={"f": ToolRule("allow")})
    play.begins()
    play.tells(Typed("two"), call("c1"), wrote("2"), COMPLETE, CUT, Opened(), READY)
    late = play.sends(ToolFinished("c1", {"output": "x"}))
    assert late == [question("[The result of f({}), asked for before the connection was lost] x")]
    play.tells(CUT, Opened(), after=1.0)
    assert play.sends(READY)[1:] == late
    play.tells(wrote("So it is x."), COMPLETE, CUT, Opened(), after=2.0)
    assert len(play.sends(READY)) == 1


def test_what_the_user_allows_for_good_is_not_asked_about_over_another_connection_either() -> None:
    play = Play(tools={"f": ToolRule("ask")})
    play.begins()
    play.tells(Typed("two"), call("c1"))
    assert RunTool("c1", "f", {}) in play.tells(ToolAllowed("c1", always=True))
    play.tells(ToolFinished("c1", {"output": "x"}), wrote("2"), COMPLETE, CUT, Opened(), READY)
    assert RunTool("d1", "f", {"n": 2}) in play.tells(Typed("three"), call("d1", n=2))
    once = Play(tools={"f": ToolRule("ask")})
    once.begins()
    once.tells(Typed("two"), call("c1"), ToolAllowed("c1"), ToolFinished("c1", {"output": "x"}))
    assert not [output for output in once.tells(call("c2", n=2)) if isinstance(output, RunTool)]


def test_tools_that_were_changed_are_those_of_the_next_session() -> None:
    play = Play()
    play.begins()
    changed = {"contextUpdate": {"tools": {"tools": [{"functionDeclarations": [{"name": "g"}]}]}}}
    play.tells(Said(ClientMessage.model_validate(changed)), CUT)
    (setup,) = play.sends(Opened())
    assert setup["setup"]["tools"] == [{"functionDeclarations": [{"name": "g"}]}]
    assert "systemInstruction" not in setup["setup"]


# ------------------------------------------------------------------------------------------------ how it is said


def test_what_a_server_rejects_is_named_by_what_was_sent_last() -> None:
    play = Play(tries=0, tools={"f": ToolRule("allow")})
    play.begins()
    play.tells(Typed("two"), call("c1"), ToolFinished("c1", {"output": "x"}))
    assert failure(play.tells(REFUSED)).error.why == "what we had sent last was toolResponse"


def test_words_without_an_answer_are_said_with_what_to_do() -> None:
    play = Play(tries=0)
    play.begins()
    play.tells(Typed("two"))
    error = failure(play.tells(after=60.1)).error
    assert (error.why, error.hint) == ("the server took the words and said nothing", "try again")


def test_a_setup_without_an_answer_is_said_with_what_to_check() -> None:
    play = Play(tries=0)
    play.tells(Opened())
    assert failure(play.tells(after=10.1)).error.hint == "is it a Live API server? Check --server"


# ------------------------------------------------------------------------------------------------ what was under way


def test_an_answer_that_was_generated_is_whole_though_its_end_did_not_come() -> None:
    play = Play()
    play.begins()
    told = play.tells(Typed("two"), wrote("2"), GENERATED, CUT)
    assert [output for output in told if isinstance(output, TurnEnded)] == [TurnEnded(2, "two", "2", False, 0)]
    assert question("two") not in play.sends(Opened(), READY)


def test_but_where_more_turns_may_follow_in_one_interaction_it_is_not_known_to_be() -> None:
    play = Play("gemini-3.8-live-extended-thinking")
    play.begins()
    told = play.tells(Typed("two"), wrote("2"), GENERATED, CUT)
    ended = [output for output in told if isinstance(output, TurnEnded)]
    assert ended == [TurnEnded(2, "two", "2", True, 0, "connection lost")]
    assert play.sends(Opened(), READY)[-1] == question("two")


def test_an_answer_that_was_interrupted_is_over_with_the_connection() -> None:
    play = Play()
    play.begins()
    told = play.tells(Typed("two"), wrote("2"), INTERRUPTED, CUT)
    assert [output for output in told if isinstance(output, TurnEnded)] == [TurnEnded(2, "two", "2", True, 0)]
    assert question("two") not in play.sends(Opened(), READY)


def test_what_sounds_when_the_connection_is_lost_plays_out() -> None:
    play = Play(plays=True)
    play.begins()
    out = play.tells(Typed("two"), sound(), sound(), GENERATED, CUT)
    assert StopPlaying() not in out
    assert FinishPlaying(2) in out
    assert not [output for output in out if isinstance(output, TurnEnded)]
    assert play.tells(Played(48_000))[-1] == TurnEnded(2, "two", "", False, 2_000)


def test_how_often_it_was_interrupted_and_how_soon_it_fell_silent_is_counted() -> None:
    play = Play(plays=True, tries=0)
    play.begins()
    for text in ("two", "three"):
        assert StopPlaying() in play.tells(Typed(text), sound(SECOND), INTERRUPTED)
        fell = play.tells(Silenced(), after=1.5)
        assert [output.after_ms for output in fell if isinstance(output, FellSilent)] == [1_500]
        play.tells(COMPLETE)
    assert play.tells(Left())[-1] == Ended("left", 3, 2)


def test_a_reply_that_was_interrupted_before_its_first_word_has_no_mark_to_come_over_another_connection() -> None:
    play = Play()
    play.begins()
    play.tells(Typed("two"), INTERRUPTED, CUT, Opened(), READY)
    refused = came({"serverContent": {"turnComplete": True, "turnCompleteReason": "RESPONSE_REJECTED"}})
    assert play.tells(refused) == []
    assert play.tells(after=0.6) == [TurnEnded(2, "two", "", False, 0, "RESPONSE_REJECTED")]


def test_without_a_speaker_all_that_came_was_heard() -> None:
    play = Play(tries=0)
    play.begins()
    told = play.tells(Typed("two"), sound(), sound(), INTERRUPTED)
    assert [output.heard_ms for output in told if isinstance(output, Interrupted)] == [2_000]


def test_a_reply_whose_end_is_missing_is_over_ten_seconds_after_its_sound_would_have_been() -> None:
    play = Play(tries=0)
    play.begins()
    play.tells(Typed("two"), *[sound()] * 20, GENERATED, after=100.0)
    assert play.tells(after=29.9) == []
    assert play.tells(after=0.2) == [TurnEnded(2, "two", "", False, 20_000, "missing turnComplete")]


def test_history_that_a_server_rejects_is_what_was_sent_last() -> None:
    play = Play(past=Past("", PAST), tries=0)
    play.tells(Opened(), READY)
    assert failure(play.tells(REFUSED)).error.why == "what we had sent last was clientContent"


def test_a_question_in_parts_is_put_again_in_its_parts() -> None:
    play = Play()
    play.begins()
    parts = [
        {"clientContent": {"turns": [{"parts": [{"text": "two"}], "role": "user"}], "turnComplete": False}},
        question("and a half"),
    ]
    play.tells(*[Said(ClientMessage.model_validate(part)) for part in parts], CUT)
    assert play.sends(Opened(), READY)[2:] == parts
    only_begun = Play()
    only_begun.begins()
    only_begun.tells(Said(ClientMessage.model_validate(parts[0])), CUT)
    assert only_begun.sends(Opened(), READY)[2:] == parts[:1]


def test_sound_that_was_held_for_a_tool_goes_out_after_it() -> None:
    play = Play("gemini-2.5-flash-native-audio-latest", tools={"f": ToolRule("allow")})
    play.begins()
    play.tells(call("c1"))
    assert play.tells(Heard(bytes(640))) == []
    assert SendSound(bytes(640)) in play.tells(ToolFinished("c1", {"output": "x"}))


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"contextUpdate": {"systemInstruction": {"parts": [{"text": "x"}]}}}, "contextUpdate"),
        ({"realtimeInput": {"text": "x"}}, "realtimeInput"),
        ({"clientContent": {"turns": [], "turnComplete": False}}, "clientContent"),
        ({"toolResponse": {"functionResponses": []}}, "toolResponse"),
    ],
)
def test_whatever_was_sent_last_has_its_name(said: dict[str, object], kind: str) -> None:
    play = Play(tries=0)
    play.begins()
    play.tells(Said(ClientMessage.model_validate(said)))
    assert failure(play.tells(REFUSED)).error.why == f"what we had sent last was {kind}"


def test_a_minute_of_dropped_sound_is_a_minute() -> None:
    play = Play()
    play.begins()
    assert play.tells(Dropped(60 * 16_000)) == [SoundDropped(60_000)]


def test_sound_that_is_held_for_a_tool_when_the_connection_is_lost_is_sent_over_the_next() -> None:
    play = Play("gemini-2.5-flash-native-audio-latest", tools={"f": ToolRule("allow")})
    play.begins()
    play.tells(call("c1"), Heard(b"\1\0" * 320), CUT, ToolFinished("c1", {"output": "x"}))
    sounds = [output.pcm for output in play.tells(Opened(), READY) if isinstance(output, SendSound)]
    assert sounds == [b"\1\0" * 320]


def test_who_has_the_floor_when_the_connection_is_lost_has_it_again_and_is_heard_from_there() -> None:
    manual = {"realtimeInputConfig": {"automaticActivityDetection": {"disabled": True}}}
    play = Play(setup=Setup.model_validate({"model": "models/gemini-3.8-live", **manual}))
    play.begins()
    voice = Heard(b"\0\x20" * 320)
    play.tells(FloorClaimed(), voice, voice, CUT)
    out = play.tells(Opened(), READY)
    mark = Send(ClientMessage.model_validate({"realtimeInput": {"activityStart": {}}}))
    assert out[out.index(mark) :] == [mark, SendSound(voice.pcm, True), SendSound(voice.pcm, True)]


def test_speech_that_was_said_before_a_short_sleep_is_not_what_a_handle_stands_for() -> None:
    for spoken, how in (([Heard(b"\0\x20" * 3_200)], "rebuilt"), ([], "resumed")):
        play = Play()
        play.begins()
        play.tells(HANDLE, *spoken, Slept(3.0), CUT)
        told = [output.how for output in play.tells(Opened(), READY) if isinstance(output, Reconnected)]
        assert told == [how]


def test_a_refusal_of_what_was_said_is_answered_with_a_session_that_knows_no_handle_and_the_next_is_the_end() -> None:
    play = Play()
    play.begins()
    play.tells(HANDLE)
    assert Reconnect() in play.tells(REFUSED)
    opened = play.sends(Opened())
    assert opened[0]["setup"]["sessionResumption"] == {}
    play.tells(READY, came({"serverContent": {"interrupted": True}}))
    assert isinstance(failure(play.tells(REFUSED)), Failed)


def test_a_result_that_comes_after_the_last_word_is_for_nobody() -> None:
    play = Play("gemini-3.8-live", tries=0, plays=True, tools={"f": ToolRule("allow")})
    play.begins()
    play.tells(Typed("two"), call("c1"), wrote("wait"), sound(SECOND), COMPLETE, Lost(1000, ""))
    assert play.sends(ToolFinished("c1", {"output": "x"})) == []


def test_a_caller_can_see_how_many_turns_there_were_and_how_far_a_reply_is() -> None:
    play = Play(plays=True)
    play.begins()
    assert (play.mind.turns_begun, play.mind.progress) == (1, None)
    play.tells(Typed("two"), sound(SECOND), Played(6_000), Committed(6_000))
    assert play.mind.turns_begun == 2
    assert play.mind.progress is not None
    assert play.mind.progress.heard_ms == 250
    told = play.tells(INTERRUPTED)
    assert [output.heard_ms for output in told if isinstance(output, Interrupted)] == [500]
