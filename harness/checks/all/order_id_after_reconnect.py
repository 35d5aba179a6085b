"""Checks the next order id after a reconnect: ids belong to the client id, outlive its connections, and never go back.

The orders buy one share for 1.00 and are cancelled whatever fails, on paper accounts only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.checks.check import Check, Client, Phase
from harness.checks.expected import POSITIVE, whole
from harness.checks.heard import NotHeardError, any_of
from harness.checks.order import NEEDS, cancelled_whatever_fails, order_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.order import Working
    from harness.checks.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Place an order, connect again, and place another under the id that the library then gives."""
    client.connection.system.current_time(client.request_timeout)  # what fails here has sent no order
    with cancelled_whatever_fails(client) as working:
        used = client.connection.placing.new_order_id()
        _place(client, working, used)
        again = working.connect_again()
        following = again.placing.new_order_id()
        gateway, library = again.next_order_id > used, following >= again.next_order_id
        if gateway and library:
            _place(client, working, following)
    told = {"used": used, "next_order_id": again.next_order_id, "following": following}
    return {**told, "gateway_goes_on": _yes(gateway), "library_goes_on": _yes(library)}


def _place(client: Client, working: Working, order_id: int) -> None:
    """Place an order and cancel it."""
    working.place(order_id, order_of(client.connection))
    client.connection.placing.cancel_order(order_id, client.request_timeout)
    working.ended(order_id)


def _yes(said: bool) -> str:  # noqa: FBT001 - a word for it
    return "yes" if said else "no"


def expected(_truth: Truth) -> Mapping[str, Expected]:
    """Return that neither goes back; which ids they are depends on what the cell has asked before."""
    return {"next_order_id": POSITIVE, "gateway_goes_on": "yes", "library_goes_on": "yes"}


def heard(said: Heard) -> Mapping[str, Expected]:
    """Return the id that the gateway sent at the second start, which is the least that the library may give."""
    ids = said.session("next_valid_id")
    if not ids:
        raise NotHeardError("no next valid id arrived")
    return {"next_order_id": any_of(whole(row, "order_id") for row in ids), "library_goes_on": "yes"}


def wanted(_accounts: Sequence[str], _detail: Mapping[str, Any]) -> Mapping[str, Expected]:
    """Require that the gateway does not give an id twice."""
    return {"gateway_goes_on": "yes"}


CHECK = Check(
    name="order_id_after_reconnect",
    proves="after a reconnect the next order id is above those that were used, and the next order is accepted",
    phase=Phase.ORDER_AND_CONNECTION,
    ask=ask,
    expected=expected,
    heard=heard,
    wanted=wanted,
    varies=("used", "next_order_id", "following"),
    needs=NEEDS,
    requests=7,
    connects=1,
)
