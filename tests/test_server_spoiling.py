"""What faults make of one message."""

from __future__ import annotations

import json

import pytest

from livechat.protocol.codec import decode_server_message
from livechat.protocol.parts import Blob
from livechat.protocol.server import ServerMessage, ToolCall
from livechat.server.kinds import sounds_in
from livechat.server.scenario import Rate
from livechat.server.spoiling import Sound, frame_of, other_form, padded
from tests.mischief_help import CALL, SETUP, gist, halved, sound, text


def blobs(messages: list[ServerMessage]) -> list[Blob]:
    return [blob for message in messages for blob in sounds_in(message)]


def told(messages: list[ServerMessage]) -> list[tuple[bytes | None, str | None]]:
    return [(blob.data, blob.mime_type) for blob in blobs(messages)]


def test_a_frame_is_binary_and_pretty_as_production_s_are() -> None:
    assert frame_of(SETUP) == b'{\n  "setupComplete": {}\n}\n'


@pytest.mark.parametrize("size", [139, 900_000, 1_100_000])
def test_padding_reaches_its_size_to_the_byte_beside_what_was_there(size: int) -> None:
    frame = padded(text("hi"), size)
    assert len(frame) == size
    assert set(json.loads(frame)) == {"serverContent", "padding"}
    assert decode_server_message(frame).server_content == text("hi").server_content


def test_nothing_is_cut_to_be_padded() -> None:
    assert json.loads(padded(text("hi"), 5))["padding"] == ""


def test_a_call_is_told_once_more_as_a_part() -> None:
    (form,) = other_form(CALL)
    call = json.loads(frame_of(form))["serverContent"]["modelTurn"]["parts"][0]["functionCall"]
    assert call == json.loads(frame_of(CALL))["toolCall"]["functionCalls"][0]


def test_what_calls_nothing_has_no_other_form() -> None:
    assert other_form(text("hi")) == other_form(ServerMessage(tool_call=ToolCall())) == []


def test_a_new_rate_is_told_or_lied_about() -> None:
    message = sound(b"aabbccdd")
    assert told(Sound(halved).spoiled(message, Rate(12_000), odd=False)) == [(b"aacc", "audio/pcm;rate=12000")]
    assert told(Sound(halved).spoiled(message, Rate(12_000, told=False), odd=False)) == [
        (b"aacc", "audio/pcm;rate=24000")
    ]
    assert told([message]) == [(b"aabbccdd", "audio/pcm;rate=24000")], "the message itself was changed"


def test_the_old_rate_is_read_from_the_type() -> None:
    message = sound(b"aabb", "audio/pcm; rate=16000")
    assert told(Sound(halved).spoiled(message, Rate(8_000), odd=False)) == [(b"aa", "audio/pcm;rate=8000")]
    message = sound(b"aabb", "audio/pcm")
    assert told(Sound(halved).spoiled(message, Rate(12_000), odd=False)) == [(b"aa", "audio/pcm;rate=12000")]


def test_what_a_rate_left_over_comes_before_sound_that_it_does_not_strike() -> None:
    stream = Sound(halved)
    stream.spoiled(sound(b"aabb", role="model"), Rate(12_000), odd=False)
    rest, unstruck = stream.spoiled(sound(b"ccdd"), None, odd=False)
    assert told([rest, unstruck]) == [(b"\xee\xee", "audio/pcm;rate=12000"), (b"ccdd", "audio/pcm;rate=24000")]
    assert rest.server_content
    assert rest.server_content.model_turn
    assert rest.server_content.model_turn.role == "model"
    assert stream.rest() == []


def test_a_stream_goes_on_while_its_rate_stays() -> None:
    stream = Sound(halved)
    assert len(stream.spoiled(sound(b"aabb"), Rate(12_000), odd=False)) == 1
    assert len(stream.spoiled(sound(b"aabb"), Rate(12_000), odd=False)) == 1


def test_odd_chunks_are_odd_and_the_next_one_has_the_other_half() -> None:
    stream = Sound(halved)
    cut = [
        stream.spoiled(sound(data), None, odd=odd)[0] for data, odd in ((b"aabb", True), (b"cc", True), (b"d", True))
    ]
    assert [data for data, _ in told(cut)] == [b"aab", b"bcc", b"d"]
    cut = [stream.spoiled(sound(data), None, odd=odd)[0] for data, odd in ((b"aabb", True), (b"cc", False))]
    assert [data for data, _ in told(cut)] == [b"aab", b"bcc"]


def test_what_is_no_sound_passes_untouched() -> None:
    stream = Sound(halved)
    message = text("hi")
    assert stream.spoiled(message, Rate(12_000), odd=True)[0] is message
    stream.spoiled(sound(b"aa"), None, odd=True)
    assert stream.spoiled(message, None, odd=True)[0] is message
    assert [gist(frame_of(rest)) for rest in stream.rest()] == [b"a"]
    assert stream.rest() == []
