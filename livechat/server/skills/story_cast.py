"""Who and what a story is told with: taken from the wish for it, chosen where the wish says nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from livechat.server.skills.chooser import Chooser
from livechat.server.skills.names import she_or_he
from livechat.server.skills.story_topics import Phrase, Topics, pronoun_of
from livechat.server.skills.words import row

_NAMES = {
    "she": row("Mira Tilda Wren Isolde Nell Juno Sela Ottilie Marla Bryn Odette Petra Liv Tamsin Una Zelda Ilka Romy"),
    "he": row("Emil Jory Piet Bram Lorcan Otis Rook Anselm Tobin Caspar Milo Hendrik Orin Silas Teo Wendel Ivo Basil"),
}
_FORMS = {
    "she": {"he": "she", "him": "her", "his": "her", "himself": "herself"},
    "he": {"he": "he", "him": "him", "his": "his", "himself": "himself"},
}
_HEROES = (
    Phrase("a young fox", "fox"),
    Phrase("a clockmaker's daughter", "girl"),
    Phrase("a shepherd", "shepherd"),
    Phrase("a baker's son", "boy"),
    Phrase("a ferryman", "man"),
    Phrase("a small grey donkey", "donkey"),
    Phrase("a lamplighter", "lamplighter"),
    Phrase("a carpenter", "carpenter"),
    Phrase("a hedgehog", "hedgehog"),
    Phrase("a young sailor", "sailor"),
    Phrase("a bell ringer", "bell ringer"),
    Phrase("a very polite bear", "bear"),
)
_FRIENDS = (
    Phrase("an old owl", "owl"),
    Phrase("a tinker with a squeaking cart", "tinker"),
    Phrase("a retired sea captain", "captain"),
    Phrase("a travelling musician", "musician"),
    Phrase("a goat of uncommon intelligence", "goat"),
    Phrase("a girl who collected the names of clouds", "girl"),
    Phrase("a beekeeper", "beekeeper"),
    Phrase("a crow with one white feather", "crow"),
    Phrase("a letter carrier", "letter carrier"),
    Phrase("an otter in a great hurry", "otter"),
)
_PLACES = (
    ("at the edge of a quiet village", "in the village"),
    ("in a valley between two green hills", "in the valley"),
    ("in a harbour town where it rained on most days", "in the town"),
    ("on an island no bigger than a morning's walk", "on the island"),
    ("in a forest so old that nobody had counted its trees", "in the forest"),
    ("in a town of a hundred chimneys", "in the town"),
    ("at the foot of a mountain that wore snow in June", "at the foot of the mountain"),
    ("in a house by a slow brown river", "by the river"),
)
_THINGS = (
    Phrase("a silver bell", "bell"),
    Phrase("a small brass key", "key"),
    Phrase("a lantern that never went out", "lantern"),
    Phrase("a blue umbrella", "umbrella"),
    Phrase("a music box without a tune", "music box"),
    Phrase("a letter without a name", "letter"),
    Phrase("a compass that pointed home", "compass"),
    Phrase("a red kite", "kite"),
    Phrase("a clock that ran backwards", "clock"),
    Phrase("a jar of starlight", "jar"),
    Phrase("a book with one empty page", "book"),
)


@dataclass(frozen=True)
class Cast:
    """What fills the slots of `story_plots`."""

    slots: Mapping[str, str]
    kind: str
    """What the hero is in one word: "fox"."""
    known_for: str
    """What the wish said of the hero: "who counts to 17 times"."""
    extras: Sequence[str]
    """What the wish named besides hero, helper, place and thing."""
    one_thing: bool
    """It is about something that there can be one of."""


def cast(topics: Topics, choose: Chooser) -> Cast:
    hero = topics.living[0] if topics.living else choose.one_of(_HEROES)
    friend = topics.living[1] if len(topics.living) > 1 else choose.one_of([f for f in _FRIENDS if f.head != hero.head])
    thing = topics.things[0] if topics.things else choose.one_of(_THINGS)
    first, again = _place(topics, choose)
    slots = {"first": first, "again": again, "a_thing": thing.first, "the_thing": thing.again}
    name, pronoun, kind = _somebody(hero, choose.one_of(["she", "he"]), choose, friend.name)
    slots |= {"Name": name, "a_kind": kind, **_FORMS[pronoun]}
    other, pronoun, kind = _somebody(friend, "he" if pronoun == "she" else "she", choose, name)
    slots |= {"Friend": other, "a_friend": kind, **{f"f{form}": word for form, word in _FORMS[pronoun].items()}}
    slots |= {key.capitalize(): value[:1].upper() + value[1:] for key, value in slots.items() if key[0].islower()}
    rest = [*topics.living[2:], *(place for _, place in topics.places[1:]), *topics.things[1:]]
    return Cast(
        slots,
        hero.head or "one",
        hero.known_for,
        [extra.first or extra.name for extra in rest],
        thing.first.startswith(("a ", "an ")),
    )


def _place(topics: Topics, choose: Chooser) -> tuple[str, str]:
    if not topics.places:
        return choose.one_of(_PLACES)
    word, place = topics.places[0]
    return f"{word} {place.first}", f"{word} {place.again}"


def _somebody(phrase: Phrase, otherwise: str, choose: Chooser, taken: str) -> tuple[str, str, str]:
    """The name, the pronoun ("she" or "he") and the kind ("a fox") of somebody in the story."""
    pronoun = (phrase.name and she_or_he(phrase.name)) or pronoun_of(phrase.head) or otherwise
    name = phrase.name or choose.one_of([name for name in _NAMES[pronoun] if name != taken])
    return name, pronoun, phrase.first or {"she": "a young woman", "he": "a young man"}[pronoun]
