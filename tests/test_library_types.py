"""Claims about types: a program that uses every public name is clean in the strictest checkers, as for its author."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

import pytest

import livechat

HOUSE = Path(livechat.__file__).parent.parent
PROGRAM = Path(__file__).parent / "data" / "user_program.py"
USED = (
    *("LiveSession", "SyncSession", "MusicSession", "SyncMusicSession", "AudioConversation", "SyncAudioConversation"),
    *("LiveGenerativeModel", "LiveMusic", "Turn", "Callbacks", "Closed"),
)
"""Classes of which every name is used."""
INNER = {"begun", "at", "live", "attend"}
"""What is public between the files of the library, and nobody else's."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the program, and an environment in which livechat is installed."""
    folder = tmp_path_factory.mktemp("somebody")
    venv.create(folder / "env", symlinks=os.name != "nt")
    packages = next((folder / "env").rglob("site-packages"))
    (packages / "installed.pth").write_text(f"{HOUSE}\n{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    (folder / PROGRAM.name).write_text(PROGRAM.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    return folder


def checked(home: Path, checker: str, *arguments: str) -> str:
    """What a checker says, with that environment active."""
    binaries = home / "env" / ("Scripts" if os.name == "nt" else "bin")
    environment = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-m", checker, *arguments]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=100)
    return done.stdout + done.stderr


def python(home: Path) -> str:
    return str(next((home / "env").rglob("python.exe" if os.name == "nt" else "python")))


def test_the_program_uses_every_public_name() -> None:
    tree = ast.parse(PROGRAM.read_text(encoding="utf-8"))
    taken = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    names = {node.attr for node in taken if ast.unparse(node.value) == "livechat"}
    assert sorted(set(livechat.__all__) - names) == []
    attributes = {node.attr for node in taken} | {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    for kind in USED:
        offered = {name for name in dir(getattr(livechat, kind)) if not name.startswith("_")}
        assert sorted(offered - attributes - INNER) == [], kind


def test_mypy_finds_nothing_in_it(home: Path) -> None:
    options = ("--strict", "--cache-dir", str(home / "cache"), "--python-executable", python(home))
    said = checked(home, "mypy", *options, PROGRAM.name)
    assert said == "Success: no issues found in 1 source file\n"


def test_pyright_finds_nothing_in_it(home: Path) -> None:
    said = checked(home, "pyright", "--pythonpath", python(home), PROGRAM.name)
    assert "0 errors, 0 warnings" in said, said


def test_the_types_of_all_that_can_be_imported_are_complete(home: Path) -> None:
    said = checked(home, "pyright", "--verifytypes", "livechat", "--ignoreexternal", "--outputjson")
    report = json.loads(said[said.index("{") :])["typeCompleteness"]
    unclear = [told for symbol in report["symbols"] if not symbol["isTypeKnown"] for told in complaints(symbol)]
    assert not unclear, "\n".join(["", *unclear])
    assert report["completenessScore"] == 1
    assert report["exportedSymbolCounts"]["withKnownType"] > 5_000


def complaints(symbol: dict[str, Any]) -> list[str]:
    return [f"{symbol['name']}: {one['message']}" for one in symbol["diagnostics"]] or [symbol["name"]]
