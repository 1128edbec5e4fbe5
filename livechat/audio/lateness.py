"""Corrects the times of a microphone that says that it is later than can be believed, for an echo canceller's use.

PulseAudio was seen to call a microphone 0.15 to 0.47 s later than it was, for a second or for good. Its echo would
come before its cause. Where a microphone really is that late, as over Bluetooth, the canceller is merely given the
far end earlier than it needs it, which does no harm.
"""

from __future__ import annotations

from collections import deque
from typing import Final

BELIEVED_S: Final = 0.005
"""So late a microphone may be for a canceller: no more than the reference is early."""
USUAL_S: Final = 0.06
"""So late they are without Bluetooth: for figures, where a time too early is no worse than one too late."""
_KEPT: Final = 100
"""Frames, so two seconds: in that time one at least comes without waiting for a busy loop."""


class Lateness:
    """Of one microphone, which is believed to be so late and no later."""

    def __init__(self, believed_s: float = BELIEVED_S) -> None:
        self._believed_s = believed_s
        self._lags: deque[float] = deque(maxlen=_KEPT)

    def corrected(self, at: float, now: float) -> float:
        """When a frame ended that says that it did `at`, and arrives `now`: later than it says, if at all."""
        self._lags.append(now - at)
        return at + max(0.0, min(self._lags) - self._believed_s)
