"""What a backend is given to be let in with: an API key, or a token in its place. Neither is ever shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from livechat.credentials import Key

SHOWN = 4
"""Characters of a token's end that may be seen."""


@dataclass(frozen=True)
class Token:
    """An ephemeral token: opens a few Live sessions for a while, and nothing else of what its key opens."""

    name: str = field(repr=False)
    """`auth_tokens/…`, the secret itself."""
    expires: datetime | None = None
    """When its sessions end; with time zone. None for half an hour after it was made."""
    begins_until: datetime | None = None
    """Until when sessions can be begun with it. None for a minute after it was made."""
    uses: int = 1
    """Sessions that it begins; 0 for as many as one likes. To resume one is no use."""

    def __repr__(self) -> str:
        return f"Token({key_of(self, '').hint}, uses={self.uses}, expires={self.expires})"


KeyLike: TypeAlias = str | Token
"""An API key, the name of a token (`auth_tokens/…`), or a Token."""


def key_of(given: KeyLike, source: str) -> Key:
    """The key and where it came from, for the sentences that speak of it."""
    return Key(given.name if isinstance(given, Token) else given.strip(), source)
