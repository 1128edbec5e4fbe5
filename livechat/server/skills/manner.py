"""Does as told with what was said last: stop, continue, shorter, slower, once more.

An order is recognised by a key and by having, beside it, only words that belong to orders: "stop it, please" is one,
"stop signs are red" is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from livechat.server.sentences import SentenceCutter
from livechat.server.skills.jokes import holds_joke
from livechat.server.skills.moment import Moment, Reply
from livechat.server.skills.stories import go_on, in_short, last_wish
from livechat.server.skills.words import GLUE, Utterance, bag, hear, phrases, sentence

Order = Literal["go on", "slower", "faster", "louder", "shorter", "stop", "continue", "repeat"]

OKAY = "Okay."
_SLOWLY = "Okay, slower."
# Looked for in this order, in the plain words and in those without politeness.
_KEYS: dict[Order, re.Pattern[str]] = {
    "go on": phrases("not stop* | never stop* | not pause"),
    "faster": phrases("faster | quicker | speed up | speed it up | too slow* | hurry"),
    "slower": phrases(
        """slow* | (?:reduce|lower|half) ... (?:speed|pace) | half speed | too fast | too quick* | too rapid* | too
        hasty | so fast | so quick* | less fast | less quick* | not fast | not (?:that|as) (?:fast|quick*) | take
        your time | take it easy | speed down"""
    ),
    "louder": phrases("louder | speak up | quieter | softer | volume | too loud* | so loud | too quiet* | too soft*"),
    "shorter": phrases(
        """short* | less details? | to the point | too much | brief* | concise* | summ* | sum ... up | gist | nutshell
        | tl ?dr | t l d r | condense* | compact* | abridge* | abbreviate* | compress* | boil | trim* | simplify |
        essence | bottom line | (?:main|key) points? | (?:few|fewer|less|not so many) words | (?:cut|keep) (?:it
        |that |this )?down | long winded | (?:too|so|very|quite|pretty) (?:long|lengthy|wordy|verbose) | in (?:just
        |only )?(?:one|a|a single|two|three|a few|a couple of) (?:sentences?|words?|lines?)"""
    ),
    "stop": phrases(
        """stop* | quiet | silen* | hush* | shh* | shush | shut (?:up|it) | enough | cancel* | halt | quit | abort* |
        pause* | cease | never ?mind | no more | forget (?:about )?it | drop it | leave it | that will do | that is
        (?:all|it) | hold (?:on|it) | ^wait | zip it | cut it out | give it a rest"""
    ),
    "repeat": phrases(
        """repeat* | ^(?!who|what (?:is|are|can|time|day|date|year)|where|when|how|do you|... the time) ... again |
        pardon | once more | one (?:more )?time | another time | rewind | replay | from the (?:beginning|start|top)
        | i missed | what was (?:that|it) | what (?:did|have|had|were|was) you (?:just )?(?:said|say|saying) |
        (?:did|could|can|do) not (?:* )?(?:catch|hear|get|understand|follow) | ^(?:what|sorry|huh|eh|hmm|come|say
        what|excuse me|excuse me what|beg your|sorry what|what sorry)$"""
    ),
    "continue": phrases(
        """continu* | resume* | proceed | go(?:ing)? on | carry on | move on | read on | go ahead | more | next |
        (?:and|what) then | then what | happen* ... then | keep (?:going|talking|telling|reading|speaking|on|it) |
        after that | after$ | finish* | rest of | the rest | (?:does|did|will|would) ... end | how ... ends? | the
        end(?:ing)? | longer | (?:you|we) (?:left off|stopped|were) | where were we"""
    ),
}
_WORDS = GLUE | bag(
    """story stories tale answer reply sentence sentences word words line lines version one two three part thing point
    points speak speaking talk talking telling reading say saying read going go keep carry put make made take took
    bit little lot much more less way down up off out back over on ahead last first next time times moment second
    minute beginning start end ends ended ending rest left stopped interrupt interrupted interrupting interruption
    happen happened happens after before still already never mind just once twice speed pace voice be not no do
    don't did could can should catch hear heard get got understand understood follow missed said told explain
    explanation text piece chapter longer another until enough quite pretty extremely bother anything nothing
    everything please ever too so again your you that's thats hold give finish finished top easy hurry loud loudly
    volume sum gist nutshell t l d r tl dr tldr boil few fewer cut long lengthy wordy verbose main key bottom
    simplify essence winded single couple only shush shut halt quit cease nevermind forget drop leave all wait zip
    proceed move pardon rewind replay were was huh eh hmm come excuse beg ish tad even came run play reduce lower
    half pick him her them he she they detail details extra with"""
)
_GREETS_AGAIN = re.compile(r"(?:(?:well|oh|so|and) )*(?:hello|hi|hey)(?: (?:there|you|all|and|hello|hi|hey))* again")
_KINDS_OF_WORDS = phrases(
    """slow* | fast* | quick* | rapid* | hast* | quiet* | soft* | loud* | short* | brief* | concise* | summ* |
    condense* | compact* | abridge* | abbreviate* | compress* | trim* | stop* | silen* | hush* | shh* | cancel* |
    abort* | pause* | continu* | resume* | repeat*"""
)


def order_in(said: Utterance) -> Order | None:
    """The order that `said` is, if it is one."""
    if _GREETS_AGAIN.fullmatch(said.plain):
        return None
    if not said.words or not all(word in _WORDS or _KINDS_OF_WORDS.fullmatch(word) for word in said.words):
        return None
    return next((order for order, keys in _KEYS.items() if keys.search(said.kernel) or keys.search(said.plain)), None)


def manner(moment: Moment) -> Reply | None:
    order = order_in(moment.said)
    return _DO[order](moment) if order else None


def _stop(moment: Moment) -> Reply:
    return [OKAY]


def _continue(moment: Moment) -> Reply:
    """The story goes on, if there was one; other answers are short and were given whole, see `to_resume`."""
    return go_on(moment) or ["That was all I had to say. Ask me something else, or ask me for a story."]


def to_resume(moment: Moment) -> Moment | None:
    """The earlier moment that is to be answered anew: "go on" after an answer, not a story, that was cut off."""
    if order_in(moment.said) not in ("go on", "continue") or not moment.answers:
        return None
    turn = _last_matter(moment)
    cut = moment.answers[-1].rstrip()[-1] not in ".!?…)”\"'"
    return moment.at(turn) if cut and turn is not None and turn != last_wish(moment) else None


def _shorter(moment: Moment) -> Reply:
    turn, said = _last_matter(moment), _last_said(moment)
    if turn is not None and turn == last_wish(moment):
        return in_short(moment, turn)
    if not said:
        return ["Okay. I will keep it short."]
    if holds_joke(said):
        return ["A joke has no shorter form. Say “tell me another joke” for another one."]
    return [_sentences(said)[0].strip()]


def _slower(moment: Moment) -> Reply:
    """The same sentence by sentence, a line for each: how fast it is spoken is not in a brain's hands."""
    said = _last_said(moment)
    if not said:
        return ["Okay. I can't change my speed, but I can say things again, sentence by sentence."]
    return [f"{_SLOWLY} ", "\n".join(sentence.strip() for sentence in _sentences(said))]


def _repeat(moment: Moment) -> Reply:
    return _sentences(_last_said(moment)) or ["I have not said anything yet."]


def _faster(moment: Moment) -> Reply:
    return ["I can't speak faster, but I can make it shorter: just say “shorter”."]


def _louder(moment: Moment) -> Reply:
    return ["I can't change the volume from here. Your speaker can."]


_DO: dict[Order, Callable[[Moment], Reply]] = {
    "go on": _continue,
    "stop": _stop,
    "continue": _continue,
    "shorter": _shorter,
    "slower": _slower,
    "repeat": _repeat,
    "faster": _faster,
    "louder": _louder,
}


def _last_said(moment: Moment) -> str:
    """The last answer that said something."""
    answers = (answer.removeprefix(_SLOWLY).strip() for answer in reversed(moment.answers))
    return next((answer for answer in answers if answer != OKAY), "")


def _last_matter(moment: Moment) -> int | None:
    """The last turn in which the user asked for something new."""
    turns = range(len(moment.asked) - 2, -1, -1)
    return next((turn for turn in turns if order_in(hear(moment.asked[turn])) is None), None)


def _sentences(text: str) -> list[str]:
    cutter = SentenceCutter(first=len(text), longest=len(text))
    return cutter.feed(text) + cutter.flush()


def echo(moment: Moment) -> Reply | None:
    """ "Repeat after me: hello", "say cheese"."""
    found = _ECHO.fullmatch(moment.said.raw)
    if found is None or ("after me" not in moment.said.plain and order_in(moment.said)):
        return None
    return [sentence(found[1])]


_ECHO = re.compile(
    r"(?:please |now |okay,? |can you |could you )*(?:repeat after me|say(?: after me| the words?| the sentence)?)"
    r"(?:[,:]\s*|\s+)(?!that\b|it\b|this\b|again\b|some|any|what|more\b|my\b|no more)[\"“']?(.+?)[\"”']?[.!]?",
    re.IGNORECASE | re.DOTALL,
)
