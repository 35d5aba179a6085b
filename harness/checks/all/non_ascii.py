"""Checks text in other scripts: a Gateway in another language, a company name with an umlaut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.records import NOTICES
from harness.checks.check import Check, Client

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Return the notices as they reached the user; requesting the time first lets them arrive."""
    client.connection.system.current_time(client.request_timeout)
    return {"notices": [callback.message for callback in client.callbacks if callback.code in NOTICES]}


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Return the true notices, letter for letter."""
    notices = [str(row["text"]) for row in truth.notices]
    desupport = [truth.desupport.text] if truth.desupport else []
    return {"notices": (*notices, *desupport)}


def heard(said: Heard) -> Mapping[str, Expected]:
    """Return the notices that the gateway sent."""
    return {"notices": tuple(str(row["text"]) for row in said.session("error") if row["code"] in NOTICES)}


CHECK = Check(
    name="non_ascii",
    proves="non-ASCII text arrives letter for letter",
    ask=ask,
    expected=expected,
    heard=heard,
    scenario="non-ascii",
)
