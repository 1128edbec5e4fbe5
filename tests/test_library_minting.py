"""A request for a token says what google-genai's says, and an answer that is none is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from livechat.errors import RemoteProtocolError, UsageError
from livechat.library.config import LiveConfig
from livechat.library.minting import Lock, lasting, mask_of, name_in, request_of
from livechat.library.setup import setup_of
from livechat.protocol.setup import GenerationConfig, Setup, SpeechConfig

CAPTURED = Path(__file__).with_name("vectors") / "auth_tokens.jsonl"
VECTORS = [json.loads(line)["body"] for line in CAPTURED.read_text().splitlines()]
"""Bodies captured from google-genai 3.4.0."""
EXPIRES = datetime(2026, 11, 21, 1, tzinfo=UTC)
BEGINS = datetime(2026, 11, 21, 0, 31, tzinfo=UTC)
LIVE = "models/gemini-3.8-live"
BARE = LiveConfig(input_transcription=False, output_transcription=False, compression=False)


def body(
    setup: Setup | None = None,
    lock: Lock = "all",
    uses: int = 1,
    expires: datetime | None = None,
    begins_until: datetime | None = None,
) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request_of(setup, lock, uses, expires, begins_until))
    return found


def test_a_token_for_anything_is_asked_for_like_google_does() -> None:
    assert body() == VECTORS[0]


def test_times_are_written_like_google_does() -> None:
    assert body(expires=EXPIRES, begins_until=BEGINS) == VECTORS[1]


def test_what_a_config_leads_to_is_locked_like_google_does() -> None:
    setup = setup_of(BARE.changed(temperature=0.7, resumption=True), LIVE)
    assert body(setup, "given") == VECTORS[2]


def test_named_fields_are_locked_like_google_does() -> None:
    setup = Setup(model=LIVE, generation_config=GenerationConfig(temperature=0.7))
    theirs = dict(VECTORS[3], fieldMask=VECTORS[3]["fieldMask"].replace("max_output_tokens", "maxOutputTokens"))
    assert body(setup, ["max_output_tokens"], uses=2) == theirs


def test_the_whole_setup_is_locked_by_having_no_mask() -> None:
    assert "fieldMask" not in body(setup_of(BARE, LIVE))


@pytest.mark.parametrize(
    ("lock", "mask"),
    [
        ("all", []),
        ("given", ["model", "generationConfig.speechConfig", "sessionResumption"]),
        ([], ["model", "generationConfig.speechConfig", "sessionResumption"]),
        (("tools", "top_p", "generationConfig.speech_config", "realtime_input_config.turn_coverage"), [
            *("model", "generationConfig.speechConfig", "sessionResumption"),
            *("tools", "generationConfig.topP", "realtimeInputConfig.turnCoverage"),
        ]),
    ],
)  # fmt: skip
def test_a_mask_names_what_is_given_and_what_is_asked_for_once(lock: Lock, mask: list[str]) -> None:
    setup = Setup.model_validate({"model": LIVE, "sessionResumption": {}})
    setup.generation_config = GenerationConfig(speech_config=SpeechConfig(language_code="de-DE"))
    assert sorted(mask_of(setup, lock)) == sorted(mask)


@pytest.mark.parametrize(
    ("lock", "near"), [(["temprature"], "did you mean temperature"), (["☃"], ""), ("givn", "not one of all, given")]
)
def test_a_lock_that_is_none_is_refused(lock: Lock, near: str) -> None:
    with pytest.raises(UsageError, match="lock") as refused:
        mask_of(Setup(model=LIVE), lock)
    assert near in str(refused.value)
    assert ("did you mean" in str(refused.value)) == near.startswith("did")


def test_there_is_nothing_to_lock_in_a_token_for_anything() -> None:
    with pytest.raises(UsageError, match="nothing to lock"):
        body(lock="given")


@pytest.mark.parametrize("uses", [-1, True])
def test_a_number_of_uses_that_is_none_is_refused(uses: int) -> None:
    with pytest.raises(UsageError, match="uses="):
        body(uses=uses)


def test_a_time_is_given_in_seconds_or_whole() -> None:
    assert lasting(None, "expire_in") is None
    assert lasting(90, "expire_in") == lasting(timedelta(seconds=90), "expire_in") == timedelta(seconds=90)


@pytest.mark.parametrize("span", [0, -1, 72_000, timedelta(hours=20), timedelta(0)])
def test_a_time_that_no_token_has_is_refused(span: float | timedelta) -> None:
    with pytest.raises(UsageError, match=r"expire_in=.*20 hours"):
        lasting(span, "expire_in")


def test_the_name_is_what_the_answer_says() -> None:
    assert name_in(b'{"name": "auth_tokens/abc"}', "it") == "auth_tokens/abc"


@pytest.mark.parametrize(
    "answer",
    [
        *(b"", b"<html>", b"[]", b"{}", b"7", b"null", b'{"name": 7}', b'{"name": "secret"}', b"[" * 100_000),
        *(
            b'{"name": "auth_tokens/a b"}',
            b'{"name": "auth_tokens/a\\nsecret: b"}',
            b'{"name": "auth_tokens/\xc3\xbc"}',
        ),
        b'{"name": "auth_tokens/' + b"a" * 5000 + b'"}',
    ],
    ids=range(13),
)
def test_an_answer_without_a_token_is_none_and_is_not_shown(answer: bytes) -> None:
    with pytest.raises(RemoteProtocolError, match=r"it has answered with something else than a token$") as refused:
        name_in(answer, "it")
    assert "secret" not in repr(refused.value)
