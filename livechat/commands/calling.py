"""Holds one call: puts microphone, session, speaker, keys and what is kept of it together, until somebody leaves."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from livechat.commands.call_face import CallFace
from livechat.commands.call_keys import Actions, CallKeys
from livechat.commands.call_sound import PIPE, CallSound
from livechat.commands.continuing import Memory
from livechat.commands.errands import Errands
from livechat.commands.faces import accounting, server_name, wishes
from livechat.commands.holding import Holding, hold
from livechat.commands.parting import KEPT, Parting, spread
from livechat.commands.seeing_off import see_off
from livechat.commands.talk_key import TalkKey
from livechat.commands.target import Choice, reach
from livechat.commands.tool_desk import ToolDesk
from livechat.commands.tool_kit import Kit
from livechat.events import Ended, Event, ModelSaid, Ready, Reconnected, Reconnecting, TurnEnded, Typed
from livechat.figures import Figures
from livechat.terminal.inputs import Muted

if TYPE_CHECKING:
    from livechat.audio.activity import PushGate
    from livechat.audio.keeping import News
    from livechat.commands.call_meters import CallMeters
    from livechat.commands.common import Common
    from livechat.commands.pictures import Pictures
    from livechat.commands.target import Target
    from livechat.config import Settings
    from livechat.ear import Ear, Gate
    from livechat.recording import Recording
    from livechat.session import Observer, Session
    from livechat.shaping import Wishes
    from livechat.terminal.inputs import Gauged
    from livechat.transcripts.recalling import Recollection

SELF_HEARING = (
    "the model was cut off twice by its own voice: use headphones or --aec half-duplex; "
    "livechat devices test measures the echo"
)
STARVED = "your turn was ended: the microphone gave nothing for a second"
LIMIT = "your turn was ended after a minute; space begins another"


@dataclass(frozen=True)
class Plan:
    """What was asked for beside the settings."""

    record: Path | None = None
    transcript: Path | None = None
    start_with: str | None = None
    longest_s: float | None = None
    once: bool = False
    mute: bool = False
    as_json: bool = False
    trace: Path | None = None
    pictures: Pictures | None = None
    kit: Kit = field(default_factory=Kit)


@dataclass
class Call:
    """One run of the command."""

    common: Common
    settings: Settings
    choice: Choice
    plan: Plan
    before: Recollection | None = None
    """The conversation that this one goes on with."""
    _memory: Memory = field(init=False)
    _parting: Parting = field(default_factory=lambda: Parting(Figures()), init=False)
    _leaving: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _face: CallFace = field(init=False)
    _keys: CallKeys = field(init=False)
    _recording: Recording | None = field(default=None, init=False)
    _push: PushGate | None = field(default=None, init=False)
    _meters: CallMeters = field(init=False)
    _session: Session | None = field(default=None, init=False)
    _server: str = field(default="", init=False)
    _begun: bool = field(default=False, init=False)
    _errands: Errands = field(default_factory=Errands, init=False)
    _answers: int = field(default=0, init=False)
    """Turns in which the model said something, to its end."""

    def __post_init__(self) -> None:
        self._face = CallFace(self.common, self.settings, self.plan.as_json)
        save = self.settings.talk.save
        self._memory = Memory(self.common, self.settings, self.choice, self.before, save, self._face.warn)
        self._keys = CallKeys(Actions(self._leave, self._face.say, self._face.help, self._latencies))
        if self.plan.kit:
            self._keys.tools = desk = ToolDesk()
            desk.show = self._face.help

    async def hold(self) -> None:
        """Until it is over. Raises what ends it otherwise."""
        from livechat.commands.call_meters import CallMeters
        from livechat.transcripts.store import state_folder

        self._meters = CallMeters()
        sound = CallSound(self.settings.talk, self._face.say, self._device, state_folder(self.common.env))
        sound.taps.append(self._meters.sounded.add)
        self._keys.actions.turn = sound.turn
        sound.open()
        try:
            async with self._face.open(self._keys, self._gauge):
                await self._reach(sound)
        except asyncio.CancelledError:
            self._parting.reason = "stopped"
            raise
        except Exception:  # it is said afterwards which
            self._parting.reason = "the call broke off"
            raise
        finally:
            self._parting.buffer = sound.buffer
            sound.close()
            if self.plan.pictures is not None:
                self.plan.pictures.feed.close()
                self._parting.pictures = self.plan.pictures.sent
            self._parting.dropped = sound.microphone.dropped if sound.microphone is not None else 0
            self._part()

    async def _reach(self, sound: CallSound) -> None:
        async with reach(self.common, self.choice, sound=True, hears=sound.microphone is not None) as target:
            self._server = server_name(self.choice, target)
            self._face.head(target, self._server)
            with ExitStack() as kept:
                observers = [self._watch, *self._faces(), *self._keepers(target, sound, kept)]
                holding = Holding(
                    *(target, self._wishes(target), observers, sound.make_speaker, self.plan.trace),
                    kit=self.plan.kit,
                    desk=self._keys.tools,
                    past=self._memory.past(target),
                    tries=self.settings.server.tries,
                )
                await hold(self.common, holding, lambda session: self._talk(session, sound))

    # ------------------------------------------------------------------------------------------- the call

    async def _talk(self, session: Session, sound: CallSound) -> None:
        """The script: speaks and presses keys for the user until there is a reason to leave."""
        self._session = self._keys.session = self._meters.session = session
        self._keys.writes_only = sound.microphone is None
        self._keys.begin()
        pictures = self.plan.pictures
        async with asyncio.TaskGroup() as tasks:
            doing = [tasks.create_task(self._speak(session, sound), name="microphone")]
            if pictures is not None:
                self._face.say(pictures.announcement(self._server))
                doing.append(tasks.create_task(pictures.send(session, self._face.warn), name="pictures"))
            with self._limit():
                await self._leaving.wait()
            for task in doing:
                task.cancel()

    @contextmanager
    def _limit(self) -> Generator[None]:
        """Inside, the call ends when the time given for it is over."""
        if self.plan.longest_s is None:
            yield
            return
        alarm = asyncio.get_running_loop().call_later(self.plan.longest_s, self._leave, "the time given is over")
        try:
            yield
        finally:
            alarm.cancel()

    async def _speak(self, session: Session, sound: CallSound) -> None:
        if self.plan.pictures is not None:
            await self.plan.pictures.begun()
        if self.plan.start_with is not None:
            session.tell(Typed(self.plan.start_with))
        if sound.microphone is not None:
            self._keys.ear = self._meters.ear = ear = self._make_ear(session, sound)
            if self._push is not None:
                self._keys.space = TalkKey(self._push, ear.send, self._say_of_floor)
            if self.plan.mute:
                self._face.show(Muted(True))
            sound.listen_through(ear)
            self._face.name_devices(*sound.names)
            self._greet(sound)
            await ear.listen()
        await see_off(session, lambda: self._answers, self._errands)
        if not self._keys.types:  # who can type may have more to say
            self._leave("all was said")

    def _make_ear(self, session: Session, sound: CallSound) -> Ear:
        from livechat.ear import Attention, Ear

        assert sound.microphone is not None
        keep = self._recording.you if self._recording is not None else None
        attention = Attention(
            self._make_gate(),
            self.settings.talk.gain,
            self._meters.voice,
            keep,
            self._say_of_gate,
            self._meters.heard,
        )
        live = self.settings.talk.input_device != PIPE
        return Ear(session, sound.microphone, attention, muted=self.plan.mute, live=live)

    def _make_gate(self) -> Gate:
        from livechat.ear import AlwaysOpen, ByVoice, OneTurn

        talk = self.settings.talk
        if talk.vad == "local":
            return ByVoice(noisy=talk.noisy)
        if talk.vad == "server":
            return AlwaysOpen()
        if talk.input_device == PIPE:
            return OneTurn()
        from livechat.audio.activity import PushGate

        self._push = PushGate()
        return self._push

    def _leave(self, reason: str) -> None:
        """The first reason is the one."""
        if not self._leaving.is_set():
            self._parting.reason = reason
        self._leaving.set()

    def _watch(self, t: float, event: Event) -> None:
        """First of the observers."""
        self._parting.figures(t, event)
        self._errands(t, event)
        if isinstance(event, Ready):
            self._begun = True
        elif isinstance(event, (Reconnecting, Reconnected)):
            self._keys.away = isinstance(event, Reconnecting)
        elif isinstance(event, ModelSaid):
            self._keys.answered()
        elif isinstance(event, TurnEnded) and (event.text or event.spoken_ms) and not event.interrupted:
            self._answers += 1
            if self.plan.once and not self._errands.busy:
                self._leave("one answer was asked for")
        elif isinstance(event, Ended) and event.reason == "closed":
            self._leave("the server has ended the call")

    def _latencies(self) -> str:
        answers = self._parting.figures.answers
        return f"answers were heard {spread(answers)} after you stopped speaking" if answers else "no answer yet"

    # -------------------------------------------------------------------------------- what it is made of

    def _wishes(self, target: Target) -> Wishes:
        talk = self.settings.talk
        wished = wishes(self.settings, target, sound=True)
        return replace(wished, compress=talk.compress, marks_activity=talk.vad != "server", noisy=talk.noisy)

    def _faces(self) -> list[Observer]:
        faces = [*self._face.observers(), *self._echo_watch()]
        return faces if self.plan.as_json else [*faces, *accounting(self.common, self.settings)]

    def _echo_watch(self) -> list[Observer]:
        """Where the user has to take the floor no sound can interrupt."""
        if self.settings.talk.vad == "manual":
            return []
        from livechat.self_hearing import SelfHearing

        return [SelfHearing(lambda: self._face.warn(SELF_HEARING))]

    def _keepers(self, target: Target, sound: CallSound, kept: ExitStack) -> list[Observer]:
        """Who writes down what was said, as it was asked for."""
        observers: list[Observer] = []
        if self.plan.transcript is not None:
            from livechat.transcripts.writing import TranscriptFile

            file, opening = self.plan.transcript, self._memory.opening(target)
            lost = self._lost(f"the transcript {file} breaks off")
            words = TranscriptFile(file, opening, lost, self.common.report.without_secrets)
            observers.append(words)
            kept.callback(words.close)
        kept.callback(self._say_kept)
        observers += kept.enter_context(self._memory.keeping(target))
        if self.plan.record is not None:
            observers.append(self._record(self.plan.record, sound, kept))
        return observers

    def _record(self, folder: Path, sound: CallSound, kept: ExitStack) -> Observer:
        from livechat.recording import Recording
        from livechat.terminal.news import news

        clock = asyncio.get_running_loop().time
        began = clock()
        recording = self._recording = Recording(folder, began=began, warn=self._face.warn)
        kept.callback(lambda: recording.close() if self._begun else recording.discard())
        sound.taps.append(recording.model)
        self._parting.kept.append(f"recorded in {folder}")

        def write(t: float, event: Event) -> None:
            recording.event(self.common.report.without_secrets(news(clock() - began, event)))

        return write

    # -------------------------------------------------------------------------------- what is said of it

    def _greet(self, sound: CallSound) -> None:
        """What the user should know before the first word."""
        if sound.echo.why or self.settings.talk.aec != "auto":
            self._face.say(sound.echo.sentence)
        if self.plan.record is not None:
            self._face.say(f"both voices are recorded in {self.plan.record}")
        if self.settings.talk.input_device != PIPE and not self._face.drawn:
            self._face.say(self._keys_there_are())

    def _keys_there_are(self) -> str:
        from livechat.terminal.keys import can_read

        if not can_read(sys.stdin):
            return "stdin is no terminal: no keys are read, Ctrl-C ends the call"
        if self.plan.mute:
            return "muted: nothing you say leaves this machine; m unmutes, q ends the call"
        turn = "space begins and ends your turn, " if self._push is not None else ""
        return f"{turn}m mutes, q ends the call"

    def _say_of_floor(self, words: str) -> None:
        """What the key for talking has done; a face with states shows it."""
        self._show_floor()
        if self._keys.actions.show is None:
            self._face.say(words)

    def _gauge(self) -> Gauged:
        self._show_floor()  # which the user may have lost without a key
        return self._meters.read()

    def _show_floor(self) -> None:
        if self._push is not None:
            self._face.show_floor(held=self._push.pressed)

    def _say_of_gate(self, why: str) -> None:
        self._face.say(LIMIT if why == "limit" else STARVED)

    def _device(self, news: News) -> None:
        from livechat.commands.devices import print_news_in_json

        if self.plan.as_json and self._session is not None:
            print_news_in_json(news, self._session.now)
        else:
            self._face.warn(str(news))

    def _lost(self, what: str) -> Callable[[str], None]:
        return lambda why: self._face.warn(f"{what}: {why}")

    def _say_kept(self) -> None:
        if self._memory.kept:
            self._parting.kept.append(f"{KEPT}livechat sessions show {self._memory.kept}")
            self._parting.again = self._memory.again

    def _part(self) -> None:
        if not self._begun:
            return
        if self.plan.as_json:
            sys.stdout.write(self._parting.json(self._parting.figures.ended_at) + "\n")
        if self._face.kind == "tty":
            self.common.report.table(self._parting.rows())
            return
        for sentence in self._parting.sentences():
            self._face.say(sentence)
