"""What a story is to be about: finds heroes, places and things in a wish for a story and makes phrases of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from livechat.server.skills.given_names import NAMES
from livechat.server.skills.story_length import without_length
from livechat.server.skills.words import GLUE, bag, table, with_article

STORY = bag(
    """story stories tale tales fable fables yarn yarns fairytale fairytales legend legends myth myths adventure
    adventures storytime"""
)
MOST_PHRASES = 6
LONGEST_PHRASE = 8
"""Words."""

_SHE = bag(
    """princess queen girl woman mother grandmother grandma mom mum witch sister aunt daughter fairy mermaid lady nun
    heroine actress ballerina duchess maid waitress goddess hen cow mare"""
)
_HE = bag(
    """prince king boy man father grandfather grandpa dad wizard brother uncle son lord monk emperor duke gentleman
    fisherman cowboy rooster bull snowman postman policeman fireman"""
)
_EITHER = bag(
    """child kid baby teacher doctor nurse baker farmer sailor captain pirate knight thief soldier detective scientist
    astronaut engineer inventor painter artist musician singer dancer poet writer programmer hacker chef cook
    gardener hunter shepherd miller carpenter blacksmith tailor cobbler clockmaker shoemaker keeper merchant
    traveler traveller wanderer explorer giant dwarf elf goblin troll ogre ghost vampire werewolf zombie monster
    alien robot android angel devil demon genie superhero hero clown magician ninja samurai viking archer guard spy
    student pupil professor librarian firefighter pilot driver person stranger neighbor neighbour friend twin orphan
    beggar creature animal bird teddy doll cat dog mouse rat fox wolf bear rabbit bunny hare horse pony donkey goat
    sheep lamb pig piglet chicken duck duckling goose swan turtle tortoise frog toad snake lizard crocodile
    alligator dinosaur dragon unicorn phoenix lion tiger leopard elephant giraffe zebra monkey ape gorilla hippo
    rhino camel kangaroo koala panda penguin seal whale dolphin shark fish octopus squid crab lobster snail worm
    caterpillar spider ant bee wasp butterfly owl crow raven eagle hawk sparrow robin parrot pigeon hedgehog
    squirrel chipmunk beaver badger otter deer moose bat mole hamster kitten puppy bug beetle firefly cricket stork
    heron peacock llama raccoon skunk sloth lynx chameleon gnome pixie sprite nymph knightess"""
)
LIVING = _SHE | _HE | _EITHER
_MANY = table(
    """mice=mouse wolves=wolf men=man women=woman children=child people=person geese=goose elves=elf dwarves=dwarf
    thieves=thief fairies=fairy puppies=puppy ponies=pony bunnies=bunny butterflies=butterfly spies=spy babies=baby
    ladies=lady witches=witch foxes=fox fireflies=firefly heroes=hero octopuses=octopus"""
)
_AT = bag(
    "lighthouse bridge mill well harbor harbour circus station river lake sea ocean crossroads market beach shore"
)
_ON = bag("island mountain hill moon planet mars farm ship boat train raft star cloud street roof")
_IN = bag(
    """castle forest wood woods desert village city town palace tower garden school house home cottage spaceship
    submarine library museum bakery kitchen cave jungle valley space swamp meadow field mine hospital hotel inn
    attic zoo theater theatre factory park kingdom monastery dungeon cellar basement underworld"""
)
_WHERE = {**dict.fromkeys(_AT, "at"), **dict.fromkeys(_ON, "on"), **dict.fromkeys(_IN, "in")}
_KINDS = bag(
    "short long little good nice new old other another next funny scary sad happy great bedtime true quick small"
)

_ONCE = re.compile(r"\bonce upon a time,? (?:there (?:was|lived) )?", re.IGNORECASE)
_LINK = re.compile(
    r"^\W*(?:(?:that|which)(?: is|'s)? )?(?:about|has|includes|features|contains|of|with|featuring|involving|including|"
    r"starring|concerning|regarding|on|in which|where|set (?:in|on|at)|called|titled|how)\b\W*",
    re.IGNORECASE,
)
_ENDING = re.compile(
    r"[,;]?\s+(?:please|thanks?(?: you)?|now|in it|for (?:me|us|my|our|the|kids?|children|a)\b.*|to (?:me|us)|"
    r"and (?:make|keep) it .*|before (?:bed|sleep|i).*|as (?:short|long) as .*)[\s.!?]*$",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*(?:[,;&+]|\b(?:and|with|meets?|versus|vs|plus|or)\b)\s*(?:(?:also|then) )?", re.IGNORECASE)
_PLACED = re.compile(
    r"\s+(in|on|at|near|by|inside|under)\s+(?=(?:a|an|the|my|our|outer|space)\b|(?-i:[A-Z]))", re.IGNORECASE
)
_WITH_PLACE = re.compile(r"(in|on|at|near|by|inside|under) (.+)")
_RELATIVE = re.compile(r"\s+(?:who|that|which|whose)\s(?:(?!, and ).)*", re.IGNORECASE)
_NAMED = re.compile(r"[\s,]+(?:named|called|whose name is)\s+([\w'’-]+(?: (?-i:[A-Z])[\w'’-]*)?)", re.IGNORECASE)
_ARTICLE = bag("a an the my our your his her some two three four five seven many several these those")
_AFTER_NOUN = bag("of for from without to about")
_SAME_FOR_ONE = bag("can could will would must may might should went got found had came ran made lost met")
_BESIDE = bag("in on at of from without with near by inside under")


@dataclass(frozen=True)
class Phrase:
    """A noun with what belongs to it: "a brave little mouse", "winter", "the end of the world"."""

    first: str
    """As it is when it is mentioned first."""
    head: str
    """Its noun alone."""
    name: str = ""
    """A proper name, if one was given."""
    known_for: str = ""
    """What was said of it: "who counts to 17 times"."""

    @property
    def again(self) -> str:
        """As it is when it is known: "the mouse"; a bare noun stays bare."""
        if self.first.startswith(("a ", "an ")):
            return f"the {self.head}"
        return self.first


@dataclass(frozen=True)
class Topics:
    """What a story must have in it."""

    living: list[Phrase]
    places: list[tuple[str, Phrase]]
    """Each with its preposition."""
    things: list[Phrase]


def topics_of(wish: str) -> Topics:
    """The topics of a wish like "tell me a story about a dragon and a lighthouse"."""
    topics = Topics([], [], [])
    before, after = _around_story(wish)
    for word in before:
        if _singular(word) in LIVING or word in _WHERE:
            _sort(with_article(_singular(word)), topics)
    clause = _ENDING.sub("", _ENDING.sub("", f" {without_length(after)} ").strip(" .!?\"'”"))
    clause = without_length(clause).strip(" ,;")
    about = re.search(r"\babout\b", clause)
    if not _LINK.match(clause) and about:  # "a story, can you tell me one about robots"
        clause = clause[about.start() :]
    if _LINK.match(clause):
        for phrase in _phrases(_LINK.sub("", _LINK.sub("", clause)).strip()):
            _sort(phrase, topics)
    return topics


def _around_story(wish: str) -> tuple[list[str], str]:
    """The words before the word "story" that say what kind, and everything after it."""
    wish = _ONCE.sub("story about ", wish)
    words = list(re.finditer(r"[\w'’-]+", wish))
    at = next((at for at, word in enumerate(words) if word[0].lower() in STORY), None)
    if at is None:
        return [], ""
    while at + 1 < len(words) and words[at + 1][0].lower() in STORY:
        at += 1
    kinds: list[str] = []
    for word in reversed(words[max(0, at - 3) : at]):
        if word[0].lower() in GLUE | _ARTICLE:
            break
        kinds.insert(0, word[0].lower())
    return [kind for kind in kinds if kind not in _KINDS and kind != "fairy"], wish[words[at].end() :]


def _phrases(clause: str) -> list[str]:
    """`clause` cut into noun phrases; a relative clause belongs to the first that is not a place."""
    relative = _RELATIVE.search(clause)
    if relative:
        parts = _phrases(clause[: relative.start()])
        owner = next((at for at, part in enumerate(parts) if not _WITH_PLACE.match(part)), None)
        if owner is not None:
            parts[owner] += relative[0]
        return [*parts, *_phrases(clause[relative.end() :])][:MOST_PHRASES]
    found: list[str] = []
    for part in _BETWEEN.split(clause):
        first, *placed = _PLACED.split(part)
        found += [first, *(f"{word.lower()} {place}" for word, place in zip(placed[::2], placed[1::2], strict=True))]
    return [part.strip() for part in found if part.strip(" .!?")][:MOST_PHRASES]


def _sort(text: str, topics: Topics) -> None:
    """Adds one phrase to the topics it belongs to."""
    placed = _WITH_PLACE.match(text)
    phrase = _phrase(placed[2] if placed else text)
    if phrase.name or phrase.head in LIVING:
        topics.living.append(phrase)
    elif placed or phrase.head in _WHERE:
        topics.places.append((placed[1] if placed else _WHERE[phrase.head], phrase))
    else:
        topics.things.append(phrase)


def _phrase(text: str) -> Phrase:
    known_for, text = _split(_RELATIVE, text)
    called, text = _split(_NAMED, text)
    words = text.split()[:LONGEST_PHRASE] or ["somebody"]
    if len(words) == 1 and words[0].lower() in NAMES:
        return Phrase("", "", words[0].capitalize(), known_for)
    end = next((at for at, word in enumerate(words) if at and word.lower() in _AFTER_NOUN), len(words))
    living = next((at for at, word in enumerate(words[:end]) if _singular(word.lower()) in LIVING), None)
    if living is None:
        return Phrase(_owned_by_nobody(words), words[end - 1].lower(), "", known_for)
    rest = words[living + 1 :]
    if rest and rest[0][0].isupper() and not called:  # "my dog Bruno"
        called = f"named {rest.pop(0)}"
    noun = _singular(words[living].lower())
    alone = noun == words[living].lower()
    kind = " ".join([*(word for word in words[:living] if word.lower() not in _ARTICLE), noun])
    if rest[:1] == ["of"]:
        kind, rest = " ".join([kind, *rest]), []
    definite = words[0].lower() == "the" and alone
    name = re.sub(r"^\W*\w+(?: name is)?\s+", "", called)
    return Phrase(
        f"the {kind}" if definite else with_article(kind), noun, name.title() if name.islower() else name,
        (known_for if alone else _of_one(known_for)) or _as_relative(rest),
    )  # fmt: skip


def _split(pattern: re.Pattern[str], text: str) -> tuple[str, str]:
    """What `pattern` finds, and `text` without it."""
    found = pattern.search(text)
    return (found[0].strip(), text[: found.start()] + text[found.end() :]) if found else ("", text)


def _owned_by_nobody(words: list[str]) -> str:
    """ "my garden" as a stranger tells of it: "a garden"."""
    return (
        with_article(" ".join(words[1:])) if words[0].lower() in bag("my our your") and words[1:] else " ".join(words)
    )


def _as_relative(rest: list[str]) -> str:
    """What follows a noun as it can follow it again: "learns to swim" becomes "who learns to swim"."""
    plain = not rest or rest[0].endswith("ing") or rest[0].lower() in _BESIDE
    return " ".join(rest if plain else ["who", *rest])


def _of_one(relative: str) -> str:
    """What is said of several, said of one: "who get lost" becomes "who gets lost"."""
    match relative.split():
        case [who, verb, *rest] if not verb.endswith(("s", "ed")) and verb not in _SAME_FOR_ONE:
            return " ".join([who, {"are": "is", "have": "has", "were": "was"}.get(verb, f"{verb}s"), *rest])
        case _:
            return relative


def _singular(word: str) -> str:
    if word in _MANY:
        return _MANY[word]
    return word[:-1] if word.endswith("s") and word[:-1] in LIVING else word


def pronoun_of(noun: str) -> str | None:
    """ "she" or "he" where the noun itself says so."""
    return "she" if noun in _SHE else "he" if noun in _HE else None
