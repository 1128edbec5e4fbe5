"""Faults as words: what goes wrong, `@`, and when, as in `drop@audio:3`; for flags, for scenario files and for logs.

    ACT[:ARGUMENT[:ARGUMENT]]@WHEN[#CONNECTION]

Acts
    close:CODE[:REASON]     close the WebSocket: close:1011:Internal error encountered.
    drop                    reset the TCP connection
    stall:SECONDS           send nothing for so long, then all that was kept back
    halfopen                go silent for good; the connection stays
    say:TEXT                put this frame on the wire before the message
    malformed               the same with a frame that is no JSON
    empty                   the same with a frame of no bytes
    unknown                 the same with a message of which only an unknown field is there
    notutf8                 the same with a frame that is not UTF-8
    pad:BYTES               make the message so long: pad:900k, pad:1.1M
    oversized               pad:1.1M, more than the 1 MiB that many WebSocket libraries take
    double                  send the message twice
    omit                    do not send it
    swap                    send it after the next one
    rate:HZ[:lie]           send sound at that rate; a lie does not say so
    odd                     cut sound in the middle of samples
    twoforms                send a call as toolCall and once more as a part of modelTurn
Moments
    12s  500ms              so long after the connection was made
    byte:N                  after so many bytes, in the middle of a frame if need be
    audio                   the first message of that kind
    audio:3                 the third
    audio:3+  audio+        the third and every later one; every one
    audio#2                 only in the second connection
Kinds of messages, of which one message may have several
    any, setupComplete, text, thought, audio, inputTranscription, interimInputTranscription, outputTranscription,
    generationComplete, turnComplete, interrupted, toolCall, toolCallCancellation, goAway, sessionResumptionUpdate,
    voiceActivity, voiceActivityDetectionSignal, usageMetadata
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import get_args

from livechat.errors import UsageError
from livechat.server.scenario import (
    CloseWith,
    Double,
    Drop,
    Fault,
    FaultAct,
    HalfOpen,
    Kind,
    OddChunks,
    Omit,
    Pad,
    Rate,
    Say,
    Stall,
    Swap,
    TwoForms,
    When,
)
from livechat.suggest import closest

KINDS: tuple[Kind, ...] = get_args(Kind)
_IN_ANY_CASE: Mapping[str, Kind] = MappingProxyType({kind.lower(): kind for kind in KINDS})
REASON_BYTES = 123
"""What a close frame has room for (RFC 6455, 5.5)."""
LARGEST_PAD = 64 * 1_000_000
RATES = range(1_000, 384_001)
LONGEST_S = 86_400.0

SIMPLE: Mapping[str, FaultAct] = MappingProxyType(
    {
        "drop": Drop(),
        "halfopen": HalfOpen(),
        # As bytes, for the frames of production are binary ones.
        "malformed": Say(b'{"serverContent": {"modelTurn"'),
        "empty": Say(b""),
        "unknown": Say(b'{"somethingNew": {}}'),
        "notutf8": Say(b'{"serverContent": {"outputTranscription": {"text": "\xff\xfe"}}}'),
        "oversized": Pad(1_100_000),
        "double": Double(),
        "omit": Omit(),
        "swap": Swap(),
        "odd": OddChunks(),
        "twoforms": TwoForms(),
    }
)
"""The acts of one word."""
_NAMES: Mapping[FaultAct, str] = MappingProxyType({act: name for name, act in SIMPLE.items()})

_NUMBER = r"[0-9]+(?:\.[0-9]*)?(?:e[+-]?[0-9]+)?"
_SECONDS = re.compile(rf"({_NUMBER})(ms|s)", re.IGNORECASE)
_BYTE = re.compile(r"byte:([0-9]{1,15})", re.IGNORECASE)
_AT_KIND = re.compile(r"([a-z]+)(?::([0-9]+))?(\+)?", re.IGNORECASE)
_SIZE = re.compile(rf"({_NUMBER})([km]?)", re.IGNORECASE)
_UNITS = MappingProxyType({"": 1, "k": 1_000, "m": 1_000_000})


def fault(text: str) -> Fault:
    """The fault in these words. Raises UsageError."""
    act_words, at, when_words = text.rpartition("@")
    if not at:
        raise _refused(text, "it does not say when; a moment follows after @", "drop@audio:3")
    act = _act(text, act_words)
    when = _when(text, when_words.strip())
    if why := nonsense(act, when):
        raise _refused(text, why, "rate:16000@audio+")
    return Fault(act, when)


def act_of(text: str) -> CloseWith | Drop | Stall | HalfOpen:
    """One of the four acts that end or stop a connection, in words without a moment. Raises UsageError."""
    act = _act(text, text)
    if isinstance(act, (CloseWith, Drop, Stall, HalfOpen)):
        return act
    raise _refused(text, "here only close, drop, stall and halfopen can be", "close:1011:Internal error encountered.")


def words(fault: Fault) -> str:
    """The words that `fault` reads as this; of a frame that is not text as near as text comes to it."""
    return f"{_act_words(fault.act)}@{_when_words(fault.when)}"


def mistake_in_close(code: int, reason: str) -> str:
    """Why no WebSocket can be closed like that (RFC 6455, 7.4), or nothing."""
    if code in (1005, 1006, 1015):
        return f"{code} is never sent: it is what a client says of a connection that just ended; that is `drop`"
    if not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        return f"{code} is no close code: those are 1000 to 1003, 1007 to 1014 and 3000 to 4999"
    size = len(reason.encode("utf-8", "surrogatepass"))
    return f"the reason has {size} bytes, and a close frame has room for {REASON_BYTES}" if size > REASON_BYTES else ""


def nonsense(act: FaultAct, when: When) -> str:
    """Why this act cannot be at that moment, or nothing."""
    match act:
        case Rate() | OddChunks() if when.kind != "audio":
            return "only sound has a rate and samples: the moment is audio, audio:N or audio+"
        case TwoForms() if when.kind != "toolCall":
            return "only a call has two forms: the moment is toolCall, toolCall:N or toolCall+"
        case Pad() | Double() | Omit() | Swap() if when.kind is None:
            return "this is done to a message, so the moment is a kind of message, or any"
        case Say() if when.byte is not None:
            return "a frame cannot stand in the middle of another: the moment is a kind of message or a time"
        case _:
            return ""


# --------------------------------------------------------------------------------------------------- reading


def _act(text: str, act_words: str) -> FaultAct:
    name, colon, arguments = act_words.partition(":")
    name = name.strip().lower()
    if name in SIMPLE:
        if colon:
            raise _refused(text, f"{name} takes no argument", f"{name}@{'toolCall' if name == 'twoforms' else 'audio'}")
        return SIMPLE[name]
    if name not in _WITH_ARGUMENTS:
        near = closest(name, [*SIMPLE, *_WITH_ARGUMENTS])
        raise _refused(text, f"unknown act {name!r}" + (f" — did you mean {near!r}?" if near else ""), "drop@audio:3")
    read, example = _WITH_ARGUMENTS[name]
    if not colon:
        raise _refused(text, f"{name} needs to be told more after a colon", example)
    act = read(arguments)
    if isinstance(act, str):
        raise _refused(text, act, example)
    return act


def _close(arguments: str) -> CloseWith | str:
    code, _, reason = arguments.partition(":")
    number = _whole(code)
    if number is None:
        return f"{code.strip()!r} is no close code"
    return mistake_in_close(number, reason) or CloseWith(number, reason)


def _stall(arguments: str) -> Stall | str:
    seconds = _seconds(arguments.strip()) or _seconds(f"{arguments.strip()}s")
    if not seconds:
        return f"{arguments.strip()!r} is no time to be silent, up to a day"
    return Stall(seconds)


def _pad(arguments: str) -> Pad | str:
    found = _SIZE.fullmatch(arguments.strip())
    size = float(found[1]) * _UNITS[found[2].lower()] if found else 0.0
    if not 1 <= size <= LARGEST_PAD:
        return f"{arguments.strip()!r} is no number of bytes up to 64M"
    return Pad(int(size))


def _rate(arguments: str) -> Rate | str:
    hz, colon, manner = arguments.partition(":")
    if _whole(hz) not in RATES:
        return f"{hz.strip()!r} is no rate in Hz from {RATES.start} to {RATES.stop - 1}"
    if colon and manner.strip().lower() != "lie":
        return f"after the rate only `lie` can stand, not {manner.strip()!r}"
    return Rate(int(hz), told=not colon)


_WITH_ARGUMENTS: Mapping[str, tuple[Callable[[str], FaultAct | str], str]] = MappingProxyType(
    {
        "close": (_close, "close:1011:Internal error encountered.@audio:3"),
        "stall": (_stall, "stall:5@audio:3"),
        "say": (Say, 'say:{"serverContent": {"turnComplete": true}}@turnComplete'),
        "pad": (_pad, "pad:900k@audio"),
        "rate": (_rate, "rate:16000@audio+"),
    }
)
"""The acts that are told more, each with its reader, which gives the act or what is wrong, and an example."""


def _when(text: str, when_words: str) -> When:
    moment, hash_sign, number = when_words.partition("#")
    connection = _whole(number) if hash_sign else None
    if hash_sign and not connection:
        raise _refused(text, f"{number!r} is no number of a connection, counted from 1", "drop@audio#1")
    if (seconds := _seconds(moment)) is not None:
        return When(after_s=seconds, connection=connection)
    if found := _BYTE.fullmatch(moment):
        return When(byte=_whole(found[1]), connection=connection)
    return _at_message(text, moment, connection)


def _at_message(text: str, moment: str, connection: int | None) -> When:
    found = _AT_KIND.fullmatch(moment)
    if found is None:
        raise _refused(text, f"{moment!r} is no moment: a kind of message, 12s, 500ms or byte:N", "drop@audio:3")
    kind = _IN_ANY_CASE.get(found[1].lower())
    if kind is None:
        near = closest(found[1], KINDS)
        guess = f" — did you mean {near}?" if near else f"; there are {', '.join(KINDS)}"
        raise _refused(text, f"unknown kind of message {found[1]!r}{guess}", "drop@audio:3")
    nth = _whole(found[2] or "1")
    if not nth:
        raise _refused(text, f"{found[2]} is no number of a message, counted from 1", f"drop@{kind}:1")
    return When(kind, nth, onwards=bool(found[3]), connection=connection)


def _seconds(moment: str) -> float | None:
    found = _SECONDS.fullmatch(moment)
    if found is None:
        return None
    seconds = float(found[1]) / (1000 if found[2].lower() == "ms" else 1)
    return seconds if seconds <= LONGEST_S else None


def _whole(digits: str) -> int | None:
    """The number in up to 15 digits."""
    return int(digits) if re.fullmatch(r"[0-9]{1,15}", digits.strip()) else None


def _refused(text: str, why: str, example: str) -> UsageError:
    return UsageError(f"the fault {text!r}: {why}", hint=f"for example {example}")


# ---------------------------------------------------------------------------------------------------- writing


def _act_words(act: FaultAct) -> str:
    match act:
        case CloseWith(code, reason):
            return f"close:{code}:{reason}" if reason else f"close:{code}"
        case Stall(seconds):
            return f"stall:{_plain(seconds)}"
        case Pad(size):
            return f"pad:{size}"
        case Rate(hz, told):
            return f"rate:{hz}" if told else f"rate:{hz}:lie"
        case Say(frame) if act not in _NAMES:
            return f"say:{frame if isinstance(frame, str) else frame.decode('utf-8', 'replace')}"
        case _:
            return _NAMES[act]


def _when_words(when: When) -> str:
    connection = f"#{when.connection}" if when.connection is not None else ""
    if when.after_s is not None:
        return f"{_plain(when.after_s)}s{connection}"
    if when.byte is not None:
        return f"byte:{when.byte}{connection}"
    nth = f":{when.nth}" if when.nth != 1 else ""
    return f"{when.kind}{nth}{'+' if when.onwards else ''}{connection}"


def _plain(seconds: float) -> str:
    return f"{seconds!r}".removesuffix(".0")
