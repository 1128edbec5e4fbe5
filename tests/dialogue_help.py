"""Words that the plays of the Dialogue are written in."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, cast
from uuid import UUID

from livechat.protocol.client import ClientContent, ClientMessage, RealtimeInput, ToolResponse
from livechat.protocol.codec import decode_client_message
from livechat.protocol.parts import (
    Blob,
    Content,
    FunctionCall,
    FunctionDeclaration,
    FunctionResponse,
    Part,
    Transcription,
)
from livechat.protocol.server import GoAway, ServerContent, ServerMessage, SessionResumptionUpdate, UsageMetadata
from livechat.server.acts import ClientSaid, Connected, HangUp, Note, OpenEars, Order, Send, Think, Ticked, Told, WarmUp
from livechat.server.agreement import Terms
from livechat.server.brain import Said
from livechat.server.dialogue import Dialogue
from livechat.server.ears import SpeechEnded, SpeechPaused, SpeechResumed, SpeechStarted
from livechat.server.scenario import UNLIMITED, Limits, Resumption, Scenario
from livechat.server.sessions import Sessions
from tests.playbook import Playbook

SESSION = UUID("12345678-1234-5678-1234-567812345678")
TEXT_MODEL = "gemini-2.0-flash-live-001"
AUDIO_MODEL = "gemini-2.5-flash-native-audio-latest"
ENDLESS = Scenario(limits=UNLIMITED)
QUICK = Terms(SESSION, speculative=True, scenario=ENDLESS)
VERTEX = Terms(SESSION, vertex=True, version="v1beta1", speculative=True, scenario=ENDLESS)

SECOND = 48_000
"""Bytes of a second of sound."""
STARTED, PAUSED, RESUMED, ENDED = SpeechStarted(0), SpeechPaused(600), SpeechResumed(700), SpeechEnded(1000, 500)

Play = Playbook[Told, Order]
Role = Literal["user", "model", "system", "tool"]


# ------------------------------------------------------------------------------------------ what happens


def frame(text: str) -> ClientSaid:
    """What a client's frame says, as it comes from the wire."""
    return ClientSaid(decode_client_message(text))


def asks(text: str, *, complete: bool = True, role: str = "user") -> ClientSaid:
    turn = Content(role=role, parts=[Part(text=text)])
    return ClientSaid(ClientMessage(client_content=ClientContent(turns=[turn], turn_complete=complete)))


def types(text: str) -> ClientSaid:
    return ClientSaid(ClientMessage(realtime_input=RealtimeInput(text=text)))


def sends_sound(pcm: bytes, mime_type: str | None = "audio/pcm;rate=16000") -> ClientSaid:
    return ClientSaid(ClientMessage(realtime_input=RealtimeInput(audio=Blob(data=pcm, mime_type=mime_type))))


def answers(
    name: str,
    response: dict[str, Any],
    id: str | None = None,
    *,
    scheduling: str | None = None,
    will_continue: bool | None = None,
) -> ClientSaid:
    answer = FunctionResponse(id=id, name=name, response=response, scheduling=scheduling, will_continue=will_continue)
    return ClientSaid(ClientMessage(tool_response=ToolResponse(function_responses=[answer])))


# --------------------------------------------------------------------------------------- what comes out


class Matching:
    """Equal to whatever passes a test; says what it stands for."""

    def __init__(self, name: str, test: Callable[[object], bool]) -> None:
        self._name = name
        self._test = test

    def __eq__(self, other: object) -> bool:
        return self._test(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return self._name


def order_that(name: str, test: Callable[[object], bool]) -> Order:
    """Whatever order passes the test; in a play nobody looks at it but `==`."""
    return cast(Order, Matching(name, test))


def content(**fields: object) -> Send:
    return Send(ServerMessage(server_content=ServerContent.model_validate(fields)))


def writes(text: str) -> Send:
    return content(model_turn=Content(parts=[Part(text=text)]))


def transcript(text: str) -> Send:
    return content(output_transcription=Transcription(text=text))


def hearing(text: str) -> Send:
    return content(interim_input_transcription=Transcription(text=text))


def heard(text: str) -> Send:
    return content(input_transcription=Transcription(text=text, finished=True))


def sound_in(order: object) -> bytes | None:
    """The sound in a Send, if it is one of sound."""
    said = order.message.server_content if isinstance(order, Send) else None
    parts = said.model_turn.parts if said and said.model_turn else None
    return parts[0].inline_data.data if parts and parts[0].inline_data else None


def words_in(order: object) -> str:
    """The transcript in a Send, if it is one."""
    said = order.message.server_content if isinstance(order, Send) else None
    return said.output_transcription.text or "" if said and said.output_transcription else ""


def sounds(size: int) -> Order:
    return order_that(f"Send(<{size} bytes of sound>)", lambda order: len(sound_in(order) or b"") == size)


def usage_in(order: object) -> UsageMetadata | None:
    """The usage beside turnComplete."""
    if not isinstance(order, Send) or order.message.server_content is None:
        return None
    return order.message.usage_metadata if order.message.server_content.turn_complete else None


def closes(code: int, *words: str) -> Order:
    def right(order: object) -> bool:
        return isinstance(order, HangUp) and order.code == code and all(word in order.reason for word in words)

    return order_that(f"HangUp({code}, ...{words})", right)


GENERATED = content(generation_complete=True)
INTERRUPTED = content(interrupted=True)
ENDS = order_that("Send(turnComplete, usage)", lambda order: usage_in(order) is not None)


def thinks(reply: int, *said: tuple[Role, str], tools: tuple[FunctionDeclaration, ...] = ()) -> Think:
    return Think(reply, tuple(Said(role, text) for role, text in said), tools)


# -------------------------------------------------------------------------------------------- the stage


def connected(terms: Terms = QUICK) -> Play:
    return Playbook[Told, Order](Dialogue(terms), tick=Ticked, ignore=(Note, WarmUp)) >> Connected()


def setup(agreed: str = "{}", *, model: str = TEXT_MODEL) -> ClientSaid:
    """A setup with what stands in `agreed` beside the model."""
    return frame(json.dumps({"setup": {"model": f"models/{model}", **json.loads(agreed)}}))


def session(agreed: str = "{}", *, model: str = TEXT_MODEL, terms: Terms = QUICK) -> Play:
    """A session whose setup has been answered."""
    play = connected(terms) >> setup(agreed, model=model) << Send << OpenEars
    assert play
    return play


def written(terms: Terms = QUICK, agreed: str = "{}") -> Play:
    """A session that is answered in writing."""
    both = {"generationConfig": {"responseModalities": ["TEXT"]}, **json.loads(agreed)}
    return session(json.dumps(both), terms=terms)


def spoken(agreed: str = "{}", terms: Terms = QUICK) -> Play:
    """A session answered in sound and asked to write down what it says."""
    return session(json.dumps({"outputAudioTranscription": {}, **json.loads(agreed)}), model=AUDIO_MODEL, terms=terms)


# ------------------------------------------------------------------------------- the session and its limits


AS_USUAL = Resumption()


def limited(limits: Limits = UNLIMITED, resumption: Resumption = AS_USUAL, *, vertex: bool = False) -> Terms:
    """The terms of a server of its own, with these limits."""
    scenario = Scenario(limits=limits, resumption=resumption)
    return replace(VERTEX if vertex else QUICK, scenario=scenario, sessions=Sessions(resumption, limits))


def goes_away(left: str) -> Send:
    return Send(ServerMessage(go_away=GoAway(time_left=left)))


def offers(handle: str | None) -> Send:
    """The handle that a client is told of, or that there is none now."""
    update = SessionResumptionUpdate(new_handle=handle, resumable=True) if handle else SessionResumptionUpdate()
    return Send(ServerMessage(session_resumption_update=update))


BUSY = offers(None)


def handle_in(order: object) -> str:
    """The handle in an order, "" if there is none."""
    update = order.message.session_resumption_update if isinstance(order, Send) else None
    return (update.new_handle or "") if update else ""


HANDLE = order_that("Send(a new handle)", lambda order: bool(handle_in(order)))


def ends(status: str | None = None) -> Order:
    """turnComplete with exactly this interactionStatus."""

    def right(order: object) -> bool:
        said = order.message.server_content if isinstance(order, Send) else None
        return said is not None and said.turn_complete is True and said.interaction_status == status

    return order_that(f"Send(turnComplete, {status})", right)


def muses(text: str) -> Order:
    """A thought of the model's, signed."""

    def right(order: object) -> bool:
        said = order.message.server_content if isinstance(order, Send) else None
        parts = (said.model_turn.parts if said and said.model_turn else None) or []
        return [(part.text, part.thought, bool(part.thought_signature)) for part in parts] == [(text, True, True)]

    return order_that(f"Send(thought {text!r})", right)


def calls_in(order: object) -> list[FunctionCall]:
    """The calls in an order."""
    call = order.message.tool_call if isinstance(order, Send) else None
    return list(call.function_calls or []) if call else []


def calling(*names: str) -> Order:
    return order_that(f"Send(toolCall {names})", lambda order: [call.name for call in calls_in(order)] == list(names))
