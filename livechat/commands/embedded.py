"""The embedded server on a free port of this machine, for as long as a command needs it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from livechat.commands.common import Common

if TYPE_CHECKING:
    from livechat.config import Settings
    from livechat.server.brain import Brain


@asynccontextmanager
async def embedded_server(common: Common, settings: Settings, *, speech: bool) -> AsyncGenerator[str, None]:
    """Runs it and gives its URL; its log goes to the details on stderr. `speech` loads its ears and voice at once."""
    from livechat.install import install_line
    from livechat.server.app import ServerOptions, serve

    folder = settings.serve.speech_models
    options = ServerOptions(
        brain=_brain(common, settings),
        speech_folder=Path(folder) if folder else None,
        install_line=install_line("local"),
        preload=speech,
        log=common.report.detail,
    )
    async with serve(options) as server:
        yield server.url


def _brain(common: Common, settings: Settings) -> Brain | None:
    """The language model that the settings name; None is the built-in responder."""
    if settings.serve.llm_url is None:
        return None
    from livechat.server.remote_brain import RemoteBrain

    return RemoteBrain(settings.serve.llm_url, settings.serve.llm_model, common.env.get("LIVECHAT_LLM_KEY") or None)
