"""Makes a scenario of the tables that a file holds; what is wrong in them it keeps, each with its path, and reads on.

What the keys mean stands in `scenario_file`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import inf
from types import MappingProxyType
from typing import Any, cast

from livechat.errors import RemoteProtocolError, UsageError
from livechat.protocol.codec import decode_server_message
from livechat.protocol.server import ServerContent
from livechat.protocol.wire import wire_name
from livechat.server.fault_words import act_of, fault
from livechat.server.scenario import (
    BeInterrupted,
    Branch,
    Breathe,
    Call,
    Fail,
    Fault,
    GoAway,
    Limits,
    Muse,
    Network,
    Pace,
    Resumption,
    Scenario,
    Show,
    Speak,
    Step,
    Turn,
    Upgrade,
    Wait,
)
from livechat.server.scenario_values import (
    Read,
    Wrong,
    close_code,
    close_reason,
    items,
    json_object,
    number,
    one_of,
    or_endless,
    regex,
    text,
    truth,
    url,
    whole,
)
from livechat.suggest import closest
from livechat.toml_places import KeyPath
from livechat.toml_text import Table, Toml

LONGEST_S = 7 * 86_400.0
EXAMPLE_STEP = '{ say = "Hello." }'


@dataclass(frozen=True)
class Complaint:
    """What is wrong with a key, or with its value."""

    path: KeyPath
    wrong: Wrong
    on_value: bool


def read_tables(tables: Table, name: str) -> tuple[Scenario, list[Complaint]]:
    """The scenario, called `name` if it does not say otherwise, and all that is wrong; with that it is no scenario."""
    reading = Reading()
    return reading.scenario(tables, name), reading.complaints


def _fault(value: Toml) -> Fault:
    try:
        return fault(text(value))
    except UsageError as error:
        raise Wrong(error.what, error.hint) from None


def _fail(value: Toml) -> Fail:
    try:
        return Fail(act_of(text(value)))
    except UsageError as error:
        raise Wrong(error.what, error.hint) from None


def _server_content(value: Toml) -> Show:
    content = json_object(value)
    fields = {wire_name(name): name for name in ServerContent.model_fields}
    for name in content:
        if name not in fields and name not in fields.values():
            near = closest(name, fields)
            raise Wrong(f"serverContent has no field {name!r}" + (f" — did you mean {near!r}?" if near else ""))
    try:
        decode_server_message(json.dumps({"serverContent": content}))
    except RemoteProtocolError as error:
        raise Wrong(f"no serverContent: {error.problem}") from None
    return Show(content)


def _only_true(step: Step) -> Read:
    def read(value: Toml) -> Step:
        if truth(value):
            return step
        raise Wrong("can only be true; without it the step is left out")

    return read


_SECONDS = number(0, LONGEST_S)
_ENDLESS_S = or_endless(number(0.001, LONGEST_S), None)

TOP: Mapping[str, Read] = MappingProxyType(
    {"name": text, "about": text, "seed": whole(0, 2**63 - 1), "vad_signals": truth}
)
"""The keys outside of any section, without `faults`."""
SECTIONS: Mapping[str, tuple[Callable[..., object], Mapping[str, Read]]] = MappingProxyType(
    {
        "network": (
            Network,
            {
                "latency_ms": number(0, 600_000),
                "jitter_ms": number(0, 600_000),
                "bandwidth": or_endless(number(1, 1e12), None),
                "pong_s": _SECONDS,
            },
        ),
        "pace": (Pace, {"ahead_s": or_endless(number(0, LONGEST_S), inf), "speed": number(0.01, 1000)}),
        "limits": (
            Limits,
            {
                "time_scale": number(0.001, 1e6),
                "connection_s": _ENDLESS_S,
                "notice_s": _SECONDS,
                "audio_s": _ENDLESS_S,
                "video_s": _ENDLESS_S,
                "context_tokens": or_endless(whole(1, 2**53), None),
                "handle_s": _SECONDS,
            },
        ),
        "resumption": (
            Resumption,
            {
                "mode": one_of("rollback", "keep", "refuse"),
                "handles": one_of("after", "before", "never"),
                "delay_s": _SECONDS,
                "code": close_code,
                "reason": close_reason,
            },
        ),
        "upgrade": (
            Upgrade,
            {
                "status": one_of(302, 401, 403, 404, 429, 503),
                "times": whole(1, 2**31),
                "location": url,
                "retry_after_s": whole(0, 2**31),
            },
        ),
    }
)
"""Each section with what it becomes and its keys."""
STEPS: Mapping[str, Read] = MappingProxyType(
    {
        "say": lambda value: Speak(text(value)),
        "wait": lambda value: Wait(_SECONDS(value)),
        "muse": lambda value: Muse(text(value)),
        "show": _server_content,
        "breathe": _only_true(Breathe()),
        "interrupted": _only_true(BeInterrupted()),
        "go_away": lambda value: GoAway(_SECONDS(value)),
        "fail": _fail,
    }
)
"""The steps of one key; `call` has three."""
CALL = ("call", "args", "when")
"""The keys of a step that calls a function."""


class Reading:
    """Goes through the tables of one file; what is wrong it keeps, and reads on."""

    def __init__(self) -> None:
        self.complaints: list[Complaint] = []

    def scenario(self, tables: Table, name: str) -> Scenario:
        inside: dict[str, Callable[[KeyPath, Toml], object]] = {"faults": self._faults, "turn": self._turns}
        inside |= dict.fromkeys(SECTIONS, self._section)
        values = self._values((), tables, TOP, inside, "a scenario")
        values["turns"] = values.pop("turn", ())
        return replace(Scenario(name=name), **{name: value for name, value in values.items() if value is not None})

    def _section(self, path: KeyPath, value: Toml) -> object:
        section = str(path[-1])
        if not isinstance(value, dict):
            self._complain(path, Wrong(f"{section} is a section: [{section}] on a line of its own"))
            return None
        kind, readers = SECTIONS[section]
        known = len(self.complaints)
        values = self._values(path, cast("Table", value), readers, {}, f"[{section}]")
        if section == "upgrade" and "status" not in value:
            self._complain(path, Wrong("[upgrade] needs a status, as in status = 429"))
        return kind(**values) if len(self.complaints) == known else None

    def _faults(self, path: KeyPath, value: Toml) -> tuple[Fault, ...]:
        if (texts := items(value)) is None:
            self._complain(path, Wrong('faults are a list of texts, as in ["drop@audio:3"]'), on_value=True)
            return ()
        return tuple(one for at, text in enumerate(texts) for one in self._read((*path, at), text, _fault))

    def _turns(self, path: KeyPath, value: Toml) -> tuple[Turn, ...]:
        wrong = Wrong("turns are an array of tables: [[turn]] on a line of its own")
        return tuple(self._turn(at, table) for at, table in self._tables(path, value, wrong))

    def _turn(self, path: KeyPath, table: Table) -> Turn:
        values = self._values(path, table, {"said": regex, "hear": text}, {"do": self._do}, "a turn")
        return Turn(values.get("do", ()), values.get("said", ""), values.get("hear"))

    def _do(self, path: KeyPath, value: Toml) -> tuple[Step, ...]:
        wrong = Wrong(f"do is a list of steps, as in [{EXAMPLE_STEP}]")
        return tuple(step for at, table in self._tables(path, value, wrong) for step in self._step(at, table))

    def _step(self, path: KeyPath, table: Table) -> Iterator[Step]:
        known = len(self.complaints)
        readers = {**STEPS, "call": text, "args": json_object}
        values = self._values(path, table, readers, {"when": self._branches}, "a step")
        named = [key for key in table if key in STEPS or key == "call"]
        if named[1:]:
            self._complain(path, Wrong(f"{named[0]} and {named[1]} are two steps: each in braces of its own"))
        elif not named and len(self.complaints) == known:
            self._complain(path, Wrong(f"no step is named; there are {', '.join(['call', *STEPS])}", EXAMPLE_STEP))
        elif named == ["call"]:
            yield Call(values.get("call", ""), values.get("args", {}), values.get("when", ()))
        else:
            for key in (key for key in ("args", "when") if key in table):
                self._complain((*path, key), Wrong(f"{key} belongs to a call"))
            yield from (values[key] for key in named if key in values)

    def _branches(self, path: KeyPath, value: Toml) -> tuple[Branch, ...]:
        wrong = Wrong(f'when is a list of branches, as in [{{ matches = "rain", do = [{EXAMPLE_STEP}] }}]')
        return tuple(self._branch(at, table) for at, table in self._tables(path, value, wrong))

    def _branch(self, path: KeyPath, table: Table) -> Branch:
        values = self._values(path, table, {"matches": regex}, {"do": self._do}, "a branch")
        return Branch(values.get("matches", ""), values.get("do", ()))

    # --------------------------------------------------------------------------------------- what all have in common

    def _values(
        self,
        path: KeyPath,
        table: Table,
        readers: Mapping[str, Read],
        inside: Mapping[str, Callable[[KeyPath, Toml], object]],
        where: str,
    ) -> dict[str, Any]:
        """What the keys of a table say. `inside` are the readers of what has keys or items of its own."""
        values: dict[str, Any] = {}
        for key, value in table.items():
            at = (*path, key)
            if key in inside:
                values[key] = inside[key](at, value)
            elif key in readers:
                values.update((key, read) for read in self._read(at, value, readers[key]))
            else:
                near = closest(key, [*readers, *inside])
                guess = f" — did you mean {near!r}?" if near else f"; there are {', '.join([*readers, *inside])}"
                self._complain(at, Wrong(f"unknown key {key!r} in {where}{guess}"))
        return values

    def _read(self, path: KeyPath, value: Toml, read: Read) -> Iterator[Any]:
        """What it becomes, or nothing."""
        try:
            yield read(value)
        except Wrong as wrong:
            named = next(step for step in reversed(path) if isinstance(step, str))
            self._complain(path, Wrong(f"{named}: {wrong.message}", wrong.hint), on_value=True)

    def _tables(self, path: KeyPath, value: Toml, wrong: Wrong) -> Iterator[tuple[KeyPath, Table]]:
        """The tables of an array, each with its path."""
        if (tables := items(value)) is None:
            self._complain(path, wrong)
            return
        for at, table in enumerate(tables):
            if isinstance(table, dict):
                yield (*path, at), cast("Table", table)
            else:
                self._complain((*path, at), wrong, on_value=True)

    def _complain(self, path: KeyPath, wrong: Wrong, *, on_value: bool = False) -> None:
        self.complaints.append(Complaint(path, wrong, on_value))
