"""Draws a schedule from one integer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

from livechat.server import scenario
from livechat.server.scenario import Double, Pad, Resumption, Say, TwoForms, When
from tests.simulation.schedule import (
    MODELS,
    Befalling,
    Blocked,
    Cut,
    Fate,
    Go,
    Hang,
    Hole,
    Hush,
    Line,
    Moment,
    Mute,
    Refuse,
    Schedule,
    Severity,
    Sleep,
    Slow,
    Strike,
)

SEVERITIES: Sequence[Severity] = ("calm", "usual", "usual", "harsh")


def drawn(seed: int, severity: Severity | None = None) -> Schedule:
    """The schedule of that number; its severity is drawn too unless it is given."""
    chance = Random(f"livechat/{seed}")
    some = chance.choice(SEVERITIES)
    severity = severity or some
    model = chance.choice(MODELS)
    return Schedule(
        seed=seed,
        severity=severity,
        model=model,
        marks=chance.random() < 0.2,
        lines=_lines(chance, typed=0.8 if model == MODELS[0] else 0.5),
        latency_s=chance.choice((0.005, 0.02, 0.08, 0.2)),
        think_s=chance.choice((0.02, 0.1, 0.3)),
        effect_s=chance.choice((0.01, 0.3, 1.5, 4.0)),
        speculative=chance.random() < 0.5,
        jitter=chance.random(),
        resumption=_resumption(chance),
        handle_s=chance.choice((None, None, None, 0.5)),
        strikes=_strikes(chance, severity),
        odd=_odd(chance) if severity != "none" else (),
        impatient=chance.random() < 0.2,
        live=chance.random() < 0.5,
    )


def _lines(chance: Random, typed: float) -> tuple[Line, ...]:
    return tuple(
        Line(
            number,
            aloud=chance.random() > typed,
            calls=chance.choice((0, 0, 0, 0, 1, 2)),
            words=chance.choice((1, 4, 8, 16)),
            pause_s=chance.choice((0.0, 0.2, 1.0, 3.0)),
            waits=chance.random() < 0.8,
            speech_ms=chance.choice((400, 800, 1_600)),
        )
        for number in range(1, chance.randint(4, 8) + 1)
    )


REFUSED_HANDLE = (
    (1008, "BidiGenerateContent session not found"),
    (1007, "Request contains an invalid argument."),
    (1011, "Internal error encountered."),
)


def _resumption(chance: Random) -> Resumption:
    code, reason = chance.choice(REFUSED_HANDLE)
    return Resumption(
        mode=chance.choice(("rollback", "rollback", "keep", "keep", "refuse")),
        handles=chance.choice(("after", "after", "after", "before", "never")),
        delay_s=chance.choice((0.0, 0.0, 0.3, 2.0)),
        code=code,
        reason=reason,
    )


# --------------------------------------------------------------------------------------------- what goes wrong

COUNTS: dict[Severity, tuple[int, int]] = {"none": (0, 0), "calm": (1, 1), "usual": (2, 4), "harsh": (5, 7)}
MOST = 7
"""Fewer than the connections that are tried before the conversation is given up."""
LATER_S: dict[Severity, float] = {"none": 1.0, "calm": 8.0, "usual": 4.0, "harsh": 2.0}
"""When something strikes, on the average."""

CLOSES: Sequence[tuple[int, str, Fate]] = (
    (1000, "The operation was cancelled.", "survives"),
    (1000, "", "survives"),
    (1001, "", "survives"),
    (1011, "Deadline expired before operation could complete.", "survives"),
    (1011, "RPC::DEADLINE_EXCEEDED", "survives"),
    (1011, "The service is currently unavailable.", "survives"),
    (1011, "Internal error encountered.", "survives"),
    (1011, "OVERLOADED_TOO_MANY_RETRIES_PER_REQUEST", "survives"),
    (1006, "", "survives"),
)
HARD_CLOSES: Sequence[tuple[int, str, Fate]] = (
    (1007, "Request contains an invalid argument.", "may end"),
    (1008, "Operation is not implemented, or supported, or enabled.", "may end"),
    (1011, "You exceeded your current quota, please check your plan and billing details.", "may end"),
    (1008, "API key not valid. Please pass a valid API key.", "ends"),
)
UP = ("setup", "clientContent", "realtimeInput", "toolResponse")
DOWN = (
    *("setupComplete", "text", "audio", "inputTranscription", "outputTranscription", "generationComplete"),
    *("turnComplete", "interrupted", "toolCall", "toolCallCancellation", "sessionResumptionUpdate"),
)


def _strikes(chance: Random, severity: Severity) -> tuple[Strike | Blocked, ...]:
    strikes: list[Strike | Blocked] = []
    for _ in range(chance.randint(*COUNTS[severity])):
        strikes.append(_strike(chance, severity))
        if chance.random() < 0.25:
            strikes.append(_blocked(chance))
    return tuple(_no_third_silence(strikes[:MOST]))


def _no_third_silence(strikes: Sequence[Strike | Blocked]) -> Iterator[Strike | Blocked]:
    """A server that takes the words and says nothing three times over may be given up."""
    silences = 0
    for strike in strikes:
        silences += isinstance(strike.what, Hush) or (isinstance(strike.what, Go) and strike.what.silent)
        if silences <= 2 or not isinstance(strike.what, Hush | Go):
            yield strike


def _strike(chance: Random, severity: Severity) -> Strike:
    what: Callable[[Random], tuple[Befalling, Fate]] = chance.choices(
        (_cut, _hang, _hole, _hush, _go, _sleep, _slow), (6, 4, 4, 2, 3, 1, 1)
    )[0]
    befalling, fate = what(chance)
    notice_s = chance.choice((0.0, 0.0, 0.5, 3.0, 20.0))
    return Strike(befalling, _moment(chance, LATER_S[severity]), fate, notice_s)


def _moment(chance: Random, later_s: float) -> Moment:
    if chance.random() < 0.5:
        return Moment(seconds=chance.expovariate(1 / later_s))
    nth, before, seconds = chance.choice((1, 1, 2, 3)), chance.random() < 0.5, 3 * chance.expovariate(1 / later_s)
    if chance.random() < 0.3:
        return Moment(seconds, "up", chance.choice(UP), nth, before)
    return Moment(seconds, "down", chance.choice(DOWN), nth, before)


def _cut(chance: Random) -> tuple[Befalling, Fate]:
    return Cut(chance.random() < 0.5, chance.random() < 0.5), "survives"


def _hang(chance: Random) -> tuple[Befalling, Fate]:
    code, reason, fate = chance.choice(HARD_CLOSES if chance.random() < 0.08 else CLOSES)
    return Hang(code, reason), fate


def _hole(chance: Random) -> tuple[Befalling, Fate]:
    return Hole(), "survives"


def _hush(chance: Random) -> tuple[Befalling, Fate]:
    return Hush(chance.choice((3.0, 8.0, float("inf")))), "survives"


def _go(chance: Random) -> tuple[Befalling, Fate]:
    return Go(chance.choice((60.0, 10.0, 1.0, 0.0)), chance.random() < 0.4), "survives"


def _sleep(chance: Random) -> tuple[Befalling, Fate]:
    return Sleep(chance.choice((3.0, 15.0, 3_600.0)), chance.random() < 0.3), "survives"


def _slow(chance: Random) -> tuple[Befalling, Fate]:
    return Slow(8_000.0, chance.choice((5.0, 20.0))), "survives"


def _blocked(chance: Random) -> Blocked:
    if chance.random() < 0.03:
        return Blocked(Refuse("http", 401), "ends")
    return Blocked(
        chance.choice(
            (Refuse("timeout", after_s=10.0), Refuse("http", 503), Refuse("connect"), Refuse("name"), Mute(), Mute())
        )
    )


GARBLED = ('{"serverContent": {"modelTurn"', "[]", "null", '{"setupComplete": 7}', "\ufffd")
UNKNOWN = ('{"somethingNew": {"a": 1}}', '{"serverContent": {"novelty": true}}', "{}")


def _odd(chance: Random) -> tuple[scenario.Fault, ...]:
    """Messages that nobody ordered, on any connection."""
    return tuple(_one_odd(chance) for _ in range(chance.choice((0, 0, 1, 2))))


def _one_odd(chance: Random) -> scenario.Fault:
    nth = chance.randint(1, 4)
    return chance.choice(
        (
            scenario.Fault(Double(), When("turnComplete", nth)),
            scenario.Fault(TwoForms(), When("toolCall", 1)),
            scenario.Fault(Say(chance.choice(UNKNOWN)), When("any", 2 + nth)),
            scenario.Fault(Say(chance.choice(GARBLED)), When("any", 2 + nth)),
            scenario.Fault(Pad(70_000), When("any", 2 + nth)),
        )
    )
