"""A program as microphone and as speaker, on time that only passes in sleep."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable

import numpy as np
import pytest

from livechat.audio.pcm import FRAME_BYTES
from livechat.errors import BadInput, DeviceError, LivechatError
from livechat.library.program_sound import AHEAD_S, PAUSED_S, ProgramMicrophone, ProgramSpeaker
from livechat.library.sounds import AudioLike
from tests.sound_help import run_virtually

FRAME = bytes(range(256)) * 2 + bytes(FRAME_BYTES - 512)


async def given(*pieces: AudioLike) -> AsyncIterator[AudioLike]:
    for piece in pieces:
        yield piece


async def live(pieces: Iterable[bytes], every_s: float) -> AsyncIterator[AudioLike]:
    for piece in pieces:
        await asyncio.sleep(every_s)
        yield piece


def heard(make: Callable[[], AsyncIterator[AudioLike]]) -> tuple[bytes, list[float]]:
    """All that is heard, and when each frame was."""

    async def listen() -> tuple[bytes, list[float]]:
        clock = asyncio.get_running_loop().time
        frames: list[bytes] = []
        times: list[float] = []
        async for frame in ProgramMicrophone(make()):
            assert len(frame.pcm) == FRAME_BYTES
            frames.append(frame.pcm)
            times.append(clock())
        return b"".join(frames), times

    return run_virtually(listen())


def test_sound_is_cut_into_frames_wherever_it_was_cut() -> None:
    whole = FRAME * 3 + b"\x01\x02"
    pcm, _ = heard(lambda: given(whole[:1], whole[1:641], whole[641:]))
    assert pcm == whole + bytes(FRAME_BYTES - 2)


def test_arrays_are_sound_too() -> None:
    pcm, _ = heard(lambda: given(np.full(320, 0.5, np.float32)))
    assert pcm == b"\x00\x40" * 320


def test_nothing_is_no_sound() -> None:
    assert heard(given) == (b"", [])


def test_a_recording_is_not_rushed() -> None:
    _, times = heard(lambda: given(FRAME * 100))
    assert times[-1] == pytest.approx(99 * 0.02 - AHEAD_S)
    assert all(at >= index * 0.02 - AHEAD_S - 1e-9 for index, at in enumerate(times))


def test_live_sound_is_not_held_up_by_the_size_of_its_pieces() -> None:
    _, times = heard(lambda: live([FRAME * 5] * 20, 0.1))
    assert times == pytest.approx([0.1 * (1 + index // 5) for index in range(100)])


def test_after_a_pause_time_begins_anew() -> None:
    _, times = heard(lambda: live([FRAME * 50, FRAME * 50], 2.0 + PAUSED_S))
    assert times[50] == pytest.approx(2 * (2.0 + PAUSED_S), abs=1.1)
    assert times[99] - times[50] == pytest.approx(49 * 0.02 - AHEAD_S)


def test_what_comes_while_it_is_muted_is_never_heard() -> None:
    async def listen() -> None:
        microphone = ProgramMicrophone(given(FRAME, bytes(FRAME_BYTES) * 2, FRAME * 2))
        assert aiter(microphone) is microphone
        first = await anext(microphone)
        assert first.level_db > -60
        microphone.muted = True
        left = asyncio.get_running_loop().call_later(0.01, setattr, microphone, "muted", False)
        rest = [frame.pcm async for frame in microphone]
        left.cancel()
        assert rest == []

    run_virtually(listen())


# ------------------------------------------------------------------------------------------------- what goes wrong


async def breaking(error: Exception, *before: AudioLike) -> AsyncIterator[AudioLike]:
    for piece in before:
        yield piece
    raise error


def failing(make: Callable[[], AsyncIterator[AudioLike]]) -> DeviceError:
    with pytest.raises(DeviceError) as raised:
        heard(make)
    return raised.value


def test_what_the_program_raises_is_the_failure_of_a_device() -> None:
    cause = OSError("the pipe broke")
    error = failing(lambda: breaking(cause, FRAME))
    assert error.why == "OSError: the pipe broke"
    assert error.__cause__ is cause
    assert failing(lambda: breaking(KeyError())).why == "KeyError"


def test_a_device_error_of_the_program_stays_what_it_is() -> None:
    cause = DeviceError("unplugged")
    assert failing(lambda: breaking(cause)) is cause


def test_what_is_no_sound_is_the_failure_of_a_device() -> None:
    error = failing(lambda: given(b"fLaC" + FRAME))
    assert isinstance(error.__cause__, BadInput)


def test_half_a_header_at_the_end_is_the_failure_of_a_device() -> None:
    error = failing(lambda: given(b"RIFF\x24\x00\x00\x00WAVE"))
    assert isinstance(error.__cause__, BadInput)


def test_a_generator_comes_to_its_end_when_it_is_closed() -> None:
    ended: list[str] = []

    async def endless() -> AsyncIterator[AudioLike]:
        try:
            while True:
                yield FRAME
        finally:
            ended.append("ended")

    async def listen() -> None:
        microphone = ProgramMicrophone(endless())
        await anext(microphone)
        await microphone.close()
        await microphone.close()

    run_virtually(listen())
    assert ended == ["ended"]


def test_what_a_generator_raises_at_its_end_is_the_failure_of_a_device() -> None:
    async def bad() -> AsyncIterator[AudioLike]:
        try:
            yield FRAME
        finally:
            raise ValueError("never mind")

    async def listen() -> None:
        microphone = ProgramMicrophone(bad())
        await anext(microphone)
        with pytest.raises(DeviceError, match="has failed"):
            await microphone.close()

    run_virtually(listen())


class Endless:
    """An iterator that is no generator."""

    def __aiter__(self) -> Endless:
        return self

    async def __anext__(self) -> bytes:
        return FRAME


def test_an_iterator_that_is_the_program_s_own_is_left_alone() -> None:
    async def listen() -> None:
        source = Endless()
        microphone = ProgramMicrophone(source)
        await anext(microphone)
        await microphone.close()
        assert await anext(source) == FRAME

    run_virtually(listen())


# ------------------------------------------------------------------------------------------------- what sounds


def test_a_function_is_given_what_sounds_until_it_is_closed() -> None:
    heard: list[bytes] = []
    failures: list[LivechatError] = []
    speaker = ProgramSpeaker(heard.append, failures.append)
    speaker.write(FRAME)
    assert speaker.written == len(FRAME)
    asyncio.run(speaker.close())
    speaker.write(FRAME)
    assert heard == [FRAME]
    assert failures == []


def test_a_function_that_fails_is_asked_no_more_and_disturbs_nobody() -> None:
    asked: list[bytes] = []
    failures: list[LivechatError] = []

    def hear(pcm: bytes) -> None:
        asked.append(pcm)
        raise ValueError("no card")

    speaker = ProgramSpeaker(hear, failures.append)
    speaker.write(FRAME)
    speaker.write(FRAME)
    assert len(asked) == 1
    (failure,) = failures
    assert isinstance(failure, DeviceError)
    assert failure.why == "ValueError: no card"
