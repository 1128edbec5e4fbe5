"""The one line that adds an extra to this copy of livechat, built from how this copy was installed.

A bare name is never it: the public index knows another program by ours. What was installed is in the record that
installers leave beside a package (`direct_url.json`, PEP 610; `INSTALLER`, PEP 376), and pipx and uv mark the
environments they keep for a tool (`pipx_metadata.json`, `uv-receipt.toml`). Where the record is missing, or names a
place that is gone, the line names what the extra consists of.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, TypeAlias
from urllib.parse import unquote, urlsplit

DISTRIBUTION = "livechat-terminal"

Record: TypeAlias = Mapping[str, Any]
"""A `direct_url.json`."""
Installer = Literal["pip", "uv", "pipx", "uv tool"]


@dataclass(frozen=True)
class Copy:
    """How a copy of livechat came to be where it is."""

    installer: Installer
    python: str
    """The interpreter it is installed for."""
    record: Record | None = None
    requires: Sequence[str] = field(default_factory=tuple)
    """The distribution's requirements with their markers, as its metadata writes them."""


def install_line(extra: str) -> str:
    """The command that adds `extra` to this copy, quoted for a POSIX shell."""
    return line_for(extra, this_copy())


def line_for(extra: str, copy: Copy) -> str:
    """The command that adds `extra` to `copy`. Pure but for a look whether a recorded file is still there."""
    source = _source(extra, copy.record) if copy.record is not None else None
    words = source if source is not None else parts_of(extra, copy.requires)
    return shlex.join([*_command(copy, whole=source is not None), *words])


def parts_of(extra: str, requires: Sequence[str]) -> list[str]:
    """The requirements that `extra` consists of, without their markers."""
    named = [requirement.partition(";") for requirement in requires]
    return [name.strip() for name, _, marker in named if f'extra == "{extra}"' in marker.replace("'", '"')]


def _command(copy: Copy, *, whole: bool) -> list[str]:
    """The installer's command: for the `whole` program with its extra, or for what the extra consists of."""
    match copy.installer:
        case "pipx":
            return ["pipx", "install", "--force"] if whole else ["pipx", "inject", DISTRIBUTION]
        case "uv tool" if whole:
            return ["uv", "tool", "install", "--force"]
        case "uv" | "uv tool":
            return ["uv", "pip", "install", "--python", copy.python]
        case "pip":
            return [copy.python, "-m", "pip", "install"]


def _source(extra: str, record: Record) -> list[str] | None:
    """The words that name the recorded place with the extra; None if it was on this machine and is gone."""
    url = str(record.get("url", ""))
    address = urlsplit(url)
    if "vcs_info" in record:
        vcs = record["vcs_info"]
        within = f"#subdirectory={record['subdirectory']}" if record.get("subdirectory") else ""
        return [f"{DISTRIBUTION}[{extra}] @ {vcs['vcs']}+{url}@{vcs['commit_id']}{within}"]
    if address.scheme != "file":
        return [f"{DISTRIBUTION}[{extra}] @ {url}"]
    path = Path(unquote(address.path))
    if not path.exists():
        return None
    named = f"{path}[{extra}]"
    return ["-e", named] if record.get("dir_info", {}).get("editable") else [named]


def this_copy() -> Copy:
    """The running one. Run from a source tree that is not installed, it counts as an editable install of that tree."""
    # In a source tree the leavings of a build can be found before the installed copy: they have no INSTALLER.
    found = sorted(metadata.distributions(name=DISTRIBUTION), key=lambda one: one.read_text("INSTALLER") is None)
    if not found:
        tree = Path(__file__).resolve().parent.parent
        return Copy(_installer("pip"), sys.executable, {"url": tree.as_uri(), "dir_info": {"editable": True}})
    installer, record = (found[0].read_text(name) or "" for name in ("INSTALLER", "direct_url.json"))
    return Copy(_installer(installer.strip()), sys.executable, _record(record), found[0].requires or ())


def _installer(named: str) -> Installer:
    if Path(sys.prefix, "pipx_metadata.json").exists():
        return "pipx"
    if Path(sys.prefix, "uv-receipt.toml").exists():
        return "uv tool"
    return "uv" if named == "uv" else "pip"


def _record(text: str) -> Record | None:
    try:
        record: Record = json.loads(text)
    except ValueError:
        return None
    return record
