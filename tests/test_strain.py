"""What a network cannot bear is told, and no more often than anybody wants to read it."""

from __future__ import annotations

from math import inf

from livechat.events import HEARD_RATE, Faltering, Output, SoundDropped
from livechat.strain import TOLD_S, Strain


def strained() -> tuple[Strain, list[Output]]:
    told: list[Output] = []
    return Strain(told.append), told


def test_a_network_that_falls_silent_is_told_of_once_and_so_is_its_return() -> None:
    strain, told = strained()
    strain.recovered()
    assert told == []
    for silent_s in (1.2, 2.2):
        strain.faltered(silent_s)
    for _ in range(2):
        strain.recovered()
    strain.faltered(1.1)
    assert told == [Faltering(1.2), Faltering(0.0), Faltering(1.1)]
    assert repr(strain) == "falters dropped=0"


def test_what_was_dropped_is_told_at_once_and_then_once_a_second_all_together() -> None:
    strain, told = strained()
    assert strain.deadline == inf
    for now in (5.0, 5.1, 5.2):
        strain.dropped(HEARD_RATE, now)
    assert told == [SoundDropped(1000)]
    assert strain.deadline == 5.0 + TOLD_S
    strain.ticked(4.9 + TOLD_S)
    assert told == [SoundDropped(1000)]
    strain.ticked(5.0 + TOLD_S)
    assert told == [SoundDropped(1000), SoundDropped(3000)]
    assert strain.deadline == inf
    strain.ticked(9.0)
    assert len(told) == 2
    assert repr(strain) == f"dropped={3 * HEARD_RATE}"


def test_what_is_dropped_long_after_is_told_at_once() -> None:
    strain, told = strained()
    strain.dropped(160, 0.0)
    strain.dropped(160, TOLD_S)
    assert told == [SoundDropped(10), SoundDropped(20)]
