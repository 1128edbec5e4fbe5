"""Says what the built-in brain is and can do, and that it is no AI."""

from __future__ import annotations

from livechat.server.skills.chooser import Chooser, seed_of
from livechat.server.skills.moment import Moment, Reply
from livechat.server.skills.words import GLUE, bag, phrases

PARTNER = "the practice partner that is built into livechat"
SKILLS = (
    "I can tell stories, work out sums, convert units, tell the time and count days, remember what you tell me, and "
    "play a guessing game."
)
EXAMPLES = (
    "tell me a story about a lighthouse",
    "what is 17 times 24",
    "how many feet are in a mile",
    "how many days until Christmas",
    "my favourite colour is green",
    "let's play a guessing game",
    "tell me a joke",
    "what is 15 percent of 80",
    "what day is it today",
    "flip a coin",
    "tell me a story in three sentences",
    "remember that the key is under the mat",
)

_ABILITY = phrases(
    """what ... (?:can|could) (?:you|i|we) | how ... (?:can|could|do) you help | ^help | help me$ | your examples? |
    what ... you ... (?:do|offer|know)$ | examples? of what | what are my options | what is this | your
    (?:skills?|abilities|features|functions?|talents?|commands|capabilities|options|limits|purpose|job|specialty) |
    what are you ... (?:able|capable|good|for) | what should (?:i|we) | things you | how does (?:this|it) work | how
    do you work | how do i use | (?:ask you|have) (?:something|a question)"""
)
_ABILITY_WORDS = GLUE | bag(
    """do help skill skills ability abilities feature features function functions talent talents command commands
    capabilities options limits able capable good things thing kind kinds sort sorts stuff else more offer ask talk
    work works use used possible everything anything besides list kinda say try possibly me best special answer
    questions question handle examples example something purpose job specialty give my way"""
)
_IDENTITY = phrases(
    """who are you | what are you | what ... are you$ | about yourself | about you$ | introduce yourself | describe
    yourself | your name | (?:are|am) you called | who is (?:this|that|there|speaking|talking) | who (?:am i|i am)
    (?:talking|speaking|chatting) | what am i (?:talking|speaking) | who ... speaking | identify yourself | do you
    have a name | what ... call you"""
)
_IDENTITY_WORDS = GLUE | bag(
    """called name names yourself introduce describe identify speaking talking chatting thing kind sort exactly call
    more real full something bit little first self person"""
)
_NATURE = phrases(
    """are you | you are | is (?:this|that|it) | am i (?:talking|speaking|chatting) | do you (?:use|have|run on|work
    with) | (?:are|is) there | powered by"""
)
_AI = bag(
    """ai a.i artificial intelligence llm gpt chatgpt gemini claude siri alexa bard copilot model neural assistant
    intelligent"""
)
_MACHINE = bag("robot bot machine computer program software app chatbot automatic recording simulation script code")
_PERSON = bag("human person real people alive man woman being somebody someone conscious sentient living")
_NATURE_WORDS = (
    GLUE
    | _AI
    | _MACHINE
    | _PERSON
    | bag(
        """i chat language large network google openai's openai talking speaking chatting not actual actually or just
        only use using run running on powered kind sort some something program built made true honest honestly here
        there behind end side other"""
    )
)
_MAKER = phrases(
    """who ... (?:made|built|wrote|created|programmed|develop|developed|invented|owns) you | where (?:are|do) you ...
    from"""
)
_SPEAKS = phrases(
    """(?:do|can|could) you (?:speak|understand|talk|know) * | what languages? do you ... | which languages? ..."""
)
_LANGUAGES = bag(
    """english german french spanish italian portuguese dutch polish russian ukrainian turkish arabic hebrew hindi
    chinese mandarin japanese korean swedish norwegian danish finnish greek czech hungarian romanian latin language
    languages"""
)


_OWN = phrases(
    """how old are you | where (?:do|are) you (?:live|living|now|located)? | your (?:own
    )?(?:age|birthday|hobby|hobbies| family|favou?rite *) | do you have (?:any
    )?(?:feelings|emotions|friends|children|kids|a family|a body|hobbies) | do you (?:eat|sleep|dream|drink|feel)"""
)


def about(moment: Moment) -> Reply | None:
    said = moment.said
    words = set(said.words)
    if _IDENTITY.search(said.plain) and words <= _IDENTITY_WORDS:
        return [_introduction(moment)]
    if _NATURE.search(said.plain) and words <= _NATURE_WORDS and words & (_AI | _MACHINE | _PERSON):
        return [_nature(words)]
    if (_ABILITY.search(said.plain) or _ABILITY.search(said.kernel)) and words <= _ABILITY_WORDS:
        return [f"{SKILLS} For example, say: “{_example(moment)}”."]
    if _MAKER.search(said.plain) and "not" not in words:
        return [f"I am {PARTNER}, made by the people who make livechat."]
    if _OWN.search(said.plain) and "my" not in words:
        return ["I am only a small program: I have no age, no home, no feelings and no favourites."]
    if _SPEAKS.search(said.plain) and words & _LANGUAGES:
        return ["I only speak English."]
    return None


def _introduction(moment: Moment) -> str:
    if "name" in moment.said.words or "called" in moment.said.words:
        if moment.orders.name:
            return f"My name is {moment.orders.name}."
        return f"I have no name of my own. I am {PARTNER}."
    if moment.orders.name:
        return f"I am {moment.orders.name}, played by {PARTNER}. I am not an AI."
    return f"I am {PARTNER}. I am not an AI, only a small program with a few skills. {SKILLS}"


def _nature(words: set[str]) -> str:
    no = "" if "not" in words else "No, "
    if words & _AI:
        return f"{no}I am not an AI. I am {PARTNER}: a small program with a few skills and no language model in it."
    if words & _PERSON:
        return f"{no}I am not a human. I am {PARTNER}, a small program."
    return f"Yes, I am a small program, though not an AI: {PARTNER}."


def _example(moment: Moment) -> str:
    return Chooser(seed_of("example", moment.said.plain, len(moment.asked))).one_of(EXAMPLES)
