"""Lengths of time as people write them."""

from __future__ import annotations

import pytest

from livechat.commands.durations import seconds
from livechat.errors import UsageError


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90", 90), ("90s", 90), ("1.5", 1.5), ("30m", 1800), ("1h", 3600), ("1h30m", 5400), ("1H2M3S", 3723)],
)
def test_a_length_of_time_is_read_as_people_write_it(text: str, expected: float) -> None:
    assert seconds(text, "--max-duration") == expected


@pytest.mark.parametrize("text", ["", "0", "0s", "-5", "soon", "5x", "m", "9" * 400, "1e3"])
def test_anything_else_is_a_mistake(text: str) -> None:
    with pytest.raises(UsageError, match=r"--max-duration: .* is no length of time"):
        seconds(text, "--max-duration")
