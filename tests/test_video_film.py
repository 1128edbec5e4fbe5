"""Claims about films: played in real time, to their end, and what is none is said to be none."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import pytest

from livechat.errors import BadInput, MissingInput
from livechat.video.film import film
from tests.films import Asked, look, make_film, second_of


def test_the_picture_asked_for_is_the_one_on_the_screen_by_then(tmp_path: Path) -> None:
    shots = film(make_film(tmp_path / "f.mp4", 6))
    asked = Asked(100.0, 100.9, 102.5, 105.0, 105.1, 107.0, 108.0)
    assert [second_of(picture) for picture in shots(asked)] == [0, 0, 2, 5, 5]
    assert asked.waited == [100.0, 100.9, 102.5, 105.0, 105.1], "none is shown before its time"


@pytest.mark.parametrize(("codec", "name"), [("libx264", "f.mkv"), ("mjpeg", "f.avi"), ("libvpx", "f.webm")])
def test_other_codecs_and_containers_are_played_as_well(tmp_path: Path, codec: str, name: str) -> None:
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    shots = film(make_film(tmp_path / name, 3, codec=codec, pix_fmt=pix_fmt))
    assert [second_of(picture) for picture in shots(Asked(0.0, 1.5, 2.5))] == [0, 1, 2]


def test_a_still_picture_is_a_film_of_one(tmp_path: Path) -> None:
    first = next(film(make_film(tmp_path / "f.mp4", 1))(Asked(0.0)))
    (tmp_path / "still.jpg").write_bytes(first)
    pictures = list(film(str(tmp_path / "still.jpg"))(Asked(0.0, 0.9, 1.8)))
    assert [look(picture)[0] for picture in pictures] == [(64, 48)]


def test_it_ends_when_no_more_are_wanted(tmp_path: Path) -> None:
    path = make_film(tmp_path / "f.mp4", 2)
    assert list(film(path)(Asked())) == []
    asked = Asked(0.0, 1.0)
    asked.closed = True
    assert list(film(path)(asked)) == []


def test_a_film_that_is_cut_off_shows_what_there_is(tmp_path: Path) -> None:
    whole = Path(make_film(tmp_path / "f.mkv", 4)).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) * 2 // 3])
    shown = [second_of(picture) for picture in film(str(tmp_path / "cut.mkv"))(Asked(0.0, 1.0, 3.9))]
    assert shown in ([0, 1], [0])


@pytest.mark.parametrize(("name", "what"), [("no.mp4", "is not there"), (".", "is not a file")])
def test_what_is_no_file_is_missing(tmp_path: Path, name: str, what: str) -> None:
    with pytest.raises(MissingInput, match=what) as missing:
        film(str(tmp_path / name))
    assert missing.value.hint


def test_what_is_no_film_is_refused(tmp_path: Path) -> None:
    (tmp_path / "words.mp4").write_text("these are words, not pictures\n" * 50)
    with pytest.raises(BadInput, match="cannot be read as video") as refused:
        film(str(tmp_path / "words.mp4"))
    assert refused.value.why
    assert "mp4" in refused.value.hint


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "sound.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(3_200))
    with pytest.raises(BadInput, match="has no pictures in it"):
        film(str(tmp_path / "sound.wav"))


def test_a_name_that_looks_like_an_address_is_a_file_s_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_film(tmp_path / "f.mp4", 0.2)
    (tmp_path / "f.mp4").rename("http:f.mp4")
    assert len(list(film("http:f.mp4")(Asked(0.0)))) == 1


def test_a_fault_in_the_middle_is_the_file_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from livechat.video import film as room

    monkeypatch.setattr(room, "_timed", lambda opened: iter(_Broken()))
    with pytest.raises(BadInput, match="cannot be read as video"):
        list(film(make_film(tmp_path / "f.mp4", 1))(Asked(0.0)))


class _Broken:
    """Frames of which the first cannot be read."""

    def __iter__(self) -> _Broken:
        return self

    def __next__(self) -> object:
        raise av.error.InvalidDataError(1, "Invalid data found")
