"""The token and the certificate that `livechat serve` opens its door with."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from livechat.commands.serve_door import SHORTEST, server_token, tls_of
from livechat.errors import LivechatError, MissingInput, UsageError


def test_a_token_comes_from_a_file_from_stdin_or_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("of-the-file\n")
    env = {"LIVECHAT_SERVE_TOKEN": "of-the-environment"}
    assert server_token(str(tmp_path / "token"), env) == "of-the-file"
    assert server_token(None, env) == "of-the-environment"
    monkeypatch.setattr(sys, "stdin", io.StringIO("of-stdin\n"))
    assert server_token("-", env) == "of-stdin"


def test_without_one_everybody_may_come() -> None:
    assert server_token(None, {}) == ""
    assert server_token(None, {"LIVECHAT_SERVE_TOKEN": ""}) == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        ("\n", "empty"),
        ("one-token\nanother-token\n", "more than one line"),
        ("x" * (SHORTEST - 1), "shorter than 8"),
        ("x" * 5_000, "longer than 4096"),
        ("two words here", "a space"),
        ("schlüssel", "not ASCII"),
    ],
)
def test_what_cannot_be_a_token_is_refused_with_the_rule_it_breaks_and_not_shown(
    tmp_path: Path, text: str, problem: str
) -> None:
    file = tmp_path / "token"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        server_token(str(file), {})
    assert str(file) in caught.value.what
    assert problem in caught.value.what
    assert not text.strip() or text.strip() not in f"{caught.value} {caught.value.why}"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="nothing"):
        server_token(str(tmp_path / "nothing"), {})


# ------------------------------------------------------------------------------------------------------ TLS


def test_without_being_asked_for_there_is_no_tls() -> None:
    assert tls_of(make=False, certificate=None, key=None, host="127.0.0.1", allow_hosts=()) is None


def test_a_made_certificate_is_kept_in_the_users_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    first = tls_of(make=True, certificate=None, key=None, host="127.0.0.1", allow_hosts=())
    assert first is not None
    assert first.made is not None
    assert first.made.is_relative_to(tmp_path)
    content = first.made.read_bytes()
    again = tls_of(make=True, certificate=None, key=None, host="127.0.0.1", allow_hosts=())
    assert again is not None
    assert first.made.read_bytes() == content
    everywhere = tls_of(make=True, certificate=None, key=None, host="0.0.0.0", allow_hosts=())
    other = tls_of(make=True, certificate=None, key=None, host="0.0.0.0", allow_hosts=["box.example"])
    assert everywhere is not None
    assert everywhere.made == first.made, "everywhere is no name"
    assert other is not None
    assert other.made != first.made
    assert first.made.read_bytes() == content

    own = tls_of(
        make=False, certificate=first.made, key=first.made.with_name("localhost-key.pem"), host="x", allow_hosts=()
    )
    assert own is not None
    assert own.made is None


@pytest.mark.parametrize("given", ["certificate", "key"])
def test_half_of_a_pair_is_refused(tmp_path: Path, given: str) -> None:
    certificate = tmp_path if given == "certificate" else None
    key = tmp_path if given == "key" else None
    with pytest.raises(UsageError, match="belong together"):
        tls_of(make=True, certificate=certificate, key=key, host="127.0.0.1", allow_hosts=())


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    missing = tmp_path / "cert.pem"
    with pytest.raises(LivechatError, match=r"cert\.pem"):
        tls_of(make=False, certificate=missing, key=missing, host="127.0.0.1", allow_hosts=())
