"""Contracts and option chains, asked of ibapi."""

# ruff: noqa: N802, N803 - callbacks and their arguments are named by the library

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibapi.contract import Contract

from adapters import reading_contracts
from adapters.ibapi_requests import IbapiCallbacks, IbapiRequests

if TYPE_CHECKING:
    from adapters.records_contracts import ContractDetails, OptionChain, Wanted


class IbapiContracts(IbapiRequests):
    """The requests for contracts and option chains."""

    def _contract(self, wanted: Wanted) -> Any:
        return reading_contracts.fill(Contract(), wanted)

    def contract_details(self, wanted: Wanted, timeout: float) -> list[ContractDetails]:
        """Ask every contract that fits."""
        request_id = self._request_id()

        def send() -> None:
            self._app.reqContractDetails(request_id, self._contract(wanted))

        rows = self._inbox.ask(request_id, send, timeout)
        return [reading_contracts.contract_details(details) for (details,) in rows]

    def option_chain(self, symbol: str, sec_type: str, con_id: int, timeout: float) -> list[OptionChain]:
        """Ask the options of an underlying, on every exchange."""
        request_id = self._request_id()

        def send() -> None:
            self._app.reqSecDefOptParams(request_id, symbol, "", sec_type, con_id)

        return [reading_contracts.option_chain(row) for row in self._inbox.ask(request_id, send, timeout)]


class ContractCallbacks(IbapiCallbacks):
    """The callbacks for contracts and option chains."""

    def contractDetails(self, reqId: int, contractDetails: Any) -> None:
        """Hear one contract."""
        self._inbox.add(reqId, contractDetails)

    def contractDetailsEnd(self, reqId: int) -> None:
        """Hear the end of the contracts."""
        self._inbox.finish(reqId)

    def securityDefinitionOptionParameter(self, reqId: int, *chain: Any) -> None:
        """Hear the options of one exchange and trading class."""
        self._inbox.add(reqId, *chain)

    def securityDefinitionOptionParameterEnd(self, reqId: int) -> None:
        """Hear the end of the options."""
        self._inbox.finish(reqId)
