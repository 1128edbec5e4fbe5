"""The view is what the screen knows: one step for each piece of news, and rows for history as soon as they are final.

`step` is pure. What it finishes stands in `View.finished` once, to be printed above the live region and never touched
again; the live region is `livechat.terminal.picture`'s. Whatever order the news comes in, no word is lost or doubled.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from livechat.events import (
    Answered,
    Ended,
    Event,
    Failed,
    Faltering,
    GoingAway,
    Hushed,
    Interrupted,
    ModelSaid,
    Noted,
    Ready,
    Reconnected,
    Reconnecting,
    SoundDropped,
    ToolEnded,
    ToolStarted,
    TurnEnded,
    UserSaid,
)
from livechat.terminal import notes
from livechat.terminal import story as tale
from livechat.terminal.blocks import GRACE_S, Note, Speech, Writing
from livechat.terminal.inputs import (
    Floor,
    Gauged,
    Headed,
    Look,
    Muted,
    Own,
    Resized,
    Sending,
    SendingEnded,
    Told,
    Typing,
    TypingEnded,
)
from livechat.terminal.meter import clips
from livechat.terminal.network import LOST, Network, Tiding, after
from livechat.terminal.page import Page
from livechat.terminal.states import State
from livechat.terminal.story import Story
from livechat.terminal.style import Row
from livechat.terminal.tool_rows import question

SILENT_DBFS: Final = -70.0
"""Below this a microphone delivers nothing at all: a room is louder."""
SILENT_S: Final = 5.0
"""How long it may do so before it is spoken of."""
CLIP_S: Final = 1.0
"""How long a sound that was clipped is shown."""
GUESS_S: Final = 8.0
"""How long an answer is awaited where only our own ear heard the user speak: it may have been a cough."""
HEARD_S: Final = 1.0
"""How long the server's word that it hears the user holds: words that are not complete, or an interruption."""
BY_KEY_S: Final = 1.0
"""How soon after the key a reply is cut off because of it."""

UNGAUGED: Final = Gauged(float("-inf"), float("-inf"))
CALM: Final = Network()
NOBODYS: Final = Floor("voice")

News: TypeAlias = Event | Own | Hushed
"""What `step` understands."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """An answer that is due."""

    since: float
    turn: int | None = None
    """None where our own ear alone says so."""


@dataclass(frozen=True, slots=True)
class View:
    """What the screen knows at one moment."""

    look: Look
    columns: int
    lines: int
    story: Story = field(default_factory=Story)
    finished: tuple[Row, ...] = ()
    """What the last step finished: rows for history, printed once."""
    began_at: float | None = None
    """When the first news came."""
    ready_at: float | None = None
    """When the server took our setup."""
    last_ms: int | None = None
    """How long the last answer was waited for."""
    gauged: Gauged = UNGAUGED
    clipped_at: float | None = None
    quiet_since: float | None = None
    """Since when the microphone delivers nothing."""
    heard_at: float | None = None
    """When the server last said that it hears the user."""
    hushed_at: float | None = None
    """When the user pressed a key to hear no more of the reply."""
    awaited: Awaited | None = None
    muted: bool = False
    floor: Floor = NOBODYS
    typing: Typing | None = None
    sending: Sending | None = None
    network: Network = CALM
    ended: bool = False

    @property
    def page(self) -> Page:
        return Page(self.look, self.columns)


def opened(look: Look, columns: int, lines: int) -> View:
    """The view before anything has happened."""
    return View(look, columns, lines)


def step(view: View, told: News, t: float) -> View:
    """The view after a piece of news at `t` seconds of any one clock."""
    view = replace(view, finished=(), began_at=t if view.began_at is None else view.began_at)
    return _flushed(_told(_passed(view, t), told, t), t)


def closed(view: View, t: float) -> View:
    """Finishes what is half said; nothing is left for the live region."""
    view = replace(view, finished=(), ended=True, typing=None)
    return _flushed(replace(view, story=tale.broken_off(view.story)), t)


def state(view: View) -> State:
    """Where the conversation is."""
    if view.ended:
        return State.ENDED
    if view.network.away:
        return State.RECONNECTING
    if view.ready_at is None:
        return State.CONNECTING
    if view.look.meters and (by_key := _state_by_key(view)):
        return by_key
    return _state_of_turn(view) or _state_of_rest(view)


def _state_by_key(view: View) -> State | None:
    """What the user has made of the microphone; that must never be overlooked."""
    if view.typing is not None:
        return State.TYPING
    if view.floor.taken_at is not None:
        return State.ON_AIR
    return State.MUTED if view.muted else None


def _state_of_turn(view: View) -> State | None:
    """Who is busy."""
    if view.look.meters and (view.gauged.speaking or (view.heard_at is not None and view.awaited is None)):
        return State.HEARING_YOU
    if any(tool.waits for tool in view.story.running()):
        return State.TOOL_RUNNING
    if view.gauged.playing is not None or _says(view):
        return State.SPEAKING
    if view.story.running():
        return State.TOOL_RUNNING
    return State.THINKING if view.awaited is not None else None


def _state_of_rest(view: View) -> State:
    if view.look.meters and view.floor.mode == "push":
        return State.PUSH_WAITING
    return State.LISTENING if view.story.turns else State.READY


def _says(view: View) -> bool:
    """The model's words come in that are not played: those who are tell by their sound."""
    return any(
        isinstance(block, Writing) or (isinstance(block, Speech) and not block.plays) for block in view.story.blocks
    )


def _passed(view: View, t: float) -> View:
    """What time alone changes."""
    if view.awaited and view.awaited.turn is None and t - view.awaited.since > GUESS_S:
        view = replace(view, awaited=None)
    if view.clipped_at is not None and t - view.clipped_at >= CLIP_S:
        view = replace(view, clipped_at=None)
    if view.hushed_at is not None and t - view.hushed_at >= BY_KEY_S:
        view = replace(view, hushed_at=None)
    if view.heard_at is not None and t - view.heard_at >= HEARD_S:
        view = _awaiting(replace(view, heard_at=None), None, t)
    return view


def _flushed(view: View, t: float) -> View:
    """Lets go what is final; notes that came at once stand above it."""
    story, rows = tale.flushed(view.story, view.page, t)
    return replace(view, story=story, finished=(*view.finished, *rows))


def _told(view: View, told: News, t: float) -> View:
    match told:
        case UserSaid() | ModelSaid() | Answered() | Interrupted() | TurnEnded() | ToolStarted() | ToolEnded():
            return _of_turn(view, told, t)
        case Resized() | Gauged() | Sending() | SendingEnded() | Told() | Headed() | Hushed():
            return _of_face(view, told, t)
        case Muted() | Floor() | Typing() | TypingEnded():
            return _of_face(view, told, t)
        case Ready() | Reconnecting() | Reconnected() | GoingAway() | Faltering() | SoundDropped():
            return _of_network(view, told, t)
        case Noted():
            return _with_note(view, notes.noted(told, view.page.glyphs))
        case Failed() | Ended():
            return replace(view, ended=True, typing=None, story=tale.broken_off(view.story))
        case _:
            return view


def _of_turn(
    view: View,
    told: UserSaid | ModelSaid | Answered | Interrupted | TurnEnded | ToolStarted | ToolEnded,
    t: float,
) -> View:
    """News of what is said and done."""
    story = view.story
    match told:
        case UserSaid():
            known = story.of(told.turn)
            grace_s = GRACE_S if view.look.meters else 0.0  # what is typed has no tail
            view = replace(view, story=tale.user_said(story, told, t, grace_s), heard_at=None if told.final else t)
            awaits = told.final and known.spoken is None and not known.over
            return _awaiting(view, told.turn, t) if awaits else view
        case ModelSaid():
            view = replace(view, story=tale.model_said(story, told, t, plays=view.look.plays))
            return view if told.spoken and view.look.plays else _not_awaiting(view, told.turn)
        case Answered():
            return replace(view, story=tale.answered(story, told.turn, told.after_ms), last_ms=told.after_ms)
        case Interrupted():
            by_key, away = view.hushed_at is not None, view.network.away
            note = notes.cut_off(told, view.page.glyphs, by_key=by_key, away=away)
            view = replace(view, story=tale.interrupted(story, told, note, t), heard_at=None if by_key or away else t)
            return _fallen_silent(_not_awaiting(view, told.turn), told.turn)
        case TurnEnded():
            along = notes.taken_along(view.page.glyphs) if told.reason == LOST else None
            view = replace(view, story=tale.turn_ended(story, told, t, along))
            return _fallen_silent(_not_awaiting(view, told.turn), told.turn)
        case ToolStarted():
            view = replace(view, story=tale.tool_started(story, told, t))
            rows = question(view.page, told) if told.waits else []
            return _with_rows(view, rows) if rows else view
        case _:
            return _awaiting(replace(view, story=tale.tool_ended(story, told)), told.turn, t)


def _of_network(view: View, told: Tiding, t: float) -> View:
    """News of the connection."""
    note = notes.on_network(view.network, told, view.page.glyphs)
    view = replace(view, network=after(view.network, told, t))
    if isinstance(told, Ready) and view.ready_at is None:
        view = replace(view, ready_at=t)
    return view if note is None else _with_note(view, note)


def _of_face(
    view: View,
    told: Resized | Gauged | Muted | Floor | Typing | TypingEnded | Sending | SendingEnded | Told | Headed | Hushed,
    t: float,
) -> View:
    """What the face itself is told."""
    match told:
        case Resized():
            return replace(view, columns=told.columns, lines=told.lines)
        case Gauged():
            return _gauged(view, told, t)
        case Muted():
            return replace(view, muted=told.muted, quiet_since=None)
        case Floor():
            released = view.floor.taken_at is not None and told.taken_at is None
            view = replace(view, floor=told)
            return _awaiting(view, None, t) if released else view
        case Typing():
            return replace(view, typing=told, quiet_since=None)
        case TypingEnded():
            return replace(view, typing=None)
        case Sending():
            return replace(view, sending=told)
        case SendingEnded():
            return replace(view, sending=None)
        case Told():
            return _with_rows(view, view.page.wrapped_wide(told.row))
        case Headed():
            return _with_rows(view, [row for head in told.rows for row in view.page.wrapped_wide(head)])
        case _:
            return replace(view, hushed_at=t)


def _gauged(view: View, told: Gauged, t: float) -> View:
    fell_silent = view.gauged.speaking and not told.speaking
    view = replace(view, gauged=told, clipped_at=t if clips(told.mic_dbfs) else view.clipped_at)
    quiet = told.mic_dbfs < SILENT_DBFS and not view.muted and view.typing is None
    view = replace(view, quiet_since=(t if view.quiet_since is None else view.quiet_since) if quiet else None)
    if told.speaking:
        view = replace(view, awaited=None, heard_at=None)
    elif fell_silent and view.floor.mode == "voice":
        view = _awaiting(view, None, t)
    if told.playing is None:
        return view
    return _not_awaiting(replace(view, story=tale.plays_on(view.story, told.playing)), told.playing.turn)


def _awaiting(view: View, turn: int | None, t: float) -> View:
    """An answer is due, if it was not before."""
    if view.awaited is None:
        return replace(view, awaited=Awaited(t, turn))
    if turn is None or (view.awaited.turn or turn) > turn:
        return view
    return replace(view, awaited=Awaited(view.awaited.since, turn))


def _not_awaiting(view: View, turn: int) -> View:
    """An answer in this turn is there."""
    if view.awaited is None or (view.awaited.turn or turn) > turn:
        return view
    return replace(view, awaited=None)


def _fallen_silent(view: View, turn: int) -> View:
    """Nothing of this turn sounds any more, whatever was gauged last."""
    playing = view.gauged.playing
    if playing is None or playing.turn > turn:
        return view
    return replace(view, gauged=replace(view.gauged, playing=None))


def _with_note(view: View, note: Note) -> View:
    rows, _ = note.settled(view.page, 0.0)
    return _with_rows(view, view.page.hung(note.label(view.page, resumed=False), rows))


def _with_rows(view: View, rows: list[Row]) -> View:
    """With rows that go into history at once; whoever goes on below them is named again."""
    return replace(view, story=replace(view.story, teller=None), finished=(*view.finished, *rows))
