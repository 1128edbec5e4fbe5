"""Claims about the tree of commands: found by name, explained with examples first, options in any place."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated

import pytest
import typer

from livechat.commands.common import Common
from livechat.commands.endings import run
from livechat.commands.group import SHARED_HINT, Command, Group, built, root, shared_options
from livechat.commands.options import Json, Model, Timeout
from livechat.terminal.report import Report

from .cli_help import be_clean


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    be_clean(monkeypatch, tmp_path)


class Seen:
    """What a command was given."""

    def __init__(self) -> None:
        self.common = Common(Report(io.StringIO(), {}), {})
        self.values: list[object] = []
        self.asked: list[str] = []

    def tree(self) -> Group:
        def find(name: str) -> Command | Group:
            self.asked.append(name)
            if name == "group":
                return Group("group", names=["verb"], find=find, help="group help", alone="group alone")
            return built(name, self.command)

        return Group("livechat", names=["speak", "group"], find=find, help="root help", alone="root alone")

    def command(
        self,
        ctx: typer.Context,
        words: Annotated[list[str] | None, typer.Argument(metavar="[WORD]", help="What to say.")] = None,
        number: Annotated[int, typer.Option("--number", metavar="N", help="A number.")] = 7,
        model: Model = None,
        as_json: Json = False,
        timeout: Timeout = None,
    ) -> None:
        """Speaks.

        Examples:
          livechat speak "good   morning"
        """
        self.common = Common.of(ctx)
        self.values = [words, number, model, as_json, timeout]


@pytest.fixture
def seen() -> Seen:
    return Seen()


def test_a_command_gets_its_options_typed_and_its_defaults_untouched(seen: Seen) -> None:
    assert run(["speak"], seen.tree) == 0
    assert seen.values == [None, 7, None, False, None]
    assert run(["speak", "a", "--number", "3", "b", "-M", "m", "--json", "--timeout=1.5"], seen.tree) == 0
    assert seen.values == [["a", "b"], 3, "m", True, 1.5]


@pytest.mark.parametrize("place", [0, 1, 2], ids=["before the command", "between group and verb", "after it"])
def test_the_shared_options_are_taken_in_any_place(place: int, seen: Seen) -> None:
    shared = ["-q", "-v", "--debug", "--color", "never", "--config", "c.toml", "--no-config", "--profile", "work"]
    words = ["group", "verb"]
    assert run([*words[:place], *shared, *words[place:]], seen.tree) == 0
    common = seen.common
    assert (common.debug, common.color, common.config, common.no_config, common.profile) == (
        True,
        "never",
        Path("c.toml"),
        True,
        "work",
    )
    assert (common.report.quiet, common.report.verbosity, common.report.color) == (True, 1, "never")


def test_without_shared_options_nothing_is_set(seen: Seen) -> None:
    assert run(["speak"], seen.tree) == 0
    common = seen.common
    assert (common.debug, common.color, common.config, common.no_config, common.profile) == (
        False,
        None,
        None,
        False,
        None,
    )
    assert (common.report.quiet, common.report.verbosity, common.report.color) == (False, 0, "auto")


@pytest.mark.parametrize(
    ("args", "face", "ascii"),
    [
        (["speak"], None, None),
        (["speak", "--plain"], "plain", None),
        (["--screen-reader", "speak", "--ascii"], "screen-reader", True),
        (["--screen-reader", "speak", "--plain"], "plain", None),
        (["speak", "--plain", "--screen-reader"], "screen-reader", None),
    ],
)
def test_how_a_conversation_shows_is_the_option_given_last(
    args: list[str], face: str | None, ascii: bool | None, seen: Seen
) -> None:
    assert run(args, seen.tree) == 0
    assert (seen.common.face, seen.common.ascii) == (face, ascii)


def test_verbosity_adds_up_over_the_places_it_is_given_in(seen: Seen) -> None:
    assert run(["-v", "speak", "-vv"], seen.tree) == 0
    assert seen.common.report.verbosity == 3


@pytest.mark.parametrize("args", [["-h"], ["--help"], ["-q", "--help"]])
def test_the_root_s_help_is_the_text_it_was_given(
    args: list[str], seen: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(args, seen.tree) == 0
    assert capsys.readouterr() == ("root help\n", "")
    assert seen.asked == []


@pytest.mark.parametrize("args", [[], ["-q"]])
def test_without_a_command_a_group_says_what_to_do_and_is_content(
    args: list[str], seen: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(args, seen.tree) == 0
    assert run(["group", *args], seen.tree) == 0
    assert capsys.readouterr() == ("root alone\ngroup alone\n", "")


@pytest.mark.parametrize("args", [["--version"], ["speak", "-V"], ["-q", "-V"], ["group", "verb", "--version"]])
def test_the_version_is_told_wherever_it_is_asked(
    args: list[str], seen: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(args, seen.tree) == 0
    assert capsys.readouterr().out == "livechat 0.1.0\n"


def test_a_command_s_help_is_its_docstring_as_it_stands_then_usage_and_options(
    seen: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["speak", "--help"], seen.tree) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Speaks.",
        "",
        "Examples:",
        '  livechat speak "good   morning"',
        "",
        "Usage: livechat speak [OPTIONS] [WORD]...",
        "",
        "Arguments:",
        "  [WORD]  What to say.",
        "",
        "Options:",
        "  --number N         A number.  [default: 7]",
        "  -M, --model NAME   The model to talk to.",
        "  --json             One JSON object per line on stdout.",
        "  --timeout SECONDS  Give up after so long (exit 124).  [x>=0.001]",
        "",
        *SHARED_HINT.splitlines(),
    ]


def test_the_line_on_shared_options_names_them_all() -> None:
    named = set(SHARED_HINT.partition(": ")[2].split())
    for option in shared_options():
        assert named & {*option.opts} or option.name == "version", option.opts
    assert max(map(len, SHARED_HINT.splitlines())) <= 80


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["speka"], ["error: there is no command 'speka' — did you mean speak?", "  try: livechat speak --help"]),
        (["qqqqqq"], ["error: there is no command 'qqqqqq'", "  try: livechat --help"]),
        (
            ["group", "vreb"],
            ["error: there is no command 'vreb' — did you mean verb?", "  try: livechat group verb --help"],
        ),
        (
            ["speak", "--modle", "x"],
            ["error: there is no option --modle — did you mean --model?", "  try: livechat speak --help"],
        ),
        (
            ["speak", "--modle=x"],
            ["error: there is no option --modle — did you mean --model?", "  try: livechat speak --help"],
        ),
        (["speak", "--qqqqqq"], ["error: there is no option --qqqqqq", "  try: livechat speak --help"]),
        (["speak", "-x"], ["error: there is no option -x", "  try: livechat speak --help"]),
        (
            ["--model", "x", "speak"],
            [
                "error: there is no option --model",
                "  why: the options of a command stand after its name",
                "  try: livechat --help",
            ],
        ),
        (
            ["--porfile", "x", "speak"],
            ["error: there is no option --porfile — did you mean --profile?", "  try: livechat --help"],
        ),
        (["speak", "--model"], ["error: option '--model' requires an argument", "  try: livechat speak --help"]),
        (
            ["speak", "--number", "x"],
            ["error: invalid value for '--number': must be a valid integer", "  try: livechat speak --help"],
        ),
        *(
            (
                ["speak", "--timeout", number],
                [f"error: invalid value for '--timeout': {why}", "  try: livechat speak --help"],
            )
            for number, why in (
                ("-1", "must be greater than or equal to 0.001"),
                ("0", "must be greater than or equal to 0.001"),
                ("inf", "inf is not a finite number"),
                ("nan", "must be greater than or equal to 0.001"),
            )
        ),
        (
            ["--color", "pink", "speak"],
            [
                "error: invalid value for '--color': 'pink' is not one of 'auto', 'always', 'never'",
                "  try: livechat --help",
            ],
        ),
        (
            ["group", "verb", "--json=1"],
            ["error: option '--json' does not take a value", "  try: livechat group verb --help"],
        ),
    ],
)
def test_a_mistake_is_told_with_the_likely_word_and_where_to_read_more(
    args: list[str], said: list[str], seen: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(args, seen.tree) == 2
    out, err = capsys.readouterr()
    assert (out, err.splitlines()) == ("", [*said, "  ref: exit 2"])


def test_what_a_command_does_not_take_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["voices", "one", "two"], lambda: root(["voices"], help="", alone="")) == 2
    assert capsys.readouterr().err.startswith("error: there is an argument too much: one two\n")


def test_the_command_that_runs_is_known_as_it_was_typed(seen: Seen) -> None:
    for words, command in ((["speak"], "livechat speak"), (["-v", "group", "verb", "x"], "livechat group verb")):
        assert run(words, seen.tree) == 0
        assert seen.common.command == command


def test_foreign_characters_in_a_mistake_are_disarmed(seen: Seen, capsys: pytest.CaptureFixture[str]) -> None:
    for args in (["\x1b[2J"], ["speak", "--\x1b[2J"], ["speak", "--number", "\x1b[2J"]):
        assert run(args, seen.tree) == 2
        assert "\x1b" not in capsys.readouterr().err


@pytest.mark.parametrize("args", [["speak", "--api-key", "AIzaSecret"], ["--api-key=AIzaSecret", "speak"]])
def test_a_key_on_the_command_line_is_refused_with_where_it_belongs(
    args: list[str], seen: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(args, seen.tree) == 2
    said = capsys.readouterr().err
    assert "never given on the command line" in said
    assert "--api-key-file" in said
    assert "AIza" not in said


def test_a_required_argument_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    def command(file: Annotated[str, typer.Argument(metavar="FILE")], to: Annotated[str, typer.Option("--to")]) -> None:
        raise AssertionError

    tree = Group("livechat", names=["go"], find=lambda name: built(name, command), help="", alone="")
    assert run(["go", "--to", "x"], lambda: tree) == 2
    assert run(["go", "x"], lambda: tree) == 2
    assert capsys.readouterr().err.splitlines()[::3] == [
        "error: missing argument 'FILE'",
        "error: missing option '--to'",
    ]
    assert run(["go", "--help"], lambda: tree) == 0
    assert "Usage: livechat go [OPTIONS] FILE\n" in capsys.readouterr().out


def test_the_commands_of_a_file_with_verbs_are_listed_in_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    def tree() -> Group:
        return root(["config", "voices"], help="", alone="")

    assert run(["config", "--help"], tree) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Writes, shows and checks the configuration file.\n\nExamples:\n  livechat config init\n")
    assert "\n  validate  Checks " in shown
    assert run(["config"], tree) == 0
    assert capsys.readouterr().out == shown
    assert run(["voices", "--help"], tree) == 0


def test_a_command_needs_the_command_line_around_it() -> None:
    def command(ctx: typer.Context) -> None:
        Common.of(ctx)

    with built("go", command).make_context("go", []) as ctx, pytest.raises(LookupError, match=r"livechat\.cli"):
        ctx.command.invoke(ctx)
