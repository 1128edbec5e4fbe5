"""Says plainly and politely what the built-in brain cannot do, and what it can do instead."""

from __future__ import annotations

import unicodedata

from livechat.server.skills.about import EXAMPLES, PARTNER, SKILLS
from livechat.server.skills.moment import Moment, Reply
from livechat.server.skills.words import GLUE, bag, phrases

_RUDE = phrases(
    """fuck* | motherfuck* | *shit | shitty | bitch* | asshole* | arsehole* | bastard* | cunt* | dickhead* | wank* |
    twat* | idiot* | moron* | piss off | go to hell | damn you | screw you"""
)
_LANGUAGES = {
    "fr": bag(
        """bonjour bonsoir salut merci je tu il elle nous vous ils est suis es êtes sont une le la les des du et ou où
        que qui quoi quel quelle comment pourquoi quand avec dans mon ma ton ta moi toi pas ne s'il plaît ça c'est j'ai
        parlez parles français racontez raconte histoire aujourd'hui sur aussi cette heure oui m'appelle appelle"""
    ),
    "de": bag(
        """guten hallo tag morgen danke bitte ich du wir ihr ist bin bist sind der das den dem ein eine einen und oder
        nicht kein wie wer wo warum wann welche welcher mit mein meine dein deine mir dir sprechen sprichst deutsch
        erzähl erzähle geschichte heute auf auch für über kannst können mich dich heißt heißen heiße spät geht es
        uhr tschüss wetter ja nein"""
    ),
    "es": bag(
        """hola gracias buenos buenas días tardes noches yo tú él ella nosotros es soy eres son está estás el la los las
        un una y que qué quién cómo dónde cuándo por para con mi tu me te no sí puedes hablas español cuéntame historia
        favor hoy muy también llamas llamo hora cuál como estas"""
    ),
    "it": bag(
        """ciao buongiorno buonasera grazie prego io tu lui lei noi è sono sei il lo la gli le un una di e che chi dove
        quando perché per con mio mia tuo tua mi ti non sì puoi parli italiano raccontami storia favore oggi molto
        anche chiami chiamo stai sta ore cosa qual una"""
    ),
    "pt": bag(
        """olá obrigado obrigada bom boa dia tarde noite eu tu você ele ela nós é sou são está o os as um uma de do da
        e que quem como onde quando por para com meu minha não sim pode fala português conte história favor hoje muito
        também chama chamo horas qual"""
    ),
}
_ENGLISH = GLUE | bag("no not my name hear play time story man out over more up two one good new")
_CANNOT = (
    (
        phrases(
            """weather | forecast | (?:is|will|does) it ... (?:rain*|snow*|sunny|cold|warm|hot) | temperature ...
            (?:outside|today|tomorrow)"""
        ),
        "I have no way to know the weather, since I am not connected to anything.",
    ),
    (phrases("news | headlines?"), "I have no way to know the news, since I am not connected to anything."),
    (phrases("sing | songs? | lullab* | music | karaoke | rap"), "I cannot sing or play music."),
)
# In such numbers that the same pair of opening and examples comes back late.
_OPENINGS = (
    "I don't know about that.",
    "That is beyond me.",
    "I have no answer to that.",
    "There I cannot help, I am afraid.",
    "That is not among my few skills.",
    "Sorry, that one I cannot do.",
    "I would only be guessing there, so I won't.",
)
_STEP = 5
"""From the first example to the second."""


def rude(moment: Moment) -> Reply | None:
    if not _RUDE.search(moment.said.plain):
        return None
    return ["Let's stay friendly, please: I am glad to help where I can."]


def foreign(moment: Moment) -> Reply | None:
    if not (_is_other_script(moment.said.plain) or _is_other_language(moment.said.words)):
        return None
    return ["I am sorry, I only understand English. Please say it in English."]


def _is_other_script(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    other = [letter for letter in letters if not unicodedata.name(letter, "").startswith("LATIN")]
    return 2 * len(other) > len(letters)


def _is_other_language(words: tuple[str, ...]) -> bool:
    """Two common words of one other language, or nothing but such words, and less English than that."""
    known = max(sum(word in common for word in words) for common in _LANGUAGES.values())
    english = sum(word in _ENGLISH for word in words)
    return known > english and (known == len(words) or (known >= 2 and 3 * known >= len(words)))


def cannot(moment: Moment) -> Reply | None:
    """Weather, news and songs, which everybody asks for."""
    said = next((text for keys, text in _CANNOT if keys.search(moment.said.plain)), None)
    return [f"{said} I can tell you a story instead: say “tell me a story”."] if said else None


def fallback(moment: Moment) -> Reply:
    """What is said to everything that no skill takes: what the brain can do, and no guess. It varies with the turn."""
    turn = len(moment.asked) - 1
    opening = _OPENINGS[turn % len(_OPENINGS)]
    one, other = (EXAMPLES[(turn + step) % len(EXAMPLES)] for step in (0, _STEP))
    if any(SKILLS in answer for answer in moment.answers):
        return [f"{opening} Try “{one}” or “{other}”."]
    return [f"{opening} I am not an AI, but {PARTNER}. ", f"{SKILLS} Try “{one}” or “{other}”."]
