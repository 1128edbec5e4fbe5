"""What can be asked of music, in a person's words and checked before it is sent: prompts with weights, and settings.

Ranges are those of google-genai 3.4.0 (`LiveMusicGenerationConfig`) and of
ai.google.dev/gemini-api/docs/realtime-music-generation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import isfinite
from types import MappingProxyType
from typing import Final, TypeAlias, TypedDict

from livechat.errors import UsageError
from livechat.protocol.music import MusicGenerationConfig, WeightedPrompt
from livechat.suggest import closest

Prompts: TypeAlias = str | Mapping[str, float] | Sequence[WeightedPrompt | str | tuple[str, float]]
"""What the music shall be like: `"minimal techno"`, `{"minimal techno": 1, "rain": 0.5}`, or a list of such."""


class MusicChanges(TypedDict, total=False):
    """The settings of music by their names; None puts one back to its default."""

    bpm: int | None
    """Beats a minute, 60 to 200; heard after `reset_context`."""
    brightness: float | None
    """0 to 1: how much of the high frequencies."""
    density: float | None
    """0 to 1: how many notes."""
    guidance: float | None
    """0 to 6, by default 4: how closely the prompts are followed."""
    music_generation_mode: str | None
    """`QUALITY`, `DIVERSITY` or `VOCALIZATION`."""
    mute_bass: bool | None
    mute_drums: bool | None
    only_bass_and_drums: bool | None
    scale: str | None
    """`C_MAJOR_A_MINOR`, `"A minor"`, `"Eb major"`, `"F#m"`; heard after `reset_context`."""
    seed: int | None
    """0 to 2147483647."""
    temperature: float | None
    """0 to 3, by default 1.1."""
    top_k: int | None
    """1 to 1000, by default 40."""


RANGES: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "bpm": (60, 200),
        "brightness": (0, 1),
        "density": (0, 1),
        "guidance": (0, 6),
        "seed": (0, 2**31 - 1),
        "temperature": (0, 3),
        "top_k": (1, 1_000),
    }
)
WHOLE: Final = frozenset({"bpm", "seed", "top_k"})
SWITCHES: Final = frozenset({"mute_bass", "mute_drums", "only_bass_and_drums"})
MODES: Final = ("QUALITY", "DIVERSITY", "VOCALIZATION", "MUSIC_GENERATION_MODE_UNSPECIFIED")
SCALES: Final = (
    *("C_MAJOR_A_MINOR", "D_FLAT_MAJOR_B_FLAT_MINOR", "D_MAJOR_B_MINOR", "E_FLAT_MAJOR_C_MINOR"),
    *("E_MAJOR_D_FLAT_MINOR", "F_MAJOR_D_MINOR", "G_FLAT_MAJOR_E_FLAT_MINOR", "G_MAJOR_E_MINOR"),
    *("A_FLAT_MAJOR_F_MINOR", "A_MAJOR_G_FLAT_MINOR", "B_FLAT_MAJOR_G_MINOR", "B_MAJOR_A_FLAT_MINOR"),
)
"""The twelve of the wire, by the pitch of their major tonic."""

_NOTES: Final[Mapping[str, int]] = MappingProxyType({"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11})
_SIGNS: Final[Mapping[str, int]] = MappingProxyType({"#": 1, "sharp": 1, "b": -1, "flat": -1, "": 0})
_NAMED: Final = re.compile(r"([a-g]) ?(#|b|sharp|flat|)(?: ?(major|maj|minor|min|m))?")
_NAMES: Final = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_WEIGHT: Final = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)")


# ------------------------------------------------------------------------------------------------- the prompts


def weighted_prompts(prompts: Prompts) -> list[WeightedPrompt]:
    """The prompts as the wire has them, each with a weight that is not 0 (by default 1). Raises UsageError."""
    if isinstance(prompts, str):
        prompts = [prompts]
    given = prompts.items() if isinstance(prompts, Mapping) else prompts
    found = [_weighted(one) for one in given]
    if not found:
        raise UsageError("music wants a prompt at least", hint='"minimal techno"')
    return found


def _weighted(prompt: WeightedPrompt | str | tuple[str, float]) -> WeightedPrompt:
    match prompt:
        case WeightedPrompt():
            text, weight = prompt.text or "", 1.0 if prompt.weight is None else prompt.weight
        case str():
            text, weight = prompt, 1.0
        case _:
            text, weight = prompt
    if not text.strip():
        raise UsageError("a prompt of music is empty", hint='"minimal techno"')
    if not weight or not isfinite(weight):
        raise UsageError(f"the prompt {text!r} has a weight of {weight:g}", hint="any number but 0; leave a prompt out")
    return WeightedPrompt(text=text, weight=weight)


def read_prompt(written: str) -> tuple[str, float]:
    """Text and weight of `TEXT` or `TEXT:WEIGHT`; a colon before anything but a number belongs to the text."""
    text, _, weight = written.rpartition(":")
    if text.strip() and _WEIGHT.fullmatch(weight.strip()):
        return text.strip(), float(weight)
    return written.strip(), 1.0


def written_prompt(prompt: WeightedPrompt) -> str:
    """What `read_prompt` reads."""
    text, weight = prompt.text or "", 1.0 if prompt.weight is None else prompt.weight
    bare = weight == 1.0 and read_prompt(text) == (text, 1.0)
    return text if bare else f"{text}:{weight:g}"


# ------------------------------------------------------------------------------------------------ the settings


def music_config(config: MusicGenerationConfig | None, changes: Mapping[str, object]) -> MusicGenerationConfig:
    """`config` with these changes laid over it, checked; a change to None takes a field away. Raises UsageError."""
    base: Mapping[str, object] = {} if config is None else config.model_dump(exclude_unset=True)
    values = {name: _checked(name, value) for name, value in {**base, **changes}.items() if value is not None}
    return MusicGenerationConfig.model_validate(values)


def _checked(name: str, value: object) -> object:
    if name in RANGES:
        return _number(name, value)
    if name in SWITCHES:
        if not isinstance(value, bool):
            raise UsageError(f"{name} is True or False, not {value!r}")
        return value
    if name in ("scale", "music_generation_mode"):
        read = scale_named if name == "scale" else mode_named
        return read(str(value))
    near = closest(name, MusicGenerationConfig.model_fields)
    guess = f" — did you mean {near}?" if near else ""
    raise UsageError(f"music has no setting {name!r}{guess}", hint=", ".join(MusicGenerationConfig.model_fields))


def _number(name: str, value: object) -> int | float:
    lowest, highest = RANGES[name]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not lowest <= value <= highest:
        raise UsageError(f"{name} is from {lowest:.10g} to {highest:.10g}, not {value!r}")
    if name not in WHOLE:
        return value
    if value != int(value):
        raise UsageError(f"{name} is a whole number, not {value!r}")
    return int(value)


def mode_named(words: str) -> str:
    """The mode of the wire, whatever the case. Raises UsageError."""
    return _named("mode", words, MODES, ", ".join(MODES[:3]).lower())


def scale_named(words: str) -> str:
    """The scale of the wire for `C_MAJOR_A_MINOR`, `A minor`, `Eb major`, `F#m`, or a note alone (major).

    Raises UsageError.
    """
    plain = " ".join(words.lower().replace("♯", "#").replace("♭", "b").replace("_", " ").replace("-", " ").split())
    if found := _NAMED.fullmatch(plain):
        note, sign, kind = found.groups()
        minor = kind in ("minor", "min", "m")
        return SCALES[(_NOTES[note] + _SIGNS[sign] + 3 * minor) % 12]
    return _named("scale", words, ("SCALE_UNSPECIFIED", *SCALES), "C major, A minor, Eb major, F#m, …")


def scale_in_words(scale: str) -> str:
    """`C major / A minor` for a scale of the wire; what is none stays as it is."""
    if scale not in SCALES:
        return scale
    tonic = SCALES.index(scale)
    return f"{_NAMES[tonic]} major / {_NAMES[(tonic - 3) % 12]} minor"


def _named(what: str, words: str, names: Sequence[str], examples: str) -> str:
    asked = re.sub(r"[\s-]+", "_", words.strip()).upper()
    if asked in names:
        return asked
    near = closest(asked, names)
    raise UsageError(
        f"there is no {what} {words!r}{f' — did you mean {near}?' if near else ''}", hint=f"one of: {examples}"
    )
