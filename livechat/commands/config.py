"""Writes, shows and checks the configuration file.

Examples:
  livechat config init
  livechat config show --origin
  livechat config validate other.toml
  livechat config schema --events
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

import typer

from livechat.commands.common import Common
from livechat.config import Given, init_line, place
from livechat.config_keys import KEYS, SECTIONS, example
from livechat.config_named import without_secrets, written_setting
from livechat.errors import DeviceError, UsageError
from livechat.terminal.ndjson import harmless
from livechat.terminal.safe import safe

if TYPE_CHECKING:
    from livechat.config import Settings


def init(
    ctx: typer.Context, force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False
) -> None:
    """Writes a configuration file with every key explained and none in effect.

    Examples:
      livechat config init
      livechat --config ./livechat.toml config init
    """
    common = Common.of(ctx)
    path = place(common.config, common.env)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(example())
    except OSError as error:
        if isinstance(error, FileExistsError) and path.exists():
            hint = f"{init_line(common.config)} --force, to write over it"
            raise UsageError(f"{path} is there already", hint=hint) from None
        raise DeviceError(f"cannot write {path}: {error.strerror or error}") from None
    common.report.note(f"wrote {path}; edit it, then: livechat config validate")


def show(
    ctx: typer.Context,
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value is from, and what it hides.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
) -> None:
    """Shows the settings that hold now, as a configuration file would have them.

    Examples:
      livechat config show --origin
      livechat --profile work config show
      livechat config show --json | jq .session
    """
    settings = Common.of(ctx).settings()
    given = settings.given
    if as_json:
        sections, named = _as_object(given, origin=origin), _named(settings, origin=origin)
        shown = {name: {**sections.get(name, {}), **named.get(name, {})} for name in [*sections, *named]}
        print(harmless(json.dumps(shown, indent=2)))
        return
    for number, section in enumerate(SECTIONS):
        print("\n" * bool(number) + f"[{section}]")
        for about in KEYS.values():
            if about.section == section:
                print(safe(_as_line(about.key, given[about.name], origin=origin), multiline=False))
    for section, names in settings.named.items():
        for name, keys in names.items():
            print(f"\n[{safe(section)}.{safe(name, multiline=False)}]")
            for key, values in keys.items():
                print(safe(_as_line(key, tuple(map(_without_secrets, values)), origin=origin), multiline=False))


def _without_secrets(given: Given) -> Given:
    """What is given to another program may be a password: only where it is taken from is shown."""
    return Given(without_secrets(given.value), given.origin)


def _named(settings: Settings, *, origin: bool) -> dict[str, dict[str, dict[str, object]]]:
    def shown(values: tuple[Given, ...]) -> object:
        holds = _without_secrets(values[-1])
        value = dict(holds.value) if isinstance(holds.value, Mapping) else holds.value
        return {"value": value, "origin": holds.origin} if origin else value

    return {
        section: {name: {key: shown(values) for key, values in keys.items()} for name, keys in names.items()}
        for section, names in settings.named.items()
    }


def _as_line(key: str, given: tuple[Given, ...], *, origin: bool) -> str:
    *hidden, holds = given
    text = f"# {key} is unset" if holds.value is None else f"{key} = {written_setting(holds.value)}"
    if not origin:
        return text
    hides = "".join(
        f", hides {one.origin} {written_setting(one.value)}" for one in reversed(hidden) if one.value is not None
    )
    return f"{text}  # {holds.origin}{hides}"


def _as_object(given: Mapping[str, tuple[Given, ...]], *, origin: bool) -> dict[str, dict[str, object]]:
    shown: dict[str, dict[str, object]] = {section: {} for section in SECTIONS}
    for about in KEYS.values():
        holds = given[about.name][-1]
        value = {"value": holds.value, "origin": holds.origin} if origin else holds.value
        shown[about.section][about.key] = value
    return shown


def path(ctx: typer.Context) -> None:
    """Prints where the configuration file is, or would be.

    Examples:
      livechat config path
      $EDITOR "$(livechat config path)"
    """
    common = Common.of(ctx)
    print(safe(str(place(common.config, common.env)), multiline=False))


def validate(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="The file; without it, the usual one.")] = None,
) -> None:
    """Checks a configuration file and the LIVECHAT_ variables, and tells all that is wrong.

    Examples:
      livechat config validate
      livechat config validate other.toml
    """
    common = Common.of(ctx)
    common.config = file or common.config
    checked = common.settings().path
    where = "no configuration file, so the defaults hold" if checked is None else safe(str(checked), multiline=False)
    print(f"ok: {where}")


def schema(
    ctx: typer.Context,
    events: Annotated[bool, typer.Option("--events", help="Of the lines that --json prints in a session.")] = False,
) -> None:
    """Prints the JSON schema (draft 2020-12) of the lines that --json prints.

    Examples:
      livechat config schema --events
      livechat config schema --events | jq -r '."$defs" | keys[]'
    """
    if not events:
        raise UsageError(
            "the configuration file has no JSON schema",
            why="livechat config init explains its keys, livechat config validate checks them",
            hint="livechat config schema --events, for the lines of a session",
        )
    from livechat.terminal import news_schema

    print(json.dumps(news_schema.schema(), indent=2, ensure_ascii=False))


verbs: Mapping[str, Callable[..., None]] = MappingProxyType(
    {"init": init, "show": show, "path": path, "validate": validate, "schema": schema}
)
