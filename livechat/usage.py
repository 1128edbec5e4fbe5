"""Counts a session's tokens by modality, whichever way the server reports them, and none of them twice.

The wire does not say whether a usage message holds what is new, the turn so far or the session so far, and servers
differ. Within a turn a message that is nowhere smaller than the one before replaces it, otherwise it adds to it.
A turn's account is closed when the model first says something in the next one, so that a report which comes late or
twice finds its own turn. Across turns a server that counts the whole session is known by its numbers: what it reports
fits what the model said in this turn only after the earlier turns are taken away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from livechat.events import UsageCounted
from livechat.protocol.server import ModalityTokenCount, UsageMetadata

AUDIO_TOKENS_PER_S = 25
TEXT_BYTES_PER_TOKEN = 4
"""Of UTF-8: near enough in any script, where characters are not."""


@dataclass(slots=True)
class Count:
    prompt: Counter[str] = field(default_factory=Counter[str])
    response: Counter[str] = field(default_factory=Counter[str])
    thoughts: int = 0

    def covers(self, other: Count) -> bool:
        """Nowhere smaller than `other`: it may be the same count, carried on. Details may have come only now."""
        more = zip(self._parts(), other._parts(), strict=True)
        return all(mine >= theirs for mine, theirs in more)

    def __add__(self, other: Count) -> Count:
        return Count(self.prompt + other.prompt, self.response + other.response, self.thoughts + other.thoughts)

    @property
    def total(self) -> int:
        return sum(self._parts())

    def _parts(self) -> tuple[int, int, int]:
        return self.prompt.total(), self.response.total(), self.thoughts


class Usage:
    """The running account: `said` is told what the model says, `count` takes each usageMetadata."""

    def __init__(self) -> None:
        self._before = Count()
        """What the earlier turns cost."""
        self._turn = Count()
        """What this turn has reported."""
        self._latest: Count | None = None
        """The last report, until the model says something more: the same again is its doublet."""
        self._number = 0
        self._expected = 0.0
        """Tokens that this turn's words and sound may have cost."""
        self._session_wide = False

    def said(self, turn: int, text: str = "", sound_s: float = 0.0) -> None:
        """The model said this in turn number `turn`: what is counted from now on belongs to it."""
        if turn != self._number:
            if self._number:
                self._close()
            self._number, self._expected = turn, 0.0
        self._latest = None
        self._expected += len(text.encode("utf-8", "replace")) / TEXT_BYTES_PER_TOKEN + sound_s * AUDIO_TOKENS_PER_S

    def count(self, usage: UsageMetadata) -> UsageCounted:
        """The account with this report in it."""
        new = _read(usage)
        if new != self._latest:
            self._latest = new
            if self._turn.response.total() and new.total == new.prompt.total():
                self._close()  # the next prompt, counted before its answer
                self._number = 0
            self._turn = new if new.covers(self._turn) else self._turn + new
            self._judge()
        sum_ = self._sum()
        return UsageCounted(dict(sum_.prompt), dict(sum_.response), sum_.thoughts, sum_.total)

    def _close(self) -> None:
        self._before, self._turn = self._sum(), Count()

    def _judge(self) -> None:
        """Decides by the better fit whether this server counts the turn or the whole session."""
        as_turn = self._turn.response.total()
        as_session = as_turn - self._before.response.total()
        if self._before.total and self._turn.covers(self._before) and as_session > 0 and self._expected:
            self._session_wide = abs(as_session - self._expected) * 2 < abs(as_turn - self._expected)

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
