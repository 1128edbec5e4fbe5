"""Bounds: a frame of too many values is refused before it costs anything, and no frame for its length or its texts."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.protocol.codec import MAX_FRAME, decode_client_message
from livechat.server import bounds
from livechat.server.bounds import MOST_VALUES, too_rich

MEGABYTE = 10**6
PROSE = 'Well, "yes", she said; {I, [too], C:\\temp\\, would, say, so}. '


def frame(**message: object) -> bytes:
    return json.dumps(message).encode()


def turns(count: int) -> bytes:
    return frame(clientContent={"turns": [{"role": "user", "parts": [{"text": PROSE}]}] * count})


def marks(value: object) -> int:
    """How many marks JSON of this value has: one for each element or entry, and one for what holds none."""
    if isinstance(value, dict):
        return max(1, len(value)) + sum(marks(inner) for inner in value.values())
    if isinstance(value, list):
        return max(1, len(value)) + sum(marks(inner) for inner in value)
    return 0


@pytest.mark.parametrize(
    "rich",
    [
        b'{"clientContent":{"turns":[' + b",".join([b"{}"] * (4 * MEGABYTE)) + b"]}}",
        b'{"x":[' + b"1," * MOST_VALUES + b"1]}",
        b'{"x":' + b"[" * MOST_VALUES + b"]" * MOST_VALUES + b"}",
        b'{"x":[' + b",".join([b'""'] * MEGABYTE) + b"]}",
        b'{"x":[' + b",".join([b'"\\\\"'] * MEGABYTE) + b"]}",
        b'{"x":[' + b",".join([b'"a,\\",b"'] * MOST_VALUES) + b"]}",
        b"{" + b",".join(b'"%d":1e999' % number for number in range(MOST_VALUES + 1)) + b"}",
        b"[" * MAX_FRAME,
        turns(MOST_VALUES // 5 + 1),
    ],
    ids=lambda rich: rich[:40].decode(),
)
def test_more_values_than_may_be_are_refused_before_they_cost_anything(rich: bytes) -> None:
    began = time.process_time()
    problem = too_rich(rich)
    assert time.process_time() - began < 0.25
    assert problem == f"More than {MOST_VALUES} values in one message."
    assert too_rich(rich.decode()) == problem


@pytest.mark.parametrize(
    "honest",
    [
        b'{"realtimeInput":{"audio":{"data":"' + b"A" * (MAX_FRAME - 80) + b'","mimeType":"audio/pcm;rate=16000"}}}',
        frame(realtimeInput={"text": PROSE * (MEGABYTE // len(PROSE))}),
        frame(toolResponse={"functionResponses": [{"response": {"page": json.dumps([{"a": [1, 2]}] * 50_000)}}]}),
        frame(toolResponse={"functionResponses": [{"response": {"numbers": [0.5] * 30_000}}]}),
        turns(6_500),
    ],
    ids=["sound", "prose", "JSON in a text", "numbers", "history"],
)
def test_long_sound_long_texts_and_a_long_history_pass(honest: bytes) -> None:
    assert too_rich(honest) is None
    assert too_rich(honest.decode()) is None
    decode_client_message(honest)


TEXTS = st.text(st.sampled_from('a,[{"\\:é \n'), max_size=12)
VALUES = st.recursive(
    st.none() | st.integers(0, 9) | TEXTS,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(TEXTS, inner, max_size=6),
    max_leaves=30,
)


@given(VALUES, st.booleans(), st.integers(1, 40))
def test_it_is_values_that_count_and_nothing_that_stands_in_a_text(value: object, ascii_only: bool, most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounds, "MOST_VALUES", most)
        told = too_rich(json.dumps(value, ensure_ascii=ascii_only))
    assert (told is not None) is (marks(value) > most)


def marks_outside_strings(data: bytes) -> int:
    """As a reader counts them that goes from byte to byte."""
    found, within, escaped = 0, False, False
    for byte in data:
        if escaped:
            escaped = False
        elif within and byte == ord("\\"):
            escaped = True
        elif byte == ord('"'):
            within = not within
        else:
            found += not within and byte in b"{[,"
    return found


@given(VALUES, st.integers(0, 400), st.binary(max_size=20) | st.sampled_from([b'"', b"\\", b'\\"', b'\\\\"']))
def test_of_broken_json_no_less_is_counted_than_stands_before_the_break(value: object, at: int, rest: bytes) -> None:
    sound = json.dumps([value, value]).encode()[:at]
    there = marks_outside_strings(sound)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounds, "MOST_VALUES", there - 1)
        assert too_rich(sound + rest) is not None or there == 0
