"""Tells a mind what happens (`>>`), checks what it answers (`<<`), and shows the whole play when they differ.

A mind is anything pure with `handle(input, now) -> list[output]` and a `deadline`: the client's Conversation and the
embedded server's Dialogue both are. A play is one chain, asserted:

    assert (
        Playbook(mind, tick=Ticked)
        >> Connected()
        >> ClientSaid(hello) << Reply(greeting) << Think
        >> after(0.3) << Speak
    )

`>> input` hands the input over at the play's own time. `>> after(seconds)` lets time pass: every deadline that lies
on the way is kept, one tick each, and a mind that asks to be woken without end fails the play.
`<< output` is the next thing that must come out; a class stands for any output of that class, and inside an output
`unittest.mock.ANY` stands for any field. `<< nothing` says that nothing (more) comes out.
Whatever comes out must be named before the next `>>` and before the end: silence is never assumed.
A play that nobody asserts complains when it is thrown away.
"""

from __future__ import annotations

import difflib
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, Protocol, Self, TypeVar, cast

I_contra = TypeVar("I_contra", contravariant=True)
O_co = TypeVar("O_co", covariant=True)
Happened = TypeVar("Happened")
Answered = TypeVar("Answered")

LONGEST: Final = 200  # characters or bytes that are shown in full
RESTLESS: Final = 10_000  # ticks in one `after`; a mind that asks for more is spinning


class Mind(Protocol[I_contra, O_co]):
    @property
    def deadline(self) -> float | None: ...

    def handle(self, input: I_contra, now: float, /) -> Iterable[O_co]: ...


@dataclass(frozen=True)
class after:  # noqa: N801 - it reads as a word of the play
    """Time passes; `seconds` of it."""

    seconds: float


@dataclass(frozen=True)
class Nothing:
    """What comes out when nothing does."""


nothing: Final = Nothing()


class PlayError(AssertionError):
    """The mind did something else; the message is the play so far and the difference."""


class Playbook(Generic[Happened, Answered]):
    """One play of one mind. `tick` makes the input that says "your deadline is here"; `ignore` are classes of
    outputs this play does not care about; `now` is the time it begins at, in seconds."""

    def __init__(
        self,
        mind: Mind[Happened, Answered],
        *,
        tick: Callable[[], Happened] | None = None,
        ignore: tuple[type[Answered], ...] = (),
        now: float = 0.0,
    ) -> None:
        self.mind = mind
        self.now = now
        self._tick = tick
        self._ignore = ignore
        self._story: list[str] = []
        self._came_out: deque[Answered] = deque()
        self._settled = True

    def __rshift__(self, happened: Happened | after) -> Self:
        self._expect_silence()
        self._settled = False
        if isinstance(happened, after):
            self._wait(happened.seconds)
        else:
            self._tell(happened)
        return self

    def __lshift__(self, expected: Answered | type[Answered] | Nothing) -> Self:
        self._settled = False
        if expected == nothing:
            self._expect_silence()
        elif not self._came_out:
            self._fail(f"<< {_show(expected)}", "<< nothing")
        elif not _agree(expected, self._came_out[0]):
            self._fail(f"<< {_show(expected)}", f"<< {_show(self._came_out[0])}")
        else:
            self._story.append(f"  << {_show(self._came_out.popleft())}")
        return self

    def __bool__(self) -> bool:
        self._expect_silence()
        self._settled = True
        return True

    def __repr__(self) -> str:
        return "\n".join(["", *self._story])

    def __del__(self) -> None:
        if not self._settled:
            raise PlayError("a play was told and never asserted; it ends\n" + "\n".join(self._story[-3:]))

    def take(self) -> list[Answered]:
        """Takes everything that came out and has not been named, for checks that no `<<` can say."""
        taken = list(self._came_out)
        self._story.extend(f"  << {_show(output)}" for output in taken)
        self._came_out.clear()
        self._settled = True
        return taken

    def _tell(self, happened: Happened) -> None:
        self._story.append(f"{self.now:9.3f} >> {_show(happened)}")
        outputs = self.mind.handle(happened, self.now)
        self._came_out.extend(output for output in outputs if not isinstance(output, self._ignore))

    def _wait(self, seconds: float) -> None:
        until = self.now + seconds
        for _ in range(RESTLESS):
            deadline = self.mind.deadline
            if self._tick is None or deadline is None or deadline > until:
                self.now = until
                self._story.append(f"{self.now:9.3f} >> (time passes)")
                return
            self.now = max(self.now, deadline)
            self._tell(self._tick())
        self._fail(f">> after({seconds})", f"still asking to be woken at {self.mind.deadline}")

    def _expect_silence(self) -> None:
        if self._came_out:
            self._fail("<< nothing", *(f"<< {_show(output)}" for output in self._came_out))

    def _fail(self, expected: str, *came: str) -> None:
        self._settled = True
        difference = difflib.ndiff(expected.splitlines(), "\n".join(came).splitlines())
        raise PlayError("\n".join(["the play went", *self._story, "and then (- expected, + came)", *difference]))


def _agree(expected: object, came: object) -> bool:
    return isinstance(came, expected) if isinstance(expected, type) else bool(expected == came)


def _show(thing: object) -> str:
    return f"any {thing.__name__}" if isinstance(thing, type) else _told(thing)


def _told(thing: object) -> str:
    """`thing` on one line: of its fields those that say something, of long bytes and texts how long they are."""
    if isinstance(thing, str | bytes):
        return repr(thing) if len(thing) <= LONGEST else f"{thing[:20]!r}…({len(thing)})"
    if isinstance(thing, list | tuple):
        return "[" + ", ".join(_told(item) for item in cast("list[object]", thing)) + "]"
    fields = _fields(thing)
    if fields is None:
        return repr(thing)
    said = ", ".join(f"{name}={_told(value)}" for name, value in fields if value is not None)
    return f"{type(thing).__name__}({said})"


def _fields(thing: object) -> list[tuple[str, object]] | None:
    """The fields of a dataclass or of a pydantic model; None for anything else."""
    names = getattr(thing, "__dataclass_fields__", None) or getattr(thing, "__pydantic_fields__", None)
    return None if names is None else [(name, getattr(thing, name)) for name in names]
