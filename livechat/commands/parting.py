"""What a call says when it is over: how long it was, how quick, and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from livechat.terminal.ndjson import line
from livechat.terminal.safe import Safe, safe
from livechat.terminal.style import Row, Span, Style

if TYPE_CHECKING:
    from collections.abc import Mapping

    from livechat.audio.jitter import JitterBuffer
    from livechat.events import UsageCounted
    from livechat.figures import Figures, Spread


KEPT: Final = "kept: "
CONTINUE: Final = "go on with it: "


@dataclass
class Parting:
    """Filled while the call goes on."""

    figures: Figures
    reason: str = "the call has ended"
    dropped: int = 0
    """Frames of the microphone that nobody took in time."""
    pictures: int | None = None
    """How many the model was shown; None where there was no video."""
    buffer: JitterBuffer | None = None
    """Where the model's sound went through."""
    kept: list[str] = field(default_factory=list[str])
    """What was written, and where; foreign text."""
    again: str = ""
    """The command line that goes on with it; nothing where nothing was kept."""

    def sentences(self) -> list[str]:
        """For the user, a line each; foreign text."""
        figures = self.figures
        lines = [f"{self.reason}: {lasted(figures.ended_at)}, {', '.join(self._counts())}"]
        if answers := figures.answers:
            lines.append(f"answers were heard {spread(answers)} after you stopped speaking")
        if silences := figures.silences:
            lines.append(f"interrupted answers fell silent within {spread(silences)}")
        if figures.usage is not None:
            lines.append(f"tokens {tokens(figures.usage)}")
        if self.pictures is not None:
            lines.append(f"the model was shown {counted(self.pictures, 'picture')}")
        if trouble := self._trouble():
            lines.append(trouble)
        return [*lines, *self.kept, *([f"{CONTINUE}{self.again}"] if self.again else [])]

    def rows(self) -> list[Row]:
        """The same as a table for a screen."""
        figures, buffer = self.figures, self.buffer
        gaps = buffer.underruns if buffer else 0
        table = [("talked", "   ".join((lasted(figures.ended_at), *self._counts())), "")]
        if answers := figures.answers:
            table.append(("latency", _spread(answers), "end of your speech to first sound"))
        if silences := figures.silences:
            table.append(("silence", _spread(silences), "interruption to silence"))
        if figures.usage is not None:
            table.append(("tokens", tokens(figures.usage), ""))
        if self.pictures is not None:
            table.append(("video", counted(self.pictures, "picture"), ""))
        sound = (counted(gaps, "underrun"), counted(self.dropped, "dropped mic frame"), *self._unsent())
        table.append(("audio", "   ".join(sound), ""))
        head: Row = (Span(Safe("Session ended"), Style.BOLD), Span(_line(f"  {self.reason}"), Style.DIM))
        saved = [("saved" if at == 0 else "", kept.removeprefix(KEPT), "") for at, kept in enumerate(self.kept)]
        again = [("continue", self.again, "")] if self.again else []
        return [(), head, *(_row(*row) for row in (*table, *saved, *again))]

    def _counts(self) -> list[str]:
        figures = self.figures
        counts = [counted(figures.turns, "turn"), counted(figures.interruptions, "interruption")]
        if figures.reconnects:
            counts.append(f"{counted(figures.reconnects, 'reconnect')} ({counted(figures.lost_turns, 'turn')} lost)")
        return counts

    def _unsent(self) -> list[str]:
        """What the user said and the network was too slow for."""
        unsent_ms = self.figures.unsent_ms
        return [f"{unsent_ms / 1000:.1f} s of your voice not sent"] if unsent_ms else []

    def _trouble(self) -> str:
        gaps = self.buffer.underruns if self.buffer is not None else 0
        concealed = round(self.buffer.concealed_ms) if self.buffer is not None else 0
        parts = [f"{counted(gaps, 'gap')} in the model's sound ({concealed} ms)"] if gaps else []
        parts += [f"{counted(self.dropped, 'frame')} of your sound dropped"] if self.dropped else []
        parts += self._unsent()
        return ", ".join(parts)

    def json(self, t: float) -> str:
        """The same as one line of NDJSON."""
        figures, buffer = self.figures, self.buffer
        return line(
            t,
            "summary",
            turns=figures.turns,
            interruptions=figures.interruptions,
            answer_ms=_numbers(figures.answers),
            silence_ms=_numbers(figures.silences),
            underruns=buffer.underruns if buffer else 0,
            concealed_ms=round(buffer.concealed_ms) if buffer else 0,
            stretched_ms=round(buffer.stretched_ms) if buffer else 0,
            dropped_frames=self.dropped,
            pictures=self.pictures or 0,
            reconnects=figures.reconnects,
            lost_turns=figures.lost_turns,
            unsent_ms=figures.unsent_ms,
        )


def tokens(usage: UsageCounted) -> str:
    """What went in and came out, and how much of it was sound."""
    return "   ".join(f"{name} {_of_them(counts)}" for name, counts in (("in", usage.prompt), ("out", usage.response)))


def _of_them(counts: Mapping[str, int]) -> str:
    parts = [f"{modality} {number:,}".replace(",", " ") for modality, number in counts.items() if number]
    total = f"{sum(counts.values()):,}".replace(",", " ")
    return f"{total} ({', '.join(parts)})" if parts else total


def _row(name: str, words: str, meant: str) -> Row:
    note = (Span(Safe(f"   ({meant})"), Style.DIM),) if meant else ()
    return (Span(Safe(f"  {name:<8}  "), Style.DIM), Span(_line(words)), *note)


def _spread(times: Spread) -> str:
    return f"{times.p50} ms" if times.count == 1 else f"p50 {times.p50} ms   p95 {times.p95} ms"


def _line(words: str) -> Safe:
    return safe(words, multiline=False)


def lasted(seconds: float) -> str:
    """A length of time in words: `4 min 12 s`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def spread(times: Spread) -> str:
    """A single time, or half of several and nearly all of them."""
    return f"{times.p50} ms" if times.count == 1 else f"{times.p50} ms (p50) and {times.p95} ms (p95)"


def _numbers(times: Spread | None) -> dict[str, int] | None:
    return None if times is None else {"count": times.count, "p50": times.p50, "p95": times.p95}
