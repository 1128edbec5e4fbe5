"""The turns of a conversation as a program takes them: whole, with what was said and heard in each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from livechat.errors import DeviceError
from livechat.events import PLAYED_RATE, Event, Failed, ModelThought, TurnEnded
from livechat.protocol.server import ServerMessage
from livechat.turn_taking import BROKEN


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer, when it is over."""

    number: int
    """Counted from 1."""
    user: str
    """What the user said: typed, or the transcript of the speech."""
    text: str
    """What the model answered: the transcript of its speech, or what it wrote where it did not speak."""
    audio: bytes = b""
    """What it spoke: s16le mono, 24 kHz; empty where an audio conversation played it."""
    thoughts: str = ""
    """Summaries of its reasoning, where they were asked for."""
    interrupted: bool = False
    """The answer was cut off."""
    reason: str = ""
    """The server's turnCompleteReason where it gave one, `missing turnComplete`, or `connection lost`."""

    @property
    def seconds(self) -> float:
        """How long `audio` is, in seconds. From any thread."""
        return len(self.audio) / 48_000

    def save(self, path: str | Path) -> None:
        """Writes `audio` as a WAV file, over what is there. From any thread. Raises DeviceError where it cannot be."""
        import wave

        try:
            with Path(path).open("wb") as stream, wave.open(stream, "wb") as file:
                file.setparams((1, 2, PLAYED_RATE, 0, "NONE", ""))
                file.writeframes(self.audio)
        except OSError as error:
            raise DeviceError(f"cannot write {path}", why=error.strerror or str(error)) from None


Item: TypeAlias = ServerMessage | Event | Turn
"""What a session's inbox holds, in the order in which it happened."""


class TurnMaker:
    """Makes turns of what happens in a session."""

    def __init__(self) -> None:
        self._audio: dict[int, list[bytes]] = {}
        self._thoughts: dict[int, list[str]] = {}
        self._asked_again = ""
        """What the user said in a turn whose answer went with its connection: the next turn answers it."""

    def sounded(self, turn: int, pcm: bytes) -> None:
        """A piece of the model's sound has come, 24 kHz s16le mono."""
        self._audio.setdefault(turn, []).append(pcm)

    def __call__(self, event: Event) -> Turn | None:
        """The turn that this ends."""
        if isinstance(event, ModelThought):
            self._thoughts.setdefault(event.turn, []).append(event.text)
        return self._turn(event) if isinstance(event, TurnEnded) else None

    def _turn(self, ended: TurnEnded) -> Turn | None:
        audio = b"".join(self._audio.pop(ended.turn, ()))
        thoughts = "".join(self._thoughts.pop(ended.turn, ()))
        user, self._asked_again = ended.user or self._asked_again, ""
        if ended.reason == BROKEN and user:
            self._asked_again = user  # half an answer is none: the whole one follows
            return None
        return Turn(ended.turn, user, ended.text, audio, thoughts, ended.interrupted, ended.reason)


def turn_in(item: Item) -> Turn | None:
    """The item, if it is a turn. Raises the error of a session that failed."""
    if isinstance(item, Failed):
        raise item.error
    return item if isinstance(item, Turn) else None


def event_in(item: Item) -> Event | None:
    """The item, if it is news."""
    return None if isinstance(item, (ServerMessage, Turn)) else item
