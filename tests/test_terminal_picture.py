"""The live region in every state, as it is printed."""

from __future__ import annotations

from livechat.events import Answered
from livechat.terminal.view import Gauged, State
from tests.view_help import Face, ended, heard, hearing, said


def test_hearing_you_is_a_word_a_sign_and_a_colour_with_all_figures() -> None:
    face = Face(columns=100).tell(heard("Hello?"), said("Hello."), Answered(1, 612), ended()).tell(at=34)
    face.tell(Gauged(-18, -99, speaking=True), hearing("And what about the day aft", 2))
    assert face.state is State.HEARING_YOU
    assert face.live == " you  And what about the day aft▌"
    assert face.footer == (
        " ◆ HEARING YOU    mic ███████···  out ··········  612 ms   0:34   1 turn\n"
        "      space talk   m mute   t type   s stop reply   ? help   q quit"
    )
