"""Claims about the entry point: quick where it can be, honest in its help, quiet where nobody listens."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from livechat import __version__
from livechat.cli import COMMANDS, EXAMPLES, SHARED_OPTIONS, full_help, main, quick_answer, short_help
from livechat.commands.endings import run
from livechat.commands.group import Command, Group, from_file, root, shared_options

from .cli import ROOT, Terminal, environment, livechat
from .cli_help import be_clean

HEAVY = ("numpy", "pydantic", "websockets", "rich", "sounddevice", "soxr", "asyncio", "typer")


def modules_after(*args: str) -> set[str]:
    """The modules that `livechat ARGS` has imported when it ends."""
    script = (
        f"import sys\nsys.argv = ['livechat', *{list(args)!r}]\n"
        "from livechat.cli import main\nmain()\nprint(*sys.modules, sep='\\n', file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment(), capture_output=True, text=True, timeout=30, check=True
    )
    return set(done.stderr.split("\n"))


@pytest.mark.parametrize("args", [("--help",), ("-h",), ("--version",), ("-V",), ()])
def test_help_and_version_import_nothing_heavy(args: tuple[str, ...]) -> None:
    assert not modules_after(*args) & {*HEAVY, "livechat.commands"}


@pytest.mark.parametrize("args", [("text", "--help"), ("voices",), ("config", "path"), ("config", "show")])
def test_help_of_a_command_and_small_commands_import_nothing_heavy(args: tuple[str, ...]) -> None:
    assert not modules_after(*args) & {"numpy", "pydantic", "websockets", "rich", "sounddevice", "soxr"}


def test_a_command_imports_no_other_command() -> None:
    imported = {name.removeprefix("livechat.commands.") for name in modules_after("voices")}
    assert imported & {name.replace("-", "_") for name in COMMANDS} == {"voices"}


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert main(["-V", "whatever"]) == 0
    assert capsys.readouterr().out == f"livechat {__version__}\n" * 2


def test_without_arguments_three_examples_are_shown_and_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert shown == short_help()
    assert len(EXAMPLES) == 3
    assert all(example in shown for example in EXAMPLES)


def test_help_shows_examples_first_then_commands_then_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == main(["-h"]) == 0
    shown = full_help()
    assert capsys.readouterr().out == shown * 2
    order = [shown.index(word) for word in ("Examples:", "Commands:", "Options", "Usage:")]
    assert order == sorted(order)
    assert all(f"\n  {name} " in shown for name in COMMANDS)


def test_help_fits_any_terminal() -> None:
    for text in (full_help(), short_help()):
        assert text.isascii()
        assert max(map(len, text.splitlines())) <= 80


def test_what_needs_a_command_has_no_quick_answer() -> None:
    for args in (["voices"], ["text", "--help"], ["--debug", "--version"], ["--"]):
        assert quick_answer(args) is None


def test_help_after_another_option_is_the_same_help(tmp_path: Path) -> None:
    assert livechat("-q", "--help", cwd=tmp_path).stdout.decode() == full_help()
    assert livechat("-q", cwd=tmp_path).stdout.decode() == short_help()


def test_the_shared_options_in_help_are_those_there_are() -> None:
    shown = {name for row in SHARED_OPTIONS for name in re.findall(r"--?[\w-]+", row)}
    assert shown == {name for option in shared_options() for name in option.opts}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_in_help_is_there(name: str) -> None:
    assert isinstance(from_file(name), (Command, Group))


# ------------------------------------------------------------------- what is printed for people to type can be typed


def understood(words: list[str]) -> bool:
    """Whether the command line is one: it is read as ever, and then nothing is done."""
    return run(words, lambda: idle(root(list(COMMANDS), help="", alone=""))) == 0


def idle(group: Group) -> Group:
    find = group.find

    def find_resting(name: str) -> Command | Group:
        return resting(find(name))

    group.find = find_resting
    return group


def resting(found: Command | Group) -> Command | Group:
    if isinstance(found, Group):
        return idle(found)
    found.callback = None
    return found


def examples() -> Iterator[str]:
    """All lines with livechat under an `Examples:` of a command."""
    yield from EXAMPLES
    for path in (ROOT / "livechat" / "commands").glob("*.py"):
        whole = path.read_text("utf-8")
        for node in ast.walk(ast.parse(whole)) if "Examples:" in whole else ():
            if isinstance(node, (ast.FunctionDef, ast.Module)):
                _, _, below = (ast.get_docstring(node) or "").partition("Examples:\n")
                yield from (line.strip() for line in below.partition("\n\n")[0].splitlines() if "livechat" in line)


@pytest.mark.parametrize("example", sorted(set(examples())))
def test_every_example_in_help_can_be_typed(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    be_clean(monkeypatch, tmp_path)
    found = re.search(r"\blivechat [^|)]*", example)
    assert found is not None
    assert understood(shlex.split(found[0])[1:])


TYPED = re.compile(r"\blivechat ((?:--(?:profile|config|color) \S+ |--?[\w-]+ )*[a-z][a-z-]*(?: [^\n]*)?)")
"""The name, options that may come first, and the rest of the line."""
PROSE = {"at", "cannot", "has", "is", "knows", "needs", "writes"}
"""What follows the name where it is not a command: «livechat cannot read this»."""


def told() -> Iterator[tuple[str, str]]:
    """Each `livechat WORD …` in a text of ours that is no docstring, up to the end of its line, and where it is."""
    for path in (ROOT / "livechat").rglob("*.py"):
        whole = path.read_text("utf-8")
        for text in texts(ast.parse(whole)) if TYPED.search(whole) else ():
            for found in TYPED.findall(text):
                yield str(path.relative_to(ROOT)), found


def texts(node: ast.AST) -> Iterator[str]:
    """The strings in a piece of program, those with holes in them as one, those that only document left out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if isinstance(child, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in child.values)
        elif isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.value
        else:
            yield from texts(child)


@pytest.mark.parametrize(("where", "words"), sorted(set(told())))
def test_every_command_we_tell_people_to_type_is_there(where: str, words: str) -> None:
    bare = re.sub(r"--(?:profile|config|color) \S+", "", words)
    names = [word.rstrip(".,:;)`") for word in bare.split() if not word.startswith("-")]
    if names[0] in PROSE:
        return
    assert names[0] in COMMANDS, f"{where}: there is no command {names[0]}; if this is prose, its verb goes to PROSE"
    found = from_file(names[0])
    if isinstance(found, Group):
        if not names[1:]:
            return  # alone it does what is usual, or says what it can do
        found = found.find(names[1])
    assert isinstance(found, Command)
    there = {option for param in [*found.params, *shared_options()] for option in (*param.opts, *param.secondary_opts)}
    assert set(re.findall(r"--[a-z][\w-]*", words)) <= there, f"{where}: {words}"


# ----------------------------------------------------------------------------------- where nobody listens, and worse


def test_the_module_runs_like_the_command(tmp_path: Path) -> None:
    done = livechat("voices", cwd=tmp_path)
    assert (done.returncode, len(done.stdout.splitlines()), done.stderr) == (0, 30, b"")


def closed_pipe() -> int:
    """The writing end of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["--help"], 141, b""),
        (["voices"], 141, b""),
        (["-q", "-h"], 141, b""),
        (["voices", "--jsn"], 2, b"error: there is no option --jsn"),
    ],
)
def test_a_closed_pipe_ends_what_writes_to_it_quietly_with_141(
    args: list[str], code: int, said: bytes, tmp_path: Path
) -> None:
    pipe = closed_pipe()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "livechat", *args],
            stdout=pipe,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env=environment(),
            timeout=30,
            check=False,
        )
    finally:
        os.close(pipe)
    assert (done.returncode, done.stderr[:31]) == (code, said)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("args", [["--help"], ["voices"]])
def test_a_full_disk_is_told(args: list[str], unbuffered: str, tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "livechat", *args],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env=environment({"PYTHONUNBUFFERED": unbuffered}),
            timeout=30,
            check=False,
        )
    assert done.returncode == 74
    assert done.stderr.startswith(b"error: cannot write the output\n  why: No space left on device\n")


def run_closed(args: list[str], closed: str, cwd: Path) -> tuple[int, bytes]:
    """Exit code and stderr of a run whose streams the shell closes beforehand."""
    command = f"{shlex.join([sys.executable, '-m', 'livechat', *args])} {closed}"
    done = subprocess.run(
        ["sh", "-c", command], cwd=cwd, env=environment(), capture_output=True, timeout=30, check=False
    )
    assert done.stdout == b""
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["--help"],
        ["voices"],
        ["config", "path"],
        ["-q", "text", "--local", "hi"],
        ["-q", "serve", "--port", "0"],
    ],
    ids=shlex.join,
)
def test_what_is_printed_on_a_closed_stdout_is_lost_and_told(args: list[str], tmp_path: Path) -> None:
    code, said = run_closed(args, ">&-", tmp_path)
    assert code == 74
    assert said.splitlines()[::2] == [b"error: standard output is closed", b"  ref: exit 74"]


@pytest.mark.parametrize("closed", [">&- 2>&-", "<&- >&- 2>&-"])
def test_where_all_is_closed_the_exit_code_tells(closed: str, tmp_path: Path) -> None:
    for args in (["--help"], ["voices"]):
        assert run_closed(args, closed, tmp_path) == (74, b"")


def test_a_command_that_prints_nothing_needs_no_stdout(tmp_path: Path) -> None:
    assert run_closed(["-q", "--config", "new.toml", "config", "init"], ">&-", tmp_path) == (0, b"")


def test_a_ctrl_c_before_anything_has_begun_is_a_ctrl_c(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(args: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("livechat.cli._run", interrupted)
    assert main(["voices"]) == 130
    assert capsys.readouterr() == ("", "")


def test_a_typo_on_a_terminal_is_answered_in_color_and_nowhere_else(tmp_path: Path) -> None:
    with Terminal(["voces"], tmp_path) as terminal:
        assert terminal.end() == 2
    assert "\x1b[1;31merror: \x1b[0mthere is no command 'voces' — did you mean voices?" in terminal.shown
    with Terminal(["voces"], tmp_path, {"NO_COLOR": "1"}) as terminal:
        assert terminal.end() == 2
    assert "\x1b" not in terminal.shown
    assert b"\x1b" not in livechat("voces", cwd=tmp_path, env={"FORCE_COLOR": "1"}).stderr
    assert b"\x1b[1;31m" in livechat("--color", "always", "voces", cwd=tmp_path).stderr
