"""One thread writes and nobody waits for it, whatever the terminal does; on real pseudo-terminals."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Generator

import pytest

from livechat.terminal.region import BEGIN, END, SHOW
from livechat.terminal.writer import AMENDS, AT_ONCE, GLANCE_S, PATIENCE_S, Writer
from tests.terminal_help import Pty, Terminal

LONG_S = 10.0
AT_ONCE_S = 1.0
"""What a call may take on a machine that is busy; it would be for ever if it waited for the terminal."""


@pytest.fixture
def terminal() -> Generator[Pty]:
    made = Pty()
    yield made
    made.close()


@pytest.fixture
def writer(terminal: Pty) -> Generator[Writer]:
    made = Writer(terminal.descriptor)
    yield made
    made.close(0.0)


def has_ended(writer: Writer) -> bool:
    return not writer.pause(LONG_S) and writer.over


def test_history_is_printed_once_above_the_rows(terminal: Pty, writer: Writer) -> None:
    screen = Terminal(40, 10)
    writer.add(["one", "two"])
    writer.show(["partial", "STATE"])
    screen.feed(terminal.read_until(b"STATE"))
    writer.add(["three"])
    screen.feed(terminal.read_until(b"STATE") + terminal.read_until(END.encode()))
    assert screen.text == ["one", "two", "three", "partial", "STATE"]
    assert not screen.cursor_seen


def test_what_becomes_history_leaves_the_region_in_the_same_frame(terminal: Pty, writer: Writer) -> None:
    screen = Terminal(40, 10)
    writer.show(["words", "STATE"])
    screen.feed(terminal.read_until(b"STATE") + terminal.read_until(END.encode()))
    writer.add(["words"], ["STATE"])
    screen.feed(terminal.read_until(END.encode()))
    assert screen.text == ["words", "STATE"]


def test_a_terminal_that_is_not_utf_8_is_sent_what_it_shows(terminal: Pty) -> None:
    writer = Writer(terminal.descriptor, "ascii")
    writer.add(["caf\u00e9 \u201csays\u201d"])
    assert b'"says"' in terminal.read_until(b'says"')
    assert writer.close()


def test_closed_it_has_taken_the_region_away_and_shown_the_cursor(terminal: Pty, writer: Writer) -> None:
    screen = Terminal(40, 10)
    writer.add(["one"])
    writer.show(["partial", "STATE"])
    screen.feed(terminal.read_until(b"STATE"))
    writer.add(["two"])
    assert writer.close()
    assert writer.close()
    assert writer.over
    screen.feed(terminal.read_until(SHOW.encode()))
    assert screen.text == ["one", "two"]
    assert screen.cursor_seen


def test_closed_before_anything_was_said_it_writes_nothing(terminal: Pty, writer: Writer) -> None:
    assert writer.close()
    os.write(terminal.descriptor, b"$ ")
    assert terminal.read_until(b"$ ") == b"$ "


def test_of_the_rows_shown_to_a_stopped_terminal_only_the_newest_are_drawn(terminal: Pty, writer: Writer) -> None:
    terminal.stop()
    for frame in range(100):
        writer.show([f"frame {frame}."])
    terminal.go_on()
    drawn = re.findall(rb"frame \d+", terminal.read_until(b"frame 99."))
    assert len(drawn) <= 2, "the one that was under way, and the newest"


def test_of_the_history_of_a_stopped_terminal_nothing_is_lost(terminal: Pty, writer: Writer) -> None:
    terminal.stop()
    for number in range(1000):
        writer.add([f"line {number}."])
    terminal.go_on()
    assert numbers(terminal.read_until(b"line 999.")) == list(range(1000))


def numbers(seen: bytes) -> list[int]:
    return [int(number) for number in re.findall(rb"line (\d+)\.", seen)]


def test_nobody_waits_for_a_terminal_that_is_not_read_for_thirty_seconds(terminal: Pty, writer: Writer) -> None:
    """What half a minute brings, in one go: twelve frames a second, and a line in each second."""
    began = time.monotonic()
    for frame in range(30 * 12):
        writer.show([f"{frame} ".ljust(79, "x")] * 7)
        if not frame % 12:
            writer.add([f"line {frame // 12}."])
    assert time.monotonic() - began < AT_ONCE_S
    assert numbers(terminal.read_until(b"line 29.")) == list(range(30))


def test_a_hundred_thousand_lines_come_in_order_and_not_in_one_frame(terminal: Pty, writer: Writer) -> None:
    lines = [f"line {number}." for number in range(100_000)]
    writer.show(["STATE"])
    writer.add(lines)
    seen = terminal.read_until(b"line 99999.")
    assert numbers(seen) == list(range(100_000))
    assert max(len(numbers(frame)) for frame in seen.split(BEGIN.encode())) == AT_ONCE


def test_lines_added_by_several_threads_each_come_once(terminal: Pty, writer: Writer) -> None:
    def add(first: int) -> None:
        for number in range(first, first + 100):
            writer.add([f"line {number}."])

    threads = [threading.Thread(target=add, args=(100 * number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.add(["end"])
    assert sorted(numbers(terminal.read_until(b"end"))) == list(range(500))


def test_the_size_is_asked_for_when_a_frame_is_drawn(terminal: Pty, writer: Writer) -> None:
    writer.show(["x" * 79])
    assert terminal.read_until(END.encode()).count(b"x") == 39
    terminal.resize(80, 10)
    writer.redraw()
    assert terminal.read_until(END.encode()).count(b"x") == 79


def test_an_identical_frame_is_written_again_only_where_it_is_asked_for(terminal: Pty, writer: Writer) -> None:
    writer.show(["STATE"])
    terminal.read_until(b"STATE")
    writer.show(["STATE"])
    writer.show(["STATE", "end"])
    assert terminal.read_until(b"end").count(b"STATE") == 1, "with the row that is new"
    writer.redraw()
    terminal.read_until(b"STATE")


# --------------------------------------------------------------------------------------------- somebody else's turn


def test_paused_the_terminal_is_somebody_elses(terminal: Pty, writer: Writer) -> None:
    screen = Terminal(40, 10)
    writer.add(["one"])
    writer.show(["STATE"])
    screen.feed(terminal.read_until(b"STATE"))
    assert writer.pause()
    assert writer.pause(), "that it is already"
    os.write(terminal.descriptor, b"[1]+  Stopped\n$ fg\n")
    writer.add(["two"])
    writer.show(["OTHER STATE"])
    screen.feed(terminal.read_until(b"fg\r\n"))
    assert screen.text == ["one", "[1]+  Stopped", "$ fg"]
    assert screen.cursor_seen
    writer.resume()
    screen.feed(terminal.read_until(b"OTHER STATE"))
    assert screen.text == ["one", "[1]+  Stopped", "$ fg", "two", "OTHER STATE"]


def test_what_was_added_while_it_was_paused_is_printed_at_the_end(terminal: Pty, writer: Writer) -> None:
    assert writer.pause()
    writer.add(["line 1."])
    writer.redraw()
    assert writer.close()
    terminal.read_until(b"line 1.")


def test_a_stopped_terminal_cannot_be_taken_away_in_time_but_is_later(terminal: Pty, writer: Writer) -> None:
    terminal.stop()
    writer.add(["line 1."])
    writer.show(["STATE"])
    assert not writer.pause(0.01)
    terminal.go_on()
    assert writer.pause(LONG_S)
    terminal.read_until(b"line 1.")


# ------------------------------------------------------------------------------------------------- broken terminals


def test_a_ctrl_s_is_undone_at_the_end(terminal: Pty, writer: Writer) -> None:
    terminal.stop()
    writer.add(["line 1."])
    writer.show(["STATE"])
    assert writer.close(), "ctrl-q would come to nobody"
    terminal.read_until(b"line 1.")


def test_a_terminal_that_nobody_reads_is_given_up(terminal: Pty, writer: Writer) -> None:
    writer.add(["x" * 79] * 10_000)
    began = time.monotonic()
    assert not writer.close()
    assert time.monotonic() - began < PATIENCE_S + 2 * GLANCE_S + AT_ONCE_S
    assert has_ended(writer)
    assert terminal.read_until(AMENDS), "for the case that it is read after all"


def test_a_terminal_that_goes_away_ends_it(terminal: Pty, writer: Writer) -> None:
    terminal.hang_up()
    writer.add(["line 1."])
    assert has_ended(writer)
    writer.add(["line 2."])
    writer.show(["STATE"])
    writer.redraw()
    writer.resume()
    assert not writer.close()


def test_a_terminal_that_goes_away_while_it_is_stopped_ends_it(terminal: Pty, writer: Writer) -> None:
    terminal.stop()
    writer.add(["line 1."])
    terminal.hang_up()
    assert has_ended(writer)


def test_half_a_character_of_a_foreign_system_is_a_question_mark(terminal: Pty, writer: Writer) -> None:
    writer.add(["\ud800."])
    terminal.read_until(b"?.")


def test_where_a_write_waits_the_end_does_not() -> None:
    """A pipe stands for a terminal that cannot be opened a second time."""
    reading, writing = os.pipe()
    writer = Writer(writing)
    writer.add(["x" * 1000] * 1000)
    began = time.monotonic()
    assert not writer.close(0.1)
    assert time.monotonic() - began < AT_ONCE_S
    os.close(reading)
    assert has_ended(writer)
    os.close(writing)


def test_descriptors_that_never_wait_lose_nothing() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    writer = Writer(writing)
    writer.add([f"line {number}." for number in range(50_000)])
    seen = b""
    while b"line 49999." not in seen:
        seen += os.read(reading, 65536)
    assert writer.close(LONG_S)
    assert numbers(seen) == list(range(50_000))
    os.close(reading)
    os.close(writing)
