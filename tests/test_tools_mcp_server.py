"""Claims about the words for servers of tools: all news are sentences, and a server is known by its source."""

from __future__ import annotations

import pytest

from livechat.tools.mcp_pins import Change
from livechat.tools.mcp_server import (
    Changed,
    Down,
    LeftOut,
    McpServer,
    News,
    Progressed,
    Starting,
    TakenOn,
    Up,
    in_words,
    is_grave,
)


@pytest.mark.parametrize(
    ("news", "words"),
    [
        (Starting("a"), "a: starting"),
        (Up("a", 1, 0.26, "The A 1.0", "2025-06-18"), "a (The A 1.0): 1 tool, ready after 0.3 s"),
        (Up("a", 2, 1.0, "", "2025-06-18"), "a: 2 tools, ready after 1.0 s"),
        (TakenOn("a", 1), "a is new here: 1 tool pinned as they describe themselves now"),
        (Down("a", "it ended", None), "a is down: it ended"),
        (Down("a", "it ended", 0.5), "a is down: it ended; it is started again in 0.5 s"),
        (
            Changed("a", (Change("x", "new"), Change("y", "gone")), ("x",)),
            "a does not describe its tools as before: x (new), y (gone); not used until you agree: livechat mcp test a",
        ),
        (Changed("a", (Change("y", "gone"),), ()), "a does not describe its tools as before: y (gone)"),
        (LeftOut("a", "x", "why"), "a: the tool 'x' is left out: why"),
        (Progressed("a", "x", 1.0, None, ""), "a: x 1"),
        (Progressed("a", "x", 1.5, 3.0, "at it"), "a: x 1.5 of 3 at it"),
    ],
)
def test_news_are_sentences(news: News, words: str) -> None:
    assert in_words(news) == words


def test_what_takes_tools_away_is_grave() -> None:
    new = (Change("x", "new"),)
    told: list[News] = [Down("a", "", 1.0), Changed("a", new, ("x",)), Changed("a", new, ()), Starting("a")]
    assert [is_grave(news) for news in told] == [True, True, False, False]


def test_a_server_is_known_by_what_is_behind_its_name_and_not_by_its_variables() -> None:
    assert McpServer("a", ("x",)).source == McpServer("b", ("x",), env={"A": "b"}).source
    sources = {server.source for server in (McpServer("a", ("x",)), McpServer("a", ("y",)), McpServer("a", url="x:"))}
    assert len(sources) == 3
