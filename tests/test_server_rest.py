"""One HTTP request, fed in as bytes and answered in bytes."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest

from livechat.server.answers import Answer, failure, told
from livechat.server.gate import Asked
from livechat.server.rest import LONGEST_BODY, OneRequest

POST = b"POST /v1alpha/auth_tokens?key=x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\n"


class Exchange:
    """A request under way: what was written, and whether it was closed."""

    def __init__(self, refusal: Answer | None = None) -> None:
        self.refusal = refusal
        self.heads: list[Asked] = []
        self.bodies: list[bytes] = []
        self.written = b""
        self.closings = 0
        self.request = OneRequest(self.turns_away, self.answers, self.write, self.close)

    def turns_away(self, asked: Asked) -> Answer | None:
        self.heads.append(asked)
        return self.refusal

    def answers(self, asked: Asked, body: bytes) -> Answer:
        self.bodies.append(body)
        return told({"name": "auth_tokens/x"})

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.closings += 1

    def json(self) -> dict[str, Any]:
        head, _, body = self.written.partition(b"\r\n\r\n")
        assert f"Content-Length: {len(body)}".encode() in head
        assert b"Connection: close" in head
        found: dict[str, Any] = json.loads(body)
        return found


def exchange(*pieces: bytes, refusal: Answer | None = None) -> Exchange:
    found = Exchange(refusal)
    for piece in pieces:
        found.request.feed(piece)
    return found


def test_a_request_is_answered_and_the_connection_closed() -> None:
    done = exchange(POST + b'{"uses": 1}')
    assert done.bodies == [b'{"uses": 1}']
    assert done.written.startswith(b"HTTP/1.1 200 OK\r\n")
    assert done.json() == {"name": "auth_tokens/x"}
    assert done.closings == 1
    (head,) = done.heads
    assert (head.method, head.target, head.every("host")) == (
        "POST",
        "/v1alpha/auth_tokens?key=x",
        ["localhost"],
    )


def test_it_may_come_in_pieces_of_any_size() -> None:
    whole = POST + b'{"uses": 1}'
    done = exchange(*(bytes([byte]) for byte in whole))
    assert done.bodies == [b'{"uses": 1}']
    assert done.closings == 1


def test_it_may_come_in_chunks() -> None:
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert exchange(head, b"2\r\n{}\r\n", b"0\r\n\r\n").bodies == [b"{}"]


def test_what_is_turned_away_is_answered_before_its_body_is_there() -> None:
    done = exchange(POST, refusal=failure(404, "No."))
    assert done.written.startswith(b"HTTP/1.1 404 Not Found\r\n")
    assert done.json()["error"]["message"] == "No."
    assert done.bodies == []
    assert done.closings == 0, "the client may still be sending"
    done.request.feed(b"x" * 10)
    assert done.closings == 0
    done.request.feed(b"x")
    assert done.closings == 1
    assert len(done.heads) == 1


def test_a_client_that_ends_in_the_middle_is_closed() -> None:
    done = exchange(POST)
    done.request.end()
    assert (done.closings, done.written) == (1, b"")


def test_junk_behind_an_answer_ends_the_connection_and_is_not_answered() -> None:
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    done = exchange(head, b"junk\r\n", refusal=failure(404, "No."))
    assert done.closings == 1
    assert done.written.count(b"HTTP/1.1") == 1


def test_a_client_that_waits_to_be_told_to_go_on_is_told() -> None:
    done = exchange(POST.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
    assert done.written.startswith(b"HTTP/1.1 100 ")
    done.request.feed(b'{"uses": 1}')
    assert b"HTTP/1.1 200 OK" in done.written


def test_a_body_of_a_mebibyte_is_read_and_a_longer_one_is_not() -> None:
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
    assert exchange(head % LONGEST_BODY, b" " * LONGEST_BODY).bodies == [b" " * LONGEST_BODY]
    done = exchange(head % 10**9, b" " * LONGEST_BODY, b" ")
    assert done.json()["error"]["code"] == 413
    assert done.bodies == []


def test_what_comes_after_the_answer_is_not_kept() -> None:
    done = exchange(
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n", refusal=failure(404, "No.")
    )
    piece = b" " * 2**16
    tracemalloc.start()
    for _ in range(64):
        done.request.feed(piece)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20


@pytest.mark.parametrize(
    ("junk", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
        (b"HELO there\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nX: " + b"x" * 20_000, 431),
    ],
)
def test_what_is_no_request_is_told_so(junk: bytes, status: int) -> None:
    done = exchange(junk)
    assert done.written.startswith(f"HTTP/1.1 {status} ".encode())
    assert done.json()["error"]["code"] == status
    assert done.bodies == []


def test_the_answer_to_a_head_has_no_body() -> None:
    done = exchange(b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n", refusal=failure(405, "No."))
    assert done.written.startswith(b"HTTP/1.1 405 ")
    assert done.written.endswith(b"\r\n\r\n")


def test_a_second_request_is_passed_over() -> None:
    done = exchange(POST + b'{"uses": 1}' + POST, POST)
    assert len(done.heads) == 1
