"""`livechat doctor`: looks at this machine and says what is missing and how to get it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from traceback import format_exception
from types import MappingProxyType
from typing import Annotated

import typer

from livechat.commands.checks import CHECKS, Check, Finding
from livechat.commands.common import Common
from livechat.commands.round_trip import round_trip
from livechat.errors import LivechatError
from livechat.terminal.ndjson import harmless
from livechat.terminal.safe import Safe, safe

ALL_CHECKS: Mapping[str, Check] = MappingProxyType({**CHECKS, "local round trip": round_trip})


def command(
    ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="One JSON object per check.")] = False
) -> None:
    """Checks this machine and holds one turn on it; exit 1 if something fails.

    Examples:
      livechat doctor
      livechat doctor --json | jq -r 'select(.status != "ok") | .fix'
    """
    common = Common.of(ctx)
    findings: list[Finding] = []
    for name, finding in examine(common, ALL_CHECKS):
        findings.append(finding)
        text = harmless(json.dumps({"name": name, **asdict(finding)})) if as_json else row(finding)
        print(common.report.without_secrets(text), flush=True)
    if not as_json:
        print(verdict(findings))
    if any(finding.status == "FAIL" for finding in findings):
        raise typer.Exit(1)


def examine(common: Common, checks: Mapping[str, Check]) -> Iterator[tuple[str, Finding]]:
    """What each check finds, as it finds it. A check that breaks has found something too, and the others go on."""
    for name, check in checks.items():
        try:
            yield name, check(common)
        except LivechatError as error:
            first_line, _, _ = str(error).partition("\n")
            yield name, Finding("FAIL", f"{name}: {first_line}", error.hint)
        except Exception as error:
            if common.debug:
                common.report.block("".join(format_exception(error)))
            yield name, Finding("FAIL", f"{name}: {type(error).__name__}: {error}", "livechat doctor --debug")


def row(finding: Finding) -> Safe:
    """One line, or two where what to do about it does not fit on the first."""
    first, *more = safe(finding.what).split("\n")
    fix = safe(finding.fix).replace("\n", "\n        ")
    beside = not more and "\n" not in fix and len(first) + len(fix) < 68
    gap = "   → " if beside else "\n      → "
    lines = "".join(f"\n      {line}" for line in more)
    return Safe(f"{finding.status:<4}  {first}{lines}{gap if fix else ''}{fix}")


def verdict(findings: Sequence[Finding]) -> str:
    problems = sum(finding.status == "FAIL" for finding in findings)
    warnings = sum(finding.status == "warn" for finding in findings)
    if not problems and not warnings:
        return "all is well"
    return f"{_counted(problems, 'problem')}, {_counted(warnings, 'warning')}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
