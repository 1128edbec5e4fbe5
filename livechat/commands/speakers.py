"""Which speaker a command's options ask for: a sound card, a file or pipe, both, or none."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from livechat.errors import UsageError

if TYPE_CHECKING:
    from livechat.audio.playout import Report, Speaker


def speaker_for(*, play: bool, out: str | None) -> Callable[[Report], Speaker] | None:
    """Makes the speaker once the session is there to report to. What is wrong with `out` or the sound card is raised
    now, before a word is sent: UsageError, DeviceError. Called from the loop.
    """
    if out == "-" and sys.stdout.isatty():
        raise UsageError(
            "refusing to write sound to a terminal",
            hint="livechat send-audio FILE -o FILE.wav\nlivechat send-audio FILE -o - | aplay -f S16_LE -r 24000",
        )
    if play:
        from livechat.audio.device import output_available

        if problem := output_available():
            raise problem
    if not play and out is None:
        return None

    from livechat.audio.sink import open_sink

    sink = open_sink(out) if out is not None else None

    def make(played: Report) -> Speaker:
        from livechat.audio.playout import CollectingSpeaker, TeeSpeaker

        if not play:
            assert sink is not None
            return CollectingSpeaker(sink, played)
        from livechat.audio.device import DeviceSpeaker

        speaker = DeviceSpeaker(played)
        return TeeSpeaker(speaker, sink) if sink is not None else speaker

    return make
