"""What is recalled of a conversation that is kept, to go on with it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from livechat.errors import BadInput, MissingInput, UsageError
from livechat.ledger import Exchange
from livechat.terminal.network import LOST
from livechat.transcripts.recalling import exchanges, recall
from livechat.transcripts.store import Store, transcript_of
from livechat.transcripts.words import Opening, Resumption

NINE = datetime(2026, 11, 21, 9, 30, 7, tzinfo=UTC)
HANDLE = Resumption("a-secret", 1, NINE)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state")


def user(turn: int, text: str) -> str:
    return json.dumps({"v": 1, "t": 1.0, "type": "user.final", "turn": turn, "text": text})


def model(turn: int, text: str) -> str:
    return json.dumps({"v": 1, "t": 1.5, "type": "text.delta", "turn": turn, "text": text, "spoken": True})


def ended(turn: int, user: str, text: str, reason: str = "") -> str:
    facts = {"user": user, "text": text, "spoken_ms": 0, "interrupted": bool(reason), "reason": reason}
    return json.dumps({"v": 1, "t": 2.0, "type": "turn.end", "turn": turn, **facts})


def cut(turn: int, heard: str, unheard: str) -> str:
    words = {"heard_ms": 9, "dropped_ms": 9, "heard": heard, "unheard": unheard}
    return json.dumps({"v": 1, "t": 1.8, "type": "interrupted", "turn": turn, **words})


def keep(store: Store, *lines: str, began: datetime = NINE, continues: str = "") -> str:
    path = store.create(opening := Opening(began, "m", server="host", continues=continues))
    path.write_text("".join(f"{line}\n" for line in (opening.line(), *lines)))
    return path.stem


ONE = (user(1, "Hi"), model(1, "Hello."), ended(1, "Hi", "Hello."))


def said(*lines: str) -> list[Exchange]:
    return list(exchanges(transcript_of(line.encode() for line in lines)))


def test_a_conversation_is_recalled_by_any_of_its_names(store: Store) -> None:
    name = keep(store, *ONE)
    found = recall(store, "last")
    assert (found.name, found.opening.model, found.turns) == (name, "m", (Exchange("Hi", "Hello."),))
    assert recall(store, "1") == recall(store, "2026-11") == recall(store, name) == found


def test_what_the_server_goes_on_from_counts_while_nothing_was_said_since(store: Store) -> None:
    name = keep(store, *ONE, HANDLE.line(3))
    assert recall(store, name).resumption == HANDLE
    name = keep(store, *ONE, HANDLE.line(3), ended(1, "Hi", "Hello."))
    assert recall(store, name).resumption == HANDLE, "it may come before the sound has run out"
    for words in (user(2, "And?"), model(2, "Well")):
        assert recall(store, keep(store, *ONE, HANDLE.line(3), words)).resumption is None
    assert "a-secret" not in repr(HANDLE)


def test_of_what_was_cut_off_it_is_known_what_was_heard(store: Store) -> None:
    assert said(user(1, "Hi"), model(1, "One two"), cut(1, "One", " two")) == [Exchange("Hi", "One")]


def test_a_question_whose_answer_went_with_the_connection_stands_once_with_the_answer_that_came() -> None:
    gone = (user(1, "Hi"), model(1, "Hel"), cut(1, "H", "el"), ended(1, "Hi", "Hel", LOST))
    assert said(*gone, model(2, "Hello."), ended(2, "", "Hello.")) == [Exchange("Hi", "Hello.")]
    assert said(*gone, user(2, "you?"), ended(2, "you?", "Hello.")) == [Exchange("Hi you?", "Hello.")]
    assert said(*gone) == [Exchange("Hi", "")], "and once where none came"


def test_a_turn_without_a_word_is_none() -> None:
    assert said(ended(1, "", "")) == []


def test_what_was_said_in_the_conversations_before_is_recalled_as_far_as_they_are_kept(store: Store) -> None:
    first = keep(store, user(1, "One"), began=NINE)
    second = keep(store, user(1, "Two"), began=NINE + timedelta(hours=1), continues=first)
    third = keep(store, user(1, "Three"), began=NINE + timedelta(hours=2), continues=second)
    assert [turn.user for turn in recall(store, third).turns] == ["One", "Two", "Three"]
    store.remove(first)
    assert [turn.user for turn in recall(store, third).turns] == ["Two", "Three"]


def test_conversations_that_go_round_in_a_circle_end_somewhere(store: Store) -> None:
    name = keep(store, user(1, "One"), continues=NINE.strftime("%Y-%m-%dT%H-%M-%S"))
    assert [turn.user for turn in recall(store, name).turns] == ["One"]


@pytest.mark.parametrize("lines", [(), (ended(1, "", ""),), ("{",)])
def test_nothing_goes_on_with_a_conversation_in_which_nothing_was_said(store: Store, lines: tuple[str, ...]) -> None:
    with pytest.raises(BadInput, match="nothing was said"):
        recall(store, keep(store, *lines))


def test_nothing_goes_on_with_one_of_which_nobody_knows_who_held_it(store: Store) -> None:
    name = keep(store, *ONE)
    store.path(name).write_text("{\n" + "\n".join(ONE) + "\n")
    with pytest.raises(BadInput) as error:
        recall(store, name)
    assert error.value.why == "it is damaged"


def test_where_there_is_none_or_several_that_is_said(store: Store) -> None:
    with pytest.raises(MissingInput, match="no conversation is kept yet"):
        recall(store, "last")
    name = keep(store, *ONE)
    keep(store, *ONE)
    with pytest.raises(MissingInput, match=f"did you mean {name}"):
        recall(store, name[:-1] + "8")
    with pytest.raises(UsageError, match="2 conversations begin"):
        recall(store, "2026")
