"""Programs made with the real libraries, tested with the plugin: fills in parts, a line that breaks, a return."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pytest_plugin.projects import Project

pytestmark = pytest.mark.slow

ASYNCIO_FAMILY = """
import pytest
from {library} import IB, LimitOrder, Stock


def connect(ib, gateway):
    ib.connect(gateway.host, gateway.port, clientId=7)


def test_the_order_outlives_the_line(ib_gateway):
    ib = IB()
    connect(ib, ib_gateway)
    trade = ib.placeOrder(Stock("AAPL", "SMART", "USD"), LimitOrder("BUY", 100, 1.25, tif="DAY"))
    order = ib_gateway.wait_for_order(client=7, symbol="AAPL", action="BUY")
    assert (order.limit, order.quantity, order.contract.con_id) == (1.25, 100, 265598)
    ib_gateway.fill(order, shares=40)
    while trade.filled() < 40:
        ib.sleep(0.01)
    assert (trade.orderStatus.status, trade.remaining()) == ("Submitted", 60)
    ib_gateway.drop(7)
    while ib.isConnected():
        with pytest.raises(ConnectionError):
            ib.sleep(10)
    ib_gateway.fill(order, price=1.15)
    connect(ib, ib_gateway)
    assert [(fill.execution.shares, fill.execution.price) for fill in ib.fills()] == [(40, 1.25), (60, 1.15)]
    assert [(held.contract.symbol, held.position) for held in ib.positions()] == [("AAPL", 100)]
    assert ib.openTrades() == []
    ib.disconnect()


def test_an_order_is_rejected(ib_gateway):
    ib, errors = IB(), []
    ib.errorEvent += lambda number, code, text, contract: errors.append((number, code, text))
    connect(ib, ib_gateway)
    trade = ib.placeOrder(Stock("AAPL", "SMART", "USD"), LimitOrder("BUY", 100, 1.25, tif="DAY"))
    ib_gateway.reject(ib_gateway.wait_for_order(), 201, "Order rejected - reason:No")
    while trade.isActive():
        ib.sleep(0.01)
    assert (trade.order.orderId, 201, "Order rejected - reason:No") in errors
    ib.disconnect()


def test_a_market_order_at_a_price_of_the_test_and_the_end_of_the_day(ib_gateway):
    ib = IB()
    connect(ib, ib_gateway)
    ib_gateway.set_price("AAPL", 10, 10.02, size=1000)
    stock, = ib.qualifyContracts(Stock("AAPL", "SMART", "USD"))
    order = LimitOrder("BUY", 10, 10.02, tif="DAY")
    bought, waits = ib.placeOrder(stock, order), ib.placeOrder(stock, LimitOrder("BUY", 10, 5, tif="DAY"))
    ib_gateway.wait_for_order()
    ib_gateway.wait_for_order()
    ib_gateway.step_to("2026-12-02T16:00-05:00")
    while bought.isActive() or waits.isActive():
        ib.sleep(0.01)
    assert (bought.orderStatus.status, bought.orderStatus.avgFillPrice) == ("Filled", 10.02)
    assert waits.orderStatus.status == "Cancelled"
    ib.disconnect()
"""

IBAPI = """
import queue
from threading import Thread

from ibapi.client import EClient
from ibapi.contract import Contract
from ibapi.order import Order
from ibapi.wrapper import EWrapper


class Program(EWrapper, EClient):
    def __init__(self, gateway):
        EClient.__init__(self, self)
        self.heard = queue.Queue()
        self.connect(gateway.host, gateway.port, 7)
        self.running = Thread(target=self.run)
        self.running.start()

    def until(self, *wanted):
        while (heard := self.heard.get(timeout=30))[: len(wanted)] != wanted:
            pass
        return heard

    def nextValidId(self, orderId):
        self.heard.put(("id", orderId))

    def orderStatus(self, orderId, status, filled, *_):
        self.heard.put((status, filled))

    def position(self, account, contract, position, avgCost):
        self.heard.put(("position", contract.symbol, position))

    def connectionClosed(self):
        self.heard.put(("closed",))


def test_the_order_outlives_the_line(ib_gateway):
    program = Program(ib_gateway)
    stock, order = Contract(), Order()
    stock.symbol, stock.secType, stock.exchange, stock.currency = "AAPL", "STK", "SMART", "USD"
    order.action, order.totalQuantity, order.orderType, order.lmtPrice = "BUY", 100, "LMT", 1.25
    program.placeOrder(program.until("id")[1], stock, order)
    placed = ib_gateway.wait_for_order(client=7)
    assert (placed.limit, placed.quantity, placed.contract.con_id) == (1.25, 100, 265598)
    ib_gateway.fill(placed, shares=40)
    program.until("Submitted", 40)
    ib_gateway.drop(7)
    program.until("closed")
    program.running.join()

    again = Program(ib_gateway)
    again.until("Submitted", 40)
    again.until("id")
    ib_gateway.fill(placed)
    again.until("Filled", 100)
    again.reqPositions()
    again.until("position", "AAPL", 100)
    again.disconnect()
    again.running.join()
"""


@pytest.mark.parametrize(
    ("library", "program", "passed"),
    [
        ("ib_async==2.1.0", ASYNCIO_FAMILY.replace("{library}", "ib_async"), 3),
        ("ib_insync==0.9.86", ASYNCIO_FAMILY.replace("{library}", "ib_insync"), 3),
        ("ibapi-latest==10.51.1", IBAPI, 1),
    ],
    ids=["ib_async", "ib_insync", "ibapi"],
)
def test_a_program_is_tested(library: str, program: str, passed: int, tmp_path: Path) -> None:
    done = Project(tmp_path, library, {"test_program.py": program}).run("--timeout", "100")
    assert f"{passed} passed" in done.stdout, done.stdout
    assert done.returncode == 0, done.stdout
