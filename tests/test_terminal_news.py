"""Each event is one line of NDJSON, the same for the same news, under a name that stays."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

from livechat.errors import AccessDenied
from livechat.events import (
    Answered,
    Ended,
    Event,
    Failed,
    Faltering,
    FellSilent,
    GoingAway,
    Interrupted,
    ModelSaid,
    ModelThought,
    Noted,
    Ready,
    Reconnected,
    Reconnecting,
    ReplyCame,
    Resumable,
    SoundDropped,
    ToolEnded,
    ToolStarted,
    TurnEnded,
    UsageCounted,
    UserSaid,
)
from livechat.terminal.news import news

REFUSED = AccessDenied("refused", why="HTTP 403", hint="get a key")

GOLDEN: dict[str, Event] = {
    '"type":"session.ready","model":"models/m","session_id":"abc"': Ready("models/m", "abc"),
    '"type":"user.partial","turn":1,"text":"lo"': UserSaid(1, "lo", "Hello", final=False),
    '"type":"user.final","turn":1,"text":"Hello"': UserSaid(1, "lo", "Hello", final=True),
    '"type":"text.delta","turn":1,"text":"Hi","spoken":true': ModelSaid(1, "Hi", spoken=True),
    '"type":"thought.delta","turn":1,"text":"hm"': ModelThought(1, "hm"),
    '"type":"text.end","turn":1,"text":"Hi."': ReplyCame(1, "Hi."),
    '"type":"interrupted","turn":1,"heard_ms":500,"dropped_ms":250,"heard":"one ","unheard":"two"': Interrupted(
        1, 500, 250, "one ", "two"
    ),
    '"type":"turn.end","turn":1,"user":"Hello","text":"Hi.","spoken_ms":750,"interrupted":false,"reason":""': TurnEnded(
        1, "Hello", "Hi.", False, 750
    ),
    '"type":"answer.heard","turn":1,"after_ms":612': Answered(1, 612),
    '"type":"silence.heard","turn":1,"after_ms":14': FellSilent(1, 14),
    '"type":"usage","prompt":{"text":5},"response":{"audio":6},"thoughts":0,"total":11': UsageCounted(
        {"text": 5}, {"audio": 6}, 0, 11
    ),
    '"type":"tool.call","turn":1,"id":"c1","name":"f","args":{"a":[1]},"waits":false': ToolStarted(
        1, "c1", "f", {"a": [1]}
    ),
    '"type":"tool.result","turn":1,"id":"c1","name":"f","outcome":"done","after_ms":312,"result":"{}"': ToolEnded(
        1, "c1", "f", "done", 312, "{}"
    ),
    '"type":"tool.cancel","turn":1,"id":"c1","name":"f","outcome":"cancelled","after_ms":9,"result":""': ToolEnded(
        1, "c1", "f", "cancelled", 9
    ),
    '"type":"reconnect","why":"goAway","attempt":2,"of":8,"in_s":1.3,"kept_s":1.9': Reconnecting(
        "goAway", 2, 8, 1.3, 1.9
    ),
    '"type":"reconnected","how":"resumed","turns":3': Reconnected("resumed", 3),
    '"type":"resumable","turns":3': Resumable("a-secret", 3),
    '"type":"network.silent","silent_s":1.2': Faltering(1.2),
    '"type":"sound.dropped","ms":1200': SoundDropped(1200),
    '"type":"go_away","time_left_s":50.0': GoingAway(50.0),
    '"type":"note","text":"mind the gap"': Noted("mind the gap"),
    '"type":"error","what":"refused","why":"HTTP 403","hint":"get a key","exit":77': Failed("refused", 77, REFUSED),
    '"type":"session.end","reason":"left","turns":2,"interruptions":1': Ended("left", 2, 1),
}

PROMISED = {
    *("session.ready", "session.end", "user.partial", "user.final", "text.delta", "turn.end"),
    *("interrupted", "usage", "error", "tool.call", "tool.result", "tool.cancel", "reconnect"),
}
"""The names of screen-and-commands §4.1."""


@pytest.mark.parametrize("golden", GOLDEN)
def test_an_event_is_this_very_line(golden: str) -> None:
    assert news(1.23449, GOLDEN[golden]) == '{"v":1,"t":1.234,' + golden + "}"


def test_what_resumes_a_conversation_stays_a_secret() -> None:
    assert "a-secret" not in news(0, Resumable("a-secret", 3))


def test_no_event_is_without_its_line() -> None:
    assert {type(event) for event in GOLDEN.values()} == set(get_args(Event))


def test_every_promised_name_is_there() -> None:
    names = {json.loads(news(0, event))["type"] for event in GOLDEN.values()}
    assert names >= PROMISED


@pytest.mark.parametrize("text", ["\x1b]52;c;ZXZpbA==\x07", "a\nb", "\u202egnirts", "\u2028", "\x9b2J", 'q"q\\'])
def test_foreign_text_is_one_harmless_line_and_comes_back_whole(text: str) -> None:
    said = news(0, ModelSaid(1, text, spoken=False))
    assert json.loads(said)["text"] == text
    assert not [character for character in said if character < " " or "\x7f" <= character <= "\x9f"]
    assert len(said.splitlines()) == 1


def test_counts_of_a_modality_that_nobody_knows_yet_are_told_under_its_name() -> None:
    told: dict[str, Any] = json.loads(news(0, UsageCounted({"smell": 3}, {}, 0, 3)))
    assert told["prompt"] == {"smell": 3}
