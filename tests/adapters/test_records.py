"""Records read the same whichever library, and in whichever type, a value came."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from adapters import records


@pytest.mark.parametrize("value", [100, 100.0, "100", "100.00", Decimal(100), Decimal("1E+2")], ids=repr)
def test_equal_sizes_are_equal_text(value: Any) -> None:
    assert records.quantity(value) == "100"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.5"), (-1, "-1"), (Decimal("20000.50"), "20000.5"), (0, "0"), (-0.0, "0"), (1e-9, "0.000000001")],
)
def test_a_size_is_written_without_exponent(value: Any, text: str) -> None:
    assert records.quantity(value) == text


@pytest.mark.parametrize(
    "unset", [2147483647, 9223372036854775807, 1.7976931348623157e308, Decimal(2**127 - 1), "", None]
)
def test_what_the_wire_leaves_out_is_none(unset: Any) -> None:
    assert records.number(unset) is None
    assert records.quantity(unset) is None
    assert records.whole(unset) is None


@pytest.mark.parametrize("value", [0, 2147483647])
def test_an_order_that_no_client_numbered_has_no_order_id(value: int) -> None:
    assert records.order_number(value) is None


TOKYO = dt.timezone(dt.timedelta(hours=9))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("20260824 10:00:00 US/Eastern", "20260824 10:00:00 US/Eastern"),
        ("20260824-14:00:00", "20260824-14:00:00"),
        ("20260824  10:00:00", "20260824  10:00:00"),
        ("yesterday", "yesterday"),
        (dt.datetime(2026, 8, 24, 23, tzinfo=TOKYO), "2026-08-24T14:00:00+00:00"),
        (dt.datetime(2026, 8, 24, 10, tzinfo=TOKYO).replace(tzinfo=None), "2026-08-24T10:00:00"),
    ],
    ids=str,
)
def test_a_time_is_handed_on_as_the_library_gave_it(value: Any, told: str) -> None:
    assert records.time(value) == told


@pytest.mark.parametrize(("value", "strike"), [(600.5, 600.5), (0.0, None), (1.7976931348623157e308, None), ("", None)])
def test_a_contract_without_strike_has_none(value: Any, strike: float | None) -> None:
    assert records.strike(value) == strike


@pytest.mark.parametrize(("value", "right"), [("C", "C"), ("PUT", "PUT"), ("", ""), ("0", ""), ("?", ""), (None, "")])
def test_a_contract_without_right_has_none(value: Any, right: str) -> None:
    assert records.right(value) == right
