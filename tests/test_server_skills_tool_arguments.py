"""Arguments are words that were said, each for the parameter it belongs to."""

from __future__ import annotations

from typing import Any

import pytest

from livechat.protocol.parts import FunctionDeclaration
from livechat.server.skills.tool_arguments import arguments, missing
from livechat.server.skills.tool_shapes import Shape, shape_of
from livechat.server.skills.words import hear


def shape(name: str, description: str = "", required: str = "", **properties: dict[str, Any]) -> Shape:
    schema = {"type": "object", "properties": properties, "required": required.split()}
    return shape_of(FunctionDeclaration(name=name, description=description, parameters_json_schema=schema))


STRING = {"type": "string"}
UNIT = {"type": "string", "enum": ["celsius", "fahrenheit"]}
INTEGER = {"type": "integer"}

WEATHER = shape(
    "get_weather",
    "Gets the weather in a city",
    "city",
    city=STRING,
    unit=UNIT,
)
LIGHT = shape(
    "set_light",
    "Turns a light on or off",
    "room state",
    room={"type": "string", "enum": ["living_room", "room", "hall"]},
    state={"type": "string", "enum": ["on", "off"]},
    brightness=INTEGER,
)
EMAIL = shape("send_email", "Send an email", "to", to=STRING, subject=STRING, body=STRING)
TABLE = shape("book_table", "Book a table", "restaurant people", restaurant=STRING, people=INTEGER, time=STRING)
SEARCH = shape("search", "Search the web", "query", query=STRING)
MUSIC = shape("play_music", "Play music", "", artist=STRING, loud={"type": "boolean"})
MIX = shape(
    "mix",
    "Mix things",
    "",
    things={"type": "array"},
    parts={"type": "number", "description": "how many parts"},
    spoons={"type": "number", "description": "number of spoons"},
    options={"type": "object"},
)
FLIGHT = shape("book_flight", "Book a flight", "", origin=STRING, destination=STRING, date=STRING, title=STRING)
NOTE = shape("add_note", "Adds a note", "title", title=STRING)


@pytest.mark.parametrize(
    ("function", "said", "given"),
    [
        (WEATHER, "what's the weather in Paris", {"city": "Paris"}),
        (WEATHER, "how is the weather in new york today", {"city": "New York"}),
        (WEATHER, "what is the weather like in boston in fahrenheit", {"city": "Boston", "unit": "fahrenheit"}),
        (WEATHER, "Oslo weather please", {"city": "Oslo"}),
        (WEATHER, "what's the weather", {}),
        (LIGHT, "turn on the light in the living room", {"room": "living_room", "state": "on"}),
        (LIGHT, "hall light off", {"room": "hall", "state": "off"}),
        (LIGHT, "set the hall light to brightness 40", {"room": "hall", "brightness": 40}),
        (LIGHT, "set the hall light to brightness 40.5", {"room": "hall"}),
        (EMAIL, "send an email to Bob about the meeting", {"to": "Bob", "subject": "meeting"}),
        (EMAIL, 'email Anna saying "see you at noon"', {"to": "Anna", "body": "see you at noon"}),
        (TABLE, "book a table for four at Luigi's at 7 pm", {"restaurant": "Luigi's", "people": 4, "time": "7 pm"}),
        (TABLE, "book a table tomorrow", {"time": "tomorrow"}),
        (SEARCH, "search for cheap flights to rome", {"query": "cheap flights to rome"}),
        (SEARCH, "search “how to cook”", {"query": "how to cook"}),
        (SEARCH, "search cats", {"query": "cats"}),
        (MUSIC, "play some music", {}),
        (MUSIC, "play music by miles davis please", {"artist": "Miles Davis"}),
        (MUSIC, "play loud music", {"loud": True}),
        (MUSIC, "play music but not loud", {"loud": False}),
        (MIX, "mix of flour, water and salt", {"things": ["flour", "water", "salt"]}),
        (MIX, "mix 2 parts and 3.5 spoons", {"parts": 2, "spoons": 3.5}),
        (MIX, "mix 3 spoons and 2 parts", {"parts": 2, "spoons": 3}),
        (MIX, "mix", {}),
        (
            FLIGHT,
            "book a flight from rome to oslo on friday",
            {"origin": "rome", "destination": "oslo", "date": "friday"},
        ),
        (NOTE, "add a note called shopping", {"title": "shopping"}),
        (NOTE, "add a note named note", {}),
    ],
)
def test_each_parameter_gets_what_belongs_to_it(function: Shape, said: str, given: dict[str, object]) -> None:
    assert arguments(function, hear(said)) == given


def test_what_is_required_and_was_not_said_is_missing() -> None:
    assert [parameter.name for parameter in missing(LIGHT, {"room": "hall"})] == ["state"]
    assert missing(LIGHT, {"room": "hall", "state": "on"}) == []
    assert missing(MUSIC, {}) == []
