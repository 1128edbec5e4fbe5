"""What a conversation leaves in history, told as event lists with the words that are printed."""

from __future__ import annotations

from livechat.events import (
    UserSaid,
)
from livechat.terminal.style import Style
from livechat.terminal.view import (
    Ticked,
)
from tests.view_help import WRITER, Face, ended, heard, hearing, said, sounding

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


def test_a_typed_text_keeps_its_lines() -> None:
    assert Face(WRITER).tell(heard("one\ntwo"), ended()).history == "\n you  one\n      two"
