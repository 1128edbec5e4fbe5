"""What faults make of a single message: padded, in another form, its sound at another rate or cut amiss."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from livechat.protocol.codec import encode
from livechat.protocol.parts import Blob, Content, Part
from livechat.protocol.server import ServerContent, ServerMessage
from livechat.server.kinds import sounds_in
from livechat.server.scenario import Rate

Resample: TypeAlias = Callable[[bytes, int, int], bytes]
"""Takes the next s16le mono of a stream from one rate in Hz to another; no bytes end the stream and give its rest."""

SOUND_HZ = 24_000
"""The rate of the model's voice where a type does not say it."""
_RATE = re.compile(r"; *rate=([0-9]{1,7})")


def frame_of(message: ServerMessage) -> bytes:
    """A message as production sends it: pretty, in a binary frame, in ASCII (see `codec.encode`)."""
    return encode(message, pretty=True).encode("ascii")


def padded(message: ServerMessage, size: int) -> bytes:
    """The frame of a message so many bytes long; where it is longer by itself, it only gets the unknown field."""
    short = frame_of(message.model_copy(update={"padding": ""}))
    return frame_of(message.model_copy(update={"padding": "x" * (size - len(short))}))


def other_form(message: ServerMessage) -> list[ServerMessage]:
    """The calls of a message once more as parts of the model's turn, as some servers send them."""
    calls = message.tool_call.function_calls if message.tool_call else None
    parts = [Part(function_call=call) for call in calls or ()]
    return [ServerMessage(server_content=ServerContent(model_turn=Content(parts=parts)))] if parts else []


class Sound:
    """The stream of sound of one connection, at other rates and cut between the bytes of a sample."""

    def __init__(self, resample: Resample) -> None:
        self._resample = resample
        self._odd = b""
        """Half a sample that goes out with what comes next."""
        self._rates: tuple[int, int] | None = None
        """From and to: the stream that is being resampled."""
        self._mime_type: str | None = None
        self._role: str | None = None

    def spoiled(self, message: ServerMessage, rate: Rate | None, *, odd: bool) -> list[ServerMessage]:
        """The message with its sound at that rate and in odd bytes; before it what the last rate left over."""
        if not (sounds_in(message) and (rate or odd or self._odd or self._rates)):
            return [message]
        left_over = [] if self._rates is None or (rate and rate.hz == self._rates[1]) else self.rest()
        message = message.model_copy(deep=True)
        self._role = _role(message)
        for blob in sounds_in(message):
            if rate is not None:
                self._change_rate(blob, rate)
            self._cut(blob, odd=odd)
        return [*left_over, message]

    def rest(self) -> list[ServerMessage]:
        """What is still held back, as a message of its own, if it is anything."""
        data, self._odd = self._odd, b""
        if self._rates is not None:
            data += self._resample(b"", *self._rates)
            self._rates = None
        if not data:
            return []
        part = Part(inline_data=Blob(mime_type=self._mime_type, data=data))
        turn = Content(parts=[part]) if self._role is None else Content(parts=[part], role=self._role)
        return [ServerMessage(server_content=ServerContent(model_turn=turn))]

    def _change_rate(self, blob: Blob, rate: Rate) -> None:
        told = _RATE.search(blob.mime_type or "")
        self._rates = (int(told[1]) if told else SOUND_HZ, rate.hz)
        blob.data = self._resample(blob.data or b"", *self._rates)
        if rate.told:
            blob.mime_type = f"audio/pcm;rate={rate.hz}"

    def _cut(self, blob: Blob, *, odd: bool) -> None:
        data = self._odd + (blob.data or b"")
        whole = len(data) - 1 if odd and data and len(data) % 2 == 0 else len(data)
        blob.data, self._odd = data[:whole], data[whole:]
        self._mime_type = blob.mime_type


def _role(message: ServerMessage) -> str | None:
    content = message.server_content
    return content.model_turn.role if content and content.model_turn else None
