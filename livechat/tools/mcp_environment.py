"""The environment of a server of tools: little of ours, what the user gives it, and never a key of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from livechat.config_named import handed_on
from livechat.credentials import without_secrets

INHERITED: Final = frozenset(
    {
        *("HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER"),
        *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
        *("http_proxy", "https_proxy", "no_proxy"),
        *("APPDATA", "COMSPEC", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "PATHEXT", "PROCESSOR_ARCHITECTURE"),
        *("PROGRAMFILES", "SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "TMP", "USERNAME", "USERPROFILE", "WINDIR"),
    }
)
"""Variables of ours that any program needs to find its files and the network; `LC_…` beside them."""


def environment_of(ours: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """All the variables of a child: of `ours` those that any program needs, then `given` ("$NAME" is one of ours).

    None is one of our keys and tokens or holds one, whoever gave it.
    """
    wanted = {name: value for name, value in ours.items() if name in INHERITED or name.startswith("LC_")}
    wanted.update(_spelled_out(ours, given))
    return without_secrets(wanted, ours)


def missing_in(ours: Mapping[str, str], given: Mapping[str, str]) -> list[str]:
    """The variables of ours that are to be handed on and are not there."""
    return [name for text in given.values() if (name := handed_on(text)) is not None and name not in ours]


def _spelled_out(ours: Mapping[str, str], given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, text in given.items():
        source = handed_on(text)
        if source is None:
            yield name, text
        elif source in ours:
            yield name, ours[source]
