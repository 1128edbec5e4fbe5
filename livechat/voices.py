"""The names of the prebuilt voices, as a person types them."""

from __future__ import annotations

from livechat.errors import UsageError


def check_voice(name: str) -> str:
    """The voice's name as the wire spells it, whatever the case it was typed in. Raises UsageError."""
    problem = unknown_voice(name)
    if problem:
        raise UsageError(problem, hint="livechat voices")
    return _canonical()[name.strip().lower()]


def unknown_voice(name: str) -> str:
    """What is wrong with a voice's name, or nothing."""
    from livechat.suggest import closest

    known = _canonical()
    if name.strip().lower() in known:
        return ""
    near = closest(name, list(known.values()))
    return f"unknown voice {name!r}" + (f" — did you mean {near}?" if near else "")


def _canonical() -> dict[str, str]:
    from livechat.protocol.generations import VOICES

    return {voice.lower(): voice for voice in VOICES}
