"""Jokes, told whole or not at all: a joke without its end is none."""

from __future__ import annotations

from livechat.server.sentences import SentenceCutter
from livechat.server.skills.chooser import Chooser, seed_of
from livechat.server.skills.moment import Moment

JOKES = (
    "Why did the clock go to the doctor? It felt run down, and then it was late for the appointment.",
    "What did one wall say to the other? “I will meet you at the corner.”",
    "Why do bees hum? Because they never learned the words.",
    "Why did the bicycle fall over? It was two tired.",
    "I told my suitcase that there would be no holiday this year. Now I am dealing with emotional baggage.",
    "Why was six afraid of seven? Because seven ate nine.",
    "What do you call a bear without teeth? A gummy bear.",
    "I would tell you a joke about paper, but it is tearable.",
    "Parallel lines have so much in common that it is a pity they will never meet.",
    "I used to be afraid of hurdles, but I got over it.",
)


def joke(moment: Moment) -> str:
    """One that was not told yet, while there is one, and that has no more sentences than the orders allow."""
    most = moment.orders.sentences or 2
    fitting = [joke for joke in JOKES if _sentences(joke) <= most]
    new = [joke for joke in fitting if not any(joke in answer for answer in moment.answers)]
    return Chooser(seed_of("joke", moment.said.plain, len(moment.asked))).one_of(new or fitting)


def holds_joke(answer: str) -> bool:
    return any(joke in answer for joke in JOKES)


def _sentences(text: str) -> int:
    cutter = SentenceCutter(first=len(text), longest=len(text))
    return len(cutter.feed(text) + cutter.flush())
