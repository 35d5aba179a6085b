"""Finds the contract that a test means."""

from __future__ import annotations

from harness.gateways.simulator.truth import Truth, meant
from harness.wire.catalogue import catalogue
from harness.wire.message import Message, Value


def con_id_of(contract: str | int, truth: Truth) -> int:
    """Return the con id of a contract that is named by its local symbol, or by its con id; stocks come first.

    Raises:
        ValueError: there is none.
    """
    wanted: dict[str, Value] = {"con_id": contract} if isinstance(contract, int) else {"local_symbol": contract}
    request = Message("req_contract_data", {**catalogue().by_name["req_contract_data"].defaults, **wanted})
    found = sorted(meant(request, truth.contract_details), key=lambda details: details["sec_type"] != "STK")
    if not found:
        what = "con id" if isinstance(contract, int) else "local symbol"
        raise ValueError(f"no contract of this gateway has the {what} {contract!r}")
    return int(str(found[0]["con_id"]))
