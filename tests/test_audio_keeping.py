"""Claims about keeping streams alive: a device that is gone is noticed, looked for, and replaced, beside all others."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import ClassVar

import pytest

from livechat.audio import keeping
from livechat.audio.device import DeviceSpeaker
from livechat.audio.keeping import DeviceBack, DeviceLost, Keeper, MicrophoneSilent, News, Tell
from livechat.audio.microphone import Microphone
from livechat.audio.portaudio import Device, Kind, PortAudio, Stream, Wanted, Work, permission_line
from livechat.errors import DeviceError
from tests.conftest import open_descriptors
from tests.sound_card import Card, FakeError, FakeSound, FakeStream, at_once, install, pass_time, settle
from tests.sound_help import run_virtually, s16, sine

SOAK = bool(os.environ.get("LIVECHAT_SOAK"))


class Lodger:
    """A tenant that writes down what it is told."""

    kind: ClassVar[Kind] = "output"

    def __init__(self, wanted: Wanted = None, *, spare: bool = True) -> None:
        self.wanted = wanted
        self.spared = spare
        self.log: list[str] = []
        self.tell: Tell | None = self.write_down
        self.had: list[str] = []
        """The devices of its streams."""

    def write_down(self, news: News) -> None:
        what = "lost" if isinstance(news, DeviceLost) else "moved to" if getattr(news, "moved", False) else "back on"
        self.log.append(f"{what} {news.name}")

    def open(self, portaudio: PortAudio, device: Device) -> Stream:
        return portaudio.open("output", device, (24_000,), self.make)

    def make(self, stream: Stream) -> Work:
        return lambda block, frames, lead_s: None

    def spare(self) -> bool:
        return self.spared

    def closed(self) -> None:
        self.had.append("none")

    def opened(self, stream: Stream) -> None:
        self.had.append(stream.device.name)


class Listener(Lodger):
    kind: ClassVar[Kind] = "input"

    def open(self, portaudio: PortAudio, device: Device) -> Stream:
        return portaudio.open("input", device, (16_000,), self.make, block_ms=20)


async def lose(sound: FakeSound) -> None:
    """A silence that means a loss, and then what runs runs again."""
    await asyncio.sleep(0.65)
    await pass_time(sound, 0.4)


@pytest.fixture(name="sound")
def _sound(monkeypatch: pytest.MonkeyPatch) -> FakeSound:
    return install(monkeypatch, Card("Headset"))


def test_a_stream_that_gives_blocks_is_left_alone(sound: FakeSound) -> None:
    async def scene() -> None:
        lodger = Lodger()
        line = Keeper(run=at_once).keep(lodger)
        await pass_time(sound, 60)
        assert (lodger.log, len(sound.opened)) == ([], 1)
        line.close()
        line.close()
        assert sound.running == []

    run_virtually(scene())


def test_a_silence_of_half_a_second_is_a_lost_device_and_a_shorter_one_is_not(sound: FakeSound) -> None:
    async def scene() -> None:
        lodger = Lodger()
        line = Keeper(run=at_once).keep(lodger)
        await settle(sound)
        for _ in range(5):
            sound.stream.beat()
            await asyncio.sleep(0.45)
        assert lodger.log == []
        sound.stream.beat()
        await lose(sound)
        assert lodger.log == ["lost Headset", "back on Headset"]
        line.close()

    run_virtually(scene())


def test_a_stream_may_be_slow_to_start_but_not_dead(sound: FakeSound) -> None:
    async def scene() -> None:
        lodger = Lodger()
        line = Keeper(run=at_once).keep(lodger)
        sound.stream.beat()
        await asyncio.sleep(2.3)
        sound.stream.beat()
        await asyncio.sleep(2.3)
        assert lodger.log == []
        await lose(sound)
        assert lodger.log == ["lost Headset", "back on Headset"]
        line.close()

    run_virtually(scene())


def test_a_stream_that_ends_by_itself_is_lost_at_once(sound: FakeSound) -> None:
    async def scene() -> None:
        lodger = Lodger()
        line = Keeper(run=at_once).keep(lodger)
        sound.stream.active = False
        await pass_time(sound, 0.4)
        assert lodger.log == ["lost Headset", "back on Headset"]
        line.close()

    run_virtually(scene())


def test_a_device_that_comes_back_is_open_within_two_seconds_however_long_it_was_away(sound: FakeSound) -> None:
    async def scene() -> None:
        lodger = Lodger("headset")
        line = Keeper(run=at_once).keep(lodger)
        for away_s in (1, 30):
            await settle(sound)
            (card,) = sound.plugged
            sound.unplug(card)
            await asyncio.sleep(away_s)
            assert lodger.log == ["lost Headset"]
            sound.plugged.append(card)
            await pass_time(sound, 1.1)
            assert lodger.log == ["lost Headset", "back on Headset"]
            lodger.log.clear()
        line.close()

    run_virtually(scene())


def test_without_it_the_new_default_is_taken_and_the_old_one_again_when_that_is_lost_too(sound: FakeSound) -> None:
    async def scene() -> None:
        lodger = Lodger(0)
        line = Keeper(run=at_once).keep(lodger)
        await settle(sound)
        (headset,) = sound.plugged
        builtin = Card("Built-in")
        sound.plugged[:] = [builtin]
        await lose(sound)
        assert lodger.log == ["lost Headset", "moved to Built-in"]
        await settle(sound)
        sound.plugged[:] = [Card("HDMI"), headset]
        await lose(sound)
        assert lodger.log[2:] == ["lost Built-in", "moved to Headset"]
        line.close()

    run_virtually(scene())


def test_who_follows_the_default_goes_where_it_went(sound: FakeSound) -> None:
    async def scene() -> None:
        lodger = Lodger()
        line = Keeper(run=at_once).keep(lodger)
        await settle(sound)
        sound.plugged.insert(0, Card("Dock"))
        sound.listed = list(sound.plugged)
        await lose(sound)
        assert lodger.log == ["lost Headset", "moved to Dock"]
        line.close()

    run_virtually(scene())


def test_a_default_that_refuses_does_not_keep_from_the_device_it_was_on(sound: FakeSound) -> None:
    async def scene() -> None:
        lodger = Lodger()
        line = Keeper(run=at_once).keep(lodger)
        await settle(sound)
        sound.plugged.insert(0, Card("Dock", open_error=FakeError("Device unavailable", -9985)))
        sound.listed = list(sound.plugged)
        await lose(sound)
        assert lodger.log == ["lost Headset", "back on Headset"]
        line.close()

    run_virtually(scene())


def test_others_step_aside_once_so_that_new_devices_are_seen_and_later_only_when_they_can_be_spared(
    sound: FakeSound,
) -> None:
    async def scene() -> None:
        (headset,) = sound.plugged
        sound.plugged.append(Card("Yeti", inputs=1, outputs=0))
        sound.listed = list(sound.plugged)
        keeper = Keeper(run=at_once)
        speaker, microphone = Lodger(), Listener(spare=False)
        lines = [keeper.keep(speaker), keeper.keep(microphone)]
        await settle(sound)
        sound.unplug(headset)
        await pass_time(sound, 2)
        assert speaker.log == ["lost Headset"]
        assert (microphone.log, microphone.had) == ([], ["Yeti"] * 2)
        assert sound.refreshes == 1
        sound.plugged.append(headset)
        await pass_time(sound, 2)
        assert speaker.log == ["lost Headset"]
        microphone.spared = True
        await pass_time(sound, 1.1)
        assert speaker.log == ["lost Headset", "back on Headset"]
        assert (microphone.log, microphone.had) == ([], ["Yeti"] * 3)
        for line in lines:
            line.close()
        assert sound.running == []

    run_virtually(scene())


def test_two_devices_lost_together_are_looked_for_one_after_the_other(sound: FakeSound) -> None:
    async def scene() -> None:
        sound.plugged[0].inputs = 1
        keeper = Keeper(run=at_once)
        speaker, microphone = Lodger(), Listener()
        lines = [keeper.keep(speaker), keeper.keep(microphone)]
        await settle(sound)
        await lose(sound)
        assert speaker.log == microphone.log == ["lost Headset", "back on Headset"]
        assert len(sound.running) == 2
        for line in lines:
            line.close()

    run_virtually(scene())


class Slow:
    """A thread that takes its time: it works when it is let, or when it is waited for and does not hang."""

    def __init__(self, *, hangs: bool = False) -> None:
        self.work: list[Callable[[], None]] = []
        self.hangs = hangs

    def __call__(self, work: Callable[[], None]) -> Callable[[], bool]:
        self.work.append(work)
        return self.wait

    def wait(self) -> bool:
        if not self.hangs:
            self.go()
        return not self.hangs

    def go(self) -> None:
        while self.work:
            self.work.pop()()


def test_who_is_closed_while_its_device_is_looked_for_gets_no_other(sound: FakeSound) -> None:
    async def scene() -> None:
        lodger = Lodger()
        line = Keeper(run=Slow()).keep(lodger)
        await settle(sound)
        await lose(sound)
        line.close()
        await asyncio.sleep(10)
        assert lodger.log == ["lost Headset"]
        assert sound.running == []

    run_virtually(scene())


def test_a_driver_that_hangs_holds_nobody_up_and_what_it_opens_in_the_end_is_closed(sound: FakeSound) -> None:
    slow = Slow(hangs=True)

    async def scene() -> None:
        keeper = Keeper(run=slow)
        line = keeper.keep(Lodger())
        await settle(sound)
        await lose(sound)
        with pytest.raises(DeviceError, match="does not answer"):
            keeper.keep(Lodger())
        line.close()
        slow.go()
        assert sound.running
        await asyncio.sleep(1)
        assert sound.running == []

    run_virtually(scene())


def test_a_thread_that_hangs_is_left_behind_and_another_finds_the_device(sound: FakeSound) -> None:
    slow = Slow(hangs=True)

    async def scene() -> None:
        lodger = Lodger()
        line = Keeper(run=slow).keep(lodger)
        await settle(sound)
        await lose(sound)
        (hung,) = slow.work
        slow.work.clear()
        await asyncio.sleep(3.2)
        assert len(slow.work) == 1
        slow.go()
        await pass_time(sound, 0.3)
        assert lodger.log == ["lost Headset", "back on Headset"]
        stream = sound.running[-1]
        hung()
        await asyncio.sleep(0)
        assert sound.running == [stream]
        line.close()
        slow.go()
        assert sound.running == []
        assert stream.log == ["start", "abort", "close"]

    run_virtually(scene())


def test_who_closes_a_stream_that_hangs_is_not_held_up_and_portaudio_is_let_go(sound: FakeSound) -> None:
    slow = Slow(hangs=True)

    async def scene() -> None:
        keeper = Keeper(run=slow)
        line = keeper.keep(Lodger())
        line.close()
        assert not keeper.portaudio.can_refresh
        assert len(sound.running) == 1
        slow.go()
        assert sound.running == []

    run_virtually(scene())


def test_what_is_opened_after_the_loops_end_is_closed(sound: FakeSound) -> None:
    slow = Slow(hangs=True)

    async def scene() -> None:
        Keeper(run=slow).keep(Lodger())
        await settle(sound)
        await lose(sound)

    run_virtually(scene())
    slow.go()
    assert sound.running == []


def test_the_work_is_done_by_a_thread_that_ends(sound: FakeSound) -> None:
    workers: list[str] = []

    class Watched(Lodger):
        def make(self, stream: Stream) -> Work:
            workers.append(threading.current_thread().name)
            return super().make(stream)

    async def scene() -> None:
        lodger = Watched()
        line = Keeper().keep(lodger)
        await settle(sound)
        await lose(sound)
        assert lodger.log == ["lost Headset", "back on Headset"]
        line.close()
        await lose(sound)
        line.close()

    run_virtually(scene())
    assert workers == ["MainThread", "livechat-devices"]


def test_the_thread_that_wakes_the_loop_ends_with_the_last_stream(sound: FakeSound) -> None:
    async def scene() -> None:
        keeper = Keeper(run=at_once)
        lines = [keeper.keep(Lodger()), keeper.keep(Lodger())]
        audio = threading.Thread(target=lambda: keeper.post(lambda: None))
        audio.start()
        audio.join()
        (carrier,) = (thread for thread in threading.enumerate() if thread.name == "livechat-postbox")
        lines[0].close()
        assert carrier.is_alive()
        lines[1].close()
        carrier.join(5)
        assert not carrier.is_alive()

    asyncio.run(scene())


@pytest.mark.parametrize("threads", [False, True])
def test_calls_whose_devices_are_pulled_out_all_the_time_leak_nothing(
    threads: bool, sound: FakeSound, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Speaker and microphone of one call, with sound in both: thousands of times here and now, or some in threads."""
    sound.plugged.append(Card("Yeti", inputs=1, outputs=0))
    sound.listed = list(sound.plugged)
    cycles = 10_000 if SOAK else 300 if threads else 3_000
    if threads:
        monkeypatch.setattr(keeping, "TICK_S", 0.0005)

    async def scene() -> None:
        keeper = Keeper() if threads else Keeper(run=at_once)
        told: Counter[type[News]] = Counter()
        speaker = DeviceSpeaker(
            lambda samples, drained: None, keeper=keeper, tell=lambda news: told.update([type(news)])
        )
        microphone = Microphone(keeper=keeper)
        before = (0, 0, 0)
        for cycle in range(cycles):
            for stream in tuple(sound.running):
                if stream.card.inputs:
                    stream.feed(SOUND[:640])
                else:
                    speaker.play(SOUND, cycle)
                    stream.pull(3)
                    speaker.stop()
            streams = tuple(sound.running)
            for stream in streams[: 1 + cycle % 2]:
                stream.active = False
            while not await all_back(sound, streams):
                pass
            if cycle == 50:
                before = held()
        assert told[DeviceLost] >= cycles / 2
        await speaker.close()
        microphone.close()
        leaked = [now - then for now, then in zip(held(), before, strict=True)]
        assert leaked[0] < 500
        assert max(leaked[1:]) <= 0

    async def all_back(sound: FakeSound, lost: tuple[FakeStream, ...]) -> bool:
        await asyncio.sleep(keeping.TICK_S)
        for stream in sound.running:
            stream.beat()
        return len(sound.running) == 2 and not any(stream in sound.running and not stream.active for stream in lost)

    asyncio.run(scene()) if threads else run_virtually(scene())
    assert sound.running == []


SOUND = s16(sine(2_400, 24_000))


def held() -> tuple[int, int, int]:
    """Blocks of memory, threads and descriptors of this process."""
    gc.collect()
    return sys.getallocatedblocks(), threading.active_count(), len(open_descriptors())


def test_the_news_say_what_happened_to_what() -> None:
    assert str(DeviceLost("output", "Headset")) == "the speaker 'Headset' is gone; looking for it, or for another"
    same = DeviceBack("input", "Headset", False, 48_000, 48_000)
    moved = DeviceBack("output", "HDMI", True, 8_000, 48_000)
    narrow = DeviceBack("output", "Buds", False, 16_000, 48_000)
    assert str(same) == "the microphone is back on 'Headset'"
    assert str(moved) == "the speaker moved to 'HDMI'"
    assert str(narrow).startswith("the speaker is back on 'Buds' at 16000 Hz, as Bluetooth headsets are")
    other = DeviceBack("output", "Headset (Buds Hands-Free AG Audio)", True, 16_000, 48_000)
    assert "as Bluetooth headsets are" in str(other)
    assert "Bluetooth" not in str(DeviceBack("output", "Buds", False, 48_000, 16_000))
    assert "Bluetooth" not in str(DeviceBack("input", "Webcam", True, 16_000, 48_000))
    assert str(MicrophoneSilent("Yeti")) == (
        f"the microphone 'Yeti' gives nothing but silence: look for its mute switch, or {permission_line()}"
    )
