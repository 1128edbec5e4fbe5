"""What the model has in view."""

from __future__ import annotations

from livechat.server.brain import Said
from livechat.server.memory import Entry, Memory
from livechat.server.tokens import NONE, Tokens


def user(text: str) -> Said:
    return Said("user", text)


def model(text: str) -> Said:
    return Said("model", text)


def test_what_waits_is_said_after_what_is_history() -> None:
    memory = Memory("Rhyme.")
    memory.hear([user("a")], Tokens(1))
    memory.remember()
    memory.keep([model("b")], Tokens(2))
    memory.hear([user("c")], Tokens(4))
    assert memory.said() == [user("a"), model("b"), user("c")]
    assert memory.tokens == Tokens(2 + 7)
    assert memory.entries[-1] == Entry((user("c"),), Tokens(4))


def test_every_change_has_a_version_of_its_own() -> None:
    memory = Memory("")
    versions = [memory.version]
    memory.hear([user("a")], Tokens(1))
    versions.append(memory.version)
    memory.remember()
    assert memory.version == versions[-1]
    memory.keep([model("b")], Tokens(1))
    versions.append(memory.version)
    memory.keep([], NONE)
    memory.hear([], Tokens(video=258))
    assert memory.version == versions[-1]
    assert versions == sorted(set(versions))


def test_what_is_oldest_goes_first_and_the_instruction_stays() -> None:
    memory = Memory("x" * 400, [Entry((user(str(at)),), Tokens(10)) for at in range(5)])
    assert memory.tokens.total == 150
    assert memory.forget_down_to(125) == 3
    assert [said.text for said in memory.said()] == ["3", "4"]
    assert memory.tokens.total == 120
    assert memory.forget_down_to(0) == 2
    assert (memory.said(), memory.tokens.total) == ([], 100)


def test_what_is_left_begins_with_the_user() -> None:
    said = [user("a"), model("b"), user("c"), model("d")]
    memory = Memory("", [Entry((one,), Tokens(10)) for one in said])
    assert memory.forget_down_to(30) == 2
    assert [one.text for one in memory.said()] == ["c", "d"]
    assert memory.forget_down_to(30) == 0
    begun_by_model = Memory("", [Entry((model("a"),), Tokens(10))])
    assert begun_by_model.forget_down_to(10) == 0


def test_another_instruction_replaces_the_first() -> None:
    memory = Memory("x" * 8)
    memory.instruct("y" * 40)
    assert memory.tokens == Tokens(10)


def test_what_has_no_words_takes_its_place_too() -> None:
    memory = Memory("")
    for _ in range(3):
        memory.hear([user("")], Tokens())
    assert memory.tokens == Tokens(3)


def test_pictures_without_words_weigh_too() -> None:
    memory = Memory("")
    memory.hear([], Tokens(video=258))
    memory.remember()
    memory.remember()
    assert memory.tokens == Tokens(video=258)
    assert memory.forget_down_to(0) == 1
    assert repr(memory) == "<Memory of 0 entries, 0 tokens>"
