"""Contracts, option chains, and what a gateway says of itself, asked of ibapi."""

# ruff: noqa: N802, N803 - callbacks and their arguments are named by the library

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters import reading_contracts
from adapters.base import NotOfferedError
from adapters.ibapi_requests import IbapiCallbacks

if TYPE_CHECKING:
    from adapters.ibapi_requests import Asking
    from adapters.records_contracts import ContractDetails, OptionChain, Wanted


class IbapiContracts:
    """The requests for contracts and option chains."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def contract_details(self, wanted: Wanted, timeout: float) -> list[ContractDetails]:
        request_id = self._asking.request_id()

        def send() -> None:
            self._asking.app.reqContractDetails(request_id, self._asking.contract(wanted))

        rows = self._asking.inbox.ask(request_id, send, timeout)
        return [reading_contracts.contract_details(details) for (details,) in rows]

    def option_chain(self, symbol: str, sec_type: str, con_id: int, timeout: float) -> list[OptionChain]:
        request_id = self._asking.request_id()

        def send() -> None:
            self._asking.app.reqSecDefOptParams(request_id, symbol, "", sec_type, con_id)

        return [reading_contracts.option_chain(row) for row in self._asking.inbox.ask(request_id, send, timeout)]


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


class IbapiSystem:
    """The requests for what a gateway says of itself."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def current_time(self, timeout: float) -> int:
        rows = self._asking.inbox.ask("current_time", self._asking.app.reqCurrentTime, timeout)
        return int(rows[0][0])

    def user_info(self, timeout: float) -> str:
        if not hasattr(self._asking.app, "reqUserInfo"):
            raise NotOfferedError("the library has no reqUserInfo")
        request_id = self._asking.request_id()

        def send() -> None:
            self._asking.app.reqUserInfo(request_id)

        rows = self._asking.inbox.ask(request_id, send, timeout)
        return str(rows[0][0])

    def current_time_in_millis(self, timeout: float) -> int:
        if not hasattr(self._asking.app, "reqCurrentTimeInMillis"):
            raise NotOfferedError("the library has no reqCurrentTimeInMillis")
        rows = self._asking.inbox.ask("current_time_in_millis", self._asking.app.reqCurrentTimeInMillis, timeout)
        return int(rows[0][0])


class SystemCallbacks(IbapiCallbacks):
    """The callbacks for what a gateway says of itself."""

    def currentTime(self, time: int) -> None:
        """Hear the answer to reqCurrentTime."""
        self._inbox.add("current_time", time)
        self._inbox.finish("current_time")

    def userInfo(self, reqId: int, whiteBrandingId: str) -> None:
        """Hear the user's white branding id."""
        self._inbox.add(reqId, whiteBrandingId)
        self._inbox.finish(reqId)

    def currentTimeInMillis(self, timeInMillis: int) -> None:
        """Hear the clock in milliseconds."""
        self._inbox.add("current_time_in_millis", timeInMillis)
        self._inbox.finish("current_time_in_millis")
