"""`livechat text`: typed words to a model, its answer on stdout as it comes."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livechat.commands.common import Common
from livechat.commands.faces import accounting, answer_on, json_lines, notices, said_nothing, session_flags, wishes
from livechat.commands.holding import Holding, hold, run_within
from livechat.commands.options import (
    ApiKeyFile,
    ApiVersion,
    Json,
    Language,
    Local,
    Location,
    Model,
    Project,
    Server,
    System,
    Timeout,
    Trace,
    Usage,
    Voice,
)
from livechat.commands.target import Choice, choose, reach
from livechat.errors import BadInput, UsageError

if TYPE_CHECKING:
    from livechat.config import Settings
    from livechat.session import Observer, Session
    from livechat.terminal.answer import Answer

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
    settings = common.settings({**flags, "text.speak": speak, "text.usage": usage})
    if audio_out == "-":
        raise UsageError("stdout is for the words", hint="livechat send-audio FILE -o - gives sound on stdout")
    words = _words(prompt)
    if words is None and (sys.stdin is None or not sys.stdin.isatty()):
        raise UsageError("nothing to say: no prompt, and stdin is closed", hint='livechat text "tell a story"')
    if words is None and as_json:
        raise UsageError("--json wants a prompt", hint='livechat text --json "tell a story"')
    choice = choose(common, settings, api_key_file)
    run = _Text(common, settings, words, audio_out, as_json, trace, choice)
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

    async def converse(self) -> None:
        from livechat.commands.speakers import speaker_for

        make_speaker = speaker_for(play=self.settings.text.speak, out=self.audio_out)
        sound = make_speaker is not None
        async with reach(self.common, self.choice, sound=sound) as target:
            answer = answer_on(sys.stdout, target, sound=sound)
            faces: list[Observer] = [answer, notices(self.common, answer), *accounting(self.common, self.settings)]
            if self.as_json:
                faces = [json_lines(self.common)]
            wished = wishes(self.settings, target, sound=sound)
            holding = Holding(target, wished, faces, make_speaker, self.trace)
            try:
                await self._talk(holding, answer)
            finally:
                answer.end()

    async def _talk(self, holding: Holding, answer: Answer) -> None:
        if self.words is not None:
            await hold(self.common, holding, self._once)
            return
        from livechat.commands.repl import Repl

        await Repl(self.common, holding, answer).run()

    async def _once(self, session: Session) -> None:
        from livechat.events import ReplyCame, TurnEnded, Typed

        session.tell(Typed(self.words or ""))
        # The server ends a turn when it assumes that its sound was played. Where nobody listens, nobody waits for that.
        all_wanted = self.settings.text.speak or self.as_json or self.settings.text.usage
        ended = await session.until(TurnEnded, *(() if all_wanted else (ReplyCame,)))
        if isinstance(ended, TurnEnded) and not (ended.text or ended.spoken_ms):
            raise said_nothing(ended.reason)
