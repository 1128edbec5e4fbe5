"""A typed conversation in the terminal: what a line means, and what is done of it, whatever it is written on."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from livechat.commands.holding import Holding, hold, seen_by
from livechat.commands.papers import END, LONGEST_LINE, Lines, Paper
from livechat.commands.stage import on_signal
from livechat.events import (
    Ended,
    Event,
    Hushed,
    Interrupted,
    Reconnected,
    Reconnecting,
    Retried,
    TurnEnded,
    Typed,
    UserSaid,
)
from livechat.terminal.network import LOST
from livechat.terminal.safe import safe

if TYPE_CHECKING:
    from livechat.commands.common import Common
    from livechat.commands.continuing import Memory
    from livechat.session import Session

HELP = """\
/help          this
/save FILE     write the conversation so far to FILE
/clear         begin a new one; the model forgets
/retry         connect again at once, while the connection is gone
/quit          leave (so do ctrl-d, and ctrl-c twice)
ctrl-c         stop the reply; a line typed meanwhile interrupts it
several lines pasted at once are sent as one message
"""
TOOL_HELP = """\
y n a          answer a tool that asks: yes, no, always (without the screen a line of its own)
/tool          show the last call of a tool in full (ctrl-o), /cancel break it off (x, alike)
"""
BURST_S = 0.05
"""Lines that come this soon after one another were pasted."""
TWICE_S = 2.0
"""A second ctrl-c within this time leaves."""


class Repl:
    """One sitting: sessions one after another until the user leaves."""

    def __init__(self, common: Common, holding: Holding, paper: Paper, memory: Memory) -> None:
        """With a desk in `holding`, lines and keys deal with the model's calls too."""
        self._report = common.report
        self._common = common
        self._paper = paper
        self._memory = memory
        self._holding = replace(holding, observers=[*holding.observers, self._watch])
        self._tools = paper.tools = holding.desk
        if self._tools is not None:
            self._tools.show, self._tools.keyed = paper.lay_out, paper.keyed
        self._said: list[tuple[str, str]] = []
        self._turn = 0
        """The newest turn that the user began."""
        self._hushed = 0
        """The newest turn of which the user wanted no more."""
        self._away = False
        """There is no connection, and another is on the way."""
        self._again = True
        self._interrupted_at = -TWICE_S
        self._saved: set[Path] = set()
        """Files that this sitting wrote, and may write again."""

    async def run(self) -> None:
        async with self._paper.lines() as lines:
            while self._again:
                self._again = False
                self._said.clear()
                try:
                    async with self._paper.begun():
                        self._report.note("/help shows what you can type; ctrl-d leaves")
                        await self._hold(lines)
                finally:
                    self._say_kept()

    async def _hold(self, lines: Lines) -> None:
        """One session; what the next begins with is nothing."""
        target = self._holding.target
        script = self._paper.during(lambda session: self._talk(session, lines))
        with self._memory.keeping(target) as keepers:
            holding = replace(self._holding, past=self._memory.past(target))
            self._memory.forget()
            await hold(self._common, seen_by(holding, *keepers), script)

    def _say_kept(self) -> None:
        if self._memory.kept and not self._again:
            self._report.note(f"kept: livechat sessions show {self._memory.kept}")
            self._report.note(f"go on with it: {self._memory.again}")

    async def _talk(self, session: Session, lines: Lines) -> None:
        self._paper.stop = lambda: self._stop_reply(session)
        self._paper.retry = lambda: session.tell(Retried())
        with on_signal("SIGINT", lambda: self._interrupted(session)):
            self._paper.prompt()
            while (text := await self._next(lines)) != END:
                text = text.strip()
                if self._tools is not None and self._tools.answered_by(text):
                    continue
                if text.startswith("/"):
                    if not self._obey(text):
                        return
                elif text:
                    session.tell(Typed(text))
                    continue  # the prompt comes back when the answer has ended
                self._paper.prompt()
            self._paper.end()
            self._paper.say("\n")

    async def _next(self, lines: Lines) -> str:
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
        if any(map(self._paper.was_cut, text.split("\n"))):
            self._report.warning(f"the terminal cut a line at {LONGEST_LINE} bytes: pipe long text in instead")
        return text

    def _obey(self, text: str) -> bool:
        """Does what a slash asks; False when this session is to end."""
        verb, _, rest = text.partition(" ")
        match verb:
            case "/help":
                self._paper.say(HELP + (TOOL_HELP if self._tools is not None else ""))
            case "/tool" | "/cancel" if self._tools is not None:
                self._tools.press("ctrl-o" if verb == "/tool" else "x")
            case "/save":
                self._save(rest.strip())
            case "/retry" if self._away:
                self._paper.retry()
            case "/retry":
                self._report.note("there is a connection")
            case "/clear":
                self._again = True
                return False
            case "/quit" | "/exit" | "/q":
                return False
            case _:
                from livechat.suggest import closest

                near = closest(verb, ["/help", "/save", "/retry", "/clear", "/quit"])
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
        elif isinstance(event, (Reconnecting, Reconnected)):
            self._away = isinstance(event, Reconnecting)
        elif isinstance(event, Interrupted):
            self._paper.end()
        elif isinstance(event, TurnEnded):
            self._said.append(("model", event.text))
            if event.turn >= self._turn and event.turn > self._hushed and event.reason != LOST:
                self._paper.prompt()
        elif isinstance(event, Ended) and event.reason == "closed":
            self._paper.end()
            self._paper.say("\n")
            self._report.note("the server has ended the conversation")

    def _interrupted(self, session: Session) -> None:
        """Ctrl-C: no more of this reply, or of this line; soon after another, or without a connection, the end."""
        now = session.now
        if self._away or now - self._interrupted_at < TWICE_S:
            raise KeyboardInterrupt
        self._interrupted_at = now
        stopped = self._stop_reply(session)
        if not stopped:
            self._paper.drop_line()
        self._report.note("; ".join(filter(None, (self._paper.stopped if stopped else "", "ctrl-c again leaves"))))
        self._paper.prompt()

    def _stop_reply(self, session: Session) -> bool:
        """Whether there was one."""
        replying = session.conversation.in_turn and self._hushed < self._turn
        if replying:
            self._hushed = self._turn
            self._paper.hushed()
            session.tell(Hushed())
        return replying
