"""Claims about `livechat config`: it writes, shows and checks the one file, and never harms one that is there."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from livechat.cli import main
from livechat.config_keys import example

from .cli_help import be_clean


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    be_clean(monkeypatch, tmp_path)
    return tmp_path


def usual(home: Path) -> Path:
    return home / ".config" / "livechat" / "config.toml"


def test_init_writes_the_example_to_the_usual_place(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "init"]) == 0
    assert usual(home).read_text("utf-8") == example()
    assert capsys.readouterr() == ("", f"note: wrote {usual(home)}; edit it, then: livechat config validate\n")


def test_init_writes_where_the_option_or_the_variable_says(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["config", "init", "--config", str(home / "a.toml")]) == 0
    monkeypatch.setenv("LIVECHAT_CONFIG", str(home / "sub" / "b.toml"))
    assert main(["config", "init"]) == 0
    assert (home / "a.toml").read_text("utf-8") == (home / "sub" / "b.toml").read_text("utf-8") == example()


def test_init_leaves_a_file_that_is_there_alone_unless_forced(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    usual(home).parent.mkdir(parents=True)
    usual(home).write_text("# mine")
    assert main(["config", "init"]) == 2
    assert usual(home).read_text() == "# mine"
    assert "is there already\n  try: livechat config init --force" in capsys.readouterr().err
    assert main(["config", "init", "--force"]) == 0
    assert usual(home).read_text("utf-8") == example()


def test_what_init_says_to_type_writes_the_file_that_is_meant(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    named = home / "mine.toml"
    named.write_text("# mine")
    assert main(["--config", str(named), "config", "init"]) == 2
    said = capsys.readouterr().err
    typed = said.partition("  try: livechat ")[2].partition(", to write over it")[0].split()
    assert main(typed) == 0
    assert named.read_text("utf-8") == example()


def test_init_says_where_it_cannot_write(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "file").touch()
    assert main(["config", "init", "--config", str(home / "file" / "c.toml")]) == 74
    assert capsys.readouterr().err.startswith(f"error: cannot write {home}/file/c.toml: ")


def test_path_is_told_whether_or_not_there_is_a_file(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "path"]) == 0
    assert main(["--config", "bell\x07.toml", "config", "path"]) == 0
    assert capsys.readouterr().out == f"{usual(home)}\nbell␇.toml\n"


def test_what_show_prints_is_a_configuration_that_says_the_same(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "c.toml").write_text('[session]\nsystem = "say \\"hi\\"\\nthen stop"\n')
    assert main(["config", "show", "--config", str(home / "c.toml")]) == 0
    shown = capsys.readouterr().out
    (home / "d.toml").write_text(shown)
    assert tomllib.loads(shown)["session"]["system"] == 'say "hi"\nthen stop'
    assert main(["config", "show", "--config", str(home / "d.toml")]) == 0
    assert capsys.readouterr().out == shown
    assert "\n\n[text]\nspeak = false\n" in shown
    assert "\n# voice is unset\n" in shown


def test_show_says_where_a_value_is_from_and_what_it_hides(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = home / "c.toml"
    path.write_text('[session]\nvoice = "Puck"\n[profiles.work.session]\nvoice = "Leda"\n')
    monkeypatch.setenv("LIVECHAT_SESSION_VOICE", "kore")
    assert main(["config", "show", "--origin", "--config", str(path), "--profile", "work"]) == 0
    shown = capsys.readouterr().out
    assert f'\nvoice = "Kore"  # LIVECHAT_SESSION_VOICE, hides {path}:4 "Leda", hides {path}:2 "Puck"\n' in shown
    assert '\nhost = "127.0.0.1"  # default\n' in shown


def test_programs_get_the_settings_as_one_object(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "show", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["serve"]["port"] == 8765
    assert shown["session"]["voice"] is None
    assert main(["config", "show", "--json", "--origin"]) == 0
    assert json.loads(capsys.readouterr().out)["serve"]["port"] == {"value": 8765, "origin": "default"}


def test_validate_says_what_it_checked(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "validate"]) == 0
    assert main(["config", "init"]) == 0
    assert main(["config", "validate"]) == 0
    assert capsys.readouterr().out == f"ok: no configuration file, so the defaults hold\nok: {usual(home)}\n"


def test_validate_tells_all_that_is_wrong_with_a_file(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = home / "c.toml"
    path.write_text('[session]\nvoice = "Puk"\nlangage = 1\n')
    assert main(["config", "validate", str(path)]) == 78
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        f"error: {path}:2:9  unknown voice 'Puk' — did you mean Puck?\n"
        "   1 | [session]\n"
        '   2 | voice = "Puk"\n'
        "     |         ^^^^^\n"
        f"error: {path}:3:1  unknown key 'langage' in [session] — did you mean 'language'?\n"
        '   2 | voice = "Puk"\n'
        "   3 | langage = 1\n"
        "     | ^^^^^^^\n"
        "  ref: exit 78\n"
    )


def test_validate_misses_a_file_that_is_not_there(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "validate", "nowhere.toml"]) == 66
    assert capsys.readouterr().err.startswith("error: no such configuration file: nowhere.toml\n")


def test_a_broken_file_stops_every_command_that_reads_it_but_init_and_path(home: Path) -> None:
    usual(home).parent.mkdir(parents=True)
    usual(home).write_text("broken")
    assert main(["config", "show"]) == 78
    assert main(["config", "show", "--no-config"]) == 0
    assert main(["config", "path"]) == 0
    assert main(["config", "init", "--force"]) == 0
    assert main(["config", "show"]) == 0


def test_no_value_commands_the_terminal_that_shows_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIVECHAT_SESSION_SYSTEM", hostile := "a\x7f\x9b2J\x1b]0;x\x07\u202eb\nc")
    assert main(["config", "show"]) == 0
    assert main(["config", "show", "--json"]) == 0
    shown = capsys.readouterr().out
    assert not {"\x7f", "\x9b", "\x1b", "\x07", "\u202e"} & set(shown)
    assert json.loads(shown[shown.index("{") :])["session"]["system"] == hostile


def test_show_tells_what_is_under_names_and_hides_what_other_programs_are_given(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = home / "c.toml"
    path.write_text('[mcp.time]\ncommand = ["time", "a b"]\nenv = { TOKEN = "very secret", B = "$B" }\n')
    assert main(["config", "show", "--origin", "--config", str(path)]) == 0
    assert capsys.readouterr().out.endswith(
        "\n\n[mcp.time]\n"
        'permission = "ask"  # default\n'
        f'command = ["time", "a b"]  # {path}:2\n'
        f'env = {{ TOKEN = "…", B = "$B" }}  # {path}:3\n'
    )
    assert main(["config", "show", "--json", "--origin", "--config", str(path)]) == 0
    shown = json.loads(capsys.readouterr().out)["mcp"]["time"]
    assert shown["command"] == {"value": ["time", "a b"], "origin": f"{path}:2"}
    assert shown["env"]["value"] == {"TOKEN": "…", "B": "$B"}
