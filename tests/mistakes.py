"""The likeliest mistakes with livechat: the command line of each, and the world in which it is one.

`python -m tests.mistakes` writes down anew what each is answered with, to be read before it is committed.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import socket
import struct
import subprocess
import termios
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from livechat.audio.portaudio import portaudio_line
from livechat.testing import serving
from tests.cli import LIMIT_S, ROOT, begun, environment

WORLD = ROOT / "tests" / "mistake_world"
"""Modules that the commands find before the real ones."""
GOLDEN = ROOT / "tests" / "data" / "mistakes"
KEY = "AIzaSyNobodyEverHadThisKey-x9Qz"
"""The key that must never be printed."""
AT_ONCE = 4
"""Commands that run at a time: some of them wait."""
Out = Literal["pipe", "terminal", "full", "closed"]


@dataclass(frozen=True)
class Mistake:
    """A command line, and what is special about its surroundings. `{name}` is the address of a server of `servers`."""

    line: str
    code: int
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    stdin: bytes = b""
    stdout: Out = "pipe"
    """What stdout is; a terminal is one of its own, and `closed` a pipe that nobody reads."""


def _with_key(line: str, code: int) -> Mistake:
    return Mistake(line, code, {"LIVECHAT_API_KEY": KEY})


def _sounding(sound: str, line: str, code: int) -> Mistake:
    return Mistake(line, code, {"MISTAKE_SOUND": sound})


SLOW = {
    "no network": Mistake("text --server google hi", 69, {"GEMINI_API_KEY": KEY}),
    "no answer in time": Mistake("text --server {silent} --timeout 3 hi", 124),
    "only a note that there are no keys": _sounding(
        "silent", "talk --server {well} --no-save --aec off --max-duration 1s", 0
    ),
}
"""What waits for something; begun first."""

LIKELY: dict[str, Mistake] = {
    **SLOW,
    # ------------------------------------------------------------------------------------------------ the key
    "no key": Mistake("text --server google hi", 77),
    "key refused": _with_key("text --server {key} hi", 77),
    "key in the command line": Mistake(f"text --api-key {KEY} hi", 2),
    "key file is not there": Mistake("text --api-key-file key.txt --server google hi", 66),
    "two keys": Mistake("text --server {refusing} hi", 69, {"GOOGLE_API_KEY": KEY, "GEMINI_API_KEY": "AIzaOther"}),
    "key over an open line": _with_key("text --server ws://tower.example hi", 2),
    # ------------------------------------------------------------------------------------ voices, models, options
    "voice with a typo": Mistake("text --local --voice Puk hi", 2),
    "model with a typo": _with_key("text --server {well} --model gemini-3.8-liv hi", 69),
    "model that is gone": _with_key("text --server {gone} --model gemini-2.0-flash-live-001 hi", 69),
    "command with a typo": Mistake("tlak", 2),
    "option with a typo": Mistake("text --modle x hi", 2),
    "option before the command": Mistake("--voice Puck text hi", 2),
    "nothing to say": Mistake("text", 2),
    "system instruction is not there": Mistake("text --local --system @who.txt hi", 66),
    "system instruction is no UTF-8": Mistake("text --local --system @latin1.txt hi", 66),
    # ------------------------------------------------------------------------------------------------------ music
    "music without a prompt": Mistake("music", 2),
    "scale with a typo": Mistake("music --local techno --scale C_MAJR", 2),
    "tempo of no music": Mistake("music --local techno --bpm 500", 2),
    "music on Vertex": Mistake("music --server vertex techno", 2),
    "music without a card": _sounding("no device", "music --local techno", 74),
    # ---------------------------------------------------------------------------------------------- sound devices
    "no PortAudio": Mistake("talk --local --no-save", 74),
    "no microphone": _sounding("no device", "devices meter", 74),
    "no microphone, and a pipe": _sounding("no device", "talk --local --no-save", 74),
    "microphone is taken": _sounding("taken", "devices meter", 74),
    "device with a typo": _sounding("silent", "devices meter --device yety", 2),
    "push-to-talk without keys": _sounding("silent", "talk --local --ptt", 2),
    # ------------------------------------------------------------------------------------------------ sound files
    "file is not there": Mistake("send-audio --local qestion.pcm", 66),
    "unreadable codec": Mistake("send-audio --local song.m4a", 65),
    "text for sound": Mistake("send-audio --local story.txt", 65),
    "only silence": Mistake("send-audio --fast --server {well} silence.pcm", 65),
    "files with something odd": Mistake("send-audio --server {http}/404 wav.pcm odd.pcm question_48k.pcm", 69),
    "format that is none": Mistake("send-audio --local --format s12 question.pcm", 2),
    "answer over the question": Mistake("send-audio --local question.pcm -o question.pcm", 2),
    "sound to a terminal": Mistake("send-audio --server {well} question.pcm -o -", 2, stdout="terminal"),
    # ------------------------------------------------------------------------------------------------ the network
    "TLS that nobody vouches for": Mistake("text --server {tls} hi", 69),
    "TLS where there is none": Mistake("text --server {well_over_tls} hi", 69),
    "proxy that is not there": Mistake("text --server wss://live.example hi", 69, {"HTTPS_PROXY": "{proxy}"}),
    "captive portal": Mistake("text --server {http}/200 hi", 69),
    "port in use": Mistake("serve --port {busy} --log events.ndjson", 74),
    # -------------------------------------------------------------------------------------------- what servers say
    "quota over HTTP": _with_key("text --server {quota} hi", 75),
    "quota": _with_key("text --server {quota_1011} hi", 75),
    "server fails": Mistake("text --server {internal} --trace call.ndjson hi", 75),
    "request refused": Mistake("text --server {invalid} --language xx-XX hi", 76),
    "policy": Mistake("text --server {policy} hi", 77),
    "garbled": Mistake("text --server {garbled} hi", 76),
    "connection lost": Mistake("text --server {drop} hi", 75),
    # ---------------------------------------------------------------------------------------------- configuration
    "configuration with typos": Mistake("--config typos.toml config show", 78),
    "configuration that is no TOML": Mistake("--config broken.toml text hi", 78),
    "configuration that is no UTF-8": Mistake("--config latin1.toml text hi", 78),
    "configuration with a key": Mistake("--config key.toml text hi", 78),
    "configuration is not there": Mistake("--config nowhere.toml text hi", 66),
    "profile with a typo": Mistake("--config well.toml --profile wrok text hi", 78),
    "variable with a typo": Mistake("text hi", 78, {"LIVECHAT_VOCE": "Puck"}),
    # --------------------------------------------------------------------------------------------- where it all goes
    "disk full": Mistake("voices", 74, stdout="full"),
    "disk full for the trace": Mistake("text --server {well} --trace /dev/full hi", 0),
    "pipe is closed": Mistake("voices", 141, stdout="closed"),
    "no place for the answer": Mistake("send-audio --server {well} question.pcm -o nowhere/a.wav", 74),
}

RARER: dict[str, Mistake] = {
    "key refused over HTTP": _with_key("text --server {http}/401 hi", 77),
    "key where none is taken": Mistake("text --server {http}/403 hi", 77),
    "key file holds no key": Mistake("text --api-key-file story.txt --server google hi", 77),
    "model that only speaks": Mistake("text --server {well} --model gemini-3.8-live hi", 0),
    "number that is none": Mistake("serve --port soon", 2),
    "file forgotten": Mistake("send-audio", 2),
    "time that is none": Mistake("talk --local --max-duration soon", 2),
    "conversation that is not there": Mistake("sessions show yesterday", 66),
    "no conversation to go on with": Mistake("text --local --continue hi", 66),
    "two conversations to go on with": Mistake("text --local -c --resume 1 hi", 2),
    "mute without keys": _sounding("silent", "talk --local --mute", 2),
    "folder is not there": Mistake("send-audio --local sounds/question.pcm", 66),
    "file is a folder": Mistake("send-audio --local .", 66),
    "rate of no sound": Mistake("send-audio --local --rate 5 question.pcm", 2),
    "answer into another format": Mistake("send-audio --local question.pcm -o answer.mp3", 2),
    "call's sound to a terminal": Mistake(
        "talk --local --input-device - --output-device -", 2, stdin=bytes(640), stdout="terminal"
    ),
    "sound and JSON": Mistake("send-audio --local --json question.pcm -o -", 2),
    "no speaker": _sounding("no device", "send-audio --local --play question.pcm", 74),
    "odd number of bytes": Mistake("send-audio --server {refusing} odd.pcm", 69),
    "rate in the name": Mistake("send-audio --server {refusing} question_48k.pcm", 69),
    "address that is none": Mistake("text --server htp://x hi", 2),
    "open to all without a token": Mistake("serve --host 0.0.0.0 --port 0", 2),
    "deadline": Mistake("text --server {deadline} hi", 75),
    "session limit": Mistake("text --server {limit} hi", 75),
    "session is gone": Mistake("text --server {session} hi", 76),
    "no such feature": Mistake("text --server {feature} --voice Kore hi", 76),
    "server is down": Mistake("text --server {http}/503 hi", 75),
    "argument too many": Mistake("voices preview", 2),
    "no place for the trace": Mistake("text --server {well} --trace nowhere/t.ndjson hi", 74),
    "recording is there already": Mistake("talk --local --input-device - --output-device none --record kept", 74),
    "variable of another type": Mistake("text hi", 78, {"LIVECHAT_SERVE_PORT": "soon"}),
    "nobody answers": Mistake("text --server {refusing} hi", 69),
    "no words to say first": Mistake("talk --local --input-device none", 2),
    "file is empty": Mistake("send-audio --local empty.pcm", 65),
    "no TLS where there is some": Mistake("text --server {tls_without} hi", 69),
    "proxy with a password": Mistake(
        "text --server wss://live.example hi", 69, {"ALL_PROXY": f"http://me:{KEY}@{{proxy_host}}"}
    ),
    "redirect": Mistake("text --server {http}/302 hi", 69),
}
"""Met less often, or answered like one of the likely ones: for the long tests."""

MISTAKES = LIKELY | RARER


# ------------------------------------------------------------------------------------------------------- the world

TYPOS = '[session]\nvoice = "Puk"\nlangage = "de"\n[serve]\nport = "soon"\n'


def furnish(folder: Path) -> None:
    """Writes the files that the command lines name."""
    quiet, loud = bytes(32_000), b"\x00\x20\x00\xe0" * 4_000
    header = (
        b"RIFF\x24\x7d\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00"
    )
    files = {
        "question.pcm": loud,
        "question_48k.pcm": loud,
        "odd.pcm": loud + b"\x01",
        "empty.pcm": b"",
        "silence.pcm": quiet,
        "wav.pcm": header + b"data\x00\x7d\x00\x00" + loud,
        "song.m4a": b"\x00\x00\x00\x20ftypM4A " + bytes(64),
        "story.txt": b"Once upon a time there was a dragon.\n",
        "latin1.txt": b"Du hei\xdft Anna.\n",
        "typos.toml": TYPOS.encode(),
        "broken.toml": b"[session]\nvoice = \n",
        "latin1.toml": b'[session]\nsystem = "Gr\xfc\xdf Gott"\n',
        "key.toml": f'[server]\napi_key = "{KEY}"\n'.encode(),
        "well.toml": b'[profiles.work]\nsession.voice = "Kore"\n',
        "kept/you.wav": b"precious",
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


class _Answers(BaseHTTPRequestHandler):
    """A web server that takes no WebSocket: /404 is answered with 404."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        status = int(self.path.strip("/").partition("?")[0])
        body = b"<html><title>Please log in</title></html>" if status == 200 else b"No."
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "https://login.example/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@contextmanager
def _http() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=lambda: server.serve_forever(0.05))
        thread.start()
        yield f"ws://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


CLOSES = {
    "key": "close:1008:API key not valid. Please pass a valid API key.@setupComplete",
    "gone": "close:1008:models/gemini-2.0-flash-live-001 is not found for API version v1beta, or is not supported "
    "for bidiGenera@setupComplete",
    "quota_1011": "close:1011:You exceeded your current quota, please check your plan and billing details. "
    "Please retry in 34.07s.@setupComplete",
    "internal": "close:1011:Internal error encountered.@text",
    "deadline": "close:1011:Deadline expired before operation could complete.@text",
    "invalid": "close:1007:Request contains an invalid argument.@setupComplete",
    "policy": "close:1008:This is not allowed here.@text",
    "limit": "close:1008:Session duration limit.@text",
    "session": "close:1008:BidiGenerateContent session not found@setupComplete",
    "feature": "close:1008:Operation is not implemented, or supported, or enabled.@setupComplete",
    "garbled": "malformed@setupComplete",
    "drop": "drop@text",
}


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """The addresses by name of everybody who is there to be called, or is not."""
    with ExitStack() as held:
        refusing, busy = (held.enter_context(socket.socket()) for _ in range(2))
        for bound in (refusing, busy):
            bound.bind(("127.0.0.1", 0))
        busy.listen()
        well = held.enter_context(serving()).url
        tls = held.enter_context(serving(tls=True)).url
        yield {
            **{name: held.enter_context(serving(faults=[fault])).url for name, fault in CLOSES.items()},
            "well": well,
            "well_over_tls": well.replace("ws:", "wss:"),
            "tls": tls,
            "tls_without": tls.replace("wss:", "ws:"),
            "quota": held.enter_context(serving("quota")).url,
            "silent": held.enter_context(serving({"turn": [{"do": [{"wait": 86_400}]}]})).url,
            "http": held.enter_context(_http()),
            "refusing": f"ws://127.0.0.1:{refusing.getsockname()[1]}",
            "proxy": f"http://127.0.0.1:{refusing.getsockname()[1]}",
            "proxy_host": f"127.0.0.1:{refusing.getsockname()[1]}",
            "busy": str(busy.getsockname()[1]),
        }


# --------------------------------------------------------------------------------------------------------- the runs


@dataclass(frozen=True)
class Told:
    """What came of a mistake."""

    code: int
    stderr: str
    """Masked: ports, folders and what depends on the machine."""
    raw: bytes
    """All that came on stderr and stdout, as it was."""


def run_all(mistakes: Mapping[str, Mistake], folder: Path, addresses: Mapping[str, str]) -> dict[str, Told]:
    """What comes of these, several at a time, each in a process and a folder of its own."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = {
            name: pool.submit(run, mistake, folder / str(number), addresses)
            for number, (name, mistake) in enumerate(mistakes.items())
        }
        return {name: future.result() for name, future in running.items()}


def run(mistake: Mistake, folder: Path, addresses: Mapping[str, str], *, shown: bool = False) -> Told:
    """One of them; `shown` has stderr on a terminal of 80 columns without colours, and that is what comes of it."""
    folder.mkdir()
    furnish(folder)
    with ExitStack() as held:
        screen = _terminal(held) if shown else None
        process = begun(
            *mistake.line.format_map(addresses).split(),
            cwd=folder,
            env=surroundings(mistake, folder, addresses),
            stdin=subprocess.PIPE,
            stdout=_stdout(mistake.stdout, held),
            stderr=subprocess.PIPE if screen is None else screen[1],
        )
        held.enter_context(process)
        held.callback(process.kill)
        out, err = process.communicate(mistake.stdin, LIMIT_S)
        said = err if screen is None else os.read(screen[0], 65_536).replace(b"\r\n", b"\n")
    return Told(process.returncode, masked(said.decode(), folder), said + (out or b""))


def _terminal(held: ExitStack) -> tuple[int, int]:
    """A pseudo-terminal of 80 columns: the end of who looks at it, and the end of who writes to it."""
    ends = pty.openpty()
    for end in ends:
        held.callback(os.close, end)
    fcntl.ioctl(ends[1], termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    return ends


def surroundings(mistake: Mistake, folder: Path, addresses: Mapping[str, str]) -> dict[str, str]:
    """The environment: no network, no sound card, no home, and what the mistake brings."""
    given = {name: value.format_map(addresses) for name, value in mistake.env.items()}
    home = {"HOME": str(folder), "LIVECHAT_STATE": str(folder / "state"), "LIVECHAT_CONFIG": "/dev/null"}
    return environment({"PYTHONPATH": f"{WORLD}{os.pathsep}{ROOT}", "LANG": "C.UTF-8", "TERM": "dumb", **home, **given})


def _stdout(kind: Out, held: ExitStack) -> int:
    if kind == "pipe":
        return subprocess.PIPE
    if kind == "terminal":
        return _terminal(held)[1]
    if kind == "full":
        end = os.open("/dev/full", os.O_WRONLY)
    else:
        reading, end = os.pipe()
        os.close(reading)
    held.callback(os.close, end)
    return end


def masked(text: str, folder: Path) -> str:
    """`text` as it is on every machine and every day."""
    text = re.sub(r"((?:127\.0\.0\.1|localhost):)\d+|(port )\d+(?= of)", r"\1\2PORT", text)
    text = re.sub(r"(is over: )\d+ s", r"\1N s", re.sub(r"note: \d+ frames? of your sound dropped\n", "", text))
    text = re.sub("wrong version number|record layer failure", "NO TLS", text).replace("self signed", "self-signed")
    return text.replace(portaudio_line(), "INSTALL PORTAUDIO").replace(str(folder), "FOLDER")


def golden(name: str) -> Path:
    """Where it is written what a mistake is answered with."""
    return GOLDEN / f"{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-')}.txt"


def written(mistake: Mistake, told: Told) -> str:
    """The whole of it, as in a terminal."""
    env = "".join(f"{name}={value} " for name, value in mistake.env.items())
    return f"$ {env}livechat {mistake.line}\n{told.stderr}=> {told.code}\n".replace(KEY, "KEY")


def write_down() -> None:
    for old in GOLDEN.glob("*.txt"):
        old.unlink()
    with servers() as addresses, TemporaryDirectory() as folder:
        for name, told in run_all(MISTAKES, Path(folder), addresses).items():
            golden(name).write_text(written(MISTAKES[name], told), "utf-8")


if __name__ == "__main__":
    write_down()
