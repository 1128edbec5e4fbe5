"""`livechat serve`: the embedded server, until Ctrl-C."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from livechat.commands.common import Common
from livechat.commands.embedded import server_options
from livechat.commands.endings import EXIT_TERMINATED
from livechat.terminal.safe import safe

if TYPE_CHECKING:
    from livechat.server.app import ServerOptions


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
    from dataclasses import replace

    common = Common.of(ctx)
    flags = {
        "serve.host": host,
        "serve.port": port,
        "serve.max_connections": max_connections,
        "serve.llm_url": llm_url,
        "serve.llm_model": llm_model,
        "serve.speech_models": speech_models,
    }
    settings = common.settings(flags)
    keys = settings.serve

    def log(line: str) -> None:
        common.report.note(safe(line, multiline=False))

    options = replace(
        server_options(common, settings),
        host=keys.host,
        port=keys.port,
        max_connections=keys.max_connections,
        silence_ms=silence,
        preload=True,
        log=log,
    )
    asyncio.run(_serve(common, options))


async def _serve(common: Common, options: ServerOptions) -> None:
    import asyncio
    import signal
    from contextlib import suppress

    from livechat.server.app import serve

    told_to_end = asyncio.Event()
    with suppress(NotImplementedError):  # Windows has no such signals
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told_to_end.set)
    async with serve(options) as server:
        print(f"listening on {server.url}", flush=True)
        if options.missing() is None:
            common.report.note("It hears and speaks English only.")
        common.report.note(f"Talk to it from another terminal:\n  livechat text --server {server.url}")
        await told_to_end.wait()
    raise typer.Exit(EXIT_TERMINATED)
