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
    longer vocal tract. `tilt_db`: how many dB the voice gains with each octave, below 0 for a soft one.
    `liveliness`: how far the melody moves, 1 as given. `breath`: the share of noise in the voice, 0 … 1.
    `pace`: how fast it talks, 1 as given.
    """

    pitch_hz: float
    formants: float
    tilt_db: float = 0.0
    liveliness: float = 1.0
    breath: float = 0.03
    pace: float = 1.0


@dataclass(frozen=True)
class PrebuiltVoice:
    """One of the thirty names. `character` is the one word that Google publishes for it."""

    name: str
    character: str
    sex: Literal["male", "female"]
    timbre: Timbre


# The woman that the network learned from, untouched: the clearest of all.
AS_GIVEN = Timbre(193, 1.0)

_BRIGHT = Timbre(208, 1.09, tilt_db=0.7)
_YOUTHFUL = Timbre(232, 1.06, tilt_db=0.2, liveliness=1.15, pace=1.04)
_BREEZY = Timbre(178, 1.06, tilt_db=0.4)
_EASY = Timbre(176, 0.93, tilt_db=-0.4, pace=0.97)
_WARM = Timbre(204, 0.93, tilt_db=-0.8, breath=0.12, pace=0.96)
_MATURE = Timbre(158, 0.94, tilt_db=-0.2, liveliness=0.9, pace=0.95)

_DEEP = Timbre(84, 0.80, tilt_db=-0.3, pace=0.95)
_STRONG = Timbre(88, 0.91, tilt_db=0.6)
_INFORMATIVE = Timbre(98, 0.82, tilt_db=-0.2)
_CLEAR = Timbre(98, 0.93, tilt_db=0.9)
_BREATHY = Timbre(110, 0.81, tilt_db=-0.8, breath=0.15, pace=0.96)
_EVEN = Timbre(112, 0.89, tilt_db=0.2, liveliness=0.85)
_FRIENDLY = Timbre(124, 0.87, tilt_db=-0.1, liveliness=1.15)
_UPBEAT = Timbre(128, 0.95, tilt_db=0.8, liveliness=1.3, pace=1.05)


def _woman(name: str, character: str, timbre: Timbre) -> PrebuiltVoice:
    return PrebuiltVoice(name, character, "female", timbre)


def _man(name: str, character: str, timbre: Timbre) -> PrebuiltVoice:
    return PrebuiltVoice(name, character, "male", timbre)


# Google's order and words: ai.google.dev/gemini-api/docs/speech-generation#voices; the sexes as in Google Cloud's list
# of Chirp 3 HD voices.
VOICES: tuple[PrebuiltVoice, ...] = (
    _woman("Zephyr", "Bright", _BRIGHT),
    _man("Puck", "Upbeat", _UPBEAT),
    _man("Charon", "Informative", _INFORMATIVE),
    _woman("Kore", "Firm", AS_GIVEN),
    _man("Fenrir", "Excitable", _UPBEAT),
    _woman("Leda", "Youthful", _YOUTHFUL),
    _man("Orus", "Firm", _STRONG),
    _woman("Aoede", "Breezy", _BREEZY),
    _woman("Callirrhoe", "Easy-going", _EASY),
    _woman("Autonoe", "Bright", _BRIGHT),
    _man("Enceladus", "Breathy", _BREATHY),
    _man("Iapetus", "Clear", _CLEAR),
    _man("Umbriel", "Easy-going", _BREATHY),
    _man("Algieba", "Smooth", _DEEP),
    _woman("Despina", "Smooth", _EASY),
    _woman("Erinome", "Clear", AS_GIVEN),
    _man("Algenib", "Gravelly", _DEEP),
    _man("Rasalgethi", "Informative", _INFORMATIVE),
    _woman("Laomedeia", "Upbeat", _YOUTHFUL),
    _woman("Achernar", "Soft", _WARM),
    _man("Alnilam", "Firm", _STRONG),
    _man("Schedar", "Even", _EVEN),
    _woman("Gacrux", "Mature", _MATURE),
    _woman("Pulcherrima", "Forward", _BREEZY),
    _man("Achird", "Friendly", _FRIENDLY),
    _man("Zubenelgenubi", "Casual", _EVEN),
    _woman("Vindemiatrix", "Gentle", _MATURE),
    _man("Sadachbia", "Lively", _FRIENDLY),
    _man("Sadaltager", "Knowledgeable", _CLEAR),
    _woman("Sulafat", "Warm", _WARM),
)

TIMBRES: Mapping[str, Timbre] = MappingProxyType({voice.name: voice.timbre for voice in VOICES})
