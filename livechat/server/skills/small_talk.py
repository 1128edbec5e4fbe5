"""Greets, thanks, jokes and says goodbye: the short exchanges that hold a conversation together."""

from __future__ import annotations

import re

from livechat.server.skills.about import PARTNER
from livechat.server.skills.chooser import Chooser, seed_of
from livechat.server.skills.jokes import joke
from livechat.server.skills.moment import Moment, Reply
from livechat.server.skills.words import GLUE, bag, phrases

_FEELINGS = bag(
    "tired sad hungry thirsty sick ill lonely angry afraid scared cold stressed upset unhappy nervous worried exhausted"
)
_OTHERS = (
    GLUE
    | bag(
        """today tonight morning evening afternoon day night much lot very day friend dear sir madam everyone everybody
        there again later soon tomorrow next time story joke answer game that's it's one was for more a bit doing
        going feeling been things everything life good great nice fine well cool awesome amazing wonderful funny
        excellent perfect brilliant lovely love loved liked enjoy enjoyed fun interesting beautiful wow haha ha lol
        super fantastic true correct not me another too quite pretty now then go leave leaving must have got to
        welcome back glad pleased happy pleasure meet meeting met take care up appreciated appreciate kind sweet
        talk speak see ya chat hope so okay job work done wish try testing test mic check anybody anyone someone
        listening hear alive awake ready help helpful best smart clever laugh make something cheer please gonna
        greetings howdy yo hiya sup bye goodbye farewell long yourself and you're sorry apologies excuse oops bad
        boring stupid dumb wrong terrible awful useless hate nonsense rubbish silly lame worst happy excited feel
        feeling bored yes no yep yeah nope nah sure alright right course maybe perhaps fair enough understood see
        indeed a knock riddle riddles jokes laughing hilarious"""
    )
    | _FEELINGS
)
"""Words that may stand around the key of any of these."""

# Looked for in this order.
_KINDS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (
        phrases(
            """goodbye | good ?bye | bye* | see you | see ya | farewell | so long | good night | take care | talk to
            you later | i (?:have|need|got|must) (?:to )?(?:go|leave) | (?:have|had) a (?:nice|good|great|lovely)
            (?:day|evening|time|night)"""
        ),
        ("Goodbye! It was nice talking to you.", "Bye! Come back whenever you like.", "See you! Goodbye."),
    ),
    (
        phrases("^thank* | thanks | thank you | cheers | appreciate*"),
        ("You're welcome.", "My pleasure.", "You're welcome. Glad to help."),
    ),
    (
        phrases(
            """you hear me | you (?:there|listening|awake|alive|ready) | any(?:body|one) there | mic check | testing |
            ^test"""
        ),
        ("Yes, I hear you.", "Yes, I am here and I hear you well."),
    ),
    (
        phrases(
            """how are (?:you|things) | how is (?:it going|life|everything|your ...) | how do you do | how have you
            been | how are you doing | what is up | what is going on | how do you feel | are you
            (?:okay|well|fine|good|happy) | sup$"""
        ),
        ("I am fine, thank you. What shall we do?", "Very well, thank you. And you?", "Good, thank you for asking."),
    ),
    (
        phrases("""(?:nice|pleased|glad|good|happy|great|pleasure|lovely) ... (?:meet|meeting|see|seeing) you"""),
        ("Nice to meet you, too.", "The pleasure is mine. Glad to meet you."),
    ),
    (
        phrases("i am (?:so |very |really |a bit )?bored | boredom | entertain me"),
        ("Then let's do something about it: say “tell me a story”, “tell me a joke” or “let's play”.",),
    ),
    (
        phrases(
            f"""i (?:am|feel) ... (?:{"|".join(sorted(_FEELINGS))}) |
            i (?:am|do) not (?:feeling |feel )?(?:well|good|happy)"""
        ),
        ("I am sorry to hear that. If a story would help, say “tell me a story”.",),
    ),
    (
        phrases("i (?:am|feel) ... (?:good|well|fine|great|happy|excited|glad|okay|ready|back|here|done)"),
        ("I am glad to hear that.", "That is good to hear."),
    ),
    (
        phrases(
            """i (?:really )?(?:like|love) you | (?:you|you're) are ...
            (?:great|nice|good|funny|smart|clever|kind|sweet|best)"""
        ),
        ("Thank you, that is kind of you.", "How kind of you! Thank you."),
    ),
    (
        phrases(
            """bad | boring | not like | stupid | dumb | wrong | terrible | awful | useless | hate | nonsense | rubbish
            | silly | lame | worst"""
        ),
        ("I am sorry. Tell me once more in other words, and I will try again.",),
    ),
    (
        phrases(
            """good(?! morning| evening| afternoon| day) | great | nice | cool | awesome | amazing | wonderful | funny
            | excellent | perfect | brilliant | lovely | loved | liked | enjoyed | fun | interesting | beautiful |
            wow | ha(?:ha)* | lol | super | fantastic | hilarious"""
        ),
        ("I am glad you like it.", "Glad to hear it!"),
    ),
    (phrases("sorry | apologies | oops | excuse me"), ("No problem at all.",)),
)
_JOKE = phrases("jokes? | make me laugh | something funny | cheer me up | riddles?")
_GREETING = phrases(
    """hello | hi | hey | good (?:morning|evening|afternoon) | ^good day | greetings | howdy | yo | hiya | welcome"""
)
_ASSENT = phrases(
    """^(?:yes|yep|yeah|sure|okay|ok|alright|all right|right|of course|fine|understood|i
    see|no|nope|nah|maybe|perhaps|indeed)$"""
)


def small_talk(moment: Moment) -> Reply | None:
    said = moment.said
    if not said.words or not all(word in _OTHERS for word in said.words):
        return None
    if _JOKE.search(said.plain):
        return [joke(moment)]
    choose = Chooser(seed_of("small talk", said.plain, len(moment.asked)))
    for keys, replies in _KINDS:
        if keys.search(said.plain):
            return [choose.one_of(replies)]
    if greeting := _GREETING.search(said.plain):
        return [_greeting(greeting[0], moment)]
    return ["Okay. What would you like to do?"] if _ASSENT.fullmatch(said.plain) else None


def _greeting(words: str, moment: Moment) -> str:
    hello = f"{words.capitalize()}!" if words.startswith("good") else "Hello!"
    if moment.answers:
        return f"{hello} What would you like to do?"
    return f"{hello} I am {moment.orders.name or PARTNER}. Ask me for a story, a sum or a game, or ask what I can do."
