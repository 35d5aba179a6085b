"""The same of gateways that somebody else runs: what counts is what they are called and which accounts they show."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.checks.all import BY_NAME
from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.server import SimulatedGateway
from harness.gateways.simulator.truth import Truth, told_by
from harness.run.column_limits import MESSAGES_A_SECOND, Pace
from harness.shared.status import Status
from harness.wire.message import Message
from tests.orders.conftest import FAR_FROM_THE_MARKET, ROWS, START_API, Wire

pytestmark = pytest.mark.slow

CHECKS = {check.name for check in BY_NAME.values() if check.sends_order and not check.only_simulated}
Serve = Callable[[str], int]


class Turning(SimulatedGateway):
    """Shows a paper account to its first client, and real money to all that come later."""

    def __init__(self) -> None:
        self._shown = 0
        super().__init__(find("gateway-10.45"), mode="paper")
        self._shown = 0  # nobody was shown anything yet

    @property
    def truth(self) -> Truth:
        self._shown += 1
        return told_by("paper" if self._shown == 1 else "live", None, None)

    @truth.setter
    def truth(self, _: Truth) -> None:
        """What the first client is shown is fixed."""


@pytest.fixture
def serve(loop: asyncio.AbstractEventLoop) -> Iterator[Serve]:
    """Give what starts a gateway with the accounts of a mode; gives its port."""

    def here(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)

    with contextlib.ExitStack() as ends:

        def start(mode: str) -> int:
            gateway = Turning() if mode == "paper then live" else SimulatedGateway(find("gateway-10.45"), mode=mode)
            here(gateway.__aenter__())
            ends.callback(lambda: here(gateway.__aexit__(None, None, None)))
            return gateway.port

        yield start


def address(port: int, mode: str) -> str:
    where = f'kind = "address"\nhost = "127.0.0.1"\nport = {port}\nmode = "{mode}"\n'
    return f'\n[[gateway]]\nproduct = "gateway"\nversion = "10.45"\n{where}'


@pytest.mark.parametrize("shows", ["live", "paper"])
def test_none_leaves_to_a_gateway_that_is_called_live(run: Any, wire: Wire, serve: Serve, shows: str) -> None:
    outcome = run(address(serve(shows), "live"), orders=True, allow_live=True)
    assert len(outcome.outcomes) == ROWS
    assert all(cell.negotiated for cell in outcome.outcomes), "a cell that never connected proves nothing"
    assert wire.orders() == []


def test_nothing_at_all_is_asked_where_paper_shows_a_live_account(run: Any, wire: Wire, serve: Serve) -> None:
    outcome = run(address(serve("live"), "paper"), orders=True, allow_live=True)
    assert {cell.skipped for cell in outcome.outcomes if cell.skipped} != set()
    assert not any(cell.checks for cell in outcome.outcomes)
    assert wire.orders() == []


@pytest.mark.parametrize("record", [True, False])
def test_nothing_is_asked_of_a_live_account_that_shows_only_after_the_first_look(
    run: Any,
    wire: Wire,
    serve: Serve,
    record: bool,  # noqa: FBT001
) -> None:
    outcome = run(address(serve("paper then live"), "paper"), record=record)
    control, *cells = wire.sent.values()
    assert control
    assert len(cells) >= 1
    assert [ids for ids in map(wire.ids, cells) if set(ids) - {START_API}] == []
    assert {cell.skipped for cell in outcome.outcomes} == {outcome.outcomes[0].skipped}
    assert "not a paper account" in str(outcome.outcomes[0].skipped)
    assert not any(cell.checks for cell in outcome.outcomes)


def test_no_historical_request_is_made_twice(run: Any, wire: Wire, serve: Serve) -> None:
    port = serve("paper")
    run(address(port, "paper"))
    run(address(port, "paper"))
    asked = [bars_asked(message) for message in wire.said("req_historical_data")]
    assert len(asked) >= 2 * ROWS * 3
    assert len(asked) == len(set(asked))


def bars_asked(message: Message) -> tuple[object, ...]:
    """What makes a request for bars the same to a gateway: whichever form the times are to have."""
    return tuple(str(message.values.get(key)) for key in ("contract", "symbol", "bar_size", "duration", "what_to_show"))


def test_on_paper_exactly_those_far_from_the_market_leave(run: Any, wire: Wire, serve: Serve) -> None:
    outcome = run(address(serve("paper"), "paper"), orders=True)
    assert sorted(wire.orders()) == sorted(FAR_FROM_THE_MARKET * ROWS)
    for order in wire.said("place_order"):
        assert (order["account"], order["symbol"], order["time_in_force"]) == ("DU9000001", "AAPL", "DAY")
        assert order["order_type"] in {"LMT", "STP"}
        assert float(order.text("total_quantity")) <= 2.0
        price, selling = float(str(order["limit_price"] or order["aux_price"])), order["action"] == "SELL"
        assert price >= 1000.0 if selling and order["order_type"] == "LMT" else price <= 1.01
        assert selling == (order["parent_id"] != 0)
    assert wire.left_working() == []
    told = {(check.name, check.status) for cell in outcome.outcomes for check in cell.checks if check.name in CHECKS}
    assert told == {(name, Status.PASS) for name in CHECKS}


def test_all_that_leaves_keeps_to_one_pace(run: Any, wire: Wire, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever cells and control say, hello by hello, was let through by one and the same pace."""
    assert MESSAGES_A_SECOND <= 40
    let_through: Counter[Pace] = Counter()
    take = Pace.take

    async def counted(pace: Pace, count: int) -> None:
        let_through[pace] += count
        await take(pace, count)

    monkeypatch.setattr(Pace, "take", counted)
    run(address(serve("paper"), "paper"), record=False)
    (passed,) = let_through.values()
    assert len(wire.sent) > ROWS
    assert passed >= sum(len(["hello", *wire.ids(data)]) for data in wire.sent.values())
