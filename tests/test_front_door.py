"""`import livechat` costs nothing, and every name that it offers is there when somebody asks for it."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import livechat

TREE = ast.parse(Path(livechat.__file__).read_text(encoding="utf-8"))
HEAVY = ("asyncio", "numpy", "pydantic", "websockets", "rich", "sounddevice", "typer")


def typed() -> dict[str, str]:
    """What type checkers see: each name with the module that it is taken from."""
    blocks = [node for node in TREE.body if isinstance(node, ast.If)]
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: node.module or "" for node in imports for alias in node.names}


def test_what_checkers_see_is_what_is_offered_and_what_is_there() -> None:
    assert sorted([*typed(), "__version__"]) == sorted(livechat.__all__)
    assert len(set(livechat.__all__)) == len(livechat.__all__)
    for name, module in typed().items():
        assert getattr(livechat, name) is getattr(import_module(module), name)


def test_all_of_it_can_be_imported_by_star_and_is_listed() -> None:
    found: dict[str, object] = {}
    exec("from livechat import *", found)
    assert set(livechat.__all__) <= set(found)
    assert set(livechat.__all__) <= set(dir(livechat))


def test_a_name_that_is_not_offered_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'LiveGenerativeModle'"):
        getattr(livechat, "LiveGenerativeModle")  # noqa: B009


def test_the_door_is_light() -> None:
    code = f"import sys, livechat; print([name for name in {HEAVY} if name in sys.modules])"
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "[]"
