"""A server of tools (MCP 2025-06-18) written by hand, which starts at once and misbehaves as its argument says.

It notes the numbers of its processes in the folder named by SHOP: its own in `pid`, with a line for each start.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

SHOP = Path(os.environ["SHOP"])
MANNER = sys.argv[1] if len(sys.argv) > 1 else ""


def say(message: dict[str, Any]) -> None:
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def tools() -> list[dict[str, Any]]:
    named = ("echo", "die", "hang")
    promised = {"outputSchema": {"type": "object"}} if MANNER == "sloppy" else {}
    words = "now: " * (MANNER == "fickle" and (SHOP / "called").exists())
    schema = {"type": "object"}
    return [{"name": name, "description": words + name, "inputSchema": schema, **promised} for name in named]


def answer(method: str, params: dict[str, Any]) -> dict[str, Any] | None:
    match method:
        case "initialize":
            about = {"name": "raw", "version": "0"}
            return {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": about}
        case "tools/list" if MANNER == "endless":
            return {"tools": tools(), "nextCursor": "more"}
        case "tools/list" if MANNER == "many":
            first = int(params.get("cursor", 0))
            more = [{**tools()[0], "name": f"t{number}"} for number in range(first, first + 100)]
            return {"tools": more, "nextCursor": str(first + 100)}
        case "tools/list" if MANNER == "wrong":
            return {"tools": "none"}
        case "tools/list" if MANNER == "refusing":
            return None
        case "tools/list":
            return {"tools": tools()}
        case "tools/call":
            return called(params["name"], params.get("arguments", {}))
        case _:
            return None


def called(name: str, args: dict[str, Any]) -> dict[str, Any]:
    if name == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if name == "hang":
        time.sleep(600)
    if MANNER == "fickle":
        (SHOP / "called").touch()
        say({"method": "notifications/tools/list_changed"})
    if MANNER == "odd":
        return {"content": "no list"}
    return {"content": [{"type": "text", "text": args.get("text", "x") * args.get("times", 1)}]}


def misbehave() -> None:
    """Before it says anything."""
    match MANNER:
        case "crash":
            sys.exit("no module named 'sprockets'")
        case "silent":
            time.sleep(600)
        case "deaf":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        case "banner":
            print("Welcome to raw 0!\n\n" + "=" * 30, flush=True)
        case "garbage":
            while True:
                print("\x1b[31mnot json", flush=True)
        case "wall":
            while True:
                sys.stdout.write("x" * 65536)
        case "flood":
            for number in range(20_000):
                say({"method": "notifications/message", "params": {"level": "info", "data": number}})
        case "family":
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            (SHOP / "child").write_text(str(child.pid))
        case _:
            pass


def main() -> None:
    with (SHOP / "pid").open("a") as file:
        file.write(f"{os.getpid()}\n")
    if MANNER == "second" and len((SHOP / "pid").read_text().splitlines()) > 1:
        sys.exit("once is enough")
    misbehave()
    for line in sys.stdin:
        message = json.loads(line)
        if "id" not in message:
            continue
        result = answer(message["method"], message.get("params", {}))
        if result is None:
            say({"id": message["id"], "error": {"code": -32601, "message": "no such method"}})
        else:
            say({"id": message["id"], "result": result})
    if MANNER == "deaf":
        time.sleep(600)


if __name__ == "__main__":
    main()
