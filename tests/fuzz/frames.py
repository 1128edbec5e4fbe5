"""Frames that no server should send, written by the protocol's own grammar and then spoilt: each from one integer.

`frame(n)` is the same for the same n in every run. Most are messages of the field list in which something is wrong:
a type, a number, an alphabet, a name, an order. Others are no message, no JSON or no text at all. Those of `frame`
have at most 100 kB; `giant(n)` makes the few that are as large as a frame may be, or larger.
"""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from random import Random

from livechat.protocol.codec import MAX_FRAME
from tests.wire_facts import ENUMS, FIELDS, snake, vectors

Frame = str | bytes
DEPTHS = (20, 150, 199, 201, 1_000, 20_000, 60_000, 100_000)
NO_NUMBERS = ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "0x1F", "01", "+1", "1.", ".5", "--1", "1e", "1_000")
NUMBERS = (
    *("0", "-0", "1", "-1", "0.5", "1.0", "1e3", "40.0", "2147483648", "-2147483649", "9223372036854775807"),
    *("9223372036854775808", "-9223372036854775809", "1e308", "1e-400", "0.1e1", "4294967296", "1" * 5000, "9" * 400),
    *(
        "-" + "8" * 5000,
        "0." + "3" * 3000,
        "1e0000000000000000000000001",
        '"7"',
        '"-7"',
        '"1e3"',
        '"' + "1" * 5000 + '"',
    ),
)
TEXTS = (
    *('""', '"a"', '"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d\\ude42"', '"\\u0000"', '"\\u001b]0;owned\\u0007"'),
    *(
        '"\\u202e"',
        '"\\x41"',
        '"\\u12"',
        '"tab\there"',
        '"line\nend"',
        '"你好 🙂"',
        '"\ufeff"',
        '"\x1b[2J"',
        "'single'",
    ),
    *('"50s"', '"1e999s"', '"-5s"', '"nans"', '"9.500s"', '"models/x"', '"\\/\\b\\f\\n\\r\\t"', '"[bold]"', '"\x7f"'),
)
RATES = ("audio/pcm", "audio/pcm;rate=24000", "audio/pcm;rate=16000", "audio/pcm;rate=48000", "audio/pcm; rate=0")
MIMES = (*RATES, "audio/pcm;rate=-1", "audio/pcm;rate=1e9", "audio/l16;rate=44100;channels=2", "audio/opus", "", ";;;=")
NO_BASE64 = (
    "A",
    "AAAAA",
    "====",
    "AA=A",
    "!!!AAAA",
    "A A A",
    "AAA\\n",
    "ÄÖÜ=",
    "AAB=",
    "AA==AA==",
    "-_+/",
    "\\u0041AAA",
)
ODD_VALUES = (
    *(
        "null",
        "true",
        "false",
        "0",
        "-1",
        "1.5",
        '""',
        '"x"',
        "[]",
        "{}",
        "[null]",
        "[[]]",
        '{"":{}}',
        '"yes?"',
        '"true"',
    ),
    *(
        '{"a":1,"a":2}',
        "[1,",
        "{,}",
        "nul",
        "undefined",
        "NaN",
        "1e999",
        "[[[[[[[[[[]]]]]]]]]]",
        "/*c*/1",
        "[1,]",
        "tru",
    ),
)
SCALARS = (
    *(
        "",
        " ",
        "\n\r\t ",
        "null",
        "true",
        "0",
        "-0",
        '""',
        '"a"',
        "[]",
        "[[]]",
        "[null]",
        "{}",
        "{",
        "}",
        "[",
        '"',
        "nul",
    ),
    *(
        "{}{}",
        "{} x",
        "[1,2",
        '{"a"}',
        '{"a":}',
        '{"a":1,}',
        "{'a':1}",
        "{a:1}",
        "\ufeff{}",
        "\x00",
        "{}\x00",
        "//x",
        "NaN",
    ),
    *(
        "1e999",
        "9" * 5000,
        "setupComplete",
        '{"serverContent"',
        '"\\ud800"',
        "\u2028{}",
        "<html></html>",
        "HTTP/1.1 200 OK",
    ),
)
IN_ORDER: tuple[Callable[[Random], object], ...] = (
    lambda _: {"serverContent": {"turnComplete": True}},
    lambda _: {"serverContent": {"generationComplete": True}},
    lambda _: {"serverContent": {"interrupted": True}},
    lambda _: {"serverContent": {"interrupted": True, "turnComplete": True, "generationComplete": True}},
    lambda draw: {
        "serverContent": {"turnComplete": True, "interactionStatus": draw.choice(ENUMS["InteractionStatus"])}
    },
    lambda draw: {"serverContent": {"interactionStatus": draw.choice(ENUMS["InteractionStatus"])}},
    lambda draw: {
        "serverContent": {"turnComplete": True, "turnCompleteReason": draw.choice(ENUMS["TurnCompleteReason"])}
    },
    lambda draw: {"serverContent": {"modelTurn": {"parts": [{"text": "words ", "thought": draw.random() < 0.3}]}}},
    lambda draw: {"serverContent": {"inputTranscription": {"text": "late", "finished": draw.random() < 0.5}}},
    lambda draw: {"serverContent": {"outputTranscription": {"text": "said "}, "waitingForInput": draw.random() < 0.5}},
    lambda draw: {"serverContent": {"modelTurn": {"parts": [{"inlineData": _sound(draw)}]}}},
    lambda draw: {"toolCall": {"functionCalls": [_call(draw) for _ in range(draw.randrange(4))]}},
    lambda draw: {"serverContent": {"modelTurn": {"parts": [{"functionCall": _call(draw)}]}}},
    lambda draw: {
        "toolCallCancellation": {"ids": [draw.choice(("c1", "c2", "none", "")) for _ in range(draw.randrange(4))]}
    },
    lambda draw: {"goAway": {"timeLeft": draw.choice(("50s", "0s", "-1s", "0.5s", "1e9s", "never", "60.000000001s"))}},
    lambda draw: {"sessionResumptionUpdate": {"newHandle": draw.choice(("h", "", "h" * 3000)), "resumable": True}},
    lambda _: {"sessionResumptionUpdate": {"resumable": True}},
    lambda _: {"setupComplete": {"sessionId": "another"}},
    lambda draw: {"usageMetadata": {"totalTokenCount": draw.choice((0, -5, 2**62)), "promptTokenCount": 2**62}},
    lambda _: {"error": {"code": 429, "message": "Resource has been exhausted", "status": "RESOURCE_EXHAUSTED"}},
    lambda _: {"voiceActivity": {"type": "ACTIVITY_END", "audioOffset": "-1s"}},
    lambda draw: {"setupComplete": {}, "toolCall": {"functionCalls": [_call(draw)]}, "goAway": {}, "serverContent": {}},
)
"""Messages that are well-formed and come when nothing calls for them."""
CAPTURED = [json.dumps(row["message"]) for row in vectors("server.jsonl")]

GIANTS = (
    ('{"serverContent":{"modelTurn":{"parts":[{"inlineData":{"data":"', "A", '"}}]}}}'),
    ('{"serverContent":{"modelTurn":{"parts":[{"text":"', "x", '"}]}}}'),
    ('{"serverContent":{"modelTurn":{"parts":[{"text":"', "é", '"}]}}}'),
    ('{"serverContent":{"modelTurn":{"parts":[{"text":"', "\\ud800", '"}]}}}'),
    ('{"serverContent":{"modelTurn":{"parts":[{"text":1}', ',{"text":1}', "]}}}"),
    ('{"usageMetadata":{"promptTokensDetails":[1', ",1", "]}}"),
    ('{"toolCallCancellation":{"ids":["a"', ',"a"', "]}}"),
    ('{"error":[1e999', ",1e999", "]}"),
    ('{"totalTokenCount":', "9", "}"),
    ("[", "[", "]"),
    ('{"a":', '{"a":', "1}"),
    ("", " ", "{}"),
    ('{"serverContent":{}', ',"serverContent":{}', "}"),
)
"""What the largest frames begin with, repeat, and end with."""


def frame(seed: int) -> Frame:
    """The frame of this number."""
    return _Maker(Random(seed)).frame()


def giant(seed: int) -> Frame:
    """A frame of about the 16 MiB that one may have, or of more; each kind comes once in `len(GIANTS)` numbers."""
    draw = Random(seed)
    size = draw.choice((MAX_FRAME - 200, MAX_FRAME - 50, MAX_FRAME, MAX_FRAME + 1, MAX_FRAME + 65_536))
    opening, piece, ending = GIANTS[seed % len(GIANTS)]
    count = (size - len(opening.encode()) - len(ending.encode())) // len(piece.encode())
    text = opening + piece * count + ending
    return text if draw.random() < 0.5 else text.encode()


def _sound(draw: Random) -> dict[str, str]:
    data = draw.randbytes(draw.choice((0, 1, 2, 3, 481, 960, 961, 4_799)))
    encode = draw.choice((b64encode, urlsafe_b64encode))
    return {"mimeType": draw.choice(MIMES), "data": encode(data).decode()}


def _call(draw: Random) -> dict[str, object]:
    call: dict[str, object] = {
        "name": draw.choice(("f", "", "get_time", "a b", "\x1b[2J")),
        "args": {"n": draw.randrange(3)},
    }
    if draw.random() < 0.8:
        call["id"] = draw.choice(("c1", "c2", "", "#1", "x" * 500))
    return call


class _Maker:
    """Makes one frame. `_spoilt` is how often, of all values in it, one is not of its type."""

    def __init__(self, draw: Random) -> None:
        self._draw = draw
        self._spoilt = draw.choice((0.0, 0.03, 0.1, 0.3))

    def frame(self) -> Frame:
        draw = self._draw
        (make,) = draw.choices(
            (self._grammatical, self._disorderly, self._captured, self._rubbish, self._monster, self._noise),
            (50, 20, 8, 12, 1, 9),
        )
        made = make()
        if isinstance(made, str) and draw.random() < 0.2:
            made = self._mangled(made)
        return self._form(made)

    # -------------------------------------------------------------------------------------------- its kinds

    def _grammatical(self) -> str:
        fields = FIELDS["server.ServerMessage"]
        chosen = self._draw.choices(sorted(fields), k=self._draw.choice((1, 1, 1, 2, 4)))
        pairs = [self._pair(name, fields[name], self._draw.choice((2, 4, 6))) for name in chosen]
        if self._draw.random() < 0.1:
            pairs.append(
                f'"{self._draw.choice(("brandNew", "code", "text", "", "__class__", "model_config"))}":{self._odd()}'
            )
        return "{" + ",".join(pairs) + "}"

    def _disorderly(self) -> str:
        return json.dumps(self._draw.choice(IN_ORDER)(self._draw), ensure_ascii=self._draw.random() < 0.5)

    def _captured(self) -> str:
        return self._mangled(self._draw.choice(CAPTURED))

    def _rubbish(self) -> str:
        return self._draw.choice(SCALARS)

    def _noise(self) -> bytes:
        draw = self._draw
        noise = draw.randbytes(draw.choice((0, 1, 2, 3, 4, 16, 200, 5_000)))
        head = draw.choice((b"", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"{\x00", b'{"a":"', b"RIFF", b"\x1f\x8b"))
        return head + noise

    def _monster(self) -> str:
        draw = self._draw
        depth, odd = draw.choice(DEPTHS), self._odd()
        many = min(draw.choice((500, 3_000)), 60_000 // (len(odd) + 12))
        return draw.choice(
            (
                lambda: "[" * depth + "]" * draw.choice((0, depth)),
                lambda: '{"serverContent":' * (depth // 16) + "1" + "}" * (depth // 16),
                lambda: '{"error":' + "[" * depth + "]" * depth + "}",
                lambda: '{"toolCall":{"functionCalls":[{"args":{"a":' + "[" * depth + "]" * depth + "}}]}}",
                lambda: '{"serverContent":{"modelTurn":{"parts":[' + ",".join(['{"text":' + odd + "}"] * many) + "]}}}",
                lambda: "{" + ",".join(f'"f{n}":{odd}' for n in range(many)) + "}",
                lambda: "{" + ",".join('"goAway":{"timeLeft":"1s"}' for _ in range(many)) + "}",
                lambda: '{"usageMetadata":{"promptTokensDetails":[' + ",".join([odd] * many) + "]}}",
                lambda: '{"toolCallCancellation":{"ids":[' + ",".join(f'"i{n}"' for n in range(many)) + "]}}",
                lambda: '{"error":' + "9" * 60_000 + "}",
                lambda: '{"' + "k" * 60_000 + '":' + odd + "}",
                lambda: '{"goAway":{"timeLeft":"' + "9" * 60_000 + 's"}}',
                lambda: '{"serverContent":{"modelTurn":{"parts":[{"text":"' + "\\u00e9" * 10_000 + '"}]}}}',
                lambda: '{"serverContent":{"modelTurn":{"parts":[{"inlineData":{"data":"' + "-_+/" * 15_000 + '"}}]}}}',
                lambda: '{"serverContent":{"outputTranscription":{"text":"' + " " * 60_000 + '"}}}',
                lambda: json.dumps({"toolCall": {"functionCalls": [_call(draw) for _ in range(many // 20)]}}),
            )
        )()

    # ----------------------------------------------------------------------------------------- the grammar

    def _message(self, name: str, depth: int) -> str:
        fields = FIELDS[name]
        chosen: Sequence[str] = (
            self._draw.choices(sorted(fields), k=self._draw.randrange(4)) if fields and depth > 0 else ()
        )
        return "{" + ",".join(self._pair(field, fields[field], depth) for field in chosen) + "}"

    def _pair(self, field: str, code: str, depth: int) -> str:
        draw = self._draw
        name = field if draw.random() < 0.8 else snake(field)
        value = self._odd() if draw.random() < self._spoilt else self._value(code, depth - 1)
        if draw.random() < 0.01:
            return f'"{name}":{value},"{name}":{self._odd()}'
        return f'"{name}":{value}'

    def _value(self, code: str, depth: int) -> str:
        draw = self._draw
        kind, _, rest = code.partition(":")
        if kind == "list":
            return "[" + ",".join(self._value(rest, depth) for _ in range(draw.randrange(4))) + "]"
        if kind == "map":
            return "{" + ",".join(f'"k{n}":{self._value(rest, depth)}' for n in range(draw.randrange(3))) + "}"
        if kind == "enum":
            return json.dumps(draw.choice((*ENUMS[rest], "NOT_YET_KNOWN", "")))
        if kind in FIELDS:
            return self._message(kind, depth)
        if kind == "bool":
            return draw.choice(("true", "true", "false", "null"))
        if kind == "bytes":
            return self._bytes()
        if kind in ("int", "float"):
            return draw.choice(NUMBERS if draw.random() < 0.8 else NO_NUMBERS)
        if kind == "str":
            return draw.choice(TEXTS) if draw.random() < 0.7 else json.dumps(draw.choice(MIMES))
        return '{"a":' + self._odd() + "}"

    def _bytes(self) -> str:
        if self._draw.random() < self._spoilt:
            return f'"{self._draw.choice(NO_BASE64)}"'
        return json.dumps(_sound(self._draw)["data"])

    def _odd(self) -> str:
        return self._draw.choice(self._draw.choice((ODD_VALUES, NUMBERS, NO_NUMBERS, TEXTS)))

    # ----------------------------------------------------------------------------------- how it is sent

    def _mangled(self, text: str) -> str:
        """With one piece of it gone, doubled, moved or replaced."""
        draw = self._draw
        start = draw.randrange(len(text) + 1)
        end = min(len(text), start + draw.choice((0, 1, 1, 2, 8, 64)))
        before, piece, after = text[:start], text[start:end], text[end:]
        put = draw.choice(
            ("", piece * 2, "\x00", "\ufffd", "\ud800", '"', "\\", "{", "]", ",", ":", "1", "é", " ", "\n")
        )
        return draw.choice((before + put + after, before, after, after + piece + before))

    def _form(self, made: Frame) -> Frame:
        """As text, as the same in bytes, or as bytes that are no UTF-8."""
        if isinstance(made, bytes) or self._draw.random() < 0.5:
            return made
        if self._draw.random() < 0.05:
            return made.encode(self._draw.choice(("utf-16", "utf-32", "utf-8-sig")), "surrogatepass")
        return made.encode("utf-8", "surrogatepass")
