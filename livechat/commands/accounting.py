"""Prints the tokens a session used, by modality, when it is over."""

from __future__ import annotations

from collections.abc import Mapping

from livechat.events import Ended, Event, UsageCounted
from livechat.terminal.report import Report


class Accounting:
    """An observer that keeps the last count and reports it at the end."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._count: UsageCounted | None = None

    def __call__(self, t: float, event: Event) -> None:
        if isinstance(event, UsageCounted):
            self._count = event
        elif isinstance(event, Ended):
            self._report.note(self._sentence())

    def _sentence(self) -> str:
        if self._count is None:
            return "tokens: the server reported none"
        count = self._count
        thoughts = f", thoughts {count.thoughts}" if count.thoughts else ""
        return f"tokens: in {_sum(count.prompt)}, out {_sum(count.response)}{thoughts}, total {count.total}"


def _sum(by_modality: Mapping[str, int]) -> str:
    parts = ", ".join(f"{modality} {count}" for modality, count in sorted(by_modality.items()))
    return f"{sum(by_modality.values())}" + (f" ({parts})" if parts else "")
