"""How connections open: with a handle, with what was said before, or with nothing; and the word for what came of it."""

from __future__ import annotations

import pytest

from livechat.events import ModelSaid, Reconnected
from livechat.ledger import Exchange, Ledger, Past
from livechat.openings import HANDLE_TRIES, Openings
from livechat.protocol.client import ContextUpdate
from livechat.protocol.generations import family_of
from livechat.protocol.parts import Content, Part
from livechat.protocol.setup import HistoryConfig, SessionResumption, Setup

BY_CONTENT, BY_SETUP, NOT_AT_ALL = (
    *("gemini-3.8-live", "gemini-3.1-flash-live-preview"),
    "gemini-3.5-live-translate-preview",
)
PAST = Past("", (Exchange("one?", "1."),))


def openings(
    model: str = BY_CONTENT, past: Past = PAST, *, reconnects: bool = True, setup: Setup | None = None
) -> tuple[Openings, Ledger]:
    ledger = Ledger(past)
    given = setup or Setup(model=f"models/{model}")
    has_past = bool(past.turns)
    return Openings(given, family_of(model), ledger, reconnects=reconnects, has_past=has_past), ledger


def after_one(model: str = BY_CONTENT) -> tuple[Openings, Ledger]:
    """A conversation that has begun, with one turn in it, and no handle."""
    made, ledger = openings(model, Past())
    made.setup(())
    made.opened(())
    ledger.told(ModelSaid(1, "1.", spoken=False))
    return made, ledger


# ------------------------------------------------------------------------------------------------ the first


def test_a_setup_that_nobody_wants_to_go_on_from_is_sent_as_it_is() -> None:
    setup = Setup(model="models/m")
    made, _ = openings(past=Past(), reconnects=False, setup=setup)
    assert made.setup(()) is setup
    assert made.opened(()) == (None, None)


def test_the_first_of_several_asks_for_handles_and_says_nothing() -> None:
    made, _ = openings(past=Past())
    assert made.setup(()).session_resumption == SessionResumption()
    assert made.opened(()) == (None, None)


def test_a_handle_that_a_program_gives_is_the_one_for_the_first() -> None:
    setup = Setup(model="models/m", session_resumption=SessionResumption(handle="theirs"))
    made, _ = openings(past=Past(), setup=setup)
    assert made.setup(()).session_resumption == SessionResumption(handle="theirs")


def test_an_earlier_run_is_gone_on_with_by_its_handle() -> None:
    made, _ = openings(past=Past("h", PAST.turns))
    assert made.setup(()).session_resumption == SessionResumption(handle="h")
    assert made.opened(()) == (None, Reconnected("resumed", 1))


def test_also_by_a_handle_alone() -> None:
    made, _ = openings(past=Past("h"), reconnects=False)
    assert made.setup(()).session_resumption == SessionResumption(handle="h")
    assert made.opened(()) == (None, Reconnected("resumed", 0))


# ------------------------------------------------------------------------------------------------ telling it


@pytest.mark.parametrize(("model", "announced"), [(BY_CONTENT, False), (BY_SETUP, True)])
def test_a_new_session_is_told_what_was_said_as_its_family_takes_it(model: str, announced: bool) -> None:
    made, _ = openings(model)
    setup = made.setup(())
    wanted = HistoryConfig(initial_history_in_client_content=True) if announced else None
    assert setup.history_config == wanted
    history, news = made.opened(())
    assert history is not None
    assert history.client_content is not None
    assert history.client_content.turn_complete is announced
    assert history.client_content.turns == [
        Content(role="user", parts=[Part(text="one?")]),
        Content(role="model", parts=[Part(text="1.")]),
    ]
    assert news == Reconnected("rebuilt", 1)


def test_what_is_asked_again_is_told_too_but_not_as_history() -> None:
    made, ledger = after_one()
    ledger.told(ModelSaid(2, "2", spoken=False))
    made.setup([2])
    history, news = made.opened([2])
    assert history is not None
    assert history.client_content is not None
    assert len(history.client_content.turns or ()) == 1
    assert news == Reconnected("rebuilt", 1)


def test_a_program_that_had_announced_history_has_told_it_once() -> None:
    setup = Setup(model="models/m", history_config=HistoryConfig(initial_history_in_client_content=True))
    made, _ = openings(past=Past(), setup=setup)
    assert made.setup(()).history_config is not None
    made.opened(())
    assert made.setup(()).history_config is None
    assert made.opened(()) == (None, Reconnected("rebuilt", 0))
    assert setup.history_config is not None


def test_a_model_that_takes_no_history_has_lost_it() -> None:
    made, _ = openings(NOT_AT_ALL)
    made.setup(())
    assert made.opened(()) == (None, Reconnected("lost", 1))


def test_what_changed_in_the_middle_holds_for_the_next_session() -> None:
    made, _ = after_one()
    instruction = Content(parts=[Part(text="Be short.")])
    made.updated(ContextUpdate(system_instruction=instruction))
    made.updated(ContextUpdate.model_validate({"tools": {"tools": []}}))
    setup = made.setup(())
    assert setup.system_instruction == instruction
    assert setup.tools == []


# ------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize("code", [1007, 1008])
def test_a_handle_that_is_refused_is_not_tried_again(code: int) -> None:
    made, ledger = openings(past=Past("h", PAST.turns))
    made.setup(())
    assert made.gives_way(code, set_up=False)
    assert ledger.handle == ""
    made.setup(())
    assert made.opened(())[1] == Reconnected("rebuilt", 1)


def test_a_server_that_has_not_noticed_the_loss_gets_the_handle_once_more() -> None:
    made, ledger = openings(past=Past("h", PAST.turns))
    for _ in range(HANDLE_TRIES):
        assert ledger.handle == "h"
        made.setup(())
        assert made.gives_way(1011, set_up=False)
    assert ledger.handle == ""


def test_a_new_handle_has_all_its_tries() -> None:
    made, ledger = openings(past=Past("h", PAST.turns))
    made.setup(())
    assert made.gives_way(1011, set_up=False)
    ledger.resumable("h2", complete=True)
    made.kept()
    made.setup(())
    assert made.gives_way(1011, set_up=False)
    assert ledger.handle == "h2"


def test_a_session_that_falls_right_after_it_was_resumed_did_not_take_the_handle() -> None:
    made, ledger = openings(past=Past("h", PAST.turns))
    made.setup(())
    made.opened(())
    assert made.gives_way(1011, set_up=True)
    assert ledger.handle == ""


@pytest.mark.parametrize(("code", "times"), [(1007, 1), (1011, HANDLE_TRIES)])
def test_a_server_that_will_not_be_told_is_left_in_ignorance_and_that_is_said(code: int, times: int) -> None:
    made, _ = openings()
    for _ in range(times):
        made.setup(())
        assert made.opened(())[1] == Reconnected("rebuilt", 1)
        assert made.gives_way(code, set_up=True)
    made.setup(())
    assert made.opened(()) == (None, Reconnected("lost", 1))
    assert not made.gives_way(code, set_up=True)


def test_once_all_is_answered_the_next_server_is_told_again() -> None:
    made, _ = openings()
    made.setup(())
    made.opened(())
    assert made.gives_way(1007, set_up=True)
    made.answered()
    made.setup(())
    assert made.opened(())[1] == Reconnected("rebuilt", 1)


@pytest.mark.parametrize(
    ("code", "set_up", "proved"),
    [
        pytest.param(1006, True, False, id="the network"),
        pytest.param(1007, True, True, id="a session that has spoken"),
        pytest.param(1007, False, False, id="the setup itself"),
    ],
)
def test_what_is_not_about_the_past_is_not_taken_for_it(code: int, set_up: bool, proved: bool) -> None:
    made, _ = openings()
    made.setup(())
    if proved:
        made.spoken_to()
    assert not made.gives_way(code, set_up=set_up)


def test_a_session_without_a_past_has_none_to_give_up() -> None:
    made, _ = openings(past=Past())
    made.setup(())
    assert not made.gives_way(1008, set_up=True)
