"""Cuts a command off from the network: every name but this machine's cannot be resolved."""

from __future__ import annotations

import socket

_resolve = socket.getaddrinfo


def _getaddrinfo(host: object, *args: object, **options: object) -> object:
    if host in (None, "127.0.0.1", "::1", "localhost"):
        return _resolve(host, *args, **options)  # type: ignore[arg-type]
    raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


socket.getaddrinfo = _getaddrinfo  # type: ignore[assignment]
