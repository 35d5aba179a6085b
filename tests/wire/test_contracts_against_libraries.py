"""Contract details and option chains of the catalogue against the real libraries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.wire.message import Value
from tests.wire.against import Family, camel
from tests.wire.places import CONTRACT, of_contract

DETAILS = {
    "sec_ids": "secIdList",
    "ineligibility_reasons": "ineligibilityReasonList",
    "event_contract": "eventContract1",
    "event_contract_description_1": "eventContractDescription1",
    "event_contract_description_2": "eventContractDescription2",
    "fund_minimum_subsequent_purchase": "fundSubsequentMinimumPurchase",
    "last_trade": "contract.lastTradeDateOrContractMonth",
    "last_trade_date": "contract.lastTradeDate",
}


def of_details(name: str) -> str:
    if name in DETAILS or name not in CONTRACT:
        return DETAILS.get(name, camel(name))
    return f"contract.{of_contract(name)}"


def of_bond(name: str) -> str:
    return "maturity" if name == "last_trade" else of_details(name)


ASKED: Mapping[str, Any] = {
    "class": "Contract",
    "conId": 265598,
    "symbol": "AAPL",
    "secType": "OPT",
    "lastTradeDateOrContractMonth": "20261218",
    "strike": 150.5,
    "right": "C",
    "multiplier": "100",
    "exchange": "SMART",
    "primaryExchange": "NASDAQ",
    "currency": "USD",
    "localSymbol": "AAPL  261218C00150500",
    "tradingClass": "AAPL",
}
AS_SENT: Mapping[str, Value] = {
    "con_id": 265598,
    "symbol": "AAPL",
    "sec_type": "OPT",
    "last_trade_date": "20261218",
    "strike": 150.5,
    "right": "C",
    "multiplier": "100",
    "exchange": "SMART",
    "primary_exchange": "NASDAQ",
    "currency": "USD",
    "local_symbol": "AAPL  261218C00150500",
    "trading_class": "AAPL",
}

FAMILY = Family(
    callbacks={
        "contract_data": ("contractDetails", ("req_id", "<details>")),
        "bond_contract_data": ("bondContractDetails", ("req_id", "<bond>")),
        "contract_data_end": ("contractDetailsEnd", ("req_id",)),
        "sec_def_opt_params": (
            "securityDefinitionOptionParameter",
            ("req_id", "exchange", "underlying_con_id", "trading_class", "multiplier", "expirations", "strikes"),
        ),
        "sec_def_opt_params_end": ("securityDefinitionOptionParameterEnd", ("req_id",)),
    },
    objects={"<details>": of_details, "<bond>": of_bond},
    fixed={
        "contract_data": {
            "sec_type": "FUND",
            "last_trade": "20261218",
            "time_zone_id": "US/Central",
            "long_name": r"Société 漢 C:\new",
            "fund_distribution_policy_indicator": "N",
            "fund_asset_type": "003",
        },
        "bond_contract_data": {"sec_type": "BOND", "last_trade": "20460223", "coupon": "6"},
    },
    lost={
        "contract_data": {"md_size_multiplier", "size_min_tick"},
        "bond_contract_data": {"md_size_multiplier"},
    },  # of old, read and forgotten by newer libraries
    unknown_to={"settlement_method": {"nautilus-ibapi==10.45.1"}},
    leaves={"id": "id_"},
    requests={
        "reqContractDetails": (
            [7, {**ASKED, "includeExpired": True, "secIdType": "ISIN", "secId": "US0378331005"}],
            "req_contract_data",
            {"req_id": 7, **AS_SENT, "include_expired": True, "sec_id_type": "ISIN", "sec_id": "US0378331005"},
        ),
        "reqContractDetails by-issuer": (
            [8, {**ASKED, "issuerId": "e1432232"}],
            "req_contract_data",
            {"req_id": 8, **AS_SENT, "issuer_id": "e1432232"},
        ),
        "cancelContractData": ([9], "cancel_contract_data", {"req_id": 9}),
        "reqSecDefOptParams": (
            [10, "AAPL", "CME", "STK", 265598],
            "req_sec_def_opt_params",
            {
                "req_id": 10,
                "underlying_symbol": "AAPL",
                "fut_fop_exchange": "CME",
                "underlying_sec_type": "STK",
                "underlying_con_id": 265598,
            },
        ),
    },
    since={"reqContractDetails by-issuer": 176, "cancelContractData": 215},
)


def test_every_value_that_we_send_arrives_where_the_library_keeps_it(row: str) -> None:
    assert FAMILY.misread(row) == []


def test_every_request_of_the_library_is_read_with_its_values_and_written_byte_for_byte(row: str) -> None:
    FAMILY.assert_requests_understood(row)
