"""The synchronous front of music: a session with Lyria RealTime without a loop and without await.

with livechat.connect_music_sync() as music:
    music.set_weighted_prompts("minimal techno")
    music.play()
    for pcm in music.sound():
        speaker.write(pcm)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Unpack

from livechat.errors import LivechatError
from livechat.library.music import LiveMusic, MusicSession
from livechat.library.sync_connection import Sync, SyncConnection, on_the_loop

if TYPE_CHECKING:
    from livechat.library.callbacks import Callbacks
    from livechat.library.music_settings import MusicChanges, Prompts
    from livechat.protocol.music import MusicGenerationConfig, WeightedPrompt
    from livechat.protocol.server import ServerMessage


class SyncMusicSession(Sync[MusicSession]):
    """A session of music for code that cannot await; `LiveMusic.connect_sync` makes it. All of it is for any thread."""

    def __repr__(self) -> str:
        return f"<SyncMusicSession {self.model} {'closed' if self.is_closed else 'open'}>"

    @property
    def model(self) -> str:
        """The model's name, as the server spells it. From any thread."""
        return self._held.model

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be asked any more. From any thread."""
        return self._portal.over or self._held.is_closed

    @property
    def error(self) -> LivechatError | None:
        """What broke the session off; None while it is open and after a graceful end. From any thread."""
        return self._held.error

    @property
    def prompts(self) -> tuple[WeightedPrompt, ...]:
        """The prompts sent last. From any thread."""
        return self._held.prompts

    @property
    def config(self) -> MusicGenerationConfig:
        """The settings sent last. From any thread."""
        return self._held.config

    def set_weighted_prompts(self, prompts: Prompts) -> None:
        """Says what the music shall be like: `"techno"`, `{"techno": 1.0, "rain": 0.3}`, or a list. From any thread.

        Raises UsageError for what is no prompt, SessionClosed.
        """
        self._call(lambda: self._held.set_weighted_prompts(prompts))

    def set_music_generation_config(
        self, config: MusicGenerationConfig | None = None, **changes: Unpack[MusicChanges]
    ) -> None:
        """Changes how the music is made: the whole of it, or single settings. From any thread.

        Raises UsageError for a setting that there is not, or out of its range, and SessionClosed.
        """
        self._call(lambda: self._held.set_music_generation_config(config, **changes))

    def play(self) -> None:
        """Begins, or goes on after `pause`. From any thread. Raises SessionClosed."""
        self._call(self._held.play)

    def pause(self) -> None:
        """Makes no more music for now; `play` goes on from there. From any thread. Raises SessionClosed."""
        self._call(self._held.pause)

    def stop(self) -> None:
        """Ends the piece: `play` begins a new one. From any thread. Raises SessionClosed."""
        self._call(self._held.stop)

    def reset_context(self) -> None:
        """Forgets the music so far, without a gap. From any thread. Raises SessionClosed."""
        self._call(self._held.reset_context)

    def receive(self) -> Iterator[ServerMessage]:
        """All that the server says, as it comes. From any thread; the rules are those of `SyncSession.receive`."""
        return self._each(self._held.receive)

    def sound(self) -> Iterator[bytes]:
        """The sound alone, 48 kHz s16le stereo, some two seconds a piece. From any thread."""
        return self._each(self._held.sound)

    def stop_receiving(self) -> None:
        """Ends the iterations that go on in other threads; the session stays open. From any thread."""
        self._call(on_the_loop(self._held.stop_receiving))


def connect_music_sync(music: LiveMusic, callbacks: Callbacks | None = None) -> SyncConnection[SyncMusicSession]:
    """What `LiveMusic.connect` opens, without a loop. From any thread; the block raises what `connect` raises."""
    return SyncConnection(lambda: music.connect(callbacks), SyncMusicSession)
