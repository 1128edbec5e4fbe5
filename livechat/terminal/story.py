"""The story of a conversation is told in order: what each piece of news does to the blocks that are not history yet.

The blocks stand in the order of the conversation, and go into history from the front; only words overtake a tool that
still runs. Of a turn that is in history, only what a late word needs is known, and only of the last few turns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from livechat.events import Interrupted, ModelSaid, ToolEnded, ToolStarted, TurnEnded, UserSaid
from livechat.terminal.blocks import GRACE_S, Block, Note, Speech, UserWords, Writing
from livechat.terminal.inputs import Playing
from livechat.terminal.page import Page, clean
from livechat.terminal.safe import Safe
from livechat.terminal.style import Row
from livechat.terminal.tool_rows import Tool, again, asked, unasked

MOST_KNOWN: Final = 16
"""Turns of which something is known."""
MOST_BLOCKS: Final = 24
"""Blocks that may wait to become history."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a turn beside its blocks."""

    user: str = ""
    """The user's words in history, as they were told."""
    spoken: bool | None = None
    """How the model says its words; None while it has said none."""
    over: Literal["", "ended", "cut"] = ""
    said: int = 0
    """Characters that the model said aloud."""
    after_ms: int | None = None
    """How long the answer was waited for."""
    begun: bool = False
    """Something of the model's is in history: its words, or a call."""
    counted: bool = False
    """It is one of the turns."""


@dataclass(frozen=True, slots=True)
class Story:
    """What is not history yet, and what is known of what is."""

    blocks: tuple[Block, ...] = ()
    known: Mapping[int, Known] = field(default_factory=dict[int, Known])
    """By turn, the one that was told of last at the end."""
    forgotten: int = 0
    """Turns up to this one may have been known once."""
    teller: int | None = None
    """The turn whose answer the last row of history belongs to; None where that row is somebody else's."""
    turns: int = 0
    """Turns in which something was said."""

    def of(self, turn: int) -> Known:
        return self.known.get(turn, Known())

    def running(self) -> list[Tool]:
        """The calls that have not ended."""
        return [block for block in self.blocks if isinstance(block, Tool) and block.runs]

    def question(self) -> Tool | None:
        """The call that the user is asked about: the oldest of those that ask."""
        return next((block for block in self.blocks if isinstance(block, Tool) and block.asks), None)


def user_said(story: Story, told: UserSaid, t: float, grace_s: float = GRACE_S) -> Story:
    """Puts words of the user in their place, or behind what is history already.

    Complete ones wait so long for a tail.
    """
    turn, known = told.turn, story.of(told.turn)
    at = _find(story, lambda block: isinstance(block, UserWords) and block.turn == turn)
    old = story.blocks[at] if at is not None else None
    before = old if isinstance(old, UserWords) else None
    forgotten = turn not in story.known and turn <= story.forgotten
    history = told.whole.removesuffix(told.text) if forgotten else known.user
    if told.whole.startswith(history):
        text = clean(told.whole[len(history) :]).strip()
    else:
        text = f"{before.text if before else ''} {clean(told.text)}".strip()
    story = _remember(story, turn, replace(known, user=history, counted=known.counted or told.final))
    blocks = [*story.blocks[:at], *story.blocks[at + 1 :]] if at is not None else list(story.blocks)
    if not text:
        return replace(story, blocks=tuple(blocks))
    final = told.final or (before is not None and before.final)
    due = before.due if before else None
    if due is None and (final or known.spoken is not None or known.over):
        due = t if known.over else t + grace_s
    late = before.late if before else bool(history or known.begun or forgotten)
    words = UserWords(turn, Safe(text), told.whole, final, due, late)
    blocks.insert(at if at is not None else _place_for_user(blocks, turn), words)
    return replace(story, blocks=tuple(blocks))


def model_said(story: Story, told: ModelSaid, t: float, *, plays: bool) -> Story:
    """Adds words of the model to their turn; text beside speech is left out, for it says the same again."""
    turn, known = told.turn, story.of(told.turn)
    if known.spoken and not told.spoken:
        return story
    story = _answers(story, turn, t + GRACE_S)
    story = _ended_before(story, turn, lambda block: isinstance(block, Writing) or not block.plays)
    block = _open_block(story, turn)
    if isinstance(block, Writing) and told.spoken:
        story, block = _replaced(story, block, block.ended()), None
    if block is None:
        if not told.text.strip():
            return story
        block = _new_block(told, known, plays=plays)
        story = replace(story, blocks=(*story.blocks, block))
    if isinstance(block, Speech):
        longer = block.told(told.text)
        added = len(longer.text) - len(block.text)
        known = replace(known, said=known.said + added)
        story = _replaced(_said_behind(story, block, added), block, _after_all(longer, told, known))
    else:
        written = block.told(told.text)
        story = _replaced(story, block, written.ended() if known.over else written)
    return _remember(story, turn, replace(known, spoken=told.spoken, counted=True))


def plays_on(story: Story, playing: Playing) -> Story:
    """Takes down how far the listener is; what was to be heard before that reply was."""
    story = _ended_before(story, playing.turn, lambda block: True)
    return _each(
        story,
        lambda block: block.played_on(playing) if isinstance(block, Speech) and block.turn == playing.turn else block,
    )


def answered(story: Story, turn: int, after_ms: int) -> Story:
    """Takes down how long an answer was waited for; it sounds, so no earlier one does."""
    story = _remember(story, turn, replace(story.of(turn), after_ms=after_ms))
    return _ended_before(story, turn, lambda block: True)


def interrupted(story: Story, told: Interrupted, note: Note, t: float) -> Story:
    """Ends an answer where the listener was, and puts the note behind it."""
    turn, known = told.turn, story.of(told.turn)
    story = _answers(_ended_before(story, turn, lambda block: True), turn, t)
    if known.spoken is None and (words := told.heard + told.unheard).strip() and turn > story.forgotten:
        story = replace(story, blocks=(*story.blocks, Speech(turn).told(words)))
        known = replace(known, spoken=True)
    unheard, after_ms = told.unheard, known.after_ms
    for block in reversed(story.blocks):
        if isinstance(block, (Speech, Writing)) and block.turn == turn:
            story = _replaced(story, block, block.interrupted(unheard, after_ms))
            unheard, after_ms = unheard[: max(len(unheard) - len(block.text), 0)], None
    return _remember(_noted(story, turn, note), turn, replace(known, over="cut", counted=True))


def turn_ended(story: Story, told: TurnEnded, t: float, note: Note | None = None) -> Story:
    """Ends an answer that was heard to its end; one that nobody told of is told now.

    A note on the end itself stands behind what was said, if anything was, and nobody has told of the end before.
    """
    turn, known = told.turn, story.of(told.turn)
    story = _answers(_ended_before(story, turn, lambda block: True), turn, t)
    untold = known.spoken is None and not known.over and turn > story.forgotten
    if untold and told.text.strip():
        whole = Speech(turn).told(told.text) if told.spoken_ms else Writing(turn).told(told.text)
        story = replace(story, blocks=(*story.blocks, whole))
        known = replace(known, spoken=bool(told.spoken_ms), counted=True)
    after_ms = known.after_ms
    for block in reversed(story.blocks):
        if isinstance(block, (Speech, Writing)) and block.turn == turn and not block.over:
            story = _replaced(story, block, block.ended(after_ms))
            after_ms = None
    if note is not None and known.spoken is not None and not known.over:
        story = _noted(story, turn, note)
    return _remember(story, turn, replace(known, over=known.over or "ended"))


def tool_started(story: Story, told: ToolStarted, t: float) -> Story:
    """Adds a call; what the model says from now on stands behind it."""
    for tool in story.running():
        if tool.is_of(told):
            return _replaced(story, tool, again(tool, told))
    story = _answers(story, told.turn, t + GRACE_S)
    story = _remember(story, told.turn, replace(story.of(told.turn), counted=True))
    said = _open_block(story, told.turn)
    story = _replaced(story, said, _sealed(said)) if said else story
    return replace(story, blocks=(*story.blocks, asked(told, t)))


def tool_ended(story: Story, told: ToolEnded) -> Story:
    """Ends a call."""
    for tool in story.running():
        if tool.is_of(told):
            return _replaced(story, tool, replace(tool, end=told))
    return replace(story, blocks=(*story.blocks, unasked(told)))


def broken_off(story: Story) -> Story:
    """Ends everything as it stands: what was not heard by now never is."""
    return _each(story, _left)


def flushed(story: Story, page: Page, t: float) -> tuple[Story, list[Row]]:
    """Lets go into history what can: the rows for it, and the rest of the story."""
    rows: list[Row] = []
    kept: list[Block] = []
    held = tool_runs = False
    crowd = len(story.blocks) - MOST_BLOCKS
    for place, block in enumerate(story.blocks):
        if held or (isinstance(block, Tool) and tool_runs):
            kept.append(block)
            continue
        asks = isinstance(block, Tool) and block.asks  # a key would answer what nobody sees any more
        finished, rest = (_left(block) if place < crowd and not asks else block).settled(page, t)
        if finished:
            rows += labelled(page, block, finished, resumed=story.teller == block.turn)
            story = _told(story, block)
        if rest is not None:
            kept.append(rest)
            tool_runs, held = tool_runs or isinstance(rest, Tool), not isinstance(rest, Tool)
    return replace(story, blocks=tuple(kept)), rows


def labelled(page: Page, block: Block, rows: list[Row], *, resumed: bool) -> list[Row]:
    """The rows of a block beside who says them; the user's begin after a blank row."""
    blank: list[Row] = [()] if isinstance(block, UserWords) and not block.late else []
    return [*blank, *page.hung(block.label(page, resumed=resumed), rows)]


def _told(story: Story, block: Block) -> Story:
    """With rows of a block in history."""
    teller = block.turn if isinstance(block, (Speech, Writing)) else None
    story = replace(story, teller=teller)
    if isinstance(block, UserWords):
        return _remember(story, block.turn, replace(story.of(block.turn), user=block.whole))
    if isinstance(block, Note):
        return story
    return _remember(story, block.turn, replace(story.of(block.turn), begun=True))


def _remember(story: Story, turn: int, known: Known) -> Story:
    turns = story.turns + (known.counted and not story.of(turn).counted)
    rest = {number: what for number, what in story.known.items() if number != turn}
    forgotten = story.forgotten
    if len(rest) == MOST_KNOWN:
        oldest = next(iter(rest))
        del rest[oldest]
        forgotten = max(forgotten, oldest)
    return replace(story, known={**rest, turn: known}, forgotten=forgotten, turns=turns)


def _find(story: Story, wanted: Callable[[Block], bool]) -> int | None:
    return next((place for place, block in enumerate(story.blocks) if wanted(block)), None)


def _each(story: Story, change: Callable[[Block], Block]) -> Story:
    return replace(story, blocks=tuple(map(change, story.blocks)))


def _replaced(story: Story, old: Block, new: Block) -> Story:
    return _each(story, lambda block: new if block is old else block)


def _open_block(story: Story, turn: int) -> Speech | Writing | None:
    """The block to which the model's words of this turn can be added."""
    for block in story.blocks:
        if isinstance(block, (Speech, Writing)) and block.turn == turn and not block.complete:
            return block
    return None


def _new_block(told: ModelSaid, known: Known, *, plays: bool) -> Speech | Writing:
    begun = known.spoken is not None
    if told.spoken:
        return Speech(told.turn, before=known.said, plays=plays, begun=begun)
    return Writing(told.turn, begun=begun)


def _after_all(speech: Speech, told: ModelSaid, known: Known) -> Speech:
    """What is said after its turn is over: nobody waits for more, and of one that was cut off nothing is played."""
    if known.over == "cut":
        return speech.interrupted(told.text, None)
    return speech.ended() if known.over else speech


def _said_behind(story: Story, last: Speech, added: int) -> Story:
    """Tells the earlier blocks of a turn how much its speech has grown behind them."""
    return _each(
        story,
        lambda block: (
            replace(block, behind=block.behind + added)
            if isinstance(block, Speech) and block.turn == last.turn and block is not last
            else block
        ),
    )


def _sealed(block: Speech | Writing) -> Speech | Writing:
    """The block when what comes next of its turn is no more of its words."""
    return replace(block, sealed=True) if isinstance(block, Speech) else block.ended()


def _left(block: Block) -> Block:
    """The block when nobody can wait for it any more."""
    match block:
        case UserWords():
            return replace(block, due=float("-inf"))
        case Speech(over=False):
            return block.broken_off()
        case Writing():
            return block.ended(block.after_ms)
        case Tool():
            return replace(block, left=True)
        case _:
            return block


def _answers(story: Story, turn: int, due: float) -> Story:
    """The model answers, so the user's words up to this turn go into history by `due`."""
    return _each(
        story,
        lambda block: (
            replace(block, due=due if block.due is None else min(block.due, due))
            if isinstance(block, UserWords) and block.turn <= turn
            else block
        ),
    )


def _ended_before(story: Story, turn: int, wanted: Callable[[Speech | Writing], bool]) -> Story:
    """Ends the answers of earlier turns: what belongs to a later one has come in their place."""
    return _each(
        story,
        lambda block: (
            block.ended(story.of(block.turn).after_ms)
            if isinstance(block, (Speech, Writing)) and block.turn < turn and not block.over and wanted(block)
            else block
        ),
    )


def _place_for_user(blocks: list[Block], turn: int) -> int:
    """Before the first block of this turn or a later one."""
    return next((place for place, block in enumerate(blocks) if block.turn >= turn), len(blocks))


def _noted(story: Story, turn: int, note: Note) -> Story:
    """With a note behind what is said in a turn."""
    at = _place_behind(story, turn)
    return replace(story, blocks=(*story.blocks[:at], replace(note, turn=turn), *story.blocks[at:]))


def _place_behind(story: Story, turn: int) -> int:
    """Behind the last block of this turn, or before the first of a later one."""
    own = [place for place, block in enumerate(story.blocks) if block.turn == turn]
    later = _find(story, lambda block: block.turn > turn)
    return own[-1] + 1 if own else len(story.blocks) if later is None else later
