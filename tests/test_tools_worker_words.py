"""The words between livechat and a process of tools: each is a line, and what is no word is none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.tools.worker_words import Begin, Check, Fits, Leave, Left, Logged, Offered, Told, Unusable, read, written

TEXT = st.text(st.characters(codec=None), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
OBJECT = st.dictionaries(TEXT, JSON, max_size=3)
ID = st.integers(0)
WORDS = st.one_of(
    st.builds(Begin, ID, TEXT, OBJECT),
    st.builds(Check, ID, TEXT, OBJECT),
    st.builds(Leave, ID),
    st.builds(Offered, st.lists(OBJECT, max_size=2), st.dictionaries(TEXT, OBJECT, max_size=2)),
    st.builds(Unusable, TEXT, TEXT, TEXT),
    st.builds(Told, ID, OBJECT, st.booleans()),
    st.builds(Fits, ID, TEXT),
    st.builds(Left, ID),
    st.builds(Logged, TEXT, ID, TEXT),
)


@given(WORDS)
def test_what_is_written_is_read_as_it_was(word: Begin) -> None:
    line = written(word)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert read(line) == word


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"hello\n",
        b"[]\n",
        b"1\n",
        b"null\n",
        b"\xff\xfe\n",
        b"{}\n",
        b'{"word": "Nothing"}\n',
        b'{"word": ["Left"]}\n',
        b'{"word": "Left"}\n',
        b'{"word": "Left", "id": "1"}\n',
        b'{"word": "Left", "id": [1]}\n',
        b'{"word": "Left", "id": 1, "more": 2}\n',
        b'{"word": "Begin", "args":' + b"[" * 100_000,
    ],
)
def test_what_is_no_word_is_none(line: bytes) -> None:
    assert read(line) is None


@given(st.binary(max_size=50))
def test_no_bytes_are_too_much_for_the_reader(line: bytes) -> None:
    assert read(line) is None or json.loads(line)["word"]


def test_what_is_no_json_cannot_be_said() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    for args in ({"a": object()}, {"a": deep}):
        with pytest.raises((TypeError, RecursionError)):
            written(Begin(1, "tool", args))
