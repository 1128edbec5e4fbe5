"""Sessions that only translate, in plays of the whole mind."""

from __future__ import annotations

import json

import pytest

from livechat.protocol.parts import Transcription
from livechat.server.acts import (
    BeSilent,
    ClientSaid,
    Listen,
    Send,
    Speak,
    Spoken,
    Thought,
    ThoughtEnded,
    Transcribe,
    Transcribed,
)
from livechat.server.acts import Think as Asks
from livechat.server.agreement import Terms
from livechat.server.pieces import Break, Breath
from livechat.server.skills.interpreting import task
from tests.dialogue_help import (
    BUSY,
    ENDED,
    HANDLE,
    PAUSED,
    QUICK,
    SECOND,
    STARTED,
    Play,
    Role,
    answers,
    asks,
    closes,
    content,
    frame,
    limited,
    sends_sound,
    session,
    sound_in,
    sounds,
    thinks,
    types,
)
from tests.playbook import after, nothing

TRANSLATE = "gemini-3.5-live-translate-preview"
IMAGE = frame('{"realtimeInput": {"video": {"data": "YWI=", "mimeType": "image/jpeg"}}}')


def translating(target: str = "pl", *, echo: bool = False, terms: Terms = QUICK, **fields: object) -> Play:
    config = {"translationConfig": {"targetLanguageCode": target, "echoTargetLanguage": echo}}
    both: dict[str, object] = {"inputAudioTranscription": {}, "outputAudioTranscription": {}}
    return session(json.dumps({"generationConfig": config, **both, **fields}), model=TRANSLATE, terms=terms)


def said(text: str, language: str) -> Send:
    return content(output_transcription=Transcription(text=text, language_code=language))


def understood(text: str) -> Send:
    return content(input_transcription=Transcription(text=text, finished=True, language_code="en-US"))


def utters(play: Play, number: int, text: str) -> Play:
    """The user says something, and it is read."""
    return play >> STARTED >> ENDED << Transcribe(number) >> Transcribed(number, text, 500) << understood(text)


def test_what_is_said_is_said_again_in_the_language_asked_for_without_turns() -> None:
    play = utters(translating(), 1, "Good morning.") << thinks(1, ("system", task("pl")), ("user", "Good morning."))
    play = play >> Thought(1, "Dzień dobry.") >> ThoughtEnded(1) << Speak(1, "Dzień dobry.", "Puck")
    play = play >> Spoken(1, bytes(480)) << said("Dzień dobry.", "pl") << sounds(480)
    assert play >> after(60) << nothing


def test_nobody_is_interrupted_and_every_utterance_has_its_own_translation() -> None:
    play = utters(translating(), 1, "One.") << Asks >> Thought(1, "Raz. R") << Speak(1, "Raz. ", "Puck")
    play = utters(play, 2, "Two.") << nothing
    play = utters(play, 3, "Three.") << nothing
    play = play >> ThoughtEnded(1) >> Spoken(1, bytes(480)) << said("Raz. ", "pl") << sounds(480)
    play = play << Speak(1, "R", "Puck") >> Spoken(1, b"") << said("R", "pl")
    known: tuple[tuple[Role, str], ...] = (
        ("system", task("pl")),
        ("user", "One."),
        ("model", "Raz. R"),
        ("user", "Two."),
    )
    play = play << Asks(2, thinks(0, *known).history, ()) >> ThoughtEnded(2)
    assert play << Asks >> ThoughtEnded(3) << nothing


def test_a_translation_goes_out_while_the_user_speaks_on_and_before_the_last_was_heard() -> None:
    play = utters(translating(), 1, "One.") << Asks >> Thought(1, "Raz.") >> ThoughtEnded(1) << Speak >> STARTED
    orders = (play >> Spoken(1, bytes(SECOND))).take()
    assert sum(len(sound_in(order) or b"") for order in orders) == SECOND
    play = play >> ENDED << Transcribe(2) >> Transcribed(2, "Two.", 9) << understood("Two.") << Asks
    assert play


def test_nothing_is_translated_on_a_guess() -> None:
    play = translating() >> STARTED >> PAUSED << Transcribe(1) >> Transcribed(1, "One", 9)
    assert play << content(interim_input_transcription=Transcription(text="One")) >> ENDED << understood("One") << Asks


def test_what_is_in_that_language_already_is_echoed_or_not_said() -> None:
    play = utters(translating("en-GB", echo=True), 1, "Good morning.") << Speak(1, "Good morning.", "Puck")
    assert play >> Spoken(1, bytes(480)) << said("Good morning.", "en-GB") << sounds(480) >> after(9) << nothing
    play = utters(translating("en"), 1, "Good morning.") << nothing
    assert utters(play, 2, "Hello?") << nothing >> after(9) << nothing


def test_noise_is_nothing_even_if_its_end_is_marked() -> None:
    play = translating() >> STARTED >> ENDED << Transcribe(1) >> Transcribed(1, "", 9) << nothing
    play = play >> STARTED >> frame('{"realtimeInput": {"audioStreamEnd": true}}')
    play.take()
    assert play >> ENDED << Transcribe(2) >> Transcribed(2, "", 9) << nothing


@pytest.mark.parametrize(
    ("told", "why"), [(types("hello"), "text"), (asks("hello"), "invalid argument"), (IMAGE, "video")]
)
def test_it_takes_sound_and_nothing_else(told: ClientSaid, why: str) -> None:
    assert translating() >> told << BeSilent << closes(1007, why)
    assert translating() >> sends_sound(b"ab") << Listen


def test_it_has_no_context_to_change_and_no_functions_to_answer() -> None:
    assert translating() >> answers("f", {}) << nothing
    assert translating() >> frame('{"contextUpdate": {}}') << BeSilent << closes(1007, "contextUpdate")


def test_a_script_cannot_give_it_turns() -> None:
    play = utters(translating(), 1, "One.") << Asks >> Thought(1, "Raz.") >> Thought(1, Breath())
    play = play << Speak >> Thought(1, Break()) >> ThoughtEnded(1) << nothing
    assert play >> Spoken(1, bytes(480)) << said("Raz.", "pl") << sounds(480) >> after(9) << nothing


def test_it_can_be_gone_on_with_when_nothing_is_left_to_translate() -> None:
    play = translating(terms=limited(), sessionResumption={}) >> STARTED >> ENDED << Transcribe(1)
    play = play >> Transcribed(1, "One.", 9) << understood("One.") << Asks << BUSY
    play = utters(play, 2, "Two.") << nothing >> ThoughtEnded(1) << Asks
    assert play >> ThoughtEnded(2) << HANDLE
