"""Reads the keys of the console of Windows, which gives characters, and two codes for a key that writes none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Event
from typing import Final, Protocol

from livechat.terminal.decoder import Key, plain

LOOK_S: Final = 0.02
"""How often it is looked whether a key was pressed: a thread that waits for one could not be ended."""
_PREFIXES: Final = ("\0", "\xe0")


class Console(Protocol):
    """What of the module `msvcrt` is used."""

    def kbhit(self) -> bool: ...
    def getwch(self) -> str: ...


def _named(codes: str, *names: str) -> dict[str, str]:
    return dict(zip(codes, names, strict=True))


def _with_alt(first: int, letters: str) -> dict[str, str]:
    """The keys of one row of the keyboard, which are numbered."""
    return {chr(code): f"alt-{letter}" for code, letter in enumerate(letters, first)}


_CODES: Final[Mapping[str, str]] = {
    **_named("HPKMGOIQRS", "up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete"),
    **_named(
        "\x8d\x91stwu\x93", *(f"ctrl-{name}" for name in ("up", "down", "left", "right", "home", "end", "delete"))
    ),
    **_named("\x03\x1c\x0e", "ctrl-space", "alt-enter", "alt-backspace"),
    **_named("\x9b\x9d", "alt-left", "alt-right"),
    **{chr(0x3B + n): f"f{n + 1}" for n in range(10)},
    **_named("\x85\x86", "f11", "f12"),
    **_with_alt(0x10, "qwertyuiop"),
    **_with_alt(0x1E, "asdfghjkl"),
    **_with_alt(0x2C, "zxcvbnm"),
}
"""What follows a prefix: the codes of the keyboard's first makers
(https://learn.microsoft.com/cpp/c-runtime-library/reference/getch-getwch)."""


class ConsoleDecoder:
    """Turns what `getwch` gives, one UTF-16 unit a time, into keys. Pure."""

    def __init__(self) -> None:
        self._held = ""

    @property
    def waiting(self) -> bool:
        """Whether the last unit was a prefix, or the letter à, after which nothing comes."""
        return bool(self._held)

    def feed(self, unit: str) -> list[Key]:
        held, self._held = self._held, ""
        if held in _PREFIXES:
            return [Key(_CODES[unit])] if unit in _CODES else []
        if unit in _PREFIXES or "\ud800" <= unit <= "\udbff":
            self._held = unit
            return []
        if "\udc00" <= unit <= "\udfff":
            return [plain((held + unit).encode("utf-16", "surrogatepass").decode("utf-16"))] if held else []
        return [plain(unit)]

    def timeout(self) -> list[Key]:
        """The key after which nothing came."""
        held, self._held = self._held, ""
        return [plain(held)] if held == "\xe0" else []


def read(console: Console, tell: Callable[[Key], None], over: Event) -> None:
    """Tells of every key until it is over: the work of a thread."""
    decoder = ConsoleDecoder()
    while not over.wait(LOOK_S):
        while console.kbhit():
            for key in decoder.feed(console.getwch()):
                tell(key)
        for key in decoder.timeout():
            tell(key)
