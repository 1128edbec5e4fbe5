"""The wheel, in an environment of its own outside the checkout: all it needs is in it."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has this wheel and nothing else; the packages it depends on are lent to it by a path."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder)
    pip = [sys.executable, "-m", "pip", "--python", str(folder)]
    subprocess.run([*pip, "install", "--quiet", "--no-index", "--no-deps", str(wheel)], check=True, capture_output=True)
    return folder


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    # A path on PYTHONPATH has its .pth files left alone, so the checkout's own editable install stays out.
    keep = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    env = {**keep, "PYTHONPATH": sysconfig.get_path("purelib"), "HOME": str(folder)}
    command = [str(folder / "bin" / "livechat"), *words]
    return subprocess.run(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)


def test_the_wheel_carries_its_data_and_nothing_of_the_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "livechat/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith(("tests", "docs", ".ci"))]
    # Whatever lies beside the sources is there for them to read at run time.
    beside = [path for path in (ROOT / "livechat").rglob("*") if path.suffix in (".toml", ".json", ".txt")]
    assert {str(path.relative_to(ROOT)) for path in beside} <= set(names)


def test_it_runs_outside_the_checkout(elsewhere: Path) -> None:
    where = run(elsewhere, "--version")
    assert where.returncode == 0
    assert where.stdout.startswith("livechat ")
    assert len(run(elsewhere, "voices").stdout.splitlines()) == 30


def test_it_writes_its_own_example_of_a_configuration(elsewhere: Path) -> None:
    made = run(elsewhere, "config", "init")
    assert made.returncode == 0, made.stderr
    written = Path(run(elsewhere, "config", "path").stdout.strip())
    assert written.read_text("utf-8") == (ROOT / "config.example.toml").read_text("utf-8")


def test_it_answers_outside_the_checkout(elsewhere: Path) -> None:
    answer = run(elsewhere, "text", "--local", "what is 17 times 24?")
    assert answer.returncode == 0, answer.stderr
    assert "408" in answer.stdout


def test_every_file_can_be_imported_where_only_windows_modules_are() -> None:
    missing = ("fcntl", "termios", "pty", "tty", "resource", "pwd", "grp")
    script = f"""
import sys, importlib, pkgutil
import mcp.client  # which asks what system this is, and is told the truth
sys.modules.update(dict.fromkeys({missing!r}))
import livechat
for module in pkgutil.walk_packages(livechat.__path__, "livechat."):
    if module.name != "livechat.__main__":
        importlib.import_module(module.name)
"""
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True, timeout=60)
