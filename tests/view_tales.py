"""Tales that no conversation would tell: news in any order, with words that can be found again."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import count, product

from hypothesis import strategies as st

from livechat.events import (
    Answered,
    Ended,
    Faltering,
    GoingAway,
    Hushed,
    Interrupted,
    ModelSaid,
    Noted,
    Ready,
    Reconnected,
    Reconnecting,
    ReplyCame,
    SoundDropped,
    ToolEnded,
    ToolStarted,
    TurnEnded,
    UserSaid,
)
from livechat.terminal.inputs import Floor, Gauged, Muted, Playing, Resized, Ticked, Told, Typing, TypingEnded
from livechat.terminal.safe import Safe
from livechat.terminal.style import Span
from livechat.terminal.view import News

LETTERS = "αβγδεζηθικλμνξοπρστυφχψω"
WORD = re.compile(f"[{LETTERS}]{{3}}")
"""A word that is found again; nothing else on the screen has these letters."""

TURNS = st.sampled_from([1, 2, 3, 4, 40, 7])
SECONDS = st.floats(0, 3)
TOOLS = st.sampled_from(["a", "b", "c"])


@dataclass
class Tale:
    """Makes news of what it is told to happen, and knows which words must be shown, by speaker and turn."""

    words: dict[tuple[str, int], list[str]] = field(default_factory=dict[tuple[str, int], list[str]])
    spoken: dict[int, bool] = field(default_factory=dict[int, bool])
    """How the model's words of a turn are said."""
    closed: set[int] = field(default_factory=set[int])
    """Turns that were interrupted or ended."""
    whole: dict[int, str] = field(default_factory=dict[int, str])
    names: count[int] = field(default_factory=count)

    def fresh(self, amount: int) -> list[str]:
        every = ["".join(letters) for letters in product(LETTERS, repeat=3)]
        return [every[next(self.names)] for _ in range(amount)]

    def user(self, turn: int, amount: int, final: bool) -> UserSaid:
        new = self.fresh(amount)
        self.words.setdefault(("you", turn), []).extend(new)
        text = "".join(f" {word}" for word in new)
        self.whole[turn] = self.whole.get(turn, "") + text
        return UserSaid(turn, text, self.whole[turn], final)

    def model(self, turn: int, amount: int, spoken: bool) -> ModelSaid:
        new = self.fresh(amount)
        if spoken or not self.spoken.get(turn, False):
            self.words.setdefault(("model", turn), []).extend(new)
            self.spoken[turn] = spoken
        return ModelSaid(turn, "".join(f"{word} " for word in new), spoken)

    def cut(self, turn: int, place: int, heard_ms: int, dropped_ms: int) -> Interrupted:
        said = self._answer(turn)
        place %= len(said) + 1
        heard, unheard = ("".join(f"{word} " for word in part) for part in (said[:place], said[place:]))
        return Interrupted(turn, heard_ms, dropped_ms, heard, unheard)

    def end(self, turn: int, spoken_ms: int) -> TurnEnded:
        return TurnEnded(turn, "", " ".join(self._answer(turn)), False, spoken_ms)

    def _answer(self, turn: int) -> list[str]:
        """The model's words of a turn; where none were told, this is the first that tells of them."""
        if turn not in self.spoken and turn not in self.closed:
            self.words[("model", turn)] = self.fresh(5)
            self.spoken[turn] = True
        self.closed.add(turn)
        return self.words.get(("model", turn), [])


ACTS = st.one_of(
    st.tuples(st.just("user"), TURNS, st.integers(0, 20), st.booleans()),
    st.tuples(st.just("model"), TURNS, st.integers(0, 40), st.booleans()),
    st.tuples(st.just("cut"), TURNS, st.integers(0, 50), st.integers(0, 9000), st.integers(0, 9000)),
    st.tuples(st.just("end"), TURNS, st.integers(0, 9000)),
)
NEWS: st.SearchStrategy[News] = st.one_of(
    st.builds(Answered, TURNS, st.integers(0, 3000)),
    st.builds(ReplyCame, TURNS, st.just("")),
    st.builds(ToolStarted, TURNS, TOOLS, st.just("tool"), st.just({"city": "Lisbon"}), st.booleans()),
    st.builds(
        ToolEnded,
        *(TURNS, TOOLS, st.just("tool"), st.sampled_from(["done", "failed", "cancelled", "denied", "stopped"])),
        *(st.integers(0, 9000), st.text(max_size=5)),
    ),
    st.builds(Reconnecting, st.text(max_size=9), st.integers(1, 8), st.just(8), SECONDS, SECONDS),
    st.builds(Reconnected, st.sampled_from(["resumed", "rebuilt", "lost"]), st.integers(0, 3)),
    st.builds(Faltering, st.just(0.0) | SECONDS),
    st.builds(SoundDropped, st.integers(0, 9999)),
    st.builds(GoingAway, SECONDS),
    st.builds(Noted, st.text(max_size=30)),
    st.just(Ready("model")),
    st.just(Hushed()),
    st.builds(Resized, st.integers(24, 120), st.integers(1, 40)),
    st.builds(
        Gauged,
        *(st.floats(-90, 0), st.floats(-90, 0), st.booleans()),
        st.none() | st.builds(Playing, TURNS, st.integers(0, 60_000), st.integers(0, 60_000)),
    ),
    st.builds(Muted, st.booleans()),
    st.builds(Floor, st.sampled_from(["voice", "push"]), st.none() | SECONDS),
    st.builds(Typing, st.text(max_size=200), st.integers(0, 200)),
    st.just(TypingEnded()),
    st.just(Told((Span(Safe("told")),))),
    st.just(Ticked()),
)
ENDINGS: st.SearchStrategy[News] = st.just(Ended("left", 1, 0))


def news_of(tale: Tale, act: tuple[object, ...]) -> News:
    """The news of an act, whose words the tale takes down."""
    match act:
        case ("user", int(turn), int(amount), bool(final)):
            return tale.user(turn, amount, final)
        case ("model", int(turn), int(amount), bool(spoken)):
            return tale.model(turn, amount, spoken)
        case ("cut", int(turn), int(place), int(heard_ms), int(dropped_ms)):
            return tale.cut(turn, place, heard_ms, dropped_ms)
        case ("end", int(turn), int(spoken_ms)):
            return tale.end(turn, spoken_ms)
        case _:
            raise AssertionError(act)
