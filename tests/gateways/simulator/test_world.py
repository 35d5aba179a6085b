"""The world: every contract is found by each way of asking, has one number for ever, and no date that has passed."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from functools import cache
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.gateways.simulator.truth import Values, load, meant
from harness.gateways.simulator.world import Listing
from harness.gateways.simulator.world.chains import Chain
from harness.gateways.simulator.world.contracts import Options
from harness.gateways.simulator.world.futures import Future
from harness.shared.errors import UsageError
from harness.wire.message import Message, Value
from tests.gateways.simulator.worlds import CLOCKS, FRIDAY, contracts, found, told, world

CHAINS = st.sampled_from(world().chains)
FUTURES = st.sampled_from(world().futures)


@st.composite
def options(draw: st.DrawFn) -> tuple[float, Chain, Listing]:
    """Any option that trades at any moment."""
    now, chain = draw(CLOCKS), draw(CHAINS)
    ends = draw(st.sampled_from(chain.listed(now)))
    return now, chain, chain.listing(ends, draw(st.sampled_from(chain.strikes)), draw(st.sampled_from("CP")))


def numbers(rows: list[Values]) -> list[object]:
    return [row["con_id"] for row in rows]


@pytest.mark.slow
@given(options())
@settings(max_examples=50)
def test_an_option_is_found_by_each_way_of_asking(option: tuple[float, Chain, Listing]) -> None:
    now, chain, listing = option
    known, told, con_id = contracts(now), listing.details, listing.con_id
    assert world().listings[con_id] == listing
    assert found(known, con_id=con_id) == [listing.told(now)]
    local_symbol = str(told["local_symbol"])
    assert numbers(found(known, local_symbol=local_symbol)) == [con_id]
    assert numbers(found(known, local_symbol=local_symbol, sec_type=chain.sec_type, exchange="SMART")) in ([con_id], [])
    asked = {name: told[name] for name in ("symbol", "sec_type", "last_trade_date", "strike", "right", "trading_class")}
    assert numbers(found(known, **asked)) == [con_id]
    for name, more in (("right", 2), ("strike", len(chain.strikes)), ("last_trade_date", 1)):
        several = found(known, **{key: value for key, value in asked.items() if key != name})
        assert con_id in numbers(several)
        assert len(several) >= more


@given(options())
def test_a_local_symbol_of_an_option_has_twenty_one_characters(option: tuple[float, Chain, Listing]) -> None:
    _, chain, listing = option
    if chain.sec_type == "OPT":
        assert len(str(listing.details["local_symbol"])) == 21


@pytest.mark.slow
@given(CLOCKS, CHAINS)
@settings(max_examples=20)
def test_option_parameters_name_what_exists_to_the_last_option(now: float, chain: Chain) -> None:
    rows = [row for row in Options(world(), now) if row["trading_class"] == chain.table.trading_class]
    named = Counter(
        (row["underlying_con_id"], date["date"], strike["price"])
        for row in rows
        for date in listed(row, "expirations")
        for strike in listed(row, "strikes")
        if row["exchange"] == chain.exchanges[0]
    )
    there = found(contracts(now), sec_type=chain.sec_type, trading_class=chain.table.trading_class, right="P")
    assert named == Counter((row["under_con_id"], row["last_trade_date"], row["strike"]) for row in there)
    assert {row["exchange"] for row in rows} == set(str(there[0]["valid_exchanges"]).split(","))
    assert {row["multiplier"] for row in rows} == {row["multiplier"] for row in there}


def listed(row: Values, name: str) -> list[Values]:
    value = row[name]
    assert isinstance(value, tuple)
    return list(value)


@given(CLOCKS)
def test_nothing_that_trades_has_ended(now: float) -> None:
    for future in world().futures:
        months = future.listed(now)
        assert len(months) == future.table.listed
        assert all(ends_after(future.listing(month), now) for month in months)
    for chain in world().chains:
        ends = chain.listed(now)
        assert ends == tuple(sorted(set(ends)))
        assert ends
        assert all(ends_after(chain.listing(day, chain.strikes[0], "C"), now) for day in ends)


def ends_after(listing: Listing, now: float) -> bool:
    last = dt.datetime.strptime(str(listing.details["last_trade_date"]), "%Y%m%d").date()  # noqa: DTZ007
    return last >= listing.session.day(now) and listing.expires is not None and listing.expires > now


@given(CLOCKS, CHAINS, st.floats(0, 400 * 86400))
def test_an_option_trades_until_it_ends(now: float, chain: Chain, later: float) -> None:
    """Nothing that trades goes before its time."""
    then = now + later
    assert {day for day in chain.listed(now) if chain.expires(day) > then} <= set(chain.listed(then))


@given(CLOCKS, FUTURES, st.floats(0, 400 * 86400))
def test_a_future_trades_until_it_ends(now: float, future: Future, later: float) -> None:
    then = now + later
    assert {month for month in future.listed(now) if future.expires(month) > then} <= set(future.listed(then))


@given(CLOCKS)
@settings(max_examples=10)
def test_everything_is_on_something_that_trades(now: float) -> None:
    for chain in world().chains:
        for ends in chain.listed(now):
            assert world().is_listed(chain.underlying_con_id(ends), now)
    for row in islice(contracts(now), 300):
        for con_id in (row.get("under_con_id"), world().listings[int(str(row["con_id"]))].underlying):
            assert con_id is None or found(contracts(now), con_id=con_id)


@cache
def at_one_moment() -> list[int]:
    """All numbers that there are on a Friday."""
    months = (future.con_id(month) for future in world().futures for month in future.listed(FRIDAY))
    options = (con_id for chain in world().chains for con_id in chain.con_ids(chain.listed(FRIDAY)))
    return [*world().lasting, *months, *options]


def some() -> list[Values]:
    """All that lasts, all futures, and some options of every chain."""
    return [world().listings[con_id].told(FRIDAY) for con_id in (*at_one_moment()[:150], *at_one_moment()[::97])]


def test_every_number_is_of_one_contract() -> None:
    every = at_one_moment()
    assert len(set(every)) == len(every) > 50_000
    assert max(every) < 2**31


@pytest.mark.slow
def test_all_contracts_together_are_those_that_can_be_asked_for() -> None:
    assert numbers(list(contracts())) == at_one_moment()
    assert at_one_moment()[-1] in world().listings


def test_every_contract_has_what_a_contract_of_its_kind_was_captured_with() -> None:
    captured = {row["sec_type"]: row for row in load("paper").contract_details if row["local_symbol"] != "MC"}
    for row in some():
        needed = set(captured.get(row["sec_type"], captured["CASH"])) - {"agg_group"}
        if row["sec_type"] == "STK":
            needed -= {"sec_ids", "category", "subcategory"}
        assert needed <= set(row), row["local_symbol"]


@given(st.integers(0, 2**31))
def test_a_number_that_no_contract_has_is_none(con_id: int) -> None:
    listing = world().listings.get(con_id)
    assert listing is None or listing.con_id == con_id


@given(CHAINS, st.data())
def test_numbers_of_options_lead_back_to_them(chain: Chain, data: st.DataObject) -> None:
    ends = data.draw(st.sampled_from(list(islice(chain.ever(), 2000))))
    strike, right = data.draw(st.sampled_from(chain.strikes)), data.draw(st.sampled_from("CP"))
    assert chain.find(chain.con_id(ends, strike, right)) == (ends, strike, right)
    assert [other for other in world().chains if other.find(chain.con_id(ends, strike, right))] == [chain]


def test_numbers_stay_what_they_are() -> None:
    """These may never change: programs keep them."""
    (option,) = found(contracts(), local_symbol="SPY   261218C00670000")
    (future,) = found(contracts(), local_symbol="ESZ6")
    assert (option["con_id"], future["con_id"]) == (1_006_387_004, 990_001_071)


def test_a_future_is_asked_for_with_and_without_its_month() -> None:
    assert told(symbol="ES", sec_type="FUT", exchange="CME") == ["ESZ6", "ESH7", "ESM7", "ESU7", "ESZ7"]
    assert told(symbol="ES", sec_type="FUT", last_trade_date="202703") == ["ESH7"]
    assert told(symbol="ES", sec_type="FUT", last_trade_date="20270319") == ["ESH7"]
    assert told(local_symbol="CLF7", sec_type="FUT") == ["CLF7"]
    assert told(symbol="ES", sec_type="FUT", exchange="NYMEX") == []


def test_months_that_have_ended_are_told_only_if_they_are_asked_for() -> None:
    asked: dict[str, Value] = {"symbol": "ES", "sec_type": "FUT", "last_trade_date": "2026"}
    assert [row["local_symbol"] for row in found(contracts(), **asked)] == ["ESZ6"]
    every = found(contracts(), **asked, include_expired=True)
    assert [row["local_symbol"] for row in every] == ["ESH6", "ESM6", "ESU6", "ESZ6"]
    (gone,) = found(contracts(), local_symbol="ESU6", sec_type="FUT", include_expired=True)
    assert told(con_id=gone["con_id"]) == []
    assert told(con_id=gone["con_id"], include_expired=True) == ["ESU6"]


def test_the_continuous_future_is_the_front_month() -> None:
    (front,) = found(contracts(), symbol="ES", sec_type="CONTFUT", exchange="CME")
    (future,) = found(contracts(), local_symbol="ESZ6")
    assert front == {**future, "sec_type": "CONTFUT"}
    assert told(symbol="ES", sec_type="FUT+CONTFUT") == ["ESZ6", "ESH7", "ESM7", "ESU7", "ESZ7", "ESZ6"]


ASKED: list[tuple[dict[str, Value], list[str]]] = [
    ({"symbol": "AAPL", "sec_type": "STK", "exchange": "SMART", "currency": "USD"}, ["AAPL"]),
    ({"symbol": "AAPL", "sec_type": "CFD"}, ["AAPL"]),
    ({"symbol": "EUR", "currency": "USD", "sec_type": "CASH", "exchange": "IDEALPRO"}, ["EUR.USD"]),
    ({"symbol": "BTC", "sec_type": "CRYPTO"}, ["BTC.USD", "BTC.USD"]),
    ({"symbol": "BTC", "sec_type": "CRYPTO", "exchange": "PAXOS"}, ["BTC.USD"]),
    ({"symbol": "SPX", "sec_type": "IND"}, ["SPX"]),
    ({"symbol": "US-T", "sec_type": "BOND"}, ["IBCID980000301"]),
    ({"symbol": "SIM00001A", "sec_type": "BOND", "exchange": "SMART"}, ["IBCID980000301"]),
    ({"symbol": "SIM00001A", "sec_type": "STK"}, []),
    ({"symbol": "SIM00001A", "con_id": 265598}, []),
    ({"sec_type": "BOND", "issuer_id": "e1432232"}, ["IBCID980000302"]),
    ({"sec_type": "BOND", "symbol": "AAPL", "issuer_id": "SIM3"}, []),
    ({"sec_type": "BOND"}, []),
    ({"sec_id_type": "ISIN", "sec_id": "FR0000121014"}, ["MC"]),
    ({"symbol": "SPY", "sec_type": "BAG"}, []),
    ({"symbol": "NOSUCH", "sec_type": "STK"}, []),
    ({"sec_type": "STK", "exchange": "SMART"}, []),
    ({"symbol": "SPY"}, ["SPY"]),
    ({"local_symbol": "SPY   261218C00670001"}, []),
    ({"local_symbol": "SPY   261219C00670000"}, []),
    (
        {"symbol": "SPY", "sec_type": "OPT", "last_trade_date": "20261218", "strike": 670.0, "right": "CALL"},
        ["SPY   261218C00670000"],
    ),
]


@pytest.mark.parametrize(("asked", "expected"), ASKED)
def test_what_is_asked_for_is_found_and_nothing_else(asked: dict[str, Value], expected: list[str]) -> None:
    assert [row["local_symbol"] for row in found(contracts(), **asked)] == expected


def test_options_that_end_on_the_eve_are_asked_for_by_that_day() -> None:
    rows = found(contracts(), symbol="SPX", sec_type="OPT", trading_class="SPX", strike=6700.0, right="C")
    assert (rows[0]["last_trade_date"], rows[0]["real_expiration_date"]) == ("20261217", "20261218")
    assert rows[0]["local_symbol"] == "SPX   261218C06700000"


def test_options_on_futures_are_on_the_month_that_lasts_as_long() -> None:
    (november,) = found(contracts(), symbol="ES", sec_type="FOP", local_symbol="EWF7 C6700")
    assert found(contracts(), con_id=november["under_con_id"])[0]["local_symbol"] == "ESH7"
    assert november["under_symbol"] == "ESH7"


def test_prices_of_what_has_an_underlying_follow_from_it() -> None:
    def price(local_symbol: str) -> float:
        (row,) = found(contracts(), local_symbol=local_symbol)
        return world().price(int(str(row["con_id"])), FRIDAY)

    spx = world().price(416904, FRIDAY)
    assert spx < price("ESZ6") < price("ESH7")
    assert price("SPY   261218C00600000") > 70 > price("SPY   261218C00670000") > price("SPY   261218C00700000") > 0
    assert price("SPY   261218P00700000") > price("SPY   261218P00670000")
    (cfd,) = found(contracts(), symbol="AAPL", sec_type="CFD")
    assert world().price(int(str(cfd["con_id"])), FRIDAY) == world().price(265598, FRIDAY)


def test_the_pounds_of_london_are_told_in_pence() -> None:
    (bp,) = found(contracts(), symbol="BP.", sec_type="STK")
    assert (bp["currency"], bp["price_magnifier"]) == ("GBP", 100)


def test_numbers_are_known_ones_or_clearly_of_our_own() -> None:
    numbered = [con_id for con_id in world().lasting if con_id >= 900_000_000]
    assert numbered
    assert all(980_000_000 < con_id < 990_000_000 for con_id in numbered)


def test_every_market_rule_is_there() -> None:
    rules = {rule["market_rule_id"] for rule in world().truth("paper", FRIDAY).reference["market_rules"]}
    for row in some():
        ids = str(row["market_rule_ids"]).split(",")
        assert {int(rule) for rule in ids} <= rules
        assert len(ids) == len(str(row["valid_exchanges"]).split(","))


@given(CLOCKS, st.sampled_from(["paper", "live"]))
@settings(max_examples=30)
def test_what_an_account_holds_exists(now: float, mode: str) -> None:
    truth = world().truth(mode, now)
    held = [*truth.positions, *truth.portfolio, *truth.open_orders, *truth.executions, *truth.completed_orders]
    for row in held:
        request = Message("req_contract_data", {**dict.fromkeys(NAMES, ""), "strike": 0.0, "con_id": row["con_id"]})
        (there,) = meant(request, truth.contract_details)
        assert {name: there.get(name) for name in HELD} == {name: row.get(name) for name in HELD}
    assert len(truth.positions) == 4
    assert {row["sec_type"] for row in truth.positions} == {"STK", "FUT", "CASH", "OPT"}


NAMES = (
    *("symbol", "sec_type", "last_trade_date", "right", "multiplier", "exchange", "currency", "local_symbol"),
    *("trading_class", "primary_exchange", "sec_id_type", "sec_id"),
)
HELD = ("symbol", "sec_type", "currency", "local_symbol", "trading_class", "last_trade_date", "strike", "multiplier")


@given(CLOCKS)
def test_fills_are_of_the_last_trading_day(now: float) -> None:
    (fill,) = world().truth("paper", now).executions
    day = dt.datetime.strptime(str(fill["time"])[:8], "%Y%m%d").date()  # noqa: DTZ007
    assert day.weekday() < 5
    assert 0 <= (world().lasting[265598].session.day(now) - day).days <= 4


@pytest.mark.parametrize("day", ["20230101", "20411231"])
def test_the_first_and_the_last_day_of_the_world_have_all_of_it(day: str) -> None:
    now = dt.datetime.strptime(day, "%Y%m%d").replace(hour=12, tzinfo=dt.UTC).timestamp()
    assert len(world().truth("paper", now).positions) == 4
    for chain in world().chains:
        every = list(chain.con_ids(chain.listed(now)))
        assert [con_id for con_id in (every[0], every[-1]) if world().is_listed(con_id, now)] == [every[0], every[-1]]
    expired = found(contracts(now), symbol="ES", sec_type="FUT", include_expired=True)
    assert all(world().is_listed(int(str(row["con_id"])), now, expired=True) for row in expired)


@pytest.mark.parametrize("now", [-1.0, 0.0, 1e9, 2.3e9, 1e15, float("nan"), float("inf")])
def test_a_clock_outside_of_the_world_is_told(now: float) -> None:
    with pytest.raises(UsageError, match="from 2023 to 2041"):
        world().truth("paper", now)


@pytest.mark.parametrize("right", ["0", "?", "c", "X"])
def test_a_right_that_is_none_means_both(right: str) -> None:
    """As where the contracts are few."""
    options = told(symbol="SPY", sec_type="OPT", last_trade_date="20261218", strike=670.0, right=right)
    assert options == ["SPY   261218C00670000", "SPY   261218P00670000"]


def test_the_built_in_truth_stays_as_it_was() -> None:
    before = load("paper").positions
    world().truth("paper", FRIDAY)
    assert load("paper").positions == before


def test_contracts_are_known_by_symbol_and_by_number() -> None:
    truth = world().truth("paper", FRIDAY)
    assert truth.contract_of("AAPL", 0) == truth.contract_of("", 265598)
    assert (truth.contract_of("SPY", 0) or {})["sec_type"] == "STK"
    assert (truth.contract_of("CL", 0) or {})["local_symbol"] == "CLF7"
    assert (truth.contract_of("EUR", 0) or {})["local_symbol"] == "EUR.USD"
    assert (truth.contract_of("", 1_006_387_004) or {})["local_symbol"] == "SPY   261218C00670000"
    assert truth.contract_of("NOSUCH", 1) is None


def test_what_a_search_or_a_scan_finds_exists() -> None:
    truth = world().truth("paper", FRIDAY)
    for name in ("symbols", "scanned"):
        rows = truth.reference[name]
        assert len(rows) > 30
        assert len({row.get("con_id") for row in rows}) == len(rows)
        assert all(world().is_listed(row["con_id"], FRIDAY) for row in rows if "con_id" in row)
    (issuer,) = [row for row in truth.reference["symbols"] if "con_id" not in row]
    assert found(truth.contract_details, sec_type="BOND", issuer_id=issuer["issuer_id"])


def test_there_is_a_fund_to_keep_cash_in() -> None:
    """It is the one that thetagang buys unless it is told otherwise."""
    assert told(symbol="SGOV", sec_type="STK", exchange="SMART", currency="USD") == ["SGOV"]


def test_options_on_volatility_end_thirty_days_before_those_of_the_index_and_are_named_by_the_eve() -> None:
    """The exchange publishes 16 December 2026 and 20 January 2027 as their days."""
    (chain,) = (chain for chain in world().chains if chain.table.trading_class == "VIX")
    assert [f"{day:%Y%m%d}" for day in chain.listed(FRIDAY)][:2] == ["20261216", "20270120"]
    option = chain.listing(chain.listed(FRIDAY)[0], 20.0, "C").details
    assert (option["last_trade_date"], option["local_symbol"]) == ("20261215", "VIX   261216C00020000")
