"""Checks user info: the user's white branding id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.checks.check import Check, Client
from harness.checks.expected import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Ask the user's white branding id."""
    return {"white_branding_id": client.connection.system.user_info(client.request_timeout)}


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Return the true id."""
    return {"white_branding_id": truth.white_branding_id}


def heard(said: Heard) -> Mapping[str, Expected]:
    """Return the id that the gateway sent."""
    return {"white_branding_id": text(said.answers("req_user_info")[0].only("user_info"), "white_branding_id")}


CHECK = Check(
    name="user_info",
    asks="req_user_info",
    proves="the user's white branding id arrives",
    ask=ask,
    expected=expected,
    heard=heard,
    gate=167,
)
