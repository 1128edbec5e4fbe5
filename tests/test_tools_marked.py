"""The marked functions of a file, and where a file that cannot be used fails."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from livechat.errors import UsageError
from livechat.tools.marked import marked_in

WEATHER = '''
from __future__ import annotations
import beside
from livechat.tools.functions import tool

@tool
def weather(city: str) -> str:
    """Tells the weather."""
    import beside_later
    return f"{beside_later.WORD} in {city}"

@tool(name="wind")
async def blowing() -> str:
    return "north"

again = weather

def not_marked() -> None: ...
'''


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def failure(path: Path) -> UsageError:
    with pytest.raises(UsageError) as error:
        marked_in(path)
    return error.value


def test_marked_functions_are_found_once_in_their_order_and_what_stands_beside_the_file_is_imported(
    tmp_path: Path,
) -> None:
    (tmp_path / "beside.py").write_text("")
    (tmp_path / "beside_later.py").write_text("WORD = 'rain'")
    (tmp_path / "weather.py").write_text(WEATHER)
    functions = marked_in(tmp_path / "weather.py")
    assert [function.__name__ for function in functions] == ["weather", "blowing"]
    assert functions[0]("Oslo") == "rain in Oslo"
    assert sys.modules[functions[0].__module__].__file__ == str(tmp_path / "weather.py")


SHOWS = "python bad.py shows where that comes from"
BROKEN = {
    "import livechat\n@livechat.tool(permission='alow')\ndef f(): ...\n": (
        "bad.py:2: permission='alow' is none of allow, ask, deny — did you mean allow?",
        SHOWS,
    ),
    "import livechat\n@livechat.tool(name='a b')\ndef f(): ...\n": (
        "bad.py:2: a tool cannot be called 'a b'",
        '@livechat.tool(name="…") gives it another',
    ),
    "def weather(:\n": ("bad.py:1: invalid syntax", SHOWS),
    "\n\n1 / 0\n": ("bad.py:3: ZeroDivisionError: division by zero", SHOWS),
    "import nowhere_at_all.x\n": (
        "bad.py:1: ModuleNotFoundError: No module named 'nowhere_at_all'",
        "install nowhere_at_all where livechat is installed",
    ),
    "raise SystemExit(3)\n": ("bad.py:1: SystemExit: 3", SHOWS),
    "raise KeyboardInterrupt\n": ("bad.py:1: KeyboardInterrupt", SHOWS),
    "def f():\n    int('x')\nf()\n": ("bad.py:2: ValueError: invalid literal for int() with base 10: 'x'", SHOWS),
    "import sys\nsys.modules[__name__].__spec__ = None\n": (
        "no function in bad.py is marked as a tool",
        "write @livechat.tool above each function that the model may call",
    ),
    "\0": ("bad.py: ", SHOWS),
}


@pytest.mark.parametrize("source", BROKEN)
def test_a_file_that_cannot_be_used_says_where_and_why(tmp_path: Path, source: str) -> None:
    words, hint = BROKEN[source]
    (tmp_path / "bad.py").write_text(source)
    error = failure(tmp_path / "bad.py")
    assert str(error).startswith(words)
    assert error.hint == hint


def test_a_file_that_failed_may_be_mended(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("1 / 0")
    failure(bad)
    bad.write_text("import livechat\n@livechat.tool\ndef mended(): ...\n# a longer file")
    assert [function.__name__ for function in marked_in(bad)] == ["mended"]


def test_what_is_no_python_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "tools.txt").write_text("x")
    error = failure(tmp_path / "tools.txt")
    assert (str(error), error.hint) == ("tools.txt is no Python file", "its name ends with .py")
