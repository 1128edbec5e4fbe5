"""Music on a real sound card: it is heard as it was made, a pause is silence at once, and so is the end."""

from __future__ import annotations

import asyncio
import tempfile
import time
import wave
from collections.abc import Generator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from websockets.asyncio.server import ServerConnection

from tests import pulse_fixture
from tests.cli import Terminal, livechat
from tests.pulse_fixture import SPEAKER_RATE, Pulse
from tests.scripted import say, scripted

pytestmark = [
    pytest.mark.pulse,
    pytest.mark.skipif(bool(pulse_fixture.missing()), reason=pulse_fixture.missing()),
]
OWN = ("XDG_RUNTIME_DIR", "PULSE_RUNTIME_PATH", "PULSE_STATE_PATH", "PULSE_SERVER", "HOME")
AT_ONCE_S = 0.5
"""So soon after a key the speaker is silent; what the card holds already is heard before."""


@pytest.fixture(name="pulse")
def _pulse() -> Generator[Pulse]:
    with tempfile.TemporaryDirectory() as folder, pulse_fixture.pulse(Path(folder)) as pulse:
        yield pulse


def heard(recorded: Path) -> npt.NDArray[np.float64]:
    data = recorded.read_bytes()
    return np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.float64)


def silent_s(recorded: Path) -> float:
    """Since when nothing is heard."""
    sound = heard(recorded)
    return float(len(sound) - 1 - np.flatnonzero(np.abs(sound) > 3)[-1]) / SPEAKER_RATE


def loudness(recorded: Path, since: int) -> float:
    return float(np.sqrt(np.mean(heard(recorded)[since:] ** 2)))


def test_music_is_heard_and_a_pause_is_silence_at_once(pulse: Pulse, tmp_path: Path) -> None:
    recorded = tmp_path / "heard.pcm"
    env = {name: pulse.environment[name] for name in OWN} | {"LIVECHAT_OUTPUT_FACE": "tty"}
    words = ["music", "--local", "techno", "--bpm", "130", "-o", str(tmp_path / "m.wav"), "--play"]
    with pulse.recording(recorded), Terminal(words, tmp_path, env) as terminal:
        terminal.expect("0:02")
        assert loudness(recorded, -2 * SPEAKER_RATE) > 500
        terminal.type(" ")
        terminal.expect("PAUSED")
        time.sleep(1.5)
        assert silent_s(recorded) > 1.5 - AT_ONCE_S
        before = len(heard(recorded))
        terminal.type(" ")
        terminal.expect("PLAYING")
        terminal.expect("0:04")
        assert loudness(recorded, before) > 500
        began = time.monotonic()
        terminal.type("\x03")
        assert terminal.end() == 130
        assert time.monotonic() - began < 1.5
    assert " gap" not in terminal.shown
    with wave.open(str(tmp_path / "m.wav")) as file:
        assert file.getnframes() > 4 * 48_000


def test_what_came_before_the_server_ended_it_is_heard_to_its_end(pulse: Pulse, tmp_path: Path) -> None:
    async def hasty(client: ServerConnection) -> None:
        await client.recv()
        await say(client, {"setupComplete": {}})
        for _ in range(3):
            await say(client, chunk_of("ECAQIBAg"))
        await client.close(1000)

    recorded = tmp_path / "heard.pcm"
    env = {name: pulse.environment[name] for name in OWN}
    with scripted(hasty) as url, pulse.recording(recorded):
        done = livechat("music", "techno", "--server", url, cwd=tmp_path, env=env)
        assert done.stderr.decode().splitlines()[-1] == "note: the server has ended it: 4.5 s of music"
    sounding = np.count_nonzero(np.abs(heard(recorded)) > 3) / SPEAKER_RATE
    assert 4.2 < sounding < 4.6


def test_a_reset_is_heard_long_before_what_was_in_stock_has_ended(pulse: Pulse, tmp_path: Path) -> None:
    async def server(client: ServerConnection) -> None:
        await client.recv()
        await say(client, {"setupComplete": {}})
        for _ in range(4):
            await say(client, chunk_of("ECAQIBAg"))
        while "RESET_CONTEXT" not in str(await client.recv()):
            pass
        await asyncio.sleep(0.3)
        await say(client, chunk_of("8N/w3/Df"))
        await client.wait_closed()

    recorded = tmp_path / "heard.pcm"
    env = {name: pulse.environment[name] for name in OWN} | {"LIVECHAT_OUTPUT_FACE": "tty"}
    with (
        scripted(server) as url,
        pulse.recording(recorded),
        Terminal(["music", "techno", "--server", url], tmp_path, env) as terminal,
    ):
        terminal.expect("0:01")
        terminal.type("r")
        terminal.expect("WAITING")
        terminal.type("q")
        assert terminal.end() == 0
    before, after = (np.count_nonzero(sign * heard(recorded) > 1_000) / SPEAKER_RATE for sign in (1, -1))
    assert 1.5 < before < 3.5  # of six seconds
    assert after > 1.3


def chunk_of(frames: str) -> dict[str, object]:
    """A second and a half of them."""
    return {"serverContent": {"audioChunks": [{"data": frames * 48_000}]}}
