"""A contract that does not exist: the refusal must reach who asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import RequestRejectedError
from adapters.records_contracts import Wanted
from harness.cell.check import Check, CheckFailedError, Client
from harness.cell.checks.historical_bars import asked as asked_bars

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.cell.expected import Expected
    from harness.simulator.truth import Truth

NOBODY = Wanted("NOSUCHSYMBOL", "STK", "SMART", "USD")
NO_SUCH_CONTRACT = 200


def ask(client: Client) -> dict[str, Any]:
    """Ask its details and its bars; gives what the library says to each."""
    connection, timeout = client.connection, client.request_timeout
    bars = asked_bars(client.turn)["days"]
    asked: dict[str, Callable[[], list[Any]]] = {
        "contract_details": lambda: connection.contract_details(NOBODY, timeout),
        "historical_bars": lambda: connection.historical_bars(NOBODY, bars, timeout),
    }
    return {name: _refusal(name, request) for name, request in asked.items()}


def _refusal(name: str, request: Callable[[], list[Any]]) -> str:
    try:
        answer = request()
    except RequestRejectedError as error:
        if error.code != NO_SUCH_CONTRACT:
            raise
        return str(error)
    raise CheckFailedError(f"{name} of a contract that does not exist: {len(answer)} records instead of an error")


def expected(_truth: Truth) -> Mapping[str, Expected]:
    """Give the refusal in the words of captures."""
    words = f"error {NO_SUCH_CONTRACT}: No security definition has been found for the request"
    return {"contract_details": words, "historical_bars": words}


CHECK = Check(
    name="unknown_symbol",
    asks="req_contract_data",
    proves="error 200 reaches who asked for a contract that does not exist, instead of an empty answer or a timeout",
    ask=ask,
    expected=expected,
    requests=2,
)
