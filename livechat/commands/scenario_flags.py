"""Makes the scenario of a server from the options of its command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from livechat.errors import UsageError
from livechat.suggest import closest

if TYPE_CHECKING:
    from livechat.server.scenario import Fault, Limits, Scenario

Resume: TypeAlias = Literal["rollback", "keep", "refuse"]
MODES: tuple[Resume, ...] = ("rollback", "keep", "refuse")


@dataclass(frozen=True)
class ScenarioFlags:
    """What was given; None and nothing leave it to the scenario."""

    scenario: str | None = None
    """The name of a shipped one, or the path of a file."""
    faults: Sequence[str] = ()
    """In words (see `livechat.server.fault_words`), on top of the scenario's."""
    latency_ms: float | None = None
    jitter_ms: float | None = None
    bandwidth: float | None = None
    """Bytes a second."""
    goaway_after: float | None = None
    """Seconds of production."""
    time_scale: float | None = None
    resume: str | None = None
    seed: int | None = None


def scenario_of(flags: ScenarioFlags) -> Scenario:
    """The scenario that is meant. Raises UsageError, and for a file MissingInput and ConfigError."""
    scenario = _named(flags.scenario)
    network = {"latency_ms": flags.latency_ms, "jitter_ms": flags.jitter_ms, "bandwidth": flags.bandwidth}
    return replace(
        scenario,
        seed=scenario.seed if flags.seed is None else flags.seed,
        network=replace(scenario.network, **{name: value for name, value in network.items() if value is not None}),
        limits=_limits(scenario.limits, flags),
        resumption=replace(scenario.resumption, mode=_mode(flags.resume) or scenario.resumption.mode),
        faults=(*scenario.faults, *_faults(flags.faults)),
    )


def scenario_lines() -> list[str]:
    """A line for each scenario that comes with the program: its name and what it is about."""
    from livechat.server.scenario_file import shipped_scenarios

    found = shipped_scenarios()
    width = max(len(name) for name, _ in found)
    return [f"{name:<{width}}  {about}" for name, about in found]


def _named(scenario: str | None) -> Scenario:
    if scenario is None:
        from livechat.server.scenario import Scenario

        return Scenario()
    from livechat.server.scenario_file import load_scenario

    return load_scenario(scenario)


def _limits(limits: Limits, flags: ScenarioFlags) -> Limits:
    """goAway comes so long before the end as the scenario has it: so the end is that much later."""
    ends = limits.connection_s if flags.goaway_after is None else flags.goaway_after + limits.notice_s
    return replace(limits, connection_s=ends, time_scale=flags.time_scale or limits.time_scale)


def _mode(resume: str | None) -> Resume | None:
    if resume is None or resume in MODES:
        return resume
    near = closest(resume, MODES)
    raise UsageError(
        f"--resume: {resume!r} is not one of {', '.join(MODES)}" + (f" — did you mean {near}?" if near else "")
    )


def _faults(words: Sequence[str]) -> list[Fault]:
    if not words:
        return []
    from livechat.server.fault_words import fault

    return [fault(one) for one in words]
