"""The truth that a simulated gateway offers has the shape of what the adapters make."""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace
from typing import Any

import pytest

from adapters import records, records_feeds, records_lists, records_market
from harness.checks.all import BY_NAME, CHECKS, historical_ticks
from harness.checks.all.historical_bars import ASKED
from harness.checks.check import Phase
from harness.checks.expected import Records
from harness.gateways.kinds import ground_truth, open_gateway
from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.truth import load
from tests.gateways.test_kinds import spec

SHAPES = {
    ("account_summary", "records"): records.AccountValue,
    ("account_updates", "records"): records.AccountValue,
    ("account_updates", "portfolio"): records.PortfolioItem,
    ("account_updates_multi", "records"): records.AccountValue,
    ("read_only", "records"): records.Position,
    ("restart", "records"): records.Position,
    ("several_accounts", "records"): records.AccountValue,
    ("tick_by_tick", "records"): records_market.TickByTick,
    ("positions", "records"): records.Position,
    ("open_orders", "records"): records.OpenOrder,
    ("completed_orders", "records"): records.CompletedOrder,
    ("executions", "records"): records.Execution,
    ("connectivity", "quotes"): records_market.Quote,
    ("contract_details", "records"): records_market.ContractDetails,
    ("option_chain", "records"): records_market.OptionChain,
    **{("historical_bars", kind): records_market.Bar for kind in ASKED},
    ("kept_up_to_date_bars", "bars"): records_market.Bar,
    ("kept_up_to_date_bars", "update"): records_market.Bar,
    ("market_depth", "smart"): records_feeds.DepthRow,
    ("market_depth", "exchange"): records_feeds.DepthRow,
    **{("historical_ticks", kind): records_feeds.PastTick for kind in historical_ticks.ASKED},
    ("scanner", "records"): records_lists.ScanRow,
    ("news", "providers"): records_lists.NewsProvider,
    ("news", "headlines"): records_lists.Headline,
    ("news", "article"): records_lists.Article,
    ("pnl_single", "records"): records_market.HoldingProfit,
    ("market_rule", "records"): records_lists.PriceStep,
    ("matching_symbols", "records"): records_lists.SymbolSample,
}


@pytest.mark.parametrize("mode", ["paper", "live"])
def test_the_records_have_the_fields_of_the_adapters(mode: str) -> None:
    seen: dict[tuple[str, str], Any] = {}
    for check, detail in ground_truth(load(mode)).items():
        if BY_NAME[check].sends_order:
            continue  # nobody knows which ids its orders get, so their records have some of the fields
        seen |= {(check, key): value for key, value in detail.items() if isinstance(value, Records)}
    assert seen.keys() == SHAPES.keys()
    for place, value in seen.items():
        assert value.rows
        for row in value.rows:
            assert set(row) - {"when"} == {field.name for field in fields(SHAPES[place])}, place


def test_every_request_has_a_truth() -> None:
    assert {check.name for check in CHECKS if check.phase is Phase.REQUEST} <= set(ground_truth(load("paper")))


def test_a_simulated_gateway_offers_its_truth_and_an_address_has_none() -> None:
    async def truths() -> list[object]:
        async with open_gateway(spec(kind="simulator")) as ours, open_gateway(spec(kind="address")) as theirs:
            return [ours.truth, theirs.truth]

    ours, theirs = asyncio.run(truths())
    assert ours == ground_truth(replace(load("paper"), desupport=find("gateway-10.37").desupport))
    assert theirs is None
