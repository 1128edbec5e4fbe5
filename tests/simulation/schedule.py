"""Draws from one integer what a world is like, what its user says, and all that goes wrong in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeAlias

from livechat.server import scenario
from livechat.server.scenario import Double, Pad, Resumption, Say, TwoForms, When

Severity = Literal["none", "calm", "usual", "harsh"]
SEVERITIES: Sequence[Severity] = ("calm", "usual", "usual", "harsh")

# ------------------------------------------------------------------------------------------ what the user does


@dataclass(frozen=True)
class Line:
    """One thing that the user says, named by its number."""

    number: int
    aloud: bool
    calls: int
    """Effects that the model wants to have before it answers."""
    words: int
    """Of the answer."""
    pause_s: float
    """Before it is said."""
    waits: bool
    """It is said when what was said before is answered; else it may fall into the answer."""
    speech_ms: int = 1_200

    @property
    def text(self) -> str:
        return f"T{self.number} calls{self.calls} words{self.words}"

    @property
    def tag(self) -> str:
        return f"T{self.number}"


# ------------------------------------------------------------------------------------------------ what befalls it

Fate = Literal["survives", "may end", "ends"]
"""Of the session: whether no client may give it up, a client may, or must."""


@dataclass(frozen=True)
class Cut:
    """Both ways end at once; what is under way arrives or not."""

    lands_up: bool
    lands_down: bool


@dataclass(frozen=True)
class Hang:
    """The server closes."""

    code: int
    reason: str


@dataclass(frozen=True)
class Hole:
    """Everything vanishes from now on, both ways, and nobody is told."""


@dataclass(frozen=True)
class Hush:
    """The server takes everything and says nothing for so long."""

    seconds: float


@dataclass(frozen=True)
class Go:
    """goAway; then the server says nothing more at all if it is silent, and closes when the time is up."""

    seconds: float
    silent: bool


@dataclass(frozen=True)
class Sleep:
    """The machine stands still."""

    seconds: float
    survives: bool
    """So does the connection."""


@dataclass(frozen=True)
class Slow:
    """So many bytes a second go up, for so long."""

    rate: float
    seconds: float


@dataclass(frozen=True)
class Refuse:
    """No connection comes about."""

    kind: str
    status: int = 0
    after_s: float = 0.05


@dataclass(frozen=True)
class Mute:
    """The connection is there, and the setup is never answered."""


Opening: TypeAlias = Refuse | Mute
Befalling: TypeAlias = Cut | Hang | Hole | Hush | Go | Sleep | Slow


@dataclass(frozen=True)
class Moment:
    """So many seconds after a connection was opened, or at the n-th frame of a kind, if that comes before."""

    seconds: float
    way: Literal["", "up", "down"] = ""
    kind: str = ""
    nth: int = 1
    before: bool = False
    """Rather than after it."""


@dataclass(frozen=True)
class Strike:
    what: Befalling
    when: Moment
    fate: Fate = "survives"
    notice_s: float = 0.0
    """How long the server takes to see that its client is gone."""


@dataclass(frozen=True)
class Blocked:
    """What a connection meets when it is opened."""

    what: Opening
    fate: Fate = "survives"


# --------------------------------------------------------------------------------------------------- the schedule

FAMILIES = ("gemini-live-2.5-flash", "gemini-2.5-flash-native-audio-latest", "gemini-3.1-flash-live-preview")
MODELS: Sequence[str] = (*FAMILIES, "gemini-3.8-live")


@dataclass(frozen=True)
class Schedule:
    """Everything that chance has a say in."""

    seed: int
    severity: Severity
    model: str
    marks: bool
    """The client says when the user speaks."""
    lines: tuple[Line, ...]
    latency_s: float
    think_s: float
    """For each piece of an answer."""
    effect_s: float
    """How long an effect takes."""
    speculative: bool
    jitter: float
    resumption: Resumption
    handle_s: float | None
    strikes: tuple[Strike | Blocked, ...]
    odd: tuple[scenario.Fault, ...] = ()
    live: bool = False
    """The user speaks into a microphone, which does not wait."""
    impatient: bool = False
    """The user does not wait for a try that is late."""

    @property
    def fates(self) -> set[Fate]:
        return {strike.fate for strike in self.strikes}


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
