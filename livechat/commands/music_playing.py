"""Holds one run of music: a session, where its sound goes, the desk, the keys and what is shown, until it ends."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from livechat.commands.endings import unwrapped
from livechat.commands.holding import connect
from livechat.commands.music_desk import Desk
from livechat.commands.music_face import MusicFace, described
from livechat.commands.music_keys import Actions, MusicKeys
from livechat.commands.music_rows import Sight, State
from livechat.commands.music_sound import MusicSound, open_sound
from livechat.commands.music_target import reach_music, refuse_vertex
from livechat.errors import LivechatError, SessionClosed, TryLater, Unanswered
from livechat.library.music import BYTES_PER_S, MusicSession, music_at
from livechat.library.music_settings import written_prompt
from livechat.terminal.keys import can_read

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from livechat.audio.keeping import News
    from livechat.commands.common import Common
    from livechat.commands.music_desk import Order
    from livechat.commands.target import Choice, Target
    from livechat.config import Settings
    from livechat.protocol.music import MusicGenerationConfig, WeightedPrompt
    from livechat.protocol.server import ServerMessage

SETTLE_S: Final = 0.25
"""Seconds in which further keys may come, before what they changed is sent in one go."""
STALL_S: Final = 20.0
"""Seconds without music after which the server is given up."""
STALL_TICKS: Final = 20
"""It is looked for so often in them. These are counted, not time: a program that was stopped has waited for nothing."""
LOW_S: Final = 0.05
"""With less than this of music in stock the speaker waits for more."""
TIME_IS_OVER: Final = "the time is over"
SERVER_ENDED: Final = "the server has ended it"


@dataclass(frozen=True)
class Wish:
    """What was asked for on the command line."""

    prompts: Sequence[WeightedPrompt]
    config: MusicGenerationConfig
    out: str | None
    play: bool
    device: str | None
    longest_s: float | None
    model: str | None
    api_version: str | None
    as_json: bool


@dataclass
class Playing:
    """One run of the command."""

    common: Common
    settings: Settings
    choice: Choice
    wish: Wish
    _desk: Desk = field(init=False)
    _keys: MusicKeys = field(init=False)
    _face: MusicFace = field(init=False)
    _sound: MusicSound = field(init=False)
    _leaving: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _changed: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _state: State = field(default="connecting", init=False)
    _reason: str = field(default="stopped", init=False)
    _reads: bool = field(default=False, init=False)
    _quiet: int = field(default=0, init=False)
    """Ticks without music since something came or was asked."""

    def __post_init__(self) -> None:
        self._desk = Desk(self.wish.prompts, self.wish.config)
        self._face = MusicFace(self.common, self.settings, self.wish.as_json, self.wish.play)
        actions = Actions(self._leave, self._face.said, self._face.say, self._face.help, self._changed.set)
        self._keys = MusicKeys(self._desk, actions, steers=not self._hurried)

    @property
    def _hurried(self) -> bool:
        """It is made as fast as it can be: by us, into a file, with nobody listening."""
        out = self.wish.out
        to_file = out is not None and out != "-" and not (Path(out).exists() and not Path(out).is_file())
        return self.choice.local and to_file and not self.wish.play

    async def run(self) -> None:
        """Until it is over. Raises what ends it otherwise."""
        import sys

        refuse_vertex(self.choice)
        self._reads = not self.wish.as_json and can_read(sys.stdin)
        self._sound = open_sound(
            out=self.wish.out,
            play=self.wish.play,
            device=self.wish.device,
            longest_s=self.wish.longest_s,
            tell=self._device,
        )
        self._keys.actions.turn = self._sound.turn
        hurried = True
        try:
            async with self._face.open(self._keys, self._look):
                await self._hold()
            hurried = False
        except Exception as error:
            self._broke_off(unwrapped(error))
            raise
        finally:
            heard_s = self._sound.heard_s  # closing throws away what was not
            await self._sound.close(hurried=hurried)
            self._part(self._sound.came_s if self._sound.sink is not None else heard_s)

    async def _hold(self) -> None:
        """One session, which nobody need wait for who leaves before it has begun."""
        async with asyncio.TaskGroup() as tasks:
            held = tasks.create_task(self._connect(), name="session")
            leaving = tasks.create_task(self._leaving.wait(), name="leaving")
            await asyncio.wait({held, leaving}, return_when=asyncio.FIRST_COMPLETED)
            leaving.cancel()
            if self._state == "connecting":
                held.cancel()

    async def _connect(self) -> None:
        wish = self.wish
        reaching = reach_music(
            self.common, self.choice, model=wish.model, api_version=wish.api_version, hurried=self._hurried
        )
        async with reaching as target:
            for secret in target.secrets:  # a key may also come in the address, where nobody has looked for one
                self.common.report.hide(secret)
            self._face.say(target.where)
            if wish.longest_s is not None and self._sound.speaker is None:
                where = "standard output" if wish.out == "-" else wish.out
                self._face.say(f"{wish.longest_s:g} s of music will be written to {where}")
            async with music_at(target, connect=lambda: connect(self.common, target)) as session:
                await self._play(session, target)

    async def _play(self, session: MusicSession, target: Target) -> None:
        self._state = "waiting"
        self._keys.begun = True
        self._face.news("session.ready", model=target.facts.model, session_id="")
        if not self._face.shows:
            self._face.say(f"playing {described(self._look())}{self._how_to_leave()}")
        await self._send(session)
        async with asyncio.TaskGroup() as tasks:
            working = [
                tasks.create_task(self._take(session), name="sound"),
                tasks.create_task(self._steer(session), name="desk"),
                tasks.create_task(self._sound.keep_up(), name="lead"),
            ]
            await self._leaving.wait()
            for task in working:
                task.cancel()

    def _how_to_leave(self) -> str:
        if self.wish.as_json:
            return ""
        return "; ? shows the keys, q ends it" if self._reads and not self._hurried else "; ctrl-c ends it"

    def _leave(self, reason: str) -> None:
        """The first reason is the one."""
        if not self._leaving.is_set():
            self._reason = reason
        self._leaving.set()

    # ------------------------------------------------------------------------------------------- what comes

    async def _take(self, session: MusicSession) -> None:
        """Hands on what comes, until there is enough, and then waits until it was heard."""
        messages = session.receive()
        while not self._sound.full:
            try:
                message = await self._next(messages)
            except LivechatError as error:
                await self._play_out(str(error))
                raise
            if message is None:
                await self._play_out(SERVER_ENDED)
                self._ended_early()
                return
            await self._heed(message)
        await self._sound.finish()
        self._leave(TIME_IS_OVER)

    async def _next(self, messages: AsyncIterator[ServerMessage]) -> ServerMessage | None:
        """The next message; None at the end. Raises Unanswered where no music comes although it is to play."""
        self._quiet = 0
        while self._quiet < STALL_TICKS:
            try:
                async with asyncio.timeout(STALL_S / STALL_TICKS):
                    return await anext(messages, None)
            except TimeoutError:
                self._quiet += not self._desk.paused
        raise self._stalled()

    def _stalled(self) -> Unanswered:
        if self._sound.came:
            what, why = f"no music has come for {STALL_S:g} s", f"after {self._sound.came_s:.1f} s of it"
        else:
            what = f"no music came for {STALL_S:g} s"
            why = "it accepted the prompts and sent nothing; it may follow none of them"
        return Unanswered(what, why=why, hint="try another prompt, or again")

    async def _play_out(self, why: str) -> None:
        """Lets what has come be heard although no more will."""
        if self._sound.stock_s:
            self._keys.over = True
            self._face.say(f"{why}; what has come is played to its end")
            await self._sound.finish()

    async def _heed(self, message: ServerMessage) -> None:
        if (refused := message.filtered_prompt) is not None:
            text, reason = refused.text or "", refused.filtered_reason or ""
            self._face.news("music.filtered", text=text, reason=reason)
            self._face.warn(f"the prompt {text!r} is not followed" + (f": {reason}" if reason else ""))
        if message.go_away is not None:
            self._face.say(f"the server will close the connection in {message.go_away.time_left or 'a moment'}")
        if message.error is not None:
            self._face.warn(f"the server reports an error: {message.error}")
        if pcm := message.audio:
            if self._state == "waiting":
                self._state = "playing" if self.wish.play else "writing"
            at_s = self._sound.came_s
            taken = await self._sound.take(pcm)
            self._face.news("music.sound", at_s=round(at_s, 3), length_s=round(taken / BYTES_PER_S, 3))

    def _ended_early(self) -> None:
        """The server has closed the session gracefully. Raises TryLater where more was wanted of it."""
        if self.wish.longest_s is not None or not self._sound.came:
            raise TryLater(
                f"{SERVER_ENDED} after {self._sound.came_s:.1f} s", why="it closed the session", hint="try again"
            )
        self._leave(SERVER_ENDED)

    # -------------------------------------------------------------------------------------------- what is asked

    async def _steer(self, session: MusicSession) -> None:
        """Sends what the keys have changed, each time they rest."""
        while True:
            await self._changed.wait()
            self._sound.pause(self._desk.paused)
            await asyncio.sleep(SETTLE_S)
            self._changed.clear()
            await self._send(session)

    async def _send(self, session: MusicSession) -> None:
        self._quiet = 0
        with suppress(SessionClosed):  # why it is so is told to whoever waits for its sound, after all that came
            for order in self._desk.take():
                await self._ask(session, order)

    async def _ask(self, session: MusicSession, order: Order) -> None:
        match order:
            case "prompts":
                await session.set_weighted_prompts(self._desk.prompts)
            case "config":
                await session.set_music_generation_config(self._desk.config)
            case "reset":
                await session.reset_context()
                self._sound.renew()
            case "play":
                await session.play()
            case "pause":
                await session.pause()

    # --------------------------------------------------------------------------------------------- what is seen

    def _look(self) -> Sight:
        return Sight(
            self._shown_state(),
            self._desk,
            heard_s=self._sound.heard_s,
            total_s=self.wish.longest_s,
            gain_db=self._sound.gain_db,
            gaps=self._sound.gaps,
            keys=self._reads,
            steers=self._keys.steers and not self._keys.over,
            editor=self._keys.editor if self._keys.typing else None,
        )

    def _shown_state(self) -> State:
        if self._desk.paused and self._state != "connecting":
            return "paused"
        speaker = self._sound.speaker
        if speaker is None or self._state == "connecting":
            return self._state
        if speaker.lost:
            return "no speaker"
        return "waiting" if self._state == "playing" and speaker.ahead_s < LOW_S else self._state

    def _device(self, news: News) -> None:
        if self.wish.as_json:
            from livechat.commands.devices import print_news_in_json

            print_news_in_json(news, self._face.now)
        else:
            self._face.warn(str(news))

    def _broke_off(self, error: BaseException) -> None:
        """What it was is said afterwards, but to programs here."""
        self._reason = "the music broke off"
        if isinstance(error, LivechatError):
            self._face.news("error", what=str(error), why=error.why, hint=error.hint, exit=error.exit_code)

    def _part(self, length_s: float) -> None:
        """What became of it, once there was any."""
        sound, kept = self._sound, None if self.wish.out == "-" else self.wish.out
        if not sound.came:
            return
        self._face.news(
            "music.end",
            reason=self._reason,
            length_s=round(length_s, 3),
            gaps=sound.gaps,
            file=kept,
            prompts=[written_prompt(prompt) for prompt in self._desk.prompts],
        )
        gaps = f", {sound.gaps} gap{'' if sound.gaps == 1 else 's'}" if sound.gaps else ""
        where = f" in {kept}" if kept is not None else ""
        self._face.say(f"{self._reason}: {length_s:.1f} s of music{where}{gaps}")
