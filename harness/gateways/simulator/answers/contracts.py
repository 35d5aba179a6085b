"""Answers requests for contracts and option chains."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from harness.gateways.simulator.answers.clock_and_ids import nothing
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.refusals import RefusedError, id_of, not_valid, refuse
from harness.gateways.simulator.client import Answer, Client
from harness.gateways.simulator.trading.combos import combo_of
from harness.gateways.simulator.trading.documents import document
from harness.gateways.simulator.truth import SMART, Values, by_con_id, meant
from harness.wire.catalogue import catalogue
from harness.wire.message import Message

NO_SUCH_CONTRACT = 200
NO_SUCH_CONTRACT_TEXT = "No security definition has been found for the request"
"""As captured; no end marker follows."""


_AMBIGUOUS_TEXT = "The contract description specified for {} is ambiguous"
_TELLS_APART = (("currency", "currency"), ("multiplier", "multiplier"), ("trading_class", "trading class"))
"""What a request may say to mean one contract, and the words for it (users' logs)."""

_SETTLEMENT_SINCE = (10, 50)
_SETTLED = {("OPT", "STK"): "Physical Delivery"}
_OF_BONDS = "bond_contract_data"
_MONTHLY = frozenset({"FUT", "FOP"})
_NAMES = ("con_id", "symbol", "local_symbol", "sec_id")


def no_such_contract(request: Message) -> Message:
    """Return the refusal of a request, or an order, whose contract is not known."""
    return error(NO_SUCH_CONTRACT, NO_SUCH_CONTRACT_TEXT, id_of(request))


def ambiguous(request: Message, found: Sequence[Values]) -> Message:
    """Return the refusal of a request, or an order, that several contracts fit; it names what tells them apart."""
    apart = [words for key, words in _TELLS_APART if len({str(one.get(key)) for one in found}) > 1]
    remedy = f"; you must specify the {' or '.join(apart)}." if apart else "."
    return error(NO_SUCH_CONTRACT, f"{_AMBIGUOUS_TEXT.format(found[0]['symbol'])}{remedy}", id_of(request))


def wrong(request: Message) -> str:
    """Return the cause for which any request is refused whose contract makes no sense; empty if it does."""
    if request["sec_type"] and request["sec_type"] not in document("refusals")["known"]["security_types"]:
        return "Please enter a valid security type"
    if request["sec_type"] != "BAG" and not any(request.values.get(name) for name in _NAMES):
        return "The symbol or the local-symbol or the security id must be entered"
    return ""


def _wrong_of_one(request: Message) -> str:
    """Return the same for a request that must mean one contract: it needs an exchange, and a future its month."""
    if cause := wrong(request):
        return cause
    if not request["exchange"]:
        return "Please enter exchange"
    told = request["con_id"] or request["local_symbol"] or request["last_trade_date"] or request.values.get("sec_id")
    return "Please enter a local symbol or an expiry" if request["sec_type"] in _MONTHLY and not told else ""


def meant_one(request: Message, client: Client, kinds: Container[object] | None = None) -> Values:
    """Return the contract that a request means. Codes and texts of refusals are in users' logs.

    Args:
        request: with the fields of a contract.
        client: who asks.
        kinds: security types, such as ``OPT``; ``None`` for all.

    Raises:
        RefusedError: there is none, there are several, or what is said of it makes no sense.
    """
    if cause := _wrong_of_one(request):
        raise RefusedError(not_valid(request, client, cause))
    known = meant(request, client.truth.contract_details)
    found = list(islice((one for one in known if kinds is None or one["sec_type"] in kinds), 2))
    if not found:
        raise RefusedError(no_such_contract(request))
    if len(found) > 1:
        raise RefusedError(ambiguous(request, found))
    return found[0]


def combination(request: Message, client: Client) -> Values:
    """Return the contract of a combination, of which each leg is one that there is.

    Raises:
        RefusedError: a leg is unknown, or there is none, or there are too many.
    """
    asked: Any = request["combo_legs"]
    most: int = document("refusals")["known"]["most_legs"]
    if len(asked) > most:
        text: str = document("refusals")["refusals"]["legs"]["text"]
        raise RefusedError(not_valid(request, client, text.format(most=most)))
    legs = [by_con_id(int(leg["con_id"]), client.truth.contract_details) for leg in asked]
    known = [leg for leg in legs if leg is not None]
    if not known or len(known) < len(legs) or any(int(leg["ratio"]) < 1 for leg in asked):
        raise RefusedError(no_such_contract(request))
    return combo_of(request, known)


def _contract_data(request: Message, client: Client) -> Iterator[Message]:
    refuse(not_valid(request, client, cause) if (cause := wrong(request)) else None)
    found = list(meant(request, client.truth.contract_details))
    if not found:
        raise RefusedError(no_such_contract(request))
    req_id = request["req_id"]
    for contract in _where(request, found):
        yield _told({**contract, **_settled(contract, client), "req_id": req_id})
    yield Message("contract_data_end", {"req_id": req_id})


def _where(request: Message, found: list[Values]) -> list[Values]:
    """Return contracts once for each exchange that is meant.

    That is the one that is asked for. Without one, a stock that is named by its symbol is told on all that it trades
    on, first on SMART (a notebook that comes with ib_async shows AMD 35 times).
    """
    if request["exchange"]:
        return [{**contract, "exchange": request["exchange"]} for contract in found]
    rows = [{**contract, "exchange": exchange} for contract in found for exchange in _exchanges(contract, request)]
    return sorted(rows, key=lambda row: row["exchange"] != SMART)


def _exchanges(contract: Values, request: Message) -> list[str]:
    if request["con_id"] or not request["symbol"] or contract["sec_type"] != "STK":
        return [str(contract["exchange"])]
    return str(contract["valid_exchanges"]).split(",")


def _settled(contract: Values, client: Client) -> Values:
    """Return how a contract is settled, which Gateways say from 10.50 on, whatever the client speaks.

    Captured of an option of a stock and of ES; of other futures, and of options on them or on an index, it is unknown.
    """
    if client.application < _SETTLEMENT_SINCE:
        return {}
    method = _SETTLED.get((str(contract["sec_type"]), str(contract.get("under_sec_type", ""))))
    in_cash = (contract["sec_type"], contract["symbol"]) == ("FUT", "ES")
    return {"settlement_method": "Cash"} if in_cash else {"settlement_method": method} if method else {}


def _told(contract: Values) -> Message:
    """Return a contract's details; bonds have a message of their own, without some of what others have."""
    if contract["sec_type"] != "BOND":
        return Message("contract_data", contract)
    fields = catalogue().by_name[_OF_BONDS].defaults
    return Message(_OF_BONDS, {name: value for name, value in contract.items() if name in fields})


def _option_chain(request: Message, client: Client) -> Iterator[Message]:
    """Yield the chains of a contract; that one without any gets the end alone is inferred."""
    req_id = request["req_id"]
    for chain in client.truth.option_chains:
        if chain["underlying_con_id"] == request["underlying_con_id"]:
            yield Message("sec_def_opt_params", {**chain, "req_id": req_id})
    yield Message("sec_def_opt_params_end", {"req_id": req_id})


ANSWERS: Mapping[str, Answer] = {
    "cancel_contract_data": nothing,
    "req_contract_data": _contract_data,
    "req_sec_def_opt_params": _option_chain,
}
