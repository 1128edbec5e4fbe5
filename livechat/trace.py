"""Writes every input of a session with its time into a file, and reads it back for the same mind.

One JSON object a line: first the terms of the conversation, then the inputs as they came. The file holds the words
and the voice of who spoke; secrets are replaced before a line is written. Times are the session clock's own, exact to
the last bit, so that a replay makes the news byte for byte.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, fields
from math import isfinite
from typing import Any, cast, get_args

from livechat.closing import Facts
from livechat.conversation import Conversation, Terms
from livechat.errors import BadInput, RemoteProtocolError
from livechat.events import Event, Heard, Input, Received, Said
from livechat.ledger import Exchange, Past
from livechat.protocol.client import ClientMessage
from livechat.protocol.codec import decode_client_message, decode_server_message, encode
from livechat.tool_calls import ToolRule

VERSION = 1
REDACTED = "[hidden]"
"""What the screen shows in place of a secret too: a replay prints what was printed."""

Record = dict[str, Any]

_INPUTS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Input)}


class TraceWriter:
    """The trace of one session, line by line.

    A line is handed over before its input takes effect. What it is handed to writes it soon, not at once: when the
    process is killed the trace ends a tenth of a second before that at most, and lacks nothing before its end.
    """

    def __init__(self, write: Callable[[str], object], terms: Terms, began: float, secrets: Sequence[str] = ()) -> None:
        """`write` takes a line with its end, and must neither wait nor raise; see `disk.LineWriter`."""
        self._write = write
        self._secrets = [secret for secret in secrets if secret]
        setup = json.loads(encode(ClientMessage(setup=terms.setup)))["setup"]
        waits: Record = {"plays": terms.plays, "setup_s": terms.setup_s, "answer_s": terms.answer_s}
        waits["answers_calls"] = terms.answers_calls
        waits |= {"tries": terms.tries, "jitter": terms.jitter, "stall_s": terms.stall_s}
        waits["tools"] = {name: asdict(rule) for name, rule in terms.tools.items()}
        theirs = {"setup": setup, "facts": asdict(terms.facts), "past": asdict(terms.past)}
        self._line({"livechat_trace": VERSION, "began": began, **waits}, theirs)

    def write(self, happened: Input, now: float) -> None:
        self._line({"at": now, "in": type(happened).__name__}, _facts(happened))

    def _line(self, ours: Record, theirs: Record) -> None:
        """One line; what is theirs may hold a secret, and what is ours only looks like one."""
        record = ours | {name: self._redacted(value) for name, value in theirs.items()}
        self._write(json.dumps(record) + "\n")

    def _redacted(self, value: object) -> object:
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, REDACTED)
            return value
        if isinstance(value, dict):
            return {self._redacted(name): self._redacted(inner) for name, inner in cast(Record, value).items()}
        if isinstance(value, (list, tuple)):
            return [self._redacted(inner) for inner in cast("list[object]", value)]
        return value


def replay(lines: Iterable[str], tell: Callable[[float, Event], None]) -> bool:
    """Runs a trace through a new mind and tells its news with their seconds.

    False when the last line is torn, as a killed session leaves it: all before it was told.
    Raises BadInput with the number of a line that is damaged.
    """
    mind: Conversation | None = None
    began = 0.0
    for number, line in enumerate(lines, 1):
        try:
            record: Record = json.loads(line)
            if mind is None:
                mind, began = Conversation(_terms(record)), _seconds(record["began"])
                continue
            happened, now = _input(record), _seconds(record["at"])
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError, RemoteProtocolError) as error:
            if mind is None:
                break
            if not line.endswith("\n"):
                return False
            raise BadInput(f"line {number} of the trace is damaged", why=repr(error)) from None
        for output in mind.handle(happened, now):
            if isinstance(output, Event):
                tell(now - began, output)
    if mind is None:
        raise BadInput("this is not a trace of livechat", hint="make one with --trace FILE")
    return True


def _terms(head: Record) -> Terms:
    setup = decode_client_message(json.dumps({"setup": head["setup"]})).setup
    if head["livechat_trace"] != VERSION or setup is None:
        raise ValueError("another version")
    facts: Record = head["facts"]
    facts |= {name: tuple(str(one) for one in facts[name]) for name in ("models", "options")}
    waits = _seconds(head["setup_s"]), _seconds(head["answer_s"])
    tools = {str(name): ToolRule(**rule) for name, rule in head.get("tools", {}).items()}
    elsewhere = bool(head.get("answers_calls"))
    return Terms(setup, bool(head["plays"]), *waits, Facts(**facts), elsewhere, tools, **_recovery(head))


def _recovery(head: Record) -> Record:
    """What the terms say of connections that are lost; traces of before had none of it."""
    past: Record = head.get("past", {})
    turns = tuple(Exchange(str(one["user"]), str(one["model"])) for one in past.get("turns", ()))
    again = {"tries": int(head.get("tries", 0)), "past": Past(str(past.get("handle", "")), turns)}
    return again | {name: _seconds(head[name]) for name in ("jitter", "stall_s") if name in head}


def _facts(happened: Input) -> Record:
    match happened:
        case Received(message):
            return {"message": json.loads(encode(message))}
        case Said(message):
            return {"message": json.loads(encode(message))}
        case Heard(pcm):
            return {"pcm": base64.b64encode(pcm).decode("ascii")}
        case _:
            return {field.name: getattr(happened, field.name) for field in fields(happened)}


def _input(record: Record) -> Input:
    """The input that a line holds; of exactly the types that it would have had."""
    kind = _INPUTS[record.pop("in")]
    facts = {name: value for name, value in record.items() if name != "at"}
    if "message" in facts:
        decode = decode_client_message if kind is Said else decode_server_message
        facts["message"] = decode(json.dumps(facts["message"]))
    if "pcm" in facts:
        facts["pcm"] = base64.b64decode(facts["pcm"], validate=True)
    for field in fields(kind):
        wanted = "dict" if str(field.type).startswith("Mapping") else field.type
        if field.name in facts and type(facts[field.name]).__name__ != wanted:
            raise TypeError(f"{field.name} should be {field.type}")
    happened: Input = kind(**facts)
    return happened


def _seconds(value: object) -> float:
    if not isinstance(value, (int, float)) or not isfinite(value):
        raise ValueError("a time should be a number")
    return float(value)
