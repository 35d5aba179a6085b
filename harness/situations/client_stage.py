"""What a situation of ibapi works with: connections with a thread each, a gateway, and ways to say what it sees."""

from __future__ import annotations

import importlib
import time
from itertools import groupby
from typing import TYPE_CHECKING, Any

from harness.situations.client_app import make_app
from harness.situations.observer import LOOK, PATIENCE, Observer
from harness.situations.played_gateway import HarnessError
from harness.situations.shown import fields_of, masked

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.situations.client_app import Ears, Heard

_TOLD = {
    "error": lambda values: values["errorCode"],
    "openOrder": lambda values: values["orderState"].status,
    "orderStatus": lambda values: values["status"],
    "tickPrice": lambda values: values["tickType"],
    "tickSize": lambda values: values["tickType"],
    "marketDataType": lambda values: values["marketDataType"],
}
"""What of a callback's arguments is told with its name, where the order of callbacks is observed."""

_OF_NOW = frozenset({"errorTime", "permId", "execId"})
"""Arguments that differ from run to run; only their types are observed."""

RECORDS = {
    "Contract": "contract",
    "ComboLeg": "contract",
    "ContractDetails": "contract",
    "Order": "order",
    "OrderState": "order_state",
    "OrderCancel": "order_cancel",
    "Execution": "execution",
    "ExecutionFilter": "execution",
    "ScannerSubscription": "scanner",
    "TagValue": "tag_value",
    "BarData": "common",
    "SoftDollarTier": "softdollartier",
}
"""The records that programs make, each with its module."""


class ClientStage(Observer):
    """One situation's view: every method that observes takes the words by which both versions are compared."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._ears: dict[Any, Ears] = {}

    def app(self, **own: Any) -> Any:
        """Return an object that extends ``EWrapper`` and ``EClient``, with what of a program is its own."""
        app, ears = make_app(own)
        self._ears[app] = ears
        return app

    def connect(self, app: Any, client_id: int = 1) -> None:
        """Connect, and run the message loop in a thread."""
        app.connect(self.gateway.host, self.gateway.port, client_id)
        self.ears(app).run(app)

    def connected(self, client_id: int = 1, **own: Any) -> Any:
        """Return an app that is connected, and has heard all that a start brings."""
        self.gateway.step()  # it has heard of who left, and their ids are free
        app = self.app(**own)
        self.connect(app, client_id)
        self.until(lambda: any(each.name == "nextValidId" for each in self.ears(app).heard), "the first order id comes")
        self.settle(app)
        self.ears(app).heard.clear()
        return app

    def record(self, name: str, **fields: Any) -> Any:
        """Return a record of the library, such as ``Order``, with fields that a program sets."""
        record = getattr(importlib.import_module(f"ibapi.{RECORDS[name]}"), name)()
        for field, value in fields.items():
            setattr(record, field, value)
        return record

    def stock(self, symbol: str = "AAPL") -> Any:
        """Return a stock."""
        return self.record("Contract", symbol=symbol, secType="STK", exchange="SMART", currency="USD")

    def limit_order(self, price: Any = 100.0, **fields: Any) -> Any:
        """Return a limit order for ten, without attributes that Gateways refuse and old versions set."""
        order = self.record("Order", action="BUY", totalQuantity=10, orderType="LMT", lmtPrice=price, tif="GTC")
        order.eTradeOnly = order.firmQuoteOnly = False
        for field, value in fields.items():
            setattr(order, field, value)
        return order

    def cancel(self, app: Any, order_id: int) -> None:
        """Cancel an order in the way of the version: its signature has changed twice."""
        cancelling: tuple[Any, ...]
        try:
            cancelling = (self.record("OrderCancel"),)
        except ImportError:
            cancelling = ("",) if "manual" in str(app.cancelOrder.__code__.co_varnames) else ()
        app.cancelOrder(order_id, *cancelling)

    def own(self, name: str) -> Callable[..., Any]:
        """Return the callback of the library itself, which a program has if it does not override it."""
        callback: Callable[..., Any] = getattr(importlib.import_module("ibapi.wrapper").EWrapper, name)
        return callback

    def ears(self, app: Any) -> Ears:
        """Return what keeps what an app hears."""
        return self._ears[app]

    def next_id(self, app: Any) -> int:
        """Return the next id for an order, counted from the one that the gateway told."""
        return self.ears(app).next_id()

    def settle(self, app: Any, seconds: float = 0) -> None:
        """Wait until a callback has had all that the gateway has to say, some seconds by its clock from now.

        A gateway answers in turn: when it has told its time, all before that was heard. Twice, since a callback may
        have asked something. If the message loop has ended, nothing more comes.
        """
        ears = self.ears(app)
        for lasts in (seconds, 0):
            self.gateway.step(lasts)
            if ears.thread is None:
                return
            known = ears.times
            ears.ask_time(app)
            self.until(lambda: ears.times > known or ears.has_ended, "the gateway tells its time")  # noqa: B023

    def asks(self, app: Any, what: str, request: Callable[[], Any], *, seconds: float = 0) -> list[Heard]:
        """Send a request; observe whether it raises, and which callbacks come; return these."""
        self.ears(app).heard.clear()
        works = self._works(what, request)
        self.settle(app, seconds)
        return self.hears(app, f"callbacks of {what}") if works or self.ears(app).heard else []

    def hears(self, app: Any, what: str) -> list[Heard]:
        """Observe which callbacks came since this was asked last, in their order; return them."""
        heard = self.ears(app).heard[:]
        self.ears(app).heard.clear()
        if heard:
            several = [(name, len(list(each))) for name, each in groupby(map(_told, heard))]
            told = ", ".join(name if count == 1 else f"{name} {count} times" for name, count in several)
            self._observed(what, "event", value=told, type="")
        else:
            self._observed(what, "pending", value="none come after all else was answered", type="")
        return heard

    def arguments(self, what: str, heard: list[Heard], name: str) -> None:
        """Observe the arguments of the last callback of a name, each on its own, and of records each field."""
        found = [each.values for each in heard if each.name == name]
        for argument, value in found[-1].items() if found else ():
            self._argument(f"{what}: {argument}", argument, value)
            for field in fields_of(value) or ():
                self._argument(f"{what}: {argument}.{field}", field, getattr(value, field))

    def _argument(self, what: str, name: str, value: Any) -> None:
        if name in _OF_NOW:
            self.says(f"type of {what}", type(value).__name__)
        elif fields_of(value) is None:
            self.says(what, value)

    def _works(self, what: str, request: Callable[[], Any]) -> bool:
        """Observe whether a request returns; what it returns says nothing."""
        return self.calls(what, lambda: (request(), True)[1], quiet=True) is not None

    def ends(self, app: Any, what: str) -> None:
        """Observe how the message loop ends, which it must do now."""
        ears = self.ears(app)
        self.until(lambda: ears.has_left, "the message loop ends")
        if ears.error is None:
            self._observed(what, "value", value="returns", type="")
        else:
            self._raised(what, ears.error)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Let the library's threads work until a condition holds.

        Raises:
            HarnessError: it never did, which says nothing about the library.
        """
        ends = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > ends:
                raise HarnessError(f"waited {PATIENCE:g} s in vain until {what}")
            time.sleep(LOOK)


def _told(heard: Heard) -> str:
    told = _TOLD.get(heard.name)
    return heard.name if told is None else f"{heard.name} {masked(str(told(heard.values)))}"
