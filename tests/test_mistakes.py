"""The likeliest mistakes, made with the real command: what each is answered with, and that the answer helps."""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from livechat.cli import COMMANDS, main
from livechat.commands.group import Group, from_file, shared_options
from livechat.errors import LivechatError
from livechat.terminal.report import ERROR_ROWS, WIDEST, Report
from tests import mistakes
from tests.cli_help import be_clean
from tests.mistakes import GOLDEN, KEY, LIKELY, MISTAKES, RARER, Told, golden, run, run_all, servers, written
from tests.test_cli import understood

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sentences of the system are those of Linux")

MADE = LIKELY | (RARER if os.environ.get("LIVECHAT_SOAK") else {})
ENOUGH = 25


@pytest.fixture(scope="module")
def addresses() -> Iterator[dict[str, str]]:
    with servers() as found:
        yield found


@pytest.fixture(scope="module")
def told(addresses: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    return run_all(MADE, tmp_path_factory.mktemp("mistakes"), addresses)


@pytest.mark.parametrize("name", MADE)
def test_a_mistake_is_answered_as_it_is_written_down(name: str, told: dict[str, Told]) -> None:
    assert written(MADE[name], told[name]) == golden(name).read_text("utf-8")


@pytest.mark.parametrize("name", MADE)
def test_its_exit_code_is_the_one_it_should_be_and_the_one_it_refers_to(name: str, told: dict[str, Told]) -> None:
    assert told[name].code == MADE[name].code
    failed = told[name].code not in (0, 141)
    assert re.findall(r"^  ref: exit (\d+)", told[name].stderr, re.MULTILINE) == [str(told[name].code)] * failed


@pytest.mark.parametrize("name", MADE)
def test_it_prints_no_traceback_no_key_and_no_escape(name: str, told: dict[str, Told]) -> None:
    assert not [word for word in (b"Traceback", b"\x1b", KEY.encode()) if word in told[name].raw]


def test_every_mistake_is_written_down_and_nothing_else() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {golden(name).name for name in MISTAKES}
    assert len(LIKELY) >= ENOUGH


# ----------------------------------------------------------------------------------------- on a terminal of 80 columns


class Screen(io.StringIO):
    """A terminal whose size cannot be asked: 80 columns."""

    def isatty(self) -> bool:
        return True


Labelled = dict[str, list[str]]


def blocks(text: str) -> list[Labelled]:
    """Every error in what was said: the lines under each of its labels."""
    found: list[Labelled] = []
    lines: list[str] = []
    for line in text.splitlines():
        if head := re.match(r"(error|note|warning|  why|  try|  ref): ", line):
            label = head[1].strip()
            if label == "error":
                found.append({})
            lines = found[-1].setdefault(label, []) if label in ("error", "why", "try", "ref") and found else []
            lines.append(line[head.end() :])
        elif line.startswith(" "):
            lines.append(line if re.match(r" +\d* ?\| ", line) else line.lstrip())
    return found


def laid_out(block: Labelled) -> list[str]:
    """Its lines on a terminal, as one failure of its own."""
    what, why, hint = ("\n".join(block.get(label, ())) for label in ("error", "why", "try"))
    screen = Screen()
    Report(screen, {"TERM": "dumb"}).error(LivechatError(what, why=why, hint=hint))
    return screen.getvalue().splitlines()


def errors() -> Iterator[tuple[str, Labelled]]:
    for name in MISTAKES:
        for block in blocks(golden(name).read_text("utf-8")):
            yield name, block


@pytest.mark.parametrize(("name", "block"), list(errors()))
def test_an_error_takes_at_most_six_lines_of_80_columns(name: str, block: Labelled) -> None:
    lines = laid_out(block)
    assert len(lines) <= ERROR_ROWS
    assert max(map(len, lines)) <= WIDEST


@pytest.mark.parametrize("name", ["quota", "model with a typo", "configuration that is no TOML"])
def test_a_real_terminal_shows_the_same(name: str, addresses: dict[str, str], tmp_path: Path) -> None:
    shown = run(MISTAKES[name], tmp_path / "run", addresses, shown=True)
    (block,) = blocks(golden(name).read_text("utf-8"))
    assert shown.stderr.splitlines()[-len(laid_out(block)) : -1] == laid_out(block)[:-1]
    assert max(map(len, shown.stderr.splitlines())) <= WIDEST


# ------------------------------------------------------------------------------------------------- what is to be tried

FOREIGN = ("ffmpeg", "arecord", "mkdir", "INSTALL")
"""What other programs' command lines begin with."""
HARMLESS = re.compile(r"voices|config (validate|init)|sessions list|.* --help|--config \S+ config init")


def advice() -> Iterator[tuple[str, str]]:
    """Every line to be tried, and the mistake."""
    for name, block in errors():
        for line in block.get("try", ()):
            yield name, line


def commands(line: str) -> list[str]:
    """The command lines of ours in it, without what stands around them."""
    return [found.rstrip(" .") for found in re.findall(r"\blivechat ((?:[^|<,;(]|\B\()+)", line)]


@pytest.mark.parametrize(("name", "block"), list(errors()))
def test_every_error_says_what_to_do_unless_it_asks_whether_something_else_was_meant(
    name: str, block: Labelled
) -> None:
    several = len(blocks(golden(name).read_text("utf-8"))) > 1
    assert "try" in block or "did you mean" in block["error"][0] or several


@pytest.mark.parametrize("command", sorted({command for _, line in advice() for command in commands(line)}))
def test_every_command_to_be_tried_can_be_typed(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    be_clean(monkeypatch, tmp_path)
    words = shlex.split(command.replace("PORT", "0"))
    assert understood(words), command
    if HARMLESS.fullmatch(command):
        mistakes.furnish(tmp_path)
        monkeypatch.chdir(tmp_path)
        for file in tmp_path.glob("*.toml"):
            file.write_text("")  # it is mended
        assert main(words) == 0


@pytest.mark.parametrize(("name", "line"), list(advice()))
def test_every_option_to_be_tried_is_one_of_the_command(name: str, line: str) -> None:
    if line.startswith(FOREIGN):
        return
    bare = re.sub(r"\blivechat [^|]*(\| \w.*)?", "", line)
    words = MISTAKES[name].line.split()
    found = from_file(next((word for word in words if word in COMMANDS), "text"))
    if isinstance(found, Group):
        found = found.find(next(word for word in words[words.index(found.name or "") + 1 :] if word.isalpha()))
    there = {option for param in [*found.params, *shared_options()] for option in (*param.opts, *param.secondary_opts)}
    assert set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", bare)) <= there
