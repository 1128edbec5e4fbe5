"""The shipped client and server in worlds that break, each drawn from one integer: no turn is lost, none is doubled.

The figures of reliability: 2,000 schedules here, 100,000 in `make soak`. A schedule that fails is told line by line by
`python -m tests.simulation SEED`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.long import SOAK
from tests.simulation.__main__ import main
from tests.simulation.checker import Verdict, judged
from tests.simulation.drawing import drawn
from tests.simulation.policies import POLICIES
from tests.simulation.run import play
from tests.simulation.schedule import Severity

SCHEDULES = 100_000 if SOAK else 2_000
AT_ONCE = 250 if SOAK else 50
"""In one test: so that those who run them at the same time are done at the same time."""
WRONG = range(60)
"""Schedules by which a wrong policy is known."""


def verdict_of(seed: int, severity: Severity | None = None, policy: str = "ledger") -> Verdict:
    return judged(play(drawn(seed, severity), make=POLICIES[policy]))


@pytest.mark.parametrize("first", range(0, SCHEDULES, AT_ONCE))
def test_no_turn_is_lost_or_doubled_and_no_effect_is_had_twice(first: int) -> None:
    verdicts = {seed: verdict_of(seed) for seed in range(first, first + AT_ONCE)}
    bad = [f"python -m tests.simulation {seed}: {verdict}" for seed, verdict in verdicts.items() if not verdict.good]
    assert not bad, "\n".join(bad)


def test_where_nothing_breaks_every_line_is_answered_once() -> None:
    for seed in range(40):
        verdict = verdict_of(seed, "none")
        assert verdict.good, f"python -m tests.simulation {seed} none: {verdict}"


@pytest.mark.parametrize("policy", ["drop", "naive"])
def test_a_wrong_way_to_come_back_is_seen_in_more_than_half_of_the_harsh_schedules(policy: str) -> None:
    found: Counter[str] = Counter()
    for seed in WRONG:
        verdict = verdict_of(seed, "harsh", policy)
        found["wrong"] += bool(verdict.lost or verdict.doubled or verdict.rerun)
        found.update(kind for kind, what in vars(verdict).items() if what)
    assert found["wrong"] > len(WRONG) / 2, found
    expected = {"drop": ("lost",), "naive": ("lost", "doubled", "rerun", "untrue")}
    assert all(found[kind] for kind in expected[policy]), found


def test_a_schedule_is_told_and_the_same_in_every_process(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["7", "harsh"]) == 0
    told = capsys.readouterr().out
    assert "net    " in told
    assert told.endswith("good\n")
    command = [sys.executable, "-m", "tests.simulation", "7", "harsh"]
    elsewhere = {**os.environ, "PYTHONHASHSEED": "1"}
    again = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1], env=elsewhere)
    assert again.stdout == told


def test_who_names_no_schedule_is_told_how_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "SEED" in capsys.readouterr().err
