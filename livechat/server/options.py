"""Says what an embedded server is made of, from its address to its clock."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from livechat.server.agreement import SILENCE_MS
from livechat.server.brain import Brain
from livechat.server.models import speech_missing
from livechat.server.scenario import Scenario
from livechat.server.studio import Speech

if TYPE_CHECKING:
    from livechat.server.event_log import EventLog


def ignore(_: str) -> None:
    """A log for who wants none."""


def installed_version() -> str:
    """The version of the installed program; "" where it runs from its sources alone."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("livechat-terminal")
    except PackageNotFoundError:
        return ""


def today() -> datetime:
    return datetime.now(UTC)


def load_shipped(folder: Path | None) -> Speech:
    from livechat.server.speech import load_speech

    return load_speech(folder)


@dataclass(frozen=True)
class ServerOptions:
    """Everything has its use in a test or in a command."""

    brain: Brain | None = None
    """None is the built-in one."""
    host: str = "127.0.0.1"
    """What others can reach wants a token."""
    port: int = 0
    """0 takes a free one."""
    token: str = field(default="", repr=False)
    """The secret that everybody who comes must bring; "" asks for none."""
    allow_hosts: Collection[str] = ()
    """Names of the server beside its own."""
    allow_origins: Collection[str] = ()
    """Web pages that may come in, as browsers write them: `https://app.example`."""
    tls: ssl.SSLContext | None = None
    max_connections: int = 64
    scenario: Scenario = field(default_factory=Scenario)
    """What it is like; the plain one is production."""
    silence_ms: int = SILENCE_MS
    """Silence that ends an utterance where the client does not say."""
    speech_folder: Path | None = None
    """Models that replace the shipped ones."""
    preload: bool = False
    """Load the models at once, and not when the first client needs them."""
    install_line: str = ""
    """What to type to be heard and spoken to; for the log, and for close frames if it fits."""
    version: str = ""
    """Of the program, for who asks how the server is; "" is the installed one."""
    log: Callable[[str], None] = ignore
    events: EventLog | None = None
    load_speech: Callable[[Path | None], Speech] = field(default=load_shipped)
    missing: Callable[[], str | None] = field(default=speech_missing)
    """Which packages are lacking to hear and speak; None if none."""
    now: Callable[[], datetime] = field(default=today)
    """With its time zone."""
