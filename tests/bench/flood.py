"""A client that means no good, in a process of its own: `python -m tests.bench.flood KIND PORT [NUMBER]`.

It takes a session and repeats one frame, NUMBER times a second or as fast as the server reads. What the server says
it reads and forgets, unless it is deaf. `half-open` is NUMBER handshakes that never end, each begun anew when it is
thrown out. It ends when it is killed or hung up on.
"""

from __future__ import annotations

import base64
import json
import selectors
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import cast

PATH = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
TEXT, PING = 0x1, 0x9
BURST_S = 0.01


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """A WebSocket frame as clients send it; the mask of zeros leaves the payload readable."""
    head = bytes([0x80 | opcode])
    if len(payload) < 126:
        head += bytes([0x80 | len(payload)])
    elif len(payload) < 2**16:
        head += b"\xfe" + len(payload).to_bytes(2, "big")
    else:
        head += b"\xff" + len(payload).to_bytes(8, "big")
    return head + bytes(4) + payload


def message(**fields: object) -> bytes:
    return frame(json.dumps(fields).encode())


def turn(text: str, *, complete: bool) -> bytes:
    return message(clientContent={"turns": [{"role": "user", "parts": [{"text": text}]}], "turnComplete": complete})


def sound(size: int) -> bytes:
    data = base64.b64encode(b"\x00\x20\x00\xe0" * (size // 4)).decode()
    return message(realtimeInput={"audio": {"data": data, "mimeType": "audio/pcm;rate=16000"}})


KINDS: Mapping[str, bytes] = {
    "empty": message(realtimeInput={}),
    "ping": frame(b"", PING),
    "deaf ping": frame(bytes(125), PING),
    "more to come": turn("And another thing: ", complete=False),
    "unknown call": message(toolResponse={"functionResponses": [{"id": "nobody", "name": "x", "response": {}}]}),
    "impatient": turn("Tell me a story.", complete=True),
    "sound": sound(640),
    "long sound": sound(32_000),
    "hours of sound": sound(12_000_000),
    "long text": turn("word, " * 80_000, complete=True),
    "many values": message(clientContent={"turns": [{"parts": [{}] * 16_000}], "turnComplete": False}),
    "rich": message(clientContent={"turns": [{}] * 1_000_000}),
}


def connected(port: int, modality: str) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port))
    head = (
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
        + "A" * 22
        + "=="
    )
    client.sendall(f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n".encode())
    model = "gemini-2.5-flash-native-audio-latest" if modality == "AUDIO" else "gemini-2.0-flash-live-001"
    client.sendall(message(setup={"model": f"models/{model}", "generationConfig": {"responseModalities": [modality]}}))
    answer = b""
    while b"setupComplete" not in answer:
        answer += client.recv(4096)
    return client


def forget_all(client: socket.socket) -> None:
    with suppress(OSError):
        while client.recv(2**16):
            pass


def half_open(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port))
    client.sendall(f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\n".encode())
    return client


def hold_half_open(port: int, count: int) -> None:
    with selectors.DefaultSelector() as selector:
        for _ in range(count):
            selector.register(half_open(port), selectors.EVENT_READ)
        print("begins", flush=True)
        while True:
            for key, _ in selector.select():
                selector.unregister(key.fileobj)
                cast(socket.socket, key.fileobj).close()
                selector.register(half_open(port), selectors.EVENT_READ)


def bursts(one: bytes, rate: float | None) -> Iterator[bytes]:
    """What to send, burst by burst, at the times to send it."""
    if rate is None:
        many = one * max(1, 2**16 // len(one))
        while True:
            yield many
    began, sent = time.perf_counter(), 0
    while True:
        due = int((time.perf_counter() - began) * rate)
        yield one * (due - sent)
        sent = due
        time.sleep(BURST_S)


def main(kind: str, port: int, number: float | None = None) -> None:
    if kind == "half-open":
        hold_half_open(port, int(number or 1))
    client = connected(port, "AUDIO" if "sound" in kind else "TEXT")
    if not kind.startswith("deaf"):
        threading.Thread(target=forget_all, args=(client,), daemon=True).start()
    print("begins", flush=True)
    with suppress(OSError):  # hung up on
        for burst in bursts(KINDS[kind], number):
            client.sendall(burst)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else None)
