"""The gate that every foreign character passes on its way to a screen: nothing behind it can command a terminal.

Terminals take orders in the text they show: set the clipboard (OSC 52), move up and overwrite an earlier line, turn
the reading direction round, swallow what follows into the window's title. Whoever writes the text (a model, a server,
a file name) must not be able to give them. So the gate lets through what is text and makes the rest visible:

    a whole escape sequence                              ␛      one sign for OSC, DCS, PM, APC, SOS, CSI and two-byte
                                                                escapes, in their 7-bit and their 8-bit form
    another C0 control, DEL                              its control picture: ␇ ␈ … ␡
    another C1 control, a surrogate                      U+FFFD
    CR, CRLF, U+2028, U+2029                             a line feed
    bidi controls, deprecated format controls, BOM, tags dropped
    line feed, tab, ZWJ, variation selectors             kept

It is passed whether or not stdout is a terminal: what goes into a pipe or a file ends on a screen all the same, after
`tee`, `less -R` or a later `cat`, and text that is asked for has no use for orders to a terminal.

The escapes are those of ECMA-48 §5.3–5.6 and §8.3; the pictures are U+2400 to U+2421. A sequence longer than
`LONGEST` or broken by a control is not taken whole: its opening becomes ␛ and its payload stays as readable text.
That bound is what lets the streaming gate give the same answer as the whole-text one wherever a chunk ends.
"""

from __future__ import annotations

import re
from typing import NewType

Safe = NewType("Safe", str)
"""Text that has passed the gate."""

LONGEST = 256
"""Characters in the longest escape sequence taken whole, and at most held back by the streaming gate."""

_INSIDE = 250  # characters between the opening (at most 2) and the end (at most 2): together within LONGEST
_OPEN_STRING = r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])"
_PAYLOAD = rf"[^\x00-\x1f\x7f-\x9f]{{0,{_INSIDE}}}"
_OPEN_CSI = r"(?:\x1b\[|\x9b)"
_PARAMETERS = rf"[0-?]{{0,{_INSIDE // 2}}}[ -/]{{0,{_INSIDE // 2}}}"
_INTERMEDIATES = rf"[ -/]{{0,{_INSIDE}}}"

_HAZARD = re.compile(
    rf"(?P<escape>{_OPEN_STRING}{_PAYLOAD}(?:\x07|\x1b\\|\x9c)"
    rf"|{_OPEN_CSI}{_PARAMETERS}[@-~]"
    rf"|\x1b{_INTERMEDIATES}[0-~]"
    r"|\x1b)"
    r"|(?P<newline>\r\n?|[\u2028\u2029])"
    r"|(?P<picture>[\x00-\x08\x0b\x0c\x0e-\x1f\x7f])"
    r"|(?P<lost>[\x80-\x9f\ud800-\udfff])"
    r"|(?P<dropped>[\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ufeff\U000e0000-\U000e007f])"
)

_UNFINISHED = re.compile(rf"(?:\r|{_OPEN_STRING}{_PAYLOAD}\x1b?|{_OPEN_CSI}{_PARAMETERS}|\x1b{_INTERMEDIATES})\Z")

_ONE_LINE = str.maketrans("\n\t", "␤␉")


def safe(text: str, *, multiline: bool = True) -> Safe:
    """`text` with every order to the terminal disarmed; passing the gate twice changes nothing more.

    With `multiline=False` line feeds and tabs become pictures too: for names and cells, where a second line could
    pass for one of ours.
    """
    clean = _HAZARD.sub(_harmless, text)
    if not multiline:
        clean = clean.translate(_ONE_LINE)
    return Safe(clean)


def _harmless(hazard: re.Match[str]) -> str:
    match hazard.lastgroup:
        case "escape":
            return "␛"
        case "newline":
            return "\n"
        case "picture":
            code = ord(hazard[0])
            return "␡" if code == 0x7F else chr(0x2400 + code)
        case "lost":
            return "\ufffd"
        case _:
            return ""


class Gate:
    """The gate for text that arrives in pieces: the pieces joined are what `safe` makes of the whole.

    The beginning of an escape sequence at the end of a piece, at most `LONGEST` characters, and a lone CR wait for
    the next piece or for `flush`.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> Safe:
        """What can be shown now."""
        text = self._held + text
        unfinished = _UNFINISHED.search(text, max(0, len(text) - LONGEST))
        end = unfinished.start() if unfinished else len(text)
        self._held = text[end:]
        return safe(text[:end])

    def flush(self) -> Safe:
        """What was held back, as no more is coming."""
        held, self._held = self._held, ""
        return safe(held)
