"""What the embedded server answers: the interface of every brain, and the one that is built in."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from livechat.protocol.parts import FunctionCall, FunctionDeclaration, FunctionResponse
from livechat.server.pieces import Musing, Piece
from livechat.server.skills.about import about
from livechat.server.skills.arithmetic import arithmetic
from livechat.server.skills.beyond import cannot, fallback, foreign, rude
from livechat.server.skills.chance import chance
from livechat.server.skills.dates_and_time import dates_and_time
from livechat.server.skills.guessing import guessing
from livechat.server.skills.instructions import obeyed, refusal
from livechat.server.skills.interpreting import interpreting
from livechat.server.skills.manner import echo, manner, to_resume
from livechat.server.skills.memory import acknowledge, forget, recall, what_did_i_say
from livechat.server.skills.moment import Moment, Reply, Said, Skill
from livechat.server.skills.small_talk import small_talk
from livechat.server.skills.stories import stories
from livechat.server.skills.tools import tool_answers, tools, tools_by_verb
from livechat.server.skills.units import units

__all__ = ["Brain", "BuiltinBrain", "Said", "answered"]


class Brain(Protocol):
    """Thinks of an answer. Stateless: whatever it remembers it reads from the history."""

    @property
    def speculative(self) -> bool:
        """Whether an answer may be begun on a guess and thrown away at no cost."""
        ...

    def respond(self, history: Sequence[Said], tools: Sequence[FunctionDeclaration]) -> AsyncIterator[Piece]:
        """Pieces of the answer to the last thing said, in order; joined, the texts are the answer.

        After function calls nothing comes: the answers of the functions are added to the history as
        `answered(call, response)`, and the brain is asked again.
        """
        ...


def answered(call: FunctionCall, response: FunctionResponse) -> Said:
    """What a function gave back, as part of the history: JSON with the name and arguments it was called with."""
    facts = {"id": call.id, "name": call.name, "args": call.args or {}, "response": response.response}
    return Said("tool", json.dumps(facts, ensure_ascii=False))


class BuiltinBrain:
    """No AI but a row of skills, each a small grammar. Equal histories at equal times get equal answers.

    now: the time on the wall, asked once per answer.
    """

    speculative = True

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    async def respond(self, history: Sequence[Said], tools: Sequence[FunctionDeclaration]) -> AsyncIterator[Piece]:
        yield Musing(_musing(history))
        for piece in answer(Moment(tuple(history), self._now(), tools)):
            yield piece


def _musing(history: Sequence[Said]) -> str:
    """What it thinks, and truly: there is not more to it."""
    last = history[-1] if history else Said("user", "")
    if last.role == "tool":
        return "A function has answered. I put its answer into words."
    return f"The user says: {last.text[:MUSED]!r}. I look for a rule that fits, and answer by the first that does."


# Who is asked first wins: what takes little stands before what takes much.
_ANSWERING: tuple[Skill, ...] = (
    guessing,
    what_did_i_say,
    stories,
    echo,
    manner,
    tools,
    chance,
    dates_and_time,
    arithmetic,
    units,
    rude,
    foreign,
    about,
    forget,
    recall,
    small_talk,
)
_NO_WORDS = re.compile(r"(?:[\[(*♪][^\])*♪\d]*[\])*♪]|[\s.,!?…–—-])*")
"""What a transcript of silence looks like: nothing, or a remark in brackets."""
MOST_SENTENCES = 5
MUSED = 200
"""Characters of what was said that a thought repeats."""


def answer(moment: Moment) -> Iterator[str | FunctionCall]:
    """The pieces of the answer that is due at this moment."""
    reply = tool_answers(moment) or interpreting(moment)
    if reply is None:
        moment = to_resume(moment) or moment
        reply = _refused(moment) or _skilled(moment) or fallback(moment)
    return obeyed(moment.orders, reply, first=not moment.answers)


def _refused(moment: Moment) -> Reply | None:
    if _NO_WORDS.fullmatch(moment.said.raw):
        return ["I did not catch any words. Say it once more, please."]
    if _is_rubbish(moment.said.raw):
        return ["There were no words in that, only signs, so I have nothing to answer. Say it in words, please."]
    excluded = refusal(moment.orders, moment.said.raw)
    return [excluded] if excluded else None


def _is_rubbish(text: str) -> bool:
    """Whether it has no letter and no digit, or only here and there one among characters that nobody writes."""
    strange = sum(char == "\ufffd" or (not char.isprintable() and not char.isspace()) for char in text)
    return 10 * strange > len(text) or not any(char.isalnum() for char in text)


def _skilled(moment: Moment) -> Reply | None:
    return _first((*_ANSWERING, _each_sentence, acknowledge, tools_by_verb, cannot), moment)


def _first(skills: Sequence[Skill], moment: Moment) -> Reply | None:
    return next((reply for reply in (skill(moment) for skill in skills) if reply is not None), None)


def _each_sentence(moment: Moment) -> Reply | None:
    """ "My name is Ada. What is 17 times 24?": what nobody takes as a whole is answered sentence by sentence."""
    sentences = [text for text in re.split(r"(?<=[.!?])\s+", moment.said.raw) if text]
    if not 2 <= len(sentences) <= MOST_SENTENCES:
        return None
    before = moment.at(len(moment.asked) - 1).history[:-1]
    said = [Said("user", text) for text in sentences]
    moments = [replace(moment, history=(*before, *said[: at + 1])) for at in range(len(said))]
    replies = [_first(_ANSWERING, one) for one in moments]
    if not any(replies):
        return None
    return _joined([reply or acknowledge(one) or () for one, reply in zip(moments, replies, strict=True)])


def _joined(replies: Sequence[Reply]) -> Iterator[str | FunctionCall]:
    for at, reply in enumerate(filter(None, replies)):
        if at:
            yield " "
        yield from reply
