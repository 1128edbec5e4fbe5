"""Says in JSON Schema (draft 2020-12) what the lines of --json hold, version 1: made from one table of their names.

A reader that goes by it ignores fields it does not know: they may be added; none is taken away or means another thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from livechat.terminal.ndjson import VERSION

Schema: TypeAlias = dict[str, Any]


class Kind(NamedTuple):
    """A name of a line, what it tells, and its fields beside `v`, `t` and `type`: all are always there."""

    about: str
    fields: Mapping[str, Schema]


def _of(type: str, about: str) -> Schema:
    return {"type": type, **({"description": about} if about else {})}


def _text(about: str = "") -> Schema:
    return _of("string", about)


def _yes(about: str) -> Schema:
    return _of("boolean", about)


def _whole(about: str = "") -> Schema:
    return _of("integer", about)


def _count(about: str = "") -> Schema:
    return {**_of("integer", about), "minimum": 0}


def _number(about: str) -> Schema:
    return _of("number", about)


def _one_of(about: str, *words: str) -> Schema:
    return {"description": about, "enum": list(words)}


def _outcome(*words: str) -> dict[str, Schema]:
    return {
        "outcome": _one_of("`denied` and `stopped` by the user, `cancelled` by the model.", *words),
        "after_ms": _whole("Milliseconds since it was asked for."),
        "result": _text("What the model was told of it."),
    }


_TURN = _count("Counted from 1; a turn is what the user said and the answer to it.")
_AFTER_MS = "Milliseconds since the user stopped speaking."
_TOKENS = {**_of("object", "Tokens by modality: text, audio, …"), "additionalProperties": {"type": "integer"}}
_SPREAD = {
    "description": "How some times are spread, in milliseconds; null where there were none.",
    "type": ["object", "null"],
    "required": ["count", "p50", "p95"],
    "properties": {"count": {"type": "integer"}, "p50": {"type": "integer"}, "p95": {"type": "integer"}},
}
_DEVICE = _text("Its name, as the system has it.")
_SIDE = _one_of("Which of the two it is: microphone or speaker.", "input", "output")
_CALL = {"turn": _TURN, "id": _text("The call's own."), "name": _text("The tool.")}

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "session.ready": Kind(
            "The server has taken our setup.",
            {"model": _text(), "session_id": _text("The server's name for this session; often empty.")},
        ),
        "user.partial": Kind("Words of the user, as they come.", {"turn": _TURN, "text": _text("What is new.")}),
        "user.final": Kind(
            "The user's words of this turn; a late tail may bring another of these.",
            {"turn": _TURN, "text": _text("All of them so far.")},
        ),
        "text.delta": Kind(
            "Words of the model, as they come.",
            {
                "turn": _TURN,
                "text": _text("What is new."),
                "spoken": _yes("The transcript of its speech; otherwise a text part."),
            },
        ),
        "thought.delta": Kind("A summary of the model's reasoning.", {"turn": _TURN, "text": _text("What is new.")}),
        "answer.heard": Kind("The first sample of the answer sounds.", {"turn": _TURN, "after_ms": _whole(_AFTER_MS)}),
        "text.end": Kind(
            "All of the reply is here; it may still be playing.", {"turn": _TURN, "text": _text("The whole answer.")}
        ),
        "interrupted": Kind(
            "The reply was cut off.",
            {
                "turn": _TURN,
                "heard_ms": _whole("Of its sound, how much was heard."),
                "dropped_ms": _whole("Of its sound, how much had come and was thrown away."),
                "heard": _text("The words heard: an estimate, cut at a word."),
                "unheard": _text("The words that had come and were not heard."),
            },
        ),
        "silence.heard": Kind(
            "Nothing more is heard of a reply that was cut off.",
            {"turn": _TURN, "after_ms": _whole("Milliseconds since we knew that it was.")},
        ),
        "turn.end": Kind(
            "A turn is over, and what was said in it.",
            {
                "turn": _TURN,
                "user": _text("The user's words."),
                "text": _text("The whole answer."),
                "spoken_ms": _count("Length of its sound."),
                "interrupted": _yes("It was cut off."),
                "reason": _text("The server's, where it gave one."),
            },
        ),
        "usage": Kind(
            "The tokens of the whole session so far.",
            {"prompt": _TOKENS, "response": _TOKENS, "thoughts": _count(), "total": _count()},
        ),
        "tool.call": Kind(
            "The model has asked for a tool.",
            {**_CALL, "args": _of("object", "Its arguments."), "waits": _yes("The user is to allow it first.")},
        ),
        "tool.result": Kind(
            "A tool has run, or may not.", {**_CALL, **_outcome("done", "failed", "denied", "stopped")}
        ),
        "tool.cancel": Kind("The model wants no result of a tool any more.", {**_CALL, **_outcome("cancelled")}),
        "reconnect": Kind(
            "The connection is gone, and another is on the way.",
            {
                "why": _text(),
                "attempt": _count("Counted from 1."),
                "of": _count("How many there may be."),
                "in_s": _number("Seconds until it is made."),
                "kept_s": _number("Of the user's sound, how much waits to be sent."),
            },
        ),
        "reconnected": Kind(
            "There is a connection again.",
            {
                "how": _one_of(
                    "The server still has the conversation, was told it again, or knows nothing of it any more.",
                    *("resumed", "rebuilt", "lost"),
                ),
                "turns": _count("Of the conversation so far that this is true of."),
            },
        ),
        "resumable": Kind(
            "The server can go on from here over another connection.", {"turns": _count("How many it would know.")}
        ),
        "network.silent": Kind(
            "Nothing that is sent arrives any more, or it does again.",
            {"silent_s": _number("Seconds for which nothing has; 0 where it does again.")},
        ),
        "sound.dropped": Kind(
            "Sound of the user was not sent, since the network is slower than speech.",
            {"ms": _count("Its length in the whole session so far.")},
        ),
        "go_away": Kind("The server will close the connection soon.", {"time_left_s": _number("Seconds until then.")}),
        "note": Kind("Something to know that stops nothing.", {"text": _text()}),
        "error": Kind(
            "The session cannot go on.",
            {
                "what": _text("What happened."),
                "why": _text("Its cause, where the first does not say it; else empty."),
                "hint": _text("What to do, perhaps in several lines; else empty."),
                "exit": _whole("The exit code that the command ends with."),
            },
        ),
        "session.end": Kind(
            "The session is over.",
            {
                "reason": _one_of("Who ended it.", "left", "closed", "failed"),
                "turns": _count(),
                "interruptions": _count(),
            },
        ),
        "summary": Kind(
            "What a call was like; the last line of talk.",
            {
                "turns": _count(),
                "interruptions": _count(),
                "answer_ms": _SPREAD,
                "silence_ms": _SPREAD,
                "underruns": _count("Gaps in the model's sound."),
                "concealed_ms": _count("Their length."),
                "stretched_ms": _count("Of its sound, how much was played slower or faster to avoid them."),
                "dropped_frames": _count("Frames of the microphone that nobody took in time."),
                "pictures": _count("How many the model was shown."),
                "reconnects": _count("Connections that were lost and found again."),
                "lost_turns": _count("Turns that the server knows nothing of any more."),
                "unsent_ms": _count("The user's sound that the network was too slow for."),
            },
        ),
        "device.lost": Kind("A device stopped; it is looked for from now on.", {"kind": _SIDE, "name": _DEVICE}),
        "device.back": Kind(
            "Sound goes on.",
            {
                "kind": _SIDE,
                "name": _DEVICE,
                "moved": _yes("On another device than before."),
                "rate": _count("Hz that the device has by itself."),
                "rate_before": _count("Hz that the one before had."),
            },
        ),
        "microphone.silent": Kind("The microphone gives nothing but zeros.", {"name": _DEVICE}),
        "music.sound": Kind(
            "Music has come, and was played or written.",
            {"at_s": _number("Where it begins in all that came."), "length_s": _number("How much it is.")},
        ),
        "music.filtered": Kind(
            "A prompt is not followed.", {"text": _text("The prompt."), "reason": _text("The server's.")}
        ),
        "music.end": Kind(
            "The music is over; the last line of music.",
            {
                "reason": _text("Why it ended."),
                "length_s": _number("How much there was."),
                "gaps": _count("Times that it ran out while it was played."),
                "file": {"description": "What it was written to.", "type": ["string", "null"]},
                "prompts": {"description": "The last ones.", "type": "array", "items": {"type": "string"}},
            },
        ),
        "level": Kind(
            "What `livechat devices meter` hears in a tenth of a second.",
            {"level_db": _number("The loudest 20 ms of it, in dBFS.")},
        ),
        "transcript": Kind(
            "The first line of what `livechat sessions show` has kept.",
            {
                "began": {**_text("When."), "format": "date-time"},
                "model": _text(),
                "voice": _text(),
                "server": _text(),
                "livechat": _text("The version that kept it."),
                "continues": _text("The conversation that it goes on with; often empty."),
            },
        ),
    }
)


def schema() -> Schema:
    """The schema of one line."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A line of livechat --json, version {VERSION}",
        "description": "Fields may be added to a line; none is taken away or given another meaning.",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in KINDS],
        "$defs": {name: _line(name, kind) for name, kind in KINDS.items()},
    }


def _line(name: str, kind: Kind) -> Schema:
    fields = {
        "v": {"const": VERSION},
        "t": {**_number("Seconds since the session began."), "minimum": 0},
        "type": {"const": name},
        **kind.fields,
    }
    return {"description": kind.about, "type": "object", "required": list(fields), "properties": fields}
