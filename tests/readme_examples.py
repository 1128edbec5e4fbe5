"""Takes the examples of the library out of README.md: each has a heading of its own, and is a whole program."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

README: Final = Path(__file__).parent.parent / "README.md"
CHAPTER: Final = "In Python"


def chapter() -> str:
    """What README.md says of the library."""
    _, *chapters = re.split(r"^## (.+)\n", README.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(chapters[::2], chapters[1::2], strict=True))[CHAPTER]


def examples() -> dict[str, str]:
    """The programs by their headings, in order."""
    _, *parts = re.split(r"^### (.+)\n", chapter(), flags=re.MULTILINE)
    found = {heading: _programs(text) for heading, text in zip(parts[::2], parts[1::2], strict=True)}
    assert all(len(programs) <= 1 for programs in found.values()), "an example has a heading of its own"
    return {heading: programs[0] for heading, programs in found.items() if programs}


def lines_of_code(program: str) -> int:
    """Its lines without those that are blank or a comment."""
    lines = [line.strip() for line in program.splitlines()]
    return sum(bool(line) and not line.startswith("#") for line in lines)


def file_name(heading: str) -> str:
    """A name for its program that can be imported: `a_voice`."""
    return re.sub(r"\W+", "_", heading.lower())


def _programs(text: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
