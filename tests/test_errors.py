"""The tree of errors is the one that is drawn, and every error says what, why and what to do."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Iterator

import pytest

from livechat import errors
from livechat.errors import LivechatError, RemoteProtocolError, Unanswered

LINE = re.compile(r"^(?P<limbs>[│├└─ ]*)(?P<name>\w+) +exit (?P<code>\d+) {2,}(?P<meaning>\S.*)$")

Branch = tuple[int, str, int]
"""Depth, name, exit code."""


def drawn() -> list[Branch]:
    matches = [LINE.match(line) for line in (errors.__doc__ or "").splitlines()]
    return [(len(found["limbs"]) // 4, found["name"], int(found["code"])) for found in matches if found]


def grown(error: type[LivechatError] = LivechatError, depth: int = 0) -> Iterator[Branch]:
    yield depth, error.__name__, error.exit_code
    for child in error.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from grown(child, depth + 1)


KINDS = [getattr(errors, name) for _, name, _ in grown() if name != "RemoteProtocolError"]


def test_the_tree_that_is_drawn_is_the_tree_that_grows() -> None:
    assert drawn() == list(grown())


def test_every_limb_of_the_drawing_hangs_where_it_should() -> None:
    lines = [line for line in (errors.__doc__ or "").splitlines() if LINE.match(line)]
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        for place, limb in enumerate(line):
            if limb in "│├":
                assert below[place : place + 1] in ("│", "├", "└"), f"a limb ends in the air under {line!r}"


def test_no_error_of_this_module_grows_outside_the_tree() -> None:
    mine = {name for name, thing in vars(errors).items() if isinstance(thing, type) and issubclass(thing, Exception)}
    assert mine == {name for _, name, _ in grown()}


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_speaks_the_sentence_and_carries_the_rest(kind: type[LivechatError]) -> None:
    error = kind("what", why="because", hint="do this\nor that")
    assert (str(error), error.what, error.why, error.hint) == ("what", "what", "because", "do this\nor that")


def test_why_and_hint_may_be_missing() -> None:
    error = Unanswered("no answer within 60 s")
    assert (error.why, error.hint) == ("", "")


def test_a_broken_frame_is_quoted_in_part() -> None:
    error = RemoteProtocolError("not JSON", "x" * 1000)
    assert error.excerpt == "x" * RemoteProtocolError.EXCERPT
    assert str(error) == f"not JSON: '{error.excerpt}'"
    assert len(str(error)) < 200


def test_a_frame_of_bytes_is_quoted_whatever_it_holds() -> None:
    assert RemoteProtocolError("not UTF-8", b"\xff\xfe{").excerpt == "\ufffd\ufffd{"


def test_a_broken_frame_shows_no_raw_control() -> None:
    assert "\x1b" not in str(RemoteProtocolError("not JSON", "\x1b[2J"))


def test_where_there_is_no_frame_the_problem_stands_alone() -> None:
    assert str(RemoteProtocolError("too big")) == "too big"


@pytest.mark.parametrize("error", [Unanswered("what", why="why", hint="hint"), RemoteProtocolError("bad", b"{")])
def test_an_error_survives_being_copied_and_carried_to_another_process(error: LivechatError) -> None:
    for again in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(again) is type(error)
        assert (str(again), again.why, again.hint) == (str(error), error.why, error.hint)
