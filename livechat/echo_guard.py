"""Keeps what the speaker sounds out of what an ear hears, as it was wished and can be done, while devices change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from livechat.audio.echo_choice import EchoChoice, choose_echo
from livechat.audio.keeping import DeviceBack, DeviceLost, News

if TYPE_CHECKING:
    from livechat.ear import Ear, FarEnd


class EchoGuard:
    """Of one ear. Raises DeviceError where a way was asked for that cannot be gone here."""

    def __init__(
        self, ear: Ear, far_end: FarEnd | None, wish: str, names: Callable[[], tuple[str, str]] | None, state: Path
    ) -> None:
        """`names` are those that the microphone and the speaker have now; None where they are not in the open.

        `state` is the folder in which measurements of devices are remembered.
        """
        self.choice: EchoChoice = EchoChoice("off")
        self._ear = ear
        self._wish = wish
        self._names = names
        self._state = state
        ear.far_end = far_end
        self._choose()

    def news(self, news: News) -> None:
        """What becomes of the devices."""
        if isinstance(news, DeviceLost) and news.kind == "input":
            self._ear.pause()
        elif isinstance(news, DeviceBack) and news.kind == "input":
            self._ear.moved()
        if isinstance(news, DeviceBack) and news.moved:
            self._choose()  # what was learned and measured is of another pair of devices

    def _choose(self) -> None:
        from livechat.audio.echo import EchoCanceller, HalfDuplex, echo_missing
        from livechat.audio.verdicts import remembered

        missing = echo_missing()
        microphone, speaker = self._names() if self._names is not None else ("", "")
        verdict = remembered(self._state, microphone, speaker)
        self.choice = choose_echo(
            self._wish,
            in_the_open=self._names is not None,
            speaker=speaker,
            missing=str(missing) if missing else "",
            predicted=verdict.failure if verdict is not None else "",
            no_echo=verdict is not None and verdict.no_echo,
        )
        made = {"on": EchoCanceller, "half-duplex": HalfDuplex}.get(self.choice.how)
        self._ear.canceller = made() if made else None
