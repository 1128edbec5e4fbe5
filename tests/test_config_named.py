"""Claims about sections under names of the user's own: each key is described, and no secret of ours is handed on."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from livechat.config import Given, load
from livechat.config_file import parse
from livechat.config_keys import PROFILES, SECTIONS
from livechat.config_named import (
    NAMED,
    McpKeys,
    ToolKeys,
    handed_on,
    mcp_keys,
    mistake_in,
    named_example,
    setting_of,
    without_secrets,
    written_setting,
)
from livechat.credentials import OTHER_SECRETS, VARIABLES


def wrongs(text: str) -> list[str]:
    """The first line of each error, without the file's name."""
    found = parse(Path("c.toml"), text.encode()).errors()
    return [error.what.split("\n")[0].removeprefix("c.toml:") for error in found]


def mistake(key: str, value: object) -> str:
    about = NAMED["mcp"].key(key)
    assert about is not None
    return mistake_in(about, value)


def test_the_example_put_in_effect_has_every_key_and_no_mistake() -> None:
    in_effect = named_example().replace("#[", "[").replace("\n#", "\n").replace("\n ", "\n# ")
    assert wrongs(in_effect) == []
    shown = tomllib.loads(in_effect)
    for section, about in NAMED.items():
        assert {key for table in shown[section].values() for key in table} == {key.key for key in about.keys}
    assert tomllib.loads(named_example()) == {}


def test_no_section_of_names_is_called_like_the_table_of_profiles() -> None:
    assert PROFILES not in NAMED
    assert "mcp" not in SECTIONS


def test_a_server_is_a_program_or_an_address_and_asks_first(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('[mcp.a]\ncommand = ["x", "y z"]\nenv = { A = "b" }\n[mcp.b]\nurl = "https://h"\ntoken = "$T"\n')
    settings = load(file, None, {}, {})
    assert settings.mcp == {
        "a": McpKeys(("x", "y z"), env={"A": "b"}),
        "b": McpKeys(url="https://h", token="$T", permission="ask"),
    }
    assert mcp_keys({"url": "http://h", "permission": "deny"}) == McpKeys(url="http://h", permission="deny")


def test_a_profile_changes_keys_of_a_server_and_may_have_one_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text(
        '[mcp.a]\nurl = "http://h"\n[profiles.w.mcp.a]\npermission = "allow"\n[profiles.w.mcp.b]\ncommand = ["b"]\n'
    )
    assert load(file, None, {}, {}).mcp == {"a": McpKeys(url="http://h")}
    settings = load(file, "w", {}, {})
    assert settings.mcp == {"a": McpKeys(url="http://h", permission="allow"), "b": McpKeys(("b",))}
    assert settings.named["mcp"]["a"]["permission"] == (Given("ask", "default"), Given("allow", f"{file}:4"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("mcp = 1\n", "1:1  'mcp' is a section: [mcp.NAME] on a line of its own"),
        (
            '[mcp]\nurl = "http://h"\n',
            "2:1  'url' stands right in [mcp]: it belongs in a table with a name, like [mcp.NAME]",
        ),
        ('[mcp.a]\ncomand = ["x"]\n', "2:1  unknown key 'comand' in [mcp.a] — did you mean 'command'?"),
        ("[mcp.a]\nqqq = 1\n", "2:1  unknown key 'qqq' in [mcp.a] — there are: command, url, token, env, permission"),
        ("[mcp.a]\n", "1:6  it needs a command to start it, or a url"),
        (
            '[mcp.a]\ncommand = ["x"]\nurl = "http://h"\n',
            "1:6  it has both a command to start it and a url: give one of them",
        ),
        (
            '[mcp.a]\nurl = "http://h"\nenv = {}\n',
            "1:6  env is for a server that is started, and this one has a url",
        ),
        (
            '[mcp.a]\nurl = "http://h"\ntoken = "$T"\n',
            "1:6  a token is sent over https:// only, or to this machine",
        ),
        ('[mcp.a]\nurl = "http://[h"\ntoken = "$T"\n', "1:6  'http://[h' is no address"),
        (
            '[mcp.a]\ncommand = ["x"]\ntoken = "$T"\n',
            "1:6  token is for a server with a url, and this one is started: env gives it variables",
        ),
        (
            '[mcp.a_b]\nurl = "http://h"\n',
            "1:6  'a_b' is no name: letters, digits and hyphens, a letter first, 24 at most",
        ),
        ('[mcpp.a]\nurl = "http://h"\n', "1:2  unknown section [mcpp] — did you mean [mcp]?"),
        ("[profiles.w.mcp.a]\npermission = 'deny'\n", "1:17  it needs a command to start it, or a url"),
        ("[profiles.w]\nmcp = 1\n", "2:1  'mcp' is a section: [profiles.w.mcp.NAME] on a line of its own"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(text: str, told: str) -> None:
    assert wrongs(text) == [told]


def test_a_token_itself_is_refused_and_not_shown() -> None:
    (error,) = parse(Path("c.toml"), b'[mcp.a]\nurl = "https://h"\ntoken = "VerySecret"\n').errors()
    assert "VerySecret" not in error.what
    assert 'no token is kept here: name the variable that holds it, like "$DOCS_TOKEN"' in error.what


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("command", "x y", '\'command\' must be a list of texts in quotes, like ["one", "two"]'),
        ("command", ["x", 1], '\'command\' must be a list of texts in quotes, like ["one", "two"]'),
        ("command", [], "a command begins with the name of a program"),
        ("command", [" "], "a command begins with the name of a program"),
        ("command", ["x", "a\0b"], "a word with a zero byte in it can be given to no program"),
        ("command", ["x"], ""),
        ("url", "localhost", "'localhost' is no http:// or https:// address"),
        ("url", 1, "'url' must be text in quotes"),
        ("url", "http://localhost", ""),
        ("env", {"A": 1}, "'env' must be a table of texts in quotes, like { NAME = \"value\" }"),
        ("env", {"a b": "1"}, "'a b' is no name of a variable"),
        ("env", {"A": "a\0"}, "a value with a zero byte in it can be given to no program"),
        ("env", {"A": "$B", "_c1": "$"}, ""),
        ("token", "$T", ""),
        ("permission", "alow", "'alow' is not one of allow, ask, deny — did you mean allow?"),
        ("permission", "qqqq", "'qqqq' is not one of allow, ask, deny"),
    ],
)
def test_a_value_that_a_key_cannot_have_is_said_to_be_wrong(key: str, value: object, problem: str) -> None:
    assert mistake(key, value) == problem


@pytest.mark.parametrize("name", [*VARIABLES, *OTHER_SECRETS])
def test_no_secret_of_ours_is_handed_on(name: str) -> None:
    assert mistake("token", f"${name}") == mistake("env", {"A": f"${name}"})
    assert mistake("env", {"A": f"${name}"}) == f"{name} is livechat's own: no other program is given it"


def test_whole_numbers_are_no_truths() -> None:
    assert setting_of("whole number", 3) == 3
    assert setting_of("whole number", True) is None


def test_what_is_given_to_a_program_is_shown_only_as_where_it_is_from() -> None:
    assert without_secrets({"A": "secret", "B": "$HOME", "C": "$", "D": "$a b"}) == {
        "A": "…",
        "B": "$HOME",
        "C": "…",
        "D": "…",
    }
    assert without_secrets(("a",)) == ("a",)
    assert without_secrets(None) is None
    assert handed_on("$HOME") == "HOME"


def test_values_are_written_as_toml_reads_them() -> None:
    for value in ("a", ["a", 'b "c"'], {"A": "b", "C": "ü"}, {}, 3, True):
        kept = tuple(value) if isinstance(value, list) else value
        assert tomllib.loads(f"key = {written_setting(kept)}") == {"key": value}


def test_a_tool_is_treated_as_its_table_says_beside_the_keys_for_all(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text(
        '[tools]\napprove = "never"\ntimeout_s = 5\n[tools.get_weather]\npermission = "allow"\ntimeout_s = 10\n'
        '[tools.other]\non_cancel = "finish"\n[profiles.w.tools.get_weather]\npermission = "deny"\n'
    )
    settings = load(file, None, {}, {})
    assert (settings.tools.approve, settings.tools.timeout_s) == ("never", 5)
    assert settings.tool == {"get_weather": ToolKeys("allow", 10), "other": ToolKeys(on_cancel="finish")}
    assert load(file, "w", {}, {}).tool["get_weather"] == ToolKeys("deny", 10)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '[tools]\nget_weather = "allow"\n',
            "2:1  unknown key 'get_weather' in [tools]",
        ),
        ("[tools.t]\ntimeout_s = 0\n", "2:13  0 is not between 1 and 3600"),
        ("[tools.t]\ntimeout_s = true\n", "2:13  'timeout_s' must be a whole number"),
        ('[tools.t]\non_cancel = "dropp"\n', "2:13  'dropp' is not one of drop, finish, ask — did you mean drop?"),
        (
            '[tools."a b"]\n',
            "1:8  'a b' is no name: letters, digits, _ . and -, a letter or _ first, 64 at most",
        ),
        ("tools = 1\n", "1:1  'tools' is a section: [tools.NAME] on a line of its own"),
    ],
)
def test_what_is_wrong_of_a_tool_is_told_at_its_place(text: str, told: str) -> None:
    assert wrongs(text) == [told]
