"""Tests the codec: what was captured from real clients and servers, what is malformed, and the short cut for sound."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livechat.errors import LocalProtocolError, RemoteProtocolError
from livechat.protocol.client import ActivityStart, ClientMessage, RealtimeInput
from livechat.protocol.codec import MAX_FRAME, audio_frame, decode_client_message, decode_server_message, encode
from livechat.protocol.parts import Blob, FunctionCall, FunctionResponse, Part
from livechat.protocol.server import ServerMessage, ToolCall
from livechat.protocol.wire import Wire
from tests.wire_facts import exactly, framed, said, vectors

Decode = Callable[[str | bytes], Wire]
DECODERS = [decode_client_message, decode_server_message]
CLIENTS = [*vectors("client_python.jsonl"), *vectors("client_js.jsonl"), *vectors("client_music.jsonl")]
SERVERS = vectors("server.jsonl")
REWRITTEN = {
    "srv.resumption_transparent": {
        "sessionResumptionUpdate": {"newHandle": "h", "resumable": True, "lastConsumedClientMessageIndex": 12}
    },
    "srv.voice_activity_long": {"voiceActivity": {"type": "ACTIVITY_END"}},
    "srv.snake_case": {"serverContent": {"turnComplete": True}},
    "srv.null_fields": {"serverContent": {"turnComplete": True}},
}
"""Server messages that are not canonical as they came, and how they are written."""


def dialects(value: object) -> list[str | bytes]:
    pretty, plain = json.dumps(value, indent=2) + "\n", json.dumps(value, ensure_ascii=False)
    return [json.dumps(value), pretty, plain, pretty.encode(), plain.encode()]


@pytest.mark.parametrize("vector", CLIENTS, ids=lambda vector: vector["id"])
def test_what_real_clients_sent_is_written_canonically(vector: dict[str, Any]) -> None:
    canonical = vector.get("canonical", vector["json"])
    for frame in dialects(vector["json"]):
        message = decode_client_message(frame)
        written = encode(message)
        assert json.loads(written) == canonical
        assert decode_client_message(written) == message
        assert encode(decode_client_message(written)) == written


@pytest.mark.parametrize(
    "vector", [vector for vector in SERVERS if vector["id"] != "srv.json_array"], ids=lambda vector: vector["id"]
)
def test_what_servers_send_is_read_and_kept(vector: dict[str, Any]) -> None:
    for frame in dialects(vector["message"]):
        message = decode_server_message(frame)
        assert json.loads(encode(message)) == REWRITTEN.get(vector["id"], vector["message"])


@pytest.mark.parametrize(
    ("decode", "name"), [*zip(DECODERS, ["client.ClientMessage", "server.ServerMessage"], strict=True)]
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_the_dialect_one_language_comes_out(decode: Decode, name: str, data: st.DataObject) -> None:
    sent, canonical = data.draw(said(name, depth=5))
    message = decode(data.draw(framed(sent)))
    written = encode(message)
    assert exactly(json.loads(written)) == exactly(canonical)
    assert decode(written) == message
    assert encode(decode(written)) == written
    assert written.isascii()


MALFORMED: list[str | bytes] = [
    "",
    " \n",
    b"",
    "not json",
    "[1, 2]",
    "[]",
    "5",
    '"text"',
    "null",
    "true",
    "{",
    '{"setup": {}} x',
    "{'setup': {}}",
    '{"setup": {},}',
    '{"x": NaN}',
    '{"x": 1e999}',
    '{"x": "\\ud800"}',
    '{"x": "\ud800"}',
    b'{"x": "\xff"}',
    b"\x00\x01\x02",
    '{"x": "\x00"}',
    "[" * 100_000,
    '{"x":' * 100_000 + "1" + "}" * 100_000,
    '{"x": ' + "9" * 5000 + "}",
    "\ufeff{}",
]


@pytest.mark.parametrize("decode", DECODERS)
@pytest.mark.parametrize("frame", MALFORMED, ids=lambda frame: repr(frame[:12]))
def test_what_is_no_message_is_refused(decode: Decode, frame: str | bytes) -> None:
    assert_refused(decode, frame)


@pytest.mark.parametrize(
    "frame",
    [
        '{"setup": []}',
        '{"setup": {"model": 5}}',
        '{"setup": {"generationConfig": {"temperature": "hot"}}}',
        '{"setup": {"generationConfig": {"temperature": NaN}}}',
        '{"setup": {"generationConfig": {"seed": 1.5}}}',
        '{"setup": {"tools": {}}}',
        '{"setup": {"tools": [null]}}',
        '{"setup": {"labels": {"a": 1}}}',
        '{"setup": {"systemInstruction": "be brief"}}',
        '{"clientContent": {"turns": "hello"}}',
        '{"clientContent": {"turnComplete": "yes"}}',
        '{"clientContent": {"turns": [{"parts": [{"functionCall": {"args": {"a": -Infinity}}}]}]}}',
        '{"realtimeInput": {"audio": {"data": "AA*="}}}',
        '{"realtime_input": {"media_chunks": [{"data": 5}]}}',
        '{"realtimeInput": {"activityStart": true}}',
        '{"toolResponse": {"functionResponses": [{"response": "done"}]}}',
        '{"playbackControl": 1}',
    ],
)
def test_a_client_s_wrong_type_is_refused(frame: str) -> None:
    assert_refused(decode_client_message, frame)


@pytest.mark.parametrize(
    "frame",
    [
        '{"serverContent": true}',
        '{"serverContent": {"modelTurn": {"parts": {"text": "x"}}}}',
        '{"serverContent": {"modelTurn": {"parts": [{"inlineData": {"data": "AAAAA"}}]}}}',
        '{"serverContent": {"groundingMetadata": {"groundingChunks": [{"web": 5}]}}}',
        '{"toolCall": {"functionCalls": [{"args": []}]}}',
        '{"usageMetadata": {"totalTokenCount": "many"}}',
        '{"sessionResumptionUpdate": {"lastConsumedClientMessageIndex": 9223372036854775808}}',
        '{"goAway": {"timeLeft": 50}}',
    ],
)
def test_a_server_s_wrong_type_is_refused(frame: str) -> None:
    assert_refused(decode_server_message, frame)


def assert_refused(decode: Decode, frame: str | bytes) -> None:
    with pytest.raises(RemoteProtocolError) as refused:
        decode(frame)
    error = refused.value
    assert error.__cause__ is None
    assert error.__context__ is None
    assert 0 < len(error.problem) <= 250
    assert len(error.excerpt) <= RemoteProtocolError.EXCERPT


def test_the_problem_names_the_place() -> None:
    with pytest.raises(RemoteProtocolError, match=r"setup\.generationConfig\.speechConfig: "):
        decode_client_message('{"setup": {"generationConfig": {"speechConfig": 5}}}')


def test_long_names_make_no_long_problem() -> None:
    name = "n" * 10_000
    assert_refused(decode_client_message, f'{{"setup": {{"labels": {{"{name}": 5}}}}}}')


def test_a_million_wrong_turns_are_refused_at_the_first() -> None:
    assert_refused(decode_client_message, '{"clientContent":{"turns":[' + "1," * 1_000_000 + "1]}}")


@pytest.mark.parametrize("decode", DECODERS)
@pytest.mark.parametrize("sign", ["a", "é", "€", "🙂"])
@pytest.mark.parametrize("binary", [False, True])
def test_sixteen_mebibytes_pass_and_one_byte_more_does_not(decode: Decode, sign: str, binary: bool) -> None:
    rest = MAX_FRAME - len('{"x":""}')
    count, fill = divmod(rest, len(sign.encode()))
    for extra in (0, 1):
        text = f'{{"x":"{sign * count}{"." * (fill + extra)}"}}'
        frame = text.encode() if binary else text
        assert len(text.encode()) == MAX_FRAME + extra
        if extra:
            assert_refused(decode, frame)
        else:
            decode(frame)


def test_a_surrogate_in_a_large_text_frame_is_refused_like_any() -> None:
    assert_refused(decode_client_message, '{"x":"' + "\ud800" * (MAX_FRAME // 4) + '"}')


def test_frames_of_unknown_fields_are_kept() -> None:
    for decode in DECODERS:
        assert (
            encode(decode('{"some_thing": {"a_b": [null]}, "code": 400}')) == '{"some_thing":{"a_b":[null]},"code":400}'
        )


def test_the_order_of_a_frame_does_not_hang_on_chance() -> None:
    frame = '{"usageMetadata": {}, "serverContent": {"turnComplete": true, "interrupted": true, "modelTurn": {}}}'
    written = '{"serverContent":{"modelTurn":{},"interrupted":true,"turnComplete":true},"usageMetadata":{}}'
    assert encode(decode_server_message(frame)) == written


def test_a_frame_is_ascii_whatever_is_said() -> None:
    assert encode(Part(text="grüß 你好 🙂")) == '{"text":"gr\\u00fc\\u00df \\u4f60\\u597d \\ud83d\\ude42"}'


@pytest.mark.parametrize(
    "vector", [vector for vector in SERVERS if vector["id"] != "srv.json_array"], ids=lambda vector: vector["id"]
)
def test_pretty_says_the_same_in_the_lines_that_production_sends(vector: dict[str, Any]) -> None:
    message = decode_server_message(json.dumps(vector["message"]))
    written = encode(message, pretty=True)
    assert written == json.dumps(json.loads(encode(message)), indent=2) + "\n"
    assert written.isascii()


def test_an_empty_answer_to_the_setup_is_pretty_too() -> None:
    assert encode(decode_server_message('{"setupComplete":{}}'), pretty=True) == '{\n  "setupComplete": {}\n}\n'


def test_pretty_is_no_way_around_what_json_cannot_say() -> None:
    with pytest.raises(LocalProtocolError):
        encode(Part(text="\ud800"), pretty=True)


@pytest.mark.parametrize(
    "message",
    [
        FunctionResponse(response={"a": (float("nan"),)}),
        FunctionResponse(response={"a": b"bytes"}),
        FunctionResponse(response={"a": {1, 2}}),
        FunctionResponse(response={"a": "\ud800"}),
        Part(text="half \udc80"),
        Blob(data=b"", mime_type="audio/\ud800"),
    ],
    ids=["not a number", "bytes", "a set", "half a pair", "the other half", "in a name"],
)
def test_what_json_cannot_say_is_our_own_fault(message: Wire) -> None:
    with pytest.raises(LocalProtocolError) as refused:
        encode(message)
    assert refused.value.__context__ is None
    assert len(refused.value.why) <= 120


def test_a_circle_is_our_own_fault() -> None:
    circle: dict[str, Any] = {}
    circle["again"] = circle
    with pytest.raises(LocalProtocolError):
        encode(
            ServerMessage(
                tool_call=ToolCall(function_calls=[FunctionCall.model_construct(args=circle, _fields_set={"args"})])
            )
        )


def test_a_backslash_before_letters_is_no_surrogate() -> None:
    assert json.loads(encode(Part(text="\\ud800 \\\\udfff"))) == {"text": "\\ud800 \\\\udfff"}


def heard(**blob: object) -> ClientMessage:
    return ClientMessage(realtime_input=RealtimeInput(audio=Blob.model_validate(blob)))


@given(data=st.binary(max_size=2000), mime_type=st.text())
def test_the_short_way_of_sound_is_the_long_way(data: bytes, mime_type: str) -> None:
    message = heard(data=data, mime_type=mime_type)
    long_way = json.dumps(
        {"realtimeInput": message.realtime_input.to_wire()} if message.realtime_input else {}, default=Wire.to_wire
    )
    assert json.loads(encode(message)) == json.loads(long_way)
    assert encode(message) == audio_frame(data, mime_type)
    assert decode_client_message(audio_frame(data, mime_type)) == message


@pytest.mark.parametrize(
    ("message", "written"),
    [
        (heard(data=b"", mime_type="m"), {"realtimeInput": {"audio": {"data": "", "mimeType": "m"}}}),
        (heard(data=b"\0"), {"realtimeInput": {"audio": {"data": "AA=="}}}),
        (heard(data=None, mime_type="m"), {"realtimeInput": {"audio": {"mimeType": "m"}}}),
        (heard(data=b"", mime_type=None), {"realtimeInput": {"audio": {"data": ""}}}),
        (heard(data=b"", mime_type="m", new=1), {"realtimeInput": {"audio": {"data": "", "mimeType": "m", "new": 1}}}),
        (ClientMessage(realtime_input=None), {}),
        (ClientMessage(realtime_input=RealtimeInput(audio=None)), {"realtimeInput": {}}),
        (
            ClientMessage(
                realtime_input=RealtimeInput(activity_start=ActivityStart(), audio=Blob(data=b"", mime_type="m"))
            ),
            {"realtimeInput": {"audio": {"data": "", "mimeType": "m"}, "activityStart": {}}},
        ),
        (
            ClientMessage.model_validate(
                {"realtime_input": RealtimeInput(audio=Blob(data=b"", mime_type="m")), "new": 1}
            ),
            {"realtimeInput": {"audio": {"data": "", "mimeType": "m"}}, "new": 1},
        ),
    ],
)
def test_the_short_way_is_taken_by_nothing_but_sound(message: ClientMessage, written: object) -> None:
    assert json.loads(encode(message)) == written


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_an_unknown_field_added_later_is_not_lost_on_the_short_way(depth: int) -> None:
    message = heard(data=b"", mime_type="m")
    assert message.realtime_input is not None
    assert message.realtime_input.audio is not None
    holder = (message, message.realtime_input, message.realtime_input.audio)[depth]
    assert holder.model_extra is not None
    holder.model_extra["new"] = 1
    assert '"new":1' in encode(message)


def test_a_mime_type_that_cannot_be_said_is_our_own_fault() -> None:
    with pytest.raises(LocalProtocolError):
        encode(heard(data=b"", mime_type="\ud800"))
