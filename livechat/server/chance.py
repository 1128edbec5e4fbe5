"""Draws what nobody decides, all of it from one seed: who knows the seed can play a server again."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hmac import digest
from random import Random, SystemRandom
from uuid import UUID

from livechat.server.auth_tokens import PREFIX

SEEDS = 2**32


class Chance:
    """Of one server. Every connection has a source of its own, so that no other changes what it draws."""

    def __init__(self, seed: int | None = None, secret: str = "") -> None:
        self.seed: int = SystemRandom().randrange(SEEDS) if seed is None else seed
        self._secret = secret.encode()

    def of(self, connection: int) -> Random:
        """What decides in a connection."""
        return Random(f"{self.seed}/{connection}")

    def session_id(self, connection: int) -> UUID:
        """Of the session that begins there. Handles are made of it, so it is as hard to guess as a token."""
        if self._secret:
            return UUID(bytes=self._digest(f"session/{connection}")[:16], version=4)
        return UUID(int=Random(f"{self.seed}/{connection}/session").getrandbits(128), version=4)

    def token_name(self, number: int) -> str:
        """Of an ephemeral token. The server's own secret goes in: the seed is no secret, and these are."""
        return PREFIX + urlsafe_b64encode(self._digest(f"auth_tokens/{number}")).decode().rstrip("=")

    def _digest(self, what: str) -> bytes:
        return digest(self._secret, f"{self.seed}/{what}".encode(), "sha256")
