"""The options that several commands share, written once.

Each is a type for a parameter of `command`: `def command(ctx: typer.Context, voice: Voice = None) -> None`.
None means "not given": the value then comes from the configuration (see `livechat.config`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[str | None, typer.Option("--model", "-M", metavar="NAME", help="The model to talk to.")]
Server = Annotated[
    str | None,
    typer.Option(
        "--server",
        metavar="WHERE",
        help="auto (google if a key is found, else local), google, local, vertex, or a ws:// or wss:// URL.",
    ),
]
Local = Annotated[bool, typer.Option("--local", help="Same as --server local: nothing leaves this machine.")]
Project = Annotated[str | None, typer.Option("--project", metavar="ID", help="Google Cloud project, for vertex.")]
Location = Annotated[str | None, typer.Option("--location", metavar="REGION", help="Vertex region, or global.")]
ApiVersion = Annotated[str | None, typer.Option("--api-version", metavar="V", help="v1, v1beta or v1alpha.")]
ApiKeyFile = Annotated[
    Path | None,
    typer.Option("--api-key-file", metavar="FILE", help="Read the API key from FILE. A key is never an option."),
]
Voice = Annotated[str | None, typer.Option("--voice", metavar="NAME", help="One of the 30 of: livechat voices.")]
Language = Annotated[str | None, typer.Option("--language", metavar="BCP47", help="Language to speak, like pt-BR.")]
System = Annotated[
    str | None, typer.Option("--system", "-s", metavar="TEXT|@FILE", help="Instruction to the model, or @ and a file.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object per line on stdout.")]
Usage = Annotated[bool | None, typer.Option("--usage/--no-usage", help="Print the tokens used, on stderr.")]
Trace = Annotated[
    Path | None,
    typer.Option("--trace", metavar="FILE", help="Write everything that happens to FILE; it holds your voice."),
]
Timeout = Annotated[
    float | None, typer.Option("--timeout", metavar="SECONDS", min=0.001, help="Give up after so long (exit 124).")
]

Continue = Annotated[bool, typer.Option("--continue", "-c", help="Go on with the last conversation that is kept.")]
Resume = Annotated[
    str | None, typer.Option("--resume", metavar="ID", help="Go on with this one of: livechat sessions list.")
]
Save = Annotated[bool | None, typer.Option("--save/--no-save", help="Keep the words for: livechat sessions.")]

Tools = Annotated[
    list[str] | None,
    typer.Option(
        "--tools", metavar="FILE.py|NAME", help="Let the model call the functions of a file, or of: livechat tools list"
    ),
]
Mcp = Annotated[
    list[str] | None,
    typer.Option("--mcp", metavar="NAME", help="Let it call the tools of [mcp.NAME] in the configuration."),
]
Approve = Annotated[
    str | None,
    typer.Option("--approve", metavar="HOW", help="Its calls: ask you about each, auto (run all) or never."),
]


def wanted(device: str | None) -> int | str | None:
    """A sound device as it was named on the command line or in the settings: a number as one."""
    return int(device) if device is not None and device.isdecimal() else device
