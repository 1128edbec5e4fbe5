"""The thirty names and their timbres."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

from livechat.server.timbres import AS_GIVEN, TIMBRES, VOICES

MEN = (
    "Puck Charon Fenrir Orus Enceladus Iapetus Umbriel Algieba Algenib Rasalgethi Alnilam Schedar Achird "
    "Zubenelgenubi Sadachbia Sadaltager"
)
WOMEN = (
    "Zephyr Kore Leda Aoede Callirrhoe Autonoe Despina Erinome Laomedeia Achernar Gacrux Pulcherrima "
    "Vindemiatrix Sulafat"
)


def test_there_are_the_thirty_names_each_once() -> None:
    assert Counter(voice.name for voice in VOICES) == Counter(MEN.split() + WOMEN.split())
    assert set(TIMBRES) == {voice.name for voice in VOICES}


def test_men_are_men_and_women_are_women() -> None:
    assert {voice.name for voice in VOICES if voice.sex == "male"} == set(MEN.split())


def test_men_speak_below_the_pitch_of_women_and_through_a_longer_vocal_tract() -> None:
    men, women = ([voice.timbre for voice in VOICES if voice.sex == sex] for sex in ("male", "female"))
    assert all(80 <= man.pitch_hz <= 130 and man.formants <= 0.95 for man in men)
    assert all(155 <= woman.pitch_hz <= 240 and woman.formants >= 0.93 for woman in women)


def test_fifteen_timbres_are_shared_by_two_names_each() -> None:
    shared = Counter(TIMBRES.values())
    assert len(shared) == 15
    assert set(shared.values()) == {2}


def test_every_name_has_its_published_character() -> None:
    characters = {voice.name: voice.character for voice in VOICES}
    assert characters["Puck"] == "Upbeat"
    assert characters["Charon"] == "Informative"
    assert characters["Zubenelgenubi"] == "Casual"
    assert all(word and " " not in word for word in characters.values())


def test_one_timbre_is_the_speaker_as_given() -> None:
    assert TIMBRES["Kore"] == AS_GIVEN


def test_the_table_costs_nothing_to_print() -> None:
    code = "import sys, livechat.server.timbres; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
