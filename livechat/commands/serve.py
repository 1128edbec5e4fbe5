"""`livechat serve`: the embedded server, until Ctrl-C."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livechat.commands.common import Common
from livechat.terminal.safe import safe

if TYPE_CHECKING:
    from livechat.config import Settings
    from livechat.server.app import ServerOptions
    from livechat.server.brain import Brain


def command(
    ctx: typer.Context,
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="Loopback address to listen on.")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", metavar="N", help="Port (default 8765); 0 takes a free one.")
    ] = None,
    max_connections: Annotated[
        int | None, typer.Option("--max-connections", metavar="N", help="Clients served at a time (default 64).")
    ] = None,
    silence: Annotated[
        int, typer.Option("--silence", metavar="MS", min=50, max=10_000, help="Silence that ends a question.")
    ] = 500,
    llm_url: Annotated[
        str | None,
        typer.Option("--llm-url", metavar="URL", help="OpenAI-compatible model to answer (key in LIVECHAT_LLM_KEY)."),
    ] = None,
    llm_model: Annotated[str | None, typer.Option("--llm-model", metavar="NAME", help="Name of that model.")] = None,
    speech_models: Annotated[
        str | None, typer.Option("--speech-models", metavar="DIR", help="Folder of speech models to use instead.")
    ] = None,
) -> None:
    """Runs a server that speaks the Gemini Live API, listens, thinks and talks, all on this machine; Ctrl-C ends it.

    It prints one line on stdout when it is ready: listening on ws://HOST:PORT

    Examples:
      livechat serve
      livechat serve --port 0
      livechat serve --llm-url http://127.0.0.1:11434/v1 --llm-model llama3.2
    """
    import asyncio

    common = Common.of(ctx)
    flags = {
        "serve.host": host,
        "serve.port": port,
        "serve.max_connections": max_connections,
        "serve.llm_url": llm_url,
        "serve.llm_model": llm_model,
        "serve.speech_models": speech_models,
    }
    asyncio.run(_serve(common, _options(common, common.settings(flags), silence)))


async def _serve(common: Common, options: ServerOptions) -> None:
    import asyncio

    from livechat.server.app import serve

    async with serve(options) as server:
        print(f"listening on {server.url}", flush=True)
        if options.missing() is None:
            common.report.note("It hears and speaks English only.")
        common.report.note(f"Talk to it from another terminal:\n  livechat text --server {server.url}")
        await asyncio.Event().wait()


def _options(common: Common, settings: Settings, silence_ms: int) -> ServerOptions:
    from livechat.install import install_line
    from livechat.server.app import ServerOptions

    keys = settings.serve
    return ServerOptions(
        brain=_brain(common, settings),
        host=keys.host,
        port=keys.port,
        max_connections=keys.max_connections,
        silence_ms=silence_ms,
        speech_folder=_speech_folder(keys.speech_models),
        preload=True,
        install_line=install_line("local"),
        log=lambda line: common.report.note(safe(line, multiline=False)),
    )


def _brain(common: Common, settings: Settings) -> Brain | None:
    """The language model that the settings name; None is the built-in responder."""
    if settings.serve.llm_url is None:
        return None
    from livechat.server.remote_brain import RemoteBrain

    return RemoteBrain(settings.serve.llm_url, settings.serve.llm_model, common.env.get("LIVECHAT_LLM_KEY") or None)


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
