"""A program's functions are declared by their signatures, run when the model calls them, and answered once."""

from __future__ import annotations

import asyncio
import functools
from typing import Literal

import pytest

import livechat
from livechat.errors import UsageError
from livechat.library.own_tools import rules_of, toolbox_of
from livechat.testing import LiveServer, serving
from livechat.tool_calls import ToolRule
from tests.aio import run

TEXT_MODEL = "gemini-live-2.5-flash"


def get_weather(city: str, unit: Literal["C", "F"] = "C") -> str:
    """The weather in a city."""
    return f"rain in {city}, 9 degrees {unit}"


@livechat.tool(timeout_s=5, on_cancel="finish", blocking=False, scheduling="SILENT")
async def look_up(city: str) -> dict[str, int]:
    return {"high": 9}


@livechat.tool(permission="ask")
def remove(file: str) -> None:
    """Nobody can be asked in a program."""


def test_the_functions_among_the_tools_are_the_program_s_own() -> None:
    box = toolbox_of(["google_search", get_weather, livechat.FunctionDeclaration(name="g")])
    assert box is not None
    assert [declaration.name for declaration in box.declarations()] == ["get_weather"]
    assert toolbox_of(["google_search"]) is None
    assert toolbox_of(None) is None


def test_what_a_program_offers_may_run_and_what_wants_a_user_may_not() -> None:
    box = toolbox_of([get_weather, look_up, remove])
    assert box is not None
    assert rules_of(box, "models/gemini-3.8-live") == {
        "get_weather": ToolRule("allow"),
        "look_up": ToolRule("allow", 5, "finish", blocking=False, scheduling="SILENT"),
        "remove": ToolRule("deny"),
    }


def test_a_declaration_is_made_of_the_signature() -> None:
    setup = livechat.LiveGenerativeModel(tools=get_weather).setup("models/m")
    ((declared,),) = [tool.function_declarations or [] for tool in setup.tools or []]
    assert (declared.name, declared.description) == ("get_weather", "The weather in a city.")
    assert declared.parameters is not None
    assert declared.parameters.required == ["city"]


def test_a_function_without_a_name_is_refused_when_a_session_begins() -> None:
    with pytest.raises(UsageError):
        livechat.LiveGenerativeModel(tools=[functools.partial(get_weather, unit="F")]).setup("models/m")


@pytest.mark.parametrize("model", [TEXT_MODEL, "gemini-3.8-live"])
def test_the_model_calls_a_function_and_says_what_came_of_it(model: str) -> None:
    called: list[str] = []

    def get_weather(city: str) -> str:
        """The weather in a city."""
        called.append(city)
        return "rain, 9 degrees"

    async def main(server: LiveServer) -> livechat.Turn:
        async with livechat.connect(model, backend=server.url, modality="TEXT", tools=[get_weather]) as session:
            return await session.ask("What is the weather in Oslo?")

    with serving() as server:
        turn = run(main(server))
    assert called == ["Oslo"]
    assert "9 degrees" in turn.text


def test_two_calls_at_once_are_each_answered() -> None:
    """The mind's answers to both, whatever their order, and the news of them."""

    async def slow(city: str) -> str:
        """The weather."""
        await asyncio.sleep(0.01)
        return city

    calls = [{"call": "slow", "args": {"city": city}} for city in ("Oslo", "Rome")]

    async def main(server: LiveServer) -> list[livechat.ToolEnded]:
        async with livechat.connect(TEXT_MODEL, backend=server.url, modality="TEXT", tools=[slow]) as session:
            await session.send("both")
            ended: list[livechat.ToolEnded] = []
            async for event in session.events():
                if isinstance(event, livechat.ToolEnded):
                    ended.append(event)
                if len(ended) == 2:
                    break
            return ended

    with serving({"turn": [{"do": calls}]}) as server:
        ended = run(main(server))
    assert {one.result for one in ended} == {"Oslo", "Rome"}
    assert {one.outcome for one in ended} == {"done"}


def test_a_new_function_cannot_come_in_mid_session_and_a_known_one_can() -> None:
    async def main(server: LiveServer) -> None:
        async with livechat.connect(backend=server.url, tools=[get_weather]) as session:
            with pytest.raises(UsageError, match="the function look_up is new"):
                await session.send_context_update(tools=[get_weather, look_up])
            await session.send_context_update(tools=[get_weather])

    with serving() as server:
        run(main(server))
