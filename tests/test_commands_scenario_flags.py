"""The options of `livechat serve` that say what its server is like, as one scenario."""

from __future__ import annotations

from pathlib import Path

import pytest

from livechat.commands.scenario_flags import ScenarioFlags, scenario_lines, scenario_of
from livechat.errors import ConfigError, UsageError
from livechat.server.scenario import Drop, Limits, Network, Resumption, Scenario, When


def test_nothing_given_is_production() -> None:
    assert scenario_of(ScenarioFlags()) == Scenario()


def test_every_option_has_its_place() -> None:
    flags = ScenarioFlags(
        faults=["drop@audio:3#2", "double@turnComplete"],
        latency_ms=80,
        jitter_ms=40,
        bandwidth=6_000,
        goaway_after=30,
        time_scale=10,
        resume="keep",
        seed=7,
    )
    found = scenario_of(flags)
    assert found.network == Network(latency_ms=80, jitter_ms=40, bandwidth=6_000)
    assert found.limits == Limits(connection_s=80, time_scale=10)
    assert found.resumption == Resumption(mode="keep")
    assert (found.faults[0].act, found.faults[0].when) == (Drop(), When("audio", nth=3, connection=2))
    assert len(found.faults) == 2
    assert found.seed == 7


def test_what_is_zero_is_given_too(tmp_path: Path) -> None:
    slow = tmp_path / "slow.toml"
    slow.write_text("seed = 5\n[network]\nlatency_ms = 80\n")
    assert scenario_of(ScenarioFlags(str(slow))).network.latency_ms == 80
    assert scenario_of(ScenarioFlags(str(slow), latency_ms=0)).network.latency_ms == 0
    assert scenario_of(ScenarioFlags(str(slow))).seed == 5
    assert scenario_of(ScenarioFlags(str(slow), seed=0)).seed == 0


def test_options_come_on_top_of_a_scenario() -> None:
    shipped = scenario_of(ScenarioFlags("drop_mid_sentence"))
    more = scenario_of(ScenarioFlags("drop_mid_sentence", faults=["omit@goAway"]))
    assert more.name == shipped.name == "drop_mid_sentence"
    assert more.faults[:-1] == shipped.faults
    assert more.faults[-1].when == When("goAway")


def test_goaway_comes_when_it_is_asked_for_whatever_the_notice() -> None:
    limits = scenario_of(ScenarioFlags("goaway", goaway_after=5)).limits
    assert limits.connection_s is not None
    assert limits.connection_s - limits.notice_s == 5


def test_what_is_no_scenario_or_fault_or_way_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean goaway"):
        scenario_of(ScenarioFlags("goawy"))
    with pytest.raises(UsageError, match="drop"):
        scenario_of(ScenarioFlags(faults=["drop"]))
    with pytest.raises(UsageError, match="did you mean rollback"):
        scenario_of(ScenarioFlags(resume="rolback"))
    with pytest.raises(UsageError, match="rollback, keep, refuse"):
        scenario_of(ScenarioFlags(resume="zzz"))
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[nework]\n")
    with pytest.raises(ConfigError):
        scenario_of(ScenarioFlags(str(wrong)))


def test_what_comes_with_the_program_is_listed_with_what_it_is_about() -> None:
    lines = scenario_lines()
    assert any(line.startswith("goaway ") for line in lines)
    assert all(line == line.rstrip() and len(line.split("  ")) > 1 for line in lines)
