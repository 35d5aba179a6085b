"""What each type of order waits for, and what fills it, in a market that is moved by hand."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from harness.gateways.simulator.moving_prices import MovingPrices
from harness.gateways.simulator.sessions import Session, rule
from harness.gateways.simulator.trading.kinds import Takes, kinds
from harness.wire.message import Message
from tests.gateways.simulator.market import AAPL, ENDED, ES, brief, fill, limit, order, pair
from tests.gateways.simulator.test_combos import combo, priced
from tests.gateways.simulator.trader import Trader
from tests.gateways.simulator.worlds import FRIDAY, contracts, found, world

NEW_YORK = ZoneInfo("US/Eastern")
HOURS = Session("US/Eastern", (rule("mon-fri 04:00-20:00"),), (rule("mon-fri 09:30-16:00"),))
MINUTE = 60


def at(hour: int, minute: int = 0) -> float:
    """A moment of a Friday."""
    return dt.datetime(2026, 12, 4, hour, minute, tzinfo=NEW_YORK).timestamp()


def fills(messages: list[Message]) -> list[tuple[Any, Any]]:
    """Shares and prices."""
    return [(each["shares"], each["price"]) for each in messages if each.name == "execution_details"]


def statuses(messages: list[Message]) -> list[Any]:
    return [each["status"] for each in messages if each.name == "order_status"]


def test_a_market_to_limit_order_takes_the_best_price_and_rests_there() -> None:
    trader = Trader()
    trader.prices.set(AAPL, 99.0, 100.0, size="40")
    assert fills(trader.place(order(order_type="MTL"))) == [("40", 100.0)]
    assert trader.told[-2]["status"] == "Submitted"
    assert [each["limit_price"] for each in trader.told if each.name == "open_order"][-1] == 100.0
    assert fills(trader.moves(AAPL, 99.5, 100.5)) == []
    assert fills(trader.moves(AAPL, 99.0, 100.0)) == [("60", 100.0)]


PEGGED: list[tuple[dict[str, Any], float, float]] = [
    ({"order_type": "REL", "aux_price": 0.02}, 99.02, 101.02),
    ({"order_type": "REL", "percent_offset": 0.001}, 99.099, 101.101),
    ({"order_type": "REL", "aux_price": 0.02, "limit_price": 100.0}, 99.02, 100.0),
    ({"order_type": "PEG MKT", "aux_price": 0.3}, 100.7, 102.7),
    ({"order_type": "PEG MID", "aux_price": 0.1}, 99.9, 101.9),
    ({"order_type": "PEG BEST", "compete_against_best_offset": 0.05, "post_to_ats": 1}, 99.05, 101.05),
    ({"order_type": "PEG BEST", "compete_against_best_offset": math.inf, "post_to_ats": 1}, 100.0, 102.0),
    ({"order_type": "MIDPRICE"}, 100.0, 102.0),
    ({"order_type": "MIDPRICE", "limit_price": 101.5}, 100.0, 101.5),
    ({"order_type": "SNAP MID", "aux_price": 0.1}, 99.9, 99.9),
    ({"order_type": "SNAP PRIM", "aux_price": 0.1}, 99.1, 99.1),
    ({"order_type": "SNAP MKT", "aux_price": 0.1}, 100.9, 100.9),
]


@pytest.mark.parametrize(("fields", "first", "later"), PEGGED)
def test_a_pegged_order_follows_its_market_and_is_filled_where_it_is(
    fields: dict[str, Any], first: float, later: float
) -> None:
    trader = Trader()
    trader.prices.set(AAPL, 99.0, 101.0)
    where = []
    trader.place(order(**fields))
    (placed,) = trader.desk.book.working()
    where.append(placed.pegged)
    assert fills(trader.moves(AAPL, 101.0, 103.0)) == []
    where.append(placed.pegged)
    assert where == [pytest.approx(first), pytest.approx(later)]
    assert fills(trader.moves(AAPL, 90.0, 90.5)) == [("100", pytest.approx(later))]


def test_a_change_of_what_it_is_pegged_by_moves_it_at_once() -> None:
    trader = Trader()
    trader.prices.set(AAPL, 99.0, 101.0)
    trader.place(order(order_type="SNAP MID", aux_price=0.5))
    trader.place(order(order_type="SNAP MID", aux_price=0.25))
    (placed,) = trader.desk.book.working()
    assert placed.pegged == 99.75


def test_who_sells_is_pegged_to_the_other_side() -> None:
    trader = Trader()
    trader.prices.set(AAPL, 99.0, 101.0)
    trader.place(order(order_type="REL", aux_price=0.02, action="SELL"))
    (placed,) = trader.desk.book.working()
    assert placed.pegged == pytest.approx(100.98)
    assert fills(trader.moves(AAPL, 102.0, 102.5)) == [("100", pytest.approx(100.98))]


def test_one_that_is_pegged_to_the_market_itself_is_filled_at_once() -> None:
    trader = Trader()
    trader.prices.set(AAPL, 99.0, 101.0)
    assert fills(trader.place(order(order_type="PEG MKT"))) == [("100", 101.0)]


def test_one_whose_offset_reaches_the_other_side_is_filled_there() -> None:
    trader = Trader()
    trader.prices.set(AAPL, 99.0, 103.0)
    assert fills(trader.place(order(order_type="REL", aux_price=3.0))) == []
    assert fills(trader.moves(AAPL, 100.0, 102.5)) == [("100", 102.5)]


@pytest.mark.parametrize(("less", "wanted"), [(False, 62.0), (True, 58.0)])
def test_one_that_is_pegged_to_a_benchmark_moves_by_its_steps(*, less: bool, wanted: float) -> None:
    trader = Trader()
    trader.prices.set(ES, 5000.0, 5000.0)
    steps: dict[str, Any] = {
        "reference_change_amount": 2.5,
        "pegged_change_amount": 0.5,
        "pegged_change_decrease": less,
    }
    start: dict[str, Any] = {"starting_price": 60.0, "stock_ref_price": 4995.0, "reference_contract_id": ES}
    trader.place(order(order_type="PEG BENCH", **start, **steps))
    (placed,) = trader.desk.book.working()
    assert placed.pegged == pytest.approx(61.0 if not less else 59.0)
    trader.moves(ES, 5005.0, 5005.0)
    assert placed.pegged == pytest.approx(wanted)


def test_an_order_that_is_touched_when_the_market_turns_trails_it() -> None:
    trader = Trader()
    trader.place(order(order_type="TRAIL MIT", aux_price=5.0))
    trader.moves(AAPL, 110.0, 110.0)
    assert fills(trader.moves(AAPL, 106.0, 106.0)) == []
    assert fills(trader.moves(AAPL, 105.0, 105.0)) == [("100", 105.0)]


AUCTIONS: list[tuple[dict[str, Any], float, float, list[Any]]] = [
    ({"order_type": "MOC"}, at(15, 58), at(16), ["Filled"] * 2),
    ({"order_type": "LOC", "limit_price": 101.0}, at(15, 58), at(16), ["Filled"] * 2),
    ({"order_type": "LOC", "limit_price": 99.0}, at(15, 58), at(16), ["Cancelled"]),
    ({"order_type": "MKT", "time_in_force": "OPG"}, at(9), at(9, 30), ["Filled"] * 2),
    ({"order_type": "MOO"}, at(9), at(9, 30), ["Filled"] * 2),
    ({"order_type": "LMT", "limit_price": 101.0, "time_in_force": "OPG"}, at(9), at(9, 30), ["Filled"] * 2),
    ({"order_type": "LMT", "limit_price": 99.0, "time_in_force": "OPG"}, at(9), at(9, 30), ["Cancelled"]),
    (
        {"order_type": "LMT", "limit_price": 99.0, "time_in_force": "AUC", "exchange": "NASDAQ"},
        at(9),
        at(9, 30),
        ["Submitted"],
    ),
]


@pytest.mark.parametrize(("fields", "placed", "held", "ends"), AUCTIONS)
def test_an_order_for_an_auction_waits_for_it_and_is_filled_at_its_price_or_ends(
    fields: dict[str, Any], placed: float, held: float, ends: list[Any]
) -> None:
    trader = Trader(placed, lambda _contract: HOURS)
    trader.prices.set(AAPL, 99.5, 99.5, last=99.5)
    assert set(statuses(trader.place(order(**fields)))) == {"PreSubmitted"}
    trader.prices.set(AAPL, 99.0, 102.0, last=100.5)
    assert trader.tick(held - placed - 1) == []
    came = trader.tick(1)
    assert statuses(came) == ends
    assert fills(came) == ([("100", 100.5)] if "Filled" in ends else [])
    if ends == ["Cancelled"]:
        assert [brief(each) for each in came] == ENDED


@pytest.mark.parametrize("opens", [True, False])
def test_in_the_moving_market_an_auction_has_the_price_of_the_first_or_the_last_trade(*, opens: bool) -> None:
    when, contract = at(9, 30) if opens else at(16), {"con_id": AAPL}
    prices = MovingPrices(world().listings, 1, lambda: when)
    before, after = (
        [each["price"] for each in prices.trades(contract, begins, begins + MINUTE)] for begins in (when - MINUTE, when)
    )
    wanted = after[0] if opens else before[-1]
    assert wanted != (after[-1] if opens else before[0])
    assert prices.auction(contract, when, opens=opens) == wanted


def test_an_auction_that_is_looked_at_late_has_its_own_price(monkeypatch: pytest.MonkeyPatch) -> None:
    prices = {(at(9, 30), True): 5.0, (at(16), False): 7.0}
    trader = Trader(at(9), lambda _contract: HOURS)
    monkeypatch.setattr(trader.prices, "auction", lambda _contract, when, *, opens: prices[when, opens])
    trader.place(order(order_type="MOC"))
    trader.place(order(102, time_in_force="OPG"))
    assert fills(trader.tick(10 * 60 * MINUTE)) == [("100", 7.0), ("100", 5.0)]


def test_an_order_at_the_close_that_comes_after_it_waits_for_the_next() -> None:
    trader = Trader(at(17), lambda _contract: HOURS)
    trader.place(order(order_type="MOC"))
    (placed,) = trader.desk.book.working()
    assert placed.auction_at == at(16) + 3 * 86400
    assert trader.tick(MINUTE) == []


def test_an_order_that_is_good_after_a_time_waits_for_it() -> None:
    trader = Trader(at(10), lambda _contract: HOURS)
    assert statuses(trader.place(order(good_after_time="20261204 10:00:30 US/Eastern"))) == ["PreSubmitted"]
    assert trader.tick(29) == []
    assert fills(trader.tick(1)) == [("100", 100.0)]


def test_a_time_without_a_date_is_of_the_day_on_which_the_order_came() -> None:
    """Documented."""
    trader = Trader(at(10), lambda _contract: HOURS)
    trader.place(order(101, good_after_time="10:00:30 US/Eastern"))
    trader.place(limit(102, time_in_force="GTD", good_till_date="10:01"))
    assert trader.tick(29) == []
    assert fills(trader.tick(1)) == [("100", 100.0)]
    assert trader.tick(29) == []
    assert [brief(each) for each in trader.tick(1)] == ENDED
    trader.place(order(103, order_type="MOC", good_after_time="15:59:00"))
    assert fills(trader.tick(6 * 3600)) == [("100", 100.0)]


@pytest.mark.parametrize(
    ("fields", "auction"), [({"order_type": "MOC"}, at(16)), ({"time_in_force": "OPG"}, at(9, 30))]
)
def test_an_order_that_is_good_after_a_time_waits_for_the_auction_after_it(
    fields: dict[str, Any], auction: float
) -> None:
    trader, after = Trader(at(8), lambda _contract: HOURS), "2026120{} 08:30:00 US/Eastern"
    trader.place(order(good_after_time=after.format(7), **fields))
    trader.now = auction
    assert trader.tick() == []
    trader.now = auction + 3 * 86400
    assert fills(trader.tick()) == [("100", 100.0)]


@pytest.mark.parametrize(
    ("fields", "auction"), [({"order_type": "MOC"}, at(16)), ({"time_in_force": "OPG"}, at(9, 30))]
)
def test_the_auction_of_an_order_follows_a_change_of_when_it_works(fields: dict[str, Any], auction: float) -> None:
    trader, after = Trader(at(8), lambda _contract: HOURS), "2026120{} 08:30:00 US/Eastern"
    trader.place(order(good_after_time=after.format(7), **fields))
    trader.place(order(good_after_time=after.format(4), **fields))
    trader.now = auction
    assert fills(trader.tick()) == [("100", 100.0)]


def test_a_day_order_that_is_good_after_a_time_lives_for_the_day_of_that_time() -> None:
    trader = Trader(at(15, 59), lambda _contract: HOURS)
    trader.place(limit(good_after_time="20261207 10:00:00 US/Eastern"))
    assert trader.tick(10 * MINUTE) == []
    (placed,) = trader.desk.book.working()
    assert placed.day_ends == at(16) + 3 * 86400


def test_the_day_of_an_order_follows_a_change_of_when_it_works() -> None:
    trader, after = Trader(at(15), lambda _contract: HOURS), "2026120{} 10:00:00 US/Eastern"
    trader.place(limit(good_after_time=after.format(4)))
    (placed,) = trader.desk.book.working()
    trader.place(limit(good_after_time=after.format(8)))
    assert placed.day_ends == at(16) + 4 * 86400
    trader.place(limit(good_after_time=after.format(8), outside_rth=True))
    assert placed.day_ends == at(20) + 4 * 86400


def test_an_order_at_the_close_lives_until_its_auction_be_it_valid_outside_regular_hours() -> None:
    trader = Trader(at(17), lambda _contract: HOURS)
    trader.place(order(order_type="MOC", outside_rth=True))
    assert trader.tick(4 * 60 * MINUTE) == []
    trader.now = at(15, 59) + 3 * 86400
    assert fills(trader.tick(MINUTE)) == [("100", 100.0)]


def test_an_order_ends_with_the_contract_or_the_leg_that_it_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    trader = priced()
    ends = trader.now + 10
    monkeypatch.setattr(trader.prices, "expires", lambda contract: ends if contract["con_id"] == ES else None)
    trader.place(limit(101, time_in_force="GTC"))
    trader.place(limit(102, con_id=ES, symbol="ES", sec_type="FUT", exchange="CME", time_in_force="GTC"))
    trader.place(combo(order_id=103, order_type="LMT", limit_price=-9000.0, time_in_force="GTC"))
    assert trader.tick(9) == []
    assert [brief(each) for each in trader.tick(1)] == ENDED * 2
    assert [each.order_id for each in trader.desk.book.working()] == [101]


@pytest.mark.parametrize("kind", ["OPT", "FUT"])
def test_the_moving_market_knows_when_a_contract_ends(kind: str) -> None:
    contract = found(contracts(FRIDAY), sec_type=kind, symbol="AAPL" if kind == "OPT" else "ES")[0]
    date, time, zone = str(contract["last_trade"]).split()
    ends = dt.datetime.strptime(date + time, "%Y%m%d%H:%M:%S").replace(tzinfo=ZoneInfo(zone)).timestamp()
    prices = MovingPrices(world().listings, 1, lambda: FRIDAY)
    assert prices.expires(contract) == ends
    assert prices.expires({"con_id": AAPL}) is None


@pytest.mark.parametrize("when", ["99991231 23:59:59", "99991220 10:00:00", "00010101 00:00:00 Asia/Tokyo"])
def test_an_order_may_name_any_moment_of_the_calendar(when: str) -> None:
    trader = Trader(at(15), lambda _contract: HOURS)
    late: dict[str, Any] = {"kind": 3, "is_more": False, "time": f"{when[:8]}-{when[9:17]}"}
    held = "PreSubmitted" if when > "2026" else "Submitted"
    assert statuses(trader.place(limit(good_after_time=when)))[-1] == held
    told = trader.place(limit(102, conditions=[late]))
    assert told[0].name == "open_order"


@pytest.mark.parametrize(
    "fields",
    [
        {"order_type": "TRAIL", "aux_price": math.inf},
        {"order_type": "REL", "aux_price": math.inf},
        {"order_type": "PEG MKT", "aux_price": math.nan},
        {"order_type": "PEG STK", "starting_price": math.inf},
    ],
)
def test_an_offset_that_is_no_number_leads_to_no_price_that_cannot_be_kept(fields: dict[str, Any]) -> None:
    trader = Trader()
    trader.prices.set(AAPL, 99.0, 101.0)
    trader.place(order(**fields))
    trader.moves(AAPL, 98.0, 100.0)
    for each in trader.desk.book.of(None):
        assert all(price is None or math.isfinite(price) for price in (each.stop, each.pegged))


def test_a_type_that_is_never_filled_rests_and_each_says_how_sure_it_is() -> None:
    trader = Trader()
    said = trader.place(order(order_type="VOL", volatility=0.2))
    assert [brief(each) for each in said] == [*pair("PreSubmitted"), *pair("Submitted")]
    assert trader.moves(AAPL, 1.0, 1.0) == []
    never = {name for name, kind in kinds().items() if kind.takes is Takes.NOTHING}
    assert {"VOL", "QUOTE", "RPI"} <= never
    assert not {"MOC", "REL", "MIDPRICE", "MTL"} & never


def test_a_bracket_of_a_parent_at_the_close_waits_with_it() -> None:
    trader = Trader(at(15, 59), lambda _contract: HOURS)
    trader.place(order(101, order_type="MOC", transmit=False))
    trader.place(limit(102, 120.0, action="SELL", parent_id=101, time_in_force="GTC"))
    came = [brief(each) for each in trader.tick(MINUTE) if each.values.get("order_id") == 101]
    assert came == fill("100")[:-1]
    assert {each.status for each in trader.desk.book.working()} == {"PreSubmitted"}
