"""What the meters of a call show, on virtual time."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import cast

import pytest

from livechat.audio.speech_end import SpeechEnd
from livechat.commands.call_meters import FRAME_S, CallMeters
from livechat.ear import Ear
from livechat.session import Session
from livechat.terminal.inputs import Gauged, Playing
from livechat.turns import Progress
from tests import virtual

HALF = array("h", [16_384] * 320).tobytes()
"""20 ms at -6 dBFS."""
SIX = -6.0206


@dataclass
class Conversation:
    """Nothing of which sounds, or something."""

    progress: Progress | None = None
    kept_s: float = 0.0


@dataclass
class Call:
    """Session and ear at once."""

    muted: bool = False
    conversation: Conversation = field(default_factory=Conversation)


class Speaking(SpeechEnd):
    """Hears a voice all the time."""

    @property
    def speaking(self) -> bool:
        return True


def gauged(play: Callable[[CallMeters], None], call: Call | None = None, after_s: float = 0.0) -> Gauged:
    """What is read so long after the play, in a call or before there is one."""

    async def main() -> Gauged:
        meters = CallMeters()
        if call is not None:
            meters.session, meters.ear = cast("Session", call), cast("Ear", call)
        await asyncio.sleep(1)
        play(meters)
        await asyncio.sleep(after_s)
        return meters.read()

    return virtual.run(main())


def nothing(meters: CallMeters) -> None:
    pass


def a_frame(meters: CallMeters) -> None:
    meters.heard(HALF)


def a_sound(meters: CallMeters) -> None:
    meters.sounded.add(HALF, 16_000, asyncio.get_running_loop().time())


def a_voice(meters: CallMeters) -> None:
    meters.voice = Speaking()
    a_frame(meters)


@pytest.mark.parametrize(
    ("play", "call", "after_s", "expected"),
    [
        (nothing, None, 0, (-inf, -inf, False)),
        (a_frame, None, 0, (-inf, -inf, False)),
        (a_frame, Call(), 0, (SIX, -inf, False)),
        (a_frame, Call(), 0.2, (-inf, -inf, False)),
        (a_frame, Call(muted=True), 0, (-inf, -inf, False)),
        (a_sound, Call(), FRAME_S / 2, (-inf, SIX, False)),
        (a_sound, Call(muted=True), FRAME_S / 2, (-inf, SIX, False)),
        (a_voice, Call(), 0, (SIX, -inf, True)),
        (a_voice, Call(muted=True), 0, (-inf, -inf, False)),
    ],
    ids=[
        *("before there is a call", "with nobody listening", "who is heard", "who was heard", "who is muted"),
        *("what sounds", "what sounds while muted", "who speaks", "who speaks while muted"),
    ],
)
def test_the_meters_show(
    play: Callable[[CallMeters], None], call: Call | None, after_s: float, expected: tuple[float, float, bool]
) -> None:
    shown = gauged(play, call, after_s)
    assert (shown.mic_dbfs, shown.out_dbfs) == pytest.approx(expected[:2], abs=0.001)
    assert shown.speaking is expected[2]
    assert shown.playing is None


@pytest.mark.parametrize(
    ("progress", "playing"),
    [
        (None, None),
        (Progress(3, heard_ms=0, arrived_ms=500), None),
        (Progress(3, heard_ms=20, arrived_ms=500), Playing(3, 20, 500)),
    ],
    ids=["none comes", "none is heard yet", "it is heard"],
)
def test_how_far_the_listener_is_in_a_reply(progress: Progress | None, playing: Playing | None) -> None:
    assert gauged(nothing, Call(conversation=Conversation(progress))).playing == playing


def test_what_of_the_users_voice_waits_for_a_connection_is_told() -> None:
    assert gauged(lambda _: None, Call(conversation=Conversation(kept_s=1.5))).kept_s == 1.5
