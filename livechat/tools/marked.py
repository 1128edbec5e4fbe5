"""Imports a Python file for its functions that are marked as tools, and says where that fails."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from zlib import crc32

from livechat.errors import LivechatError, UsageError
from livechat.tools.functions import Function, marks_of
from livechat.tools.results import told_of


def marked_in(path: Path) -> list[Function]:
    """The functions of a file that are marked, in the order in which they stand there.

    Raises UsageError for a file that cannot be imported (with the line where it failed) and for one without any.
    """
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
    name = f"livechat_tools.{path.stem}_{crc32(str(path).encode(errors='replace')):x}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path.name} is no Python file", hint="its name ends with .py")
    module = sys.modules[name] = module_from_spec(spec)
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))  # what stands beside it may be imported, and hides nothing of ours
    try:
        spec.loader.exec_module(module)
    except BaseException as error:  # also SystemExit: a file ends nothing but its own import
        del sys.modules[name]
        raise _failed(path, error) from error
    return module


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
    return shows_where(path)


def shows_where(path: Path) -> str:
    """What to do about a file whose import fails."""
    return f"python {path.name} shows where that comes from"
