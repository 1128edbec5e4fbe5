"""Ears: beginnings, pauses and ends are found to the sample, whatever the chunks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain, cycle, pairwise, repeat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from livechat.server import ears as room
from livechat.server import models
from livechat.server.ears import (
    BYTES_PER_MS,
    FRAME_BYTES,
    FRAME_MS,
    LONG_UTTERANCE_MS,
    MAX_PREFIX_PADDING_MS,
    MAX_UTTERANCE_MS,
    PRE_ROLL_MS,
    EarEvent,
    Ears,
    EarSettings,
    Silero,
    SpeechEnded,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    load_silero,
)
from tests.speech_fixture import spoken

SPEECH, SILENCE, UNSURE = 0.9, 0.05, 0.4


class Scripted:
    """A detector that says what it was told to, and silence after that."""

    def __init__(self, probabilities: Iterable[float]) -> None:
        self.probabilities = chain(probabilities, repeat(SILENCE))
        self.frames: list[bytes] = []
        self.resets = 0

    def __call__(self, frame: bytes) -> float:
        self.frames.append(frame)
        return next(self.probabilities)

    def reset(self) -> None:
        self.resets += 1


def script(*runs: tuple[float, int]) -> list[float]:
    """Probabilities frame by frame, from runs of (probability, frames)."""
    return [probability for probability, frames in runs for _ in range(frames)]


def numbered(frames: int) -> bytes:
    """Frames in which every sample is the number of its frame."""
    return b"".join(number.to_bytes(2, "little") * (FRAME_BYTES // 2) for number in range(frames))


def first_sample(pcm: bytes) -> int:
    return int.from_bytes(pcm[:2], "little")


def hear(
    probabilities: list[float], settings: EarSettings | None = None, hint_after_ms: int = 100
) -> tuple[list[EarEvent], Ears]:
    ears = Ears(settings or EarSettings(), hint_after_ms, Scripted(probabilities))
    return ears.feed(numbered(len(probabilities))), ears


def test_speech_between_silences_starts_pauses_and_ends() -> None:
    events, _ = hear(script((SILENCE, 10), (SPEECH, 20), (SILENCE, 20)), EarSettings(silence_duration_ms=300))
    # The sound went 64 ms before the detector noticed, at 30 * 32 - 64 = 896 ms: 100 ms later is within the frame
    # that ends at 1024, 300 ms later within the one that ends at 1216.
    assert events == [SpeechStarted(320), SpeechPaused(1024), SpeechEnded(1216, 896)]


def test_silence_is_silence() -> None:
    events, ears = hear(script((SILENCE, 100)))
    assert events == []
    assert ears.utterance() == b""


def test_speech_that_goes_on_after_a_pause_has_resumed() -> None:
    events, _ = hear(script((SPEECH, 10), (SILENCE, 4), (SPEECH, 10), (SILENCE, 20)))
    assert events == [
        SpeechStarted(0),
        SpeechPaused(384),
        SpeechResumed(448),
        SpeechPaused(832),
        SpeechEnded(1216, 704),
    ]


def test_a_gap_shorter_than_the_hint_is_no_pause() -> None:
    events, _ = hear(script((SPEECH, 10), (SILENCE, 1), (SPEECH, 10)))
    assert events == [SpeechStarted(0)]


def test_a_hint_later_than_the_end_is_never_given() -> None:
    events, _ = hear(script((SPEECH, 10), (SILENCE, 10)), EarSettings(silence_duration_ms=128), hint_after_ms=129)
    assert events == [SpeechStarted(0), SpeechEnded(384, 256)]


def test_no_silence_needed_means_the_first_silent_frame_ends_it() -> None:
    events, _ = hear(script((SPEECH, 10), (SILENCE, 10)), EarSettings(silence_duration_ms=0))
    assert events == [SpeechStarted(0), SpeechEnded(352, 256)]


@pytest.mark.parametrize(("prefix_ms", "frames"), [(0, 1), (20, 1), (32, 1), (33, 2), (100, 4), (1000, 32)])
def test_a_start_is_committed_after_as_much_speech_as_asked_for(prefix_ms: int, frames: int) -> None:
    settings = EarSettings(prefix_padding_ms=prefix_ms)
    too_short, _ = hear(script((SILENCE, 5), (SPEECH, frames - 1), (SILENCE, 1)), settings)
    enough, _ = hear(script((SILENCE, 5), (SPEECH, frames)), settings)
    assert too_short == []
    assert enough == [SpeechStarted(160)]


def test_two_short_sounds_do_not_add_up_to_a_start() -> None:
    events, _ = hear(script((SPEECH, 2), (SILENCE, 1), (SPEECH, 2)), EarSettings(prefix_padding_ms=96))
    assert events == []


def test_an_absurd_prefix_padding_is_honoured_up_to_five_seconds() -> None:
    frames = -(-MAX_PREFIX_PADDING_MS // FRAME_MS)
    settings = EarSettings(prefix_padding_ms=10**9)
    assert hear(script((SPEECH, frames - 1)), settings)[0] == []
    assert hear(script((SPEECH, frames)), settings)[0] == [SpeechStarted(0)]


def test_one_silent_frame_sound_ends_no_earlier_than_it_started() -> None:
    events, _ = hear(script((SILENCE, 9), (SPEECH, 1), (SILENCE, 20)), EarSettings(silence_duration_ms=100))
    assert events == [SpeechStarted(288), SpeechEnded(416, 288)]


@pytest.mark.parametrize(("sensitivity", "starts"), [("HIGH", True), ("LOW", False)])
def test_high_start_sensitivity_hears_what_low_does_not(sensitivity: room.Sensitivity, starts: bool) -> None:
    events, _ = hear(script((0.6, 3)), EarSettings(start_sensitivity=sensitivity))
    assert bool(events) is starts


@pytest.mark.parametrize(("sensitivity", "ends"), [("HIGH", True), ("LOW", False)])
def test_high_end_sensitivity_ends_what_low_does_not(sensitivity: room.Sensitivity, ends: bool) -> None:
    events, _ = hear(script((SPEECH, 3), (0.2, 30)), EarSettings(end_sensitivity=sensitivity))
    assert any(isinstance(event, SpeechEnded) for event in events) is ends


def test_between_the_thresholds_a_frame_stays_what_the_last_one_was() -> None:
    assert hear(script((SILENCE, 3), (UNSURE, 30)))[0] == []
    assert hear(script((SPEECH, 3), (UNSURE, 30)))[0] == [SpeechStarted(0)]


def test_the_utterance_holds_the_pre_roll_the_speech_and_the_silence_that_ended_it() -> None:
    events, ears = hear(script((SILENCE, 50), (SPEECH, 20), (SILENCE, 30)), EarSettings(silence_duration_ms=300))
    assert events[-1] == SpeechEnded(78 * FRAME_MS, 70 * FRAME_MS - 64)
    assert first_sample(ears.utterance()) == 50 - PRE_ROLL_MS // FRAME_MS
    assert first_sample(ears.utterance()[-2:]) == 77
    assert PRE_ROLL_MS >= 200


def test_the_utterance_is_there_while_it_grows() -> None:
    ears = Ears(EarSettings(), detector=Scripted(script((SILENCE, 3), (SPEECH, 100))))
    ears.feed(numbered(4))
    assert len(ears.utterance()) == 4 * FRAME_BYTES
    ears.feed(numbered(2))
    assert len(ears.utterance()) == 6 * FRAME_BYTES


def test_the_silence_after_one_utterance_is_the_pre_roll_of_the_next_and_its_speech_is_not() -> None:
    settings = EarSettings(silence_duration_ms=100)
    _, ears = hear(script((SPEECH, 10), (SILENCE, 3), (SPEECH, 5)), settings)
    assert first_sample(ears.utterance()) == 10
    assert len(ears.utterance()) == 8 * FRAME_BYTES


def test_the_end_of_the_stream_ends_open_speech_at_once() -> None:
    detector = Scripted(script((SPEECH, 10)))
    ears = Ears(EarSettings(), detector=detector)
    ears.feed(numbered(10) + b"\1\0" * 16 + b"\1")
    assert ears.flush() == [SpeechEnded(321, 321)]
    assert len(ears.utterance()) == 10 * FRAME_BYTES + 32
    assert detector.resets == 1
    assert ears.flush() == []


def test_the_end_of_the_stream_in_a_pause_dates_the_end_to_where_the_sound_went() -> None:
    _, ears = hear(script((SPEECH, 10), (SILENCE, 3)))
    assert ears.flush() == [SpeechEnded(416, 256)]


def test_the_end_of_the_stream_forgets_speech_that_was_not_committed() -> None:
    ears = Ears(EarSettings(prefix_padding_ms=64), detector=Scripted(script((SPEECH, 1), (SPEECH, 2))))
    assert ears.feed(numbered(1)) == []
    assert ears.flush() == []
    assert ears.feed(numbered(2)) == [SpeechStarted(32)]
    assert len(ears.utterance()) == 2 * FRAME_BYTES


def test_a_new_stream_after_the_end_of_one_is_heard_from_its_first_sample() -> None:
    detector = Scripted(script((SPEECH, 10), (SILENCE, 3), (SPEECH, 2)))
    ears = Ears(EarSettings(), detector=detector)
    ears.feed(numbered(10))
    ears.flush()
    assert ears.feed(numbered(5)) == [SpeechStarted(13 * FRAME_MS)]


def test_after_forty_five_seconds_any_pause_ends_the_utterance() -> None:
    frames = LONG_UTTERANCE_MS // FRAME_MS
    events, ears = hear(script((SPEECH, frames), (SILENCE, 4)), EarSettings(silence_duration_ms=10_000))
    assert events == [SpeechStarted(0), SpeechEnded((frames + 2) * FRAME_MS, frames * FRAME_MS - 64)]
    assert ears.utterance()


def test_speech_without_a_pause_is_cut_after_a_minute_and_no_sample_is_lost_or_heard_twice() -> None:
    frames = MAX_UTTERANCE_MS // FRAME_MS
    detector = Scripted(script((SPEECH, frames + 10)))
    ears = Ears(EarSettings(), detector=detector)
    assert ears.feed(numbered(frames)) == [SpeechStarted(0), SpeechEnded(MAX_UTTERANCE_MS, MAX_UTTERANCE_MS)]
    assert len(ears.utterance()) == MAX_UTTERANCE_MS * BYTES_PER_MS
    assert ears.feed(numbered(3)) == [SpeechStarted(MAX_UTTERANCE_MS)]
    assert first_sample(ears.utterance()) == 0
    assert len(ears.utterance()) == 3 * FRAME_BYTES


def test_a_pause_that_never_ends_is_cut_after_a_minute_too() -> None:
    settings = EarSettings(silence_duration_ms=10**9)
    events, _ = hear(script((SPEECH, 10), (SILENCE, 3000)), settings, hint_after_ms=10**9)
    assert events == [SpeechStarted(0), SpeechEnded(MAX_UTTERANCE_MS, 256)]


def test_what_is_kept_stays_bounded_through_ten_minutes_of_anything() -> None:
    ears = Ears(EarSettings(prefix_padding_ms=10**9), detector=Scripted(cycle(script((SPEECH, 5000), (SILENCE, 40)))))
    frame = bytes(FRAME_BYTES)
    most = 0
    for _ in range(600_000 // FRAME_MS):
        ears.feed(frame)
        most = max(most, sum(len(value) for value in vars(ears).values() if isinstance(value, bytearray)))
    assert 1_900_000 < most < 2_500_000


runs = st.lists(st.tuples(st.sampled_from([SPEECH, SILENCE, UNSURE]), st.integers(1, 12)), max_size=8)


@given(runs, st.lists(st.integers(1, 3000), min_size=1, max_size=8), st.integers(0, 200), st.integers(0, 400))
def test_the_chunks_do_not_matter(
    parts: list[tuple[float, int]], sizes: list[int], prefix_ms: int, silence_ms: int
) -> None:
    probabilities = script(*parts)
    settings = EarSettings(prefix_padding_ms=prefix_ms, silence_duration_ms=silence_ms)
    pcm = numbered(len(probabilities))
    whole, in_chunks = (Ears(settings, detector=Scripted(probabilities)) for _ in range(2))
    events: list[EarEvent] = []
    at = 0
    for size in cycle(sizes):
        if at >= len(pcm):
            break
        events += in_chunks.feed(pcm[at : at + size])
        at += size
    assert events == whole.feed(pcm)
    assert in_chunks.utterance() == whole.utterance()
    assert in_chunks.flush() == whole.flush()


@given(runs, st.integers(0, 400))
def test_events_come_in_the_order_in_which_things_can_happen(parts: list[tuple[float, int]], silence_ms: int) -> None:
    ears = Ears(EarSettings(silence_duration_ms=silence_ms), detector=Scripted(script(*parts)))
    events = ears.feed(numbered(sum(frames for _, frames in parts))) + ears.flush()
    follows: dict[type, set[type]] = {
        SpeechStarted: {SpeechPaused, SpeechEnded},
        SpeechPaused: {SpeechResumed, SpeechEnded},
        SpeechResumed: {SpeechPaused, SpeechEnded},
        SpeechEnded: {SpeechStarted},
    }
    kinds = [type(event) for event in events]
    assert not kinds or (kinds[0] is SpeechStarted and kinds[-1] is SpeechEnded)
    assert all(after in follows[before] for before, after in pairwise(kinds))


def spoken_until_ms(pcm: bytes) -> int:
    """Where `pcm` is last louder than a thirtieth of its peak."""
    sound = np.abs(np.frombuffer(pcm, "<i2").astype(np.int32))
    return int(np.nonzero(sound > sound.max() / 30)[0][-1]) * 2 // BYTES_PER_MS


class Recorder:
    """A network that remembers what it was given and counts its runs in its state."""

    def __init__(self) -> None:
        self.given: list[Mapping[str, NDArray[Any]]] = []

    def run(self, outputs: None, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        self.given.append(inputs)
        return [np.array([[0.25]], np.float32), inputs["state"] + np.float32(1)]


def test_the_network_gets_each_frame_with_the_sixty_four_samples_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Recorder()

    def session(_: Path) -> Recorder:
        return network

    monkeypatch.setattr(models, "onnx_session", session)
    detector = Silero(Path()).detector()
    network.given.clear()
    frames = [np.arange(start, start + 512, dtype="<i2") for start in (1, 1001)]
    assert [detector(frame.tobytes()) for frame in frames] == [0.25, 0.25]
    first, second = ((given["input"][0] * 32768).tolist() for given in network.given)
    assert first == [0] * 64 + frames[0].tolist()
    assert second == frames[0][-64:].tolist() + frames[1].tolist()
    assert [given["state"].max() for given in network.given] == [0, 1]
    assert all(given["sr"] == 16_000 for given in network.given)


@pytest.fixture(scope="module")
def silero() -> Silero:
    return load_silero()


@pytest.mark.speech
def test_silero_hears_a_voice_and_dates_its_end_to_within_a_tenth_of_a_second(silero: Silero) -> None:
    speech = spoken("What is the capital of France?")
    ears = Ears(EarSettings(silence_duration_ms=300), detector=silero.detector())
    events = ears.feed(bytes(16_000) + speech + bytes(32_000))
    started, paused, ended = events
    assert isinstance(started, SpeechStarted)
    assert isinstance(paused, SpeechPaused)
    assert isinstance(ended, SpeechEnded)
    assert 500 <= started.at_ms <= 620
    assert spoken_until_ms(speech) - 100 <= ended.speech_end_ms - 500 <= spoken_until_ms(speech) + 100
    assert 300 <= ended.at_ms - ended.speech_end_ms < 300 + FRAME_MS


@pytest.mark.speech
def test_streams_share_the_network_and_not_its_memory(silero: Silero) -> None:
    speech = spoken("Please repeat that.") + bytes(32_000)
    alone = Ears(EarSettings(), detector=silero.detector()).feed(speech)
    one, other = (Ears(EarSettings(), detector=silero.detector()) for _ in range(2))
    events: list[EarEvent] = []
    for at in range(0, len(speech), FRAME_BYTES):
        events += one.feed(speech[at : at + FRAME_BYTES])
        assert other.feed(bytes(FRAME_BYTES)) == []
    assert events == alone
    assert alone


@pytest.mark.speech
def test_ears_bring_their_own_detector_when_given_none() -> None:
    assert Ears(EarSettings()).feed(bytes(FRAME_BYTES)) == []


@pytest.mark.speech
def test_after_a_reset_the_detector_has_no_memory(silero: Silero) -> None:
    detector = silero.detector()
    frame = spoken("Hello there.")[8 * FRAME_BYTES : 9 * FRAME_BYTES]
    first = detector(frame)
    assert detector(frame) != first
    detector.reset()
    assert detector(frame) == first
