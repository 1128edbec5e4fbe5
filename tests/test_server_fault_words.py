"""Claims about faults as words: what they mean, that they read back, and what is said of those that mean nothing."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.errors import UsageError
from livechat.server import fault_words
from livechat.server.fault_words import KINDS, SIMPLE, act_of, fault, mistake_in_close, words
from livechat.server.scenario import (
    CloseWith,
    Double,
    Drop,
    Fault,
    FaultAct,
    HalfOpen,
    OddChunks,
    Omit,
    Pad,
    Rate,
    Say,
    Stall,
    Swap,
    TwoForms,
    When,
)


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("close:1011@audio", CloseWith(1011)),
        ("close:1011:a reason: with @ and : in it@audio", CloseWith(1011, "a reason: with @ and : in it")),
        ("drop@audio", Drop()),
        ("stall:5@audio", Stall(5)),
        ("stall:0.25@audio", Stall(0.25)),
        ("stall:250ms@audio", Stall(0.25)),
        ("stall:2s@audio", Stall(2)),
        ("halfopen@audio", HalfOpen()),
        ("say:@audio", Say("")),
        ('say:{"a": "b@c"}@audio', Say('{"a": "b@c"}')),
        ("pad:100@audio", Pad(100)),
        ("pad:900k@audio", Pad(900_000)),
        ("pad:1.5M@audio", Pad(1_500_000)),
        ("oversized@audio", Pad(1_100_000)),
        ("double@audio", Double()),
        ("omit@audio", Omit()),
        ("swap@audio", Swap()),
        ("rate:16000@audio", Rate(16_000)),
        ("rate:48000:lie@audio", Rate(48_000, told=False)),
        ("odd@audio", OddChunks()),
        (" DROP @audio", Drop()),
        ("Rate: 8000 : LIE @audio", Rate(8_000, told=False)),
    ],
)
def test_every_act_has_words(text: str, act: FaultAct) -> None:
    assert fault(text) == Fault(act, When("audio"))


def test_a_call_has_two_forms() -> None:
    assert fault("twoforms@toolCall:2") == Fault(TwoForms(), When("toolCall", 2))


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("12s", When(after_s=12)),
        ("0s", When(after_s=0)),
        ("500ms", When(after_s=0.5)),
        ("1.5S", When(after_s=1.5)),
        ("byte:4096", When(byte=4096)),
        ("turnComplete", When("turnComplete")),
        ("TURNCOMPLETE:3", When("turnComplete", 3)),
        ("any:3+", When("any", 3, onwards=True)),
        ("audio+", When("audio", onwards=True)),
        ("audio#2", When("audio", connection=2)),
        ("audio:3+#2", When("audio", 3, onwards=True, connection=2)),
        ("2s#1", When(after_s=2, connection=1)),
        ("byte:7#3", When(byte=7, connection=3)),
    ],
)
def test_every_moment_has_words(text: str, when: When) -> None:
    assert fault(f"drop@{text}") == Fault(Drop(), when)


def frame_of(name: str) -> bytes:
    act = SIMPLE[name]
    assert isinstance(act, Say)
    assert isinstance(act.frame, bytes)
    return act.frame


def test_the_frames_that_are_named_are_what_their_names_say() -> None:
    assert frame_of("empty") == b""
    assert list(json.loads(frame_of("unknown"))) == ["somethingNew"]
    with pytest.raises(UnicodeDecodeError):
        frame_of("notutf8").decode()
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(frame_of("malformed"))


@pytest.mark.parametrize(
    ("text", "why", "example"),
    [
        ("drop", "it does not say when; a moment follows after @", "drop@audio:3"),
        ("@audio", "unknown act ''", "drop@audio:3"),
        ("rat:16000@audio", "unknown act 'rat' — did you mean 'rate'?", "drop@audio:3"),
        ("drop:1@audio", "drop takes no argument", "drop@audio"),
        ("twoforms:1@audio", "twoforms takes no argument", "twoforms@toolCall"),
        ("stall@audio", "stall needs to be told more after a colon", "stall:5@audio:3"),
        ("stall:long@audio", "'long' is no time to be silent, up to a day", "stall:5@audio:3"),
        ("stall:0s@audio", "'0s' is no time to be silent, up to a day", "stall:5@audio:3"),
        ("stall:1e9@audio", "'1e9' is no time to be silent, up to a day", "stall:5@audio:3"),
        ("pad:0@audio", "'0' is no number of bytes up to 64M", "pad:900k@audio"),
        ("pad:65M@audio", "'65M' is no number of bytes up to 64M", "pad:900k@audio"),
        ("pad:much@audio", "'much' is no number of bytes up to 64M", "pad:900k@audio"),
        ("rate:999@audio", "'999' is no rate in Hz from 1000 to 384000", "rate:16000@audio+"),
        ("rate:x@audio", "'x' is no rate in Hz from 1000 to 384000", "rate:16000@audio+"),
        ("rate:8000:true@audio", "after the rate only `lie` can stand, not 'true'", "rate:16000@audio+"),
        ("close:x@audio", "'x' is no close code", "close:1011:Internal error encountered.@audio:3"),
        ("close:999@audio", "999 is no close code: those are 1000", "close:1011:Internal error encountered.@audio:3"),
        ("drop@", "'' is no moment: a kind of message, 12s, 500ms or byte:N", "drop@audio:3"),
        ("drop@12", "'12' is no moment", "drop@audio:3"),
        ("drop@100000s", "'100000s' is no moment", "drop@audio:3"),
        ("drop@audoi", "unknown kind of message 'audoi' — did you mean audio?", "drop@audio:3"),
        ("drop@qqqq", "unknown kind of message 'qqqq'; there are any, setupComplete, text", "drop@audio:3"),
        ("drop@audio:0", "0 is no number of a message, counted from 1", "drop@audio:1"),
        ("drop@audio#0", "'0' is no number of a connection, counted from 1", "drop@audio#1"),
        ("drop@audio#", "'' is no number of a connection, counted from 1", "drop@audio#1"),
        ("rate:16000@toolCall", "only sound has a rate and samples", "rate:16000@audio+"),
        ("odd@any", "only sound has a rate and samples", "rate:16000@audio+"),
        ("twoforms@audio", "only a call has two forms", "rate:16000@audio+"),
        ("double@12s", "this is done to a message", "rate:16000@audio+"),
        ("empty@byte:12", "a frame cannot stand in the middle of another", "rate:16000@audio+"),
    ],
)
def test_words_that_mean_nothing_are_refused_with_the_reason_and_an_example(text: str, why: str, example: str) -> None:
    with pytest.raises(UsageError) as wrong:
        fault(text)
    assert wrong.value.what.startswith(f"the fault {text!r}: {why}")
    assert wrong.value.hint == f"for example {example}"
    assert fault(example)


@pytest.mark.parametrize("text", ["drop@12s", "empty@3s", "close:1001@byte:9", "stall:3@500ms", "pad:9@any+"])
def test_what_makes_sense_is_taken(text: str) -> None:
    assert words(fault(text)).partition("@")[0] == text.partition("@")[0].replace("500ms", "0.5s")


def test_a_close_must_be_one_that_a_websocket_can_send() -> None:
    assert mistake_in_close(1011, "x" * 123) == ""
    assert mistake_in_close(4999, "") == ""
    assert "that is `drop`" in mistake_in_close(1006, "")
    assert "no close code" in mistake_in_close(1004, "")
    assert "no close code" in mistake_in_close(2000, "")
    assert mistake_in_close(1011, "ü" * 62) == "the reason has 124 bytes, and a close frame has room for 123"


def test_what_fails_in_a_script_has_no_moment() -> None:
    assert act_of("close:1011:no") == CloseWith(1011, "no")
    assert (act_of("drop"), act_of("stall:2"), act_of("halfopen")) == (Drop(), Stall(2), HalfOpen())
    with pytest.raises(UsageError, match="only close, drop, stall and halfopen"):
        act_of("double")


def test_the_docstring_names_every_act_and_no_other() -> None:
    told = (fault_words.__doc__ or "").partition("Acts\n")[2].partition("Moments\n")[0]
    named = {line.split()[0].partition(":")[0].partition("[")[0] for line in told.splitlines() if line.strip()}
    assert named == {*SIMPLE, "close", "stall", "say", "pad", "rate"}


def test_the_docstring_names_every_kind_and_no_other() -> None:
    told = (fault_words.__doc__ or "").partition("have several\n")[2]
    assert tuple(told.replace(",", " ").split()) == KINDS


TIMES = st.floats(0, 86_400, allow_nan=False).filter(lambda seconds: seconds == 0 or seconds > 1e-6)
CONNECTIONS = st.none() | st.integers(1, 9)
AT_MESSAGES = st.builds(When, st.sampled_from(KINDS), st.integers(1, 10**9), st.booleans(), connection=CONNECTIONS)
MOMENTS = (
    AT_MESSAGES
    | st.builds(When, after_s=TIMES, connection=CONNECTIONS)
    | st.builds(When, byte=st.integers(0, 10**12), connection=CONNECTIONS)
)
CLOSES = st.builds(CloseWith, st.sampled_from([1000, 1011, 4999]), st.text(max_size=30))
ACTS: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([*SIMPLE.values()]),
    CLOSES,
    st.builds(Stall, st.floats(0.001, 86_400)),
    st.builds(Say, st.text(max_size=20)),
    st.builds(Pad, st.integers(1, 64_000_000)),
    st.builds(Rate, st.integers(1_000, 384_000), st.booleans()),
)


@given(ACTS, MOMENTS)
def test_every_fault_that_makes_sense_reads_back_from_its_words(act: FaultAct, when: When) -> None:
    if fault_words.nonsense(act, when):
        with pytest.raises(UsageError):
            fault(words(Fault(act, when)))
    else:
        assert fault(words(Fault(act, when))) == Fault(act, when)


def test_a_frame_without_a_name_is_shown_as_text() -> None:
    assert words(Fault(Say(b"abc"), When("audio"))) == "say:abc@audio"


@given(st.text("adroph:@#+.1sebyt\n ", max_size=20))
def test_any_words_are_a_fault_or_a_usage_error(text: str) -> None:
    with suppress(UsageError):
        assert isinstance(fault(text), Fault)
