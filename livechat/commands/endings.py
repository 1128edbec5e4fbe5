"""Runs the tree of commands and turns every way one can end into words on stderr and an exit code."""

from __future__ import annotations

import errno
import io
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from typing import TextIO, cast

import typer

from livechat.commands.common import Common
from livechat.commands.group import Group, usage_error
from livechat.commands.logged import logs_told
from livechat.commands.signals import signals_as_exits
from livechat.credentials import secrets_in
from livechat.errors import DeviceError, LivechatError, UsageError
from livechat.terminal.report import Report

# What a shell reports for a process ended by SIGINT and SIGPIPE: 128 and the signal's number.
EXIT_INTERRUPTED, EXIT_CLOSED_PIPE = 130, 141

VALIDATE = "livechat config validate"
"""Tells all that is wrong with the configuration."""


def run(args: list[str], tree: Callable[[], Group]) -> int:
    """Runs one command line on the tree of commands and returns the exit code; nothing is raised."""
    common = Common(Report(sys.stderr, os.environ), dict(os.environ))  # tools do not keep what they find in os.environ
    for secret in secrets_in(os.environ):
        common.report.hide(secret)
    try:
        _forgive_encoding(sys.stdout, sys.stderr)
        with signals_as_exits(), logs_told(common):
            root = tree()
            with root.make_context("livechat", args, obj=common) as ctx:
                root.invoke(ctx)
            sys.stdout.flush()
        return 0
    except BaseException as error:
        if common.debug:
            _show_traceback(error, common.report)
        return ended(_advised(unwrapped(error), common), common.report)


def _advised(error: BaseException, common: Common) -> BaseException:
    """`error`, which gets a hint if it has none: the command's help, or the check of the configuration."""
    if isinstance(error, UsageError) and not error.hint:
        error.hint = f"{common.command} --help"
    elif isinstance(error, LivechatError) and (problems := parts_of(error)) != (error,) and common.command != VALIDATE:
        last = problems[-1]
        named = f" {shlex.quote(str(common.config))}" if common.config is not None else ""
        last.hint = last.hint or f"mend it, then: {VALIDATE}{named}"
    return error


def _forgive_encoding(*streams: TextIO) -> None:
    """Has a terminal that is not UTF-8 show what looks alike for what it does not know, or ?, and end no program."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            cast("io.TextIOWrapper[io.BufferedWriter]", stream).reconfigure(errors=_forgiving(stream.encoding))


def _forgiving(encoding: str) -> str:
    """The error handler for an encoding; in UTF-8 only halves of characters are errors."""
    if encoding.lower() in ("utf-8", "utf8"):
        return "replace"
    from livechat.terminal.lookalikes import ERRORS, register

    register()
    return ERRORS


def ended(error: BaseException, report: Report) -> int:
    """The exit code for `error`; says on stderr what has to be said about it."""
    match error:
        case typer.Exit():
            return error.exit_code
        case SystemExit(code=None | int() as code):
            return code or 0
        case KeyboardInterrupt() | typer.Abort():
            report.end_line()
            return EXIT_INTERRUPTED
        case BrokenPipeError():
            return EXIT_CLOSED_PIPE
        case _:
            failure = as_failure(error)
            report.error(*parts_of(failure))
            return failure.exit_code


def as_failure(error: BaseException) -> LivechatError:
    """`error` in the words and with the exit code of our own tree."""
    match error:
        case LivechatError():
            return error
        case typer.TyperException():
            return usage_error(error)
        case OSError(errno=errno.ENOSPC):
            return _unwritten(error)
        case OSError(errno=errno.EBADF) if _stdout_is_closed():
            return _closed()
        case _:
            return LivechatError(
                f"livechat is at fault here: {type(error).__name__}: {error}",
                hint="run the same command again with --debug, and report what it prints",
            )


def output_lost(error: OSError) -> int:
    """The exit code where the last of the output could not be written, and on stderr why."""
    if isinstance(error, BrokenPipeError):
        return EXIT_CLOSED_PIPE
    failure = _closed() if error.errno == errno.EBADF else _unwritten(error)
    Report(sys.stderr, os.environ).error(failure)
    return failure.exit_code


def _closed() -> DeviceError:
    return DeviceError("standard output is closed", hint="leave it open; > /dev/null throws the output away")


def _unwritten(error: OSError) -> DeviceError:
    hint = "make room there, or write elsewhere" if error.errno == errno.ENOSPC else ""
    return DeviceError(f"cannot write {error.filename or 'the output'}", why=error.strerror or str(error), hint=hint)


def _stdout_is_closed() -> bool:
    """Whether stdout refuses to be written to, as `cli.main` leaves it where it was closed before we began."""
    try:
        os.write(sys.stdout.fileno(), b"")
    except OSError as error:
        return error.errno == errno.EBADF
    return False


def parts_of(failure: LivechatError) -> tuple[LivechatError, ...]:
    """The errors to print for one: the problems of a configuration file are told one by one."""
    from livechat.config import ConfigProblems

    return failure.problems if isinstance(failure, ConfigProblems) else (failure,)


def unwrapped(error: BaseException) -> BaseException:
    """The error to speak of: of a group, the first that says most about what happened."""
    leaves = list(_leaves(error))
    for kind in (LivechatError, BrokenPipeError, KeyboardInterrupt, SystemExit):
        for leaf in leaves:
            if isinstance(leaf, kind):
                return leaf
    return leaves[0]


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in cast("BaseExceptionGroup[BaseException]", error).exceptions:
            yield from _leaves(inner)
    else:
        yield error


def _show_traceback(error: BaseException, report: Report) -> None:
    if not isinstance(error, (typer.Exit, SystemExit)):
        from traceback import format_exception

        report.block("".join(format_exception(error)))
