"""Messages as a Dialogue sends them, and what comes of them on the way: for tests of the mischief and its courier."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from livechat.protocol.parts import Blob, Content, FunctionCall, Part, Transcription
from livechat.protocol.server import GoAway, ServerContent, ServerMessage, SetupComplete, ToolCall, UsageMetadata
from livechat.server.mischief import Leaving, Mischief
from livechat.server.scenario import Fault, FaultAct, Kind, Network, Scenario, When

PLAIN = Network()
SETUP = ServerMessage(setup_complete=SetupComplete())
TURN_COMPLETE = ServerMessage(server_content=ServerContent(turn_complete=True), usage_metadata=UsageMetadata())
INTERRUPTED = ServerMessage(server_content=ServerContent(interrupted=True))
CALL = ServerMessage(tool_call=ToolCall(function_calls=[FunctionCall(id="1", name="f", args={})]))
GO_AWAY = ServerMessage(go_away=GoAway(time_left="50s"))


def text(words: str) -> ServerMessage:
    return ServerMessage(server_content=ServerContent(model_turn=Content(parts=[Part(text=words)])))


def heard(words: str) -> ServerMessage:
    return ServerMessage(server_content=ServerContent(output_transcription=Transcription(text=words)))


def sound(data: bytes, mime_type: str = "audio/pcm;rate=24000", role: str | None = None) -> ServerMessage:
    part = Part(inline_data=Blob(data=data, mime_type=mime_type))
    turn = Content(parts=[part]) if role is None else Content(parts=[part], role=role)
    return ServerMessage(server_content=ServerContent(model_turn=turn))


def at(
    act: FaultAct,
    kind: Kind | None = None,
    nth: int = 1,
    *,
    onwards: bool = False,
    after_s: float | None = None,
    byte: int | None = None,
    connection: int | None = None,
) -> Fault:
    return Fault(act, When(kind, nth, onwards, after_s, byte, connection))


def halved(pcm: bytes, rate_in: int, rate_out: int) -> bytes:
    """A resampler that is easy to foresee: takes every second sample and holds nothing back but a mark at the end."""
    assert rate_in == 2 * rate_out
    return b"".join(pcm[i : i + 2] for i in range(0, len(pcm), 4)) if pcm else b"\xee\xee"


def draw_half() -> float:
    return 0.5


def mischief(
    *faults: Fault,
    connection: int = 1,
    draw: Callable[[], float] = draw_half,
    now: float = 0.0,
    network: Network = PLAIN,
) -> Mischief:
    return Mischief(Scenario(faults=faults, network=network), connection, draw, halved, now)


def drained(of: Mischief, now: float = 0.0) -> list[tuple[float, Leaving]]:
    """All that leaves from now on, each at its time."""
    left: list[tuple[float, Leaving]] = []
    while True:
        while (leaving := of.next(now)) is not None:
            left.append((now, leaving))
        if of.deadline is None:
            return left
        assert of.deadline > now, "it would be asked for ever"
        now = of.deadline


def passed(of: Mischief, messages: Iterable[ServerMessage]) -> list[object]:
    """What comes of messages that are all sent at 0, without the times."""
    for message in messages:
        of.send(message, 0.0)
    return [gist(leaving) for _, leaving in drained(of)]


def gist(leaving: Leaving) -> object:
    """A frame in short: the words, the sound or the name of what is in it; everything else as it is."""
    if not isinstance(leaving, (bytes, str)):
        return leaving
    try:
        message: Any = json.loads(leaving)
    except ValueError:
        return leaving
    return _gist(message)


def _gist(message: dict[str, Any]) -> object:
    content = message.get("serverContent")
    if content is None:
        return next(iter(message), None)
    if "modelTurn" not in content:
        return next(iter(content))
    part = content["modelTurn"]["parts"][0]
    return part.get("text") or (sound_of(message) if "inlineData" in part else next(iter(part)))


def sound_of(message: dict[str, Any]) -> bytes:
    from base64 import b64decode

    return b64decode(message["serverContent"]["modelTurn"]["parts"][0]["inlineData"]["data"])
