"""Claims about what libraries log while a command runs."""

from __future__ import annotations

import io
import logging
import os

from livechat.commands.common import Common
from livechat.commands.logged import logs_told
from livechat.terminal.report import Report

HOSTILE = "\x1b]0;owned\x07\x9b2J\nerror: forged secret-key"


def logged(level: int, *, debug: bool = False, fails: bool = False, quiet: bool = False) -> str:
    stream = io.StringIO()
    common = Common(Report(stream, {}), {})
    common.debug, common.report.quiet = debug, quiet
    common.report.hide("secret-key")
    with logs_told(common):
        try:
            if fails:
                raise OSError(HOSTILE)
            raise KeyError
        except (OSError, KeyError):
            logging.getLogger("somebody").log(level, "never %s", "retrieved", exc_info=fails)
    logging.getLogger("somebody").debug("told nobody")
    return stream.getvalue()


def test_what_is_logged_is_a_warning() -> None:
    assert logged(logging.WARNING) == "warning: somebody: never retrieved\n"
    assert logged(logging.ERROR, quiet=True) == "warning: somebody: never retrieved\n"


def test_less_than_a_warning_is_nobody_s_business() -> None:
    assert logged(logging.INFO) == ""


def test_the_text_of_an_exception_passes_the_gate_and_loses_its_secrets() -> None:
    assert logged(logging.ERROR, fails=True) == (
        "warning: somebody: never retrieved\n         OSError: ␛␛\n         error: forged [hidden]\n"
    )


def test_with_debug_there_is_a_traceback() -> None:
    shown = logged(logging.ERROR, fails=True, debug=True)
    assert "Traceback (most recent call last):" in shown
    assert os.path.basename(__file__) in shown
    assert "\x1b" not in shown


def test_afterwards_nobody_listens() -> None:
    before = list(logging.getLogger().handlers)
    with logs_told(Common(Report(None, {}), {})):
        assert len(logging.getLogger().handlers) == len(before) + 1
    assert logging.getLogger().handlers == before
