"""`livechat replay`: a traced session, through the same mind again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, TextIO

import typer

from livechat.commands.common import Common
from livechat.errors import MissingInput


def command(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What --trace wrote; - reads stdin.")],
) -> None:
    """Runs a session written with --trace again and prints its news, one JSON object per line.

    Nothing is sent and nothing is played: the same inputs at the same times go through the same mind, so the news are
    those that --json printed, byte for byte.

    Examples:
      livechat text --trace hello.trace "hello"
      livechat replay hello.trace
    """
    from livechat.events import Event
    from livechat.terminal.news import news
    from livechat.trace import replay

    common = Common.of(ctx)

    def tell(t: float, event: Event) -> None:
        sys.stdout.write(common.report.without_secrets(news(t, event)) + "\n")

    with _opened(file) as lines:
        whole = replay(lines, tell)
    if not whole:
        common.report.note(f"{file} breaks off in its last line: the session was killed")


def _opened(file: Path) -> TextIO:
    try:
        return sys.stdin if str(file) == "-" else file.open(encoding="utf-8", errors="replace", newline="\n")
    except OSError as error:
        why = error.strerror or str(error)
        raise MissingInput(f"cannot read the trace {file}", why=why, hint="name a file that --trace wrote") from None
