"""Tries after a loss: the first at once, the others ever later, few in any minute; and leaving in time."""

from __future__ import annotations

import re
from math import inf
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import livechat
from livechat.commands.holding import Holding
from livechat.config import Settings
from livechat.relinking import A_MINUTE, FURTHER_TRIES, HELD_S, LEAD_S, LONGEST_S, MARGIN_S, Relinking

SOURCES = Path(livechat.__file__).parent


def pauses(links: Relinking, count: int) -> list[float]:
    """How long each of so many tries waits, where each fails at once."""
    now, waited = 0.0, list[float]()
    for _ in range(count):
        assert links.plan(now)
        waited.append(links.at - now)
        now = links.at
        links.tried(now)
    return waited


def test_the_first_try_is_made_at_once_and_each_later_one_waits_within_twice_as_long() -> None:
    first, *later = pauses(Relinking(8, 0.3), 7)
    assert first == 0.0
    for number, pause in enumerate(later):
        assert min(LONGEST_S, 2.0**number) / 2 <= pause <= min(LONGEST_S, 2.0**number)


def test_no_pause_is_longer_than_half_a_minute() -> None:
    assert max(pauses(Relinking(40, 0.9), 40)) <= LONGEST_S


@given(jitter=st.floats(0, 1, exclude_max=True), other=st.floats(0, 1, exclude_max=True))
def test_two_clients_that_were_cut_off_together_come_back_apart(jitter: float, other: float) -> None:
    one, two = pauses(Relinking(8, jitter), 5)[1:], pauses(Relinking(8, other), 5)[1:]
    if 0.05 < abs(jitter - other) < 0.95:
        assert all(abs(mine - theirs) > 0.02 for mine, theirs in zip(one, two, strict=True))


@given(st.lists(st.floats(0, 20), min_size=20, max_size=60), st.booleans())
def test_never_more_than_eight_are_tried_in_a_minute(helds: list[float], soon: bool) -> None:
    links, now, made = Relinking(10**6, 0.5), 0.0, list[float]()
    for held in helds:
        assert links.plan(now, soon=soon)
        now = max(now, links.at)
        links.tried(now)
        made.append(now)
        links.ready(now)
        links.proved()
        now += held
    for first, ninth in zip(made, made[A_MINUTE:], strict=False):
        assert ninth - first >= 60.0 - 1e-6


def test_what_was_refused_and_is_not_asked_again_need_not_wait() -> None:
    links = Relinking(8, 0.5)
    pauses(links, 3)
    assert links.plan(100.0, soon=True)
    assert links.at == 100.0


def test_after_as_many_tries_as_there_are_no_more_is_planned() -> None:
    links = Relinking(3, 0.5)
    pauses(links, 3)
    assert not links.plan(1000.0)
    assert links.at == inf
    assert not Relinking(0, 0.5).plan(0.0)


@pytest.mark.parametrize("proof", ["a turn", "ten seconds"])
def test_a_connection_that_has_held_begins_the_count_anew(proof: str) -> None:
    links = Relinking(3, 0.5)
    pauses(links, 3)
    links.ready(50.0)
    if proof == "a turn":
        links.proved()
        assert links.attempt == 0
    assert links.plan(50.0 if proof == "a turn" else 50.0 + HELD_S)
    assert (links.attempt, links.at) == (1, 50.0 if proof == "a turn" else 50.0 + HELD_S)


def test_one_that_was_ready_and_fell_at_once_does_not() -> None:
    links = Relinking(3, 0.5)
    pauses(links, 2)
    links.ready(50.0)
    assert links.plan(50.0 + HELD_S - 0.1)
    assert links.attempt == 3


def test_a_turn_that_ends_before_there_was_a_connection_proves_none() -> None:
    links = Relinking(3, 0.5)
    links.proved()
    assert links.plan(5.0)
    assert links.attempt == 1


def test_an_end_that_is_near_is_met_at_once_and_at_the_latest_five_seconds_before() -> None:
    links = Relinking(8, 0.5)
    links.end_announced(50.0, 100.0)
    assert links.deadline == 100.0
    assert links.leaving(100.0)
    assert links.deadline == 150.0 - MARGIN_S
    assert not links.must_leave(144.9)
    assert links.must_leave(145.0)


def test_an_end_that_is_minutes_away_is_not_met_before_its_last_minute() -> None:
    links = Relinking(8, 0.5)
    links.end_announced(300.0, 0.0)
    assert links.deadline == 300.0 - LEAD_S
    assert not links.leaving(239.9)
    assert links.leaving(240.0)


@pytest.mark.parametrize(("left_s", "waits_s"), [(0.0, 0.0), (1.0, 0.5), (5.0, 2.5), (7.0, 2.5), (8.0, 3.0)])
def test_of_little_time_half_is_given_to_the_pause_that_may_come(left_s: float, waits_s: float) -> None:
    links = Relinking(8, 0.5)
    links.end_announced(left_s, 7.0)
    assert links.leaving(7.0)
    assert links.must_leave(7.0 + waits_s)
    assert not links.must_leave(7.0 + waits_s - 0.01)


def test_a_server_that_says_goodbye_on_every_connection_is_not_followed_without_end() -> None:
    links, moves = Relinking(8, 0.5), 0
    for second in range(60):
        links.ready(float(second))
        links.end_announced(50.0, float(second))
        if links.leaving(float(second)):
            moves += 1
            links.leave(float(second))
            links.tried(float(second))
    assert moves == A_MINUTE
    assert not links.must_leave(1e9)
    assert links.deadline == inf
    links.end_announced(50.0, 60.5)
    assert links.leaving(60.5)


def test_the_next_connection_has_an_end_of_its_own() -> None:
    links = Relinking(8, 0.5)
    links.end_announced(50.0, 0.0)
    assert links.leaving(0.0)
    assert links.plan(10.0)
    links.tried(10.0)
    links.ready(10.1)
    assert not links.leaving(1000.0)
    assert not links.must_leave(1000.0)
    assert links.deadline == inf


def test_a_move_that_succeeds_is_no_try_and_one_that_fails_is() -> None:
    links = Relinking(8, 0.5)
    for now in (0.0, 1.0, 2.0):
        links.leave(now)
        links.tried(now)
        links.ready(now + 0.1)
    assert links.attempt == 0
    links.leave(3.0)
    assert links.plan(3.1)
    assert links.attempt == 2
    links.ready(3.2)
    assert links.attempt == 2


def test_the_ninth_of_a_minute_is_due_when_the_first_is_a_minute_old() -> None:
    links = Relinking(20, 0.0)
    for number in range(A_MINUTE):
        assert links.plan(10.0 + number, soon=True)
        assert links.at == 10.0 + number
        links.tried(10.0 + number)
    assert links.plan(20.0, soon=True)
    assert links.at == 70.0
    assert links.deadline == 70.0


def test_how_often_is_said_once_and_holds_for_commands_settings_and_programs() -> None:
    assert Holding.tries == Settings().server.tries == FURTHER_TRIES
    says = re.compile(r"^FURTHER_TRIES\b.* =", re.MULTILINE)
    assert [file.name for file in SOURCES.rglob("*.py") if says.search(file.read_text("utf-8"))] == ["relinking.py"]
