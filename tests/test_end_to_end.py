"""The real command line, a real WebSocket, real speech: what a stranger does in the first hour."""

from __future__ import annotations

import json
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from livechat.commands.demo import program
from tests.cli import begun, environment, livechat
from tests.speech_fixture import spoken

QUESTION = "What is seventeen times twenty four?"


def lines_of(out: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.decode().splitlines()]


def write_wav(path: Path, pcm: bytes, rate: int = 16_000) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """`livechat serve` in a process of its own; gives its URL."""
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    process = begun("serve", "--port", "0", env=environment(), stdout=pipe, stderr=nowhere, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("listening on ws://")
    yield line.removeprefix("listening on ").strip()
    process.terminate()
    process.wait(10)
    process.stdout.close()


# ------------------------------------------------------------------------------------------------ words


def test_a_story_streams_to_stdout_and_the_note_of_where_it_comes_from_to_stderr(tmp_path: Path) -> None:
    run = livechat("text", "tell a story", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert len(run.stdout.split()) > 150
    assert run.stdout.endswith(b"\n")
    assert b"\x1b" not in run.stdout + run.stderr
    assert b"no API key found: talking to the practice server inside livechat" in run.stderr


def test_another_prompt_is_another_story(tmp_path: Path) -> None:
    dragon = livechat("text", "--local", "tell a story about a dragon", cwd=tmp_path).stdout
    baker = livechat("text", "--local", "tell a story about a baker", cwd=tmp_path).stdout
    assert b"dragon" in dragon.lower()
    assert b"baker" in baker.lower()
    assert dragon != baker


def test_piped_words_are_added_to_the_prompt(tmp_path: Path) -> None:
    run = livechat("text", "--local", "what is", cwd=tmp_path, stdin=b"17 times 24?")
    assert b"408" in run.stdout


def test_json_is_one_object_a_line_from_ready_to_end(tmp_path: Path) -> None:
    run = livechat("text", "--local", "--json", "what is 17 times 24?", cwd=tmp_path)
    assert run.returncode == 0
    events = lines_of(run.stdout)
    assert {event["v"] for event in events} == {1}
    assert [event["t"] for event in events] == sorted(event["t"] for event in events)  # type: ignore[type-var]
    kinds = [event["type"] for event in events]
    assert kinds[:2] == ["session.ready", "user.final"]
    assert kinds[-1] == "session.end"
    deltas = "".join(str(event["text"]) for event in events if event["type"] == "text.delta")
    ends = [event for event in events if event["type"] == "turn.end"]
    assert [deltas] == [event["text"] for event in ends]
    assert "408" in deltas


def test_an_audio_only_model_answers_in_words_by_its_transcript(tmp_path: Path) -> None:
    run = livechat("text", "--local", "--model", "gemini-3.8-live", "what is 17 times 24?", cwd=tmp_path)
    assert b"408" in run.stdout
    assert b"only speaks" in run.stderr


def test_the_spoken_answer_is_written_where_it_was_asked_for(tmp_path: Path) -> None:
    run = livechat("text", "--local", "--audio-out", "a.wav", "--voice", "kore", "what is 17 times 24?", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    with wave.open(str(tmp_path / "a.wav")) as answer:
        assert answer.getframerate() == 24_000
        assert answer.getnframes() > 24_000


def test_the_tokens_are_told_when_asked_for(tmp_path: Path) -> None:
    run = livechat("text", "--local", "--usage", "hello", cwd=tmp_path)
    assert b"tokens: in " in run.stderr


def test_a_system_instruction_is_obeyed_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "who.txt").write_text("Your name is Captain Byte.")
    run = livechat("text", "--local", "--system", "@who.txt", "what is your name?", cwd=tmp_path)
    assert b"Captain Byte" in run.stdout


# ------------------------------------------------------------------------------------------------ speech


@pytest.mark.speech
def test_a_spoken_question_in_a_wav_is_answered_with_its_words_in_the_transcript(tmp_path: Path, server: str) -> None:
    write_wav(tmp_path / "q.wav", spoken(QUESTION, tail_ms=300))
    run = livechat("send-audio", "q.wav", "--server", server, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert b"408" in run.stdout
    assert run.stdout.endswith(b"\n")
    assert b"heard: " in run.stderr
    assert b"17 times 24" in run.stderr


@pytest.mark.speech
def test_the_same_as_pcm_through_a_pipe_is_answered_aloud(tmp_path: Path, server: str) -> None:
    run = livechat("send-audio", "-", "--server", server, "-o", "a.wav", cwd=tmp_path, stdin=spoken(QUESTION))
    assert run.returncode == 0, run.stderr
    assert b"408" in run.stdout
    with wave.open(str(tmp_path / "a.wav")) as answer:
        assert answer.getnframes() > 12_000


@pytest.mark.speech
def test_sound_on_stdout_leaves_the_words_to_stderr(tmp_path: Path, server: str) -> None:
    run = livechat("send-audio", "-", "--server", server, "-o", "-", "--fast", cwd=tmp_path, stdin=spoken(QUESTION))
    assert run.returncode == 0, run.stderr
    assert len(run.stdout) > 24_000
    assert len(run.stdout) % 2 == 0
    assert b"408" in run.stderr


@pytest.mark.speech
def test_several_recordings_are_several_turns_of_one_conversation(tmp_path: Path, server: str) -> None:
    (tmp_path / "1.pcm").write_bytes(spoken("My name is Alice."))
    (tmp_path / "2.pcm").write_bytes(spoken("What is my name?"))
    run = livechat("send-audio", "1.pcm", "2.pcm", "--fast", "--json", "--server", server, cwd=tmp_path)
    ends = [event for event in lines_of(run.stdout) if event["type"] == "turn.end"]
    assert len(ends) == 2
    assert "Alice" in str(ends[1]["text"])


@pytest.mark.speech
def test_a_wav_called_pcm_is_read_as_what_it_is_and_said(tmp_path: Path, server: str) -> None:
    write_wav(tmp_path / "q.pcm", spoken(QUESTION, rate=48_000), 48_000)
    run = livechat("send-audio", "q.pcm", "--fast", "--server", server, cwd=tmp_path)
    assert b"408" in run.stdout
    assert b"begins with 'RIFF'" in run.stderr


@pytest.mark.speech
def test_a_recording_of_silence_is_bad_input(tmp_path: Path, server: str) -> None:
    (tmp_path / "z.pcm").write_bytes(bytes(64_000))
    run = livechat("send-audio", "z.pcm", "--fast", "--wait", "1", "--server", server, cwd=tmp_path)
    assert run.returncode == 65
    assert b"nothing but silence" in run.stderr


@pytest.mark.speech
def test_a_traced_barge_in_replays_byte_for_byte_and_a_changed_input_does_not(tmp_path: Path, server: str) -> None:
    pcm = spoken("Please tell me a long story.") + bytes(96_000) + spoken("What is two plus two?")
    (tmp_path / "two.pcm").write_bytes(pcm)
    flags = ["--json", "--trace", "t.trace", "-o", "a.wav"]
    run = livechat("send-audio", "two.pcm", *flags, "--server", server, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "interrupted" in [event["type"] for event in lines_of(run.stdout)]
    replayed = livechat("replay", "t.trace", cwd=tmp_path)
    assert replayed.stdout == run.stdout
    trace = (tmp_path / "t.trace").read_text()
    assert '"interrupted": true' in trace
    (tmp_path / "t.trace").write_text(trace.replace('"interrupted": true', '"interrupted": false', 1))
    assert livechat("replay", "t.trace", cwd=tmp_path).stdout != run.stdout


@pytest.mark.speech
def test_the_demo_holds_a_spoken_conversation_without_a_sound_card(tmp_path: Path) -> None:
    run = livechat("demo", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert b"What can you do?" in run.stdout
    assert b"done: 1 turn" in run.stdout
    assert b"next: " in run.stdout
    assert b"text --local" in run.stdout
    with wave.open(str(tmp_path / "answer.wav")) as answer:
        assert answer.getnframes() > 24_000


def test_the_way_the_demo_names_the_program_can_be_typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "__main__.py")])
    assert program() == f"{sys.executable} -m livechat"
    monkeypatch.setattr(sys, "argv", ["/opt/my tools/livechat"])
    assert program() == "'/opt/my tools/livechat'"
    (tmp_path / "livechat").touch(0o755)
    assert program() == "livechat"


@pytest.mark.speech
def test_another_question_to_the_demo_gets_another_answer(tmp_path: Path) -> None:
    write_wav(tmp_path / "q.wav", spoken(QUESTION))
    run = livechat("demo", "--question", "q.wav", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert b"408" in run.stdout


# ---------------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["text", "--server", "google", "hi"], 77, "no API key found"),
        (["text", "--voice", "Puk", "hi"], 2, "did you mean Puck?"),
        (["text", "--server", "ws://127.0.0.1:1", "hi"], 69, "nothing answers at 127.0.0.1:1"),
        (["text", "--server", "http//x", "hi"], 2, "http//x"),
        (["text", "--local", "--model", "gemini-9-live", "hi"], 69, "not found"),
        (["text", "--json"], 2, "nothing to say"),
        (["text", "--audio-out", "a.mp3", "--local", "hi"], 2, ".wav"),
        (["text", "--system", "@nowhere", "--local", "hi"], 66, "nowhere"),
        (["text", "--trace", "no/such/t.trace", "--local", "hi"], 74, "cannot write the trace"),
        (["text", "--api-key", "AIza", "hi"], 2, "--api-key-file"),
        (["text", "--timeout", "0.001", "--local", "tell a story"], 124, "0.001 s"),
        (["send-audio", "qestion.wav"], 66, "did you mean question.wav?"),
        (["send-audio", "empty.pcm"], 65, "empty.pcm is empty"),
        (["send-audio", "."], 66, "directory"),
        (["send-audio", "song.mp3"], 65, "ffmpeg"),
        (["send-audio", "question.wav", "--rate", "1"], 2, "--rate: 1 is not between"),
        (["send-audio", "-", "-", "--local"], 2, "one turn"),
        (["replay", "question.wav"], 65, "not a trace"),
        (["replay", "nowhere"], 66, "nowhere"),
        (["tekst"], 2, "did you mean text"),
        (["text", "--vocie", "Puck", "hi"], 2, "--voice"),
        (["demo", "--question", "nowhere.wav"], 66, "nowhere.wav"),
        (["demo", "--question", "question.wav"], 65, "nothing but silence"),
        (["send-audio", "question.wav", "-o", "./question.wav"], 2, "the recording itself"),
        (["send-audio", "question.wav", "--local", "--fast"], 65, "nothing but silence"),
        (["text", "--local", "--model", "gemini-3.8-liv", "hi"], 69, "did you mean gemini-3.8-live?"),
        (["serve", "--port", "99999"], 2, "99999"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_mistake_is_answered_with_what_happened_and_what_to_do(
    tmp_path: Path, words: list[str], code: int, says: str
) -> None:
    write_wav(tmp_path / "question.wav", bytes(3200))
    (tmp_path / "empty.pcm").write_bytes(b"")
    (tmp_path / "song.mp3").write_bytes(b"ID3\x04" + bytes(100))
    run = livechat(*words, cwd=tmp_path)
    said = run.stderr.decode()
    assert run.returncode == code, said
    assert says.lower() in said.lower()
    assert "Traceback" not in said
    assert run.stdout == b"" or words[0] == "demo"


def test_a_server_that_goes_away_in_mid_sentence_is_said(tmp_path: Path) -> None:
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    process = begun("serve", "--port", "0", env=environment(), stdout=pipe, stderr=nowhere, text=True)
    assert process.stdout is not None
    url = process.stdout.readline().removeprefix("listening on ").strip()
    words = ["text", "--server", url, "--model", "gemini-3.8-live", "tell a story"]
    client = begun(*words, cwd=tmp_path, env=environment(), stdin=nowhere, stdout=pipe, stderr=pipe)
    assert client.stdout is not None
    client.stdout.read(1)
    process.kill()
    process.communicate()
    _, said = client.communicate(timeout=30)
    assert client.returncode == 75, said
    assert b"was lost" in said


def test_a_closed_pipe_is_a_quiet_end(tmp_path: Path) -> None:
    command = f"{sys.executable} -m livechat text --local 'tell a story' | head -c 10"
    run = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], env=environment(), cwd=tmp_path, capture_output=True
    )
    assert run.returncode in (0, 141)
    assert b"Traceback" not in run.stderr
    assert b"rror" not in run.stderr
