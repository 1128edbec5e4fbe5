"""`livechat talk`: a spoken conversation, on the microphone and the speaker or through pipes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livechat.commands.call_sound import PIPE
from livechat.commands.calling import Call, Plan
from livechat.commands.common import Common
from livechat.commands.continuing import as_before, recollection
from livechat.commands.durations import seconds
from livechat.commands.face_choice import at_terminal
from livechat.commands.faces import session_flags
from livechat.commands.holding import run_within
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
from livechat.commands.pictures import open_pictures
from livechat.commands.target import choose
from livechat.commands.tool_kit import pack
from livechat.errors import UsageError

if TYPE_CHECKING:
    from livechat.config import Settings


def command(
    ctx: typer.Context,
    input_device: Annotated[
        str | None,
        typer.Option("--input-device", metavar="NAME|N|-|none", help="Microphone; - is 16 kHz s16le PCM on stdin."),
    ] = None,
    output_device: Annotated[
        str | None,
        typer.Option("--output-device", metavar="NAME|N|-|none", help="Speaker; - is 24 kHz s16le PCM on stdout."),
    ] = None,
    voice: Voice = None,
    push_to_talk: Annotated[
        bool, typer.Option("--push-to-talk", "--ptt", help="The space key begins and ends your turn: --vad manual.")
    ] = False,
    mute: Annotated[bool, typer.Option("--mute", help="Begin muted; m unmutes.")] = False,
    aec: Annotated[
        str | None, typer.Option("--aec", metavar="HOW", help="Echo: auto, on, off (headphones) or half-duplex.")
    ] = None,
    vad: Annotated[
        str | None, typer.Option("--vad", metavar="WHO", help="Who notices speech: server, local or manual.")
    ] = None,
    noisy: Annotated[bool | None, typer.Option("--noisy/--quiet-room", help="Take fewer sounds for speech.")] = None,
    jitter_ms: Annotated[
        str | None,
        typer.Option("--jitter-ms", metavar="auto|N", help="Hold back the first sound of an answer so long."),
    ] = None,
    gain: Annotated[int | None, typer.Option("--gain", metavar="DB", help="Make the microphone louder.")] = None,
    record: Annotated[
        Path | None, typer.Option("--record", metavar="DIR", help="Record both voices into a new folder.")
    ] = None,
    transcript: Annotated[
        Path | None,
        typer.Option("--transcript", metavar="FILE", help="Write the words to FILE.md, .txt or .ndjson too."),
    ] = None,
    save: Save = None,
    continue_: Continue = False,
    resume: Resume = None,
    compress: Annotated[
        bool | None, typer.Option("--compress/--no-compress", help="Let a long call forget its oldest words.")
    ] = None,
    video: Annotated[
        str | None,
        typer.Option("--video", metavar="FILE|cam|screen", help="Show the model pictures of it (extra: video)."),
    ] = None,
    fps: Annotated[
        float | None, typer.Option("--fps", metavar="N", help="So many pictures a second: 1, or less.")
    ] = None,
    start_with: Annotated[str | None, typer.Option("--start-with", metavar="TEXT", help="Say this first.")] = None,
    max_duration: Annotated[
        str | None, typer.Option("--max-duration", metavar="TIME", help="End after so long: 90s, 30m, 1h.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="End after one answer.")] = False,
    tools: Tools = None,
    mcp: Mcp = None,
    approve: Approve = None,
    model: Model = None,
    language: Language = None,
    system: System = None,
    server: Server = None,
    local: Local = False,
    as_json: Json = False,
    usage: Usage = None,
    trace: Trace = None,
    timeout: Timeout = None,
    api_key_file: ApiKeyFile = None,
    project: Project = None,
    location: Location = None,
    api_version: ApiVersion = None,
) -> None:
    """Holds a spoken conversation: speak, listen, interrupt. q or Ctrl-C ends it, m mutes.

    Nothing you say is recorded unless you ask with --record; the words are kept on this machine, see
    `livechat sessions`.

    Examples:
      livechat talk --voice Puck
      livechat talk --local --push-to-talk
      livechat talk --continue
      livechat talk --video screen
      arecord -f S16_LE -r 16000 | ssh box livechat talk --input-device - --output-device - | aplay -f S16_LE -r 24000
    """
    common = Common.of(ctx)
    session = session_flags(
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
    if push_to_talk and vad not in (None, "manual"):
        raise UsageError(f"--push-to-talk is --vad manual, not --vad {vad}")
    settings = common.settings(
        {
            **session,
            "talk.input_device": input_device,
            "talk.output_device": output_device,
            "talk.aec": aec,
            "talk.vad": "manual" if push_to_talk else vad,
            "talk.noisy": noisy,
            "talk.jitter_ms": jitter_ms,
            "talk.gain": gain,
            "talk.compress": compress,
            "talk.save": save,
            "text.usage": usage,
            "tools.approve": approve,
        }
    )
    plan = Plan(
        record=record,
        transcript=transcript,
        start_with=None if start_with is None else first_words(start_with),
        longest_s=None if max_duration is None else seconds(max_duration, "--max-duration"),
        once=once,
        mute=mute,
        as_json=as_json,
        trace=trace,
        pictures=open_pictures(video, fps),
        kit=pack(common, settings, tools, mcp, asks=not as_json and _can_be_asked(settings)),
    )
    refuse(settings, plan)
    before = recollection(common, last=continue_, which=resume)
    choice = as_before(common, choose(common, settings, api_key_file), before)
    run_within(timeout, Call(common, choice.settings, choice, plan, before).hold())


def _can_be_asked(settings: Settings) -> bool:
    """Whether somebody sees the question of a tool, and has keys to answer it."""
    talk = settings.talk
    return talk.input_device != PIPE and at_terminal(sys.stderr if talk.output_device == PIPE else sys.stdout)


_FIRST = 'livechat talk --input-device none --start-with "tell me a story"'


def first_words(text: str) -> str:
    """What is to be said first, as JSON can carry it: what is no UTF-8 on the command line is none in Python either.

    Raises UsageError where there are none.
    """
    words = text.encode("utf-8", "replace").decode("utf-8").strip()
    if not words:
        raise UsageError("--start-with: there are no words", hint=_FIRST)
    return words


def refuse(settings: Settings, plan: Plan) -> None:
    """Raises UsageError for what cannot be meant, and for what is not installed."""
    from livechat.audio.speech import speech_missing
    from livechat.terminal.keys import can_read

    talk = settings.talk
    if talk.vad == "local" and (missing := speech_missing()):
        raise missing
    piped_out = talk.output_device == "-"
    keyed = can_read(sys.stdin)
    if piped_out and plan.as_json:
        raise UsageError(
            "stdout takes the sound or the JSON, not both", hint="livechat talk --output-device none --json"
        )
    if talk.input_device == "none" and plan.start_with is None:
        raise UsageError("with no microphone nothing would ever be said", hint=_FIRST)
    if talk.vad == "manual" and talk.input_device not in ("-", "none") and not keyed:
        raise UsageError("push-to-talk wants a terminal to read the space key from", hint="livechat talk --vad server")
    if plan.mute and not keyed:
        raise UsageError(
            "--mute wants a terminal to read the m key from, which unmutes", hint="without a microphone: livechat text"
        )
