"""Claims about the pictures themselves: JPEG, small enough, upright."""

from __future__ import annotations

import io
from pathlib import Path

import av
import pytest
from av import VideoFrame
from hypothesis import given
from hypothesis import strategies as st

from livechat.library.frames import image_blob
from livechat.video.jpeg import LONGEST, fitting, frame_of, jpeg
from tests.films import grey, look, make_film


@given(st.integers(1, 10_000), st.integers(1, 10_000), st.integers(1, 4_000))
def test_a_picture_fits_keeps_its_shape_and_never_grows(width: int, height: int, longest: int) -> None:
    small = fitting(width, height, longest)
    assert max(small) <= longest
    assert 1 <= small[0] <= width
    assert 1 <= small[1] <= height
    if max(width, height) <= longest:
        assert small == (width, height)
    assert abs(small[0] * height - small[1] * width) <= max(width, height)


@pytest.mark.parametrize(
    ("size", "becomes"),
    [((1920, 1080), (1024, 576)), ((1080, 1920), (576, 1024)), ((64, 48), (64, 48)), ((5, 3), (5, 3))],
)
def test_it_is_a_jpeg_of_the_size_that_models_look_at(size: tuple[int, int], becomes: tuple[int, int]) -> None:
    picture = jpeg(grey(*size, 100))
    assert max(becomes) <= LONGEST
    assert look(picture)[0] == becomes
    assert abs(look(picture)[1] - 100) <= 2
    assert image_blob(picture).mime_type == "image/jpeg"


@pytest.mark.parametrize("width", [1, 33, 64])
def test_a_screen_s_pixels_keep_their_colour(width: int) -> None:
    red = frame_of(b"\0\0\xff\xff" * width * 32, width, 32)
    with av.open(io.BytesIO(jpeg(red)), "r") as opened:
        frame = next(opened.decode(video=0))
        assert isinstance(frame, VideoFrame)
        r, g, b = bytes(frame.reformat(format="rgb24").planes[0])[:3]
    assert r > 240
    assert max(g, b) < 16


@pytest.mark.parametrize(("degrees", "corner"), [(90, (0, -1)), (-90, (-1, 0)), (180, (-1, -1)), (0, (0, 0))])
def test_what_a_phone_filmed_on_its_side_is_shown_upright(
    tmp_path: Path, degrees: int, corner: tuple[int, int]
) -> None:
    """A mark in the upper left of the frames is in that corner (x, y) of the picture."""
    film = str(tmp_path / "turned.mp4")
    with av.open(film, "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.set_display_rotation(degrees)
        container.mux([*stream.encode(marked()), *stream.encode(None)])
    with av.open(film, "r") as opened:
        picture = jpeg(next(opened.decode(video=0)))
    (width, height), _ = look(picture)
    assert (width, height) == ((48, 64) if abs(degrees) == 90 else (64, 48))
    assert bright(picture, corner[0] % width, corner[1] % height)
    assert not bright(picture, width // 2, height // 2)


def marked() -> VideoFrame:
    frame = grey(64, 48, 32)
    pixels = bytearray(b"\x20" * 64 * 48)
    for row in range(8):
        pixels[row * 64 : row * 64 + 8] = b"\xe0" * 8
    frame.planes[0].update(bytes(pixels))
    return frame


def bright(picture: bytes, x: int, y: int) -> bool:
    with av.open(io.BytesIO(picture), "r") as opened:
        frame = next(opened.decode(video=0))
        assert isinstance(frame, VideoFrame)
        plane = frame.planes[0]
        return bytes(plane)[y * plane.line_size + x] > 128


def test_a_film_without_a_turn_is_left_as_it_is(tmp_path: Path) -> None:
    with av.open(make_film(tmp_path / "f.mp4", 0.1), "r") as opened:
        assert look(jpeg(next(opened.decode(video=0))))[0] == (64, 48)
