"""Tests the music's mind, to the millisecond and without a sound."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livechat.protocol.codec import decode_client_message, encode
from livechat.protocol.setup import Setup
from livechat.server.acts import ClientSaid, Connected, Failed, Garbled, HangUp, Left, Send, Staged, Suffer, Ticked
from livechat.server.agreement import INVALID, Terms
from livechat.server.lines import Hurt
from livechat.server.music.acts import MusicOrder, MusicTold, Render, Rendered
from livechat.server.music.dialogue import CHUNK_BYTES, MIME_TYPE, MOST_AHEAD_S, MusicDialogue
from livechat.server.music.rules import FILTERED
from livechat.server.pieces import Mishap, Notice
from livechat.server.scenario import Drop, Pace, Scenario

TERMS = Terms(UUID(int=1), version="v1alpha", music=True)
SETUP = {"setup": {"model": "models/lyria-realtime-exp"}}
PLAY, PAUSE, STOP, RESET = ({"playbackControl": name} for name in ("PLAY", "PAUSE", "STOP", "RESET_CONTEXT"))


class Session:
    """A client, a renderer that takes a tenth of a second, and the mind between them."""

    def __init__(self, terms: Terms = TERMS, *, set_up: bool = True, renders: bool = True) -> None:
        self.mind = MusicDialogue(terms)
        self.now = 100.0
        self.renders = renders
        self.bars: list[Render] = []
        self.told: list[tuple[float, dict[str, Any]]] = []
        self.closed: tuple[int, str] | None = None
        self.suffered: list[Hurt] = []
        self._finished: list[tuple[float, Render]] = []
        self.tell(Connected())
        if set_up:
            self.says(SETUP)

    def tell(self, told: MusicTold) -> None:
        for order in self.mind.handle(told, self.now):
            self._do(order)

    def _do(self, order: MusicOrder) -> None:
        match order:
            case Send(message):
                self.told.append((round(self.now - 100, 3), json.loads(encode(message))))
            case Render():
                self.bars.append(order)
                if self.renders:
                    self._finished.append((self.now + 0.1, order))
            case HangUp(code, reason):
                self.closed = code, reason
            case Suffer(act):
                self.suffered.append(act)

    def says(self, message: dict[str, Any]) -> None:
        self.tell(ClientSaid(decode_client_message(json.dumps(message))))

    def asks(self, *prompts: tuple[str, float]) -> None:
        self.says(
            {"clientContent": {"weightedPrompts": [{"text": text, "weight": weight} for text, weight in prompts]}}
        )

    def sets(self, **config: object) -> None:
        self.says({"musicGenerationConfig": config})

    def until(self, seconds: float) -> None:
        """Lets time pass to so many seconds after the beginning."""
        end = 100 + seconds
        while True:
            ready = [at for at, _ in self._finished]
            moments = [at for at in (self.mind.deadline, *ready) if at is not None and at <= end]
            if not moments:
                break
            self.now = max(min(moments), self.now)
            done = [pair for pair in self._finished if pair[0] <= self.now]
            self._finished = [pair for pair in self._finished if pair[0] > self.now]
            for _, order in done:
                frames = round(4 * 60 / order.bar.bpm * 48_000)
                self.tell(Rendered(order.number, bytes([order.bar.number % 256]) * 4 * frames))
            if not done:
                self.tell(Ticked())
        self.now = end

    @property
    def chunks(self) -> list[tuple[float, dict[str, Any]]]:
        return [
            (at, chunk)
            for at, message in self.told
            for chunk in message.get("serverContent", {}).get("audioChunks", [])
        ]


def paced(**pace: float) -> Terms:
    return replace(TERMS, scenario=Scenario(pace=Pace(**pace)))


def test_the_setup_is_answered() -> None:
    session = Session()
    assert session.told == [(0, {"setupComplete": {}})]
    assert session.mind.deadline is None


def test_without_a_setup_it_is_closed() -> None:
    session = Session(set_up=False)
    assert session.mind.deadline == 110
    session.until(9.9)
    assert session.mind.deadline == 110
    session.until(10)
    assert session.closed == (1011, "Deadline expired before operation could complete.")
    assert session.mind.over
    assert session.mind.deadline is None


def test_a_tick_before_the_time_does_nothing() -> None:
    session = Session(set_up=False)
    session.tell(Ticked())
    assert session.closed is None
    assert MusicDialogue(TERMS).handle(Ticked(), 1.0) == []


@pytest.mark.parametrize("message", [PLAY, {"musicGenerationConfig": {}}, {"clientContent": {}}])
def test_nothing_comes_before_the_setup(message: dict[str, Any]) -> None:
    session = Session(set_up=False)
    session.says(message)
    assert session.closed == (1007, INVALID)


def test_a_second_setup_is_refused() -> None:
    session = Session()
    session.says(SETUP)
    assert session.closed == (1007, INVALID)


def test_a_model_that_talks_makes_no_music() -> None:
    session = Session(set_up=False)
    session.says({"setup": {"model": "models/gemini-3.8-live"}})
    assert session.closed is not None
    assert session.closed[0] == 1008
    assert len(session.closed[1].encode()) <= 123


def test_a_token_may_name_the_model() -> None:
    class Grant:
        def effective(self, setup: Setup) -> Setup:
            return Setup(model="models/lyria-realtime-exp")

    session = Session(replace(TERMS, grant=Grant()), set_up=False)
    session.says({"setup": {}})
    assert session.told == [(0, {"setupComplete": {}})]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"realtimeInput": {"text": "louder"}}, "realtimeInput is not supported."),
        ({"toolResponse": {}}, "toolResponse is not supported."),
        ({"contextUpdate": {}}, "contextUpdate is not supported."),
        ({"playbackControl": "PLAYBACK_CONTROL_UNSPECIFIED"}, "playbackControl is not supported."),
        ({"playbackControl": "REWIND"}, "playbackControl is not supported."),
        ({"clientContent": {"turns": [{"parts": [{"text": "hi"}]}]}}, "turns are not supported."),
        (
            {"clientContent": {"weightedPrompts": [{"text": "x", "weight": 0}]}},
            "weightedPrompts[0].weight must not be 0.",
        ),
        ({"musicGenerationConfig": {"bpm": 59}}, "musicGenerationConfig.bpm must be from 60 to 200."),
    ],
)
def test_what_music_does_not_understand_is_refused(message: dict[str, Any], reason: str) -> None:
    session = Session()
    session.says(message)
    assert session.closed == (1007, f"{INVALID} {reason}")
    assert session.mind.handle(Ticked(), 200.0) == []


def test_what_is_no_json_is_refused() -> None:
    session = Session()
    session.tell(Garbled("it is soup"))
    assert session.closed == (1007, "Invalid JSON payload received. it is soup")


def test_a_broken_synthesizer_ends_it() -> None:
    session = Session()
    session.tell(Failed("playing failed"))
    assert session.closed == (1011, "Internal error encountered. playing failed")


def test_what_goes_wrong_by_hand_goes_wrong_with_music_too_and_goaway_is_not_its_language() -> None:
    session = Session()
    session.tell(Staged(Mishap(Drop())))
    session.tell(Staged(Notice(5)))
    assert session.suffered == [Drop()]
    assert session.told == Session().told


def test_who_has_left_is_not_played_to() -> None:
    session = Session()
    session.says(PLAY)
    session.tell(Left())
    assert session.mind.deadline is None
    assert session.mind.over


# --------------------------------------------------------------------------------------------- the sound


def test_nothing_is_played_before_play() -> None:
    session = Session()
    session.asks(("techno", 1.0))
    session.until(10)
    assert session.bars == []


def test_chunks_of_two_seconds_come_in_real_time_and_two_ahead() -> None:
    session = Session()
    session.sets(bpm=120)
    session.says(PLAY)
    session.until(9)
    assert [at for at, _ in session.chunks] == [0.1, 0.2, 2.1, 4.1, 6.1, 8.1]
    assert [render.bar.number for render in session.bars] == [0, 1, 2, 3, 4, 5]
    assert [render.fresh for render in session.bars] == [True, False, False, False, False, False]


def test_a_chunk_says_what_it_is_and_what_it_is_made_of() -> None:
    session = Session()
    session.asks(("techno", 1.0), ("piano", 0.5))
    session.sets(bpm=120, scale="C_MAJOR_A_MINOR")
    session.says(PLAY)
    session.until(1)
    _, chunk = session.chunks[0]
    assert chunk["mimeType"] == MIME_TYPE
    assert len(chunk["data"]) == CHUNK_BYTES * 4 // 3
    assert chunk["sourceMetadata"] == {
        "clientContent": {"weightedPrompts": [{"text": "techno", "weight": 1.0}, {"text": "piano", "weight": 0.5}]},
        "musicGenerationConfig": {"bpm": 120, "scale": "C_MAJOR_A_MINOR"},
    }


def test_it_plays_without_prompts_too() -> None:
    session = Session()
    session.says(PLAY)
    session.until(1)
    assert session.chunks[0][1]["sourceMetadata"] == {"musicGenerationConfig": {}}


def test_a_bar_may_fill_several_chunks_or_only_a_part_of_one() -> None:
    for bpm in (60, 97, 200):
        session = Session()
        session.sets(bpm=bpm)
        session.says(PLAY)
        session.until(60)
        assert 31 <= len(session.chunks) <= 32
        needed = 2 * len(session.chunks) / (240 / bpm)
        assert needed <= len(session.bars) < needed + 2


def test_what_is_asked_for_is_heard_as_soon_as_the_lead_allows() -> None:
    session = Session()
    session.sets(bpm=120)
    session.says(PLAY)
    session.until(3)
    session.sets(bpm=120, onlyBassAndDrums=True)
    session.until(4.2)
    assert all(note.pitch < 60 for note in session.bars[-1].bar.notes)


def test_a_pace_of_its_own_is_kept() -> None:
    session = Session(paced(ahead_s=0.0, speed=0.5))
    session.sets(bpm=120)
    session.says(PLAY)
    session.until(11)
    assert [at for at, _ in session.chunks] == [0.1, 4.1, 8.1]


def test_even_the_greatest_lead_has_an_end() -> None:
    session = Session(paced(ahead_s=float("inf")))
    session.sets(bpm=120)
    session.says(PLAY)
    session.until(5)
    assert len(session.chunks) == MOST_AHEAD_S // 2 + 5 // 2 + 1
    assert session.mind.deadline == pytest.approx(106)


# ------------------------------------------------------------------------------------------ the controls


def test_pause_is_silence_at_once_and_play_goes_on_from_there() -> None:
    session = Session()
    session.sets(bpm=97)
    session.says(PLAY)
    session.until(3)
    before = len(session.chunks)
    session.says(PAUSE)
    assert session.mind.deadline is None
    session.until(60)
    assert len(session.chunks) == before
    session.says(PLAY)
    session.until(63)
    assert len(session.chunks) == before + 3
    assert [render.bar.number for render in session.bars] == list(range(len(session.bars)))
    assert [render.fresh for render in session.bars].count(True) == 1


def test_pause_while_a_bar_is_made_loses_nothing() -> None:
    session = Session()
    session.says(PLAY)
    session.says(PAUSE)
    session.until(5)
    assert session.chunks == []
    session.says(PLAY)
    session.until(6)
    assert session.chunks
    assert [render.bar.number for render in session.bars[:2]] == [0, 1]


def test_stop_begins_anew_out_of_silence() -> None:
    session = Session()
    session.asks(("techno", 1.0))
    session.sets(bpm=120, seed=1)
    session.says(PLAY)
    session.until(5)
    first, before = session.bars[0], len(session.bars)
    session.says(STOP)
    session.until(20)
    assert len(session.bars) == before
    session.says(PLAY)
    session.until(21)
    assert session.bars[before].fresh
    assert session.bars[before].bar == first.bar


def test_what_was_left_of_a_bar_at_a_stop_is_never_heard() -> None:
    session = Session()
    session.sets(bpm=97)
    session.says(PLAY)
    session.until(5)
    session.says(STOP)
    before = len(session.chunks)
    session.says(PLAY)
    session.until(6)
    assert set(b64decode(session.chunks[before][1]["data"])) == {0}, "the number of the first bar"


def test_sound_that_was_ordered_before_a_stop_is_never_heard() -> None:
    session = Session(renders=False)
    session.says(PLAY)
    session.says(STOP)
    session.says(PLAY)
    old, new = session.bars
    session.tell(Rendered(old.number, bytes(CHUNK_BYTES)))
    assert session.chunks == []
    session.tell(Rendered(new.number, bytes(CHUNK_BYTES)))
    assert len(session.chunks) == 1


def test_a_new_tempo_waits_for_a_reset_which_leaves_no_gap() -> None:
    session = Session()
    session.sets(bpm=120)
    session.says(PLAY)
    session.until(3)
    session.sets(bpm=90)
    session.until(7)
    assert {render.bar.bpm for render in session.bars} == {120}
    before = len(session.bars)
    session.says(RESET)
    session.until(12)
    after = session.bars[before:]
    assert {render.bar.bpm for render in after} == {90}
    assert after[0].bar.number == 0
    assert not any(render.fresh for render in after)
    assert [at for at, _ in session.chunks][-2:] == [8.1, 10.1]


def test_a_reset_in_silence_is_a_stop() -> None:
    session = Session()
    session.says(PLAY)
    session.until(1)
    session.says(PAUSE)
    session.says(RESET)
    session.says(PLAY)
    assert session.bars[-1].bar.number == 0
    assert session.bars[-1].fresh


def test_play_while_it_plays_and_pause_and_stop_while_it_does_not_change_nothing() -> None:
    session = Session()
    session.sets(bpm=120)
    session.says(PAUSE)
    session.says(STOP)
    session.says(PLAY)
    session.until(1)
    session.says(PLAY)
    session.until(5)
    assert [at for at, _ in session.chunks] == [0.1, 0.2, 2.1, 4.1]


# ------------------------------------------------------------------------------------------- the filter


def test_a_filtered_prompt_is_told_of_and_left_out() -> None:
    session = Session()
    session.asks(("in the style of Nobody", 1.0), ("piano", 1.0))
    session.says(PLAY)
    session.until(0.5)
    told = {"filteredPrompt": {"text": "in the style of Nobody", "filteredReason": FILTERED}}
    assert session.told[1][1] == told
    assert session.chunks[0][1]["sourceMetadata"]["clientContent"] == {
        "weightedPrompts": [{"text": "piano", "weight": 1.0}]
    }


def test_where_all_prompts_are_filtered_the_music_goes_on_as_it_was() -> None:
    session = Session()
    session.asks(("piano", 1.0))
    session.asks(("the voice of Nobody", 1.0))
    session.says(PLAY)
    session.until(0.5)
    assert session.closed is None
    assert session.chunks[0][1]["sourceMetadata"]["clientContent"] == {
        "weightedPrompts": [{"text": "piano", "weight": 1.0}]
    }


# ------------------------------------------------------------------------------------------------ at large


def test_it_says_what_it_does() -> None:
    session = Session(set_up=False)
    assert repr(session.mind) == "<MusicDialogue waiting for a setup>"
    session.says(SETUP)
    assert repr(session.mind) == "<MusicDialogue silent>"
    session.says(PLAY)
    assert repr(session.mind) == "<MusicDialogue playing>"
    session.says(SETUP)
    assert repr(session.mind) == "<MusicDialogue over>"


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    *(PLAY, PAUSE, STOP, RESET, {"musicGenerationConfig": {"bpm": 200}}, {"musicGenerationConfig": {}}),
                    {"clientContent": {"weightedPrompts": [{"text": "techno", "weight": 1}]}},
                    {"clientContent": {"weightedPrompts": [{"text": "jazz", "weight": -1}]}},
                ]
            ),
            st.floats(0, 3),
        )
    )
)
def test_whatever_is_pressed_it_never_sends_more_than_the_lead(pressed: list[tuple[dict[str, Any], float]]) -> None:
    session = Session()
    plays, at = 0, 0.0
    for message, wait in pressed:
        session.says(message)
        plays += message == PLAY
        at += wait
        session.until(at)
    assert session.closed is None
    assert len(session.chunks) <= 2 * plays + at / 2
    assert len({render.number for render in session.bars}) == len(session.bars)
