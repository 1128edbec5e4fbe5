"""What a server's tools said of themselves when the user took them on, and what has changed since.

A server that is trusted can change what it tells a model of its tools at any time, and so what the model does. That is
why the words are pinned: tools that are new or say something else than before are not told of until somebody agrees.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import ndiff
from typing import Any, Final, Literal, cast

LONGEST: Final = 40
"""Lines of a change that are told."""


@dataclass(frozen=True)
class Offer:
    """A tool as its server describes it; all of it is foreign text."""

    name: str
    description: str = ""
    input_schema: Mapping[str, Any] = field(default_factory=dict[str, Any])
    title: str = ""
    hints: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Its annotations: read-only, destructive and the like, by the server's own word."""

    @property
    def words(self) -> Mapping[str, Any]:
        """All that a model or a user is told of it."""
        return {
            "title": self.title,
            "description": self.description,
            "parameters": self.input_schema,
            "hints": self.hints,
        }

    @property
    def digest(self) -> str:
        """SHA-256 of its words, whatever their order."""
        text = json.dumps(self.words, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Pins:
    """What was agreed to."""

    source: str
    """What is behind the server's name: a digest of its command or address."""
    tools: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """The words of each tool, and under "sha256" their digest."""


@dataclass(frozen=True)
class Change:
    """A tool that is not as it was agreed to; its words are foreign text."""

    tool: str
    kind: Literal["new", "changed", "gone"]
    lines: tuple[str, ...] = ()
    """What was taken away (`- …`) and added (`+ …`)."""


def source_of(server: Sequence[str]) -> str:
    """The digest of a command's words, or of an address as the only one."""
    return hashlib.sha256(json.dumps([*server]).encode()).hexdigest()


def pinned(source: str, offers: Sequence[Offer]) -> Pins:
    """What is agreed to with these offers."""
    return Pins(source, {offer.name: {**offer.words, "sha256": offer.digest} for offer in offers})


def changes(pins: Pins, offers: Sequence[Offer]) -> tuple[Change, ...]:
    """What is not as it was agreed to, in the order of the offers, then what is gone."""
    offered = {offer.name for offer in offers}
    gone = (Change(name, "gone") for name in pins.tools if name not in offered)
    return (*_changed(pins, offers), *gone)


def _changed(pins: Pins, offers: Sequence[Offer]) -> Iterator[Change]:
    for offer in offers:
        before = pins.tools.get(offer.name)
        if before is None:
            yield Change(offer.name, "new", _difference({}, offer.words))
        elif before.get("sha256") != offer.digest:
            yield Change(offer.name, "changed", _difference(before, offer.words))


def _difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    lines = [line.rstrip() for line in ndiff(_lines(before), _lines(now)) if line[0] in "+-"]
    left_out = len(lines) - LONGEST
    return (*lines[:LONGEST], *([f"… {left_out} more lines"] if left_out > 0 else []))


def _lines(words: Mapping[str, Any]) -> list[str]:
    """What can be compared line by line: prose as it stands, all else as JSON."""
    prose = (line for key in ("title", "description") for line in str(words.get(key, "")).splitlines())
    rest = {key: words[key] for key in ("parameters", "hints") if words.get(key)}
    return [*prose, *(json.dumps(rest, indent=1, sort_keys=True, ensure_ascii=False).splitlines() if rest else ())]


def as_json(pins: Pins) -> str:
    """The text of a file of pins."""
    return json.dumps({"source": pins.source, "tools": dict(pins.tools)}, indent=1, ensure_ascii=True) + "\n"


def from_json(text: str) -> Pins | None:
    """The pins in the text of a file; None where that is none."""
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    table = cast("dict[str, object]", found)
    tools = table.get("tools")
    if not isinstance(table.get("source"), str) or not isinstance(tools, dict):
        return None
    words = cast("dict[str, object]", tools)
    if not all(isinstance(one, dict) for one in words.values()):
        return None
    return Pins(str(table["source"]), cast("dict[str, dict[str, Any]]", words))
