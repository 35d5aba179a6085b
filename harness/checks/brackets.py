"""Places a bracket: a parent, and two children that wait for it, of which the last one sends all three on their way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from adapters.base import RequestError
from adapters.records import CANCELLED
from adapters.records_orders import STOP, in_turn, refusal
from harness.checks.check import CheckFailedError
from harness.checks.expected import Records, records, text
from harness.checks.heard import NotHeardError, any_of
from harness.checks.order import order_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from adapters.base import Connection
    from adapters.records_orders import OrderSeen
    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.order import Working
    from harness.checks.truth import Values

PARENT, PROFIT, LOSS = "parent", "take profit", "stop loss"


@dataclass(frozen=True)
class Bracket:
    """The order ids of a bracket, in the order of their placing."""

    parent: int
    profit: int
    loss: int

    def roles(self) -> Mapping[str, int]:
        """Return the order id of each role."""
        return {PARENT: self.parent, PROFIT: self.profit, LOSS: self.loss}


@dataclass(frozen=True)
class Prices:
    """The limits of parent and take profit, and the stop, in dollars."""

    parent: float
    profit: float
    loss: float


def place(connection: Connection, working: Working, prices: Prices) -> Bracket:
    """Place the three orders, and wait until the gateway has taken each."""
    new_id, order = connection.placing.new_order_id, order_of(connection)
    bracket = Bracket(new_id(), new_id(), new_id())
    child = replace(order, action="SELL", parent_id=bracket.parent)
    working.send(bracket.parent, replace(order, price=prices.parent, transmit=False))
    working.send(bracket.profit, replace(child, price=prices.profit, transmit=False))
    working.send(bracket.loss, replace(child, price=prices.loss, kind=STOP))
    _wait(connection, working, bracket)
    return bracket


def _wait(connection: Connection, working: Working, bracket: Bracket) -> None:
    """Wait until each is taken: first the last one, because without it the gateway is silent about the others.

    Raises:
        CheckFailedError: the gateway refused one of them; the first refusal is the cause of all.
        RequestError: one of them was not taken for another reason.
    """
    try:
        for order_id in (bracket.loss, bracket.parent, bracket.profit):
            working.taken(order_id)
    except RequestError as error:
        roles = {order_id: role for role, order_id in bracket.roles().items()}
        for said in connection.callbacks:
            if said.req_id in roles and refusal([said], said.req_id) is not None:
                reason = f"the {roles[said.req_id]} was refused: error {said.code}: {said.message}"
                raise CheckFailedError(reason) from error
        raise


def told(bracket: Bracket, ended: Iterable[OrderSeen]) -> list[dict[str, Any]]:
    """Return what a library tells of the orders of a bracket."""
    by_id = {each.order_id: each for each in ended}
    return [
        {
            "role": role,
            "statuses": list(by_id[order_id].statuses),
            "held": list(by_id[order_id].held),
            "child": "yes" if by_id[order_id].parent_id == bracket.parent else "no",
            "confirmed": "yes" if by_id[order_id].confirmed else "no",
        }
        for role, order_id in bracket.roles().items()
    ]


def row(role: str, statuses: Sequence[str], held: Sequence[str], *, confirmed: bool = True) -> Mapping[str, Expected]:
    """Return what should be told of one of the orders."""
    child = "no" if role == PARENT else "yes"
    own: dict[str, Expected] = {"role": role, "statuses": tuple(statuses), "held": tuple(held), "child": child}
    return {**own, "confirmed": "yes" if confirmed else "no"}


def rows(expected: Iterable[Mapping[str, Expected]]) -> Records:
    """Return the orders of a bracket as records."""
    return records(("role",), expected)


def heard(said: Heard) -> Records:
    """Return what the gateway sent of the three orders."""
    ids = [request["order_id"] for request in said.requests("place_order")]
    roles = dict(zip((PARENT, PROFIT, LOSS), ids, strict=True))
    statuses = said.during("order_status")
    cancelled = {each["req_id"] for each in said.during("error") if each["code"] == CANCELLED}
    return rows(
        {
            **_heard(role, [each for each in statuses if each["order_id"] == order_id], roles[PARENT]),
            "confirmed": "yes" if order_id in cancelled else "no",
        }
        for role, order_id in roles.items()
    )


def _heard(role: str, statuses: Sequence[Values], parent: object) -> Mapping[str, Expected]:
    if not statuses:
        raise NotHeardError(f"the gateway sent nothing about the {role}")
    names = in_turn(text(each, "status") for each in statuses)
    held = in_turn(text(each, "why_held") for each in statuses if text(each, "why_held"))
    child = any_of("yes" if each["parent_id"] == parent else "no" for each in statuses)
    return {"role": role, "statuses": names, "held": held, "child": child}
