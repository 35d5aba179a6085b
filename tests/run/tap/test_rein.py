"""Before a gateway that somebody else runs: messages leave no faster than may be, and real money is not read of."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.run.tap.proxy import Tap
from harness.run.tap.rein import AT_ONCE, Paced, Rein
from harness.wire.framing import encode_frame
from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Sender
from harness.wire.transcript import Change, Chunk, Event
from tests.diagnose.control.listeners import NEXT_ID, frame
from tests.run.tap.sockets import Talk, run, tapped, until

HELLO = Hello(min_version=100, max_version=176).encode()
REPLY = VersionReply(server_version=176, connection_time="20261129 01:00:00 US/Eastern").encode()


class Counting:
    """A pace that lets everything through, and notes how much was asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def take(self, count: int) -> None:
        self.asked.append(count)
        await asyncio.sleep(0)


def only_paper(accounts: tuple[str, ...]) -> str | None:
    return None if accounts == ("DU9000001",) else f"it shows {len(accounts)} accounts"


def rein(pace: Callable[[int], object] | None = None) -> Rein:
    return Rein(why_not=only_paper, pace=pace or Counting().take)  # type: ignore[arg-type]


def test_what_the_client_says_arrives_whole_and_in_order_however_much_it_is() -> None:
    counting = Counting()
    said = HELLO + b"".join(encode_frame(b"%d\x001\x00" % number) for number in range(200))

    async def scenario() -> bytes:
        async with tapped(rein=rein(counting.take)) as gateway:
            talk = await gateway.connect()
            await talk.client.say(said)
            talk.client.end()
            heard = await talk.gateway.hear_all()
            talk.gateway.end()
            assert await talk.client.hear_all() == b""
            return heard

    assert run(scenario) == said
    assert sum(counting.asked) == 201
    assert max(counting.asked) <= AT_ONCE


@given(
    st.lists(st.binary(min_size=1, max_size=20), max_size=80),
    st.lists(st.integers(0, 600), max_size=8),
    st.booleans(),
)
def test_every_message_is_counted_once_wherever_reads_end(
    payloads: list[bytes],
    cuts: list[int],
    opens: bool,  # noqa: FBT001
) -> None:
    said = (b"API\0" if opens else b"") + b"".join(map(encode_frame, payloads))
    counting, heard = Counting(), list[bytes]()
    paced = Paced(counting.take, heard.append, lambda: heard.append(b""))

    async def scenario() -> None:
        ends = sorted({0, *(cut for cut in cuts if cut < len(said)), len(said)})
        for start, end in itertools.pairwise(ends):
            paced.take(said[start:end])
        paced.take(None)
        await paced.run()

    asyncio.run(scenario())
    assert b"".join(heard) == said
    assert heard[-1] == b""
    assert paced.idle
    if opens:
        assert sum(counting.asked) == len(payloads)


def test_what_is_no_api_is_passed_on_as_it_is() -> None:
    async def scenario() -> bytes:
        async with tapped(rein=rein()) as gateway:
            talk = await gateway.connect()
            await talk.client.say(b"GET / HTTP/1.0\r\n\r\n")
            heard = await talk.gateway.hear()
            await talk.gateway.say(b"HTTP/1.0 400 no\r\n\r\n")
            assert (await talk.client.hear()).startswith(b"HTTP")
            return heard

    assert run(scenario) == b"GET / HTTP/1.0\r\n\r\n"


@pytest.mark.parametrize("cut", [0, 3, 8], ids=["in one piece", "in the length", "in the middle"])
@pytest.mark.parametrize(
    ("accounts", "passes"), [("DU9000001", True), ("DU9000001,U9000002", False), ("U9000001,", False), ("", False)]
)
def test_the_client_hears_of_no_account_that_it_may_ask_nothing_of(
    accounts: str,
    passes: bool,  # noqa: FBT001
    cut: int,
) -> None:
    shown = frame(15, 1, accounts)
    assert cut < len(shown)

    async def scenario() -> bytes:
        async with tapped(rein=rein()) as gateway:
            talk = await gateway.connect()
            await talk.client.say(HELLO)
            await talk.gateway.hear()
            await talk.gateway.say(REPLY)
            heard = await talk.client.hear()
            await talk.gateway.say(shown[:cut])
            await until(lambda: cut == 0 or shown[:cut] in _bytes_of(gateway.tap))
            await talk.gateway.say(shown[cut:] + NEXT_ID)
            heard += await _heard_until_it_ends(talk)
        events = [each for each in gateway.tap.transcript.entries if isinstance(each, Event)]
        assert [each.reason for each in events if each.change is Change.HELD_BACK] == (
            [] if passes else [gateway.tap.held_back]
        )
        assert not any(each.change is Change.RESET for each in events)
        return heard

    assert (shown + NEXT_ID in run(scenario)) is passes


def _bytes_of(tap: Tap) -> bytes:
    """What the tap read of the gateway so far."""
    entries = tap.transcript.entries
    return b"".join(each.data for each in entries if isinstance(each, Chunk) and each.sender is Sender.GATEWAY)


async def _heard_until_it_ends(talk: Talk) -> bytes:
    """What the client hears until it has both messages, or is cut off."""
    heard = b""
    try:
        while not heard.endswith(NEXT_ID):
            data = await talk.client.hear()
            if not data:
                return heard
            heard += data
    except ConnectionResetError:
        pass
    return heard


@pytest.mark.parametrize("how", ["ends", "resets", "answers", "keeps"])
def test_a_connection_counts_as_unanswered_only_where_the_gateway_may_keep_it(
    monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """What it has ended itself it does not keep, though it has said nothing on it."""
    left: list[object] = []
    monkeypatch.setattr("harness.run.tap.link.leave", lambda source, target: left.append((source, target)))

    async def scenario() -> None:
        async with tapped(rein=rein()) as gateway:
            talk = await gateway.connect()
            await talk.client.say(HELLO)
            assert await talk.gateway.hear(len(HELLO)) == HELLO
            match how:
                case "ends":
                    talk.gateway.end()
                    await talk.client.hear_all()
                case "resets":
                    talk.gateway.reset()
                    await until(lambda: _was_reset(gateway.tap))
                    return
                case "answers":
                    await talk.gateway.say(REPLY)
                    await talk.client.hear(len(REPLY))
                case _:
                    pass
            talk.client.end()

    run(scenario)
    assert bool(left) is (how == "keeps")


def _was_reset(tap: Tap) -> bool:
    return any(isinstance(each, Event) and each.change is Change.RESET for each in tap.transcript.entries)
