"""Claims about the synchronous front of music: prompts, settings and controls without a loop, and the sound of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from livechat import LiveGenerativeModel, LiveMusic, MusicGenerationConfig, SessionClosed, UsageError, WeightedPrompt
from livechat.library.music import MusicSession
from livechat.library.sync_music import SyncMusicSession
from livechat.testing import LiveServer, serving
from tests.test_library_sync import members, signature

INNER = {"live", "attend"}
"""What only `connect` calls."""
SECOND = 48_000 * 4
"""Bytes."""


@pytest.fixture
def server() -> Iterator[LiveServer]:
    with serving() as running:
        yield running


def test_it_has_every_name_of_the_session_of_music() -> None:
    assert set(members(SyncMusicSession)) == set(members(MusicSession)) - INNER


@pytest.mark.parametrize("name", [name for name, one in members(SyncMusicSession).items() if callable(one)])
def test_its_methods_take_and_give_the_same(name: str) -> None:
    if name != "raise_broken":
        assert signature(getattr(SyncMusicSession, name)) == signature(getattr(MusicSession, name))


def test_music_is_made_changed_and_ended_without_a_loop(server: LiveServer) -> None:
    with LiveGenerativeModel(backend=server.url).music.connect_sync() as music:
        assert repr(music) == f"<SyncMusicSession {music.model} open>"
        music.set_weighted_prompts({"minimal techno": 1.0})
        music.set_music_generation_config(bpm=120)
        music.play()
        sound = b""
        for pcm in music.sound():
            sound += pcm
            if len(sound) >= SECOND:
                break
        music.pause()
        music.stop()
        music.reset_context()
        assert music.prompts == (WeightedPrompt(text="minimal techno", weight=1.0),)
        assert music.config == MusicGenerationConfig(bpm=120)
        assert music.error is None
        assert not music.is_closed
        music.stop_receiving()
    assert any(sound)
    assert music.is_closed
    with pytest.raises(SessionClosed):
        music.play()
    with pytest.raises(SessionClosed):
        music.receive()


def test_a_wrong_setting_is_told_here(server: LiveServer) -> None:
    with LiveMusic(server.url).connect_sync() as music, pytest.raises(UsageError, match="bpm"):
        music.set_music_generation_config(bpm=7)
