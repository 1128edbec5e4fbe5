"""Tells stories from a seeded grammar, long or short, and goes on with them after an interruption or beyond their end.

A story follows from the wish for it and from its place in the conversation alone, so it need not be remembered: to go
on, it is made again, and what the history holds of it is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from livechat.server.sentences import SentenceCutter
from livechat.server.skills import story_plots as plots
from livechat.server.skills.chooser import Chooser, seed_of
from livechat.server.skills.moment import Moment, Reply
from livechat.server.skills.names import user_name
from livechat.server.skills.story_cast import cast
from livechat.server.skills.story_length import MOST_PICKED, SHORT, Limit, Unit, limit_in, outline
from livechat.server.skills.story_topics import STORY, topics_of
from livechat.server.skills.words import Utterance, bag, hear, made_of

Length = Literal["short", "full", "long", "longest"] | Limit

_NOUN = rf"(?:{'|'.join(sorted(STORY))})"
_ASK = (
    r"(?:tell(?:ing)?|writ(?:e|ing)|mak(?:e|ing)(?: up)?|invent(?:ing)?|read(?:ing)?|create|narrate|spin|compose|share|"
    r"start|begin|give|improvise|think (?:of|up)|come up with|dream up|recite|sing|hear(?:ing)?|listen(?:ing)? to|"
    r"something like|want|know|have|got|need|try|something|maybe|for|about|with)"
)
_WHOM = r"(?:(?:to )?(?:me|us|him|her|them|(?:my|our|the) \w+) )?"
_SOME = r"(?:a|an|any|another|some|one|more|new|different)"
_KIND = r"(?: (?!(?:the|this|that|your|my|his|her|it)\b)[\w']+){0,5}?"
_NO_KIND = r"(?:the|this|that|your|my|his|her|what|which|whose|who|is|no|stop|love|nice|good|great)"
_WISHES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_ASK} {_WHOM}{_SOME}{_KIND} {_NOUN}\b",
        rf"\b{_ASK} {_WHOM}the (?:[\w']+ ){{0,3}}{_NOUN} (?:of|about|where|with)\b",
        rf"\b(?:tell|write|make up|invent|know|have|got) {_WHOM}(?:good |nice |funny )?{_NOUN}\b",
        rf"\b(?:tell|read|hear|share|give|with) {_WHOM}(?:(?:one|some|another) of )?your (?:[\w']+ )?{_NOUN}\b",
        rf"^{_SOME}{_KIND} {_NOUN}\b(?! (?:is|was|has|had|by)\b)",
        rf"^(?:(?!{_NO_KIND}\b)[\w']+ ){{0,2}}{_NOUN}"
        r"(?: (?:about|of|with|for|time|where|featuring|involving|in)\b|$)",
        r"^once upon a time\b",
    )
)
_ONE = re.compile(r"\b(?:one|a single|1) sentence\b")
_LENGTHS: tuple[tuple[Length, re.Pattern[str]], ...] = (
    ("longest", re.compile(r"\b(?:very|really|extremely|so|super) long\b|\blongest\b|\bminutes?\b|\bhours?\b")),
    ("short", re.compile(r"\b(?:short|shorter|brief|quick|tiny|mini)\b|\bin (?:\w+ ){1,2}(?:sentences|words)\b")),
    ("long", re.compile(r"\b(?:long|longer|epic)\b")),
)
_CHAPTERS_OF_LONG = 2
_FEW_SENTENCES = 5


def stories(moment: Moment) -> Reply | None:
    if asks_for_story(moment.said) or (_asks_for_another(moment.said) and last_wish(moment) is not None):
        turn = len(moment.asked) - 1
        return _sentences(Tale(moment, turn).told(_length(moment, turn)))
    return None


def asks_for_story(said: Utterance) -> bool:
    """Whether a story is wished for: "a story about a man who counts to 17" is, "the story of my life" is not."""
    for pattern in _WISHES:
        found = pattern.search(said.kernel)
        if found:
            before = said.kernel[: found.end()].split()
            mine = before[0] == "i" and not {"you", "for", "hear"} & set(before)
            return "not" not in before and not mine
    return False


def last_wish(moment: Moment) -> int | None:
    """The turn before the present one in which a story was told last: for a wish, or for "another one" after it."""
    wished: int | None = None
    for turn, text in enumerate(moment.asked[:-1]):
        said = hear(text)
        if asks_for_story(said) or (wished is not None and _asks_for_another(said)):
            wished = turn
    return wished


def _asks_for_another(said: Utterance) -> bool:
    return made_of(said.core, bag("another different"), bag("one more else new completely totally"))


def go_on(moment: Moment) -> Reply | None:
    """The rest of the last story or, when all of it was told, its next chapter; None if there was no story."""
    turn = last_wish(moment)
    if turn is None:
        return None
    tale, heard = Tale(moment, turn), _letters(" ".join(moment.answers_since(turn)))
    for part in ([*tale.told(_length(moment, turn))], *([chapter] for chapter in tale.chapters)):
        untold = [sentence for sentence in _sentences(part) if _letters(sentence) not in heard]
        if untold:
            return untold
    return [f"That is all that is told of {tale.hero}. Ask me for another story whenever you like."]


def in_short(moment: Moment, turn: int) -> Reply:
    """The story of that turn in a few sentences, or in one if that was done already or one is all that is wanted."""
    tale = Tale(moment, turn)
    said_so = _letters(tale.short) in _letters(" ".join(moment.answers_since(turn)))
    told_short = said_so or isinstance(_length(moment, turn), Limit)
    one = told_short or _ONE.search(moment.said.plain) or moment.orders.sentences == 1
    return _sentences([tale.one_sentence if one else tale.short])


def _length(moment: Moment, turn: int) -> Length:
    orders, wish = moment.orders, hear(moment.asked[turn]).plain
    if (orders.sentences or _FEW_SENTENCES + 1) <= _FEW_SENTENCES:
        return Limit(orders.sentences or 1, "sentence")
    if limit := limit_in(moment.asked[turn]):
        return limit
    for length, pattern in _LENGTHS:
        if pattern.search(wish):
            return length
    return "short" if orders.brief else "full"


class Tale:
    """The one story that follows from a wish and its place in the conversation."""

    def __init__(self, moment: Moment, turn: int) -> None:
        wish = moment.asked[turn]
        choose = Chooser(seed_of("story", hear(wish).plain, turn))
        self._cast = cast(topics_of(_with_names(wish, user_name(moment))), choose)
        self.hero: str = self._cast.slots["Name"]
        self._words = hear(wish).words
        self._opening = choose.one_of(plots.OPENINGS)
        self._quest = choose.one_of([quest for quest in plots.QUESTS if self._cast.one_thing or not quest.of_one_thing])
        self._trouble = choose.one_of(plots.TROUBLES)
        shared = (plots.CHARACTERS, plots.SURROUNDINGS, plots.DEPARTURES, plots.LOWS)
        self._shared = [choose.one_of(texts) for texts in shared]
        self._closing = choose.one_of(plots.CLOSINGS)
        self._extras = choose.shuffled(plots.EXTRAS)
        self.chapters: list[str] = [self._filled(chapter) for chapter in choose.shuffled(plots.CHAPTERS)]

    def told(self, length: Length) -> Sequence[str]:
        """Its paragraphs."""
        if isinstance(length, Limit):
            return self._nearest(length)
        if length == "short":
            return [self.short]
        chapters = {"full": 0, "long": _CHAPTERS_OF_LONG, "longest": len(self.chapters)}[length]
        return [*self._paragraphs(), *self.chapters[:chapters]]

    @property
    def short(self) -> str:
        return self._in_sentences(SHORT, [*filter(None, [self._fame()]), *self._more()])

    @property
    def one_sentence(self) -> str:
        return self._filled(plots.ONE_SENTENCE, wants=self._quest.wants, reaches=self._quest.reaches)

    def _nearest(self, limit: Limit) -> Sequence[str]:
        """The story in as many sentences or words as are wished, or in the nearest number of them."""
        lengths: list[Length] = ["full", "long", "longest"]
        forms = [[self.in_sentences(count)] for count in range(1, MOST_PICKED + 1)]
        sized = [*forms, *(self.told(length) for length in lengths)]
        return min(sized, key=lambda form: abs(_size(form, limit.unit) - limit.count))

    def in_sentences(self, count: int) -> str:
        """The story in that many sentences, from 1 to `MOST_PICKED`; what else was wished for takes some of them."""
        if count == 1:
            return self.one_sentence
        besides = [*filter(None, [self._fame()]), *self._more()][: count - 2]
        return self._in_sentences(count - len(besides), besides)

    def _in_sentences(self, count: int, besides: Sequence[str]) -> str:
        opening, *rest = outline(count)
        fame = [text for text in besides if text == self._fame()]
        more = [text for text in besides if text not in fame]
        text = " ".join([opening, *fame, *rest, *more])
        quest, character = self._quest, self._shared[0]
        pieces = {"opening": self._opening, "character": character, "short": self._trouble.short}
        return self._filled(text, wants=quest.wants, reaches=quest.reaches, moral=quest.moral, **pieces)

    def _paragraphs(self) -> list[str]:
        character, surroundings, departure, low = self._shared
        return [
            self._filled(" ".join(filter(None, paragraph)))
            for paragraph in (
                [self._opening, character, self._fame(), surroundings],
                [self._quest.wish],
                [departure],
                [self._trouble.trouble, low],
                [self._trouble.help],
                [self._quest.turn],
                [self._quest.ending, *self._more()],
                [self._closing, self._farewell()],
            )
        ]

    def _fame(self) -> str:
        known_for = self._cast.known_for
        return f"To this day {{he}} is remembered as the {self._cast.kind} {known_for}." if known_for else ""

    def _more(self) -> list[str]:
        """A sentence for each thing that the wish named and the plot has no place for."""
        return [
            self._extras[at % len(self._extras)].replace("{extra}", extra) for at, extra in enumerate(self._cast.extras)
        ]

    def _farewell(self) -> str:
        if "bedtime" in self._words or "sleep" in self._words:
            return "And now it is time to close your eyes. Good night."
        return f"The moral of it: {self._quest.moral}" if {"fable", "moral"} & set(self._words) else ""

    def _filled(self, text: str, **more: str) -> str:
        for slot, words in more.items():
            text = text.replace(f"{{{slot}}}", words)
        return _SLOT.sub(lambda slot: self._cast.slots.get(slot[1], slot[0]), text)


def _with_names(wish: str, user: str | None) -> str:
    """The wish with names for "me" and "you"."""
    wish = _YOU.sub("about a talking machine", wish)
    return _ME.sub(f"about {f'a traveller named {user}' if user else 'a traveller'}", wish)


def _sentences(paragraphs: Sequence[str]) -> list[str]:
    cutter = SentenceCutter(first=_WHOLE, longest=_WHOLE)
    return cutter.feed("\n\n".join(paragraphs)) + cutter.flush()


def _size(paragraphs: Sequence[str], unit: Unit) -> int:
    return len(_sentences(paragraphs) if unit == "sentence" else " ".join(paragraphs).split())


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()


_SLOT = re.compile(r"\{(\w+)\}")
_ME = re.compile(r"\babout (?:me|myself|us)\b", re.IGNORECASE)
_YOU = re.compile(r"\babout (?:you|yourself)\b", re.IGNORECASE)
_WHOLE = 100_000
"""Characters; no sentence of a story is cut."""
