"""Whatever is left to `make soak` is there, and is left out of nothing else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.long import LONG, is_long

TESTS = Path(__file__).parent


@pytest.mark.parametrize("node", sorted(LONG))
def test_a_long_test_is_one_that_there_is(node: str) -> None:
    file, _, name = node.partition("::")
    source = ast.parse(TESTS.joinpath(file).read_text(encoding="utf-8"))
    assert name.partition("[")[0] in {part.name for part in source.body if isinstance(part, ast.FunctionDef)}


def test_a_test_is_known_by_its_file_and_its_name() -> None:
    assert is_long(f"tests/{min(LONG)}")
    assert not is_long(f"tests/other_{min(LONG)}")
    assert not is_long("tests/test_long.py::test_a_long_test_is_one_that_there_is[x]")
