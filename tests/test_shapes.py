"""A message that is not of its shape is told so, with the place."""

from __future__ import annotations

import pytest

from tests.shapes import Form, Number, Pcm, Words, misfits


@pytest.mark.parametrize(
    ("message", "shape", "misfit"),
    [
        ({}, {"a": True}, ": a is missing"),
        ({"a": True, "b": 1}, {"a": True}, ": b is too much"),
        ({"a": 1}, {"a": True}, ".a: '1' is not True"),
        ({"a": [{"b": ""}]}, {"a": [{"b": Words()}]}, ".a[0].b: '' is not Words(least=1, most=10000)"),
        ({"a": []}, {"a": [True]}, ".a: [] is no list of anything"),
        ([], {"a": True}, ": [] is no object"),
        ({"a": "AAAA"}, {"a": Pcm(4)}, ".a: 'AAAA' is not Pcm(size=4)"),
        ({"a": "call-1"}, {"a?": Form("x+")}, f".a: 'call-1' is not {Form('x+')!r}"),
        ({"a": True}, {"a": Number()}, ".a: 'True' is not Number()"),
    ],
)
def test_a_misfit_is_found(message: object, shape: object, misfit: str) -> None:
    assert misfits(message, shape) == [misfit]


def test_what_may_be_missing_may_be_missing() -> None:
    assert misfits({}, {"a?": Form("x+")}) == []
