"""Loads the tools that a user names: Python files with marked functions, and what is built in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextvars import copy_context
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from zlib import crc32

from livechat.errors import LivechatError, MissingInput, UsageError
from livechat.suggest import closest
from livechat.tools.builtin import BUILTIN, built_in
from livechat.tools.functions import Function, FunctionToolbox, marks_of
from livechat.tools.prints import kept_off_the_screen, prints_as
from livechat.tools.results import told_of


def load_tools(names: Sequence[str], *, folder: Path | None = None) -> dict[str, FunctionToolbox]:
    """A toolbox for each name, by its title: the name of a file, or of what is built in (clock, calculator, notes).

    `folder` is where notes are kept, if not in the user's own folder for such things. A file is imported once, however
    often it is named. Raises MissingInput for a file that is not there, and UsageError for a name that nothing has, for
    a file that cannot be imported (with the line where it failed) and for one without a marked function.
    """
    found: dict[str, FunctionToolbox] = {}
    files: dict[Path, str] = {}
    for name in dict.fromkeys(names):
        if not _is_file(name):
            found[name] = FunctionToolbox(_named(name, folder))
        elif (path := Path(name).expanduser().resolve()) not in files:
            files[path] = name if path.name in found else path.name
            found[files[path]] = FunctionToolbox(_marked(path), aside=True)
    return found


def _is_file(name: str) -> bool:
    return name.endswith(".py") or "/" in name or "\\" in name


def _named(name: str, folder: Path | None) -> Sequence[Function]:
    if name in BUILTIN:
        return built_in(name, folder)
    if Path(f"{name}.py").is_file():
        raise UsageError(f"there are no tools called {name!r}", hint=f"--tools {name}.py")
    near = closest(name, BUILTIN)
    guess = f" — did you mean {near}?" if near else ""
    hint = f"built in are {', '.join(BUILTIN)}; your own are in a FILE.py"
    raise UsageError(f"there are no tools called {name!r}{guess}", hint=hint)


def _marked(path: Path) -> list[Function]:
    """The functions of a file that are marked as tools, in the order in which they stand there."""
    found: list[Function] = []
    for value in vars(_imported(path)).values():
        if marks_of(value) is not None and not any(value is other for other in found):
            found.append(value)
    if not found:
        raise UsageError(
            f"no function in {path.name} is marked as a tool",
            hint="write @livechat.tool above each function that the model may call",
        )
    return found


def _imported(path: Path) -> ModuleType:
    """The module of a file, which stays imported: its functions may import more of it when they run."""
    if not path.is_file():
        raise MissingInput(f"there is no file {path}")
    name = f"livechat_tools.{path.stem}_{crc32(str(path).encode(errors='replace')):x}"
    if name in sys.modules:
        return sys.modules[name]
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path.name} is no Python file", hint="its name ends with .py")
    module = sys.modules[name] = module_from_spec(spec)
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))  # what stands beside it may be imported, and hides nothing of ours
    try:
        _quietly(path.name, partial(spec.loader.exec_module, module))
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, KeyboardInterrupt):
            raise
        raise _failed(path, error) from error
    return module


def _quietly(name: str, work: Callable[[], None]) -> None:
    """Does the work; what it prints is in the log, as what a tool of this name prints."""

    def printing() -> None:
        prints_as(name)
        work()

    with kept_off_the_screen():
        copy_context().run(printing)


def _failed(path: Path, error: BaseException) -> LivechatError:
    """What went wrong, and where: the innermost line of the file itself."""
    lines = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == str(path)]
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return UsageError(
            f"{path.name}:{error.lineno}: {error.msg}", why="it is no Python that can be read", hint=_hint(path, error)
        )
    line = f":{lines[-1]}" if lines else ""
    if isinstance(error, LivechatError):
        return UsageError(f"{path.name}{line}: {error}", why=error.why, hint=error.hint or _hint(path, error))
    return UsageError(f"{path.name}{line}: {told_of(error)}", why="it cannot be imported", hint=_hint(path, error))


def _hint(path: Path, error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"install {error.name.partition('.')[0]} where livechat is installed"
    return f"python {path.name} shows where that comes from"
