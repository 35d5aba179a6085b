"""Refuses orders, and changes of orders; texts, codes and sources are in ``data/trading/refusals.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

from harness.gateways.simulator.answers.contracts import ambiguous, combination, no_such_contract
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.order_numbers import LARGEST, has_beyond, is_wrong_size, not_finite, size_of
from harness.gateways.simulator.answers.refusals import NOT_VALID, RefusedError, not_valid
from harness.gateways.simulator.client import Client
from harness.gateways.simulator.trading import groups
from harness.gateways.simulator.trading.documents import document
from harness.gateways.simulator.trading.hours import moment_of
from harness.gateways.simulator.trading.kinds import Takes, kind_named, kinds
from harness.gateways.simulator.trading.order import FILLED, Order, plain_type
from harness.gateways.simulator.truth import Values, meant
from harness.wire.message import Message

_EMPTY_REFUSED_SINCE = 225
"""Negotiated version at which an empty time in force is refused (captured); before it becomes DAY, with 10349."""
_WHOLE = frozenset({"OPT", "FOP", "FUT", "CONTFUT", "WAR"})
"""Security types that are traded as a whole (inferred of which)."""
_UNSUPPORTED_ON_SMART = frozenset({"PASSVREL", "RPI"})


def rules() -> Mapping[str, Any]:
    """Return what is known of orders."""
    known: Mapping[str, Any] = document("refusals")["known"]
    return known


def refused(name: str, request: Message, client: Client, **said: str) -> Message:
    """Return one of the refusals, with the values of the request, and of ``said``, in its text."""
    row = document("refusals")["refusals"][name]
    values = {**request.values, "time_in_force": request.values.get("time_in_force") or "Empty", **said}
    text: str = row["text"].format(**values)
    if row["code"] == NOT_VALID:
        return not_valid(request, client, text)
    return error(row["code"], text, request.number("order_id"))


def contract_of(request: Message, client: Client) -> Values:
    """Return the contract of an order; of a combo what was sent.

    Raises:
        RefusedError: it is unknown, or may be one of several.
    """
    if request["sec_type"] and request["sec_type"] not in rules()["security_types"]:
        raise RefusedError(refused("security_type", request, client))
    if not request["exchange"]:
        raise RefusedError(refused("exchange", request, client))
    if request["sec_type"] == "BAG":
        return combination(request, client)
    found = list(islice(meant(request, client.truth.contract_details), 2))
    if not found:
        raise RefusedError(no_such_contract(request))
    if len(found) > 1:
        raise RefusedError(ambiguous(request, found))
    return found[0]


def refusal(request: Message, client: Client, contract: Values) -> Message | None:
    """Return the error by which a Gateway refuses an order, new or changed, for what is in it."""
    for attribute in client.truth.refused_attributes:
        if request[str(attribute["name"])]:
            return error(int(str(attribute["code"])), str(attribute["text"]), request.number("order_id"))
    conditions: Any = request.values.get("conditions") or ()
    if len(conditions) > rules()["most_conditions"]:
        return refused("conditions", request, client, most=str(rules()["most_conditions"]))
    name = _of_account(request, client) or _of_fields(request, client) or _of_prices(request, contract)
    name = name or _of_contract(request, client, contract)
    if name is not None:
        return refused(name, request, client)
    if (wrong := not_finite(request)) is not None:
        return refused("not_finite", request, client, wrong_field=wrong)
    return _of_algorithm(request, client)


def is_stopped(request: Message, client: Client) -> bool:
    """Return whether a precaution stops a new order: one for the night alone (captured), on SMART (inferred)."""
    by_night = (request["time_in_force"], request["exchange"]) == ("OVERNIGHT", "SMART")
    return by_night and not client.behaviour.bypass_order_precautions


def _of_account(request: Message, client: Client) -> str | None:
    account = request["account"]
    if account and account not in client.truth.accounts:
        return "account"
    if not account and len(client.truth.accounts) > 1 and not request["fa_group"]:
        return "no_account"
    named = ("customer_account", "professional_customer")
    return next((name for name in named if request.values.get(name)), None)


def _of_fields(request: Message, client: Client) -> str | None:
    known, kind = rules(), plain_type(request.text("order_type"))
    in_force = request["time_in_force"]
    needed = in_force or client.server_version >= _EMPTY_REFUSED_SINCE
    wrong = {
        "action": request["action"] not in known["actions"],
        "order_type": kind not in kinds(),
        "size": is_wrong_size(request),
        "time_in_force": needed and in_force not in known["times_in_force"],
        "trigger_method": request["trigger_method"] not in known["trigger_methods"],
        "what_if": request["what_if"] and not request["transmit"],
        "unsupported_type": kind in _UNSUPPORTED_ON_SMART and request["exchange"] == "SMART",
        "algorithm": request["algo_strategy"] and request["algo_strategy"] not in known["algorithms"],
    }
    return next((name for name, is_wrong in wrong.items() if is_wrong), None)


def _of_algorithm(request: Message, client: Client) -> Message | None:
    """Return the refusal of an attribute that an algorithm does not have, or whose value is no number."""
    known: Mapping[str, Any] = rules()["attributes"]
    attributes: Any = request.values.get("algo_params") or ()
    of_this = next(
        (names for name, names in known.items() if name.upper() == str(request["algo_strategy"]).upper()), None
    )
    for tag, value in ((str(one["tag"]), str(one["value"])) for one in attributes):
        if of_this is not None and tag not in of_this:
            return refused("algorithm_attribute", request, client, wrong_attribute=tag)
        if tag in rules()["numbers"] and not _is_number(value):
            return refused("algorithm_value", request, client, wrong_attribute=f"{tag}={value}")
    return None


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _of_prices(request: Message, contract: Values) -> str | None:
    kind, limit, aux = kind_named(plain_type(request.text("order_type"))), request["limit_price"], request["aux_price"]
    triggered, limited = kind.has_trigger and not kind.trails, kind.takes is Takes.LIMIT
    if triggered and not aux:
        return "stop_price"
    if limited and not kind.trails and limit is None and not request.values.get("order_combo_leg_prices"):
        return "limit_price"
    step = Decimal(str(contract.get("min_tick") or 0))
    priced = [limit if limited else None, aux if triggered else None]
    if has_beyond(request) or any(price is not None and not _fits(price, step) for price in priced):
        return "price_step"
    return None


def _of_contract(request: Message, client: Client, contract: Values) -> str | None:
    if contract["sec_type"] == "IND":
        return "not_traded"
    if contract["sec_type"] in _WHOLE and (not size_of(request) or size_of(request) % 1):
        return "fraction" if size_of(request) else "cash"
    return "moment" if _is_wrong_moment(request, client, contract) else None


def _is_wrong_moment(request: Message, client: Client, contract: Values) -> bool:
    """Return whether an order names a moment that is none, or needs one that it does not name."""
    named = [request["good_after_time"], request["good_till_date"] if request["time_in_force"] == "GTD" else ""]
    if request["time_in_force"] == "GTD" and not named[1]:
        return True
    return any(text and moment_of(text, contract, client.now()) is None for text in named)


def _fits(price: object, step: Decimal) -> bool:
    exact = Decimal(str(price))
    return exact.is_finite() and abs(exact) <= LARGEST and (step <= 0 or exact % step == 0)


def of_id(request: Message, client: Client) -> Message | None:
    """Return the refusal of a new order's id, or of its parent's."""
    order_id, book = request.number("order_id"), client.desk.book
    if order_id < max(book.highest_id(client.client_id), client.truth.next_order_id):
        return refused("duplicate_id", request, client)
    above = book.find(client.client_id, request.number("parent_id")) if request["parent_id"] else None
    if request["parent_id"] and (above is None or (above.ended and above.status != FILLED)):
        return refused("parent", request, client)
    if above is not None and above.kind == "MKT" and kind_named(plain_type(request.text("order_type"))).trails:
        return refused("trail_of_market", request, client)
    return None


def _kept_group(order: Order) -> str:
    """Return the group that a change may name; a child that named its own is held to its parent's (users' logs)."""
    return str(order.parent_perm_id) if order.parent_perm_id else order.oca_group


def of_change(order: Order, request: Message, client: Client, contract: Values) -> Message | None:
    """Return the refusal of a change: an order that has ended, or another than quantity and prices (captured)."""
    if order.status == FILLED:
        return refused("filled", request, client)
    if order.ended:
        return refused("duplicate_id", request, client)
    account = request["account"] or client.truth.accounts[0]
    same = (request["action"], account) == (order.values["action"], order.account)
    if not same or any(contract.get(name) != order.contract.get(name) for name in ("con_id", "combo_legs_description")):
        return refused("other_order", request, client)
    wrong = {
        "other_type": plain_type(request.text("order_type")) != order.kind,
        "other_parent": request["parent_id"] != order.parent_id,
        "other_time_in_force": order.transmitted and (request["time_in_force"] or "DAY") != order.in_force_as_told,
        "other_order": Decimal(str(request["total_quantity"] or 0)) < order.filled,
        "other_group": request["oca_group"] not in {"", _kept_group(order)},
        "other_group_type": request["oca_type"] not in {0, groups.oca_type(order)},
    }
    name = next((name for name, is_wrong in wrong.items() if is_wrong), None)
    return None if name is None else refused(name, request, client)
