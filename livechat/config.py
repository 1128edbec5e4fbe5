"""Puts the settings together, defaults < file < profile < environment < flags, and remembers where each came from.

All that is wrong with the file and with the environment is told at once.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from livechat.config_file import Document, read
from livechat.config_keys import (
    KEYS,
    About,
    OutputKeys,
    SendAudioKeys,
    ServeKeys,
    ServerKeys,
    SessionKeys,
    TalkKeys,
    TextKeys,
    ToolsKeys,
    Value,
    from_text,
    mistake,
)
from livechat.config_named import NAMED, McpKeys, Setting, ToolKeys, mcp_keys, tool_keys
from livechat.errors import ConfigError, MissingInput, UsageError

PATH_VARIABLE = "LIVECHAT_CONFIG"
PREFIX = "LIVECHAT_"
OTHER_VARIABLES = (
    *(PATH_VARIABLE, "LIVECHAT_STATE", "LIVECHAT_API_KEY", "LIVECHAT_LLM_KEY", "LIVECHAT_SERVE_TOKEN"),
    "LIVECHAT_SOAK",
)
"""Those that begin like a setting and are none; the last is for our own tests."""
DEFAULT, COMMAND_LINE = "default", "command line"

Keys = TypeVar("Keys", ServerKeys, SessionKeys, TextKeys, TalkKeys, ToolsKeys, SendAudioKeys, ServeKeys, OutputKeys)


@dataclass(frozen=True)
class Given:
    """A value for a key and where it was given: `default`, a line of the file, a variable, or `command line`."""

    value: Setting | None
    origin: str


Named = Mapping[str, Mapping[str, tuple[Given, ...]]]
"""By name and key, what was given in tables under names of the user's own, the strongest last."""

Layer = Iterable[tuple[About, Value | None, str]]
"""Keys, their values and their origins, from one source."""


@dataclass(frozen=True)
class Settings:
    """What holds for this run, by section; `given` has all that was given for each key, the strongest last."""

    server: ServerKeys = field(default_factory=ServerKeys)
    session: SessionKeys = field(default_factory=SessionKeys)
    text: TextKeys = field(default_factory=TextKeys)
    talk: TalkKeys = field(default_factory=TalkKeys)
    tools: ToolsKeys = field(default_factory=ToolsKeys)
    send_audio: SendAudioKeys = field(default_factory=SendAudioKeys)
    serve: ServeKeys = field(default_factory=ServeKeys)
    output: OutputKeys = field(default_factory=OutputKeys)
    given: Mapping[str, tuple[Given, ...]] = field(default_factory=dict[str, tuple[Given, ...]])
    named: Mapping[str, Named] = field(default_factory=dict[str, Named])
    """By section; `mcp` and `tool` read them."""
    path: Path | None = None
    """The file that was read, if there was one."""

    @property
    def mcp(self) -> Mapping[str, McpKeys]:
        """The servers of tools by their names."""
        return {name: mcp_keys(_strongest(keys)) for name, keys in self.named.get("mcp", {}).items()}

    @property
    def tool(self) -> Mapping[str, ToolKeys]:
        """How single tools are treated, by their names."""
        return {name: tool_keys(_strongest(keys)) for name, keys in self.named.get("tools", {}).items()}

    @property
    def from_flags(self) -> tuple[str, ...]:
        """The options given that shape a request, as they are typed: those of the session, then those of the server."""
        shaping = [*self._given_on_command_line("session"), *self._given_on_command_line("server")]
        return tuple(about.option for about in shaping)

    def _given_on_command_line(self, section: str) -> Iterator[About]:
        for name, values in self.given.items():
            if KEYS[name].section == section and values[-1].origin == COMMAND_LINE:
                yield KEYS[name]


class ConfigProblems(ConfigError):
    """Everything that is wrong with the settings; `problems` has an error for each."""

    def __init__(self, problems: tuple[ConfigError, ...]) -> None:
        super().__init__("\n".join(problem.what for problem in problems))
        self.problems = problems


def load(
    file: Path | None,
    profile: str | None,
    env: Mapping[str, str],
    flags: Mapping[str, Value | None],
    *,
    no_file: bool = False,
) -> Settings:
    """The settings for one run.

    `file`, if it is named, must exist; else the usual one is read if it is there. `flags` are by `section.key`, None
    being not given. Raises ConfigProblems for the file and the environment, UsageError for a flag.
    """
    path = None if no_file else find(file, env)
    document = Document(Path()) if path is None else _read(path)
    if problems := (*document.errors(), *_errors_in(env), *_errors_of_profile(profile, document, path)):
        raise ConfigProblems(problems)
    layers: list[Layer] = [_defaults(), document.values(), _from_environment(env), _from_flags(flags)]
    if profile is not None:
        layers.insert(2, document.values(profile))
    under_names = [document.named(), *([] if profile is None else [document.named(profile)])]
    return replace(_settled(layers, path), named=_named(under_names))


def _read(path: Path) -> Document:
    try:
        return read(path)
    except ConfigError as error:
        raise ConfigProblems((error,)) from None


def find(file: Path | None, env: Mapping[str, str]) -> Path | None:
    """The file to read: the given one, $LIVECHAT_CONFIG, or the usual one if it is there. Raises MissingInput."""
    path = place(file, env)
    if path.exists():
        return path
    if file is None and not env.get(PATH_VARIABLE):
        return None
    raise MissingInput(f"no such configuration file: {path}", hint=f"{init_line(file)}, to write one there")


def init_line(file: Path | None) -> str:
    """The command that writes the file which `--config` names, or which is read without it."""
    return "livechat config init" if file is None else f"livechat --config {shlex.quote(str(file))} config init"


def place(file: Path | None, env: Mapping[str, str]) -> Path:
    """Where the file is or would be (XDG base directories, also on macOS; the roaming profile on Windows)."""
    if file is not None:
        return file
    if env.get(PATH_VARIABLE):
        return Path(env[PATH_VARIABLE]).expanduser()
    if os.name == "nt":
        from platformdirs import user_config_path

        return user_config_path("livechat", appauthor=False, roaming=True) / "config.toml"
    base = Path(env.get("XDG_CONFIG_HOME", ""))
    if not base.is_absolute():  # the XDG specification has a relative path ignored
        base = Path(env.get("HOME") or os.path.expanduser("~")) / ".config"
    return base / "livechat" / "config.toml"


def _errors_of_profile(profile: str | None, document: Document, path: Path | None) -> Iterator[ConfigError]:
    if profile is None or profile in document.profiles:
        return
    from livechat.suggest import closest

    near = closest(profile, document.profiles)
    where = f"in {path}" if path else "as there is no configuration file"
    yield ConfigError(f"no profile {profile!r} {where}" + (f" — did you mean {near}?" if near else ""))


def _errors_in(env: Mapping[str, str]) -> Iterator[ConfigError]:
    variables = {about.variable: about for about in KEYS.values()}
    for name in sorted(env):
        if name in variables and env[name]:
            _, problem = from_text(variables[name], env[name])
            if problem:
                yield ConfigError(f"{name}: {problem}")
        elif name.startswith(PREFIX) and name not in variables and name not in OTHER_VARIABLES:
            near = _variable_like(name)
            yield ConfigError(f"{name} sets nothing" + (f" — did you mean {near}?" if near else ""))


def _variable_like(name: str) -> str | None:
    """The variable most like `name`, which may lack the section; the prefix they share makes nothing alike."""
    from livechat.suggest import closest

    spellings = {variable.removeprefix(PREFIX): variable for variable in OTHER_VARIABLES}
    for about in KEYS.values():
        spellings[about.variable.removeprefix(PREFIX)] = about.variable
        spellings.setdefault(about.key.upper(), about.variable)
    near = closest(name.removeprefix(PREFIX), spellings)
    return spellings[near] if near else None


def _defaults() -> Layer:
    for about in KEYS.values():
        yield about, about.default, DEFAULT


def _from_environment(env: Mapping[str, str]) -> Layer:
    for about in KEYS.values():
        if text := env.get(about.variable):
            yield about, from_text(about, text)[0], about.variable


def _from_flags(flags: Mapping[str, Value | None]) -> Layer:
    for name, value in flags.items():
        if value is not None:
            if problem := mistake(KEYS[name], value):
                raise UsageError(f"{KEYS[name].option}: {problem}")
            yield KEYS[name], value, COMMAND_LINE


def _settled(layers: Iterable[Layer], path: Path | None) -> Settings:
    given: dict[str, tuple[Given, ...]] = {}
    for layer in layers:
        for about, value, origin in layer:
            spelled = None if value is None else about.spelled(value)
            given[about.name] = (*given.get(about.name, ()), Given(spelled, origin))
    return Settings(
        _section("server", ServerKeys(), given),
        _section("session", SessionKeys(), given),
        _section("text", TextKeys(), given),
        _section("talk", TalkKeys(), given),
        _section("tools", ToolsKeys(), given),
        _section("send_audio", SendAudioKeys(), given),
        _section("serve", ServeKeys(), given),
        _section("output", OutputKeys(), given),
        given,
        path=path,
    )


def _named(layers: Iterable[Iterable[tuple[str, str, str, Setting, str]]]) -> Mapping[str, Named]:
    found: dict[str, dict[str, dict[str, tuple[Given, ...]]]] = {section: {} for section in NAMED}
    for layer in layers:
        for section, name, key, value, origin in layer:
            keys = found[section].setdefault(name, _named_defaults(section))
            keys[key] = (*keys.get(key, ()), Given(value, origin))
    return found


def _named_defaults(section: str) -> dict[str, tuple[Given, ...]]:
    return {key.key: (Given(key.default, DEFAULT),) for key in NAMED[section].keys if key.default is not None}


def _strongest(keys: Mapping[str, tuple[Given, ...]]) -> dict[str, Setting]:
    return {key: given[-1].value for key, given in keys.items() if given[-1].value is not None}


def _section(name: str, keys: Keys, given: Mapping[str, tuple[Given, ...]]) -> Keys:
    strongest: dict[str, Any] = {key: given[f"{name}.{key}"][-1].value for key in vars(keys)}
    return replace(keys, **strongest)
