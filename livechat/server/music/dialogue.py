"""The mind of a music session: prompts, settings and controls in, bars to play and chunks of sound out.

It is told what happened and when, like the Dialogue of a conversation, and never waits. Sound goes out in chunks of
two seconds, so far ahead of the playing as the scenario says; a bar is only written when its time has come, so that
what the client asks for is heard as soon as that lead allows.
"""

from __future__ import annotations

from collections.abc import Callable

from livechat.protocol.client import ClientContent
from livechat.protocol.music import AudioChunk, MusicGenerationConfig, MusicPrompts, SourceMetadata, WeightedPrompt
from livechat.protocol.server import ServerContent, ServerMessage, SetupComplete
from livechat.protocol.setup import Setup
from livechat.protocol.wire import wire_name
from livechat.server import dialect
from livechat.server.acts import ClientSaid, Connected, Failed, Garbled, HangUp, Left, Send, Staged, Suffer, Ticked
from livechat.server.agreement import BROKEN, INVALID, TOO_LATE, Refusal, Terms
from livechat.server.music.acts import MusicOrder, MusicTold, Render, Rendered
from livechat.server.music.composer import Composer
from livechat.server.music.rules import agree_on_music, config_of, filtered, only_field, prompts_of, settings_of
from livechat.server.pieces import Mishap

CHUNK_S = 2.0
"""The model makes two seconds of music at a time (Live Music Models, arXiv 2508.04651); clients tell of such chunks."""
BYTES_PER_S = 48_000 * 2 * 2
CHUNK_BYTES = round(CHUNK_S * BYTES_PER_S)
MOST_AHEAD_S = 60.0
"""Music has no end: a lead without one would never leave the machine alone."""
MIME_TYPE = "audio/l16;rate=48000;channels=2"
"""What production labels its chunks with, as several clients that insist on it say; the bytes are little-endian."""


class MusicDialogue:
    """One connection to the music API, from its beginning to the close."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._setup_by: float | None = None
        self._set_up = False
        self._over = False
        self._composer = Composer(terms.session_id.int)
        self._prompts: list[WeightedPrompt] = []
        self._config = MusicGenerationConfig()
        self._player = Player(min(terms.scenario.pace.ahead_s, MOST_AHEAD_S), terms.scenario.pace.speed)
        self._rendering: int | None = None
        """The number of the bar that is being rendered."""
        self._rendered = 0
        self._fresh = True
        self._orders: list[MusicOrder] = []
        self._handlers: dict[type[MusicTold], Callable[..., None]] = {
            Connected: self._connected,
            ClientSaid: self._client_said,
            Garbled: self._garbled,
            Rendered: self._take,
            Staged: self._staged,
            Failed: self._failed,
            Ticked: self._ticked,
            Left: self._left,
        }
        self._controls: dict[str, Callable[[float], None]] = {
            "PLAY": self._play,
            "PAUSE": self._pause,
            "STOP": self._stop,
            "RESET_CONTEXT": self._reset_context,
        }

    def __repr__(self) -> str:
        state = "playing" if self._player.playing else "silent" if self._set_up else "waiting for a setup"
        return f"<MusicDialogue {'over' if self._over else state}>"

    @property
    def over(self) -> bool:
        return self._over

    @property
    def deadline(self) -> float | None:
        """The next moment at which something is due although nothing happens; None if there is none."""
        if self._over:
            return None
        if not self._set_up:
            return self._setup_by
        return self._player.due if self._rendering is None else None

    def handle(self, told: MusicTold, now: float) -> list[MusicOrder]:
        """What to do about what happened, in order. `now` in seconds of any clock that never goes back."""
        if self._over:
            return []
        self._orders = []
        try:
            self._handlers[type(told)](told, now)
            self._advance(now)
        except Refusal as refusal:
            self._over = True
            self._orders.append(HangUp(refusal.code, dialect.reason(refusal.reason)))
        return self._orders

    def _advance(self, now: float) -> None:
        """Sends what is due, and has rendered what is lacking for that."""
        while self._rendering is None and self._player.is_due(now):
            pcm = self._player.take()
            if pcm is None:
                self._render()
            else:
                self._send(ServerMessage(server_content=ServerContent(audio_chunks=[self._chunk(pcm)])))

    def _render(self) -> None:
        self._rendered += 1
        self._rendering = self._rendered
        self._orders.append(Render(self._rendering, self._composer.next_bar(), self._fresh))
        self._fresh = False

    def _chunk(self, pcm: bytes) -> AudioChunk:
        prompts = MusicPrompts(weighted_prompts=self._prompts) if self._prompts else None
        source = SourceMetadata(client_content=prompts, music_generation_config=self._config)
        return AudioChunk(data=pcm, mime_type=MIME_TYPE, source_metadata=source)

    def _send(self, message: ServerMessage) -> None:
        self._orders.append(Send(message))

    # ---------------------------------------------------------------------------------- what is told

    def _connected(self, _: Connected, now: float) -> None:
        self._setup_by = now + self._terms.setup_s

    def _ticked(self, _: Ticked, now: float) -> None:
        if not self._set_up and self._setup_by is not None and now >= self._setup_by:
            raise Refusal(1011, TOO_LATE)

    def _garbled(self, frame: Garbled, now: float) -> None:
        raise Refusal(1007, f"Invalid JSON payload received. {frame.problem}")

    def _staged(self, told: Staged, now: float) -> None:
        if isinstance(told.cue, Mishap):  # music knows of no goAway
            self._orders.append(Suffer(told.cue.act))

    def _failed(self, told: Failed, now: float) -> None:
        raise Refusal(1011, f"{BROKEN} {told.problem}")

    def _left(self, _: Left, now: float) -> None:
        self._over = True
        self._player.stop()

    def _take(self, told: Rendered, now: float) -> None:
        if told.number == self._rendering:
            self._rendering = None
            self._player.give(told.pcm)

    def _client_said(self, told: ClientSaid, now: float) -> None:
        message, field = told.message, only_field(told.message)
        if (field == "setup") is self._set_up:  # a second setup, or something before the first
            raise Refusal(1007, INVALID)
        if message.setup is not None:
            self._agree(message.setup)
        elif message.client_content is not None:
            self._steer(message.client_content)
        elif message.music_generation_config is not None:
            self._config = config_of(message.music_generation_config)
            self._composer.configure(settings_of(self._config))
        elif message.playback_control in self._controls:
            self._controls[message.playback_control](now)
        else:  # a message of a conversation, or a control that is none
            raise Refusal(1007, f"{INVALID} {wire_name(field)} is not supported.")

    def _agree(self, setup: Setup) -> None:
        if self._terms.grant is not None:
            setup = self._terms.grant.effective(setup)
        agree_on_music(setup, self._terms)
        self._set_up = True
        self._send(ServerMessage(setup_complete=SetupComplete()))

    def _steer(self, content: ClientContent) -> None:
        """A filtered prompt is left out, and told of each time; if none is left, the music goes on as it was."""
        followed: list[WeightedPrompt] = []
        for prompt in prompts_of(content):
            refused = filtered(prompt)
            if refused is None:
                followed.append(prompt)
            else:
                self._send(ServerMessage(filtered_prompt=refused))
        if followed:
            self._prompts = followed
            self._composer.steer((prompt.text or "", prompt.weight or 0.0) for prompt in followed)

    # ----------------------------------------------------------------------------------- the controls

    def _play(self, now: float) -> None:
        self._player.play(now)

    def _pause(self, now: float) -> None:
        self._player.pause()

    def _stop(self, now: float) -> None:
        """Prompts and config stay; what is played next is the beginning of a piece, out of silence."""
        self._player.stop()
        self._rendering = None
        self._fresh = True
        self._composer.begin_anew()

    def _reset_context(self, now: float) -> None:
        """The music goes on without a gap, and its next bar is the first of a piece. In silence it is a stop."""
        if self._player.playing:
            self._composer.begin_anew()
        else:
            self._stop(now)


class Player:
    """Hands out sound in chunks, as if it were played at the other end, and some of it ahead."""

    def __init__(self, ahead_s: float, speed: float) -> None:
        self._ahead_s = ahead_s
        self._speed = speed
        self._since: float | None = None
        """When it began to play; None while it does not."""
        self._sent_s = 0.0
        """Seconds handed out since then."""
        self._waiting = bytearray()

    @property
    def playing(self) -> bool:
        return self._since is not None

    @property
    def due(self) -> float | None:
        """When the next chunk leaves: when no more than the lead is left at the other end; None while it is silent."""
        if self._since is None:
            return None
        return self._since + max(self._sent_s - self._ahead_s, 0.0) / self._speed

    def is_due(self, now: float) -> bool:
        return self.due is not None and now >= self.due

    def play(self, now: float) -> None:
        """From where it was; nothing changes if it plays already."""
        if self._since is None:
            self._since, self._sent_s = now, 0.0

    def pause(self) -> None:
        self._since = None

    def stop(self) -> None:
        self._since = None
        self._waiting.clear()

    def give(self, pcm: bytes) -> None:
        self._waiting += pcm

    def take(self) -> bytes | None:
        """The next chunk, or None if more has to be given first."""
        if len(self._waiting) < CHUNK_BYTES:
            return None
        pcm = bytes(self._waiting[:CHUNK_BYTES])
        del self._waiting[:CHUNK_BYTES]
        self._sent_s += CHUNK_S
        return pcm
