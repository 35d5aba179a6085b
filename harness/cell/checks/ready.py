"""The library is connected as its users mean it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.cell.check import Check, Phase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.cell.expected import Expected
    from harness.simulator.truth import Truth


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Give what a ready connection was told."""
    return {"accounts": truth.accounts, "next_order_id": truth.next_order_id}


CHECK = Check(
    name="ready",
    proves="the library got accounts and order id, finished its start-up and let its user go on",
    phase=Phase.READY,
    requests=0,
    connects=1,
    expected=expected,
    varies=("next_order_id",),
)
