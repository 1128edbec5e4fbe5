"""What becomes of a link when the network is gone: real packets, dropped by the firewall of a network of its own."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import partial

import pytest

from livechat import link
from livechat.link import open_link
from livechat.link_health import Health
from tests import aio
from tests.cli import ROOT
from tests.dropped_packets import CASES, FRAME, Watched, listens, serving, talks
from tests.fault_proxy import faulty

Figures = Mapping[str, float]
NETWORK = "ip link set lo mtu 1500 && ip link set lo up && exec "
"""Loopback with the packets of an Ethernet."""
SHOWN_S, ABANDONED_S, IDLE_ABANDONED_S = 1.5, 4.0, 8.0


@pytest.fixture(scope="module")
def figures() -> dict[str, Figures]:
    """Those of all cases, which run at once."""
    if shutil.which("iptables") is None:
        pytest.skip("no network to get iptables from" if os.geteuid() == 0 else "no root to install iptables")
    apart = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    if subprocess.run([*apart, "iptables", "-L"], capture_output=True).returncode:
        pytest.skip("no root for a network of its own")
    run = [*apart, "sh", "-c", f"{NETWORK}{sys.executable} -m tests.dropped_packets"]
    done = subprocess.run(run, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 0, done.stderr
    return {figures.pop("case"): figures for figures in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("case", [case for case in CASES if case.startswith(("speaking", "the first"))])
def test_who_speaks_is_told_soon_and_is_not_kept_waiting(figures: dict[str, Figures], case: str) -> None:
    seen = figures[case]
    assert 0 < seen["shown"] <= SHOWN_S
    assert 0 < seen["abandoned"] <= ABANDONED_S
    assert seen["closed_in"] <= 0.5


@pytest.mark.parametrize("case", ["idle", "idle, nothing leaves", "idle over TLS"])
def test_who_is_idle_learns_of_it_too(figures: dict[str, Figures], case: str) -> None:
    assert 0 < figures[case]["shown"] < figures[case]["abandoned"] <= IDLE_ABANDONED_S


@pytest.mark.parametrize("case", ["a break of 1.5 s", "a break of 1.5 s while idle", "every tenth packet lost"])
def test_a_bad_network_is_no_dead_one(figures: dict[str, Figures], case: str) -> None:
    assert figures[case]["abandoned"] == -1.0


def test_behind_a_proxy_the_kernel_sees_nothing(figures: dict[str, Figures]) -> None:
    """The proxy goes on acknowledging; who waits for an answer has to notice."""
    assert figures["a break behind a proxy"]["most"] < 0.5


def test_all_is_well_on_a_quiet_line(figures: dict[str, Figures]) -> None:
    assert figures["idle and well"]["abandoned"] == -1.0
    assert figures["idle and well"]["most"] == 0.0


def test_a_server_that_neither_reads_nor_pongs_is_slow_and_not_gone(figures: dict[str, Figures]) -> None:
    seen = figures["no pong and no room"]
    assert 0 < seen["blocked"] <= 2.0, "who sends must feel it"
    assert seen["shown"] == seen["abandoned"] == -1.0


# ------------------------------------------------------------------------- elsewhere: by what flows, through a proxy


def test_where_the_kernel_tells_nothing_strain_comes_of_what_does_not_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "Health", partial(Health, platform="win32"))

    async def main() -> dict[str, float]:
        async with serving(listens) as port, faulty(port, room=4096) as proxy:
            watched = Watched(await open_link(f"ws://127.0.0.1:{proxy.port}/", {}))
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(watched.ask()), tasks.create_task(watched.speak(0.001))]
                await asyncio.sleep(0.3)
                proxy.blackhole()
                watched.vanish()
                await watched.shown.wait()
                assert not watched.gone, "what does not flow may yet come"
                for task in running:
                    task.cancel()
            await watched.link.close()
            return vars(watched.figures)

    seen = aio.run(main())
    assert 0 <= seen["blocked"] < seen["shown"] < seen["blocked"] + 2


def test_a_server_whose_pongs_come_late_is_not_given_up_while_its_words_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "PING_S", 0.04)  # 20 s
    monkeypatch.setattr(link, "WATCHED_S", 0.01)

    async def main() -> None:
        async with serving(talks) as port, faulty(port) as proxy:
            proxy.delay(0.06, "up")  # 30 s
            opened = await open_link(f"ws://127.0.0.1:{proxy.port}/", {})
            proxy.blackhole("up")
            strains: list[float] = []
            for _ in range(20):
                assert await opened.receive() == FRAME
                strains.append(opened.strain())
            assert max(strains) < 0.5
            await opened.close()

    aio.run(main())
