"""A Live model with what its sessions are asked to be like: what everything in the library begins with."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Unpack

from livechat.errors import LivechatError, UsageError
from livechat.library.backends import Backend, Reached, backend_of, default_model, reach
from livechat.library.callbacks import Callbacks
from livechat.library.config import LiveChanges, LiveConfig, configured
from livechat.library.own_tools import toolbox_of
from livechat.library.running import Running
from livechat.library.session import LiveSession
from livechat.library.setup import setup_of
from livechat.link import open_link
from livechat.protocol.generations import DEFAULT_MODEL, LOCAL_TEXT_MODEL
from livechat.protocol.setup import Setup
from livechat.session import Wire

if TYPE_CHECKING:
    from types import TracebackType

    from livechat.library.music import LiveMusic
    from livechat.library.sync import SyncSession
    from livechat.library.sync_connection import SyncConnection


class LiveGenerativeModel:
    """A model, where it is, and what its sessions are asked to be like. Immutable: it may be shared by threads.

    model: its name, bare or as the endpoint spells it; None is Google's newest, `gemini-3.8-live` (on this machine, for
    words alone, one that writes). backend: `livechat.Developer`, `Vertex`, `FirebaseAI`, `Server`, `Local`, the URL of
    a server, or None for what the environment says. config: a LiveConfig, over which the keywords are laid.
    Raises UsageError for values that cannot be.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        backend: Backend | str | None = None,
        config: LiveConfig | None = None,
        **changes: Unpack[LiveChanges],
    ) -> None:
        self._model = model
        self._backend = backend if backend is None else backend_of(backend, {})
        self._config = configured(config, changes)

    def __repr__(self) -> str:
        return f"LiveGenerativeModel({self._model!r}, backend={self._backend!r})"

    @property
    def model(self) -> str | None:
        """The model's name as it was given. From any thread."""
        return self._model

    @property
    def backend(self) -> Backend | str | None:
        """Where it is, as it was given. From any thread."""
        return self._backend

    @property
    def config(self) -> LiveConfig:
        """What its sessions begin with. From any thread."""
        return self._config

    def changed(self, **changes: Unpack[LiveChanges]) -> LiveGenerativeModel:
        """The same model with a configuration that differs in these. From any thread. Raises UsageError."""
        return LiveGenerativeModel(self._model, backend=self._backend, config=self._config, **changes)

    @property
    def music(self) -> LiveMusic:
        """Lyria RealTime at the same backend. From any thread."""
        from livechat.library.music import LiveMusic

        return LiveMusic(self._backend)

    def setup(self, model: str | None = None) -> Setup:
        """The setup that a session opens with, for a model as an endpoint spells it. From any thread.

        Raises UsageError for what the model's family refuses.
        """
        return setup_of(self._config, model or self._model or self._usual_model())

    def connect(self, callbacks: Callbacks | None = None) -> AbstractAsyncContextManager[LiveSession]:
        """Opens a session: `async with model.connect() as session`. It is closed behind the block. From any loop.

        The block begins when the server has taken the setup. Raises AccessDenied, ModelUnavailable, Unreachable,
        QuotaExceeded, RequestRejected, UsageError. Cancelled at any point it leaves nothing behind.
        """
        return Connecting(lambda: _connected(self, callbacks or Callbacks()))

    def connect_sync(self, callbacks: Callbacks | None = None) -> SyncConnection[SyncSession]:
        """The same without a loop: `with model.connect_sync() as session`. From any thread."""
        from livechat.library.sync import connect_sync

        return connect_sync(self, callbacks=callbacks)

    def _usual_model(self) -> str:
        """The one where none is named; it depends on the backend."""
        try:
            backend = backend_of(self._backend, os.environ)
        except LivechatError:  # nothing leads anywhere, which connecting says
            return DEFAULT_MODEL
        return default_model(backend, speaks=self._speaks)

    @property
    def _speaks(self) -> bool:
        return self._config.modality != "TEXT"

    def at(self) -> AbstractAsyncContextManager[Reached]:
        """The backend, reached for. From any loop. Raises what `connect` raises before there is a connection."""
        backend = backend_of(self._backend, os.environ)
        model = self._model or self._usual_model()
        return reach(backend, model, speech=self._speaks or model != LOCAL_TEXT_MODEL)


class Connecting(AbstractAsyncContextManager[LiveSession]):
    """A session to be: each block of it opens one."""

    def __init__(self, opening: Callable[[], AbstractAsyncContextManager[LiveSession]]) -> None:
        self._opening = opening
        self._open: list[AbstractAsyncContextManager[LiveSession]] = []

    async def __aenter__(self) -> LiveSession:
        """Opens it. From any loop. Raises what `LiveGenerativeModel.connect` says."""
        opening = self._opening()
        session = await opening.__aenter__()
        self._open.append(opening)
        return session

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """Closes it. From the session's loop."""
        return await self._open.pop().__aexit__(kind, error, trace)

    def __await__(self) -> Generator[None, None, LiveSession]:
        """Says how a session is opened in Python. From any loop. Raises UsageError."""
        why = "whoever opens it closes it, and a block sees to that"
        raise UsageError("a session is opened for a block", why=why, hint="async with model.connect() as session:")


@asynccontextmanager
async def _connected(model: LiveGenerativeModel, callbacks: Callbacks) -> AsyncGenerator[LiveSession]:
    async with model.at() as reached:
        box = toolbox_of(model.config.tools)
        setup, again = model.setup(reached.model), model.config.reconnect
        running = Running(reached, setup, callbacks, lambda: _link(reached), box, reconnects=again)
        async with running.held():
            yield LiveSession(running)


async def _link(reached: Reached) -> Wire:
    return await open_link(reached.url, reached.headers)


def get_live_generative_model(
    model: str | None = None,
    *,
    backend: Backend | str | None = None,
    config: LiveConfig | None = None,
    **changes: Unpack[LiveChanges],
) -> LiveGenerativeModel:
    """`LiveGenerativeModel(…)` by the name that Firebase has for it. From any thread. Raises UsageError."""
    return LiveGenerativeModel(model, backend=backend, config=config, **changes)


def connect(
    model: LiveGenerativeModel | str | None = None,
    *,
    backend: Backend | str | None = None,
    config: LiveConfig | None = None,
    callbacks: Callbacks | None = None,
    **changes: Unpack[LiveChanges],
) -> AbstractAsyncContextManager[LiveSession]:
    """Opens a session in one call: `async with livechat.connect(voice="Puck") as session`. From any loop.

    Takes a model, to which nothing else is said, or what `LiveGenerativeModel` takes. Raises what its `connect` does.
    """
    return made(model, backend=backend, config=config, **changes).connect(callbacks)


def made(
    model: LiveGenerativeModel | str | None,
    *,
    backend: Backend | str | None,
    config: LiveConfig | None,
    **changes: Unpack[LiveChanges],
) -> LiveGenerativeModel:
    """The model that is meant. From any thread. Raises UsageError where something is said to a model that is made."""
    if not isinstance(model, LiveGenerativeModel):
        return LiveGenerativeModel(model, backend=backend, config=config, **changes)
    if backend is not None or config is not None or changes:
        raise UsageError("this model is configured already", hint="give its name instead, with the settings")
    return model
