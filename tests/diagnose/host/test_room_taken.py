"""What a look takes does not depend on how many connections others have on this machine: a watch looks for days."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from harness.diagnose.host import our_connections
from harness.diagnose.host.linux_sockets import left_at, read_sockets
from harness.diagnose.host.sockets import tcp_sockets

GATEWAY = ("0100007F:0FA2", "0100007F:C351")
"""The gateway's end and a client's, as the kernel writes 127.0.0.1 ports 4002 and 50001."""

OTHERS = 20_000
MOST = 128 * 1024
"""Bytes at once: a line of the table, and what is made of the one connection. Of all lines it would be megabytes."""


def line(local: str, peer: str, state: str = "08") -> str:
    return f"   0: {local} {peer} {state} 00000000:00000005 00:00000000 00000000     0        0 77 1 0000000000000000\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Twenty thousand connections of others, one of a client that left the gateway."""
    file = tmp_path / "tcp"
    others = (line(f"0100007F:{port:04X}", f"0200007F:{port:04X}") for port in range(10_000, 10_000 + OTHERS))
    file.write_text("".join(("heading\n", *others, line(*GATEWAY))), "ascii")
    return file


def at_once(doing: Callable[[], object]) -> int:
    """Return the most bytes that Python had at one moment of it; the first time is for what is read once."""
    doing()
    tracemalloc.start()
    try:
        doing()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "read", [left_at, lambda port, tables: read_sockets([], {port}, tables)[1]], ids=["kept", "queues"]
)
def test_others_take_no_room(table: Path, read: Callable[[int, Iterable[Path]], Iterable[object]]) -> None:
    assert list(read(4002, [table])) == [(("127.0.0.1", 4002), ("127.0.0.1", 50_001))]
    assert at_once(lambda: read(4002, [table])) < MOST


def test_of_all_sockets_those_with_a_port_that_is_asked_for_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def row(own: int, other: int) -> SimpleNamespace:
        peer = ("127.0.0.1", other) if other else ()
        return SimpleNamespace(laddr=("127.0.0.1", own), raddr=peer, status="ESTABLISHED", pid=1)

    rows = [row(4002, 0), row(4002, 50_001), row(50_001, 4002), row(50_002, 443), row(22, 0)]
    monkeypatch.setattr(psutil, "net_connections", lambda **_: rows)
    assert [(each.local[1], (each.peer or ("", 0))[1]) for each in tcp_sockets([], {4002})] == [
        (4002, 0),
        (4002, 50_001),
        (50_001, 4002),
    ]


def test_what_is_remembered_of_our_own_connections_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(our_connections, "_made", type(our_connections._made)())
    target = ("192.0.2.7", 4002)
    for port in range(20_000, 25_000):
        our_connections.remember(("192.0.2.8", port), target)
    assert len(our_connections._made) <= 1024
    assert our_connections.is_ours(("192.0.2.8", 24_999), target)
    assert not our_connections.is_ours(("192.0.2.8", 20_000), target)
