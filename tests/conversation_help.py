"""What plays of the client's mind are made of: a mind, a session that is open, and the frames of a server."""

from __future__ import annotations

import json

from livechat.closing import Facts
from livechat.conversation import Conversation, Terms
from livechat.events import (
    Input,
    Opened,
    Output,
    Played,
    Received,
    ReplyCame,
    Send,
    Ticked,
)
from livechat.protocol.client import ClientContent, ClientMessage
from livechat.protocol.codec import decode_server_message
from livechat.protocol.parts import Blob, Content, Part
from livechat.protocol.server import ServerMessage
from livechat.protocol.setup import Setup
from tests.playbook import Playbook

SECOND = bytes(48_000)
"""One second of sound at 24 kHz."""

SETUP = Setup(model="models/gemini-3.8-live")


def mind(model: str = "models/gemini-3.8-live", *, plays: bool = True) -> Conversation:
    return Conversation(Terms(Setup(model=model), plays=plays, facts=Facts(server="somewhere")))


def play(conversation: Conversation, *ignore: type[Output]) -> Playbook[Input, Output]:
    """A play of a session that is already open."""
    conversation.handle(Opened(), 0.0)
    conversation.handle(came({"setupComplete": {}}), 0.0)
    return Playbook(conversation, tick=Ticked, ignore=(ReplyCame, *ignore))


def came(message: dict[str, object]) -> Received:
    return Received(decode_server_message(json.dumps(message)))


def content(**fields: object) -> Received:
    return came({"serverContent": fields})


def sound(pcm: bytes = SECOND) -> Received:
    part = Part(inline_data=Blob(data=pcm, mime_type="audio/pcm;rate=24000"))
    message = ServerMessage.model_validate({"serverContent": {"modelTurn": {}}})
    assert message.server_content
    message.server_content.model_turn = Content(parts=[part])
    return Received(message)


def said(text: str) -> Received:
    return content(outputTranscription={"text": text})


def wrote(text: str, **part: object) -> Received:
    return content(modelTurn={"parts": [{"text": text, **part}]})


COMPLETE = content(turnComplete=True)
GENERATED = content(generationComplete=True)
INTERRUPTED = content(interrupted=True)
PLAYED_ALL = Played(24_000)


def typed(text: str) -> Send:
    words = Content(role="user", parts=[Part(text=text)])
    return Send(ClientMessage(client_content=ClientContent(turns=[words], turn_complete=True)))
