"""The folder of transcripts: private, found by whatever name is given, and never a way out of it."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from livechat.errors import DeviceError, MissingInput, UsageError
from livechat.transcripts.store import ENDS, Store, Summary, state_folder
from livechat.transcripts.words import Opening

NINE = datetime(2026, 11, 21, 9, 30, 7, tzinfo=UTC)
ONE_TURN = (
    '{"v":1,"t":1.0,"type":"user.final","turn":1,"text":"What is the time?"}\n'
    '{"v":1,"t":2.5,"type":"turn.end","turn":1,"user":"What is the time?","text":"Nine.","spoken_ms":0,'
    '"interrupted":false,"reason":""}\n'
)
END = '{"v":1,"t":65.0,"type":"session.end","reason":"left","turns":1,"interruptions":0}\n'


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "a" / "b" / "livechat")


def keep(store: Store, began: datetime, lines: str = ONE_TURN + END) -> str:
    opening = Opening(began, "gemini-3.8-live", "Puck", "the practice server", "0.1.0")
    path = store.create(opening)
    path.write_text(opening.line() + "\n" + lines, encoding="utf-8")
    return path.stem


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_its_owner_can_enter_the_folder_and_read_a_file(store: Store) -> None:
    before = os.umask(0)
    try:
        path = store.create(Opening(NINE))
    finally:
        os.umask(before)
    assert (mode(path), mode(store.folder), mode(store.folder.parent)) == (0o600, 0o700, 0o700)


def test_a_conversation_is_named_by_when_it_began_and_two_in_one_second_have_two_names(store: Store) -> None:
    names = [keep(store, NINE) for _ in range(3)]
    assert names == ["2026-11-21T09-30-07", "2026-11-21T09-30-07-2", "2026-11-21T09-30-07-3"]
    assert [one.name for one in store.summaries()] == store.newest_first() == names[::-1]


def test_they_are_ordered_by_when_they_began_not_by_the_clocks_of_where_that_was(store: Store) -> None:
    tokyo = keep(store, NINE.astimezone(timezone(timedelta(hours=9))))
    lisbon = keep(store, NINE + timedelta(hours=1))
    assert tokyo > lisbon
    assert store.newest_first() == [one.name for one in store.summaries()] == [lisbon, tokyo]
    assert store.find("last") == lisbon


def test_a_summary_tells_how_long_how_many_turns_and_the_first_words(store: Store) -> None:
    name = keep(store, NINE)
    (one,) = store.summaries()
    assert (one.name, one.length_s, one.turns, one.ended, one.first) == (name, 65.0, 1, True, "What is the time?")
    assert one.opening == Opening(NINE, "gemini-3.8-live", "Puck", "the practice server", "0.1.0")


def test_where_it_broke_off_the_last_whole_line_tells(store: Store) -> None:
    keep(store, NINE, ONE_TURN + '{"v":1,"t":9.0,"type":"user.partial","turn":2,"text":"And"}\n{"v":1,"t":70')
    (one,) = store.summaries()
    assert (one.length_s, one.turns, one.ended) == (9.0, 1, False)


@pytest.mark.parametrize("room", [100, ENDS[0], 3 * ENDS[0]], ids=["small", "at the edge", "large"])
def test_an_answer_that_was_left_before_its_turn_ended_counts_after_those_that_ended(store: Store, room: int) -> None:
    said = '{"v":1,"t":9.0,"type":"text.delta","turn":2,"text":"half past nine ","spoken":true}\n'
    keep(store, NINE, ONE_TURN + said * (room // len(said) + 1) + END)
    (one,) = store.summaries()
    assert (one.turns, one.ended) == (2, True)
    assert one.turns == store.read(one.name).turns


def test_words_in_pieces_are_first_words_too(store: Store) -> None:
    keep(store, NINE, "".join(f'{{"v":1,"t":1,"type":"user.partial","turn":1,"text":"{text}"}}\n' for text in "ab"))
    assert store.summaries()[0].first == "ab"


@pytest.mark.parametrize("room", [100, ENDS[0], 3 * ENDS[0]], ids=["small", "at the edge", "large"])
def test_of_a_long_file_only_the_ends_are_read(store: Store, room: int) -> None:
    note = '{"v":1,"t":3.0,"type":"note","text":"%s"}\n' % ("x" * 90)
    keep(store, NINE, ONE_TURN + note * (room // len(note) + 1) + END)
    (one,) = store.summaries()
    assert (one.length_s, one.turns, one.ended, one.first) == (65.0, 1, True, "What is the time?")


def test_a_huge_first_line_is_read_whole(store: Store) -> None:
    words = "long " * 200_000
    line = f'{{"v":1,"t":1.0,"type":"user.final","turn":1,"text":"{words}"}}\n'
    keep(store, NINE, line + END)
    keep(store, NINE, END[:-1])
    huge, cut = sorted(store.summaries(), key=lambda one: one.name)
    assert (huge.first, huge.length_s) == (words.strip(), 65.0)
    assert (cut.first, cut.length_s, cut.ended) == ("", 0.0, False)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\x00", b"{}\n", b"[" * 9_999 + b"\n", b"x" * 20_000])
def test_a_damaged_file_is_listed_as_one(store: Store, content: bytes) -> None:
    name = keep(store, NINE)
    store.path(name).write_bytes(content)
    assert store.summaries() == [Summary(name, None)]
    assert store.newest_first() == [name]
    assert store.read(name).items == []


def test_a_damaged_file_stands_where_its_name_says(store: Store) -> None:
    names = [keep(store, NINE + timedelta(hours=hours)) for hours in range(3)]
    store.path(names[1]).write_bytes(b"\xff")
    odd = store.folder / "2026-99-99T09-30-07.ndjson"
    odd.touch()
    assert store.newest_first() == [*names[::-1], odd.stem]


def test_what_is_no_transcript_of_ours_is_not_listed(store: Store, tmp_path: Path) -> None:
    name = keep(store, NINE)
    (tmp_path / "secret").write_text(ONE_TURN)
    (store.folder / "2026-11-21T09-30-08.ndjson").symlink_to(tmp_path / "secret")
    (store.folder / "2026-11-21T09-30-09.ndjson").mkdir()
    os.mkfifo(store.folder / "2026-11-21T09-30-10.ndjson")
    for file in ("notes.txt", "x.ndjson", "2026-11-21T09-30-11.txt", "2026-11-21T09-30-12-0.ndjson", "\x1b[2J.ndjson"):
        (store.folder / file).touch()
    assert store.names() == [name]


def test_an_absent_folder_holds_nothing(store: Store) -> None:
    assert (store.names(), store.newest_first(), store.summaries()) == ([], [], [])


def test_a_folder_that_cannot_be_read_is_named(store: Store) -> None:
    store.folder.parent.mkdir(parents=True)
    store.folder.touch()
    with pytest.raises(DeviceError, match=r"cannot read .*sessions"):
        store.names()


def test_a_conversation_that_is_deleted_meanwhile_is_left_out(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    name = keep(store, NINE)
    gone = "2026-11-21T09-30-08"
    monkeypatch.setattr(store, "names", lambda: [name, gone])
    assert [one.name for one in store.summaries()] == [name]
    assert store.newest_first() == [gone, name]
    with pytest.raises(MissingInput, match=r"cannot read .*No such file"):
        store.read(gone)


def test_a_file_that_cannot_be_read_is_listed_as_damaged(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    name = keep(store, NINE)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert store.summaries() == [Summary(name, None)]


# ----------------------------------------------------------------------------------------------------------- finding


@pytest.fixture
def three(store: Store) -> Store:
    for days in (0, 1, 30):
        keep(store, NINE - timedelta(days=days))
    return store


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("2026-11-20T09-30-07", "2026-11-20T09-30-07"),
        ("2026-11-20", "2026-11-20T09-30-07"),
        ("2026-10", "2026-10-22T09-30-07"),
        ("last", "2026-11-21T09-30-07"),
        ("1", "2026-11-21T09-30-07"),
        ("3", "2026-10-22T09-30-07"),
    ],
)
def test_a_name_its_beginning_last_and_a_number_find_it(three: Store, wanted: str, found: str) -> None:
    assert three.find(wanted) == found


def test_a_whole_name_is_meant_though_another_begins_with_it(store: Store) -> None:
    name = keep(store, NINE)
    keep(store, NINE)
    assert store.find(name) == name


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        ".",
        "..",
        "../sessions/2026-11-20T09-30-07",
        "/etc/passwd",
        "2026-11-20T09-30-07.ndjson",
        "0",
        "x\x00y",
        "-1",
    ],
)
def test_nothing_that_is_no_name_leads_anywhere(three: Store, wanted: str) -> None:
    with pytest.raises(MissingInput):
        three.find(wanted)


def test_a_typo_gets_the_nearest_name(three: Store) -> None:
    with pytest.raises(MissingInput, match="did you mean 2026-11-20T09-30-07") as missing:
        three.find("2026-11-20T09:30:07")
    assert missing.value.hint == "livechat sessions list"


def test_a_beginning_of_several_is_told_with_those_it_could_be(three: Store) -> None:
    with pytest.raises(UsageError, match="2 conversations begin with '2026-11'") as several:
        three.find("2026-11")
    assert several.value.why == "2026-11-20T09-30-07, 2026-11-21T09-30-07"
    for _ in range(9):
        keep(three, NINE)
    with pytest.raises(UsageError) as many:
        three.find("2026")
    assert many.value.why.endswith(", …")


def test_a_number_beyond_the_list_says_how_many_there_are(three: Store, store: Store, tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="no conversation number 4: there are only 3"):
        three.find("4")
    with pytest.raises(MissingInput, match="no conversation is kept yet"):
        Store(tmp_path / "empty").find("last")


def test_those_are_known_that_go_on_with_one_whatever_they_claim(store: Store) -> None:
    def kept(hours: int, continues: str) -> str:
        opening = Opening(NINE + timedelta(hours=hours), continues=continues)
        path = store.create(opening)
        path.write_text(opening.line() + "\n", encoding="utf-8")
        return path.stem

    first = kept(0, "2026-11-21T10-30-07")
    second = kept(1, first)
    third = kept(2, first)
    kept(3, "")
    kept(4, "../../etc/passwd")
    store.path(keep(store, NINE + timedelta(hours=5))).write_bytes(b"\xff\n")
    assert store.going_on_with([first]) == [second, third]
    assert store.going_on_with([second]) == [first, third], "they claim to go on with each other"
    assert store.going_on_with([third]) == store.going_on_with(["gone"]) == store.going_on_with([]) == []


def test_what_is_removed_is_gone_and_may_be_gone_already(three: Store) -> None:
    three.remove("2026-11-21T09-30-07")
    three.remove("2026-11-21T09-30-07")
    assert three.find("last") == "2026-11-20T09-30-07"


def test_what_cannot_be_removed_is_named(store: Store) -> None:
    store.path("2026-11-21T09-30-07").mkdir(parents=True)
    with pytest.raises(DeviceError, match=r"cannot delete .*2026-11-21T09-30-07"):
        store.remove("2026-11-21T09-30-07")


def test_the_variable_moves_the_folder_and_xdg_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert state_folder({"LIVECHAT_STATE": "/elsewhere"}) == Path("/elsewhere")
    assert state_folder({"LIVECHAT_STATE": "~/state"}) == tmp_path / "state"
    assert state_folder({}).parent == tmp_path / "xdg"
