"""Claims about what doctor looks at: each check says what it found and, if something is to be done, what."""

from __future__ import annotations

import asyncio
import io
import os
import struct
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest

from livechat import install
from livechat.audio.microphone import Frame
from livechat.commands import checks
from livechat.commands.checks import CHECKS, Finding, is_met
from livechat.commands.common import Common
from livechat.errors import DeviceError
from livechat.install import Copy
from livechat.terminal.report import Report
from tests import sound_card
from tests.sound_card import Card

KEY = "AIzaSyD-0123456789abcdefghijklmnopqx9Qz"


def common(tmp_path: Path, **env: str) -> Common:
    return Common(Report(io.StringIO(), {}), {"HOME": str(tmp_path), **env})


def require(monkeypatch: pytest.MonkeyPatch, *requires: str) -> None:
    def this_copy() -> Copy:
        return Copy("pip", sys.executable, None, requires)

    monkeypatch.setattr(install, "this_copy", this_copy)


def play_on(monkeypatch: pytest.MonkeyPatch, problem: DeviceError | None) -> None:
    """A sound system in place of this machine's."""

    def output_available() -> DeviceError | None:
        return problem

    device = ModuleType("livechat.audio.device")
    vars(device)["output_available"] = output_available
    monkeypatch.setitem(sys.modules, "livechat.audio.device", device)


def test_python_is_new_enough_or_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.python(common(tmp_path)).status == "ok"
    monkeypatch.setattr(checks, "OLDEST_PYTHON", (9, 9))
    found = checks.python(common(tmp_path))
    assert (found.status, found.fix) == ("FAIL", "use Python 9.9 or newer")


def test_packages_are_there_with_their_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require(monkeypatch, "typer>=0.29", 'hibari-tts; extra == "local"')
    assert checks.packages(common(tmp_path)) == Finding("ok", f"packages: typer {metadata.version('typer')}")


def test_a_package_missing_or_too_old_is_a_failure_with_the_line_that_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require(monkeypatch, "typer>=99.1", "no-such-package-at-all", "rich>=1")
    found = checks.packages(common(tmp_path))
    assert found.status == "FAIL"
    assert found.what == "packages missing or too old: typer>=99.1, no-such-package-at-all"
    assert found.fix.endswith(" -m pip install 'typer>=99.1' no-such-package-at-all")


@pytest.mark.parametrize(
    ("requirement", "met"),
    [("typer", True), ("typer>=0.1", True), ("typer >= 99", False), ("nothing-of-that-name>=1", False)],
)
def test_a_requirement_is_met_by_the_version_installed(requirement: str, met: bool) -> None:
    assert is_met(requirement) is met


@pytest.mark.parametrize(("missing", "status"), [(None, "ok"), ("ctranslate2, hibari", "warn")])
def test_speech_that_is_missing_is_a_warning_with_the_line_that_adds_it(
    missing: str | None, status: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def speech_missing() -> str | None:
        return missing

    monkeypatch.setattr("livechat.server.models.speech_missing", speech_missing)
    found = checks.speech(common(tmp_path))
    assert found.status == status
    assert found.fix == (install.install_line("local") if missing else "")


def test_sound_without_its_library_fails_and_without_a_speaker_warns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    play_on(monkeypatch, None)
    assert checks.sound(common(tmp_path)).status == "ok"
    no_speaker = DeviceError("no speaker found", hint="plug one in")
    play_on(monkeypatch, no_speaker)
    assert checks.sound(common(tmp_path)) == Finding("warn", "no speaker found", "plug one in")
    no_library = DeviceError("no PortAudio", hint="install it")
    no_library.__cause__ = OSError("PortAudio library not found")
    play_on(monkeypatch, no_library)
    assert checks.sound(common(tmp_path)) == Finding("FAIL", "no PortAudio", "install it")


def listen_to(monkeypatch: pytest.MonkeyPatch, pcm: bytes | None, frames: int = 100) -> None:
    """A microphone that gives a frame over and over, or cannot be opened, in place of this machine's."""

    class Microphone:
        name, rate = "Mic", 16_000

        def __init__(self) -> None:
            if pcm is None:
                raise DeviceError("no microphone found", hint="plug one in")

        def __aiter__(self) -> Microphone:
            return self

        async def __anext__(self) -> Frame:
            if next(given, None) is None:
                await asyncio.Event().wait()
            return Frame(pcm or b"", 0.0, 0.0)

        def close(self) -> None:
            """The real one is seen to be closed below."""

    given = iter(range(frames))
    made = ModuleType("livechat.audio.microphone")
    vars(made)["Microphone"] = Microphone
    monkeypatch.setitem(sys.modules, "livechat.audio.microphone", made)


SQUARE = struct.pack("<2h", 3_277, -3_277) * 160


@pytest.mark.parametrize(
    ("pcm", "frames", "found"),
    [
        (SQUARE, 100, Finding("ok", "microphone: 'Mic' at 16000 Hz, -20 dBFS now")),
        (
            bytes(640),
            100,
            Finding("warn", "microphone: 'Mic' at 16000 Hz gives nothing but silence", "its mute switch"),
        ),
        (SQUARE, 0, Finding("warn", "microphone: 'Mic' at 16000 Hz gives no sound", "livechat devices list")),
        (SQUARE, 3, Finding("ok", "microphone: 'Mic' at 16000 Hz, -20 dBFS now")),
        (None, 0, Finding("warn", "microphone: no microphone found", "plug one in")),
    ],
)
def test_a_microphone_is_listened_to_for_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pcm: bytes | None, frames: int, found: Finding
) -> None:
    monkeypatch.setattr(checks, "MICROPHONE_S", 0.05)
    listen_to(monkeypatch, pcm, frames)
    finding = checks.microphone(common(tmp_path))
    assert (finding.status, finding.what) == (found.status, found.what)
    assert found.fix in finding.fix


def test_without_portaudio_the_microphone_is_no_second_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    found = checks.microphone(common(tmp_path))
    assert (found.status, found.what) == ("warn", "microphone: out of reach without PortAudio")


def test_a_real_microphone_is_closed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = sound_card.install(monkeypatch, Card("Mic", inputs=1, outputs=0))
    monkeypatch.setattr(checks, "MICROPHONE_S", 0.05)
    assert checks.microphone(common(tmp_path)).what == "microphone: 'Mic' at 16000 Hz gives no sound"
    assert not sound.running


def test_a_key_is_told_by_its_source_and_last_four_characters(tmp_path: Path) -> None:
    assert checks.key(common(tmp_path, GEMINI_API_KEY=KEY)) == Finding("ok", "API key …x9Qz from GEMINI_API_KEY")
    token = checks.key(common(tmp_path, LIVECHAT_API_KEY="auth_tokens/abcdefgh1234"))
    assert token.what == "ephemeral token …1234 from LIVECHAT_API_KEY"


def test_a_missing_key_is_a_warning_and_both_ways_on(tmp_path: Path) -> None:
    found = checks.key(common(tmp_path))
    assert found.status == "warn"
    assert "GEMINI_API_KEY" in found.fix
    assert "livechat text --local" in found.fix


@pytest.fixture
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


GOOGLE = "generativelanguage.googleapis.com"


@pytest.mark.usefixtures("_no_proxy")
@pytest.mark.parametrize(
    ("server", "variables", "what"),
    [
        ("auto", {}, f"proxy: none on the way to {GOOGLE}"),
        (
            "auto",
            {"HTTPS_PROXY": "http://me:hunter2@gate.example:3128"},
            f"proxy: http://gate.example:3128 on the way to {GOOGLE}",
        ),
        ("local", {"all_proxy": "http://gate.example:3128"}, f"proxy: http://gate.example:3128 on the way to {GOOGLE}"),
        (
            "google",
            {"https_proxy": "http://[::9]:3128", "NO_PROXY": ".googleapis.com"},
            f"proxy: none on the way to {GOOGLE}",
        ),
        ("google", {"https_proxy": "http://[::9]:3128"}, f"proxy: http://[::9]:3128 on the way to {GOOGLE}"),
        (
            "vertex",
            {"https_proxy": "https://gate.example"},
            "proxy: https://gate.example:443 on the way to aiplatform.googleapis.com",
        ),
        (
            "wss://far.example:8765/x",
            {"HTTPS_PROXY": "gate.example:80"},
            "proxy: http://gate.example:80 on the way to far.example:8765",
        ),
        ("ws://127.0.0.1:8765", {"HTTP_PROXY": "http://gate.example:80"}, "proxy: none on the way to 127.0.0.1:8765"),
    ],
)
def test_the_proxy_is_named_without_its_password_and_where_there_is_none_that_is_said(
    server: str, variables: dict[str, str], what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert checks.proxy(common(tmp_path, LIVECHAT_SERVER_CHOICE=server)) == Finding("ok", what)


@pytest.mark.usefixtures("_no_proxy")
def test_the_proxy_to_a_region_is_told_for_its_host(tmp_path: Path) -> None:
    env = {"LIVECHAT_SERVER_CHOICE": "vertex", "LIVECHAT_SERVER_LOCATION": "europe-west4"}
    assert "to aiplatform.googleapis" in checks.proxy(common(tmp_path, **env)).what
    found = checks.proxy(common(tmp_path, **env, LIVECHAT_SERVER_PROJECT="mine"))
    assert found.what == "proxy: none on the way to europe-west4-aiplatform.googleapis.com"


@pytest.mark.usefixtures("_no_proxy")
@pytest.mark.parametrize(
    "address", ["gopher://me:hunter2@z/", "http://me:hunter2", "http://me:hunter2@z/hunter2", "http://me:hunter2%ff@z"]
)
def test_a_proxy_that_cannot_be_read_is_a_failure_that_quotes_no_password(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    found = checks.proxy(common(tmp_path))
    assert found.status == "FAIL"
    assert found.what.startswith(f"proxy: the one on the way to {GOOGLE} has no address that can be read: ")
    assert "hunter2" not in f"{found}"


@pytest.mark.usefixtures("_no_proxy")
def test_a_socks_proxy_without_its_package_is_a_warning_with_the_line_that_adds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_spec(name: str) -> None:
        assert name == "python_socks"

    monkeypatch.setenv("HTTPS_PROXY", "socks5h://me:hunter2@gate.example:1080")
    monkeypatch.setattr(checks, "find_spec", find_spec)
    what = f"proxy: socks5h://gate.example:1080 on the way to {GOOGLE} needs the package python-socks"
    assert checks.proxy(common(tmp_path)) == Finding("warn", what, install.install_line("socks"))


@pytest.mark.usefixtures("_no_proxy")
def test_settings_that_are_wrong_are_no_failure_of_the_proxy(tmp_path: Path) -> None:
    assert checks.proxy(common(tmp_path, LIVECHAT_SERVER_TRIES="many")).what == f"proxy: none on the way to {GOOGLE}"


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("encoding", "env", "what", "status"),
    [
        ("utf-8", {"TERM": "xterm"}, "terminal: 90x30, colors, UTF-8", "ok"),
        ("utf-8", {"NO_COLOR": "1"}, "terminal: 90x30, no colors, UTF-8", "ok"),
        ("ascii", {"TERM": "dumb"}, "terminal: 90x30, no colors, ASCII", "warn"),
    ],
)
def test_the_terminal_is_told_by_what_it_can_show(
    encoding: str, env: dict[str, str], what: str, status: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    monkeypatch.setenv("LINES", "30")
    monkeypatch.setattr(sys, "stdout", Terminal(io.BytesIO(), encoding=encoding))
    found = checks.terminal(common(tmp_path, **env))
    assert (found.what, found.status) == (what, status)


def test_without_a_terminal_there_is_none_to_judge(tmp_path: Path) -> None:
    assert checks.terminal(common(tmp_path)) == Finding("ok", "terminal: none, the output goes to a file or a pipe")


def test_the_configuration_is_named_or_its_first_problem_told(tmp_path: Path) -> None:
    given = common(tmp_path)
    assert checks.configuration(given) == Finding("ok", "configuration: no file, so the defaults hold")
    given.config = tmp_path / "c.toml"
    given.config.write_text("[serve]\nport = 1\n")
    assert checks.configuration(given) == Finding("ok", f"configuration: {given.config}")
    given.config.write_text("[serve]\nprot = 1\n")
    found = checks.configuration(given)
    assert (found.status, found.fix) == ("FAIL", "livechat config validate")
    assert found.what.startswith(f"configuration: 1 problem, the first:\n{given.config}:2:1  unknown key 'prot'")
    given.config.write_text("prot = 1\nprot2 = 1\n")
    assert checks.configuration(given).what.startswith("configuration: 2 problems, the first:\n")


def test_all_checks_are_looked_at(tmp_path: Path) -> None:
    names = ["python", "packages", "speech", "sound", "microphone", "key", "proxy", "terminal", "configuration"]
    assert [name for name in CHECKS if name in names] == names
