"""What the kernel tells of a connection, and what becomes of it: told by a kernel of the test's own."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from livechat.link_health import GIVEN_UP_S, PROBES, SEND_BUFFER, UNSENT, UNWATCHED_S, Health, prepare

TCP, USER_TIMEOUT, INFO = socket.IPPROTO_TCP, 18, 11


class Kernel:
    """A socket whose kernel tells what the test wants."""

    def __init__(self, size: int = 248) -> None:
        self.set: dict[tuple[int, int], int] = {}
        self.size = size
        self.told: dict[int, tuple[str, int]] = {}
        self.gone = False
        self.unknown: tuple[int, ...] = ()
        self.tell()

    def tell(
        self,
        *,
        probes: int = 0,
        segment: int = 1448,
        unacked: int = 0,
        quiet: int = 0,
        unsent: int = 0,
        window: int = 65536,
    ) -> None:
        """`quiet` in milliseconds; the places are those of Linux's `struct tcp_info`."""
        self.told = {3: ("B", probes), 16: ("I", segment), 24: ("I", unacked), 56: ("I", quiet)}
        self.told |= {144: ("I", unsent), 228: ("I", window)}

    def setsockopt(self, level: int, option: int, value: int) -> None:
        if self.gone or option in self.unknown:
            raise OSError("Protocol not available")
        self.set[level, option] = value

    def getsockopt(self, level: int, option: int, size: int) -> bytes:
        assert (level, option) == (TCP, INFO)
        if self.gone:
            raise OSError("Bad file descriptor")
        info = bytearray(b"\xaa" * 256)
        for place, (kind, value) in self.told.items():
            struct.pack_into(f"={kind}", info, place, value)
        return bytes(info[: min(size, self.size)])

    @property
    def patience_s(self) -> float:
        return self.set[TCP, USER_TIMEOUT] / 1000


class Outlet(asyncio.WriteTransport):
    """A transport over such a socket, in front of which bytes wait."""

    def __init__(self, kernel: Kernel | None) -> None:
        super().__init__({"socket": kernel})
        self.waiting = 0
        self.aborted = False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self.high = high

    def abort(self) -> None:
        self.aborted = True

    def get_write_buffer_size(self) -> int:
        return self.waiting


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class World:
    def __init__(self, platform: str = "linux", kernel: Kernel | None = None) -> None:
        self.kernel = kernel or Kernel()
        self.outlet = Outlet(self.kernel)
        self.clock = Clock()
        self.health = Health(self.outlet, self.clock, platform)

    def after(self, seconds: float, **told: int) -> float:
        """The strain so much later, when the kernel tells this."""
        self.clock.now += seconds
        self.kernel.tell(**told)
        return self.health.strain()


# ------------------------------------------------------------------------------------------------------ Linux


def test_nothing_that_waits_is_no_strain_however_long_the_peer_is_quiet() -> None:
    assert World().after(0, quiet=60_000) == 0.0


def test_what_is_not_acknowledged_is_strain_for_as_long_as_the_peer_is_quiet() -> None:
    world = World()
    world.health.sent()
    assert world.after(0.5, unacked=1, quiet=480) == 0.48
    assert world.after(0.75, unacked=9, quiet=1230) == 1.23
    assert world.after(0.1, unacked=2, quiet=10) == 0.01


def test_a_silence_before_the_first_word_is_not_counted() -> None:
    world = World()
    assert world.after(0, quiet=30_000) == 0.0
    world.health.sent()
    assert world.after(0.2, unacked=1, quiet=30_200) == pytest.approx(0.2)
    assert world.after(0.1) == 0.0
    world.health.sent()
    assert world.after(0.3, unacked=1, quiet=400) == pytest.approx(0.3)


def test_a_wait_that_nobody_told_of_counts_from_when_it_is_seen() -> None:
    world = World()
    assert world.after(0, unacked=1, quiet=9000) == 0.0
    assert world.after(1.25, unacked=1, quiet=10_250) == 1.25


def test_a_network_that_takes_nothing_strains_though_nothing_is_on_the_way() -> None:
    world = World()
    world.health.sent()
    assert world.after(1.5, unsent=900, quiet=1500) == 1.5


def test_probes_of_an_idle_peer_that_come_back_unanswered_are_strain() -> None:
    world = World()
    assert world.after(3.0, probes=1, quiet=3000) == 0.0
    assert world.after(1.25, probes=2, quiet=4250) == 1.25


def test_a_peer_without_room_is_slow_and_not_gone() -> None:
    world = World()
    world.health.sent()
    assert world.after(5, unsent=16_384, window=1000, quiet=5000) == 0.0
    assert world.kernel.patience_s == 0


def test_a_peer_without_room_that_answers_no_probe_is_gone() -> None:
    world = World()
    assert world.after(5, unsent=16_384, window=0, quiet=5000) == 0.0
    assert world.after(1, unsent=16_384, window=0, quiet=6000, probes=1) == 0.0
    assert world.after(1.25, unsent=16_384, window=0, quiet=7250, probes=2) == 1.25
    assert world.kernel.patience_s == UNWATCHED_S


@pytest.mark.parametrize("told", [{"unacked": 1}, {"unsent": 900}, {"probes": 1}])
def test_too_much_strain_is_the_end(told: dict[str, int]) -> None:
    world = World()
    world.after(0, quiet=0, **told)
    world.after(GIVEN_UP_S - 0.25, quiet=round(GIVEN_UP_S * 1000) - 250, **told)
    assert not world.outlet.aborted
    world.after(0.25, quiet=round(GIVEN_UP_S * 1000), **told)
    assert world.outlet.aborted


def test_the_kernel_s_own_patience_is_set_when_it_changes_only() -> None:
    world = World()
    assert world.kernel.patience_s == UNWATCHED_S
    world.kernel.set.clear()
    world.after(0, unacked=1)
    assert not world.kernel.set
    world.after(0, unsent=1, window=0)
    assert world.kernel.patience_s == 0
    world.kernel.set.clear()
    world.after(0, unsent=1, window=0)
    assert not world.kernel.set
    world.after(0, unacked=1)
    assert world.kernel.patience_s == UNWATCHED_S


@pytest.mark.parametrize("size", [104, 148, 192])
def test_an_older_kernel_tells_less_and_that_is_enough(size: int) -> None:
    world = World(kernel=Kernel(size))
    world.health.sent()
    assert world.after(1.25, unacked=1, quiet=1250) == 1.25


def test_a_socket_that_is_gone_is_no_strain() -> None:
    world = World()
    world.after(0, unacked=1)
    world.kernel.gone = True
    assert world.after(5) == 0.0


# -------------------------------------------------------------------------------------------------- elsewhere


@pytest.mark.parametrize(("platform", "size"), [("darwin", 248), ("win32", 248), ("linux", 40)])
def test_elsewhere_strain_is_how_long_what_waits_has_not_become_less(platform: str, size: int) -> None:
    world = World(platform, Kernel(size))
    assert world.after(0) == 0.0
    world.outlet.waiting = 5000
    assert world.after(1) == 0.0
    world.outlet.waiting = 6000
    assert world.after(1.25) == 1.25
    world.outlet.waiting = 2000
    assert world.after(1) == 0.0
    assert world.after(0.5) == 0.5
    assert world.after(60) == 60.5
    assert not world.outlet.aborted, "it may be alive"
    world.outlet.waiting = 0
    assert world.after(0.5) == 0.0


def test_a_transport_without_a_socket_is_watched_like_that_too() -> None:
    outlet, clock = Outlet(None), Clock()
    health = Health(outlet, clock, "linux")
    outlet.waiting = 1
    assert health.strain() == 0.0
    clock.now += 2
    assert health.strain() == 2.0


# ------------------------------------------------------------------------------------------------ what is set


def set_on(platform: str) -> dict[tuple[int, int], int]:
    kernel = Kernel()
    prepare(kernel, platform)
    return kernel.set


def test_every_platform_probes_an_idle_peer() -> None:
    for platform in ("linux", "darwin", "win32", "haiku"):
        found = set_on(platform)
        assert found[socket.SOL_SOCKET, socket.SO_KEEPALIVE] == 1
        for name in ("TCP_KEEPIDLE", "TCP_KEEPCNT"):
            assert found[TCP, getattr(socket, name)] == PROBES[name]


def test_linux_and_macos_hold_back_what_they_cannot_send() -> None:
    assert set_on("linux")[TCP, 25] == UNSENT
    assert set_on("darwin")[TCP, 0x201] == UNSENT
    assert set_on("win32")[socket.SOL_SOCKET, socket.SO_SNDBUF] == SEND_BUFFER


def test_macos_gives_up_by_an_option_of_its_own() -> None:
    assert set_on("darwin")[TCP, 0x80] == round(GIVEN_UP_S)


def test_windows_gives_up_by_an_option_of_its_own() -> None:
    assert set_on("win32")[TCP, 5] == round(GIVEN_UP_S)


def test_what_a_kernel_does_not_know_is_left() -> None:
    kernel = Kernel()
    kernel.unknown = (25, socket.TCP_KEEPIDLE)
    prepare(kernel, "linux")
    assert kernel.set == {
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE): 1,
        (TCP, socket.TCP_KEEPINTVL): PROBES["TCP_KEEPINTVL"],
        (TCP, socket.TCP_KEEPCNT): PROBES["TCP_KEEPCNT"],
        (TCP, USER_TIMEOUT): UNWATCHED_S * 1000,
    }
