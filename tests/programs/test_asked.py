"""What a program asked, by what crossed a tap before a simulated gateway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from harness.programs.asked import Asked, Outcome, asked_by
from harness.programs.overheard import Overheard
from harness.run.tap.proxy import Tap
from harness.wire.framing import encode_frame
from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Message, Sender, Value
from tests.gateways.simulator.talk import Client, run, simulated
from tests.verify.sessions import ORDER

NOBODY = Message("req_contract_data", {"req_id": 2, "symbol": "NONE", "sec_type": "STK"})
BUY: Mapping[str, Value] = {"order_id": 101, **ORDER}


def asked(messages: Sequence[tuple[Message, str]], *, raw: bytes = b"", version: int = 178) -> Asked:
    """Let a client ask and wait for the end of each answer; return what is said of it."""

    async def scenario() -> Asked:
        async with simulated() as gateway, Tap("127.0.0.1", gateway.port) as tap:
            client = await Client.connect(tap.address[1], version)
            await client.greet()
            await client.start(7)
            for message, end in messages:
                await client.ask(message, end=end)
            if raw:
                client.writer.write(encode_frame(raw))
                await client.message()
            await client.leave()
        return asked_by(tap.transcript)

    return run(scenario())


@pytest.mark.parametrize("version", [178, 226])
def test_each_request_has_its_name_and_what_came_of_it(version: int) -> None:
    found = asked([(Message("req_positions"), "position_end"), (NOBODY, "error")], version=version)
    assert found.counts() == {("req_positions", Outcome.ANSWERED): 1, ("req_contract_data", Outcome.REFUSED): 1}
    (connection,) = found.connections
    assert (connection.client_id, connection.server_version, connection.ready) == (7, version, True)
    assert [error.code for error in found.requests[1].errors] == [200]
    assert 2104 in {notice.code for notice in found.notices}


def test_a_message_that_nobody_knows_is_the_simulators_lack() -> None:
    found = asked([], raw=b"199\x001\x00")
    assert found.counts() == {("message 199", Outcome.NOT_SIMULATED): 1}


def test_a_request_that_its_gateway_cannot_read_has_its_name_and_what_the_gateway_said() -> None:
    """It lacks the fields that are new in that version."""
    (request,) = asked([], raw=b"4\x001\x00999\x00\x00", version=187).requests
    assert (request.name, request.outcome) == ("cancel_order", Outcome.UNREADABLE)
    assert [(each.code, "ends after 3 fields" in each.text) for each in request.errors] == [(320, True)]


def test_requests_have_the_order_in_which_they_came() -> None:
    cancel, positions = encode_frame(b"4\x001\x00999\x00\x00"), encode_frame(b"61\x001\x00")
    overheard = Overheard(clock=map(float, range(100)).__next__)
    overheard.hear(1, Sender.CLIENT, Hello(min_version=100, max_version=187).encode())
    overheard.hear(1, Sender.GATEWAY, VersionReply(server_version=187, connection_time="").encode())
    for said in (encode_frame(b"71\x002\x007\x00\x00"), cancel, positions):
        overheard.hear(1, Sender.CLIENT, said)
    assert [each.name for each in overheard.asked().requests] == ["cancel_order", "req_positions"]


@pytest.mark.parametrize(("what_if", "orders"), [(False, 1), (True, 0)])
def test_an_order_that_only_asks_for_margins_is_none(*, what_if: bool, orders: int) -> None:
    found = asked([(Message("place_order", {**BUY, "what_if": what_if}), "open_order")])
    assert [each.name for each in found.requests] == ["place_order"]
    assert found.orders == orders


def test_a_connection_that_says_no_hello_is_counted() -> None:
    async def scenario() -> Asked:
        async with simulated() as gateway, Tap("127.0.0.1", gateway.port) as tap:
            client = await Client.connect(tap.address[1], 178)
            client.writer.write(b"GET / HTTP/1.1\r\n\r\n")
            await client.ended()
            await client.leave()
        return asked_by(tap.transcript)

    found = run(scenario())
    assert (found.connections, found.others, found.made_contact) == ((), 1, False)
