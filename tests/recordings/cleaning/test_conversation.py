"""What a simulated gateway and a client say is cleaned whole, at versions of each encoding."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from harness.recordings.cleaning.cleaner import Cleaner
from harness.recordings.recording import Entry, Framed, Greeted, Opened
from harness.run.tap.proxy import Tap
from harness.wire.codec import Codec
from harness.wire.framing import FrameReader
from harness.wire.hello import HelloReader
from harness.wire.message import Message, Sender
from harness.wire.transcript import Chunk, Transcript
from tests.gateways.simulator.talk import Client, run, simulated
from tests.recordings.cleaning.canaries import FACTOR, OTHER_ACCOUNT, cleaner_at, found, frame
from tests.wire import test_captured_market_frames, test_captured_orders

ITS_ACCOUNT = "DU9000001"
REQUESTS = [
    (Message("req_account_updates", {"subscribe": True, "account": ITS_ACCOUNT}), "account_download_end"),
    (Message("req_account_summary", {"req_id": 1, "group": "All", "tags": "NetLiquidation"}), "account_summary_end"),
    (Message("req_positions"), "position_end"),
    (Message("req_pnl", {"req_id": 2, "account": ITS_ACCOUNT}), "pnl"),
    (Message("req_executions", {"req_id": 3}), "execution_details_end"),
    (Message("req_all_open_orders"), "open_orders_end"),
    (Message("req_completed_orders"), "completed_orders_end"),
    (Message("req_contract_data", {"req_id": 4, "symbol": "AAPL", "sec_type": "STK"}), "contract_data_end"),
    (Message("req_family_codes"), "family_codes"),
    (Message("req_ids", {"count": 1}), "next_valid_id"),
]


def entries_of(transcript: Transcript) -> Iterator[Entry]:
    """Cut a transcript of one connection into whole hellos and frames; its account is one that was not replaced yet."""
    readers = {sender: FrameReader() for sender in Sender}
    greeting: HelloReader | None = HelloReader()
    yield Opened(at=0.0, connection=1)
    for chunk in transcript.entries:
        if not isinstance(chunk, Chunk):
            continue
        data = chunk.data
        if chunk.sender is Sender.CLIENT and greeting is not None:
            done = greeting.feed(data)
            assert done is not None
            greeting, data = None, done[1]
            yield Greeted(at=chunk.at, connection=1, data=chunk.data[: len(chunk.data) - len(data)])
        for payload in readers[chunk.sender].feed(data):
            yield frame(payload.replace(ITS_ACCOUNT.encode(), OTHER_ACCOUNT.encode()), chunk.sender)


async def conversation(version: int) -> Transcript:
    async with simulated() as gateway, Tap(gateway.host, gateway.port) as tap:
        client = await Client.connect(tap.address[1], version)
        await client.greet()
        await client.start(7)
        for request, end in REQUESTS:
            await client.ask(request, end=end)
        await client.leave()
    return tap.transcript


@pytest.mark.parametrize("version", [178, 203, 207, 226])
def test_a_conversation_with_a_gateway_is_cleaned_without_a_loss(version: int) -> None:
    cleaner, codec = Cleaner(factor=FACTOR), Codec(version)
    opened, hello, reply, *said = entries_of(run(conversation(version)))
    assert [cleaner.clean(each) for each in (opened, hello, reply)] == [opened, hello, reply]

    heard: list[Message] = []
    for entry in said:
        cleaned = cleaner.clean(entry)
        assert isinstance(entry, Framed)
        assert isinstance(cleaned, Framed), cleaned
        before, after = (codec.decode(each.payload, each.sender) for each in (entry, cleaned))
        assert isinstance(before, Message)
        assert isinstance(after, Message)
        assert (before.name, before.values.keys()) == (after.name, after.values.keys())
        assert found(cleaned.payload) == set()
        assert not cleaned.shortened
        heard.append(after)
    assert {end for _, end in REQUESTS} <= {message.name for message in heard}
    assert {message["account"] for message in heard if message.name == "position"} == {ITS_ACCOUNT}
    (worth,) = [message["value"] for message in heard if message.name == "account_summary"]
    assert worth == "2370292.58"  # 2.37 times 1000123.45


CAPTURED = [(version, sender, wire) for version, sender, wire, *_ in test_captured_market_frames.FRAMES]
CAPTURED += [(225, sender, wire) for sender, wire, *_ in test_captured_orders.FRAMES]


@pytest.mark.parametrize(("version", "sender", "wire"), CAPTURED)
def test_what_real_gateways_and_clients_said_is_not_left_out(version: int, sender: Sender, wire: str) -> None:
    (payload,) = FrameReader().feed(base64.b64decode(wire))
    assert isinstance(cleaner_at(version).clean(frame(payload, sender)), Framed)
