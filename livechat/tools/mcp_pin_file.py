"""Keeps the pins of each server in a file of the state folder, which is nobody else's to read."""

from __future__ import annotations

import os
from pathlib import Path

from livechat.errors import DeviceError
from livechat.tools.mcp_pins import Pins, as_json, from_json


class PinFiles:
    """The pins of all servers, by the servers' names: `STATE/mcp/NAME.json`."""

    def __init__(self, state: Path) -> None:
        self.folder: Path = state / "mcp"

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def read(self, name: str) -> Pins | None:
        """What was agreed to; None where nothing ever was. In a damaged file nothing is. Raises DeviceError."""
        try:
            text = self.path(name).read_text("utf-8")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            text = ""
        except OSError as error:
            raise DeviceError(f"cannot read {self.path(name)}: {error.strerror}") from None
        return from_json(text) or Pins("")

    def write(self, name: str, pins: Pins) -> None:
        """Keeps them, all or nothing. Raises DeviceError."""
        path, fresh = self.path(name), self.path(f".{name}-{os.getpid()}")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write(as_json(pins))
            fresh.replace(path)
        except OSError as error:
            raise DeviceError(f"cannot write {path}: {error.strerror or error}") from None

    def forget(self, name: str) -> None:
        """Nothing is agreed to any more."""
        self.path(name).unlink(missing_ok=True)
