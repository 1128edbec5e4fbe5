"""Runs of the command that need not import it: each is a fork of an interpreter that has, with a life of its own.

A run so begun has the arguments, streams, folder, variables and, if it is wished, the terminal that one begun anew has,
and ends as that does; it only begins 0.3 s earlier. Whatever a new interpreter would make of its variables is left to a
new one, and `make soak` begins them all anew.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO, cast

ROOT = Path(__file__).parent.parent
OWN = ("PYTHON", "LC_", "LANG", "LD_", "OPENBLAS", "PULSE_")
"""How the variables are called that an interpreter reads when it begins, and those of who uses a real sound server."""
OTHERS = ("numpy.fft", "platformdirs", "pydantic.type_adapter", "rich.console", "soxr", "typer._adapters")
"""What commands import where they need it, and what starts no thread, opens no device and holds no large model."""
ONE_AT_A_TIME = threading.Lock()
NUMBER = struct.Struct("!i")
WAIT_S = 20.0
"""How long the ready interpreter may take to be ready."""


def can_run(env: Mapping[str, str], base: Mapping[str, str]) -> bool:
    """Whether a fork would be what a new interpreter is: this is a system for it, and `env` asks for no other one."""
    return sys.platform == "linux" and not os.environ.get("LIVECHAT_SOAK") and _own(env) == _own(base)


def _own(env: Mapping[str, str]) -> set[tuple[str, str]]:
    """The variables of `env` that a fork comes too late for. It does what PYTHONPATH asks; C.UTF-8 is the default."""
    found = {(name, text) for name, text in env.items() if name.startswith(OWN) and name != "PYTHONPATH"}
    return found - {("LANG", "C.UTF-8")}


class Forked(subprocess.Popen[Any]):
    """What `Popen` is, for `python -W error WORDS`: the words are its arguments. It is in a session of its own."""

    def __init__(self, words: list[str], *, terminal: bool, **given: Any) -> None:  # noqa: ANN401 — as Popen has it
        self._terminal = terminal
        super().__init__(words, **given)

    def _execute_child(self, args: list[str], *given: object) -> None:
        """Has it begun by the ready interpreter, instead of by `fork` and `exec`; the arguments are `Popen`'s."""
        cwd, env = given[4:6]
        theirs_in, ours_in, ours_out, theirs_out, ours_err, theirs_err = cast("tuple[int, ...]", given[9:15])
        streams = [wished if wished >= 0 else own for own, wished in enumerate((theirs_in, theirs_out, theirs_err))]
        self._life = socket.socket(socket.AF_UNIX)
        self._life.connect(door())
        told = json.dumps({"words": args, "cwd": str(cwd), "env": env, "terminal": self._terminal}).encode()
        socket.send_fds(self._life, [struct.pack("!I", len(told))], streams)
        self._life.sendall(told)
        (self.pid,) = NUMBER.unpack(self._life.recv(NUMBER.size, socket.MSG_WAITALL))
        self._child_created = True
        cast("Any", self)._close_pipe_fds(theirs_in, ours_in, ours_out, theirs_out, ours_err, theirs_err)

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._life], [], [], 0)[0]:
            self._over()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._life], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
            self._over()
        return self.returncode

    def _over(self) -> None:
        (self.returncode,) = NUMBER.unpack(self._life.recv(NUMBER.size, socket.MSG_WAITALL))
        self._life.close()


def door() -> str:
    """Where the ready interpreter of this process takes orders. It ends with this process, by whatever way."""
    with ONE_AT_A_TIME:
        return _door()


@functools.cache
def _door() -> str:
    from tests.cli import environment

    folder = tempfile.mkdtemp(prefix="livechat-ready-")
    path = f"{folder}/door"
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.ready", path, str(os.getpid())],
        cwd=ROOT,
        env=environment() | {"OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    atexit.register(_close, process, path)
    until = time.monotonic() + WAIT_S
    while not os.path.exists(path):
        assert process.poll() is None, "the ready interpreter ended"
        assert time.monotonic() < until, "the ready interpreter did not become ready"
        time.sleep(0.01)
    return path


def _close(process: subprocess.Popen[bytes], path: str) -> None:
    process.kill()
    process.wait()
    _forget(path)


def _forget(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)
        os.rmdir(os.path.dirname(path))


# ------------------------------------------------------------------------------------ the ready interpreter's side


def serve(path: str, parent: int) -> None:
    """Takes orders while `parent` lives, and forks. Comes back in the forks alone, which are then as was ordered."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(f"{path}.new")
    listening.listen(8)
    os.rename(f"{path}.new", path)
    lives: dict[int, tuple[int, socket.socket]] = {}
    while os.getppid() == parent:
        readable, _, _ = select.select([listening.fileno(), *lives], [], [], 1.0)
        for number in lives.keys() & readable:
            pid, order = lives.pop(number)
            os.close(number)
            order.sendall(NUMBER.pack(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))
            order.close()
        if listening.fileno() in readable:
            order, _ = listening.accept()
            size, streams, _, _ = socket.recv_fds(order, 4, 3)
            told = json.loads(order.recv(struct.unpack("!I", size)[0], socket.MSG_WAITALL))
            if (pid := os.fork()) == 0:
                for ours in (listening, order, *(other for _, other in lives.values())):
                    ours.detach()  # their numbers are closed below, and nobody is told that they were forgotten
                become(told, streams)
                return
            lives[os.pidfd_open(pid)] = (pid, order)
            order.sendall(NUMBER.pack(pid))
            for stream in streams:
                os.close(stream)
    listening.close()
    _forget(path)  # what ended had no time to
    sys.exit()


def become(told: Mapping[str, Any], streams: list[int]) -> None:
    """Makes this fork what was ordered."""
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, 1024)
    os.chdir(told["cwd"])
    os.environ.clear()
    os.environ.update(told["env"])
    time.tzset()
    sys.argv = [sys.argv[0], *told["words"]]
    if told["terminal"]:
        import fcntl
        import termios

        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    sys.stdin = _text(0, "r", sys.stdin)
    sys.stdout = _text(1, "w", sys.stdout)
    sys.stderr = _text(2, "w", sys.stderr, line_buffering=True)
    _find_first(told["env"].get("PYTHONPATH", "").split(os.pathsep))


def run_as_main(kind: str, what: str) -> None:
    """Runs what follows: `-m` a module, `-c` a script."""
    if kind == "-m":
        sys.argv[:3] = [what]
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        sys.argv[:3] = ["-c"]
        main = sys.modules["__main__"] = ModuleType("__main__")
        exec(what, vars(main))


def _find_first(folders: list[str]) -> None:
    """Has modules looked for in the working folder and these before all others, and does what these customize."""
    sys.path[0:1] = [os.getcwd(), *(folder for folder in folders if folder not in sys.path)]
    sys.modules.pop("sitecustomize", None)
    with suppress(ImportError):
        importlib.import_module("sitecustomize")


def _text(number: int, mode: str, like: TextIO, *, line_buffering: bool = False) -> io.TextIOWrapper:
    """A stream as a new interpreter makes it."""
    raw = open(number, f"{mode}b", closefd=False)  # noqa: SIM115 — it is this process's for life
    lines = line_buffering or os.isatty(number)
    return io.TextIOWrapper(raw, like.encoding, like.errors, line_buffering=lines)


def import_all() -> None:
    """Imports what commands do."""
    import livechat

    ours = (found.name for found in pkgutil.walk_packages(livechat.__path__, "livechat."))
    for name in (*ours, *OTHERS):
        if name != "livechat.__main__":
            with suppress(Exception):  # who needs it will be told of the mistake in it
                importlib.import_module(name)


if __name__ == "__main__":
    import_all()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    serve(sys.argv[1], int(sys.argv[2]))
    run_as_main(sys.argv[1], sys.argv[2])
