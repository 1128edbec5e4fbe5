"""What a server's tools said of themselves when the user took them on, and what has changed since.

A server that is trusted can change what it tells a model of its tools at any time, and so what the model does. That is
why the words are pinned: tools that are new or say something else than before are not told of until somebody agrees.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, cast

LONGEST_TITLE: Final = 200
LONGEST_DESCRIPTION: Final = 4_000
"""Characters of a tool's description that a model is told, and a user is asked about."""
LARGEST: Final = 2**16
"""Characters of all that is said of a tool, as JSON,"""
MOST_TOGETHER: Final = 2**19
"""and of all tools of a server: more would take its time to compare, and nobody would read it."""
MOST_BEFORE: Final = 4_000
"""Lines of what was agreed to that are compared; what is said now is compared, and shown, as a whole."""


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
    digest: str = ""
    """Of the offer that this is about; none where it is gone."""


def source_of(server: Sequence[str]) -> str:
    """The digest of a command's words, or of an address as the only one."""
    return hashlib.sha256(json.dumps([*server]).encode()).hexdigest()


def pinned(source: str, offers: Sequence[Offer]) -> Pins:
    """What is agreed to with these offers."""
    return Pins(source, {offer.name: {**offer.words, "sha256": offer.digest} for offer in offers})


def bounded(offers: Sequence[Offer]) -> tuple[Sequence[Offer], Sequence[str]]:
    """The offers with no more words than are told, and the names of tools that say too much to be offered."""
    taken, left_out, room = list[Offer](), list[str](), MOST_TOGETHER
    for offer in offers:
        title, description = offer.title[:LONGEST_TITLE], offer.description[:LONGEST_DESCRIPTION]
        short = replace(offer, title=title, description=description)
        size = len(json.dumps(short.words))
        if size > min(LARGEST, room):
            left_out.append(offer.name)
        else:
            taken.append(short)
            room -= size
    return taken, left_out


def agreed(before: Pins | None, source: str, offers: Sequence[Offer], shown: Sequence[Change]) -> Pins:
    """What is agreed to after these changes were: of the offers only those that are still as they were shown."""
    seen = {(change.tool, change.digest) for change in shown}
    taken = pinned(source, [offer for offer in offers if (offer.name, offer.digest) in seen])
    offered = {offer.name for offer in offers}
    kept = {} if before is None else {name: words for name, words in before.tools.items() if name in offered}
    return Pins(source, {**kept, **taken.tools})


def changes(pins: Pins, offers: Sequence[Offer]) -> tuple[Change, ...]:
    """What is not as it was agreed to, in the order of the offers, then what is gone."""
    offered = {offer.name for offer in offers}
    gone = (Change(name, "gone") for name in pins.tools if name not in offered)
    return (*_changed(pins, offers), *gone)


def _changed(pins: Pins, offers: Sequence[Offer]) -> Iterator[Change]:
    for offer in offers:
        before = pins.tools.get(offer.name)
        digest = offer.digest
        if before is None:
            yield Change(offer.name, "new", _difference({}, offer.words), digest)
        elif before.get("sha256") != digest:
            yield Change(offer.name, "changed", _difference(before, offer.words), digest)


def _difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(line.rstrip() for line in _compared(_lines(before)[:MOST_BEFORE], _lines(now)))


def _compared(before: Sequence[str], now: Sequence[str]) -> Iterator[str]:
    """The lines that differ, in a time that hardly grows faster than their number, whatever they are.

    A patience diff: lines that stand once on either side hold it together; between two of them only what is the same
    at the beginning and at the end is.
    """
    at, there = 0, 0
    for here, beyond in [*_anchors(before, now), (len(before), len(now))]:
        yield from _between(before[at:here], now[there:beyond])
        at, there = here + 1, beyond + 1


def _anchors(before: Sequence[str], now: Sequence[str]) -> list[tuple[int, int]]:
    """Places of lines that stand once on either side, as many as are in the same order on both."""
    once, places = _once(before), _once(now)
    pairs = [(at, places[line]) for line, at in once.items() if line in places]
    ends: list[int] = []
    """The last of each length's best sequence: its place in `now`,"""
    tops: list[int] = []
    """and in `pairs`."""
    previous: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        previous.append(tops[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        tops[length : length + 1] = [number]
    found: list[tuple[int, int]] = []
    number = tops[-1] if tops else -1
    while number >= 0:
        found.append(pairs[number])
        number = previous[number]
    return found[::-1]


def _once(lines: Sequence[str]) -> dict[str, int]:
    """The places of those that stand there once, in their order."""
    counts = Counter(lines)
    return {line: place for place, line in enumerate(lines) if counts[line] == 1}


def _between(before: Sequence[str], now: Sequence[str]) -> Iterator[str]:
    shortest, first, last = min(len(before), len(now)), 0, 0
    while first < shortest and before[first] == now[first]:
        first += 1
    while last < shortest - first and before[-1 - last] == now[-1 - last]:
        last += 1
    yield from (f"- {line}" for line in before[first : len(before) - last])
    yield from (f"+ {line}" for line in now[first : len(now) - last])


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
