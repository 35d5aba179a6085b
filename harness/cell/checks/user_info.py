"""Whose customer the user is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.cell.check import Check, Client

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.cell.expected import Expected
    from harness.simulator.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Ask the user's white branding id."""
    return {"white_branding_id": client.connection.user_info(client.request_timeout)}


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Give the id."""
    return {"white_branding_id": truth.white_branding_id}


CHECK = Check(
    name="user_info",
    asks="req_user_info",
    proves="the user's white branding id comes in",
    ask=ask,
    expected=expected,
    gate=167,
)
