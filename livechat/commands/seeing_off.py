"""Waits, when nobody will say any more, until what was said last is answered and heard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from livechat.commands.errands import NEWS, Errands
from livechat.errors import Unanswered
from livechat.events import UserSaid
from livechat.session import SessionOver

if TYPE_CHECKING:
    from livechat.session import Session

FIRST_ANSWER_S: Final = 10.0
"""Seconds after the last sound in which an answer must begin: it may be a question that nothing is known of yet."""
AFTERTHOUGHT_S: Final = 2.0
"""Seconds after that answer in which another may begin."""
STALLED_S: Final = 60.0
"""Seconds in which something must come of a turn that has begun, as long as a typed line waits."""


async def see_off(session: Session, answers: Callable[[], int], errands: Errands) -> None:
    """Returns when nothing more is to be expected, or the session is over.

    `answers` counts those that came to their end, and `errands` watches the tools. Raises Unanswered when the server
    leaves a turn unfinished.
    """
    before = answers()
    with suppress(SessionOver):
        while True:
            in_turn = session.conversation.in_turn
            patience: float | None = STALLED_S if in_turn else AFTERTHOUGHT_S if answers() > before else FIRST_ANSWER_S
            if errands.busy:
                patience = errands.patience_s
            if not await _something_comes(session, patience) and not _goes_on(session):
                return


async def _something_comes(session: Session, within_s: float | None) -> bool:
    limit = asyncio.timeout(within_s)
    try:
        async with limit:
            await session.until(UserSaid, *NEWS)
    except TimeoutError:
        if not limit.expired():
            raise
        return False
    return True


def _goes_on(session: Session) -> bool:
    """Whether more is to come though nothing was told for so long: a long answer is still heard, say."""
    if not session.conversation.in_turn:
        return False
    if session.conversation.deadline is None:
        raise Unanswered(
            f"nothing more of the answer within {STALLED_S:g} s",
            why="the server has left the turn unfinished",
            hint="run the same command again",
        )
    return True
