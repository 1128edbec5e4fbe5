"""Runs livechat for a test: as a process of its own, or in this one, always with nothing of this machine's settings."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("LIVECHAT_", "GOOGLE_", "GEMINI_", "XDG_", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "PYTHON")


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """This process's environment without what livechat looks at, at home in `home`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**kept, "HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **more}


def livechat(*args: str, home: Path, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """`livechat ARGS` in a process of its own; it has 30 seconds."""
    return subprocess.run(
        [sys.executable, "-m", "livechat", *args],
        env=clean_environment(home, **env),
        cwd=home,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def be_clean(monkeypatch: pytest.MonkeyPatch, home: Path, env: Mapping[str, str] = {}) -> None:
    """Gives this process such an environment."""
    for name in list(os.environ):
        if name.startswith(OURS):
            monkeypatch.delenv(name)
    for name, value in {"HOME": str(home), **env}.items():
        monkeypatch.setenv(name, value)
