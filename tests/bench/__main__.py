"""Runs the benches and says of each whether its figure is within its bound; exits 1 if one is not.

Every ratio is of medians over trials in turn (A B A B …), the first trial dropped; the process under test is alone in
its process, and its peer in another.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.bench.activity import activity
from tests.bench.congestion import congestion
from tests.bench.devices import devices
from tests.bench.echo import echo
from tests.bench.jitter import jitter
from tests.bench.load import load
from tests.bench.reconnecting import reconnecting
from tests.bench.recording import recording
from tests.bench.screen import screen
from tests.bench.talk import talk

TRIALS = 7
HERE = Path(__file__).parent
PASS = [sys.executable, "-c", "pass"]
LIVECHAT = str(Path(sys.executable).parent / "livechat")
GENAI_TEXT = """
import asyncio
from google import genai
client = genai.Client(api_key="x")
client._api_client._websocket_base_url = lambda *a, **k: "ws://127.0.0.1:{port}"
client._api_client._websocket_ssl_ctx = {{}}
async def main():
    async with client.aio.live.connect(model="gemini-3.8-live", config={{}}):
        pass
asyncio.run(main())
"""


def main() -> int:
    verdicts = [*frames(), *starts(), *load(), *jitter(), *echo(), *recording(), *activity(), *devices(), *talk()]
    verdicts += [*screen(), *reconnecting(), *congestion()]
    for name, ratio, bound in verdicts:
        print(f"{'ok  ' if ratio <= bound else 'OVER'}  {ratio:5.2f} (bound {bound:g})  {name}", flush=True)
    return 0 if all(ratio <= bound for _, ratio, bound in verdicts) else 1


def frames() -> Iterator[tuple[str, float, float]]:
    with peer() as port:
        for what, count, bound, offered in (("send", 1500, 1.4, 0.3), ("receive", 4000, 1.8, 0.7)):
            who = ("livechat", "bare", "plain", "genai", "library")
            ours, floor, plain, sdk, library = medians(*(cpu(one, what, port, count) for one in who))
            told = f"livechat {ours:.1f} µs, bare {floor:.1f} (uncompressed {plain:.1f}), google-genai {sdk:.1f}"
            told += f", livechat's library {library:.1f}"
            print(f"      {what}: {told}", flush=True)
            yield f"CPU per frame, {what}, over bare websockets", ours / floor, bound
            yield f"CPU per frame, {what}, over google-genai", ours / sdk, 0.25
            yield f"CPU per frame, {what}, the library over google-genai", library / sdk, offered


def starts() -> Iterator[tuple[str, float, float]]:
    version, floor = medians(wall([LIVECHAT, "--version"]), wall(PASS), trials=21)
    yield "start of --version over python -c pass", version / floor, 1.5
    help_, floor = medians(wall([LIVECHAT, "--help"]), wall(PASS), trials=21)
    yield "start of --help over python -c pass", help_ / floor, 7
    text = [LIVECHAT, "text", "--server", "ws://127.0.0.1:{port}", "hi"]
    ours, sdk = medians(until_setup(text), until_setup([sys.executable, "-c", GENAI_TEXT]), trials=11)
    print(f"      process start to setup: livechat {ours * 1000:.0f} ms, google-genai {sdk * 1000:.0f} ms", flush=True)
    yield "process start to setup frame, text, over the shortest google-genai script", ours / sdk, 0.7


def medians(*measures: Callable[[], float], trials: int = TRIALS) -> list[float]:
    rounds = [[measure() for measure in measures] for _ in range(trials + 1)][1:]
    return [median(column) for column in zip(*rounds, strict=True)]


@contextmanager
def peer() -> Generator[int]:
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.peer"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def cpu(who: str, what: str, port: int, count: int) -> Callable[[], float]:
    command = [sys.executable, "-m", "tests.bench.client", who, what, str(port), str(count)]
    return lambda: float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def wall(command: list[str]) -> Callable[[], float]:
    def measure() -> float:
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - began

    return measure


def until_setup(command: list[str]) -> Callable[[], float]:
    """Seconds from the start of the process to its setup frame, as its peer sees it."""

    def measure() -> float:
        import asyncio

        from websockets.asyncio.server import ServerConnection, serve

        async def watch() -> float:
            arrived: asyncio.Future[float] = asyncio.get_running_loop().create_future()

            async def take(client: ServerConnection) -> None:
                await client.recv()
                if not arrived.done():
                    arrived.set_result(time.perf_counter())
                await client.send(b'{"setupComplete": {}}')

            async with serve(take, "127.0.0.1", 0) as server:
                port = server.sockets[0].getsockname()[1]
                began = time.perf_counter()
                words = [word.format(port=port) for word in command]
                quiet = asyncio.subprocess.DEVNULL
                process = await asyncio.create_subprocess_exec(*words, stdin=quiet, stdout=quiet, stderr=quiet)
                try:
                    return await asyncio.wait_for(arrived, 20) - began
                finally:
                    process.kill()
                    await process.wait()

        return asyncio.run(watch())

    return measure


if __name__ == "__main__":
    sys.exit(main())
