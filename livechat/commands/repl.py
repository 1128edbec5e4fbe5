"""A conversation in the terminal, line by line: the terminal edits the lines, the model's words stand between."""

from __future__ import annotations

import asyncio
import codecs
import os
import signal
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from livechat.commands.holding import Holding, hold
from livechat.events import Event, Hushed, Interrupted, TurnEnded, Typed, UserSaid
from livechat.terminal.safe import safe

if TYPE_CHECKING:
    from livechat.commands.common import Common
    from livechat.session import Session
    from livechat.terminal.answer import Answer

PROMPT = "you> "
HELP = """\
/help          this
/save FILE     write the conversation so far to FILE
/clear         begin a new one; the model forgets
/quit          leave (so do ctrl-d, and ctrl-c twice)
ctrl-c         stop the reply; a line typed meanwhile interrupts it
several lines pasted at once are sent as one message
"""
BURST_S = 0.05
"""Lines that come this soon after one another were pasted."""
TWICE_S = 2.0
"""A second ctrl-c within this time leaves."""
LONGEST_LINE = 4095
"""Bytes of a line that a terminal gives at most; what is typed beyond it is lost (termios(3))."""
END = ""
"""What reading gives at the end of the input: a line has at least its line break."""


class Repl:
    """One sitting: sessions one after another until the user leaves."""

    def __init__(self, common: Common, holding: Holding, answer: Answer) -> None:
        self._report = common.report
        self._common = common
        self._answer = answer
        self._holding = replace(holding, observers=[*holding.observers, self._watch])
        self._said: list[tuple[str, str]] = []
        self._turn = 0
        """The newest turn that the user began."""
        self._hushed = 0
        """The newest turn of which the user wanted no more."""
        self._again = True
        self._interrupted_at = -TWICE_S
        self._saved: set[Path] = set()
        """Files that this sitting wrote, and may write again."""

    async def run(self) -> None:
        self._report.note("/help shows what you can type; ctrl-d leaves")
        async with typed_lines() as lines:
            while self._again:
                self._again = False
                self._said.clear()
                await hold(self._common, self._holding, lambda session: self._talk(session, lines))

    async def _talk(self, session: Session, lines: asyncio.Queue[str]) -> None:
        with _on_signal(signal.SIGINT, lambda: self._stop_reply(session)), _on_return(self._show_prompt):
            self._show_prompt()
            while (text := await self._next(lines)) != END:
                text = text.strip()
                if text.startswith("/"):
                    if not self._obey(text):
                        return
                elif text:
                    session.tell(Typed(text))
                    continue  # the prompt comes back when the answer has ended
                self._show_prompt()
            self._answer.end()
            sys.stdout.write("\n")

    async def _next(self, lines: asyncio.Queue[str]) -> str:
        """The next line, with those that were pasted together with it; `END` at the end."""
        text = await lines.get()
        if text == END or text.startswith("/"):
            return text
        with suppress(TimeoutError):
            while True:
                async with asyncio.timeout(BURST_S):
                    line = await lines.get()
                if line == END:
                    lines.put_nowait(END)
                    break
                text += line
        if any(len(line.encode()) >= LONGEST_LINE for line in text.split("\n")):
            self._report.warning(f"the terminal cut a line at {LONGEST_LINE} bytes: pipe long text in instead")
        return text

    def _obey(self, text: str) -> bool:
        """Does what a slash asks; False when this session is to end."""
        verb, _, rest = text.partition(" ")
        match verb:
            case "/help":
                sys.stdout.write(HELP)
            case "/save":
                self._save(rest.strip())
            case "/clear":
                self._again = True
                return False
            case "/quit" | "/exit" | "/q":
                return False
            case _:
                from livechat.suggest import closest

                near = closest(verb, ["/help", "/save", "/clear", "/quit"])
                self._report.note(f"unknown {verb}" + (f" — did you mean {near}?" if near else "; /help lists them"))
        return True

    def _save(self, name: str) -> None:
        if not name:
            self._report.note("/save wants a file: /save talk.md")
            return
        text = safe("\n\n".join(f"**{who}** {words.strip()}" for who, words in self._said))
        try:
            path = Path(name).expanduser()
            with path.open("w" if path in self._saved else "x", encoding="utf-8") as file:
                file.write(text + "\n")
        except FileExistsError:
            self._report.warning(f"{name} is there already: take another name")
        except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: ~nobody; ValueError: a NUL in the name
            why = error.strerror if isinstance(error, OSError) else None
            self._report.warning(f"cannot write {name}: {why or error}")
        else:
            self._saved.add(path)
            self._report.note(f"saved to {name}")

    def _watch(self, t: float, event: Event) -> None:
        if isinstance(event, UserSaid):
            self._turn = event.turn
            if event.text:
                self._said.append(("you", event.text))
        elif isinstance(event, Interrupted):
            self._answer.end()
        elif isinstance(event, TurnEnded):
            self._said.append(("model", event.text))
            if event.turn >= self._turn and event.turn > self._hushed:
                self._show_prompt()

    def _stop_reply(self, session: Session) -> None:
        """Ctrl-C: no more of this reply, or of this line; soon after another, the end."""
        now = session.now
        if now - self._interrupted_at < TWICE_S:
            raise KeyboardInterrupt
        self._interrupted_at = now
        replying = session.conversation.in_turn and self._hushed < self._turn
        if replying:
            self._hushed = self._turn
            session.tell(Hushed())
        else:
            sys.stdout.write("\n")
        self._report.note(f"{'reply stopped; ' if replying else ''}ctrl-c again leaves")
        self._show_prompt()

    def _show_prompt(self) -> None:
        sys.stdout.write(safe(PROMPT))
        sys.stdout.flush()


class _Lines:
    """Cuts what is read from a terminal into lines; half a line, pushed through with ctrl-d, waits for its rest."""

    def __init__(self, lines: asyncio.Queue[str]) -> None:
        self._lines = lines
        self._decoder = codecs.getincrementaldecoder(sys.stdin.encoding)("replace")
        self._half = ""

    def feed(self, data: bytes) -> None:
        """Takes what was read; nothing is the end of the input."""
        *whole, self._half = (self._half + self._decoder.decode(data)).split("\n")
        for line in whole:
            self._lines.put_nowait(line + "\n")
        if not data:
            if self._half:
                self._lines.put_nowait(self._half + "\n")
            self._lines.put_nowait(END)


@asynccontextmanager
async def typed_lines() -> AsyncGenerator[asyncio.Queue[str], None]:
    """The lines of the terminal as they are finished, then `END`.

    The loop reads where it can wait for a terminal; elsewhere a daemon thread does, which holds up no exit.
    """
    lines: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    descriptor = sys.stdin.fileno()
    cut = _Lines(lines)

    def read() -> None:
        try:
            data = os.read(descriptor, 65_536)
        except OSError:  # the terminal is gone
            data = b""
        if not data:
            loop.remove_reader(descriptor)
        cut.feed(data)

    try:
        loop.add_reader(descriptor, read)
    except (NotImplementedError, PermissionError):
        threading.Thread(target=_read, args=(loop, lines), daemon=True).start()
        yield lines
        return
    try:
        yield lines
    finally:
        loop.remove_reader(descriptor)


def _read(loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[str]) -> None:
    line = None
    while line != END:
        line = sys.stdin.readline()
        loop.call_soon_threadsafe(lines.put_nowait, line)


@contextmanager
def _on_signal(number: int, doing: Callable[[], None]) -> Generator[None, None, None]:
    """Answers a signal with `doing`, inside the loop; where that cannot be (Windows), it does what it always does."""
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):
        loop.add_signal_handler(number, doing)
    try:
        yield
    finally:
        with suppress(NotImplementedError):
            loop.remove_signal_handler(number)


def _on_return(doing: Callable[[], None]) -> AbstractContextManager[None]:
    """Does it when the program comes back from ctrl-z."""
    return _on_signal(signal.SIGCONT, doing) if hasattr(signal, "SIGCONT") else nullcontext()
