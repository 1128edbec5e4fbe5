"""`livechat devices test`: plays chirps, listens for them as in a call, and says what open speakers are good for."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from statistics import median
from typing import TYPE_CHECKING, Annotated, Final

import typer

from livechat.commands.common import Common
from livechat.commands.options import Json, wanted
from livechat.errors import DeviceError
from livechat.terminal.ndjson import harmless
from livechat.terminal.safe import Safe, safe

if TYPE_CHECKING:
    from livechat.audio.chirp import Measurement
    from livechat.audio.keeping import DeviceLost, News
    from livechat.audio.microphone import Frame
    from livechat.audio.portaudio import Wanted

BELIEVED_S: Final = 0.02
"""So late a microphone may be: what it is later than that would be taken for the room's delay."""
SETTLE_FRAMES: Final = 80
"""Nothing counts in the first 1.6 s: microphones begin with a knock or with silence, and for more than a second the
times that PulseAudio tells may be wrong by half of one (measured)."""
PATIENCE_FRAMES: Final = 250
"""A microphone that says that it is later than `LATE_S` is waited for so long to think better of it."""
LATE_S: Final = 0.1
QUIET_FRAMES: Final = 30
TAIL_FRAMES: Final = 40
"""After the last chirp was heard by a listener an echo may still be on its way for so long: 0.8 s."""
_HALF_DUPLEX: Final = "talk --aec auto does not listen while the model speaks"


def measure_devices(
    ctx: typer.Context,
    input_device: Annotated[
        str | None, typer.Option("--input", metavar="NAME|NUMBER", help="The microphone; else the default.")
    ] = None,
    output_device: Annotated[
        str | None, typer.Option("--output", metavar="NAME|NUMBER", help="The speaker; else the default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Plays three seconds of chirps and says whether you can talk on open speakers.

    What it finds is remembered for these two devices: talk --aec auto goes by it.

    Examples:
      livechat devices test
      livechat devices test --input headset --output 3
      livechat devices test --json | jq .delay_ms
    """
    common = Common.of(ctx)
    heard = asyncio.run(_hear(common, wanted(input_device), wanted(output_device)))
    found = judged(heard)
    if as_json:
        print(in_json(heard, found))
    else:
        lines = [*rows(heard, found), f"{found.outcome}: {in_words(found)}"]
        print("\n".join(safe(line, multiline=False) for line in lines))
    if found.outcome == "deaf":
        raise typer.Exit(DeviceError.exit_code)
    keep(common, heard, found)


# ------------------------------------------------------------------------------------------------- the hearing


@dataclass
class Heard:
    """What a microphone heard, and what a speaker sounded in the same time."""

    input: str
    output: str
    """Names: foreign text."""
    near: bytearray = field(default_factory=bytearray)
    far: bytearray = field(default_factory=bytearray)
    leads: deque[float] = field(default_factory=lambda: deque[float](maxlen=2_000))
    """Seconds from when a block was handed to the speaker to its sounding."""
    early_ms: float = 0.0
    """How much of that came before it sounded."""
    lags: list[float] = field(default_factory=list[float])
    """Seconds from when a frame was over to its arrival."""

    def round_trip_ms(self, found: Measurement) -> float | None:
        """From here to the speaker, through the room, and back."""
        if found.delay_ms is None:
            return None
        return round(1_000 * (median(self.leads) + median(self.lags)) + found.delay_ms, 1)


class Hearing:
    """A microphone that listens while a speaker plays the chirps; of the running loop.

    Raises `UsageError` and `DeviceError` where they cannot be opened.
    """

    def __init__(self, input_device: Wanted, output_device: Wanted) -> None:
        from livechat.audio.device import DeviceSpeaker
        from livechat.audio.keeping import Keeper
        from livechat.audio.lateness import Lateness
        from livechat.audio.microphone import Microphone
        from livechat.audio.reference import Reference

        keeper = Keeper()
        self._clock = asyncio.get_running_loop().time
        self._reference, self._lateness = Reference(), Lateness(BELIEVED_S)
        self._lost: DeviceLost | None = None
        self._over = False
        self._frames = 0
        self._microphone = Microphone(device=input_device, keeper=keeper, tell=self._tell)
        self.heard: Heard = Heard(self._microphone.name, "")
        try:
            self._speaker = DeviceSpeaker(
                self._played,
                device=output_device,
                latency="low",
                keeper=keeper,
                tell=self._tell,
                taps_of_silence=[self._tap],
            )
        except BaseException:
            self._microphone.close()
            raise
        self.heard.output = self._speaker.name

    async def run(self) -> Heard:
        """Plays and listens; lets go of both devices. Raises `DeviceError` when one is lost."""
        try:
            await self._listen()
        finally:
            self._microphone.close()
            await self._speaker.close()
        if self._lost is not None:
            raise self._failure(self._lost)
        return self.heard

    def _failure(self, lost: DeviceLost) -> DeviceError:
        if lost.kind == "input" and not self._frames:
            hint = "take another: livechat devices list"
            return DeviceError(f"the microphone '{lost.name}' gives no sound at all", hint=hint)
        what = {"input": "microphone", "output": "speaker"}[lost.kind]
        return DeviceError(f"the {what} '{lost.name}' went away during the test", hint="plug it in, and test again")

    async def _listen(self) -> None:
        from livechat.audio.chirp import sound

        counted = left = 0
        async for frame in self._microphone:
            self._frames += 1
            now = self._clock()
            ended = self._lateness.corrected(frame.at, now)
            far = self._reference.take(ended)
            if not counted and not self._settled(now - frame.at):
                continue
            counted += 1
            self._keep(frame, far, now - ended)
            if counted == QUIET_FRAMES:
                self._speaker.play(sound(), 1)
                self._speaker.finish(1)
            left += self._over
            if left > TAIL_FRAMES:
                break
        self.heard.early_ms = self._reference.early_s * 1_000

    def _settled(self, lag: float) -> bool:
        return self._frames > (SETTLE_FRAMES if lag < LATE_S else PATIENCE_FRAMES)

    def _keep(self, frame: Frame, far: bytes, lag: float) -> None:
        self.heard.near += frame.pcm
        self.heard.far += far
        self.heard.lags.append(lag)

    def _tap(self, pcm: bytes, rate: int, at: float) -> None:
        """On PortAudio's thread."""
        self._reference.add(pcm, rate, at)
        self.heard.leads.append(at - self._clock())

    def _played(self, samples: int, drained: bool) -> None:
        self._over = drained

    def _tell(self, news: News) -> None:
        from livechat.audio.keeping import DeviceLost

        if isinstance(news, DeviceLost):
            self._lost = self._lost or news
            self._microphone.close()


async def _hear(common: Common, input_device: Wanted, output_device: Wanted) -> Heard:
    hearing = Hearing(input_device, output_device)
    speaker, microphone = (safe(name, multiline=False) for name in (hearing.heard.output, hearing.heard.input))
    common.report.note(f"playing chirps on '{speaker}', listening on '{microphone}': seven seconds of quiet, please")
    return await hearing.run()


# ------------------------------------------------------------------------------------------------- the verdict


def judged(heard: Heard) -> Measurement:
    """What the chirps show. Raises `DeviceError` where they cannot be found in what was played."""
    from livechat.audio.chirp import measure
    from livechat.audio.echo import EchoCanceller, echo_missing

    try:
        found = measure(bytes(heard.near), bytes(heard.far), None if echo_missing() else EchoCanceller)
    except ValueError as error:
        what = f"'{heard.output}' does not say when it sounds"
        raise DeviceError(what, why=str(error), hint="take another: livechat devices list") from error
    return found if found.delay_ms is None else replace(found, delay_ms=round(found.delay_ms - heard.early_ms, 1))


def rows(heard: Heard, found: Measurement) -> list[str]:
    """A line for each thing that was measured; foreign text."""
    trip = heard.round_trip_ms(found)
    texts = {
        "microphone": heard.input,
        "speaker": heard.output,
        "noise": None if found.noise_dbfs is None else f"{found.noise_dbfs:.0f} dBFS",
        "delay": None if trip is None else f"{found.delay_ms:.0f} ms; {trip:.0f} ms from here to the speaker and back",
        "echo": None
        if found.echo_db is None
        else f"{found.echo_db:+.0f} dB of what was played, {found.snr_db:.0f} dB above the noise",
        "cancelled": None if found.erle_db is None else f"{found.erle_db:.0f} dB of it",
        "voice": None if found.heard is None else f"heard {found.heard:.0%} of the time in spite of the echo",
    }
    return [f"{name:<12}{text}" for name, text in texts.items() if text is not None]


def in_words(found: Measurement) -> str:
    """What that means for a call, and what to do."""
    match found.outcome:
        case "deaf":
            return (
                "the microphone gives nothing but silence: look for its mute switch, "
                "and whether this program may use it"
            )
        case "unheard":
            return (
                "no echo reaches the microphone: any --aec will do. "
                "If you heard nothing either, the speaker is muted or turned down"
            )
        case "faint":
            return "hardly any echo reaches the microphone: any --aec will do"
        case "clipped":
            return (
                "the echo is too loud for the microphone: turn one of them down and test again, or use headphones; "
                f"{_HALF_DUPLEX}"
            )
        case "good":
            return f"the echo is cancelled by {found.erle_db:.0f} dB: talk freely on open speakers"
        case "muffled":
            return (
                "the echo is cancelled, and much of your voice with it: to interrupt the model speak up, "
                "turn the speaker down, or use headphones"
            )
        case "poor":
            return _poor(found)


def _poor(found: Measurement) -> str:
    if found.erle_db is None:
        from livechat.audio.echo import echo_missing

        return f"{echo_missing()}: use headphones; {_HALF_DUPLEX}"
    return (
        f"the echo is cancelled by only {found.erle_db:.0f} dB: use headphones; {_HALF_DUPLEX}. "
        "If somebody spoke meanwhile, test again"
    )


def in_json(heard: Heard, found: Measurement) -> Safe:
    told = {
        "input": heard.input,
        "output": heard.output,
        "verdict": found.outcome,
        **{name: value for name, value in asdict(found).items() if name != "outcome"},
        "round_trip_ms": heard.round_trip_ms(found),
        "advice": in_words(found),
    }
    return harmless(json.dumps(told))


def keep(common: Common, heard: Heard, found: Measurement) -> None:
    """Remembers for the calls to come what says something about the devices."""
    from livechat.audio.verdicts import Verdict, remember
    from livechat.transcripts.store import state_folder

    if found.outcome == "deaf" or (found.outcome == "poor" and found.erle_db is None):
        return
    verdict = Verdict.of(heard.input, heard.output, found, date.today().isoformat())
    try:
        remember(state_folder(common.env), verdict)
    except OSError as error:
        common.report.warning(f"this cannot be remembered for calls: {error.strerror or error}")
