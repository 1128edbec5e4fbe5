"""Claims about docstrings: each public name has one, and each method of the library says which thread may call it."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import livechat
from livechat.testing import LiveServer

THREAD = re.compile(r"From (any thread|any loop|the session's loop)\b")
"""Where a method may be called: anywhere; in a task of whichever loop; in one of the loop the session was opened in."""
OTHERS = {
    "VOICES": "livechat.protocol.generations",
    "Backend": "livechat.library.backends",
    "Event": "livechat.events",
    "AudioLike": "livechat.library.sounds",
    "ImageLike": "livechat.library.frames",
    "Instruction": "livechat.library.given",
    "MicrophoneLike": "livechat.library.devices",
    "Request": "livechat.library.contents",
    "Response": "livechat.library.contents",
    "SpeakerLike": "livechat.library.devices",
    "ToolLike": "livechat.library.given",
}
"""What is neither a class nor a function, and where it is written."""


def offered() -> Iterator[tuple[str, Any]]:
    return ((name, getattr(livechat, name)) for name in livechat.__all__ if not name.startswith("__"))


def of_the_library() -> dict[str, Callable[..., Any] | property]:
    """Every function of the library that is offered, and every method and property of its classes, by its name."""
    found: dict[str, Callable[..., Any] | property] = {}
    for name, one in offered():
        if getattr(one, "__module__", "").startswith("livechat.library."):
            if inspect.isclass(one):
                found |= {f"{name}.{method}": member for method, member in methods(one)}
            elif inspect.isfunction(one):
                found[name] = one
    return found


def methods(kind: type) -> Iterator[tuple[str, Any]]:
    for name in dir(kind):
        member = inspect.getattr_static(kind, name)
        written = isinstance(member, property) or inspect.isfunction(member)
        if written and not name.startswith("_") and not is_made(kind, member):
            yield name, member


def is_made(kind: type, member: object) -> bool:
    """Whether somebody else wrote it: what a dataclass or a dict has by itself."""
    function = member.fget if isinstance(member, property) else member
    return not getattr(function, "__module__", "").startswith("livechat")


LIBRARY = of_the_library()


@pytest.mark.parametrize("name", LIBRARY)
def test_a_method_says_from_which_thread_it_is_called(name: str) -> None:
    assert THREAD.search(" ".join((inspect.getdoc(LIBRARY[name]) or "").split())), name


@pytest.mark.parametrize("name", [name for name, one in offered() if inspect.isclass(one) or inspect.isfunction(one)])
def test_a_public_name_has_a_docstring_of_its_own(name: str) -> None:
    one = getattr(livechat, name)
    said = one.__dict__.get("__doc__") if inspect.isclass(one) else one.__doc__
    assert said
    assert not said.startswith(f"{name}("), "a dataclass has written it"


@pytest.mark.parametrize("name", [name for name, one in offered() if name in OTHERS])
def test_a_name_that_is_no_class_is_explained_where_it_is_written(name: str) -> None:
    __import__(OTHERS[name])
    body = ast.parse(inspect.getsource(sys.modules[OTHERS[name]])).body
    at = next(n for n, node in enumerate(body) if isinstance(node, ast.Assign | ast.AnnAssign) and named(node) == name)
    following = body[at + 1]
    assert isinstance(following, ast.Expr)
    assert isinstance(following.value, ast.Constant)


def named(node: ast.Assign | ast.AnnAssign) -> str:
    return ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)


def test_nothing_is_left_out() -> None:
    others = {name for name, one in offered() if not inspect.isclass(one) and not inspect.isfunction(one)}
    assert others == set(OTHERS)
    assert len(LIBRARY) > 100
    assert {"LiveSession.send", "SyncSession.usage", "MusicSession.play", "create_token", "connect"} <= set(LIBRARY)


def test_the_server_for_tests_says_what_its_methods_do() -> None:
    assert [name for name, member in methods(LiveServer) if not inspect.getdoc(member)] == []


def test_a_method_that_says_nothing_is_found_out() -> None:
    class Silent:
        def close(self) -> None:
            """Closes it."""

    Silent.close.__module__ = "livechat.library.silent"
    assert [name for name, member in methods(Silent) if not THREAD.search(inspect.getdoc(member) or "")] == ["close"]
