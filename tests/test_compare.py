"""Holds this client beside google-genai, unmodified, where a server misbehaves in forty-five ways."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.compare.cases import CASES, QUICK, single
from tests.compare.programs import Record
from tests.compare.stage import Case
from tests.compare.table import CLIENTS, Outcome, Row, compared, judged, table
from tests.long import SOAK

CASE = Case("says nonsense", single("nonsense"))
REFUSED = Case("refuses", single("nonsense"), wanted="word")
TOOL = Case("calls", single("nonsense"), effects=1)


def record(**changes: object) -> Record:
    return {
        "answers": ["answer 1", "answer 2"],
        "effects": 0,
        "asked": "question 2",
        "hangs": False,
        "kind": "",
        "error": "",
        "seconds": 0.1,
        **changes,
    }


def test_there_are_forty_five_each_with_a_name_of_its_own() -> None:
    assert len(CASES) == len({case.name for case in CASES}) == 45
    assert {*QUICK} <= {case.name for case in CASES}


@pytest.mark.parametrize(
    ("case", "changes", "outcome"),
    [
        (CASE, {}, Outcome("right", "both answered")),
        (TOOL, {"effects": 1}, Outcome("right", "both answered, the tool ran once")),
        (TOOL, {"effects": 2}, Outcome("wrong", "both answered, the tool ran 2 times")),
        (CASE, {"answers": ["answer 1", ""]}, Outcome("wrong", "answers 'answer 1' | ''")),
        (CASE, {"hangs": True}, Outcome("hangs", "hangs > 5 s at question 2")),
        (CASE, {"hangs": True, "asked": ""}, Outcome("hangs", "hangs > 5 s at connecting")),
        (CASE, {"kind": "google.APIError", "error": "1011\n None"}, Outcome("said", "APIError: 1011 None")),
        (REFUSED, {"kind": "google.APIError", "error": "no"}, Outcome("right", "APIError: no")),
        (REFUSED, {"kind": "builtins.TypeError", "error": "no"}, Outcome("raw", "TypeError: no")),
        (REFUSED, {}, Outcome("wrong", "both answered, though nothing should have been")),
    ],
)
def test_a_record_is_judged_by_what_was_wanted(case: Case, changes: Record, outcome: Outcome) -> None:
    assert judged("google", case, record(**changes)) == outcome


def test_a_key_that_went_elsewhere_is_wrong_whatever_was_said() -> None:
    told = record(kind="google.APIError", error="404")
    assert judged("google", REFUSED, told, ["the key went elsewhere"]).grade == "wrong"


def test_the_table_stands_side_by_side_and_counts() -> None:
    right, raw = Outcome("right", "both answered"), Outcome("raw", "ValueError: " + "x" * 99)
    rows = [
        Row(CASE, {"google": raw, "library": right, "commands": right}),
        Row(TOOL, {"google": Outcome("hangs", "hangs"), "library": right, "commands": right}),
    ]
    head, first, second, _, google, library, commands = table(rows).splitlines()
    assert first.startswith(" 1  says nonsense")
    assert first.index("+ both answered") == second.index("+ both answered") == head.index("livechat") - 2
    assert google.endswith(": 1 a foreign exception, 1 hangs")
    assert library == "livechat as a library: 2 right"
    assert commands == "livechat as its commands hold it: 2 right"


@pytest.mark.judge
def test_where_a_server_misbehaves_this_client_goes_on_or_says_what_is_wrong() -> None:
    if find_spec("google.genai") is None:
        pytest.skip("no network: google-genai is not installed")
    rows = compared([case for case in CASES if SOAK or case.name in QUICK])
    shown = table(rows)
    for row in rows:
        google, library, commands = (row.outcomes[client].grade for client in CLIENTS)
        assert library not in ("raw", "wrong"), shown
        assert commands == "right", shown
        if row.case.name in QUICK:
            assert library == "right", shown
            assert google != "right", shown
