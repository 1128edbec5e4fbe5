"""A PulseAudio server of one's own, with a speaker whose sound can be recorded and a microphone that can be fed."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path

SPEAKER_RATE = 24_000
MICROPHONE_RATE = 16_000
_CONFIG = """
load-module module-null-sink sink_name=vspk rate={speaker} channels=1 format=s16le
load-module module-pipe-source source_name=vmic file={folder}/microphone rate={microphone} channels=1 format=s16le
set-default-sink vspk
set-default-source vmic
load-module module-native-protocol-unix auth-anonymous=1 socket={folder}/native
"""
"""The socket comes last: who finds it finds all."""


@dataclass(frozen=True)
class Pulse:
    """A running server."""

    environment: dict[str, str]
    """For programs that are to hear and speak here."""
    microphone: Path
    """A named pipe: s16le mono at `MICROPHONE_RATE` written into it is heard."""
    server: subprocess.Popen[bytes]

    @contextmanager
    def recording(self, file: Path) -> Generator[None]:
        """Records all that the speaker plays, silence included: s16le mono at `SPEAKER_RATE`."""
        command = ["parec", "--device=vspk.monitor", "--format=s16le", "--channels=1", "--latency-msec=5"]
        with open(file, "wb") as out:
            recorder = subprocess.Popen([*command, f"--rate={SPEAKER_RATE}"], stdout=out, env=self.environment)
            try:
                _wait_for(lambda: file.stat().st_size > 0, "parec to record")
                yield
            finally:
                recorder.terminate()
                recorder.wait()


def missing() -> str:
    """Why there can be no server here; nothing when there can."""
    if not hasattr(os, "geteuid"):
        return "not installed: PulseAudio is not for this system"
    programs = [program for program in ("pulseaudio", "parec") if shutil.which(program) is None]
    if find_library("portaudio") is None:
        programs.append("libportaudio2")
    if not any(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so")):
        programs.append("libasound2-plugins")
    if not programs:
        return ""
    why = f"not installed: {', '.join(programs)}"
    return why if os.geteuid() == 0 else f"no root to install what is {why}"


@contextmanager
def pulse(folder: Path) -> Generator[Pulse]:
    """Starts a server in a folder whose path is short enough for a socket, and ends it."""
    config = folder / "default.pa"
    config.write_text(_CONFIG.format(folder=folder, speaker=SPEAKER_RATE, microphone=MICROPHONE_RATE))
    (folder / ".asoundrc").write_text(
        "pcm.!default { type pulse }\nctl.!default { type pulse }\npcm.pulse { type pulse }\n"
    )
    environment = {
        **os.environ,
        "XDG_RUNTIME_DIR": str(folder),
        "PULSE_RUNTIME_PATH": str(folder),
        "PULSE_STATE_PATH": str(folder),
        "PULSE_SERVER": f"unix:{folder}/native",
        "HOME": str(folder),  # where ALSA looks for its settings
    }
    command = ["pulseaudio", "-n", "-F", str(config), "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"]
    log = folder / "pulseaudio.log"
    with open(log, "wb") as out:
        server = subprocess.Popen([*command, "--disable-shm=yes"], env=environment, stdout=out, stderr=out)
        try:
            _wait_for((folder / "native").exists, "PulseAudio to start")
            yield Pulse(environment, folder / "microphone", server)
        finally:
            server.terminate()
            server.wait()


def _wait_for(happened: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.005)
