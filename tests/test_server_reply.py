"""How one turn of the model becomes messages, and when."""

from __future__ import annotations

import math
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.server.acts import Order, Send, Speak
from livechat.server.allowance import Allowance
from livechat.server.brain import Said
from livechat.server.dialect import Dialect
from livechat.server.reply import Reply
from livechat.server.scenario import Pace
from livechat.server.spoken_reply import BYTES_PER_S, Manner, Sentence, SpokenReply
from livechat.server.tokens import Tokens
from livechat.server.written_reply import LONGEST_DELTA, WrittenReply
from tests.dialogue_help import sound_in, words_in

DIALECT = Dialect(UUID(int=1))
AHEAD_S = Pace().ahead_s


def written(held: bool = False) -> WrittenReply:
    return WrittenReply(1, DIALECT, held=held, allowance=Allowance())


def spoken(held: bool = False, transcribed: bool = True) -> SpokenReply:
    return SpokenReply(1, DIALECT, held=held, allowance=Allowance(), manner=Manner("Puck", transcribed))


def texts(orders: list[Order]) -> list[str]:
    """What was written by these orders, piece by piece."""
    turns = [
        order.message.server_content.model_turn
        for order in orders
        if isinstance(order, Send) and order.message.server_content
    ]
    return [turn.parts[0].text or "" for turn in turns if turn and turn.parts]


def sound_of(orders: list[Order]) -> list[int]:
    """The lengths of the chunks of sound in these orders."""
    return [len(pcm) for pcm in map(sound_in, orders) if pcm is not None]


def played(reply: SpokenReply, pcm_of: int, until: float = 1e9) -> list[tuple[float, Order]]:
    """Runs a spoken reply to its end: every sentence becomes `pcm_of` bytes at once. Returns what came out when."""
    now, out = 0.0, list[tuple[float, Order]]()
    while now < until:
        orders = reply.advance(now)
        out += [(now, order) for order in orders]
        if any(isinstance(order, Speak) for order in orders):
            reply.spoken(bytes(pcm_of))
        elif reply.deadline is None:
            return out
        else:
            now = reply.deadline
    return out


# ---------------------------------------------------------------------------------------------- written


def test_the_first_word_goes_out_alone_and_at_once() -> None:
    reply = written()
    reply.add("Yes, I can hear you.", 0.0)
    assert texts(reply.advance(0.0)) == ["Yes,"]
    assert (reply.deadline, reply.sent) == (0.05, False)
    assert texts(reply.advance(0.05)) == [" I can hear you."]
    assert (reply.deadline, reply.sent) == (None, True)
    assert reply.advance(9.0) == []


def test_eighty_characters_go_out_at_once() -> None:
    reply = written()
    reply.add("A", 0.0)
    assert texts(reply.advance(0.0)) == ["A"]
    reply.add("b" * 79, 0.0)
    assert reply.advance(0.0) == []
    reply.add("c", 0.01)
    assert texts(reply.advance(0.01)) == ["b" * 79 + "c"]


def test_the_rest_goes_out_when_the_thought_ends() -> None:
    reply = written()
    reply.add("A few words", 0.0)
    reply.finish(0.0)
    assert texts(reply.advance(0.0)) == ["A", " few words"]
    assert reply.tokens == Tokens(text=3)
    assert not reply.full
    assert reply.played_at == -math.inf


def test_a_held_reply_sends_nothing_and_asks_for_nothing() -> None:
    reply = written(held=True)
    reply.add("A few words", 0.0)
    assert reply.advance(9.0) == []
    assert reply.deadline is None
    reply.held = False
    assert texts(reply.advance(9.0)) == ["A", " few words"]


@given(st.lists(st.text(max_size=300)), st.lists(st.floats(0, 0.1), min_size=1))
def test_whatever_is_thought_is_written_whole_and_in_order(pieces: list[str], pauses: list[float]) -> None:
    reply, now, out = written(), 0.0, list[str]()
    for number, piece in enumerate(pieces):
        reply.add(piece, now)
        out += texts(reply.advance(now))
        now += pauses[number % len(pauses)]
    reply.finish(0.0)
    out += texts(reply.advance(now))
    assert "".join(out) == "".join(pieces)
    assert all(0 < len(piece) <= LONGEST_DELTA for piece in out if pieces)
    assert reply.sent


# ----------------------------------------------------------------------------------------------- spoken


def test_sound_is_cut_into_200_ms_and_then_240_ms() -> None:
    reply = spoken()
    reply.add("One sentence.", 0.0)
    reply.finish(0.0)
    out = [order for _, order in played(reply, BYTES_PER_S)]
    assert sound_of(out) == [9_600, 11_520, 11_520, 11_520, 3_840]
    assert reply.sent
    assert reply.tokens == Tokens(audio=25)


@given(
    st.lists(st.sampled_from(["One. ", "Twenty three words! ", "Why? ", "A long story, with clauses. "]), min_size=1),
    st.integers(1, 400_000).map(lambda size: 2 * size),
)
def test_the_client_is_always_ahead_of_playback_and_never_far(sentences: list[str], size: int) -> None:
    reply = spoken()
    reply.add("".join(sentences), 0.0)
    reply.finish(0.0)
    sent = 0
    for now, order in played(reply, size):
        sent += len(sound_in(order) or b"")
        assert sent / BYTES_PER_S - now <= AHEAD_S + 0.2401
        assert sent / BYTES_PER_S - now >= 0
    assert sent == len(sentences) * size
    assert math.isclose(reply.played_at, sent / BYTES_PER_S, abs_tol=1e-6)


@given(st.text(min_size=1, max_size=400), st.integers(0, 300_000))
def test_the_transcript_is_the_text_whatever_it_is(text: str, size: int) -> None:
    reply = spoken()
    reply.add(text, 0.0)
    reply.finish(0.0)
    assert "".join(words_in(order) for _, order in played(reply, size)) == text
    assert reply.told() == reply.thought() == [Said("model", text)]


def test_every_chunk_is_led_by_the_words_that_begin_in_it() -> None:
    reply = spoken()
    reply.add("Once upon a time there was a tower.", 0.0)
    reply.finish(0.0)
    out = [order for _, order in played(reply, 2 * BYTES_PER_S)]
    line = [words_in(order) or "♪" for order in out if isinstance(order, Send)]
    assert " ".join(line[:8]) == "Once ♪  upon ♪  a ♪  time ♪"


def test_a_transcript_nobody_asked_for_is_not_sent_but_still_counts_as_said() -> None:
    reply = spoken(transcribed=False)
    reply.add("Hello.", 0.0)
    reply.finish(0.0)
    assert not any(words_in(order) for _, order in played(reply, 480))
    assert reply.told() == [Said("model", "Hello.")]


def test_only_one_sentence_is_spoken_ahead_of_need() -> None:
    reply = spoken()
    reply.add("One. Two. Three. ", 0.0)
    reply.finish(0.0)
    assert reply.advance(0.0) == [Speak(1, "One. ", "Puck")]
    assert reply.advance(0.0) == []
    reply.spoken(bytes(10 * BYTES_PER_S))
    assert not any(isinstance(order, Speak) for order in reply.advance(0.0))


def test_a_held_reply_gets_its_first_sentence_ready_and_waits() -> None:
    reply = spoken(held=True)
    reply.add("One. Two. ", 0.0)
    assert reply.advance(0.0) == [Speak(1, "One. ", "Puck")]
    reply.spoken(bytes(2 * BYTES_PER_S))
    assert reply.advance(0.0) == []
    assert reply.deadline is None
    reply.held = False
    assert sound_of(reply.advance(5.0))[0] == 9_600
    assert reply.played_at > 7.0


def test_a_listener_who_ran_dry_is_assumed_to_play_from_the_next_chunk_on() -> None:
    reply = spoken()
    reply.add("One. T", 0.0)
    reply.advance(0.0)
    reply.spoken(bytes(480))
    reply.advance(0.0)
    reply.add("wo. T", 60.0)
    reply.advance(60.0)
    reply.spoken(bytes(BYTES_PER_S))
    reply.advance(60.0)
    assert math.isclose(reply.played_at, 61.0)


def test_a_complete_reply_ends_when_it_is_played() -> None:
    reply = spoken()
    reply.add("One.", 0.0)
    reply.finish(0.0)
    played(reply, BYTES_PER_S)
    deadlines = [reply.deadline]
    reply.complete = True
    assert [*deadlines, reply.deadline] == [None, pytest.approx(1.0)]


def test_sixteen_sentences_are_enough_for_a_while() -> None:
    reply = spoken()
    reply.add("One. " * 16 + "T", 0.0)
    before = reply.full
    reply.advance(0.0)
    assert (before, reply.full) == (True, False)


def test_a_sentence_shorter_than_its_sound_is_told_once() -> None:
    sentence = Sentence("Hi.", bytes(1000))
    assert [sentence.chunk(400) for _ in range(3)] == [("Hi.", bytes(400)), ("", bytes(400)), ("", bytes(200))]
    assert sentence.unsent == 0


# ---------------------------------------------------------------------------------------------- history


def test_the_history_tells_what_functions_said_where_they_said_it() -> None:
    noon, rain = Said("tool", "noon"), Said("tool", "rain")
    reply = written()
    reply.add("Let me see. ", 0.0)
    reply.note([noon, rain])
    reply.add("It is noon.", 0.0)
    before, after = Said("model", "Let me see. "), Said("model", "It is noon.")
    assert reply.thought() == [before, noon, rain, after]
    reply.advance(0.0)
    assert reply.told() == [Said("model", "Let"), noon, rain]


def test_a_reply_shows_how_far_it_is() -> None:
    reply: Reply = written()
    reply.add("A few", 0.0)
    reply.advance(0.0)
    assert repr(reply) == "<WrittenReply 1: 1 of 5 characters sent>"
