"""Claims about what the program says about itself on stderr."""

from __future__ import annotations

import io
import os
from itertools import pairwise
from typing import TextIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.errors import ConfigError, LivechatError, MissingInput, QuotaExceeded, RemoteProtocolError
from livechat.terminal import cells
from livechat.terminal.report import Color, Part, Report, shortened, wants_color, wrapped


class Terminal(io.StringIO):
    """A stream that says that it is a terminal, of a size that cannot be asked."""

    def isatty(self) -> bool:
        return True


def said(stream: TextIO, **env: str) -> Report:
    return Report(stream, env)


def test_an_error_is_what_why_what_to_do_and_the_exit_code() -> None:
    stream = io.StringIO()
    said(stream).error(MissingInput("no such file: q.wav", why="there is no folder x", hint="livechat demo"))
    assert (
        stream.getvalue()
        == "error: no such file: q.wav\n  why: there is no folder x\n  try: livechat demo\n  ref: exit 66\n"
    )


def test_what_an_error_does_not_have_is_not_printed() -> None:
    stream = io.StringIO()
    said(stream).error(LivechatError("it broke"))
    assert stream.getvalue() == "error: it broke\n  ref: exit 1\n"


def test_an_error_is_printed_as_its_sentence_not_as_its_first_argument() -> None:
    stream = io.StringIO()
    said(stream).error(RemoteProtocolError("not JSON", b"\x1b[2Jhello"))
    assert stream.getvalue() == "error: not JSON: '\\x1b[2Jhello'\n  ref: exit 76\n"


def test_each_line_of_a_hint_stands_under_the_first() -> None:
    stream = io.StringIO()
    said(stream).error(LivechatError("no key", hint="get one\nlivechat text --local"))
    assert stream.getvalue() == "error: no key\n  try: get one\n       livechat text --local\n  ref: exit 1\n"


def test_on_a_terminal_prose_is_wrapped_at_80_columns_and_hangs_under_itself() -> None:
    stream = Terminal()
    said(stream, TERM="dumb").error(LivechatError("short", hint="word " * 30))
    lines = stream.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert all(line.startswith("       word") for line in lines[2:4])
    assert len(lines) == 5


def test_while_the_terminal_is_somebody_elses_what_is_said_goes_there_without_secrets() -> None:
    stream, told = io.StringIO(), list[str]()
    report = said(stream)
    report.hide("k" * 20)
    report.verbosity = 1
    report.divert(told.append)
    report.note("the key is " + "k" * 20)
    report.warning("mind the gap")
    report.detail("a detail")
    assert told == ["the key is [hidden]", "warning: mind the gap", "a detail"]
    assert stream.getvalue() == ""
    report.divert(None)
    report.note("back")
    assert stream.getvalue() == "note: back\n"


def test_a_terminal_that_takes_nothing_is_told_nothing() -> None:
    stream = io.StringIO()
    report = said(stream)
    report.give_up()
    report.error(LivechatError("it broke"))
    assert stream.getvalue() == ""


def test_an_error_refers_to_what_was_written_of_it() -> None:
    stream = io.StringIO()
    report = said(stream)
    report.refer("trace a.ndjson")
    report.refer("log b.ndjson")
    report.error(QuotaExceeded("quota exceeded"))
    assert stream.getvalue() == "error: quota exceeded\n  ref: exit 75 · trace a.ndjson · log b.ndjson\n"


def test_of_several_problems_the_last_line_alone_has_the_exit_code() -> None:
    stream = io.StringIO()
    said(stream).error(ConfigError("one", hint="do"), ConfigError("two"))
    assert stream.getvalue() == "error: one\n  try: do\nerror: two\n  ref: exit 78\n"


LAY_OUT = "\n   4 | [audio]\n     | ^^^"


@pytest.mark.parametrize(
    ("what", "why", "rows", "cuts"),
    [
        ("what " * 5, "why " * 60, [1, 3, 1], 1),
        ("what " * 60, "why", [3, 1, 1], 1),
        ("what " * 60, "why " * 60, [3, 1, 1], 2),
        ("what " * 40 + LAY_OUT, "why " * 60, [3, 1, 1], 2),
        ("what " * 5, "why", [1, 1, 1], 0),
    ],
)
def test_an_error_too_long_for_six_lines_loses_of_its_why_and_then_of_its_prose(
    what: str, why: str, rows: list[int], cuts: int
) -> None:
    stream = Terminal()
    said(stream, TERM="dumb").error(LivechatError(what, why=why, hint="wait"))
    lines = stream.getvalue().splitlines()
    assert len(lines) <= 6
    assert max(map(cells.width, lines)) <= 80
    starts = [number for number, line in enumerate(lines) if line.strip()[:4] in ("erro", "why:", "try:", "ref:")]
    assert [after - before for before, after in pairwise(starts)] == rows
    assert stream.getvalue().count(" …") == cuts
    assert lines[-2:] == ["  try: wait", "  ref: exit 1"]


def test_on_a_narrow_terminal_an_error_may_take_as_much_room_as_six_lines_of_80() -> None:
    problem = Part("error: ", "error", [f"row {number}" for number in range(20)])
    for width, rows in ((80, 6), (40, 12), (20, 20)):
        assert len(shortened([problem], width)[0].rows) == rows
    assert shortened([Part("error: ", "error", ["x"] * 9)], 7)[0].rows == ["x"] * 9


def test_with_v_nothing_is_left_out() -> None:
    stream = Terminal()
    report = said(stream, TERM="dumb")
    report.verbosity = 1
    report.error(LivechatError("it broke", why="why " * 150))
    assert stream.getvalue().count("why") == 151


def test_off_a_terminal_nothing_is_wrapped() -> None:
    stream = io.StringIO()
    said(stream).note("word " * 60)
    assert stream.getvalue().count("\n") == 1


def test_a_line_that_begins_with_a_space_is_left_as_it_is() -> None:
    stream = Terminal()
    command = "  python -m pip install " + "package " * 20
    said(stream, TERM="dumb").error(
        LivechatError("x.toml:1:1  bad\n   1 | a = 1\n     | ^", hint=f"install it:\n{command}")
    )
    assert stream.getvalue().splitlines() == [
        "error: x.toml:1:1  bad",
        "   1 | a = 1",
        "     | ^",
        "  try: install it:",
        command,
        "  ref: exit 1",
    ]


def test_a_long_word_is_never_cut() -> None:
    path = "/very/long" * 12
    assert list(wrapped(f"cannot read {path} now", 80, 7)) == ["cannot read", path, "now"]


@given(st.lists(st.text("aé中 ", min_size=1, max_size=9), min_size=1).map(" ".join), st.integers(10, 90))
def test_wrapping_keeps_all_words_in_order(line: str, width: int) -> None:
    rows = list(wrapped(line, width, 3))
    assert "".join(rows).replace(" ", "") == line.replace(" ", "")
    assert all(cells.width(row) <= width - 3 or " " not in row.strip() for row in rows) or line.startswith(" ")


def test_foreign_text_is_disarmed() -> None:
    stream = io.StringIO()
    said(stream).error(LivechatError("closed: \x1b]52;c;ZXZpbA==\x07", why="\x1b[2J", hint="\x9b1m\r\nerror: forged"))
    assert stream.getvalue() == "error: closed: ␛\n  why: ␛\n  try: ␛\n       error: forged\n  ref: exit 1\n"


def test_a_second_line_from_outside_cannot_pass_for_one_of_ours() -> None:
    stream = io.StringIO()
    said(stream).warning("oops\nerror: forged\n error: forged")
    assert [line[:1] for line in stream.getvalue().splitlines()] == ["w", " ", " "]


def test_secrets_are_hidden_the_longest_first() -> None:
    stream = io.StringIO()
    report = said(stream)
    report.hide("secret")
    report.hide("secret-and-more")
    report.hide("")
    report.error(LivechatError("key secret-and-more", why="secret!", hint="not secre"))
    report.block("Traceback: secret\n\x1b[0m")
    assert stream.getvalue().splitlines() == [
        "error: key [hidden]",
        "  why: [hidden]!",
        "  try: not secre",
        "  ref: exit 1",
        "Traceback: [hidden]",
        "␛",
    ]
    assert report.without_secrets("a secret\x1b") == "a [hidden]\x1b"


def test_what_is_too_short_to_be_a_secret_is_not_hidden() -> None:
    stream = io.StringIO()
    report = said(stream)
    report.hide("error")
    report.note("an error")
    assert stream.getvalue() == "note: an error\n"


def test_the_line_of_a_ctrl_c_is_ended_on_a_terminal_only() -> None:
    for stream, shown in ((Terminal(), "\n"), (io.StringIO(), "")):
        said(stream).end_line()
        assert stream.getvalue() == shown


def test_quiet_leaves_out_notes_and_keeps_warnings_and_errors() -> None:
    stream = io.StringIO()
    report = said(stream)
    report.quiet, report.verbosity = True, 1
    report.note("a note")
    report.detail("a detail")
    report.warning("a warning")
    report.error(LivechatError("an error"))
    assert stream.getvalue() == "warning: a warning\nerror: an error\n  ref: exit 1\n"


def test_details_are_for_those_who_asked() -> None:
    stream = io.StringIO()
    report = said(stream)
    report.detail("unasked")
    report.verbosity = 1
    report.detail("asked")
    assert stream.getvalue() == "note: asked\n"


@pytest.mark.parametrize(
    ("choice", "is_terminal", "env", "wanted"),
    [
        ("auto", True, {"TERM": "xterm"}, True),
        ("auto", True, {}, True),
        ("auto", False, {"FORCE_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", True, {"TERM": "dumb"}, False),
        ("auto", True, {"TERM": "unknown"}, False),
        ("always", False, {"NO_COLOR": "1", "TERM": "dumb"}, True),
        ("never", True, {}, False),
        ("auto", False, {"TERM": "xterm", "FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"}, False),
    ],
)
def test_color_is_as_chosen_and_else_where_a_terminal_shows_it(
    choice: Color, is_terminal: bool, env: dict[str, str], wanted: bool
) -> None:
    assert wants_color(choice, is_terminal, env) is wanted


def test_only_the_labels_are_colored() -> None:
    stream = Terminal()
    said(stream, TERM="xterm").error(LivechatError("it broke"))
    assert stream.getvalue() == "\x1b[1;31merror: \x1b[0mit broke\n\x1b[2m  ref: \x1b[0mexit 1\n"


def test_a_pseudo_terminal_is_asked_for_its_width() -> None:
    import fcntl
    import struct
    import termios

    master, slave = os.openpty()
    try:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
        with open(slave, "w", closefd=False, encoding="utf-8") as stream:
            said(stream, TERM="dumb").note("word " * 12)
        lines = os.read(master, 4096).decode().split("\r\n")
    finally:
        os.close(master)
        os.close(slave)
    assert 30 < max(map(len, lines)) <= 40


class Broken(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


@pytest.mark.parametrize("stream", [None, Broken()])
def test_a_stream_that_is_absent_or_broken_is_nobody_s_problem(stream: TextIO | None) -> None:
    report = Report(stream, {})
    report.error(LivechatError("unheard"))
    report.error(LivechatError("unheard"))


def test_a_closed_stream_is_nobody_s_problem() -> None:
    stream = io.StringIO()
    stream.close()
    said(stream).error(LivechatError("unheard"))
