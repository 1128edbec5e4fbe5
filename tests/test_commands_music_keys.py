"""Claims about the keys of music: each does one thing, and only where it means something."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from livechat.commands.music_desk import Desk
from livechat.commands.music_keys import HELP, LOUDNESS, OVER, WHOLE, Actions, MusicKeys
from livechat.library.music_settings import weighted_prompts
from livechat.protocol.music import MusicGenerationConfig
from livechat.terminal.decoder import Decoder, Key


@dataclass
class Player:
    """Somebody at the keys, and what came of it."""

    said: list[str] = field(default_factory=list[str])
    told: list[str] = field(default_factory=list[str])
    """What no screen shows."""
    helped: list[str] = field(default_factory=list[str])
    left: list[str] = field(default_factory=list[str])
    changes: int = 0
    redrawn: int = 0

    def __post_init__(self) -> None:
        self.desk = Desk(weighted_prompts("techno"), MusicGenerationConfig())
        self.desk.take()
        actions = Actions(
            self.left.append, self.said.append, self.told.append, self.helped.extend, self._changed, types=True
        )
        actions.redraw = self._redraw
        self.keys = MusicKeys(self.desk, actions, begun=True)

    def _changed(self) -> None:
        self.changes += 1

    def _redraw(self) -> None:
        self.redrawn += 1

    def types(self, text: str) -> Player:
        """As a terminal sends it."""
        decoder = Decoder()
        for key in [*decoder.feed(text.encode()), *decoder.timeout()]:
            self.keys.press(key)
        return self


UP, DOWN, RIGHT, LEFT, ESC = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (UP, "bpm 125"),
        (DOWN, "bpm 115"),
        (RIGHT, "density 0.6"),
        (LEFT, "density 0.4"),
        ("B", "brightness 0.6"),
        ("b", "brightness 0.4"),
        ("G", "guidance 4.5"),
        ("g", "guidance 3.5"),
        ("K", "C major / A minor"),
        ("k", "C major / A minor"),
        ("d", "drums off"),
        ("s", "bass off"),
        ("o", "bass and drums alone"),
        (" ", "paused"),
    ],
)
def test_a_key_changes_something_and_says_what(typed: str, said: str) -> None:
    player = Player().types(typed)
    assert player.said == [said]
    assert player.changes == 1
    assert player.desk.is_due


def test_a_reset_is_told_everywhere_for_nothing_of_it_stays_to_be_seen() -> None:
    player = Player().types("r")
    assert player.told == ["reset: what follows owes nothing to what was"]
    assert player.desk.take() == ["reset"]


@pytest.mark.parametrize(("typed", "key"), [("q", "q"), ("Q", "q"), ("\x04", "ctrl-d")])
def test_who_wants_to_leave_leaves(typed: str, key: str) -> None:
    assert Player().types(typed).left == [f"you pressed {key}"]


def test_other_keys_do_nothing() -> None:
    player = Player().types("xyz9\t")
    assert (player.said, player.changes, player.left, player.helped) == ([], 0, [], [])


def test_help_tells_every_key_that_works_here() -> None:
    assert Player().types("?").helped == [line for line in HELP if line != LOUDNESS]
    player = Player()
    player.keys.actions.turn = lambda by: f"{by:+g} dB"
    assert player.types("h").helped == [*HELP]
    assert player.types("90").said == ["-3 dB", "+3 dB"]
    assert player.changes == 0


def test_ctrl_l_draws_anew_also_while_one_types() -> None:
    assert Player().types("\x0cpx\x0c").redrawn == 2


def test_a_prompt_is_typed_and_enter_asks_for_it() -> None:
    player = Player().types("p")
    player.types("dub q?:2; rain")
    assert player.keys.editor.text == "dub q?:2; rain"
    player.types("\r")
    assert not player.keys.typing
    assert player.said == ["prompt: dub q?:2; rain"]
    assert player.desk.take() == ["prompts"]
    assert [prompt.text for prompt in player.desk.prompts] == ["dub q?", "rain"]


def test_the_prompts_so_far_are_one_key_away() -> None:
    assert Player().types("p" + UP).keys.editor.text == "techno"
    assert Player().types("pdub\rp" + UP + UP).keys.editor.text == "techno"


@pytest.mark.parametrize("end", [ESC, "\r", "\x04"])
def test_who_types_nothing_asks_for_nothing(end: str) -> None:
    player = Player().types("p" + end)
    assert not player.keys.typing
    assert player.changes == 0
    assert player.left == []


def test_escape_forgets_what_was_typed() -> None:
    player = Player().types("pdub").types(ESC)
    assert not player.keys.typing
    assert player.types("p").keys.editor.text == ""


def test_a_weight_that_cannot_be_is_said() -> None:
    player = Player().types("pdub:0\r")
    assert player.told == ["the prompt 'dub' has a weight of 0"]
    assert player.changes == 0


def test_without_a_screen_nothing_can_be_typed() -> None:
    player = Player()
    player.keys.actions.types = False
    player.types("p")
    assert not player.keys.typing
    assert player.said == ["typing needs the screen, which --plain and --screen-reader leave out"]


def test_before_there_is_a_session_one_can_only_leave() -> None:
    player = Player()
    player.keys.begun = False
    player.types(UP + "dp q")
    assert (player.said, player.changes, player.left) == ([], 0, ["you pressed q"])


def test_what_is_made_faster_than_it_plays_is_not_changed() -> None:
    player = Player()
    player.keys.steers = False
    player.types("d")
    player.keys.press(Key("char", "d", repeated=True))
    assert (player.told, player.changes) == ([WHOLE], 0)


def test_when_no_more_comes_what_there_is_can_be_paused_and_made_louder() -> None:
    player = Player()
    player.keys.over = True
    player.keys.actions.turn = lambda by: f"{by:+g} dB"
    player.types("dr0 ")
    assert player.told == [OVER, OVER]
    assert player.said == ["+3 dB", "paused"]


def test_a_key_that_is_held_turns_on_but_switches_once() -> None:
    player = Player()
    for key in (Key("up"), Key("up", repeated=True), Key("up", released=True)):
        player.keys.press(key)
    for key in (Key("char", "d"), Key("char", "d", repeated=True), Key("char", "q", repeated=True)):
        player.keys.press(key)
    assert player.said == ["bpm 125", "bpm 130", "drums off"]
    assert player.left == []
