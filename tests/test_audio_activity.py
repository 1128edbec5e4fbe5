"""Activity: whatever happens, marks alternate, every activity is closed, and what is sent is one slice of what came."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat.audio.activity import LATE_S, STARVED_S, Began, Over, PushGate, Sent, Sound, VoiceGate
from livechat.audio.speech import SpeechDetector
from tests.spoken_activity import day, keys, score, spans

FRAME_S = 0.02
SPEECH, UNSURE, NOISE = 0.9, 0.3, 0.05


@dataclass(frozen=True)
class Frame:
    pcm: bytes
    at: float


def frame(number: int, *, late_s: float = 0.0) -> Frame:
    """The frame of this number, counted from time 0 on, that is filled with it."""
    return Frame(number.to_bytes(2, "little") * 320, round((number + 1) * FRAME_S + late_s, 6))


def number(pcm: bytes) -> int:
    return int.from_bytes(pcm[:2], "little")


def told(sent: Iterable[Sent]) -> list[object]:
    """Marks by the tens of milliseconds, frames by their numbers: `("began", 0), 0, 1, ("quiet", 4)`."""
    return [
        number(one) if isinstance(one, bytes) else ("began" if isinstance(one, Began) else one.why, round(one.at * 100))
        for one in sent
    ]


def deadline(gate: VoiceGate | PushGate) -> float:
    return math.inf if gate.deadline is None else gate.deadline


def hear(gate: VoiceGate, probabilities: Iterable[float], first: int = 0) -> list[Sent]:
    return [one for at, likely in enumerate(probabilities, first) for one in gate.feed(frame(at), likely)]


def take(gate: PushGate, numbers: Iterable[int]) -> list[Sent]:
    return [one for at in numbers for one in gate.feed(frame(at))]


# ------------------------------------------------------------------------------------------------ by voice


def test_speech_is_sent_from_before_its_onset_to_the_quiet_after_it() -> None:
    gate = VoiceGate(pre_roll_ms=60, quiet_ms=80)
    sent = hear(gate, [NOISE] * 10 + [SPEECH] * 5 + [NOISE] * 10)
    assert told(sent) == [("began", 14), *range(7, 19), ("quiet", 38)]
    assert not gate.open


def test_with_the_defaults_pre_roll_is_300_ms_and_quiet_600() -> None:
    sent = hear(VoiceGate(), [NOISE] * 50 + [SPEECH] * 2 + [NOISE] * 50)
    assert told(sent) == [("began", 70), *range(35, 82), ("quiet", 164)]


def test_one_frame_is_no_speech() -> None:
    assert hear(VoiceGate(), [NOISE, SPEECH, NOISE, SPEECH, NOISE]) == []


def test_less_sound_than_the_pre_roll_is_sent_whole() -> None:
    gate = VoiceGate()
    assert told(hear(gate, [NOISE, SPEECH, SPEECH])) == [("began", 0), 0, 1, 2]
    assert gate.open
    assert told(gate.close()) == [("closed", 6)]


def test_between_the_thresholds_a_frame_stays_what_the_last_one_was() -> None:
    assert hear(VoiceGate(), [UNSURE] * 50) == []
    gate = VoiceGate(quiet_ms=40)
    assert told(hear(gate, [SPEECH] * 2 + [UNSURE] * 20))[-1] == 21
    assert told(hear(gate, [NOISE, UNSURE, UNSURE], 22)) == [22, 23, ("quiet", 48)]


def test_a_pause_shorter_than_the_quiet_is_sent_and_ends_nothing() -> None:
    gate = VoiceGate(quiet_ms=80)
    assert told(hear(gate, ([SPEECH] * 2 + [NOISE] * 3) * 3)) == [("began", 0), *range(15)]


def test_the_pre_roll_never_reaches_back_into_the_activity_before() -> None:
    gate = VoiceGate(quiet_ms=40)
    sent = hear(gate, [SPEECH, SPEECH, NOISE, NOISE, NOISE, SPEECH, SPEECH])
    assert told(sent) == [("began", 0), 0, 1, 2, 3, ("quiet", 8), ("began", 8), 4, 5, 6]


def test_no_pre_roll_begins_with_the_speech_itself() -> None:
    assert told(hear(VoiceGate(pre_roll_ms=0), [NOISE] * 5 + [SPEECH] * 2)) == [("began", 10), 5, 6]


def test_where_frames_stop_coming_the_activity_is_closed_at_its_deadline() -> None:
    gate = VoiceGate()
    assert deadline(gate) == math.inf
    hear(gate, [SPEECH] * 2)
    assert deadline(gate) == 0.04 + STARVED_S
    assert gate.tick(deadline(gate) - 0.001) == []
    assert gate.tick(deadline(gate)) == [Over(0.04, "starved")]
    assert gate.tick(1e9) == []


def test_a_frame_after_a_gap_belongs_to_no_activity_before_it() -> None:
    gate = VoiceGate()
    hear(gate, [SPEECH] * 2)
    assert told(gate.feed(frame(2, late_s=2.0), SPEECH)) == [("starved", 4)]
    assert told(gate.feed(frame(3, late_s=2.0), SPEECH)) == [("began", 204), 2, 3]


def test_nothing_from_before_a_gap_is_pre_roll() -> None:
    gate = VoiceGate()
    hear(gate, [NOISE] * 10)
    assert gate.feed(frame(10, late_s=2.0), SPEECH) == []
    assert told(gate.feed(frame(11, late_s=2.0), SPEECH)) == [("began", 220), 10, 11]


def test_what_came_before_a_mute_is_never_sent_after_it() -> None:
    gate = VoiceGate()
    hear(gate, [NOISE] * 10 + [SPEECH])
    assert gate.close() == []
    assert told(hear(gate, [SPEECH] * 2, 11)) == [("began", 22), 11, 12]


# -------------------------------------------------------------------------------------------------- by key


def test_a_held_key_sends_from_before_the_press_until_after_the_release() -> None:
    gate = PushGate(pre_roll_ms=60, tail_ms=100)
    assert take(gate, range(10)) == []
    assert told(gate.press(0.205)) == [("began", 14), 7, 8, 9]
    assert gate.pressed
    assert told(take(gate, range(10, 15))) == [*range(10, 15)]
    assert gate.release(0.305) == []
    assert (gate.open, gate.pressed) == (True, False)
    assert told(take(gate, range(15, 30))) == [*range(15, 21), ("released", 42)]
    assert not gate.open


def test_with_the_defaults_pre_roll_is_300_ms_and_the_tail_200() -> None:
    gate = PushGate()
    take(gate, range(50))
    sent = [*gate.press(1.0), *gate.release(1.0), *take(gate, range(50, 80))]
    assert told(sent) == [("began", 70), *range(35, 60), ("released", 120)]


def test_a_key_pressed_again_within_the_tail_goes_on() -> None:
    gate = PushGate(tail_ms=100)
    gate.press(0.0)
    gate.release(0.02)
    assert gate.press(0.06) == []
    assert gate.pressed
    assert told(take(gate, range(20))) == [*range(20)]


def test_a_second_release_does_not_lengthen_the_tail() -> None:
    gate = PushGate(tail_ms=100)
    gate.press(0.0)
    gate.release(0.015)
    gate.release(0.10)
    assert told(take(gate, range(20))) == [*range(6), ("released", 12)]


def test_no_activity_is_longer_than_the_longest() -> None:
    gate = PushGate(longest_s=0.1)
    gate.press(0.0)
    assert told(take(gate, range(20))) == [*range(5), ("limit", 10)]
    assert not gate.pressed
    assert gate.release(0.5) == []


def test_pressing_again_and_again_does_not_pass_the_longest() -> None:
    gate = PushGate(longest_s=0.2)
    gate.press(0.0)
    sent = [one for at in range(10) for one in [*gate.toggle(at * FRAME_S), *gate.feed(frame(at))]]
    assert told(sent)[-1] == ("limit", 20)


def test_the_key_of_a_terminal_opens_and_closes() -> None:
    gate = PushGate(tail_ms=20)
    assert told(gate.toggle(0.0)) == [("began", 0)]
    take(gate, range(3))
    assert gate.toggle(0.06) == []
    assert told(take(gate, range(3, 6))) == [3, ("released", 8)]


def test_without_a_microphone_a_press_still_has_its_two_marks() -> None:
    gate = PushGate()
    assert gate.press(5.0) == [Began(5.0)]
    assert deadline(gate) == 5.0 + STARVED_S
    assert gate.tick(5.99) == []
    assert gate.tick(6.0) == [Over(5.0, "starved")]
    assert not gate.pressed


def test_after_the_release_nothing_is_waited_for_much_longer_than_the_tail() -> None:
    gate = PushGate(tail_ms=100)
    gate.press(0.0)
    take(gate, range(2))
    gate.release(0.04)
    assert deadline(gate) == pytest.approx(0.14 + LATE_S)
    assert gate.tick(0.2) == []
    assert told(gate.tick(0.4)) == [("released", 4)]
    assert deadline(gate) == math.inf


def test_old_sound_is_no_pre_roll() -> None:
    gate = PushGate()
    take(gate, range(10))
    assert gate.press(9.0) == [Began(9.0)]
    assert told(gate.feed(frame(10, late_s=8.8))) == [10]


def test_a_frame_after_a_gap_comes_after_the_end() -> None:
    gate = PushGate()
    gate.press(0.0)
    assert told(gate.feed(frame(0, late_s=3.0))) == [("starved", 0)]
    assert told(gate.press(3.05)) == [("began", 300), 0]


def test_closing_ends_what_is_open_and_forgets_the_pre_roll() -> None:
    gate = PushGate()
    take(gate, range(5))
    assert gate.close() == []
    assert gate.press(0.1) == [Began(0.1)]
    take(gate, range(5, 8))
    assert told(gate.close()) == [("closed", 16)]
    assert gate.close() == []


# ------------------------------------------------------------------------------------------- whatever happens


def check(fed: list[Frame], sent: list[Sent], longest_s: float = 1e9) -> None:
    """What both gates promise of every day of their lives, the closing at its end included."""
    order = {one.pcm: at for at, one in enumerate(fed)}
    began: float | None = None
    frames: list[int] = []
    last = -1
    for one in sent:
        if isinstance(one, Began):
            assert began is None, "two beginnings"
            began, frames = one.at, []
        elif isinstance(one, Over):
            assert began is not None, "an end without a beginning"
            assert frames == [*range(frames[0], frames[0] + len(frames))] if frames else one.at == began
            assert not frames or began == pytest.approx(fed[frames[0]].at - FRAME_S)
            assert not frames or one.at == fed[frames[-1]].at
            assert one.at - began <= longest_s + 0.32 + FRAME_S
            began = None
        else:
            assert began is not None, "a frame outside the marks"
            assert order[one] > last, "a frame for the second time"
            last = order[one]
            frames.append(last)
    assert began is None, "never closed"


probabilities = st.lists(st.sampled_from([SPEECH, UNSURE, NOISE]), max_size=200) | st.lists(st.floats(0, 1))
gaps = st.sets(st.integers(0, 200), max_size=3)


@given(
    probabilities, gaps, gaps, st.integers(0, 20), st.integers(1, 10).map(lambda frames: 20 * frames), st.integers(0, 5)
)
def test_whatever_a_voice_gate_hears_it_keeps_its_promises(
    probabilities: list[float], gaps: set[int], mutes: set[int], pre_roll: int, quiet_ms: int, onset: int
) -> None:
    gate = VoiceGate(pre_roll_ms=20 * pre_roll, quiet_ms=quiet_ms, onset_ms=20 * onset)
    late, fed, sent = 0.0, list[Frame](), list[Sent]()
    for at, likely in enumerate(probabilities):
        late += 1.5 if at in gaps else 0.0
        fed.append(frame(at, late_s=late))
        before = gate.open
        given = gate.feed(fed[-1], likely)
        assert before or sum(isinstance(one, bytes) for one in given) <= pre_roll + max(1, onset)
        sent += given + (gate.close() if at in mutes else [])
    check(fed, sent + gate.close())


Deed = Callable[[PushGate, float], list[Sent]]
DEEDS: list[Deed] = [PushGate.press, PushGate.release, PushGate.toggle, PushGate.tick, lambda gate, _: gate.close()]
GAP, FEED = "gap", "feed"
deeds: st.SearchStrategy[list[Deed | str]] = st.lists(st.sampled_from([*DEEDS, GAP, *[FEED] * 12]), max_size=300)


@given(deeds, st.integers(0, 20), st.integers(0, 300), st.floats(0.05, 2))
def test_whatever_a_push_gate_goes_through_it_keeps_its_promises(
    deeds: list[Deed | str], pre_roll: int, tail_ms: int, longest_s: float
) -> None:
    gate = PushGate(pre_roll_ms=20 * pre_roll, tail_ms=tail_ms, longest_s=longest_s)
    now, fed, sent = 0.0, list[Frame](), list[Sent]()
    for deed in deeds:
        if deed == GAP:
            now += 1.5
        elif deed == FEED:
            now += FRAME_S
            fed.append(Frame(len(fed).to_bytes(2, "little") * 320, now))
            sent += gate.feed(fed[-1])
        elif not isinstance(deed, str):
            sent += deed(gate, now)
        assert gate.open or not gate.pressed
        assert (gate.deadline is not None) == gate.open
    check(fed, sent + gate.close(), longest_s + LATE_S)


# --------------------------------------------------------------------------------------------- words really spoken


@pytest.mark.speech
@pytest.mark.parametrize(("kind", "dbfs"), [("white", -85), ("pink", -60), ("room", -50)])
def test_of_words_really_spoken_no_beginning_is_lost_and_no_short_answer_missed(kind: str, dbfs: float) -> None:
    found = score(day(4, 25.0, kind, dbfs), SpeechDetector())
    assert found.missed == []
    assert max(found.lost_ms) == max(found.cut_ms) == found.false == 0


@pytest.mark.speech
def test_typing_is_no_speech() -> None:
    assert list(spans(keys(15.0), SpeechDetector())) == []


def test_a_frame_is_anything_with_samples_and_a_time() -> None:
    sound: Sound = frame(0)
    assert sound.at == FRAME_S
