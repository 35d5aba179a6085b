"""A gateway in read-only mode, which is how it is installed: orders are refused, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.cell.check import Check, CheckFailedError, Client

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.cell.expected import Expected
    from harness.simulator.truth import Truth

READ_ONLY = 321


def ask(client: Client) -> dict[str, Any]:
    """Ask for the working orders, see the refusal, and ask for something else."""
    refused = client.connection.refused_open_orders(client.request_timeout)
    if refused.code != READ_ONLY:
        raise CheckFailedError(f"expected error {READ_ONLY}, got {refused.code}: {refused.message}")
    client.connection.current_time(client.request_timeout)
    return {"code": refused.code, "text": refused.message}


def expected(_truth: Truth) -> Mapping[str, Expected]:
    """Give the code; the words differ from build to build."""
    return {"code": READ_ONLY}


CHECK = Check(
    name="read_only",
    proves="error 321 reaches the user where the API is read-only, and the rest is answered",
    ask=ask,
    expected=expected,
    scenario="read-only",
    requests=2,
)
