"""Claims about the names of servers' tools: legal, kept apart, and the same whatever other tools there are."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from livechat.tools.mcp_names import LONGEST, wire_names

LEGAL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.-]{0,63}")
SERVERS = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,23}", fullmatch=True)


def test_a_tool_has_its_server_s_name_before_its_own() -> None:
    assert wire_names("time", ["get_time", "a.b-c"]) == {"time_get_time": "get_time", "time_a.b-c": "a.b-c"}


def test_what_is_illegal_on_the_wire_is_replaced() -> None:
    assert wire_names("files", ["read file/größe"]) == {"files_read_file_gr__e": "read file/größe"}


def test_tools_that_would_have_one_name_are_told_apart_whatever_their_order() -> None:
    names = wire_names("s", ["a b", "a/b", "c"])
    assert names == wire_names("s", ["c", "a/b", "a b"])
    assert set(names.values()) == {"a b", "a/b", "c"}
    assert all(re.fullmatch(r"s_a_b_[0-9a-f]{6}", name) for name, tool in names.items() if tool != "c")


def test_a_long_name_is_cut_and_marked() -> None:
    (one, other) = wire_names("s", ["x" * 100 + "1", "x" * 100 + "2"])
    assert one != other
    assert len(one) == len(other) == LONGEST


@given(SERVERS, st.lists(st.text(max_size=90), max_size=8))
def test_names_are_legal_and_each_tool_has_one(server: str, tools: list[str]) -> None:
    names = wire_names(server, tools)
    assert all(LEGAL.fullmatch(name) for name in names)
    assert sorted(names.values()) == sorted(set(tools))
    assert all(name.startswith(f"{server}_") for name in names)


@given(st.lists(SERVERS, min_size=2, max_size=2, unique=True), st.text(max_size=90), st.text(max_size=90))
def test_tools_of_two_servers_are_never_confused(servers: list[str], one: str, other: str) -> None:
    first, second = servers
    assert not wire_names(first, [one]).keys() & wire_names(second, [other]).keys()
