"""Cuts streamed text into pieces worth speaking one by one: sentences, and clauses of the very long ones.

Nothing is lost or changed: joined, the pieces are the text. Where it is cut does not depend on how the text
happened to arrive. A cut needs the first character after it, so the last piece comes with `flush`.
"""

from __future__ import annotations

import re

LONGEST = 200
"""Characters after which a sentence without an end is cut at a clause, a space or, at worst, anywhere."""
FIRST = 60
"""Characters after which the first piece is cut at a clause already, so that the voice begins soon."""
SHORTEST_CLAUSE = 20
"""Characters of the shortest clause that is spoken alone."""

_END = re.compile(r"""(?P<word>[^\s"'“‘(\[]*?)(?P<mark>[.!?…]+)(?P<closing>["'”’)\]*_]*)\s+$""")
_CLAUSE = re.compile(r"(?:[,;:)]|\s[-—–])\s+|—")
_FULL_WIDTH = re.compile(r"[。！？]$")
_LIST_NUMBER = re.compile(r"\s*\d{1,3}")

# A full stop behind these never ends a sentence, ...
_TITLE = re.compile(
    r"dr|mrs?|ms|prof|st|mt|vs|e\.g|i\.e|cf|fig|approx|gen|sen|rep|rev|hon|capt|lt|col|sgt", re.IGNORECASE
)
# ... and behind these only if a capital follows.
_SHORT_FORM = re.compile(
    r"etc|[ap]\.m|u\.s|u\.k|inc|ltd|co|corp|jr|sr|no|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec", re.IGNORECASE
)


class SentenceCutter:
    """Takes text as it streams in, gives pieces as soon as they are certain."""

    def __init__(self, *, first: int = FIRST, longest: int = LONGEST) -> None:
        self._first = first
        self._longest = longest
        self._begun = False
        self._held = ""

    def feed(self, text: str) -> list[str]:
        """The pieces that `text` completes, with their white space."""
        pieces: list[str] = []
        for char in text:
            if end := self._end_before(char):
                pieces.append(self._held[:end])
                self._held = self._held[end:]
                self._begun = True
            self._held += char
        return pieces

    def flush(self) -> list[str]:
        """What is left at the end of a reply, if anything; the next text begins anew."""
        rest, self._held, self._begun = self._held, "", False
        return [rest] if rest else []

    def _end_before(self, char: str) -> int:
        """Where the text held is to be cut, now that the next character is known; 0 for nowhere."""
        if _ends_sentence(self._held, char):
            return len(self._held)
        if len(self._held) >= self._longest:
            return _long_end(self._held)
        if not self._begun and len(self._held) >= self._first:
            return max(_clause_ends(self._held, SHORTEST_CLAUSE), default=0)
        return 0


def _ends_sentence(text: str, following: str) -> bool:
    if _FULL_WIDTH.search(text):
        return following not in "。！？”’」』)"
    if following.isspace() or not text[-1:].isspace() or not text.strip():
        return False
    if "\n" in text[len(text.rstrip()) :]:
        return True
    end = _END.search(text)
    return end is not None and _is_end(end, text, following)


def _is_end(end: re.Match[str], text: str, following: str) -> bool:
    if end["mark"] == "." and (_never_ends(end["word"]) or _LIST_NUMBER.fullmatch(text, 0, end.end("word"))):
        return False
    if end["closing"] or end["mark"] in ("...", "…") or _SHORT_FORM.fullmatch(end["word"]):
        return not (following.islower() or (end["word"].lower() == "no" and following.isdecimal()))
    return True


def _never_ends(word: str) -> bool:
    """A title, or the J of J. Smith; but "and so am I." ends."""
    return bool(_TITLE.fullmatch(word)) or (len(word) == 1 and word.isupper() and word != "I")


def _clause_ends(text: str, least: int) -> list[int]:
    return [match.end() for match in _CLAUSE.finditer(text) if match.end() >= least]


def _long_end(text: str) -> int:
    """Where a sentence that is too long is cut: at its last clause, its last space, or where it stands."""
    clauses = _clause_ends(text, len(text) * 2 // 5)
    space = max(text.rfind(" "), text.rfind("\t")) + 1
    return clauses[-1] if clauses else space or len(text)
