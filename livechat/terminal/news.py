"""The news of a session as NDJSON: one name and one set of fields for each Event.

Names and fields are version 1: fields may be added, none is taken away or given another meaning.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
from livechat.terminal.ndjson import line
from livechat.terminal.safe import Safe

Fields = tuple[str, dict[str, Any]]


def news(t: float, event: Event) -> Safe:
    """One line of NDJSON, without its newline; `t` are seconds since the session began."""
    name, fields = _NAMED[type(event)](event)
    return line(t, name, **fields)


def _ready(event: Ready) -> Fields:
    return "session.ready", {"model": event.model, "session_id": event.session_id}


def _user_said(event: UserSaid) -> Fields:
    name = "user.final" if event.final else "user.partial"
    return name, {"turn": event.turn, "text": event.whole if event.final else event.text}


def _model_said(event: ModelSaid) -> Fields:
    return "text.delta", {"turn": event.turn, "text": event.text, "spoken": event.spoken}


def _model_thought(event: ModelThought) -> Fields:
    return "thought.delta", {"turn": event.turn, "text": event.text}


def _answered(event: Answered) -> Fields:
    return "answer.heard", {"turn": event.turn, "after_ms": event.after_ms}


def _reply_came(event: ReplyCame) -> Fields:
    return "text.end", {"turn": event.turn, "text": event.text}


def _interrupted(event: Interrupted) -> Fields:
    times = {"heard_ms": event.heard_ms, "dropped_ms": event.dropped_ms}
    return "interrupted", {"turn": event.turn, **times, "heard": event.heard, "unheard": event.unheard}


def _fell_silent(event: FellSilent) -> Fields:
    return "silence.heard", {"turn": event.turn, "after_ms": event.after_ms}


def _turn_ended(event: TurnEnded) -> Fields:
    said = {"user": event.user, "text": event.text, "spoken_ms": event.spoken_ms}
    return "turn.end", {"turn": event.turn, **said, "interrupted": event.interrupted, "reason": event.reason}


def _usage(event: UsageCounted) -> Fields:
    counts = {"prompt": dict(event.prompt), "response": dict(event.response)}
    return "usage", {**counts, "thoughts": event.thoughts, "total": event.total}


def _tool_started(event: ToolStarted) -> Fields:
    call = {"id": event.id, "name": event.name, "args": dict(event.args)}
    return "tool.call", {"turn": event.turn, **call, "waits": event.waits}


def _tool_ended(event: ToolEnded) -> Fields:
    told = {"outcome": event.outcome, "after_ms": event.after_ms, "result": event.result}
    name = "tool.cancel" if event.outcome == "cancelled" else "tool.result"
    return name, {"turn": event.turn, "id": event.id, "name": event.name, **told}


def _reconnecting(event: Reconnecting) -> Fields:
    tries = {"attempt": event.attempt, "of": event.of, "in_s": event.in_s}
    return "reconnect", {"why": event.why, **tries, "kept_s": event.kept_s}


def _reconnected(event: Reconnected) -> Fields:
    return "reconnected", {"how": event.how, "turns": event.turns}


def _resumable(event: Resumable) -> Fields:
    """Without its handle: whoever has that and a key can read the conversation out of the model."""
    return "resumable", {"turns": event.turns}


def _faltering(event: Faltering) -> Fields:
    return "network.silent", {"silent_s": event.silent_s}


def _sound_dropped(event: SoundDropped) -> Fields:
    return "sound.dropped", {"ms": event.ms}


def _going_away(event: GoingAway) -> Fields:
    return "go_away", {"time_left_s": event.time_left_s}


def _noted(event: Noted) -> Fields:
    return "note", {"text": event.text}


def _failed(event: Failed) -> Fields:
    error = event.error
    return "error", {"what": event.what, "why": error.why, "hint": error.hint, "exit": event.exit_code}


def _ended(event: Ended) -> Fields:
    return "session.end", {"reason": event.reason, "turns": event.turns, "interruptions": event.interruptions}


_NAMED: dict[type[Any], Callable[[Any], Fields]] = {
    Ready: _ready,
    UserSaid: _user_said,
    ModelSaid: _model_said,
    ModelThought: _model_thought,
    Answered: _answered,
    ReplyCame: _reply_came,
    Interrupted: _interrupted,
    FellSilent: _fell_silent,
    TurnEnded: _turn_ended,
    UsageCounted: _usage,
    ToolStarted: _tool_started,
    ToolEnded: _tool_ended,
    Reconnecting: _reconnecting,
    Reconnected: _reconnected,
    Resumable: _resumable,
    Faltering: _faltering,
    SoundDropped: _sound_dropped,
    GoingAway: _going_away,
    Noted: _noted,
    Failed: _failed,
    Ended: _ended,
}
