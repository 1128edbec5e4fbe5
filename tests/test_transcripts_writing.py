"""Writing down what is said: nothing is lost when the program is killed, and no disk ends a conversation."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from livechat.errors import DeviceError, LivechatError, UsageError
from livechat.events import (
    Ended,
    Event,
    Failed,
    Interrupted,
    ModelSaid,
    ModelThought,
    Noted,
    Ready,
    Reconnected,
    ReplyCame,
    Resumable,
    TurnEnded,
    UsageCounted,
    UserSaid,
)
from livechat.transcripts.store import Store
from livechat.transcripts.text import Format, whole
from livechat.transcripts.words import Opening, Resumption, Transcript, Turn
from livechat.transcripts.writing import LONGEST_HANDLE, WAITING, TranscriptFile, TranscriptWriter, has_words, overwrite

from .cli import environment

OPENING = Opening(datetime(2026, 11, 21, 9, 30, 7, tzinfo=UTC), "gemini-3.8-live", "Puck", "the practice server", "1")
ANSWER = "It is half past nine. And now a story."

TALK: list[tuple[float, Event]] = [
    (0.1, Ready("gemini-3.8-live")),
    (1.0, UserSaid(1, "What is ", "What is ", final=False)),
    (1.5, UserSaid(1, "the", "What is the", final=True)),
    (1.6, ModelThought(1, "hm")),
    (1.7, ModelSaid(1, "It is half past nine.", spoken=True)),
    (1.8, UserSaid(1, " time?", "What is the time?", final=True)),
    (1.9, ModelSaid(1, " And now a story.", spoken=True)),
    (2.0, ReplyCame(1, ANSWER)),
    (3.0, Interrupted(1, 1_200, 3_000, "It is half past ", "nine. And now a story.")),
    (3.1, TurnEnded(1, "What is the time?", ANSWER, interrupted=True, spoken_ms=4_200)),
    (3.2, UsageCounted()),
    (4.0, Reconnected("rebuilt", 1)),
    (5.0, UserSaid(2, "Thanks", "Thanks", final=True)),
    (6.0, TurnEnded(2, "Thanks", "Welcome.", interrupted=False, spoken_ms=0)),
    (7.0, UserSaid(2, " a lot", "Thanks a lot", final=True)),
    (8.0, Ended("left", 2, 1)),
]


class Told:
    """Why no more could be written, as it was told."""

    def __init__(self) -> None:
        self.whys: list[str] = []

    def __call__(self, why: str) -> None:
        self.whys.append(why)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state")


@pytest.fixture
def told() -> Told:
    return Told()


def keep(keeper: TranscriptWriter | TranscriptFile, *news: tuple[float, Event]) -> None:
    """Tells the news, and has all of it written."""
    for t, event in news:
        keeper(t, event)
    keeper.close()


def read_back(store: Store) -> Transcript:
    (name,) = store.names()
    return store.read(name)


# --------------------------------------------------------------------------------------------------------- the store


def test_what_was_said_is_read_back_once_and_whole(store: Store, told: Told) -> None:
    keep(TranscriptWriter(store, OPENING, told), *TALK)
    found = read_back(store)
    assert (found.opening, found.ended, found.turns, found.damaged) == (OPENING, True, 2, 0)
    assert whole(found, "text").splitlines()[3:] == [
        "   0:01  you    What is the time?",
        "   0:01  model  It is half past",
        "                [cut off after 1.2 s; not heard: nine. And now a story.]",
        "   0:04  note   rebuilt from the transcript — the server was told 1 turn again",
        "   0:05  you    Thanks a lot",
        "   0:06  model  Welcome.",
        "   0:08  end    2 turns, 1 interruption",
    ]
    assert told.whys == []


def test_what_is_heard_again_over_another_connection_is_read_back_once_though_nobody_answers(
    store: Store, told: Told, tmp_path: Path
) -> None:
    heard = [UserSaid(2, " What", " What", final=False), UserSaid(2, " is", " What is", final=False)]
    again = [UserSaid(2, " What", " What", final=False), UserSaid(2, " is it?", " What is it?", final=False)]
    news: list[tuple[float, Event]] = [
        (1.0, UserSaid(1, "Well", "Well", final=False)),
        *((2.0, event) for event in heard),
        (3.0, Reconnected("resumed", 0)),
        *((4.0, event) for event in again),
    ]
    keep(TranscriptWriter(store, OPENING, told), *news)
    keep(TranscriptFile(tmp_path / "talk.txt", OPENING, told), *news)
    text = whole(read_back(store), "text")
    assert [line.split("  you    ")[1] for line in text.splitlines() if "you" in line] == ["Well", "What is it?"]
    assert (tmp_path / "talk.txt").read_text() == text
    (name,) = store.names()
    assert sum(b'"anew":true' in line for line in store.lines(name)) == 1


def test_what_the_server_goes_on_from_is_kept_in_the_store_alone(store: Store, told: Told, tmp_path: Path) -> None:
    news = (*TALK[:-1], (7.5, Resumable("a-secret", 2)))
    keep(TranscriptWriter(store, OPENING, told, clock=lambda: OPENING.began), *news)
    assert read_back(store).resumption == Resumption("a-secret", 2, OPENING.began)
    for name in ("a.ndjson", "a.md"):
        keep(TranscriptFile(tmp_path / name, OPENING, told), *news)
        assert "a-secret" not in (tmp_path / name).read_text()


def test_a_handle_that_is_none_is_not_kept(store: Store, told: Told) -> None:
    keep(TranscriptWriter(store, OPENING, told), TALK[1], (1.1, Resumable("x" * (LONGEST_HANDLE + 1), 2)))
    assert read_back(store).resumption is None
    assert (read_back(store).damaged, told.whys) == (0, [])


def test_wherever_it_is_cut_off_what_was_said_until_then_is_there(store: Store, told: Told) -> None:
    for count in range(2, len(TALK) + 1):
        keep(TranscriptWriter(store, OPENING, told), *TALK[:count])
        (name,) = store.names()
        first = store.read(name).items[0]
        assert isinstance(first, Turn)
        said = [event for _, event in TALK[:count] if isinstance(event, UserSaid) and event.turn == 1]
        words = [event.text for _, event in TALK[:count] if isinstance(event, ModelSaid)]
        assert (first.user, first.answer) == (said[-1].whole, "".join(words))
        store.remove(name)


KILLED = """
import os, signal, sys, time
from datetime import datetime, UTC
from pathlib import Path
from livechat.events import ModelSaid, UserSaid
from livechat.transcripts.store import Store
from livechat.transcripts.words import Opening
from livechat.transcripts.writing import TranscriptFile, TranscriptWriter

state, opening = Path(sys.argv[1]), Opening(datetime.now(UTC))
both = TranscriptWriter(Store(state), opening, print), TranscriptFile(state / "a.txt", opening, print)
for one in both:
    one(1.0, UserSaid(1, "Tell me", "Tell me", True))
    one(2.0, ModelSaid(1, "Once ", True))
    one(2.1, ModelSaid(1, "upon", True))
until = time.monotonic() + 20
while time.monotonic() < until:
    files = [*state.glob("a.txt"), *state.glob("sessions/*")]
    if len(files) == 2 and all("upon" in file.read_text() for file in files):
        break
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_is_there_though_the_program_was_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    done = subprocess.run(command, env=environment(), timeout=30, check=False)
    assert done.returncode == -signal.SIGKILL
    (item,) = read_back(Store(tmp_path)).items
    assert isinstance(item, Turn)
    assert (item.user, item.answer) == ("Tell me", "Once upon")
    assert (tmp_path / "a.txt").read_text().splitlines()[2:] == ["   0:01  you    Tell me", "   0:02  model  Once upon"]


def test_a_conversation_without_words_leaves_nothing_behind(store: Store, told: Told) -> None:
    silent: list[Event] = [
        Ready("m"),
        UserSaid(1, " ", " ", final=True),
        ModelSaid(1, "\n", spoken=True),
        Noted("x"),
        TurnEnded(1, " ", "", interrupted=False, spoken_ms=0),
        Ended("left", 1, 0),
    ]
    writer = TranscriptWriter(store, OPENING, told)
    keep(writer, *((1.0, event) for event in silent))
    assert writer.path is None
    assert not store.folder.parent.exists()


def test_the_end_of_a_turn_may_be_the_first_to_have_words() -> None:
    assert has_words(TurnEnded(1, "", "hello", interrupted=False, spoken_ms=0))
    assert has_words(TurnEnded(1, "hello", "", interrupted=False, spoken_ms=0))
    assert not has_words(Noted("hello"))


def test_what_came_before_the_first_words_is_kept_up_to_a_bound(store: Store, told: Told) -> None:
    writer = TranscriptWriter(store, OPENING, told)
    keep(writer, *((1.0, Noted(str(number))) for number in range(500)), TALK[1])
    assert writer.path is not None
    lines = writer.path.read_text().splitlines()
    assert len(lines) == 1 + WAITING
    assert json.loads(lines[0])["type"] == "transcript"
    assert json.loads(lines[1])["text"] == str(500 - WAITING + 1)
    assert json.loads(lines[-1])["type"] == "user.partial"


def test_a_secret_is_not_written_down(store: Store, told: Told, tmp_path: Path) -> None:
    def hidden(text: str) -> str:
        return text.replace("AIza-key", "[hidden]")

    opening = Opening(OPENING.began, server="AIza-key")
    for path in (tmp_path / "a.txt", tmp_path / "a.json"):
        keep(TranscriptFile(path, opening, told, hidden), (1.0, Noted("it is AIza-key")), *TALK)
        assert "AIza" not in path.read_text()
    writer = TranscriptWriter(store, opening, told, hidden)
    keep(writer, (1.0, Failed("no AIza-key", 1, LivechatError("no AIza-key"))), *TALK)
    assert writer.path is not None
    assert "AIza" not in writer.path.read_text()
    assert writer.path.read_text().count("[hidden]") == 2


def test_a_folder_that_cannot_be_made_is_told_of_once(tmp_path: Path, told: Told) -> None:
    (tmp_path / "file").touch()
    keep(TranscriptWriter(Store(tmp_path / "file" / "state"), OPENING, told), *TALK)
    assert told.whys == ["Not a directory"]


def test_a_full_disk_is_told_of_once_and_leaves_no_empty_file(
    store: Store, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    keep(TranscriptWriter(store, OPENING, told), *TALK)
    assert told.whys == ["No space left on device"]
    assert store.names() == []


def test_a_disk_that_fills_up_later_leaves_all_whole_lines_readable(
    store: Store, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = [700]
    really = os.write

    def nearly_full(descriptor: int, data: bytes) -> int:
        fits = min(len(data), room[0])
        room[0] -= fits
        return really(descriptor, data[:fits])

    monkeypatch.setattr(os, "write", nearly_full)
    keep(TranscriptWriter(store, OPENING, told), *TALK)
    assert told.whys == ["No space left on device"]
    found = read_back(store)
    assert (found.damaged, found.ended) == (0, False)
    assert found.opening == OPENING
    assert "What is the" in whole(found, "text")


def test_a_transcript_that_is_deleted_while_they_talk_stays_deleted(
    store: Store, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = TranscriptWriter(store, OPENING, told)
    really = store.create

    def create_and_lose(opening: Opening) -> Path:
        path = really(opening)
        path.unlink()
        return path

    monkeypatch.setattr(store, "create", create_and_lose)
    keep(writer, *TALK)
    assert store.names() == []
    assert told.whys == ["it was deleted"]


def test_the_end_of_the_session_closes_it(store: Store, told: Told, tmp_path: Path) -> None:
    keepers = (TranscriptWriter(store, OPENING, told), TranscriptFile(tmp_path / "a.md", OPENING, told))
    for keeper in keepers:
        for t, event in TALK:
            keeper(t, event)
    assert "transcript" not in {thread.name for thread in threading.enumerate()}
    assert read_back(store).ended


# ---------------------------------------------------------------------------------------------- a file of the user's


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.md", "markdown"), ("a.MARKDOWN", "markdown"), ("a.txt", "text"), ("a", "text"), ("a.x", "text")],
)
def test_after_every_word_the_file_reads_as_the_store_does(
    name: str, form: Format, store: Store, told: Told, tmp_path: Path
) -> None:
    path = tmp_path / name
    for count in range(2, len(TALK) + 1):
        keep(TranscriptFile(path, OPENING, told), *TALK[:count])
        keep(TranscriptWriter(store, OPENING, told), *TALK[:count])
        assert path.read_text("utf-8") == whole(read_back(store), form)
        path.unlink()
        store.remove(*store.names())
    assert told.whys == []


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.ndjson"])
def test_in_json_it_has_the_lines_of_the_store(name: str, store: Store, told: Told, tmp_path: Path) -> None:
    writer = TranscriptWriter(store, OPENING, told)
    keep(TranscriptFile(tmp_path / name, OPENING, told), *TALK)
    keep(writer, *TALK)
    assert writer.path is not None
    assert (tmp_path / name).read_text("utf-8") == writer.path.read_text("utf-8")


def test_words_that_shrink_leave_nothing_behind_them(told: Told, tmp_path: Path) -> None:
    guess = UserSaid(1, "a much longer guess", "a much longer guess", final=False)
    keep(TranscriptFile(tmp_path / "a.txt", OPENING, told), (1.0, guess), (2.0, UserSaid(1, "", "äh", final=True)))
    assert (tmp_path / "a.txt").read_text("utf-8").endswith("\n   0:01  you    äh\n")


def test_a_secret_that_comes_in_pieces_is_not_put_together(told: Told, tmp_path: Path) -> None:
    pieces = [(1.0, ModelSaid(1, text, spoken=True)) for text in ("AIza", "-key")]
    file = TranscriptFile(tmp_path / "a.md", OPENING, told, lambda text: text.replace("AIza-key", "[hidden]"))
    keep(file, *pieces)
    assert "> [hidden]\n" in (tmp_path / "a.md").read_text()


def test_only_its_owner_can_read_it_and_one_that_is_there_is_left_alone(tmp_path: Path, told: Told) -> None:
    path = tmp_path / "a.md"
    file = TranscriptFile(path, OPENING, told)
    keep(file, *TALK)
    assert (file.path, stat.S_IMODE(path.stat().st_mode)) == (path, 0o600)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="is there already"):
        TranscriptFile(path, OPENING, told)
    assert path.read_bytes() == before


def test_without_words_there_is_no_file_in_the_way_of_the_next_try(tmp_path: Path, told: Told) -> None:
    failed = Failed("refused", 69, LivechatError("refused"))
    keep(TranscriptFile(tmp_path / "a.md", OPENING, told), (1.0, failed), (1.0, Ended("failed", 0, 0)))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_appears_meanwhile_is_left_alone(tmp_path: Path, told: Told) -> None:
    file = TranscriptFile(tmp_path / "a.md", OPENING, told)
    (tmp_path / "a.md").write_text("mine")
    keep(file, *TALK)
    assert ((tmp_path / "a.md").read_text(), told.whys) == ("mine", ["File exists"])


def test_home_is_understood(tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    keep(TranscriptFile(Path("~/a.txt"), OPENING, told), *TALK)
    assert (tmp_path / "a.txt").exists()


@pytest.mark.parametrize("name", ["no/folder/a.md", "a\x00b.md"])
def test_a_file_that_cannot_be_made_is_told_before_anything_is_said(name: str, tmp_path: Path, told: Told) -> None:
    with pytest.raises(DeviceError, match="cannot write the transcript"):
        TranscriptFile(tmp_path / name, OPENING, told)


def test_a_file_that_somebody_else_writes_into_is_left_to_them(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("mine")
    with pytest.raises(OSError, match="somebody else has changed it"):
        overwrite(path, 3, 0, b"ours")
    assert path.read_text() == "mine"
    overwrite(path, 4, 1, b"y")
    assert path.read_text() == "my"


def test_a_number_beyond_all_bounds_is_left_out_and_ends_nothing(tmp_path: Path, told: Told) -> None:
    keep(TranscriptFile(tmp_path / "a.txt", OPENING, told), TALK[1], (1.2, Reconnected("lost", 10**12)), *TALK[2:])
    assert "What is the time?" in (tmp_path / "a.txt").read_text()
    assert told.whys == []
