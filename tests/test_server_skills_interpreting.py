"""Interpreting without knowing languages."""

from __future__ import annotations

from livechat.server.skills.interpreting import interpreting, task
from tests.brain_help import answer


def test_who_is_to_interpret_repeats_the_words_as_they_are() -> None:
    assert answer(interpreting, "What is 2 and 2?", system=task("pl-PL")) == "What is 2 and 2?"
    assert answer(interpreting, "Hello.", "> Hello.", "Tell me a joke.", system=task("de")) == "Tell me a joke."


def test_nobody_else_repeats_anything() -> None:
    assert answer(interpreting, "Hello.") is None
    assert answer(interpreting, "Hello.", system="Speak Polish.") is None
    assert answer(interpreting, task("pl")) is None


def test_without_words_there_is_nothing_to_repeat() -> None:
    assert answer(interpreting, system=task("pl")) == ""


def test_the_task_names_the_language() -> None:
    assert "zh-Hant" in task("zh-Hant")
