"""A mistake in a world's file is told with file, key, value, and what was expected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.gateways.simulator.world import World
from harness.gateways.simulator.world.files import builtin
from harness.shared.errors import UsageError


def changed(folder: Path, name: str, change: Callable[[str], str]) -> UsageError:
    """The error of the built-in world with one file changed."""
    files = []
    for file in builtin():
        text = file.read_text("utf-8")
        if file.name == name:
            new = change(text)
            assert new != text
            text = new
        files.append(folder / file.name)
        files[-1].write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        World(files)
    assert caught.value.hint
    return caught.value


WRONG: list[tuple[str, str, str, str]] = [
    ("stocks.toml", "price = 190.5", "price = -1.0", "[[listing]] 1: price: -1.0: expected "),
    ("stocks.toml", "price = 190.5", "prize = 190.5", "[[listing]] 1: prize: unknown key; did you mean 'price'?"),
    ("stocks.toml", "price = 190.5", "price = nan", "[[listing]] 1: price: nan: expected a finite number"),
    (
        "stocks.toml",
        "price = 480.0\n",
        "",
        "[[listing]] 2: price: None: expected a price or an underlying, and not both",
    ),
    ("stocks.toml", 'symbol = "AAPL"\n', "", "[[listing]] 1: symbol: is missing"),
    (
        "stocks.toml",
        'kind = "nasdaq-stock"',
        'kind = "nasdaq-stok"',
        "[[listing]] 1: kind: 'nasdaq-stok': expected one of ",
    ),
    ("stocks.toml", "con_id = 265598\n", "", "[[listing]] 1: con_id: None: expected a con_id if"),
    (
        "stocks.toml",
        "con_id = 272093",
        "con_id = 265598",
        "[[listing]] 2: con_id: 265598: expected one that no other listing has",
    ),
    (
        "stocks.toml",
        "con_id = 265598",
        "con_id = 980000001",
        "[[listing]] 1: con_id: 980000001: expected less than 980000000",
    ),
    (
        "others.toml",
        "underlying = 265598",
        "underlying = 7",
        "[[listing]] 35: underlying: 7: expected the con id of a [[listing]] with a price",
    ),
    (
        "sessions.toml",
        'zone = "US/Eastern"',
        'zone = "Mars"',
        "[session.us-stock]: zone: 'Mars': expected the name of a time zone such as US/Eastern",
    ),
    (
        "sessions.toml",
        "mon-fri 04:00-20:00",
        "04:00-20:00",
        "[session.us-stock]: trading: ['04:00-20:00']: expected hours such as",
    ),
    ("kinds.toml", "[26]", "[27]", "[kind.nasdaq-stock]: market_rules: 27: expected the id of a [[market_rule]]"),
    ("kinds.toml", 'session = "us-stock"', 'session = "us"', "[kind.nasdaq-stock]: session: 'us': expected one of "),
    (
        "kinds.toml",
        'entitlement = "live"',
        'entitlement = "all"',
        "[kind.nasdaq-stock]: entitlement: 'all': expected one of live, delayed, none",
    ),
    (
        "kinds.toml",
        'min_tick = "0.01"',
        'min_tick = "0"',
        "[kind.nasdaq-stock]: min_tick: '0': expected a positive number as text",
    ),
    (
        "futures.toml",
        'last_day = "third-friday"',
        'last_day = "friday"',
        "[[future]] 1: last_day: 'friday': expected one of third-friday",
    ),
    ("futures.toml", 'months = "HMUZ"', 'months = "ABC"', "[[future]] 1: months: 'ABC': expected letters of months"),
    ("futures.toml", "index = 11004968", "index = 5", "[[future]] 1: index: 5: expected the con id of a [[listing]]"),
    (
        "futures.toml",
        "number = 2\n",
        "number = 1\n",
        "[[future]] 2: number: 1: expected one that no other [[future]] has",
    ),
    (
        "options.toml",
        'last_time = "16:15:00"',
        'last_time = "16:15"',
        "[[chain]] 1: last_time: '16:15': expected a time of a day",
    ),
    ("options.toml", "daily = 10", "dayly = 10", "[[chain]] 1: series: {'dayly': 10"),
    ("options.toml", "step = 1.0", "step = 0.01", "[[chain]] 1: strikes: [{'within': 0.12, 'step': 0.01}"),
    (
        "options.toml",
        "underlying = 756733",
        "underlying = 8",
        "[[chain]] 1: underlying: 8: expected the con id of a [[listing]] with a price",
    ),
    ("options.toml", 'future = "ES"', 'future = "EX"', "[[chain]] 20: future: 'EX': expected one of ES"),
    ("options.toml", "number = 2\n", "number = 47\n", "[[chain]] 2: number: 47: expected less than or equal to 46"),
    (
        "rules.toml",
        "increment = 0.01",
        "increment = 0.0",
        "[[market_rule]] 1: increments.0.increment: 0.0: expected greater than 0",
    ),
    ("rules.toml", "[[market_rule]]", "[[market_rules]]", "market_rules: unknown key; did you mean 'market_rule'?"),
]


@pytest.mark.parametrize(("name", "right", "wrong", "expected"), WRONG)
def test_a_mistake_is_told_where_it_is(tmp_path: Path, name: str, right: str, wrong: str, expected: str) -> None:
    error = changed(tmp_path, name, lambda text: text.replace(right, wrong, 1))
    assert str(error).startswith(f"{name}: {expected}")


def test_a_file_that_is_no_toml_is_told(tmp_path: Path) -> None:
    error = changed(tmp_path, "rules.toml", lambda text: text.replace("[[market_rule]]", "[[market_rule]", 1))
    assert str(error).startswith("rules.toml is no TOML: ")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^none\.toml cannot be read: "):
        World([tmp_path / "none.toml"])


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "world.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match=r"^world\.toml cannot be read: "):
        World([tmp_path / "world.toml"])


def test_a_world_may_be_one_small_file(tmp_path: Path) -> None:
    (tmp_path / "world.toml").write_text(SMALL, encoding="utf-8")
    world = World([tmp_path / "world.toml"])
    assert [listing.details["symbol"] for listing in world.lasting.values()] == ["AAPL"]
    truth = world.truth("paper", 1_800_000_000.0)
    assert [row["symbol"] for row in truth.contract_details] == ["AAPL"]
    assert list(truth.option_chains) == []


SMALL = """
[session.us]
zone = "US/Eastern"
trading = ["mon-fri 04:00-20:00"]
liquid = ["mon-fri 09:30-16:00"]

[kind.stock]
session = "us"
sec_type = "STK"
exchange = "SMART"
valid_exchanges = ["SMART"]
order_types = ["LMT"]
min_tick = "0.01"
market_rules = [26]
volatility = 0.02
spread = 1
trades = 1000
lot = 100
entitlement = "live"

[[listing]]
kind = "stock"
con_id = 265598
symbol = "AAPL"
price = 100.0
"""
