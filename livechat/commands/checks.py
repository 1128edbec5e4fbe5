"""What `livechat doctor` looks at: one function for each thing, which says what it found and what to do about it."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from types import MappingProxyType
from typing import Literal
from urllib.parse import urlsplit

from livechat import __version__
from livechat.commands.common import Common
from livechat.errors import DeviceError

OLDEST_PYTHON = (3, 11)
MICROPHONE_FRAMES = 25
"""Half a second."""
MICROPHONE_S = 3.0
"""What a microphone may take for that."""
NOBODYS = "nobody"
"""In the place of a key where only an address is wanted."""


@dataclass(frozen=True)
class Finding:
    """What one check found; `fix`, if there is something to do, says what."""

    status: Literal["ok", "warn", "FAIL"]
    what: str
    fix: str = ""


Check = Callable[[Common], Finding]
"""A LivechatError that it raises is a FAIL too, with the error's hint as its fix."""


def python(common: Common) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        return Finding("FAIL", f"python {version} is too old for livechat", f"use Python {oldest} or newer")
    return Finding("ok", f"python {version}, livechat {__version__}")


def packages(common: Common) -> Finding:
    from livechat.install import this_copy

    wanted = [requirement for requirement in this_copy().requires if ";" not in requirement]
    lacking = [requirement for requirement in wanted if not is_met(requirement)]
    if lacking:
        fix = shlex.join([sys.executable, "-m", "pip", "install", *lacking])
        return Finding("FAIL", f"packages missing or too old: {', '.join(lacking)}", fix)
    return Finding("ok", f"packages: {', '.join(map(_with_version, wanted))}")


def is_met(requirement: str) -> bool:
    """Whether a package is installed in the version that `name>=version` asks for."""
    name, oldest = _parts(requirement)
    try:
        return _numbers(metadata.version(name)) >= _numbers(oldest)
    except metadata.PackageNotFoundError:
        return False


def _with_version(requirement: str) -> str:
    name, _ = _parts(requirement)
    return f"{name} {metadata.version(name)}"


def _parts(requirement: str) -> tuple[str, str]:
    """The package's name and the oldest version that will do."""
    name, _, oldest = requirement.partition(">=")
    return name.strip(), oldest


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:3]]


def speech(common: Common) -> Finding:
    from livechat.install import install_line
    from livechat.server.models import speech_missing

    missing = speech_missing()
    if missing:
        what = f"the server on this machine writes but neither hears nor speaks: missing {missing}"
        return Finding("warn", what, install_line("local"))
    return Finding("ok", "speech: the server on this machine hears (English) and speaks")


def sound(common: Common) -> Finding:
    from livechat.audio.device import output_available

    problem = output_available()
    if problem is None:
        return Finding("ok", "sound: PortAudio and a speaker")
    no_library = isinstance(problem.__cause__, (ImportError, OSError))
    return Finding("FAIL" if no_library else "warn", problem.what, problem.hint)


def microphone(common: Common) -> Finding:
    """Listens for a moment: what a microphone gives says more than that there is one."""
    return asyncio.run(_listened())


async def _listened() -> Finding:
    from livechat.audio.microphone import Microphone

    try:
        opened = Microphone()
    except DeviceError as error:
        no_library = isinstance(error.__cause__, (ImportError, OSError))
        what = "out of reach without PortAudio" if no_library else error.what  # which is named once, as a failure
        return Finding("warn", f"microphone: {what}", error.hint)
    heard = bytearray()
    with contextlib.closing(opened), contextlib.suppress(TimeoutError):
        async with asyncio.timeout(MICROPHONE_S):
            async for frame in opened:
                heard += frame.pcm
                if len(heard) >= MICROPHONE_FRAMES * len(frame.pcm):
                    break
    return _judged(f"'{opened.name}' at {opened.rate} Hz", bytes(heard))


def _judged(name: str, heard: bytes) -> Finding:
    from livechat.audio.pcm import level_dbfs

    if not heard:
        return Finding(
            "warn", f"microphone: {name} gives no sound", "livechat devices list, then: devices meter -d NAME"
        )
    if heard.count(0) == len(heard):
        what = f"microphone: {name} gives nothing but silence"
        return Finding("warn", what, "look for its mute switch, and whether this program may use it")
    return Finding("ok", f"microphone: {name}, {level_dbfs(heard):.0f} dBFS now")


def key(common: Common) -> Finding:
    found = common.key()
    if found is None:
        fix = (
            "export GEMINI_API_KEY with one from https://aistudio.google.com/apikey\nwithout one: livechat text --local"
        )
        return Finding("warn", "no API key: Google is out of reach", fix)
    kind = "ephemeral token" if found.ephemeral else "API key"
    return Finding("ok", f"{kind} {found.hint} from {found.source}")


def proxy(common: Common) -> Finding:
    """Says whom the words would pass on their way to the server of the settings: Google's where that is none far away.

    Who may use the proxy, and their password, is never said.
    """
    from livechat.link import proxy_shown

    url = _far_server(common)
    way = f"on the way to {urlsplit(url).netloc}"
    try:
        address = proxy_shown(url)
    except ValueError as error:
        fix = "write it as http://USER:PASSWORD@HOST:PORT into HTTPS_PROXY, or unset the variable that names it"
        return Finding("FAIL", f"proxy: the one {way} has no address that can be read: {error}", fix)
    if address is not None and address.startswith("socks") and find_spec("python_socks") is None:
        from livechat.install import install_line

        return Finding("warn", f"proxy: {address} {way} needs the package python-socks", install_line("socks"))
    return Finding("ok", f"proxy: {address or 'none'} {way}")


def _far_server(common: Common) -> str:
    from livechat.config import ConfigProblems, Settings
    from livechat.protocol.endpoints import custom_endpoint, developer_endpoint, vertex_endpoint

    try:
        server = common.settings().server
    except ConfigProblems:  # which are told once, as such
        server = Settings().server
    if server.choice == "vertex":
        location = server.location if server.project else None  # a key alone opens no region
        return vertex_endpoint(location or "global", NOBODYS).url
    if server.choice in ("auto", "google", "local"):
        return developer_endpoint(NOBODYS).url
    return custom_endpoint(server.choice).url


def terminal(common: Common) -> Finding:
    from livechat.terminal.report import wants_color

    if not sys.stdout.isatty():
        return Finding("ok", "terminal: none, the output goes to a file or a pipe")
    size = shutil.get_terminal_size()
    color = "colors" if wants_color("auto", True, common.env) else "no colors"
    encoding = (sys.stdout.encoding or "?").upper()
    what = f"terminal: {size.columns}x{size.lines}, {color}, {encoding}"
    if encoding.replace("-", "") != "UTF8":
        return Finding("warn", what, "export LANG=C.UTF-8, or some letters show as ?")
    return Finding("ok", what)


def configuration(common: Common) -> Finding:
    from livechat.config import ConfigProblems

    try:
        settings = common.settings()
    except ConfigProblems as problems:
        first, number = problems.problems[0], len(problems.problems)
        what = f"configuration: {number} problem{'s' if number > 1 else ''}, the first:\n{first}"
        return Finding("FAIL", what, "livechat config validate")
    return Finding("ok", f"configuration: {settings.path or 'no file, so the defaults hold'}")


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "python": python,
        "packages": packages,
        "speech": speech,
        "sound": sound,
        "microphone": microphone,
        "key": key,
        "proxy": proxy,
        "terminal": terminal,
        "configuration": configuration,
    }
)
