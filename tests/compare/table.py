"""Runs the programs against every misbehaviour at once, and writes what became of them side by side."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, TypeAlias

from livechat.server.certificate import Pair, context, for_localhost
from tests.compare.programs import KEY, Record
from tests.compare.stage import Case, staged

Grade: TypeAlias = Literal["right", "said", "raw", "hangs", "wrong"]
GRADES: dict[Grade, str] = {
    "right": "right",
    "said": "ended, and said so",
    "raw": "a foreign exception",
    "hangs": "hangs",
    "wrong": "wrong without a word",
}
SIGNS: dict[Grade, str] = {"right": "+", "said": "-", "raw": "!", "hangs": "?", "wrong": "x"}
CLIENTS = {
    "google": f"google-genai {version('google-genai')}",
    "library": "livechat as a library",
    "commands": "livechat as its commands hold it",
}
"""The programs, and what they are called at the head of their columns."""
OWN = {"google": "google.", "library": "livechat.", "commands": "livechat."}
"""How the names of a client's own exceptions begin."""
NAMES = 48
WORDS = 42


@dataclass(frozen=True)
class Outcome:
    """What a client made of a misbehaviour."""

    grade: Grade
    words: str


@dataclass(frozen=True)
class Row:
    case: Case
    outcomes: Mapping[str, Outcome]
    """By program."""


def compared(cases: Sequence[Case]) -> list[Row]:
    """All clients against each of these."""
    with TemporaryDirectory() as folder:
        return asyncio.run(_compared(cases, Path(folder)))


async def _compared(cases: Sequence[Case], folder: Path) -> list[Row]:
    pair = for_localhost(folder, datetime.now(UTC), "")
    env = {**os.environ, "SSL_CERT_FILE": str(pair.certificate)}
    for variable in ("GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL"):
        env.pop(variable, None)
    async with asyncio.TaskGroup() as tasks:
        told = {client: tasks.create_task(_played(client, cases, pair, env)) for client in CLIENTS}
    columns = {client: task.result() for client, task in told.items()}
    return [Row(case, {client: columns[client][at] for client in CLIENTS}) for at, case in enumerate(cases)]


async def _played(client: str, cases: Sequence[Case], pair: Pair, env: dict[str, str]) -> list[Outcome]:
    async with AsyncExitStack() as stages:
        places = [await stages.enter_async_context(staged(case, context(pair))) for case in cases]
        asked = [{"url": url, "patience_s": case.patience_s} for case, (url, _) in zip(cases, places, strict=True)]
        words = (sys.executable, "-m", "tests.compare.programs", client)
        program = await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=env)
        try:
            out, complaints = await program.communicate(json.dumps(asked).encode())
        finally:
            if program.returncode is None:
                program.kill()
                await program.wait()
        if program.returncode:
            raise RuntimeError(complaints.decode())
        records: list[Record] = json.loads(out)
        leaks = KEY in out.decode() or KEY in complaints.decode()
        played = zip(cases, records, places, strict=True)
        outcomes = [judged(client, case, record, notes) for case, record, (_, notes) in played]
        return [Outcome("wrong", "writes the key down")] * len(cases) if leaks else outcomes


def judged(client: str, case: Case, record: Record, notes: Sequence[str] = ()) -> Outcome:
    """What a record comes to."""
    own = str(record["kind"]).startswith(OWN[client])
    told = f"{str(record['kind']).rpartition('.')[2]}: {' '.join(str(record['error']).split())}"
    if notes:
        return Outcome("wrong", f"{notes[0]}; {told}")
    if record["hangs"]:
        return Outcome("hangs", f"hangs > {case.patience_s:g} s at {record['asked'] or 'connecting'}")
    if record["kind"]:
        right = own and case.wanted == "word"
        return Outcome("right" if right else "said" if own else "raw", told)
    answers, effects = record["answers"], record["effects"]
    if answers != ["answer 1", "answer 2"]:
        return Outcome("wrong", f"answers {' | '.join(map(repr, answers))}")
    if effects != case.effects:
        return Outcome("wrong", f"both answered, the tool ran {effects} times")
    if case.wanted == "word":
        return Outcome("wrong", "both answered, though nothing should have been")
    return Outcome("right", "both answered" + (", the tool ran once" if case.effects else ""))


def table(rows: Sequence[Row]) -> str:
    """The rows side by side, and what they come to."""
    lines = [_line("    a server that", [f"  {name}" for name in CLIENTS.values()])]
    for number, row in enumerate(rows, 1):
        lines.append(_line(f"{number:>2}  {row.case.name}", [_cell(row.outcomes[client]) for client in CLIENTS]))
    signs = ", ".join(f"{SIGNS[grade]} {words}" for grade, words in GRADES.items())
    sums = [f"{name}: {_counted([row.outcomes[client].grade for row in rows])}" for client, name in CLIENTS.items()]
    return "\n".join([*lines, f"({signs})", *sums])


def _line(name: str, cells: Sequence[str]) -> str:
    return (name[: NAMES + 3].ljust(NAMES + 4) + "".join(cell.ljust(WORDS + 2) for cell in cells)).rstrip()


def _cell(outcome: Outcome) -> str:
    words = outcome.words if len(outcome.words) <= WORDS - 2 else outcome.words[: WORDS - 3] + "…"
    return f"{SIGNS[outcome.grade]} {words}"


def _counted(grades: Sequence[Grade]) -> str:
    counts = Counter(grades)
    return ", ".join(f"{counts[grade]} {words}" for grade, words in GRADES.items() if counts[grade])
