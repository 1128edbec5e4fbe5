"""What a typed conversation is written on: the lines of a terminal that edits them itself, or the screen."""

from __future__ import annotations

import asyncio
import codecs
import os
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Final, Protocol

from livechat.commands.faces import laid_out, network_lines, notices, tool_lines
from livechat.commands.stage import Playback, Stage, on_signal, read_aloud, staged
from livechat.events import Event, Hushed, ModelSaid, UserSaid
from livechat.terminal.editor import Editor, Submitted, Unused
from livechat.terminal.inputs import Headed, Look, Typing
from livechat.terminal.safe import Safe, safe

if TYPE_CHECKING:
    from livechat.commands.common import Common
    from livechat.commands.holding import Script
    from livechat.commands.tool_desk import ToolDesk
    from livechat.terminal.accessible import Accessible
    from livechat.terminal.answer import Answer
    from livechat.terminal.decoder import Key
    from livechat.terminal.style import Row

PROMPT: Final = "you> "
LONGEST_LINE: Final = 4095
"""Bytes of a line that a terminal gives at most; what is typed beyond it is lost (termios(3))."""
END: Final = ""
"""What reading gives at the end of the input: a line has at least its line break."""

Lines = asyncio.Queue[str]
"""What the user has typed, each with its line break, and `END`."""


class Paper(Protocol):
    """An observer of the sessions that are written on it, one after the other."""

    stop: Callable[[], bool]
    """What a key that stops the reply does; False where there is none."""
    retry: Callable[[], object]
    """What a key that connects again at once does."""
    tools: ToolDesk | None
    """What the keys for tools are told to, where a key can be told from a letter."""
    keyed: bool
    """Keys come to them one by one, and not lines."""
    stopped: str
    """What is to be said of a reply that was stopped; nothing where its place on the paper says so."""

    def __call__(self, t: float, event: Event) -> None: ...

    def lines(self) -> AbstractAsyncContextManager[Lines]:
        """What is written, in all sessions."""
        ...

    def begun(self) -> AbstractAsyncContextManager[object]:
        """Inside, one session is written down."""
        ...

    def during(self, script: Script) -> Script:
        """The script of a session that is looked at meanwhile."""
        ...

    def prompt(self) -> None:
        """It is the user's turn."""
        ...

    def end(self) -> None:
        """Ends a line that is half written."""
        ...

    def say(self, text: str) -> None:
        """Lines of our own."""
        ...

    def lay_out(self, lines: Sequence[Safe]) -> None:
        """Lines of our own, laid out as they are."""
        ...

    def drop_line(self) -> None:
        """What is half typed is not meant."""
        ...

    def was_cut(self, line: str) -> bool:
        """Whether a line so long was not taken whole."""
        ...

    def hushed(self) -> None:
        """The user wants no more of this reply."""
        ...


def nothing() -> bool:
    """There is no reply to stop, and no connection to make."""
    return False


class LinePaper:
    """A terminal that edits lines by itself; the model's words stand between them."""

    stopped = "reply stopped"
    keyed = False

    def __init__(self, common: Common, answer: Answer) -> None:
        self.stop: Callable[[], bool] = nothing
        self.retry: Callable[[], object] = nothing
        self.tools: ToolDesk | None = None
        self._answer = answer
        self._notices = notices(common, self)
        self._tool_lines = tool_lines(common, self)
        self._network_lines = network_lines(common, self)
        self._prompted = False
        """It is the user's turn, and the last line says so."""

    def __call__(self, t: float, event: Event) -> None:
        self._answer(t, event)
        waits = self._prompted = self._prompted and not isinstance(event, (UserSaid, ModelSaid))
        self._notices(t, event)
        self._tool_lines(t, event)
        self._network_lines(t, event)
        if waits and not self._prompted:
            self.prompt()

    def make_way(self) -> None:
        """Something else is to be said; what the user waits for, or is about to type behind, is said again below it."""
        self._answer.make_way()
        if self._prompted:
            self._prompted = False
            self.say("\n")

    @asynccontextmanager
    async def lines(self) -> AsyncGenerator[Lines, None]:
        async with typed_lines() as lines:
            with on_signal("SIGCONT", self.prompt):  # back from ctrl-z
                yield lines

    def begun(self) -> AbstractAsyncContextManager[object]:
        return nullcontext()

    def during(self, script: Script) -> Script:
        return script

    def prompt(self) -> None:
        sys.stdout.write(safe(PROMPT))
        sys.stdout.flush()
        self._prompted = True

    def end(self) -> None:
        self._answer.end()

    def say(self, text: str) -> None:
        sys.stdout.write(safe(text))

    def lay_out(self, lines: Sequence[Safe]) -> None:
        self.end()
        self.say("".join(f"{line}\n" for line in lines))

    def drop_line(self) -> None:
        """The terminal has done so: only the cursor still stands there."""
        sys.stdout.write("\n")

    def was_cut(self, line: str) -> bool:
        return len(line.encode()) >= LONGEST_LINE

    def hushed(self) -> None:
        """Its line ends with the news of it."""


class AloudPaper(LinePaper):
    """The same, with whole lines and states for a screen reader."""

    stopped = ""

    def __init__(self, common: Common, answer: Answer, look: Look) -> None:
        super().__init__(common, answer)
        self._look = look
        self._playback = Playback()
        self._face: Accessible | None = None

    def __call__(self, t: float, event: Event) -> None:
        if self._face is not None:
            self._face(t, event)
            self._notices(t, event)

    @asynccontextmanager
    async def begun(self) -> AsyncGenerator[None, None]:
        async with read_aloud(sys.stdout, self._look, gauge=self._playback) as self._face:
            yield

    def during(self, script: Script) -> Script:
        return self._playback.during(script)

    def prompt(self) -> None:
        """The state says it."""

    def hushed(self) -> None:
        if self._face is not None:
            self._face.tell(Hushed())


class ScreenPaper:
    """The screen, with a line that is always being typed."""

    stopped = ""
    keyed = True

    def __init__(self, common: Common, look: Look, head: Row) -> None:
        self.stop: Callable[[], bool] = nothing
        self.retry: Callable[[], object] = nothing
        self.tools: ToolDesk | None = None
        self._common = common
        self._look = look
        self._head = head
        self._stage: Stage | None = None
        self._playback = Playback()
        self._editor = Editor()
        self._lines: Lines = asyncio.Queue()

    def __call__(self, t: float, event: Event) -> None:
        if self._stage is not None:
            self._stage.screen(t, event)

    @asynccontextmanager
    async def lines(self) -> AsyncGenerator[Lines, None]:
        yield self._lines

    @asynccontextmanager
    async def begun(self) -> AsyncGenerator[None, None]:
        async with staged(self._common, self._look, pressed=self._pressed, gauge=self._playback) as self._stage:
            self._stage.screen.tell(Headed((self._head,)))
            self._show()
            try:
                yield
            finally:
                self._stage = None

    def during(self, script: Script) -> Script:
        return self._playback.during(script)

    def prompt(self) -> None:
        """It always is."""

    def end(self) -> None:
        """None ever is."""

    def say(self, text: str) -> None:
        if self._stage is not None:
            self._stage.screen.note(text)

    def lay_out(self, lines: Sequence[Safe]) -> None:
        if self._stage is not None:
            self._stage.screen.tell(laid_out(lines))

    def drop_line(self) -> None:
        self._editor.clear()
        self._show()

    def was_cut(self, line: str) -> bool:
        return False

    def hushed(self) -> None:
        if self._stage is not None:
            self._stage.screen.tell(Hushed())

    def _pressed(self, key: Key) -> None:
        if key.released or self._is_for_tools(key) or self._is_for_connection(key):
            return
        outcome = self._editor.press(key)
        if isinstance(outcome, Submitted):
            self._lines.put_nowait(outcome.text + "\n")
        elif isinstance(outcome, Unused):
            self._command(key)
        self._show()

    def _is_for_tools(self, key: Key) -> bool:
        """In a line that is begun letters are letters."""
        if self.tools is None or key.repeated:
            return False
        letter = not self._editor.text and key.name == "char"
        return self.tools.press(key.text.lower() if letter else key.name)

    def _is_for_connection(self, key: Key) -> bool:
        """While there is none, with the same rule for letters."""
        away = self._stage is not None and self._stage.screen.view.network.away
        match key.text.lower() if away and not self._editor.text and key.name == "char" else "":
            case "r":
                self.retry()
            case "q":
                self._lines.put_nowait(END)
            case _:
                return False
        return True

    def _command(self, key: Key) -> None:
        match key.name:
            case "esc" if not self.stop():  # what is being typed may be meant for after the reply
                self._editor.clear()
            case "ctrl-d":
                self._lines.put_nowait(END)
            case "ctrl-l" if self._stage is not None:
                self._stage.screen.redraw()
            case _:
                pass

    def _show(self) -> None:
        if self._stage is not None:
            self._stage.screen.tell(Typing(*self._editor.near()))


class _Lines:
    """Cuts what is read from a terminal into lines; half a line, pushed through with ctrl-d, waits for its rest."""

    def __init__(self, lines: Lines) -> None:
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
async def typed_lines() -> AsyncGenerator[Lines, None]:
    """The lines of the terminal as they are finished, then `END`.

    The loop reads where it can wait for a terminal; elsewhere a daemon thread does, which holds up no exit.
    """
    lines: Lines = asyncio.Queue()
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


def _read(loop: asyncio.AbstractEventLoop, lines: Lines) -> None:
    line = None
    while line != END:
        line = sys.stdin.readline()
        loop.call_soon_threadsafe(lines.put_nowait, line)
