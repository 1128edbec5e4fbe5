"""What a conversation leaves in history, told as event lists with the words that are printed."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.errors import LivechatError
from livechat.events import (
    Answered,
    Ended,
    Failed,
    GoingAway,
    Hushed,
    Interrupted,
    ModelThought,
    Noted,
    Reconnected,
    Reconnecting,
    ToolEnded,
    ToolStarted,
    TurnEnded,
    UsageCounted,
    UserSaid,
)
from livechat.terminal.cells import width_of
from livechat.terminal.inputs import Gauged, Headed, Look, Resized, Ticked, Told, Typing
from livechat.terminal.picture import picture
from livechat.terminal.safe import Safe
from livechat.terminal.states import State
from livechat.terminal.story import MOST_BLOCKS, MOST_KNOWN
from livechat.terminal.style import Span, Style
from livechat.terminal.view import News
from tests.view_help import PUCK, WRITER, Face, ended, heard, hearing, said, shown, sounding, wrote
from tests.view_tales import ACTS, LETTERS, NEWS, SECONDS, WORD, Tale, news_of

QUESTION = heard("How far is the moon?")
ANSWER = "The moon is about three hundred and eighty-four thousand kilometres away."


# ------------------------------------------------------------------------------------------------ the user


def test_the_words_of_the_user_begin_after_a_blank_row_and_hang_beside_the_name() -> None:
    face = Face().tell(heard("How far is the moon from the earth, and how long would I walk?")).tell(Ticked(), at=1)
    assert face.history == ("\n you  How far is the moon from the earth, and how long would\n      I walk?")


def test_words_that_are_still_said_stand_in_the_region_alone_in_italics_before_a_cursor() -> None:
    face = Face().tell(hearing("How far is the mo"))
    assert (face.history, face.live) == ("", " you  How far is the mo▌")
    assert face.style("How far") == Style.ITALIC


def test_pieces_are_appended_and_revised_in_the_region() -> None:
    face = Face().tell(UserSaid(1, "How fair", "How fair", final=False))
    assert face.tell(UserSaid(1, " is", "How far is", final=False)).live == " you  How far is▌"


def test_complete_words_wait_a_little_for_a_tail_and_take_it_in() -> None:
    face = Face().tell(QUESTION, at=1)
    assert (face.history, face.live) == ("", " you  How far is the moon?")
    face.tell(UserSaid(1, " Really?", "How far is the moon? Really?", final=True), at=1.3).tell(Ticked(), at=1.5)
    assert face.history == "\n you  How far is the moon? Really?"


def test_a_tail_that_comes_later_is_a_line_of_its_own() -> None:
    face = Face().tell(QUESTION).tell(Ticked(), at=1)
    tail = UserSaid(1, " Really?", "How far is the moon? Really?", final=True)
    assert face.tell(tail).tell(Ticked(), at=2).history == "\n you  How far is the moon?\n you… Really?"


def test_the_model_begins_and_the_words_before_are_complete() -> None:
    face = Face().tell(hearing("How far"), at=1).tell(said("It "), at=2).tell(Ticked(), at=2.3)
    assert face.history == ""
    assert face.tell(Ticked(), at=2.5).history == "\n you  How far"


def test_a_late_transcript_takes_its_place_above_an_answer_that_is_not_history_yet() -> None:
    face = Face().tell(said("It is far."), QUESTION)
    assert face.live == " you  How far is the moon?\npuck  It is far."
    assert face.tell(ended()).history == "\n you  How far is the moon?\npuck  It is far."


def test_a_transcript_that_comes_when_the_answer_is_history_does_not_pretend_to_have_been_before() -> None:
    face = Face().tell(said("It is far."), ended(), QUESTION)
    assert face.history == "puck  It is far.\n you… How far is the moon?"


def test_late_words_between_the_rows_of_an_answer_name_both_speakers() -> None:
    face = Face().tell(QUESTION, said(ANSWER), sounding(4000, 5000), at=5).tell(Ticked(), at=6)
    face.tell(UserSaid(1, " Really?", "How far is the moon? Really?", final=True), ended())
    assert face.history == (
        "\n"
        " you  How far is the moon?\n"
        "puck  The moon is about three hundred and eighty-four\n"
        " you… Really?\n"
        "puck… thousand kilometres away."
    )


def test_words_that_say_nothing_are_not_shown() -> None:
    face = Face().tell(hearing("  "), heard(" "), ended())
    assert (face.history, face.live) == ("", "")
    assert Face().tell(hearing("Ehm"), UserSaid(1, "", "", final=True), ended()).history == ""


def test_a_typed_text_keeps_its_lines_and_waits_for_nothing() -> None:
    assert Face(WRITER).tell(heard("one\ntwo")).history == "\n you  one\n      two"


# ----------------------------------------------------------------------------------------- words that are spoken


def test_words_are_dim_until_they_were_played() -> None:
    face = Face().tell(said(ANSWER), sounding(2300, 5000))
    assert face.live == "puck  The moon is about three hundred and eighty-four\n      thousand kilometres away."
    assert face.style("The moon is about three hundred ") == Style.NONE
    assert face.style("and eighty-four") == Style.DIM
    assert face.history == ""


def test_what_was_heard_is_not_unheard_again_when_sound_comes_before_its_words() -> None:
    face = Face().tell(said(ANSWER), sounding(2300, 5000), sounding(2400, 9000))
    assert face.style("The moon is about three hundred ") == Style.NONE
    assert face.tell(sounding(4400, 9000)).style("The moon is about three hundred ") == Style.NONE


def test_a_row_goes_into_history_when_all_of_it_was_played() -> None:
    face = Face().tell(said(ANSWER), sounding(3200, 5000))
    assert face.history == ""
    face.tell(sounding(3300, 5000))
    assert face.history == "puck  The moon is about three hundred and eighty-four"
    assert face.live == "      thousand kilometres away."


def test_nothing_counts_as_played_where_nobody_tells_of_playing() -> None:
    assert Face().tell(said(ANSWER), Gauged(-40, -20), Ticked()).history == ""


def test_words_that_come_long_before_their_sound_are_not_taken_for_heard() -> None:
    face = Face().tell(said(ANSWER), sounding(50, 50))
    assert face.style(ANSWER[:47]) == Style.DIM


def test_words_that_come_after_their_sound_are_heard_at_once() -> None:
    assert Face().tell(said("It is far."), sounding(2000, 2000)).style("It is far.") == Style.NONE


ROW = ("word " * 11).strip()


def test_what_does_not_fit_into_the_region_is_told_in_seconds() -> None:
    face = Face().tell(said("word " * 200), sounding(2000, 40_000))
    assert face.live == f"puck  {ROW}\n      {ROW}\n      {ROW}\n      … 38 s ahead"


def test_chinese_is_heard_character_by_character() -> None:
    face = Face().tell(said("明日のリスボンは十九度くらいです。傘を持って行ってください。" * 2), sounding(5000, 10_000))
    assert face.history == "puck  明日のリスボンは十九度くらいです。傘を持って行ってくだ"


def test_no_character_is_lost_between_rows_that_break_without_a_space() -> None:
    text = "明日のリスボンは十九度くらいです。傘を持って行ってください。" * 3
    face = Face().tell(said(text), sounding(9000, 10_000), ended())
    assert face.history.replace("\n      ", "") == f"puck  {text}"


def test_rows_follow_the_sound_one_by_one() -> None:
    face = Face().tell(said(" word" * 110))
    counts = [face.tell(sounding(heard_ms, 50_000)).history.count("word") for heard_ms in range(0, 50_000, 5000)]
    assert counts == [0, 11, 22, 33, 44, 55, 66, 77, 88, 99]
    assert face.history.startswith("puck  word word")


def test_the_end_of_a_turn_brings_the_rest_and_how_long_it_was_waited_for() -> None:
    face = Face().tell(said("It is far."), Answered(1, 612), sounding(900, 1000), ended(text="It is far."))
    assert (face.history, face.live) == ("puck  It is far.  612 ms", "")


@pytest.mark.parametrize(
    ("ms", "color"), [(799, Style.GREEN), (800, Style.YELLOW), (1499, Style.YELLOW), (1500, Style.RED)]
)
def test_the_latency_is_green_yellow_or_red(ms: int, color: Style) -> None:
    face = Face().tell(said("Far."), Answered(1, ms), ended())
    (badge,) = (span for row in face.rows for span in row if span.text == f"{ms} ms")
    assert badge.style == color


def test_a_latency_that_does_not_fit_stands_below() -> None:
    face = Face().tell(said("word " * 11), Answered(1, 612), ended())
    assert face.history == "puck  word word word word word word word word word word word\n      612 ms"


def test_words_told_by_the_end_of_their_turn_alone_are_not_lost() -> None:
    assert Face().tell(ended(text="It is far.", spoken_ms=900)).history == "puck  It is far."
    assert Face().tell(ended(text="It is **far**.")).history == "puck  It is far."
    assert Face().tell(said("Far."), ended(text="Far."), ended(text="Far.")).history == "puck  Far."


def test_text_beside_speech_is_left_out_and_before_it_stays() -> None:
    assert Face().tell(said("Hi."), wrote("# Hi"), ended()).history == "puck  Hi."
    assert Face().tell(wrote("# Well"), said("Hi."), ended()).history == "puck  Well\n      Hi."


def test_empty_words_open_nothing() -> None:
    assert Face().tell(said(" "), ended()).history == ""


def test_two_answers_that_overlap_stand_in_order() -> None:
    face = Face().tell(said("One."), heard("And?", 2), said("Two.", 2))
    assert face.live == "puck  One.\n\n you  And?\npuck  Two."
    face.tell(Answered(2, 500), ended(2), ended(1))
    assert face.history == "puck  One.\n\n you  And?\npuck  Two.  500 ms"


def test_a_later_answer_that_sounds_ends_an_earlier_one() -> None:
    assert Face().tell(said("One."), said("Two.", 2), sounding(10, 1000, turn=2)).history == "puck  One."


def test_what_is_said_after_its_end_is_shown_at_once() -> None:
    face = Face().tell(said("One."), ended(), said("Two."), wrote("Three", 2), ended(2), wrote("Four", 2))
    assert face.history == "puck  One.\n      Two.\npuck  Three\n      Four"


def test_an_escape_that_comes_in_pieces_commands_nothing() -> None:
    face = Face().tell(said("a\x1b]52;c;"), said("eA==\x07b\x1b"), ended())
    assert face.history == "puck  a␛b␛"
    assert Face(WRITER).tell(wrote("a\x1b["), wrote("2Jb\x1b"), ended()).history == "puck  a␛b␛"


# ------------------------------------------------------------------------------------------------ interruptions


def test_on_interruption_the_words_that_were_not_played_are_marked_and_struck() -> None:
    face = Face().tell(QUESTION, said(ANSWER), Answered(1, 548), sounding(2300, 5000))
    face.tell(Interrupted(1, 2600, 2400, ANSWER[:32], ANSWER[32:]), ended(interrupted=True))
    assert face.history == (
        "\n"
        " you  How far is the moon?\n"
        "puck  The moon is about three hundred ⊘ and eighty-four\n"
        "      thousand kilometres away.  548 ms\n"
        "   ⊘  you interrupted — the struck words were never played\n"
        "      (2.4 s dropped)"
    )
    assert face.style("and eighty-four") == Style.DIM | Style.STRIKE
    assert face.style("The moon is about three hundred") == Style.NONE


def test_of_words_that_are_history_none_is_struck_after_all() -> None:
    face = Face().tell(said(ANSWER), sounding(4000, 5000)).tell(Interrupted(1, 100, 4900, "", ANSWER))
    assert face.history.startswith(
        "puck  The moon is about three hundred and eighty-four\n      ⊘ thousand kilometres away.\n   ⊘  you inter"
    )


def test_a_reply_dropped_before_its_first_sample_says_so() -> None:
    face = Face().tell(said("It is far."), Interrupted(1, 0, 900, "", "It is far."))
    assert face.history == "puck  ⊘ It is far.\n   ⊘  reply dropped before it started"
    assert Face().tell(Interrupted(1, 0, 900, "", "")).history == "   ⊘  reply dropped before it started"


def test_an_interruption_when_all_words_were_heard_strikes_nothing() -> None:
    assert Face().tell(said("Far."), Interrupted(1, 900, 100, "Far.", "")).history == (
        "puck  Far.\n   ⊘  you interrupted (0.1 s dropped)"
    )
    assert (
        Face(WRITER).tell(wrote("Far"), Interrupted(1, 0, 0, "Far", "")).history == "puck  Far\n   ⊘  you interrupted"
    )


def test_a_reply_stopped_by_a_key_was_not_interrupted() -> None:
    face = Face().tell(said("It is far."), Hushed(), Interrupted(1, 500, 500, "It is ", "far."))
    assert face.history == (
        "puck  It is ⊘ far.\n   ⊘  you stopped the reply — the struck words were never\n      played (0.5 s dropped)"
    )


def test_a_key_cuts_off_all_that_is_waiting_but_nothing_later() -> None:
    face = Face().tell(said("One"), said("Two", 2), Hushed(), Interrupted(1, 0, 9, "", "One"), at=1)
    face.tell(Interrupted(2, 9, 9, "Two", "")).tell(said("Three", 3), Interrupted(3, 9, 9, "Three", ""), at=3)
    assert [row for row in face.history.splitlines() if "⊘  " in row] == [
        "   ⊘  reply dropped before it started",
        "   ⊘  you stopped the reply (0.0 s dropped)",
        "   ⊘  you interrupted (0.0 s dropped)",
    ]


def test_the_words_of_an_interruption_are_shown_where_none_were_told() -> None:
    face = Face().tell(Interrupted(1, 500, 500, "It is ", "far."), ended(text="It is far.", interrupted=True))
    assert face.history.startswith("puck  It is ⊘ far.\n   ⊘  you interrupted")
    assert face.history.count("far.") == 1


def test_what_comes_of_a_dead_reply_was_never_played() -> None:
    face = Face().tell(said("It "), Interrupted(1, 500, 500, "It ", ""), said("is far.")).tell(wrote("No", 2))
    face.tell(Interrupted(2, 0, 0, "No", ""), wrote(" way", 2))
    assert face.history == (
        "puck  It\n   ⊘  you interrupted (0.5 s dropped)\npuck… ⊘ is far.\npuck  No\n   ⊘  you interrupted\npuck…  way"
    )


def test_the_note_stands_before_what_the_user_says_next() -> None:
    face = Face().tell(said("It is far."), hearing("wait", 2), Interrupted(1, 500, 500, "It is ", "far."))
    assert face.history.endswith("(0.5 s dropped)")
    assert face.live == " you  wait▌"


def test_an_interruption_reaches_over_a_call_to_the_words_before_it() -> None:
    face = Face().tell(said("One two. "), CALL, ToolEnded(1, "a", "look", "done", 5, "ok"), said("Three four."))
    face.tell(sounding(500, 2000), Interrupted(1, 500, 1500, "One ", "two. Three four."))
    assert face.history.startswith(
        "puck  One ⊘ two.\n   ƒ  look(at='moon')  ✓ 5 ms  ok\npuck… ⊘ Three four.\n   ⊘  you interrupted"
    )


def test_a_note_stays_with_its_reply_behind_another_that_is_still_heard() -> None:
    face = Face().tell(said("Two.", 2), said("One.", 1), Interrupted(1, 0, 0, "One.", ""))
    assert face.live == "puck  Two.\npuck  One.\n   ⊘  you interrupted"
    assert Face().tell(said("Two.", 2), said("One."), Interrupted(1, 0, 0, "One.", "")).close().history == (
        "puck  Two.\npuck  One.\n   ⊘  you interrupted"
    )
    assert face.tell(Interrupted(3, 0, 9, "", ""), ended(2)).history.splitlines()[2:] == [
        "   ⊘  you interrupted",
        "   ⊘  reply dropped before it started",
    ]


# -------------------------------------------------------------------------------------------------------- tools

CALL = ToolStarted(1, "a", "look", {"at": "moon"})


def test_a_call_is_a_row_of_history_when_it_has_ended() -> None:
    face = Face().tell(QUESTION, CALL, at=1).tell(Ticked(), at=2.2)
    assert face.live == "   ƒ  look(at='moon')  ⠏ 1.2 s"
    face.tell(ToolEnded(1, "a", "look", "done", 1250, "{'km': 384400}"))
    assert (face.history, face.live) == (
        "\n you  How far is the moon?\n   ƒ  look(at='moon')  ✓ 1.2 s  {'km': 384400}",
        "",
    )


def test_calls_stand_in_the_order_in_which_they_were_made() -> None:
    face = Face().tell(CALL, ToolStarted(1, "b", "wait", {}), ToolEnded(1, "b", "wait", "done", 3))
    assert face.history == ""
    assert face.live.splitlines() == ["   ƒ  look(at='moon')  ⠋ 0.0 s", "   ƒ  wait()  ✓ 3 ms"]
    face.tell(ToolEnded(1, "a", "look", "done", 9))
    assert face.history == "   ƒ  look(at='moon')  ✓ 9 ms\n   ƒ  wait()  ✓ 3 ms"


def test_two_calls_of_one_tool_are_two() -> None:
    face = Face().tell(CALL, ToolStarted(1, "b", "look", {"at": "sun"}), ToolEnded(1, "b", "look", "done", 3))
    assert face.live.splitlines() == ["   ƒ  look(at='moon')  ⠋ 0.0 s", "   ƒ  look(at='sun')  ✓ 3 ms"]


def test_words_overtake_a_call_that_still_runs() -> None:
    face = Face().tell(CALL, said("One moment."), ended(1), said("Well.", 2), ended(2))
    assert face.history == "puck  One moment.\npuck  Well."
    assert face.tell(ToolEnded(1, "a", "look", "done", 9)).history.endswith("Well.\n   ƒ  look(at='moon')  ✓ 9 ms")


def test_what_the_model_says_after_a_call_stands_behind_it() -> None:
    face = Face().tell(said("Let me look. "), CALL, said("It is far."), ToolEnded(1, "a", "look", "done", 9))
    assert face.tell(ended()).history == "puck  Let me look.\n   ƒ  look(at='moon')  ✓ 9 ms\npuck… It is far."
    face = Face().tell(wrote("Let me look."), CALL, wrote("It is far."), ToolEnded(1, "a", "look", "done", 9), ended())
    assert face.history == "puck  Let me look.\n   ƒ  look(at='moon')  ✓ 9 ms\npuck… It is far."


def test_words_before_a_call_go_into_history_when_the_sound_is_past_them() -> None:
    face = Face().tell(said("Let me look. "), CALL, ToolEnded(1, "a", "look", "done", 9), said("It is far."))
    face.tell(sounding(1500, 2500))
    assert face.history == "puck  Let me look.\n   ƒ  look(at='moon')  ✓ 9 ms"
    assert face.live == "puck… It is far."


def test_a_call_that_waits_for_the_user_and_is_allowed_runs() -> None:
    face = Face(columns=80).tell(ToolStarted(1, "a", "look", {}, waits=True))
    assert face.live == "   ƒ  look()  ⏳ waits for you: [y]es [n]o [a]lways"
    assert face.tell(ToolStarted(1, "a", "look", {})).live == "   ƒ  look()  ⠋ 0.0 s"


def test_the_end_of_a_call_nobody_told_of_is_a_row_all_the_same() -> None:
    assert Face(columns=80).tell(ended(), ToolEnded(1, "z", "look", "failed", 1800, "no")).history == (
        "   ƒ  look  ✗ 1.8 s  no — sent to the model"
    )


def test_when_the_session_ends_a_call_that_runs_is_not_finished() -> None:
    face = Face().tell(CALL, at=1).tell(Ticked(), at=3).close()
    assert face.history == "   ƒ  look(at='moon')  ⊘ not finished after 2.0 s"


# ------------------------------------------------------------------------------------------------------- notes


@pytest.mark.parametrize(
    ("told", "row"),
    [
        (Reconnecting("the server closed (1011)", 1, 8), "   ↻  the server closed (1011) — reconnecting"),
        (Reconnecting("", 1, 8), "   ↻  the connection is gone — reconnecting"),
        (Reconnected("resumed", 2), "   ↻  resumed — the server still has the conversation (2\n      turns)"),
        (Reconnected("rebuilt", 1), "   ↻  rebuilt from the transcript — the server was told 1\n      turn again"),
        (
            Reconnected("lost", 3),
            "   ↻  lost — connected again, but 3 turns are not known to\n      the server any more",
        ),
        (Noted("the\nserver\x1b[2J says"), "   ·  the server␛ says"),
        (Told((Span(Safe("told "), Style.BOLD), Span(Safe("you")))), "told you"),
        (Headed(((Span(Safe("livechat")),), (Span(Safe("mic")),))), "livechat\nmic"),
    ],
)
def test_a_note_goes_into_history_at_once(told: News, row: str) -> None:
    face = Face().tell(hearing("How"), told)
    assert (face.history, face.live) == (row, " you  How▌")


def test_why_the_connection_is_gone_is_told_once() -> None:
    face = Face().tell(Reconnecting("gone", 1, 8), Reconnecting("gone", 2, 8), Reconnecting("refused", 3, 8))
    assert face.history == "   ↻  gone — reconnecting\n   ↻  refused — reconnecting"


def test_a_move_that_the_server_asks_for_leaves_one_note_where_all_goes_well() -> None:
    moving = (GoingAway(9.8), Reconnecting("the server asked us to move", 1, 8))
    face = Face(columns=100).tell(*moving)
    assert (face.history, face.state) == ("", State.RECONNECTING)
    back = "   ↻  resumed — the server still has the conversation (2 turns)"
    assert face.tell(Reconnected("resumed", 2)).history == back
    face.tell(*moving, Reconnecting("the server asked us to move", 2, 8))
    assert face.history == f"{back}\n   ↻  the server asked us to move — reconnecting"


def test_a_reply_that_the_connection_cut_off_is_not_called_interrupted_by_the_user() -> None:
    face = Face(columns=100).tell(said("The moon is far."), sounding(500, 1500))
    face.tell(Reconnecting("gone", 1, 8), Interrupted(1, 500, 1000, "The moon ", "is far."), at=1)
    assert face.history == (
        "   ↻  gone — reconnecting\n"
        "puck  The moon ⊘ is far.\n"
        "   ⊘  cut off with the connection — the struck words were never played (1.0 s dropped)"
    )
    assert face.tell(Reconnected("resumed", 1)).state is State.LISTENING


def test_of_what_is_written_the_rest_may_go_with_the_connection_too() -> None:
    broken = TurnEnded(1, "", "One two", True, 0, "connection lost")
    face = Face(WRITER, columns=80).tell(wrote("One two"), Reconnecting("gone", 1, 8), broken, broken)
    assert face.history == ("   ↻  gone — reconnecting\npuck  One two\n   ⊘  cut off with the connection")
    assert "⊘" not in Face(WRITER).tell(TurnEnded(1, "", "", True, 0, "connection lost")).history
    face = Face().tell(said("One two"), Interrupted(1, 0, 0, "One", " two"), broken)
    assert face.history.count("⊘") == 2, "the mark in the words and one note"


def test_after_a_note_the_speaker_is_named_again() -> None:
    face = Face().tell(said(ANSWER), sounding(4000, 5000), Noted("hm"), ended())
    assert face.history == (
        "puck  The moon is about three hundred and eighty-four\n   ·  hm\npuck… thousand kilometres away."
    )


def test_news_for_other_faces_changes_nothing() -> None:
    assert Face().tell(UsageCounted(), ModelThought(1, "hm")).history == ""


# ------------------------------------------------------------------------------------------- words that are written


def test_written_words_are_light_markdown() -> None:
    face = Face(WRITER).tell(wrote("\n# A **plan**\n\n- one\n- two\n```\nx = [1]\n```\n\n"), ended())
    assert face.history == "puck  A plan\n\n      • one\n      • two\n      ```\n          x = [1]\n      ```"
    assert face.spans("A ")[0].style == Style.BOLD


def test_a_finished_line_goes_into_history_at_once_and_the_rest_stays() -> None:
    face = Face(WRITER).tell(wrote("One.\nTwo"))
    assert (face.history, face.live) == ("puck  One.", "      Two")
    assert face.tell(wrote(".\n\n"), wrote("Three\n")).history == "puck  One.\n      Two.\n\n      Three"


def test_a_long_line_goes_into_history_when_it_fills_the_region() -> None:
    face = Face(WRITER).tell(wrote("word " * 40))
    assert face.history == "puck  " + ("word " * 11).strip()
    assert len(face.live.splitlines()) == 3


def test_a_long_line_is_not_broken_where_a_mark_is_open() -> None:
    face = Face(WRITER).tell(wrote("a **" + "word " * 35))
    assert face.history.startswith("puck  a **word")
    face = Face(WRITER).tell(wrote("a **" + "word " * 20 + "end** " + "word " * 30))
    face.tell(ended())
    assert "**" not in face.history
    assert face.history.count("word") == 50


def test_a_line_is_not_broken_before_what_would_begin_a_list() -> None:
    face = Face(WRITER).tell(wrote("word " * 11 + "- " + "word " * 40), ended())
    assert "•" not in face.history
    assert "-" in face.history


def test_a_line_that_can_be_broken_nowhere_well_is_broken_all_the_same() -> None:
    face = Face(WRITER).tell(wrote("**" + "word " * 80))
    assert face.history
    assert face.tell(ended()).history.count("word") == 80


def test_speech_that_is_not_played_here_is_there_to_be_read() -> None:
    face = Face(Look("puck", plays=False)).tell(said(ANSWER))
    assert face.history == "puck  The moon is about three hundred and eighty-four"
    assert face.tell(said("Next.", 2)).history.endswith("      thousand kilometres away.")


# -------------------------------------------------------------------------------------------------- ends and sizes


@pytest.mark.parametrize("end", [Ended("left", 1, 0), Failed("no", 1, LivechatError("no"))])
def test_the_session_ends_and_so_does_the_region(end: Ended | Failed) -> None:
    face = Face().tell(said("It is far."), hearing("But", 2), Typing("x", 1), end)
    assert face.history == "puck  It is far.\n\n you  But"
    assert (face.state, face.footer) == (State.ENDED, "")


def test_what_was_not_heard_when_the_session_ends_is_struck() -> None:
    face = Face().tell(said(ANSWER), sounding(2300, 5000)).close().close()
    assert face.history == ("puck  The moon is about three hundred ⊘ and eighty-four\n      thousand kilometres away.")


def test_what_is_half_written_when_the_session_ends_is_kept() -> None:
    assert Face(WRITER).tell(wrote("It is **fa")).close().history == "puck  It is **fa"


def test_a_new_width_holds_for_what_is_not_history_yet() -> None:
    face = Face().tell(QUESTION, Resized(25, 24)).tell(Ticked(), at=1)
    assert face.history == "\n you  How far is the\n      moon?"


def test_old_turns_are_forgotten() -> None:
    face = Face()
    for turn in range(1, 3 * MOST_KNOWN):
        face.tell(heard("Q", turn), said("A", turn), ended(turn))
    assert len(face.view.story.known) == MOST_KNOWN
    assert face.view.story.blocks == ()
    assert face.view.story.turns == 3 * MOST_KNOWN - 1
    face.tell(UserSaid(1, " more", "Q more", final=True), ended(1, "A"), Interrupted(2, 0, 0, "A", ""))
    assert face.tell(Ticked(), at=1).history.endswith("puck  A\n you… more\n   ⊘  you interrupted")


def test_blocks_that_wait_for_ever_are_let_go() -> None:
    face = Face().tell(hearing("Q"), wrote("W", 2), said("S", 3), CALL)
    for turn in range(4, MOST_BLOCKS + 8):
        face.tell(hearing("Q", turn))
    assert len(face.view.story.blocks) <= MOST_BLOCKS + 1
    assert face.history.splitlines()[:5] == [
        "",
        " you  Q",
        "puck  W",
        "puck  S",
        "   ƒ  look(at='moon')  ⊘ not finished after 0 ms",
    ]


def test_words_that_turn_out_otherwise_when_they_are_history_are_not_told_again() -> None:
    face = Face().tell(QUESTION).tell(Ticked(), at=1)
    face.tell(UserSaid(1, "Really?", "How fair is the moon? Really?", final=False))
    face.tell(UserSaid(1, "Yes.", "How fair is the moon? Really? Yes.", final=True)).tell(Ticked(), at=3)
    assert face.history == "\n you  How far is the moon?\n you… Really? Yes."


@given(
    st.lists(st.tuples(SECONDS, ACTS | NEWS), max_size=60),
    st.sampled_from([PUCK, WRITER, Look("Zubenelgenubi", ascii=True), Look("ai", plays=False)]),
)
def test_no_word_is_lost_or_doubled_whatever_order_the_news_comes_in(
    happened: list[tuple[float, tuple[object, ...] | News]], look: Look
) -> None:
    tale, face = Tale(), Face(look, 100, 24, ready=False)
    for seconds, what in happened:
        face.t += seconds
        face.tell(news_of(tale, what) if isinstance(what, tuple) else what)
        seen = WORD.findall(shown([*face.rows, *picture(face.view, face.t)]))
        assert len(seen) == len(set(seen))
        for row in face.view.finished:
            assert width_of(row) < face.view.columns
    face.close()
    assert picture(face.view, face.t) == ()
    places = {word: place for place, word in enumerate(WORD.findall(face.history))}
    assert len(WORD.findall(face.history)) == len(places)
    assert set(places) == {word for words in tale.words.values() for word in words}
    for words in tale.words.values():
        assert sorted(words, key=places.__getitem__) == words


@given(st.lists(st.tuples(SECONDS, ACTS | NEWS), max_size=30), st.lists(st.integers(4, 40), min_size=30, max_size=30))
def test_no_letter_is_lost_where_words_are_wider_than_rows(
    happened: list[tuple[float, tuple[object, ...] | News]], widths: list[int]
) -> None:
    tale, face = Tale(), Face(PUCK, 30, 24, ready=False)
    for (seconds, what), columns in zip(happened, widths, strict=False):
        face.t += seconds
        face.tell(news_of(tale, what) if isinstance(what, tuple) else what, Resized(columns, 24))
    face.close()
    letters = Counter(letter for words in tale.words.values() for word in words for letter in word)
    assert Counter(letter for letter in face.history if letter in LETTERS) == letters
