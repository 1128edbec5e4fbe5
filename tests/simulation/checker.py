"""Judges a play: what the user got, what the model had in view, which effects there were, and what words were told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

from livechat.events import Ended, Failed, GoingAway, Ready, Reconnected, Reconnecting, ReplyCame
from tests.simulation.model import result_of
from tests.simulation.net import ABANDONED_S, PROBE_S
from tests.simulation.run import TRIES, Played
from tests.simulation.user import Fortune, User
from tests.simulation.world import Connection, World

CLOSED_S = 1.0
"""By then a client knows that its connection was closed, and has told it or another all that was said."""


@dataclass
class Verdict:
    """Nothing in it is as it should be."""

    lost: list[str] = field(default_factory=list[str])
    doubled: list[str] = field(default_factory=list[str])
    reordered: list[str] = field(default_factory=list[str])
    rerun: list[str] = field(default_factory=list[str])
    untrue: list[str] = field(default_factory=list[str])
    """Words to the user that were not so, missing or too many."""
    stuck: list[str] = field(default_factory=list[str])
    """It hung, gave up without need, left something behind, or raised."""

    @property
    def good(self) -> bool:
        return not any(vars(self).values())

    def __str__(self) -> str:
        return "; ".join(f"{kind}: {', '.join(what)}" for kind, what in vars(self).items() if what) or "good"


def judged(played: Played) -> Verdict:
    """What is wrong with it."""
    verdict, world, user = Verdict(stuck=list(played.complaints)), played.world, played.user
    if world is None or user is None:
        return verdict
    failed = played.failed is not None
    fates = {strike.fate for strike in world.struck}
    if played.failed is not None and fates <= {"survives"} and not _was_hopeless(world, user):
        verdict.stuck.append(f"failed without need: {played.failed}")
    if not failed and "ends" in fates:
        verdict.stuck.append("went on though its key was refused")
    if not failed and (unsaid := [one.line.tag for one in user.fortunes if not one.said]):
        verdict.stuck.append(f"was over before the user said {' '.join(unsaid)}")
    for fortune in user.fortunes:
        _judge_answers(fortune, verdict, failed=failed, all_meant=not any(one.excused for one in user.fortunes))
    verdict.rerun += [f"{tag}.{number}" for (tag, number), times in world.effects.items() if times > 1]
    _judge_views(world, user, verdict)
    if not failed:
        _judge_memory(world, user, verdict)
    verdict.untrue += _untrue_words(world, user)
    return verdict


def _was_hopeless(world: World, user: User) -> bool:
    """As many connections were tried as may be, and nothing was answered over any."""
    answered_at = max((t for t, event in user.news if isinstance(event, ReplyCame)), default=0)
    return sum(at >= answered_at for at in world.tries) >= TRIES


def _judge_answers(fortune: Fortune, verdict: Verdict, *, failed: bool, all_meant: bool) -> None:
    line, answers = fortune.line, fortune.answers
    if len(answers) > 1:
        verdict.doubled.append(f"{line.tag} is answered {len(answers)} times")
    if fortune.said and not (fortune.overtaken or fortune.excused or failed):
        if not answers:
            verdict.lost.append(f"{line.tag} is not answered")
        elif all_meant and (
            missing := [n for n in range(1, line.calls + 1) if result_of(line.number, n) not in answers[0]]
        ):
            verdict.lost.append(f"the results {missing} of {line.tag}")


def _judge_views(world: World, user: User, verdict: Verdict) -> None:
    """Whatever the model answered: it had in view what was said before, each line once and in order."""
    for connection in world.connections:
        for at, lines in connection.asked:
            where = f"in view of connection {connection.number} at {at:.3f}"
            verdict.doubled += [f"T{line} {where}" for line in sorted(set(lines)) if lines.count(line) > 1]
            if not _in_order(lines, user):
                verdict.reordered.append(f"{lines} {where}")
            since = _lost_at(user, before=at)
            for fortune in user.fortunes:
                known = since < fortune.said_at and fortune.done_at < connection.opened_at and not fortune.excused
                if known and fortune.line.number not in lines:
                    verdict.lost.append(f"{fortune.line.tag} {where}")


def _lost_at(user: User, before: float = inf) -> float:
    """When the user last was told that the conversation is lost."""
    told = (t for t, event in user.news if isinstance(event, Reconnected) and event.how == "lost" and t < before)
    return max(told, default=-1.0)


def _judge_memory(world: World, user: User, verdict: Verdict) -> None:
    """At the end the model has all in view that was said since it last was told to be lost.

    What was told to a connection that lies in a hole, or that the server has just closed, is not there yet, if nobody
    can have noticed by the end.
    """
    last = world.connections[-1] if world.connections else None
    if last is None or last.host is None or not last.host.set_up or _is_away(user, last):
        return
    fell_at = last.wire.fell_at
    ended_at = user.news[-1][0]
    if fell_at <= ended_at < fell_at + PROBE_S + ABANDONED_S or ended_at < last.closed_at + CLOSED_S:
        return
    lines = last.host.lines
    lost_at = _lost_at(user)
    for fortune in user.fortunes:
        expected = fortune.said and not fortune.excused and fortune.said_at > lost_at
        if expected and fortune.line.number not in lines:
            verdict.lost.append(f"{fortune.line.tag} from the memory of the model")
    verdict.doubled += [f"T{line} in memory" for line in sorted(set(lines)) if lines.count(line) > 1]
    if not _in_order(lines, user):
        verdict.reordered.append(f"{lines} in memory")


def _in_order(lines: Sequence[int], user: User) -> bool:
    counted = [line for line in lines if not user.fortunes[line - 1].excused]
    return counted == sorted(counted)


def _is_away(user: User, last: Connection) -> bool:
    """Nobody was told that this last connection is there, and nothing was said over it; or that it is lost was told."""
    told = [(t, event) for t, event in user.news if isinstance(event, Ready | Reconnected | Reconnecting)]
    return not told or told[-1][0] < last.opened_at or isinstance(told[-1][1], Reconnecting)


def _untrue_words(world: World, user: User) -> Iterator[str]:
    told = Reconnecting | Reconnected | GoingAway | Ended | Failed
    words = [(t, event) for t, event in user.news if isinstance(event, told)]
    before: Sequence[object] = [None, *(event for _, event in words)]
    for (t, event), earlier in zip(words, before, strict=False):
        if isinstance(event, Reconnected):
            if not isinstance(earlier, Reconnecting | GoingAway):
                yield f"{event} at {t:.3f} though nothing was lost"
            yield from _untrue(event, t, world)
    for (_, event), (t, after) in pairwise(words):
        if isinstance(event, Reconnecting) and isinstance(after, Ended) and after.reason == "closed":
            yield f"nothing came of {event} by {t:.3f}"


def _untrue(event: Reconnected, t: float, world: World) -> Iterator[str]:
    connection = _connection_at(t, world)
    if (event.how == "resumed") is not connection.resumed:
        went_on = "" if connection.resumed else "not "
        yield f"{event} at {t:.3f}, but the server's session went {went_on}on"


def _connection_at(t: float, world: World) -> Connection:
    return [connection for connection in world.connections if connection.opened_at <= t][-1]
