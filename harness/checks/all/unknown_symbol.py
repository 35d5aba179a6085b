"""Checks that the caller learns of the error when it requests a contract that does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import RequestRejectedError
from adapters.records import NO_SUCH_CONTRACT
from adapters.records_market import Wanted
from harness.checks.all.historical_bars import asked as asked_bars
from harness.checks.check import Check, CheckFailedError, Client
from harness.checks.heard import NotHeardError, any_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth, Values

NOBODY = Wanted("NOSUCHSYMBOL", "STK", "SMART", "USD")


def ask(client: Client) -> dict[str, Any]:
    """Request its details and its bars; return what the library reports for each."""
    connection, timeout = client.connection, client.request_timeout
    bars = asked_bars(client.turn)["days"]
    asked: dict[str, Callable[[], list[Any]]] = {
        "contract_details": lambda: connection.contracts.contract_details(NOBODY, timeout),
        "historical_bars": lambda: connection.market.historical_bars(NOBODY, bars, timeout),
    }
    return {name: _refusal(name, request) for name, request in asked.items()}


def _refusal(name: str, request: Callable[[], list[Any]]) -> str:
    try:
        answer = request()
    except RequestRejectedError as error:
        if error.code != NO_SUCH_CONTRACT:
            raise
        return str(error)
    raise CheckFailedError(
        f"{name} of a contract that does not exist: an answer instead of an error, records: {len(answer)}"
    )


def expected(_truth: Truth) -> Mapping[str, Expected]:
    """Return the text of the refusal, as in captures."""
    words = f"error {NO_SUCH_CONTRACT}: No security definition has been found for the request"
    return {"contract_details": words, "historical_bars": words}


def heard(said: Heard) -> Mapping[str, Expected]:
    """Return the text of the gateway's refusal of each request."""
    asked = {"contract_details": "req_contract_data", "historical_bars": "req_historical_data"}
    numbers = {name: {row["req_id"] for row in said.requests(request)} for name, request in asked.items()}
    errors = [row for row in said.during("error") if row["code"] == NO_SUCH_CONTRACT]
    words = {name: [_words(row) for row in errors if row["req_id"] in ids] for name, ids in numbers.items()}
    if not all(words.values()):
        raise NotHeardError("not every request was refused")
    return {name: any_of(each) for name, each in words.items()}


def _words(error: Values) -> str:
    return f"error {error['code']}: {error['text']}"


CHECK = Check(
    name="unknown_symbol",
    asks="req_contract_data",
    proves="a request for a contract that does not exist gets error 200, instead of an empty answer or a timeout",
    ask=ask,
    expected=expected,
    heard=heard,
    requests=2,
)
