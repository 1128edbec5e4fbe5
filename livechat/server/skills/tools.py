"""Calls declared functions when what was said plainly matches one, and says what they gave back.

Conservative: the words of the function's name must be in what was said or, where none of our own skills answers, its
verb must begin it. Arguments are words that were said; what is required and was not said is asked for.
"""

from __future__ import annotations

import json
import re
from typing import cast

from livechat.protocol.parts import FunctionCall
from livechat.server.skills.chooser import seed_of
from livechat.server.skills.moment import Moment, Reply
from livechat.server.skills.tool_arguments import arguments, missing
from livechat.server.skills.tool_shapes import Shape, name_words, shape_of
from livechat.server.skills.words import Utterance, bag, hear, listed, sentence, stem

MOST_LISTED = 8
LONGEST_TEXT = 1000
"""Characters of a function's text that are said."""

_STATEMENT = bag("i my he she they we his her their our that it this there because thank thanks yes no")
_ARTICLES, _BEING = bag("the a an"), bag("is was are were")
_ASKED = re.compile(r"(?:Which|How many) [\w ]+\?")
_RESULT = ("result", "output", "response", "message", "text", "answer", "content", "value")


def tools(moment: Moment) -> Reply | None:
    """Calls the function whose name's words were said, going on with an earlier request that lacked something."""
    requests = _requests(moment)
    if len(requests) > 1:
        whole = hear("; ".join(requests))
        shape, before = _matching(moment, hear(requests[0])), arguments
        if shape and len(arguments(shape, whole)) > len(before(shape, hear("; ".join(requests[:-1])))):
            return [_call_or_question(shape, whole, moment)]
    shape = _matching(moment, moment.said)
    return [_call_or_question(shape, moment.said, moment)] if shape else None


def tools_by_verb(moment: Moment) -> Reply | None:
    """Calls the function whose name begins with the verb that was said first."""
    if not moment.said.core:
        return None
    verb = stem(moment.said.core[0])
    shape = next((shape for shape in map(shape_of, moment.tools) if shape.verb == verb), None)
    return [_call_or_question(shape, moment.said, moment)] if shape else None


def _requests(moment: Moment) -> list[str]:
    """The last thing said and, if it answers a question for an argument, the request it belongs to, oldest first."""
    said = [one for one in moment.history if one.role != "system"]
    texts = [said[-1].text]
    for answer, request in zip(said[-2::-2], said[-3::-2], strict=False):
        if answer.role != "model" or request.role != "user" or not _ASKED.fullmatch(answer.text.strip()):
            break
        texts.insert(0, request.text)
    return texts


def _matching(moment: Moment, said: Utterance) -> Shape | None:
    """The function that most of what was said speaks for."""
    if not said.core or said.core[0] in _STATEMENT or (said.core[0] in _ARTICLES and _BEING & set(said.core)):
        return None
    stems = set(map(stem, said.words))
    rated = [(_rating(shape, stems, said), shape) for shape in map(shape_of, moment.tools)]
    best = max((rating for rating, _ in rated), default=0)
    return next(shape for rating, shape in rated if rating == best) if best else None


def _rating(shape: Shape, stems: set[str], said: Utterance) -> int:
    """0 for no match, else how many words match."""
    named = sum(parameter.name in arguments(shape, said) for parameter in shape.parameters if parameter.choices)
    described = len(shape.described_by & stems)
    if shape.matter <= stems:
        return 100 * len(shape.matter) + 10 * named + described
    return 10 * named + described if named and described else 0


def _call_or_question(shape: Shape, said: Utterance, moment: Moment) -> str | FunctionCall:
    given = arguments(shape, said)
    lacking = missing(shape, given)
    if lacking:
        many = lacking[0].kind == "integer" and lacking[0].spoken.endswith(("s", "people", "children"))
        return f"{'How many' if many else 'Which'} {lacking[0].spoken}?"
    number = seed_of(shape.name, json.dumps(given, sort_keys=True), len(moment.history))
    return FunctionCall(id=f"function-call-{number}", name=shape.name, args=given)


def tool_answers(moment: Moment) -> Reply | None:
    """Says what the functions gave back that were called last."""
    answers: list[str] = []
    for said in reversed(moment.history):
        if said.role != "tool":
            break
        answers.insert(0, _said(said.text))
    return [" ".join(answers)] if answers else None


def _said(text: str) -> str:
    try:
        answer: object = json.loads(text)
    except ValueError:
        return sentence(text[:LONGEST_TEXT])
    fields = cast("dict[str, object]", answer) if isinstance(answer, dict) else {"response": answer}
    return _sentence_of(fields.get("response", fields))


def _sentence_of(answer: object) -> str:
    if not isinstance(answer, dict):
        spoken = _spoken(answer)
        return sentence(spoken) if spoken else "Done."
    fields = {key: value for key, value in cast("dict[str, object]", answer).items() if value not in (None, "", [], {})}
    if "error" in fields:
        return sentence(f"that did not work: {_spoken(fields['error'])}")
    if len(fields) == 1 and next(iter(fields)) in _RESULT:
        return _sentence_of(next(iter(fields.values())))
    parts = [f"the {' '.join(name_words(key)) or key} {_be(value)} {_spoken(value)}" for key, value in fields.items()]
    return sentence(_some(parts)) if parts else "Done."


def _be(value: object) -> str:
    return "are" if isinstance(value, list) else "is"


def _spoken(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case dict():
            fields = cast("dict[str, object]", value)
            return _some([f"{' '.join(name_words(key)) or key} {_spoken(inner)}" for key, inner in fields.items()])
        case list():
            return _some([_spoken(inner) for inner in cast("list[object]", value)])
        case None:
            return ""
        case _:
            return str(value)[:LONGEST_TEXT]


def _some(parts: list[str]) -> str:
    """The first parts as one says them, and how many more there are."""
    more = len(parts) - MOST_LISTED
    return listed([*parts[:MOST_LISTED], f"{more} more"] if more > 0 else parts or ["nothing"])
