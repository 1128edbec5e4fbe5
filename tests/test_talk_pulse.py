"""Spoken calls in a room: `livechat talk` under a terminal, a server of its own, a microphone that is spoken into and
a speaker that is recorded. What is claimed of the sound was heard at the speaker."""

from __future__ import annotations

import subprocess
import sys
import time
import wave
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest
import soxr

from tests import pulse_fixture
from tests.cli import Terminal, environment
from tests.pulse_fixture import SPEAKER_RATE
from tests.speech_fixture import spoken
from tests.talk_lab import Monitor, Room, Said, Samples, interruptions, lines, room, wait_for

pytestmark = [
    pytest.mark.speech,
    pytest.mark.pulse,
    pytest.mark.alone,
    pytest.mark.skipif(bool(pulse_fixture.missing()), reason=pulse_fixture.missing()),
]
STORY = "Tell me a long story about a dragon."
SUM = "What is seven times eight?"
SUM_ANSWERED = "puck: 7 times 8 is 56."
BEGUN = "q ends the call"
SILENT_S = 0.1
"""Within that the speaker is silent after `interrupted`; usually within a tenth of it."""
TRUE_S = 0.05
"""So far a latency that is told may be from what the loop-back shows; usually it is a fifth of that, and 0.03 where
something else holds up the machine for a moment."""
BACK_S = 2.0
"""So soon sound goes on after a device is lost."""
PIECE = SPEAKER_RATE // 50


@dataclass
class Server:
    """A server that is running, in a process of its own."""

    url: str
    log: Path

    def heard(self) -> list[dict[str, Any]]:
        """What came from the last client, frame by frame."""
        told = [line for line in lines(self.log) if line["event"] == "in"]
        return [line for line in told if line["connection"] == told[-1]["connection"]]


@pytest.fixture(name="server", scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    log = tmp_path_factory.mktemp("server") / "log"
    command = [sys.executable, "-W", "error", "-m", "livechat", "serve", "--port", "0", "--log", str(log)]
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    with process.stdout as told:
        yield Server(told.readline().removeprefix("listening on ").strip(), log)
        process.terminate()
        process.wait(10)


@pytest.fixture(name="here", scope="module")
def _here(server: Server) -> Generator[Room]:
    """A room for all who leave it as it was."""
    with room(server.url) as here:
        yield here


# ------------------------------------------------------------------------------------------------- one conversation


@dataclass
class Conversation:
    """A question that was answered, a story that was cut off by a question, and its answer."""

    shown: str
    said: tuple[Said, Said, Said]
    monitor: Monitor
    folder: Path

    def news(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in lines(self.folder / "rec" / "events.ndjson") if line["type"] == kind]

    @property
    def interrupted_at(self) -> float:
        (at,) = interruptions(self.folder / "trace")
        return at

    def words_heard(self, since: float, until: float) -> str:
        """What was spoken by the speaker in this time, as somebody understands it."""
        from livechat.server.transcriber import load_transcriber

        sound = soxr.resample(self.monitor.between(since, until), SPEAKER_RATE, 16_000)
        return load_transcriber(None).transcribe(sound.astype("<i2").tobytes())


@pytest.fixture(name="conversation", scope="module")
def _conversation(here: Room, tmp_path_factory: pytest.TempPathFactory) -> Conversation:
    folder = tmp_path_factory.mktemp("conversation")
    question, story = spoken(SUM), spoken(STORY)
    with here.talk(folder, "--record", "rec", "--trace", "trace") as terminal:
        terminal.expect(BEGUN)
        first = here.say(question)
        terminal.expect(SUM_ANSWERED)
        wait_for(lambda: here.monitor.first_sound(first.ends) < time.monotonic() - 2.5, "the answer to be heard")
        second = here.say(story)
        wait_for(lambda: here.monitor.first_sound(second.ends) < time.monotonic() - 1.5, "the story to be heard")
        third = here.say(question)
        terminal.expect(SUM_ANSWERED)
        wait_for(lambda: here.monitor.first_sound(third.ends) < time.monotonic() - 2.5, "the answer to be heard")
        terminal.type("q")
        assert terminal.end() == 0
    return Conversation(terminal.shown, (first, second, third), here.monitor, folder)


def test_a_spoken_question_is_answered_aloud_and_both_are_shown(conversation: Conversation) -> None:
    question, story, _ = conversation.said
    assert f"you: What is 7 times 8?\r\n{SUM_ANSWERED}" in conversation.shown
    assert "times" in conversation.words_heard(question.ends, story.begins)


def test_who_speaks_while_the_model_does_silences_it_and_is_answered(conversation: Conversation) -> None:
    _, story, question = conversation.said
    at = conversation.interrupted_at
    assert story.ends < question.begins < at < question.ends
    answered = conversation.monitor.first_sound(at + SILENT_S)
    assert answered > question.ends  # until then not a sample sounds
    assert " [not heard: " in conversation.shown
    assert "times" in conversation.words_heard(answered, answered + 3)
    assert "3 turns, 1 interruption\r\n" in conversation.shown


def test_the_latencies_told_are_those_of_the_loop_back(conversation: Conversation) -> None:
    heard = conversation.monitor.first_sound
    errors: list[float] = [
        heard(said.ends) - said.ends - told["after_ms"] / 1000
        for said, told in zip(conversation.said, conversation.news("answer.heard"), strict=True)
    ]
    assert median(abs(error) for error in errors) <= TRUE_S
    at = conversation.interrupted_at
    (silent,) = conversation.news("silence.heard")
    assert abs(conversation.monitor.last_sound(at, at + SILENT_S) - at - silent["after_ms"] / 1000) <= TRUE_S


def test_what_is_recorded_of_the_model_is_what_sounded_and_when_it_did(conversation: Conversation) -> None:
    """Bit for bit, but in pieces: a busy machine may leave out a moment of sound behind our back."""
    _, recorded = played(conversation.folder / "rec" / "model.wav")
    sounded = conversation.monitor.samples
    begins = [
        at for at in range(0, len(recorded) - PIECE, PIECE) if np.count_nonzero(recorded[at:][:PIECE]) > PIECE / 2
    ]
    first = next(at for at in begins if place(recorded[at:][:PIECE], sounded) >= 0)
    earlier = place(recorded[first:][:PIECE], sounded) - first
    slack = round(TRUE_S * SPEAKER_RATE)
    there = [place(recorded[at:][:PIECE], sounded[at + earlier - slack :][: PIECE + 2 * slack]) >= 0 for at in begins]
    assert sum(there) > 0.6 * len(there) > 100


def place(piece: Samples, sound: Samples) -> int:
    """Where it is in there; -1 if it is not."""
    at = sound.tobytes().find(piece.tobytes())
    return at // 2 if at >= 0 else -1


def played(file: Path) -> tuple[float, Samples]:
    """How many seconds it lasts, and its samples."""
    with wave.open(str(file)) as opened:
        frames = opened.getnframes()
        return frames / opened.getframerate(), np.frombuffer(opened.readframes(frames), "<i2")


# ------------------------------------------------------------------------------------------------------------- keys


def test_who_is_muted_is_not_heard_and_what_leaves_the_machine_ends_at_once(
    here: Room, server: Server, tmp_path: Path
) -> None:
    with here.talk(tmp_path) as terminal:
        terminal.expect(BEGUN)
        wait_for(lambda: len(sounds(server)) > 5, "sound to be sent")
        terminal.type("m")
        terminal.expect("muted: nothing you say leaves this machine")
        muted = here.say(spoken(SUM))
        assert muted.ends
        terminal.type("m")
        terminal.expect("unmuted")
        here.say(spoken("Hello."))
        assert "Hello" in terminal.expect("puck: ")
        terminal.type("q")
        assert terminal.end() == 0
    heard = server.heard()
    ends = next(n for n, line in enumerate(heard) if "realtimeInput.audioStreamEnd" in line["kinds"])
    assert heard[ends + 1]["t"] - heard[ends]["t"] > muted.ends - muted.begins
    assert "times" not in terminal.shown


@pytest.mark.parametrize(
    ("words", "steps"),
    [
        (
            "--mute",
            [("", "MUTED"), ("m", "READY"), ("m", "MUTED"), (" ", "READY"), ("t", "MIC PAUSED"), ("\x1b", "READY")],
        ),
        ("--push-to-talk", [("", "HOLD/TAP SPACE"), (" ", "ON AIR"), (" ", "HOLD/TAP SPACE"), ("m", "MUTED")]),
    ],
)
def test_a_screen_shows_what_becomes_of_the_microphone(
    here: Room, tmp_path: Path, words: str, steps: list[tuple[str, str]]
) -> None:
    with here.talk(tmp_path, words, face="tty") as terminal:
        for typed, state in steps:
            terminal.type(typed)
            terminal.expect(state, 10)
        terminal.type("q")
        assert terminal.end() == 0
    assert "saved" not in terminal.shown  # nobody said anything


def sounds(server: Server) -> list[dict[str, Any]]:
    return [line for line in server.heard() if "realtimeInput.audio" in line["kinds"]]


def test_with_push_to_talk_what_is_said_between_two_spaces_is_a_turn_and_nothing_else_is_sent(
    here: Room, tmp_path: Path
) -> None:
    with here.talk(tmp_path, "--push-to-talk", "--trace", "trace") as terminal:
        terminal.expect(BEGUN)
        assert here.say(spoken("Hello.")).ends
        terminal.type(" ")
        terminal.expect("on air; space sends")
        assert here.say(spoken(SUM)).ends
        terminal.type(" ")
        terminal.expect("sent")
        assert "what is 7 times 8?" in terminal.expect(SUM_ANSWERED).lower()
        terminal.type("q")
        assert terminal.end() == 0
    kinds = [line.get("in") for line in lines(tmp_path / "trace")]
    assert kinds.count("FloorClaimed") == kinds.count("FloorYielded") == 1
    sent = [n for n, kind in enumerate(kinds) if kind == "Heard"]
    assert kinds.index("FloorClaimed") < sent[0] < sent[-1] < kinds.index("FloorYielded")


# ---------------------------------------------------------------------------------------------- devices come and go


def test_a_call_goes_on_when_its_devices_do(server: Server, tmp_path: Path) -> None:
    with room(server.url) as here, here.talk(tmp_path, "--aec", "off") as terminal:
        terminal.expect(BEGUN)
        here.say(spoken(STORY))
        terminal.expect("puck: ")
        here.unplug("vspk")
        terminal.expect("the speaker 'default' is gone; looking for it, or for another")
        here.unplug("vmic")
        terminal.expect("the microphone 'default' is gone; looking for it, or for another")
        here.plug_in_microphone()
        terminal.expect("the microphone is back on 'default'", BACK_S + 1)
        here.plug_in_speaker()
        terminal.expect("the speaker is back on 'default'", BACK_S + 1)
        question = here.say(spoken(SUM))
        terminal.expect("\r\nyou: ")
        terminal.expect("puck: ")
        wait_for(lambda: here.monitor.first_sound(question.ends) < time.monotonic(), "the answer to be heard")
        named_after_five_seconds_of_nothing_but_zeros(here, terminal)
        terminal.type("q")
        assert terminal.end() == 0
    assert "ALSA" not in terminal.shown
    assert "PortAudio" not in terminal.shown
    assert "Traceback" not in terminal.shown


def named_after_five_seconds_of_nothing_but_zeros(here: Room, terminal: Terminal) -> None:
    here.mouth.noise = 0
    with open(here.pulse.microphone, "wb") as pipe:
        pipe.write(bytes(6 * 32_000))  # in a moment: this microphone's time is counted in samples
    terminal.expect("the microphone 'default' gives nothing but silence")


# ------------------------------------------------------------------------------------------------------------- echo


def test_without_a_canceller_the_model_interrupts_itself_and_a_kill_leaves_its_recording_whole(
    here: Room, tmp_path: Path
) -> None:
    words = ("--aec", "off", "--record", "rec", "--trace", "trace")
    with here.echoing(-10, 0.06), here.talk(tmp_path, *words) as terminal:
        terminal.expect(BEGUN)
        here.say(spoken(STORY))
        terminal.expect(" [not heard: ")
        terminal.process.kill()
        killed = time.monotonic()
    lasted = killed - lines(tmp_path / "trace")[0]["began"]
    for voice in ("you", "model", "conversation"):
        seconds, sound = played(tmp_path / "rec" / f"{voice}.wav")
        assert seconds > lasted - 0.3  # a tenth of a second is what a kill may cost
        assert sound.any()


def test_in_half_duplex_the_model_speaks_on_whatever_comes_back(here: Room, tmp_path: Path) -> None:
    with here.echoing(-10, 0.06), here.talk(tmp_path, "--aec", "half-duplex", "--trace", "trace") as terminal:
        terminal.expect(BEGUN)
        story = here.say(spoken(STORY))
        wait_for(lambda: here.monitor.first_sound(story.ends) < time.monotonic() - 4, "the story to be heard")
        assert not interruptions(tmp_path / "trace")
        terminal.type("q")
        assert terminal.end() == 0


def test_with_a_canceller_the_model_speaks_on_and_the_user_is_heard_over_it(here: Room, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    with here.echoing(-10, 0.06), here.talk(tmp_path, "--trace", "trace") as terminal:
        terminal.expect(BEGUN)
        story = here.say(spoken(STORY))
        wait_for(lambda: here.monitor.first_sound(story.ends) < time.monotonic() - 5, "the story to be heard")
        assert not interruptions(trace)
        wait_until_heard_over_the_story(here, trace)
        terminal.expect(SUM_ANSWERED)
        terminal.type("q")
        assert terminal.end() == 0


def wait_until_heard_over_the_story(here: Room, trace: Path) -> None:
    """Somebody who talks to a loudspeaker may have to say it again; once must do."""
    for _ in range(2):
        said = here.say(spoken(SUM))
        with suppress(AssertionError):
            wait_for(lambda: bool(interruptions(trace)), "an interruption", said.ends - time.monotonic() + 2)
            return
    raise AssertionError("nobody was heard over the story")
