"""Reads the meters of a call: how loud the microphone and the speaker are, who speaks, how far the listener is."""

from __future__ import annotations

import asyncio
from math import inf
from typing import TYPE_CHECKING, Final

from livechat.audio.pcm import SPEECH_RATE
from livechat.audio.peaks import Peaks
from livechat.audio.speech_end import SpeechEnd
from livechat.terminal.inputs import Gauged, Playing

if TYPE_CHECKING:
    from livechat.ear import Ear
    from livechat.session import Session

FRAME_S: Final = 0.02


class CallMeters:
    """Of the running loop. `session` and `ear` come when there are some."""

    def __init__(self) -> None:
        self.sounded: Peaks = Peaks()
        """Its `add` is a tap of the speaker."""
        self.voice: SpeechEnd = SpeechEnd()
        """Knows whether the user speaks; whoever hears the microphone feeds it."""
        self.session: Session | None = None
        self.ear: Ear | None = None
        self._heard = Peaks()
        self._clock = asyncio.get_running_loop().time

    def heard(self, pcm: bytes) -> None:
        """A frame of the microphone, as it came."""
        self._heard.add(pcm, SPEECH_RATE, self._clock() - FRAME_S)

    def read(self) -> Gauged:
        """The state of things."""
        now, listens = self._clock(), self.ear is not None and not self.ear.muted
        mind = self.session.conversation if self.session is not None else None
        progress = mind.progress if mind is not None else None
        return Gauged(
            self._heard.read(now) if listens else -inf,
            self.sounded.read(now),
            speaking=listens and self.voice.speaking,
            playing=Playing(*progress) if progress is not None and progress.heard_ms else None,
            kept_s=mind.kept_s if mind is not None else 0.0,
        )
