"""Says how much margin a holding takes: ``data/trading/account.toml``."""

from __future__ import annotations

from collections.abc import Mapping

from harness.gateways.simulator.trading.documents import document


def margin_of(sec_type: str) -> float:
    """Return the part of a holding's value that its margin is."""
    parts: Mapping[str, float] = document("account")["margin"]
    return parts.get(sec_type, parts[""])
