"""Where an answer is cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from livechat.server.allowance import Allowance


def said(allowance: Allowance, *pieces: str) -> str:
    return "".join([allowance.take(piece) for piece in pieces] + [allowance.rest()])


def test_without_limits_every_piece_passes_at_once() -> None:
    allowance = Allowance()
    assert [allowance.take(piece) for piece in ("a", "", "bc")] == ["a", "", "bc"]
    assert (allowance.rest(), allowance.spent) == ("", False)


def test_so_many_characters_and_no_more() -> None:
    allowance = Allowance(4)
    assert [allowance.take("abc"), allowance.take("def"), allowance.take("g"), allowance.rest()] == ["abc", "d", "", ""]
    assert allowance.spent


def test_it_stops_before_the_first_stop_sequence_wherever_the_pieces_break() -> None:
    assert said(Allowance(stops=("END", "")), "One E", "N", "D two") == "One "
    assert said(Allowance(stops=("END",)), "One E", "N", "T two E") == "One ENT two E"
    assert said(Allowance(stops=("b", "a")), "xab") == "x"


def test_what_may_begin_a_stop_sequence_waits() -> None:
    allowance = Allowance(stops=("END",))
    assert allowance.take("One E") == "One "
    assert allowance.rest() == "E"


def test_what_waited_counts_too() -> None:
    assert said(Allowance(3, ("END",)), "abcEN") == "abc"


@given(st.lists(st.text("abE", max_size=6), max_size=8), st.integers(0, 30) | st.none())
def test_pieces_make_no_difference(pieces: list[str], most: int | None) -> None:
    whole = "".join(pieces)
    cut = whole.split("Ea")[0][:most]
    assert said(Allowance(most, ("Ea",)), *pieces) == cut
