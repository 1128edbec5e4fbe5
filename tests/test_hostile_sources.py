"""The sources themselves: nothing is printed with markup, and nothing foreign past the gate as far as they tell."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import pytest

from tests.test_architecture import SOURCES, called, imported, nodes, within

ROOMS = ("cli", "commands", "terminal")
"""Where anything is printed at all (a law of test_architecture)."""
MEASURES = {("rich.cells", "cell_len"), ("rich.cells", "split_graphemes")}
"""All that is taken from rich: much of the rest reads markup in what it prints."""
WRITES = {"print", "typer.echo", "typer.secho", "typer.confirm", "typer.prompt"}
KEEPS = {"without_secrets", "join", "strip", "rstrip", "lower", "encode"}
"""Methods whose result is as harmless as what they are given and what they are called on."""
NUMERIC = tuple("bcdeEfFgGnoxX%")
"""The format of a number ends with one of these; a number is nobody's text."""

OURS = "our own words, or numbers"
VOUCHED: Mapping[tuple[str, str], str] = {
    ("cli", "answer"): OURS,
    ("commands.calling", "self._parting.json(self._parting.figures.ended_at)"): "a line of NDJSON",
    ("commands.config", "example()"): OURS,
    ("commands.config", "json.dumps(news_schema.schema(), indent=2, ensure_ascii=False)"): OURS,
    ("commands.config", "section"): OURS,
    ("commands.demo", "install_line('local')"): OURS,
    ("commands.demo", "missing"): OURS,
    ("commands.demo", "program()"): "what the user called us, quoted for a shell",
    ("commands.demo", "self.settings.session.voice or DEFAULT_VOICE"): "one of the thirty",
    ("commands.demo", "self.where"): OURS,
    ("commands.demo", "target.address"): "of the server inside this process",
    ("commands.devices", "bar(reading.level_db, width)"): OURS,
    ("commands.devices", "table(devices)"): "its rows pass the gate",
    ("commands.doctor", "verdict(findings)"): OURS,
    ("commands.group", "*"): "help and the version",
    ("commands.music_sound", "pcm[:self.left]"): "sound, for a file or a pipe",
    ("commands.serve", "scenario_lines()"): "of the scenarios that come with us",
    ("commands.serve", "url"): "for the program that wanted it, not for a screen",
    ("commands.sessions", "_conversations(count)"): OURS,
    ("commands.sessions", "table(summaries, now, shutil.get_terminal_size().columns)"): "its rows pass the gate",
    (
        "commands.sessions",
        "whole(transcript, 'markdown' if markdown else 'text', width=width)",
    ): "held to it by test_hostile",
    ("commands.voices", "*"): OURS,
    ("terminal.accessible", "line"): "held to it by test_hostile",
    ("terminal.answer", "text"): "the same",
    ("terminal.plain", "text"): "the same",
    ("terminal.report", "text"): "the same",
    ("terminal.progress", "*"): OURS,
    ("terminal.giving_back", "*"): "the modes of the terminal",
    ("terminal.output", "data"): "bytes of frames, which Region makes of painted rows, and those of spans of Safe",
    ("terminal.writer", "*"): "the same",
}
"""What is written with no gate in sight, by its file and its expression (`*`: all of them), and why it may be."""


@cache
def promises(source: str) -> Mapping[str, bool]:
    """Of each function of a file, whether it says that what it returns has passed the gate."""
    functions = (node for node in nodes(source) if isinstance(node, ast.FunctionDef))
    return {node.name: node.returns is not None and "Safe" in ast.unparse(node.returns) for node in functions}


@cache
def gates(source: str) -> frozenset[str]:
    """The names that are gates in a file: of its own functions, else of those of others."""
    own = promises(source)
    others = {name for other in SOURCES.values() for name, kept in promises(other).items() if kept}
    return frozenset({name for name, kept in own.items() if kept} | (others - own.keys()) | {"Safe"})


@dataclass(frozen=True)
class Scope:
    """What is known where something is printed."""

    gates: frozenset[str]
    values: Mapping[str, list[ast.expr]]
    """What names were given."""

    def without(self, name: str) -> Scope:
        return Scope(self.gates, {other: given for other, given in self.values.items() if other != name})


def values(function: ast.AST) -> dict[str, list[ast.expr]]:
    """What a function gives to its names; to arguments that have passed the gate, words of ours."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found.setdefault(name, []).append(value)
            case (
                ast.For(target=ast.Name(id=name), iter=value) | ast.comprehension(target=ast.Name(id=name), iter=value)
            ):
                found.setdefault(name, []).append(value)
            case ast.arg(arg=name, annotation=ast.expr() as annotation) if "Safe" in ast.unparse(annotation):
                found.setdefault(name, []).append(ast.Constant(""))
            case _:
                pass
    return found


def suspects(part: ast.expr, scope: Scope) -> Iterator[str]:
    """What of an expression has not passed the gate, as far as can be seen."""
    match part:
        case ast.Constant():
            pass
        case ast.Name(id=name) if name.lstrip("_").isupper():  # a constant of ours
            pass
        case ast.Name(id=name) if name in scope.values:
            for value in scope.values[name]:
                yield from suspects(value, scope.without(name))
        case ast.JoinedStr(values=parts):
            for one in parts:
                yield from suspects(one, scope)
        case ast.FormattedValue(value=value, format_spec=spec):
            if spec is None or not ast.unparse(spec).rstrip("'\"").endswith(NUMERIC):
                yield from suspects(value, scope)
        case ast.BinOp(left=left, op=ast.Add(), right=right) | ast.IfExp(body=left, orelse=right):
            yield from suspects(left, scope)
            yield from suspects(right, scope)
        case ast.BinOp(left=left, op=ast.Mult()):
            yield from suspects(left, scope)
        case ast.GeneratorExp(elt=value) | ast.ListComp(elt=value) | ast.Starred(value=value):
            yield from suspects(value, scope)
        case ast.List(elts=parts):
            for one in parts:
                yield from suspects(one, scope)
        case ast.Call(func=ast.Name(id="map"), args=[ast.Name(id=function), *_]) if function in scope.gates:
            pass
        case ast.Call() if called(part).rpartition(".")[2] in scope.gates:
            pass
        case ast.Call(func=ast.Attribute(value=receiver, attr=method), args=arguments) if method in KEEPS:
            receivers = [] if method == "without_secrets" else [receiver]
            for one in (*receivers, *arguments):
                yield from suspects(one, scope)
        case _:
            yield ast.unparse(part)


def unguarded(source: str) -> set[str]:
    """What a file writes with no gate in sight."""
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {call: function for function in functions for call in ast.walk(function) if isinstance(call, ast.Call)}
    found: set[str] = set()
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = called(call)
        if name in WRITES or name.endswith((".write", ".writelines")):
            written = call.args[1:] if name == "os.write" else call.args
            scope = Scope(gates(source), values(inside.get(call, tree)))
            found.update(suspect for part in written for suspect in suspects(part, scope))
    return found


def uses_markup(source: str) -> list[str]:
    """What a file takes from rich beside the measuring of text."""
    rich = [(module, name) for module, name in imported(source) if within(module, "rich")]
    return [f"{module}: {name}" for module, name in rich if (module, name) not in MEASURES]


@pytest.mark.parametrize("module", [module for module in SOURCES if any(within(module, room) for room in ROOMS)])
def test_what_is_printed_has_passed_the_gate_or_somebody_vouches_for_it(module: str) -> None:
    if (module, "*") not in VOUCHED:
        assert {part for part in unguarded(SOURCES[module]) if (module, part) not in VOUCHED} == set()


@pytest.mark.parametrize(("module", "part"), VOUCHED)
def test_nobody_vouches_for_what_is_not_there(module: str, part: str) -> None:
    found = unguarded(SOURCES[module])
    assert found if part == "*" else part in found


@pytest.mark.parametrize("module", SOURCES)
def test_nothing_is_printed_with_markup(module: str) -> None:
    assert uses_markup(SOURCES[module]) == []


UNGUARDED = [
    "print(name)",
    "print('a', device.name)",
    "print(f'{name}')",
    "print(f'{name:>8}')",
    "print(f'{name!r}')",
    "print(str(error))",
    "print('x' if name else name)",
    "print(', '.join(names))",
    "print(name.rstrip())",
    "print(safe(name) + name)",
    "print(*names)",
    "print(common.report.without_secrets(name))",
    "print(json.dumps(facts))",
    "print('\\n'.join(map(str, scope)))",
    "typer.echo(name)",
    "sys.stdout.write(name + '\\n')",
    "self._stream.write(name)",
    "os.write(1, name.encode())",
    "text = safe(name)\ntext = name\nprint(text)",
    "for name in names:\n    print(name)",
    "def f(name: str):\n    print(name)",
    "def in_json(device) -> str: ...\nprint(in_json(device))",
    "def f():\n    text = safe(name)\ndef g(text: str):\n    print(text)",
]


@pytest.mark.parametrize("source", UNGUARDED)
def test_what_has_not_passed_the_gate_is_found(source: str) -> None:
    assert unguarded(source)


GUARDED = [
    "print()",
    "print('ours', end='')",
    "print(safe(name))",
    "print(f'{safe(name, multiline=False)} {seconds:.1f} s {ratio:.0%}')",
    "print('\\n'.join(safe(name) for name in names))",
    "print('\\n'.join(map(in_json, devices)))",
    "print(harmless(json.dumps(facts)))",
    "print(HELP, _CLEAR)",
    "print('a' if name else safe(name))",
    "text = safe(name)\nprint(text.rstrip() + '\\n')",
    "for line in map(in_json, devices):\n    print(line)",
    "def f(text: Safe):\n    print(text)",
    "sys.stdout.write(common.report.without_secrets(news(t, event)) + '\\n')",
    "os.write(descriptor, b'')",
    "report.note(name)",
    "self._print(name)",
]


@pytest.mark.parametrize("source", GUARDED)
def test_what_has_passed_the_gate_is_not_complained_of(source: str) -> None:
    assert unguarded(source) == set()


MARKUP = [
    "from rich import print",
    "import rich",
    "import rich.console",
    "from rich.console import Console",
    "from rich.text import Text",
    "from rich import markup",
    "from rich.markup import escape",
    "import_module('rich.live')",
    "def f():\n    from rich.prompt import Prompt",
]


@pytest.mark.parametrize("source", MARKUP)
def test_whoever_could_read_markup_is_found(source: str) -> None:
    assert uses_markup(source)


def test_text_may_be_measured() -> None:
    assert uses_markup("from rich.cells import cell_len") == []
