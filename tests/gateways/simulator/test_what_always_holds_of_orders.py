"""What holds of orders whatever is done: quantities add up, money is conserved, and what has ended stays ended."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.gateways.simulator.trading.order import FINAL
from harness.wire.message import Message, Value
from tests.gateways.simulator.market import AAPL, ACCOUNT, ES, EURUSD, ORDER
from tests.gateways.simulator.trader import Trader

CONTRACTS: dict[int, dict[str, Value]] = {
    AAPL: {"con_id": AAPL, "symbol": "AAPL", "sec_type": "STK", "exchange": "SMART", "currency": "USD"},
    ES: {"con_id": ES, "symbol": "ES", "sec_type": "FUT", "exchange": "CME", "currency": "USD"},
    EURUSD: {"con_id": EURUSD, "symbol": "EUR", "sec_type": "CASH", "exchange": "IDEALPRO", "currency": "USD"},
}
COMBO = 1
_DOTS = 3
"""In the id of an execution."""
TRADED: dict[int, dict[str, Any]] = {
    **CONTRACTS,
    COMBO: {
        "con_id": 0,
        "symbol": "A",
        "sec_type": "BAG",
        "exchange": "SMART",
        "currency": "USD",
        "combo_legs": tuple(
            {"con_id": leg, "ratio": ratio, "action": side, "exchange": "SMART"}
            for leg, ratio, side in ((AAPL, 2, "BUY"), (EURUSD, 3, "SELL"))
        ),
    },
}
"""All that orders are for."""
TICKS = {AAPL: 0.01, ES: 0.25, EURUSD: 0.00005, COMBO: 0.01}
PRICES = {AAPL: 100.0, ES: 5000.0, EURUSD: 1.1}


class Holder(Trader):
    """One whose worth is measured."""

    def __init__(self) -> None:
        super().__init__()
        for con_id, price in PRICES.items():
            self.move(con_id, price, "1000")

    def move(self, con_id: int, price: float, size: str) -> None:
        self.prices.set(con_id, price, price, size=size)

    def worth(self) -> float:
        """Cash and holdings and the commissions that were paid, apart from what it began with."""
        changes = self.desk.ledger.changes(ACCOUNT)
        return changes["cash"] + changes["worth"] + self.desk.ledger.commissions(ACCOUNT)


KINDS: list[dict[str, Any]] = [
    {"order_type": "MKT"},
    {"order_type": "LMT", "limit": 0},
    {"order_type": "LMT", "limit": -8},
    {"order_type": "LMT", "limit": 8},
    {"order_type": "STP", "aux": 8},
    {"order_type": "STP LMT", "aux": 4, "limit": 8},
    {"order_type": "MIT", "aux": -8},
    {"order_type": "TRAIL", "aux_price": 1.0},
    {"order_type": "MTL"},
    {"order_type": "REL", "aux_price": 0.0},
    {"order_type": "MIDPRICE"},
    {"order_type": "PEG MKT", "aux_price": 0.0},
]
ORDERS = st.fixed_dictionaries(
    {
        "con_id": st.sampled_from(sorted(TRADED)),
        "action": st.sampled_from(["BUY", "SELL"]),
        "total_quantity": st.sampled_from(["1", "7", "30", "250"]),
        "kind": st.sampled_from(KINDS),
        "time_in_force": st.sampled_from(["DAY", "GTC", "IOC"]),
        "oca_group": st.sampled_from(["", "", "a"]),
        "oca_type": st.sampled_from([1, 2, 3]),
        "parent": st.sampled_from([0, 0, 1]),
        "transmit": st.sampled_from([True, True, False]),
    }
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("place"), ORDERS),
        st.tuples(st.just("cancel"), st.integers(0, 8)),
        st.tuples(st.just("change"), st.tuples(st.integers(0, 8), st.sampled_from(["5", "20", "400"]))),
        st.tuples(st.just("size"), st.tuples(st.sampled_from(sorted(CONTRACTS)), st.sampled_from(["3", "20", "900"]))),
        st.tuples(st.just("move"), st.tuples(st.sampled_from(sorted(CONTRACTS)), st.integers(-20, 20))),
    ),
    min_size=2,
    max_size=14,
)


def play(trader: Holder, steps: list[tuple[str, Any]]) -> None:
    placed: list[dict[str, Value]] = []
    for name, what in steps:
        if name == "place":
            placed.append(_placed(len(placed), what))
            trader.say("place_order", placed[-1])
        elif name == "cancel":
            trader.say("cancel_order", {"order_id": 101 + what})
        elif name == "change" and what[0] < len(placed):
            trader.say("place_order", {**placed[what[0]], "total_quantity": what[1], "transmit": True})
        elif name == "size":
            trader.move(what[0], PRICES[what[0]], what[1])
        elif name == "move":
            trader.move(what[0], round(PRICES[what[0]] + what[1] * TICKS[what[0]], 8), "25")
        trader.tick()


def _placed(number: int, what: dict[str, Any]) -> dict[str, Value]:
    tick, price = TICKS[what["con_id"]], PRICES.get(what["con_id"], 2 * PRICES[AAPL] - 3 * PRICES[EURUSD])
    kind = dict(what["kind"])
    prices = {f"{name}_price": round(price + kind.pop(name) * tick, 8) for name in ("limit", "aux") if name in kind}
    parent = 101 if what["parent"] and number else 0
    sent = {name: value for name, value in what.items() if name not in {"kind", "parent", "con_id"}}
    ids = {"parent_id": parent, "order_id": 101 + number}
    return {**ORDER, **TRADED[what["con_id"]], **sent, **kind, **prices, **ids}


@given(STEPS)
def test_quantities_add_up_and_what_has_ended_stays_so(steps: list[tuple[str, Any]]) -> None:
    trader = Holder()
    play(trader, steps)
    totals: dict[Value, Value] = {}
    final: dict[Value, Value] = {}
    for each in trader.told:
        if each.name == "open_order":
            totals[each["order_id"]] = each["total_quantity"]
        if each.name != "order_status":
            continue
        filled = Decimal(str(each.values.get("filled", "0")))
        remaining = Decimal(str(each["remaining"]))
        assert filled >= 0
        assert remaining >= 0
        if each["order_id"] in totals:
            assert filled + remaining == Decimal(str(totals[each["order_id"]]))
        ended = final.setdefault(each["order_id"], each["status"]) if each["status"] in FINAL else None
        assert final.get(each["order_id"], ended) == (ended or final.get(each["order_id"]))
        assert each["order_id"] not in final or each["status"] == final[each["order_id"]]


def is_of_a_leg(execution: Message) -> bool:
    """Whether it is a part of a combination's: its id has one part more."""
    return str(execution["exec_id"]).count(".") > _DOTS


@given(STEPS)
def test_each_fill_is_told_once_and_adds_up_to_its_order(steps: list[tuple[str, Any]]) -> None:
    trader = Holder()
    play(trader, steps)
    shares: dict[Value, Decimal] = {}
    for each in trader.told:
        if each.name == "execution_details" and not is_of_a_leg(each):
            shares[each["order_id"]] = shares.get(each["order_id"], Decimal(0)) + Decimal(str(each["shares"]))
            assert Decimal(str(each["cumulative_quantity"])) == shares[each["order_id"]]
    for order in trader.desk.book.of(None):
        assert order.filled == shares.get(order.order_id, 0)
    ids = [each["exec_id"] for each in trader.told if each.name == "execution_details"]
    assert sorted(set(map(str, ids))) == sorted(map(str, ids))
    charged = [each["exec_id"] for each in trader.told if each.name == "commission_report"]
    whole = [each["exec_id"] for each in trader.told if each.name == "execution_details" and each["sec_type"] == "BAG"]
    assert charged == [each for each in ids if each not in whole]


@given(STEPS.map(lambda steps: [step for step in steps if step[0] in {"place", "cancel", "change"}]))
def test_money_is_conserved_at_constant_prices(steps: list[tuple[str, Any]]) -> None:
    trader = Holder()
    for con_id, price in PRICES.items():
        trader.move(con_id, price, "1000000")  # all is filled at the one price
    before = trader.worth()
    play(trader, steps)
    assert trader.worth() == pytest.approx(before, abs=1e-6)
