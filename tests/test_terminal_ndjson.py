"""Claims about the lines of news: one JSON object each, harmless on any terminal, nothing lost."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.terminal.ndjson import harmless, line

TEXT = st.text(st.one_of(st.characters(), st.characters(categories=["Cs", "Cc", "Cf"])))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=5,
)


def test_a_line_is_compact_and_begins_with_version_time_and_type() -> None:
    assert line(1.23456, "text.delta", turn=1, text="héllo") == (
        '{"v":1,"t":1.235,"type":"text.delta","turn":1,"text":"héllo"}'
    )


def test_whole_seconds_are_written_as_numbers_with_a_point() -> None:
    assert line(2, "turn.end") == '{"v":1,"t":2.0,"type":"turn.end"}'


@given(st.floats(min_value=0, max_value=1e6), JSON)
def test_a_line_reads_back_as_what_was_written(t: float, value: object) -> None:
    read = json.loads(line(t, "news", value=value))
    assert read == {"v": 1, "t": round(t, 3), "type": "news", "value": without_surrogates(value)}


def without_surrogates(value: object) -> object:
    """As written: `\\ud83d\\ude00` typed as two lone surrogates is two of them, not a face."""
    text = json.dumps(value, ensure_ascii=False)
    return json.loads("".join("\ufffd" if unicodedata.category(c) == "Cs" else c for c in text))


@given(TEXT)
def test_no_line_holds_a_control_or_a_line_break_of_its_own(text: str) -> None:
    for character in line(0, "news", text=text, inside=[{text: text}]):
        assert unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"}
        assert unicodedata.bidirectional(character) not in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI"}


def test_what_could_command_a_terminal_is_escaped_and_kept() -> None:
    hostile = "\x1b]0;x\x07\x7f\x9b31m\u202e\u2028\ufeff\U000e0041"
    written = line(0, "news", text=hostile)
    assert "\\u001b]0;x\\u0007\\u007f\\u009b31m\\u202e\\u2028\\ufeff\\udb40\\udc41" in written
    assert json.loads(written)["text"] == hostile


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_does_not_have_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        line(0, "news", value=value)


@given(JSON, st.sampled_from([None, 2]), st.booleans())
def test_json_of_any_lay_out_is_made_harmless(value: object, indent: int | None, ascii: bool) -> None:
    text = harmless(json.dumps(value, indent=indent, ensure_ascii=ascii))
    assert not {unicodedata.category(c) for c in text.replace("\n", "")} & {"Cc", "Cs", "Zl", "Zp"}
    assert json.loads(text) == (json.loads(json.dumps(value)) if ascii else without_surrogates(value))
