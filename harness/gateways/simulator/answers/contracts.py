"""Answers requests for contracts and option chains."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping

from harness.gateways.simulator.answers.clock_and_ids import nothing
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.refusals import RefusedError, id_of
from harness.gateways.simulator.client import Answer, Client
from harness.gateways.simulator.truth import SMART, Values, meant
from harness.wire.catalogue import catalogue
from harness.wire.message import Message

NO_SUCH_CONTRACT = 200
NO_SUCH_CONTRACT_TEXT = "No security definition has been found for the request"
"""As captured; no end marker follows."""


_OF_BONDS = "bond_contract_data"


def no_such_contract(request: Message) -> Message:
    """Return the refusal of a request, or an order, whose contract is not known."""
    return error(NO_SUCH_CONTRACT, NO_SUCH_CONTRACT_TEXT, id_of(request))


def meant_first(request: Message, client: Client, kinds: Container[object] | None = None) -> Values:
    """Return the contract that a request means: the first that fits, if several do.

    Args:
        request: with the fields of a contract.
        client: who asks.
        kinds: security types, such as ``OPT``; ``None`` for all.

    Raises:
        RefusedError: there is none.
    """
    for contract in meant(request, client.truth.contract_details):
        if kinds is None or contract["sec_type"] in kinds:
            return contract
    raise RefusedError(no_such_contract(request))


def _contract_data(request: Message, client: Client) -> Iterator[Message]:
    found = list(meant(request, client.truth.contract_details))
    if not found:
        raise RefusedError(no_such_contract(request))
    req_id = request["req_id"]
    for contract in found:
        exchange = SMART if request["exchange"] == SMART else contract["exchange"]
        yield _told({**contract, "exchange": exchange, "req_id": req_id})
    yield Message("contract_data_end", {"req_id": req_id})


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
