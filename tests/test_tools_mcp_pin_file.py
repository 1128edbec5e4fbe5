"""Claims about the files of pins: nobody else's to read, whole or not there, and no agreement by mistake."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from livechat.errors import DeviceError
from livechat.tools.mcp_pin_file import PinFiles
from livechat.tools.mcp_pins import Offer, Pins, pinned

PINS = pinned("s", [Offer("a", "b")])


def test_pins_are_kept_for_their_owner_alone(tmp_path: Path) -> None:
    files = PinFiles(tmp_path / "state")
    assert files.read("time") is None
    files.write("time", PINS)
    assert files.read("time") == PINS
    assert files.read("other") is None
    assert stat.S_IMODE(files.path("time").stat().st_mode) == 0o600
    assert stat.S_IMODE(files.folder.stat().st_mode) == 0o700
    assert [path.name for path in files.folder.iterdir()] == ["time.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xff", b'{"source": "s"}'])
def test_in_a_damaged_file_nothing_is_agreed_to(tmp_path: Path, content: bytes) -> None:
    files = PinFiles(tmp_path)
    files.write("time", PINS)
    files.path("time").write_bytes(content)
    assert files.read("time") == Pins("")


def test_what_is_forgotten_is_as_if_it_had_never_been(tmp_path: Path) -> None:
    files = PinFiles(tmp_path)
    files.write("time", PINS)
    files.forget("time")
    files.forget("time")
    assert files.read("time") is None


def test_a_disk_that_refuses_is_said_to(tmp_path: Path) -> None:
    (tmp_path / "mcp").write_text("in the way")
    files = PinFiles(tmp_path)
    with pytest.raises(DeviceError, match="cannot read"):
        files.read("time")
    with pytest.raises(DeviceError, match="cannot write"):
        files.write("time", PINS)
