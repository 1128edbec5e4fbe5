"""Claims about what every command is given: settings that follow the shared options, and a key nobody prints."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from livechat.commands.common import Common
from livechat.errors import ConfigError
from livechat.terminal.report import Report

KEY = "AIzaSyD-0123456789abcdefghijklmnopqx9Qz"


def common(**env: str) -> tuple[Common, io.StringIO]:
    stream = io.StringIO()
    return Common(Report(stream, env), env), stream


def config(folder: Path) -> Path:
    path = folder / "c.toml"
    path.write_text('[output]\ncolor = "always"\n[serve]\nport = 1\n[profiles.work.serve]\nport = 2\n')
    return path


def test_settings_follow_the_shared_options(tmp_path: Path) -> None:
    given, _ = common()
    given.config, given.profile = config(tmp_path), "work"
    assert given.settings().serve.port == 2
    assert given.settings({"serve.port": 3, "serve.host": None}).serve.port == 3
    given.profile, given.no_config = None, True
    assert given.settings().serve.port == 8765


def test_the_settings_color_what_is_said_from_then_on_unless_the_option_did(tmp_path: Path) -> None:
    given, _ = common()
    given.config = config(tmp_path)
    assert [given.settings().output.color, given.report.color] == ["always", "always"]
    given.color = "auto"
    assert [given.settings().output.color, given.report.color] == ["auto", "auto"]


def test_the_face_and_its_signs_are_settings_that_an_option_overrides(tmp_path: Path) -> None:
    given, _ = common(LIVECHAT_OUTPUT_FACE="tty", LIVECHAT_OUTPUT_ASCII="no")
    given.no_config = True
    assert [given.settings().output.face, given.settings().output.ascii] == ["tty", False]
    given.face, given.ascii = "screen-reader", True
    assert [given.settings().output.face, given.settings().output.ascii] == ["screen-reader", True]
    bare, _ = common()
    assert [bare.settings().output.face, bare.settings().output.ascii] == ["auto", None]


def test_which_file_was_read_is_a_detail(tmp_path: Path) -> None:
    given, stream = common()
    given.config = config(tmp_path)
    given.color = "never"
    given.settings()
    assert stream.getvalue() == ""
    given.report.verbosity = 1
    given.settings()
    assert stream.getvalue() == f"note: settings from {given.config}\n"


def test_a_broken_variable_is_an_error_of_the_settings() -> None:
    given, _ = common(LIVECHAT_SERVE_PORT="x")
    with pytest.raises(ConfigError, match="LIVECHAT_SERVE_PORT"):
        given.settings()


def test_the_key_is_found_noted_and_hidden_from_then_on(tmp_path: Path) -> None:
    given, stream = common(GOOGLE_API_KEY=KEY, GEMINI_API_KEY="another-key")
    found = given.key()
    assert found is not None
    assert found.value == KEY
    given.report.warning(f"it is {KEY}")
    assert stream.getvalue() == "note: using GOOGLE_API_KEY; GEMINI_API_KEY is ignored\nwarning: it is [hidden]\n"
    (tmp_path / "key").write_text("from-a-file")
    (tmp_path / "key").chmod(0o600)
    assert given.key(tmp_path / "key") is not None
    given.report.warning("from-a-file")
    assert stream.getvalue().endswith("\nwarning: [hidden]\n")


def test_no_key_is_none() -> None:
    given, stream = common()
    assert given.key() is None
    assert stream.getvalue() == ""
