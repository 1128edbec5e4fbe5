"""The embedded server on a free port of this machine, for as long as a session needs it."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Literal

from livechat import __version__
from livechat.errors import Unreachable, UsageError
from livechat.install import install_line
from livechat.server.app import ServerOptions, serve
from livechat.server.models import speech_missing
from livechat.server.scenario import UNLIMITED, Scenario
from livechat.server.scenario_file import GivenScenario, scenario_of

LOG = logging.getLogger("livechat.local")


@asynccontextmanager
async def embedded(
    scenario: GivenScenario, speech: Literal["models", "tones"] | None, *, needs_speech: bool
) -> AsyncGenerator[str, None]:
    """Runs it and gives its URL. Without a scenario it never ends a conversation by itself.

    Raises Unreachable where it would have to hear or speak and the models are not installed, and what `scenario_of`
    does.
    """
    if speech not in (None, "models", "tones"):
        raise UsageError(f"speech={speech!r}: that is neither 'models' nor 'tones'")
    if needs_speech and speech != "tones":
        _demand_models()
    given = Scenario(limits=UNLIMITED) if scenario is None else scenario_of(scenario)
    options = ServerOptions(
        version=__version__,
        scenario=given,
        preload=needs_speech,
        install_line=install_line("local"),
        log=LOG.info,
    )
    if speech == "tones":
        from livechat.server.tones import load_tones

        options = replace(options, load_speech=load_tones, missing=_nothing)
    async with serve(options) as server:
        yield server.url


def _demand_models() -> None:
    if missing := speech_missing():
        raise Unreachable(
            "the server inside livechat cannot hear or speak yet",
            why=f"not installed: {missing}",
            hint=f"{install_line('local')}\nor let it answer in tones: backend=livechat.Local(speech='tones')",
        )


def _nothing() -> None:
    """What is lacking for tones."""
