"""Claims about the signs of the screen and the ASCII that stands in for them."""

from __future__ import annotations

import pytest

from livechat.terminal.cells import width
from livechat.terminal.glyphs import ASCII, UNICODE, Glyphs, glyphs
from livechat.terminal.safe import safe

SINGLE = [name for name in Glyphs._fields if name != "spinner"]


def signs(chosen: Glyphs) -> list[str]:
    return [*(getattr(chosen, name) for name in SINGLE), *chosen.spinner]


def test_a_terminal_gets_the_signs_that_it_can_show() -> None:
    assert glyphs(ascii=False) is UNICODE
    assert glyphs(ascii=True) is ASCII


def test_every_stand_in_is_printable_ascii() -> None:
    for sign in signs(ASCII):
        assert sign.isascii()
        assert sign.isprintable()
        assert sign.strip() == sign != ""


@pytest.mark.parametrize("name", [name for name in SINGLE if name != "ellipsis"])
def test_a_stand_in_takes_as_many_cells_as_its_sign(name: str) -> None:
    assert width(getattr(ASCII, name)) == width(getattr(UNICODE, name))


@pytest.mark.parametrize("chosen", [UNICODE, ASCII])
def test_the_pictures_of_the_spinner_are_all_one_cell_wide(chosen: Glyphs) -> None:
    assert {width(picture) for picture in chosen.spinner} == {1}
    assert len(chosen.spinner) > 2


@pytest.mark.parametrize("chosen", [UNICODE, ASCII])
def test_every_sign_passes_the_gate_as_it_is(chosen: Glyphs) -> None:
    assert all(safe(sign, multiline=False) == sign for sign in signs(chosen))


STATES = ("ready", "off", "hearing", "waiting", "speaking", "reconnecting", "tool")
ENDS = ("done", "failed", "cut", "asks")


@pytest.mark.parametrize("chosen", [UNICODE, ASCII])
def test_no_two_states_and_no_two_ends_of_a_tool_look_alike(chosen: Glyphs) -> None:
    for kind in (STATES, ENDS):
        assert len({getattr(chosen, name) for name in kind}) == len(kind)
