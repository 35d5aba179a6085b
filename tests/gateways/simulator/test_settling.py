"""Holdings whose contract ends: each is closed at what the contract was worth then, and who watches is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from harness.gateways.simulator.moving_prices import MovingPrices
from harness.gateways.simulator.prices import midpoint
from harness.gateways.simulator.timing import SteppedTime
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message
from tests.gateways.simulator.market import AAPL, brief, heard, order
from tests.gateways.simulator.talk import connected, run, simulated
from tests.gateways.simulator.worlds import contracts, found, world

NEW_YORK = ZoneInfo("US/Eastern")
SEED = 1


def at(day: int, hour: int, minute: int = 0) -> float:
    """A moment of December."""
    return dt.datetime(2026, 12, day, hour, minute, tzinfo=NEW_YORK).timestamp()


def quoted(contract: Values, when: float) -> float:
    quote = MovingPrices(world().listings, SEED, lambda: when).quote(contract)
    assert quote is not None
    return midpoint(quote)


def option(right: str, money: float, ends: float = at(4, 16)) -> Values:
    """An option of Apple that ends on Friday, and is so much in the money when it does."""
    strikes = found(contracts(at(4, 10)), sec_type="OPT", symbol="AAPL", right=right, last_trade_date="20261204")
    above = money if right == "C" else -money
    return min(strikes, key=lambda one: abs(quoted({"con_id": AAPL}, ends) - float(str(one["strike"])) - above))


@pytest.mark.parametrize(("right", "money"), [("C", 10.0), ("P", 10.0), ("C", -10.0), ("P", -10.0)])
def test_an_option_is_worth_what_it_is_in_the_money_when_it_ends(right: str, money: float) -> None:
    ends, contract = at(4, 16), option(right, money)
    above = quoted({"con_id": AAPL}, ends) - float(str(contract["strike"]))
    worth = MovingPrices(world().listings, SEED, lambda: ends + 3600).settlement(contract)
    assert worth == pytest.approx(max(0.0, above if right == "C" else -above))
    assert bool(worth) == (money > 0)
    assert MovingPrices(world().listings, SEED, lambda: ends - 1).settlement(contract) is None


async def visited(contract: Values, start: float, ends: float, *, watches: bool) -> list[list[Message]]:
    """Buy three of a contract; return what that tells, what its end tells, and what the account has and says later."""
    clock, asked = SteppedTime(start), Message("req_positions")
    tags = Message("req_account_summary", {"req_id": 1, "group": "All", "tags": "TotalCashValue,NetLiquidation"})
    wanted: dict[str, Any] = {name: contract[name] for name in ("con_id", "symbol", "sec_type", "exchange")}
    async with simulated(seed=SEED, fresh=True, timing=clock) as gateway, connected(gateway, 5) as client:
        bought = await heard(client, tags, order(total_quantity="3", **wanted), *([asked] if watches else []))
        clock.step(ends - clock.now() - 1)
        await heard(client)
        clock.step(1)
        ended = await heard(client)
        clock.step(3600)
        return [bought, ended, *[await heard(client, each) for each in (asked, tags, order(102, **wanted))]]


def future() -> Values:
    return found(contracts(at(17, 10)), sec_type="FUT", symbol="ES")[0]


ENDS = [
    (partial(option, "C", 10.0), at(4, 10), at(4, 16)),
    (partial(option, "P", -10.0), at(4, 10), at(4, 16)),
    (future, at(17, 10), at(18, 9, 30)),
]
"""What is bought, when, and when it ends. To find a contract takes long, so that is left to its test."""


@pytest.mark.parametrize(("contract_of", "start", "ends"), ENDS, ids=["call", "put", "future"])
@pytest.mark.parametrize("watches", [True, False])
def test_a_holding_is_closed_when_its_contract_ends(
    contract_of: Callable[[], Values], start: float, ends: float, *, watches: bool
) -> None:
    """A future that had ended once won and lost for ever, and could not be sold."""
    contract = contract_of()
    bought, ended, held, worth, again = run(visited(contract, start, ends, watches=watches))
    assert [each["position"] for each in ended if each.name == "position"] == (["0"] if watches else [])
    assert [each.values.get("position") for each in held] == ["0", None]
    assert [brief(each) for each in again] == [("error", 200)]
    fills = [each for each in bought if each.name == "execution_details"]
    paid = sum(float(each.text("shares")) * float(str(each["price"])) for each in fills)
    charged = sum(float(str(each["commission"])) for each in bought if each.name == "commission_report")
    settled = MovingPrices(world().listings, SEED, lambda: ends).settlement(contract) or 0.0
    made = float(str(contract["multiplier"])) * (3 * settled - paid) - charged
    before, after = ([float(each.text("value")) for each in told if "tag" in each.values] for told in (bought, worth))
    assert after == pytest.approx([value + made for value in before[:2]], abs=0.01)
