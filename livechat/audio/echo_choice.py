"""Chooses how a call keeps the speaker's sound out of the microphone's, and says why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

How: TypeAlias = Literal["on", "off", "half-duplex"]

_AT_THE_EAR: Final = re.compile(
    r"head-?(phone|set)|ear-?(phone|bud|pod|piece)|airpod|\bbuds\b|hands-?free", re.IGNORECASE
)
"""Names of devices that no microphone hears."""


@dataclass(frozen=True, slots=True)
class EchoChoice:
    """What is done, and why where that was not asked for."""

    how: How
    why: str = ""

    @property
    def sentence(self) -> str:
        """For the user; foreign text."""
        words = {
            "on": "echo cancellation is on",
            "off": "echo cancellation is off",
            "half-duplex": "half duplex: nothing is heard while the model speaks",
        }[self.how]
        return f"{words} ({self.why})" if self.why else words


def choose_echo(
    wish: str, *, in_the_open: bool, speaker: str, missing: str, predicted: str, no_echo: bool
) -> EchoChoice:
    """What `--aec` comes to.

    `in_the_open`: a loudspeaker and a microphone, not pipes; `speaker` is its name, foreign text. `missing` says why
    echo cannot be cancelled on this machine, `predicted` why it will not be between these devices; both may be empty.
    `no_echo`: a test has found none between them.
    """
    if not in_the_open:
        asked = wish in ("on", "half-duplex")
        return EchoChoice("off", "it is for a microphone and a loudspeaker, not for pipes" if asked else "")
    if wish in ("on", "off", "half-duplex"):
        return EchoChoice("on" if wish == "on" else "off" if wish == "off" else "half-duplex")
    if _AT_THE_EAR.search(speaker):
        return EchoChoice("off", f"'{speaker}' sounds like something worn on the ears")
    if no_echo:
        return EchoChoice("off", "no echo was heard in the last test of these devices")
    if missing:
        return EchoChoice("half-duplex", missing)
    if predicted:
        return EchoChoice("half-duplex", predicted)
    return EchoChoice("on")
