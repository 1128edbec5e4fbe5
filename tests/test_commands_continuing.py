"""Going on with a conversation of an earlier run: what it is told of, by whom it may be heard, and what is kept."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from livechat.closing import Facts
from livechat.commands.common import Common
from livechat.commands.continuing import Memory, as_before, recollection
from livechat.commands.target import Choice, Target
from livechat.credentials import Key
from livechat.errors import UsageError
from livechat.events import Resumable, UserSaid
from livechat.ledger import Exchange, Past
from livechat.terminal.report import Report
from livechat.transcripts.recalling import Recollection
from livechat.transcripts.store import Store
from livechat.transcripts.words import Opening, Resumption
from tests.cli import Terminal, livechat
from tests.scripted import say, scripted

NINE = datetime(2026, 11, 21, 9, 30, 7, tzinfo=UTC)
TURNS = (Exchange("Hi", "Hello."),)
GOOGLE, OURS = "generativelanguage.googleapis.com", "the practice server"
MODEL = ("--model", "gemini-live-2.5-flash")


def target(server: str = GOOGLE, model: str = "models/gemini-3.8-live") -> Target:
    return Target("ws://nowhere", {}, model, Facts(server), "")


class Run:
    """One run of a command that goes on with a conversation."""

    def __init__(self, folder: Path, kind: str = "google", *, flags: Mapping[str, str] | None = None) -> None:
        self.stderr = io.StringIO()
        env = {"LIVECHAT_STATE": str(folder)}
        self.common = Common(Report(self.stderr, env), env, no_config=True, command="livechat talk")
        settings = self.common.settings(dict(flags or {}))
        self.warnings: list[str] = []
        self.memory = Memory(
            *(self.common, settings, Choice(kind, settings), None, True, self.warnings.append),
            now=lambda: NINE + timedelta(hours=1),
        )

    def after(self, *, server: str = GOOGLE, handle: Resumption | None = None, model: str = "gemini-3.8-live") -> Run:
        opening = Opening(NINE, model, server=server)
        self.memory.before = Recollection("2026-11-21T09-30-07", opening, TURNS, handle)
        return self

    @property
    def notes(self) -> list[str]:
        return [line.removeprefix("note: ") for line in self.stderr.getvalue().splitlines()]


GOES_ON = "going on with 2026-11-21T09-30-07, 1 turn"
FRESH = "starting fresh with its transcript as context"


def fresh(at: datetime = NINE) -> Resumption:
    return Resumption("a-secret", 1, at)


# ---------------------------------------------------------------------------------------- what the server is asked


def test_a_server_that_may_know_the_conversation_is_asked_to_go_on(tmp_path: Path) -> None:
    run = Run(tmp_path).after(handle=fresh())
    assert run.memory.past(target()) == Past("a-secret", TURNS)
    assert run.notes == [GOES_ON]
    run.common.report.note("no session a-secret")
    assert "a-secret" not in run.stderr.getvalue(), "what a server says of it is not repeated"


def test_one_that_never_gave_a_handle_is_told_it_again(tmp_path: Path) -> None:
    run = Run(tmp_path).after()
    assert run.memory.past(target()) == Past("", TURNS)
    assert run.notes == [GOES_ON]


@pytest.mark.parametrize(
    ("kind", "hours", "words"),
    [
        ("google", 1, ""),
        ("google", 2, f"the saved session is older than 2 h; {FRESH}"),
        ("custom", 2, f"the saved session is older than 2 h; {FRESH}"),
        ("vertex", 23, ""),
        ("vertex", 24, f"the saved session is older than 24 h; {FRESH}"),
    ],
)
def test_what_is_too_old_is_not_asked_for(tmp_path: Path, kind: str, hours: int, words: str) -> None:
    run = Run(tmp_path, kind).after(handle=fresh(NINE + timedelta(hours=1 - hours)))
    past = run.memory.past(target())
    assert past is not None
    assert bool(past.handle) is not bool(words)
    assert run.notes == [GOES_ON, *([words] if words else [])]


def test_another_model_or_server_that_was_named_is_told_it_again(tmp_path: Path) -> None:
    run = Run(tmp_path).after(handle=fresh(), model="gemini-2.5")
    assert run.memory.past(target()) == Past("", TURNS)
    assert run.notes[1] == f"the conversation was held with the model gemini-2.5; {FRESH}"
    run = Run(tmp_path, flags={"server.choice": "google"}).after(handle=fresh(), server=OURS)
    assert run.memory.past(target()) == Past("", TURNS)
    assert run.notes[1] == f"the conversation was held with {OURS}; {FRESH}"


def test_a_server_that_nobody_named_hears_nothing_that_was_said_to_another(tmp_path: Path) -> None:
    run = Run(tmp_path).after(handle=fresh(), server=OURS)
    with pytest.raises(UsageError, match=f"was held with {OURS}, and this would tell it to {GOOGLE}") as refused:
        run.memory.past(target())
    assert refused.value.hint == "say where it shall go: livechat talk --server google, or --local"


def test_the_server_on_this_machine_may_hear_all_and_knows_no_session_of_another_run(tmp_path: Path) -> None:
    for server in (GOOGLE, OURS):
        run = Run(tmp_path, "local").after(handle=fresh(), server=server)
        assert run.memory.past(target(OURS)) == Past("", TURNS)


def test_without_a_wish_nothing_is_gone_on_with(tmp_path: Path) -> None:
    run = Run(tmp_path)
    assert run.memory.past(target()) is None
    assert recollection(run.common, last=False, which=None) is None
    run.after().memory.forget()
    assert run.memory.past(target()) is None


def test_the_last_and_another_are_two(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give one of them"):
        recollection(Run(tmp_path).common, last=True, which="1")


# ------------------------------------------------------------------------------------------ with whom it goes on


KORES = Opening(NINE, "gemini-2.5", "Kore", GOOGLE)


class Chosen:
    """What becomes of a choice when a conversation goes on that was held with this model and voice."""

    def __init__(
        self,
        folder: Path,
        *,
        server: str = GOOGLE,
        held: Opening = KORES,
        flags: Mapping[str, str] | None = None,
        file: str = "",
    ) -> None:
        self.stderr = io.StringIO()
        common = Common(Report(self.stderr, {}), {}, config=folder / "c.toml")
        (folder / "c.toml").write_text(file)
        settings = common.settings(dict(flags or {}))
        choice = Choice("local", settings) if server == OURS else Choice("google", settings, Key("k" * 39, "a test"))
        self.choice = as_before(common, choice, Recollection("2026-11-21T09-30-07", held, TURNS, None))
        session = self.choice.settings.session
        self.model, self.voice = session.model, session.voice


def test_a_conversation_keeps_its_model_and_its_voice(tmp_path: Path) -> None:
    chosen = Chosen(tmp_path)
    assert (chosen.model, chosen.voice) == ("gemini-2.5", "Kore")
    assert chosen.stderr.getvalue() == ""
    ours = Chosen(tmp_path, server=OURS, held=Opening(NINE, "gemini-2.5", "Kore", OURS))
    assert (ours.model, ours.voice) == ("gemini-2.5", "Kore")


def test_who_names_another_on_the_command_line_gets_it(tmp_path: Path) -> None:
    chosen = Chosen(tmp_path, flags={"session.model": "gemini-3.8-live", "session.voice": "Puck"})
    assert (chosen.model, chosen.voice) == ("gemini-3.8-live", "Puck")
    chosen = Chosen(tmp_path, flags={"session.voice": "Puck"})
    assert (chosen.model, chosen.voice) == ("gemini-2.5", "Puck")
    assert chosen.stderr.getvalue() == ""


def test_what_the_settings_wish_for_new_ones_is_told_and_not_done(tmp_path: Path) -> None:
    chosen = Chosen(tmp_path, file='[session]\nmodel = "gemini-3.8-live"\nvoice = "Kore"\n')
    assert (chosen.model, chosen.voice) == ("gemini-2.5", "Kore")
    note = "note: 2026-11-21T09-30-07 keeps its model gemini-2.5; --model gemini-3.8-live changes it\n"
    assert chosen.stderr.getvalue() == note


def test_another_server_need_not_have_the_model(tmp_path: Path) -> None:
    chosen = Chosen(tmp_path, held=Opening(NINE, "gemini-2.5", "Kore", OURS))
    assert (chosen.model, chosen.voice) == (None, "Kore")


def test_where_none_is_known_the_settings_hold(tmp_path: Path) -> None:
    chosen = Chosen(tmp_path, held=Opening(NINE, server=GOOGLE), file='[session]\nvoice = "Puck"\n')
    assert (chosen.model, chosen.voice) == (None, "Puck")
    assert Chosen(tmp_path, held=Opening(NINE, "", "\x1b[2J", GOOGLE)).voice is None
    run = Run(tmp_path)
    assert as_before(run.common, run.memory.choice, None) is run.memory.choice


# ------------------------------------------------------------------------------------------------- what is kept


def test_what_is_kept_names_what_it_goes_on_with_and_can_be_gone_on_with(tmp_path: Path) -> None:
    run = Run(tmp_path, flags={"session.voice": "Puck"}).after()
    with run.memory.keeping(target()) as (keeper,):
        keeper(1.0, UserSaid(1, "Hi", "Hi", True))
        keeper(2.0, Resumable("a-secret", 2))
    assert run.memory.kept
    found = recollection(run.common, last=True, which=None)
    assert found is not None
    assert (found.name, found.opening.continues, found.opening.voice) == (
        run.memory.kept,
        "2026-11-21T09-30-07",
        "Puck",
    )
    assert (found.turns, found.resumption is not None) == ((Exchange("Hi", ""),), True)
    assert recollection(run.common, last=False, which="1") == found


def test_where_nothing_is_to_be_kept_nothing_is(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.memory.save = False
    with run.memory.keeping(target()) as keepers:
        assert keepers == []
    assert (run.memory.kept, run.memory.again) == ("", "")


def test_a_disk_that_refuses_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    run = Run(tmp_path / "file")
    with run.memory.keeping(target()) as (keeper,):
        keeper(1.0, UserSaid(1, "Hi", "Hi", True))
    (warning,) = run.warnings
    assert warning.startswith("the words are not kept any more: ")
    assert run.memory.again == ""


@pytest.mark.parametrize(
    ("kind", "flags", "words"),
    [
        ("google", {}, ""),
        ("local", {}, " --local"),
        ("local", {"server.choice": "local", "session.model": "m"}, " --local --model m"),
        ("custom", {"server.choice": "ws://box:1/a b"}, " --server 'ws://box:1/a b'"),
    ],
)
def test_the_way_to_go_on_leads_to_the_same_server(
    tmp_path: Path, kind: str, flags: Mapping[str, str], words: str
) -> None:
    run = Run(tmp_path, kind, flags=flags)
    run.memory.kept = "2026-11-21T09-30-07"
    assert run.memory.again == f"livechat talk{words} --continue"


# ------------------------------------------------------------------------------------------ the whole command line


class Rememberer:
    """A server that can go on from where it was; `setups` are what it was asked for."""

    def __init__(self, *, knows: bool = True) -> None:
        self.setups: list[dict[str, Any]] = []
        self.told: list[dict[str, Any]] = []
        self.knows = knows

    async def __call__(self, client: ServerConnection) -> None:
        setup = json.loads(await client.recv())["setup"]
        self.setups.append(setup)
        if setup["sessionResumption"].get("handle") and not self.knows:
            await client.close(1008, "unknown handle")
            return
        await say(client, {"setupComplete": {}})
        async for frame in client:
            message = json.loads(frame)
            self.told.append(message)
            if "clientContent" in message and len(message["clientContent"]["turns"]) == 1:
                await say(client, {"serverContent": {"modelTurn": {"parts": [{"text": "It is nine."}]}}})
                update = {"newHandle": f"handle-{len(self.setups)}", "resumable": True}
                done = {"generationComplete": True, "turnComplete": True}
                await say(client, {"serverContent": done, "sessionResumptionUpdate": update})


def keeping(folder: Path) -> dict[str, str]:
    return {"LIVECHAT_STATE": str(folder / "state"), "LIVECHAT_TEXT_SAVE": "true", "LIVECHAT_SERVER_TRIES": "8"}


def ask(url: str, folder: Path, *words: str) -> tuple[str, list[str]]:
    run = livechat("text", "--server", url, *MODEL, *words, cwd=folder, env=keeping(folder))
    assert run.returncode == 0, run.stderr
    return run.stdout.decode(), run.stderr.decode().splitlines()


def test_the_next_run_goes_on_where_the_server_is(tmp_path: Path) -> None:
    with scripted(server := Rememberer()) as url:
        ask(url, tmp_path, "what is the time?")
        answer, notes = ask(url, tmp_path, "-c", "sure?")
    assert answer == "It is nine.\n"
    assert "note: resumed — the server still has the conversation (1 turn)" in notes
    assert server.setups[1]["sessionResumption"] == {"handle": "handle-1"}
    assert not any("handle-" in note for note in notes)
    names = Store(tmp_path / "state").newest_first()
    assert len(names) == 2
    assert [turn.user for turn in _recalled(tmp_path).turns] == ["what is the time?", "sure?"]


def test_a_call_goes_on_with_what_was_written_and_tells_how_it_goes_on_itself(tmp_path: Path) -> None:
    devices = ("--input-device", "none", "--output-device", "none")
    with scripted(server := Rememberer()) as url:
        ask(url, tmp_path, "what is the time?")
        (name,) = Store(tmp_path / "state").names()
        words = ("talk", "--server", url, *MODEL, *devices, "--resume", name, "--start-with", "sure?", "--once")
        run = livechat(*words, cwd=tmp_path, env=keeping(tmp_path))
    assert run.returncode == 0
    assert server.setups[1]["sessionResumption"] == {"handle": "handle-1"}
    assert b"note: resumed" in run.stdout
    assert f"go on with it: livechat talk --server {url} --model {MODEL[1]} --continue".encode() in run.stderr
    assert len(_recalled(tmp_path).turns) == 2


def test_recorded_speech_goes_on_too(tmp_path: Path) -> None:
    (tmp_path / "question.pcm").write_bytes(b"\x00\x10\x00\xf0" * 8_000)
    with scripted(server := Rememberer()) as url:
        ask(url, tmp_path, "what is the time?")
        words = ("send-audio", "--server", url, *MODEL, "-c", "--fast", "--wait", "0.2", "question.pcm")
        run = livechat(*words, cwd=tmp_path, env=keeping(tmp_path))
    assert b"no answer to question.pcm" in run.stderr, "this server does not hear"
    assert server.setups[1]["sessionResumption"] == {"handle": "handle-1"}


@pytest.mark.parametrize(
    "words",
    [
        ("text", "-c", "sure?"),
        ("text", "-c", "sure?", "--audio-out", "answer.wav"),
        ("send-audio", "-c", "--fast", "--wait", "0.2", "-o", "answer.wav", "question.pcm"),
        ("talk", "-c", "--input-device", "none", "--output-device", "none", "--start-with", "sure?", "--once"),
    ],
    ids=["text", "text aloud", "send-audio", "talk"],
)
def test_every_command_goes_on_with_the_model_and_the_voice_that_there_were(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "question.pcm").write_bytes(b"\x00\x10\x00\xf0" * 8_000)
    first = ("text", "--model", "gemini-2.0-flash-live-001", "--voice", "Kore", "what is the time?")
    with scripted(server := Rememberer()) as url:
        for command, *more in (first, words):
            livechat(command, "--server", url, *more, cwd=tmp_path, env=keeping(tmp_path))
    assert [setup["model"] for setup in server.setups] == ["models/gemini-2.0-flash-live-001"] * 2
    assert server.setups[1]["sessionResumption"] == {"handle": "handle-1"}
    generation = server.setups[1]["generationConfig"]
    speaks = generation["responseModalities"] == ["AUDIO"]
    assert speaks is (words != ("text", "-c", "sure?"))
    voice = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}}
    assert generation.get("speechConfig") == (voice if speaks else None)


def test_a_server_that_has_forgotten_is_told_again_what_was_said(tmp_path: Path) -> None:
    with scripted(server := Rememberer(knows=False)) as url:
        ask(url, tmp_path, "what is the time?")
        answer, notes = ask(url, tmp_path, "--continue", "sure?")
    assert answer == "It is nine.\n"
    assert "note: rebuilt from the transcript — the server was told 1 turn again" in notes
    words = [part["text"] for frame in server.told[1:] for turn in _turns(frame) for part in turn["parts"]]
    assert words == ["what is the time?", "It is nine.", "sure?"]


def test_without_saving_there_is_nothing_to_go_on_with(tmp_path: Path) -> None:
    with scripted(Rememberer()) as url:
        ask(url, tmp_path, "--no-save", "what is the time?")
        run = livechat("text", "--server", url, "-c", "sure?", cwd=tmp_path, env=keeping(tmp_path))
    assert run.returncode == 66
    assert run.stderr.decode().startswith("error: no conversation is kept yet")


def test_a_conversation_line_by_line_goes_on_once_and_says_how_it_can_be_again(tmp_path: Path) -> None:
    words = ("text", "--local")
    with Terminal([*words], tmp_path, keeping(tmp_path)) as terminal:
        terminal.expect("you> ")
        terminal.type("my name is Ada\n")
        terminal.expect("Ada")
        terminal.expect("you> ")
        terminal.type("/quit\n")
        assert terminal.end() == 0
        assert "go on with it: livechat text --local --continue" in terminal.shown
    with Terminal([*words, "-c"], tmp_path, keeping(tmp_path)) as terminal:
        terminal.expect("rebuilt from the transcript — the server was told 1 turn again")
        terminal.type("what is my name?\n")
        terminal.expect("Your name is Ada")
        terminal.type("/clear\n")
        terminal.expect("you> ")
        terminal.expect("you> ")
        terminal.type("what is my name?\n")
        terminal.expect("what is my name?")
        assert "Ada" not in terminal.expect("you> ")
        terminal.type("\x04")
        assert terminal.end() == 0
    store = Store(tmp_path / "state")
    openings = [store.read(name).opening for name in store.newest_first()]
    assert [bool(opening and opening.continues) for opening in openings] == [False, True, False]


def _turns(frame: dict[str, Any]) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = frame.get("clientContent", {}).get("turns", [])
    return turns


def _recalled(folder: Path) -> Recollection:
    run = Run(folder / "state")
    found = recollection(run.common, last=True, which=None)
    assert found is not None
    return found
