"""Claims about where the API key comes from, and that it is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from livechat.credentials import (
    OTHER_SECRETS,
    VARIABLES,
    Key,
    find_key,
    missing_key,
    secrets_in,
    take_secrets_out,
    without_secrets,
)
from livechat.errors import AccessDenied, LivechatError, MissingInput

KEY = "AIzaSyD-0123456789abcdefghijklmnopqx9Qz"


def key_file(folder: Path, content: bytes = KEY.encode(), mode: int = 0o600) -> Path:
    path = folder / "key"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_file_named_on_the_command_line_comes_first(tmp_path: Path) -> None:
    path = key_file(tmp_path, b"  " + KEY.encode() + b"\n")
    found = find_key(path, {"LIVECHAT_API_KEY": "another"})
    assert found == Key(KEY, str(path))


def test_of_the_variables_our_own_comes_first_then_googles_order() -> None:
    env = {"LIVECHAT_API_KEY": "first", "GOOGLE_API_KEY": "second", "GEMINI_API_KEY": "third"}
    for name in ("LIVECHAT_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY"):
        found = find_key(None, env)
        assert found is not None
        assert (found.value, found.source) == (env.pop(name), name)
    assert find_key(None, env) is None


@pytest.mark.parametrize("unset", ["", "  ", "\n"])
def test_an_empty_variable_is_an_unset_one(unset: str) -> None:
    found = find_key(None, {"LIVECHAT_API_KEY": unset, "GOOGLE_API_KEY": unset, "GEMINI_API_KEY": KEY})
    assert found == Key(KEY, "GEMINI_API_KEY")


def test_white_space_around_a_key_is_not_part_of_it() -> None:
    found = find_key(None, {"GEMINI_API_KEY": f" {KEY}\r\n"})
    assert found is not None
    assert found.value == KEY


def test_that_both_of_googles_variables_are_set_is_noted() -> None:
    found = find_key(None, {"GOOGLE_API_KEY": "one", "GEMINI_API_KEY": "two"})
    assert found is not None
    assert found.notes == ("using GOOGLE_API_KEY; GEMINI_API_KEY is ignored",)
    found = find_key(None, {"LIVECHAT_API_KEY": "one", "GOOGLE_API_KEY": "two", "GEMINI_API_KEY": "three"})
    assert found is not None
    assert found.notes == ("using LIVECHAT_API_KEY; GOOGLE_API_KEY and GEMINI_API_KEY are ignored",)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_file_that_others_can_read_is_noted_with_what_to_do(mode: int, tmp_path: Path) -> None:
    folder = tmp_path / "of mine"
    folder.mkdir()
    path = key_file(folder, mode=mode)
    found = find_key(path, {})
    assert found is not None
    assert len(found.notes) == 1
    assert f"chmod 600 '{path}'" in found.notes[0]
    assert KEY not in found.notes[0]


def test_a_value_is_in_no_repr() -> None:
    key = Key(KEY, "GEMINI_API_KEY")
    assert KEY not in repr(key)
    assert KEY not in f"{key}"
    assert key.hint == "…x9Qz"


def test_of_a_short_key_nothing_is_shown() -> None:
    assert Key("abcdefgh", "GEMINI_API_KEY").hint == "…"


def test_a_token_for_one_session_is_told_from_a_key() -> None:
    assert Key("auth_tokens/abc", "LIVECHAT_API_KEY").ephemeral
    assert not Key(KEY, "LIVECHAT_API_KEY").ephemeral


@pytest.mark.parametrize("broken", ["two words", "line\nbreak", "bell\x07", "schlüssel", "x" * 5000])
def test_what_cannot_be_a_key_is_refused_without_being_shown(broken: str, tmp_path: Path) -> None:
    path = key_file(tmp_path, broken.encode())
    for file, env in ((None, {"GEMINI_API_KEY": broken}), (path, {})):
        with pytest.raises(AccessDenied) as refused:
            find_key(file, env)
        assert_shows_nothing_of(broken, refused.value)


def assert_shows_nothing_of(secret: str, error: LivechatError) -> None:
    words = f"{error} {error.why} {error.hint}"
    assert not any(part in words for part in (secret, "two words", "schl", "xxx"))
    assert error.exit_code == 77


def test_bytes_that_are_not_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AccessDenied):
        find_key(key_file(tmp_path, b"\xff\xfe"), {})


def test_an_empty_file_holds_no_key(tmp_path: Path) -> None:
    with pytest.raises(AccessDenied, match="holds no API key"):
        find_key(key_file(tmp_path, b"\n"), {})


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="nowhere"):
        find_key(tmp_path / "nowhere", {})
    with pytest.raises(MissingInput) as error:
        find_key(tmp_path, {})
    assert "directory" in error.value.why


def test_every_secret_of_the_environment_is_known_used_or_not() -> None:
    env = {"GOOGLE_API_KEY": "one", "GEMINI_API_KEY": " two ", "LIVECHAT_LLM_KEY": "three", "LIVECHAT_API_KEY": ""}
    assert sorted(secrets_in(env)) == ["one", "three", "two"]


def test_a_missing_key_names_the_places_looked_at_and_ends_with_77() -> None:
    error = missing_key()
    assert error.exit_code == 77
    assert "LIVECHAT_API_KEY, GOOGLE_API_KEY, GEMINI_API_KEY" in error.why
    assert "livechat demo" in error.hint


def test_taken_out_no_secret_is_left_and_all_else_is() -> None:
    env = {**dict.fromkeys((*VARIABLES, *OTHER_SECRETS), KEY), "HOME": "/home/me"}
    take_secrets_out(env)
    take_secrets_out(env)
    assert env == {"HOME": "/home/me"}


def test_the_variables_for_another_s_code_are_no_secret_and_hold_none() -> None:
    env = {**dict.fromkeys((*VARIABLES, *OTHER_SECRETS), KEY), "URL": f"https://h?key={KEY}", "HOME": "/home/me"}
    assert without_secrets(env) == {"HOME": "/home/me"}
    assert without_secrets({"URL": env["URL"], "A": "b"}, env) == {"A": "b"}
    short = {"LIVECHAT_SERVE_TOKEN": "me", "HOME": "/home/me", "WHO": "me"}
    assert without_secrets(short) == {"HOME": "/home/me"}, "a short one may stand in any path"
