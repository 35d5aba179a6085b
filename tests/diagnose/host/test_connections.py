"""Connections in every state that tells something, made of real sockets."""

from __future__ import annotations

import itertools
import json
import os
import socket
from pathlib import Path

import pytest

from harness.diagnose.host import (
    HostView,
    Kind,
    Side,
    document,
    is_here,
    kept_of_ours,
    leave,
    look,
    our_connections,
    remember,
    rest,
)
from tests.diagnose.host.ends import HELLO, Gateway, not_on_macos, on_linux, seen


def states(view: HostView, side: Side) -> list[str]:
    return sorted(each.state for each in view.connections if each.side is side)


@on_linux
def test_clients_that_left_a_gateway_that_never_accepts_are_stuck() -> None:
    with Gateway() as gateway:
        for said in (HELLO, b""):
            client = gateway.client()
            client.sendall(said)
            client.close()
        gateway.client().sendall(HELLO)
        view = seen(gateway.port, lambda view: len(view.stuck) == 2)
        assert {(each.accepted, each.unread) for each in view.stuck} == {(False, len(HELLO) + 1), (False, 1)}
        assert [(each.accepted, each.unread) for each in view.established] == [(False, len(HELLO))]
        assert all(each.owner.kind is Kind.UNKNOWN for each in (*view.stuck, *view.established))
        assert view.listener is not None
        assert (view.listener.accept_queue, view.waiting) == (3, 3)


@on_linux
def test_what_a_deaf_gateway_does_not_read_is_unread_and_becomes_stuck_when_the_client_leaves() -> None:
    with Gateway() as gateway:
        client = gateway.client()
        gateway.accept()
        client.sendall(HELLO)
        deaf = seen(gateway.port, lambda view: any(each.unread for each in view.established))
        assert [(each.accepted, each.unread) for each in deaf.established] == [(True, len(HELLO))]
        assert (deaf.stuck, deaf.close_wait, deaf.waiting) == ((), (), 0)
        client.close()
        left = seen(gateway.port, lambda view: bool(view.close_wait))
        assert [(each.accepted, each.owner.pid) for each in left.stuck] == [(True, os.getpid())]


@on_linux
def test_a_gateway_that_read_the_end_and_keeps_its_side_open_is_not_stuck() -> None:
    with Gateway() as gateway:
        client = gateway.client()
        connection = gateway.accept()
        client.sendall(HELLO)
        client.shutdown(socket.SHUT_WR)
        while connection.recv(64):
            pass
        view = seen(gateway.port, lambda view: states(view, Side.CLIENT) == ["FIN_WAIT2"])
        assert [(each.accepted, each.unread) for each in view.close_wait] == [(True, 0)]
        assert view.stuck == ()


def test_both_ends_of_a_connection_are_seen_with_their_owner() -> None:
    with Gateway() as gateway:
        client = gateway.client()
        gateway.accept()
        view = seen(gateway.port, lambda view: len(view.connections) == 2)
        there, here = view.connections
        assert (there.side, there.local, there.peer) == (
            Side.GATEWAY,
            ("127.0.0.1", gateway.port),
            client.getsockname(),
        )
        assert (here.side, here.local, here.peer) == (Side.CLIENT, client.getsockname(), ("127.0.0.1", gateway.port))
        assert [each.state for each in view.connections] == ["ESTABLISHED", "ESTABLISHED"]
        assert [each.owner.pid for each in view.connections] == [os.getpid(), os.getpid()]
        assert here.accepted is None
        assert view.established == (there,)


@not_on_macos
def test_a_connection_that_the_gateway_ended_waits_without_an_owner_and_counts_as_nothing() -> None:
    with Gateway() as gateway:
        client = gateway.client()
        gateway.accept().close()
        assert client.recv(1) == b""
        client.close()
        view = seen(gateway.port, lambda view: states(view, Side.GATEWAY) == ["TIME_WAIT"])
        (waiting,) = (each for each in view.connections if each.side is Side.GATEWAY)
        assert (waiting.accepted, waiting.owner.pid) == (None, None)
        assert (view.established, view.close_wait, view.stuck, view.waiting) == ((), (), (), 0)


@pytest.mark.parametrize("bound", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - on every address on purpose
def test_a_listener_bound_to_one_or_to_every_address_answers(bound: str) -> None:
    with Gateway(bound) as gateway:
        listener = look("localhost", gateway.port).listener
        assert listener is not None
        assert (listener.host, listener.port) == (bound, gateway.port)
        assert (listener.owner.kind, listener.owner.pid) == (Kind.OURS, os.getpid())


@on_linux
def test_a_listener_bound_to_another_address_of_this_machine_does_not_answer() -> None:
    with Gateway("127.0.0.2") as gateway:
        view = look("127.0.0.1", gateway.port)
        assert view.listener is None
        assert "127.0.0.2" in {each.host for each in view.listeners if each.port == gateway.port}


def test_a_client_of_a_java_program_that_listens_on_ipv6_for_both_is_one_connection() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with Gateway("::", dual=True) as gateway:
        client = gateway.client("127.0.0.1")
        gateway.accept()
        view = seen(gateway.port, lambda view: len(view.connections) == 2)
        assert [each.local for each in view.connections] == [("127.0.0.1", gateway.port), client.getsockname()]
        assert view.listener is not None
        assert view.listener.host == "::"


@on_linux
def test_what_waits_in_sockets_of_ipv6_is_seen() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with Gateway("::1") as gateway:
        gateway.client("::1").sendall(HELLO)
        view = seen(gateway.port, lambda view: any(each.unread for each in view.established), host="::1")
        assert [(each.local, each.unread) for each in view.established] == [(("::1", gateway.port), len(HELLO))]
        assert view.waiting == 1


def test_a_view_is_plain_data() -> None:
    with Gateway() as gateway:
        gateway.client()
        gateway.accept()
        view = seen(gateway.port, lambda view: len(view.connections) == 2)
    told = document(view)
    assert json.loads(json.dumps(told)) == told
    assert [each["side"] for each in json.loads(json.dumps(told))["connections"]] == ["gateway", "client"]


@on_linux
def test_a_client_that_said_nothing_is_told_from_one_whose_words_were_read() -> None:
    with Gateway() as gateway:
        for said in (b"", HELLO):
            client = gateway.client()
            connection = gateway.accept()
            client.sendall(said)
            client.close()
            while connection.recv(64):
                pass
        view = seen(gateway.port, lambda view: len(view.close_wait) == 2)
        assert sorted(each.received or 0 for each in view.close_wait) == [0, len(HELLO)]
        assert {each.unread for each in view.close_wait} == {0}, "no other table tells them apart"


@on_linux
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - nothing is bound
def test_what_we_left_is_known_as_ours_here_and_in_a_later_process(host: str) -> None:
    with Gateway() as gateway:
        first, second, other = (gateway.client() for _ in range(3))
        for _ in (first, second, other):
            gateway.accept()
        target = (host, gateway.port)
        remember(first.getsockname(), target)
        leave(second.getsockname(), target)
        for client in (first, second, other):
            client.close()
        view = seen(gateway.port, lambda view: states(view, Side.GATEWAY) == ["CLOSE_WAIT"] * 3)
        assert len(view.close_wait) == 1
        assert sum(each.ours for each in view.connections if each.side is Side.GATEWAY) == 2
        assert kept_of_ours(gateway.port) == 1, "only what was left unanswered is counted"


@on_linux
def test_the_sockets_of_this_machine_are_not_looked_through_where_nothing_was_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    looks: list[int] = []

    def look_through(port: int) -> tuple[()]:
        looks.append(port)
        return ()

    monkeypatch.setenv("IB_COMPAT_CACHE", str(tmp_path))
    monkeypatch.setattr(our_connections, "_left", {})
    monkeypatch.setattr(our_connections, "left_at", look_through)
    leave(("127.0.0.1", 50_001), ("127.0.0.1", 4097))
    for port in (4098, 4097):
        assert kept_of_ours(port) == 0
    assert looks == [4097]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "0.0.0.0", "::"])  # noqa: S104 - nothing is bound
def test_a_target_that_means_this_machine_is_here(address: str) -> None:
    assert is_here(address)
    assert not is_here("192.0.2.7")


def test_a_gateway_out_of_sight_is_left_alone_for_longer_and_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    now, target = 1_000_000.0, ("192.0.2.7", 4002)
    monkeypatch.setattr("time.time", lambda: now)
    waits = []
    for port in range(50001, 50006):
        leave(("192.0.2.8", port), target)
        waits.append(rest(target))
    assert waits[0] == 0.0
    assert all(after == 2 * before for before, after in itertools.pairwise(waits[1:]))
    assert rest(("192.0.2.7", 4001)) == 0.0
    monkeypatch.setattr("time.time", lambda: now + 90_000)
    assert rest(target) == 0.0
