"""Claims about what is remembered of devices that were tested: the last verdict on a pair, for its user alone."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from livechat.audio.chirp import Measurement, Outcome
from livechat.audio.verdicts import FILE, MOST, Verdict, remember, remembered

POOR = Verdict("Built-in Mic", "Speakers", "poor", 42.5, 6.3, "2026-11-21")


def test_a_verdict_is_remembered_by_both_names(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet"
    remember(folder, POOR)
    assert remembered(folder, "Built-in Mic", "Speakers") == POOR
    assert remembered(folder, "Built-in Mic", "Headphones") is None
    assert remembered(folder, "Headset", "Speakers") is None


def test_where_nothing_was_tested_nothing_is_known(tmp_path: Path) -> None:
    assert remembered(tmp_path, "a", "b") is None


def test_the_last_verdict_holds_and_the_others_stay(tmp_path: Path) -> None:
    other = replace(POOR, output="Headphones", outcome="unheard", delay_ms=None, erle_db=None)
    better = replace(POOR, outcome="good", erle_db=31.0, on="2026-11-22")
    for verdict in (POOR, other, better):
        remember(tmp_path, verdict)
    assert remembered(tmp_path, "Built-in Mic", "Speakers") == better
    assert remembered(tmp_path, "Built-in Mic", "Headphones") == other
    assert len(json.loads((tmp_path / FILE).read_text())) == 2


def test_only_its_user_may_read_it(tmp_path: Path) -> None:
    remember(tmp_path / "state", POOR)
    remember(tmp_path / "state", replace(POOR, input="b"))
    assert (tmp_path / "state" / FILE).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert [file.name for file in (tmp_path / "state").iterdir()] == [FILE]


def test_of_very_many_pairs_the_latest_are_kept(tmp_path: Path) -> None:
    for number in range(MOST + 3):
        remember(tmp_path, replace(POOR, input=str(number)))
    assert remembered(tmp_path, "2", "Speakers") is None
    assert remembered(tmp_path, "3", "Speakers") is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[" * 100_000,
        "7",
        '{"input": "Built-in Mic"}',
        '["a", 1, null, {}]',
        json.dumps([{**asdict(POOR), "outcome": "splendid"}]),
        json.dumps([{**asdict(POOR), "input": 7}]),
        json.dumps([{**asdict(POOR), "erle_db": "much"}]),
        json.dumps([{**asdict(POOR), "outcome": []}]),
    ],
)
def test_a_spoiled_file_is_no_verdict_and_is_written_over(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    assert remembered(tmp_path, "Built-in Mic", "Speakers") is None
    remember(tmp_path, POOR)
    assert remembered(tmp_path, "Built-in Mic", "Speakers") == POOR


def test_bytes_that_are_no_text_are_no_verdict(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xff\xfe[]")
    assert remembered(tmp_path, "a", "b") is None


def test_what_a_later_version_adds_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(json.dumps([{**asdict(POOR), "colour": "red"}]))
    assert remembered(tmp_path, "Built-in Mic", "Speakers") == POOR


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        remember(tmp_path / "file", POOR)


@pytest.mark.parametrize(
    ("outcome", "failure", "no_echo"),
    [
        ("poor", "in the test of 2026-11-21 only 6 dB of the echo could be cancelled", False),
        ("clipped", "in the test of 2026-11-21 the echo was too loud for the microphone", False),
        ("good", "", False),
        ("muffled", "", False),
        ("faint", "", True),
        ("unheard", "", True),
        ("deaf", "", False),
    ],
)
def test_a_verdict_says_why_a_call_would_fail(tmp_path: Path, outcome: Outcome, failure: str, no_echo: bool) -> None:
    verdict = Verdict.of("Mic", "Out", Measurement(outcome, delay_ms=42.5, erle_db=6.3), "2026-11-21")
    remember(tmp_path, verdict)
    found = remembered(tmp_path, "Mic", "Out")
    assert found is not None
    assert (found.failure, found.no_echo) == (failure, no_echo)
