"""How utterances are followed from their start to their words."""

from __future__ import annotations

from livechat.server.acts import LeaveUnread, Transcribe
from livechat.server.listening import Listening


def test_an_utterance_without_a_pause_is_read_at_its_end() -> None:
    listening = Listening()
    assert (listening.busy, listening.speaking) == (False, False)
    listening.start()
    assert (listening.busy, listening.speaking) == (True, True)
    assert listening.take() == []
    assert listening.end() == Transcribe(1)
    assert (listening.busy, listening.speaking) == (True, False)
    listening.read(1, "hello", 900)
    (utterance,) = listening.take()
    assert (utterance.text, utterance.spoken_ms, utterance.marked) == ("hello", 900, False)
    assert not listening.busy


def test_a_guess_stands_if_the_pause_was_the_end() -> None:
    listening = Listening()
    listening.start()
    guesses = [listening.guess]
    assert listening.pause() == Transcribe(1)
    listening.read(1, "hello", 900)
    guesses.append(listening.guess)
    assert listening.end() is None
    guesses.append(listening.guess)
    (utterance,) = listening.take()
    assert guesses == [None, utterance, None]


def test_a_guess_under_way_at_the_end_is_waited_for() -> None:
    listening = Listening()
    listening.start()
    listening.pause()
    assert listening.end() is None
    assert listening.take() == []
    listening.read(1, "hello", 900)
    assert [utterance.text for utterance in listening.take()] == ["hello"]


def test_a_guess_falls_when_the_speaker_goes_on() -> None:
    listening = Listening()
    listening.start()
    listening.pause()
    listening.read(1, "tell", 300)
    assert listening.resume() == LeaveUnread(1)
    assert listening.guess is None
    assert listening.pause() == Transcribe(2)
    listening.resume()
    listening.read(2, "tell me", 600)
    assert listening.guess is None
    assert listening.end() == Transcribe(3)


def test_utterances_are_handed_over_in_the_order_they_were_spoken() -> None:
    listening = Listening()
    for _ in range(2):
        listening.start()
        listening.end()
    listening.read(2, "two", 1)
    assert listening.take() == []
    listening.read(1, "one", 1)
    assert [utterance.text for utterance in listening.take()] == ["one", "two"]


def test_there_is_no_guess_while_an_earlier_utterance_is_not_read() -> None:
    listening = Listening()
    listening.start()
    listening.end()
    listening.start()
    listening.pause()
    listening.read(2, "two", 1)
    assert listening.guess is None


def test_only_speech_that_goes_on_can_be_marked() -> None:
    listening = Listening()
    listening.mark()
    listening.start()
    listening.mark()
    listening.end()
    listening.read(1, "", 1)
    listening.mark()
    assert [utterance.marked for utterance in listening.take()] == [True]
