"""Runs in the process that has the tools of a file: imports it, says what it offers, and calls what it is asked for.

    python -P -c "…; main()" FILE PARENT [PATH …]

It speaks on the pipes that it is given as stdin and stdout; what the tools print goes to stderr, and they read nothing.
Once its stdin is at its end it ends itself; on Linux the end of the process PARENT is enough.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from livechat.errors import LivechatError
from livechat.tools.functions import FunctionToolbox
from livechat.tools.marked import marked_in
from livechat.tools.results import told_of
from livechat.tools.worker_words import Logged, Offered, Unusable, Word, read, written

if TYPE_CHECKING:
    from livechat.protocol.parts import FunctionDeclaration
    from livechat.tools.places import Place

Heed: TypeAlias = Callable[[Word | None], object]
"""Told of each word of livechat's, and of their end; from a thread."""

UNASKED_S: Final = 0.2
"""Seconds to wait for a first word before we import what calls take: who only lists the tools never says one."""
LAST_S: Final = 1.0
"""Seconds that our end may take."""
LONGEST: Final = 2_000
"""Characters of one line of the log."""
_SIGNAL_AT_PARENTS_END: Final = 1
"""PR_SET_PDEATHSIG of <linux/prctl.h>."""


def main() -> None:
    file, parent = Path(sys.argv[1]), int(sys.argv[2])
    sys.argv[:] = [str(file)]
    ears, mouth = _take_streams()
    threading.Thread(target=ears.run, name="livechat-ears", daemon=True).start()
    logging.getLogger().addHandler(Aloud(mouth))
    logging.getLogger("livechat").setLevel(logging.INFO)
    box = _offered(file, mouth)
    if box is not None and not ears.end_within(UNASKED_S):
        _end_with(parent)
        _serve(box, ears, mouth)


def _take_streams() -> tuple[Ears, Mouth]:
    """Keeps the pipes to ourselves: from now on stdin is at its end, and stdout is what stderr is."""
    heard, said = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace", line_buffering=True)
    os.write(said, b"\n")  # what was written there until now is a line of its own
    return Ears(heard), Mouth(said)


class Mouth:
    """Says words, from any thread."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._one_by_one = threading.Lock()

    def say(self, word: Word) -> None:
        line = written(word)
        try:
            with self._one_by_one:
                while line:
                    line = line[os.write(self._descriptor, line) :]
        except OSError:  # a tool has closed it, or nobody is there any more
            end_all()


class Ears:
    """Hears words in a thread, and sees to our end when they end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._early: list[Word | None] = []
        """What has come before anybody heeds it."""
        self._heed: Heed | None = None
        self._handing_over = threading.Lock()
        self._news = threading.Event()

    def end_within(self, seconds: float) -> bool:
        """Waits that long for a first word, and says whether there will be none at all."""
        return self._news.wait(seconds) and self._early[0] is None

    def heed(self, heed: Heed) -> None:
        """From now on this is told, and first of what has come already."""
        with self._handing_over:
            self._heed = heed
            for word in self._early:
                heed(word)

    def run(self) -> None:
        with suppress(OSError), os.fdopen(self._descriptor, "rb") as pipe:
            for line in pipe:
                if (word := read(line)) is not None:
                    self._hear(word)
        self._hear(None)
        time.sleep(LAST_S)
        end_all()

    def _hear(self, word: Word | None) -> None:
        with self._handing_over:
            if self._heed is None:
                self._early.append(word)
            else:
                self._heed(word)
        self._news.set()


class Aloud(logging.Handler):
    """Has livechat log what is logged here."""

    def __init__(self, mouth: Mouth) -> None:
        super().__init__()
        self._mouth = mouth

    def emit(self, record: logging.LogRecord) -> None:
        try:
            error = record.exc_info[1] if record.exc_info else None
            words = record.getMessage() + (f": {told_of(error)}" if error is not None else "")
        except Exception:  # the words are made by foreign code
            self.handleError(record)
        else:
            self._mouth.say(Logged(record.name, record.levelno, words[:LONGEST]))


def _offered(file: Path, mouth: Mouth) -> FunctionToolbox | None:
    """The tools of the file, which are said; None where they cannot be used, and that is said."""
    try:
        box = FunctionToolbox(marked_in(file), place=_place)
        declarations = [_wire(one) for one in box.declarations()]
    except LivechatError as error:
        mouth.say(Unusable(str(error), error.why, error.hint))
        return None
    except Exception as error:
        mouth.say(Unusable(f"{file.name}: {told_of(error)}", "its functions cannot be declared", ""))
        return None
    mouth.say(Offered(declarations, {name: asdict(marks) for name, marks in box.marks.items()}))
    return box


def _wire(declaration: FunctionDeclaration) -> dict[str, Any]:
    return declaration.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _place() -> Place:
    from livechat.tools.worker_calls import place_of_calls

    return place_of_calls()


def _serve(box: FunctionToolbox, ears: Ears, mouth: Mouth) -> None:
    """Until nobody asks for anything any more."""
    import asyncio

    from livechat.tools.worker_calls import Calls

    async def serve() -> None:
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            calls = Calls(box, mouth.say, tasks)

            def heed(word: Word | None) -> None:
                with suppress(RuntimeError):  # the loop has ended
                    loop.call_soon_threadsafe(over.set) if word is None else loop.call_soon_threadsafe(calls.heed, word)

            ears.heed(heed)
            await over.wait()
            calls.close()

    asyncio.run(serve())


def _end_with(parent: int) -> None:
    """Has the system kill us when livechat is killed: a tool that keeps the interpreter keeps us from seeing that."""
    if parent and sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).prctl(_SIGNAL_AT_PARENTS_END, int(signal.SIGKILL))
        if os.getppid() != parent:
            end_all()


def end_all() -> None:
    """Ends us at once, with all that the tools have started."""
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
