"""The tools of a command: named, treated as was said, offered as the model's family takes them, and run."""

from __future__ import annotations

import asyncio
import io
import os
from pathlib import Path

import pytest

from livechat.commands.common import Common
from livechat.commands.tool_kit import Kit, group, offer_of, pack, unpacked
from livechat.config import load
from livechat.credentials import OTHER_SECRETS, VARIABLES
from livechat.errors import MissingInput, UsageError
from livechat.protocol.generations import family_of
from livechat.terminal.report import Report
from livechat.tools.functions import FunctionToolbox, tool
from livechat.tools.toolbox import Toolboxes

LIVE, FLASH = family_of("gemini-3.8-live"), family_of("gemini-3.1-flash-live-preview")
SAID = '[tools]\ntimeout_s = 7\n[tools.send]\npermission = "deny"\n[tools.look]\ntimeout_s = 3\non_cancel = "finish"\n'
FILE = '''from livechat.tools.functions import tool

@tool
def look(at: str) -> str:
    """Looks."""
    return at

@tool
def send(to: str) -> str:
    """Sends."""
    return to
'''


class World:
    """A command in a folder of its own, with what it says on stderr."""

    def __init__(self, folder: Path, said: str = SAID) -> None:
        self.stderr = io.StringIO()
        self.common = Common(Report(self.stderr, {}), {"LIVECHAT_STATE": str(folder)})
        (folder / "c.toml").write_text(said)
        (folder / "mine.py").write_text(FILE)
        self.file = str(folder / "mine.py")
        self.settings = load(folder / "c.toml", None, {}, {})

    def kit(self, *tools: str, asks: bool = True, mcp: list[str] | None = None) -> Kit:
        return pack(self.common, self.settings, tools, mcp, asks=asks)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_where_nothing_is_named_there_is_nothing(world: World) -> None:
    assert not pack(world.common, world.settings, None, None, asks=True)
    assert world.kit("clock")


def test_a_rule_is_what_the_user_says_then_the_author_then_what_is_usual(world: World) -> None:
    kit = world.kit(world.file, "clock")
    offer = offer_of(kit, Toolboxes(kit.boxes), LIVE)
    look, send, clock = (offer.rules[name] for name in ("look", "send", "clock"))
    assert (look.permission, look.timeout_s, look.on_cancel) == ("ask", 3, "finish")
    assert (send.permission, send.timeout_s) == ("deny", 7)
    assert clock.permission == "allow"
    assert [one.name for one in offer.declarations] == ["look", "clock"], "what is denied the model never hears of"


def test_where_nobody_can_be_asked_calls_are_refused_and_that_is_said_once(world: World) -> None:
    kit = world.kit(world.file, asks=False)

    async def run() -> None:
        async with unpacked(world.common, kit, "models/gemini-3.8-live") as offer:
            assert offer.rules["look"].permission == "deny"
            assert [one.name for one in offer.declarations] == ["look"], "it may say that it was not allowed"

    asyncio.run(run())
    assert world.stderr.getvalue() == (
        "warning: calls of look are refused: nobody can be asked here; --approve auto lets them run\n"
    )


def test_never_refuses_though_somebody_could_be_asked(tmp_path: Path) -> None:
    world = World(tmp_path, '[tools]\napprove = "never"\n')

    async def run() -> None:
        async with unpacked(world.common, world.kit(world.file), "models/gemini-3.8-live"):
            pass

    asyncio.run(run())
    assert world.stderr.getvalue() == "warning: calls of look, send are refused: --approve never\n"


def test_a_model_that_calls_no_tools_is_offered_none(world: World) -> None:
    async def run() -> None:
        async with unpacked(world.common, world.kit("clock"), "gemini-3.5-live-translate-preview") as offer:
            assert not offer.rules

    asyncio.run(run())
    assert world.stderr.getvalue() == "warning: Gemini 3.5 Live Translate calls no tools: they are left out\n"


@pytest.mark.parametrize(
    ("model", "behavior"),
    [
        ("models/gemini-3.8-live", "BLOCKING"),
        ("models/gemini-3.1-flash-live-preview", None),
        ("projects/p/locations/l/publishers/google/models/gemini-3.8-live", None),
    ],
)
def test_a_behavior_is_sent_only_where_it_is_taken(world: World, model: str, behavior: str | None) -> None:
    @tool(blocking=True)
    def look() -> str:
        """Looks."""
        return ""

    async def run() -> str | None:
        async with unpacked(world.common, Kit({"here": FunctionToolbox([look])}, asks=True), model) as offer:
            (declaration,) = offer.declarations
            assert ("behavior" in declaration.model_fields_set) is (behavior is not None)
            return declaration.behavior

    assert asyncio.run(run()) == behavior


def test_a_server_that_is_not_in_the_configuration_is_said_so(tmp_path: Path) -> None:
    world = World(tmp_path, '[mcp.time]\nurl = "http://h"\n')
    with pytest.raises(UsageError, match=r"there is no \[mcp.tme\] in the configuration — did you mean time\?"):
        world.kit(mcp=["tme"])
    assert list(world.kit(mcp=["time", "time"]).servers) == ["time"]


def test_a_file_that_is_not_there_is_said_so_before_anything_runs(world: World) -> None:
    with pytest.raises(MissingInput):
        world.kit("nowhere.py")


def test_a_group_raises_what_is_raised_inside_as_it_is() -> None:
    async def run() -> None:
        async with group() as tasks:
            tasks.create_task(asyncio.sleep(0))
            raise KeyError("x")

    with pytest.raises(KeyError):
        asyncio.run(run())


def test_a_file_that_is_imported_finds_no_key_of_ours_nor_does_what_it_starts(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in (*VARIABLES, *OTHER_SECRETS, "HOLDS_ONE"):
        monkeypatch.setenv(name, "a secret key")
    monkeypatch.setenv("HARMLESS", "yes")
    world.common.env = {**os.environ, **world.common.env}
    start = "import os, subprocess, sys\n"
    child = "SEEN = subprocess.check_output([sys.executable, '-c', 'import os; print(dict(os.environ))'], text=True)\n"
    looks = "assert 'secret' not in SEEN + str(os.environ)\nassert os.environ['HARMLESS'] == 'yes'\n"
    (tmp_path / "mine.py").write_text(start + child + looks + FILE)
    assert world.kit(world.file)


def test_a_tool_that_is_nearly_named_in_the_settings_is_told_of(tmp_path: Path) -> None:
    said = "".join(f'[tools.{name}]\npermission = "deny"\n' for name in ("sennd", "Look", "get_weather", "clock"))
    world = World(tmp_path, said)

    async def run() -> None:
        async with unpacked(world.common, world.kit(world.file, "clock"), "models/gemini-3.8-live"):
            pass

    asyncio.run(run())
    warning = "warning: [tools.{}] is about no tool here — did you mean [tools.{}]?\n"
    assert world.stderr.getvalue() == warning.format("sennd", "send") + warning.format("Look", "look")
