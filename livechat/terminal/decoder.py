"""Turns the bytes that a terminal sends into keys, however they are cut, and stops at nothing it does not know. Pure.

Three dialects are understood at once: the controls and escape sequences of old (ECMA-48 §5.4 and the tables of xterm,
rxvt and the Linux console), bracketed paste, and the keyboard protocol of kitty, which alone tells of repeats and
releases (https://sw.kovidgoyal.net/kitty/keyboard-protocol/). The same bytes give the same keys wherever they are cut.
Only the escape key needs a clock: it is the beginning of every sequence, so who reads has to say that nothing followed.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 256
"""Characters after which a sequence without an end is given up, and what follows is keys again."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key that was pressed; with kitty's protocol also one that is held (`repeated`) or let go (`released`)."""

    name: str
    """`char` for what writes, else the key's name after `super-`, `ctrl-`, `alt-` and `shift-`, in this order."""
    text: str = ""
    """What it writes: one character for `char` and `space`, for `paste` the whole, its lines ended by line feeds."""
    released: bool = False
    repeated: bool = False


_CONTROLS: Final[Mapping[str, str]] = {
    **{chr(code): f"ctrl-{chr(code | 0x60)}" for code in range(0x01, 0x1B)},
    **{chr(code): f"ctrl-{chr(code | 0x40)}" for code in range(0x1C, 0x20)},
    **dict.fromkeys("\b\x7f", "backspace"),
    **dict.fromkeys("\n\r", "enter"),
    **dict(zip("\0\t\x1b", ("ctrl-space", "tab", "esc"), strict=True)),
}
_FINALS: Final[Mapping[str, str]] = dict(
    zip("ABCDFHPQRSZ", ["up", "down", "right", "left", "end", "home", "f1", "f2", "f3", "f4", "tab"], strict=True)
)
"""What ends a sequence CSI … or follows SS3 (ESC O); CSI Z is the tab with shift."""
_SS3: Final[Mapping[str, str]] = {**_FINALS, "I": "tab", "M": "enter"}
_SS3_TEXT: Final[Mapping[str, str]] = dict(zip("jklmnopqrstuvwxyX", "*+,-./0123456789=", strict=True))
"""The number pad as the VT100 sent it."""
_TILDES: Final[Mapping[int, str]] = {
    **dict(enumerate(["home", "insert", "delete", "end", "pageup", "pagedown", "home", "end"], 1)),
    **{code: f"f{n}" for n, code in enumerate((11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24), 1)},
}
"""Of CSI … ~ the first parameter."""
_KITTY: Final[Mapping[int, str]] = {
    **dict(zip((8, 9, 13, 27, 32, 127), ["backspace", "tab", "enter", "esc", "space", "backspace"], strict=True)),
    **{57363 + n: f"f{n}" for n in range(13, 36)},
    57414: "enter",
    **dict(enumerate(["left", "right", "up", "down", "pageup", "pagedown", "home", "end", "insert", "delete"], 57417)),
}
"""Keys that write nothing, by their code in CSI … u; the number pad's arrows are arrows."""
_KITTY_PAD: Final[Mapping[int, str]] = dict(enumerate("0123456789./*-+", 57399))
_KITTY_OTHERS: Final = range(57344, 63744)
"""The rest of the block: locks, modifiers and media keys, which mean nothing here."""
_SHIFT, _ALT, _CTRL, _SUPER = 1, 2, 4, 8 | 16 | 32
_COMMANDS: Final = _ALT | _CTRL | _SUPER
"""With these a character is a command; shift and the locks (64, 128) only say which character."""
_REPEAT, _RELEASE = "2", "3"

_PARAMETERS = re.compile(r"[0-9;:]*")
_PASTE_BEGINS, _PASTE_ENDS = "\x1b[200~", "\x1b[201~"
_STRINGS: Final = "]P^_X"
"""After ESC they open a string that ends with ST, or with BEL: an answer to somebody's question, and no key."""
_LINE_ENDS = re.compile(r"\r\n?")


class Decoder:
    """Give it the bytes with `feed`. While it is `waiting`, give it `timeout` when nothing has followed for 50 ms."""

    def __init__(self) -> None:
        self.kitty_flags: int | None = None
        """What the terminal last answered to `CSI ? u`; None while it has said nothing."""
        self._text = codecs.getincrementaldecoder("utf-8")("ignore")
        self._held = ""
        """The beginning of a sequence; it begins with ESC."""
        self._pasted: list[str] | None = None
        """The pieces of a paste that has not ended; the last may hold the beginning of its end."""

    @property
    def waiting(self) -> bool:
        """Whether what came last may be a key of its own, or go on."""
        return bool(self._held)

    def feed(self, data: bytes) -> list[Key]:
        """The keys that have come about with these bytes."""
        keys: list[Key] = []
        text = self._text.decode(data)
        while text:
            text = self._paste(text, keys) if self._pasted is not None else self._type(text, keys)
        return keys

    def timeout(self) -> list[Key]:
        """The keys after which nothing came: ESC alone, or alt and the character that might have opened a sequence."""
        held, self._held = self._held, ""
        match len(held):
            case 0:
                return []
            case 1:
                return [Key("esc")]
            case 2:
                return [_with_alt(held[1])]
            case _:
                return []  # half a sequence: the rest was lost

    def _paste(self, text: str, keys: list[Key]) -> str:
        """Takes what belongs to the paste and gives back the rest."""
        assert self._pasted is not None
        tail = self._pasted.pop() if self._pasted else ""
        inside, ended, rest = (tail + text).partition(_PASTE_ENDS)
        if not ended:
            kept = len(inside) - len(_PASTE_ENDS) + 1
            self._pasted += [inside[: max(0, kept)], inside[max(0, kept) :]]
            return ""
        pasted, self._pasted = "".join([*self._pasted, inside]), None
        keys.append(Key("paste", _LINE_ENDS.sub("\n", pasted)))
        return rest

    def _type(self, text: str, keys: list[Key]) -> str:
        """Takes characters up to the beginning of a paste and gives back the rest."""
        for place, character in enumerate(text, 1):
            if self._held:
                self._go_on(character, keys)
                if self._pasted is not None:
                    return text[place:]
            else:
                self._begin(character, keys)
        return ""

    def _begin(self, character: str, keys: list[Key]) -> None:
        if character == "\x1b":
            self._held = character
        elif not "\x80" <= character <= "\x9f":  # C1 controls are on no keyboard
            keys.append(plain(character))

    def _go_on(self, character: str, keys: list[Key]) -> None:
        opened = self._held[1:2]
        if not opened:
            self._open(character, keys)
        elif opened == "[":
            self._control_sequence(character, keys)
        elif opened == "O":
            self._single_shift(character, keys)
        else:
            self._string(character, keys)

    def _open(self, character: str, keys: list[Key]) -> None:
        """The character after ESC."""
        if character == "\x1b":
            keys.append(Key("esc"))
        elif character in "[O" or character in _STRINGS:
            self._held += character
        else:
            self._held = ""
            keys.append(_with_alt(character))

    def _single_shift(self, character: str, keys: list[Key]) -> None:
        self._held = ""
        if character in _SS3:
            keys.append(Key(_SS3[character]))
        elif character in _SS3_TEXT:
            keys.append(Key("char", _SS3_TEXT[character]))
        else:
            keys.append(_with_alt("O"))
            self._begin(character, keys)

    def _string(self, character: str, keys: list[Key]) -> None:
        """All of it is left out."""
        ended = character == "\x07" or (self._held.endswith("\x1b") and character == "\\")
        self._held = "" if ended or len(self._held) >= LONGEST else self._held + character

    def _control_sequence(self, character: str, keys: list[Key]) -> None:
        if not " " <= character <= "~":
            self._held = ""  # it was cut off: a control and a letter of another script are keys of their own
            self._begin(character, keys)
        elif character < "@" or self._held + character == "\x1b[[":
            self._held = self._held + character if len(self._held) < LONGEST else ""
        else:
            sequence, self._held = self._held + character, ""
            self._ended(sequence, keys)

    def _ended(self, sequence: str, keys: list[Key]) -> None:
        """A whole control sequence."""
        body, final = sequence[2:-1], sequence[-1]
        if sequence == _PASTE_BEGINS:
            self._pasted = []
        elif final == "u" and body[:1] == "?" and body[1:].isdecimal():
            self.kitty_flags = int(body[1:])
        elif body == "[" and "A" <= final <= "E":
            keys.append(Key(f"f{ord(final) - 0x40}"))  # the Linux console
        elif _PARAMETERS.fullmatch(body):
            keys += _reported(body, final)


def plain(character: str) -> Key:
    """The key that writes this character, or whose control character it is."""
    if character == " ":
        return Key("space", " ")
    return Key(_CONTROLS[character]) if character in _CONTROLS else Key("char", character)


def _with_alt(character: str) -> Key:
    name = {" ": "space", **_CONTROLS}.get(character, character)
    base = name.removeprefix("ctrl-")
    return Key(_modified(base, _ALT if base == name else _CTRL | _ALT))


def _reported(body: str, final: str) -> list[Key]:
    """The key of CSI `body` `final`, where there is one: `code:…;modifiers:event;text`."""
    code, _, after = body.partition(";")
    modifiers, _, text = after.partition(";")
    state, _, event = modifiers.partition(":")
    pressed = max(0, _number(state, 1) - 1) | (_SHIFT if final == "Z" else 0)
    if final == "~" and _number(code, 0) == 27:  # xterm's modifyOtherKeys: CSI 27 ; modifiers ; code ~
        code, text, final = text, "", "u"
    if final == "u":
        key = _written(_number(code, 0), pressed, text)
    else:
        name = _TILDES.get(_number(code, 0)) if final == "~" else _FINALS.get(final) if code in ("", "1") else None
        key = Key(_modified(name, pressed)) if name else None
    if key is None:
        return []
    return [Key(key.name, key.text, released=event == _RELEASE, repeated=event == _REPEAT)]


def _written(code: int, pressed: int, text: str) -> Key | None:
    """The key with that code in CSI u, with what the terminal says that it writes, or else what it is likely to."""
    if code in _KITTY and (code != 32 or pressed & _COMMANDS):
        return Key(_modified(_KITTY[code], pressed))
    character = _KITTY_PAD.get(code) or _character(code)
    if pressed & _COMMANDS:
        return Key(_modified(character.lower(), pressed)) if character else None
    said = "".join(filter(None, map(_character, (_number(part, 0) for part in text.split(":")))))
    writes = said or (character.upper() if pressed & _SHIFT and len(character.upper()) == 1 else character)
    if not writes:
        return None
    return Key("space", " ") if writes == " " else Key("char", writes)


def _character(code: int) -> str:
    """The character with that code; nothing for a control, a surrogate, and kitty's keys without one."""
    no_text = code < 0x20 or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000 or code in _KITTY_OTHERS
    return "" if no_text or code > 0x10FFFF else chr(code)


def _modified(name: str, pressed: int) -> str:
    """`name` with the modifiers before it."""
    before = ((_SUPER, "super-"), (_CTRL, "ctrl-"), (_ALT, "alt-"), (_SHIFT, "shift-"))
    return "".join(word for bits, word in before if pressed & bits) + name


def _number(text: str, otherwise: int) -> int:
    """The first of the numbers in a parameter; a missing or monstrous one is the default."""
    digits = text.partition(":")[0]
    return int(digits) if digits and len(digits) <= 7 else otherwise
