"""Has atheris look for a server's frame at which the decoder does anything but give a message or say what is wrong.

python -m tests.fuzz.atheris_decoder FOLDER -runs=100000 [-seed=1]      any options of libFuzzer

FOLDER holds frames to begin with; those that were captured are written there where it is empty.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[1] / "vectors" / "server.jsonl"


def main() -> None:
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["livechat.protocol"]):
        from livechat.errors import RemoteProtocolError
        from livechat.protocol.codec import decode_server_message, encode

    def decode(data: bytes) -> None:
        try:
            message = decode_server_message(data)
        except RemoteProtocolError:
            return
        written = encode(message)
        assert encode(decode_server_message(written)) == written

    seeds = Path(sys.argv[1])
    if not any(seeds.iterdir()):
        for number, line in enumerate(VECTORS.read_text("utf-8").splitlines()):
            (seeds / f"{number:03}").write_text(json.dumps(json.loads(line)["message"]), "utf-8")
    atheris.Setup(sys.argv, decode)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
