"""What of a simulated gateway outlives it in a file: that it is all there again, and that no other file is touched."""

from __future__ import annotations

import datetime as dt
import json
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.gateways.simulator.timing import SteppedTime
from harness.gateways.simulator.trading.saved import saved
from harness.shared.errors import ExitCode, GatewayError
from harness.wire.message import Message, Value
from tests.gateways.simulator.market import AAPL, ACCOUNT, EMPTY_BOOK, ES, HandPrices, heard, limit, order, told
from tests.gateways.simulator.talk import Client, connected, run, simulated, until

SATURDAY = dt.datetime(2026, 12, 5, 15, tzinfo=dt.UTC).timestamp()
"""While nothing is traded."""
ASKED = [
    Message("req_all_open_orders"),
    Message("req_completed_orders"),
    Message("req_executions", {"req_id": 4}),
    Message("req_positions"),
    Message("req_account_updates", {"subscribe": True, "account": ACCOUNT}),
    Message("req_pnl", {"req_id": 5, "account": ACCOUNT}),
]
LEGS: Any = tuple({"con_id": leg, "ratio": 1, "action": "SELL", "exchange": "SMART"} for leg in (AAPL, ES))
TRADES = [
    order(101),
    limit(102),
    limit(103, transmit=False),
    order(104, action="SELL", total_quantity="40"),
    limit(105, time_in_force="GTC", oca_group="one", order_ref="mine"),
    order(106, order_type="TRAIL", aux_price=2.0, action="SELL", total_quantity="10"),
    order(107, con_id=ES, symbol="ES", sec_type="FUT", exchange="CME", total_quantity="2"),
    limit(108),
    Message("cancel_order", {"order_id": 108}),
    order(109, order_type="REL", aux_price=0.0, limit_price=90.0),
    order(110, order_type="MOC", conditions=({"kind": 1, "con_id": ES, "price": 9e3, "is_more": True},)),
    order(111, con_id=0, symbol="A", sec_type="BAG", total_quantity="3", combo_legs=LEGS),
]


def priced() -> HandPrices:
    prices = HandPrices()
    prices.set(ES, 5000.0, 5000.25)
    return prices


def as_told(messages: list[Message]) -> list[tuple[str, dict[str, Any]]]:
    """All that was said, but for the time of errors, which is that of the clock."""
    return [(message.name, {**message.values, "time_ms": 0}) for message in messages]


async def visited(state: Path, *requests: Message) -> tuple[list[Any], list[Message], dict[str, Any]]:
    """Begin with a state; return what a client is told before its accounts, then of all, and what is kept."""
    async with simulated("10.50", prices=priced(), timing=SteppedTime(SATURDAY), state=state) as gateway:
        client = await Client.connect(gateway.port)
        await client.greet()
        start = await client.start(7)
        await heard(client, *requests)
        answers = await heard(client, *ASKED)
        next_id = (await client.ask(Message("req_ids"), end="next_valid_id"))[-1]
        await client.leave()
        return as_told(start), [*answers, next_id], saved(gateway.desk, "x")


def test_all_is_there_again(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    _, before, kept = run(visited(state, *TRADES))
    start, after, again = run(visited(state))
    assert as_told(before) == as_told(after)
    assert kept == again
    assert [values["order_id"] for name, values in start if name == "open_order"] == [102, 105, 106, 109, 110]
    assert len([message for message in after if message.name == "execution_details"]) > 3
    assert after[-1]["order_id"] == 112


def test_what_was_kept_goes_on_to_live(tmp_path: Path) -> None:
    async def scenario() -> tuple[list[Any], list[Any]]:
        state, prices, clock = tmp_path / "state.json", priced(), SteppedTime(SATURDAY)
        async with (
            simulated(prices=prices, truth=EMPTY_BOOK, timing=clock, state=state) as gateway,
            connected(gateway, 7) as client,
        ):
            await told(client, limit(101), limit(102, transmit=False))
        async with (
            simulated(prices=prices, truth=EMPTY_BOOK, timing=clock, state=state) as gateway,
            connected(gateway, 7) as client,
        ):
            transmitted = await told(client, limit(102, price=80.0))
            prices.set(AAPL, 85.0, 85.0)
            gateway.desk.tick()
            return transmitted, await told(client)

    transmitted, filled = run(scenario())
    assert [status for name, status in transmitted if name == "order_status"][-1] == "Submitted"
    assert filled[0] == ("execution_details", "100")


def test_accounts_go_on_with_what_they_held_though_other_contracts_trade_now(tmp_path: Path) -> None:
    """A future that was bought back was sold again two months later, as that of another month."""
    state, december = tmp_path / "state.json", dt.datetime(2026, 12, 4, 15, tzinfo=dt.UTC).timestamp()

    async def positions(start: float, *requests: Message) -> dict[Any, Any]:
        clock = SteppedTime(start)
        async with simulated(seed=1, timing=clock, state=state) as gateway, connected(gateway, 7) as client:
            await heard(client, *requests)
            rows = await heard(client, Message("req_positions"))
            return {
                row["sec_type"]: (row["con_id"], row["position"])
                for row in rows
                if row.values.get("position", "0") != "0"
            }

    before = run(positions(december))
    future = before.pop("FUT")[0]
    es: dict[str, Any] = {"con_id": future, "symbol": "ES", "sec_type": "FUT", "exchange": "CME", "total_quantity": "1"}
    assert run(positions(december + 60, order(**es))) == before
    assert run(positions(december + 86400)) == before
    del before["OPT"]  # it has ended
    assert run(positions(december + 60 * 86400)) == before


def test_a_stop_that_trails_is_kept_where_it_is(tmp_path: Path) -> None:
    """No message says that it moved."""
    state, prices = tmp_path / "state.json", priced()

    async def stop(*requests: Message) -> float | None:
        clock = SteppedTime(SATURDAY)
        async with (
            simulated(prices=prices, truth=EMPTY_BOOK, timing=clock, state=state) as gateway,
            connected(gateway, 7) as client,
        ):
            await told(client, *requests)
            if requests:
                await until(lambda: state.exists() and b'"stop"' in state.read_bytes())  # with the stop of before
                prices.set(AAPL, 110.0, 110.0)
                gateway.desk.tick()
            (trailing,) = gateway.desk.book.working()
            return trailing.stop

    trail = order(106, order_type="TRAIL", aux_price=2.0, action="SELL", total_quantity="10")
    moved = run(stop(trail))
    assert moved == 108.0
    assert run(stop()) == moved


def test_contracts_of_the_world_and_combinations_are_kept(tmp_path: Path) -> None:
    """Their details have lists, and so has a combination's order."""
    legs: list[Mapping[str, Value]] = [
        {"con_id": con_id, "ratio": 1, "action": action} for con_id, action in ((AAPL, "BUY"), (756733, "SELL"))
    ]
    orders = [
        limit(101, price=1.0),
        limit(102, price=1.0, con_id=0, symbol="EUR", sec_type="CASH", exchange="IDEALPRO", total_quantity="20000"),
        limit(103, price=1.0, con_id=0, symbol="AAPL", sec_type="BAG", combo_legs=legs, total_quantity="1"),
    ]

    async def scenario() -> tuple[list[Any], list[Any], list[Any]]:
        state, clock = tmp_path / "state.json", SteppedTime(SATURDAY)
        async with simulated(seed=1, timing=clock, state=state) as gateway, connected(gateway, 7) as client:
            placed = [message["order_id"] for message in await heard(client, *orders) if message.name == "open_order"]
            before = as_told(await heard(client, Message("req_open_orders")))
        async with simulated(seed=1, timing=clock, state=state) as gateway, connected(gateway, 7) as client:
            return placed, before, as_told(await heard(client, Message("req_open_orders")))

    placed, before, after = run(scenario())
    assert set(placed) == {101, 102, 103}
    assert before == after


def test_an_infinite_offset_is_kept(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    run(visited(state, limit(101, compete_against_best_offset=float("inf"))))
    _, _, kept = run(visited(state))
    (offset,) = (
        row["values"]["compete_against_best_offset"]
        for row in kept["orders"]
        if row["perm_id"] and row["values"]["order_id"] == 101
    )
    assert offset == {"float": "inf"}


def test_it_is_written_whenever_something_changes_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    state = tmp_path / "state.json"

    def orders() -> set[int]:
        return {row["values"]["order_id"] for row in json.loads(state.read_text())["orders"]}

    async def scenario() -> None:
        async with simulated(state=state) as gateway, connected(gateway, 7) as client:
            before = orders()
            await heard(client, limit(101))
            await until(lambda: orders() == before | {101})
            await heard(client, limit(102, transmit=False))
            await until(lambda: orders() == before | {101, 102})

    run(scenario())
    assert [file.name for file in tmp_path.iterdir()] == ["state.json"]
    if sys.platform != "win32":
        assert stat.S_IMODE(state.stat().st_mode) == 0o600


def test_a_link_to_a_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    run(visited(tmp_path / "link", limit(101)))
    assert (tmp_path / "link").is_symlink()
    assert json.loads((tmp_path / "file").read_text())["version"] == 1


def written(folder: Path, **changes: Any) -> Path:
    """A state, but for some changes."""
    state = folder / "state.json"
    run(visited(state, limit(101)))
    state.write_text(json.dumps({**json.loads(state.read_text()), **changes}))
    return state


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"version": 2}, "is of version 2; expected version 1"),
        ({"version": None}, "is no state of a simulated gateway; expected version 1"),
        ({"gateway": "another"}, "is of another, and this is a paper gateway with a still market and DU9000001"),
        ({"orders": 3}, "is broken: orders: Input should be a valid list"),
        ({"orders": [{}]}, "is broken: orders.0.values: Field required"),
        ({"more": 3}, "is broken: more: Extra inputs are not permitted"),
        ({"accounts": [{"account": "x", "cash": "1", "commissions": 0}]}, "is broken: accounts.0.cash: Input should"),
    ],
)
def test_what_is_no_state_of_this_gateway_is_told_and_left_as_it_is(
    changes: dict[str, Any], says: str, tmp_path: Path
) -> None:
    state = written(tmp_path, **changes)
    before = state.read_bytes()
    with pytest.raises(GatewayError) as raised:
        run(visited(state))
    assert f"{state}: {says}" in str(raised.value)
    assert raised.value.hint == "It was left as it is: move it away, or name another file."
    assert state.read_bytes() == before


def test_an_order_that_lacks_what_every_order_has_is_told(tmp_path: Path) -> None:
    kept = json.loads(written(tmp_path).read_text())
    del kept["orders"][0]["values"]["client_id"]
    with pytest.raises(GatewayError, match="is broken: KeyError: 'client_id'"):
        run(visited(written(tmp_path / ".", orders=kept["orders"])))


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff", b'{"version": NaN}'])
def test_what_is_no_json_ends_the_command_with_3_and_is_left_as_it_is(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state.json"
    state.write_bytes(content)
    assert main(["simulate", "--port", "0", "--state", str(state)]) == ExitCode.HARNESS_FAILED
    assert f"ib-compat: {state}: " in capsys.readouterr().err
    assert state.read_bytes() == content


def test_where_nothing_can_be_written_the_command_ends_with_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in (tmp_path, tmp_path / "none" / "state.json"):
        assert main(["simulate", "--port", "0", "--state", str(place)]) == ExitCode.HARNESS_FAILED
        assert f"ib-compat: {place}: " in capsys.readouterr().err


def test_what_cannot_be_written_at_the_end_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()

    async def scenario() -> None:
        async with simulated(state=folder / "state.json") as gateway, connected(gateway, 7) as client:
            (folder / "state.json").unlink()
            folder.rmdir()
            await heard(client, limit(101))

    with pytest.raises(GatewayError, match="the state cannot be written: No such file"):
        run(scenario())
    assert not folder.exists()
