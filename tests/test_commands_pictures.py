"""Claims about the pictures of a call: sent one a second from the first on, counted, and never in its way."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from websockets.asyncio.server import ServerConnection

from livechat.commands.pictures import Pictures, open_pictures
from livechat.errors import DeviceError, MissingInput, UsageError
from livechat.events import Said
from livechat.session import Session
from livechat.video.feed import Feed, Shots, Shutter
from tests.cli import livechat
from tests.films import make_film, second_of
from tests.scripted import complete, say, scripted, write

JPEG = b"\xff\xd8\xff\xe0 a picture"


class Told:
    """A session that keeps what it is told."""

    def __init__(self) -> None:
        self.blobs: list[tuple[bytes | None, str | None]] = []

    async def room(self) -> None:
        """There is always some."""

    def tell(self, happened: object) -> None:
        assert isinstance(happened, Said)
        live = happened.message.realtime_input
        assert live is not None
        assert live.video is not None
        self.blobs.append((live.video.data, live.video.mime_type))


def shots(*pictures: bytes, broken: Exception | None = None) -> Shots:
    def taken(shutter: Shutter) -> Iterator[bytes]:
        for picture in pictures:
            if shutter.next() is not None:
                yield picture
        if broken is not None:
            raise broken

    return taken


def shown(source: Shots, every_s: float = 0.001) -> tuple[Pictures, Told, list[str]]:
    pictures, told, warned = Pictures("cam", every_s, Feed(source, every_s)), Told(), list[str]()
    asyncio.run(pictures.send(cast(Session, told), warned.append))
    return pictures, told, warned


def test_each_is_sent_with_its_type_and_counted() -> None:
    pictures, told, warned = shown(shots(JPEG, JPEG))
    assert told.blobs == [(JPEG, "image/jpeg")] * 2
    assert (pictures.sent, warned) == (2, [])


def test_none_is_sent_before_its_time() -> None:
    began = time.monotonic()
    shown(shots(JPEG, JPEG, JPEG), 0.1)
    assert time.monotonic() - began >= 0.2


def test_what_keeps_the_first_from_being_taken_ends_the_call() -> None:
    with pytest.raises(DeviceError, match="no camera"):
        shown(shots(broken=DeviceError("no camera")))


def test_what_breaks_off_later_is_a_warning() -> None:
    _, told, warned = shown(shots(JPEG, broken=DeviceError("the camera is gone", why="unplugged")))
    assert len(told.blobs) == 1
    assert warned == ["no more pictures: the camera is gone (unplugged)"]


def test_the_talk_waits_for_the_first_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run(source: Shots) -> int:
        pictures = Pictures("cam", 0.001, Feed(source, 0.001))
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(pictures.send(cast(Session, Told()), list[str]().append))
            await pictures.begun()
            sent = pictures.sent
            sending.cancel()
        return sent

    def never(shutter: Shutter) -> Iterator[bytes]:
        while shutter.next() is not None:
            pass
        yield JPEG

    assert asyncio.run(run(shots(JPEG, JPEG))) >= 1
    assert asyncio.run(run(shots())) == 0
    monkeypatch.setattr("livechat.commands.pictures.FIRST_S", 0.01)
    assert asyncio.run(run(never)) == 0


def test_it_is_said_where_they_go() -> None:
    assert Pictures("cam", 1.0, Feed(shots())).announcement("google") == "pictures of cam go to google, one a second"
    assert Pictures("f", 5.0, Feed(shots())).announcement("local") == "pictures of f go to local, one every 5 s"


def test_a_rate_is_of_something(tmp_path: Path) -> None:
    assert open_pictures(None, None) is None
    with pytest.raises(UsageError, match="there is no --video"):
        open_pictures(None, 1.0)
    with pytest.raises(UsageError, match="2 pictures a second"):
        open_pictures("cam", 2.0)
    pictures = open_pictures(make_film(tmp_path / "f.mp4", 0.2), 0.5)
    assert pictures is not None
    assert pictures.every_s == 2


# ------------------------------------------------------------------------------------ the real command line


class Watcher:
    """A server that looks at pictures until it has seen so many, and says how many there were."""

    def __init__(self, enough: int) -> None:
        self.enough = enough
        self.kinds: list[str] = []
        self.seconds: list[int] = []
        self.at: list[float] = []

    async def watch(self, client: ServerConnection) -> None:
        await client.recv()
        await say(client, {"setupComplete": {}})
        while len(self.seconds) < self.enough or len(set(self.kinds)) < 2:
            self._take(json.loads(await client.recv()))
        await write(client, f"I saw {len(self.seconds)}.")
        await complete(client)

    def _take(self, frame: dict[str, Any]) -> None:
        video = frame.get("realtimeInput", {}).get("video")
        self.kinds.append("video" if video else "words")
        if video:
            assert video["mimeType"] == "image/jpeg"
            self.at.append(time.monotonic())
            self.seconds.append(second_of(base64.b64decode(video["data"])))


def test_a_film_is_shown_to_the_model_in_real_time_from_before_the_first_word(tmp_path: Path) -> None:
    make_film(tmp_path / "f.mp4", 6)
    watcher = Watcher(3)
    words = ["talk", "--input-device", "none", "--output-device", "none", "--no-save", "--json", "--once"]
    with scripted(watcher.watch) as url:
        run = livechat(*words, "--server", url, "--video", "f.mp4", "--start-with", "What is it?", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert watcher.kinds[:2] == ["video", "words"]
    assert watcher.seconds[0] == 0
    assert watcher.seconds == sorted(watcher.seconds)
    assert watcher.seconds[-1] in (1, 2)  # what a slow machine is late with is left out
    assert watcher.at[1] - watcher.at[0] >= 0.95
    assert watcher.at[2] - watcher.at[1] >= 0.95
    assert b"note: pictures of f.mp4 go to " in run.stderr
    summary = json.loads(run.stdout.splitlines()[-1])
    assert (summary["type"], summary["pictures"]) == ("summary", 3)


def test_a_film_that_is_over_ends_no_call(tmp_path: Path) -> None:
    make_film(tmp_path / "f.mp4", 0.2)
    watcher = Watcher(1)
    words = ["talk", "--input-device", "none", "--output-device", "none", "--no-save"]
    with scripted(watcher.watch) as url:
        run = livechat(*words, "--server", url, "--video", "f.mp4", "--start-with", "What is it?", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert b"I saw 1." in run.stdout
    assert b"the model was shown 1 picture\n" in run.stderr


@pytest.mark.parametrize(
    ("video", "code", "what"),
    [("no.mp4", 66, b"the video no.mp4 is not there"), ("cam:/dev/none", 74, b"the camera /dev/none cannot be used")],
)
def test_what_cannot_be_shown_ends_the_call_with_its_reason(tmp_path: Path, video: str, code: int, what: bytes) -> None:
    words = ["talk", "--input-device", "none", "--output-device", "none", "--no-save", "--start-with", "Hi"]
    with scripted(Watcher(1).watch) as url:
        run = livechat(*words, "--server", url, "--video", video, cwd=tmp_path)
    assert (run.returncode, what in run.stderr, run.stdout) == (code, True, b""), run.stderr


def test_a_missing_film_is_missing_before_anything_begins() -> None:
    with pytest.raises(MissingInput):
        open_pictures("no-such-film.mp4", None)
