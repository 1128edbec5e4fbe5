"""Servers of tools for tests: real processes, with what is told of them and what they noted."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from livechat.tools.mcp import START_S, McpToolbox
from livechat.tools.mcp_pin_file import PinFiles
from livechat.tools.mcp_server import McpServer, News, in_words
from livechat.tools.toolbox import ToolFailure

from .aio import run as run_for

T = TypeVar("T")
DATA = Path(__file__).parent / "data" / "mcp"
PATIENCE_S = 20.0
"""For what takes a tenth of it on an idle machine."""


def run(main: Coroutine[Any, Any, T]) -> T:
    """What `main` returns; programs are started in it, which takes its time on a busy machine."""
    return run_for(main, 3 * PATIENCE_S)


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "SHOP": str(folder), **more}


def raw(folder: Path, manner: str = "") -> McpServer:
    """The server that is written by hand."""
    return McpServer("raw", (sys.executable, str(DATA / "raw.py"), manner), env=environment(folder))


def shop(folder: Path) -> McpServer:
    """The server that is written with the official package."""
    return McpServer("shop", (sys.executable, str(DATA / "shop.py")), env=environment(folder))


class Lot:
    """A toolbox at work, and all that was told of it."""

    def __init__(self, server: McpServer, folder: Path, start_s: float = START_S) -> None:
        self.told: list[News] = []
        self._come = asyncio.Event()
        self.box = McpToolbox(server, PinFiles(folder), self._tell, start_s=start_s)

    def _tell(self, news: News) -> None:
        self.told.append(news)
        self._come.set()

    @property
    def words(self) -> list[str]:
        return [in_words(news) for news in self.told]

    async def until(self, kind: type[News], count: int = 1) -> None:
        """Waits for the news of that kind."""
        async with asyncio.timeout(PATIENCE_S):
            while sum(isinstance(news, kind) for news in self.told) < count:
                self._come.clear()
                await self._come.wait()

    async def call(self, tool: str, **args: object) -> object:
        async with asyncio.timeout(PATIENCE_S):
            return await self.box.call(f"{self.box.server.name}_{tool}", args)

    async def failure(self, tool: str, **args: object) -> str:
        """The words of the ToolFailure that a call ends with."""
        try:
            given = await self.call(tool, **args)
        except ToolFailure as failure:
            return str(failure)
        raise AssertionError(f"it gave {given!r}")


@asynccontextmanager
async def running(server: McpServer, folder: Path, *, start_s: float = START_S) -> AsyncGenerator[Lot]:
    """A toolbox that is ready, or down; ended with the block."""
    lot = Lot(server, folder, start_s)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(lot.box.run(), name="server of tools")
        try:
            async with asyncio.timeout(PATIENCE_S):
                await lot.box.ready()
            yield lot
        finally:
            task.cancel()


@asynccontextmanager
async def served(folder: Path) -> AsyncGenerator[tuple[McpServer, asyncio.subprocess.Process]]:
    """The shop behind a port of this machine."""
    argv = [sys.executable, str(DATA / "shop.py"), "http"]
    pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*argv, env=environment(folder), stdout=pipe, stderr=nowhere)
    try:
        assert process.stdout is not None
        port = (await process.stdout.readline()).decode().strip()
        yield McpServer("shop", url=f"http://127.0.0.1:{port}/mcp"), process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def pids(folder: Path) -> list[int]:
    """The numbers of the processes in which the server by hand was started, the latest last."""
    return [int(line) for line in (folder / "pid").read_text().split()]


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie, which nobody has asked about yet, does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def comes_true(claim: Callable[[], bool], within_s: float = PATIENCE_S) -> bool:
    """Waits for something outside of this process."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within_s
    for _ in range(round(within_s / 0.01)):
        if claim() or loop.time() > end:
            break
        await asyncio.sleep(0.01)
    return claim()


def declared(lot: Lot) -> Mapping[str, Any]:
    """What a model is told of each tool."""
    return {
        str(one.name): one.model_dump(mode="json", by_alias=True, exclude_none=True) for one in lot.box.declarations()
    }


def kinds(lot: Lot) -> Sequence[str]:
    return [type(news).__name__ for news in lot.told]
