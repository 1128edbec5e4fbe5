"""The log of a server: a line for everything, and nothing of anybody's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from livechat.errors import DeviceError
from livechat.server.event_log import EventLog, LoggedLine, event_log
from livechat.server.outlet import CutAct
from livechat.server.scenario import Drop
from tests.aio import run


class Socket:
    """A line that gives these frames and remembers what was done to it."""

    def __init__(self, *frames: str) -> None:
        self.frames = list(frames)
        self.done: list[object] = []

    async def receive(self) -> str | bytes:
        return self.frames.pop(0)

    async def send(self, frame: str | bytes) -> None:
        self.done.append(frame)

    async def ready(self) -> None:
        self.done.append("ready")

    async def close(self, code: int, reason: str) -> None:
        self.done.append((code, reason))

    def abort(self) -> None:
        self.done.append("abort")

    def drop(self) -> None:
        self.done.append("drop")

    def fall_silent(self) -> None:
        self.done.append("silent")

    def strike_at(self, byte: int, act: CutAct) -> None:
        self.done.append((byte, act))

    def pong_after(self, seconds: float) -> None:
        self.done.append(seconds)


class Written:
    """A log in memory, with a clock that goes a second at each look."""

    def __init__(self, *, words: bool = False) -> None:
        self.text = ""
        self.seconds = 0.0
        self.log = EventLog(self.take, words=words, clock=self.clock)

    def take(self, line: str) -> None:
        self.text += line

    def clock(self) -> float:
        self.seconds += 1.0
        return self.seconds

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


SETUP = '{"setup": {"model": "models/x"}}'
TEXT = '{"realtimeInput": {"text": "secret"}}'


def test_a_line_has_the_seconds_since_the_beginning_and_what_happened() -> None:
    written = Written()
    written.log.record("connected", connection=1, api="developer")
    written.log.record("closed", connection=1)
    assert written.lines() == [
        {"t": 1.0, "event": "connected", "connection": 1, "api": "developer"},
        {"t": 2.0, "event": "closed", "connection": 1},
    ]
    assert written.text.isascii()


def test_frames_are_written_down_on_their_way() -> None:
    written, socket = Written(), Socket(SETUP, SETUP, TEXT)

    async def play() -> None:
        line = LoggedLine(socket, written.log, 3)
        for frame in (SETUP, SETUP, TEXT):
            assert await line.receive() == frame
        await line.send('{"setupComplete": {}}')

    run(play())
    assert socket.done == ['{"setupComplete": {}}']
    told = [(line["event"], line.get("kinds", line.get("model"))) for line in written.lines()]
    assert told == [
        ("in", ["setup"]),
        ("setup", "models/x"),
        ("in", ["setup"]),
        ("in", ["realtimeInput.text"]),
        ("out", ["setupComplete"]),
    ]
    assert {line["connection"] for line in written.lines()} == {3}
    assert "secret" not in written.text


def test_words_are_written_down_where_that_is_wanted() -> None:
    written = Written(words=True)
    run(LoggedLine(Socket(TEXT), written.log, 1).receive())
    assert written.lines()[0]["words"] == "secret"


def test_what_is_done_to_a_line_is_done_and_written_down() -> None:
    written, socket = Written(), Socket()

    async def play() -> None:
        line = LoggedLine(socket, written.log, 1)
        line.strike_at(100, Drop())
        line.pong_after(8.0)
        line.fall_silent()
        line.drop()
        line.abort()
        await line.ready()
        await line.close(1011, "Internal error encountered.")

    run(play())
    assert socket.done == [
        (100, Drop()),
        8.0,
        "silent",
        "drop",
        "abort",
        "ready",
        (1011, "Internal error encountered."),
    ]
    assert [(line["what"], line.get("byte", line.get("code"))) for line in written.lines()] == [
        ("drop", 100),
        ("fall silent", None),
        ("drop", None),
        ("abort", None),
        ("close", 1011),
    ]


def test_a_close_is_written_down_once_though_who_waits_for_its_end_closes_again() -> None:
    written, socket = Written(), Socket()

    async def play() -> None:
        line = LoggedLine(socket, written.log, 1)
        await line.close(1008, "first")
        await line.close(1008, "first")

    run(play())
    assert socket.done == [(1008, "first")] * 2
    assert [line["what"] for line in written.lines()] == ["close"]


def test_a_log_that_cannot_be_written_any_more_stops_nobody() -> None:
    taken: list[str] = []

    def full(line: str) -> None:
        taken.append(line)
        raise OSError(28, "No space left on device")

    log = EventLog(full)
    log.record("one")
    log.record("two")
    assert len(taken) == 1


def test_it_is_a_file_of_its_owners_and_every_line_is_there_at_once(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    with event_log(path) as log:
        log.record("server", seed=7)
        assert json.loads(path.read_text("ascii"))["seed"] == 7
    assert path.stat().st_mode & 0o777 == 0o600
    with event_log(path, words=True) as again:
        assert again.words
    assert path.read_bytes() == b""


def test_a_file_that_others_could_read_is_taken_from_them(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_text("old")
    path.chmod(0o644)
    with event_log(path):
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full disk to try")
def test_that_the_disk_is_full_is_told_at_the_end_and_disturbs_nobody_before() -> None:
    log = event_log(Path("/dev/full"))
    written = log.__enter__()
    written.record("server")
    written.record("end")
    with pytest.raises(DeviceError) as caught:
        log.__exit__(None, None, None)
    assert "/dev/full" in caught.value.what
    assert caught.value.why == "No space left on device"


def test_where_no_log_can_be_the_reason_is_told(tmp_path: Path) -> None:
    with pytest.raises(DeviceError) as caught, event_log(tmp_path):
        pass
    assert str(tmp_path) in caught.value.what
