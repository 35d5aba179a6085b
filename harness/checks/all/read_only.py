"""Checks a gateway in Read-Only mode, the default of an installation: it refuses orders, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import RequestRejectedError
from adapters.records import READ_ONLY
from harness.checks.all import positions
from harness.checks.check import Check, CheckFailedError, Client, plain
from harness.checks.heard import NotHeardError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected, Records
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Request the working orders, find the refusal among the library's error callbacks, and request the holdings."""
    heard = len(client.callbacks)
    try:
        client.connection.orders.open_orders(client.request_timeout)
    except RequestRejectedError as error:
        if error.code != READ_ONLY:
            raise
    else:
        raise CheckFailedError("the gateway sends the working orders: it is not in Read-Only mode")
    refused = next((callback for callback in client.callbacks[heard:] if callback.code == READ_ONLY), None)
    if refused is None:
        raise CheckFailedError(f"the library's own error callback did not report error {READ_ONLY}")
    holdings = plain(client.connection.account.positions(client.request_timeout))
    return {"code": refused.code, "text": refused.message, "records": holdings}


def expected(truth: Truth) -> Mapping[str, Expected | Records]:
    """Return the code, because the text differs from build to build, and the holdings."""
    return {"code": READ_ONLY, **positions.expected(truth)}


def heard(said: Heard) -> Mapping[str, Expected | Records]:
    """Return the code of the gateway's refusal, and the holdings that it sent."""
    codes = [int(str(row["code"])) for row in said.during("error") if row["code"] == READ_ONLY]
    if not codes:
        raise NotHeardError("no refusal arrived")
    return {"code": codes[0], **positions.heard(said)}


CHECK = Check(
    name="read_only",
    proves="error 321 reaches the user if the API is read-only, and other requests are answered",
    ask=ask,
    expected=expected,
    heard=heard,
    scenario="read-only",
    requests=2,
)
