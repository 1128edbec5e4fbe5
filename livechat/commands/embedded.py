"""The embedded server on a free port of this machine, for as long as a command needs it."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from livechat.commands.common import Common

if TYPE_CHECKING:
    from livechat.config import Settings


@asynccontextmanager
async def embedded_server(common: Common, settings: Settings) -> AsyncGenerator[str, None]:
    """Runs it and gives its URL; its log goes to the details on stderr."""
    from livechat.install import install_line
    from livechat.server.app import ServerOptions, serve

    models = settings.serve.speech_models
    options = ServerOptions(
        port=0,
        llm_url=settings.serve.llm_url,
        llm_model=settings.serve.llm_model,
        llm_key=os.environ.get("LIVECHAT_LLM_KEY") or None,
        speech_models=Path(models) if models else None,
        install_line=install_line("local"),
        log=common.report.detail,
    )
    async with serve(options) as server:
        yield server.url
