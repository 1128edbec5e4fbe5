"""Going on with a session over another connection."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from livechat.server import sessions as module
from livechat.server.brain import Said
from livechat.server.memory import Entry
from livechat.server.scenario import Limits, Resumption
from livechat.server.sessions import (
    HANDLES_KEPT,
    SAID_WORDS,
    Handing,
    OtherModel,
    Session,
    Sessions,
    Snapshot,
    StillOpen,
    Unknown,
)
from livechat.server.tokens import Tokens

FIRST, SECOND = Snapshot("m", (Entry((Said("user", "a"),), Tokens(1)),)), Snapshot("m", lasted_s=9.0)


def begun(sessions: Sessions, number: int = 1, *, vertex: bool = False, now: float = 0.0) -> Session:
    return sessions.begin(UUID(int=number), "m", vertex=vertex, now=now)


def test_a_handle_leads_back_to_where_it_was_given() -> None:
    sessions = Sessions()
    session = begun(sessions)
    old, new = sessions.handle(session, FIRST), sessions.handle(session, SECOND)
    assert old != new
    sessions.end(session, SECOND, 10.0)
    assert sessions.resume(old, "m", 11.0) == (session, FIRST)
    assert session.open


def test_keep_goes_on_from_where_the_session_ended() -> None:
    sessions = Sessions(Resumption("keep"))
    session = begun(sessions)
    handle = sessions.handle(session, FIRST)
    sessions.end(session, SECOND, 10.0)
    assert sessions.resume(handle, "m", 11.0) == (session, SECOND)


def test_refuse_knows_of_no_session() -> None:
    sessions = Sessions(Resumption("refuse"))
    session = begun(sessions)
    handle = sessions.handle(session, FIRST)
    sessions.end(session, FIRST, 1.0)
    with pytest.raises(Unknown):
        sessions.resume(handle, "m", 2.0)


def test_a_session_cannot_be_had_twice_nor_with_another_model() -> None:
    sessions = Sessions()
    session = begun(sessions)
    handle = sessions.handle(session, FIRST)
    with pytest.raises(StillOpen):
        sessions.resume(handle, "m", 1.0)
    sessions.end(session, FIRST, 1.0)
    with pytest.raises(OtherModel):
        sessions.resume(handle, "n", 2.0)
    with pytest.raises(Unknown):
        sessions.resume("stranger", "m", 2.0)
    assert sessions.resume(handle, "m", 2.0)[0].open


@pytest.mark.parametrize(("vertex", "hours"), [(False, 2), (True, 24)])
def test_a_handle_is_good_for_hours_after_the_end(vertex: bool, hours: int) -> None:
    sessions = Sessions(limits=Limits(time_scale=3600))
    session = begun(sessions, vertex=vertex)
    handle = sessions.handle(session, FIRST)
    sessions.end(session, FIRST, 100.0)
    assert sessions.resume(handle, "m", 100.0 + hours - 0.1)[0].open
    sessions.end(session, FIRST, 200.0)
    with pytest.raises(Unknown):
        sessions.resume(handle, "m", 200.0 + hours)
    assert len(sessions) == 0


def test_the_newest_handles_are_kept_and_a_session_without_any_is_forgotten() -> None:
    sessions = Sessions()
    session = begun(sessions)
    handles = [sessions.handle(session, FIRST) for _ in range(HANDLES_KEPT + 1)]
    bare = begun(sessions, 2)
    sessions.end(bare, SECOND, 1.0)
    assert len(sessions) == 1
    sessions.end(session, FIRST, 1.0)
    with pytest.raises(Unknown):
        sessions.resume(handles[0], "m", 2.0)
    assert sessions.resume(handles[1], "m", 2.0)[0].open


def test_so_many_sessions_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SESSIONS_KEPT", 2)
    sessions = Sessions()
    sessions.handle(begun(sessions, 9), FIRST)
    for number in range(5):
        session = begun(sessions, number)
        sessions.handle(session, FIRST)
        sessions.end(session, FIRST, 1.0)
    assert len(sessions) == 2


def test_a_session_that_is_open_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SESSIONS_KEPT", 2)
    sessions = Sessions()
    first = begun(sessions)
    early = sessions.handle(first, FIRST)
    for number in range(2, 5):
        begun(sessions, number)
    sessions.end(first, FIRST, 1.0)
    assert sessions.resume(early, "m", 2.0) == (first, FIRST)


def test_of_those_that_have_ended_the_first_to_end_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SESSIONS_KEPT", 2)
    sessions = Sessions()
    old, new = begun(sessions, 1), begun(sessions, 2)
    mine, other = sessions.handle(old, FIRST), sessions.handle(new, FIRST)
    sessions.end(new, FIRST, 1.0)
    sessions.end(old, FIRST, 2.0)
    begun(sessions, 3)
    with pytest.raises(Unknown):
        sessions.resume(other, "m", 3.0)
    assert sessions.resume(mine, "m", 3.0)[0].open


def test_so_many_words_of_ended_sessions_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WORDS_KEPT", 2 * (10 + SAID_WORDS) + 5)
    sessions = Sessions()
    wordy = Snapshot("m", (Entry((Said("user", "a"),), Tokens(10)),))
    handles: list[str] = []
    for number in range(4):
        session = begun(sessions, number)
        handles.append(sessions.handle(session, wordy))
        sessions.end(session, wordy, float(number))
    assert len(sessions) == 2
    with pytest.raises(Unknown):
        sessions.resume(handles[1], "m", 5.0)
    session, _ = sessions.resume(handles[2], "m", 5.0)
    sessions.end(session, wordy, 6.0)
    assert len(sessions) == 2


def handing(resumption: Resumption | None = None) -> tuple[Sessions, Handing]:
    sessions = Sessions()
    return sessions, Handing(sessions, begun(sessions), resumption or Resumption())


def test_a_client_is_told_once_that_it_cannot_resume_and_of_a_handle_when_it_can() -> None:
    sessions, hands = handing()
    assert not hands.due(0, 0.0)
    assert [hands.went_busy(busy) for busy in (True, True, False)] == [True, False, False]
    assert hands.due(1, 1.0)
    handle = hands.give(FIRST, 1)
    assert not hands.due(1, 2.0)
    hands.end(FIRST, 3.0)
    assert sessions.resume(handle, "m", 4.0)[1] == FIRST
    assert hands.id == UUID(int=1)


def test_while_busy_no_handle_is_due() -> None:
    _, hands = handing()
    hands.went_busy(True)
    assert not hands.due(1, 0.0)


def test_a_handle_may_come_late_and_later_still_if_something_is_said() -> None:
    _, hands = handing(Resumption(delay_s=2.0))
    assert not hands.due(1, 10.0)
    assert hands.deadline == 12.0
    hands.went_busy(True)
    assert hands.deadline is None
    hands.went_busy(False)
    assert not hands.due(2, 20.0)
    assert hands.due(2, 22.0)


def test_never_is_never() -> None:
    _, hands = handing(replace(Resumption(), handles="never"))
    assert not hands.went_busy(True)
    hands.went_busy(False)
    assert not hands.due(1, 1.0)
