"""Checks the notice of the day on which the gateway version stops working, which the gateway sends on every connect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.checks.check import Check, CheckFailedError, Client
from harness.shared.desupport_text import CODE, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Read the notice among what reached the user; asking the clock makes sure that it had its time to come."""
    client.connection.system.current_time(client.request_timeout)
    said = [callback.message for callback in client.callbacks if callback.code == CODE]
    if not said:
        return {"version": None, "date": None, "minimum": None}
    notice = read(said[0])
    if notice is None:
        raise CheckFailedError(f"notice {CODE} has an unknown wording: {said[0]}")
    return dict(vars(notice))


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Return what a gateway of this version announces, or None if it announces nothing."""
    notice = truth.desupport
    return dict(vars(notice)) if notice else {"version": None, "date": None, "minimum": None}


def heard(said: Heard) -> Mapping[str, Expected]:
    """Return what the gateway's notice says, or None if it sent none."""
    texts = [str(row["text"]) for row in said.session("error") if row["code"] == CODE]
    notice = read(texts[0]) if texts else None
    return dict(vars(notice)) if notice else {"version": None, "date": None, "minimum": None}


CHECK = Check(
    name="desupport_notice",
    proves="if the gateway sends notice 2172, it reaches the user, and its version and day can be read",
    ask=ask,
    expected=expected,
    heard=heard,
)
