"""`livechat serve`: the embedded server, until Ctrl-C."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livechat.commands.common import Common
from livechat.commands.embedded import server_options
from livechat.errors import UsageError
from livechat.terminal.safe import safe

if TYPE_CHECKING:
    from livechat.commands.serve_door import Tls
    from livechat.server.app import Server, ServerOptions

SPARE_FILES = 256
"""Descriptors beside those of the clients and of handshakes under way: models, logs, a language model's."""


def command(
    ctx: typer.Context,
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="Address to listen on (default 127.0.0.1).")
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
    speech: Annotated[
        str,
        typer.Option("--speech", metavar="models|tones", help="tones: no models; hears loudness, answers in tones."),
    ] = "models",
    scenario: Annotated[
        str | None, typer.Option("--scenario", metavar="FILE|NAME", help="What the server is like and what it says.")
    ] = None,
    list_scenarios: Annotated[
        bool, typer.Option("--list-scenarios", help="Print the scenarios that come with livechat, and end.")
    ] = False,
    scenario_format: Annotated[
        bool, typer.Option("--scenario-format", help="Print how a scenario file is written, and end.")
    ] = False,
    fault: Annotated[
        list[str] | None,
        typer.Option("--fault", metavar="WORDS", help="Something that goes wrong, like drop@audio:3; repeatable."),
    ] = None,
    latency_ms: Annotated[
        float | None, typer.Option("--latency-ms", metavar="MS", min=0, help="Everything arrives so much later.")
    ] = None,
    jitter_ms: Annotated[
        float | None, typer.Option("--jitter-ms", metavar="MS", min=0, help="And up to so much later again.")
    ] = None,
    bandwidth: Annotated[
        float | None, typer.Option("--bandwidth", metavar="BYTES", min=1, help="So many bytes a second get through.")
    ] = None,
    goaway_after: Annotated[
        float | None,
        typer.Option("--goaway-after", metavar="SECONDS", min=0, help="When goAway comes; --time-scale applies."),
    ] = None,
    time_scale: Annotated[
        float | None,
        typer.Option("--time-scale", metavar="N", min=0.001, help="60 makes a minute of the limits a second."),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option("--resume", metavar="rollback|keep|refuse", help="What comes of sessions to be resumed."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help="Decides what chance would; equal seeds, equal decisions.")
    ] = None,
    token_file: Annotated[
        str | None,
        typer.Option(
            "--token-file",
            metavar="FILE|-",
            help="Token that clients must bring (or LIVECHAT_SERVE_TOKEN). Never an option: others can see those.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", metavar="NAME", help="A name the server has too; repeatable.")
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-origin", metavar="ORIGIN", help="A web page's https://HOST that may come in; repeatable."
        ),
    ] = None,
    tls: Annotated[bool, typer.Option("--tls", help="TLS, with a certificate for localhost made here.")] = False,
    tls_cert: Annotated[
        Path | None, typer.Option("--tls-cert", metavar="FILE", help="TLS, with this certificate (PEM).")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", metavar="FILE", help="Its key (PEM).")] = None,
    log: Annotated[
        Path | None, typer.Option("--log", metavar="FILE", help="Write what happens to FILE, one JSON object a line.")
    ] = None,
    log_words: Annotated[bool, typer.Option("--log-words", help="Write down what is said, too.")] = False,
    ready_fd: Annotated[
        int | None, typer.Option("--ready-fd", metavar="N", min=1, help="Write the URL there when it is ready.")
    ] = None,
) -> None:
    """Runs a server that speaks the Gemini Live API, listens, thinks and talks, all on this machine; Ctrl-C ends it.

    It prints one line on stdout when it is ready: listening on ws://HOST:PORT

    Examples:
      livechat serve
      livechat serve --port 0
      livechat serve --scenario goaway --seed 7
      livechat serve --fault drop@audio:3#1 --latency-ms 80 --jitter-ms 40
      livechat serve --tls
      livechat serve --llm-url http://127.0.0.1:11434/v1 --llm-model llama3.2

    A fault is WHAT@WHEN, or WHAT@WHEN#N for the Nth connection alone:
      what  close:CODE:REASON drop stall:SECONDS halfopen say:TEXT malformed empty
            unknown notutf8 pad:BYTES oversized double omit swap rate:HZ[:lie] odd twoforms
      when  12s, byte:5000, or a message: audio, audio:3 (the third), audio:3+ (and later)
            text turnComplete toolCall goAway sessionResumptionUpdate setupComplete any ...
    """
    import asyncio
    from contextlib import ExitStack
    from dataclasses import replace

    from livechat.commands.scenario_flags import ScenarioFlags, scenario_lines, scenario_of
    from livechat.commands.serve_door import server_token, tls_of

    if list_scenarios:
        print("\n".join(scenario_lines()))
        return
    if scenario_format:
        from livechat.server.scenario_file import REFERENCE

        print(REFERENCE.rstrip())
        return
    if log_words and log is None:
        raise UsageError("--log-words says what goes into a log, and there is none", hint="--log FILE --log-words")
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
    hosts, origins = allow_host or [], allow_origin or []
    token = server_token(token_file, common.env)
    common.report.hide(token)
    wanted = ScenarioFlags(
        scenario, fault or (), latency_ms, jitter_ms, bandwidth, goaway_after, time_scale, resume, seed
    )

    def note(line: str) -> None:
        common.report.note(safe(line, multiline=False))

    options = replace(
        server_options(common, settings),
        host=keys.host,
        port=keys.port,
        max_connections=keys.max_connections,
        silence_ms=silence,
        scenario=scenario_of(wanted),
        token=token,
        allow_hosts=hosts,
        allow_origins=origins,
        preload=True,
        log=note,
    )
    secure = tls_of(make=tls, certificate=tls_cert, key=tls_key, host=keys.host, allow_hosts=hosts)
    with ExitStack() as held:
        if log is not None:
            from livechat.server.event_log import event_log

            options = replace(options, events=held.enter_context(event_log(log, words=log_words)))
            common.report.refer(f"log {log}")
        options = replace(_with_speech(options, speech), tls=secure.context if secure else None)
        allow_files(files_wanted(options.max_connections))
        asyncio.run(_serve(common, options, secure, ready_fd, keys.llm_url))


async def _serve(
    common: Common, options: ServerOptions, secure: Tls | None, ready_fd: int | None, llm_url: str | None
) -> None:
    import asyncio
    import signal
    from contextlib import suppress

    from livechat.commands.serve_hints import nobody_answers
    from livechat.server.app import serve

    told_to_end: asyncio.Queue[int] = asyncio.Queue()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # Windows has no such signals
        with suppress(NotImplementedError, AttributeError):
            number = getattr(signal, name)
            if signal.getsignal(number) is not signal.SIG_IGN:  # so `nohup` wants it
                asyncio.get_running_loop().add_signal_handler(number, told_to_end.put_nowait, 128 + number)
    async with serve(options) as server:
        print(f"listening on {safe(server.url, multiline=False)}", flush=True)
        if ready_fd is not None:
            tell(ready_fd, server.url)
        for note in _notes(server, options, secure):
            common.report.note(note)
        if llm_url is not None and (silent := await nobody_answers(llm_url)):
            common.report.note(safe(silent, multiline=False))
        code = await told_to_end.get()
    raise typer.Exit(code)


def _notes(server: Server, options: ServerOptions, secure: Tls | None) -> list[str]:
    """What else whoever starts it wants to know."""
    from livechat.commands.serve_hints import Place, hints

    made = secure.made if secure else None
    notes = ["It hears and speaks English only."] if options.missing is not nothing and not options.missing() else []
    notes += hints(Place(options.host, server.port, token=bool(options.token), secure=secure is not None, made=made))
    if secure is not None and secure.renewed:
        notes.append(
            f"The certificate was about to end and is a new one: programs that trust it must read {made} again"
        )
    if options.scenario.seed is None:
        notes.append(f"To have the same chance decide again: --seed {server.seed}")
    return notes


def _with_speech(options: ServerOptions, speech: str) -> ServerOptions:
    """The options with the speech that was asked for."""
    from dataclasses import replace

    if speech == "models":
        return options
    if speech != "tones":
        raise UsageError(f"--speech: {speech!r} is not one of models, tones")
    from livechat.server.tones import load_tones

    return replace(options, load_speech=load_tones, missing=nothing)


def nothing() -> None:
    """What is lacking for tones."""


def tell(descriptor: int, url: str) -> None:
    """Writes the URL and the end of the line there, and closes it. Raises UsageError if nobody can be told."""
    import os

    try:
        os.write(descriptor, f"{url}\n".encode())
        os.close(descriptor)
    except OSError as error:
        raise UsageError(f"--ready-fd {descriptor} cannot be written", why=error.strerror or str(error)) from error


def files_wanted(clients: int) -> int:
    """How many descriptors let nobody at the door be the reason that no one else gets there."""
    from livechat.server.guests import WAITING

    return clients + WAITING + SPARE_FILES


def allow_files(wanted: int) -> None:
    """Asks the system for so many open files; where it gives fewer, fewer clients find room."""
    try:
        from resource import RLIMIT_NOFILE, getrlimit, setrlimit
    except ImportError:  # Windows has no such limit
        return
    soft, hard = getrlimit(RLIMIT_NOFILE)
    if soft < wanted:
        setrlimit(RLIMIT_NOFILE, (wanted if hard < 0 else min(wanted, hard), hard))
