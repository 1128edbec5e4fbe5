"""The entry point: answers by itself what needs no command, and has the commands run.

`--version` and `--help` are answered from this file alone, before typer is imported: nothing else can be that quick.
"""

from __future__ import annotations

import sys

from livechat import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing `typing` would cost `--version` a fifth of its time
    from collections.abc import Sequence

COMMANDS = {
    "demo": "Hear it work: no key, no microphone, no internet needed",
    "talk": "Hold a spoken conversation, with interruptions",
    "text": "Type to a model; its answer streams to stdout",
    "send-audio": "Send a recording or a pipe of PCM and get the answer",
    "music": "Listen to music as it is made, and steer it by keys",
    "serve": "Run the embedded server, for yourself or your tests",
    "sessions": "List, show and delete the transcripts of conversations",
    "replay": "Run a session written with --trace again",
    "tools": "List, show and try the functions that a model may call",
    "mcp": "List and try servers of tools (MCP)",
    "voices": "List the 30 voices",
    "devices": "List microphones and speakers, see what a microphone hears",
    "config": "Write, show and check the configuration file",
    "doctor": "Check this machine and say how to fix what is missing",
}

EXAMPLES = {
    "livechat demo": "a spoken conversation, all here",
    "livechat talk --voice Puck": "talk with a model",
    'livechat text "tell a story"': "a story as it is told",
}

SHARED_OPTIONS = {
    "-h, --help": "Show this, or the help of a command",
    "-V, --version": "Show the version",
    "-q, --quiet": "No notes on stderr, only warnings and errors",
    "-v, --verbose": "More notes on stderr",
    "--debug": "Show the traceback of an error",
    "--color auto|always|never": "Colors on stderr (NO_COLOR is followed too)",
    "--plain": "Print lines and redraw nothing",
    "--screen-reader": "The same, and each change of state in a sentence",
    "--ascii": "Draw signs in ASCII",
    "--config PATH": "Read this configuration file",
    "--no-config": "Read no configuration file",
    "--profile NAME": "Use the settings of [profiles.NAME]",
}

EXIT_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line `argv` (default: this process's) and returns the exit code."""
    args = sys.argv[1:] if argv is None else list(argv)
    answer = quick_answer(args)
    _have_stdout()
    try:
        code = 0 if answer is not None else _run(args)
    except KeyboardInterrupt:  # before there was anybody to answer it
        code = EXIT_INTERRUPTED
    return _sent_off(answer or "", code)


def quick_answer(args: Sequence[str]) -> str | None:
    """What `args` asks for, if it is only the version or the help."""
    match list(args):
        case ["-V" | "--version", *_]:
            return f"livechat {__version__}\n"
        case ["-h" | "--help", *_]:
            return full_help()
        case []:
            return short_help()
        case _:
            return None


def short_help() -> str:
    return f"livechat: voice chat in the terminal\n\n{_table('Try', EXAMPLES)}\nAll commands: livechat --help\n"


def full_help() -> str:
    tables = (("Examples", EXAMPLES), ("Commands", COMMANDS), ("Options, before or after the command", SHARED_OPTIONS))
    body = "\n".join(_table(*table) for table in tables)
    return (
        f"livechat: voice chat in the terminal, with Gemini or all on this machine\n\n{body}\n"
        "Usage: livechat [OPTIONS] COMMAND [ARGS]...\nMore on a command: livechat COMMAND --help\n"
    )


def _table(title: str, rows: dict[str, str]) -> str:
    width = max(map(len, rows))
    return f"{title}:\n" + "".join(f"  {left:<{width}}  {right}\n" for left, right in rows.items())


def _run(args: list[str]) -> int:
    from livechat.commands.endings import run
    from livechat.commands.group import root

    return run(args, lambda: root(list(COMMANDS), help=full_help().rstrip(), alone=short_help().rstrip()))


def _have_stdout() -> None:
    """Where stdout was closed before we began, what is written to it is refused; no file must get its number."""
    if sys.stdout is None:
        import os

        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")


def _sent_off(answer: str, code: int) -> int:
    """Writes `answer` and what stdout holds. Where that fails the rest goes nowhere, lest Python says so at exit."""
    try:
        sys.stdout.write(answer)
        sys.stdout.flush()
        return code
    except OSError as error:
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return code or _output_lost(error)


def _output_lost(error: OSError) -> int:
    from livechat.commands.endings import output_lost

    return output_lost(error)
