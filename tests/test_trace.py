"""A trace is the session: replayed it makes the same news, byte for byte, and it gives no secret away."""

from __future__ import annotations

import io
import json
import signal
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livechat import trace
from livechat.closing import Facts
from livechat.conversation import Conversation, Terms
from livechat.errors import BadInput
from livechat.events import (
    Committed,
    Dropped,
    Event,
    Faltered,
    FloorClaimed,
    FloorYielded,
    Garbled,
    Heard,
    HearingEnded,
    Hushed,
    Input,
    Left,
    Lost,
    Opened,
    Output,
    Played,
    Received,
    Recovered,
    Refused,
    Retried,
    Said,
    Silenced,
    Slept,
    SpeakerChanged,
    Ticked,
    ToolAllowed,
    ToolDenied,
    ToolFinished,
    ToolStopped,
    Typed,
    VoiceEnded,
)
from livechat.protocol.client import ClientMessage, RealtimeInput
from livechat.protocol.codec import decode_server_message
from livechat.protocol.setup import GenerationConfig, Setup
from livechat.terminal.news import news
from livechat.tool_calls import ToolRule
from livechat.trace import REDACTED, TraceWriter, replay

SETUP = Setup(model="models/gemini-3.8-live", generation_config=GenerationConfig(response_modalities=["AUDIO"]))
FACTS = Facts("Google", "gemini-3.8-live", "GEMINI_API_KEY", "x9Qz", ("a", "b"), ("--voice",))
TOOLS = {"clock": ToolRule("allow", 1.5, "finish", False, "SILENT"), "rm": ToolRule()}
TERMS = Terms(SETUP, plays=True, setup_s=7.5, answer_s=33.25, facts=FACTS, answers_calls=True, tools=TOOLS)
BEGAN = 1234.0625

Moment = tuple[float, Input]


def came(message: dict[str, object]) -> Received:
    return Received(decode_server_message(json.dumps(message)))


def sound(tenths: int) -> Received:
    pcm = "AAAA" * (1600 * tenths)
    return came({"serverContent": {"modelTurn": {"parts": [{"inlineData": {"mimeType": "audio/pcm", "data": pcm}}]}}})


BARGE_IN: list[Moment] = [
    (0.1, Opened()),
    (0.15, Heard(bytes(640))),
    (0.2, came({"setupComplete": {"sessionId": "1"}})),
    (0.3, Typed("tell me a story")),
    (0.7000000000000001, sound(5)),
    (0.71, came({"serverContent": {"outputTranscription": {"text": "Once upon a time there was"}}})),
    (0.8, Played(2_400)),
    (0.9, Heard(b"\1\0" * 320)),
    (1.0, came({"serverContent": {"inputTranscription": {"text": "stop"}}})),
    (1.04, VoiceEnded(0.02)),
    (1.05, Committed(24)),
    (1.05, came({"serverContent": {"interrupted": True}})),
    (1.06, Silenced()),
    (1.1, came({"serverContent": {"turnComplete": True}, "usageMetadata": {"promptTokenCount": 9}})),
    (1.2, sound(1)),
    (1.3, came({"serverContent": {"generationComplete": True, "turnComplete": True}})),
    (1.35, Played(2_400)),
    (1.36, FloorClaimed()),
    (1.37, FloorYielded()),
    (1.4, HearingEnded()),
    (1.5, Left()),
]


def written(moments: list[Moment], secrets: tuple[str, ...] = (), terms: Terms = TERMS) -> str:
    file = io.StringIO()
    writer = TraceWriter(file.write, terms, BEGAN, secrets)
    for at, happened in moments:
        writer.write(happened, BEGAN + at)
    return file.getvalue()


def lived(moments: list[Moment]) -> list[str]:
    """The news of the session itself."""
    mind, told = Conversation(TERMS), list[str]()
    for at, happened in moments:
        # The subtraction is that of a session: it knows its clock, not the seconds of this table.
        told += [news(BEGAN + at - BEGAN, one) for one in mind.handle(happened, BEGAN + at) if isinstance(one, Event)]
    return told


def replayed(text: str) -> list[str]:
    told: list[str] = []
    whole = replay(io.StringIO(text), lambda t, event: told.append(news(t, event)))
    assert whole
    return told


# ------------------------------------------------------------------------------------------- the same again


def test_a_session_with_a_barge_in_replays_to_the_same_bytes() -> None:
    told = replayed(written(BARGE_IN))
    assert told == lived(BARGE_IN)
    types = [json.loads(line)["type"] for line in told]
    assert types.count("turn.end") == 2
    assert "interrupted" in types
    assert types[-1] == "session.end"


CHANGES: dict[str, tuple[str, str]] = {
    "how much was heard": ('"samples": 2400', '"samples": 4800'),
    "a word": ("a story", "no story"),
    "a moment": ('"at": 1234.7725', '"at": 1234.7735'),
    "an interruption that did not happen": ('"interrupted": true', '"interrupted": false'),
    "the terms": ('"plays": true', '"plays": false'),
    "the model": ("gemini-3.8-live", "gemini-3.1-flash-live-preview"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_one_changed_input_changes_the_news(change: str) -> None:
    text = written(BARGE_IN)
    was, is_now = CHANGES[change]
    assert was in text
    assert replayed(text.replace(was, is_now, 1)) != lived(BARGE_IN)


def test_the_terms_come_back_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Recorder.of(written([]), monkeypatch).terms == TERMS


def test_a_clock_far_from_zero_loses_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    at = 0.1 + 0.2
    assert Recorder.of(written([(at, Ticked())]), monkeypatch).heard == [(BEGAN + at, Ticked())]


# ------------------------------------------------------------------------------------ every input, round and round


class Recorder:
    """Stands in for the mind and only remembers what it is told."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.heard: list[Moment] = []

    def handle(self, happened: Input, now: float) -> list[Output]:
        self.heard.append((now, happened))
        return []

    @classmethod
    def of(cls, text: str, patch: pytest.MonkeyPatch) -> Recorder:
        """What a mind would hear of this trace."""
        made: list[Recorder] = []

        def make(terms: Terms) -> Recorder:
            made.append(cls(terms))
            return made[0]

        patch.setattr(trace, "Conversation", make)
        replay(io.StringIO(text), lambda t, event: None)
        return made[0]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcXYZ_", min_size=1), inner, max_size=3),
    max_leaves=8,
)
OBJECT = st.dictionaries(st.text("abcXYZ_", min_size=1), JSON, max_size=3)
CONTENT = st.fixed_dictionaries(
    {},
    optional={
        "turnComplete": st.booleans(),
        "interrupted": st.booleans(),
        "outputTranscription": st.fixed_dictionaries({"text": st.text("aé日\u2028\x1b😀")}),
        "modelTurn": st.sampled_from([{"parts": [{"inlineData": {"data": data}}]} for data in ("AAAA", "-_8=")]),
        "newField": JSON,
    },
)
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "serverContent": CONTENT,
        "setupComplete": st.just({}),
        "toolCall": st.fixed_dictionaries({"functionCalls": st.lists(st.fixed_dictionaries({"args": OBJECT}))}),
        "usageMetadata": st.fixed_dictionaries({"promptTokenCount": st.integers(0, 2**40)}),
        "goAway": st.just({"timeLeft": "50s"}),
        "error": JSON.filter(lambda value: value is not None),
        "unknown": JSON,
    },
)
ANY_TEXT = st.text(st.characters())
INPUTS: dict[type[Any], st.SearchStrategy[Input]] = {
    Opened: st.just(Opened()),
    Faltered: st.builds(Faltered, st.floats(0, 1e6)),
    Recovered: st.just(Recovered()),
    Dropped: st.builds(Dropped, st.integers(0, 10**9)),
    Slept: st.builds(Slept, st.floats(0, 1e9)),
    Retried: st.just(Retried()),
    Refused: st.builds(Refused, ANY_TEXT, ANY_TEXT, st.integers(0, 599), ANY_TEXT),
    Received: st.builds(came, MESSAGES),
    Garbled: st.builds(Garbled, ANY_TEXT),
    Heard: st.builds(Heard, st.binary(max_size=50)),
    HearingEnded: st.just(HearingEnded()),
    Typed: st.builds(Typed, ANY_TEXT),
    Said: st.builds(lambda text: Said(ClientMessage(realtime_input=RealtimeInput(text=text))), st.text()),
    SpeakerChanged: st.just(SpeakerChanged()),
    ToolFinished: st.builds(ToolFinished, st.text(), OBJECT, st.booleans()),
    ToolAllowed: st.builds(ToolAllowed, st.text(), st.booleans()),
    ToolDenied: st.builds(ToolDenied, st.text()),
    ToolStopped: st.builds(ToolStopped, st.text()),
    Hushed: st.just(Hushed()),
    Played: st.builds(Played, st.integers(0, 2**40)),
    Committed: st.builds(Committed, st.integers(0, 2**40)),
    Silenced: st.just(Silenced()),
    FloorClaimed: st.just(FloorClaimed()),
    FloorYielded: st.just(FloorYielded()),
    VoiceEnded: st.builds(VoiceEnded, st.floats(0, 1e6)),
    Lost: st.builds(Lost, st.integers(0, 4999), ANY_TEXT),
    Left: st.just(Left()),
    Ticked: st.just(Ticked()),
}


def test_no_kind_of_input_is_left_out_of_these_tests() -> None:
    assert set(INPUTS) == set(get_args(Input))


@pytest.mark.parametrize("kind", INPUTS, ids=lambda kind: kind.__name__)
@given(data=st.data(), at=st.floats(0, 1e9, allow_subnormal=False))
def test_what_is_written_is_what_was_told(kind: type[Any], data: st.DataObject, at: float) -> None:
    happened = data.draw(INPUTS[kind])
    with pytest.MonkeyPatch.context() as patch:
        assert Recorder.of(written([(at, happened)]), patch).heard == [(BEGAN + at, happened)]


ANYTHING = st.lists(st.tuples(st.floats(0, 70), st.one_of(*INPUTS.values())), max_size=12)


@settings(max_examples=100)
@given(happenings=ANYTHING)
def test_whatever_happens_to_a_session_its_trace_tells_the_same_again(happenings: list[Moment]) -> None:
    now, moments = 0.2, BARGE_IN[:3]
    for seconds, happened in happenings:
        now += seconds
        moments.append((now, happened))
    assert replayed(written(moments)) == lived(moments)


# ------------------------------------------------------------------------------------------------- secrets

SECRETS = ("AIzaSyExample-0123456789", 'quo"ted\\secret', "schlüssel-日本", "livechat", "2400", "Typed")


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_never_written_wherever_it_appears(secret: str) -> None:
    facts = Facts(server=f"host?key={secret}", models=(secret,), options=(f"--x={secret}",))
    setup = Setup(model=f"projects/{secret}/models/m")
    said: list[Moment] = [
        (0.0, Refused("http", f"bad {secret}", 403, secret)),
        (0.1, Typed(f"my key is {secret}!")),
        (0.2, came({"serverContent": {"outputTranscription": {"text": f"you said {secret}"}}})),
        (0.3, came({"toolCall": {"functionCalls": [{"id": "1", "name": "f", "args": {secret: [secret]}}]}})),
        (0.4, Garbled(f"'{secret}'")),
        (0.5, Lost(1008, f"{secret} is no key")),
    ]
    text = written(said, ("", secret), Terms(setup, plays=True, facts=facts))
    for line in text.splitlines():
        for ours in ('"livechat_trace"', '"in": "Typed"'):  # a word of the format is not the secret it resembles
            line = line.replace(ours, "")
        assert secret not in line
        assert json.dumps(secret)[1:-1] not in line
    assert text.count(REDACTED) >= 10


@pytest.mark.parametrize("secret", SECRETS)
def test_a_trace_without_its_secrets_still_replays(secret: str) -> None:
    assert len(replayed(written(BARGE_IN, (secret,)))) == len(lived(BARGE_IN))


# ---------------------------------------------------------------------------------------------- broken traces


def lines_of(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def news_of(lines: list[str]) -> tuple[bool, list[str]]:
    told: list[str] = []
    return replay(lines, lambda t, event: told.append(news(t, event))), told


@pytest.mark.parametrize("cut", [1, 2, 10, 20])
def test_a_torn_last_line_is_where_the_session_was_killed(cut: int) -> None:
    lines = lines_of(written(BARGE_IN))
    whole, told = news_of([*lines[:-1], lines[-1][:-cut]])
    assert whole == (cut == 1), "without its newline alone the line is still all there"
    expected = lived(BARGE_IN if whole else BARGE_IN[:-1])
    assert told == expected


def damaged(**changes: object) -> Callable[[str], str]:
    def damage(line: str) -> str:
        return json.dumps(json.loads(line) | changes) + "\n"

    return damage


DAMAGES: dict[str, Callable[[str], str]] = {
    "no JSON": lambda line: line[:-5] + "\n",
    "empty": lambda line: "\n",
    "a number": lambda line: "7\n",
    "a list": lambda line: "[]\n",
    "deep": lambda line: "[" * 100_000 + "\n",
    "an unknown input": damaged(**{"in": "Sung"}),
    "an input that is a list": lambda line: line.replace('"Played"', "[]"),
    "no input": lambda line: line.replace('"in"', '"out"'),
    "no time": lambda line: line.replace('"at"', '"to"'),
    "a time that is a word": damaged(at="soon"),
    "a time that is none": damaged(at=float("nan")),
    "an endless time": damaged(at=float("inf")),
    "a field too many": damaged(more=1),
    "samples that are words": damaged(samples="many"),
    "samples that are a yes": damaged(samples=True),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_line_is_named_by_its_number(damage: str) -> None:
    lines = lines_of(written(BARGE_IN))
    assert '"in": "Played"' in lines[7]
    lines[7] = DAMAGES[damage](lines[7])
    with pytest.raises(BadInput, match=r"^line 8 of the trace is damaged$") as raised:
        news_of(lines)
    assert raised.value.exit_code == 65


@pytest.mark.parametrize("field", ["pcm", "message"])
def test_sound_and_messages_are_checked_as_they_come_back(field: str) -> None:
    lines = lines_of(written([(0.1, Heard(b"\0\0")), (0.2, came({}))]))
    at = 1 if field == "pcm" else 2
    lines[at] = damaged(**{field: "!AAA="})(lines[at])
    with pytest.raises(BadInput, match=f"line {at + 1} "):
        news_of(lines)


HEADS: dict[str, Callable[[str], str]] = {
    "another version": damaged(livechat_trace=2),
    "no setup": damaged(setup=None),
    "a wrong setup": damaged(setup=[]),
    "no facts": damaged(facts=None),
    "facts nobody knows": damaged(facts={"models": [], "options": [], "weather": ""}),
    "no patience": damaged(answer_s=None),
    "an endless beginning": damaged(began=float("inf")),
    "JSON of something else": lambda line: "{}\n",
    "a WAV": lambda line: "RIFF\ufffd\ufffdWAVE\n",
    "torn": lambda line: line[:40],
}


@pytest.mark.parametrize("head", HEADS)
def test_what_does_not_begin_like_a_trace_is_none(head: str) -> None:
    lines = lines_of(written(BARGE_IN))
    with pytest.raises(BadInput, match="this is not a trace of livechat"):
        news_of([HEADS[head](lines[0]), *lines[1:]])


def test_an_empty_file_is_no_trace() -> None:
    with pytest.raises(BadInput, match="this is not a trace"):
        news_of([])


def test_each_line_is_handed_over_whole_when_its_input_is_told() -> None:
    lines: list[str] = []
    writer = TraceWriter(lines.append, TERMS, BEGAN)
    assert lines[0].endswith("}\n")
    writer.write(Ticked(), BEGAN)
    assert lines[1].endswith('"in": "Ticked"}\n')


CHILD = """
import os, sys, time
from livechat.conversation import Terms
from livechat.disk import LineWriter
from livechat.events import Typed
from livechat.protocol.setup import Setup
from livechat.trace import TraceWriter

lines = LineWriter(open(sys.argv[1], "w"), sys.exit)
began = time.monotonic()
writer = TraceWriter(lines.write, Terms(Setup(model="models/m"), plays=True), began)
for number in range(1, 10_000):
    time.sleep(max(0, began + number / 50 - time.monotonic()))
    writer.write(Typed(str(number) * 3000), time.monotonic())
    os.write(1, b".")
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nothing kills so suddenly here")
def test_a_killed_session_leaves_a_trace_that_lacks_little_and_replays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-c", CHILD]
    missing: list[int] = []
    for number in range(3):
        with subprocess.Popen([*command, str(tmp_path / "trace")], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            dots = child.stdout.read(20 + number)
            child.kill()
            told = len(dots + child.stdout.read())
        heard = Recorder.of((tmp_path / "trace").read_text(), monkeypatch).heard
        assert [happened for _, happened in heard] == [Typed(str(one + 1) * 3000) for one in range(len(heard))]
        missing.append(told - len(heard))
    assert statistics.median(missing) * 20 <= 100
