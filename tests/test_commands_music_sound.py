"""Claims about where music goes: no more of it than was wanted, no faster than it is taken, and files left whole."""

from __future__ import annotations

import asyncio
import sys
import wave
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from livechat.audio.sink import open_sink
from livechat.commands import music_sound as module
from livechat.commands.music_sound import SETTLE_S, MusicSound, open_sound
from livechat.errors import DeviceError, UsageError
from livechat.library.music import BYTES_PER_S
from tests import aio
from tests.sound_card import Card, install
from tests.sound_help import run_virtually

if TYPE_CHECKING:
    from livechat.audio.music_speaker import MusicSpeaker
    from livechat.audio.sink import PipeSink


@dataclass
class Speaker:
    """As much of a speaker as is asked of one."""

    done: list[str] = field(default_factory=list[str])
    ahead_s: float = 0.0
    underruns: int = 0
    gain_db: float = 0.0
    lost: bool = False
    extra_s: float = 0.0

    def play(self, pcm: bytes) -> None:
        self.done.append(f"play {len(pcm)}")

    def trim(self, keep_s: float) -> float:
        surplus_s = max(self.ahead_s - keep_s, 0.0)
        self.ahead_s -= surplus_s
        if surplus_s:
            self.done.append(f"trim to {keep_s:g}")
        return surplus_s

    def pause(self) -> None:
        self.done.append("pause")

    def resume(self) -> None:
        self.done.append("resume")

    async def room(self) -> None:
        self.done.append("room")

    async def drain(self) -> None:
        self.done.append("drain")

    async def close(self) -> None:
        self.done.append("close")


def on(speaker: Speaker, left: int | None = None) -> MusicSound:
    return MusicSound(None, cast("MusicSpeaker", speaker), left)


def test_it_is_played_as_there_is_room_and_waited_for_in_the_end() -> None:
    async def main() -> None:
        sound = on(speaker)
        assert await sound.take(bytes(8)) == 8
        sound.pause(True)
        sound.pause(False)
        await sound.finish()
        await sound.close(hurried=False)

    speaker = Speaker()
    aio.run(main())
    assert speaker.done == ["play 8", "room", "pause", "resume", "drain", "close"]


def test_no_more_is_taken_than_was_wanted() -> None:
    async def main() -> None:
        sound = on(Speaker(), left=12)
        assert [(await sound.take(bytes(8)), sound.full) for _ in range(2)] == [(8, False), (4, True)]
        assert sound.came == 12

    aio.run(main())


def test_what_the_speaker_has_in_stock_was_not_heard() -> None:
    async def main() -> None:
        sound = on(Speaker(ahead_s=1.5, underruns=2))
        await sound.take(bytes(4 * BYTES_PER_S))
        assert (sound.came_s, sound.heard_s, sound.gaps) == (4, 2.5, 2)

    aio.run(main())


def test_what_piles_up_without_a_card_is_skipped_and_made_good_where_it_was_only_to_be_heard() -> None:
    async def scene() -> None:
        speaker = Speaker(ahead_s=3, lost=True)
        sound = on(speaker, left=60 * BYTES_PER_S)
        async with asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(sound.keep_up())
            await asyncio.sleep(5.1)
            assert speaker.extra_s == 5  # there is room for what comes in real time
            speaker.ahead_s = 8
            await asyncio.sleep(0.25)
            assert speaker.ahead_s == 4
            assert (sound.skipped_s, sound.left) == (4, 64 * BYTES_PER_S)
            speaker.lost = False
            speaker.ahead_s = 8
            await asyncio.sleep(SETTLE_S + 0.5)
            assert speaker.ahead_s == 6.75  # no more than was lost
            assert speaker.extra_s == 0
            speaker.ahead_s = 8
            await asyncio.sleep(10)
            assert speaker.ahead_s == 8
            keeping.cancel()

    virtually(scene())


def test_what_piled_up_while_the_program_was_stopped_is_skipped_once_it_has_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scene() -> None:
        speaker = Speaker(ahead_s=3)
        sound = MusicSound(cast("PipeSink", Stuck()), cast("MusicSpeaker", speaker), 60)
        async with asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(sound.keep_up())
            await asyncio.sleep(0.1)
            monkeypatch.setattr(module, "_now", lambda: asyncio.get_running_loop().time() + 20)
            await asyncio.sleep(0.3)
            assert 19 < speaker.extra_s < 21
            speaker.ahead_s = 24
            await asyncio.sleep(SETTLE_S + 0.5)
            assert (speaker.ahead_s, speaker.extra_s, sound.skipped_s) == (4, 0, 20)
            assert sound.left == 60  # of a file nothing is missing
            keeping.cancel()

    virtually(scene())


def test_of_the_last_nothing_is_skipped() -> None:
    async def scene() -> None:
        speaker = Speaker(ahead_s=8, lost=True)
        sound = on(speaker)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(sound.keep_up())
            await asyncio.sleep(0.1)
            await sound.finish()
        assert speaker.ahead_s == 8
        await MusicSound(None, None).keep_up()

    virtually(scene())


def test_music_that_owes_nothing_to_what_was_is_heard_after_a_second_of_it() -> None:
    async def scene() -> None:
        speaker = Speaker(ahead_s=5)
        sound = on(speaker)
        sound.renew()
        await sound.take(bytes(8))  # it was on its way
        assert speaker.done == ["play 8", "room"]
        await asyncio.sleep(1)
        await sound.take(bytes(8))
        assert speaker.done[2:] == ["trim to 1", "play 8", "room"]
        speaker.ahead_s = 3
        await sound.take(bytes(8))
        assert speaker.ahead_s == 3
        assert sound.skipped_s == 4

    virtually(scene())


def virtually(scene: Coroutine[None, None, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(100):
            await scene

    run_virtually(bounded())


def test_it_can_be_louder_within_reason() -> None:
    turn = on(Speaker()).turn
    assert turn is not None
    assert [turn(3), turn(-3), turn(100), turn(-100)] == [
        "played at +3 dB",
        "played as it comes",
        "played at +12 dB",
        "played at -30 dB",
    ]
    assert MusicSound(None, None).turn is None
    assert MusicSound(None, None).gain_db == 0


def opened(**given: object) -> MusicSound:
    wished: dict[str, object] = {"out": None, "play": False, "device": None, "longest_s": None, "tell": print}
    return cast("Callable[..., MusicSound]", open_sound)(**{**wished, **given})


def test_a_file_is_stereo_of_exactly_the_length(tmp_path: Path) -> None:
    async def main() -> None:
        sound = opened(out=str(tmp_path / "m.wav"), longest_s=0.5)
        while not sound.full:
            await sound.take(bytes(40_000))
        assert sound.heard_s == 0.5
        assert sound.gaps == 0
        sound.pause(True)
        await sound.finish()
        await sound.close(hurried=False)

    aio.run(main())
    with wave.open(str(tmp_path / "m.wav")) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, 48_000, 24_000)


def test_sound_on_a_terminal_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with pytest.raises(UsageError, match="refusing to write sound to a terminal") as caught:
        aio.run(asyncio.to_thread(opened, out="-"))
    assert "48000 -c 2" in caught.value.hint


def test_without_a_card_a_file_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)
    with pytest.raises(DeviceError, match="no speaker found") as caught:
        aio.run(asyncio.to_thread(opened, play=True))
    assert caught.value.hint.endswith('have it written: livechat music "minimal techno" -o FILE.wav')
    assert "send-audio" not in caught.value.hint


def test_a_card_is_opened_before_anything_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = install(monkeypatch, Card("Speakers", rates={48_000}))

    async def main() -> None:
        music = opened(play=True)
        assert music.speaker is not None
        assert len(sound.running) == 1
        await music.close(hurried=True)
        assert sound.running == []

    monkeypatch.setattr("livechat.audio.music_speaker._FADES_S", 0.01)
    aio.run(main())


class Stuck:
    """A pipe that nobody reads."""

    async def close(self) -> None:
        await asyncio.Event().wait()


def test_in_a_hurry_nobody_waits_for_a_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ABANDON_S", 0.01)
    aio.run(MusicSound(cast("PipeSink", Stuck()), None).close(hurried=True))


def test_who_reads_no_more_is_noticed(tmp_path: Path) -> None:
    import os

    async def main() -> None:
        sound = MusicSound(open_sink("-", stdout=writer), None)
        await sound.take(bytes(200_000))

    read, write = os.pipe()
    os.close(read)
    with open(write, "wb", buffering=0) as writer, pytest.raises(BrokenPipeError):
        aio.run(main())
