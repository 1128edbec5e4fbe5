"""The turns of a conversation as a program takes them: whole, with what was said and heard in each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from livechat.errors import DeviceError
from livechat.events import PLAYED_RATE, Event, Failed, ModelThought, TurnEnded
from livechat.protocol.server import ServerMessage


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
    """The server's turnCompleteReason where it gave one, or `missing turnComplete`."""

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


@dataclass(frozen=True, slots=True)
class Sounded:
    """A piece of the model's sound, of which turn it is."""

    turn: int
    pcm: bytes
    """24 kHz s16le mono."""


Item: TypeAlias = ServerMessage | Event | Sounded
"""What a session's inbox holds, in the order in which it happened."""


class TurnMaker:
    """Makes turns of what happens. What belongs to none that ends is thrown away with this."""

    def __init__(self) -> None:
        self._audio: dict[int, list[bytes]] = {}
        self._thoughts: dict[int, list[str]] = {}

    def __call__(self, item: Item) -> Turn | None:
        """The turn that this ends. Raises the error of a session that failed."""
        match item:
            case Sounded(turn, pcm):
                self._audio.setdefault(turn, []).append(pcm)
            case ModelThought(turn, text):
                self._thoughts.setdefault(turn, []).append(text)
            case TurnEnded():
                return self._turn(item)
            case Failed():
                raise item.error
            case _:
                pass
        return None

    def _turn(self, ended: TurnEnded) -> Turn:
        audio = b"".join(self._audio.pop(ended.turn, ()))
        thoughts = "".join(self._thoughts.pop(ended.turn, ()))
        return Turn(ended.turn, ended.user, ended.text, audio, thoughts, ended.interrupted, ended.reason)
