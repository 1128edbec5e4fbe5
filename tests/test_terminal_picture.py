"""The live region in every state and at every size, as it is printed."""

from __future__ import annotations

import dataclasses
from math import nan
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.events import (
    Answered,
    Faltering,
    Hushed,
    Interrupted,
    Ready,
    Reconnected,
    Reconnecting,
    SoundDropped,
    ToolEnded,
    ToolStarted,
    UserSaid,
)
from livechat.terminal.cells import width_of
from livechat.terminal.footer import CHROME_CELLS, LEAST_LINES
from livechat.terminal.inputs import (
    Floor,
    Gauged,
    Look,
    Muted,
    Resized,
    Sending,
    SendingEnded,
    Ticked,
    Typing,
    TypingEnded,
)
from livechat.terminal.picture import picture
from livechat.terminal.states import State
from livechat.terminal.style import Style, text_of
from livechat.terminal.tool_rows import asked, in_full
from livechat.terminal.view import News
from tests.view_help import PUCK, SILENCE, WRITER, Face, ended, heard, hearing, said, sounding, wrote
from tests.view_tales import ACTS, NEWS, SECONDS, Tale, news_of

Outcome = Literal["done", "failed", "cancelled", "denied", "stopped"]

QUIET = "mic ··········  out ··········"
ANY_TIME = "      speak any time   m mute   t type   ? help   q quit"
BY_VOICE = "      m mute   t type   s stop reply   ? help   q quit"
STOPPING = "      s stop reply   m mute   t type   ? help   q quit"
MUTE = Gauged(SILENCE, SILENCE)


def wide(*news: News) -> Face:
    """At 100 columns, after a first turn with its latency, 34 s into the session."""
    face = Face(columns=100).tell(heard("Hello?"), said("Hello."), Answered(1, 612), ended())
    return face.tell(*news, at=34)


# --------------------------------------------------------------------------------------------------- the states


def test_connecting() -> None:
    face = Face(columns=100, ready=False).tell(Ticked(), at=2).tell(Ticked(), at=2.4)
    assert face.state is State.CONNECTING
    assert face.footer == " ◌ CONNECTING     gemini…  0.4 s\n      q quit"
    assert Face(Look("puck"), ready=False).footer.splitlines()[0] == " ◌ CONNECTING     0.0 s"


def test_ready() -> None:
    face = Face(columns=100)
    assert face.state is State.READY
    assert face.footer == (f" ● READY          {QUIET}  0:00   0 turns\n{ANY_TIME}")
    assert face.style("READY") == Style.GREEN | Style.BOLD


def test_listening() -> None:
    face = wide(Gauged(-48, SILENCE))
    assert face.state is State.LISTENING
    assert face.footer == (f" ● LISTENING      mic ██········  out ··········  612 ms   0:34   1 turn\n{ANY_TIME}")


def test_how_much_of_a_recording_is_sent() -> None:
    face = wide(Gauged(-48, SILENCE), Sending(3.2, 10.0))
    assert face.footer.splitlines()[0].endswith("sent 0:03 of 0:10 (32%)")
    assert face.tell(Sending(75.0, None)).footer.splitlines()[0].endswith("out ··········  sent 1:15")
    assert face.tell(SendingEnded()).footer.splitlines()[0].endswith("612 ms   0:34   1 turn")


def test_hearing_you() -> None:
    face = wide(Gauged(-18, -99, speaking=True), hearing("And what about the day aft", 2))
    assert face.state is State.HEARING_YOU
    assert face.live == " you  And what about the day aft▌"
    assert face.footer == (f" ◆ HEARING YOU    mic ███████···  out ··········  612 ms   0:34   1 turn\n{BY_VOICE}")
    assert face.style("HEARING YOU") == Style.CYAN | Style.BOLD


def test_the_user_is_heard_by_our_ear_by_the_servers_or_by_its_interruption() -> None:
    assert wide(Gauged(-18, -99, speaking=True)).state is State.HEARING_YOU
    assert wide(hearing("And", 2)).state is State.HEARING_YOU
    cut = Interrupted(2, 500, 500, "", "x")
    assert wide(cut).state is State.HEARING_YOU
    assert wide(Hushed(), cut).state is State.LISTENING


def test_words_that_come_in_after_the_voice_are_no_voice() -> None:
    face = wide(Gauged(-18, -99, speaking=True), Gauged(-60, -99), hearing("And", 2))
    assert face.state is State.THINKING
    face = wide(hearing("And", 2)).tell(hearing("And what", 2), at=34.9).tell(Ticked(), at=35.8)
    assert face.state is State.HEARING_YOU
    assert face.tell(Ticked(), at=36).state.name == "THINKING"


def test_thinking_is_counted_after_a_second() -> None:
    face = wide(heard("And tomorrow?", 2))
    assert face.state is State.THINKING
    assert face.footer == f" ◌ THINKING       {QUIET}  612 ms   0:34   2 turns\n{STOPPING}"
    assert face.tell(Ticked(), at=35.3).footer.startswith(f" ◌ THINKING 1.3 s {QUIET}  612 ms ")
    assert face.tell(Ticked(), at=46).footer.startswith(f" ◌ THINKING 12 s  {QUIET}  612 ms ")


def test_an_answer_is_awaited_from_the_end_of_the_voice_until_it_sounds() -> None:
    face = wide(Gauged(-18, -99, speaking=True), Gauged(-60, -99))
    assert face.state is State.THINKING
    face.tell(heard("And?", 2), at=35).tell(said("Well.", 2), at=35.5)
    assert face.state is State.THINKING
    assert face.tell(sounding(10, 500, turn=2)).state is State.SPEAKING
    assert face.tell(ended(2)).state is State.LISTENING


def test_who_speaks_again_is_answered_later() -> None:
    face = wide(Gauged(-18, -99, speaking=True), Gauged(-60, -99)).tell(Gauged(-18, -99, speaking=True), at=40)
    assert face.tell(Gauged(-60, -99), at=41).footer.startswith(" ◌ THINKING       mic")


def test_a_reply_that_is_cut_off_does_not_speak() -> None:
    face = wide(said("One two", 2), sounding(600, 2000, turn=2), Hushed())
    assert face.tell(Interrupted(2, 600, 1400, "One ", "two")).state is State.LISTENING


def test_nobody_waits_long_for_an_answer_to_a_cough() -> None:
    face = wide(Gauged(-18, -99, speaking=True), Gauged(-60, -99)).tell(Ticked(), at=43)
    assert face.state is State.LISTENING


def test_an_answer_to_earlier_words_does_not_answer_later_ones() -> None:
    face = wide(heard("And?", 3), ended(2))
    assert face.state is State.THINKING
    assert face.tell(heard("Hm?", 2), ended(3)).state is State.LISTENING
    assert wide(heard("And?", 3), heard("Hm?", 2), ended(2)).state is State.THINKING
    assert wide(heard("Hm?", 1)).state is State.LISTENING


def test_speaking() -> None:
    face = wide(said("Sunday looks better.", 2), sounding(600, 2000, turn=2))
    assert face.state is State.SPEAKING
    assert face.footer == (f" ▸ SPEAKING       mic ███▍······  out ██████▋···  612 ms   0:34   2 turns\n{STOPPING}")
    assert face.style("SPEAKING") == Style.MAGENTA | Style.BOLD


def test_after_an_interruption_you_are_heard() -> None:
    face = wide(said("One two", 2), sounding(600, 2000, turn=2), hearing("wait", 3))
    face.tell(Interrupted(2, 600, 1400, "One ", "two"))
    assert face.state is State.HEARING_YOU
    assert face.live == " you  wait▌"


def test_tool_running() -> None:
    face = wide(heard("And?", 2), ToolStarted(2, "a", "look", {}))
    assert face.state is State.TOOL_RUNNING
    assert face.footer == (
        f" ƒ TOOL RUNNING   {QUIET}  612 ms   0:34   2 turns\n      x cancel tool   m mute   t type   ? help   q quit"
    )


def test_a_tool_that_asks_is_answered_by_a_key_in_every_state_that_has_keys() -> None:
    face = wide(ToolStarted(2, "a", "look", {}, waits=True))
    assert face.footer == (
        f" ƒ TOOL ASKS YOU  {QUIET}  612 ms   0:34   2 turns\n      y yes   n no   a always   x cancel tool   q quit"
    )
    assert face.tell(sounding(1, 2, turn=2)).state is State.TOOL_RUNNING
    assert face.tell(Gauged(-9, -9, speaking=True)).footer.splitlines()[1].startswith("      y yes")
    assert face.tell(Typing("", 0)).footer.splitlines()[1].startswith("      enter send")


@pytest.mark.parametrize(
    ("outcome", "row"),
    [
        ("done", "   ƒ  look(city='Lisbon')  ✓ 900 ms  {'high_c': 19}"),
        ("failed", "   ƒ  look(city='Lisbon')  ✗ 900 ms  {'high_c': 19} — sent to the model"),
        ("cancelled", "   ƒ  look(city='Lisbon')  ⊘ cancelled after 0.9 s (result not sent)"),
        ("denied", "   ƒ  look(city='Lisbon')  ⊘ not run  {'high_c': 19}"),
        ("stopped", "   ƒ  look(city='Lisbon')  ⊘ you broke it off after 0.9 s"),
    ],
)
def test_when_a_tool_has_ended_the_model_thinks(outcome: Outcome, row: str) -> None:
    face = wide(ToolStarted(2, "a", "look", {"city": "Lisbon"}))
    face.tell(ToolEnded(2, "a", "look", outcome, 900, "{'high_c': 19}"))
    assert face.history.splitlines()[-1] == row
    assert face.state is State.THINKING


def test_a_call_and_what_came_of_it_share_one_row() -> None:
    face = Face(columns=72).tell(ToolStarted(1, "a", "look", {"city": "L" * 2000, "n": list(range(99))}))
    face.tell(ToolEnded(1, "a", "look", "failed", 900, "no such city at all, nowhere\x1b[2J"))
    face.tell(ToolStarted(1, "b", "look", {}), ToolEnded(1, "b", "look", "failed", 900))
    assert face.history == (
        "   ƒ  look(city='LLLL…  ✗ 900 ms  no such city at… — sent to the model\n"
        "   ƒ  look()  ✗ 900 ms  — sent to the model"
    )


@pytest.mark.parametrize(
    ("outcome", "row"),
    [
        ("done", "   ƒ  look(city…  ✓ 900 ms  {'high_c':…"),
        ("failed", "   ƒ  look(city…  ✗ 900 ms  {'high_c':…"),
        ("cancelled", "   ƒ  look(city='Lisbon')  ⊘ cancelled"),
        ("denied", "   ƒ  look(city…  ⊘ not run  {'high_c'…"),
    ],
)
def test_on_a_narrow_screen_a_call_says_in_few_words_how_it_stands(outcome: Outcome, row: str) -> None:
    face = Face(columns=40).tell(ToolStarted(2, "a", "look", {"city": "Lisbon"}, waits=True))
    assert face.live == "   ƒ  look(cit…  ⏳ [y]es [n]o [a]lways"
    face.tell(ToolEnded(2, "a", "look", outcome, 900, "{'high_c': 19}"))
    assert face.history == f"   ƒ  look(city='Lisbon')\n{row}"


def test_who_is_to_allow_a_call_is_shown_all_of_it() -> None:
    asked = ToolStarted(1, "a", "send", {"to": "x" * 90, "text": "a\x1b[2J\u202eb\nc   d"}, waits=True)
    face = Face(columns=60).tell(asked)
    assert "".join(line[6:] for line in face.history.splitlines()) == (
        f"send(to='{'x' * 90}',text='a\\x1b[2J\\u202eb\\nc   d')"
    )
    assert face.tell(dataclasses.replace(asked, waits=False)).history.count("send") == 1
    assert Face(columns=200).tell(asked).history == "", "the row that asks has room for it"


def test_the_call_in_question_is_shown_whatever_else_waits_and_it_alone_offers_the_keys() -> None:
    face = Face(columns=80)
    for number in range(30):
        face.tell(ToolStarted(1, str(number), f"look{number}", {}, waits=True))
    assert face.history == "", "a question is not given up"
    keys = "waits for you: [y]es [n]o [a]lways"
    rows = face.live.splitlines()
    assert rows[0].split("  ⏳ ")[1] == keys
    assert "look0()" in rows[0]
    assert [row.split("  ⏳ ")[1] for row in rows[1:]] == ["you are asked next"] * 3
    face.tell(ToolStarted(1, "0", "look0", {}), ToolEnded(1, "0", "look0", "done", 5))
    assert "look1()" in face.live.splitlines()[0]
    assert face.live.count(keys) == 1


def test_of_a_call_that_is_far_too_long_the_middle_is_left_out_and_that_is_said() -> None:
    call = in_full(ToolStarted(1, "a", "send", {"text": "x" * 5000 + "END"}))
    assert "[1016 characters left out: ctrl-o shows them]" in call
    assert call.startswith("send(text='xxx")
    assert call.endswith("END')")


def test_the_name_of_an_argument_cannot_pass_for_more_than_that() -> None:
    told = ToolStarted(1, "a", "look", {"city='Lisbon') note": "rm", "at": 1}, waits=True)
    call = """look("city='Lisbon') note"='rm', at=1)"""
    assert in_full(told) == call
    assert asked(told, 0.0).call == call


def test_a_tool_that_asks_a_writer_is_answered_by_a_key_while_the_line_is_empty() -> None:
    face = Face(WRITER).tell(Ready("model"), Typing("", 0), ToolStarted(1, "a", "look", {}, waits=True))
    assert face.footer.splitlines()[1].split("   ")[-5:] == [
        "y yes",
        "n no",
        "a always",
        "x cancel tool",
        "ctrl-d quit",
    ]
    assert "y yes" not in face.tell(Typing("why", 3)).footer
    face.tell(Typing("", 0), ToolStarted(1, "a", "look", {}))
    assert face.footer.splitlines()[1].strip() == "x cancel tool  esc stop reply  enter send  ctrl-d quit"
    assert "cancel" not in face.tell(Typing("x", 1)).footer


def test_what_is_kept_of_a_voice_while_there_is_no_connection_grows() -> None:
    face = wide(Reconnecting("gone", 2, 8, in_s=1.3, kept_s=1.9))
    assert "mic kept: 2.5 s" in face.tell(Gauged(-30.0, -60.0, kept_s=2.5)).footer


def test_reconnecting() -> None:
    face = wide(Reconnecting("gone", 2, 8, in_s=1.3, kept_s=1.9))
    assert face.state is State.RECONNECTING
    assert face.footer == (" ↻ RECONNECTING   try 2 of 8, next in 1.3 s   mic kept: 1.9 s\n      r retry now   q quit")
    assert Face(columns=45).tell(Reconnecting("gone", 2, 8, in_s=1.3, kept_s=1.9)).footer == (
        " ↻ RECONNECTING   try 2 of 8, next in 1.3 s\n      r retry  q quit"
    )
    assert "try 2 of 8, now " in face.tell(Ticked(), at=36).footer
    assert face.tell(Reconnected("resumed")).state is State.LISTENING
    assert "mic" not in Face(WRITER).tell(Reconnecting("gone", 1, 8)).footer
    assert Face().tell(Reconnecting("gone", 1, 8), Ready("model")).state is State.READY


def test_what_is_written_while_reconnecting_has_its_keys() -> None:
    away = Reconnecting("gone", 1, 8)
    assert "r retry now" in Face(WRITER).tell(away, Typing("", 0)).footer
    assert "r retry" not in Face(WRITER).tell(away, Typing("r", 1)).footer
    assert "enter send" in Face(WRITER).tell(away, Typing("r", 1)).footer
    assert "esc back to voice" in wide(away, Typing("", 0)).footer


def test_a_network_that_does_not_answer_stands_in_the_row_until_it_does() -> None:
    face = wide(Faltering(1.2), Ticked())
    row = " ● LISTENING      the network does not answer for 1.2 s  mic ··········"
    assert face.footer.splitlines()[0] == row
    assert "for 2.2 s" in face.tell(Ticked(), at=face.t + 1).footer
    assert face.tell(Resized(50, 24)).footer.splitlines()[0] == " ● LISTENING      no answer for 2.2 s"
    assert "answer" not in face.tell(Faltering(0.0)).footer
    assert "answer" not in wide(Faltering(1.2), Reconnecting("gone", 1, 8), Reconnected("resumed")).footer


def test_sound_that_was_not_sent_is_counted_below_the_state_for_a_while() -> None:
    face = wide(SoundDropped(200), SoundDropped(1200))
    words = "      1.2 s of your voice not sent: the network does not keep up"
    assert face.footer.splitlines()[1] == words
    assert words not in face.tell(Ticked(), at=face.t + 10).footer
    assert "your voice" not in face.history


def test_muted_can_not_be_overlooked() -> None:
    face = wide(Gauged(-12, -99, speaking=True), Muted(True))
    assert face.state is State.MUTED
    assert face.footer == (
        " ○ MUTED          mic ··········  nothing you say leaves this machine\n"
        "      m unmute   space talk once   t type   ? help   q quit"
    )
    assert face.style("MUTED") == Style.ALARM | Style.BOLD
    assert face.tell(Muted(False)).state is State.HEARING_YOU
    assert " ○ MUTED          nothing you say leaves this machine\n" in Face(columns=60).tell(Muted(True)).footer
    assert " ○ MUTED          nothing you say is sent\n" in Face(columns=50).tell(Muted(True)).footer


def test_typing() -> None:
    face = wide(Typing("and in Porto? こんにちは 🎉", 2))
    assert face.state is State.TYPING
    assert face.live == "type> an▌d in Porto? こんにちは 🎉"
    assert face.footer == (
        " ○ MIC PAUSED     out ··········  612 ms   0:34   1 turn\n"
        "      enter send   esc back to voice   ↑ last line   ctrl-u clear"
    )
    assert face.tell(TypingEnded()).state is State.LISTENING


def test_a_long_line_is_shown_around_its_cursor() -> None:
    face = Face(columns=40).tell(Typing("one two three four five six seven eight nine ten eleven twelve\nend", 99))
    assert face.live == "type> one two three four five six seven\neight nine ten eleven twelve␤end▌"
    assert face.tell(Typing("word " * 40, 20)).live.splitlines() == [
        "type> word word word word ▌word word",
        "word word word word word word word word",
    ]


def test_push_to_talk() -> None:
    face = wide(Floor("push"))
    assert face.state is State.PUSH_WAITING
    assert face.footer == (
        f" ○ HOLD/TAP SPACE {QUIET}  612 ms   0:34   1 turn\n      space talk   m mute   t type   ? help   q quit"
    )
    assert face.tell(Floor("push", taken_at=31)).state.name == "ON_AIR"
    assert face.footer == (f" ◆ ON AIR 0:03    {QUIET}  612 ms   0:34   1 turn\n      space send   q quit")
    assert face.style("ON AIR") == Style.RED | Style.BOLD
    assert face.tell(Floor("push")).state is State.THINKING


def test_who_takes_the_floor_while_muted_is_on_air() -> None:
    assert wide(Muted(True), Floor("voice", taken_at=34)).state is State.ON_AIR


def test_the_pause_of_a_voice_is_no_end_where_a_key_says_who_speaks() -> None:
    face = wide(Floor("push"), Gauged(-18, -99, speaking=True), Gauged(-60, -99))
    assert face.state is State.PUSH_WAITING


def test_a_conversation_in_writing_speaks_of_no_microphone() -> None:
    face = Face(WRITER, columns=100).tell(Typing("", 0))
    assert face.live == "type> ▌"
    assert face.footer == (
        " ● READY          0:00   0 turns\n      enter send   ↑ last line   ctrl-u clear   ctrl-d quit"
    )
    face.tell(heard("Hi"), TypingEnded(), Muted(True), MUTE, at=1)
    assert face.footer == (
        " ◌ THINKING       0:01   1 turn\n      esc stop reply   enter send   ↑ last line   ctrl-u clear   ctrl-d quit"
    )
    face.tell(wrote("Hello."))
    assert face.footer.startswith(" ▸ ANSWERING      0:01   1 turn\n      esc stop reply   enter send")
    assert face.tell(ended()).footer.startswith(" ● READY          0:01   1 turn\n")


# --------------------------------------------------------------------------------------------------- the meters


def test_a_sound_that_is_clipped_is_named_for_a_second() -> None:
    face = wide(Gauged(-0.5, SILENCE)).tell(Gauged(-30, SILENCE), at=34.9)
    assert "mic █████·CLIP  out" in face.footer
    assert face.style("CLIP") == Style.RED | Style.BOLD
    assert "mic █████·····  out" in face.tell(Ticked(), at=35).footer
    ascii = Face(Look("puck", ascii=True), columns=100).tell(Gauged(-0.5, SILENCE))
    assert "mic [######CLIP]  out [----------]" in ascii.footer


def test_a_microphone_that_delivers_nothing_for_five_seconds_is_spoken_of() -> None:
    face = wide(MUTE).tell(MUTE, at=38.9)
    assert "silent" not in face.footer
    hint = "      mic is silent — wrong device or muted in the OS?"
    assert face.tell(MUTE, at=39).footer.splitlines()[1] == hint
    assert "silent" not in face.tell(Gauged(-60, SILENCE)).footer


def test_where_there_is_no_microphone_nothing_is_said_of_it() -> None:
    face = wide(Gauged(nan, -20)).tell(Gauged(nan, -20), at=45)
    assert face.footer == f" ● LISTENING      out ██████▋···  612 ms   0:45   1 turn\n{ANY_TIME}"


@pytest.mark.parametrize("paused", [Muted(True), Typing("", 0), Reconnecting("gone", 1, 8)])
def test_a_microphone_that_is_not_listened_to_may_be_silent(paused: News) -> None:
    face = wide(MUTE, paused).tell(MUTE, at=45)
    assert "silent" not in face.footer


def test_a_microphone_that_was_paused_has_five_seconds_again() -> None:
    face = wide(Typing("", 0)).tell(MUTE, at=40).tell(TypingEnded(), MUTE, at=45)
    assert "silent" not in face.footer


# ---------------------------------------------------------------------------------------------------- the sizes


def test_below_sixty_columns_the_meters_go_and_the_keys_are_short() -> None:
    face = wide(Resized(59, 24))
    assert face.footer == (" ● LISTENING      612 ms   0:34   1 turn\n      speak now  m mute  t type  ? help  q quit")
    assert face.tell(Resized(60, 24)).footer.splitlines()[0] == (
        " ● LISTENING      mic ··········  out ··········  612 ms"
    )
    assert face.tell(Resized(45, 24)).footer.splitlines()[1] == "      speak now  m mute  ? help  q quit"


def test_below_forty_columns_there_is_a_word_and_where_to_find_more() -> None:
    assert wide(Resized(39, 24)).footer == " ● LISTENING  ?"
    assert wide(Resized(10, 24)).footer == " ● LISTE…"
    assert Face(Look("puck", keys=False), columns=39).footer == " ● READY"


def test_below_eight_lines_the_footer_is_one_row() -> None:
    face = wide(Resized(100, 7), hearing("word " * 99, 2))
    rows = picture(face.view, face.t)
    assert text_of(rows[-1]).startswith(" ● LISTENING") or text_of(rows[-1]).startswith(" ◆ HEARING YOU")
    assert len(rows) == 5
    assert len(picture(face.tell(Resized(100, 3)).view, face.t)) == 2


def test_without_keys_there_is_no_row_of_them() -> None:
    assert len(Face(Look("puck", keys=False)).footer.splitlines()) == 1


def test_in_ascii_there_are_only_ascii_signs() -> None:
    look = Look("puck", ascii=True)
    face = Face(look, columns=100).tell(said("One two"), sounding(400, 1000), Interrupted(1, 400, 600, "One ", "two"))
    face.tell(ToolStarted(1, "a", "look", {"at": "x" * 200}, waits=True), hearing("And", 2), Typing("Hm", 1))
    everything = face.history + face.live + face.footer
    assert everything.isascii()
    assert "puck  One / two\n   /  you interrupted - the struck" in everything


def test_the_region_shares_its_rows_between_those_who_speak() -> None:
    face = wide(said("word " * 200, 2), sounding(2000, 20_000, turn=2), hearing("and " * 60, 3))
    lines = face.live.splitlines()
    assert len(lines) == 5
    assert lines[1] == "      … 18 s ahead"
    assert lines[2] == ""
    assert lines[4].endswith("and▌")


def test_of_more_blocks_than_rows_the_last_are_shown() -> None:
    face = wide(*(ToolStarted(2, str(number), f"tool{number}", {}) for number in range(6)))
    assert [line.split()[1] for line in face.live.splitlines()] == ["tool2()", "tool3()", "tool4()", "tool5()"]


def test_a_region_of_one_row_has_the_beginning_of_what_is_heard() -> None:
    face = wide(said("word " * 200, 2), Resized(100, 3), hearing("Hm", 3), Typing("a", 1))
    assert face.tell(TypingEnded(), UserSaid(3, "", "", final=True)).view.lines == 3
    assert next(text_of(row)[:10] for row in picture(face.view, face.t)) == "puck  word"


@given(
    st.lists(st.tuples(SECONDS, ACTS | NEWS), max_size=20),
    *(st.integers(4, 130), st.integers(2, 30)),
    st.sampled_from([PUCK, WRITER, Look("Zubenelgenubi", ascii=True), Look("名前", plays=False)]),
)
def test_whatever_happens_the_picture_fits_into_its_terminal(
    happened: list[tuple[float, tuple[object, ...] | News]], columns: int, lines: int, look: Look
) -> None:
    tale, face = Tale(), Face(look, 100, 24, ready=False)
    for seconds, what in happened:
        face.t += seconds
        face.tell(news_of(tale, what) if isinstance(what, tuple) else what)
        face.tell(Resized(columns, lines))
        rows = picture(face.view, face.t)
        assert all(width_of(row) < columns for row in rows)
        assert len(rows) <= max(lines - 1, 2)
        if lines >= LEAST_LINES:
            gap = max((place for place, row in enumerate(rows) if not row), default=0)
            assert all(width_of(row) <= CHROME_CELLS for row in rows[gap:])


@given(st.lists(NEWS, max_size=20))
def test_a_picture_and_a_step_are_pure(happened: list[News]) -> None:
    one, other = Face().tell(said("One ")), Face().tell(said("One "))
    for told in happened:
        before = one.view
        one.tell(told)
        picture(before, one.t)
        other.tell(told)
        assert picture(one.view, one.t) == picture(other.view, one.t)
