"""`livechat music`: music as it is made, to the speaker, a file or a pipe, steered by keys while it plays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from livechat.commands.common import Common
from livechat.commands.holding import run_within
from livechat.commands.options import ApiKeyFile, ApiVersion, Json, Local, Timeout
from livechat.errors import UsageError

if TYPE_CHECKING:
    from livechat.protocol.music import WeightedPrompt

FILE_S = 60.0
"""Seconds that are written where nobody listens and nobody says how many."""

Bpm = Annotated[int | None, typer.Option("--bpm", metavar="60-200", help="Beats a minute.")]
Density = Annotated[float | None, typer.Option("--density", metavar="0-1", help="How many notes.")]
Brightness = Annotated[float | None, typer.Option("--brightness", metavar="0-1", help="How bright it sounds.")]
Scale = Annotated[str | None, typer.Option("--scale", metavar="NAME", help="A minor, Eb, F#m, or C_MAJOR_A_MINOR.")]
Guidance = Annotated[
    float | None, typer.Option("--guidance", metavar="0-6", help="How closely the prompts are followed.")
]
Temperature = Annotated[float | None, typer.Option("--temperature", metavar="0-3", help="How surprising it may be.")]
TopK = Annotated[int | None, typer.Option("--top-k", metavar="1-1000", help="Among how many tokens it chooses.")]
Seed = Annotated[int | None, typer.Option("--seed", metavar="N", help="Makes it repeatable, as far as it can be.")]
Mode = Annotated[str | None, typer.Option("--mode", metavar="NAME", help="quality, diversity or vocalization.")]


def command(
    ctx: typer.Context,
    prompt: Annotated[
        list[str] | None, typer.Argument(metavar="[PROMPT]", help="What it shall be like; TEXT or TEXT:WEIGHT.")
    ] = None,
    more: Annotated[
        list[str] | None, typer.Option("--prompt", metavar="TEXT:WEIGHT", help="The same; may be repeated.")
    ] = None,
    bpm: Bpm = None,
    density: Density = None,
    brightness: Brightness = None,
    scale: Scale = None,
    guidance: Guidance = None,
    mute_drums: Annotated[bool, typer.Option("--mute-drums", help="No drums.")] = False,
    mute_bass: Annotated[bool, typer.Option("--mute-bass", help="No bass.")] = False,
    only_bass_and_drums: Annotated[bool, typer.Option("--only-bass-and-drums", help="Nothing else.")] = False,
    temperature: Temperature = None,
    top_k: TopK = None,
    seed: Seed = None,
    mode: Mode = None,
    duration: Annotated[
        str | None, typer.Option("--duration", metavar="TIME", help="End after so much music: 60, 90s, 5m.")
    ] = None,
    out: Annotated[
        str | None, typer.Option("-o", "--out", metavar="FILE", help="Write it: FILE.wav, FILE.pcm or - (raw).")
    ] = None,
    play: Annotated[bool, typer.Option("--play", help="Play it too, where it is written.")] = False,
    device: Annotated[
        str | None, typer.Option("--output-device", metavar="NAME", help="The speaker, by name or number.")
    ] = None,
    model: Annotated[str | None, typer.Option("--model", "-M", metavar="NAME", help="The model that plays.")] = None,
    server: Annotated[
        str | None,
        typer.Option("--server", metavar="WHERE", help="auto, google, local, or a ws:// or wss:// URL."),
    ] = None,
    local: Local = False,
    as_json: Json = False,
    timeout: Timeout = None,
    api_key_file: ApiKeyFile = None,
    api_version: ApiVersion = None,
) -> None:
    """Plays music that is made as you listen (Lyria RealTime, or the small band inside livechat).

    48 kHz, 16 bit, stereo. While it plays, keys change it: up and down the tempo, p types a new prompt, ? shows all.
    A file alone gets 60 s, unless --duration says otherwise.

    Examples:
      livechat music "minimal techno"
      livechat music "warm pads" --prompt "rain:0.3" --bpm 80 --scale "A minor"
      livechat music --local "acid house" --duration 30 -o acid.wav
      livechat music "jazz trio" -o - | aplay -f S16_LE -r 48000 -c 2
    """
    from livechat.commands.durations import seconds
    from livechat.commands.music_playing import Playing, Wish
    from livechat.commands.music_target import choose_music
    from livechat.library.music_settings import music_config

    common = Common.of(ctx)
    prompts = _prompts(prompt, more)
    asked: dict[str, object] = {
        "bpm": bpm,
        "density": density,
        "brightness": brightness,
        "scale": scale,
        "guidance": guidance,
        "mute_drums": mute_drums or None,
        "mute_bass": mute_bass or None,
        "only_bass_and_drums": only_bass_and_drums or None,
        "temperature": temperature,
        "top_k": top_k,
        "seed": seed,
        "music_generation_mode": mode,
    }
    config = music_config(None, asked)
    if out == "-" and as_json:
        raise UsageError("stdout takes the sound or the JSON, not both", hint="-o FILE.wav --json")
    settings = common.settings({"server.choice": "local" if local else server})
    longest_s = seconds(duration, "--duration") if duration is not None else None
    played = play or out is None
    if longest_s is None and out is not None and out != "-" and not play:
        longest_s = FILE_S
    wish = Wish(prompts, config, out, played, device, longest_s, model, api_version, as_json)
    run_within(timeout, Playing(common, settings, choose_music(common, settings, api_key_file), wish).run())


def _prompts(prompt: list[str] | None, more: list[str] | None) -> list[WeightedPrompt]:
    from livechat.library.music_settings import read_prompt, weighted_prompts

    # What is no UTF-8 on the command line reaches Python as lone surrogates, which no JSON can carry.
    given = [one.encode("utf-8", "replace").decode("utf-8") for one in (*(prompt or []), *(more or []))]
    if not any(one.strip() for one in given):
        raise UsageError("nothing to play: no prompt", hint='livechat music "minimal techno"')
    return weighted_prompts([read_prompt(one) for one in given])
