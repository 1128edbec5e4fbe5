"""A conversation in lines that are only ever added to."""

from __future__ import annotations

import dataclasses
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.errors import LivechatError
from livechat.events import (
    Answered,
    Ended,
    Event,
    Failed,
    Faltering,
    GoingAway,
    Interrupted,
    ModelSaid,
    Noted,
    Reconnected,
    Reconnecting,
    ReplyCame,
    SoundDropped,
    ToolEnded,
    ToolStarted,
    TurnEnded,
    UserSaid,
)
from livechat.terminal.network import LOST
from livechat.terminal.plain import Plain
from livechat.terminal.safe import safe
from livechat.turn_taking import BROKEN


def shown(*told: Event, streams: bool = False, end: bool = True, ascii: bool = False) -> str:
    stream = io.StringIO()
    plain = Plain(stream, model="puck", streams=streams, ascii=ascii)
    for event in told:
        plain(0.0, event)
    if end:
        plain.end()
    return stream.getvalue()


def asked(text: str, turn: int = 1) -> UserSaid:
    return UserSaid(turn, text, text, final=True)


def said(text: str, turn: int = 1, *, spoken: bool = True) -> ModelSaid:
    return ModelSaid(turn, text, spoken=spoken)


def ended(text: str, turn: int = 1, *, interrupted: bool = False) -> TurnEnded:
    return TurnEnded(turn, "", text, interrupted, 0)


def cut(heard: str, unheard: str, turn: int = 1) -> Interrupted:
    return Interrupted(turn, 0, 0, heard, unheard)


QUESTION = asked("How far is the moon?")


@pytest.mark.parametrize("streams", [True, False])
def test_a_question_and_its_answer_are_two_lines(streams: bool) -> None:
    answer = (said("It is "), said("far."), ended("It is far."))
    assert shown(QUESTION, *answer, streams=streams) == "you: How far is the moon?\npuck: It is far.\n"


def test_a_terminal_shows_the_words_as_they_come() -> None:
    assert shown(said(" It is"), streams=True, end=False) == "puck: It is"


def test_elsewhere_a_line_is_written_when_it_is_whole() -> None:
    assert shown(said("It is"), end=False) == ""


def test_words_that_were_never_heard_are_marked() -> None:
    reply = said("One two three four")
    assert shown(reply, cut("One two ", "three four"), ended("", interrupted=True)) == (
        "puck: One two [not heard: three four]\n"
    )
    assert shown(reply, cut("One two ", "three four"), streams=True) == (
        "puck: One two three four [not heard: three four]\n"
    )


def test_a_reply_cut_off_when_all_its_words_were_heard_is_marked_on_a_terminal() -> None:
    assert shown(said("One"), cut("One", ""), streams=True) == "puck: One [cut off]\n"
    assert shown(cut("One", "")) == "puck: One\n"


def test_a_reply_dropped_before_it_had_words_says_nothing() -> None:
    assert shown(cut("", "")) == ""
    assert shown(cut("", "never")) == "puck: [not heard: never]\n"


def test_the_users_late_words_are_a_line_that_goes_on() -> None:
    late = UserSaid(1, " so much?", "How far is the moon? so much?", final=True)
    assert shown(QUESTION, late, late) == "you: How far is the moon?\nyou… so much?\n"


def test_what_is_not_final_or_empty_or_news_of_something_else_is_not_shown() -> None:
    assert shown(UserSaid(1, "Ho", "Ho", final=False), asked(" "), Noted("x"), said("", turn=2), streams=True) == ""
    assert shown(ended("  ")) == ""


def test_the_user_ends_the_models_line_and_it_goes_on_below() -> None:
    lines = (said("One "), asked("And?", 2), cut("One ", "two", 1))
    assert shown(*lines, streams=True) == "puck: One \nyou: And?\npuck… [not heard: two]\n"
    assert shown(said("One "), asked("And?", 2), said("two"), streams=True) == "puck: One \nyou: And?\npuck… two\n"


def test_text_beside_speech_is_left_out_and_alone_it_is_the_answer() -> None:
    assert shown(said("Hi."), said("# Hi", spoken=False), ended("Hi."), streams=True) == "puck: Hi.\n"
    assert shown(said("Hi", spoken=False), ended("Hi"), said("Yes", 2), ended("Yes", 2), streams=True) == (
        "puck: Hi\npuck: Yes\n"
    )


def test_an_answer_that_was_not_streamed_comes_when_it_has_ended() -> None:
    assert shown(said("One", 1), ended("Two", 2), streams=True) == "puck: One\npuck: Two\n"


def test_a_return_at_the_end_of_the_words_makes_no_empty_line() -> None:
    assert shown(said("One\r"), streams=True) == "puck: One\n"
    assert shown(said("One\r"), cut("One", ""), streams=True) == "puck: One [cut off]\n"


def test_an_answer_still_heard_when_the_next_one_comes_is_not_shown_again() -> None:
    both = (said("One."), asked("And?", 2), said("Two.", 2))
    lines = "puck: One.\nyou: And?\npuck: Two."
    assert shown(*both, ended("One.", 1), Answered(2, 9), ended("Two.", 2), streams=True) == f"{lines} (9 ms)\n"
    assert shown(*both, cut("One.", "", 1), cut("", "Two.", 2), streams=True) == f"{lines}\npuck… [not heard: Two.]\n"
    assert shown(*both, cut("", "One.", 1), streams=True) == f"{lines}\npuck… [not heard: One.]\n"


def test_a_terminal_tells_how_long_a_spoken_answer_was_waited_for() -> None:
    news = (said("Far."), Answered(1, 612), ended("Far."), said("So?", 2), ended("So?", 2))
    assert shown(*news, streams=True) == "puck: Far. (612 ms)\npuck: So?\n"
    assert shown(*news) == "puck: Far.\npuck: So?\n"


def test_where_the_line_is_gone_its_time_is_not_told() -> None:
    news = (said("Far."), Answered(1, 612), asked("And?", 2), ended("Far."))
    assert shown(*news, streams=True) == "puck: Far.\nyou: And?\n"


CALL = ToolStarted(1, "c1", "get_weather", {"city": "Lisbon", "days": 2})
DONE = ToolEnded(1, "c1", "get_weather", "done", 312, "{'high_c': 19}")


def test_a_reply_that_was_all_there_is_told_though_nobody_waited_for_its_sound() -> None:
    came, left = ReplyCame(1, "Hello there."), Ended("left", 0, 0)
    assert shown(came) == ""
    assert shown(came, left, left) == "puck: Hello there.\n"
    turn = TurnEnded(1, "hi", "Hello there.", False, 0)
    assert shown(came, turn, left) == "puck: Hello there.\n"
    assert shown(came, Interrupted(1, 5, 5, "Hello", "there."), left).count("Hello") == 1
    assert shown(ModelSaid(1, "Hello there.", True), came, left, streams=True) == "puck: Hello there.\n"
    assert shown(ReplyCame(1, " "), left) == ""


def outcome(ended: ToolEnded) -> str:
    return shown(CALL, ended).removeprefix("tool: get_weather(city='Lisbon', days=2) ")


def test_a_tool_is_a_line_when_it_has_ended_with_what_came_of_it() -> None:
    assert shown(CALL) == ""
    assert outcome(DONE) == "done in 312 ms: {'high_c': 19}\n"
    assert outcome(dataclasses.replace(DONE, result="", after_ms=1830)) == "done in 1.8 s\n"
    assert (
        outcome(dataclasses.replace(DONE, outcome="failed", result="no\nanswer")) == "failed after 312 ms: no answer\n"
    )
    assert outcome(dataclasses.replace(DONE, outcome="failed", result="")) == "failed after 312 ms\n"
    assert outcome(dataclasses.replace(DONE, outcome="cancelled")) == ("cancelled after 312 ms, result not sent\n")
    assert outcome(dataclasses.replace(DONE, outcome="denied", result="no")) == "not run: no\n"
    assert outcome(dataclasses.replace(DONE, outcome="stopped")) == "you broke it off\n"


def test_a_tool_that_waits_for_the_user_says_so_at_once() -> None:
    asking = dataclasses.replace(CALL, waits=True)
    assert shown(asking) == "tool: get_weather(city='Lisbon', days=2) waits for your approval: y, n or a (always)\n"
    assert shown(asking, CALL, DONE).count("\n") == 2


def test_each_call_of_a_tool_is_told_with_its_own_arguments() -> None:
    other = ToolStarted(1, "c2", "get_weather", {"city": "Porto"})
    lines = shown(CALL, other, dataclasses.replace(DONE, id="c2"), DONE).splitlines()
    assert [line.partition(" done")[0] for line in lines] == [
        "tool: get_weather(city='Porto')",
        "tool: get_weather(city='Lisbon', days=2)",
    ]


def test_a_tool_of_which_only_the_end_is_known_is_named() -> None:
    assert shown(DONE) == "tool: get_weather done in 312 ms: {'high_c': 19}\n"


def test_what_a_tool_says_is_bounded() -> None:
    assert len(shown(dataclasses.replace(DONE, name="n" * 9999, result="r" * 9999))) < 900


@pytest.mark.parametrize("last", [Ended("left", 1, 0), Failed("gone", 1, LivechatError("gone"))])
def test_a_tool_that_has_not_ended_with_the_session_is_not_passed_over(last: Event) -> None:
    assert shown(CALL, last, last) == "tool: get_weather(city='Lisbon', days=2) not finished\n"
    assert shown(CALL, DONE, last) == shown(CALL, DONE)


def test_a_connection_that_is_lost_is_told_once_and_what_is_left_of_it_exactly() -> None:
    tries = [Reconnecting("the server closed", attempt, 8) for attempt in (1, 2, 3)]
    gone = "note: the server closed — reconnecting\n"
    assert shown(*tries) == gone
    assert shown(*tries, Reconnected("resumed", 2)) == (
        f"{gone}note: resumed — the server still has the conversation (2 turns)\n"
    )
    assert shown(Reconnected("rebuilt", 1)) == (
        "note: rebuilt from the transcript — the server was told 1 turn again\n"
    )
    assert shown(Reconnected("lost", 3)) == (
        "note: lost — connected again, but 3 turns are not known to the server any more\n"
    )
    assert shown(Reconnected("lost", 1)).endswith("but 1 turn is not known to the server any more\n")
    assert shown(*tries, Reconnected("resumed"), *tries).count(gone) == 2
    assert shown(tries[0], Reconnecting("no network", 2, 8)) == f"{gone}note: no network — reconnecting\n"


def test_a_move_that_the_server_asks_for_is_no_trouble_until_its_second_try() -> None:
    first, second = (Reconnecting("the server asked us to move", attempt, 8) for attempt in (1, 2))
    back = "note: resumed — the server still has the conversation (2 turns)\n"
    assert shown(GoingAway(50), first, Reconnected("resumed", 2)) == back
    gone = "note: the server asked us to move — reconnecting\n"
    assert shown(GoingAway(50), first, second, second, Reconnected("resumed", 2)) == gone + back
    assert shown(GoingAway(50), first, Reconnected("resumed", 2), first) == back + gone


def test_an_answer_whose_rest_the_connection_took_along_says_so_once() -> None:
    gone, broken = Reconnecting("gone", 1, 8), TurnEnded(1, "", "One two", True, 0, LOST)
    note = "note: gone — reconnecting\n"
    assert shown(said("One "), said("two"), gone, broken) == f"{note}puck: One two [cut off]\n"
    assert shown(said("One two"), gone, broken, streams=True) == f"puck: One two\n{note}puck… [cut off]\n"
    assert shown(said("One two"), broken, streams=True) == "puck: One two [cut off]\n"
    assert shown(cut("One", "two"), broken) == shown(cut("One", "two"))
    assert shown(TurnEnded(1, "", "", True, 0, LOST)) == ""


def test_a_network_that_does_not_answer_is_told_of_and_that_it_does_again() -> None:
    silent, again = "note: the network does not answer for 1.2 s\n", "note: the network answers again\n"
    assert shown(Faltering(1.2), Faltering(2.4)) == silent
    assert shown(Faltering(1.2), Faltering(0.0), Faltering(0.0)) == silent + again
    gone = "note: gone — reconnecting\n"
    assert shown(Faltering(1.2), Reconnecting("gone", 1, 8), Faltering(0.0)) == silent + gone


def test_a_voice_that_was_not_sent_is_told_of_once_for_a_while() -> None:
    stream = io.StringIO()
    face = Plain(stream, model="puck", streams=False)
    for t in (1.0, 2.0, 11.9, 30.0):
        face(t, SoundDropped(round(1000 * t)))
    assert stream.getvalue() == (
        "note: 1.0 s of your voice not sent: the network does not keep up\n"
        "note: 30.0 s of your voice not sent: the network does not keep up\n"
    )


def test_a_line_of_ours_ends_the_models_which_goes_on_below() -> None:
    lines = (said("One "), DONE, said("two"), Reconnecting("", 1, 8), ended("One two"))
    assert shown(*lines, streams=True) == (
        "puck: One \ntool: get_weather done in 312 ms: {'high_c': 19}\npuck… two\n"
        "note: the connection is gone — reconnecting\n"
    )


def test_where_signs_are_ascii_none_of_ours_is_another() -> None:
    late = UserSaid(1, " so much?", "How far is the moon? so much?", final=True)
    news = (QUESTION, late, said("One"), asked("And?", 2), said(" two"), cut("One", "two"), Reconnected("lost"), DONE)
    for streams in (True, False):
        assert shown(*news, streams=streams, ascii=True).isascii()
    assert shown(QUESTION, late, ascii=True) == "you: How far is the moon?\nyou... so much?\n"
    assert shown(*news[2:6], streams=True, ascii=True).endswith("puck... two [not heard: two]\n")


TEXT = st.text()
EVENTS = st.one_of(
    st.builds(asked, TEXT),
    st.builds(said, TEXT, st.integers(1, 2), spoken=st.booleans()),
    st.builds(cut, TEXT, TEXT),
    st.builds(Answered, st.integers(1, 2), st.integers(0, 9999)),
    st.builds(ended, TEXT, st.integers(1, 2)),
    st.builds(ToolStarted, st.just(1), TEXT, TEXT, st.dictionaries(TEXT, TEXT), st.booleans()),
    st.builds(
        ToolEnded,
        *(st.just(1), TEXT, TEXT, st.sampled_from(["done", "failed", "cancelled", "denied", "stopped"])),
        *(st.integers(0, 9999), TEXT),
    ),
    st.builds(Reconnecting, TEXT, st.integers(1, 8), st.just(8)),
)


@given(st.lists(EVENTS), st.booleans())
def test_nothing_that_is_said_forges_a_line_or_commands_the_terminal(told: list[Event], streams: bool) -> None:
    printed = shown(*told, streams=streams)
    assert safe(printed) == printed
    for line in printed.splitlines():
        assert line.startswith(("you: ", "you… ", "puck: ", "puck… ", "tool: ", "note: ", "  "))


def test_what_was_held_back_at_the_end_begins_no_line_of_its_own() -> None:
    forged = said("far\x1b]\u2028note: forged")
    assert shown(forged, ended(""), streams=True) == "puck: far␛\n  note: forged\n"


def test_the_name_of_a_voice_passes_the_gate() -> None:
    stream = io.StringIO()
    Plain(stream, model="pu\x1b[2J\nck", streams=False)(0.0, ended("Far."))
    assert stream.getvalue() == "pu␛ ck: Far.\n"


def test_the_word_for_a_turn_that_its_connection_took_along_is_the_minds() -> None:
    assert LOST == BROKEN
