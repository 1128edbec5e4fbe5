"""Counts a session's tokens by modality, whichever way the server reports them, and none of them twice.

The wire does not say whether a usage message holds what is new, the turn so far or the session so far, and servers
differ. Within a turn a message that is nowhere smaller than the one before replaces it, otherwise it adds to it.
Across turns a server that counts the whole session is known by its numbers: what it reports fits the words and the
sound that came in this turn only after the earlier turns are taken away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from livechat.events import UsageCounted
from livechat.protocol.server import ModalityTokenCount, UsageMetadata

AUDIO_TOKENS_PER_S = 25
TEXT_CHARS_PER_TOKEN = 4


@dataclass(slots=True)
class Count:
    prompt: Counter[str] = field(default_factory=Counter[str])
    response: Counter[str] = field(default_factory=Counter[str])
    thoughts: int = 0

    def covers(self, other: Count) -> bool:
        """Nowhere smaller than `other`: it may be the same count, carried on."""
        return self.prompt >= other.prompt and self.response >= other.response and self.thoughts >= other.thoughts

    def __add__(self, other: Count) -> Count:
        return Count(self.prompt + other.prompt, self.response + other.response, self.thoughts + other.thoughts)

    def __sub__(self, other: Count) -> Count:
        return Count(self.prompt - other.prompt, self.response - other.response, self.thoughts - other.thoughts)

    @property
    def total(self) -> int:
        return self.prompt.total() + self.response.total() + self.thoughts


class Usage:
    """The running account; `count` takes each usageMetadata, `turn_over` closes a turn with what came in it."""

    def __init__(self) -> None:
        self._before = Count()
        """What the earlier turns cost."""
        self._turn = Count()
        """What this turn has reported."""
        self._session_wide = False

    def count(self, usage: UsageMetadata) -> UsageCounted:
        new = _read(usage)
        self._turn = new if new.covers(self._turn) else self._turn + new
        return self.told()

    def told(self) -> UsageCounted:
        sum_ = self._sum()
        return UsageCounted(dict(sum_.prompt), dict(sum_.response), sum_.thoughts, sum_.total)

    def turn_over(self, text_chars: int, sound_s: float) -> None:
        """The turn brought this many characters of text parts and seconds of sound."""
        expected = text_chars / TEXT_CHARS_PER_TOKEN + sound_s * AUDIO_TOKENS_PER_S
        as_turn = self._turn.response.total()
        as_session = as_turn - self._before.response.total()
        if self._before.total and self._turn.covers(self._before) and expected:
            self._session_wide = abs(as_session - expected) * 2 < abs(as_turn - expected)
        self._before = self._sum()
        self._turn = Count()

    def _sum(self) -> Count:
        if self._session_wide and self._turn.covers(self._before):
            return self._turn
        return self._before + self._turn


def _read(usage: UsageMetadata) -> Count:
    """Developer and Vertex spellings alike (wire-protocol §4); a count without details is `text`."""
    return Count(
        _by_modality(usage.prompt_tokens_details, usage.prompt_token_count),
        _by_modality(
            usage.response_tokens_details or usage.candidates_tokens_details,
            usage.response_token_count or usage.candidates_token_count,
        ),
        usage.thoughts_token_count or 0,
    )


def _by_modality(details: Iterable[ModalityTokenCount] | None, total: int | None) -> Counter[str]:
    counts: Counter[str] = Counter()
    for detail in details or ():
        counts[str(detail.modality or "unspecified").lower()] += detail.token_count or 0
    missing = (total or 0) - counts.total()
    if missing > 0:
        counts["text" if not counts else "other"] += missing
    return counts
