"""Reads one HTTP request that is not a GET (the library of the WebSockets reads no other) and answers it.

It has no socket: bytes are fed in, and what it is given to write and to close with does the rest. How long a client
may take is the business of who owns the connection.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final, TypeAlias

import h11

from livechat.server.answers import Answer, failure
from livechat.server.gate import Asked

LONGEST_HEAD: Final = 16 * 1024
LONGEST_BODY: Final = 2**20

Header: TypeAlias = tuple[bytes, bytes]


class OneRequest:
    """A connection's only request. `turns_away` looks at its head, `answers` at the whole."""

    def __init__(
        self,
        turns_away: Callable[[Asked], Answer | None],
        answers: Callable[[Asked, bytes], Answer],
        write: Callable[[bytes], None],
        close: Callable[[], None],
    ) -> None:
        self._turns_away = turns_away
        self._answers = answers
        self._write = write
        self._close = close
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=LONGEST_HEAD)
        self._asked: Asked | None = None
        self._body = bytearray()
        self._answered = False

    def feed(self, data: bytes) -> None:
        """These bytes came. What comes after an answer is passed over: to close on it would lose the answer."""
        try:
            self._http.receive_data(data)
            while self._take(self._http.next_event()):
                pass
        except h11.RemoteProtocolError as error:
            self._answer(failure(error.error_status_hint, f"That is no HTTP request: {error}"))
            self._close()

    def end(self) -> None:
        """The client will send no more."""
        self._close()

    def _take(self, event: object) -> bool:
        """Whether there may be another event."""
        match event:
            case h11.Request():
                self._begin(asked(event))
            case h11.Data():
                self._read(event.data)
            case h11.EndOfMessage():
                if self._asked is not None and not self._answered:
                    self._answer(self._answers(self._asked, bytes(self._body)))
                self._close()
            case _:
                return False
        return True

    def _begin(self, head: Asked) -> None:
        self._asked = head
        refused = self._turns_away(head)
        if refused is not None:
            self._answer(refused)
        elif self._http.they_are_waiting_for_100_continue:
            self._send(h11.InformationalResponse(status_code=100, headers=[]))

    def _read(self, data: bytes | bytearray) -> None:
        if self._answered:
            return
        self._body += data
        if len(self._body) > LONGEST_BODY:
            self._body.clear()
            self._answer(failure(413, f"The body has more than {LONGEST_BODY} bytes."))

    def _answer(self, answer: Answer) -> None:
        if self._answered:
            return
        self._answered = True
        body = answer.body.encode()
        headers = [
            ("Content-Type", answer.kind),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
            *answer.headers,
        ]
        reason = HTTPStatus(answer.status).phrase
        self._send(h11.Response(status_code=answer.status, reason=reason, headers=headers))
        if self._asked is None or self._asked.method != "HEAD":
            self._send(h11.Data(data=body))
        self._send(h11.EndOfMessage())

    def _send(self, event: h11.InformationalResponse | h11.Response | h11.Data | h11.EndOfMessage) -> None:
        self._write(self._http.send(event) or b"")


def asked(request: h11.Request) -> Asked:
    """The head of a request as the Door reads it."""
    headers = tuple((name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers)
    return Asked(request.method.decode("ascii"), request.target.decode("ascii"), headers)
