"""The exam: of twenty ways to ask for each thing the built-in brain can do, at least 85 % are answered rightly."""

from __future__ import annotations

import asyncio
import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from livechat.protocol.parts import FunctionCall, FunctionDeclaration
from livechat.server.brain import BuiltinBrain, Said

PASS = 0.85
NOW = datetime(2027, 3, 10, 14, 5)
EXAM: dict[str, dict[str, Any]] = tomllib.loads((Path(__file__).parent / "exam" / "paraphrases.toml").read_text())
NAME = re.compile(r"\b[A-Z][a-z]{2,}\b")


class Session:
    """A conversation with the built-in brain."""

    def __init__(self, system: str, tools: list[FunctionDeclaration]) -> None:
        self.history = [Said("system", system)] if system else []
        self.tools = tools

    def say(self, text: str) -> tuple[str, list[FunctionCall]]:
        self.history.append(Said("user", text))
        pieces = asyncio.run(self._respond())
        answer = "".join(piece for piece in pieces if isinstance(piece, str))
        self.history.append(Said("model", answer))
        return answer, [piece for piece in pieces if isinstance(piece, FunctionCall)]

    def interrupt(self, words: int) -> None:
        self.history[-1] = Said("model", " ".join(self.history[-1].text.split()[:words]))

    async def _respond(self) -> list[str | FunctionCall]:
        return [piece async for piece in BuiltinBrain(lambda: NOW).respond(self.history, self.tools)]


def declarations(skill: dict[str, Any]) -> list[FunctionDeclaration]:
    return TypeAdapter(list[FunctionDeclaration]).validate_json(skill.get("declarations", "[]"))


def mistake(skill: dict[str, Any], item: dict[str, Any]) -> str:
    """What is wrong with the answer to one question of the exam; "" if nothing is."""
    wanted = {**skill, **item}
    session = Session(wanted.get("system", ""), declarations(skill))
    before = ""
    for text in wanted.get("before", []):
        before = session.say(text)[0]
    if "cut" in wanted:
        session.interrupt(wanted["cut"])
    answer, calls = session.say(item["say"])
    if "then" in wanted:
        answer, calls = session.say(wanted["then"])
    return fault(wanted, answer, calls, before)


def fault(wanted: dict[str, Any], answer: str, calls: list[FunctionCall], before: str) -> str:
    if "call" in wanted:
        made = [{"name": call.name, "args": call.args} for call in calls]
        return "" if made == [wanted["call"]] else f"called {made}, said {answer!r}"
    if calls:
        return f"called {calls}"
    least, most = wanted.get("words", [1, 10_000])
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", answer)
    text = plain if wanted.get("case") else plain.lower()
    seen = [phrase if wanted.get("case") else phrase.lower() for phrase in wanted.get("has", [])]
    right = (
        least <= len(answer.split()) <= most
        and all(phrase in text for phrase in seen)
        and (not wanted.get("any") or any(phrase.lower() in text for phrase in wanted["any"]))
        and not any(phrase.lower() in text for phrase in wanted.get("no", []))
        and (not wanted.get("kin") or set(NAME.findall(answer)) & set(NAME.findall(before)))
    )
    return "" if right else f"said {answer[:150]!r}"


@pytest.mark.parametrize("name", EXAM)
def test_at_least_85_percent_of_the_paraphrases_are_answered_rightly(name: str) -> None:
    skill = EXAM[name]
    mistakes = {item["say"]: found for item in skill["items"] if (found := mistake(skill, item))}
    assert len(skill["items"]) >= 20
    assert len(mistakes) <= (1 - PASS) * len(skill["items"]), mistakes
