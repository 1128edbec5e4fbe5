"""Keys, chords and their order: what sounds well together, as numbers."""

from __future__ import annotations

from dataclasses import dataclass

from livechat.server.music.chance import pick

MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 10)
RELATIVE_MINOR = 9
"""Semitones from the tonic of a major key up to that of the minor key with the same notes."""
CHORDS_FROM, BASS_FROM = 55, 33
"""The lowest pitches of chords (G3, 196 Hz: what is lower belongs to the bass) and of the bass (A1, 55 Hz)."""
PROGRESSIONS: dict[bool, tuple[tuple[int, ...], ...]] = {
    False: ((0, 4, 5, 3), (0, 5, 3, 4), (5, 3, 0, 4), (0, 3, 5, 4), (3, 0, 4, 5)),
    True: ((0, 5, 2, 6), (0, 3, 5, 4), (0, 6, 5, 6), (0, 3, 6, 2), (5, 6, 0, 0)),
}
"""Degrees of four chords, from 0; for major and, under True, for minor."""
JAZZ: dict[bool, tuple[tuple[int, ...], ...]] = {
    False: ((1, 4, 0, 5), (0, 5, 1, 4), (2, 5, 1, 4), (3, 4, 2, 5)),
    True: ((0, 3, 4, 0), (5, 3, 4, 0), (0, 5, 3, 4)),
}
"""The same for music of sevenths."""


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic and one of two scales."""

    tonic: int
    """Pitch class: 0 is C."""
    minor: bool

    def pitch_class(self, degree: int) -> int:
        """Of a degree counted from 0 at the tonic, upwards or downwards without end."""
        return self.pitch(degree) % 12

    def pitch(self, degree: int) -> int:
        """Semitones above the lowest tonic, which is below 12."""
        octave, step = divmod(degree, 7)
        return self.tonic + 12 * octave + (MINOR if self.minor else MAJOR)[step]

    def nearest(self, pitch: int) -> int:
        """The degree whose pitch is at or next below a MIDI pitch."""
        return max(degree for degree in range(7 * 12) if self.pitch(degree) <= max(pitch, self.tonic))


def key_of(tonic: int | None, light: float, seed: int) -> Key:
    """The key of a piece: from the major scale's tonic if one is asked for; light music is major, dark is minor."""
    major = pick(range(12), seed, "tonic") if tonic is None else tonic
    minor = light < 0.5
    return Key((major + RELATIVE_MINOR) % 12 if minor else major, minor)


def chord_at(key: Key, number: int, sevenths: float, seed: int) -> tuple[int, ...]:
    """The degrees of the chord of a bar, root first. Four bars repeat; every other eight have another four."""
    jazzy = sevenths >= 0.5
    table = (JAZZ if jazzy else PROGRESSIONS)[key.minor]
    root = pick(table, seed, "chords", number // 8 % 2)[number % 4]
    return (root, root + 2, root + 4, root + 6) if jazzy else (root, root + 2, root + 4)


def voiced(key: Key, chord: tuple[int, ...]) -> tuple[int, ...]:
    """The chord as MIDI pitches within one octave, whatever its root, so that neighbours move little."""
    return tuple(sorted(upwards(CHORDS_FROM, key.pitch_class(degree)) for degree in chord))


def upwards(lowest: int, pitch_class: int) -> int:
    """The first MIDI pitch of this class from `lowest` on."""
    return lowest + (pitch_class - lowest) % 12
