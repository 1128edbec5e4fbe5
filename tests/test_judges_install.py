"""The installer of the JavaScript judges: it fetches once, and says in a skip's words what it could not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from subprocess import CompletedProcess

from tests.judges.install import WANTED, install, missing


class PretendNpm:
    """An npm that only says what it is told to."""

    def __init__(self, complaint: str = "") -> None:
        self.complaint = complaint
        self.runs: list[Sequence[str]] = []

    def __call__(self, words: Sequence[str], folder: Path) -> CompletedProcess[str]:
        assert (folder / "package.json").read_text() == WANTED.read_text()
        self.runs.append(words)
        return CompletedProcess(words, 1 if self.complaint else 0, "", self.complaint)


def test_what_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    npm = PretendNpm()
    assert install(tmp_path / "judges", False, npm) == "the JavaScript judges are installed"
    assert install(tmp_path / "judges", False, npm) == ""
    assert [words[0] for words in npm.runs] == ["install"]


def test_the_large_one_comes_with_all_of_them_only(tmp_path: Path) -> None:
    npm = PretendNpm()
    install(tmp_path, False, npm)
    assert missing(tmp_path, everything=True).startswith("not installed")
    install(tmp_path, True, npm)
    install(tmp_path, False, npm)
    assert ["--omit=optional" in words for words in npm.runs] == [True, False]


def test_all_of_them_are_enough_for_who_needs_few(tmp_path: Path) -> None:
    install(tmp_path, True, PretendNpm())
    assert missing(tmp_path, everything=False) == ""


def test_no_lock_file_is_left_which_would_name_hosts(tmp_path: Path) -> None:
    npm = PretendNpm()
    install(tmp_path, True, npm)
    assert "--no-package-lock" in npm.runs[0]


def test_no_network_is_said_as_the_skip_says_it_and_tried_again(tmp_path: Path) -> None:
    npm = PretendNpm("npm error code EAI_AGAIN\nnpm error request to https://somewhere failed")
    said = install(tmp_path, False, npm)
    assert said == "the JavaScript judges are not installed (no network: npm reached no registry)"
    assert missing(tmp_path, everything=False).startswith("no network")
    install(tmp_path, False, PretendNpm())
    assert missing(tmp_path, everything=False) == ""


def test_any_other_failure_is_no_excuse(tmp_path: Path) -> None:
    install(tmp_path, False, PretendNpm("npm error code ETARGET\nnpm error notarget No matching version"))
    assert missing(tmp_path, everything=False) == "npm failed: ETARGET"


def test_another_package_json_is_another_installation(tmp_path: Path) -> None:
    install(tmp_path, False, PretendNpm())
    note = tmp_path / "few.json"
    note.write_text(json.dumps({**json.loads(note.read_text()), "wanted": "{}"}))
    assert missing(tmp_path, everything=False).startswith("not installed")


def test_every_version_is_exact() -> None:
    wanted = json.loads(WANTED.read_text())
    versions = {**wanted["dependencies"], **wanted["optionalDependencies"]}
    assert all(version[0].isdigit() for version in versions.values())
