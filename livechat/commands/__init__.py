"""The commands, one file each: options, then run. This is where the rooms meet.

How a command is written
    The file is named as the command, with `_` for `-` (`send_audio.py` is `livechat send-audio`), and is imported
    only when that command runs. It has one function `command`:

        def command(ctx: typer.Context, name: Annotated[str, typer.Argument(...)], as_json: Json = False) -> None:
            \"\"\"Says in one line what it does.

            Examples:
              livechat voices
              livechat voices --json | jq -r .name
            \"\"\"
            common = Common.of(ctx)

    Its parameters are the options, typed as typer reads them; those that several commands have are in `options.py`
    (`Model`, `Server`, `Local`, `Voice`, `Json`, …). An option that the configuration file can set as well has the
    default None: what was not given comes from `common.settings({"session.voice": voice, ...})`.
    The docstring is the help, printed as it stands before the usage and the options: one line, then the examples.
    Heavy imports (numpy, websockets, pydantic, rich, the protocol) stand inside the functions that use them, so that
    `livechat text --help` is quick too.

    A command made of verbs (`livechat config show`) has `verbs`, a mapping of name to such a function, in place of
    `command`; the file's docstring is its help.

    The command's name and one line go into the table `COMMANDS` in `livechat/cli.py`, once the file is there.

What a command is given
    `Common.of(ctx)`: `report` (stderr: `note`, `warning`, `detail`), `settings(flags)` (defaults < file <
    environment < flags), `key(file)` (the API key, hidden from everything printed), `env`, `debug`.
    The options every command has (--debug, -q, -v, --color, --plain, --screen-reader, --ascii, --config, --no-config,
    --profile, --version, --help) are added by `group.py`, before and after the command's name; a command does not
    declare them.

How a command ends
    It returns (exit 0), raises `typer.Exit(code)`, or raises an error of `livechat.errors`, whose `what`, `why` and
    `hint` become the lines `error:`, `why:`, `try:` and whose exit code ends the process. Ctrl-C (130), SIGTERM (143)
    and a closed pipe (141) are answered in `cli.py`: a command only cleans up after itself.
    stdout is for the product, through `livechat.terminal.answer` or `ndjson`; everything else goes to `common.report`.
    A line of a hint that begins with a space is copied as it stands, without wrapping.
"""
