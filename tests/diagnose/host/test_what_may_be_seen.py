"""Other machines, other systems, and what the system keeps to itself."""

from __future__ import annotations

import os
import socket
import sys
from collections import namedtuple
from pathlib import Path
from typing import NoReturn

import psutil
import pytest

from harness.diagnose.host import Side, look
from harness.diagnose.host.linux_sockets import read_sockets
from harness.diagnose.host.sockets import addresses_here
from harness.shared.hosts import nearness
from tests.diagnose.host.ends import HELLO, Gateway, seen

Row = namedtuple("Row", "laddr raddr status pid")  # noqa: PYI024 - as psutil's


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not on Linux, where the kernel's own table is read."""
    monkeypatch.setattr("harness.diagnose.host.machine_look._SYSTEMS", {sys.platform: "macos"})


def denied(*_: object, **__: object) -> NoReturn:
    raise psutil.AccessDenied


def test_of_another_machine_nothing_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "net_connections", lambda **_: pytest.fail("the sockets of this machine were read"))
    view = look("198.51.100.7", 4002)
    assert (view.local, view.port, view.addresses) == (False, 4002, ())
    assert (view.listeners, view.connections, view.processes, view.settings, view.logs) == ((), (), (), (), ())


def test_a_name_that_nobody_knows_is_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert not look("gateway.invalid", 4002).local


def test_every_address_of_this_machine_is_this_machine() -> None:
    assert addresses_here("192.0.2.5", own=("192.0.2.5",)) == ("192.0.2.5",)
    assert addresses_here("127.0.0.9", own=()) == ("127.0.0.9",)
    assert addresses_here("0.0.0.0", own=()) == ("127.0.0.1",)  # noqa: S104 - a client may be told so
    assert addresses_here("192.0.2.6", own=("192.0.2.5",)) == ()


@pytest.mark.parametrize(
    ("bound", "asked", "rank"),
    [
        ("127.0.0.1", "127.0.0.1", 0),
        ("0.0.0.0", "127.0.0.1", 1),  # noqa: S104 - on every address on purpose
        ("::", "127.0.0.1", 2),
        ("::", "::1", 1),
        ("0.0.0.0", "::1", None),  # noqa: S104
        ("192.0.2.5", "127.0.0.1", None),
    ],
)
def test_the_nearest_listener_gets_a_connection(bound: str, asked: str, rank: int | None) -> None:
    assert nearness(bound, asked) == rank


@pytest.mark.usefixtures("elsewhere")
def test_the_gateway_s_own_connections_to_ibkr_are_not_clients_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        Row(("0.0.0.0", 4001), (), "LISTEN", os.getpid()),  # noqa: S104
        Row(("192.0.2.5", 40100), ("198.51.100.7", 4001), "ESTABLISHED", os.getpid()),
        Row(("192.0.2.5", 4001), ("198.51.100.9", 50000), "ESTABLISHED", os.getpid()),
        Row(("127.0.0.1", 40200), ("127.0.0.1", 4001), "ESTABLISHED", os.getpid()),
    ]
    monkeypatch.setattr(psutil, "net_connections", lambda **_: rows)
    view = look("127.0.0.1", 4001)
    assert [(each.side, each.local[1]) for each in view.connections] == [(Side.GATEWAY, 4001), (Side.CLIENT, 40200)]


@pytest.mark.usefixtures("elsewhere")
def test_the_usual_ports_are_looked_at_without_being_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = (4001, 4002, 4003, 4004, 7496, 7497, 7498, 7499)
    rows = [Row(("127.0.0.1", port), (), "LISTEN", os.getpid()) for port in (*usual, 8080)]
    monkeypatch.setattr(psutil, "net_connections", lambda **_: rows)
    assert tuple(each.port for each in look("127.0.0.1", None).listeners) == usual


class Strange(psutil.Process):
    """A process of another user."""

    net_connections = denied


@pytest.mark.usefixtures("elsewhere")
def test_where_the_table_is_the_administrator_s_the_user_s_own_sockets_are_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of two processes, not of all: an administrator may ask each, and Linux reads the whole table for each."""
    monkeypatch.setattr(psutil, "net_connections", denied)
    monkeypatch.setattr(psutil, "process_iter", lambda: iter([Strange(), psutil.Process()]))
    with Gateway() as gateway:
        view = look("127.0.0.1", gateway.port)
        assert view.listener is not None
        assert view.listener.owner.pid == os.getpid()
    assert any("own processes" in sentence for sentence in view.unseen)


@pytest.mark.usefixtures("elsewhere")
def test_where_no_socket_may_be_seen_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "net_connections", denied)
    monkeypatch.setattr(psutil.Process, "net_connections", denied)
    with Gateway() as gateway:
        view = look("127.0.0.1", gateway.port)
    assert view.listener is None
    assert any("own processes" in sentence for sentence in view.unseen)


@pytest.mark.usefixtures("elsewhere")
def test_an_owner_that_may_not_be_seen_is_named_as_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "net_connections", lambda **_: [Row(("127.0.0.1", 4002), (), "LISTEN", None)])
    view = look("127.0.0.1", 4002)
    assert view.listener is not None
    assert (view.listener.owner.kind, view.listener.owner.pid) == ("unknown", None)
    assert any("127.0.0.1 port 4002" in sentence for sentence in view.unseen)


def test_without_the_addresses_of_interfaces_loopback_is_still_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "net_if_addrs", denied)
    view = look("127.0.0.1", None)
    assert view.local
    assert any("addresses of this machine" in sentence for sentence in view.unseen)


@pytest.mark.parametrize("system", ["macos", "windows"])
def test_elsewhere_than_on_linux_what_waits_is_not_known(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr("harness.diagnose.host.machine_look._SYSTEMS", {sys.platform: system})
    with Gateway() as gateway:
        client = gateway.client()
        gateway.accept()
        client.sendall(HELLO)
        client.close()
        view = seen(gateway.port, lambda view: bool(view.close_wait))
    assert view.system == system
    assert view.listener is not None
    assert view.listener.accept_queue is None
    assert [(each.unread, each.accepted) for each in view.close_wait] == [(None, None)]
    assert (view.stuck, view.waiting) == ((), 0)
    assert any("only Linux" in sentence for sentence in view.unseen)


def test_a_table_of_the_kernel_that_may_not_be_read_is_said_and_one_that_is_missing_is_not(tmp_path: Path) -> None:
    unseen: list[str] = []
    assert read_sockets(unseen, {4002}, [tmp_path, tmp_path / "tcp6"]) == ((), {})
    (sentence,) = unseen
    assert str(tmp_path) in sentence
