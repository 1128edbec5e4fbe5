"""The options of an embedded server: what they are if nothing is said, and what they never show."""

from __future__ import annotations

from datetime import timedelta
from importlib import metadata

import pytest

from livechat import __version__
from livechat.server.options import ServerOptions, installed_version
from livechat.server.scenario import Scenario


def test_by_itself_a_server_is_production_on_loopback_for_everybody_here() -> None:
    options = ServerOptions()
    assert (options.host, options.token, options.tls) == ("127.0.0.1", "", None)
    assert options.scenario == Scenario()


def test_the_token_is_not_shown() -> None:
    assert "sesame" not in repr(ServerOptions(token="sesame"))


def test_the_installed_version_is_the_programs_and_nothing_where_none_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert installed_version() == __version__

    def nowhere(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", nowhere)
    assert installed_version() == ""


def test_the_clock_knows_its_zone() -> None:
    assert ServerOptions().now().utcoffset() == timedelta(0)
