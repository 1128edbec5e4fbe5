"""Takes from this process's environment, for a test, all that livechat looks at."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

LOOKED_AT = ("LIVECHAT_", "GOOGLE_", "GEMINI_", "XDG_", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "CI", "ACCESSIBLE")


def be_clean(monkeypatch: pytest.MonkeyPatch, home: Path, env: Mapping[str, str] | None = None) -> None:
    """Leaves only `env`, at home in `home`."""
    for name in list(os.environ):
        if name.startswith(LOOKED_AT):
            monkeypatch.delenv(name)
    for name, value in {"HOME": str(home), "TERM": "xterm", **(env or {})}.items():
        monkeypatch.setenv(name, value)
