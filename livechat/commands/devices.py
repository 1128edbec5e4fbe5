"""Lists microphones and speakers, shows what a microphone hears, and tests whether open speakers will do.

Examples:
  livechat devices list
  livechat devices test
  livechat devices meter
  livechat devices meter --device headset --seconds 10
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final

import typer

from livechat.commands.common import Common
from livechat.commands.device_test import measure_devices
from livechat.commands.options import Json, wanted
from livechat.errors import DeviceError
from livechat.terminal import cells
from livechat.terminal.ndjson import harmless, line
from livechat.terminal.safe import Safe, safe

if TYPE_CHECKING:
    from livechat.audio.keeping import News
    from livechat.audio.microphone import Frame
    from livechat.audio.portaudio import Device

FRAMES_A_READING: Final = 5
"""Ten readings a second."""
FLOOR_DB: Final = -60
"""Where the bar begins: about what a quiet room gives."""
WIDEST_BAR: Final = 50


def list_devices(ctx: typer.Context, as_json: Json = False) -> None:
    """Lists the sound devices with their channels and rates, the defaults marked.

    Examples:
      livechat devices list
      livechat devices list --json | jq -r 'select(.inputs > 0) | .name'
    """
    from livechat.audio.portaudio import PortAudio

    devices = PortAudio().devices()
    if not devices:
        raise DeviceError(
            "no sound devices found",
            why="this system has none, or this user may not use them",
            hint="plug one in, or use files and pipes: livechat send-audio FILE -o FILE.wav",
        )
    print("\n".join(map(in_json, devices) if as_json else table(devices)))


def in_json(device: Device) -> Safe:
    return harmless(json.dumps(asdict(device)))


def table(devices: Sequence[Device]) -> list[str]:
    """A line for each device, below their titles."""
    rows = [("", "name", "through", "in", "out", "rate", ""), *map(_row, devices)]
    widths = [max(cells.width(row[column]) for row in rows) for column in range(6)]
    return [_aligned(row, widths) for row in rows]


def _row(device: Device) -> tuple[str, ...]:
    both = ("microphone" * device.default_input, "speaker" * device.default_output)
    default = " and ".join(filter(None, both))
    return (
        str(device.index),
        safe(device.name, multiline=False),
        safe(device.host, multiline=False),
        str(device.inputs or "-"),
        str(device.outputs or "-"),
        f"{device.rate} Hz",
        f"default {default}" if default else "",
    )


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = [" " * (width - cells.width(text)) for text, width in zip(row, widths, strict=False)]
    named = (padded[0] + row[0], row[1] + padded[1], row[2] + padded[2])
    numbers = (padding + text for padding, text in zip(padded[3:], row[3:6], strict=True))
    return "  ".join((*named, *numbers, row[6])).rstrip()


# ------------------------------------------------------------------------------------------------- the meter


@dataclass(frozen=True, slots=True)
class Reading:
    """What was heard in a tenth of a second."""

    at_s: float
    """Its end, since the first frame began."""
    level_db: float
    """The loudest of its frames: their RMS in dBFS."""


def meter(
    ctx: typer.Context,
    device: Annotated[
        str | None, typer.Option("--device", "-d", metavar="NAME|NUMBER", help="The microphone; else the default.")
    ] = None,
    seconds: Annotated[float | None, typer.Option("--seconds", min=0.1, help="End by itself after so long.")] = None,
    as_json: Json = False,
) -> None:
    """Shows how loud it is at the microphone, ten times a second, until Ctrl-C.

    Examples:
      livechat devices meter
      livechat devices meter --device headset --seconds 10
      livechat devices meter --seconds 3 --json | jq .level_db
    """
    asyncio.run(_meter(Common.of(ctx), device, seconds, as_json))


async def _meter(common: Common, device: str | None, seconds: float | None, as_json: bool) -> None:
    from livechat.audio.microphone import Microphone

    clock = asyncio.get_running_loop().time
    began = clock()

    def tell(news: News) -> None:
        if as_json:
            print_news_in_json(news, clock() - began)
        else:
            print_news(common, news)

    show = print_in_json if as_json else in_place if sys.stdout.isatty() else print_level
    microphone = Microphone(device=wanted(device), tell=tell)
    common.report.note(f"listening to {safe(microphone.name, multiline=False)} at {microphone.rate} Hz")
    try:
        async with asyncio.timeout(seconds):
            async for reading in readings(microphone):
                show(reading)
    except TimeoutError:
        if show is in_place:
            print()
    finally:
        microphone.close()


async def readings(frames: AsyncIterator[Frame]) -> AsyncIterator[Reading]:
    """One for every `FRAMES_A_READING` frames."""
    levels: list[float] = []
    began: float | None = None
    async for frame in frames:
        began = frame.at - 0.02 if began is None else began
        levels.append(frame.level_db)
        if len(levels) == FRAMES_A_READING:
            yield Reading(round(frame.at - began, 3), round(max(levels), 1))
            levels.clear()


def bar(level_db: float, width: int) -> str:
    """A line of `width` columns that is as long as the sound is loud."""
    full = round(min(1.0, max(0.0, 1 - level_db / FLOOR_DB)) * width)
    return f"[{'=' * full}{' ' * (width - full)}] {level_db:6.1f} dBFS"


def in_place(reading: Reading) -> None:
    """Over the last one, on a terminal."""
    width = max(5, min(WIDEST_BAR, shutil.get_terminal_size().columns - 16))
    print(f"\r{bar(reading.level_db, width)}", end="", flush=True)


def print_level(reading: Reading) -> None:
    print(f"{reading.level_db:6.1f} dBFS", flush=True)


def print_in_json(reading: Reading) -> None:
    print(line(reading.at_s, "level", level_db=reading.level_db), flush=True)


def print_news(common: Common, news: News) -> None:
    common.report.end_line()
    common.report.warning(safe(str(news), multiline=False))


def print_news_in_json(news: News, at_s: float) -> None:
    print(line(at_s, news_type(news), **asdict(news)), flush=True)


def news_type(news: News) -> str:
    """device.lost, device.back or microphone.silent."""
    name = type(news).__name__
    return "".join(f".{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip(".")


verbs: Mapping[str, Callable[..., None]] = MappingProxyType(
    {"list": list_devices, "meter": meter, "test": measure_devices}
)
