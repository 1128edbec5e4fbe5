"""`livechat send-audio`: recordings and pipes of sound to a model, its answer as words and as sound."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livechat.commands.common import Common
from livechat.commands.continuing import Memory, as_before, recollection
from livechat.commands.errands import NEWS, Errands, await_handle
from livechat.commands.face_choice import ascii_of, at_terminal, face_of, is_terminal
from livechat.commands.faces import (
    accounting,
    answer_on,
    json_lines,
    network_lines,
    noted_calls,
    notices,
    said_nothing,
    session_flags,
    speaker_name,
    tool_lines,
    wishes,
)
from livechat.commands.holding import Holding, hold, run_within, seen_by
from livechat.commands.options import (
    ApiKeyFile,
    ApiVersion,
    Approve,
    Continue,
    Json,
    Language,
    Local,
    Location,
    Mcp,
    Model,
    Project,
    Resume,
    Save,
    Server,
    System,
    Timeout,
    Tools,
    Trace,
    Usage,
    Voice,
)
from livechat.commands.stage import Playback, read_aloud, staged
from livechat.commands.target import Choice, choose, reach
from livechat.commands.tool_desk import ToolDesk, pressed_by, show_calls, tool_keys
from livechat.commands.tool_kit import Kit, pack
from livechat.errors import BadInput, Unanswered, UsageError
from livechat.events import (
    Event,
    Interrupted,
    ModelSaid,
    Ready,
    Reconnected,
    Reconnecting,
    ReplyCame,
    TurnEnded,
    UserSaid,
)
from livechat.terminal.network import LOST
from livechat.terminal.safe import safe

if TYPE_CHECKING:
    from livechat.audio.source import Source
    from livechat.commands.target import Target
    from livechat.config import Settings
    from livechat.session import Observer, Session
    from livechat.terminal.answer import Answer
    from livechat.terminal.inputs import Own
    from livechat.terminal.progress import Progress

QUIET = -200.0
SILENCE_DBFS = -55.0
"""Level of the loudest 20 ms below which there is nothing that could be speech."""
AFTERTHOUGHT_S = 2.0
"""Seconds after the end of a recording in which a further answer may begin, where one has already ended."""


def command(
    ctx: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Recordings; - is stdin. Each is a turn.")],
    out: Annotated[
        str | None,
        typer.Option("-o", "--out", metavar="FILE", help="Write the spoken answer: FILE.wav, FILE.pcm or -."),
    ] = None,
    play: Annotated[bool, typer.Option("--play", help="Play the answer.")] = False,
    rate: Annotated[int | None, typer.Option("--rate", metavar="HZ", help="Samples per second of raw PCM.")] = None,
    channels: Annotated[int | None, typer.Option("--channels", metavar="N", help="Channels of raw PCM.")] = None,
    format: Annotated[
        str | None, typer.Option("--format", metavar="F", help="Samples of raw PCM: s16le, f32le, mulaw, …")
    ] = None,
    fast: Annotated[bool | None, typer.Option("--fast/--real-time", help="As fast as the server takes it.")] = None,
    wait: Annotated[
        float, typer.Option("--wait", metavar="SECONDS", min=0.1, help="How long to wait for an answer.")
    ] = 30.0,
    tools: Tools = None,
    mcp: Mcp = None,
    approve: Approve = None,
    model: Model = None,
    voice: Voice = None,
    language: Language = None,
    system: System = None,
    server: Server = None,
    local: Local = False,
    continue_: Continue = False,
    resume: Resume = None,
    save: Save = None,
    as_json: Json = False,
    usage: Usage = None,
    trace: Trace = None,
    timeout: Timeout = None,
    api_key_file: ApiKeyFile = None,
    project: Project = None,
    location: Location = None,
    api_version: ApiVersion = None,
) -> None:
    """Sends recorded or piped speech to a model; its answer comes as text on stdout, and as sound with -o or --play.

    Raw PCM is 16 kHz, 16 bit, mono unless --rate, --channels and --format say otherwise. WAV is read whatever it
    holds; flac, ogg and mp3 need the extra `codecs`.

    Examples:
      livechat send-audio question.wav
      cat question.pcm | livechat send-audio - -o answer.wav
      livechat send-audio q.wav -o - | aplay -f S16_LE -r 24000
    """
    common = Common.of(ctx)
    flags = session_flags(
        server=server,
        local=local,
        project=project,
        location=location,
        api_version=api_version,
        model=model,
        voice=voice,
        language=language,
        system=system,
    )
    raw = {"send_audio.rate": rate, "send_audio.channels": channels, "send_audio.format": format}
    own = {"send_audio.fast": fast, "send_audio.save": save, "text.usage": usage}
    settings = common.settings({**flags, **raw, **own, "tools.approve": approve})
    if files.count("-") > 1:
        raise UsageError("stdin can be one turn only")
    if out is not None and any(_same(file, out) for file in files):
        raise UsageError(f"{out} is the recording itself: the answer would be written over it", hint="-o answer.wav")
    if out == "-" and as_json:
        raise UsageError(
            "stdout takes the sound or the JSON, not both", hint="livechat send-audio FILE -o FILE.wav --json"
        )
    asks = not as_json and "-" not in files and at_terminal(sys.stderr if out == "-" else sys.stdout)
    kit = pack(common, settings, tools, mcp, asks=asks)
    before = recollection(common, last=continue_, which=resume)
    choice = as_before(common, choose(common, settings, api_key_file), before)
    settings = choice.settings
    memory = Memory(common, settings, choice, before, settings.send_audio.save, common.report.warning)
    run = _Sending(common, settings, files, out, play, as_json, wait, trace, choice, kit, memory)
    run_within(timeout, run.converse())


def _same(file: str, out: str) -> bool:
    """Whether these are one file on the disk, whatever they are called."""
    try:
        return os.path.samefile(file, out) and not stat.S_ISCHR(os.stat(out).st_mode)
    except OSError:
        return False  # one of them is not there


def unseen(told: Own) -> None:
    """Where there is no screen."""


@dataclass
class _Sending:
    """One run of the command."""

    common: Common
    settings: Settings
    files: list[str]
    out: str | None
    play: bool
    as_json: bool
    wait: float
    trace: Path | None
    choice: Choice
    kit: Kit
    memory: Memory
    desk: ToolDesk | None = field(default=None, init=False)
    errands: Errands = field(default_factory=Errands, init=False)
    words: Answer | None = field(default=None, init=False)
    """Where the answer is printed; None with --json."""
    tell: Callable[[Own], None] = field(default_factory=lambda: unseen, init=False)
    """Tells the screen, where there is one."""
    gauge: Playback = field(default_factory=Playback, init=False)
    loudest: float = field(default=QUIET, init=False)
    """dBFS of the loudest frame of the present recording."""
    unanswered: float = field(default=QUIET, init=False)
    """The same since the server last told what it heard."""
    answers: int = field(default=0, init=False)
    """Turns that ended since the present recording began."""
    answered: bool = field(default=False, init=False)
    """In one of these the model said something."""
    newest: int = field(default=0, init=False)
    """The newest turn in which something was said."""
    replied: bool = field(default=False, init=False)
    """All of the reply in that turn is here."""
    reason: str = field(default="", init=False)
    """The server's reason for the end of the last turn."""
    away: bool = field(default=False, init=False)
    """There is no connection."""
    progress: Progress | None = field(default=None, init=False)
    """The line on the terminal that says how much has been sent, while something is."""

    def __post_init__(self) -> None:
        if self.kit:
            self.desk = ToolDesk()

    async def converse(self) -> None:
        from livechat.commands.speakers import speaker_for

        make_speaker = speaker_for(play=self.play, out=self.out)
        sound = make_speaker is not None
        # What is wrong with a file is said before anything is sent.
        sources = [self._open(file) for file in self.files]
        try:
            async with reach(self.common, self.choice, sound=sound, hears=True) as target:
                wished = wishes(self.settings, target, sound=sound)
                watching: list[Observer] = [self._count, self.errands]
                holding = Holding(
                    *(target, wished, watching, make_speaker, self.trace, self.kit, self.desk),
                    tries=self.settings.server.tries,
                )
                with self.memory.keeping(target) as keepers:
                    past = self.memory.past(target)
                    await self._show(replace(seen_by(holding, *keepers), past=past), sources, sound=sound)
        finally:
            if self.words is not None:
                self.words.end()
            for source in sources:
                source.close()

    async def _show(self, holding: Holding, sources: list[Source], *, sound: bool) -> None:
        """Asks, on the screen where there is one."""
        from livechat.terminal.inputs import Look

        async def ask(session: Session) -> None:
            await self._ask(session, sources)

        script, accounts = self.gauge.during(ask), accounting(self.common, self.settings)
        name = speaker_name(self.settings, sound=sound)
        look = Look(name, ascii=ascii_of(self.settings, sys.stdout), keys=False, plays=self.play)
        face = None if self.as_json else face_of(self.settings, self.common.env, sys.stdout, sys.stderr)
        if face == "tty":
            async with staged(self.common, look, pressed=pressed_by(self.desk), gauge=self.gauge) as stage:
                self.tell = stage.screen.tell
                show_calls(self.desk, stage.screen.tell)
                await hold(self.common, seen_by(holding, stage.screen, *accounts), script)
        elif face == "accessible" and is_terminal(sys.stdout):
            async with read_aloud(sys.stdout, look, gauge=self.gauge) as aloud:
                show_calls(self.desk, aloud.tell)
                with tool_keys(self.desk, self.kit):
                    await hold(self.common, seen_by(holding, aloud, notices(self.common, aloud), *accounts), script)
        else:
            with tool_keys(self.desk, self.kit):
                await hold(self.common, seen_by(holding, *self._faces(holding.target, sound=sound)), script)

    def _open(self, file: str) -> Source:
        from livechat.audio.source import open_source

        raw = self.settings.send_audio
        said = {name for name in ("rate", "channels", "format") if len(self.settings.given[f"send_audio.{name}"]) > 1}
        return open_source(
            file,
            rate=raw.rate if "rate" in said else None,
            channels=raw.channels if "channels" in said else None,
            format=raw.format if "format" in said else None,
            note=self.common.report.note,
        )

    def _faces(self, target: Target, *, sound: bool) -> list[Observer]:
        if self.as_json:
            return [json_lines(self.common)]
        self.words = answer_on(sys.stderr if self.out == "-" else sys.stdout, target, sound=sound)
        if self.desk is not None:
            self.desk.show = noted_calls(self.common, self.words)
        told = (said(self.common, self.words) for said in (notices, network_lines, tool_lines))
        printed: list[Observer] = [self._heard, self.words, *told]
        return [self._clear_progress, *printed, *accounting(self.common, self.settings)]

    async def _ask(self, session: Session, sources: list[Source]) -> None:
        await session.until(Ready)  # a recording may be longer than what is kept for a session that is not open yet
        for file, source in zip(self.files, sources, strict=True):
            self.answers, self.answered = 0, False
            await session.listen(self._frames(source))
            await self._await_answer(session, file, last=source is sources[-1])

    async def _frames(self, source: Source) -> AsyncIterator[bytes]:
        from livechat.audio.pcm import level_dbfs
        from livechat.audio.source import paced
        from livechat.terminal.inputs import Sending, SendingEnded
        from livechat.terminal.progress import Progress

        self.loudest = self.unanswered = QUIET
        with Progress(sys.stderr, source.duration_s, shown=self._draws()) as self.progress:
            async for frame in source if self.settings.send_audio.fast else paced(source):
                self.gauge.level = level = level_dbfs(frame)
                self.loudest, self.unanswered = max(self.loudest, level), max(self.unanswered, level)
                self.tell(Sending(source.position_s, source.duration_s))
                if self.words is None or not self.words.mid_line:
                    self.progress.show(source.position_s)
                yield frame
        self.gauge.level = nan
        self.tell(SendingEnded())

    def _draws(self) -> bool:
        """Whether the line of progress is: it is written over and over."""
        plain = face_of(self.settings, self.common.env, sys.stdout, sys.stderr) == "plain"
        return plain and not self.common.report.quiet and self.common.env.get("TERM") not in ("dumb", "unknown")

    async def _await_answer(self, session: Session, file: str, *, last: bool) -> None:
        """Until all that was said is answered and heard. Raises Unanswered, or BadInput where nothing was said."""
        if self.loudest < SILENCE_DBFS and not self.answers:
            from livechat.audio.file import LISTEN

            raise BadInput(f"{file} holds nothing but silence", hint=LISTEN)
        if self.answers and not session.conversation.in_turn and self.unanswered > SILENCE_DBFS:
            # All that was heard is answered; what came after it may still be on its way to be heard.
            with suppress(TimeoutError):
                async with asyncio.timeout(min(AFTERTHOUGHT_S, self.wait)):
                    await session.until(UserSaid, ModelSaid)
        # The server ends a turn when it assumes that its sound was played. A file has it all before.
        early = last and not (self.play or self.as_json or self.settings.text.usage)
        while self._expects_more(session, early=early):
            try:
                async with asyncio.timeout(self.errands.patience_s if self.errands.busy else self.wait):
                    await session.until(UserSaid, *NEWS)
            except TimeoutError:
                if self.errands.busy:
                    break  # what a tool gave was taken in silence
                what = f"no answer to {file} within {self.wait:g} s"
                why = "the server may have heard no speech in it"
                raise Unanswered(what, why=why, hint="give a longer --wait") from None
        if not (self.answered or self.replied):
            raise said_nothing(self.reason)
        if last and self.settings.send_audio.save:
            await await_handle(session)

    def _expects_more(self, session: Session, *, early: bool) -> bool:
        """Whether the answer is not all there; `early`, its sound need not have been played."""
        if self.errands.busy:
            return True
        return not (early and self.replied) and (not self.answers or session.conversation.in_turn)

    def _clear_progress(self, t: float, event: Event) -> None:
        if self.progress is not None:
            self.progress.clear()

    def _count(self, t: float, event: Event) -> None:
        if isinstance(event, TurnEnded) and event.reason != LOST:
            self.answers += 1
            self.answered = self.answered or bool(event.text or event.spoken_ms)
            self.reason = event.reason
        elif isinstance(event, ReplyCame):
            self.replied = event.turn >= self.newest
        elif isinstance(event, (UserSaid, ModelSaid)):
            self.newest, self.replied = max(self.newest, event.turn), False
            if isinstance(event, UserSaid):
                self.unanswered = QUIET

    def _heard(self, t: float, event: Event) -> None:
        """The question's words as the server heard them, for whoever watches."""
        if isinstance(event, UserSaid) and event.final:
            self.common.report.note(f"heard: {safe(event.whole.strip(), multiline=False)}")
        elif isinstance(event, (Reconnecting, Reconnected)):
            self.away = isinstance(event, Reconnecting)
        elif isinstance(event, Interrupted) and not self.away:
            self.common.report.note("the recording went on and interrupted the answer")
