"""The progress line: on a terminal only, and gone at the end."""

from __future__ import annotations

import io

from livechat.terminal.progress import EVERY_S, Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def drawn(total_s: float | None, *positions: float, shown: bool = True) -> str:
    terminal = Terminal()
    with Progress(terminal, total_s, shown=shown) as progress:
        for position in positions:
            progress.show(position)
    return terminal.getvalue()


def test_it_says_how_much_of_how_much_is_sent_and_leaves_no_trace() -> None:
    text = drawn(60.0, 30.0)
    assert "sent 0:30.0 of 1:00.0 (50%)" in text
    assert text.endswith("\r\x1b[K")


def test_without_a_known_end_it_says_only_how_much() -> None:
    assert "sent 1:05.0\r" in drawn(None, 65.0)


def test_a_header_that_promised_less_never_shows_more_than_all() -> None:
    assert "(100%)" in drawn(1.0, 2.0)


def test_it_draws_no_oftener_than_is_readable() -> None:
    assert drawn(None, 0.0, EVERY_S / 2, EVERY_S).count("sent") == 2


def test_off_a_terminal_and_when_asked_to_be_quiet_nothing_is_drawn() -> None:
    pipe = io.StringIO()
    with Progress(pipe, 1.0) as progress:
        progress.show(0.5)
    assert pipe.getvalue() == ""
    assert drawn(1.0, 0.5, shown=False) == ""
    with Progress(None, 1.0) as progress:
        progress.show(0.5)


def test_it_makes_way_once_and_is_drawn_again() -> None:
    terminal = Terminal()
    with Progress(terminal, None) as progress:
        progress.clear()
        assert terminal.getvalue() == ""
        progress.show(0.0)
        progress.clear()
        progress.clear()
        assert terminal.getvalue().endswith("sent 0:00.0\r\x1b[K")
        progress.show(EVERY_S)
    assert terminal.getvalue().count("sent") == 2


def test_it_says_what_is_done_with_the_sound() -> None:
    terminal = Terminal()
    with Progress(terminal, 60.0, verb="written") as progress:
        progress.show(30.0)
    assert "written 0:30.0 of 1:00.0 (50%)" in terminal.getvalue()
