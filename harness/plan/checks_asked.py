"""Which checks a cell is asked, and why the others are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.checks.all import CHECKS
from harness.known import scenarios
from harness.shared.hosts import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.checks.check import Check
    from harness.plan.matrix.gateway_spec import GatewaySpec


def left_out(gateway: GatewaySpec, listed: Iterable[str], *, orders: bool) -> Mapping[str, str]:
    """The checks that a gateway's cells are not asked, each with the reason.

    Args:
        gateway: which.
        listed: what the matrix file lists.
        orders: whether the user asked for checks that send orders.
    """
    wanted = frozenset(listed)
    reasons = {
        check.name: _why_not(check, gateway, wanted) or _why_no_order(check, gateway, orders=orders)
        for check in CHECKS
        if not check.always
    }
    return {name: reason for name, reason in reasons.items() if reason}


def may_order(gateway: GatewaySpec, *, orders: bool) -> bool:
    """Whether orders may be sent to a gateway, as far as the user and the matrix file say."""
    return orders and gateway.mode == "paper"


def login_held(gateway: GatewaySpec, beside: Iterable[GatewaySpec]) -> str | None:
    """Say why a container is not started whose login one of the gateways beside it holds that run already.

    A login has one session: starting a second one ends the first, or fails.
    """
    if gateway.kind != "docker" or gateway.credential is None:
        return None
    for other in beside:
        if other.kind == "address" and other.credential == gateway.credential:
            where = written(other.host, other.port)
            return (
                f"{other.name} at {where} holds the login {gateway.credential}, and a login has one session; "
                f"give one of them another credential, or stop that one and leave it out"
            )
    return None


def _why_no_order(check: Check, gateway: GatewaySpec, *, orders: bool) -> str | None:
    if not check.sends_order or may_order(gateway, orders=orders):
        return None
    if gateway.mode != "paper":
        return f"it sends an order, and {gateway.name} is {gateway.mode}"
    return "it sends an order, and orders are sent only with --orders or orders = true"


def _why_not(check: Check, gateway: GatewaySpec, listed: frozenset[str]) -> str | None:
    if check.name not in listed:
        return "the matrix file does not list it"
    if check.scenario is not None and check.scenario != gateway.scenario:
        return f"it needs a simulated gateway that plays the scenario {check.scenario}"
    asked = scenarios.find(gateway.scenario).checks if gateway.scenario is not None else ()
    if asked and check.name not in asked:
        return f"the scenario {gateway.scenario} leaves it out"
    return None
