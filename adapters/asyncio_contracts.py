"""Contracts and option chains, asked of ib_insync and ib_async."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters import reading_contracts
from adapters.asyncio_requests import AsyncioRequests

if TYPE_CHECKING:
    from adapters.records_contracts import ContractDetails, OptionChain, Wanted


class AsyncioContracts(AsyncioRequests):
    """The requests for contracts and option chains."""

    def _contract(self, wanted: Wanted) -> Any:
        return reading_contracts.fill(self._module.Contract(), wanted)

    def contract_details(self, wanted: Wanted, timeout: float) -> list[ContractDetails]:
        """Ask every contract that fits."""
        answer = self._ask(lambda: self._ib.reqContractDetailsAsync(self._contract(wanted)), timeout)
        return [reading_contracts.contract_details(details) for details in answer]

    def option_chain(self, symbol: str, sec_type: str, con_id: int, timeout: float) -> list[OptionChain]:
        """Ask the options of an underlying, on every exchange."""
        answer = self._ask(lambda: self._ib.reqSecDefOptParamsAsync(symbol, "", sec_type, con_id), timeout)
        return [
            reading_contracts.option_chain(
                (row.exchange, row.underlyingConId, row.tradingClass, row.multiplier, row.expirations, row.strikes)
            )
            for row in answer
        ]
