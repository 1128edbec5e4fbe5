"""How long a connection and its session last, in plays of the whole mind."""

from __future__ import annotations

from livechat.protocol.parts import FunctionCall
from livechat.server.acts import (
    BeSilent,
    Listen,
    OpenEars,
    Send,
    Speak,
    Spoken,
    Staged,
    Suffer,
    Think,
    Thought,
    ThoughtEnded,
)
from livechat.server.pieces import Mishap, Notice
from livechat.server.scenario import Drop, Limits, Scenario
from tests.dialogue_help import (
    AUDIO_MODEL,
    SECOND,
    asks,
    calling,
    closes,
    connected,
    frame,
    goes_away,
    limited,
    sends_sound,
    session,
    setup,
    sounds,
    spoken,
    thinks,
    written,
)
from tests.playbook import after, nothing

TEN_MINUTES = limited(Limits(audio_s=None, video_s=None))
TOO_LATE = closes(1011, "Deadline expired before operation could complete.")
PICTURE = frame('{"realtimeInput": {"video": {"data": "YWI=", "mimeType": "image/jpeg"}}}')
TOOLS = '{"tools": [{"functionDeclarations": [{"name": "get_time"}]}]}'


def test_production_ends_a_connection_after_ten_minutes_and_says_so_fifty_seconds_before() -> None:
    assert Scenario().limits == Limits(connection_s=600, notice_s=50, audio_s=900, video_s=120)
    assert (
        session(terms=TEN_MINUTES)
        >> after(549.9)
        << nothing
        >> after(0.2)
        << goes_away("50s")
        >> after(49.8)
        << nothing
        >> after(0.2)
        << BeSilent
        << TOO_LATE
    )


def test_a_clock_that_wakes_late_tells_what_is_left_and_whole_seconds_all_the_same() -> None:
    play = session(terms=TEN_MINUTES)
    play.now = 550.003
    assert play >> asks("x", complete=False) << goes_away("50s")
    play.now = 590.5
    assert play >> asks("x", complete=False) << nothing


def test_notice_that_is_longer_than_the_connection_comes_at_once() -> None:
    terms = limited(Limits(connection_s=600, notice_s=900, audio_s=None, video_s=None))
    play = connected(terms) >> after(1) >> setup() << Send << OpenEars << goes_away("599s") >> after(598) << nothing
    assert play >> after(1) << BeSilent << TOO_LATE


def test_a_connection_that_ends_before_its_setup_ends_when_it_comes() -> None:
    terms = limited(Limits(connection_s=1, audio_s=None, video_s=None))
    assert connected(terms) >> after(5) << nothing >> setup() << Send << OpenEars << BeSilent << TOO_LATE


def test_time_is_scaled_and_what_is_told_is_real() -> None:
    terms = limited(Limits(time_scale=60, audio_s=None, video_s=None))
    play = session(terms=terms) >> after(9.1) << nothing >> after(0.1) << goes_away("0.830s")
    assert play >> after(0.9) << BeSilent << TOO_LATE


def test_a_session_that_has_heard_sound_ends_a_quarter_of_an_hour_later() -> None:
    terms = limited(Limits(connection_s=None))
    play = spoken(terms=terms) >> after(3_600) << nothing >> sends_sound(b"ab") << Listen
    assert play >> after(849.9) << nothing >> after(0.1) << goes_away("50s") >> after(50) << BeSilent << TOO_LATE


def test_a_session_that_sees_pictures_ends_two_minutes_later() -> None:
    play = spoken(terms=limited(Limits(connection_s=None))) >> sends_sound(b"ab") << Listen
    play = play >> after(600) >> PICTURE << nothing >> after(69.9) << nothing >> after(0.1) << goes_away("50s")
    assert play >> after(50) << BeSilent << TOO_LATE


def test_with_compression_a_session_has_no_end() -> None:
    play = spoken('{"contextWindowCompression": {}}', limited(Limits(connection_s=None)))
    assert play >> sends_sound(b"ab") << Listen >> PICTURE << nothing >> after(100_000) << nothing


def test_going_away_stops_nobody_from_speaking() -> None:
    play = spoken(terms=TEN_MINUTES) >> after(549.5) >> asks("x") << thinks(1, ("user", "x")) >> Thought(1, "One. Two.")
    play = play << Speak(1, "One. ", "Puck") >> Spoken(1, bytes(30 * SECOND))
    said = play.take()
    play = play >> after(0.6)
    orders = play.take()
    assert goes_away("50s") in orders
    assert len(said) > 3
    assert [order for order in orders if order == sounds(11_520)]
    assert play


def test_a_connection_ends_in_mid_sentence_when_its_time_has_come() -> None:
    play = spoken(terms=TEN_MINUTES) >> after(590) << goes_away("50s")
    play = play >> asks("x") << thinks(1, ("user", "x")) >> Thought(1, "One. T")
    play = play << Speak(1, "One. ", "Puck") >> Spoken(1, bytes(60 * SECOND))
    play.take()
    play = play >> after(10)
    *_, silence, hang_up = play.take()
    assert (silence, hang_up) == (BeSilent(), TOO_LATE)
    assert play >> after(10) << nothing


def test_going_away_while_a_function_runs_leaves_it_running() -> None:
    play = written(TEN_MINUTES, TOOLS) >> after(500) >> asks("x") << Think >> Thought(1, FunctionCall(name="get_time"))
    play = play >> ThoughtEnded(1) << Send << calling("get_time") >> after(60) << goes_away("50s")
    assert play >> frame('{"toolResponse": {"functionResponses": [{"name": "get_time", "response": {}}]}}') << Think
    assert play >> after(40) << BeSilent << TOO_LATE


def test_somebody_outside_can_have_the_client_told_to_go() -> None:
    play = session(terms=TEN_MINUTES) >> after(10) >> Staged(Notice(5)) << goes_away("5s") >> after(4.9) << nothing
    assert play >> after(0.1) << BeSilent << TOO_LATE


def test_no_client_is_told_to_go_before_its_setup_is_answered() -> None:
    play = connected(TEN_MINUTES) >> Staged(Notice(5)) << nothing >> after(1) >> setup()
    assert play << Send << OpenEars << goes_away("5s") >> after(5) << BeSilent << TOO_LATE


def test_a_connection_can_go_wrong_before_its_setup() -> None:
    assert connected() >> Staged(Mishap(Drop())) << Suffer(Drop())


def test_a_session_of_words_alone_lasts_as_long_as_its_connections() -> None:
    play = session(model=AUDIO_MODEL, terms=limited(Limits(connection_s=None)))
    assert play >> after(100_000) << nothing
