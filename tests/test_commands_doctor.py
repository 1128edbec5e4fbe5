"""Claims about `livechat doctor`: a line for each check, its fix beside it, and an exit code to build on."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from livechat.cli import main
from livechat.commands import doctor
from livechat.commands.checks import Check, Finding
from livechat.commands.common import Common
from livechat.commands.doctor import examine, row, verdict
from livechat.errors import DeviceError
from livechat.terminal.report import Report

from .cli_help import be_clean

KEY = "AIzaSyD-0123456789abcdefghijklmnopqx9Qz"
OK, WARN, FAIL = Finding("ok", "fine"), Finding("warn", "so so", "do this"), Finding("FAIL", "broken", "do that")


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    be_clean(monkeypatch, tmp_path, {"GEMINI_API_KEY": KEY})


def finding(found: Finding) -> Check:
    def check(common: Common) -> Finding:
        return found

    return check


def failing(error: Exception) -> Check:
    def check(common: Common) -> Finding:
        raise error

    return check


def look_at(monkeypatch: pytest.MonkeyPatch, checks: Mapping[str, Check]) -> None:
    monkeypatch.setattr(doctor, "ALL_CHECKS", checks)


def test_each_check_is_a_line_and_the_end_is_a_count(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    look_at(monkeypatch, {"a": finding(OK), "b": finding(WARN), "c": finding(FAIL)})
    assert main(["doctor"]) == 1
    assert capsys.readouterr() == (
        "ok    fine\nwarn  so so   → do this\nFAIL  broken   → do that\n1 problem, 1 warning\n",
        "",
    )


def test_only_a_failure_is_an_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    look_at(monkeypatch, {"a": finding(OK), "b": finding(WARN)})
    assert main(["doctor"]) == 0


def test_programs_get_one_object_a_check(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    look_at(monkeypatch, {"a": finding(OK), "b": finding(FAIL)})
    assert main(["doctor", "--json"]) == 1
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"name": "a", "status": "ok", "what": "fine", "fix": ""},
        {"name": "b", "status": "FAIL", "what": "broken", "fix": "do that"},
    ]


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on() -> None:
    stream = io.StringIO()
    common = Common(Report(stream, {}), {})
    checks = {
        "a": failing(DeviceError("no disk\n   1 | a", hint="buy one")),
        "b": failing(KeyError("x")),
        "c": finding(OK),
    }
    assert list(examine(common, checks)) == [
        ("a", Finding("FAIL", "a: no disk", "buy one")),
        ("b", Finding("FAIL", "b: KeyError: 'x'", "livechat doctor --debug")),
        ("c", OK),
    ]
    assert stream.getvalue() == ""
    common.debug = True
    list(examine(common, checks))
    assert stream.getvalue().startswith("Traceback (most recent call last):")
    assert stream.getvalue().endswith("KeyError: 'x'\n")


@pytest.mark.parametrize("args", [["doctor"], ["doctor", "--json"]])
def test_a_key_is_in_no_line(
    args: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    look_at(monkeypatch, {"a": failing(KeyError(KEY)), "b": finding(Finding("ok", KEY, KEY))})
    assert main(args) == 1
    assert KEY not in capsys.readouterr().out


@pytest.mark.parametrize("args", [["doctor"], ["doctor", "--json"]])
def test_the_proxy_is_a_line_in_both_forms_and_its_password_in_none(
    args: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("no_proxy", "NO_PROXY", "wss_proxy", "WSS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://me:hunter2@gate.example:3128")
    look_at(monkeypatch, {name: check for name, check in doctor.ALL_CHECKS.items() if name == "proxy"})
    assert main(args) == 0
    out = capsys.readouterr().out
    assert "proxy: http://gate.example:3128 on the way to generativelanguage.googleapis.com" in out
    assert "hunter2" not in out


def test_what_does_not_fit_beside_a_finding_stands_under_it() -> None:
    assert row(Finding("warn", "w" * 40, "f" * 40)) == f"warn  {'w' * 40}\n      → {'f' * 40}"
    assert row(Finding("warn", "what", "one\ntwo")) == "warn  what\n      → one\n        two"
    assert row(Finding("FAIL", "a\n   1 | b", "fix")) == "FAIL  a\n         1 | b\n      → fix"


def test_foreign_text_in_a_finding_is_disarmed() -> None:
    assert row(Finding("ok", "\x1b[2Jname", "\x9b1mfix")) == "ok    ␛name   → ␛fix"


def test_the_verdict_counts_what_there_is_to_do() -> None:
    assert verdict([OK, OK]) == "all is well"
    assert verdict([OK, WARN]) == "0 problems, 1 warning"
    assert verdict([FAIL, FAIL, WARN, WARN]) == "2 problems, 2 warnings"


def test_what_a_check_found_commands_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = "a\x7f\x9b2J\x1b]0;x\x07\u202eb\nok    forged"
    look_at(monkeypatch, {"a": finding(Finding("FAIL", hostile, hostile))})
    assert main(["doctor"]) == main(["doctor", "--json"]) == 1
    shown = capsys.readouterr().out
    assert not {"\x7f", "\x9b", "\x1b", "\x07", "\u202e"} & set(shown)
    assert [line[:4] for line in shown.splitlines()] == ["FAIL", "    ", "    ", "    ", "1 pr", '{"na']
