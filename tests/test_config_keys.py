"""Claims about the keys of the configuration: each is described once, and the example file tells the truth."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from livechat.config import load
from livechat.config_file import parse
from livechat.config_keys import KEYS, PROFILES, SECTIONS, About, example, from_text, mistake, written

ROOT = Path(__file__).resolve().parent.parent
IN_EFFECT = re.sub(r"(?m)^#(?=\w+ = |\[)", "", example())


def test_the_example_in_the_checkout_is_the_one_that_init_writes() -> None:
    assert (ROOT / "config.example.toml").read_text("utf-8") == example()


def test_the_example_as_it_stands_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(example(), "utf-8")
    settings = load(path, None, {}, {})
    assert dataclasses.replace(settings, path=None) == load(None, None, {}, {}, no_file=True)


def test_the_example_put_in_effect_has_every_key_once_and_no_mistake() -> None:
    document = parse(Path("config.toml"), IN_EFFECT.encode())
    assert document.errors() == ()
    assert [about.name for about, _, _ in document.values()] == list(KEYS)
    for about in KEYS.values():
        assert len(re.findall(rf"(?m)^#{about.key} = ", section_of(about.section))) == 1


def section_of(name: str) -> str:
    found = re.search(rf"(?ms)^\[{name}\]\n(.*?)(?=^\[|\Z)", example())
    assert found is not None
    return found[1]


@pytest.mark.parametrize("about", KEYS.values(), ids=list(KEYS))
def test_the_example_shows_the_default_or_says_that_there_is_none(about: About) -> None:
    shown = tomllib.loads(IN_EFFECT)[about.section][about.key]
    comment, _, _ = section_of(about.section).partition(f"\n#{about.key} = ")
    explanation = comment.rsplit("\n", 1)[-1]
    assert explanation.startswith(f"# {about.help}")
    if about.default is None:
        assert "No default" in explanation
        assert shown == about.example
    else:
        assert shown == about.default


@pytest.mark.parametrize("about", KEYS.values(), ids=list(KEYS))
def test_a_key_is_of_the_type_its_section_declares(about: About) -> None:
    declared = get_type_hints(SECTIONS[about.section])[about.key]
    if about.default is None:
        assert declared == about.kind | None
    else:
        assert type(about.default) is about.kind
        assert declared is about.kind or {type(choice) for choice in get_args(declared)} == {about.kind}
        assert all(mistake(about, choice) == "" for choice in get_args(declared))
    assert mistake(about, about.example) == ""


def test_no_section_is_called_like_the_table_of_profiles() -> None:
    assert PROFILES not in SECTIONS


def test_variables_are_named_after_section_and_key_and_none_is_used_for_something_else() -> None:
    variables = [about.variable for about in KEYS.values()]
    assert "LIVECHAT_SEND_AUDIO_RATE" in variables
    assert len(set(variables)) == len(variables)
    assert not {"LIVECHAT_API_KEY", "LIVECHAT_CONFIG", "LIVECHAT_LLM_KEY"} & set(variables)


def test_options_are_named_after_their_keys() -> None:
    assert KEYS["server.choice"].option == "--server"
    assert KEYS["serve.max_connections"].option == "--max-connections"


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("serve.port", "80", "'port' in [serve] must be a whole number, not text in quotes"),
        ("serve.port", True, "'port' in [serve] must be a whole number, not true or false"),
        ("serve.port", 80.5, "'port' in [serve] must be a whole number, not a number with a point"),
        ("text.usage", 1, "'usage' in [text] must be true or false, not a whole number"),
        ("session.system", ["a"], "'system' in [session] must be text in quotes, not a list"),
        ("session.system", {}, "'system' in [session] must be text in quotes, not a table"),
        ("session.system", None, "'system' in [session] must be text in quotes, not a date"),
        ("serve.port", 65536, "65536 is not between 0 and 65535"),
        ("serve.port", -1, "-1 is not between 0 and 65535"),
        ("serve.port", 0, ""),
        ("output.color", "allways", "'allways' is not one of auto, always, never — did you mean always?"),
        ("output.color", "qqq", "'qqq' is not one of auto, always, never"),
        ("output.face", "screen-reader", ""),
        (
            "output.face",
            "screenreader",
            "'screenreader' is not one of auto, tty, plain, screen-reader — did you mean screen-reader?",
        ),
        ("output.ascii", "yes", "'ascii' in [output] must be true or false, not text in quotes"),
        ("server.choice", "WSS://example.org/x", ""),
        ("server.choice", "vertex", ""),
        (
            "server.choice",
            "googel",
            "'googel' is not one of auto, google, local, vertex, ws://HOST, wss://HOST — did you mean google?",
        ),
        ("serve.llm_url", "localhost:11434", "'localhost:11434' is no http:// or https:// address"),
        ("serve.llm_url", "http://localhost:11434/v1", ""),
        ("session.voice", "Puk", "unknown voice 'Puk' — did you mean Puck?"),
        ("session.voice", "puck", ""),
    ],
)
def test_a_value_that_a_key_cannot_have_is_said_to_be_wrong(name: str, value: object, problem: str) -> None:
    assert mistake(KEYS[name], value) == problem


@pytest.mark.parametrize(
    ("name", "text", "value", "problem"),
    [
        ("serve.port", "8080", 8080, ""),
        ("serve.port", "eighty", "eighty", "'eighty' is not a whole number"),
        ("serve.port", "8" * 30, "8" * 30, f"'{'8' * 30}' is not a whole number"),
        ("serve.port", "99999", 99999, "99999 is not between 0 and 65535"),
        ("serve.port", "-1", -1, "-1 is not between 0 and 65535"),
        ("text.usage", "Yes", True, ""),
        ("text.usage", "0", False, ""),
        ("text.usage", "maybe", "maybe", "'maybe' is not true or false"),
        ("session.language", "pt-BR", "pt-BR", ""),
    ],
)
def test_a_variable_is_read_as_its_key_s_type(name: str, text: str, value: object, problem: str) -> None:
    assert from_text(KEYS[name], text) == (value, problem)


def test_what_raw_pcm_may_be_is_what_the_sound_readers_take() -> None:
    from livechat.audio.pcm import Encoding
    from livechat.audio.wav import MAX_CHANNELS, MAX_RATE, MIN_RATE

    for encoding in Encoding:
        assert mistake(KEYS["send_audio.format"], encoding.value) == ""
        assert encoding.value in KEYS["send_audio.format"].help
    for name, low, high in (("rate", MIN_RATE, MAX_RATE), ("channels", 1, MAX_CHANNELS)):
        about = KEYS[f"send_audio.{name}"]
        assert mistake(about, low) == mistake(about, high) == ""
        assert mistake(about, low - 1)
        assert mistake(about, high + 1)


def read_somewhere(about: About) -> bool:
    """Whether a command takes the key from the settings."""
    commands = [path.read_text("utf-8") for path in (ROOT / "livechat" / "commands").glob("*.py")]
    return any(re.search(rf"\.{about.section}\b", text) and re.search(rf"\.{about.key}\b", text) for text in commands)


@pytest.mark.parametrize("about", KEYS.values(), ids=list(KEYS))
def test_a_key_is_there_only_while_a_command_follows_it(about: About) -> None:
    assert read_somewhere(about)


def test_values_are_written_as_toml_reads_them() -> None:
    for value in ("Kore", 'a "quoted" \\ line\n', "中文", True, 8765):
        assert tomllib.loads(f"key = {written(value)}") == {"key": value}
