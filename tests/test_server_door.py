"""What the door of the embedded server answers, without a socket."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from livechat.server.answers import Answer
from livechat.server.auth_tokens import TokenMint
from livechat.server.door import Door, Visitor, is_get
from livechat.server.gate import Asked, Gate
from livechat.server.scenario import Upgrade

NOW = datetime(2026, 11, 21, tzinfo=UTC)
URL = "ws://127.0.0.1:8765"
LIVE = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
CONSTRAINED = "//ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContentConstrained"
MINT = "/v1alpha/auth_tokens"
HOST = ("host", "localhost")


def door(gate: Gate | None = None, places: int = 2, upgrade: Upgrade | None = None) -> Door:
    return Door(gate or Gate(), TokenMint(), places=places, upgrade=upgrade, health=lambda: {"status": "ok"})


def get(at: Door, target: str = LIVE, *headers: tuple[str, str], taken: int = 0, now: datetime = NOW) -> object:
    return at.receive(Asked("GET", target, (HOST, *headers)), URL, taken, now)


def refused(answer: object) -> Answer:
    assert isinstance(answer, Answer)
    return answer


def body(answer: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(refused(answer).body)
    return found


def test_the_first_bytes_say_whether_it_is_a_get() -> None:
    assert is_get(b"GET /") is True
    assert is_get(b"GE") is None
    assert is_get(b"") is None
    assert is_get(b"POST") is False
    assert is_get(b"GEX") is False


def test_who_may_come_in_is_let_in() -> None:
    visitor = get(door())
    assert isinstance(visitor, Visitor)
    assert (visitor.path.api, visitor.token) == ("developer", None)


def test_a_stranger_is_turned_away_before_anything_else() -> None:
    answer = refused(door(upgrade=Upgrade(503)).receive(Asked("GET", "/", (("host", "evil.example"),)), URL, 0, NOW))
    assert answer.status == 403


def test_a_full_house_says_so() -> None:
    assert refused(get(door(), taken=2)).status == 503
    assert isinstance(get(door(), taken=1), Visitor)


def test_another_path_is_told_where_to_go() -> None:
    answer = refused(get(door(), "/ws"))
    assert answer.status == 404
    assert f"{URL}{LIVE}" in answer.body


def test_health_is_told() -> None:
    assert body(get(door(), "/healthz?x")) == {"status": "ok"}


def test_the_servers_token_is_wanted_everywhere() -> None:
    ours = door(Gate(token="sesame"))
    for target in (LIVE, "/healthz", "/nothing"):
        assert refused(get(ours, target)).status == 401
    assert isinstance(get(ours, LIVE, ("x-goog-api-key", "sesame")), Visitor)
    assert isinstance(get(ours, LIVE + "?key=sesame"), Visitor)
    assert refused(get(ours, "/healthz", ("authorization", "Bearer sesame"))).status == 200


# --------------------------------------------------------------------------------------------- the scenario


def test_a_scenario_answers_in_place_of_a_websocket_as_often_as_it_says() -> None:
    flaky = door(upgrade=Upgrade(429, times=2, retry_after_s=3))
    answers = [get(flaky) for _ in range(3)]
    assert [refused(answer).status for answer in answers[:2]] == [429, 429]
    assert refused(answers[0]).headers == (("Retry-After", "3"),)
    assert isinstance(answers[2], Visitor)


def test_a_scenario_answers_so_for_ever_unless_it_says_how_often() -> None:
    shut = door(upgrade=Upgrade(404))
    assert [refused(get(shut)).status for _ in range(9)] == [404] * 9


def test_health_is_told_whatever_the_scenario() -> None:
    shut = door(upgrade=Upgrade(503, times=1))
    assert refused(get(shut, "/healthz")).status == 200
    assert refused(get(shut)).status == 503


# ----------------------------------------------------------------------------------------------- the tokens


def minted(at: Door, body_: bytes = b"{}") -> str:
    name: str = body(at.mint(body_, NOW, "auth_tokens/abc"))["name"]
    return name


@pytest.mark.parametrize(
    ("suffix", "headers"),
    [
        ("", [("authorization", "Token auth_tokens/abc")]),
        ("", [("x-goog-api-key", "auth_tokens/abc")]),
        ("?access_token=auth_tokens/abc", []),
        ("?access_token=auth_tokens%2Fabc", []),
    ],
)
def test_a_minted_token_opens_the_constrained_path(suffix: str, headers: list[tuple[str, str]]) -> None:
    for gate in (Gate(), Gate(token="sesame")):
        ours = door(gate)
        assert minted(ours) == "auth_tokens/abc"
        visitor = get(ours, CONSTRAINED + suffix, *headers)
        assert isinstance(visitor, Visitor)
        assert visitor.token is not None
        assert visitor.token.token.uses == 1


def test_nothing_else_opens_it_and_the_answer_says_how_to_mint_one() -> None:
    ours = door()
    minted(ours)
    strange = ("x-goog-api-key", "auth_tokens/abd")
    late = refused(get(ours, CONSTRAINED + "?access_token=auth_tokens/abc", now=NOW + timedelta(minutes=2)))
    keyless, unknown = refused(get(ours, CONSTRAINED + "?key=x")), refused(get(ours, CONSTRAINED, strange))
    for answer in (keyless, unknown, late):
        assert answer.status == 401
        assert "curl -d '{}' http://127.0.0.1:8765/v1alpha/auth_tokens" in answer.body
    assert "no such auth token" in unknown.body
    assert "earlier" in late.body


def test_how_to_mint_one_names_the_key_it_takes() -> None:
    assert "-H 'x-goog-api-key: TOKEN'" in refused(get(door(Gate(token="sesame")), CONSTRAINED)).body


def test_an_ephemeral_token_is_not_the_servers() -> None:
    ours = door(Gate(token="sesame"))
    minted(ours)
    assert refused(get(ours, LIVE + "?access_token=auth_tokens/abc")).status == 401


def test_a_bad_request_for_a_token_is_answered_as_google_does() -> None:
    answer = door().mint(b"[]", NOW, "auth_tokens/abc")
    assert answer.status == 400
    assert body(answer)["error"]["status"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    "path", ["/v1/auth_tokens", "/v1beta/auth_tokens", "//v1alpha/auth_tokens?key=x", "/gw" + MINT]
)
def test_tokens_are_minted_at_every_version(path: str) -> None:
    assert door().turns_away(Asked("POST", path, (HOST,))) is None


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (Asked("POST", MINT, (("host", "evil.example"),)), 403),
        (Asked("POST", MINT, (HOST, ("origin", "null"))), 403),
        (Asked("POST", MINT, (HOST,)), 401),
        (Asked("POST", "/v2/auth_tokens", (HOST, ("x-goog-api-key", "sesame"))), 404),
        (Asked("DELETE", MINT, (HOST, ("x-goog-api-key", "sesame"))), 405),
    ],
)
def test_other_methods_pass_the_same_gate(asked: Asked, status: int) -> None:
    answer = door(Gate(token="sesame")).turns_away(asked)
    assert refused(answer).status == status
    assert body(answer)["error"]["code"] == status


def test_every_refusal_says_in_a_word_what_was_the_matter() -> None:
    ours = door(Gate(token="sesame"))
    key = ("x-goog-api-key", "sesame")
    answers: dict[str, list[object]] = {
        "origin": [get(ours, LIVE, key, ("origin", "null"))],
        "host": [ours.receive(Asked("GET", LIVE), URL, 0, NOW), ours.turns_away(Asked("POST", MINT))],
        "token": [get(ours), get(ours, CONSTRAINED, key), ours.turns_away(Asked("POST", MINT, (HOST,)))],
        "path": [get(ours, "/ws", key), ours.turns_away(Asked("POST", "/ws", (HOST, key)))],
        "method": [get(ours, MINT, key), ours.turns_away(Asked("PUT", MINT, (HOST, key)))],
        "places": [get(ours, LIVE, key, taken=2)],
        "scenario": [get(door(upgrade=Upgrade(302))), get(door(upgrade=Upgrade(503)))],
        "body": [ours.mint(b"[]", NOW, "auth_tokens/abc")],
        "": [get(ours, "/healthz", key)],
    }
    found = {matter: {refused(answer).matter for answer in given} for matter, given in answers.items()}
    assert found == {matter: {matter} for matter in answers}


def test_a_get_of_the_tokens_is_told_the_method() -> None:
    answer = refused(get(door(), MINT))
    assert (answer.status, answer.headers) == (405, (("Allow", "POST"),))
