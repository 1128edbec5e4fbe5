"""The tree of commands for typer: a command's file is imported when that command runs, and help is plain text.

typer carries its own copy of click as `typer._click`; only this file knows that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from importlib import import_module
from math import isfinite
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, NoReturn, TypeAlias, cast

import typer
from typer._click import Context, HelpFormatter, Parameter
from typer._click.core import ParameterSource
from typer._click.exceptions import NoSuchOption
from typer._click.exceptions import UsageError as ClickUsageError
from typer._click.globals import get_current_context
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command
from typer.models import OptionInfo

from livechat import __version__
from livechat.commands.common import Common
from livechat.errors import UsageError
from livechat.suggest import ALIKE, closest
from livechat.terminal.report import Color

Raw: TypeAlias = Any
"""A value as the command line has it, or as it was coerced."""
Function = Callable[..., Any]
"""A command: its parameters are its options, and only typer looks at them."""

_SURPLUS = re.compile(r"got unexpected extra argument\(s\) \((.*)\)")
_PYDANTIC = re.compile(r"Input should be ([^,]+)(?:, .*)?")

MORE_ALIKE = 0.7
"""Where an option is more likely one of a command's, which stands too early, than a misspelt one of all commands."""

SHARED_HINT = """As with every command: -h -q -v --debug --color --plain --screen-reader --ascii
  --config --no-config --profile"""


class Command(TyperCommand):
    """A command whose help is its docstring as it stands (examples first), then the usage and the options."""

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        formatter.write(f"{self.help or ''}\n\n")
        self.format_usage(ctx, formatter)
        self.format_options(ctx, formatter)
        formatter.write(f"\n{SHARED_HINT}\n")

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        with _mistakes_of(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Context) -> Raw:
        if (common := ctx.find_object(Common)) is not None:
            common.command = ctx.command_path
        return super().invoke(ctx)


@contextmanager
def _mistakes_of(ctx: Context) -> Generator[None, None, None]:
    """Has every mistake know the command it was made with, which typer leaves out of some."""
    try:
        yield
    except ClickUsageError as error:
        error.ctx = error.ctx or ctx
        raise


class Option(TyperOption):
    """An option of typer's making that costs nothing where it is not given.

    typer loads pydantic, half of the time a small command takes, to coerce the None of an absent option.
    """

    def __init__(self, made: TyperOption) -> None:
        vars(self).update(vars(made))

    def process_value(self, ctx: Context, value: Raw) -> Raw:
        absent = ctx.get_parameter_source(self.name) is ParameterSource.DEFAULT and not self.required
        return value if absent else self._finite(ctx, super().process_value(ctx, value))

    def _finite(self, ctx: Context, value: Raw) -> Raw:
        """Refuses `inf` and `nan`, which Python reads as numbers and no option means."""
        if isinstance(value, float) and not isfinite(value):
            raise typer.BadParameter(f"{value} is not a finite number", ctx=ctx, param=self)
        return value


class Argument(TyperArgument):
    """An argument of typer's making that help shows as people write one: NAME, [NAME] or [NAME]..."""

    def __init__(self, made: TyperArgument) -> None:
        vars(self).update(vars(made))

    def display_type_rich(self, ctx: Context) -> str | None:
        return None

    def get_usage_pieces(self, ctx: Context) -> list[str]:
        bare = self.display_name_raw.strip("[].")
        name = bare if self.required else f"[{bare}]"
        return [name if self.nargs == 1 else f"{name}..."]


class Group(TyperGroup):
    """Commands found by name when they are asked for; called without one it does `usual`, or prints `alone`."""

    def __init__(
        self,
        name: str,
        *,
        names: list[str],
        find: Callable[[str], Command | Group],
        help: str,
        alone: str,
        usual: str | None = None,
    ) -> None:
        super().__init__(
            name=name,
            help=help,
            params=list(shared_options()),
            callback=self._greet,
            invoke_without_command=True,
            add_help_option=False,
        )
        self._names = names
        self.find = find
        self._alone = alone
        self._usual = usual

    def get_command(self, ctx: Context, cmd_name: str) -> Command | Group:
        if cmd_name not in self._names:
            _unknown(cmd_name, ctx.command_path, self._names)
        return self.find(cmd_name)

    def get_help(self, ctx: Context) -> str:
        return self.help or ""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        with _mistakes_of(ctx):
            return super().parse_args(ctx, self._led(args))

    def _led(self, args: list[str]) -> list[str]:
        """`args` with the usual command before them where they begin with its options and name no other."""
        named = not {"-h", "--help", *self._names}.isdisjoint(args) or not all(arg.startswith("-") for arg in args[:1])
        return args if named or self._usual is None else [self._usual, *args]

    def _greet(self) -> None:
        if get_current_context().invoked_subcommand is None:
            typer.echo(self._alone)


def root(names: list[str], *, help: str, alone: str) -> Group:
    """The command `livechat`; `names` are the commands it has, each a file of this package."""
    return Group("livechat", names=names, find=from_file, help=help, alone=alone)


def from_file(name: str) -> Command | Group:
    """The command in the file named like it, which is imported now."""
    module = import_module(f"livechat.commands.{name.replace('-', '_')}")
    verbs: Mapping[str, Function] | None = getattr(module, "verbs", None)
    return built(name, module.command) if verbs is None else _with_verbs(name, module, verbs)


def _with_verbs(name: str, module: ModuleType, verbs: Mapping[str, Function]) -> Group:
    lines = {verb: (function.__doc__ or "").partition("\n")[0] for verb, function in verbs.items()}
    width = max(map(len, verbs))
    listing = "\n".join(f"  {verb:<{width}}  {line}" for verb, line in lines.items())
    text = f"{module.__doc__ or ''}\nCommands:\n{listing}\n\n{SHARED_HINT}"
    usual: str | None = getattr(module, "usual", None)
    return Group(
        name, names=list(verbs), find=lambda verb: built(verb, verbs[verb]), help=text, alone=text, usual=usual
    )


def built(name: str, function: Function) -> Command:
    """The command for typer made of a function: its options and, unlisted, the shared ones."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(name, cls=Command, add_help_option=False)(function)
    command = get_command(app)
    assert isinstance(command, Command)
    command.params = [_ours(param) for param in command.params]
    command.params.extend(() if function is _shared else shared_options())
    return command


def _ours(param: Parameter) -> Parameter:
    if isinstance(param, TyperOption):
        return Option(param)
    return Argument(param) if isinstance(param, TyperArgument) else param


def shared_options() -> list[Parameter]:
    """typer's parameters for the options of every command."""
    return built("shared", _shared).params


def _unknown(name: str, where: str, names: list[str]) -> NoReturn:
    near = closest(name, names)
    raise UsageError(f"there is no command {name!r}{_guess(near)}", hint=f"{where} {near or ''}".rstrip() + " --help")


def _keep(ctx: typer.Context, param: typer.CallbackParam, value: object) -> None:
    """Writes down a shared option where it was given, before the command's name or after it."""
    if not value:
        return
    common = Common.of(ctx)
    if param.name == "help":
        typer.echo(ctx.get_help())
        raise typer.Exit
    if param.name == "version":
        typer.echo(f"livechat {__version__}")
        raise typer.Exit
    if param.name == "quiet":
        common.report.quiet = True
    elif param.name == "verbose" and isinstance(value, int):
        common.report.verbosity += value
    elif param.name == "color":
        common.color = common.report.color = cast("Color", value)
    elif param.name == "plain":
        common.face = "plain"
    elif param.name == "screen_reader":
        common.face = "screen-reader"
    else:
        setattr(common, param.name, value)


def _option(*names: str, is_eager: bool = False, count: bool = False) -> OptionInfo:
    return OptionInfo(
        default=..., param_decls=names, is_eager=is_eager, count=count, callback=_keep, expose_value=False, hidden=True
    )


def _shared(
    help: Annotated[bool, _option("--help", "-h", is_eager=True)] = False,
    version: Annotated[bool, _option("--version", "-V", is_eager=True)] = False,
    quiet: Annotated[bool, _option("--quiet", "-q")] = False,
    verbose: Annotated[int, _option("--verbose", "-v", count=True)] = 0,
    debug: Annotated[bool, _option("--debug")] = False,
    color: Annotated[Color | None, _option("--color")] = None,
    plain: Annotated[bool, _option("--plain")] = False,
    screen_reader: Annotated[bool, _option("--screen-reader")] = False,
    ascii: Annotated[bool, _option("--ascii")] = False,
    config: Annotated[Path | None, _option("--config")] = None,
    no_config: Annotated[bool, _option("--no-config")] = False,
    profile: Annotated[str | None, _option("--profile")] = None,
) -> None:
    """The options of every command; `cli.py` has their help."""


def usage_error(error: typer.TyperException) -> UsageError:
    """What typer says is wrong with the command line, in our words."""
    ctx = error.ctx if isinstance(error, ClickUsageError) else None
    help_ = f"{ctx.command_path if ctx else 'livechat'} --help"
    if not isinstance(error, NoSuchOption):
        message = _PYDANTIC.sub(r"must be \1", error.format_message().replace("Value error, ", "")).rstrip(".")
        message = _SURPLUS.sub(r"there is an argument too much: \1", message[:1].lower() + message[1:])
        return UsageError(message, hint=help_)
    if error.option_name == "--api-key":
        return UsageError(
            "an API key is never given on the command line",
            why="all who see this machine's processes or your shell's history could read it",
            hint="put it into GEMINI_API_KEY, or into a file and give --api-key-file FILE",
        )
    bare = {name.lstrip("-"): name for name in error.possibilities or ()}  # the dashes would make all alike
    misplaced = ctx is not None and ctx.parent is None
    near = closest(error.option_name.lstrip("-"), bare, MORE_ALIKE if misplaced else ALIKE)
    why = "the options of a command stand after its name" if misplaced and near is None else ""
    return UsageError(
        f"there is no option {error.option_name}{_guess(bare[near] if near else None)}", why=why, hint=help_
    )


def _guess(near: str | None) -> str:
    return f" — did you mean {near}?" if near else ""
