"""`livechat text`: typed words to a model, its answer on stdout as it comes."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livechat.commands.common import Common
from livechat.commands.continuing import Memory, as_before, recollection
from livechat.commands.face_choice import Face, ascii_of, at_terminal, face_of, is_terminal
from livechat.commands.faces import (
    accounting,
    answer_on,
    head_of,
    json_lines,
    network_lines,
    noted_calls,
    notices,
    said_nothing,
    server_name,
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
from livechat.commands.tool_kit import Kit, pack
from livechat.errors import BadInput, UsageError

if TYPE_CHECKING:
    from livechat.commands.papers import Paper
    from livechat.commands.target import Target
    from livechat.commands.tool_desk import ToolDesk
    from livechat.config import Settings
    from livechat.session import Observer, Session
    from livechat.terminal.inputs import Look

LONGEST_PROMPT = 4 * 2**20
"""Bytes of a prompt: with JSON's escapes it still fits into one frame of 16 MiB."""


def command(
    ctx: typer.Context,
    prompt: Annotated[list[str] | None, typer.Argument(metavar="[PROMPT]", help="What to say; - reads stdin.")] = None,
    model: Model = None,
    voice: Voice = None,
    language: Language = None,
    system: System = None,
    server: Server = None,
    local: Local = False,
    speak: Annotated[bool | None, typer.Option("--speak/--no-speak", help="Play the answer too.")] = None,
    audio_out: Annotated[
        str | None, typer.Option("--audio-out", metavar="FILE", help="Write the spoken answer to FILE.wav or FILE.pcm.")
    ] = None,
    tools: Tools = None,
    mcp: Mcp = None,
    approve: Approve = None,
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
    """Sends typed words to a model; the answer streams to stdout. Without a prompt: a conversation, line by line.

    Examples:
      livechat text "tell a story"
      git diff | livechat text "explain this"
      livechat text --continue "shorter, please"
      livechat text "what is the weather in Lisbon?" --tools weather.py
      livechat text --json hi | jq -r 'select(.type=="text.delta").text'
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
    own = {"text.speak": speak, "text.usage": usage, "text.save": save}
    settings = common.settings({**flags, **own, "tools.approve": approve})
    if audio_out == "-":
        raise UsageError("stdout is for the words", hint="livechat send-audio FILE -o - gives sound on stdout")
    words = _words(prompt)
    if words is None and (sys.stdin is None or not sys.stdin.isatty()):
        raise UsageError("nothing to say: no prompt, and stdin is closed", hint='livechat text "tell a story"')
    if words is None and as_json:
        raise UsageError("--json wants a prompt", hint='livechat text --json "tell a story"')
    kit = pack(common, settings, tools, mcp, asks=not as_json and at_terminal(sys.stdout))
    before = recollection(common, last=continue_, which=resume)
    choice = as_before(common, choose(common, settings, api_key_file), before)
    settings = choice.settings
    memory = Memory(common, settings, choice, before, settings.text.save, common.report.warning)
    run = _Text(common, settings, words, audio_out, as_json, trace, choice, kit, memory)
    run_within(timeout, run.converse())


def _words(prompt: list[str] | None) -> str | None:
    """The prompt and after it what is piped in; None where a conversation is meant."""
    typed = " ".join(word for word in prompt or [] if word != "-").strip()
    # What is no UTF-8 on the command line reaches Python as lone surrogates, which no JSON can carry.
    typed = typed.encode("utf-8", "replace").decode("utf-8")
    piped = _piped(asked="-" in (prompt or []))
    if piped is None:
        return typed or None
    words = "\n\n".join(part for part in (typed, piped.strip()) if part)
    if not words:
        raise UsageError("nothing to say: no prompt, and stdin is empty", hint='livechat text "tell a story"')
    return words


def _piped(*, asked: bool) -> str | None:
    if sys.stdin is None or (sys.stdin.isatty() and not asked):
        return None
    data = sys.stdin.buffer.read(LONGEST_PROMPT + 1)
    if len(data) > LONGEST_PROMPT:
        raise BadInput(f"more than {LONGEST_PROMPT // 2**20} MiB on stdin", hint="send a part of it")
    return data.decode("utf-8", "replace")


@dataclass
class _Text:
    """One run of the command."""

    common: Common
    settings: Settings
    words: str | None
    """None for a conversation line by line."""
    audio_out: str | None
    as_json: bool
    trace: Path | None
    choice: Choice
    kit: Kit
    memory: Memory
    desk: ToolDesk | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if self.kit:
            from livechat.commands.tool_desk import ToolDesk

            self.desk = ToolDesk()

    async def converse(self) -> None:
        from livechat.commands.speakers import speaker_for

        make_speaker = speaker_for(play=self.settings.text.speak, out=self.audio_out)
        sound = make_speaker is not None
        async with reach(self.common, self.choice, sound=sound) as target:
            wished = wishes(self.settings, target, sound=sound)
            holding = Holding(
                *(target, wished, self._accounts(), make_speaker, self.trace, self.kit, self.desk),
                tries=self.settings.server.tries,
            )
            if self.words is None:
                await self._converse_on(self._paper(target, sound=sound), holding)
                return
            with self.memory.keeping(target) as keepers:
                past = self.memory.past(target)
                await self._ask(replace(seen_by(holding, *keepers), past=past), sound=sound)
            if self.memory.kept:
                self.common.report.detail(f"go on with it: {self.memory.again}")

    def _accounts(self) -> list[Observer]:
        return [] if self.as_json else [*accounting(self.common, self.settings)]

    async def _ask(self, holding: Holding, *, sound: bool) -> None:
        from livechat.commands.tool_desk import pressed_by, show_calls, tool_keys

        if self._face == "tty":
            playback = Playback()
            look = replace(self._look(sound=sound), keys=False)
            async with staged(self.common, look, pressed=pressed_by(self.desk), gauge=playback) as stage:
                show_calls(self.desk, stage.screen.tell)
                await hold(self.common, seen_by(holding, stage.screen), playback.during(self._once))
        elif self._face == "accessible" and is_terminal(sys.stdout):
            playback = Playback()
            async with read_aloud(sys.stdout, self._look(sound=sound), gauge=playback) as face:
                show_calls(self.desk, face.tell)
                seen = seen_by(holding, face, notices(self.common, face))
                with tool_keys(self.desk, self.kit):
                    await hold(self.common, seen, playback.during(self._once))
        else:
            await self._print(holding, sound=sound)

    @property
    def _face(self) -> Face | None:
        """None with --json."""
        return None if self.as_json else face_of(self.settings, self.common.env, sys.stdout, sys.stderr)

    def _look(self, *, sound: bool) -> Look:
        from livechat.terminal.inputs import Look

        name = speaker_name(self.settings, sound=sound)
        return Look(name, ascii=ascii_of(self.settings, sys.stdout), meters=False, plays=self.settings.text.speak)

    def _paper(self, target: Target, *, sound: bool) -> Paper:
        from livechat.commands.papers import AloudPaper, LinePaper, ScreenPaper

        look, answer = self._look(sound=sound), answer_on(sys.stdout, target, sound=sound)
        if self._face == "tty":
            voice = self.settings.session.voice or ""
            head = head_of(target.model, server_name(self.choice, target), voice, ascii=look.ascii)
            return ScreenPaper(self.common, look, head)
        if self._face == "accessible":
            return AloudPaper(self.common, answer, look)
        return LinePaper(self.common, answer)

    async def _converse_on(self, paper: Paper, holding: Holding) -> None:
        from livechat.commands.repl import Repl

        try:
            await Repl(self.common, seen_by(holding, paper), paper, self.memory).run()
        finally:
            paper.end()

    async def _print(self, holding: Holding, *, sound: bool) -> None:
        """The answer and nothing else on stdout."""
        if self.as_json:
            await hold(self.common, seen_by(holding, json_lines(self.common)), self._once)
            return
        from livechat.commands.tool_desk import tool_keys

        answer = answer_on(sys.stdout, holding.target, sound=sound)
        told = (said(self.common, answer) for said in (notices, network_lines, tool_lines))
        seen = seen_by(holding, answer, *told)
        if self.desk is not None:
            self.desk.show = noted_calls(self.common, answer)
        try:
            with tool_keys(self.desk, self.kit):
                await hold(self.common, seen, self._once)
        finally:
            answer.end()

    async def _once(self, session: Session) -> None:
        from livechat.commands.errands import NEWS, Errands, await_handle
        from livechat.events import Typed

        errands = Errands()
        session.subscribe(errands)
        session.tell(Typed(self.words or ""))
        # The server ends a turn when it assumes that its sound was played. Where nobody listens, nobody waits for that.
        all_wanted = self.settings.text.speak or self.as_json or self.settings.text.usage
        with suppress(TimeoutError):
            while errands.busy or not (errands.over or (errands.came and not all_wanted)):
                async with asyncio.timeout(errands.patience_s):
                    await session.until(*NEWS)
        if errands.over and not errands.said:
            raise said_nothing(errands.reason)
        if self.settings.text.save:
            await await_handle(session)
