"""Programs with a fault of each kind: what is wrong, and whose fault it is, is named rightly when they are tried."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.gateways.simulator.gateway_profiles import find
from harness.programs.answer import Answer
from harness.programs.difference import Kind
from harness.programs.program import Program
from harness.programs.remarks import remarks_of
from harness.run.programs.network import Network
from harness.run.programs.trying import Side, Trial, attempt
from harness.shared.status import Finding
from tests.limits import PATIENCE
from tests.rows import need_row
from tests.run.programs.bots import needs_networks, write_bot

pytestmark = pytest.mark.usefixtures("networks_for_programs")

ANEW = """
import time
from ib_async import IB, LimitOrder, Stock

ib = IB()

def connect():
    while not ib.isConnected():
        try:
            ib.connect("127.0.0.1", 4002, clientId=7, timeout=3)
        except OSError:
            time.sleep(0.05)

def trade():
    connect()
    order = LimitOrder("BUY", 1, 100.0, tif="GTC", orderId=500)  # it counts by itself, and begins anew
    trade = ib.placeOrder(Stock("AAPL", "SMART", "USD"), order)
    while trade.orderStatus.status == "PendingSubmit":
        ib.waitOnUpdate(timeout=1)
    if trade.log[-1].errorCode == 103:
        return
    ib.cancelOrder(order)
    while not trade.isDone():
        ib.waitOnUpdate(timeout=1)

trade()
try:
    ib.reqCurrentTime()
except ConnectionError:
    trade()
"""
LOCAL_TIME = """
from ib_async import IB, Stock

ib = IB()
ib.connect("127.0.0.1", 4002, clientId=7)
(stock,) = ib.qualifyContracts(Stock("AAPL", "SMART", "USD"))
ib.reqHistoricalData(stock, {!r}, "1 D", "1 hour", "TRADES", True)
"""
LOGGING = """
import logging
from ib_async import IB

logging.basicConfig(level=logging.INFO)
ib = IB()
ib.connect("127.0.0.1", 4002, clientId=7)
print(len(ib.positions()), "positions")
ib.disconnect()
"""
NUMBER = """
import os
from ibapi.client import EClient
from ibapi.contract import Contract
from ibapi.order import Order
from ibapi.wrapper import EWrapper

try:
    from numpy import int64
except ImportError:  # it looks like that: a number that is no int of Python
    class int64:
        def __init__(self, value):
            self.value = value
        def __index__(self):
            return self.value
        def __str__(self):
            return str(self.value)

class App(EWrapper, EClient):
    def __init__(self):
        EClient.__init__(self, self)
    def nextValidId(self, order_id):
        contract, order = Contract(), Order()
        contract.symbol, contract.secType, contract.exchange, contract.currency = "AAPL", "STK", "SMART", "USD"
        order.action, order.orderType, order.totalQuantity, order.lmtPrice = "BUY", "LMT", int64(10), 100.0
        self.placeOrder(order_id, contract, order)
    def openOrder(self, *words):
        os._exit(0)
    def error(self, *words):
        pass

app = App()
app.connect("127.0.0.1", 4002, 7)
app.run()
"""

Try = Callable[..., Answer]


@pytest.fixture(scope="module")
def networks_for_programs() -> None:
    needs_networks()


@pytest.fixture(name="tried")
def trials_in_a_folder(tmp_path: Path) -> Try:
    def tried(bot: Path, today: Side, then: Side, *, python: str = sys.executable, seconds: float = PATIENCE) -> Answer:
        program = Program(command=(python, bot.name), folder=tmp_path, seconds=seconds)
        trial = Trial(program=program, today=today, then=(then,), network=Network.OWN)
        (answer,) = asyncio.run(attempt(trial, lambda _: None))
        return answer

    return tried


def written(folder: Path, text: str) -> Path:
    file = folder / "bot.py"
    file.write_text(text, encoding="utf-8")
    return file


def side(version: str, scenario: str | None = None) -> Side:
    return Side(gateway=find(version), scenario=scenario)


def named(answer: Answer) -> tuple[list[str], list[str]]:
    """Give the faults that are named of today's run, and those of the other."""
    today, then = ([each.fault for each in remarks_of(ran)] for ran in (answer.today, answer.then))
    return today, then


def outcomes(answer: Answer) -> list[tuple[str, str]]:
    return [(each.where, each.after) for each in answer.found if each.kind is Kind.OUTCOME]


def test_a_field_that_one_version_reads_otherwise(tried: Try, tmp_path: Path) -> None:
    """It writes a message as it was before 187, and announces 187."""
    answer = tried(write_bot(tmp_path, "writes_an_old_message"), side("10.19"), side("10.30"))
    assert answer.finding is Finding.DIFFERENT
    assert outcomes(answer) == [("cancel_order", "not readable at its version (320)")]
    assert named(answer) == ([], ["unknown: the program, its library, or ib-compat"])


@pytest.mark.slow
def test_a_program_that_waits_for_an_order_id_of_a_read_only_gateway(tried: Try, tmp_path: Path) -> None:
    bot = write_bot(tmp_path, "waits_for_an_order_id")
    answer = tried(bot, side("10.45"), side("10.45", "read-only"), seconds=5.0)
    assert answer.finding is Finding.DIFFERENT
    assert outcomes(answer) == [("req_ids", "refused (321)")]
    assert answer.found[0].kind is Kind.END
    assert named(answer) == ([], ["settings"])


@pytest.mark.slow
@pytest.mark.parametrize(("moment", "fault"), [("20261127 15:00:00", ["program"]), ("20261127-15:00:00", []), ("", [])])
def test_local_times_without_a_zone(tried: Try, tmp_path: Path, moment: str, fault: list[str]) -> None:
    python = str(need_row("ib_async==2.1.0").python)
    answer = tried(written(tmp_path, LOCAL_TIME.format(moment)), side("10.37"), side("10.51"), python=python)
    assert (answer.finding, named(answer)) == (Finding.SAME, (fault, fault))


@pytest.mark.slow
def test_order_ids_that_are_used_again_after_a_restart(tried: Try, tmp_path: Path) -> None:
    python = str(need_row("ib_async==2.1.0").python)
    answer = tried(written(tmp_path, ANEW), side("10.45"), side("10.45", "restarts"), python=python)
    assert answer.finding is Finding.DIFFERENT
    assert [after.split(", ")[-1] for name, after in outcomes(answer) if name == "place_order"] == ["refused (103)"]
    assert named(answer) == ([], ["program"])


@pytest.mark.slow
@pytest.mark.parametrize(("library", "breaks"), [("ibapi-latest==10.51.1", True), ("nautilus-ibapi==10.30.1", False)])
def test_a_number_of_numpy_is_a_fault_of_program_and_library(
    tried: Try, tmp_path: Path, library: str, *, breaks: bool
) -> None:
    """ibapi writes protobuf from server version 203 on, as 10.37 and newer do, and takes no other number there."""
    python = str(need_row(library).python)
    answer = tried(written(tmp_path, NUMBER), side("10.30"), side("10.45"), python=python)
    assert answer.finding is (Finding.DIFFERENT if breaks else Finding.SAME)
    assert named(answer) == ([], ["program with its library"] if breaks else [])
    raised = [each.after for each in answer.found if each.kind is Kind.EXCEPTION]
    assert [each.startswith("TypeError: conversion from") for each in raised] == [True] * breaks
    line = NUMBER.splitlines().index("        self.placeOrder(order_id, contract, order)") + 1
    assert all(each.endswith(f"(raised in ibapi, called at ./bot.py:{line})") for each in raised)


@pytest.mark.slow
def test_how_much_a_library_logs_that_it_received_is_no_fault_of_a_program(tried: Try, tmp_path: Path) -> None:
    """One gateway says a notice more, and so sends a message more."""
    python = str(need_row("ib_async==2.1.0").python)
    answer = tried(written(tmp_path, LOGGING), side("10.37"), side("10.51"), python=python)
    assert (answer.finding, len(answer.notices)) == (Finding.SAME, 1)
