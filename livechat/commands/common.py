"""What every command is given: where to talk to the user, the options all commands share, the outside world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from livechat.terminal.report import Color, Report

if TYPE_CHECKING:
    import typer

    from livechat.commands.face_choice import FaceWish
    from livechat.config import Settings
    from livechat.config_keys import Value
    from livechat.credentials import Key


@dataclass
class Common:
    """Filled by the shared options while the command line is read; one per process."""

    report: Report
    env: Mapping[str, str]
    debug: bool = False
    config: Path | None = None
    """The file given with --config."""
    no_config: bool = False
    profile: str | None = None
    color: Color | None = None
    face: FaceWish | None = None
    """Of --plain and --screen-reader, the one given last."""
    ascii: bool | None = None
    command: str = "livechat"
    """The command that runs, as it was typed, without its options."""

    @classmethod
    def of(cls, ctx: typer.Context) -> Common:
        found = ctx.find_object(cls)
        if found is None:
            raise LookupError("the command line was not started by livechat.cli")
        return found

    def settings(self, flags: Mapping[str, Value | None] | None = None) -> Settings:
        """Defaults < file < environment < `flags` ("section.key": value; None is not given). Raises ConfigError."""
        import sys

        from livechat.commands.face_choice import face_of
        from livechat.config import load

        given = dict(flags or {})
        given.update({"output.color": self.color, "output.face": self.face, "output.ascii": self.ascii})
        settings = load(self.config, self.profile, self.env, given, no_file=self.no_config)
        if settings.path is not None:
            self.report.detail(f"settings from {settings.path}")
        self.report.color = settings.output.color
        if face_of(settings, self.env, sys.stdout, sys.stderr) == "accessible" and self.report.color == "auto":
            self.report.color = "never"
        return settings

    def key(self, file: Path | None = None) -> Key | None:
        """The API key, from now on hidden from all that is printed; None if there is none. Notes what is odd."""
        from livechat.credentials import find_key

        key = find_key(file, self.env)
        if key is not None:
            self.report.hide(key.value)
            for oddity in key.notes:
                self.report.note(oddity)
        return key
