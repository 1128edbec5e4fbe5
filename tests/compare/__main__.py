"""Prints the table: `python -m tests.compare`, or `make compare`."""

from __future__ import annotations

import sys
import time

from tests.compare.cases import CASES
from tests.compare.table import compared, table

if __name__ == "__main__":
    began = time.monotonic()
    rows = compared(CASES)
    sys.stdout.write(f"{table(rows)}\n({time.monotonic() - began:.0f} s)\n")
