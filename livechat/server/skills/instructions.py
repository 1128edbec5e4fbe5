"""The simple orders of a system instruction: a name, brevity, fixed words, capitals, a language, forbidden matters.

What is not listed in `Orders` is not obeyed, and no answer pretends that it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from livechat.protocol.parts import FunctionCall
from livechat.server.sentences import SentenceCutter
from livechat.server.skills.words import bag, hear, stem

WORDS_OF_A_SENTENCE = 20
"""A limit in words is kept in sentences."""
READ_AT_MOST = 20_000
"""Characters of the instruction that are read."""


@dataclass(frozen=True)
class Orders:
    """What a system instruction asks for, as far as it is understood."""

    name: str | None = None
    """What the model is called."""
    user_name: str | None = None
    sentences: int | None = None
    """The most sentences of an answer."""
    brief: bool = False
    begin: str | None = None
    """How every answer begins, ..."""
    end: str | None = None
    """... and ends."""
    case: str | None = None
    """ "upper" or "lower"."""
    language: str | None = None
    """A language that is not English."""
    only: str | None = None
    """The one matter that may be talked about."""
    never: tuple[str, ...] = ()
    """What must not be done, each as "tell stories"."""


_WORD = r"[A-Z](?:[\w-]|['’][A-Z])*"
_NAME = rf"({_WORD}(?: (?:(?:the|of|von|van|de) )?{_WORD}){{0,3}})(?![\w'’-])"
_ANY_NAME = r"((?!a |an |the |not )[a-z][\w'-]*(?: (?!and |who )[a-z][\w'-]*)?)(?=[.,;!\n]|$)"
_YOU_ARE = r"\byou(?: are|['’]re)\b"
_OF_MODEL = (
    rf"(?i:\byour name(?: is|['’]s|:)) (?:{_NAME}|(?i:{_ANY_NAME}))",
    rf"(?i:{_YOU_ARE}(?:(?!talk|speak|chat|user)[^.\n]){{0,80}}?\b(?:called|named)) (?:{_NAME}|{_ANY_NAME})",
    rf"(?i:(?:{_YOU_ARE}|\bact as|\bpretend (?:to be|you are)|\brole-?play as|\b(?:speak|answer|behave) (?:as|like))"
    rf"(?: the)?) {_NAME}",
)
_OF_USER = (
    rf"(?i:\bthe (?:user|person|caller|customer|human|student|player)(?:['’]s name)? is(?: called| named)?) {_NAME}",
    rf"(?i:{_YOU_ARE} (?:talking|speaking|chatting) (?:to|with)(?: (?:a |the )?\w+,? (?:called|named))?) {_NAME}",
    rf"(?i:\b(?:address|call|greet) (?:the user|me|them|him|her)(?: as| by the name)?) {_NAME}",
    rf"(?i:\bcall (?:the user|me|them|him|her)) {_ANY_NAME}",
)
_NATIONS = bag("english german french spanish italian american british dutch google gemini i")
_NUMBER = {"a": 1, "a single": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_SENTENCES = r"\b(a single|one|two|three|four|five|[1-9]) (?:short |brief |simple )?sentences?\b"
_WORD_LIMIT = r"\b(?:under|at most|no more than|fewer than|less than|within|up to|maximum of?|in) (\d+) words\b"
_BRIEF = (
    r"\b(?:brief|briefly|concise|concisely|terse|succinct|succinctly|few words)\b"
    r"|\bshort (?:answers?|replies|responses?)\b"
    r"|\b(?:answers?|replies|responses?|it|things|be)(?: \w+)? short\b"
)
_WITH = r"\b[^.!?\n\"“]{0,60}?\b(?:with|by saying)(?: the)?(?: exact)?(?: words?| phrase| sentence)?:? "
_FIXED = (
    r"(?:[\"“'‘](?P<quoted>[^\"”\n]+?)[\"”'’](?=\W|$)"
    r"|(?P<plain>[^\n.!?;]+?[!?]?)(?=[.!?;\n]|,? and (?:always|never|end|begin|start|be|speak|answer|keep)\b"
    r"| (?:before|(?:to|at|as) the (?:start|beginning|end))\b|$))"
)
_BEGIN = r"\b(?:begin|start|open|preface)" + _WITH + _FIXED
_END = r"\b(?:end|finish|close|conclude)" + _WITH + _FIXED
_AT_BEGIN = (
    r"\b(?:say|add|write|put|use)(?: the)?(?: words?| phrase)? " + _FIXED + r" (?:before|at the (?:start|beginning))\b"
)
_AT_END = r"\b(?:say|add|write|put|append|use)(?: the)?(?: words?| phrase)? " + _FIXED + r" (?:to|at|as) the end\b"
_SAY = r"\balways (?:say|include|use)(?: the)?(?:(?: \w+)? (?:words?|phrase))? " + _FIXED
_LANGUAGE = (
    r"\b(?:answer|respond|reply|speak|talk|write|communicate|converse|use)\b[^.\n]{0,40}?\b(german|french|"
    r"spanish|italian|portuguese|dutch|polish|russian|ukrainian|turkish|arabic|hebrew|hindi|bengali|urdu|chinese|"
    r"mandarin|cantonese|japanese|korean|vietnamese|thai|indonesian|swedish|norwegian|danish|finnish|greek|czech|"
    r"hungarian|romanian|latin)\b"
)
_ONLY = (
    r"\b(?:only (?:ever )?(?:talk|speak|chat|answer(?: questions)?|respond to questions|discuss)"
    r"(?: about| on| regarding)?"
    r"|(?:talk|speak|chat|answer questions) only (?:about|on)) (?!in |if |when |with )([^.!?;\n]+)"
)
_NEVER = (
    r"\b(?:never|do not|don['’]t|must not|may not|refuse to) (?:ever )?"
    r"((?:tell|talk about|discuss|mention|play|give|speak about|do) (?:any |a )?[^.!?;,\n]+)"
)


def read_orders(text: str) -> Orders:
    text = text[:READ_AT_MOST]
    language = re.search(_LANGUAGE, text, re.IGNORECASE)
    only = re.search(_ONLY, text, re.IGNORECASE)
    return Orders(
        name=_name(_OF_MODEL, text),
        user_name=_name(_OF_USER, text),
        sentences=_most_sentences(text),
        brief=re.search(_BRIEF, text, re.IGNORECASE) is not None,
        begin=_fixed(_BEGIN, text) or _fixed(_AT_BEGIN, text) or _fixed(_SAY, text),
        end=_fixed(_END, text) or _fixed(_AT_END, text),
        case=_case(text.lower()),
        language=language[1].capitalize() if language else None,
        only=only[1].strip() if only and not language else None,
        never=tuple(match[1].strip() for match in re.finditer(_NEVER, text, re.IGNORECASE)),
    )


def _name(patterns: Iterable[str], text: str) -> str | None:
    names = (next(filter(None, match.groups())) for pattern in patterns for match in re.finditer(pattern, text))
    name = next((name for name in names if name.lower() not in _NATIONS), None)
    return name.title() if name and name.islower() else name


def _most_sentences(text: str) -> int | None:
    found = re.search(_SENTENCES, text, re.IGNORECASE)
    if found:
        return _NUMBER.get(found[1].lower()) or int(found[1])
    words = re.search(_WORD_LIMIT, text, re.IGNORECASE)
    return max(1, int(words[1][:4]) // WORDS_OF_A_SENTENCE) if words else None


def _fixed(pattern: str, text: str) -> str | None:
    """The words that an order dictates: a quotation, or a few plain words."""
    found = re.search(pattern, text, re.IGNORECASE)
    if found is None:
        return None
    words = (found["quoted"] or found["plain"]).strip()
    return words if found["quoted"] or len(words.split()) <= 6 else None


def _case(text: str) -> str | None:
    if re.search(r"\b(?:all caps|upper ?-?case|capital letters|capitals)\b", text):
        return "upper"
    return "lower" if re.search(r"\b(?:lower ?-?case|small letters)\b", text) else None


def refusal(orders: Orders, question: str) -> str | None:
    """What to say instead of an answer, if `question` is about what the orders exclude."""
    asked = {stem(word) for word in hear(question).words}
    for forbidden in orders.never:
        matter = {stem(word) for word in forbidden.lower().split()[1:]} - _EMPTY
        if matter & asked:
            return f"I was asked not to {forbidden}."
    if orders.only and len(asked) > 3:
        matter = {stem(word) for word in orders.only.lower().split()} - _EMPTY
        return None if matter & asked else f"I was asked to talk only about {orders.only}."
    return None


_EMPTY = frozenset(
    map(stem, bag("a an the any about of and or to with in your my this that it me you question questions"))
)


def obeyed(orders: Orders, pieces: Iterable[str | FunctionCall], *, first: bool) -> Iterator[str | FunctionCall]:
    """`pieces` as the orders want them; first: it is the first answer of the session."""
    started, text = False, ""
    for piece in _limited(orders.sentences, pieces):
        if isinstance(piece, FunctionCall):
            yield piece
            continue
        if not started:
            started = True
            yield from _cased(orders, _opening(orders, piece, first))
        text += piece
        yield from _cased(orders, piece)
    if orders.end and text and not text.rstrip().endswith(orders.end):
        yield from _cased(orders, f"{'' if text[-1:].isspace() else ' '}{orders.end}")


def _opening(orders: Orders, piece: str, first: bool) -> str:
    opening = ""
    if orders.begin and not piece.startswith(orders.begin):
        opening = orders.begin + (" " if orders.begin[-1] in ".!?,:" else ". ")
    if orders.language and first:
        opening += f"I was asked to speak {orders.language}, but I only know English. "
    return opening


def _cased(orders: Orders, piece: str) -> Iterator[str]:
    if piece:
        yield piece.upper() if orders.case == "upper" else piece.lower() if orders.case == "lower" else piece


def _limited(most: int | None, pieces: Iterable[str | FunctionCall]) -> Iterator[str | FunctionCall]:
    """The first sentences, at most `most` of them, and every call."""
    if most is None:
        yield from pieces
        return
    cutter = SentenceCutter(first=_WHOLE, longest=_WHOLE)
    for piece in chain(pieces, (None,)):
        parts = cutter.feed(piece) if isinstance(piece, str) else cutter.flush()
        yield from parts[:most]
        most -= len(parts[:most])
        if isinstance(piece, FunctionCall):
            yield piece


_WHOLE = 10_000
"""Characters; sentences are counted whole."""
