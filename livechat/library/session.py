"""A session with a Live model, as a program holds it: sends in the protocol's own words, and receives all that comes.

`receive` is the one primitive. Turns, events, callbacks, the synchronous front and audio conversations are made of it
and of the same mind that holds the command line's conversations.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from typing import TYPE_CHECKING, Final

from livechat.errors import LivechatError, UsageError
from livechat.events import (
    Event,
    FloorClaimed,
    FloorYielded,
    Heard,
    HearingEnded,
    Said,
    ToolStarted,
    Typed,
    UsageCounted,
)
from livechat.library.contents import Request, Response, contents_of, responses_of
from livechat.library.frames import ImageLike, Pacer, image_blob, send_newest
from livechat.library.given import Instruction, ToolLike, functions_of, instruction_of, tools_of
from livechat.library.refusals import refuses_updates
from livechat.library.running import Running, message_in, written
from livechat.library.sounds import SENT_RATE, AudioLike, Sound
from livechat.library.turns import Item, Turn, event_in, turn_in
from livechat.protocol.client import (
    ClientContent,
    ClientMessage,
    ContextUpdate,
    ContextUpdateTools,
    RealtimeInput,
    ToolResponse,
)
from livechat.protocol.parts import Blob
from livechat.protocol.server import ServerMessage

if TYPE_CHECKING:
    from livechat.library.audio_conversation import AudioConversation
    from livechat.library.call_runner import Tools
    from livechat.library.devices import EchoWay, MicrophoneLike, SpeakerLike


class LiveSession:
    """An open session; `LiveGenerativeModel.connect` makes it.

    All methods are for tasks of the loop it was made in, where nothing else is said. After `close`, or when the
    server has gone, those that send raise SessionClosed.
    """

    def __init__(self, running: Running) -> None:
        self._running = running
        self._sound = Sound()
        self._pacer = Pacer()
        self._conversation: AudioConversation | None = None
        running.nobody_receives = lambda: self.in_conversation

    def __repr__(self) -> str:
        return f"<LiveSession {self.model} {'closed' if self.is_closed else 'open'}>"

    @property
    def model(self) -> str:
        """The model's name as its endpoint spells it: `models/…`. From any thread."""
        return self._running.reached.model

    @property
    def session_id(self) -> str:
        """The server's name for this session, where it gives one (Vertex AI). From any thread."""
        return self._running.session_id

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be sent any more. From any thread."""
        return self._running.is_closed

    @property
    def in_conversation(self) -> bool:
        """Whether an audio conversation holds this session. From any thread."""
        return self._conversation is not None and not self._conversation.ended

    @property
    def error(self) -> LivechatError | None:
        """What broke the session off, or None. From any thread."""
        return self._running.error

    @property
    def handle(self) -> str | None:
        """The newest handle to resume the session by, where they were asked for. From any thread."""
        return self._running.handle

    @property
    def usage(self) -> UsageCounted:
        """The tokens of the session so far, by modality. From any thread."""
        return self._running.usage

    # ------------------------------------------------------------------------------------------- sending

    async def send(self, request: Request, turn_complete: bool = True) -> None:
        """Says something to the model; `turn_complete=False` has it wait for more. From the session's loop.

        Contents are added in order, and cut off an answer that is being made. Raises UsageError for what cannot be
        said, SessionClosed. Gemini 3.1 takes contents as initial history only: there, use `say`.
        """
        await self.send_client_content(request, turn_complete=turn_complete)

    async def send_client_content(self, turns: Request | None = None, *, turn_complete: bool = True) -> None:
        """The same for several turns of both sides; with none it ends the user's turn. From the session's loop.

        Raises UsageError, SessionClosed. Source: `sendClientContent` of @google/genai 3.1.0.
        """
        content = ClientContent(turns=contents_of(turns) or None, turn_complete=turn_complete)
        await self._running.say(ClientMessage(client_content=content))

    async def say(self, text: str) -> None:
        """Says one line the way the model's family takes typed words. From the session's loop.

        Raises LocalProtocolError for what is no text, SessionClosed.
        """
        self._running.check()
        written(ClientMessage(realtime_input=RealtimeInput(text=text)))  # one way or the other
        await self._running.post(Typed(text))

    async def ask(self, request: Request) -> Turn:
        """Says something and gives the turn with its answer; what came before that is passed over.

        Where the model called a function and went on meanwhile, it is the turn in which it says what came of that.
        From the session's loop; it is a consumer as `turns` is. Raises what `send` and `turns` raise, and UsageError
        where the model calls what nobody answers.
        """
        self._running.demand_receiver()
        turns = self._running.each(self._answer_in)
        while self._running.body.conversation.in_turn:
            await anext(turns, None)  # else both would be one question, with one answer
            self._running.check()
        calls = self._running.calls_begun
        await (self.say(request) if isinstance(request, str) else self.send(request))
        asked = self._running.body.conversation.turns_begun
        async for turn in turns:
            waits = self._running.calls_begun > calls and not (turn.text or turn.audio or turn.interrupted)
            if turn.number >= asked and not waits:
                return turn
        raise self._running.refusal()

    def _answer_in(self, item: Item) -> Turn | None:
        """The item, if it is a turn. Raises UsageError at a call that nobody will ever answer."""
        if isinstance(item, ToolStarted) and not self._running.runs(item.name) and not self.in_conversation:
            hint = "give the function itself (tools=[…]), or use events() and send_function_responses()"
            raise UsageError(f"the model calls {item.name}, and ask() answers no calls", hint=hint)
        return turn_in(item)

    async def send_text_realtime(self, text: str) -> None:
        """Live text, which is answered like speech. From the session's loop. Raises SessionClosed."""
        await self._running.say(ClientMessage(realtime_input=RealtimeInput(text=text)))

    async def send_audio_realtime(
        self, audio: AudioLike | AsyncIterable[AudioLike], *, rate: int = SENT_RATE, end: bool = False
    ) -> None:
        """Live sound: PCM, an array of any rate and dtype, a WAV, a blob, or a stream of these, as fast as it comes.

        `rate` is the Hz of bytes and arrays; all is sent as 16 kHz s16le mono. Calls of one piece are one sound, as far
        as resampling is concerned; what comes from a stream is a sound of its own.
        `end` says that this was all for now: where the server listens for pauses it needs that, or the silence after
        the words; it is `audio_stream_end`, and `activity_end` where activity is marked.
        From the session's loop. Raises BadInput, UsageError, SessionClosed, and what a stream raises.
        """
        self._running.check()
        if isinstance(audio, AsyncIterable):
            await self._send_sound(self._sound.flush())
            async with self._running.while_open():
                await self._send_stream(audio, rate)
        else:
            await self._send_sound(self._sound.feed(audio, rate))
        if end:
            await self._mark("activity_end" if self._running.marks_activity else "audio_stream_end")

    async def send_video_realtime(
        self, image: ImageLike | AsyncIterable[ImageLike], *, mime_type: str | None = None
    ) -> None:
        """A live picture, or a stream of them: JPEG, PNG or WebP, as bytes, a path or a blob. From the session's loop.

        One a second at most: a second picture waits, and of a stream the newest is taken (Firebase's reference:
        "individual video frames at 1 FPS"). Raises BadInput, MissingInput, SessionClosed, and what a stream raises.
        """
        self._running.check()
        async with self._running.while_open():
            if isinstance(image, AsyncIterable):
                await send_newest(image, lambda one: self._send_picture(image_blob(one, mime_type)), self._pacer)
                return
            picture = image_blob(image, mime_type)
            try:
                await asyncio.sleep(self._pacer.due(self._running.loop.time()))
            except asyncio.CancelledError:
                self._pacer.give_back()
                raise
            await self._send_picture(picture)

    async def send_realtime_input(
        self,
        *,
        text: str | None = None,
        audio: AudioLike | AsyncIterable[AudioLike] | None = None,
        video: ImageLike | AsyncIterable[ImageLike] | None = None,
        media: Blob | None = None,
        activity_start: bool = False,
        activity_end: bool = False,
        audio_stream_end: bool = False,
    ) -> None:
        """One kind of live input. From the session's loop.

        `activity_start` and `activity_end` mark the user's speech where `vad="manual"`; elsewhere the server listens
        for it, and `audio_stream_end` says that sound pauses. `media` is the old name of audio and video.
        Raises UsageError for none or several, and for marks that this session has no use for; SessionClosed.
        """
        marks = {
            "activity_start": activity_start,
            "activity_end": activity_end,
            "audio_stream_end": audio_stream_end,
        }
        inputs: dict[str, object] = {"text": text, "audio": audio, "video": video, "media": media}
        given = [name for name, value in inputs.items() if value is not None] + [n for n, on in marks.items() if on]
        if len(given) != 1:
            what = f"{' and '.join(given)} are several inputs" if given else "there is no input in this"
            raise UsageError(what, hint="one keyword a call: text, audio, video, or a mark")
        if text is not None:
            await self.send_text_realtime(text)
        elif audio is not None:
            await self.send_audio_realtime(audio)
        elif video is not None:
            await self.send_video_realtime(video)
        elif media is not None:
            await self.send_media_chunks([media])
        else:
            await self._mark(given[0])

    async def send_media_chunks(self, chunks: Sequence[Blob]) -> None:
        """Pieces of sound and pictures, each in today's form by its MIME type. From the session's loop.

        Raises BadInput, UsageError for a type that is neither, SessionClosed. Obsolete in Firebase, where this is from.
        """
        self._running.check()
        for chunk in chunks:
            if (chunk.mime_type or "").startswith("audio/"):
                await self.send_audio_realtime(chunk)
            elif (chunk.mime_type or "").startswith("image/"):
                await self.send_video_realtime(chunk)
            else:
                raise UsageError(
                    f"{chunk.mime_type or 'no type'} is neither sound nor a picture", hint="audio/… or image/…"
                )

    async def send_media_stream(self, stream: AsyncIterable[Blob]) -> None:
        """The same for a stream, until it ends. From the session's loop. Raises what `send_media_chunks` raises."""
        self._running.check()
        async with self._running.while_open():
            async for chunk in stream:
                await self.send_media_chunks([chunk])

    async def start_media_stream(self, stream: AsyncIterable[Blob]) -> None:
        """`send_media_stream` by the name that Firebase's guide for Dart has. From the session's loop."""
        await self.send_media_stream(stream)

    async def send_function_responses(self, responses: Response | Sequence[Response]) -> None:
        """Answers calls; `scheduling` and `will_continue` are fields of an answer. From the session's loop.

        Answers to calls that the model has taken back are not sent. Raises UsageError for what is no answer, or has no
        id where the endpoint demands one; SessionClosed.
        """
        answers = responses_of(responses, demands_ids=self._running.reached.demands_ids)
        wanted = [answer for answer in answers if not (answer.id and answer.id in self._running.cancelled)]
        self._running.check()
        if wanted:
            await self._running.say(ClientMessage(tool_response=ToolResponse(function_responses=wanted)))

    async def send_tool_response(self, function_responses: Response | Sequence[Response]) -> None:
        """`send_function_responses` by the name of Google's other libraries. From the session's loop."""
        await self.send_function_responses(function_responses)

    async def send_context_update(
        self, *, system_instruction: Instruction | None = None, tools: ToolLike | Sequence[ToolLike] | None = None
    ) -> None:
        """A new instruction or new tools from now on; `tools=[]` takes all away, what is left out stays.

        From the session's loop. Raises UsageError for neither, SessionClosed. Gemini 3.8 takes it (google-genai 3.4.0,
        `send_context_update`).
        """
        if system_instruction is None and tools is None:
            raise UsageError("there is nothing new in this update", hint="system_instruction=… or tools=…")
        self._demand_known(tools)
        if why := refuses_updates(self.model):
            raise UsageError("the context cannot be changed in this session", why=why, hint="begin another session")
        update = ContextUpdate()
        if system_instruction is not None:
            update.system_instruction = instruction_of(system_instruction)
        if tools is not None:
            update.tools = ContextUpdateTools(tools=tools_of(tools))
        await self._running.say(ClientMessage(context_update=update))

    def _demand_known(self, tools: ToolLike | Sequence[ToolLike] | None) -> None:
        """Raises UsageError for functions that this session does not run."""
        box = self._running.toolbox
        new = [one for one in functions_of(tools) if box is None or not box.has(one)]
        if new:
            name = getattr(new[0], "__name__", repr(new[0]))
            hint = "give it to the model, with the other tools, before the session begins"
            raise UsageError(f"the function {name} is new, and this session does not run it", hint=hint)

    async def _mark(self, mark: str) -> None:
        self._running.check()
        manual = mark != "audio_stream_end"
        if manual != self._running.marks_activity:
            why = "the server listens for speech itself" if manual else "this session marks the activity itself"
            raise UsageError(f"{mark} has no use here", why=why, hint="vad='manual' or 'server' decides it")
        if mark != "activity_start":
            await self._send_sound(self._sound.flush())
        await self._running.post(_MARKS[mark]())

    async def _send_stream(self, audio: AsyncIterable[AudioLike], rate: int) -> None:
        """A sound of its own: what is left of it when it breaks off is nobody's."""
        sound = Sound()
        async for piece in audio:
            await self._send_sound(sound.feed(piece, rate))
        await self._send_sound(sound.flush())

    async def _send_sound(self, pieces: Sequence[bytes]) -> None:
        for pcm in pieces:
            await self._running.post(Heard(pcm))

    async def _send_picture(self, picture: Blob) -> None:
        await self._running.post(Said(ClientMessage(realtime_input=RealtimeInput(video=picture))))

    # ----------------------------------------------------------------------------------------- receiving

    def receive(self) -> AsyncIterator[ServerMessage]:
        """All messages of the session as they come, over all turns. From the session's loop, one consumer at a time.

        It ends when the session ends gracefully, from either side (close codes 1000 and 1001), and raises the
        LivechatError otherwise. A loop may be left at any time: the next goes on where it stopped. Whoever receives
        nothing makes the server wait after some ten seconds of a reply. Raises SessionClosed after `close`, and
        UsageError where somebody else is waiting for a message, `events` and `turns` included.
        """
        return self._running.each(message_in)

    def events(self) -> AsyncIterator[Event]:
        """The news of the session instead: words as they come, interruptions, calls, ends of turns.

        From the session's loop; the rules are those of `receive`. A session that breaks off tells `Failed` and `Ended`
        before it raises.
        """
        return self._running.each(event_in)

    def turns(self) -> AsyncIterator[Turn]:
        """Whole turns instead, each when it is over.

        From the session's loop; the rules are those of `receive`, but a session that ends in the middle of a turn
        raises, whatever its close code.
        """
        return self._running.each(turn_in)

    def stop_receiving(self) -> None:
        """Ends the iterations that go on; the session stays open. From the session's loop."""
        self._running.stop_receiving()

    # ------------------------------------------------------------------------------------- conversations

    async def start_audio_conversation(
        self,
        *,
        microphone: MicrophoneLike = None,
        speaker: SpeakerLike = None,
        tools: Tools | None = None,
        echo: EchoWay = "auto",
    ) -> AudioConversation:
        """Has the user talk with the model by microphone and speaker, until `stop` or the end. From the session's loop.

        microphone: None is the system's own; a name or number of a device; an async iterator of 16 kHz s16le mono; or
        False for none. speaker: None, a device, a function that is given 24 kHz s16le mono as it would sound, or False.
        Nobody has to receive meanwhile: the newest of what comes is kept for who does later.
        tools: functions that answer the model's calls, by name. echo: "auto", "on", "off" or "half-duplex".
        Raises UsageError where one goes on already, DeviceError, SessionClosed.
        """
        from livechat.library.audio_conversation import AudioConversation

        self._running.check()
        if self.in_conversation:
            raise UsageError("an audio conversation holds this session already", hint="stop() it first")
        if self._running.tasks is None:
            raise self._running.refusal()
        conversation = self._conversation = AudioConversation(
            self._running.body,
            self._running.tasks,
            microphone=microphone,
            speaker=speaker,
            tools=tools,
            echo=echo,
            elsewhere=() if self._running.toolbox is None else self._running.toolbox.marks,
        )
        await conversation.begun()
        return conversation

    # --------------------------------------------------------------------------------------------- its end

    async def close(self) -> None:
        """Says what is still to be said and ends the session; a second time does nothing. From any thread and task.

        Loops over it end. When this returns nothing of it is left.
        """
        if self._running.loop.is_closed():
            return
        if asyncio.get_running_loop() is self._running.loop:
            await self._close()
        else:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._close(), self._running.loop))

    async def _close(self) -> None:
        await self._running.close()
        if self._conversation is not None:
            await self._conversation.stop()


_MARKS: Final[dict[str, type[FloorClaimed] | type[FloorYielded] | type[HearingEnded]]] = {
    "activity_start": FloorClaimed,
    "activity_end": FloorYielded,
    "audio_stream_end": HearingEnded,
}
