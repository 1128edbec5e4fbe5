"""What leaves when, and what goes wrong on the way: claims about the mischief, by the virtual second."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.protocol.server import ServerMessage
from livechat.server.mischief import SWAP_S, Leaving, Mischief, Way, size_on_the_wire
from livechat.server.scenario import (
    CloseWith,
    Double,
    Drop,
    Fault,
    HalfOpen,
    Kind,
    Network,
    OddChunks,
    Omit,
    Pad,
    Rate,
    Say,
    Stall,
    Swap,
    TwoForms,
)
from livechat.server.spoiling import frame_of
from tests.mischief_help import (
    CALL,
    GO_AWAY,
    INTERRUPTED,
    SETUP,
    TURN_COMPLETE,
    at,
    drained,
    gist,
    mischief,
    passed,
    sound,
    text,
)

ABC = [text("a"), text("b"), text("c"), text("d")]

# -------------------------------------------------------------------------------------------------- no mischief


def test_without_faults_everything_leaves_at_once_as_it_is() -> None:
    plain = mischief()
    assert plain.plain
    assert drained(plain) == []
    plain.send(ABC[0], 5.0)
    assert plain.deadline == 5.0
    assert plain.waiting == size_on_the_wire(frame_of(ABC[0]))
    assert drained(plain, 5.0) == [(5.0, frame_of(ABC[0]))]
    assert plain.waiting == 0


def test_faults_of_other_connections_are_none_of_ours() -> None:
    assert mischief(at(Drop(), "any", connection=2)).plain
    assert not mischief(at(Drop(), "any", connection=2), connection=2).plain
    assert not mischief(at(Drop(), "any")).plain


def test_what_strikes_inside_frames_is_left_to_who_writes_the_bytes() -> None:
    struck = mischief(at(Drop(), byte=10), at(HalfOpen(), byte=3), at(Stall(1), byte=0))
    assert struck.marks == [(10, Drop()), (3, HalfOpen()), (0, Stall(1))]
    assert struck.plain


# ----------------------------------------------------------------------------------------------------- the network


def test_latency_makes_everything_late_and_nothing_later() -> None:
    late = mischief(network=Network(latency_ms=100))
    for now in (0.0, 0.05, 0.3):
        late.send(ABC[0], now)
    assert [when for when, _ in drained(late)] == [0.1, pytest.approx(0.15), pytest.approx(0.4)]


def test_jitter_is_drawn_for_each_message_and_changes_no_order() -> None:
    drawn = iter([0.9, 0.1, 0.5])
    late = mischief(draw=lambda: next(drawn), network=Network(latency_ms=100, jitter_ms=100))
    for now, message in zip((0.0, 0.01, 0.2), ABC, strict=False):
        late.send(message, now)
    left = drained(late)
    assert [gist(frame) for _, frame in left] == ["a", "b", "c"]
    assert [when for when, _ in left] == [pytest.approx(0.19), pytest.approx(0.19), pytest.approx(0.35)]


def test_through_a_narrow_place_a_frame_takes_as_long_as_it_is() -> None:
    size = size_on_the_wire(frame_of(ABC[0]))
    narrow = mischief(network=Network(bandwidth=size * 2, latency_ms=1000))
    narrow.send(ABC[0], 0.0)
    narrow.send(ABC[1], 0.0)
    narrow.send(ABC[2], 5.0)
    assert [when for when, _ in drained(narrow)] == [1.5, 2.0, 6.5]


@pytest.mark.parametrize(("size", "header"), [(0, 2), (125, 2), (126, 4), (2**16 - 1, 4), (2**16, 10), (100_000, 10)])
def test_a_frame_has_a_header_on_the_wire(size: int, header: int) -> None:
    assert size_on_the_wire(b"x" * size) == size_on_the_wire("x" * size) == size + header
    assert size_on_the_wire(Drop()) == 0


def test_text_counts_in_bytes() -> None:
    assert size_on_the_wire("ü") == 4


# ------------------------------------------------------------------------------------------------ what is struck


@pytest.mark.parametrize(
    ("fault", "left"),
    [
        (at(Omit(), "text"), "bcd"),
        (at(Omit(), "text", 3), "abd"),
        (at(Omit(), "text", 2, onwards=True), "a"),
        (at(Omit(), "any", 4), "abc"),
        (at(Omit()), "bcd"),
        (at(Omit(), "audio", onwards=True), "abcd"),
        (at(Double(), "text", 2), "abbcd"),
        (at(Double(), "text", onwards=True), "aabbccdd"),
        (at(Swap(), "text"), "bacd"),
        (at(Swap(), "text", 4), "abcd"),
        (at(Swap(), "text", onwards=True), "badc"),
        (at(Say("!"), "text", 2), "a!bcd"),
    ],
)
def test_a_fault_strikes_the_messages_of_its_kind_that_it_names(fault: Fault, left: str) -> None:
    assert passed(mischief(fault), ABC) == list(left)


def test_a_message_is_struck_as_what_it_is_and_counted_apart_from_others() -> None:
    messages = [SETUP, text("a"), CALL, text("b"), TURN_COMPLETE, GO_AWAY]
    assert passed(mischief(at(Omit(), "text", 2), at(Double(), "toolCall")), messages) == [
        *("setupComplete", "a", "toolCall", "toolCall", "turnComplete", "goAway")
    ]


def test_several_faults_may_strike_one_message() -> None:
    faults = [at(Say("!"), "text"), at(Double(), "any"), at(Swap(), "any"), at(Say(b"?"), "text")]
    assert passed(mischief(*faults), ABC[:2]) == ["!", b"?", "b", "a", "a"]


def test_after_a_time_counts_from_then_on() -> None:
    struck = mischief(at(Omit(), "text", 2, after_s=5), now=10.0)
    for now in (10.0, 14.9, 15.0, 16.0):
        struck.send(text(str(now)), now)
    assert [gist(frame) for _, frame in drained(struck, 16.0)] == ["10.0", "14.9", "15.0"]


def test_the_last_message_is_not_lost_for_want_of_a_next_one() -> None:
    swapped = mischief(at(Swap(), "text"))
    swapped.send(ABC[0], 1.0)
    assert swapped.deadline == 1.0 + SWAP_S
    assert swapped.waiting == len(frame_of(ABC[0]))
    assert drained(swapped, 1.0) == [(1.0 + SWAP_S, frame_of(ABC[0]))]


def test_padding_makes_a_frame_so_long_and_the_message_stays() -> None:
    padded = mischief(at(Pad(5000), "text"))
    padded.send(ABC[0], 0.0)
    ((_, frame),) = drained(padded)
    assert isinstance(frame, bytes)
    assert len(frame) == 5000
    assert gist(frame) == "a"


def test_a_call_comes_in_two_forms() -> None:
    assert passed(mischief(at(TwoForms(), "toolCall")), [CALL]) == ["toolCall", "functionCall"]


def test_a_frame_is_said_at_a_time_without_any_message() -> None:
    said = mischief(at(Say("!"), after_s=3), at(Say(b""), after_s=1), now=10.0)
    assert not said.plain
    assert drained(said, 10.0) == [(11.0, b""), (13.0, "!")]


# ------------------------------------------------------------------------------------------------------ the sound


def test_sound_comes_at_another_rate_and_what_the_resampler_kept_before_the_end_of_the_turn() -> None:
    slow = mischief(at(Rate(12_000), "audio", onwards=True))
    messages = [sound(b"aabbccdd"), sound(b"eeff"), TURN_COMPLETE]
    assert passed(slow, messages) == [b"aacc", b"ee", b"\xee\xee", "turnComplete"]


def test_sound_cut_amiss_keeps_every_byte_up_to_the_end_of_the_turn() -> None:
    odd = mischief(at(OddChunks(), "audio", onwards=True))
    messages = [sound(b"aabb"), sound(b"ccdd"), sound(b"eeff"), INTERRUPTED, sound(b"gg")]
    assert passed(odd, messages) == [b"aab", b"bccdd", b"eef", b"f", "interrupted", b"g"]


def test_a_message_that_ends_the_turn_is_not_cut() -> None:
    odd = mischief(at(OddChunks(), "audio", onwards=True))
    last = sound(b"ccdd")
    assert last.server_content is not None
    last.server_content.turn_complete = True
    assert passed(odd, [sound(b"aabb"), last]) == [b"aab", b"b", b"ccdd"]


def test_sound_that_is_left_out_spoils_no_other() -> None:
    odd = mischief(at(OddChunks(), "audio", onwards=True), at(Omit(), "audio", 2))
    assert passed(odd, [sound(b"aabb"), sound(b"ccdd"), sound(b"eeff")]) == [b"aab", b"beeff"]


# -------------------------------------------------------------------------------------------- stalls and endings


def test_a_stall_keeps_all_back_and_then_releases_it_in_order() -> None:
    stalled = mischief(at(Stall(10), "text", 2))
    for now, message in enumerate(ABC):
        stalled.send(message, float(now))
        assert stalled.next(float(now)) == (frame_of(ABC[0]) if now == 0 else None)
    assert stalled.deadline == 11.0
    assert [(when, gist(frame)) for when, frame in drained(stalled, 3.0)] == [(11.0, "b"), (11.0, "c"), (11.0, "d")]


def test_a_stall_waits_for_what_is_on_its_way() -> None:
    stalled = mischief(network=Network(latency_ms=500))
    stalled.send(ABC[0], 0.0)
    stalled.act(Stall(10), 0.1)
    stalled.send(ABC[1], 0.2)
    assert [when for when, _ in drained(stalled, 0.2)] == [0.5, pytest.approx(10.6)]


@pytest.mark.parametrize("end", [CloseWith(1011, "x"), Drop(), HalfOpen()])
def test_nothing_comes_after_the_end_and_nothing_is_lost_before_it(end: CloseWith | Drop | HalfOpen) -> None:
    ended = mischief(at(Swap(), "text"), at(OddChunks(), "audio"), at(end, "toolCall"), network=Network(latency_ms=100))
    for message in (sound(b"aabb"), text("a"), CALL, text("b")):
        ended.send(message, 0.0)
    ended.act(CloseWith(1000), 0.0)
    assert [gist(leaving) for _, leaving in drained(ended)] == [b"aab", "a", b"b", end]
    assert (ended.over, ended.deadline) == (True, None)


@pytest.mark.parametrize("end", [CloseWith(1011, "x"), Drop(), HalfOpen()])
def test_an_end_comes_at_its_time(end: CloseWith | Drop | HalfOpen) -> None:
    ended = mischief(at(end, after_s=2.5), at(Drop(), after_s=9), now=100.0)
    ended.send(ABC[0], 101.0)
    assert ended.deadline == 101.0
    assert drained(ended, 101.0) == [(101.0, frame_of(ABC[0])), (102.5, end)]


def test_a_reset_does_not_wait_for_the_end_of_a_stall_and_loses_what_was_kept_back() -> None:
    for end in (Drop(), HalfOpen()):
        ended = mischief(at(Swap(), "text", 2))
        ended.act(Stall(100), 0.0)
        assert ended.next(0.0) is None
        ended.send(ABC[0], 1.0)
        ended.send(ABC[1], 1.0)
        ended.act(CloseWith(1000), 1.0)
        ended.act(end, 2.0)
        assert drained(ended, 2.0) == [(2.0, end)]
        assert ended.waiting == 0


def test_a_close_waits_for_the_end_of_a_stall() -> None:
    ended = mischief(at(Stall(5), after_s=1))
    assert ended.next(1.0) is None
    ended.send(ABC[0], 2.0)
    ended.act(CloseWith(1000), 2.0)
    assert drained(ended, 2.0) == [(6.0, frame_of(ABC[0])), (6.0, CloseWith(1000))]


def test_a_close_at_a_byte_comes_after_the_frame_that_holds_it() -> None:
    size = size_on_the_wire(frame_of(ABC[0]))
    close = CloseWith(1011, "x")
    for byte in (size + 1, 2 * size):
        assert passed(mischief(at(close, byte=byte), at(close, byte=9 * size)), ABC) == ["a", "b", close]


# ------------------------------------------------------------------------------------------------------ whatever


KINDS: list[Kind] = ["any", "text", "audio", "toolCall", "turnComplete", "interrupted"]
HARMLESS = st.sampled_from([Double(), Say("?"), Pad(3000), OddChunks(), TwoForms(), Stall(0.5), Stall(3.0), Swap()])
FAULTS = st.lists(st.builds(at, HARMLESS, st.sampled_from(KINDS), st.integers(1, 4), onwards=st.booleans()), max_size=4)
NETWORKS = st.builds(
    Network, st.floats(0, 500), st.floats(0, 500), st.one_of(st.none(), st.floats(50, 1e6, allow_nan=False))
)
PAUSES = st.lists(st.floats(0, 2), max_size=12)


def gists_left(messages: list[tuple[float, ServerMessage]], made: Mischief) -> list[object]:
    """All that comes out when everything has left, in short."""
    left: list[tuple[float, Leaving]] = []
    now = 0.0
    for pause, message in messages:
        now += pause
        made.send(message, now)
        while (leaving := made.next(now)) is not None:
            left.append((now, leaving))
    left += drained(made, now)
    assert all(earlier <= later for (earlier, _), (later, _) in pairwise(left))
    assert made.waiting == 0
    return [gist(leaving) for _, leaving in left if leaving != "?"]


@given(pauses=PAUSES, faults=FAULTS, network=NETWORKS)
def test_whatever_goes_wrong_but_endings_every_message_comes_out_in_order_save_for_swaps(
    pauses: list[float], faults: list[Fault], network: Network
) -> None:
    messages = [(pause, text(str(number))) for number, pause in enumerate(pauses)]
    left = gists_left(messages, mischief(*faults, draw=Random(1).random, network=network))
    once = list(dict.fromkeys(left))
    sent = [str(number) for number in range(len(pauses))]
    if any(fault.act == Swap() for fault in faults):
        assert sorted(once, key=str) == sorted(sent)
        assert all(abs(index - sent.index(str(name))) <= 1 for index, name in enumerate(once))
    else:
        assert once == sent


SOUNDS = st.binary(max_size=40).map(lambda data: sound(data[: len(data) // 2 * 2]))
TALK = st.lists(
    st.tuples(st.floats(0, 2), st.one_of(SOUNDS, st.sampled_from([CALL, TURN_COMPLETE, INTERRUPTED]))), max_size=12
)
CUTS = st.lists(
    st.builds(at, st.sampled_from([OddChunks(), Stall(1.0), Say("?")]), st.just("audio"), onwards=st.booleans()),
    max_size=3,
)


@given(messages=TALK, faults=CUTS, network=NETWORKS)
def test_order_and_every_byte_of_sound_survive_odd_chunks_stalls_and_the_network(
    messages: list[tuple[float, ServerMessage]], faults: list[Fault], network: Network
) -> None:
    messages = [*messages, (0.0, TURN_COMPLETE)]
    left = gists_left(messages, mischief(*faults, draw=Random(1).random, network=network))
    sent = [gist(frame_of(message)) for _, message in messages]
    assert parted(left) == parted(sent)


def parted(gists: list[object]) -> tuple[bytes, list[object]]:
    """All the sound, and everything else in its order."""
    return b"".join(one for one in gists if isinstance(one, bytes)), [one for one in gists if isinstance(one, str)]


def test_a_way_can_be_cleared() -> None:
    way = Way(Network(latency_ms=100), lambda: 0.0)
    way.put(b"x", 0.0)
    way.clear()
    assert (way.next(9.0), way.waiting, way.first_at) == (None, 0, None)


# ----------------------------------------------------------------------------------------------- what is told of


def test_faults_that_have_struck_are_told_in_their_order_and_once_for_each_message() -> None:
    double, timed = at(Double(), "text", nth=2, onwards=True), at(Say("x"), after_s=3.0)
    closes = at(CloseWith(1011), byte=10_000)
    of = mischief(timed, double, closes, at(Omit(), "goAway"))
    assert of.struck == []
    for words in ("a", "b", "c"):
        of.send(text(words), 0.0)
    assert of.struck == [double, double]
    drained(of)
    assert of.struck == [double, double, timed]
    of.send(text("x" * 10_000), 4.0)
    assert of.struck == [double, double, timed, double, closes]
