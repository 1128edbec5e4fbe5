"""The conversation line by line, typed into a real pseudo-terminal."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.cli import Terminal

PROMPT = "you> "


def test_lines_are_answered_and_the_conversation_is_remembered(tmp_path: Path) -> None:
    with Terminal(["text", "--local"], tmp_path) as terminal:
        terminal.expect(PROMPT)
        terminal.type("my name is Ada\n")
        terminal.expect("Ada")
        terminal.expect(PROMPT)
        terminal.type("what is my name?\n")
        terminal.expect("what is my name?")
        assert "Ada" in terminal.expect(PROMPT)
        terminal.type("/quit\n")
        assert terminal.end() == 0


def test_after_clear_the_model_has_forgotten(tmp_path: Path) -> None:
    with Terminal(["text", "--local"], tmp_path) as terminal:
        terminal.expect(PROMPT)
        terminal.type("my name is Ada\n")
        terminal.expect(PROMPT)
        terminal.type("/clear\n")
        terminal.expect(PROMPT)
        terminal.type("what is my name?\n")
        terminal.expect("what is my name?")
        assert "Ada" not in terminal.expect(PROMPT)


def test_the_conversation_can_be_saved(tmp_path: Path) -> None:
    with Terminal(["text", "--local"], tmp_path) as terminal:
        terminal.expect(PROMPT)
        terminal.type("what is 17 times 24?\n")
        terminal.expect("408")
        terminal.expect(PROMPT)
        terminal.type("/save talk.md\n")
        terminal.expect("saved to talk.md")
        terminal.type("\x04")
        assert terminal.end() == 0
    saved = (tmp_path / "talk.md").read_text()
    assert saved.startswith("**you** what is 17 times 24?\n\n**model** ")
    assert "408" in saved


def test_a_slash_word_that_is_none_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with Terminal(["text", "--local"], tmp_path) as terminal:
        terminal.expect(PROMPT)
        terminal.type("/hlep\n")
        terminal.expect("did you mean /help?")
        terminal.expect(PROMPT)
        terminal.type("/help\n")
        terminal.expect("/save FILE")
        terminal.type("/save\n")
        terminal.expect("/save wants a file")
        terminal.type("/save /nowhere/at/all.md\n")
        terminal.expect("cannot write /nowhere/at/all.md")


def test_ctrl_c_stops_a_reply_and_a_second_one_leaves_with_130(tmp_path: Path) -> None:
    with Terminal(["text", "--local"], tmp_path) as terminal:
        terminal.expect(PROMPT)
        terminal.type("tell me a very long story\n")
        terminal.expect("story\r\n")
        terminal.expect(".")
        terminal.type("\x03")
        terminal.expect("reply stopped")
        terminal.type("\x03")
        assert terminal.end() == 130


def test_ctrl_c_at_the_prompt_clears_the_line_and_a_second_one_leaves_with_130(tmp_path: Path) -> None:
    with Terminal(["text", "--local"], tmp_path) as terminal:
        terminal.expect(PROMPT)
        terminal.type("half a li\x03")
        terminal.expect("ctrl-c again leaves")
        terminal.expect(PROMPT)
        terminal.type("\x03")
        assert terminal.end(5.0) == 130


def test_lines_pasted_together_are_one_message(tmp_path: Path) -> None:
    with Terminal(["text", "--local"], tmp_path) as terminal:
        terminal.expect(PROMPT)
        terminal.type("my name is Ada\nand what is 17 times 24?\n")
        terminal.expect("24?")
        terminal.expect(PROMPT)
        terminal.type("/save talk.md\n")
        terminal.expect("saved to talk.md")
    assert "**you** my name is Ada\nand what is 17 times 24?\n" in (tmp_path / "talk.md").read_text()


def test_saving_writes_over_its_own_file_and_over_no_other(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("important")
    with Terminal(["text", "--local"], tmp_path) as terminal:
        terminal.expect(PROMPT)
        terminal.type("/save mine.txt\n")
        terminal.expect("mine.txt is there already")
        terminal.type("/save talk.md\n")
        terminal.expect("saved to talk.md")
        terminal.type("/save talk.md\n")
        terminal.expect("saved to talk.md")
    assert (tmp_path / "mine.txt").read_text() == "important"


def test_a_killed_conversation_ends_with_143(tmp_path: Path) -> None:
    with Terminal(["text", "--local"], tmp_path) as terminal:
        terminal.expect(PROMPT)
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.end(5.0) == 143
