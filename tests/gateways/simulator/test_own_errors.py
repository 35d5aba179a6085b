"""When the simulator itself fails at an answer, it says so, in its log and to the client, and goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest

from harness.gateways.simulator import answers
from harness.gateways.simulator.answers import UNREADABLE
from harness.gateways.simulator.client import Client as Watcher
from harness.gateways.simulator.sessions import Session
from harness.gateways.simulator.streams import Kind
from harness.gateways.simulator.timing import SteppedTime
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message
from harness.wire.wire_errors import ProtocolError
from tests.gateways.simulator.market import brief, limit
from tests.gateways.simulator.talk import Client, connected, run, simulated
from tests.gateways.simulator.trader import Trader

START = 1_795_000_000.0
FAILURES = [
    OSError(22, "no such thing"),
    ProtocolError("not ours", offset=0),
    ZeroDivisionError("one of ours"),
    KeyError("key"),
]


def logged_failure(caplog: pytest.LogCaptureFixture) -> str:
    """Return the traceback of the one failure that the simulator logged."""
    (record,) = (one for one in caplog.records if one.levelno == logging.ERROR)
    assert record.exc_info is not None
    return caplog.text


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
@pytest.mark.parametrize("version", [178, 226])
def test_a_failed_answer_is_said_and_the_connection_stays(
    failure: Exception, version: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(request: Message, _client: Watcher) -> Iterator[Message]:
        yield Message("pnl", {"req_id": request["req_id"]})
        raise failure

    monkeypatch.setitem(answers._ANSWERS, "req_pnl", fail)

    async def scenario() -> list[Message]:
        async with simulated() as gateway, connected(gateway, 7, version) as client:
            client.say(Message("req_pnl", {"req_id": 5, "account": "DU9000001"}))
            return await client.ask(Message("req_ids"), end="next_valid_id")

    told, _ids = run(scenario())
    assert (told.name, told["code"], told["req_id"]) == ("error", UNREADABLE, 5)
    assert "The simulator of ib-compat failed" in told.text("text")
    assert type(failure).__name__ in told.text("text")
    assert "Traceback" in logged_failure(caplog)
    assert "req_pnl" in caplog.text


def test_an_order_that_cannot_be_opened_is_not_there_afterwards_nor_is_its_parent() -> None:
    def fail(_contract: Values) -> Session:
        raise ZeroDivisionError

    trader = Trader(sessions=fail)
    assert trader.place(limit(transmit=False)) == []
    with pytest.raises(ZeroDivisionError):
        trader.place(limit(102, parent_id=101))
    assert [brief(each) for each in trader.say("req_all_open_orders", {})] == [("open_orders_end", None)]
    for order_id in (101, 102):
        assert [brief(each) for each in trader.say("cancel_order", {"order_id": order_id})] == [("error", 10147)]
    assert trader.say("req_ids", {})[0]["order_id"] == 103


def test_what_a_client_is_told_unasked_is_not_lost_with_an_answer_that_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_request: Message, client: Watcher) -> Iterator[Message]:
        raise ZeroDivisionError(client.client_id)

    monkeypatch.setitem(answers._ANSWERS, "req_pnl", fail)

    async def scenario() -> list[Message]:
        async with simulated() as gateway, connected(gateway, 7) as client:
            (watcher,) = gateway.desk.clients.values()
            monkeypatch.setattr(watcher.outbox, "filled", asyncio.Event().wait)  # the answer is faster
            watcher.outbox.put([Message("pnl", {"req_id": 9})])
            client.say(Message("req_pnl", {"req_id": 5, "account": "DU9000001"}))
            return await client.ask(Message("req_ids"), end="next_valid_id")

    heard = run(scenario())
    assert [(message.name, message.values.get("req_id")) for message in heard[:2]] == [("pnl", 9), ("error", 5)]
    assert "Traceback" in logged_failure(caplog)


def test_a_failed_stream_is_said_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def watch(request: Message, client: Watcher) -> Iterator[Message]:
        req_id = request.number("req_id")

        def tell(moment: float) -> Iterator[Message]:
            if req_id == 1:
                raise OSError(22, "not the client")
            yield Message("real_time_bar", {"req_id": req_id, "time": int(moment)})

        client.streams.watch(Kind.REAL_TIME_BARS, req_id, tell)
        return iter(())

    monkeypatch.setitem(answers._ANSWERS, "req_real_time_bars", watch)
    clock = SteppedTime(START)

    async def heard_after_a_step(client: Client, count: int) -> list[Message]:
        await clock.awaited()
        clock.step(5)
        return [await client.message() for _ in range(count)]

    async def scenario() -> list[Message]:
        async with simulated(timing=clock) as gateway, connected(gateway, 7) as client:
            for req_id in (1, 2):
                client.say(Message("req_real_time_bars", {"req_id": req_id, "symbol": "ES", "what_to_show": "TRADES"}))
            assert await client.answers()
            return [*await heard_after_a_step(client, 2), *await heard_after_a_step(client, 1)]

    told, first, second = run(scenario())
    assert (told.name, told["code"], told["req_id"]) == ("error", UNREADABLE, 1)
    assert (first["req_id"], second["req_id"]) == (2, 2)
    assert second.number("time") - first.number("time") == 5
    assert "not the client" in logged_failure(caplog)


def test_a_failure_before_the_start_ends_that_client_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a version that is none")

    async def scenario() -> bool:
        async with simulated() as gateway, connected(gateway, 7) as there:
            with monkeypatch.context() as patched:
                patched.setattr("harness.gateways.simulator.version_reply.reply_to", fail)
                client = await Client.connect(gateway.port)
                client.writer.write(client.side.greet())
                assert await client.ended()
                await client.leave()
            return await there.answers()

    assert run(scenario())
    assert "a version that is none" in caplog.text
    assert "the simulator failed before START_API" in caplog.text


@pytest.mark.parametrize("version", [178, 226])
def test_what_cannot_be_written_unasked_is_logged_and_the_rest_is_sent(
    version: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> list[Message]:
        async with simulated() as gateway, connected(gateway, 7, version) as client:
            good, bad = Message("current_time", {"time": 5}), Message("order_status", {"order_id": "none"})
            gateway.desk.clients[7].outbox.put([good, bad, good])
            return [await client.message() for _ in range(2)]

    assert [told["time"] for told in run(scenario())] == [5, 5]
    assert "with order_status, unasked" in logged_failure(caplog)


@pytest.mark.parametrize("version", [178, 226])
def test_an_order_whose_answer_fails_is_told_so_under_its_id(
    version: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_request: Message, _client: Watcher) -> Iterator[Message]:
        yield Message("order_status", {"order_id": "none"})

    monkeypatch.setitem(answers._ANSWERS, "place_order", fail)

    async def scenario() -> Message:
        async with simulated() as gateway, connected(gateway, 7, version) as client:
            client.say(Message("place_order", {"order_id": 101}))
            return await client.message()

    told = run(scenario())
    assert (told.name, told["code"], told["req_id"]) == ("error", UNREADABLE, 101)
    assert "place_order" in logged_failure(caplog)
