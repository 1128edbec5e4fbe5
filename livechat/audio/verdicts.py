"""Remembers what the test with the chirps found out about pairs of devices, for the calls to come."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, cast, get_args

from livechat.audio.chirp import Measurement, Outcome

FILE: Final = "echo.json"
MOST: Final = 50
"""Pairs; of more, those tested longest ago are forgotten."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found about two devices."""

    input: str
    """Names of devices are foreign text."""
    output: str
    outcome: Outcome
    delay_ms: float | None
    erle_db: float | None
    on: str
    """The day: YYYY-MM-DD."""

    @classmethod
    def of(cls, input_name: str, output_name: str, found: Measurement, on: str) -> Verdict:
        return cls(input_name, output_name, found.outcome, found.delay_ms, found.erle_db, on)

    @property
    def failure(self) -> str:
        """Why the model would hear itself in spite of a canceller; nothing where it would not."""
        if self.outcome == "clipped":
            return f"in the test of {self.on} the echo was too loud for the microphone"
        if self.outcome == "poor":
            return f"in the test of {self.on} only {self.erle_db or 0:.0f} dB of the echo could be cancelled"
        return ""

    @property
    def no_echo(self) -> bool:
        """Nothing of the speaker reaches the microphone, as with headphones: there is nothing to cancel."""
        return self.outcome in ("unheard", "faint")


def remembered(folder: Path, input_name: str, output_name: str) -> Verdict | None:
    """What the last test of these two devices found; None if there was none or its file cannot be read."""
    pair = (input_name, output_name)
    return next((verdict for verdict in reversed(_read(folder)) if (verdict.input, verdict.output) == pair), None)


def remember(folder: Path, verdict: Verdict) -> None:
    """Puts it in the place of an older one on the same two; for this user's eyes only. Raises `OSError`."""
    pair = (verdict.input, verdict.output)
    kept = [other for other in _read(folder) if (other.input, other.output) != pair]
    text = json.dumps([asdict(one) for one in [*kept, verdict][-MOST:]], indent=1)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = folder / f"{FILE}.{os.getpid()}"
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        fresh.replace(folder / FILE)
    finally:
        fresh.unlink(missing_ok=True)


def _read(folder: Path) -> list[Verdict]:
    """Of a file that somebody has spoiled, what still makes sense."""
    try:
        rows = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    found = map(_verdict, cast("list[object]", rows) if isinstance(rows, list) else [])
    return [verdict for verdict in found if verdict is not None]


def _verdict(row: object) -> Verdict | None:
    if not isinstance(row, dict):
        return None
    said = cast("dict[str, object]", row)
    texts = [said.get(name) for name in ("input", "output", "on")]
    numbers = [said.get(name) for name in ("delay_ms", "erle_db")]
    whole = all(isinstance(text, str) for text in texts) and said.get("outcome") in get_args(Outcome)
    if not whole or not all(isinstance(number, int | float | None) for number in numbers):
        return None
    return Verdict(**cast("dict[str, Any]", {field.name: said.get(field.name) for field in fields(Verdict)}))
