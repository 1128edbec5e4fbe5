"""The HTTP answers of the embedded server that are not a WebSocket."""

from __future__ import annotations

import json

import pytest

from livechat.server.answers import MESSAGES, STATUSES, failure, instead_of_upgrade, told, turned_away
from livechat.server.gate import TurnedAway
from livechat.server.scenario import Upgrade


def test_an_error_has_the_shape_of_googles() -> None:
    answer = failure(400, "No.")
    assert answer.status == 400
    assert json.loads(answer.body) == {"error": {"code": 400, "message": "No.", "status": "INVALID_ARGUMENT"}}
    assert json.loads(failure(418, "Tea.").body)["error"]["status"] == "UNKNOWN"


def test_a_success_is_its_fields() -> None:
    assert json.loads(told({"status": "ok"}).body) == {"status": "ok"}


def test_a_person_is_told_in_one_line() -> None:
    answer = turned_away(TurnedAway(403, "Not you."))
    assert (answer.status, answer.body) == (403, "Not you.\n")
    assert answer.kind.startswith("text/plain")


@pytest.mark.parametrize("status", [401, 403, 404, 429, 503])
def test_a_scenario_refuses_as_google_does(status: int) -> None:
    answer = instead_of_upgrade(Upgrade(status))
    error = json.loads(answer.body)["error"]
    assert (answer.status, answer.headers) == (status, ())
    assert answer.matter == "scenario"
    assert error == {"code": status, "message": MESSAGES[status], "status": STATUSES[status]}


def test_a_scenario_can_say_when_to_come_again() -> None:
    assert instead_of_upgrade(Upgrade(429, retry_after_s=7)).headers == (("Retry-After", "7"),)


def test_a_portal_leads_away() -> None:
    answer = instead_of_upgrade(Upgrade(302, location="https://portal.example/in"))
    assert answer.headers == (("Location", "https://portal.example/in"),)
    assert answer.kind.startswith("text/html")
    assert "https://portal.example/in" in answer.body


def test_a_status_without_a_known_message_says_that_it_is_the_scenarios() -> None:
    assert "scenario" in json.loads(instead_of_upgrade(Upgrade(500)).body)["error"]["message"]
