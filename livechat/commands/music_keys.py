"""The keys of music that plays: each turns a knob of the desk, and while a prompt is typed they write it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from livechat.errors import UsageError
from livechat.library.music_settings import written_prompt
from livechat.terminal.editor import Editor, Submitted, Unused

if TYPE_CHECKING:
    from livechat.commands.music_desk import Desk
    from livechat.terminal.decoder import Key

LOUDNESS: Final = "9 0         softer, louder"
HELP: Final = (
    "up down     faster, slower: 5 beats a minute",
    "right left  more notes, fewer",
    "B b         brighter, darker",
    "G g         closer to the prompts, freer",
    "K k         the next scale up, down",
    "d s         drums, bass: off and on",
    "o           bass and drums alone, and all again",
    "p           type a prompt, or several: TEXT:WEIGHT; TEXT (esc goes back)",
    "space       pause, go on",
    "r           reset: what follows owes nothing to what was",
    LOUDNESS,
    "ctrl-l      draw the screen anew",
    "q           end, as do ctrl-d and ctrl-c",
)
STEP_DB: Final = 3.0
_TURNS: Final = {
    "up": ("bpm", 1),
    "down": ("bpm", -1),
    "right": ("density", 1),
    "left": ("density", -1),
    "B": ("brightness", 1),
    "b": ("brightness", -1),
    "G": ("guidance", 1),
    "g": ("guidance", -1),
}
_ALWAYS: Final = ("space", "9", "0")
_SWITCHES: Final = {"d": "mute_drums", "s": "mute_bass", "o": "only_bass_and_drums"}
OVER: Final = "no more music comes: nothing to change; q ends it"
WHOLE: Final = "it is being written as fast as it is made: nothing to change; q ends it"


@dataclass
class Actions:
    """What keys can do beside what the desk can."""

    leave: Callable[[str], None]
    say: Callable[[str], None]
    """Tells what came of a key where no screen shows it."""
    tell: Callable[[str], None]
    """Tells what no screen shows."""
    help: Callable[[Sequence[str]], None]
    changed: Callable[[], None]
    """Something is to be sent."""
    turn: Callable[[float], str] | None = None
    """Makes it so many dB louder, and says how loud it is; None where it is not played here."""
    types: bool = False
    """There is a screen, on which one sees what one types."""
    redraw: Callable[[], None] = lambda: None


@dataclass
class MusicKeys:
    """Give it every key with `press`."""

    desk: Desk
    actions: Actions
    steers: bool = True
    """What is changed is heard; where it is made much faster than it plays, nothing is."""
    begun: bool = False
    """There is a session; before, one can only leave."""
    over: bool = False
    """No more music comes: what there is can be paused and made louder."""
    editor: Editor = field(init=False)
    typing: bool = field(default=False, init=False)
    """A prompt is being typed."""

    def __post_init__(self) -> None:
        self.editor = Editor([self._written()])

    def press(self, key: Key) -> None:
        """Does what the key means now."""
        if self.typing:
            self._type(key)
        elif not key.released:
            self._do(key.text if key.name == "char" else key.name, again=key.repeated)

    def _do(self, name: str, *, again: bool) -> None:
        if name in ("q", "Q", "ctrl-d") and not again:
            self.actions.leave("you pressed ctrl-d" if name == "ctrl-d" else "you pressed q")
        elif name in ("?", "h"):
            self.actions.help([line for line in HELP if line != LOUDNESS or self.actions.turn is not None])
        elif name == "ctrl-l":
            self.actions.redraw()
        elif not self.steers or (self.over and name not in _ALWAYS):
            if not again:
                self.actions.tell(OVER if self.over else WHOLE)
        elif self.begun:
            self._steer(name, again=again)

    def _steer(self, name: str, *, again: bool) -> None:
        if name in _TURNS:
            self._changed(self.desk.turn(*_TURNS[name]))
        elif name in ("k", "K"):
            self._changed(self.desk.move_scale(1 if name == "K" else -1))
        elif name in ("9", "0") and self.actions.turn is not None:
            self.actions.say(self.actions.turn(-STEP_DB if name == "9" else STEP_DB))
        elif not again:
            self._once(name)

    def _once(self, name: str) -> None:
        """What a key that is held down does not do again."""
        if name in _SWITCHES:
            self._changed(self.desk.switch(_SWITCHES[name]))
        elif name == "space":
            self._changed(self.desk.toggle())
        elif name == "r":
            self.actions.tell(self.desk.reset())
            self.actions.changed()
        elif name == "p":
            self._begin_typing()

    def _changed(self, words: str) -> None:
        self.actions.say(words)
        self.actions.changed()

    def _begin_typing(self) -> None:
        if self.actions.types:
            self.typing = True
        else:
            self.actions.say("typing needs the screen, which --plain and --screen-reader leave out")

    def _type(self, key: Key) -> None:
        outcome = self.editor.press(key)
        if isinstance(outcome, Submitted):
            self.typing = False
            self._ask(outcome.text)
        elif isinstance(outcome, Unused) and key.name in ("esc", "ctrl-d"):
            self.typing = False
            self.editor.clear()
        elif isinstance(outcome, Unused) and key.name == "ctrl-l":
            self.actions.redraw()

    def _ask(self, line: str) -> None:
        try:
            if self.desk.ask(line.replace("\n", ";")):
                self._changed(f"prompt: {self._written()}")
        except UsageError as error:
            self.actions.tell(str(error))

    def _written(self) -> str:
        return "; ".join(written_prompt(prompt) for prompt in self.desk.prompts)
