"""A function is called when it is plainly meant, asked for what it lacks, and heard out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from livechat.protocol.parts import FunctionCall, FunctionDeclaration
from livechat.server.skills.moment import Moment, Reply, Said
from livechat.server.skills.tools import tool_answers, tools, tools_by_verb
from tests.brain_help import NOW, moment


def declaration(name: str, description: str, required: str = "", **properties: dict[str, Any]) -> FunctionDeclaration:
    schema = {"type": "object", "properties": properties, "required": required.split()}
    return FunctionDeclaration(name=name, description=description, parameters_json_schema=schema)


STRING = {"type": "string"}
TOOLS = [
    declaration("get_weather", "Get the weather in a city", "city", city=STRING),
    declaration(
        "control_device",
        "Turn a device on or off",
        "device state",
        device={"type": "string", "enum": ["lamp", "fan"]},
        state={"type": "string", "enum": ["on", "off"]},
    ),
    declaration("book_table", "Book a table", "restaurant people", restaurant=STRING, people={"type": "integer"}),
    declaration("turn_on_lights", "Turn on the lights"),
    declaration("turn_off_lights", "Turn off the lights"),
    declaration("search_web", "Search the web", "query", query=STRING),
]


def call(*said: str) -> str | dict[str, object] | None:
    """The question asked, or the name and arguments of the call; None if the functions are not meant."""
    reply = tools(moment(*said, tools=TOOLS))
    return _plain(reply)


def _plain(reply: Reply | None) -> str | dict[str, object] | None:
    if reply is None:
        return None
    piece = next(iter(reply))
    return {str(piece.name): piece.args} if isinstance(piece, FunctionCall) else piece


@pytest.mark.parametrize(
    ("said", "made"),
    [
        ("what's the weather in Paris", {"get_weather": {"city": "Paris"}}),
        ("I want to know the weather in oslo", {"get_weather": {"city": "Oslo"}}),
        ("turn the lamp on", {"control_device": {"device": "lamp", "state": "on"}}),
        ("switch off the fan please", {"control_device": {"device": "fan", "state": "off"}}),
        ("turn on the lights", {"turn_on_lights": {}}),
        ("turn the lights off", {"turn_off_lights": {}}),
    ],
)
def test_what_plainly_means_a_function_calls_it(said: str, made: dict[str, object]) -> None:
    assert call(said) == made


@pytest.mark.parametrize(
    "said",
    [
        "i like the weather in Paris",
        "the weather is nice",
        "my lamp is broken",
        "thank you for the weather",
        "what is 17 times 24",
        "tell me a joke",
        "hello",
        "",
    ],
)
def test_what_does_not_plainly_mean_one_calls_none(said: str) -> None:
    assert call(said) is None


def test_without_functions_none_is_called() -> None:
    assert tools(moment("what's the weather in Paris")) is None


def test_what_is_missing_is_asked_for_and_then_the_call_is_made() -> None:
    assert call("what's the weather") == "Which city?"
    assert call("what's the weather", "> Which city?", "in Madrid") == {"get_weather": {"city": "Madrid"}}
    said = ["book a table", "> Which restaurant?", "Luigi's"]
    assert call(*said) == "How many people?"
    assert call(*said, "> How many people?", "four please") == {"book_table": {"restaurant": "Luigi's", "people": 4}}


def test_who_says_something_else_instead_is_heard() -> None:
    assert call("what's the weather", "> Which city?", "and then") is None
    assert call("hello", "> Which city?", "Madrid") is None
    assert call("what's the weather", "> It is sunny.", "in Madrid") is None


def test_equal_moments_make_equal_calls() -> None:
    first, second = (tools(moment("turn on the lights", tools=TOOLS)) for _ in range(2))
    assert first == second
    assert tools(moment("hi", "turn on the lights", tools=TOOLS)) != first


def test_a_verb_alone_may_mean_a_function() -> None:
    assert _plain(tools_by_verb(moment("search for cats", tools=TOOLS))) == {"search_web": {"query": "cats"}}
    assert _plain(tools_by_verb(moment("search", tools=TOOLS))) == "Which query?"
    assert tools_by_verb(moment("find cats", tools=TOOLS)) is None
    assert tools_by_verb(moment("", tools=TOOLS)) is None


def heard(*responses: object) -> str | None:
    history = [Said("user", "x"), *(Said("tool", json.dumps({"response": response})) for response in responses)]
    reply = tool_answers(Moment(tuple(history), NOW))
    return "".join(map(str, reply)) if reply else None


@pytest.mark.parametrize(
    ("response", "said"),
    [
        ({"output": "sunny"}, "Sunny."),
        ({"result": {"result": 5}}, "5."),
        ({"temperature": 21, "isRaining": False}, "The temperature is 21 and the is raining is no."),
        ({"wind": {"speed": 3, "dir": "N"}, "x": None}, "The wind is speed 3 and dir N."),
        ({"items": ["a", "b"]}, "The items are a and b."),
        ({"items": list(range(12))}, "The items are 0, 1, 2, 3, 4, 5, 6, 7 and 4 more."),
        ({"a": {"deep": [None]}}, "The a is deep."),
        ({"error": "no such city"}, "That did not work: no such city."),
        ({"result": ["a"]}, "A."),
        ({"result": ""}, "Done."),
        ({"ok": True}, "The ok is yes."),
        ({}, "Done."),
        (None, "Done."),
        ("plain", "Plain."),
        ([], "Nothing."),
    ],
)
def test_what_a_function_gave_back_is_said_plainly(response: object, said: str) -> None:
    assert heard(response) == said


def test_several_answers_are_said_in_their_order() -> None:
    assert heard({"output": "one"}, {"output": "two"}) == "One. Two."


def test_an_answer_of_any_other_form_is_said_too() -> None:
    def said(text: str) -> str:
        return "".join(map(str, tool_answers(Moment((Said("tool", text),), NOW)) or ()))

    assert said("all is well") == "All is well."
    assert said('{"degrees": 21}') == "The degrees is 21."
    assert said("[1, 2]") == "1 and 2."
    assert len(said("x" * 10_000)) < 1100


def test_before_a_function_answered_there_is_nothing_to_say() -> None:
    assert heard() is None
    assert tool_answers(Moment((Said("tool", '"x"'), Said("user", "thanks")), NOW)) is None
