"""Claims about the settings: what is stronger wins, and where a value came from is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from livechat.config import OTHER_VARIABLES, ConfigProblems, Given, find, load, place
from livechat.config_keys import KEYS, Value
from livechat.errors import MissingInput, UsageError

FILE = """\
[session]
voice = "Puck"
language = "de-DE"
[serve]
port = 1
[profiles.work.session]
voice = "Leda"
[profiles.work.serve]
port = 2
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(FILE)
    return path


def test_without_anything_given_the_defaults_hold() -> None:
    settings = load(None, None, {}, {}, no_file=True)
    assert settings.serve.port == 8765
    assert settings.session.voice is None
    assert settings.path is None
    assert set(settings.given) == set(KEYS)
    assert all(values[0].origin == "default" for values in settings.given.values())


def test_a_file_is_stronger_than_the_defaults(file: Path) -> None:
    settings = load(file, None, {}, {})
    assert (settings.session.voice, settings.serve.port, settings.path) == ("Puck", 1, file)
    assert settings.serve.host == "127.0.0.1"


def test_a_profile_is_stronger_than_the_rest_of_the_file(file: Path) -> None:
    settings = load(file, "work", {}, {})
    assert (settings.session.voice, settings.session.language, settings.serve.port) == ("Leda", "de-DE", 2)


def test_a_variable_is_stronger_than_the_file_and_an_empty_one_is_none(file: Path) -> None:
    env = {"LIVECHAT_SESSION_VOICE": "zephyr", "LIVECHAT_SERVE_PORT": ""}
    settings = load(file, "work", env, {})
    assert (settings.session.voice, settings.serve.port) == ("Zephyr", 2)


def test_a_flag_is_the_strongest_and_one_that_is_none_was_not_given(file: Path) -> None:
    env = {"LIVECHAT_SESSION_VOICE": "Zephyr"}
    settings = load(file, "work", env, {"session.voice": "KORE", "serve.port": None})
    assert (settings.session.voice, settings.serve.port) == ("Kore", 2)
    assert settings.from_flags == ("--voice",)


def test_all_that_was_given_for_a_key_is_remembered_with_where(file: Path) -> None:
    env = {"LIVECHAT_SESSION_VOICE": "Zephyr"}
    settings = load(file, "work", env, {"session.voice": "Kore", "server.choice": "local"})
    assert settings.given["session.voice"] == (
        Given(None, "default"),
        Given("Puck", f"{file}:2"),
        Given("Leda", f"{file}:7"),
        Given("Zephyr", "LIVECHAT_SESSION_VOICE"),
        Given("Kore", "command line"),
    )


def test_the_options_that_shape_a_request_are_named_as_they_are_typed() -> None:
    flags: dict[str, Value | None] = {
        "server.choice": "local",
        "output.color": "never",
        "text.usage": True,
        "session.voice": "Kore",
    }
    assert load(None, None, {}, flags, no_file=True).from_flags == ("--voice", "--server")


def test_everything_wrong_with_file_and_environment_is_told_at_once(file: Path) -> None:
    file.write_text("[serve]\nprot = 1\nport = 'x'\n")
    env = {"LIVECHAT_SERVE_PORT": "x", "LIVECHAT_SERVE_PROT": "1", "LIVECHAT_TEXT_": "1"}
    with pytest.raises(ConfigProblems) as wrong:
        load(file, "work", env, {})
    assert [problem.what.split("\n")[0].replace(str(file), "F") for problem in wrong.value.problems] == [
        "F:2:1  unknown key 'prot' in [serve] — did you mean 'port'?",
        "F:3:8  'port' in [serve] must be a whole number, not text in quotes",
        "LIVECHAT_SERVE_PORT: 'x' is not a whole number",
        "LIVECHAT_SERVE_PROT sets nothing — did you mean LIVECHAT_SERVE_PORT?",
        "LIVECHAT_TEXT_ sets nothing — did you mean LIVECHAT_TEXT_SAVE?",
        f"no profile 'work' in {file}".replace(str(file), "F"),
    ]
    assert wrong.value.exit_code == 78
    assert "LIVECHAT_SERVE_PROT" in str(wrong.value)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("LIVECHAT_VOICE", "LIVECHAT_SESSION_VOICE"),
        ("LIVECHAT_VOCIE", "LIVECHAT_SESSION_VOICE"),
        ("LIVECHAT_SERVR_CHOICE", "LIVECHAT_SERVER_CHOICE"),
        ("LIVECHAT_APIKEY", "LIVECHAT_API_KEY"),
    ],
)
def test_a_variable_that_sets_nothing_gets_the_likely_one(name: str, meant: str) -> None:
    with pytest.raises(ConfigProblems, match=rf"^{name} sets nothing — did you mean {meant}\?$"):
        load(None, None, {name: "1"}, {}, no_file=True)


def test_only_variables_of_ours_must_be_known() -> None:
    with pytest.raises(ConfigProblems, match=r"^LIVECHAT_XQZ sets nothing$"):
        load(None, None, {"LIVECHAT_XQZ": "1"}, {}, no_file=True)
    assert load(None, None, {**dict.fromkeys(OTHER_VARIABLES, "1"), "VOICE": "1"}, {}, no_file=True).path is None


def test_the_command_that_writes_a_missing_file_writes_that_file(tmp_path: Path) -> None:
    missing = tmp_path / "no such.toml"
    with pytest.raises(MissingInput) as error:
        load(missing, None, {}, {})
    assert error.value.hint == f"livechat --config '{missing}' config init, to write one there"
    with pytest.raises(MissingInput) as error:
        load(None, None, {"LIVECHAT_CONFIG": str(missing)}, {})
    assert error.value.hint == "livechat config init, to write one there"


def test_a_language_that_is_none_is_refused_wherever_it_is_given(file: Path) -> None:
    file.write_text('[session]\nlanguage = "deutsch"\n')
    with pytest.raises(ConfigProblems, match="'deutsch' is no language as BCP 47 writes it, like de-DE"):
        load(file, None, {}, {})
    with pytest.raises(UsageError, match=r"^--language: 'deutsch' is no language"):
        load(None, None, {}, {"session.language": "deutsch"}, no_file=True)
    for language in ("de", "de-DE", "yue-Hant-HK", "es-419"):
        settings = load(None, None, {}, {"session.language": language}, no_file=True)
        assert settings.session.language == language


def test_an_unknown_profile_gets_the_likely_one(file: Path) -> None:
    with pytest.raises(ConfigProblems, match=r"no profile 'wrok' in .* — did you mean work\?"):
        load(file, "wrok", {}, {})
    with pytest.raises(ConfigProblems, match="no profile 'work' as there is no configuration file"):
        load(None, "work", {}, {}, no_file=True)


def test_a_flag_that_cannot_be_is_a_mistake_of_usage() -> None:
    with pytest.raises(UsageError, match=r"--server: 'googel' is not one of .* — did you mean google\?"):
        load(None, None, {}, {"server.choice": "googel"}, no_file=True)


def test_no_file_means_none_even_if_one_is_named(file: Path) -> None:
    settings = load(file, None, {"LIVECHAT_CONFIG": str(file)}, {}, no_file=True)
    assert (settings.path, settings.session.voice) == (None, None)


def test_the_usual_file_is_read_if_it_is_there(tmp_path: Path) -> None:
    env = {"XDG_CONFIG_HOME": str(tmp_path), "HOME": "/nowhere"}
    assert find(None, env) is None
    (tmp_path / "livechat").mkdir()
    usual = tmp_path / "livechat" / "config.toml"
    usual.write_text(FILE)
    assert find(None, env) == usual
    assert load(None, None, env, {}).session.voice == "Puck"


@pytest.mark.parametrize("env", [{}, {"XDG_CONFIG_HOME": ""}, {"XDG_CONFIG_HOME": "relative"}])
def test_the_usual_place_is_in_the_home_folder(env: dict[str, str]) -> None:
    assert place(None, {**env, "HOME": "/home/u"}) == Path("/home/u/.config/livechat/config.toml")


def test_without_a_home_in_the_environment_there_is_still_a_place() -> None:
    assert place(None, {}).name == "config.toml"


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    named = tmp_path / "mine.toml"
    for file, env in ((named, {}), (None, {"LIVECHAT_CONFIG": str(named)})):
        with pytest.raises(MissingInput, match=r"mine\.toml") as missing:
            find(file, env)
        assert missing.value.exit_code == 66
        assert missing.value.hint.endswith("config init, to write one there")
        assert place(file, env) == named


def test_the_option_is_stronger_than_the_variable_that_names_a_file(tmp_path: Path) -> None:
    assert place(tmp_path, {"LIVECHAT_CONFIG": "/elsewhere"}) == tmp_path
    assert place(None, {"LIVECHAT_CONFIG": "~/x.toml"}) == Path("~/x.toml").expanduser()
