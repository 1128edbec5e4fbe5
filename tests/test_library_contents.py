"""Whatever way something is said, it becomes contents in order; what cannot be said is told so."""

from __future__ import annotations

from typing import cast

import pytest

from livechat.errors import UsageError
from livechat.library.contents import Request, Response, contents_of, responses_of
from livechat.protocol.parts import Blob, Content, FunctionResponse, Part

PICTURE = Blob(data=b"png", mime_type="image/png")


def user(*parts: Part) -> Content:
    return Content(role="user", parts=list(parts))


@pytest.mark.parametrize(
    ("request_", "contents"),
    [
        (None, []),
        ([], []),
        ("hi", [user(Part(text="hi"))]),
        (Part(text="hi"), [user(Part(text="hi"))]),
        (PICTURE, [user(Part(inline_data=PICTURE))]),
        (["what is", "this?", PICTURE], [user(Part(text="what is"), Part(text="this?"), Part(inline_data=PICTURE))]),
        (Content(parts=[Part(text="hi")]), [user(Part(text="hi"))]),
        ({"text": "hi"}, [user(Part(text="hi"))]),
        ({"parts": [{"text": "hi"}]}, [user(Part(text="hi"))]),
        ({"role": "model", "parts": [Part(text="hi")]}, [Content(role="model", parts=[Part(text="hi")])]),
        ({"inlineData": {"mimeType": "image/png", "data": b"png"}}, [user(Part(inline_data=PICTURE))]),
        (
            ["one", Content(role="model", parts=[Part(text="two")]), "three", "four"],
            [
                user(Part(text="one")),
                Content(role="model", parts=[Part(text="two")]),
                user(Part(text="three"), Part(text="four")),
            ],
        ),
    ],
)
def test_what_is_said_becomes_contents(request_: Request | None, contents: list[Content]) -> None:
    assert contents_of(request_) == contents


@pytest.mark.parametrize("said", [7, b"sound", [b"sound"], {"parts": 7}, {"text": object()}, {"text": ["x"]}])
def test_what_cannot_be_said_is_told(said: object) -> None:
    with pytest.raises(UsageError):
        contents_of(cast(Request, said))


ANSWER = FunctionResponse(id="1", name="f", response={"output": 3})


@pytest.mark.parametrize(
    "given",
    [ANSWER, [ANSWER], {"id": "1", "name": "f", "response": {"output": 3}}, [ANSWER.to_wire()]],
)
def test_an_answer_may_be_written_in_several_ways(given: Response) -> None:
    assert responses_of(given, demands_ids=True) == [ANSWER]


def test_an_id_is_demanded_where_the_endpoint_demands_it() -> None:
    nameless = FunctionResponse(name="f", response={})
    assert responses_of(nameless, demands_ids=False) == [nameless]
    with pytest.raises(UsageError, match="the answer to f has no id"):
        responses_of(nameless, demands_ids=True)
    with pytest.raises(UsageError, match="the answer to a call has no id"):
        responses_of(FunctionResponse(response={}), demands_ids=True)


@pytest.mark.parametrize("given", [7, [], [7], b"x"])
def test_what_is_no_answer_is_told(given: object) -> None:
    with pytest.raises(UsageError):
        responses_of(cast(Response, given), demands_ids=False)
