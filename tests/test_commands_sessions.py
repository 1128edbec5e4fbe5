"""Claims about `livechat sessions`: every conversation is listed, shown and deleted, and none by mistake."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from livechat.cli import main
from livechat.commands.sessions import ago, cut, table
from livechat.terminal import cells
from livechat.transcripts.recalling import recall
from livechat.transcripts.store import Store, Summary
from livechat.transcripts.words import Opening, Resumption

from .cli import Terminal, livechat
from .cli_help import be_clean
from .scripted import say, scripted

NINE = datetime(2026, 11, 21, 9, 30, 7, tzinfo=UTC)
NEWEST, MIDDLE, OLDEST = "2026-11-21T09-30-07", "2026-11-20T09-30-07", "2026-10-22T09-30-07"
EVIL = "hi\x1b]52;c;aGk=\x07\n9  2026-01-01T00-00-00\u202e\x7f"
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    be_clean(monkeypatch, tmp_path, {"LIVECHAT_STATE": str(tmp_path / "state")})
    return Store(tmp_path / "state")


def keep(
    store: Store, began: datetime = NINE, words: str = "What is the time?", end: bool = True, continues: str = ""
) -> str:
    opening = Opening(began, "models/gemini-3.8-live", "Puck", "the practice server", "0.1.0", continues)
    path = store.create(opening)
    ended = {"user": words, "text": "Half past nine.", "spoken_ms": 900, "interrupted": False, "reason": ""}
    lines = [
        {"v": 1, "t": 1.0, "type": "user.final", "turn": 1, "text": words},
        {"v": 1, "t": 2.5, "type": "turn.end", "turn": 1, **ended},
        {"v": 1, "t": 65.0, "type": "session.end", "reason": "left", "turns": 1, "interruptions": 0},
    ]
    text = "".join(json.dumps(line) + "\n" for line in (lines if end else lines[:-1]))
    path.write_text(opening.line() + "\n" + text, encoding="utf-8")
    return path.stem


@pytest.fixture
def three(store: Store) -> Store:
    for days in (0, 1, 30):
        keep(store, NINE - timedelta(days=days))
    return store


# ------------------------------------------------------------------------------------------------------------- list


def test_the_list_has_the_newest_first_with_its_first_words(three: Store) -> None:
    rows = list(table(three.summaries(), NINE + timedelta(minutes=5), 100))
    assert rows == [
        "   id                     ago  time  turns  model",
        "1  2026-11-21T09-30-07  5 min  1:05      1  gemini-3.8-live  What is the time?",
        "2  2026-11-20T09-30-07   24 h  1:05      1  gemini-3.8-live  What is the time?",
        "3  2026-10-22T09-30-07   30 d  1:05      1  gemini-3.8-live  What is the time?",
    ]


@pytest.mark.parametrize("args", [[], ["list"], ["-q"], ["--color", "never"]])
def test_without_a_command_they_are_listed(three: Store, args: list[str], capsys: Capture) -> None:
    assert main(["sessions", *args]) == 0
    out, err = capsys.readouterr()
    assert (len(out.splitlines()), err) == (4, "")
    assert all(cells.width(line) <= 80 for line in out.splitlines())


def test_help_is_help_all_the_same(capsys: Capture) -> None:
    assert main(["sessions", "-q", "--help"]) == 0
    assert "livechat sessions show last" in capsys.readouterr().out
    assert main(["sessions", "shwo"]) == 2
    assert "did you mean show" in capsys.readouterr().err


def test_where_none_is_kept_that_is_said_and_is_no_mistake(store: Store, capsys: Capture) -> None:
    assert main(["sessions"]) == 0
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"note: no conversation is kept yet; their words will be in {store.folder}\n")
    assert main(["sessions", "--json"]) == 0
    assert capsys.readouterr() == ("", "")


def test_one_that_goes_on_with_another_shows_it(store: Store) -> None:
    before = keep(store)
    keep(store, NINE + timedelta(hours=1), continues=before)
    assert list(table(store.summaries(), NINE, 100))[1].endswith("  … What is the time?")


async def speaks(client: ServerConnection) -> None:
    """A server that says what it has to say at once, and ends the turn only when that would have been heard."""
    await client.recv()
    await say(client, {"setupComplete": {}})
    await client.recv()
    sound = base64.b64encode(bytes(48_000 * 60)).decode()
    parts = [{"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": sound}}]
    await say(
        client, {"serverContent": {"modelTurn": {"parts": parts}, "outputTranscription": {"text": "It is nine."}}}
    )
    await say(client, {"serverContent": {"generationComplete": True}})
    await client.wait_closed()


def test_a_question_to_a_model_that_speaks_is_a_turn_though_nobody_waits_for_its_voice(tmp_path: Path) -> None:
    state = {"LIVECHAT_STATE": str(tmp_path / "state")}
    with scripted(speaks) as url:
        asked = livechat(*("text", "--server", url, "--save", "what is the time?"), cwd=tmp_path, env=state)
    assert (asked.returncode, asked.stdout) == (0, b"It is nine.\n"), asked.stderr
    listed = livechat("sessions", "list", "--json", cwd=tmp_path, env=state)
    assert json.loads(listed.stdout)["turns"] == 1
    assert b"end    1 turn, 0 interruptions" in livechat("sessions", "show", cwd=tmp_path, env=state).stdout


def test_what_resumes_a_conversation_is_shown_to_nobody_and_goes_with_it(three: Store, capsys: Capture) -> None:
    with three.path(NEWEST).open("a") as file:
        file.write(Resumption("a-secret", 1, NINE).line(66) + "\n")
    for words in (["show"], ["show", "--json"], ["show", "--markdown"], ["list", "--json"], ["list"]):
        assert main(["sessions", *words]) == 0
        out, err = capsys.readouterr()
        assert "secret" not in out
        assert err == ""
    assert main(["sessions", "rm", "last"]) == 0
    assert not any("a-secret" in path.read_text() for path in three.folder.iterdir())


def test_the_words_fill_the_terminal_and_never_more(three: Store) -> None:
    keep(three, NINE, "見" * 300)
    for width in (80, 120, 200):
        rows = list(table(three.summaries(), NINE, width))
        assert max(map(cells.width, rows)) in (width, width - 1)
        assert rows[1].endswith("見…")


def test_on_a_narrow_terminal_some_words_are_left(three: Store) -> None:
    assert list(table(three.summaries(), NINE, 20))[1].endswith("  What is the tim…")


def test_programs_get_one_object_a_line(three: Store, capsys: Capture) -> None:
    name = keep(three, NINE + timedelta(hours=1), EVIL + "x" * 900, end=False)
    three.path(OLDEST).write_bytes(b"\xff\n")
    assert main(["sessions", "list", "--json"]) == 0
    out = capsys.readouterr().out
    assert out.replace("\n", "").isprintable()
    newest, second, _, damaged = map(json.loads, out.splitlines())
    assert (newest["id"], newest["ended"], newest["seconds"]) == (name, False, 2.5)
    assert newest["first_words"].startswith(EVIL)
    assert len(newest["first_words"]) == 200
    assert second == {
        "id": NEWEST,
        "began": "2026-11-21T09:30:07+00:00",
        "seconds": 65.0,
        "turns": 1,
        "ended": True,
        "model": "models/gemini-3.8-live",
        "voice": "Puck",
        "server": "the practice server",
        "continues": "",
        "first_words": "What is the time?",
        "damaged": False,
    }
    assert (damaged["id"], damaged["damaged"], damaged["began"]) == (OLDEST, True, None)


def test_damaged_and_hostile_files_are_listed_and_cannot_command_the_terminal(three: Store, capsys: Capture) -> None:
    three.path(OLDEST).write_bytes(b"\xff\xfe" * 10_000)
    keep(three, NINE + timedelta(hours=1), EVIL)
    assert main(["sessions"]) == 0
    _, evil, _, _, damaged = capsys.readouterr().out.splitlines()
    assert evil.isprintable()
    assert evil.startswith("1  2026-11-21T10-30-07")
    assert damaged.endswith("(damaged)")


def test_ten_thousand_are_listed_like_three() -> None:
    summaries = [Summary(f"{number:05}", Opening(NINE)) for number in range(10_000)]
    rows = list(table(summaries, NINE, 80))
    assert (len(rows), rows[-1].split()[:2]) == (10_001, ["10000", "09999"])


def test_a_secret_of_ours_is_not_shown_though_it_was_said(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "AIzaSecret")
    keep(store, NINE, "AIzaSecret")
    for args in (["list"], ["list", "--json"], ["show"], ["show", "--json"], ["show", "--markdown"]):
        assert main(["sessions", *args]) == 0
        out = capsys.readouterr().out
        assert "AIza" not in out
        assert "[hidden]" in out


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-99, "now"), (59, "now"), (60, "1 min"), (3_599, "59 min"), (3_600, "1 h"), (172_799, "47 h"), (172_800, "2 d")],
)
def test_how_long_ago_it_was(seconds: int, shown: str) -> None:
    assert ago(timedelta(seconds=seconds)) == shown


@pytest.mark.parametrize(
    ("text", "width", "shown"), [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("a bcd", 3, "a…"), ("見見見", 4, "見…")]
)
def test_what_does_not_fit_ends_with_dots(text: str, width: int, shown: str) -> None:
    assert cut(text, width) == shown


# ------------------------------------------------------------------------------------------------------------- show


@pytest.mark.parametrize("args", [[], ["last"], ["1"], [NEWEST], ["2026-11-21"]])
def test_one_is_shown_by_whatever_name(three: Store, args: list[str], capsys: Capture) -> None:
    assert main(["sessions", "show", *args]) == 0
    assert capsys.readouterr() == (
        "conversation of 2026-11-21 09:30:07+00:00\n"
        "models/gemini-3.8-live, voice Puck, the practice server\n"
        "\n"
        "   0:01  you    What is the time?\n"
        "   0:02  model  Half past nine.\n"
        "   1:05  end    1 turn, 0 interruptions\n",
        "",
    )


def test_it_is_shown_as_markdown_and_as_json(three: Store, capsys: Capture) -> None:
    assert main(["sessions", "show", MIDDLE, "--markdown"]) == 0
    assert capsys.readouterr().out.startswith("# Conversation of 2026-11-20 09:30:07+00:00\n")
    assert main(["sessions", "show", MIDDLE, "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [json.loads(line) for line in three.lines(MIDDLE)]
    assert main(["sessions", "show", MIDDLE, "--json", "--markdown"]) == 2


def test_one_that_broke_off_is_shown_up_to_there(store: Store, capsys: Capture) -> None:
    keep(store, end=False)
    assert main(["sessions", "show"]) == 0
    out, err = capsys.readouterr()
    assert out.endswith("   0:02  model  Half past nine.\n")
    assert err == "note: here it breaks off: the program was killed, or they are still talking\n"


class Lossy:
    """A server that breaks off in the middle of the first connection; on the second it hears all again."""

    def __init__(self, *answer: str) -> None:
        self.answer = answer
        self.connections = 0

    async def __call__(self, client: ServerConnection) -> None:
        self.connections += 1
        await client.recv()
        await say(client, {"setupComplete": {}})
        for _ in range(20):
            message = json.loads(await client.recv())
            if "clientContent" in message:
                break
        else:
            for piece in (" what is", " the time?"):
                await say(client, {"serverContent": {"inputTranscription": {"text": piece}}})
        for piece in self.answer[: self.connections]:
            await say(client, {"serverContent": {"outputTranscription": {"text": piece}}})
        if self.connections == 1:
            await client.close(1011, "an internal error")
        with suppress(ConnectionClosed):
            while True:
                await client.recv()


@pytest.mark.parametrize("answer", [(), ("It is", " nine.")], ids=["unanswered", "half an answer"])
def test_what_was_said_over_a_lost_connection_is_shown_once(tmp_path: Path, answer: tuple[str, ...]) -> None:
    (tmp_path / "question.pcm").write_bytes(b"\x00\x10\x00\xf0" * 4_000)  # 25 frames
    state = {"LIVECHAT_STATE": str(tmp_path / "state"), "LIVECHAT_SERVER_TRIES": "8"}
    with scripted(server := Lossy(*answer)) as url:
        words = ("send-audio", "--server", url, "--save", "--fast", "--wait", "3", "question.pcm")
        livechat(*words, cwd=tmp_path, env=state)
    assert server.connections == 2
    shown = livechat("sessions", "show", cwd=tmp_path, env=state).stdout.decode()
    said = [line[9:] for line in shown.splitlines() if line[9:14] in ("you  ", "model")]
    assert said == ["you    what is the time?", *(["model  It is", "model  It is nine."] if answer else [])]


@pytest.mark.parametrize("form", ["--json", "--markdown"])
def test_damaged_lines_are_left_out_and_counted(store: Store, form: str, capsys: Capture) -> None:
    name = keep(store)
    lines = store.path(name).read_bytes().splitlines(keepends=True)
    store.path(name).write_bytes(b"".join([*lines[:2], b"\xff\xfe\x1b[2J\n", b"{}\n", b'{"t": 1e999}\n', *lines[2:]]))
    assert main(["sessions", "show", form]) == 0
    out, err = capsys.readouterr()
    assert "Half past nine." in out
    assert err == "warning: 3 lines of it cannot be read and are left out\n"


def test_one_damaged_line_is_one(store: Store, capsys: Capture) -> None:
    name = keep(store)
    store.path(name).write_bytes(b"\xff\n" + store.path(name).read_bytes())
    assert main(["sessions", "show"]) == 0
    assert capsys.readouterr().err == "warning: 1 line of it cannot be read and is left out\n"


def test_one_of_which_nothing_can_be_read_is_bad_input(store: Store, capsys: Capture) -> None:
    name = keep(store)
    store.path(name).write_bytes(b"\xff\n")
    assert main(["sessions", "show"]) == 65
    err = capsys.readouterr().err
    assert err.splitlines()[:2] == [
        f"error: nothing in the transcript {name} can be read",
        f"  try: livechat sessions rm {name}",
    ]


@pytest.mark.parametrize("form", ["--json", "--markdown", "-q"])
def test_hostile_words_cannot_command_the_terminal(store: Store, form: str, capsys: Capture) -> None:
    keep(store, NINE, EVIL)
    assert main(["sessions", "show", form]) == 0
    assert capsys.readouterr().out.replace("\n", "").isprintable()


def test_a_name_that_is_none_is_missing_input_with_the_nearest(three: Store, capsys: Capture) -> None:
    assert main(["sessions", "show", "2026-11-20T09:30:07"]) == 66
    err = capsys.readouterr().err
    assert f"no conversation '2026-11-20T09:30:07' is kept — did you mean {MIDDLE}?" in err
    assert "try: livechat sessions list" in err
    assert main(["sessions", "show", "../../etc/passwd"]) == 66
    assert main(["sessions", "show", "2026-11"]) == 2


def test_on_a_terminal_it_is_wrapped(store: Store, tmp_path: Path) -> None:
    keep(store, NINE, "word " * 40)
    with Terminal(["sessions", "show"], tmp_path, {"LIVECHAT_STATE": str(tmp_path / "state")}) as terminal:
        assert terminal.end() == 0
    said = [line for line in terminal.shown.splitlines() if "word" in line]
    assert len(said) > 1
    assert all(line.startswith(" " * 16) for line in said[1:])


# --------------------------------------------------------------------------------------------------------------- rm


def test_what_is_deleted_is_said(three: Store, capsys: Capture) -> None:
    assert main(["sessions", "rm", "last", "2026-10", "1"]) == 0
    assert three.names() == [MIDDLE]
    assert capsys.readouterr() == ("", f"note: deleted {NEWEST}\nnote: deleted {OLDEST}\n")


@pytest.fixture
def chain(store: Store) -> list[str]:
    """Four, of which each goes on with the one before, the oldest first; beside them one of its own."""
    names = [""]
    for hours in range(4):
        names.append(keep(store, NINE + timedelta(hours=hours), continues=names[-1]))
    keep(store, NINE - timedelta(days=1))
    return names[1:]


def test_who_deletes_a_link_of_a_chain_is_told_which_conversations_hung_on_it(
    chain: list[str], store: Store, capsys: Capture
) -> None:
    _, second, third, fourth = chain
    assert main(["sessions", "rm", second]) == 0
    assert capsys.readouterr().err == (
        f"note: deleted {second}\n"
        f"warning: {third}, {fourth} went on with what is deleted: continued again, they may not know what was said "
        "before\n"
    )
    assert [exchange.user for exchange in recall(store, "last").turns] == ["What is the time?"] * 2, "of four"


def test_only_those_that_are_left_are_named(chain: list[str], capsys: Capture) -> None:
    first, second, third, fourth = chain
    assert main(["sessions", "rm", second, third]) == 0
    assert capsys.readouterr().err.splitlines()[2:] == [
        f"warning: {fourth} went on with what is deleted: continued again, it may not know what was said before"
    ]
    assert main(["sessions", "rm", first, MIDDLE]) == 0, "nothing hangs on these any more"
    assert main(["sessions", "rm", fourth]) == 0
    assert "warning" not in capsys.readouterr().err


def test_of_all_none_is_left_to_miss_the_others(chain: list[str], capsys: Capture) -> None:
    assert main(["sessions", "rm", "--all", "--yes"]) == 0
    assert capsys.readouterr().err == f"note: deleted {len(chain) + 1} conversations\n"


def test_if_one_is_not_there_none_is_deleted(three: Store, capsys: Capture) -> None:
    assert main(["sessions", "rm", "last", "2026-11-20T09-30-08"]) == 66
    assert f"did you mean {MIDDLE}" in capsys.readouterr().err
    assert main(["sessions", "rm", "last", "2026-1"]) == 2
    assert len(three.names()) == 3


@pytest.mark.parametrize("args", [[], ["--yes"], ["last", "--all"]])
def test_it_must_be_said_what_to_delete(three: Store, args: list[str], capsys: Capture) -> None:
    assert main(["sessions", "rm", *args]) == 2
    assert "try: livechat sessions list" in capsys.readouterr().err
    assert len(three.names()) == 3


def test_off_a_terminal_all_are_deleted_only_with_yes(three: Store, tmp_path: Path) -> None:
    (three.folder / "mine.txt").touch()
    state = {"LIVECHAT_STATE": str(tmp_path / "state")}
    refused = livechat("sessions", "rm", "--all", cwd=tmp_path, env=state)
    assert refused.returncode == 2
    assert b"this would delete 3 conversations\n  try: livechat sessions rm --all --yes" in refused.stderr
    assert len(three.names()) == 3
    done = livechat("sessions", "rm", "--all", "--yes", cwd=tmp_path, env=state)
    assert (done.returncode, done.stderr) == (0, b"note: deleted 3 conversations\n")
    assert [file.name for file in three.folder.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(("typed", "left", "said"), [("y\n", 0, "deleted 3"), ("\n", 3, "nothing is deleted")])
def test_on_a_terminal_it_asks(three: Store, tmp_path: Path, typed: str, left: int, said: str) -> None:
    with Terminal(["sessions", "rm", "--all"], tmp_path, {"LIVECHAT_STATE": str(tmp_path / "state")}) as terminal:
        terminal.expect("Delete 3 conversations for good? [y/N]")
        terminal.type(typed)
        terminal.expect(said)
        assert terminal.end() == 0
    assert len(three.names()) == left


def test_to_delete_all_of_none_is_no_mistake(capsys: Capture) -> None:
    assert main(["sessions", "rm", "--all"]) == 0
    assert capsys.readouterr().err == "note: no conversation is kept: there is nothing to delete\n"


# ------------------------------------------------------------------------------------------------------------- path


def test_path_is_told_whether_or_not_there_is_a_folder(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert main(["sessions", "path"]) == 0
    monkeypatch.delenv("LIVECHAT_STATE")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert main(["sessions", "path"]) == 0
    assert capsys.readouterr().out == f"{store.folder}\n{tmp_path}/xdg/livechat/sessions\n"


def test_the_list_of_many_ends_silently_where_nobody_reads_on(three: Store, tmp_path: Path) -> None:
    done = livechat("sessions", cwd=tmp_path, env={"LIVECHAT_STATE": str(tmp_path / "state")})
    assert (done.returncode, len(done.stdout.splitlines()), done.stderr) == (0, 4, b"")
