"""What counts the mistakes that tests notice: a sample that can be drawn again, and a score that flatters nobody."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests import mutation
from tests.mutation import ROOT, found, main, percent, sampled

NOTED = {f"livechat.{file}.x_{n}__mutmut_1": None for file in ("turns", "ledger") for n in range(50)}


def test_the_same_seed_draws_the_same_sample_and_another_draws_another() -> None:
    assert sampled(NOTED, (), 10, 1) == sampled(NOTED, (), 10, 1) != sampled(NOTED, (), 10, 2)
    assert len({*sampled(NOTED, (), 10, 1)}) == 10
    assert sampled(NOTED, (), 1_000, 1) == sorted(NOTED)


def test_a_sample_may_be_of_one_file_alone() -> None:
    assert {name.split(".")[1] for name in sampled(NOTED, ["turns"], 1_000, 1)} == {"turns"}


@pytest.mark.parametrize(
    ("codes", "score"), [([1, 1, 1, 0], 75.0), ([1, 33], 50.0), ([1, None], 50.0), ([36, 1], 100.0), ([], 0.0)]
)
def test_a_mutant_counts_only_where_a_test_has_failed_or_hung_on_it(codes: list[int | None], score: float) -> None:
    assert percent({str(n): code for n, code in enumerate(codes)}) == score


def test_the_notes_of_all_files_are_read(tmp_path: Path) -> None:
    for name in ("a", "rooms/b"):
        file = tmp_path / "mutants" / "livechat" / f"{name}.py.meta"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"exit_code_by_key": {name: 1}}), "utf-8")
    assert found(tmp_path) == {"a": 1, "rooms/b": 1}


def test_the_files_that_are_broken_and_the_tests_that_are_to_notice_are_there() -> None:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]
    for name in (*table["only_mutate"], *table["pytest_add_cli_args_test_selection"], *table["also_copy"]):
        assert (ROOT / name).exists(), name
    assert {*table["also_copy"]} <= {*mutation.COPIED}


def test_without_mutmut_it_says_so_and_is_content(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(_: str) -> None: ...

    monkeypatch.setattr(mutation, "find_spec", nowhere)
    assert main([]) == 0
    assert capsys.readouterr().out.startswith("mutmut is not installed")
