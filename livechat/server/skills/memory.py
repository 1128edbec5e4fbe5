"""Remembers what the user told in this session: their name, what they like, notes, and what they said last."""

from __future__ import annotations

import re

from livechat.server.skills.facts import Fact, facts_told, matter, recalled
from livechat.server.skills.forgetting import to_forget
from livechat.server.skills.moment import Moment, Reply
from livechat.server.skills.names import name_told, user_name
from livechat.server.skills.words import GLUE, Utterance, bag, made_of, phrases, sentence

_I_SAID = phrases(
    """(?:did|have|had|was|were) i (?:(?:just|ever|only|actually)
    )?(?:say|said|saying|tell|told|telling|ask|asked|asking) | i (?:(?:have|had|was|did) )?(?:(?:just|last|only)
    )?(?:said|say|saying|told|tell|asked) | quote me | heard me say | have i been saying | my (?:very
    )?(?:last|previous|latest|own) (?:* )?(?:words?|sentence|message|thing|question|utterance|line|phrase|remark)"""
)
_SAID_WORDS = bag(
    """just last previous latest before earlier moment ago word words sentence message thing repeat quote said saying
    back read hear heard remember recall told asked exact own only utterance line phrase remark question second
    seconds minute minutes recently catch understand understood listen listening spoken ask exact remind forgot
    forgotten been after earlier"""
)
_NOT_THE_LAST = phrases("have i (?:said|told)(?! ... just) | to (?:remember|keep|note|save) | about (?:me|myself)")
_NAME_KEYS = bag("name called names")
_NAME_WORDS = bag(
    """call remember recall remind forgot forgotten forget still first last full real own given gave giving told said
    once before earlier it's name's learned learn mentioned repeat"""
)
_WHO_AM_I = phrases("who am i | who i am | (?:how|what) ... call me")
_ALL_KEYS = bag("remember know told learned notes recall memory noted memorized")
_ALL_WORDS = bag(
    "everything else far you've list notes note facts ask asked keep mind should me myself far already stored"
)
_QUESTION = phrases(
    """^(?:what|which|who|whose|where|when|how|is|are|was|were|am|did|do|does|have|has|tell|remind|say|repeat|list|recall)
    | ^remember | ^you (?:still )?(?:remember|know) | ^my * (?:* )?(?:is|was) what | ^my (?:* )?name is$ | ^i
    (?:have )?(?:forgot|forgotten) | (?:do|can) you (?:still )?(?:remember|know|recall|remind)"""
)
_FIRST_PERSON = bag("i my myself mine our we")
_ABOUT_USER = _FIRST_PERSON | {"me"}
_OF_THEIRS = re.compile(
    r"^(?:do you (?:still )?(?:know|remember|recall) |tell me |remind me (?:of )?)?"
    r"(?:(?:what|which|who|whose|where|when|how old|how tall|how big) (?:\w+ )?(?:is|are|was|were) )?"
    r"my [\w']+(?: [\w']+){0,3}$|"
    r"^how (?:old|tall) am i\b"
)
_MOST_LISTED = 8


def what_did_i_say(moment: Moment) -> Reply | None:
    said = moment.said
    if not _I_SAID.search(said.plain) or _NOT_THE_LAST.search(said.plain):
        return None
    if not all(word in GLUE or word in _SAID_WORDS for word in said.words):
        return None
    if len(moment.asked) < 2:
        return ["That was the first thing you said to me."]
    return [f"You said: “{moment.asked[-2].strip()}”"]


def recall(moment: Moment) -> Reply | None:
    said = moment.said
    about_me = "your" in said.words and _FIRST_PERSON.isdisjoint(said.words)
    if about_me or name_told(said.raw) or not _QUESTION.search(said.kernel):
        return None
    name = user_name(moment)
    if _asks_for_name(said, name):
        return [f"Your name is {name}." if name else "You have not told me your name yet."]
    facts = facts_told(moment.asked[:-1])
    if _asks_for_all(said):
        notes = [fact for fact in facts if fact.asked_to]
        return [_everything(notes, None) if notes and "ask" in said.words else _everything(facts, name)]
    fact = _fact_asked_for(said, facts)
    if fact:
        return [_told(fact)]
    if _OF_THEIRS.search(said.kernel):
        return ["You have not told me that yet. Tell me, and I will remember it."]
    return None


def forget(moment: Moment) -> Reply | None:
    """Says what is forgotten from now on; that it is not found again is up to `facts_told` and `user_name`."""
    order = to_forget(moment.said)
    if order is None:
        return None
    if order.everything:
        return ["Okay. I have forgotten everything that you told me."]
    before = moment.at(len(moment.asked) - 2) if len(moment.asked) > 1 else None
    known = before and (user_name(before) if order.name else facts_told(before.asked) != facts_told(moment.asked))
    what = Fact(order.what, asked_to=False).told_back
    if known:
        return [f"Okay. I have forgotten {what}."]
    mine = not _ABOUT_USER.isdisjoint(order.what.split())
    return [f"I know nothing about {what}, so there is nothing to forget."] if mine else None


def _asks_for_name(said: Utterance, name: str | None) -> bool:
    known = (name or "").lower().split()
    words = [word for word in said.words if word not in known]
    about_user = not _ABOUT_USER.isdisjoint(words)
    return about_user and (
        made_of(words, _NAME_KEYS, _NAME_WORDS)
        or bool(_WHO_AM_I.search(said.plain) and made_of(words, bag("who call"), _NAME_WORDS))
    )


def _asks_for_all(said: Utterance) -> bool:
    """ "What do you know about me?" """
    mine = "know" not in said.words or not {"me", "myself"}.isdisjoint(said.words)
    return mine and made_of(said.words, _ALL_KEYS, _ALL_WORDS)


def _everything(facts: list[Fact], name: str | None) -> str:
    told = [_told(fact) for fact in facts[-_MOST_LISTED:]]
    if name and not any(name in text for text in told):
        told.insert(0, sentence(f"your name is {name}"))
    return " ".join(told) or "You have not told me anything about yourself yet."


def _told(fact: Fact) -> str:
    return sentence(f"you asked me to remember {_that(fact)}" if fact.asked_to else fact.told_back)


def _that(fact: Fact) -> str:
    """The fact after "remember": "that your cat is red", "to buy milk", "the number 12"."""
    return f"that {fact.told_back}" if _CLAUSE.search(fact.told_back) or not fact.asked_to else fact.told_back


def _fact_asked_for(said: Utterance, facts: list[Fact]) -> Fact | None:
    """Of what the user asked to have remembered everything can be asked for, of the rest what is about them."""
    if _ABOUT_USER.isdisjoint(said.words):
        facts = [fact for fact in facts if fact.asked_to]
    doubted = said.core[0] in _DOUBTS and len(matter(said.plain)) > 1
    return recalled(said.plain, facts, missing=1 if doubted else 0)


def acknowledge(moment: Moment) -> Reply | None:
    """Repeats what was just told, so that a mishearing is heard."""
    name = name_told(moment.said.raw)
    facts = [fact for fact in facts_told([moment.said.raw]) if not name_told(fact.text)]
    if not name and not facts:
        return None
    told = [f"I will remember {_that(fact)}" for fact in facts[:_MOST_LISTED]]
    return [" ".join(map(sentence, [f"Nice to meet you, {name}", *told] if name else told))]


_CLAUSE = re.compile(r"^(?!to ).*\b(?:is|are|was|were|has|have|had|will|can|must|should)\b", re.DOTALL)
_DOUBTS = bag("is are am was were do did does have")
