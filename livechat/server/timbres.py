"""The thirty prebuilt voice names: what Google calls them, and the timbre that speaks for each here.

The names are mapped, not cloned: one synthetic speaker is given other vocal cords (`pitch`) and another vocal tract
(`formants`), so that each name sounds like somebody, always the same somebody, and not like Google's voice of that
name. Fifteen timbres, each shared by two names, are told apart by ear and by measurement: every two of them differ by
at least 8 % in pitch or in spectral centroid. Whether a name is a man's or a woman's is as in Google's documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True)
class Timbre:
    """How a speaker sounds.

    `pitch_hz`: the middle of the melody. `formants`: resonances as a factor of the given speaker's, below 1 for a
    longer vocal tract. `liveliness`: how far the melody moves, 1 as given. `breath`: the share of noise in the voice,
    0 … 1. `pace`: how fast it talks, 1 as given.
    """

    pitch_hz: float
    formants: float
    liveliness: float = 1.0
    breath: float = 0.03
    pace: float = 1.0


# The speaker that the network learned from, a woman, untouched: the clearest of all.
AS_GIVEN = Timbre(193, 1.0)


@dataclass(frozen=True)
class PrebuiltVoice:
    """One of the thirty names. `character` is the one word that Google publishes for it."""

    name: str
    character: str
    sex: Literal["male", "female"]
    timbre: Timbre


_MALE = {
    1: Timbre(88, 0.80),
    2: Timbre(88, 0.90),
    3: Timbre(98, 0.80),
    4: Timbre(98, 0.90),
    5: Timbre(109, 0.82),
    6: Timbre(109, 0.92),
    7: Timbre(122, 0.82),
    8: Timbre(122, 0.92),
}
_FEMALE = {
    1: Timbre(165, 0.94),
    2: Timbre(165, 1.04),
    3: Timbre(182, 0.94),
    4: Timbre(182, 1.04),
    5: Timbre(200, 1.00),
    6: Timbre(200, 1.10),
    7: Timbre(222, 1.06),
}


def _man(name: str, character: str, timbre: int) -> PrebuiltVoice:
    return PrebuiltVoice(name, character, "male", _MALE[timbre])


def _woman(name: str, character: str, timbre: int) -> PrebuiltVoice:
    return PrebuiltVoice(name, character, "female", _FEMALE[timbre])


# Google's order and words: ai.google.dev/gemini-api/docs/speech-generation#voices; the sexes as in Google Cloud's list
# of Chirp 3 HD voices.
VOICES: tuple[PrebuiltVoice, ...] = (
    _woman("Zephyr", "Bright", 6),
    _man("Puck", "Upbeat", 8),
    _man("Charon", "Informative", 4),
    _woman("Kore", "Firm", 5),
    _man("Fenrir", "Excitable", 8),
    _woman("Leda", "Youthful", 7),
    _man("Orus", "Firm", 3),
    _woman("Aoede", "Breezy", 4),
    _woman("Callirrhoe", "Easy-going", 3),
    _woman("Autonoe", "Bright", 6),
    _man("Enceladus", "Breathy", 5),
    _man("Iapetus", "Clear", 6),
    _man("Umbriel", "Easy-going", 5),
    _man("Algieba", "Smooth", 1),
    _woman("Despina", "Smooth", 3),
    _woman("Erinome", "Clear", 4),
    _man("Algenib", "Gravelly", 1),
    _man("Rasalgethi", "Informative", 4),
    _woman("Laomedeia", "Upbeat", 7),
    _woman("Achernar", "Soft", 2),
    _man("Alnilam", "Firm", 3),
    _man("Schedar", "Even", 2),
    _woman("Gacrux", "Mature", 1),
    _woman("Pulcherrima", "Forward", 5),
    _man("Achird", "Friendly", 7),
    _man("Zubenelgenubi", "Casual", 7),
    _woman("Vindemiatrix", "Gentle", 1),
    _man("Sadachbia", "Lively", 6),
    _man("Sadaltager", "Knowledgeable", 2),
    _woman("Sulafat", "Warm", 2),
)

TIMBRES: Mapping[str, Timbre] = MappingProxyType({voice.name: voice.timbre for voice in VOICES})
