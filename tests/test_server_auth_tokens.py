"""The ephemeral tokens: what is asked for, what they open, for how long, and what they fix."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from livechat.protocol.codec import decode_client_message, encode
from livechat.protocol.setup import Setup
from livechat.server.agreement import Refusal
from livechat.server.auth_tokens import (
    DEEPEST_PATH,
    KEPT,
    KEPT_SIZE,
    MOST_PATHS,
    MOST_USES,
    BadToken,
    Denied,
    Presented,
    Token,
    TokenMint,
)
from livechat.server.bounds import MOST_VALUES

NOW = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
NAME = "auth_tokens/x"
VECTORS = [
    json.loads(line)
    for line in (Path(__file__).parent / "vectors" / "auth_tokens.jsonl").read_text("utf-8").splitlines()
]


def minted(mint: TokenMint | None = None, /, **fields: object) -> Token:
    return (mint or TokenMint()).mint(json.dumps(fields).encode(), NOW, NAME)


def shown(**fields: object) -> Presented:
    """A token that is shown at the door at once."""
    mint = TokenMint()
    minted(mint, **fields)
    return mint.present(NAME, NOW)


def setup(**fields: object) -> Setup:
    found = decode_client_message(json.dumps({"setup": fields})).setup
    assert found is not None
    return found


def effective(token: Presented, **fields: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encode(token.effective(setup(**fields))))
    return found


# ------------------------------------------------------------------------------------------- the request


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: ",".join(vector["body"]))
def test_what_googles_client_asks_for_is_minted(vector: dict[str, Any]) -> None:
    token = minted(**vector["body"])
    assert token.name == NAME
    assert token.uses == vector["body"]["uses"]
    assert bool(token.mask) is ("fieldMask" in vector["body"])


def test_nothing_asked_for_is_one_session_begun_within_a_minute_and_half_an_hour_long() -> None:
    token = TokenMint().mint(b"", NOW, NAME)
    assert token.uses == 1
    assert token.begins_until == NOW + timedelta(seconds=60)
    assert token.expires == NOW + timedelta(minutes=30)
    assert (token.setup, token.mask) == (None, ())


def test_times_and_uses_are_as_asked_in_either_spelling() -> None:
    token = minted(expire_time="2026-11-21T05:00:00.5Z", newSessionExpireTime="2026-11-21T02:31:00+01:00", uses="0")
    assert token.expires == datetime(2026, 11, 21, 5, 0, 0, 500_000, tzinfo=UTC)
    assert token.begins_until == datetime(2026, 11, 21, 1, 31, tzinfo=UTC)
    assert token.uses == 0
    assert minted(uses=None).uses == 1


def test_no_session_begins_after_the_token_has_expired() -> None:
    token = minted(expireTime="2026-11-21T00:31:00Z", newSessionExpireTime="2026-11-21T03:00:00Z")
    assert token.begins_until == token.expires


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "Invalid JSON"),
        (b"\xff", "Invalid JSON"),
        (b"[" * 100_000, "Invalid JSON"),
        (b"[]", "no object"),
        (b'{"a\\"b": 1}', r"Unknown name \"a\\\"b\""),
        (b'{"uses": -1}', "auth_token.uses"),
        (b'{"uses": 1.0}', "auth_token.uses"),
        (b'{"uses": true}', "auth_token.uses"),
        (b'{"uses": "x"}', "auth_token.uses"),
        (b'{"uses": "99999999999999999999999999"}', "auth_token.uses"),
        (json.dumps({"uses": MOST_USES + 1}).encode(), "auth_token.uses"),
        (b'{"expireTime": "soon"}', "auth_token.expireTime"),
        (b'{"expireTime": 7}', "auth_token.expireTime"),
        (b'{"expireTime": "2026-11-21T01:00:00"}', "auth_token.expireTime"),
        (b'{"expireTime": "2026-11-21T00:30:00Z"}', "in the future"),
        (b'{"newSessionExpireTime": "2026-11-21T20:30:00Z"}', "20 hours"),
        (b'{"bidiGenerateContentSetup": 7}', "bidi_generate_content_setup"),
        (b'{"bidiGenerateContentSetup": {"model": 7}}', "bidi_generate_content_setup"),
        (b'{"bidiGenerateContentSetup": {}, "fieldMask": 7}', "field_mask"),
        (b'{"bidiGenerateContentSetup": {}, "fieldMask": "modell"}', "modell"),
        (b'{"bidiGenerateContentSetup": {}, "fieldMask": "model..x"}', "field_mask"),
        (b'{"fieldMask": "model"}', "must be empty"),
        (b'{"bidiGenerateContentSetup": {"tools": [' + b"{}," * MOST_VALUES + b"{}]}}", "More than 32768 values"),
        (
            b'{"bidiGenerateContentSetup": {}, "fieldMask": "model' + b",model" * MOST_PATHS + b'"}',
            "more than 256 paths",
        ),
        (b'{"bidiGenerateContentSetup": {}, "fieldMask": "model' + b".a" * DEEPEST_PATH + b'"}', "more than 16 names"),
    ],
)
def test_what_cannot_be_minted_is_named(body: bytes, said: str) -> None:
    with pytest.raises(BadToken) as caught:
        TokenMint().mint(body, NOW, NAME)
    assert said.replace("\\", "") in str(caught.value).replace("\\", "")
    assert caught.value.status == 400


def test_tokens_do_not_pile_up() -> None:
    mint = TokenMint()
    for number in range(KEPT):
        mint.mint(b"", NOW, f"auth_tokens/{number}")
    with pytest.raises(BadToken) as caught:
        mint.mint(b"", NOW, NAME)
    assert caught.value.status == 429
    assert mint.mint(b"", NOW + timedelta(minutes=30), NAME)


@pytest.mark.parametrize(
    "asked",
    [
        {"bidiGenerateContentSetup": {"systemInstruction": {"parts": [{"text": "x" * 900_000}]}}},
        {"bidiGenerateContentSetup": {}, "fieldMask": ",".join(["model" + ".a" * (DEEPEST_PATH - 1)] * MOST_PATHS)},
    ],
)
def test_neither_do_their_setups_and_masks(asked: dict[str, Any]) -> None:
    mint, body = TokenMint(), json.dumps(asked).encode()
    size = mint.mint(body, NOW, "auth_tokens/first").size
    for number in range(KEPT_SIZE // size - 1):
        mint.mint(body, NOW, f"auth_tokens/{number}")
    with pytest.raises(BadToken) as caught:
        mint.mint(body, NOW, NAME)
    assert caught.value.status == 429
    assert mint.mint(b"", NOW, NAME).size == 0
    assert mint.mint(body, NOW + timedelta(minutes=30), NAME)


# ------------------------------------------------------------------------------------------- what it opens


def test_it_begins_as_many_sessions_as_it_has_uses() -> None:
    token = shown(uses=2)
    for _ in range(2):
        assert effective(token, model="models/a") == {"model": "models/a"}
    with pytest.raises(Refusal, match="no uses left"):
        token.effective(setup(model="models/a"))


def test_without_a_limit_it_begins_any_number() -> None:
    token = shown(uses=0)
    assert [effective(token) for _ in range(50)] == [{}] * 50


def test_going_on_with_a_session_is_no_use_and_open_to_a_spent_token() -> None:
    mint = TokenMint()
    minted(mint)
    mint.present(NAME, NOW).effective(setup())
    later = mint.present(NAME, NOW + timedelta(minutes=29))
    for _ in range(3):
        assert effective(later, sessionResumption={"handle": "h"}) == {"sessionResumption": {"handle": "h"}}
    with pytest.raises(Refusal, match="begun earlier"):
        later.effective(setup(sessionResumption={}))


def test_the_door_is_shut_when_it_opens_nothing() -> None:
    mint = TokenMint()
    minted(mint)
    with pytest.raises(Denied, match="no such auth token"):
        mint.present("auth_tokens/y", NOW)
    with pytest.raises(Denied, match="begun earlier"):
        mint.present(NAME, NOW + timedelta(seconds=60))
    with pytest.raises(Denied, match="expired"):
        mint.present(NAME, NOW + timedelta(minutes=30))


def test_a_token_is_not_shown() -> None:
    assert NAME not in repr(shown())


# --------------------------------------------------------------------------------------------- what it fixes

OURS = {
    "model": "models/gemini-3.8-live",
    "generationConfig": {"temperature": 0.5, "responseModalities": ["AUDIO"]},
    "outputAudioTranscription": {},
}
THEIRS = {
    "model": "models/other",
    "generationConfig": {"temperature": 1.5, "maxOutputTokens": 7},
    "systemInstruction": {"parts": [{"text": "Be rude."}]},
}


def test_without_a_setup_the_connections_own_holds() -> None:
    assert effective(shown(), **THEIRS) == THEIRS


def test_a_setup_without_a_mask_replaces_the_connections() -> None:
    assert effective(shown(bidiGenerateContentSetup=OURS), **THEIRS) == OURS


def test_a_mask_overwrites_what_it_names_and_nothing_else() -> None:
    token = shown(bidiGenerateContentSetup=OURS, fieldMask="model,generationConfig.temperature")
    assert effective(token, **THEIRS) == {
        **THEIRS,
        "model": OURS["model"],
        "generationConfig": {"temperature": 0.5, "maxOutputTokens": 7},
    }


def test_a_mask_may_be_written_as_python_does() -> None:
    token = shown(bidiGenerateContentSetup=OURS, fieldMask="generation_config.response_modalities, model")
    fixed = effective(token, **THEIRS)
    assert fixed["generationConfig"] == {"temperature": 1.5, "maxOutputTokens": 7, "responseModalities": ["AUDIO"]}


def test_what_a_mask_names_and_the_token_leaves_open_is_left_out() -> None:
    token = shown(bidiGenerateContentSetup=OURS, fieldMask="generationConfig.maxOutputTokens,systemInstruction")
    assert effective(token, **THEIRS) == {"model": "models/other", "generationConfig": {"temperature": 1.5}}


def test_an_object_whose_fields_are_all_left_out_is_left_out_itself() -> None:
    token = shown(bidiGenerateContentSetup=OURS, fieldMask="generationConfig.topK,proactivity.proactiveAudio")
    assert effective(token, generationConfig={"topK": 3.0}) == {}


def test_an_empty_object_counts_as_there() -> None:
    token = shown(bidiGenerateContentSetup=OURS, fieldMask="outputAudioTranscription")
    assert effective(token)["outputAudioTranscription"] == {}


@pytest.mark.parametrize("mask", [{}, {"fieldMask": "sessionResumption"}])
def test_of_which_session_to_go_on_the_connection_says_where_the_token_asks_for_resumption(
    mask: dict[str, str],
) -> None:
    token = shown(bidiGenerateContentSetup={"sessionResumption": {}}, **mask)
    assert effective(token, sessionResumption={"handle": "h"})["sessionResumption"] == {"handle": "h"}


def test_a_token_that_asks_for_no_resumption_gets_none() -> None:
    assert effective(shown(bidiGenerateContentSetup=OURS), sessionResumption={"handle": "h"}) == OURS
