"""Real libraries trade at a simulated gateway: orders in parts, combinations, brackets, and some that wait."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.gateways.simulator.test_real_libraries_get_answers import came_back

SCRIPT = Path(__file__).with_name("library_orders.py")

COMBINED = [["BAG", "BOT", 3.0], ["STK", "BOT", 3.0], ["CASH", "SLD", 6.0]]
WEIGHED = [3750.0, 1.0]
FROM_IB_ASYNC = {
    "filled": ["Filled", [[200.0, 190.5], [100.0, 190.51]], 300.0, 0.0],
    "bracket": [["", "child", "child,trigger"], ["Cancelled"] * 3],
    "combination": ["Filled", COMBINED, 3.0],
    "weighed": WEIGHED,
    "conditioned": ["PreSubmitted", [500.0]],
    "again": [True, 100.0, "Submitted"],
    "left": 0,
}
FROM_IBAPI = {
    "filled": [[200.0, 190.5], [100.0, 190.51]],
    "cancelled": [0, 1, 2],
    "combination": COMBINED,
    "weighed": WEIGHED,
    "again": [3, 4],
    "conditioned": [[500.0], []],
    "next id": 5,
}


@pytest.mark.parametrize(
    ("library", "expected"), [("ib_async==2.1.0", FROM_IB_ASYNC), ("ibapi-latest==10.51.1", FROM_IBAPI)]
)
def test_what_a_library_makes_of_orders(library: str, expected: dict[str, Any], tmp_path: Path) -> None:
    assert came_back(library, tmp_path, SCRIPT) == expected
