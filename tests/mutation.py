"""Breaks the mind of the client on purpose, one small thing at a time, and counts how often its tests notice.

python -m tests.mutation [--mutants N] [--seed N] [--floor PERCENT] [--children N] [FILE …]

mutmut makes the mutants (its table is in pyproject.toml) and runs the tests; a sample that the seed draws is enough for
a score. FILE is `turn_taking`, `ledger`…: of these alone. It works in a copy, and exits with 1 below the floor. Each
mutant that survived is shown: a test is missing there, or it means the same.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
COPIED = ("livechat", "tests", "pyproject.toml", "README.md", "config.example.toml")
MUTANTS, SEED, FLOOR = 400, 1, 90.0
SURVIVED, UNTESTED = 0, 33
"""What mutmut notes of a mutant that no test noticed, and of one that no test runs."""


def main(words: Sequence[str]) -> int:
    given = _given(words)
    if find_spec("mutmut") is None:
        _tell("mutmut is not installed (make soak does it; not on Windows): nothing was broken on purpose")
        return 0
    began = time.monotonic()
    with TemporaryDirectory() as folder:
        place = Path(folder)
        _copy(place)
        _mutmut(place, "--max-children", "1", "only-to-make-them", quiet=True)
        names = sampled(found(place), given.files, given.mutants, given.seed)
        _mutmut(place, "--max-children", str(given.children), *names)
        noted = {name: code for name, code in found(place).items() if name in {*names}}
        lost = [name for name, code in sorted(noted.items()) if code in (SURVIVED, UNTESTED)]
        with ThreadPoolExecutor(given.children) as shows:
            for shown in shows.map(lambda name: _shown(place, name), lost):
                _tell(shown)
    score = percent(noted)
    seconds = time.monotonic() - began
    _tell(
        f"{score:.1f} % of {len(noted)} mutants were noticed, {len(lost)} were not ({seconds:.0f} s, seed {given.seed})"
    )
    return 0 if score >= given.floor else 1


def sampled(noted: Mapping[str, int | None], files: Sequence[str], count: int, seed: int) -> list[str]:
    """So many of the mutants' names, of these files alone if any are named; the same for the same seed."""
    names = sorted(name for name in noted if not files or name.split(".")[1] in files)
    return names if count >= len(names) else sorted(Random(seed).sample(names, count))


def percent(noted: Mapping[str, int | None]) -> float:
    """How many of a hundred mutants were noticed; one that has not been run at all was not."""
    missed = sum(code in (None, SURVIVED, UNTESTED) for code in noted.values())
    return 100.0 * (1 - missed / len(noted)) if noted else 0.0


def found(place: Path) -> dict[str, int | None]:
    """The mutants that were made there, with how the tests of each ended; None for those that were not run."""
    noted: dict[str, int | None] = {}
    for file in sorted((place / "mutants" / "livechat").rglob("*.meta")):
        noted |= json.loads(file.read_text("utf-8"))["exit_code_by_key"]
    return noted


def _given(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--mutants", type=int, default=MUTANTS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--floor", type=float, default=FLOOR)
    parser.add_argument("--children", type=int, default=os.cpu_count() or 1)
    return parser.parse_args(words)


def _copy(place: Path) -> None:
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / name, place / name)


def _mutmut(place: Path, *words: str, quiet: bool = False) -> None:
    """Runs it. Raises RuntimeError where it could not, which it does not tell by how it exits."""
    command = (sys.executable, "-m", "mutmut", "run", *words)
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    if not found(place) or (done.returncode and not quiet):
        raise RuntimeError(f"mutmut failed:\n{done.stdout[-2_000:]}\n{done.stderr[-2_000:]}")


def _shown(place: Path, name: str) -> str:
    """The lines that a mutant has changed."""
    command = (sys.executable, "-m", "mutmut", "show", name)
    said = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False).stdout.splitlines()
    changed = [line for line in said if line[:1] in ("-", "+") and not line.startswith(("---", "+++"))]
    return "\n".join([name, *changed])


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
