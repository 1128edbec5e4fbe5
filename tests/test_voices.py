"""Claims about the voices' names as people type them."""

from __future__ import annotations

import pytest

from livechat.errors import UsageError
from livechat.protocol.generations import VOICES
from livechat.voices import check_voice, unknown_voice


@pytest.mark.parametrize("name", VOICES)
def test_a_name_is_known_in_any_case(name: str) -> None:
    assert check_voice(name) == check_voice(name.upper()) == check_voice(f" {name.lower()} ") == name
    assert unknown_voice(name.lower()) == ""


@pytest.mark.parametrize(("typed", "meant"), [("Puk", "Puck"), ("zefyr", "Zephyr"), ("kor", "Kore")])
def test_a_wrong_name_is_refused_with_the_likely_one(typed: str, meant: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_voice(typed)
    assert str(refused.value) == f"unknown voice {typed!r} — did you mean {meant}?"
    assert refused.value.hint == "livechat voices"
    assert refused.value.exit_code == 2


def test_a_name_like_no_voice_s_is_refused_without_a_guess() -> None:
    assert unknown_voice("qqqqqq") == "unknown voice 'qqqqqq'"
