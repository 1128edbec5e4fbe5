"""Keeps what is asked of music while it plays: knobs turn by steps, and what has changed is sent in one go. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from livechat.library.music_settings import RANGES, SCALES, music_config, read_prompt, scale_in_words, weighted_prompts

if TYPE_CHECKING:
    from livechat.protocol.music import MusicGenerationConfig, WeightedPrompt

Order: TypeAlias = Literal["prompts", "config", "reset", "play", "pause"]
"""What is to be sent: prompts and settings as the desk has them, or a control."""
APART: Final = ";"
"""Stands between prompts on one line."""


class Knob(NamedTuple):
    """How a setting is turned."""

    step: float
    usual: float
    """Where turning begins as long as it was left to the model."""


KNOBS: Final[Mapping[str, Knob]] = MappingProxyType(
    {"bpm": Knob(5, 120), "density": Knob(0.1, 0.5), "brightness": Knob(0.1, 0.5), "guidance": Knob(0.5, 4.0)}
)
SWITCHES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "mute_drums": ("drums off", "drums on"),
        "mute_bass": ("bass off", "bass on"),
        "only_bass_and_drums": ("bass and drums alone", "all instruments"),
    }
)
"""What is said when one is switched on, and off again."""
AFRESH: Final = frozenset({"bpm", "scale"})
"""Settings that are heard after the context was reset (ai.google.dev/gemini-api/docs/realtime-music-generation)."""


@dataclass
class Desk:
    """What is asked for now. Each thing that changes something says what, in a few words."""

    prompts: Sequence[WeightedPrompt]
    config: MusicGenerationConfig
    paused: bool = False
    _due: list[Order] = field(default_factory=lambda: ["prompts", "play"], init=False)

    def __post_init__(self) -> None:
        if self.config.model_fields_set:
            self._note("config")

    def take(self) -> list[Order]:
        """What is to be sent now, in this order; nothing of it is told again."""
        orders: tuple[Order, ...] = ("prompts", "config", "reset", "play", "pause")
        due: list[Order] = [order for order in orders if order in self._due]
        self._due.clear()
        return due

    @property
    def is_due(self) -> bool:
        return bool(self._due)

    def turn(self, name: str, by: int) -> str:
        """Turns a knob by so many steps."""
        knob, (lowest, highest) = KNOBS[name], RANGES[name]
        now: float | None = getattr(self.config, name)
        value = min(max(round((knob.usual if now is None else now) + by * knob.step, 3), lowest), highest)
        if value == now:
            return f"{name} {value:g} is the {'most' if by > 0 else 'least'}"
        self._change(name, value)
        return f"{name} {value:g}"

    def switch(self, name: str) -> str:
        """Switches something on, or off again."""
        on = not getattr(self.config, name)
        self._change(name, on)
        return SWITCHES[name][0 if on else 1]

    def move_scale(self, by: int) -> str:
        """Goes to the scale so many semitones from the present one; from C where there is none."""
        present = self.config.scale
        place = (SCALES.index(present) + by) % len(SCALES) if present in SCALES else 0
        self._change("scale", SCALES[place])
        return scale_in_words(SCALES[place])

    def ask(self, line: str) -> bool:
        """Takes the prompts of a line, `TEXT:WEIGHT; TEXT`, for those so far. Raises UsageError for a weight of 0.

        False where there is none on it.
        """
        written = [read_prompt(one) for one in line.split(APART) if one.strip()]
        if not written:
            return False
        self.prompts = weighted_prompts(written)
        self._note("prompts")
        return True

    def toggle(self) -> str:
        """Pauses, or goes on."""
        self.paused = not self.paused
        self._due = [order for order in self._due if order not in ("play", "pause")]
        self._note("pause" if self.paused else "play")
        return "paused" if self.paused else "playing"

    def reset(self) -> str:
        """Has the music forget what it was."""
        self._note("reset")
        return "reset: what follows owes nothing to what was"

    def _change(self, name: str, value: object) -> None:
        self.config = music_config(self.config, {name: value})
        self._note("config")
        if name in AFRESH:
            self._note("reset")

    def _note(self, order: Order) -> None:
        if order not in self._due:
            self._due.append(order)
