"""Prints the screen in every state, for somebody to look at: `python -m tests.screen_states COLUMNS [ascii]`."""

from __future__ import annotations

import sys

from livechat.events import (
    Answered,
    Faltering,
    Interrupted,
    Noted,
    Reconnected,
    Reconnecting,
    SoundDropped,
    ToolEnded,
    ToolStarted,
)
from livechat.terminal.inputs import Floor, Gauged, Look, Muted, Ticked, Typing, TypingEnded
from livechat.terminal.picture import picture
from livechat.terminal.style import painted
from livechat.terminal.view import News
from tests.view_help import SILENCE, Face, ended, heard, hearing, said, sounding

QUESTION = "What's the weather in Lisbon tomorrow, and do I need an umbrella?"
ANSWER = (
    "Tomorrow in Lisbon it will be about nineteen degrees with a seventy percent chance of rain, so yes — take one."
)
SECOND = (
    "Sunday looks much better. Expect clear skies and twenty-two degrees, "
    "perfect for a walk along the river, or for the viewpoints in Alfama."
)
STRANGE = "明日のリスボンは十九度くらいです。 שלום עולם مرحبا 👨‍👩‍👧 🇵🇹 नमस्ते [bold]x[/] \x1b]0;title\x07 e\u0301"
WEATHER = ToolStarted(1, "a", "get_weather", {"city": "Lisbon", "day": "tomorrow"})
BOOKING = ToolStarted(3, "b", "book_table", {"name": "[bold]X[/]", "seats": 2}, waits=True)
QUIET = Gauged(-52, SILENCE)

TALE: tuple[tuple[float, str, tuple[News, ...]], ...] = (
    (1, "idle", (QUIET,)),
    (4, "user", (Gauged(-20, SILENCE, speaking=True), hearing(QUESTION[:34]))),
    (6, "thinking", (QUIET, heard(QUESTION))),
    (7.5, "tool run", (WEATHER, Ticked())),
    (8.7, "tool runs", (Ticked(),)),
    (9, "tool done", (ToolEnded(1, "a", "get_weather", "done", 312, "{'high_c': 19, 'rain': 0.7}"),)),
    (10, "model", (said(ANSWER), Answered(1, 612), sounding(2000, 7000))),
    (13, "model", (sounding(6600, 7000),)),
    (14, "listening", (ended(), QUIET)),
    (20, "clipped", (Gauged(0, SILENCE, speaking=True), hearing("And what about the day aft", 2))),
    (22, "model", (QUIET, heard("And what about the day after?", 2), said(SECOND, 2), Answered(2, 948))),
    (24, "model", (sounding(4000, 7400, turn=2),)),
    (25, "interrupted", (Interrupted(2, 4000, 3400, SECOND[:69], SECOND[69:]), hearing("wait, is it windy", 3))),
    (27, "asks", (heard("wait, is it windy", 3), BOOKING)),
    (29, "failed", (ToolEnded(3, "b", "book_table", "failed", 1800, "ValueError: no free table"),)),
    (30, "play", (ToolStarted(3, "c", "play_song", {"id": 7}),)),
    (31, "cancelled", (ToolEnded(3, "c", "play_song", "cancelled", 900),)),
    (32, "strange", (said(STRANGE * 2, 3), sounding(5000, 12_000, turn=3))),
    (33, "far ahead", (said(SECOND * 9, 3), sounding(9000, 50_000, turn=3))),
    (34, "ended", (ended(3), Noted("a note"), QUIET)),
    (35, "reconnecting", (Reconnecting("server asked to move (goAway, 9.8 s left)", 2, 8, 1.3, 1.9),)),
    (36, "back", (Reconnected("lost", 3),)),
    (36.5, "no answer", (Faltering(1.2), SoundDropped(1200))),
    (37, "muted", (Faltering(0.0), Muted(True))),
    (38, "typing", (Muted(False), Typing("and in Porto? こんにちは 🎉", 3))),
    (39, "push", (TypingEnded(), Floor("push"))),
    (43, "on air", (Floor("push", 40.0),)),
    (44, "silent", (Floor("voice"), Gauged(SILENCE, SILENCE))),
    (50, "silent", (Gauged(SILENCE, SILENCE),)),
)


def main(columns: int, *, ascii: bool) -> None:
    """Prints the last rows of history and the region after each chapter."""
    face = Face(Look("puck", ascii=ascii, server="google"), columns, 24)
    for at, title, news in TALE:
        face.tell(*news, at=at).tell(Ticked(), at=at + 0.5)
        sys.stdout.write(f"\n=== {title}\n")
        for row in (*face.rows[-5:], (), *picture(face.view, face.t)):
            sys.stdout.write(painted(row, sgr=True, color=True) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), ascii="ascii" in sys.argv)
