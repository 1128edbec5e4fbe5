"""Claims about scenario files: the shipped ones, the reference, and how a file that is wrong is told."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from textwrap import dedent

import pytest

from livechat.errors import ConfigError, MissingInput, UsageError
from livechat.server import scenario_file
from livechat.server.fault_words import KINDS, SIMPLE
from livechat.server.scenario import Drop, Fail, Scenario, Speak, When
from livechat.server.scenario_file import (
    REFERENCE,
    SHIPPED,
    dotted,
    load_scenario,
    parse_scenario,
    scenario_from,
    shipped_scenarios,
)
from livechat.server.scenario_tables import CALL, SECTIONS, STEPS, TOP

PATH = Path("play.toml")


def test_all_that_is_wrong_is_told_at_once_each_with_its_place_and_in_the_order_of_the_text() -> None:
    text = """\
[[turn]]
said = "rain"
do = [
    { say = "x" },
    { call = "f", when = [{ do = [{ sya = "y" }] }] },
]
[[turn]]
[[turn.do]]
wait = -1
[network]
latency_ms = "80"
faults = []
"""
    with pytest.raises(ConfigError) as wrong:
        parse_scenario(PATH, text.encode())
    assert re.findall(r"^play.toml:.*", wrong.value.what, re.MULTILINE) == [
        "play.toml:5:37  unknown key 'sya' in a step — did you mean 'say'?",
        "play.toml:9:8  wait: -1 is not between 0 and 604800",
        "play.toml:11:14  latency_ms: must be a number, not text",
        "play.toml:12:1  unknown key 'faults' in [network]; there are latency_ms, jitter_ms, bandwidth, pong_s",
    ]
    assert "   9 | wait = -1\n     |        ^^" in wrong.value.what


def test_the_hint_shows_what_could_be_there() -> None:
    with pytest.raises(ConfigError) as wrong:
        parse_scenario(PATH, b'faults = ["rat@audio", "rat@text", "rate@audio"]')
    assert wrong.value.hint == "for example drop@audio:3\nfor example rate:16000@audio+"


def test_what_is_no_toml_is_told_at_its_place() -> None:
    with pytest.raises(ConfigError, match=r"^play.toml:1:5  Invalid value"):
        parse_scenario(PATH, b"a = b")


def test_what_is_too_deep_is_an_error_and_not_the_end_of_us(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_deep(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(scenario_file, "read_tables", too_deep)
    with pytest.raises(ConfigError, match=r"^play.toml: lists and tables are too deep in each other"):
        parse_scenario(PATH, b"")


def test_tables_that_come_from_no_file_are_told_by_their_keys() -> None:
    assert scenario_from({"turn": [{"do": [{"say": "x"}]}]}, "mine").turns[0].do == (Speak("x"),)
    with pytest.raises(ConfigError) as wrong:
        scenario_from({"seed": "x", "turn": [{}, {"do": [{"say": 1}]}]}, "mine")
    assert wrong.value.what.split("\n") == [
        "mine: seed: seed: must be a whole number, not text",
        "mine: turn[1].do[0].say: say: must be text in quotes, not a whole number",
    ]
    assert dotted(("turn", 0, "do")) == "turn[0].do"


def test_a_file_is_called_by_its_own_name_if_it_has_no_other(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('about = "x"')
    assert load_scenario(str(path)) == Scenario("mine", "x")
    path.write_text('name = "other"')
    assert load_scenario(str(path)) == Scenario("other")


def test_a_file_needs_no_ending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine").write_text("seed = 1")
    assert load_scenario("mine") == Scenario("mine", seed=1)


def test_a_name_that_is_none_is_told_with_the_likely_one() -> None:
    with pytest.raises(UsageError) as wrong:
        load_scenario("goawy")
    assert wrong.value.what == "no scenario 'goawy' — did you mean goaway?"
    assert "barge_in" in wrong.value.hint
    with pytest.raises(UsageError, match=r"no scenario 'qqqq'$"):
        load_scenario("qqqq")


@pytest.mark.parametrize("name", ["mine.toml", "./mine", "folder/mine"])
def test_a_file_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(MissingInput, match="cannot read the scenario file"):
        load_scenario(name)


# ------------------------------------------------------------------------------------------------ the reference


def example() -> str:
    indented = REFERENCE.partition("\n\nEach thing")[0]
    return dedent(indented)


def test_the_example_of_the_reference_is_a_scenario() -> None:
    found = parse_scenario(PATH, example().encode())
    assert found.name == "rain"
    assert found.faults[0].act == Drop()
    assert found.faults[0].when == When("audio", 3, connection=1)
    assert isinstance(found.turns[0].do[-1], Fail)


def test_the_reference_says_every_key() -> None:
    shown = example()
    keys = {*TOP, "faults", *STEPS, *CALL, "said", "hear", "do", "matches"}
    for section, (kind, readers) in SECTIONS.items():
        assert isinstance(kind, type)
        assert f"\n[{section}] " in shown
        assert {field.name for field in fields(kind)} == set(readers)
        keys |= set(readers)
    assert [key for key in sorted(keys) if not re.search(rf"\b{key} = ", shown)] == []
    assert "\n[[turn]] " in shown


def test_the_reference_says_every_act_and_every_kind_of_message() -> None:
    faults = REFERENCE.partition("FAULTS\n")[2]
    assert all(name in faults for name in (*SIMPLE, *KINDS, "close:CODE", "stall:SECONDS", "pad:BYTES", "rate:HZ"))


# ------------------------------------------------------------------------------------------------- the shipped ones

NAMES = sorted(path.stem for path in SHIPPED.glob("*.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scenario_can_be_loaded_and_says_what_it_plays_and_where_that_was_seen(name: str) -> None:
    found = load_scenario(name)
    text = (SHIPPED / f"{name}.toml").read_text(encoding="utf-8")
    comment = " ".join(line.lstrip("# ") for line in text.split("\n\n")[0].splitlines() if line.startswith("#"))
    assert found.name == name
    assert found.about.endswith(".")
    assert len(found.about) < 100
    assert found.seed is not None
    assert len(comment) > 60
    assert "Source: " in comment


def test_the_shipped_scenarios_are_listed_with_what_they_are_about() -> None:
    listed = shipped_scenarios()
    assert [name for name, _ in listed] == NAMES
    assert len(listed) >= 12
    assert all(about for _, about in listed)
