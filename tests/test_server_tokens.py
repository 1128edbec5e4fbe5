"""How the embedded server counts tokens."""

from __future__ import annotations

import pytest

from livechat.server.tokens import Tokens, of_characters, of_sound, of_text


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), ("four", 1), ("fives", 2), ("x" * 400, 100)])
def test_four_characters_are_a_token(text: str, tokens: int) -> None:
    assert of_text(text) == of_characters(len(text)) == Tokens(text=tokens)


@pytest.mark.parametrize(("milliseconds", "tokens"), [(0, 0), (1, 1), (40, 1), (41, 2), (1000, 25), (60_000, 1500)])
def test_a_second_of_sound_is_25_tokens(milliseconds: int, tokens: int) -> None:
    assert of_sound(milliseconds) == Tokens(audio=tokens)


def test_tokens_add_up_by_modality() -> None:
    both = Tokens(text=3) + Tokens(audio=4) + Tokens(1, 1)
    assert both == Tokens(text=4, audio=5)
    assert both.total == 9
