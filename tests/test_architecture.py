"""The laws of the house, read from the sources themselves: who may know whom, and what the pure rooms never touch."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

import livechat

HOUSE = Path(livechat.__file__).parent
TESTS = Path(__file__).parent

SOURCES: dict[str, str] = {
    ".".join(file.relative_to(HOUSE).with_suffix("").parts).removesuffix(".__init__"): file.read_text(encoding="utf-8")
    for file in sorted(HOUSE.rglob("*.py"))
}
"""Every file by its module's name without `livechat.`; the front door is `__init__`."""

KNOWS: dict[str, tuple[str, ...]] = {
    # what the rooms share
    "errors": (),
    "suggest": (),
    "install": (),
    # the client, from the wire inwards
    "protocol": ("errors",),
    "events": ("errors", "protocol"),
    "turns": ("events",),
    "usage": ("events", "protocol"),
    "closing": ("errors", "suggest"),
    "turn_taking": ("events", "protocol", "turns", "usage"),
    "tool_calls": ("events", "protocol.parts"),
    "relinking": (),
    "hearing": ("events", "protocol.client"),
    "ledger": ("events", "protocol.client", "protocol.parts"),
    "openings": ("events", "ledger", "protocol"),
    "silence": (),
    "strain": ("events",),
    "outgoing": ("events", "hearing", "protocol.client"),
    "recovery": ("events", "hearing", "ledger", "openings", "protocol.client", "tool_calls", "turn_taking"),
    "conversation": (
        *("closing", "errors", "events", "hearing", "ledger", "openings", "outgoing", "protocol", "recovery"),
        *("relinking", "silence", "strain", "tool_calls", "turn_taking", "turns", "usage"),
    ),
    "shaping": ("protocol",),
    "figures": ("events",),
    "self_hearing": ("events",),
    "outbox": ("events",),
    "suspension": (),
    "session": ("conversation", "errors", "events", "outbox", "protocol.codec", "protocol.server"),
    "ear": ("audio", "events", "session"),
    "echo_guard": ("audio", "ear"),
    "disk": (),
    "recording": ("audio", "disk", "errors"),
    "trace": ("closing", "conversation", "errors", "events", "ledger", "protocol", "tool_calls"),
    "link": ("errors", "events", "install", "link_health", "protocol.codec", "protocol.endpoints"),
    "link_health": (),
    # the embedded server shares the wire with the client and nothing else
    "server": ("errors", "protocol"),
    "server.skills": ("protocol.parts", "server.sentences"),
    "server.fault_words": ("errors", "server.scenario", "suggest"),
    "server.scenario_file": (
        *("errors", "suggest", "toml_places", "toml_text"),
        *("server.fault_words", "server.scenario", "server.scenario_tables"),
    ),
    "server.scenario_tables": (
        *("errors", "protocol", "suggest", "toml_places", "toml_text"),
        *("server.fault_words", "server.scenario", "server.scenario_values"),
    ),
    "server.scenario_values": ("server.fault_words", "suggest", "toml_text"),
    # sound, settings, the screen
    "audio": ("errors", "install", "suggest"),
    "video": ("errors", "install"),
    "voices": ("errors", "protocol.generations", "suggest"),
    "credentials": ("errors",),
    "config": ("config_file", "config_keys", "config_named", "errors", "suggest"),
    "config_file": ("config_keys", "config_named", "errors", "suggest", "toml_places", "toml_text"),
    "config_keys": ("config_named", "relinking", "suggest", "voices"),
    "config_named": ("credentials", "suggest"),
    "toml_places": (),
    "toml_text": ("errors", "toml_places"),
    "terminal": ("errors", "events"),
    "terminal.safe": (),
    "terminal.ndjson": ("terminal.safe",),
    "terminal.news_schema": ("terminal.ndjson",),
    "terminal.style": ("terminal.safe",),
    "terminal.cells": ("terminal.safe", "terminal.style"),
    "terminal.glyphs": ("terminal.safe",),
    "terminal.network": ("events", "terminal.safe"),
    "terminal.lookalikes": ("terminal.cells", "terminal.glyphs"),
    "terminal.meter": ("terminal.safe", "terminal.style"),
    "terminal.markdown": ("terminal.glyphs", "terminal.safe", "terminal.style"),
    "terminal.decoder": (),
    "terminal.region": ("terminal.cells",),
    "terminal.output": (),
    "terminal.writer": ("terminal.lookalikes", "terminal.output", "terminal.region"),
    "terminal.editor": ("terminal.cells", "terminal.decoder", "terminal.safe"),
    "terminal.view": (
        *("errors", "events", "terminal.blocks", "terminal.inputs", "terminal.meter"),
        *("terminal.network", "terminal.notes"),
        *("terminal.page", "terminal.states", "terminal.story", "terminal.style", "terminal.tool_rows"),
    ),
    "tools": ("errors", "events", "protocol", "suggest"),
    "tools.mcp": ("errors", "install", "protocol", "tools"),
    "tools.mcp_environment": ("config_named", "credentials"),
    "tools.mcp_connection": ("__init__", "tools"),
    "tools.policy": ("protocol", "tool_calls"),
    "transcripts": ("disk", "errors", "events", "suggest", "terminal"),
    "transcripts.recalling": ("errors", "ledger", "terminal.network", "transcripts"),
    # where rooms meet
    "commands": ("*",),
    "library": ("*",),
    "testing": ("*",),
    "examples": ("__init__",),
    "cli": ("__init__", "commands"),
    "__main__": ("cli",),
    "__init__": ("errors", "events", "library", "protocol", "tools"),
}
"""A room and what it may know beside itself; the longest name that fits is the room of a file."""

NEVER: dict[str, tuple[str, ...]] = {
    "commands": ("__main__", "cli"),
    "library": ("__main__", "cli", "commands"),
    "testing": ("__main__", "cli", "commands"),
    "server": ("server.app",),
}
"""What even those may not know who may know the rest: nobody inside knows who opens the door."""

PURE = (
    *("hearing", "ledger", "openings", "outbox", "outgoing", "recovery", "relinking", "silence", "strain"),
    *("closing", "conversation", "errors", "events", "shaping", "suggest", "turn_taking", "turns", "usage", "voices"),
    *("library.config", "library.given", "library.minting", "library.refusals", "library.setup"),
    *("figures", "library.music_settings", "tool_calls", "protocol", "self_hearing", "toml_places", "tools.policy"),
    *("tools.calculator", "tools.docstrings", "tools.results", "tools.schemas"),
    *("tools.mcp_environment", "tools.mcp_names", "tools.mcp_pins", "tools.mcp_results", "tools.mcp_server"),
    *("commands.music_desk", "commands.music_keys", "commands.music_rows"),
    *("audio.activity", "audio.arrival", "audio.filling", "audio.jitter", "audio.periods", "audio.speech_end"),
    *("audio.timeline",),
    *("terminal.cells", "terminal.glyphs", "terminal.markdown", "terminal.meter", "terminal.style"),
    *("terminal.decoder", "terminal.editor", "terminal.news", "terminal.news_schema", "terminal.region"),
    *("terminal.ndjson", "terminal.picture", "terminal.plain", "terminal.safe", "terminal.view"),
    *("terminal.accessible", "terminal.lookalikes"),
    *("terminal.blocks", "terminal.footer", "terminal.ink", "terminal.inputs", "terminal.network"),
    *("terminal.notes", "terminal.page", "terminal.states", "terminal.story"),
    *("terminal.tool_lines", "terminal.tool_rows"),
    *("server.answers", "server.auth_tokens", "server.door", "server.frame_facts"),
    *("server.acts", "server.calls", "server.dialect", "server.dialogue", "server.gate", "server.listening"),
    *(
        "server.allowance",
        "server.bounds",
        "server.interpreter",
        "server.partial_args",
        "server.lifetime",
        "server.memory",
        "server.sessions",
        "server.kinds",
        "server.lines",
        "server.mischief",
        "server.fault_words",
        "server.music.chance",
        "server.music.composer",
        "server.music.acts",
        "server.music.dialogue",
        "server.music.drums",
        "server.music.harmony",
        "server.music.melody",
        "server.music.rules",
        "server.music.score",
        "server.music.styles",
        "server.pieces",
        "server.reply",
        "server.scenario",
        "server.sentences",
        "server.agreement",
        "server.complaints",
        "server.setup_reading",
        "server.setup_rules",
        "server.spoken_input",
        "server.spoken_reply",
        "server.written_reply",
        "server.skills",
        "server.spoiling",
        "server.timbres",
        "server.tokens",
    ),
)
IMPURE = (
    *("asyncio", "concurrent", "multiprocessing", "numpy", "os", "pathlib", "random", "secrets", "select"),
    *("selectors", "signal", "socket", "ssl", "subprocess", "tempfile", "threading", "time", "urllib.request"),
)
CALLS = {"datetime.now", "datetime.today", "datetime.utcnow", "date.today", "uuid1", "uuid4", "uuid.uuid4", "open"}
"""What is impure only when it is called."""

ONLY_IN: dict[str, tuple[str, ...]] = {
    "websockets": ("link", "server.app", "server.guests"),
    "h11": ("server.rest",),
    "pywebrtc_audio": ("audio.echo",),
    "cryptography": ("server.certificate",),
    "sounddevice": ("audio.portaudio",),
    "soundfile": ("audio.codecs",),
    "av": ("video.camera", "video.film", "video.jpeg"),
    "mss": ("video.screen",),
    "httpx2": ("server.remote_brain", "tools.mcp_connection"),
    "mcp": ("tools.mcp_connection",),
    "mcp_types": ("tools.mcp_connection",),
    "anyio": ("tools.mcp_connection",),
    "soxr": ("audio.resample", "server.courier", "server.intake"),
    "pydantic": ("protocol", "tools.arguments"),
    "pydantic_core": ("protocol", "tools.arguments"),
    "typer": ("commands",),
    "rich": ("terminal",),
    "ctranslate2": ("server.transcriber",),
    "hibari": ("server.voice",),
    "onnxruntime": ("audio.speech", "server.models"),
    "google": (),
}
"""Packages with a wall around them, and the one place where it has its door."""

TESTED_TOGETHER: dict[str, tuple[str, str]] = {
    "__main__": ("test_cli", "its one line is how every test starts the command line"),
    "commands": ("test_commands_group", "it says how a command is written"),
    "commands.accounting": ("test_end_to_end", "a command is options and a run: the real command line shows both"),
    "commands.embedded": ("test_end_to_end", "the same"),
    "commands.faces": ("test_end_to_end", "the same"),
    "commands.holding": ("test_end_to_end", "the same"),
    "examples.weather": ("test_tools_end_to_end", "it is what a conversation with a tool is shown with"),
    "commands.replay": ("test_end_to_end", "the same"),
    "commands.calling": ("test_talk", "the same"),
    "commands.talk": ("test_talk", "the same"),
    "commands.speakers": ("test_end_to_end", "the same"),
    "commands.music_face": ("test_commands_music", "what is shown is seen on a terminal"),
    "commands.music_playing": ("test_commands_music", "a command is options and a run"),
    "commands.round_trip": ("test_commands_doctor", "it is one line of the doctor's"),
    "commands.options": ("test_commands_group", "it holds types of options; the tree of commands is what reads them"),
    "library.sync_connection": ("test_library_sync", "how a session is begun and closed shows on one"),
    "library.running": ("test_library_session", "what runs behind a session shows in what the session does"),
    "protocol": ("test_protocol_codec", "it only says what the room is"),
    "library": ("test_library_config", "it only says what the room is"),
    "library.keys": ("test_library_backends", "what a key is shows where it opens something"),
    "library.local": ("test_library_backends", "it is one of the backends, with a server in it"),
    "tools": ("test_tools_toolbox", "it only says what the room is"),
    "server.lines": ("test_server_courier", "it is shapes; the courier holds both ends"),
    "server.outlet": ("test_server_guests", "what leaves a socket shows on a socket"),
    "server.agreement": ("test_server_setup_rules", "a setup is read, complained of and agreed to in one go"),
    "server.complaints": ("test_server_setup_rules", "the same"),
    "server.setup_reading": ("test_server_setup_rules", "the same"),
    "server.spoken_input": ("test_server_dialogue", "what is said aloud is shown in plays of the whole mind"),
    "server.spoken_reply": ("test_server_reply", "both kinds of reply are one thought, told in two ways"),
    "server.written_reply": ("test_server_reply", "the same"),
    "server.pieces": ("test_server_floor", "they are words; what comes of each is the Floor's matter"),
    "server.music.acts": ("test_server_music_dialogue", "they are words; its plays are written in them"),
    "server.music.score": ("test_server_music_composer", "it holds the words that composer and synthesizer share"),
    "terminal.blocks": ("test_terminal_view", "what a block gives up is what history shows"),
    "terminal.inputs": ("test_terminal_view", "they are words; what each does is the view's matter"),
    "terminal.network": ("test_terminal_plain", "what is known of it is what the lines tell"),
    "terminal.notes": ("test_terminal_view", "they are sentences, shown where they are said"),
    "terminal.story": ("test_terminal_view", "it is the part of the view that tells who said what"),
    "terminal.footer": ("test_terminal_picture", "it is the lower half of the picture"),
    "terminal.states": ("test_terminal_picture", "each state is a row of the picture"),
    "terminal.tool_rows": ("test_terminal_picture", "a call is a row of the picture before it is one of history"),
    "commands.mcp_servers": ("test_commands_mcp", "a server that is found is one that is tried"),
    "tools.mcp_connection": ("test_tools_mcp", "what a connection does shows in the toolbox behind it"),
    "server.skills*": ("test_server_brain_exam", "the exam asks for each skill in twenty ways, through the brain"),
}
"""Files without a test file of their own: who tests them, and why not apart. `*` stands for several."""


# ------------------------------------------------------------------------------------------------- reading


def within(module: str, room: str) -> bool:
    return module == room or module.startswith(room + ".")


def room_of(module: str) -> str | None:
    return max((room for room in KNOWS if within(module, room)), key=len, default=None)


@cache
def nodes(source: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(source)))


def calls(source: str) -> list[ast.Call]:
    return [node for node in nodes(source) if isinstance(node, ast.Call)]


def called(call: ast.Call) -> str:
    """The dotted name that is called, or nothing where it is no name."""
    names: list[str] = []
    function: ast.expr = call.func
    while isinstance(function, (ast.Attribute, ast.Call)):
        if isinstance(function, ast.Attribute):
            names.append(function.attr)
            function = function.value
        else:
            names.append("()")
            function = function.func
    return ".".join([*([function.id] if isinstance(function, ast.Name) else []), *reversed(names)])


@cache
def imported(source: str) -> tuple[tuple[str, str | None], ...]:
    """Every import of a file, wherever it stands: the module, and the name taken from it."""
    found: list[tuple[str, str | None]] = []
    for node in nodes(source):
        if isinstance(node, ast.Import):
            found += [(name.name, None) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [("." * node.level + (node.module or ""), name.name) for name in node.names]
        elif isinstance(node, ast.Call) and called(node).endswith(("import_module", "__import__")):
            found += [(str(name.value), None) for name in node.args[:1] if isinstance(name, ast.Constant)]
    return tuple(found)


def known(source: str) -> set[str]:
    """The files of the house that a file imports."""
    found: set[str] = set()
    for module, name in imported(source):
        if module == "livechat" or module.startswith("livechat."):
            inner = module.removeprefix("livechat").removeprefix(".")
            deeper = f"{inner}.{name}".removeprefix(".")
            found.add(deeper if deeper in SOURCES else inner or "__init__")
    return found


def strangers(source: str) -> set[str]:
    """The modules of others that a file imports."""
    return {module for module, _ in imported(source) if module.partition(".")[0] != "livechat"}


# ---------------------------------------------------------------------------------------------------- the laws


def knows_too_much(module: str, source: str) -> list[str]:
    room = room_of(module)
    if room is None:
        return [f"{module} belongs to no room: say in KNOWS what it may know"]
    allowed, never = (room, *KNOWS[room]), NEVER.get(room, ())
    return [
        f"{module} may not know {other}"
        for other in sorted(known(source))
        if not any(rule == "*" or within(other, rule) for rule in allowed) or any(within(other, no) for no in never)
    ]


def imports_relatively(module: str, source: str) -> list[str]:
    return [f"{module} imports {other}" for other, _ in imported(source) if other.startswith(".")]


def is_impure(module: str, source: str) -> list[str]:
    if not any(within(module, pure) for pure in PURE):
        return []
    touched = [other for other in sorted(strangers(source)) if any(within(other, one) for one in IMPURE)]
    return [
        f"{module} is pure and touches {other}"
        for other in [*touched, *sorted(CALLS.intersection(called(call) for call in calls(source)))]
    ]


def breaks_a_wall(module: str, source: str) -> list[str]:
    return [
        f"{package} has its door in {' and '.join(doors) or 'no file'}, not in {module}"
        for package, doors in ONLY_IN.items()
        if any(within(other, package) for other in strangers(source))
        and not any(within(module, door) for door in doors)
    ]


def prints(module: str, source: str) -> list[str]:
    if within(module, "commands") or within(module, "terminal"):
        return []
    return [f"{module} prints in line {call.lineno}" for call in calls(source) if called(call) == "print"]


def waits_for_a_line(module: str, source: str) -> list[str]:
    """A thread in `input()` cannot be interrupted."""
    return [f"{module} calls input() in line {call.lineno}" for call in calls(source) if called(call) == "input"]


def keeps_a_global(module: str, source: str) -> list[str]:
    found = [node for node in nodes(source) if isinstance(node, ast.Global)]
    return [f"{module} changes a global in line {node.lineno}" for node in found]


def starts_a_loose_task(module: str, source: str) -> list[str]:
    loose = ("asyncio.create_task", "ensure_future", "loop.create_task", "get_running_loop.().create_task")
    found = [call for call in calls(source) if called(call).endswith(loose)]
    return [f"{module} starts a loose task in line {call.lineno}" for call in found]


def hushes_a_checker(module: str, source: str) -> list[str]:
    return [
        f"{module} hushes a type checker: {found}" for found in re.findall(r"# *(?:type: *ignore|pyright:).*", source)
    ]


SENTENCE = re.compile(r"[A-Z`].{15,}?[.:…](?=\s|$)")
NOT_THE_PRESENT = re.compile(r"(Will|Shall|Was|Were|Added|Changed|Created|Fixed|Implemented|Moved|TODO)\b")


def opens_badly(module: str, source: str) -> list[str]:
    if not source.strip():
        return []
    opening = " ".join((ast.get_docstring(ast.parse(source)) or "").partition("\n\n")[0].split())
    if not SENTENCE.match(opening):
        return [f"{module} does not open with a sentence: {opening!r}"]
    return [f"{module} does not open in the present tense: {opening!r}"] if NOT_THE_PRESENT.match(opening) else []


def own_tests(module: str) -> Path:
    return TESTS / f"test_{module.replace('.', '_')}.py"


def is_untested(module: str, source: str) -> list[str]:
    if not source.strip() or module == "__init__" or own_tests(module).exists():
        return []
    together = [tests for pattern, (tests, _) in TESTED_TOGETHER.items() if fnmatch(module, pattern)]
    found = any((TESTS / f"{tests}.py").exists() for tests in together)
    return [] if found else [f"{module} has no {own_tests(module).name}"]


Law = Callable[[str, str], list[str]]
LAWS: dict[str, Law] = {
    "a file knows only whom it may know": knows_too_much,
    "imports are absolute": imports_relatively,
    "the pure rooms touch neither clock nor chance nor the world": is_impure,
    "a foreign package has one door": breaks_a_wall,
    "only commands and terminal print": prints,
    "nobody waits for a line where Ctrl-C cannot reach": waits_for_a_line,
    "nobody changes a global": keeps_a_global,
    "tasks live in groups": starts_a_loose_task,
    "no type checker is hushed": hushes_a_checker,
    "a file opens with what it is, in one sentence": opens_badly,
    "a file has its tests": is_untested,
}


@pytest.mark.parametrize("law", LAWS)
def test_the_house_keeps_its_law(law: str) -> None:
    broken = [complaint for module, source in SOURCES.items() for complaint in LAWS[law](module, source)]
    assert not broken, "\n".join(["", *broken])


PLANTED: Mapping[str, tuple[Law, str, str]] = {
    "the mind knows the body": (knows_too_much, "conversation", "from livechat.session import Session"),
    "a parent is taken for its child": (knows_too_much, "conversation", "from livechat import session"),
    "the body opens its own link": (knows_too_much, "session", "import livechat.link"),
    "the wire knows the words": (knows_too_much, "protocol.codec", "from livechat.events import Heard"),
    "the server knows the mind": (knows_too_much, "server.dialogue", "from livechat.conversation import Terms"),
    "the server knows a device": (knows_too_much, "server.app", "from livechat.audio import device"),
    "the server shapes like the client": (knows_too_much, "server.setup_rules", "import livechat.shaping"),
    "the server's mind knows its body": (knows_too_much, "server.dialogue", "from livechat.server import app"),
    "a view knows its picture": (knows_too_much, "terminal.view", "import livechat.terminal.picture"),
    "a skill knows the dialogue": (knows_too_much, "server.skills.words", "import livechat.server.dialogue"),
    "a screen knows the wire": (knows_too_much, "terminal.view", "from livechat.protocol.codec import encode"),
    "sound knows the screen": (knows_too_much, "audio.device", "from livechat.terminal.safe import safe"),
    "the link knows the whole wire": (knows_too_much, "link", "from livechat.protocol.server import ServerMessage"),
    "a room knows a command": (knows_too_much, "trace", "import livechat.commands.text"),
    "a command knows the entry": (knows_too_much, "commands.text", "from livechat.cli import main"),
    "inside a function": (knows_too_much, "turns", "def f():\n    from livechat.session import Session"),
    "for the checker only": (knows_too_much, "turns", "if TYPE_CHECKING:\n    from livechat.link import Link"),
    "by its name": (knows_too_much, "turns", "import_module('livechat.link')"),
    "a stranger in the house": (knows_too_much, "cellar", ""),
    "a relative import": (imports_relatively, "server.app", "from . import dialogue"),
    "the mind reads a clock": (is_impure, "conversation", "import time"),
    "the mind draws lots": (is_impure, "server.skills.chooser", "from random import choice"),
    "the mind waits": (is_impure, "server.dialogue", "import asyncio.locks"),
    "the mind counts in arrays": (is_impure, "audio.jitter", "def f():\n    import numpy as np"),
    "the mind asks for today": (is_impure, "server.skills.days", "today = date.today()"),
    "the mind asks for now": (is_impure, "server.skills.days", "now = datetime.now(UTC)"),
    "the mind opens a file": (is_impure, "protocol.parts", "open('x')"),
    "a second client socket": (breaks_a_wall, "session", "from websockets.asyncio.client import connect"),
    "a second server socket": (breaks_a_wall, "server.connection", "import websockets"),
    "a second sound card": (breaks_a_wall, "audio.playout", "importlib.import_module('sounddevice')"),
    "the house leans on its judge": (breaks_a_wall, "protocol.codec", "from google import genai"),
    "a room prints": (prints, "session", "def f():\n    print('hello')"),
    "a room waits for a line": (waits_for_a_line, "commands.repl", "asyncio.to_thread(input)\ninput('> ')"),
    "a global": (keeps_a_global, "audio.device", "def f():\n    global x\n    x = 1"),
    "a loose task": (starts_a_loose_task, "session", "asyncio.get_running_loop().create_task(f())"),
    "a hushed checker": (hushes_a_checker, "server.voice", "x = 1  # type: ignore[misc]"),
    "no opening": (opens_badly, "turns", "x = 1"),
    "a title is no sentence": (opens_badly, "turns", '"""Turns and playout of a conversation"""'),
    "a word is no sentence": (opens_badly, "turns", '"""Turns."""'),
    "small letters": (opens_badly, "turns", '"""keeps what belongs to one turn."""'),
    "what was done": (opens_badly, "turns", '"""Moved the playout out of the conversation."""'),
    "a plan": (opens_badly, "turns", '"""Will keep all that belongs to one turn."""'),
    "no tests": (is_untested, "server.juggling", "x = 1"),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_violation_is_found(planted: str) -> None:
    law, module, source = PLANTED[planted]
    assert law(module, source)


INNOCENT: Mapping[str, tuple[Law, str, str]] = {
    "a room knows itself": (knows_too_much, "audio.device", "from livechat.audio import jitter"),
    "a child of what it may know": (knows_too_much, "conversation", "from livechat.protocol.parts import Part"),
    "the front door is no room": (knows_too_much, "cli", "from livechat import __version__"),
    "a command knows everybody": (knows_too_much, "commands.text", "import livechat.session, livechat.server.app"),
    "a stranger's namesake": (knows_too_much, "errors", "import livechat_elsewhere"),
    "a method called print": (prints, "session", "report.print('x')"),
    "a date that is given": (is_impure, "server.skills.days", "from datetime import date\nx = date(2026, 11, 21)"),
    "an impure room": (is_impure, "session", "import asyncio"),
    "a namesake of the clock": (is_impure, "conversation", "import timeless"),
    "a task in a group": (starts_a_loose_task, "session", "tasks.create_task(f())"),
    "a name with a dot": (opens_badly, "turns", '"""Reads `config.toml` and says what is wrong."""'),
    "nothing at all": (opens_badly, "audio", ""),
}


@pytest.mark.parametrize("innocent", INNOCENT)
def test_what_is_allowed_is_not_taken_for_a_violation(innocent: str) -> None:
    law, module, source = INNOCENT[innocent]
    assert law(module, source) == []


def test_every_file_is_read() -> None:
    assert len(SOURCES) > 50
    assert SOURCES["session"].startswith('"""')


def doors() -> set[str]:
    return {door for found in ONLY_IN.values() for door in found}


@pytest.mark.parametrize("named", [set(PURE), doors()], ids=["pure", "doors"])
def test_no_table_speaks_of_what_is_not_there(named: set[str]) -> None:
    assert [name for name in named if not any(within(module, name) for module in SOURCES)] == []


@pytest.mark.parametrize("pattern", TESTED_TOGETHER)
def test_a_file_with_tests_of_its_own_needs_no_excuse(pattern: str) -> None:
    excused = [module for module, source in SOURCES.items() if fnmatch(module, pattern) and source.strip()]
    assert any(not own_tests(module).exists() for module in excused), "take it out of TESTED_TOGETHER"
