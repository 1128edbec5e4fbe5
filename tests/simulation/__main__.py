"""Tells a schedule line by line: `python -m tests.simulation SEED [SEVERITY] [POLICY]`."""

from __future__ import annotations

import sys
from typing import cast

from tests.simulation.checker import judged
from tests.simulation.drawing import drawn
from tests.simulation.policies import POLICIES
from tests.simulation.run import play
from tests.simulation.schedule import Severity


def main(arguments: list[str]) -> int:
    if not arguments:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    schedule = drawn(int(arguments[0]), cast(Severity, arguments[1]) if len(arguments) > 1 else None)
    policy = POLICIES[arguments[2] if len(arguments) > 2 else "ledger"]
    played = play(schedule, telling=True, make=policy)
    verdict = judged(played)
    story = played.world.story if played.world is not None else []
    sys.stdout.write("\n".join([str(schedule), *story, str(verdict), ""]))
    return 0 if verdict.good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
