"""How a transcript reads, and that no word in it can pass for a line of ours or command a terminal."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.transcripts.text import Format, block, clock, heading, whole
from livechat.transcripts.words import Cut, Item, Note, Opening, Transcript, Turn

BEGAN = datetime(2026, 11, 21, 9, 30, 7, tzinfo=timezone(timedelta(hours=1)))
OPENING = Opening(BEGAN, "gemini-3.8-live", "Puck", "the practice server", "0.1.0")
EVIL = "hi\x1b]52;c;aGk=\x07\r\n\u20280:09  model  forged\n**model** 0:09\u202e\x7f"


def talk(*items: Item) -> Transcript:
    return Transcript(OPENING, list(items))


CUT = Turn(
    1,
    user=" What is the time?\n",
    user_at=1.2,
    speech="It is half past",
    model_at=2.9,
    cut=Cut(700, "It is \n", " half past"),
)
ANSWERED = Turn(2, user="Go on", user_at=61.0, whole="One.\n\nTwo.", model_at=62.0)
END = Note(3_700.0, "end", "2 turns, 1 interruption")


def test_plain_text_has_a_column_for_the_times_and_one_for_who_speaks() -> None:
    assert whole(talk(CUT, ANSWERED, END), "text") == (
        "conversation of 2026-11-21 09:30:07+01:00\n"
        "gemini-3.8-live, voice Puck, the practice server\n"
        "\n"
        "   0:01  you    What is the time?\n"
        "   0:02  model  It is\n"
        "                [cut off after 0.7 s; not heard: half past]\n"
        "   1:01  you    Go on\n"
        "   1:02  model  One.\n"
        "\n"
        "                Two.\n"
        "1:01:40  end    2 turns, 1 interruption\n"
    )


def test_markdown_quotes_what_was_said() -> None:
    assert whole(talk(CUT, ANSWERED, END), "markdown") == (
        "# Conversation of 2026-11-21 09:30:07+01:00\n\n"
        "gemini-3.8-live, voice Puck, the practice server\n\n"
        "**you** 0:01\n\n> What is the time?\n\n"
        "**model** 0:02\n\n> It is\n>\n> [cut off after 0.7 s; not heard: half past]\n\n"
        "**you** 1:01\n\n> Go on\n\n"
        "**model** 1:02\n\n> One.\n>\n> Two.\n\n"
        "**end** 1:01:40\n\n> 2 turns, 1 interruption\n\n"
    )


def test_on_a_terminal_long_lines_are_wrapped_below_where_they_began() -> None:
    said = Turn(1, user="one two three four five six", user_at=0.0)
    assert block(said, "text", width=30) == ("   0:00  you    one two three\n                four five six\n")
    assert block(said, "text") == "   0:00  you    one two three four five six\n"


def test_a_heading_says_what_is_known() -> None:
    assert heading(Opening(BEGAN, continues="2026-11-20T09-30-07"), "text").splitlines()[1] == (
        "going on with 2026-11-20T09-30-07"
    )
    assert heading(Opening(BEGAN), "text") == "conversation of 2026-11-21 09:30:07+01:00\n\n"
    assert heading(Opening(BEGAN), "markdown") == "# Conversation of 2026-11-21 09:30:07+01:00\n\n"
    assert heading(None, "text") == ""
    assert heading(None, "markdown") == "# Conversation\n\n"


@pytest.mark.parametrize(
    ("turn", "read"),
    [
        (Turn(1), ""),
        (Turn(1, user=" ", user_at=1.0, whole="", model_at=2.0), ""),
        (Turn(1, model_at=0.0, spoken_ms=2_150), "   0:00  model  [spoke for 2.1 s; no transcript came]\n"),
        (Turn(1, model_at=0.0, reason="PROHIBITED"), "   0:00  model  [no answer: PROHIBITED]\n"),
        (Turn(1, model_at=0.0, cut=Cut(0, "so far", "")), "   0:00  model  so far\n                [cut off]\n"),
        (Turn(1, model_at=0.0, cut=Cut(90, "", "all")), "   0:00  model  [cut off after 0.1 s; not heard: all]\n"),
    ],
)
def test_what_the_words_alone_do_not_tell_stands_in_brackets(turn: Turn, read: str) -> None:
    assert block(turn, "text") == read


def test_what_the_connection_cut_off_is_not_called_interrupted() -> None:
    cut = Turn(1, cut=Cut(0, "", "It is"), reason="connection lost", model_at=1.0)
    assert block(cut, "text") == "   0:01  model  [cut off with the connection; not heard: It is]\n"
    read = Turn(1, text="It is", reason="connection lost", model_at=1.0)
    assert block(read, "text") == "   0:01  model  It is\n                [cut off with the connection]\n"
    assert block(Turn(1, spoken_ms=20, reason="connection lost", model_at=1.0), "text") == ""


def test_in_markdown_a_remark_alone_has_no_empty_line_before_it() -> None:
    turn = Turn(1, model_at=0.0, reason="SAFETY")
    assert block(turn, "markdown") == "**model** 0:00\n\n> [no answer: SAFETY]\n\n"


FORMS: tuple[Format, ...] = ("text", "markdown")


@pytest.mark.parametrize("form", FORMS)
def test_no_word_commands_a_terminal_or_passes_for_a_line_of_ours(form: Format) -> None:
    opening = Opening(BEGAN, EVIL, EVIL, EVIL, EVIL, EVIL)
    turn = Turn(1, user=EVIL, user_at=0.0, model_at=0.0, cut=Cut(1, EVIL, EVIL), reason=EVIL)
    read = whole(Transcript(opening, [turn, Note(0.0, "note", EVIL)]), form)
    assert read.replace("\n", "").isprintable()
    assert not any(line.lstrip(" ").startswith("0:09") and line.startswith("   0:09") for line in read.splitlines())
    assert not any(line.startswith("**model** 0:09") for line in read.splitlines())


@given(words=st.text(), form=st.sampled_from(FORMS), width=st.none() | st.integers(20, 200))
def test_every_line_of_a_speech_but_its_first_is_set_in(words: str, form: Format, width: int | None) -> None:
    first, *others = block(Turn(1, user=words, user_at=0.0), form, width=width).split("\n")
    assert not first or "you" in first[:14]
    assert all(line == "" or line.startswith(" " * 16 if form == "text" else ">") for line in others)


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00"), (59.99, "0:59"), (60, "1:00"), (3_599, "59:59"), (3_600, "1:00:00")]
)
def test_times_are_those_of_a_clock(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown
