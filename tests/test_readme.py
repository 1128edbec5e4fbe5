"""README.md's chapter on the library: every example does what is said of it, run as its reader would run it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import wave
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

import livechat
from livechat.credentials import VARIABLES
from livechat.events import SoundDropped
from livechat.library import backends
from livechat.library.session import LiveSession
from livechat.terminal.inputs import Look
from livechat.terminal.network import outcome
from livechat.terminal.notes import unanswered, unsent
from livechat.testing import Event, LiveServer, serving
from tests import pulse_fixture
from tests.readme_examples import README, chapter, examples, file_name, lines_of_code
from tests.sound_help import s16, sine
from tests.talk_lab import room
from tests.view_help import Face

EXAMPLES: Final = examples()
JPEG: Final = b"\xff\xd8\xff\xe0 a picture that nobody looks at"
QUESTION: Final = "What is 2 plus 2?"
ANSWER: Final = "2 plus 2 is 4."
LONG_S: Final = 30
"""So long an example may take; most take half a second."""

GUIDE: Final = {
    "Text to text": (28, 17, 40, 28, 16, 17),  # "Generate streamed text from streamed text input"
    "Audio to audio": (29, 8, 19, 9, 21, 77),  # "Generate streamed audio from streamed audio input"
    "Audio to text": (30, 17, 40, 30, 38, 47),  # "Generate streamed text from streamed audio input"
    "Text to audio": (27, 15, 40, 29, 39, 48),  # "Generate streamed audio from streamed text input"
    "A voice": (8, 7, 7, 12, 7, 7),  # "Change the response voice"
}
"""Lines of code of Swift, Kotlin, Java, Web, Dart and Unity, blank lines and comments left out.

Counted in the guide of Firebase AI Logic, firebase.google.com/docs/ai-logic/live-api, as of October 2025. Kotlin's
eight of audio to audio are a `startAudioConversation()`, and the seven of a voice only make the model.
"""
TOOLS: Final = 15
"""Ours: the guide has no program for function calling."""


class Desk:
    """A fresh folder, with what the examples read, and a server to which the environment leads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server: LiveServer | None = None
        (folder / "frame.jpg").write_bytes(JPEG)

    def run(self, heading: str, *module: str, server: str = "", environment: Mapping[str, str] = os.environ) -> str:
        """What the example prints; anything else than a good end fails."""
        (self.folder / "example.py").write_text(EXAMPLES[heading], encoding="utf-8")
        where = server or (self.server.url if self.server is not None else "")
        ran = subprocess.run(
            [sys.executable, *module, "example.py"],
            cwd=self.folder,
            env={**_without_keys(environment), "LIVECHAT_SERVER_CHOICE": where},
            capture_output=True,
            text=True,
            timeout=LONG_S,
        )
        assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout + ran.stderr
        return ran.stdout

    def sent(self, kind: str) -> list[Event]:
        """The frames of this kind that came to the server."""
        return self._frames("in", kind)

    def answered(self, kind: str) -> list[Event]:
        """Those that the server sent."""
        return self._frames("out", kind)

    def _frames(self, way: str, kind: str) -> list[Event]:
        assert self.server is not None
        found = [event for event in self.server.events if event["event"] == way]
        return [event for event in found if any(name.startswith(kind) for name in event["kinds"])]


def _without_keys(environment: Mapping[str, str]) -> dict[str, str]:
    ours = ("LIVECHAT_", "GOOGLE_", "GEMINI_", "CLOUDSDK_")
    return {name: value for name, value in environment.items() if not name.startswith(ours)}


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(name="words")
def _words(desk: Desk) -> Iterator[Desk]:
    """With a server that writes, and in place of speech has tones."""
    with serving() as desk.server:
        yield desk


@pytest.fixture(name="hearing", scope="module")
def _hearing() -> Generator[LiveServer]:
    """A server that really hears and speaks; its models are loaded once."""
    with serving(speech="models") as server:
        yield server


@pytest.fixture(name="speech")
def _speech(desk: Desk, hearing: LiveServer) -> Desk:
    """With that server, and a question that was recorded."""
    from tests.speech_fixture import spoken

    desk.server = hearing
    with wave.open(str(desk.folder / "question.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", "not compressed"))
        file.writeframes(spoken(QUESTION))
    return desk


def frames(path: Path) -> bytes:
    """The sound of a WAV as every answer is: 24 kHz s16le mono."""
    with wave.open(str(path)) as file:
        assert file.getparams()[:3] == (1, 2, 24_000)
        return file.readframes(file.getnframes())


def test_the_shortest_tells_a_story_without_a_key_and_a_server(desk: Desk) -> None:
    assert len(desk.run("The shortest", server="local").split()) > 40


def test_text_to_text_prints_a_story(words: Desk) -> None:
    assert len(words.run("Text to text").split()) > 40


@pytest.mark.speech
def test_audio_to_audio_hears_the_question_and_keeps_the_spoken_answer(speech: Desk) -> None:
    assert speech.run("Audio to audio") == f"{QUESTION} -> {ANSWER}\n"
    assert len(frames(speech.folder / "answer.wav")) > 24_000 * 2


@pytest.mark.speech
def test_audio_to_text_needs_no_server_of_its_own(speech: Desk) -> None:
    assert speech.run("Audio to text", server="local") == ANSWER


@pytest.mark.speech
def test_audio_to_text_prints_the_answer(speech: Desk) -> None:
    assert speech.run("Audio to text") == ANSWER


@pytest.mark.speech
def test_text_to_audio_writes_a_wav(speech: Desk) -> None:
    speech.run("Text to audio")
    assert len(frames(speech.folder / "answer.wav")) > 24_000 * 2


@pytest.mark.speech
def test_a_voice_is_the_one_that_is_asked_for(speech: Desk) -> None:
    from tests.speech_fixture import voice

    speech.run("A voice")
    answer = frames(speech.folder / "answer.wav")
    assert answer == voice().speak(ANSWER, "Kore")
    assert answer != voice().speak(ANSWER, "Puck")


def test_a_function_is_called_and_its_result_is_said(words: Desk) -> None:
    assert words.run("Tools") == "Rain, 9 degrees.\n"
    assert words.sent("toolResponse")


def test_calls_are_answered_by_hand(words: Desk) -> None:
    assert words.run("Calls that you answer yourself") == "Rain, 9 degrees.\n"
    assert words.sent("toolResponse")


@pytest.mark.speech
def test_text_and_audio_are_both_taken_and_both_answered_aloud(speech: Desk) -> None:
    typed, spoken = speech.run("Text and audio, both ways").splitlines()
    assert re.fullmatch(r"What is 3 plus 4\? 3 plus 4 is 7\. \([1-9]\.\d s of sound\)", typed)
    assert re.fullmatch(r"What is 2 plus 2\? 2 plus 2 is 4\. \([1-9]\.\d s of sound\)", spoken)


def test_the_language_is_asked_for(words: Desk) -> None:
    assert "I only know English" in words.run("The language of the answer")
    assert "RESPOND IN GERMAN" in str(words.sent("setup"))


def test_what_was_said_before_is_known(words: Desk) -> None:
    assert words.run("What was said before") == "Your name is Ada.\n"
    assert len(words.answered("serverContent.turnComplete")) == 1


def test_another_session_goes_on_with_the_first(words: Desk) -> None:
    assert words.run("Going on with a session") == "Your name is Ada.\n"
    assert len(words.sent("setup")) == 2


@pytest.mark.speech
def test_speech_is_marked_and_noticed(speech: Desk) -> None:
    assert speech.run("Who notices speech").splitlines() == [f"marked: {QUESTION}", f"noticed: {QUESTION}"]


@pytest.mark.speech
def test_both_sides_are_transcribed(speech: Desk) -> None:
    you, *model = speech.run("Transcription").splitlines()
    assert you == f"you: {QUESTION}"
    assert " ".join(line.removeprefix("model:").strip() for line in model) == ANSWER


def test_the_end_of_a_connection_is_told_and_survived(desk: Desk) -> None:
    with serving({"turn": [{"do": [{"go_away": 9}, {"say": "Hello, Ada."}]}]}) as desk.server:
        assert desk.run("The limits of a session") == "this connection ends in 9 s\nHello, Ada.\n"


def test_video_sends_one_frame_a_second(words: Desk) -> None:
    assert words.run("Video").startswith("sent frame 0\nsent frame 1\n")
    first, second = [event["t"] for event in words.sent("realtimeInput.video")]
    assert 0.9 < second - first < 2


@pytest.mark.speech
def test_events_are_told_as_they_happen(speech: Desk) -> None:
    said, answer, sound = speech.run("Events").splitlines()
    assert (said, answer) == (f"you said {QUESTION}", ANSWER)
    assert int(sound.removesuffix(" ms of speech")) > 1_000


def test_callbacks_are_called_from_the_beginning_to_the_end(words: Desk) -> None:
    begin, story, end = words.run("Callbacks").splitlines()
    assert (begin, end) == ("open", "closed with 1000")
    assert len(story.split()) > 40


@pytest.mark.speech
def test_a_new_instruction_holds_in_mid_session(speech: Desk) -> None:
    assert speech.run("A new instruction in mid-session") == "My name is Grace.\n"


def test_an_ephemeral_token_opens_a_session_and_is_not_shown(words: Desk) -> None:
    shown, answer = words.run("An ephemeral token").splitlines()
    assert re.fullmatch(r"Token\(….{4}, uses=1, expires=.*\)", shown)
    assert answer == "6 times 7 is 42."
    assert words.server is not None
    assert any(event.get("api") == "constrained" for event in words.server.events)


def test_music_is_written_as_it_is_made(words: Desk) -> None:
    words.run("Music")
    with wave.open(str(words.folder / "music.wav")) as file:
        assert file.getparams()[:3] == (2, 2, 48_000)
        assert file.getnframes() >= 4 * 48_000
        assert any(file.readframes(48_000))


def test_a_test_of_the_readers_own_passes(desk: Desk) -> None:
    assert "1 passed" in desk.run("A test of yours", "-m", "pytest", "-q", "-p", "no:cacheprovider")


@pytest.mark.pulse
@pytest.mark.skipif(bool(pulse_fixture.missing()), reason=pulse_fixture.missing())
def test_a_conversation_is_held_by_microphone_and_speaker(desk: Desk) -> None:
    scenario = {"turn": [{"hear": "Goodbye.", "do": [{"say": "Bye, and thank you."}]}]}
    with serving(scenario) as desk.server, room(desk.server.url) as here, ThreadPoolExecutor(1) as pool:
        told = pool.submit(desk.run, "A conversation by microphone and speaker", environment=here.pulse.environment)
        desk.server.wait_for(lambda event: "realtimeInput.audio" in event.get("kinds", ()), LONG_S)
        asked = here.say(s16(sine(12_000))).ends
        assert told.result() == "you: Goodbye.\npuck: Bye, and thank you.\n"
        assert here.monitor.first_sound(asked) < time.monotonic(), "the answer was heard"


# --------------------------------------------------------------------------------------------- the chapter itself


@pytest.mark.parametrize("heading", [*GUIDE, "Tools"])
def test_the_guides_examples_are_as_short_as_the_shortest_of_its_six_languages(heading: str) -> None:
    assert lines_of_code(EXAMPLES[heading]) <= min(GUIDE.get(heading, (TOOLS,)))


def test_every_example_has_its_test() -> None:
    assert len(EXAMPLES) > 20
    tests = Path(__file__).read_text(encoding="utf-8")
    assert EXAMPLES.keys() - set(re.findall(r'run(?:\(|, )"(.+?)"', tests)) == set()


def test_every_name_of_ours_is_one() -> None:
    """Those of the tables' last columns, and of the module everywhere."""
    assert set(re.findall(r"livechat\.([A-Za-z_]\w*)", chapter())) <= {*livechat.__all__, "testing"}
    ours = [row.rsplit("|", 2)[1] for row in chapter().splitlines() if row.startswith("| `")]
    methods = {name for row in ours for name in re.findall(r"`([a-z]+(?:_[a-z]+)+)`", row)}
    assert {"send_client_content", "start_audio_conversation", "is_closed"} <= methods
    known = {*dir(LiveSession), *dir(livechat.MusicSession), *dir(livechat.ServerMessage), *livechat.__all__}
    assert methods - known == set()


def test_every_variable_leads_to_a_backend() -> None:
    rows = [row for row in chapter().splitlines() if row.startswith("| `") and row.count("|") == 4]
    named = {name for row in rows for name in re.findall(r"`([A-Z]+(?:_[A-Z]+)+)\b", row)}
    assert len(named) >= 8
    read = Path(backends.__file__).read_text(encoding="utf-8")
    assert [name for name in named if name not in VARIABLES and f'"{name}"' not in read] == []


def test_the_examples_please_the_linter_and_the_type_checkers(tmp_path: Path) -> None:
    """Each as `make check` asks it; mypy is asked in the same folder too, where it knows the library already."""
    root = Path(__file__).parent.parent
    for heading, program in EXAMPLES.items():
        (tmp_path / f"{file_name(heading)}.py").write_text(program, encoding="utf-8")
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(root)]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    ruff, config = [sys.executable, "-m", "ruff"], f"--config={root}/pyproject.toml"
    said = [
        _asked(root, sys.executable, "-m", "mypy", str(tmp_path)),
        _asked(tmp_path, sys.executable, "-m", "pyright", "--pythonpath", sys.executable),
        _asked(tmp_path, *ruff, "format", "--check", "--no-cache", config, "."),
        _asked(tmp_path, *ruff, "check", "--no-cache", "--ignore=T201", config, "."),  # a program may print
    ]
    assert said == [""] * len(said), "\n".join(said)


def _asked(folder: Path, *command: str) -> str:
    """What a judge complains of."""
    ran = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return ran.stdout if ran.returncode else ""


def test_the_tool_of_the_readme_is_the_one_that_ships() -> None:
    readme = Path(__file__).parent.parent.joinpath("README.md").read_text(encoding="utf-8")
    shipped = Path(livechat.__file__).parent.joinpath("examples", "weather.py").read_text(encoding="utf-8")
    assert shipped.partition("import livechat")[2].strip() in readme


def test_what_is_said_of_a_connection_that_breaks_is_what_is_shown() -> None:
    section = " ".join(README.read_text(encoding="utf-8").partition("## When the connection breaks")[2].split())
    for how in ("resumed", "rebuilt", "lost"):
        assert f"`{outcome(how, 9, '—')}`" in section
    for sentence in (unanswered(1.2), unsent(SoundDropped(1200))):
        assert f"`{sentence}`" in section
    face = Face(Look("puck"), columns=80).tell(livechat.Reconnecting("gone", 2, 8, in_s=1.3, kept_s=1.9))
    assert " ".join(face.footer.splitlines()[0].split()) in section
