"""The forty-five misbehaviours: seen in production, or one step from it."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode

from tests.compare.stage import Case, Play, Refusal, Talk

PART = "the answer so far "
BIG = 1_200_000
HTML = "<html><title>Welcome to the hotel's network</title></html>"
DENIED = json.dumps({"error": {"code": 403, "message": "API key not valid.", "status": "PERMISSION_DENIED"}})
SLOW_S = 46.0
CALL = {"id": "call-1", "name": "note", "args": {"text": "milk"}}


def single(frame: object) -> Play:
    """This, as the only thing that is wrong, before the first answer; JSON if it is neither text nor bytes."""

    async def play(talk: Talk) -> None:
        await talk.ready()
        number = await talk.question()
        await talk.send(frame if isinstance(frame, (str, bytes)) else json.dumps(frame))
        await talk.answer(number)
        await talk.go_on()

    return play


def closing(code: int, reason: str, *, said: str = "answer") -> Play:
    """The connection ends in the middle of the first answer."""

    async def play(talk: Talk) -> None:
        await talk.ready()
        await talk.question()
        if said:
            await talk.write(said)
        await talk.close(code, reason)

    return play


async def resets(talk: Talk) -> None:
    await talk.ready()
    await talk.question()
    await talk.write("answer")
    await asyncio.sleep(0.05)
    talk.reset()


async def hangs_up(talk: Talk) -> None:
    await talk.ready()
    await talk.question()
    await talk.write("answer")
    await asyncio.sleep(0.05)
    talk.hang_up()


async def closes_between(talk: Talk) -> None:
    await talk.ready()
    await talk.answer(await talk.question())
    await asyncio.sleep(0.05)
    await talk.close(1000, "The operation was cancelled.")


async def goes_away(talk: Talk) -> None:
    await talk.ready()
    await talk.say({"goAway": {"timeLeft": "0.5s"}})
    await talk.answer(await talk.question())
    await asyncio.sleep(0.5)
    await talk.close(1011, "Deadline expired before operation could complete.")


async def goes_away_in_silence(talk: Talk) -> None:
    await talk.ready()
    await talk.answer(await talk.question())
    await talk.say({"goAway": {"timeLeft": "0.2s"}})
    await talk.client.wait_closed()


async def refuses_the_handle(talk: Talk) -> None:
    if talk.number == 1:
        await talk.ready()
        await talk.say({"sessionResumptionUpdate": {"newHandle": "h1", "resumable": True}})
        await talk.question()
        await talk.write("answer")
        await talk.close(1011, "Internal error encountered.")
        return
    await talk.begin()
    if talk.setup.get("sessionResumption", {}).get("handle"):
        await talk.close(1007, "Request contains an invalid argument.")
        return
    await talk.say({"setupComplete": {}})
    await talk.go_on()


async def never_ready(talk: Talk) -> None:
    await talk.begin()
    await talk.client.wait_closed()


async def content_first(talk: Talk) -> None:
    await talk.begin()
    await talk.say({"usageMetadata": {"totalTokenCount": 0}})
    await talk.say({"setupComplete": {}})
    await talk.go_on()


async def key_refused(talk: Talk) -> None:
    await talk.begin()
    await talk.close(1008, "API key not valid. Please pass a valid API key.")


async def stalls(talk: Talk) -> None:
    await talk.ready()
    await talk.question()
    await talk.write("answer")
    await talk.client.wait_closed()


async def completes_twice(talk: Talk) -> None:
    await talk.ready()
    await talk.answer(await talk.question())
    await talk.complete()
    await talk.go_on()


async def never_completes(talk: Talk) -> None:
    await talk.ready()
    number = await talk.question()
    await talk.write(f"answer {number}")
    await talk.say({"serverContent": {"generationComplete": True}})
    await talk.go_on()


async def interrupts_late(talk: Talk) -> None:
    await talk.ready()
    await talk.answer(await talk.question())
    await talk.say({"serverContent": {"interrupted": True}})
    await talk.complete()
    await talk.go_on()


async def sounds_late(talk: Talk) -> None:
    await talk.ready()
    number = await talk.question()
    await talk.write(f"answer {number}")
    await talk.say({"serverContent": {"interrupted": True}})
    await talk.write(" more of what was cut off")
    await talk.complete()
    await talk.go_on()


async def pauses_in_between(talk: Talk) -> None:
    await talk.ready()
    number = await talk.question()
    await talk.write("answer")
    await talk.complete(interactionStatus="IN_PROGRESS")
    await asyncio.sleep(0.1)
    await talk.write(f" {number}")
    await talk.complete(interactionStatus="IDLE")
    await talk.go_on()


async def calls_twice(talk: Talk) -> None:
    await talk.ready()
    number = await talk.question()
    await talk.say({"toolCall": {"functionCalls": [CALL]}})
    await talk.say({"toolCall": {"functionCalls": [CALL]}})
    await talk.answered()
    await talk.answer(number)
    await talk.go_on()


async def calls_in_two_forms(talk: Talk) -> None:
    await talk.ready()
    number = await talk.question()
    await talk.say({"serverContent": {"modelTurn": {"parts": [{"functionCall": CALL}]}}})
    await talk.say({"toolCall": {"functionCalls": [CALL]}})
    await talk.answered()
    await talk.answer(number)
    await talk.go_on()


async def cancels_a_call_of_nobody(talk: Talk) -> None:
    await talk.ready()
    number = await talk.question()
    await talk.say({"toolCallCancellation": {"ids": ["nobody's"]}})
    await talk.say({"toolCall": {}})
    await talk.answer(number)
    await talk.go_on()


async def calls_and_is_lost(talk: Talk) -> None:
    """The call comes again in the next connection, as a model that is asked again asks again."""
    await talk.ready()
    number = await talk.question()
    call = {**CALL, "id": f"call-{talk.number}"}
    await talk.say({"toolCall": {"functionCalls": [call]}})
    await talk.answered()
    if talk.number == 1:
        await talk.close(1011, "Internal error encountered.")
        return
    await talk.answer(number)
    await talk.go_on()


async def never_pongs(talk: Talk) -> None:
    talk.answer_no_pings()
    await talk.ready()
    number = await talk.question()
    await talk.write("answer")
    for _ in range(int(SLOW_S / 2)):
        await asyncio.sleep(2.0)
        await talk.say({"usageMetadata": {"totalTokenCount": 1}})
    await talk.write(f" {number}")
    await talk.complete()
    await talk.go_on()


async def breaks_text(talk: Talk) -> None:
    await talk.ready()
    number = await talk.question()
    await talk.send_broken_text(b'{"serverContent":{"modelTurn":{"parts":[{"text":"\xff\xfe"}]}}}')
    await talk.answer(number)
    await talk.go_on()


def spoken(pcm: bytes) -> object:
    data = {"mimeType": "audio/pcm;rate=24000", "data": b64encode(pcm).decode()}
    return {"serverContent": {"modelTurn": {"parts": [{"inlineData": data}]}}}


UPGRADE_HEADERS = (("Content-Type", "application/json"),)

CASES = (
    # the connection ends
    Case("closes with 1000 in mid-turn, as at the cap", closing(1000, "The operation was cancelled.")),
    Case("closes with 1001 in mid-turn", closing(1001, "going away")),
    Case("closes with 1007 in mid-turn", closing(1007, "Request contains an invalid argument.")),
    Case("closes with 1008 in mid-turn", closing(1008, "Operation is not implemented, or supported, or enabled")),
    Case("closes with 1011 in mid-turn", closing(1011, "Internal error encountered.")),
    Case("closes with 1011: deadline expired", closing(1011, "Deadline expired before operation could complete.")),
    Case("closes with 1011: unavailable", closing(1011, "The service is currently unavailable."), patience_s=8.0),
    Case("closes with 1011: quota exceeded", closing(1011, "RESOURCE_EXHAUSTED: quota exceeded"), wanted="word"),
    Case("closes with 1000 between two turns", closes_between),
    Case("resets TCP in mid-turn", resets),
    Case("ends the stream in mid-turn, without a close", hangs_up),
    Case("goAway, then closes with 1011", goes_away),
    Case("goAway, then silence", goes_away_in_silence, patience_s=8.0),
    Case("closes, and refuses the handle it gave", refuses_the_handle, always=True, patience_s=8.0),
    Case("a tool has run; closes before the answer", calls_and_is_lost, always=True, effects=1),
    # no session comes about
    Case("takes TCP and never answers the upgrade", silent=True, wanted="word", patience_s=13.0),
    Case("never sends setupComplete", never_ready, always=True, wanted="word", patience_s=13.0),
    Case("sends something else before setupComplete", content_first),
    Case("refuses the key after the setup (1008)", key_refused, always=True, wanted="word"),
    Case("403 at the upgrade", refusal=Refusal(403, DENIED, UPGRADE_HEADERS), wanted="word"),
    Case("429 at the upgrade", refusal=Refusal(429, "", (("Retry-After", "30"),)), wanted="word"),
    Case("503 at the upgrade", refusal=Refusal(503, "overloaded"), wanted="word", patience_s=8.0),
    Case("302 to another origin at the upgrade", refusal=Refusal(302, to_another=True), wanted="word"),
    Case(
        "200 and a page: a captive portal", refusal=Refusal(200, HTML, (("Content-Type", "text/html"),)), wanted="word"
    ),
    # one bad message
    Case("malformed JSON", single('{"serverContent": {"modelTurn": ')),
    Case("binary that is no UTF-8", single(b"\xff\xfe\x00\x80{}")),
    Case("a text frame that is no UTF-8", breaks_text),
    Case("a JSON array", single([1, 2])),
    Case("null", single("null")),
    Case("an empty frame", single(b"")),
    Case("an unknown message alone", single({"somethingNew": {"a": 1}})),
    Case("an error object of a gateway", single({"error": {"code": 429, "message": "quota"}})),
    Case("an unknown field and enum", single({"serverContent": {"new": 1, "interactionStatus": "DREAMING"}})),
    Case("a word where a bool belongs", single({"serverContent": {"generationComplete": "yes?"}})),
    Case("bad base64", single({"serverContent": {"modelTurn": {"parts": [{"inlineData": {"data": "!!!A"}}]}}})),
    Case("NaN as a count", single('{"usageMetadata": {"totalTokenCount": NaN}}')),
    Case("JSON 100,000 deep", single("[" * 100_000 + "]" * 100_000)),
    Case("a message of 1.2 MB", single({"serverContent": {"groundingMetadata": {"webSearchQueries": ["q" * BIG]}}})),
    # disorder
    Case("turnComplete twice", completes_twice),
    Case("no turnComplete", never_completes, patience_s=14.0),
    Case("interrupted after turnComplete", interrupts_late),
    Case("a turn that pauses (IN_PROGRESS)", pauses_in_between),
    Case("a call that comes twice", calls_twice, effects=1),
    Case("stalls in mid-turn for ever", stalls, wanted="answers", patience_s=25.0),
    Case("never answers a ping, data flows for 46 s", never_pongs, patience_s=SLOW_S + 6.0),
)
QUICK = (
    "an unknown message alone",
    "an error object of a gateway",
    "NaN as a count",
    "turnComplete twice",
    "403 at the upgrade",
    "a message of 1.2 MB",
)
"""Those that `make test` runs."""
