"""Claims about pictures on their way out: what they are, and that the newest goes, one a second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.errors import BadInput, LivechatError, MissingInput
from livechat.library import frames
from livechat.library.frames import Pacer, image_blob, kind_of, send_newest
from livechat.protocol.parts import Blob
from tests.sound_help import run_virtually

JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF rest"
PNG = b"\x89PNG\r\n\x1a\n rest"
WEBP = b"RIFF\x10\0\0\0WEBPVP8 rest"
KINDS = {"image/jpeg": JPEG, "image/png": PNG, "image/webp": WEBP}


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_bytes_tell_the_type(kind: str) -> None:
    data = KINDS[kind]
    for image in (data, bytearray(data), memoryview(data), Blob(data=data), Blob(data=data, mime_type=kind)):
        assert image_blob(image) == Blob(data=data, mime_type=kind)
    assert kind_of(data) == kind


@pytest.mark.parametrize("as_text", [True, False])
def test_a_path_is_read(tmp_path: Path, as_text: bool) -> None:
    path = tmp_path / "picture.of-any-name"
    path.write_bytes(PNG)
    assert image_blob(str(path) if as_text else path) == Blob(data=PNG, mime_type="image/png")


def test_a_type_can_be_given_where_the_bytes_do_not_tell_it() -> None:
    assert image_blob(b"....ftypheic", "image/heic").mime_type == "image/heic"
    assert image_blob(Blob(data=b"....ftypheic", mime_type="image/heic")).mime_type == "image/heic"


def test_the_common_misspelling_of_jpeg_is_put_right() -> None:
    assert image_blob(JPEG, "image/jpg").mime_type == "image/jpeg"


@pytest.mark.parametrize(
    ("image", "mime_type", "what"),
    [
        (b"", None, "the picture is empty"),
        (Blob(mime_type="image/png"), None, "the picture is empty"),
        (b"GIF89a", None, "the picture is a GIF"),
        (b"hello", None, "the picture is no JPEG, PNG or WebP"),
        (b"RIFF....WAVE", None, "the picture is no JPEG, PNG or WebP"),
        (PNG, "image/jpeg", "the picture is image/png, and is said to be image/jpeg"),
        (PNG, "video/mp4", "video/mp4 is no type of a picture"),
        (b"\0" * (frames.MAX_IMAGE + 1), "image/heic", "the picture is larger than 12 MiB, which fits into no frame"),
        (7, None, "int is no picture"),
    ],
)
def test_what_is_no_picture_is_refused_and_named(image: bytes, mime_type: str | None, what: str) -> None:
    with pytest.raises(BadInput) as refused:
        image_blob(image, mime_type)
    assert refused.value.what == what
    assert refused.value.hint


def test_a_picture_of_the_largest_size_fits_into_a_frame() -> None:
    from livechat.protocol.client import ClientMessage, RealtimeInput
    from livechat.protocol.codec import decode_client_message, encode

    blob = image_blob(JPEG.ljust(frames.MAX_IMAGE, b"\0"))
    frame = encode(ClientMessage(realtime_input=RealtimeInput(video=blob)))
    assert decode_client_message(frame).realtime_input is not None


def test_what_is_not_there_is_missing(tmp_path: Path) -> None:
    for path, what in ((tmp_path / "no.png", "is not there"), (tmp_path, "is not a file"), ("a\0b", "")):
        with pytest.raises(MissingInput) as missing:
            image_blob(path)
        assert what in str(missing.value)


def test_a_file_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "p.png").write_bytes(PNG)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(MissingInput) as missing:
        image_blob(tmp_path / "p.png")
    assert missing.value.why == "Permission denied"


# ----------------------------------------------------------------------------------------------- the pace


@given(st.lists(st.floats(0, 3), max_size=20), st.floats(0.1, 2))
def test_places_are_never_closer_than_the_interval_and_never_later_than_needed(gaps: list[float], every: float) -> None:
    pacer, now, before = Pacer(every), 100.0, -1e9
    for gap in gaps:
        now += gap
        at = now + pacer.due(now)
        assert at - before >= every - 1e-9
        assert at == pytest.approx(max(now, before + every))
        before = at


def test_two_who_ask_at_once_get_two_places() -> None:
    pacer = Pacer()
    assert [pacer.due(5.0), pacer.due(5.0), pacer.due(5.5)] == [0.0, 1.0, 1.5]


class Shots:
    """Frames that come at their times, of a clock that passes in sleep; sent ones with the time they went."""

    def __init__(self, times: Sequence[float], *, breaks: Exception | None = None) -> None:
        self.times, self.breaks = times, breaks
        self.sent: list[tuple[float, float]] = []

    async def taken(self) -> AsyncIterator[float]:
        for time in self.times:
            await asyncio.sleep(max(0.0, time - asyncio.get_running_loop().time()))
            yield time
        if self.breaks is not None:
            raise self.breaks

    async def send(self, frame: float) -> None:
        self.sent.append((round(asyncio.get_running_loop().time(), 3), frame))

    def run(self) -> list[tuple[float, float]]:
        assert run_virtually(send_newest(self.taken(), self.send)) == len(self.sent)
        return self.sent


def test_the_newest_goes_and_the_older_are_left_out() -> None:
    assert Shots([0.0, 0.3, 0.6, 0.9, 1.2]).run() == [(0.0, 0.0), (1.0, 0.9), (2.0, 1.2)]


def test_frames_at_the_pace_all_go_at_once() -> None:
    assert Shots([0.0, 1.0, 2.5]).run() == [(0.0, 0.0), (1.0, 1.0), (2.5, 2.5)]


def test_no_frames_are_no_trouble() -> None:
    assert Shots([]).run() == []


def test_what_breaks_the_stream_is_raised_as_it_is() -> None:
    broken = LivechatError("the camera is gone")
    shots = Shots([0.0, 0.2], breaks=broken)
    with pytest.raises(LivechatError) as raised:
        shots.run()
    assert raised.value is broken
    assert shots.sent == [(0.0, 0.0)]


def test_a_frame_that_waits_when_the_stream_breaks_is_not_sent() -> None:
    sent: list[int] = []

    async def breaks() -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(0.2)
        yield 2
        await asyncio.sleep(0.2)
        raise BadInput("broken")

    async def send(frame: int) -> None:
        sent.append(frame)

    with pytest.raises(BadInput, match="broken"):
        run_virtually(send_newest(breaks(), send))
    assert sent == [1]


def test_what_breaks_the_sending_is_raised_and_ends_the_reading() -> None:
    ended = False

    async def endless() -> AsyncIterator[int]:
        nonlocal ended
        try:
            while True:
                yield 1
                await asyncio.sleep(0.1)
        finally:
            ended = True

    async def refuse(_: int) -> None:
        raise BadInput("no")

    with pytest.raises(BadInput, match="no"):
        run_virtually(send_newest(endless(), refuse))
    assert ended


def test_it_can_be_cancelled_at_any_time() -> None:
    async def run(after: float) -> list[tuple[float, float]]:
        shots = Shots([0.0, 0.5, 1.4, 9.0])
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(after):
                await send_newest(shots.taken(), shots.send)
        return shots.sent

    assert run_virtually(run(0.7)) == [(0.0, 0.0)]
    assert run_virtually(run(5.0)) == [(0.0, 0.0), (1.0, 0.5), (2.0, 1.4)]
