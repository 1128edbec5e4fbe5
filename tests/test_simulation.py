"""The shipped client and server in worlds that break, each drawn from one integer: no turn is lost, none is doubled."""

from __future__ import annotations

from tests.simulation.checker import judged
from tests.simulation.run import play
from tests.simulation.schedule import drawn


def test_where_nothing_breaks_every_line_is_answered_once() -> None:
    for seed in range(40):
        verdict = judged(play(drawn(seed, "none")))
        assert verdict.good, f"python -m tests.simulation {seed} none: {verdict}"


def test_the_same_seed_tells_the_same_story() -> None:
    for seed in (3, 5):
        first, second = (play(drawn(seed), telling=True).world for _ in range(2))
        assert first is not None
        assert second is not None
        assert first.story
        assert first.story == second.story
