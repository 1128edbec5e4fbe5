"""Speech that needs no models, brains that need no wit, and a wire that is a list: for tests of the server's body."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from livechat.protocol.codec import encode
from livechat.protocol.parts import FunctionCall, FunctionDeclaration
from livechat.protocol.server import ServerMessage
from livechat.server.agreement import Terms
from livechat.server.brain import Brain, Said
from livechat.server.connection import Connection
from livechat.server.dialogue import Dialogue
from livechat.server.ears import Ears, EarSettings
from livechat.server.intake import Hearing
from livechat.server.lines import Gone, Hurt
from livechat.server.studio import Studio

SESSION = UUID("12345678-1234-5678-1234-567812345678")
MS = 32
"""Bytes of a millisecond of 16 kHz sound."""
PATIENCE_S = 300.0
SPEECH = b"\x10\x27"
"""A sample that counts as a voice; silence is zero."""


class LoudIsSpeech:
    """A detector for which everything but silence is a voice."""

    def __call__(self, frame: bytes) -> float:
        return 1.0 if any(frame) else 0.0

    def reset(self) -> None:
        pass


class PretendSpeech:
    """Hears any sound as a voice, reads it as `words`, and speaks 10 ms for each character."""

    notes: Sequence[str] = ()

    def __init__(self, words: str = "What time is it?") -> None:
        self.words = words

    @property
    def transcriber(self) -> PretendSpeech:
        return self

    @property
    def voice(self) -> PretendSpeech:
        return self

    def ears(self, settings: EarSettings, hint_after_ms: int = 100) -> Ears:
        return Ears(settings, hint_after_ms, LoudIsSpeech())

    def transcribe(self, pcm: bytes) -> str:
        return self.words if any(pcm) else ""

    def speak(self, text: str, voice_name: str, *, speed: float = 1.0) -> bytes:
        return b"\x01\x00" * (240 * len(text))


class Says:
    """A brain that always says the same, piece by piece."""

    speculative = True

    def __init__(self, *pieces: str | FunctionCall) -> None:
        self.pieces = pieces
        self.histories: list[list[Said]] = []
        self.closed = 0
        self.taken = 0

    async def respond(
        self, history: Sequence[Said], tools: Sequence[FunctionDeclaration]
    ) -> AsyncIterator[str | FunctionCall]:
        self.histories.append(list(history))
        try:
            for piece in self.pieces:
                self.taken += 1
                yield piece
        finally:
            self.closed += 1


class InstantStudio(Studio):
    """A studio whose work takes a set time of the loop's clock and no thread."""

    def __init__(self, speech: PretendSpeech, reading_s: float = 0.1, speaking_s: float = 0.02) -> None:
        super().__init__(lambda: speech, lambda line: None)
        self.speech = speech
        self.reading_s = reading_s
        self.speaking_s = speaking_s
        self.readings = 0
        """Those that came to their end."""

    def warm_up(self) -> None:
        pass

    async def ears(self, settings: EarSettings | None) -> Hearing:
        return self.speech.ears(settings or EarSettings())

    async def transcribe(self, pcm: bytes) -> str:
        await asyncio.sleep(self.reading_s)
        self.readings += 1
        return self.speech.transcribe(pcm)

    async def speak(self, text: str, voice_name: str) -> bytes:
        await asyncio.sleep(self.speaking_s)
        return self.speech.speak(text, voice_name)


class Client:
    """The other end of a connection: what it says is queued, what it is told is kept with the time."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[str | bytes] = asyncio.Queue()
        self.told: list[tuple[float, dict[str, Any]]] = []
        self.closed: tuple[int, str] | None = None
        self.aborted = False
        self.suffered: list[Hurt] = []
        self.reads = asyncio.Event()
        self.reads.set()

    # as the connection sees it

    async def receive(self) -> str | bytes:
        frame = await self.said.get()
        if frame == b"":
            raise Gone
        return frame

    async def send(self, message: ServerMessage) -> None:
        await self.reads.wait()
        self.told.append((asyncio.get_running_loop().time(), json.loads(encode(message))))

    async def suffer(self, act: Hurt) -> None:
        self.suffered.append(act)

    async def close(self, code: int, reason: str) -> None:
        await asyncio.sleep(0.01)
        self.closed = (code, reason)

    def abort(self) -> None:
        self.aborted = True

    # as a test sees it

    def says(self, **message: object) -> None:
        self.said.put_nowait(json.dumps(message))

    def leaves(self) -> None:
        self.said.put_nowait(b"")

    def asks(self, text: str) -> None:
        self.says(clientContent={"turns": [{"role": "user", "parts": [{"text": text}]}], "turnComplete": True})

    async def speaks(self, milliseconds: int, sample: bytes = SPEECH) -> None:
        """Sound or silence in frames of 20 ms, in real time."""
        import base64

        data = base64.b64encode(sample * (20 * MS // 2)).decode()
        for _ in range(milliseconds // 20):
            self.says(realtimeInput={"audio": {"data": data, "mimeType": "audio/pcm;rate=16000"}})
            await asyncio.sleep(0.02)

    async def until(self, wanted: Callable[[dict[str, Any]], object]) -> float:
        """Waits until it is told something of that kind, and says when it was."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for when, message in self.told:
                    if wanted(message):
                        return when
                await asyncio.sleep(0.001)

    def told_of(self, name: str) -> list[Any]:
        """The values of one field of serverContent, in order."""
        contents = [message["serverContent"] for _, message in self.told if "serverContent" in message]
        return [content[name] for content in contents if name in content]


def is_sound(message: dict[str, Any]) -> bool:
    turn = message.get("serverContent", {}).get("modelTurn")
    return bool(turn) and "inlineData" in turn["parts"][0]


def has(name: str) -> Callable[[dict[str, Any]], bool]:
    """Messages whose serverContent has this field."""
    return lambda message: name in message.get("serverContent", {})


@asynccontextmanager
async def connected(
    brain: Brain, studio: Studio, log: Callable[[str], None] = lambda line: None
) -> AsyncGenerator[Client, None]:
    """A client at one end of a running connection; at the end of the block it has left."""
    client = Client()
    dialogue = Dialogue(Terms(SESSION, speculative=brain.speculative))
    connection = Connection(client, dialogue, brain, studio, log)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(connection.run())
        yield client
        client.leaves()


def setup(modality: str = "AUDIO", **fields: object) -> dict[str, Any]:
    model = "gemini-2.5-flash-native-audio-latest" if modality == "AUDIO" else "gemini-2.0-flash-live-001"
    generation = {"responseModalities": [modality]}
    return {"model": f"models/{model}", "generationConfig": generation, "inputAudioTranscription": {}, **fields}


def detection(silence_ms: int = 300) -> dict[str, Any]:
    return {"automaticActivityDetection": {"silenceDurationMs": silence_ms}}
