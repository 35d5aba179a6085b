"""Contracts, option chains, and what a gateway says of itself, asked of ib_insync and ib_async."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters import reading_contracts
from adapters.base import NotOfferedError

if TYPE_CHECKING:
    from adapters.asyncio_requests import Asking
    from adapters.records_contracts import ContractDetails, OptionChain, Wanted


class AsyncioContracts:
    """The requests for contracts and option chains."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def contract_details(self, wanted: Wanted, timeout: float) -> list[ContractDetails]:
        answer = self._asking.ask(
            lambda: self._asking.ib.reqContractDetailsAsync(self._asking.contract(wanted)), timeout
        )
        return [reading_contracts.contract_details(details) for details in answer]

    def option_chain(self, symbol: str, sec_type: str, con_id: int, timeout: float) -> list[OptionChain]:
        answer = self._asking.ask(
            lambda: self._asking.ib.reqSecDefOptParamsAsync(symbol, "", sec_type, con_id), timeout
        )
        return [
            reading_contracts.option_chain(
                (row.exchange, row.underlyingConId, row.tradingClass, row.multiplier, row.expirations, row.strikes)
            )
            for row in answer
        ]


class AsyncioSystem:
    """The requests for what a gateway says of itself."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def current_time(self, timeout: float) -> int:
        answer = self._asking.ask(self._asking.ib.reqCurrentTimeAsync, timeout)
        return int(answer.timestamp())

    def user_info(self, timeout: float) -> str:
        if not hasattr(self._asking.ib, "reqUserInfoAsync"):
            raise NotOfferedError("the library has no reqUserInfo")
        return str(self._asking.ask(self._asking.ib.reqUserInfoAsync, timeout) or "")

    def current_time_in_millis(self, _timeout: float) -> int:
        raise NotOfferedError("the library has no reqCurrentTimeInMillis")
