"""What libraries log is told as a warning: through the report's gate, without secrets, and not across the screen.

Otherwise Python writes it to stderr as it is, with all that an exception's text may hold.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from traceback import format_exception
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from livechat.commands.common import Common


class Logged(logging.Handler):
    """Tells what is logged as a warning or worse; with --debug, the traceback that belongs to it too."""

    def __init__(self, common: Common) -> None:
        super().__init__(logging.WARNING)
        self._common = common

    def emit(self, record: logging.LogRecord) -> None:
        words = f"{record.name}: {record.getMessage()}"
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            told = format_exception(error) if self._common.debug else [f"{type(error).__name__}: {error}"]
            words = f"{words}\n{''.join(told).rstrip()}"
        self._common.report.warning(words)


@contextmanager
def logs_told(common: Common) -> Generator[None]:
    """Inside, what libraries log is told."""
    handler = Logged(common)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
