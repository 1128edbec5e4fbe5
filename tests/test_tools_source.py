"""Tools by their names: what is built in, and the marked functions of a file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from livechat.errors import LivechatError, MissingInput, UsageError
from livechat.tools.results import Answer
from livechat.tools.source import load_tools
from tests.aio import run

WEATHER = '''
from __future__ import annotations
import beside
from livechat.tools.functions import tool

beside.IMPORTED.append(__name__)

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


@pytest.fixture
def weather(tmp_path: Path) -> Path:
    (tmp_path / "beside.py").write_text("IMPORTED = []")
    (tmp_path / "beside_later.py").write_text("WORD = 'rain'")
    file = tmp_path / "weather.py"
    file.write_text(WEATHER)
    return file


def failure(name: str) -> LivechatError:
    with pytest.raises(LivechatError) as error:
        load_tools([name])
    return error.value


def test_what_is_built_in_is_named() -> None:
    boxes = load_tools(["clock", "calculator", "clock"])
    assert [[*box.marks] for box in boxes.values()] == [["clock"], ["calculator"]]


def test_notes_are_kept_where_it_is_said(tmp_path: Path) -> None:
    box = load_tools(["notes"], folder=tmp_path)["notes"]
    run(box.call("add_note", {"text": "milk"}))
    assert (tmp_path / "notes.txt").read_text() == "milk\n"


def test_the_marked_functions_of_a_file_are_its_tools(weather: Path) -> None:
    (title, box), *others = load_tools([str(weather)]).items()
    assert others == []
    assert title == "weather.py"
    assert [declaration.name for declaration in box.declarations()] == ["weather", "wind"]


def test_a_function_may_import_what_stands_beside_its_file(weather: Path) -> None:
    box = load_tools([str(weather)])["weather.py"]
    assert run(box.call("weather", {"city": "Oslo"})) == Answer({"output": "rain in Oslo"})


def test_a_file_is_imported_once(weather: Path) -> None:
    load_tools([str(weather), str(weather.parent / ".." / weather.parent.name / "weather.py")])
    load_tools([str(weather)])
    assert len(sys.modules["beside"].IMPORTED) == 1


def test_files_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "t.py").write_text(f"import livechat.tools.functions as f\n@f.tool\ndef {name}(): ...\n")
    boxes = load_tools([str(tmp_path / "one" / "t.py"), str(tmp_path / "two" / "t.py")])
    assert {title: [*box.marks] for title, box in boxes.items()} == {
        "t.py": ["one"],
        str(tmp_path / "two" / "t.py"): ["two"],
    }


def test_a_name_that_nothing_has_is_an_error_that_names_the_nearest() -> None:
    error = failure("clok")
    assert str(error) == "there are no tools called 'clok' — did you mean clock?"
    assert error.hint == "built in are clock, calculator, notes; your own are in a FILE.py"


def test_a_file_named_without_its_ending_is_what_was_meant(weather: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(weather.parent)
    assert failure("weather").hint == "--tools weather.py"


def test_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    error = failure(str(tmp_path / "gone.py"))
    assert isinstance(error, MissingInput)
    assert str(error) == f"there is no file {tmp_path / 'gone.py'}"


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
    error = failure(str(tmp_path / "bad.py"))
    assert isinstance(error, UsageError)
    assert str(error).startswith(words)
    assert error.hint == hint


def test_a_file_that_failed_may_be_mended_and_loaded(tmp_path: Path, weather: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("1 / 0")
    failure(str(bad))
    bad.write_text(weather.read_text() + "\n# mended")
    assert "bad.py" in load_tools([str(bad)])


def test_who_presses_ctrl_c_while_a_file_is_imported_is_heeded(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load_tools([str(tmp_path / "slow.py")])


def test_what_is_no_python_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "tools.txt").write_text("x")
    assert str(failure(str(tmp_path / "tools.txt"))) == "tools.txt is no Python file"


def test_what_a_file_prints_when_it_is_imported_is_in_the_log_and_it_reads_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    tool = "from livechat.tools.functions import tool\n@tool\ndef one() -> str: ...\n"
    (tmp_path / "loud.py").write_text("import sys\nprint('hi' + sys.stdin.read())\n" + tool)
    with caplog.at_level("INFO", "livechat"):
        load_tools([str(tmp_path / "loud.py")])
    sys.stdout.write("still here\n")
    assert caplog.messages == ["the tool loud.py printed: hi"]
    assert capsys.readouterr() == ("still here\n", "")
