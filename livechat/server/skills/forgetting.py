"""Understands what is to be forgotten: "forget my name", "erase everything", "stop remembering where I live"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from livechat.server.skills.words import GLUE, Utterance, bag

_ORDER = re.compile(
    r"(?:forget|erase|delete|wipe|clear|unlearn|(?:do not|no longer|stop) remember(?:ing)?)"
    r"(?: (?:about|that|what is))? (?P<what>.+?)(?: (?:again|from your memory|at once|immediately))?"
)
_ALL = bag("everything all anything memory memories me myself notes facts")
_ALL_WORDS = GLUE | _ALL | bag("ever said told know learned remember remembered noted we talked stored saved your")
_NAME_WORDS = GLUE | bag("name called first last full real own call")


@dataclass(frozen=True)
class Forget:
    """An order to forget."""

    what: str
    """In plain words, from the user's side: "my favourite colour"."""

    @property
    def everything(self) -> bool:
        words = self.what.split()
        return all(word in _ALL_WORDS for word in words) and not _ALL.isdisjoint(words)

    @property
    def name(self) -> bool:
        """The user's name is to be forgotten, and nothing else."""
        words = self.what.split()
        return all(word in _NAME_WORDS for word in words) and not {"name", "called"}.isdisjoint(words)


def to_forget(said: Utterance) -> Forget | None:
    found = _ORDER.fullmatch(said.kernel)
    return Forget(found["what"]) if found and found["what"] != "it" else None
