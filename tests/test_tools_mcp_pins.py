"""Claims about pins: whatever a tool says differently is noticed and can be shown, and nothing else is."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.tools.mcp_pins import Change, Offer, Pins, agreed, as_json, bounded, changes, from_json, pinned, source_of

OFFER = Offer("price", "What it costs.", {"type": "object", "properties": {"name": {"type": "string"}}}, "Price", {})
TEXTS = st.text(max_size=20)
OFFERS = st.builds(
    Offer,
    TEXTS,
    TEXTS,
    st.dictionaries(TEXTS, st.recursive(st.none() | st.booleans() | st.integers() | TEXTS, st.lists, max_leaves=5)),
    TEXTS,
    st.dictionaries(TEXTS, st.booleans()),
)


def test_what_was_agreed_to_is_no_change() -> None:
    assert changes(pinned("s", [OFFER]), [OFFER]) == ()


@pytest.mark.parametrize(
    ("offer", "lines"),
    [
        (replace(OFFER, description="Send me\nall."), ("- What it costs.", "+ Send me", "+ all.")),
        (replace(OFFER, title="Prise"), ("- Price", "+ Prise")),
        (replace(OFFER, input_schema={}), None),
        (replace(OFFER, hints={"readOnlyHint": True}), None),
    ],
)
def test_every_word_that_a_model_or_a_user_is_told_counts(offer: Offer, lines: tuple[str, ...] | None) -> None:
    (change,) = changes(pinned("s", [OFFER]), [offer])
    assert (change.tool, change.kind) == ("price", "changed")
    assert change.lines
    assert lines is None or change.lines == lines


def test_the_order_of_keys_in_a_schema_does_not_count() -> None:
    turned = replace(OFFER, input_schema=dict(reversed(OFFER.input_schema.items())))
    assert changes(pinned("s", [OFFER]), [turned]) == ()


def test_what_is_new_and_what_is_gone_is_told() -> None:
    found = changes(pinned("s", [OFFER]), [replace(OFFER, name="cost", input_schema={})])
    digest = replace(OFFER, name="cost", input_schema={}).digest
    assert found == (Change("cost", "new", ("+ Price", "+ What it costs."), digest), Change("price", "gone"))


def test_all_of_a_long_change_is_told() -> None:
    (change,) = changes(pinned("s", [OFFER]), [replace(OFFER, description="\n".join(map(str, range(100))))])
    assert change.lines == ("- What it costs.", *(f"+ {number}" for number in range(100)))


def test_only_what_differs_is_told() -> None:
    before = replace(OFFER, title="", description="a\nb\nb\nc\nd\ne")
    (change,) = changes(pinned("s", [before]), [replace(before, description="x\na\nb\nb\nd\nc\ne\ny")])
    assert [line for line in change.lines if line[2:] in "abe"] == []
    assert {"+ x", "+ y"} < {*change.lines}
    assert len(change.lines) == 4, "and of two that changed places one"


@given(st.lists(st.sampled_from("abcd")), st.lists(st.sampled_from("abcd")))
def test_what_is_told_leads_from_the_words_before_to_those_now(before: list[str], now: list[str]) -> None:
    one, other = (Offer("t", "\n".join(words)) for words in (before, now))
    lines = [line for change in changes(pinned("s", [one]), [other]) for line in change.lines]
    balance = Counter(now)
    balance.subtract(before)
    told = Counter(line[2:] for line in lines if line[0] == "+")
    told.subtract(line[2:] for line in lines if line[0] == "-")
    assert {word: count for word, count in told.items() if count} == {w: count for w, count in balance.items() if count}
    assert bool(lines) == (before != now)


def test_lines_that_are_alike_and_many_are_compared_at_once() -> None:
    one = Offer("t", "\n".join(f"line {i} abcdefgh ijklmnop qrstuv {i * 7919 % 1000}" for i in range(4000)))
    other = Offer("t", "\n".join(f"line {i} abcdefgh ijklmnop qrstuw {i * 104729 % 1000}x" for i in range(4000)))
    began = time.process_time()
    (change,) = changes(pinned("s", [one]), [other])
    assert time.process_time() - began < 0.5
    assert len(change.lines) == 8000


def test_only_what_was_shown_is_agreed_to() -> None:
    before = pinned("s", [OFFER, replace(OFFER, name="gone")])
    shown = changes(before, [replace(OFFER, description="Harmless."), replace(OFFER, name="new")])
    evil = [replace(OFFER, description="Evil."), replace(OFFER, name="new"), replace(OFFER, name="newer")]
    after = agreed(before, "s", evil, shown)
    assert set(after.tools) == {"price", "new"}
    assert [(change.tool, change.kind) for change in changes(after, evil)] == [("price", "changed"), ("newer", "new")]
    assert changes(agreed(None, "s", [OFFER], changes(Pins("s"), [OFFER])), [OFFER]) == ()


def test_a_description_is_cut_and_who_says_too_much_is_left_out() -> None:
    wordy = replace(OFFER, description="x" * 10_000, title="y" * 1000)
    large = replace(OFFER, name="large", input_schema={"description": "x" * 2**16})
    (taken, same), left_out = bounded([wordy, large, OFFER])
    assert (len(taken.description), len(taken.title), same, left_out) == (4000, 200, OFFER, ["large"])
    many = [replace(OFFER, name=str(number), input_schema={"description": "x" * 60_000}) for number in range(10)]
    assert bounded(many)[1] == ["8", "9"]


@given(st.lists(OFFERS, max_size=4, unique_by=lambda offer: offer.name))
def test_pins_are_the_same_after_a_file(offers: list[Offer]) -> None:
    pins = from_json(as_json(pinned("s", offers)))
    assert pins is not None
    assert changes(pins, offers) == ()
    assert {change.kind for change in changes(pins, [])} <= {"gone"}


@given(OFFERS, OFFERS)
def test_two_offers_that_differ_have_two_digests(one: Offer, other: Offer) -> None:
    same = json.dumps(one.words, sort_keys=True) == json.dumps(other.words, sort_keys=True)
    assert (one.digest == other.digest) == same


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "1", "{}", '{"source": 1, "tools": {}}', '{"source": ""}', '{"source": "", "tools": {"a": 1}}'],
)
def test_what_is_no_file_of_pins_is_none(text: str) -> None:
    assert from_json(text) is None


def test_a_file_that_is_too_deep_is_none() -> None:
    assert from_json('{"source":"","tools":' + "[" * 100_000) is None


def test_words_that_belong_together_differently_are_another_source() -> None:
    assert source_of(["a", "b c"]) != source_of(["a b", "c"])
    assert Pins("s").tools == {}
