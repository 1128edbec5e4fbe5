"""Fills the parameters of a function with words that were said, and with nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from livechat.server.skills.numerals import number_of, read_numbers
from livechat.server.skills.tool_shapes import Parameter, Shape, name_words
from livechat.server.skills.words import GLUE, Utterance, bag, plain_words, stem

_PLACES = bag("city location place country town address region state area village capital where")
_PEOPLE = bag("artist author singer band composer creator name person recipient contact user player friend")
_MESSAGES = bag("message text content body note")
_QUERIES = bag("topic subject query question keyword keywords term q search about")
_ENDPOINTS = bag("from to origin source departure sender recipient destination receiver contact target")
# What stands before an argument, by a word of the parameter's name.
_BEFORE: tuple[tuple[frozenset[str], str], ...] = (
    (bag("from origin source departure sender start"), "from"),
    (bag("to recipient destination receiver contact target arrival"), "to|for|with"),
    (_PLACES, "in|at|for|near|of|to|on"),
    (bag("artist author singer band composer creator by"), "by|from"),
    (_QUERIES, "about|for|on|of|regarding"),
    (_MESSAGES, "saying|that|with"),
    (bag("name title called"), "named|called|titled"),
)
_ANY = "in|at|for|to|from|about|by|with|named|called|of"
_TIME_NAMES = bag("date day time when")
_TIME = re.compile(
    r"\b(today|tonight|tomorrow(?: (?:morning|evening|night))?|yesterday|now|"
    r"(?:next |this )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r"(?:at|by|from) (\d{1,2}(?::\d\d)?(?: ?[ap]\.?m\.?)?)|next (?:week|month|year)|\d{4}-\d\d-\d\d)(?=\W|$)",
    re.IGNORECASE,
)
_END = (
    r"(?=\s+(?:in|at|for|to|from|about|by|with|on|and|please|today|tonight|tomorrow|yesterday|now|right|this|next|saying|named|"
    r"called|like)\b|[,.!?;\"”]|\s*$)"
)
_END_OF_QUERY = r"(?=\s+please\b|\s*[.!?;]|\s*$)"
_QUOTE = re.compile(r"[\"“]([^\"”]+)[\"”]")
_TRUE, _FALSE = (
    bag("on true yes enable enabled activate start"),
    bag("off false no not disable disabled deactivate without stop"),
)
_NO_ARGUMENT = GLUE | bag(
    """today tonight tomorrow now currently current like much many please right look looking doing going saying named
    called titled"""
)


def arguments(shape: Shape, said: Utterance) -> dict[str, object]:
    """The arguments that `said` holds, in the order of the parameters."""
    found: dict[str, object] = {}
    numbers = _Numbers(said)
    for parameter in shape.parameters:
        value = _value(parameter, shape, said, numbers, [text for text in found.values() if isinstance(text, str)])
        if value is not None:
            found[parameter.name] = value
    return found


def missing(shape: Shape, given: dict[str, object]) -> list[Parameter]:
    return [parameter for parameter in shape.parameters if parameter.required and parameter.name not in given]


def _value(
    parameter: Parameter, shape: Shape, said: Utterance, numbers: _Numbers, taken: Sequence[str]
) -> object | None:
    if parameter.choices:
        return _choice(parameter.choices, said)
    match parameter.kind:
        case "number" | "integer":
            return numbers.for_(parameter)
        case "boolean":
            return _truth(parameter, said)
        case "string":
            return _text(parameter, shape, said, taken)
        case "array":
            text = _text(parameter, shape, said, taken)
            return re.split(r"\s*,\s*|\s+and\s+", text) if text else None
        case _:
            return None


def _choice(choices: Sequence[str], said: Utterance) -> str | None:
    """The choice whose words were said, the longest of several."""
    stems = " ".join(map(stem, said.words))
    spoken = [(choice, " ".join(map(stem, plain_words(" ".join(name_words(choice)) or choice)))) for choice in choices]
    named = [(choice, words) for choice, words in spoken if words and re.search(rf"\b{re.escape(words)}\b", stems)]
    return max(named, key=lambda pair: len(pair[1]))[0] if named else None


class _Numbers:
    """The numbers that were said, each good for one parameter."""

    def __init__(self, said: Utterance) -> None:
        self._tokens = read_numbers(said.words)
        self._left = [at for at, token in enumerate(self._tokens) if isinstance(token, Fraction)]

    def for_(self, parameter: Parameter) -> int | float | None:
        """The number nearest to a word of the parameter, else the first that is left."""
        words = {stem(word) for word in [*name_words(parameter.name), *plain_words(parameter.about)]} - GLUE
        near = [at for at, token in enumerate(self._tokens) if isinstance(token, str) and stem(token) in words]
        fitting = [at for at in self._left if parameter.kind == "number" or self._number(at).denominator == 1]
        if not fitting:
            return None
        at = min(fitting, key=lambda at: (min((abs(at - word) for word in near), default=0), at))
        self._left.remove(at)
        number = self._number(at)
        return int(number) if number.denominator == 1 else float(number)

    def _number(self, at: int) -> Fraction:
        return Fraction(self._tokens[at])


def _truth(parameter: Parameter, said: Utterance) -> bool | None:
    words = set(said.words)
    named = {stem(word) for word in words} & set(map(stem, name_words(parameter.name)))
    if words & _FALSE:
        return False
    return True if words & _TRUE or named else None


def _text(parameter: Parameter, shape: Shape, said: Utterance, taken: Sequence[str]) -> str | None:
    names = set(name_words(parameter.name))
    if names & _TIME_NAMES:
        time = _TIME.search(said.raw)
        return (time[2] or time[1]) if time else None
    proper = bool(names & (_PLACES | _PEOPLE))
    quote = _QUOTE.search(said.raw)
    if quote and not proper and not names & _ENDPOINTS and not (names & _QUERIES and _takes_message(shape)):
        return quote[1]
    before = next((words for keys, words in _BEFORE if names & keys), _ANY)
    end = _END_OF_QUERY if names & _QUERIES or parameter.kind == "array" else _END
    raw = _QUOTE.sub("", said.raw)
    spans = re.finditer(rf"\b(?:{before}) +(?:the +)?(.+?){end}", raw, re.IGNORECASE)
    texts = [_unnumbered(found[1].strip(), shape) for found in spans]
    if parameter.required:
        texts.append(_unnumbered(_rest(shape, raw), shape))
    used = [text.casefold() for text in taken]
    fitting = (text for text in texts if text and text.casefold() not in used and not _is_matter(text, shape))
    text = next(fitting, None)
    return text.title() if text and proper and text.islower() else text


def _takes_message(shape: Shape) -> bool:
    return any(_MESSAGES & set(name_words(parameter.name)) for parameter in shape.parameters)


def _unnumbered(text: str, shape: Shape) -> str:
    """`text` without numbers, if those are for another parameter: "two apples" as "apples"."""
    if not any(parameter.kind in ("number", "integer") for parameter in shape.parameters):
        return text
    return " ".join(word for word in text.split() if number_of([word.lower()]) is None)


def _rest(shape: Shape, raw: str) -> str:
    """The words of what was said that belong neither to the function nor to a question."""
    parameters = {stem(word) for parameter in shape.parameters for word in name_words(parameter.name)}
    words: list[str] = re.findall(r"[\w'’-]+", raw)
    return " ".join(
        word
        for word in words
        if not set(plain_words(word)) <= _NO_ARGUMENT and stem(word.lower()) not in shape.described_by | parameters
    )


def _is_matter(text: str, shape: Shape) -> bool:
    """Whether these words only repeat what the function is about: the kitchen in "turn on the kitchen light"."""
    return all(stem(word) in shape.described_by or word in _NO_ARGUMENT for word in plain_words(text))
