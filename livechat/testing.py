"""Runs a Live server inside a test, in a thread of its own, for tests of any client of the Gemini Live API.

It needs no key, no network and no models, and does on demand what production does on a bad day:

    pytest_plugins = ["livechat.testing"]         # in conftest.py

    import json
    from livechat.testing import LIVE_PATH
    from websockets.sync.client import connect

    def test_my_client_is_told_to_go(live_server):
        server = live_server("weather_tool")      # the name or the path of a scenario, or one as a dict
        with connect(server.url + LIVE_PATH) as client:
            client.send(json.dumps({"setup": {"model": "models/gemini-2.0-flash-live-001"}}))
            client.recv()
            server.go_away(5)                     # or drop(), close(1011), stall(5), half_open()
            assert "goAway" in client.recv()      # what does your client do now?
            server.wait_for(lambda event: event["event"] == "out" and "goAway" in event["kinds"])

A client that shall come back after `server.drop()` is waited for with
`server.wait_for(lambda event: event["event"] == "connected" and event["connection"] == 2)`.
Without pytest it is a context manager: `with serving("goaway") as server: ...`.

google-genai insists on TLS, and finds the server by two variables, without a change to the code under test:

    server = live_server(tls=True)
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.http_url)
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))   # replaces what else it trusts

What can be said in a scenario is told by `livechat serve --scenario-format`; a dict has the keys of such a file:
`live_server({"turn": [{"do": [{"say": "Hello."}]}]}, faults=["double@turnComplete"])`.

Events are `server` and `end`; of each connection `connected`, `setup`, `in` and `out` (with the `kinds` of the frame,
its `bytes` and its `words`), `fault`, `line` (this server has closed, reset or silenced it: `what`) and `closed`; and
`http` for what was no WebSocket. What else the server has to say goes to the logger `livechat.testing`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeAlias, TypeVar

from livechat.errors import UsageError
from livechat.server.app import Server, serve
from livechat.server.brain import Brain
from livechat.server.event_log import EventLog
from livechat.server.fault_words import fault, mistake_in_close
from livechat.server.lines import Hurt
from livechat.server.options import ServerOptions
from livechat.server.pieces import Mishap, Notice
from livechat.server.scenario import CloseWith, Drop, HalfOpen, Stall
from livechat.server.scenario_file import GivenScenario as GivenScenario
from livechat.server.scenario_file import scenario_of

if TYPE_CHECKING:
    import ssl

Event: TypeAlias = dict[str, Any]
"""One line of the log: `t` in seconds, `event`, `connection` from 1; of a frame its `kinds`, `bytes` and `words`."""
LIVE_PATH = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
"""Where clients of the Developer API connect to; all other paths of production are served too."""
LAST = 5
"""Events that are shown when one did not happen."""


@dataclass(frozen=True)
class _Begun:
    """A server that listens, and how its thread is reached."""

    server: Server
    loop: asyncio.AbstractEventLoop
    ended: asyncio.Event
    url: str
    port: int


class LiveServer:
    """A running server, as seen from any thread. Its faults strike every connection that is open."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.certificate = certificate
        """With TLS, what a client has to trust: a PEM file."""
        self._events: list[Event] = []
        self._happened = threading.Condition()
        self._begun: Future[_Begun] = Future()

    def __repr__(self) -> str:
        return f"<LiveServer {self.url}>" if self._begun.done() else "<LiveServer, not begun>"

    # ---------------------------------------------------------------------------------------------- where it is

    @property
    def url(self) -> str:
        """ws://127.0.0.1:PORT, or wss://localhost:PORT; the paths are those of production."""
        return self._begun.result().url

    @property
    def http_url(self) -> str:
        """The same for clients that want an http address, and for what is asked over HTTP."""
        return self.url.replace("ws", "http", 1)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._begun.result().port

    # -------------------------------------------------------------------------------------------- what happened

    @property
    def events(self) -> tuple[Event, ...]:
        """What has happened so far, oldest first."""
        with self._happened:
            return tuple(self._events)

    def wait_for(self, predicate: Callable[[Event], object], timeout: float = 5.0) -> Event:
        """The first event of that kind, past or to come. Raises TimeoutError after so many seconds."""
        seen = 0
        found: deque[Event] = deque(maxlen=1)

        def happened() -> bool:
            nonlocal seen
            fresh, seen = self._events[seen:], len(self._events)
            found.extend([event for event in fresh if predicate(event)][:1])
            return bool(found)

        with self._happened:
            if self._happened.wait_for(happened, timeout):
                return found[0]
            last = "\n".join(map(str, self._events[-LAST:])) or "nothing at all"
        raise TimeoutError(f"that did not happen in {timeout:g} s; what did, at last:\n{last}")

    async def happens(self, predicate: Callable[[Event], object], within: float = 5.0) -> Event:
        """`wait_for`, for tests whose client runs in the same loop."""
        return await asyncio.to_thread(self.wait_for, predicate, within)

    # --------------------------------------------------------------------------------------------- what goes wrong

    def go_away(self, seconds: float) -> None:
        """Sends goAway, and closes the connection in so many seconds."""
        _check_seconds("go_away", seconds)
        self._stage(Notice(seconds))

    def drop(self) -> None:
        """Resets the connection."""
        self._suffer(Drop())

    def close(self, code: int, reason: str = "") -> None:
        """Closes the WebSocket. Raises UsageError for what no WebSocket can be closed with."""
        mistake = mistake_in_close(code, reason)
        if mistake:
            raise UsageError(f"close({code!r}, …): {mistake}")
        self._suffer(CloseWith(code, reason))

    def stall(self, seconds: float) -> None:
        """Sends nothing for so long, and then all that was kept back."""
        _check_seconds("stall", seconds)
        self._suffer(Stall(seconds))

    def half_open(self) -> None:
        """Falls silent for good: nothing is sent, read or ponged, and the connection stays."""
        self._suffer(HalfOpen())

    def _suffer(self, act: Hurt) -> None:
        self._stage(Mishap(act))

    def _stage(self, cue: Notice | Mishap) -> None:
        """Begins it on the server's thread. Raises UsageError where nobody is connected."""
        begun = self._begun.result()

        async def stage() -> int:
            return begun.server.stage(cue)

        if not asyncio.run_coroutine_threadsafe(stage(), begun.loop).result():
            raise UsageError("nobody is connected to whom this could happen")

    # ------------------------------------------------------------------------------------------------- its thread

    @contextmanager
    def running(self, options: ServerOptions) -> Generator[LiveServer]:
        """Runs from here to the end of the block. Raises what `serve` does."""
        options = replace(options, events=EventLog(self._note, words=True))
        thread = threading.Thread(target=lambda: asyncio.run(self._live(options)), name="livechat.testing")
        thread.start()
        try:
            begun = self._begun.result()
            try:
                yield self
            finally:
                begun.loop.call_soon_threadsafe(begun.ended.set)
        finally:
            thread.join()

    async def _live(self, options: ServerOptions) -> None:
        async with AsyncExitStack() as held:
            try:
                server = await held.enter_async_context(serve(options))
            except Exception as error:
                self._begun.set_exception(error)
                return
            ended = asyncio.Event()
            self._begun.set_result(_Begun(server, asyncio.get_running_loop(), ended, server.url, server.port))
            await ended.wait()

    def _note(self, line: str) -> None:
        with self._happened:
            self._events.append(json.loads(line))
            self._happened.notify_all()


@contextmanager
def serving(
    scenario: GivenScenario = None,
    *,
    faults: Sequence[str] = (),
    speech: Literal["tones", "models"] = "tones",
    brain: Brain | None = None,
    tls: bool = False,
) -> Generator[LiveServer]:
    """A server for as long as the block lasts; None for a scenario is production as far as it is known.

    faults: in the words of `--fault`, on top of the scenario's, like "drop@audio:3#1".
    speech: with "tones" it hears speech by its loudness, understands nothing of it and answers in tones, which needs no
    packages; a scenario can say what was heard. "models" really hears and speaks (the extra `local`).
    brain: who answers what the scenario does not; None is the responder that is built in.
    tls: with a certificate for localhost (needs the package cryptography), for clients that insist on it.

    Raises UsageError, MissingInput and ConfigError for scenarios that are none.
    """
    given = scenario_of(scenario)
    given = replace(given, faults=(*given.faults, *map(fault, faults)))
    options = ServerOptions(scenario=given, brain=brain, log=logging.getLogger(__name__).info)
    if speech == "tones":
        from livechat.server.tones import load_tones

        options = replace(options, load_speech=load_tones, missing=_nothing)
    with ExitStack() as held:
        certificate = None
        if tls:
            certificate, context = _tls(Path(held.enter_context(TemporaryDirectory())))
            options = replace(options, host="localhost", tls=context)
        yield held.enter_context(LiveServer(certificate).running(options))


def _check_seconds(what: str, seconds: float) -> None:
    if not 0 <= seconds < inf:
        raise UsageError(f"{what}({seconds!r}): there is no such time", hint="seconds, 0 or more")


def _nothing() -> None:
    """What is lacking for tones."""


def _tls(folder: Path) -> tuple[Path, ssl.SSLContext]:
    from livechat.server.certificate import context, for_localhost

    pair = for_localhost(folder, datetime.now(UTC), "pip install cryptography")
    return pair.certificate, context(pair)


P = ParamSpec("P")
T = TypeVar("T")


def _entering(stack: ExitStack, manager: Callable[P, AbstractContextManager[T]]) -> Callable[P, T]:
    """What enters a new one of these managers each time, and leaves it with the stack."""

    def enter(*args: P.args, **kwargs: P.kwargs) -> T:
        return stack.enter_context(manager(*args, **kwargs))

    return enter


if find_spec("pytest") is not None:
    import pytest

    @pytest.fixture
    def live_server() -> Iterator[Callable[..., LiveServer]]:
        """Begins servers, which end with the test: `server = live_server("goaway")`. It takes what `serving` does."""
        with ExitStack() as running:
            yield _entering(running, serving)
