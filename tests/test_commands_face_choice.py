"""Claims about which face is shown: a screen only where somebody watches a terminal that can be redrawn."""

from __future__ import annotations

import io
import itertools
from typing import TextIO

import pytest

from livechat.commands.face_choice import Face, FaceWish, ascii_of, choose_face, face_of, is_terminal, wants_ascii
from livechat.config import load

XTERM = {"TERM": "xterm-256color"}


def chosen(wanted: FaceWish, *, out: bool = True, err: bool = True, **env: str) -> Face:
    return choose_face(wanted, {**XTERM, **env}, out_is_terminal=out, err_is_terminal=err)


class Stream(io.StringIO):
    """A stream that is a terminal, or is none."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal or super().isatty()


def test_a_terminal_that_is_watched_gets_the_screen() -> None:
    assert chosen("auto") == "tty"


@pytest.mark.parametrize(("out", "err"), [(False, True), (True, False), (False, False)])
@pytest.mark.parametrize("wanted", ["auto", "tty"])
def test_without_a_terminal_on_both_streams_there_is_no_screen(wanted: FaceWish, out: bool, err: bool) -> None:
    assert chosen(wanted, out=out, err=err) == "plain"


@pytest.mark.parametrize("term", ["dumb", "unknown", ""])
@pytest.mark.parametrize("wanted", ["auto", "tty"])
def test_a_terminal_that_only_prints_gets_lines(wanted: FaceWish, term: str) -> None:
    assert chosen(wanted, TERM=term) == "plain"


@pytest.mark.parametrize("wanted", ["auto", "tty"])
def test_a_terminal_without_a_name_moves_its_cursor_on_windows_alone(wanted: FaceWish) -> None:
    def nameless(**env: str) -> Face:
        return choose_face(wanted, env, out_is_terminal=True, err_is_terminal=True)

    assert nameless() == "plain"
    assert nameless(OS="Windows_NT") == "tty"
    assert nameless(OS="Windows_NT", TERM="dumb") == "plain"


@pytest.mark.parametrize("value", ["1", "true", "yes", "woodpecker"])
def test_in_ci_nobody_watches_unless_the_screen_is_asked_for(value: str) -> None:
    assert chosen("auto", CI=value) == "plain"
    assert chosen("tty", CI=value) == "tty"


@pytest.mark.parametrize("value", ["", "0", "false", "False"])
def test_a_variable_that_says_no_says_nothing(value: str) -> None:
    assert chosen("auto", CI=value, ACCESSIBLE=value) == "tty"


@pytest.mark.parametrize(("out", "err"), list(itertools.product([True, False], repeat=2)))
def test_what_is_wished_as_lines_is_lines_everywhere(out: bool, err: bool) -> None:
    assert chosen("plain", out=out, err=err, ACCESSIBLE="1") == "plain"
    assert chosen("screen-reader", out=out, err=err, CI="1") == "accessible"
    assert chosen("auto", out=out, err=err, ACCESSIBLE="1") == "accessible"


def test_a_screen_that_is_asked_for_is_not_taken_for_one_that_is_read_aloud() -> None:
    assert chosen("tty", ACCESSIBLE="1") == "tty"


@pytest.mark.parametrize(
    ("wanted", "encoding", "ascii"),
    [
        (None, "utf-8", False),
        (None, "UTF8", False),
        (None, "ANSI_X3.4-1968", True),
        (None, "iso8859-1", True),
        (None, "cp437", True),
        (None, "no-such-code", True),
        (None, None, True),
        (True, "utf-8", True),
        (False, "ascii", False),
    ],
)
def test_signs_are_ascii_where_the_stream_holds_no_others(
    wanted: bool | None, encoding: str | None, ascii: bool
) -> None:
    assert wants_ascii(wanted, encoding) is ascii


def test_the_settings_and_the_streams_choose() -> None:
    settings = load(None, None, {}, {}, no_file=True)
    here, there = Stream(terminal=True), Stream(terminal=False)
    assert face_of(settings, XTERM, here, here) == "tty"
    assert face_of(settings, XTERM, here, there) == face_of(settings, XTERM, None, here) == "plain"
    plain = load(None, None, {}, {"output.face": "plain"}, no_file=True)
    assert face_of(plain, XTERM, here, here) == "plain"


def test_the_settings_and_the_encoding_choose_the_signs() -> None:
    settings = load(None, None, {}, {}, no_file=True)
    latin = io.TextIOWrapper(io.BytesIO(), "latin-1")
    utf8 = io.TextIOWrapper(io.BytesIO(), "utf-8")
    assert [ascii_of(settings, stream) for stream in (latin, utf8, None)] == [True, False, True]
    asked = load(None, None, {}, {"output.ascii": True}, no_file=True)
    assert ascii_of(asked, utf8)


def test_a_stream_that_is_closed_is_no_terminal() -> None:
    stream: TextIO = io.StringIO()
    stream.close()
    assert not is_terminal(stream)
