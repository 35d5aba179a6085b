"""What a gateway has no data for is asked of no library: the check is skipped, with the gateway's words."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from adapters.base import GaveUpError, RequestRejectedError, RequestTimeoutError
from adapters.records_market import Wanted
from harness.checks.all import contract_details
from harness.checks.check import Client, NotAskedError
from harness.checks.quoted import where_patient, where_subscribed, where_traded

if TYPE_CHECKING:
    from collections.abc import Callable

    Way = Callable[[Client], AbstractContextManager[None]]

NO_DATA = RequestRejectedError(162, "Fehlermeldung des Dienstes: HMDS-Abfrage lieferte keine Daten")
NO_PERMISSION = RequestRejectedError(162, "No market data permissions for NASDAQ STK")
PACING = RequestRejectedError(162, "Historical Market Data Service error message: API pacing violation")
BARS_PACING = RequestRejectedError(420, "Invalid Real-time Query: Historical data request pacing violation")
NO_BARS = RequestRejectedError(420, "Invalid Real-time Query: No market data permissions for NASDAQ STK")
CANCELLED = RequestRejectedError(162, "API historical data query cancelled: 7")
NO_CONTRACT = RequestRejectedError(200, "No security definition has been found for the request")
SILENT = RequestTimeoutError("no answer within 5 s")
IMPATIENT = GaveUpError("no answer within the time that the library waits by itself")


def client_of(*, simulated: bool, **more: Any) -> Any:
    return SimpleNamespace(simulated=simulated, request_timeout=1.0, **more)


def dated(client: Client) -> AbstractContextManager[None]:
    return where_subscribed(client, dated=True)


@pytest.mark.parametrize(
    ("way", "problem", "real", "simulated"),
    [
        (where_subscribed, RequestRejectedError(354, "Requested market data is not subscribed."), True, True),
        (where_subscribed, NO_PERMISSION, True, True),
        (where_subscribed, NO_DATA, True, False),
        (where_subscribed, PACING, False, False),
        (where_subscribed, CANCELLED, False, False),
        (where_traded, BARS_PACING, False, False),
        (where_traded, NO_BARS, True, True),
        (where_subscribed, NO_CONTRACT, False, False),
        (dated, NO_CONTRACT, True, False),
        (where_subscribed, SILENT, False, False),
        (where_traded, SILENT, True, False),
        (where_traded, NO_DATA, True, False),
        (where_patient, SILENT, False, False),
        (where_patient, IMPATIENT, True, False),
    ],
)
def test_what_is_skipped_at_a_real_gateway_and_at_a_simulated_one(
    way: Way,
    problem: Exception,
    real: bool,  # noqa: FBT001
    simulated: bool,  # noqa: FBT001
) -> None:
    for is_simulated, is_skipped in ((False, real), (True, simulated)):
        with (
            pytest.raises(NotAskedError if is_skipped else type(problem)) as raised,
            way(client_of(simulated=is_simulated)),
        ):
            raise problem
        assert str(problem) in str(raised.value)


@pytest.mark.parametrize("simulated", [False, True])
def test_an_option_that_has_ended_leaves_the_other_contracts(simulated: bool) -> None:  # noqa: FBT001
    def contract_data(wanted: Wanted, _timeout: float) -> list[Any]:
        if wanted.expiry:
            raise NO_CONTRACT
        return []

    client = client_of(
        simulated=simulated, connection=SimpleNamespace(contracts=SimpleNamespace(contract_details=contract_data))
    )
    if simulated:
        with pytest.raises(RequestRejectedError):
            contract_details.ask(client)
    else:
        assert contract_details.ask(client) == {"records": []}
