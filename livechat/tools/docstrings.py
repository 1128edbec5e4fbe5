"""Reads what a docstring says of a function and of its parameters, in Google's, NumPy's or Sphinx's way of writing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from inspect import cleandoc

_SECTION = re.compile(
    r"(args|arguments|parameters?|params?|other parameters|keyword args|keyword arguments|returns?|yields?|raises|"
    r"examples?|notes?|see also|references|warnings?|attributes|todo):?",
    re.IGNORECASE,
)
_OF_PARAMETERS = re.compile(r"(other |keyword )?(arg|param)", re.IGNORECASE)
_UNDERLINE = re.compile(r"-{3,}|={3,}")
_GOOGLE = re.compile(r"\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)")
_NUMPY = re.compile(r"\*{0,2}(\w+(?:\s*,\s*\*{0,2}\w+)*)\s*(?::.*)?")
_FIELD = re.compile(r"[:@](\w+)(?:\s+([^:]*))?:\s*(.*)")
_FIELDS_OF_PARAMETERS = {"param", "parameter", "arg", "argument", "key", "keyword"}


@dataclass(frozen=True, slots=True)
class Told:
    """What a docstring tells a caller."""

    about: str = ""
    """All that stands before the first section, a paragraph a line."""
    parameters: dict[str, str] = field(default_factory=dict[str, str])
    """By name, each in one line."""


def told_by(docstring: str | None) -> Told:
    """What it tells; a way of writing that is none of the three is description altogether."""
    lines = cleandoc(docstring or "").splitlines()
    about: list[str] = []
    parameters: dict[str, str] = {}
    for title, body in _sections(lines):
        if title == "":
            about, found = _fields(body)
            parameters |= found
        elif _OF_PARAMETERS.match(title):
            parameters |= _entries(body)
    return Told(_paragraphs(about), {name: words for name, words in parameters.items() if words})


def _sections(lines: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Titles and bodies; what stands before any title has the title ""."""
    title, body, at = "", list[str](), 0
    while at < len(lines):
        line, below = lines[at], lines[at + 1] if at + 1 < len(lines) else ""
        underlined = _UNDERLINE.fullmatch(below.strip()) is not None
        if _SECTION.fullmatch(line) and (line.endswith(":") or underlined):
            yield title, body
            title, body = line.rstrip(":"), []
            at += 1 + underlined
            continue
        if title and not underlined and line and not line[0].isspace() and not _was_underlined(lines, at, body):
            yield title, body  # back at the margin: Google's section is over
            title, body = "-", []
        body.append(line)
        at += 1
    yield title, body


def _was_underlined(lines: Sequence[str], at: int, body: Sequence[str]) -> bool:
    """Whether the section at hand has a line beneath its title: in NumPy's way its body stands at the margin."""
    above = at - len(body) - 1
    return above >= 0 and _UNDERLINE.fullmatch(lines[above].strip()) is not None


def _entries(body: Sequence[str]) -> dict[str, str]:
    """The parameters of a section: a name with its words after a colon, or in deeper lines below it."""
    margin = min((_indent(line) for line in body if line.strip()), default=0)
    found: dict[str, str] = {}
    names: list[str] = []
    for line in body:
        text = line.strip()
        if text and _indent(line) == margin:
            names, words = _head(text, deep=margin > 0)
            found |= dict.fromkeys(names, words)
        elif text:
            found |= {name: f"{found[name]} {text}".strip() for name in names}
    return found


def _head(text: str, *, deep: bool) -> tuple[list[str], str]:
    """Google's sections are indented and hold the words; at the margin stands NumPy's "name : type"."""
    if deep and (one := _GOOGLE.fullmatch(text)):
        return [one[1]], one[2]
    if not deep and (many := _NUMPY.fullmatch(text)):
        return [name.strip().lstrip("*") for name in many[1].split(",")], ""
    return [], ""


def _fields(body: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Sphinx's fields, and the lines that are none."""
    others: list[str] = []
    found: dict[str, str] = {}
    inside, name = False, ""
    for line in body:
        if one := _FIELD.fullmatch(line.strip()) if not line[:1].isspace() else None:
            inside = True
            name = (one[2] or "").split(" ")[-1].lstrip("*") if one[1].lower() in _FIELDS_OF_PARAMETERS else ""
            found |= {name: one[3]} if name else {}
        elif inside and (line[:1].isspace() or not line):
            found |= {name: f"{found[name]} {line.strip()}".strip()} if name else {}
        else:
            inside = False
            others.append(line)
    return others, found


def _paragraphs(lines: Sequence[str]) -> str:
    """Lines that belong together in one line."""
    paragraphs = re.split(r"\n\s*\n", "\n".join(lines).strip())
    return "\n".join(" ".join(paragraph.split()) for paragraph in paragraphs).strip()


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
