"""How the embedded server words its messages: shape by shape what was recorded of production."""

from __future__ import annotations

import json
import re
from uuid import UUID

from livechat.protocol.codec import encode
from livechat.protocol.parts import FunctionCall, Transcription
from livechat.protocol.server import ServerMessage
from livechat.server import dialect
from livechat.server.dialect import Dialect
from livechat.server.tokens import Tokens

SESSION = UUID("f162d11d-434a-4212-8a31-f1a4843cad11")
DEVELOPER, VERTEX = Dialect(SESSION), Dialect(SESSION, vertex=True)


def wire(message: ServerMessage) -> object:
    return json.loads(encode(message))


def test_only_vertex_names_the_session() -> None:
    assert wire(DEVELOPER.setup_complete()) == {"setupComplete": {}}
    assert wire(VERTEX.setup_complete()) == {"setupComplete": {"sessionId": str(SESSION)}}


def test_only_vertex_says_whose_turn_it_is() -> None:
    parts = [{"text": "Yes"}]
    assert wire(DEVELOPER.written("Yes")) == {"serverContent": {"modelTurn": {"parts": parts}}}
    assert wire(VERTEX.written("Yes")) == {"serverContent": {"modelTurn": {"parts": parts, "role": "model"}}}


def test_only_the_developer_api_tells_the_rate_of_sound() -> None:
    blob = {"data": "AP8=", "mimeType": "audio/pcm;rate=24000"}
    assert wire(DEVELOPER.sounded(b"\x00\xff")) == {"serverContent": {"modelTurn": {"parts": [{"inlineData": blob}]}}}
    assert '"mimeType":"audio/pcm"' in encode(VERTEX.sounded(b"ab"))


def test_usage_is_spelt_as_each_api_spells_it() -> None:
    prompt, response = Tokens(text=515), Tokens(audio=31)
    assert wire(DEVELOPER.turn_complete(DEVELOPER.usage(prompt, response))) == {
        "serverContent": {"turnComplete": True},
        "usageMetadata": {
            "promptTokenCount": 515,
            "responseTokenCount": 31,
            "totalTokenCount": 546,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 515}],
            "responseTokensDetails": [{"modality": "AUDIO", "tokenCount": 31}],
        },
    }
    assert wire(ServerMessage(usage_metadata=VERTEX.usage(prompt, response))) == {
        "usageMetadata": {
            "promptTokenCount": 515,
            "candidatesTokenCount": 31,
            "totalTokenCount": 546,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 515}],
            "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 31}],
            "trafficType": "ON_DEMAND",
        }
    }


def test_details_name_every_modality_there_is() -> None:
    usage = DEVELOPER.usage(Tokens(text=1, audio=2), Tokens())
    assert [(d.modality, d.token_count) for d in usage.prompt_tokens_details or []] == [("TEXT", 1), ("AUDIO", 2)]
    assert usage.response_tokens_details == []


def test_call_ids_have_the_form_of_their_api_and_never_repeat() -> None:
    ids = [DEVELOPER.call_id(number) for number in range(100)]
    assert all(re.fullmatch(r"function-call-\d{1,20}", id) and int(id[14:]) < 2**64 for id in ids)
    assert len(set(ids)) == 100
    assert ids[7] == Dialect(SESSION).call_id(7)
    assert str(UUID(VERTEX.call_id(1))) == VERTEX.call_id(1)


def test_a_turn_with_nothing_to_answer_says_that_it_waits() -> None:
    message = DEVELOPER.turn_complete(DEVELOPER.usage(Tokens(), Tokens()), waiting=True)
    assert '"turnCompleteReason":"NEED_MORE_INPUT","waitingForInput":true' in encode(message)


def test_the_small_news_are_worded_as_on_the_wire() -> None:
    assert wire(dialect.generation_complete()) == {"serverContent": {"generationComplete": True}}
    assert wire(dialect.interrupted()) == {"serverContent": {"interrupted": True}}
    assert wire(dialect.cancelled(["a", "b"])) == {"toolCallCancellation": {"ids": ["a", "b"]}}
    (said,) = DEVELOPER.transcribed(" hi", first=True)
    assert wire(said) == {"serverContent": {"outputTranscription": {"text": " hi"}}}
    assert wire(dialect.heard(Transcription(text="hi", finished=True))) == {
        "serverContent": {"inputTranscription": {"text": "hi", "finished": True}}
    }
    call = FunctionCall(id="1", name="f", args={"a": None})
    (called,) = DEVELOPER.called([call], in_code=False)
    assert wire(called) == {"toolCall": {"functionCalls": [{"id": "1", "name": "f", "args": {"a": None}}]}}


def test_a_reason_is_cut_at_a_character_to_what_a_close_frame_holds() -> None:
    assert dialect.reason("short") == "short"
    assert dialect.reason("x" * 200) == "x" * 123
    assert dialect.reason("é" * 100) == "é" * 61
