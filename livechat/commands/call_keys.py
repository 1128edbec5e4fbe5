"""The keys of a call: each does one thing, and while a line is typed they write it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from livechat.events import Hushed, Retried, Typed
from livechat.terminal.editor import Editor, Submitted, Unused
from livechat.terminal.inputs import Muted, Typing, TypingEnded

if TYPE_CHECKING:
    from livechat.commands.talk_key import TalkKey
    from livechat.commands.tool_desk import ToolDesk
    from livechat.ear import Ear
    from livechat.session import Session
    from livechat.terminal.decoder import Key
    from livechat.terminal.inputs import Own
    from livechat.terminal.keys import Keyboard

HELP: Final = (
    "space    talk, and send what you said (with --ptt); while muted, talk once",
    "m        mute and unmute: nothing you say leaves this machine",
    "t enter  type; enter sends, esc goes back",
    "s esc    stop the reply",
    "9 0      the model's voice softer, louder",
    "l        how quick the answers were",
    "r        connect again at once, while the connection is gone",
    "ctrl-l   draw the screen anew",
    "q        end the call, as do ctrl-d and ctrl-c",
)
TOOL_HELP: Final = (
    "y n a    answer a tool that asks: yes, no, always",
    "x        cancel the tool that was called last",
    "ctrl-o   show the last call of a tool in full",
)
STEP_DB: Final = 3.0
MUTED: Final = "muted: nothing you say leaves this machine; m unmutes"
ONCE: Final = "the microphone is on until you are answered"
HINT: Final = "speak any time; space is for --ptt"


@dataclass
class Actions:
    """What keys can do beside what a session and an ear can."""

    leave: Callable[[str], None]
    say: Callable[[str], None]
    help: Callable[[Sequence[str]], None]
    latencies: Callable[[], str]
    turn: Callable[[float], str] = lambda by_db: ""
    """Makes the model's voice so many dB louder, and says how loud it is."""
    show: Callable[[Own | Hushed], None] | None = None
    """Tells a face that shows states; None where none does."""
    types: bool = False
    """There is a screen, on which one sees what one types."""
    redraw: Callable[[], None] = lambda: None


@dataclass
class CallKeys:
    """Give it every key with `press`. Session, ear and the key for talking come when there are some."""

    actions: Actions
    session: Session | None = None
    ear: Ear | None = None
    space: TalkKey | None = None
    tools: ToolDesk | None = None
    """Where the model may call some."""
    keyboard: Keyboard | None = None
    away: bool = False
    """There is no connection, and another is on the way."""
    writes_only: bool = False
    """There is no microphone: a line is always being typed."""
    _editor: Editor = field(default_factory=Editor, init=False)
    _typing: bool = field(default=False, init=False)
    _was_muted: bool = field(default=False, init=False)
    """Before the user began to type."""
    _once: bool = field(default=False, init=False)
    """The microphone is on for one question, and off again when it is answered."""
    _last: str = field(default="", init=False)
    """The last key that did something."""

    @property
    def types(self) -> bool:
        """Whether a line is being typed, and will be."""
        return self._typing

    def press(self, key: Key) -> None:
        """Does what the key means now."""
        if self._typing:
            self._type(key)
        elif key.name == "space" and self.space is not None and self.ear is not None and not self.ear.muted:
            self.space.pressed(key, releases=self.keyboard is not None and self.keyboard.releases)
        elif not (key.released or key.repeated):
            name = key.text.lower() if key.name == "char" else key.name
            self._do(name)
            self._last = name

    def begin(self) -> None:
        """The session has begun."""
        if self.writes_only and self.actions.types:
            self._begin_typing()

    def answered(self) -> None:
        """The model has begun to answer: who wanted to talk once is muted again."""
        if not self._once:
            return
        self._once = False
        if self._typing:
            self._was_muted = True
            self._show(Muted(True))
        else:
            self._mute(True)

    def close(self) -> None:
        """Nothing follows any more."""
        if self.space is not None:
            self.space.close()

    def _do(self, name: str) -> None:
        if self.tools is not None and self.tools.press(name):
            return
        match name:
            case "q" | "ctrl-d":
                self.actions.leave("you pressed q")
            case "m":
                self._toggle()
            case "space":
                self._talk()
            case "t" | "enter":
                self._begin_typing()
            case "s" | "esc":
                self._stop_reply()
            case "9" | "0":
                self.actions.say(self.actions.turn(-STEP_DB if name == "9" else STEP_DB))
            case "r" if self.away:
                self._retry()
            case "l":
                self.actions.say(self.actions.latencies())
            case "ctrl-l":
                self.actions.redraw()
            case "?" | "h":
                self.actions.help(HELP if self.tools is None else (*HELP, *TOOL_HELP))
            case _:
                pass

    # -------------------------------------------------------------------------------------- the microphone

    def _toggle(self) -> None:
        if self.ear is not None:
            self._once = False
            self._mute(not self.ear.muted)
            if self.actions.show is None:
                self.actions.say(MUTED if self.ear.muted else "unmuted")

    def _mute(self, muted: bool) -> None:
        if self.ear is not None:
            self.ear.mute(muted)
            self._show(Muted(muted))

    def _talk(self) -> None:
        """Space, where it does not take the floor; held down it comes again and again, and says nothing new."""
        muted = self.ear is not None and self.ear.muted
        if muted and self.space is None:
            self._mute(False)
            self._once = True
            self.actions.say(ONCE)
        elif self.ear is not None and self._last != "space":
            self.actions.say("muted: m unmutes" if muted else HINT)

    # -------------------------------------------------------------------------------------- the reply, typing

    def _stop_reply(self) -> None:
        if self.session is not None and self.session.conversation.in_turn:
            self._show(Hushed())
            self.session.tell(Hushed())

    def _begin_typing(self) -> None:
        if not self.actions.types:
            self.actions.say("typing needs the screen, which --plain and --screen-reader leave out")
        elif self.session is not None:
            self._typing = True
            if self.ear is not None:
                self._was_muted = self.ear.muted
                self.ear.mute(True)
            self._show(Typing("", 0))

    def _type(self, key: Key) -> None:
        if key.released or self._is_for_tools(key) or self._is_for_connection(key):
            return
        outcome = self._editor.press(key)
        if isinstance(outcome, Submitted):
            self._end_typing()
            if outcome.text.strip() and self.session is not None:
                self.session.tell(Typed(outcome.text))
        elif not isinstance(outcome, Unused):
            self._show(Typing(*self._editor.near()))
        elif key.name == "esc":
            self._editor.clear()
            self._end_typing()
            if self.writes_only:
                self._stop_reply()
        elif key.name == "ctrl-d":
            self.actions.leave("you pressed ctrl-d")
        elif key.name == "ctrl-l":
            self.actions.redraw()

    def _is_for_tools(self, key: Key) -> bool:
        """In a line that is begun letters are letters, and so they are where typing is not all there is."""
        if self.tools is None or key.repeated:
            return False
        letter = self.writes_only and not self._editor.text and key.name == "char"
        return self.tools.press(key.text.lower() if letter else key.name)

    def _is_for_connection(self, key: Key) -> bool:
        """While there is none, with the same rule for letters."""
        letter = self.away and self.writes_only and not self._editor.text and key.name == "char"
        match key.text.lower() if letter else "":
            case "r":
                self._retry()
            case "q":
                self.actions.leave("you pressed q")
            case _:
                return False
        return True

    def _retry(self) -> None:
        if self.session is not None:
            self.session.tell(Retried())

    def _end_typing(self) -> None:
        if self.writes_only:
            self._show(Typing("", 0))
            return
        self._typing = False
        if self.ear is not None:
            self.ear.mute(self._was_muted)
        self._show(TypingEnded())

    def _show(self, told: Own | Hushed) -> None:
        if self.actions.show is not None:
            self.actions.show(told)
