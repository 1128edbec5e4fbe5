"""Loads the tools that a user names: Python files with marked functions, and what is built in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from livechat.errors import LivechatError, MissingInput, UsageError
from livechat.suggest import closest
from livechat.tools.builtin import BUILTIN, built_in
from livechat.tools.functions import Function, FunctionToolbox
from livechat.tools.worker import Worker

if TYPE_CHECKING:
    from livechat.tools.file_toolbox import FileToolbox


def load_tools(
    names: Sequence[str],
    *,
    folder: Path | None = None,
    env: Mapping[str, str] | None = None,
    note: Callable[[str], None] | None = None,
) -> dict[str, FunctionToolbox | FileToolbox]:
    """A toolbox for each name, by its title: the name of a file, or of what is built in (clock, calculator, notes).

    `folder` is where notes are kept, if not in the user's own folder for such things. Each file has one process,
    however often it is named, with the environment `env` (ours, if left out); `note` is told when one has to be begun
    anew. Raises MissingInput for a file that is not there, and UsageError for a name that nothing has, for a file that
    cannot be imported (with the line where it failed) and for one without a marked function.
    """
    begun: dict[Path, Worker] = {}
    found: dict[str, FunctionToolbox | Worker] = {}
    try:
        for name in dict.fromkeys(names):
            if not _is_file(name):
                found[name] = FunctionToolbox(_named(name, folder))
            elif (path := Path(name).expanduser().resolve()) not in begun:
                title = name if path.name in found else path.name
                found[title] = begun[path] = _begun(path, env)
        return _waited_for(found, note)
    except BaseException:
        for worker in begun.values():
            worker.close()
        raise


def _waited_for(
    found: Mapping[str, FunctionToolbox | Worker], note: Callable[[str], None] | None
) -> dict[str, FunctionToolbox | FileToolbox]:
    """Their files are imported at the same time, and while we import what runs tools ourselves."""
    from livechat.tools.file_toolbox import FileToolbox

    import_module("livechat.tools.runner")
    return {title: FileToolbox(box, note) if isinstance(box, Worker) else box for title, box in found.items()}


def _begun(path: Path, env: Mapping[str, str] | None) -> Worker:
    if not path.is_file():
        raise MissingInput(f"there is no file {path}")
    try:
        return Worker(path, env)
    except OSError as error:
        raise LivechatError(f"no process can be started for {path.name}", why=error.strerror or str(error)) from None


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
