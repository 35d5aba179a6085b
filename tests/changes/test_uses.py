"""What of a library's API a program's code uses, and which changes concern that."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.changes.change import SIGNATURES, Change, Group
from harness.changes.code_names import names_in
from harness.changes.uses import Use, Uses, changes_of_name, concerned, uses_in
from harness.known.library_api import Kind

BOT = """
from ib_async import *
ib = IB()
ib.connect("127.0.0.1", 4002, clientId=7)
order = LimitOrder("BUY", 10, 190.0, tif="GTC", transmit=False)
order.outsideRth = True
ib.orderStatusEvent += print
ib.placeOrder(Stock("AAPL", "SMART", "USD"), order=order)
async def main():
    await ib.reqPositionsAsync()
    bars = await ib.reqHistoricalDataAsync(order, endDateTime="", useRTH=True)
ib.reqPositions()
ib.trades()
someone.portfolio()
ib.trades()[0].orderStatus.status
"""
APP = """
from ibapi.client import EClient
from ibapi.wrapper import EWrapper
class App(EWrapper, EClient):
    def nextValidId(self, orderId):
        self.reqPositions()
    def position(self, account, contract, position, avgCost): ...
    def orderStatus(self, *words): ...
app = App()
app.connect("127.0.0.1", 4002, 7)
"""


def uses(folder: Path, text: str) -> dict[str, Use]:
    (folder / "bot.py").write_text(text, encoding="utf-8")
    return {each.name: each for each in uses_in(names_in([folder]))}


def lines(use: Use) -> list[int]:
    return [place.line for place in use.places]


def test_calls_have_their_places_arguments_and_requests(tmp_path: Path) -> None:
    found = uses(tmp_path, BOT)
    calls = {name: use for name, use in found.items() if use.kind is Kind.METHOD and not use.perhaps}
    assert {name: (lines(use), use.requests) for name, use in calls.items() if name != "connect"} == {
        "placeOrder": ([8], ("place_order",)),
        "reqHistoricalData": ([11], ("req_historical_data",)),
        "reqPositions": ([10, 12], ("req_positions",)),
        "trades": ([13, 15], ()),
    }
    assert "req_open_orders" in calls["connect"].requests
    assert calls["reqHistoricalData"].arguments == ("endDateTime", "useRTH")
    assert calls["placeOrder"].arguments == ("order",)


def test_classes_events_and_fields_are_told_apart(tmp_path: Path) -> None:
    found = uses(tmp_path, BOT)
    kinds = {kind: {name for name, use in found.items() if use.kind is kind} for kind in Kind}
    assert kinds[Kind.CLASS] == {"IB", "LimitOrder", "Stock"}
    assert kinds[Kind.EVENT] == {"orderStatusEvent"}
    assert kinds[Kind.CALLBACK] == set()
    assert kinds[Kind.FIELD] == {"outsideRth"}, "clientId is an argument of connect"
    assert found["LimitOrder"].arguments == ("tif", "transmit")


def test_a_method_of_one_word_after_something_unknown_is_perhaps_the_librarys(tmp_path: Path) -> None:
    found = uses(tmp_path, BOT)
    assert found["portfolio"].perhaps
    assert not found["trades"].perhaps


def test_with_ibapi_callbacks_count_and_connecting_sends_less(tmp_path: Path) -> None:
    found = uses(tmp_path, APP)
    assert {name for name, use in found.items() if use.kind is Kind.CALLBACK} == {
        "nextValidId",
        "orderStatus",
        "position",
    }
    assert found["connect"].requests == ("start_api",)


def test_a_class_that_the_code_calls_otherwise_has_its_arguments(tmp_path: Path) -> None:
    found = uses(tmp_path, "from ib_async import LimitOrder as Limit\nLimit('BUY', 1, 2, outsideRth=True)")
    assert found["LimitOrder"].arguments == ("outsideRth",)
    assert lines(found["outsideRth"]) == [2]


@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("placeOrder(): raises", ("placeOrder",)),
        ("IB.reqPositions: changed", ("reqPositions",)),
        ("whatIfOrder(): raises", ()),
    ],
)
def test_changes_that_concern_the_code_are_found(tmp_path: Path, what: str, names: tuple[str, ...]) -> None:
    (tmp_path / "bot.py").write_text(BOT, encoding="utf-8")
    change = Change(group=Group.VALUE, what=what, before="1", after="2", situations=(SIGNATURES,))
    found = concerned([change], names_in([tmp_path]))
    assert tuple(name for each in found for name in each.names) == names
    assert [changes_of_name(found, name) for name in names] == [1] * len(names)


def test_what_was_asked_besides_is_what_no_name_leads_to(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text(BOT, encoding="utf-8")
    found = Uses(
        libraries=("ib_async",),
        lines=1,
        unread={},
        uses=uses_in(names_in([tmp_path])),
        asked={"req_positions": {"answered": 1}, "req_fa": {"refused": 2}},
    )
    assert found.asked_besides == ("req_fa",)
