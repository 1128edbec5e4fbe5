"""The schema that `livechat config schema --events` prints is one, and every line that is printed keeps to it."""

from __future__ import annotations

import array
import json
import math
import subprocess
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from livechat.audio.keeping import DeviceBack, DeviceLost, MicrophoneSilent
from livechat.commands.devices import news_type
from livechat.commands.parting import Parting
from livechat.events import Answered, Ended, FellSilent
from livechat.figures import Figures
from livechat.terminal.ndjson import line
from livechat.terminal.news import news
from livechat.terminal.news_schema import KINDS, schema
from livechat.transcripts.words import Opening
from tests.cli import begun, environment, livechat
from tests.test_terminal_news import GOLDEN

SCHEMA = Draft202012Validator(schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)


def summary(*, answered: bool) -> str:
    figures = Figures()
    for event in (Answered(1, 500), FellSilent(1, 20)) if answered else ():
        figures(1.0, event)
    figures(2.0, Ended("left", 1, 0))
    return Parting(figures).json(2.0)


DEVICES = (
    DeviceLost("input", "USB"),
    DeviceBack("output", "USB", moved=True, rate=48_000, rate_before=16_000),
    MicrophoneSilent("USB"),
)
LINES = [
    *(news(1.5, event) for event in GOLDEN.values()),
    *(line(1.5, news_type(told), **asdict(told)) for told in DEVICES),
    *(summary(answered=answered) for answered in (True, False)),
    line(0.1, "level", level_db=-31.5),
    line(1.5, "music.sound", at_s=0.0, length_s=2.0),
    line(1.5, "music.filtered", text="in the style of Nobody", reason=""),
    *(line(1.5, "music.end", reason="q", length_s=2.0, gaps=0, file=f, prompts=["techno"]) for f in ("m.wav", None)),
    Opening(datetime(2026, 11, 21, tzinfo=UTC), "m", "Puck", "google", "0.1.0").line(),
]
"""One of every kind, and some twice."""


def told(text: str) -> list[str]:
    """What is wrong with these lines; also a field that the schema does not tell of."""
    wrong: list[str] = []
    for record in map(json.loads, text.splitlines()):
        wrong += [f"{record}: {error.message}" for error in SCHEMA.iter_errors(record)]
        wrong += sorted(set(record) - {"v", "t", "type", *KINDS[record["type"]].fields})
    return wrong


def test_it_is_a_schema_of_draft_2020_12() -> None:
    Draft202012Validator.check_schema(schema())
    assert schema()["$schema"] == Draft202012Validator.META_SCHEMA["$id"]


@pytest.mark.parametrize("text", LINES)
def test_a_line_keeps_to_it_and_it_tells_of_all_in_the_line(text: str) -> None:
    assert told(text) == []


def test_it_has_the_names_there_are_and_no_others() -> None:
    assert {json.loads(text)["type"] for text in LINES} == set(KINDS)


READY: dict[str, Any] = {"v": 1, "t": 0.1, "type": "session.ready", "model": "m", "session_id": ""}


@pytest.mark.parametrize(
    "wrong",
    [
        {"v": 2},
        {"t": "0.1"},
        {"t": -1},
        {"type": "session.began"},
        {"model": None},
        {"type": "tool.cancel", "turn": 1, "id": "", "name": "", "outcome": "done", "after_ms": 1, "result": ""},
    ],
    ids=str,
)
def test_what_is_no_such_line_is_refused(wrong: dict[str, Any]) -> None:
    assert SCHEMA.is_valid(READY)
    assert not SCHEMA.is_valid({**READY, **wrong})


@pytest.mark.parametrize("field", READY)
def test_no_field_of_a_line_may_be_missing(field: str) -> None:
    assert not SCHEMA.is_valid({name: value for name, value in READY.items() if name != field})


def test_a_field_that_a_later_version_adds_is_no_mistake() -> None:
    assert SCHEMA.is_valid({**READY, "weather": "fine"})


def test_a_command_prints_it(tmp_path: Path) -> None:
    run = livechat("config", "schema", "--events", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, b"")
    assert json.loads(run.stdout) == schema()


def test_of_the_configuration_file_there_is_none_and_what_there_is_is_said(tmp_path: Path) -> None:
    run = livechat("config", "schema", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, b"")
    assert b"try: livechat config schema --events" in run.stderr


# ------------------------------------------------------------------------------------------- the real command line


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """One that hears loudness and answers in tones, in a process of its own; gives its URL."""
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    words = ["serve", "--port", "0", "--speech", "tones"]
    process = begun(*words, env=environment(), stdout=pipe, stderr=nowhere, text=True)
    assert process.stdout is not None
    yield process.stdout.readline().removeprefix("listening on ").strip()
    process.terminate()
    process.wait(10)
    process.stdout.close()


def tone() -> bytes:
    """A second of silence, one of sound, one of silence."""
    sound = array.array("h", (round(9_000 * math.sin(number / 10)) for number in range(16_000)))
    return bytes(32_000) + sound.tobytes() + bytes(32_000)


COMMANDS = {
    "text": ("text", "hi"),
    "send-audio": ("send-audio", "--usage", "said.pcm"),
    "talk": ("talk", "--no-save", "--max-duration", "3s", "--input-device", "-", "--output-device", "none"),
    "refused": ("text", "--model", "no-such-model", "hi"),
}
"""Commands with what is said to them."""


@pytest.fixture(scope="module")
def printed(server: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each printed on stdout; they run all at once."""
    folder = tmp_path_factory.mktemp("news")
    said = folder / "said.pcm"
    said.write_bytes(tone())
    running: dict[str, subprocess.Popen[str]] = {}
    for name, words in COMMANDS.items():
        with (said if name == "talk" else Path("/dev/null")).open("rb") as stdin:
            running[name] = begun(
                *(*words, "--json", "--server", server),
                cwd=folder,
                env=environment({"LIVECHAT_STATE": str(folder)}),
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
    return {name: process.communicate(timeout=60)[0] for name, process in running.items()}


EXPECTED = {
    "text": {"session.ready", "user.final", "text.delta", "text.end", "usage", "turn.end", "session.end"},
    "send-audio": {"session.ready", "user.final", "text.delta", "turn.end", "session.end"},
    "talk": {"session.ready", "text.delta", "answer.heard", "session.end", "summary"},
    "refused": {"error", "session.end"},
}


@pytest.mark.parametrize("name", COMMANDS)
def test_all_that_a_command_prints_keeps_to_it(name: str, printed: dict[str, str]) -> None:
    assert told(printed[name]) == []
    assert {json.loads(text)["type"] for text in printed[name].splitlines()} >= EXPECTED[name]
