"""README's picture is drawn from a recorded call, by a command, and shows what README says of it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest

from livechat.terminal.glyphs import UNICODE
from livechat.terminal.safe import Safe
from livechat.terminal.states import SIGNS, State, keys_of
from livechat.terminal.style import Span, Style, painted
from tests import picture as drawing
from tests.cli import ROOT
from tests.picture import MARKER, PICTURE, RECORDING, Recording, Screen
from tests.picture_svg import drawn, text_of

SVG = "{http://www.w3.org/2000/svg}"


@cache
def recording() -> Recording:
    return Recording.read(RECORDING)


@cache
def moment() -> Screen:
    return recording().screen_at(MARKER)


def test_the_picture_is_what_the_command_makes_of_the_recording() -> None:
    assert PICTURE.read_text("utf-8") == drawing.picture(recording()), "make picture"


def test_the_readme_shows_it() -> None:
    assert f"]({PICTURE.relative_to(ROOT)})" in (ROOT / "README.md").read_text("utf-8")


def test_the_picture_refers_to_nothing_outside_itself() -> None:
    text = PICTURE.read_text("utf-8")
    assert re.findall(r"https?://[^\"<]*", text) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"url\(|@import|@font-face|href", text)


def test_the_picture_tells_its_words_to_those_who_do_not_see_it() -> None:
    root = ET.parse(PICTURE).getroot()
    described = root.findtext(f"{SVG}desc", "").splitlines()
    assert described == [line.rstrip() for line in moment().display[: len(described)]]
    assert root.findtext(f"{SVG}title") == recording().header["command"]


def test_the_picture_shows_words_that_were_never_played_and_words_that_are_not_played_yet() -> None:
    rows = drawing.rows(moment())
    struck = [cell.data for row in rows for cell in row if cell.strikethrough]
    assert len("".join(struck).split()) >= 3
    assert any("you interrupted" in line for line in moment().display)
    answer = [row for row in rows if text_of(row).startswith("puck")][-1][6:]
    assert [faint for faint, _ in groupby(cell.blink for cell in answer if cell.data != " ")] == [False, True]


def test_the_picture_shows_the_state_and_the_keys_of_today() -> None:
    status, keys = [line.split() for line in moment().display if line.strip()][-2:]
    sign = SIGNS[State.SPEAKING]
    assert status[:2] == [getattr(UNICODE, sign.symbol), sign.word]
    assert keys == [word for pair in keys_of(State.SPEAKING, spoken=True) for part in pair for word in part.split()]


def test_the_recording_is_an_asciicast_whose_times_do_not_run_back() -> None:
    read = recording()
    assert read.header["version"] == 2
    assert (read.header["width"], read.header["height"]) == (92, 24)
    times = [at for at, _, _ in read.events]
    assert times == sorted(times)
    assert {kind for _, kind, _ in read.events} == {"o", "m"}


def test_a_recording_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = Recording({"version": 2, "width": 9, "height": 2}, [(0.5, "o", "a\u2028\x1b[2mé\r\n"), (1.0, "m", "x")])
    written.write(tmp_path / "some.cast")
    assert Recording.read(tmp_path / "some.cast") == written


def test_a_marker_that_is_not_there_is_missed() -> None:
    with pytest.raises(LookupError, match="no marker 'never'"):
        recording().screen_at("never")


# ------------------------------------------------------------------------------------------------------ the SVG


def texts(written: str, columns: int = 12) -> list[ET.Element]:
    """The marks of letters for what was written on a terminal."""
    screen = Recording({"width": columns, "height": 2}, [(0, "o", written), (0, "m", "x")]).screen_at("x")
    root = ET.fromstring(drawn(drawing.rows(screen), title="<t>"))
    return [mark for mark in root.iter(f"{SVG}text") if mark.get("class") != "title"]


def test_letters_of_one_look_are_drawn_at_once_at_their_place() -> None:
    first, second = texts("  a <b \x1b[1mc")
    assert (first.text, first.get("x"), first.get("textLength")) == ("a\u00a0<b", f"{16 + 2 * 8.4:g}", f"{4 * 8.4:g}")
    assert (second.text, second.get("class")) == ("c", "bold")


def test_faint_and_struck_letters_are_told_apart_and_end() -> None:
    marks = texts("\x1b[2ma\x1b[22mb\x1b[2;9mc\x1b[0md")
    assert [(mark.text, mark.get("class"), mark.get("opacity")) for mark in marks] == [
        ("a", "faint", "0.6"),
        ("b", None, None),
        ("c", "faint strike", "0.6"),
        ("d", None, None),
    ]


def test_signs_of_another_font_are_held_in_their_cells() -> None:
    marks = texts("界x██▌·⊘")
    assert [(mark.text, mark.get("textLength")) for mark in marks] == [
        ("界", "16.8"),
        ("x", "8.4"),
        ("██", "16.8"),
        ("▌", "8.4"),
        ("·", "8.4"),
        ("⊘", "8.4"),
    ]


def test_colored_grounds_are_drawn() -> None:
    screen = Recording({"width": 9, "height": 1}, [(0, "o", "\x1b[97;41mMUTED"), (0, "m", "x")]).screen_at("x")
    svg = drawn(drawing.rows(screen), title="")
    assert 'width="42" height="19" fill="#c22f3d"' in svg
    assert 'fill="#ffffff"' in svg


def test_every_style_of_the_face_has_its_colors() -> None:
    row = tuple(Span(Safe(f"{style.name}"), style) for style in Style)
    said = [mark.text for mark in texts(painted(row, sgr=True, color=True), 80)]
    assert said == [style.name for style in Style]
