"""Claims about `livechat voices`: thirty names, as the wire and the server know them."""

from __future__ import annotations

import json

import pytest

from livechat.cli import main
from livechat.protocol.generations import VOICES


def test_the_thirty_voices_are_listed_with_what_they_are_like(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["voices"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert tuple(row[0] for row in rows) == VOICES
    assert {row[1] for row in rows} == {"male", "female"}
    assert rows[1] == ["Puck", "male", "Upbeat"]


def test_programs_get_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["voices", "--json"]) == 0
    voices = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert tuple(voice["name"] for voice in voices) == VOICES
    assert voices[3] == {"name": "Kore", "character": "Firm", "sex": "female"}
