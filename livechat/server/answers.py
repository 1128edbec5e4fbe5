"""Makes the HTTP answers of the embedded server that are not a WebSocket, errors in the shape of Google's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from livechat.server.gate import Matter, TurnedAway
from livechat.server.scenario import Upgrade

JSON: Final = "application/json; charset=UTF-8"
TEXT: Final = "text/plain; charset=utf-8"

STATUSES: Final[Mapping[int, str]] = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    408: "DEADLINE_EXCEEDED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
"""The canonical code that Google writes beside an HTTP status (google.rpc.Code)."""
MESSAGES: Final[Mapping[int, str]] = {
    401: "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
    "authentication credential.",
    403: "The caller does not have permission",
    404: "Requested entity was not found.",
    429: "Resource has been exhausted (e.g. check quota).",
    503: "The service is currently unavailable.",
}
"""What Google says with it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer; length and connection are added where it is sent."""

    status: int
    body: str
    kind: str = JSON
    """The Content-Type."""
    headers: tuple[tuple[str, str], ...] = ()
    line: str = ""
    """The same in one line, for a log."""
    matter: Matter = ""
    """Why it is a refusal, in a word."""


def told(fields: Mapping[str, object]) -> Answer:
    """A success with these fields."""
    return Answer(200, json.dumps(fields) + "\n")


def failure(status: int, message: str, *headers: tuple[str, str], matter: Matter = "") -> Answer:
    """An error as Google's APIs write it."""
    error = {"code": status, "message": message, "status": STATUSES.get(status, "UNKNOWN")}
    body = json.dumps({"error": error}, indent=2) + "\n"
    return Answer(status, body, headers=headers, line=message, matter=matter)


def turned_away(refused: TurnedAway) -> Answer:
    """A line for a person: what a terminal shows of a WebSocket that was refused."""
    return Answer(refused.status, refused.line + "\n", TEXT, line=refused.line, matter=refused.matter)


def instead_of_upgrade(upgrade: Upgrade) -> Answer:
    """What a scenario answers in place of a WebSocket."""
    if 300 <= upgrade.status < 400:
        page = f'<html><body>Log in to go on: <a href="{upgrade.location}">{upgrade.location}</a></body></html>\n'
        leads = (("Location", upgrade.location),)
        return Answer(upgrade.status, page, "text/html; charset=utf-8", leads, "to a portal", "scenario")
    message = MESSAGES.get(upgrade.status, "An error of the scenario.")
    if upgrade.retry_after_s is None:
        return failure(upgrade.status, message, matter="scenario")
    return failure(upgrade.status, message, ("Retry-After", str(upgrade.retry_after_s)), matter="scenario")
