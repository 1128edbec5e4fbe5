"""A spoken conversation over an open session: the microphone is heard, the model sounds, its calls are answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container
from concurrent.futures import Future
from contextlib import ExitStack, suppress

from livechat.audio.echo_choice import EchoChoice
from livechat.audio.speech_end import SpeechEnd
from livechat.ear import AlwaysOpen, Attention, Ear
from livechat.errors import SessionClosed
from livechat.events import Ended, Event, Said
from livechat.library.call_runner import CallRunner, Tools
from livechat.library.devices import Devices, EchoWay, MicrophoneLike, SpeakerLike
from livechat.protocol.client import ClientMessage, ToolResponse
from livechat.protocol.parts import FunctionResponse
from livechat.session import Observer, Session
from livechat.tools.functions import named


class AudioConversation:
    """Holds a session until it is stopped, the session ends, or a device fails; the session stays open.

    `LiveSession.start_audio_conversation` makes it. The counterpart of `AudioConversationController` in Firebase's
    SDKs, whose `startAudioConversation(functionCallHandler)` of Kotlin has `tools` here. As an async context manager it
    is stopped at the end of the block. A microphone that comes to its end ends nothing: the answer is still to be
    heard.
    """

    def __init__(
        self,
        body: Session,
        tasks: asyncio.TaskGroup,
        *,
        microphone: MicrophoneLike = None,
        speaker: SpeakerLike = None,
        tools: Tools | None = None,
        echo: EchoWay = "auto",
        elsewhere: Container[str] = (),
    ) -> None:
        """Begins in a task of the group, which it never breaks; see `begun`. Raises UsageError, SessionClosed.

        elsewhere: the names of the functions that the session runs itself.
        """
        self._body = body
        self._devices = Devices(microphone, speaker, echo)
        self._tools = named(tools) if tools is not None else None
        self._elsewhere = elsewhere
        self._loop = asyncio.get_running_loop()
        self._ear: Ear | None = None
        self._muted = False
        self._ending = asyncio.Event()
        self._begun = asyncio.Event()
        self._failed: Exception | None = None
        self._told = False
        """Somebody knows how it failed."""
        self._over: Future[None] = Future()
        self._over.set_running_or_notify_cancel()  # who is cancelled while waiting cancels only the waiting
        self._begin_in(tasks)

    def __repr__(self) -> str:
        return f"<AudioConversation {'ended' if self.ended else 'muted' if self._muted else 'open'}>"

    async def __aenter__(self) -> AudioConversation:
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self._told = self._told or error is not None  # what is raised already is not hidden
        await self.stop()

    # ---------------------------------------------------------------------------------------- for who talks

    @property
    def ended(self) -> bool:
        """Whether it is over, and nothing of it is left. From any thread."""
        return self._over.done()

    @property
    def muted(self) -> bool:
        """Whether nothing that is said is sent; may be set. From any thread."""
        return self._muted

    @muted.setter
    def muted(self, muted: bool) -> None:
        self._muted = muted
        self._on_the_loop(self._mute)

    @property
    def echo(self) -> EchoChoice:
        """What is done about the echo, and why: `how` is "on", "off" or "half-duplex". From any thread."""
        return self._devices.echo

    @property
    def device_names(self) -> tuple[str, str]:
        """Of the microphone and of the speaker that are used now, empty where there is none; foreign text.

        From any thread.
        """
        return self._devices.names

    async def stop(self) -> None:
        """Falls silent, hears nothing more, and lets go of the devices; a second time does nothing. From any thread.

        Calls that still run are broken off, and the model is told so. When this returns, nothing of the conversation is
        left but what `def` functions do that do not return. Raises the DeviceError that has ended it, if nobody knows.
        """
        self._on_the_loop(self._ending.set)
        await asyncio.wrap_future(self._over)
        if self._failed is not None and not self._told:
            await self.wait()

    async def wait(self) -> None:
        """Waits until it is over. From any thread. Raises the DeviceError that has ended it."""
        await asyncio.wrap_future(self._over)
        if self._failed is not None:
            self._told = True
            raise self._failed

    async def begun(self) -> None:
        """Waits until it goes on. From the session's loop. Raises DeviceError, UsageError, SessionClosed."""
        try:
            await self._begun.wait()
        except asyncio.CancelledError:
            self._ending.set()
            raise
        if self.ended:
            await self.wait()
            raise _closed()

    # ------------------------------------------------------------------------------------------------- its task

    def _begin_in(self, tasks: asyncio.TaskGroup) -> None:
        running = self._run()
        try:
            task = tasks.create_task(running, name="audio conversation")
        except RuntimeError:  # the group takes nothing more
            running.close()
            raise _closed() from None
        task.add_done_callback(self._end)

    def _end(self, _: asyncio.Task[None]) -> None:
        self._over.set_result(None)
        self._begun.set()

    async def _run(self) -> None:
        try:
            await self._hold()
        except Exception as error:
            self._fail(error)

    async def _hold(self) -> None:
        body, devices = self._body, self._devices
        if body.conversation.over:
            raise _closed()
        try:
            devices.open(self._played, self._fail)
            self._ear = self._make_ear()
            async with asyncio.TaskGroup() as tasks:
                with ExitStack() as held:
                    self._begin(tasks, held)
                    await self._ending.wait()
        finally:
            await devices.close()

    def _make_ear(self) -> Ear | None:
        """Raises DeviceError where the echo cannot be treated as it was wished."""
        if self._devices.microphone is None:
            return None
        attention = Attention(AlwaysOpen(), voice_ends=SpeechEnd())
        live = not self._devices.waits
        ear = Ear(self._body, self._devices.microphone, attention, muted=self._muted, live=live)
        self._devices.listen_through(ear)
        return ear

    def _begin(self, tasks: asyncio.TaskGroup, held: ExitStack) -> None:
        """What is undone by `held`, the last first."""
        self._subscribe(self._watch, held)
        if (speaker := self._devices.speaker) is not None:
            self._body.attach(speaker)
            held.callback(speaker.stop)
            held.callback(self._body.detach)
        if self._tools is not None:
            runner = CallRunner(self._tools, tasks, self._answer, self._elsewhere)
            held.callback(runner.close)
            self._subscribe(runner.see, held)
        if self._ear is not None:
            listening = tasks.create_task(self._listen(self._ear), name="microphone")
            held.callback(listening.cancel)
        self._begun.set()

    def _subscribe(self, observer: Observer, held: ExitStack) -> None:
        self._body.subscribe(observer)
        held.callback(self._body.unsubscribe, observer)

    async def _listen(self, ear: Ear) -> None:
        try:
            await ear.listen()
        except Exception as error:
            self._fail(error)

    def _watch(self, t: float, event: Event) -> None:
        if isinstance(event, Ended):
            self._ending.set()

    def _answer(self, response: FunctionResponse) -> None:
        answer = ToolResponse(function_responses=[response])
        self._body.report(Said(ClientMessage(tool_response=answer)))

    def _played(self, samples: int, drained: bool) -> None:
        if not self._ending.is_set():
            self._body.played(samples, drained)

    def _mute(self) -> None:
        if self._ear is not None:
            self._ear.mute(self._muted)

    def _fail(self, error: Exception) -> None:
        self._failed = self._failed or error
        self._ending.set()

    def _on_the_loop(self, do: Callable[[], None]) -> None:
        """Now where this is the loop, else soon; never where the loop has ended."""
        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        if here:
            do()
            return
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(do)


def _closed() -> SessionClosed:
    return SessionClosed("this session is closed", hint="open another with connect()")
