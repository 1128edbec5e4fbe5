"""What the tools of a file print goes to the log, line by line, and no more of it than anybody reads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from livechat.tools.prints import A_SECOND, LONGEST, Prints, Room


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    with caplog.at_level("INFO", "livechat"):
        yield caplog.messages


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_each_line_is_told_when_it_has_its_end(told: list[str], caplog: pytest.LogCaptureFixture) -> None:
    prints = Prints("weather.py", Clock())
    prints.take(b"to the")
    assert caplog.messages == []
    prints.take(b" screen\nand mo")
    prints.take(b"re\r\nunfin")
    prints.end()
    assert caplog.messages == [
        "the tool weather.py printed: to the screen",
        "the tool weather.py printed: and more",
        "the tool weather.py printed: unfin",
    ]


def test_what_is_no_text_is_told_all_the_same(told: list[str], caplog: pytest.LogCaptureFixture) -> None:
    Prints("a.py").take(b"caf\xc3\xa9 \xff\n")
    assert caplog.messages == ["the tool a.py printed: café �"]


def test_a_line_without_an_end_is_bounded(told: list[str], caplog: pytest.LogCaptureFixture) -> None:
    prints = Prints("a.py", clock := Clock())
    for _ in range(100):
        prints.take(b"x" * 60_000)
        clock.now += 1
    prints.take(b"\n")
    assert caplog.messages == ["the tool a.py printed: " + "x" * LONGEST]


def test_of_a_flood_only_its_beginning_is_told_in_each_second(
    told: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    prints = Prints("a.py", clock := Clock())
    for _ in range(20):
        prints.take(b"x" * (A_SECOND // 8 - 1) + b"\n")
    assert len(caplog.messages) == 8
    clock.now = 1.0
    prints.take(b"again\n")
    assert caplog.messages[-1] == "the tool a.py printed: again"


def test_a_room_is_as_large_again_each_second() -> None:
    room = Room(2, clock := Clock())
    assert [room.take(1) for _ in range(3)] == [True, True, False]
    clock.now = 0.9
    assert not room.take(1)
    clock.now = 1.0
    assert room.take(5)
    assert not room.take(1)
