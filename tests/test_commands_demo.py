"""The demonstration at a terminal: on the screen, read aloud, and in lines."""

from __future__ import annotations

import termios
import wave
from pathlib import Path

import pytest

from tests import terminal_help
from tests.cli import Terminal

pytestmark = pytest.mark.speech

FACES = {"tty": {"LIVECHAT_OUTPUT_FACE": "auto"}, "aloud": {"LIVECHAT_OUTPUT_FACE": "auto", "ACCESSIBLE": "1"}}
BESIDE = ["livechat demo: no key, no microphone, no internet needed"]


@pytest.fixture
def question(tmp_path: Path) -> str:
    """One that is answered shortly."""
    from tests.speech_fixture import spoken

    with wave.open(str(tmp_path / "q.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(spoken("What is seventeen times twenty four?"))
    return "q.wav"


def demonstrated(folder: Path, question: str, face: str, *words: str) -> tuple[str, list[str]]:
    """What was sent to the terminal, and what stands there in the end."""
    with Terminal([*words, "demo", "--question", question], folder, FACES[face]) as terminal:
        before = termios.tcgetattr(terminal.master)
        assert terminal.end() == 0
        assert termios.tcgetattr(terminal.master) == before
    emulator = terminal_help.Terminal(80, 24)
    emulator.feed(terminal.shown)
    assert emulator.cursor_seen
    lines = emulator.text
    assert lines[0] == BESIDE[0]
    assert lines[-1].startswith("next: ")
    assert lines[-2].startswith("done: 1 turn, ")
    return terminal.shown, lines


def test_on_the_screen_both_voices_are_rows_and_no_region_is_left(tmp_path: Path, question: str) -> None:
    shown, lines = demonstrated(tmp_path, question, "tty")
    assert "SPEAKING" in shown
    assert "out " not in shown, "what is not measured has no meter"
    assert not any("SPEAKING" in line or "LISTENING" in line for line in lines)
    answer = next(place for place, line in enumerate(lines) if line.startswith("puck  "))
    assert lines[answer - 1].startswith(" you  ")
    assert "408" in lines[answer]


def test_read_aloud_the_states_are_told_and_nothing_moves(tmp_path: Path, question: str) -> None:
    shown, lines = demonstrated(tmp_path, question, "aloud")
    assert "\x1b" not in shown
    assert "Speaking." in lines
    assert any(line.startswith("puck: ") and "408" in line for line in lines)


def test_in_plain_lines_neither(tmp_path: Path, question: str) -> None:
    shown, lines = demonstrated(tmp_path, question, "tty", "--plain")
    assert "\x1b[?" not in shown
    assert "Speaking." not in lines
    assert any(line.startswith("  puck     ") and "408" in line for line in lines)
