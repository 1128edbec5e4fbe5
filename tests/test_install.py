"""Claims about the line that adds an extra: it is right for this copy and never names a stranger's program."""

from __future__ import annotations

import re
import shlex
import sys
from importlib import metadata
from pathlib import Path

import pytest

from livechat import install
from livechat.install import Copy, Record, install_line, line_for, parts_of, this_copy

PYTHON = "/opt/my env/bin/python"
REQUIRES = ["typer>=0.29", 'hibari-tts==0.2.1; extra == "local"', "soundfile>=0.13; extra == 'codecs'"]
ROOT = Path(__file__).resolve().parent.parent


def record_of(path: Path, *, editable: bool = False) -> dict[str, object]:
    return {"url": path.as_uri(), "dir_info": {"editable": True} if editable else {}}


def test_an_editable_copy_is_installed_again_from_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "my livechat"
    folder.mkdir()
    line = line_for("local", Copy("pip", PYTHON, record_of(folder, editable=True)))
    assert shlex.split(line) == [PYTHON, "-m", "pip", "install", "-e", f"{folder}[local]"]
    assert line.startswith("'/opt/my env/bin/python' ")


def test_a_folder_and_a_wheel_are_installed_again_by_their_path(tmp_path: Path) -> None:
    wheel = tmp_path / "livechat_terminal-0.1.0-py3-none-any.whl"
    wheel.touch()
    record: Record = {"url": wheel.as_uri(), "archive_info": {"hash": "sha256=1"}}
    assert shlex.split(line_for("codecs", Copy("pip", PYTHON, record)))[-1] == f"{wheel}[codecs]"
    assert shlex.split(line_for("local", Copy("pip", PYTHON, record_of(tmp_path))))[-1] == f"{tmp_path}[local]"


def test_a_copy_from_a_repository_is_installed_again_at_its_commit() -> None:
    record = {
        "url": "https://example.org/livechat.git",
        "vcs_info": {"vcs": "git", "requested_revision": "main", "commit_id": "abc123"},
    }
    wanted = "livechat-terminal[local] @ git+https://example.org/livechat.git@abc123"
    assert shlex.split(line_for("local", Copy("pip", PYTHON, record)))[-1] == wanted
    inside = {**record, "subdirectory": "python"}
    assert shlex.split(line_for("local", Copy("pip", PYTHON, inside)))[-1] == f"{wanted}#subdirectory=python"


def test_a_copy_from_an_address_is_installed_again_from_it() -> None:
    record: Record = {"url": "https://example.org/l.whl", "archive_info": {}}
    line = line_for("local", Copy("pip", PYTHON, record))
    assert shlex.split(line)[-1] == "livechat-terminal[local] @ https://example.org/l.whl"


def test_pipx_and_uv_are_told_in_their_own_words(tmp_path: Path) -> None:
    record = record_of(tmp_path)
    assert shlex.split(line_for("local", Copy("pipx", PYTHON, record)))[:3] == ["pipx", "install", "--force"]
    assert shlex.split(line_for("local", Copy("uv tool", PYTHON, record)))[:4] == ["uv", "tool", "install", "--force"]
    assert shlex.split(line_for("local", Copy("uv", PYTHON, record)))[:5] == [
        "uv",
        "pip",
        "install",
        "--python",
        PYTHON,
    ]


@pytest.mark.parametrize("record", [None, {"url": "file:///nowhere/at/all", "dir_info": {}}])
def test_without_a_place_to_install_from_the_line_names_what_the_extra_holds(record: dict[str, object] | None) -> None:
    def words(installer: install.Installer) -> list[str]:
        return shlex.split(line_for("local", Copy(installer, PYTHON, record, REQUIRES)))

    assert words("pip") == [PYTHON, "-m", "pip", "install", "hibari-tts==0.2.1"]
    assert words("pipx") == ["pipx", "inject", "livechat-terminal", "hibari-tts==0.2.1"]
    assert words("uv tool") == words("uv") == ["uv", "pip", "install", "--python", PYTHON, "hibari-tts==0.2.1"]


def test_the_parts_of_an_extra_are_its_requirements_without_markers() -> None:
    assert parts_of("codecs", REQUIRES) == ["soundfile>=0.13"]
    assert parts_of("nothing", REQUIRES) == []


def test_the_running_copy_names_the_running_interpreter() -> None:
    assert this_copy().python == sys.executable
    assert any("hibari" in part for part in parts_of("local", this_copy().requires))
    assert "hibari" in install_line("local") or "[local]" in install_line("local")


class Leavings:
    """What a build leaves in a source tree."""

    requires: tuple[str, ...] = ()

    def read_text(self, name: str) -> str | None:
        return None


class Installed:
    """What an installer leaves."""

    requires = ("a; extra == 'local'",)

    def __init__(self, record: str) -> None:
        self.texts = {"INSTALLER": "uv\n", "direct_url.json": record}

    def read_text(self, name: str) -> str | None:
        return self.texts.get(name)


def have_installed(monkeypatch: pytest.MonkeyPatch, *copies: Leavings | Installed) -> None:
    def distributions(name: str) -> tuple[Leavings | Installed, ...]:
        assert name == install.DISTRIBUTION
        return copies

    monkeypatch.setattr(metadata, "distributions", distributions)


def test_a_tree_that_is_not_installed_counts_as_an_editable_copy_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    have_installed(monkeypatch)
    line = install_line("local")
    assert shlex.split(line)[-2:] == ["-e", f"{ROOT}[local]"]


def test_the_installed_copy_counts_before_what_a_build_left_in_the_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    have_installed(monkeypatch, Leavings(), Installed('{"url": "https://example.org/l.whl"}'))
    monkeypatch.setattr(sys, "prefix", "/nowhere")
    assert this_copy() == Copy("uv", sys.executable, {"url": "https://example.org/l.whl"}, ("a; extra == 'local'",))


def test_a_broken_record_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    have_installed(monkeypatch, Installed("{"))
    assert this_copy().record is None


@pytest.mark.parametrize(("mark", "installer"), [("pipx_metadata.json", "pipx"), ("uv-receipt.toml", "uv tool")])
def test_the_environments_of_pipx_and_uv_are_known_by_their_marks(
    mark: str, installer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / mark).touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert this_copy().installer == installer


BARE = re.compile(r"(?:pip|pipx|uv tool|uv pip) install (?:-\S+ )*['\"]?livechat(?:-terminal)?(?![\w./-]*/)(?!\S* @)")
WRITTEN = [
    *ROOT.glob("livechat/**/*.py"),
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "Makefile", "config.example.toml", "pyproject.toml")),
]


@pytest.mark.parametrize(
    "path", [path for path in WRITTEN if path.exists()], ids=lambda path: str(path.relative_to(ROOT))
)
def test_nothing_we_write_tells_anybody_to_install_a_stranger_s_program(path: Path) -> None:
    assert BARE.findall(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "line", ["pip install livechat", "pip install -U 'livechat[local]'", "pipx install livechat-terminal"]
)
def test_the_search_for_bare_lines_finds_them(line: str) -> None:
    assert BARE.search(line)


@pytest.mark.parametrize(
    "line", ["pip install ./livechat[local]", "pip install 'livechat-terminal[local] @ git+https://x'"]
)
def test_the_search_for_bare_lines_lets_paths_and_addresses_pass(line: str) -> None:
    assert not BARE.search(line)
