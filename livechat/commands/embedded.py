"""The embedded server on a free port of this machine, for as long as a command needs it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from livechat.commands.common import Common

if TYPE_CHECKING:
    from livechat.config import Settings
    from livechat.server.app import ServerOptions
    from livechat.server.brain import Brain
    from livechat.server.scenario import Pace


@asynccontextmanager
async def embedded_server(
    common: Common, settings: Settings, *, speech: bool, pace: Pace | None = None
) -> AsyncGenerator[str, None]:
    """Runs it and gives its URL; its log goes to the details on stderr. `speech` loads its ears and voice at once."""
    from dataclasses import replace

    from livechat.server.app import serve
    from livechat.server.scenario import UNLIMITED, Pace, Scenario

    endless = Scenario(limits=UNLIMITED, pace=pace or Pace())
    options = replace(server_options(common, settings), scenario=endless, preload=speech, log=common.report.detail)
    async with serve(options) as server:
        yield server.url


def server_options(common: Common, settings: Settings) -> ServerOptions:
    """What the settings say of every embedded server. Raises what a folder of models that is none does."""
    from livechat import __version__
    from livechat.install import install_line
    from livechat.server.app import ServerOptions

    return ServerOptions(
        version=__version__,
        brain=_brain(common, settings),
        speech_folder=_speech_folder(settings.serve.speech_models),
        install_line=install_line("local"),
    )


def _brain(common: Common, settings: Settings) -> Brain | None:
    """The language model that the settings name; None is the built-in responder."""
    if settings.serve.llm_url is None:
        return None
    from livechat.install import install_line
    from livechat.server.remote_brain import RemoteBrain

    key = common.env.get("LIVECHAT_LLM_KEY") or None
    url, model = settings.serve.llm_url, settings.serve.llm_model
    return RemoteBrain(url, model, key, install_line=install_line("llm"))


def _speech_folder(named: str | None) -> Path | None:
    """The folder, if it holds what a folder of models must hold: told now, and not to the first client."""
    if named is None:
        return None
    from livechat.server.models import REPLACEABLE, find, speech_missing

    folder = Path(named).expanduser()
    if speech_missing() is None:
        for model in REPLACEABLE:
            find(model, folder)
    return folder
