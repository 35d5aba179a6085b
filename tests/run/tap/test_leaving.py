"""What a tap leaves behind when it is taken out: nothing, and it says what went wrong."""

from __future__ import annotations

import asyncio
import socket
import sys

import psutil
import pytest

from harness.run.tap import links
from harness.run.tap.link import Link
from harness.run.tap.proxy import Tap
from harness.run.tap.recorder import Limits, Recorder, now_by_both_clocks
from harness.wire.message import Sender
from tests.run.tap.sockets import Gateway, Talk, fill, run, tapped, told, until


def handles() -> int:
    """How many files and sockets this process has open."""
    process = psutil.Process()
    if sys.platform == "win32":
        return process.num_handles()
    return process.num_fds()


async def open_in_every_way(gateway: Gateway) -> list[Talk]:
    """Connections that are idle, ended by one side, held up, and reset."""
    talks = [await gateway.connect() for _ in range(8)]
    talks[1].client.end()
    talks[2].gateway.end()
    await fill(talks[3], Sender.CLIENT)
    await fill(talks[4], Sender.GATEWAY)
    talks[5].client.reset()
    talks[6].gateway.reset()
    return talks


def test_nothing_is_left_open_when_the_tap_has_gone() -> None:
    async def scenario() -> None:
        before = handles(), asyncio.all_tasks()
        async with tapped() as gateway:
            await open_in_every_way(gateway)
        assert asyncio.all_tasks() == before[1]
        with pytest.raises(OSError, match=r"refused|Connect call failed|1225"):
            await asyncio.open_connection(*gateway.tap.address)
        assert handles() == before[0]

    run(scenario)


def test_leaving_by_an_error_leaves_nothing_either_and_the_error_goes_on() -> None:
    seen: list[Tap] = []

    async def fail() -> None:
        async with tapped() as gateway:
            seen.append(gateway.tap)
            await gateway.connect()
            await until(lambda: bool(gateway.tap.transcript.entries))
            raise ZeroDivisionError

    async def scenario() -> None:
        before = handles(), asyncio.all_tasks()
        with pytest.raises(ZeroDivisionError):
            await fail()
        assert (handles(), asyncio.all_tasks()) == before

    run(scenario)
    assert told(seen[0].transcript) == [(1, "opened"), (1, "closed")]


def test_what_a_client_says_last_still_goes_to_the_gateway() -> None:
    """A cell's process ends at once, and with it the tap."""

    async def scenario() -> Tap:
        talks = []
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setblocking(False)
        async with Tap(*listener.getsockname()) as tap:
            gateway = Gateway(tap, listener)
            talks.append(await gateway.connect())
            talks[0].client.socket.send(b"cancel everything")
            talks[0].client.leave()
        assert await talks[0].gateway.hear_all() == b"cancel everything"
        gateway.close()
        return tap

    assert told(run(scenario).transcript) == [
        (1, "opened"),
        (1, "client", b"cancel everything"),
        (1, "half-closed", "client"),
        (1, "closed"),
    ]


def test_a_tap_that_can_accept_no_more_says_so_on_leaving(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with tapped():
            await asyncio.sleep(0)

    async def refuse(*_: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(links, "accepted", refuse)
    with pytest.raises(OSError, match="Too many open files"):
        run(scenario)


def _recorder() -> Recorder:
    return Recorder(gateway=("127.0.0.1", 1), limits=Limits(), opened=now_by_both_clocks())


async def _left_before_it_begins() -> tuple[bool, bool]:
    """Leave links while a connection was accepted whose link has not begun; return whether either socket is open."""
    listener = socket.create_server(("127.0.0.1", 0))
    made: list[Link] = []
    leaving: list[asyncio.Task[None]] = []
    ours = links.Links()

    def link_of(number: int, client: socket.socket) -> Link:
        made.append(Link(number, client, ("127.0.0.1", 1), _recorder()))
        leaving.append(asyncio.create_task(ours.leave()))
        return made[0]

    ours.accept(listener, link_of)
    with socket.create_connection(listener.getsockname()):
        await until(lambda: bool(leaving))
        await leaving[0]
    sockets = made[0]._sockets
    return sockets[Sender.CLIENT].fileno() >= 0, sockets[Sender.GATEWAY].fileno() >= 0


def test_a_connection_that_was_accepted_at_the_last_moment_is_not_left_open() -> None:
    assert run(_left_before_it_begins) == (False, False)


def test_no_listener_stays_open_if_who_leaves_is_cancelled() -> None:
    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            ours = links.Links()
            ours.accept(listener, lambda _number, _client: pytest.fail("nobody connects"))
            leaving = asyncio.create_task(ours.leave())
            await asyncio.sleep(0)
            leaving.cancel()
            await asyncio.wait([leaving])
            assert listener.fileno() == -1

    run(scenario)
