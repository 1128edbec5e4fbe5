"""The synchronous front, for notebooks and scripts: the sessions of the library without a loop and without await.

    with livechat.connect_sync(voice="Puck") as session:
        print(session.ask("Tell a short story.").text)

Each session has a loop in a thread of its own, which is gone soon after the session, and does not keep the interpreter
from ending. Where another loop runs already (Jupyter) it does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self, Unpack

from livechat.errors import LivechatError, SessionClosed
from livechat.library.portal import Portal, drawn_aside
from livechat.library.session import LiveSession
from livechat.library.sounds import SENT_RATE
from livechat.library.sync_connection import Sync, SyncConnection, on_the_loop, pieces_of
from livechat.library.sync_music import SyncMusicSession as SyncMusicSession

if TYPE_CHECKING:
    from types import TracebackType

    from livechat.audio.echo_choice import EchoChoice
    from livechat.events import Event, UsageCounted
    from livechat.library.audio_conversation import AudioConversation
    from livechat.library.backends import Backend
    from livechat.library.call_runner import Tools
    from livechat.library.callbacks import Callbacks
    from livechat.library.config import LiveChanges, LiveConfig
    from livechat.library.contents import Request, Response
    from livechat.library.devices import EchoWay, MicrophoneLike, SpeakerLike
    from livechat.library.frames import ImageLike
    from livechat.library.given import Instruction, ToolLike
    from livechat.library.model import LiveGenerativeModel
    from livechat.library.sounds import AudioLike
    from livechat.library.turns import Turn
    from livechat.protocol.parts import Blob
    from livechat.protocol.server import ServerMessage


class SyncSession(Sync[LiveSession]):
    """An open session of a Live model, for code that cannot await. `connect_sync` makes it.

    Everything is for any thread, and waits until it is done. Ctrl-C ends the waiting, not the session. A callback is
    called in the thread of the session's loop, where none of these methods can wait: UsageError says so.
    """

    def __repr__(self) -> str:
        return f"<SyncSession {self.model} {'closed' if self.is_closed else 'open'}>"

    @property
    def model(self) -> str:
        """The model's name as its endpoint spells it: `models/…`. From any thread."""
        return self._held.model

    @property
    def session_id(self) -> str:
        """The server's name for this session, where it gives one (Vertex AI). From any thread."""
        return self._held.session_id

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be sent any more. From any thread."""
        return self._portal.over or self._held.is_closed

    @property
    def in_conversation(self) -> bool:
        """Whether an audio conversation holds this session. From any thread."""
        return self._held.in_conversation

    @property
    def error(self) -> LivechatError | None:
        """What broke the session off, or None. From any thread."""
        return self._held.error

    @property
    def handle(self) -> str | None:
        """The newest handle to resume the session by, where they were asked for. From any thread."""
        return self._held.handle

    @property
    def usage(self) -> UsageCounted:
        """The tokens of the session so far, by modality. From any thread."""
        return self._held.usage

    # ------------------------------------------------------------------------------------------- sending

    def send(self, request: Request, turn_complete: bool = True) -> None:
        """Says something to the model; `turn_complete=False` has it wait for more. From any thread.

        Raises UsageError for what cannot be said, SessionClosed.
        """
        self._call(lambda: self._held.send(request, turn_complete))

    def send_client_content(self, turns: Request | None = None, *, turn_complete: bool = True) -> None:
        """The same for several turns of both sides; with none it ends the user's turn. From any thread.

        Raises UsageError, SessionClosed.
        """
        self._call(lambda: self._held.send_client_content(turns, turn_complete=turn_complete))

    def say(self, text: str) -> None:
        """Says one line the way the model's family takes typed words. From any thread. Raises SessionClosed."""
        self._call(lambda: self._held.say(text))

    def ask(self, request: Request) -> Turn:
        """Says something and gives the turn with its answer. From any thread.

        Raises what `send` and `turns` raise.
        """
        return self._call(lambda: self._held.ask(request))

    def send_text_realtime(self, text: str) -> None:
        """Live text, which is answered like speech. From any thread. Raises SessionClosed."""
        self._call(lambda: self._held.send_text_realtime(text))

    def send_audio_realtime(
        self, audio: AudioLike | Iterable[AudioLike], *, rate: int = SENT_RATE, end: bool = False
    ) -> None:
        """Live sound: PCM, an array of any rate and dtype, a WAV, a blob, or an iterable of these. From any thread.

        `rate` is the Hz of bytes and arrays; all is sent as 16 kHz s16le mono. `end` says that this was all for now. An
        iterable is drawn in the calling thread, as fast as the socket takes it. Raises BadInput, UsageError,
        SessionClosed, and what an iterable raises.
        """
        self._feed(audio, lambda sound: self._held.send_audio_realtime(sound, rate=rate, end=end))

    def send_video_realtime(self, image: ImageLike | Iterable[ImageLike], *, mime_type: str | None = None) -> None:
        """A live picture, or an iterable of them: JPEG, PNG or WebP, as bytes, a path or a blob. From any thread.

        One a second at most; of an iterable, which is drawn in the calling thread, the newest is taken. Raises
        BadInput, MissingInput, SessionClosed, and what an iterable raises.
        """
        self._feed(image, lambda picture: self._held.send_video_realtime(picture, mime_type=mime_type))

    def send_realtime_input(
        self,
        *,
        text: str | None = None,
        audio: AudioLike | Iterable[AudioLike] | None = None,
        video: ImageLike | Iterable[ImageLike] | None = None,
        media: Blob | None = None,
        activity_start: bool = False,
        activity_end: bool = False,
        audio_stream_end: bool = False,
    ) -> None:
        """One kind of live input; what each means is told by `LiveSession.send_realtime_input`. From any thread.

        Raises UsageError for none or several, and for marks that this session has no use for; SessionClosed.
        """
        given: dict[str, Any] = {
            "text": text,
            "audio": audio,
            "video": video,
            "media": media,
            "activity_start": activity_start,
            "activity_end": activity_end,
            "audio_stream_end": audio_stream_end,
        }
        stream = next((name for name in ("audio", "video") if pieces_of(given[name]) is not None), None)
        if stream is None:
            self._call(lambda: self._held.send_realtime_input(**given))
        else:
            self._feed(given[stream], lambda drawn: self._held.send_realtime_input(**{**given, stream: drawn}))

    def send_media_chunks(self, chunks: Sequence[Blob]) -> None:
        """Pieces of sound and pictures, each in today's form by its MIME type. From any thread.

        Raises BadInput, UsageError for a type that is neither, SessionClosed.
        """
        self._call(lambda: self._held.send_media_chunks(chunks))

    def send_media_stream(self, stream: Iterable[Blob]) -> None:
        """The same for an iterable, until it ends; it is drawn in the calling thread. From any thread."""
        self._portal.feed(stream, self._held.send_media_stream)

    def start_media_stream(self, stream: Iterable[Blob]) -> None:
        """`send_media_stream` by the name that Firebase's guide for Dart has. From any thread."""
        self.send_media_stream(stream)

    def send_function_responses(self, responses: Response | Sequence[Response]) -> None:
        """Answers calls. From any thread. Raises UsageError for what is no answer or lacks its id; SessionClosed."""
        self._call(lambda: self._held.send_function_responses(responses))

    def send_tool_response(self, function_responses: Response | Sequence[Response]) -> None:
        """`send_function_responses` by the name of Google's other libraries. From any thread."""
        self.send_function_responses(function_responses)

    def send_context_update(
        self, *, system_instruction: Instruction | None = None, tools: ToolLike | Sequence[ToolLike] | None = None
    ) -> None:
        """A new instruction or new tools from now on; `tools=[]` takes all away. From any thread.

        Raises UsageError for neither, SessionClosed.
        """
        self._call(lambda: self._held.send_context_update(system_instruction=system_instruction, tools=tools))

    # ----------------------------------------------------------------------------------------- receiving

    def receive(self) -> Iterator[ServerMessage]:
        """All messages of the session as they come, over all turns. From any thread, one consumer at a time.

        It ends when the session ends gracefully and raises the LivechatError otherwise; a loop may be left at any time,
        and the next goes on where it stopped. Raises SessionClosed after `close`, UsageError for a second consumer.
        """
        return self._each(self._held.receive)

    def events(self) -> Iterator[Event]:
        """The news of the session instead: words as they come, interruptions, ends of turns. From any thread.

        The rules are those of `receive`.
        """
        return self._each(self._held.events)

    def turns(self) -> Iterator[Turn]:
        """Whole turns instead, each when it is over. From any thread. The rules are those of `receive`."""
        return self._each(self._held.turns)

    def stop_receiving(self) -> None:
        """Ends the iterations that go on in other threads; the session stays open. From any thread."""
        self._call(on_the_loop(self._held.stop_receiving))

    # ------------------------------------------------------------------------------------- conversations

    def start_audio_conversation(
        self,
        *,
        microphone: MicrophoneLike | Iterable[AudioLike] = None,
        speaker: SpeakerLike = None,
        tools: Tools | None = None,
        echo: EchoWay = "auto",
    ) -> SyncAudioConversation:
        """Has the user talk with the model by microphone and speaker, until `stop` or the end. From any thread.

        What can be given is told by `LiveSession.start_audio_conversation`; a microphone may be a plain iterable of 16
        kHz s16le mono too, which is drawn in a thread of its own. A function given as speaker is called in the loop's
        thread. Raises UsageError where one goes on already, DeviceError, SessionClosed.
        """

        async def start() -> AudioConversation:
            return await self._held.start_audio_conversation(
                microphone=_aside(microphone), speaker=speaker, tools=tools, echo=echo
            )

        return SyncAudioConversation(self._portal, self._call(start))


class SyncAudioConversation:
    """An audio conversation, for code that cannot await. `SyncSession.start_audio_conversation` makes it."""

    def __init__(self, portal: Portal[Any], conversation: AudioConversation) -> None:
        self._portal = portal
        self._conversation = conversation

    def __enter__(self) -> Self:
        """The conversation itself, for a block behind which it stops. From any thread."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops it. From any thread."""
        self.stop()

    @property
    def ended(self) -> bool:
        """Whether it is over. From any thread."""
        return self._portal.over or self._conversation.ended

    @property
    def muted(self) -> bool:
        """Whether the microphone is not heard; may be set. From any thread."""
        return self._conversation.muted

    @muted.setter
    def muted(self, muted: bool) -> None:
        self._conversation.muted = muted

    @property
    def echo(self) -> EchoChoice:
        """What is done about the echo, and why: `how` is "on", "off" or "half-duplex". From any thread."""
        return self._conversation.echo

    @property
    def device_names(self) -> tuple[str, str]:
        """Of the microphone and of the speaker that are used now; foreign text. From any thread."""
        return self._conversation.device_names

    def stop(self) -> None:
        """Ends the conversation; the session stays open. From any thread, as often as one likes.

        Raises the DeviceError that has ended it, if nobody knows.
        """
        with suppress(SessionClosed):
            self._portal.call(self._conversation.stop)

    def wait(self) -> None:
        """Waits until it is over. From any thread. Raises the DeviceError that has ended it."""
        with suppress(SessionClosed):
            self._portal.call(self._conversation.wait)


def connect_sync(
    model: LiveGenerativeModel | str | None = None,
    *,
    backend: Backend | str | None = None,
    config: LiveConfig | None = None,
    callbacks: Callbacks | None = None,
    **changes: Unpack[LiveChanges],
) -> SyncConnection[SyncSession]:
    """A session without a loop: `with livechat.connect_sync(voice="Puck") as session`. From any thread.

    Takes what `livechat.connect` takes. Callbacks are called in the thread of the session's loop. Raises UsageError;
    the block raises what `LiveGenerativeModel.connect` raises.
    """
    from livechat.library.model import made

    wanted = made(model, backend=backend, config=config, **changes)
    return SyncConnection(lambda: wanted.connect(callbacks), SyncSession)


def _aside(microphone: MicrophoneLike | Iterable[AudioLike]) -> MicrophoneLike:
    if isinstance(microphone, Iterable) and not isinstance(microphone, str):
        return drawn_aside(microphone)
    return microphone
