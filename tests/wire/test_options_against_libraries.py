"""Computations of options of the catalogue, and their exercise, against the real libraries."""

from __future__ import annotations

from dataclasses import replace

from tests.wire.against import Family
from tests.wire.test_contracts_against_libraries import AS_SENT, ASKED

EXERCISE = {
    "order_id": 9,
    **AS_SENT,
    "exercise_action": 1,
    "exercise_quantity": 3,
    "account": "DU9000001",
    "override": True,
}

FAMILY = Family(
    callbacks={
        "tick_option_computation": (
            "tickOptionComputation",
            (
                *("req_id", "tick_type", "attributes", "implied_volatility", "delta", "option_price", "pv_dividend"),
                *("gamma", "vega", "theta", "underlying_price"),
            ),
        ),
    },
    fixed={"tick_option_computation": {"tick_type": 53}},
    requests={
        "calculateImpliedVolatility": (
            [7, ASKED, 41.25, 190.5, []],
            "req_calculate_implied_volatility",
            {"req_id": 7, **AS_SENT, "option_price": 41.25, "underlying_price": 190.5},
        ),
        "calculateOptionPrice": (
            [8, ASKED, 0.25, 190.5, []],
            "req_calculate_option_price",
            {"req_id": 8, **AS_SENT, "volatility": 0.25, "underlying_price": 190.5},
        ),
        "cancelCalculateImpliedVolatility": ([7], "cancel_calculate_implied_volatility", {"req_id": 7}),
        "cancelCalculateOptionPrice": ([8], "cancel_calculate_option_price", {"req_id": 8}),
        "exerciseOptions": ([9, ASKED, 1, 3, "DU9000001", 1, "", "", False], "exercise_options", EXERCISE),
        "exerciseOptions for-customer": (
            [9, ASKED, 1, 3, "DU9000001", 1, "20261201-15:00:00", "C1", True],
            "exercise_options",
            {
                **EXERCISE,
                "manual_order_time": "20261201-15:00:00",
                "customer_account": "C1",
                "professional_customer": True,
            },
        ),
    },
    since={"exerciseOptions for-customer": 184},
)

ALONE = {"nautilus-ibapi==10.45.1", "ibapi-latest==10.51.1"}
"""The rows whose clients send the options alone; the others say before them how many there are."""


def family_of(row: str) -> Family:
    if row in ALONE:
        return FAMILY
    counted = {
        called: (arguments, name, {**values, "options_count": "0"} if name.startswith("req_") else values)
        for called, (arguments, name, values) in FAMILY.requests.items()
    }
    return replace(FAMILY, requests=counted)


def test_every_value_that_we_send_arrives_where_the_library_keeps_it(row: str) -> None:
    assert FAMILY.misread(row) == []


def test_every_request_of_the_library_is_read_with_its_values_and_written_byte_for_byte(row: str) -> None:
    family_of(row).assert_requests_understood(row)
