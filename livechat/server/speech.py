"""Loads everything that the server hears and speaks with, at once on two cores."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from livechat.server import models
from livechat.server.ears import Ears, EarSettings, Silero, load_silero
from livechat.server.transcriber import Transcriber, load_transcriber
from livechat.server.voice import Voice, load_voice


@dataclass(frozen=True)
class Speech:
    """What all conversations share: the voice detector, the transcriber and the voice; all thread-safe.

    `notes` are lines for a log: one for each shipped model that a folder replaces.
    """

    silero: Silero
    transcriber: Transcriber
    voice: Voice
    notes: tuple[str, ...] = ()

    def ears(self, settings: EarSettings, hint_after_ms: int = 100) -> Ears:
        """Ears for one stream."""
        return Ears(settings, hint_after_ms, self.silero.detector())


def load_speech(folder: Path | None = None) -> Speech:
    """The shipped models, those found in `folder` instead of theirs. Blocks for about a second.

    Raises LivechatError as `models.find` and `models.load` do.
    """
    found = [models.find(model, folder) for model in models.REPLACEABLE]
    notes = tuple(place.note for place in found if place.note)
    with ThreadPoolExecutor(1) as pool:
        transcriber = pool.submit(load_transcriber, folder)
        voice, silero = load_voice(folder), load_silero(folder)
        return Speech(silero, transcriber.result(), voice, notes)
