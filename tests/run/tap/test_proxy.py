"""What one side does, the other sees through the tap as it would without; and the transcript tells all of it."""

from __future__ import annotations

import asyncio
import hashlib
import select
import socket
import sys
import tracemalloc
from contextlib import ExitStack, suppress
from typing import Any

import pytest

from harness.run.tap.proxy import Tap
from harness.run.tap.recorder import Limits
from harness.wire.message import Sender
from harness.wire.transcript import Change, Chunk, Event
from tests.diagnose.control.listeners import has_ipv6
from tests.run.tap.sockets import Talk, fill, run, tapped, told, until

SIDES = pytest.mark.parametrize("side", Sender)
NOT_ON_WINDOWS = pytest.mark.skipif(sys.platform == "win32", reason="Windows tells of a reset to who reads only")
MIB = 2**20


def other(side: Sender) -> Sender:
    return Sender.GATEWAY if side is Sender.CLIENT else Sender.CLIENT


@pytest.mark.usefixtures("any_asyncio")
def test_bytes_pass_both_ways_and_are_written_down() -> None:
    async def scenario() -> Tap:
        async with tapped() as gateway:
            talk = await gateway.connect()
            await talk.client.say(b"hello")
            assert await talk.gateway.hear() == b"hello"
            await talk.gateway.say(b"203")
            assert await talk.client.hear() == b"203"
            talk.client.end()
            assert await talk.gateway.hear() == b""
            talk.gateway.end()
            assert await talk.client.hear() == b""
        return gateway.tap

    assert told(run(scenario).transcript) == [
        (1, "opened"),
        (1, "client", b"hello"),
        (1, "gateway", b"203"),
        (1, "half-closed", "client"),
        (1, "half-closed", "gateway"),
        (1, "closed"),
    ]


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_a_tap_at_both_loopback_addresses_leads_from_each_to_its_own() -> None:
    async def scenario() -> Tap:
        loop = asyncio.get_running_loop()
        with (
            socket.create_server(("127.0.0.1", 0)) as four,
            socket.create_server(("::1", 0), family=socket.AF_INET6) as six,
        ):
            for each in (four, six):
                each.setblocking(False)
            async with Tap(*four.getsockname(), also=six.getsockname()[:2]) as tap:
                for host, gateway in (("::1", six), ("127.0.0.1", four)):
                    with socket.create_connection((host, tap.address[1])) as client:
                        client.sendall(host.encode())
                        taken, _ = await loop.sock_accept(gateway)
                        with taken:
                            assert await loop.sock_recv(taken, 100) == host.encode()
                            taken.sendall(b"203")
                            client.setblocking(False)
                            assert await loop.sock_recv(client, 100) == b"203"
        return tap

    said = [entry for entry in run(scenario).transcript.entries if isinstance(entry, Chunk)]
    assert [(entry.connection, entry.data) for entry in said] == [
        (1, b"::1"),
        (1, b"203"),
        (2, b"127.0.0.1"),
        (2, b"203"),
    ]


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_a_port_that_is_taken_at_one_of_both_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else has the first for IPv6."""
    create, taken = socket.create_server, list[int]()

    with ExitStack() as others:

        def create_server(address: tuple[str, int], **more: Any) -> socket.socket:
            made = create(address, **more)
            if not taken:
                taken.append(made.getsockname()[1])
                with suppress(OSError):  # then somebody else has it in truth
                    others.enter_context(create(("::1", taken[0]), family=socket.AF_INET6))
            return made

        monkeypatch.setattr(socket, "create_server", create_server)

        async def scenario() -> int:
            async with Tap("127.0.0.1", 1, also=("::1", 1)) as tap:
                return tap.address[1]

        assert run(scenario) not in {0, *taken}


def test_times_are_seconds_since_the_tap_opened() -> None:
    async def scenario() -> tuple[Tap, float]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with tapped() as gateway:
            talk = await gateway.connect()
            await talk.client.say(b"hello")
            await talk.gateway.hear()
            talk.client.end()
            await talk.gateway.hear()
        return gateway.tap, loop.time() - began

    tap, whole = run(scenario)
    times = [entry.at for entry in tap.transcript.entries]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= whole


@SIDES
def test_a_side_that_has_said_all_still_hears(side: Sender) -> None:
    async def scenario() -> Tap:
        async with tapped() as gateway:
            talk = await gateway.connect()
            ending, going_on = talk.side(side), talk.other(side)
            await ending.say(b"last words")
            ending.end()
            assert await going_on.hear_all() == b"last words"
            for words in (b"still", b"here"):
                await going_on.say(words)
                assert await ending.hear() == words
            going_on.end()
            assert await ending.hear() == b""
        return gateway.tap

    assert told(run(scenario).transcript) == [
        (1, "opened"),
        (1, side.value, b"last words"),
        (1, "half-closed", side.value),
        (1, other(side).value, b"still"),
        (1, other(side).value, b"here"),
        (1, "half-closed", other(side).value),
        (1, "closed"),
    ]


@SIDES
def test_a_reset_arrives_as_one(side: Sender) -> None:
    async def scenario() -> Tap:
        async with tapped() as gateway:
            talk = await gateway.connect()
            await talk.side(side).say(b"hello")
            assert await talk.other(side).hear() == b"hello"
            talk.side(side).reset()
            with pytest.raises(ConnectionResetError):
                await talk.other(side).hear()
        return gateway.tap

    assert told(run(scenario).transcript) == [(1, "opened"), (1, side.value, b"hello"), (1, "reset", side.value)]


@SIDES
@pytest.mark.parametrize("more", [b"", b"and more"], ids=["unasked", "while the other talks on"])
def test_what_was_said_before_a_reset_arrives_before_it(side: Sender, more: bytes) -> None:
    """A side that closes with something unread is reset by its system, as a gateway that turns a client away may be."""

    async def scenario() -> Tap:
        async with tapped() as gateway:
            talk = await gateway.connect()
            leaving, staying = talk.side(side), talk.other(side)
            await staying.say(b"unread")
            await until(lambda: len(gateway.tap.transcript.entries) == 2)
            if more:  # with no turn of the loop between the two: the tap's write is refused while there is more to read
                staying.socket.send(more)
            leaving.socket.send(b"error 326")
            leaving.leave()
            assert await staying.hear() == b"error 326"
            with pytest.raises(ConnectionResetError):
                await staying.hear()
        return gateway.tap

    lines = told(run(scenario).transcript)
    assert (1, side.value, b"error 326") in lines
    assert lines[-1] == (1, "reset", side.value)


async def has_broken(peer: socket.socket) -> None:
    """Wait until a socket has an error; whether it has something to read plays no part."""
    poll = select.poll()
    poll.register(peer, 0)
    assert await asyncio.to_thread(poll.poll, 10_000)


@NOT_ON_WINDOWS
@SIDES
def test_a_reset_after_a_half_close_arrives_too(side: Sender) -> None:
    async def scenario() -> Tap:
        async with tapped() as gateway:
            talk = await gateway.connect()
            talk.side(side).end()
            assert await talk.other(side).hear() == b""
            talk.side(side).reset()
            await has_broken(talk.other(side).socket)
        return gateway.tap

    assert told(run(scenario).transcript)[1:] == [(1, "half-closed", side.value), (1, "reset", side.value)]


@NOT_ON_WINDOWS
@SIDES
def test_a_reset_arrives_at_a_side_that_does_not_read(side: Sender) -> None:
    async def scenario() -> Tap:
        async with tapped(Limits(client=10**9, gateway=10**9)) as gateway:
            talk = await gateway.connect()
            await fill(talk, side)
            talk.side(side).reset()
            await has_broken(talk.other(side).socket)
        return gateway.tap

    assert told(run(scenario).transcript)[-1] == (1, "reset", side.value)


def test_a_gateway_that_is_not_there_resets_the_client_and_that_is_written_down() -> None:
    async def scenario() -> Tap:
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))  # taken, and nobody listens
            async with Tap(*nobody.getsockname()) as tap:
                reader, writer = await asyncio.open_connection(*tap.address)
                with pytest.raises(ConnectionResetError):
                    await reader.read()
                writer.close()
        return tap

    (refused,) = run(scenario).transcript.entries
    assert isinstance(refused, Event)
    assert (refused.change, refused.by) == (Change.REFUSED, Sender.GATEWAY)
    assert refused.reason


def test_many_connections_pass_side_by_side() -> None:
    count = 100

    async def talk_on(talk: Talk, name: bytes) -> None:
        for number in range(5):
            await talk.client.say(b"%s asks %d" % (name, number))
            assert await talk.gateway.hear() == b"%s asks %d" % (name, number)
            await talk.gateway.say(b"%s hears %d" % (name, number))
            assert await talk.client.hear() == b"%s hears %d" % (name, number)
        talk.client.end()
        assert await talk.gateway.hear() == b""
        talk.gateway.end()
        assert await talk.client.hear() == b""

    async def scenario() -> Tap:
        async with tapped() as gateway:
            talks = [await gateway.connect() for _ in range(count)]
            await asyncio.gather(*(talk_on(talk, b"no. %d" % number) for number, talk in enumerate(talks, start=1)))
        return gateway.tap

    lines = told(run(scenario).transcript)
    for connection in range(1, count + 1):
        said = [line[2] for line in lines if line[0] == connection and isinstance(line[-1], bytes)]
        name = b"no. %d" % connection
        assert said == [b"%s %s %d" % (name, verb, n) for n in range(5) for verb in (b"asks", b"hears")]
    assert [line[1] for line in lines].count("closed") == count


@SIDES
def test_what_came_in_one_piece_leaves_in_one_and_pieces_stay_apart(side: Sender) -> None:
    pieces = [b"\0\0\0", b"\x1a", b"203\x0020261120 10:11:12 UTC\0", bytes(16384), b"x"]

    async def scenario() -> Tap:
        async with tapped() as gateway:
            talk = await gateway.connect()
            for piece in pieces:
                await talk.side(side).say(piece)
                assert await talk.other(side).hear() == piece
            gateway.close()
        return gateway.tap

    chunks = [entry for entry in run(scenario).transcript.entries if isinstance(entry, Chunk)]
    assert [chunk.data for chunk in chunks] == pieces


@pytest.mark.parametrize("listens_only", [False, True], ids=["open", "half-closed"])
@SIDES
def test_much_passes_a_slow_reader_in_little_memory(side: Sender, listens_only: bool) -> None:  # noqa: FBT001
    block, count = bytes(range(256)) * 4096, 48

    async def speak(talk: Talk) -> None:
        for _ in range(count):
            await talk.side(side).say(block)
        talk.side(side).end()

    async def hear(talk: Talk) -> tuple[int, str]:
        digest, heard = hashlib.sha256(), 0
        while data := await talk.other(side).hear(10_000):
            digest.update(data)
            heard += len(data)
            await asyncio.sleep(0)
        return heard, digest.hexdigest()

    async def scenario() -> tuple[int, str]:
        async with tapped(Limits(client=1000, gateway=1000)) as gateway:
            talk = await gateway.connect()
            if listens_only:
                talk.other(side).end()
            tracemalloc.start()
            _, heard = await asyncio.gather(speak(talk), hear(talk))
            assert tracemalloc.get_traced_memory()[1] < 2 * MIB
        return heard

    try:
        assert run(scenario) == (len(block) * count, hashlib.sha256(block * count).hexdigest())
    finally:
        tracemalloc.stop()


@SIDES
def test_what_is_under_way_when_both_sides_have_said_all_still_arrives(side: Sender) -> None:
    async def scenario() -> tuple[int, int]:
        async with tapped() as gateway:
            talk = await gateway.connect()
            await until(lambda: bool(gateway.tap.transcript.entries))
            (link,) = gateway.tap._links.all
            said = 0
            while not link.under_way:
                await talk.side(side).say(bytes(1024))
                said += 1024
                await asyncio.sleep(0)
            for sender in Sender:
                talk.side(sender).end()
            await until(lambda: [line[1] for line in told(gateway.tap.transcript)].count("half-closed") == 2)
            return said, len(await talk.other(side).hear_all())

    said, heard = run(scenario)
    assert heard == said


def test_a_side_that_does_not_read_holds_up_the_other() -> None:
    async def scenario() -> None:
        async with tapped(Limits(gateway=10**9)) as gateway:
            talk = await gateway.connect()
            await fill(talk, Sender.GATEWAY)
            passed = sum(len(entry.data) for entry in gateway.tap.transcript.entries if isinstance(entry, Chunk))
            assert passed < 64 * MIB
            with pytest.raises(BlockingIOError):
                talk.gateway.socket.send(b"x")
            gateway.close()

    run(scenario)


def test_of_what_is_sent_the_limit_is_kept_and_the_rest_is_counted() -> None:
    async def scenario() -> Tap:
        async with tapped(Limits(client=10, gateway=4)) as gateway:
            talk = await gateway.connect()
            for words in (b"one", b"two", b"three"):
                await talk.gateway.say(words)
                assert await talk.client.hear() == words
            await talk.client.say(b"0123456789")
            assert await talk.gateway.hear() == b"0123456789"
            second = await gateway.connect()
            await second.gateway.say(b"four")
            assert await second.client.hear() == b"four"
            gateway.close()
        return gateway.tap

    assert [line for line in told(run(scenario).transcript) if isinstance(line[-1], bytes | int)] == [
        (1, "gateway", b"one"),
        (1, "gateway", b"t"),
        (1, "gateway", 2 + 5),
        (1, "client", b"0123456789"),
        (2, "gateway", b"four"),
    ]
