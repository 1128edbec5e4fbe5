"""Goes on with a conversation that is kept, and keeps the one that is held so that it can be gone on with."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from livechat.errors import UsageError

if TYPE_CHECKING:
    from livechat.commands.common import Common
    from livechat.commands.target import Choice, Target
    from livechat.config import Settings
    from livechat.ledger import Past
    from livechat.session import Observer
    from livechat.transcripts.recalling import Recollection
    from livechat.transcripts.store import Store
    from livechat.transcripts.words import Opening

LIFE: Final = {"vertex": timedelta(hours=24)}
"""How long a server goes on from a handle (reliability.md §2)."""
USUAL_LIFE: Final = timedelta(hours=2)


def recollection(common: Common, *, last: bool, which: str | None) -> Recollection | None:
    """What --continue or --resume asks for; None without either. Raises UsageError, MissingInput or BadInput."""
    if last and which is not None:
        raise UsageError("--continue is the last conversation, --resume another: give one of them")
    if not last and which is None:
        return None
    from livechat.transcripts.recalling import recall
    from livechat.transcripts.store import LAST

    return recall(_store(common), LAST if which is None else which)


def _store(common: Common) -> Store:
    from livechat.transcripts.store import Store, state_folder

    return Store(state_folder(common.env))


def as_before(common: Common, choice: Choice, before: Recollection | None) -> Choice:
    """The choice with the model and the voice of the conversation that goes on, where none is named by an option.

    A server that was not in it need not have its model. What the settings say instead is told.
    """
    if before is None:
        return choice
    from livechat.commands.target import server_of
    from livechat.protocol.generations import VOICES

    settings, opening = choice.settings, before.opening
    same_server = opening.server == server_of(choice)
    held = {"model": opening.model if same_server else "", "voice": opening.voice if opening.voice in VOICES else ""}
    kept = {key: value for key, value in held.items() if value and not _typed(settings, f"session.{key}")}
    session = replace(settings.session, **kept)
    for key, value in kept.items():
        wished = settings.given[f"session.{key}"][-1].value
        if wished not in (None, value):
            common.report.note(f"{before.name} keeps its {key} {value}; --{key} {wished} changes it")
    return replace(choice, settings=replace(settings, session=session))


def _typed(settings: Settings, key: str) -> str:
    """What was given for a key on the command line, or nothing."""
    from livechat.config import COMMAND_LINE

    last = settings.given[key][-1]
    return str(last.value) if last.origin == COMMAND_LINE else ""


@dataclass
class Memory:
    """What one run of a command goes on with, and what it keeps."""

    common: Common
    settings: Settings
    choice: Choice
    before: Recollection | None
    save: bool
    warn: Callable[[str], None]
    now: Callable[[], datetime] = lambda: datetime.now(UTC).astimezone()
    kept: str = field(default="", init=False)
    """The name of what was kept last; nothing where nothing was."""

    def past(self, target: Target) -> Past | None:
        """What the next session goes on with, which is said. Raises UsageError where its words would go to a stranger.

        A server that was not named gets no words that were said to another one.
        """
        if self.before is None:
            return None
        from livechat.ledger import Past

        before, self_chosen = self.before, self.settings.server.choice == "auto" and not self.choice.local
        if self_chosen and before.opening.server != target.facts.server:
            raise UsageError(
                f"{before.name} was held with {before.opening.server}, and this would tell it to {target.facts.server}",
                hint=f"say where it shall go: {self.common.command} --server google, or --local",
            )
        count, why = len(before.turns), self._strange(before, target)
        self.common.report.note(f"going on with {before.name}, {count} turn{'' if count == 1 else 's'}")
        if why:
            self.common.report.note(f"{why}; starting fresh with its transcript as context")
        handle = before.resumption.handle if before.resumption is not None and not (why or self.choice.local) else ""
        self.common.report.hide(handle)
        return Past(handle, before.turns)

    def _strange(self, before: Recollection, target: Target) -> str:
        """Why this server does not know of the conversation any more, or nothing; ours never knew it for long."""
        life = LIFE.get(self.choice.kind, USUAL_LIFE)
        if before.opening.server != target.facts.server:
            return f"the conversation was held with {before.opening.server}"
        if before.opening.model != model_name(target):
            return f"the conversation was held with the model {before.opening.model}"
        if before.resumption is not None and self.now() - before.resumption.at >= life:
            return f"the saved session is older than {life // timedelta(hours=1)} h"
        return ""

    def opening(self, target: Target) -> Opening:
        """The facts of the conversation that begins now."""
        from livechat import __version__
        from livechat.transcripts.words import Opening

        voice, before = self.settings.session.voice or "", self.before.name if self.before is not None else ""
        return Opening(self.now(), model_name(target), voice, target.facts.server, __version__, before)

    @contextmanager
    def keeping(self, target: Target) -> Generator[list[Observer]]:
        """Inside, the session that these observe is kept, where that is wished."""
        if not self.save:
            yield []
            return
        from livechat.transcripts.writing import TranscriptWriter

        hidden = self.common.report.without_secrets
        writer = TranscriptWriter(_store(self.common), self.opening(target), self._lost, hidden)
        try:
            yield [writer]
        finally:
            writer.close()
            if writer.path is not None:
                self.kept = writer.path.stem

    def forget(self) -> None:
        """What is said next goes on with nothing."""
        self.before = None

    def _lost(self, why: str) -> None:
        self.warn(f"the words are not kept any more: {why}")

    @property
    def again(self) -> str:
        """The command line that goes on with what was kept, on the same server."""
        if not self.kept:
            return ""
        server, model = _typed(self.settings, "server.choice"), _typed(self.settings, "session.model")
        where = ["--local"] if self.choice.local else ["--server", server] if server else []
        which = ["--model", model] if model else []
        return shlex.join([*self.common.command.split(), *where, *which, "--continue"])


def model_name(target: Target) -> str:
    """The model without the path that its endpoint wants before it."""
    return target.model.rpartition("/")[2]
