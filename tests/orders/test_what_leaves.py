"""No order leaves unless it was asked for, on paper: proven by the bytes that a gateway got from real libraries."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.matrix.load import load_matrix
from harness.plan.build import build_plan
from harness.protocol.framing import FrameReader
from harness.results.outcome import CellOutcome
from harness.run import execute
from harness.simulator import truth
from harness.simulator.session import Session
from harness.status import Status
from tests.rows import VARIABLE
from tests.run.fakes import HOST, Recorder

PLACE, CANCEL, EXERCISE, CANCEL_ALL = 3, 4, 21, 58
ORDERS = {PLACE, CANCEL, EXERCISE, CANCEL_ALL}
RAW_IDS_SINCE, PROTOBUF_OFFSET = 201, 200

LIBRARIES = """
[[library]]
adapter = "ib_async"
versions = ["2.1.0"]

[[library]]
adapter = "ib_insync"
versions = ["0.9.86"]

[[library]]
adapter = "ibapi"
distribution = "nautilus-ibapi"
versions = ["10.30.1", "10.45.1"]
"""
"""Text in the first three, protobuf in the last."""

ROWS = 4


class Wire:
    """What each client sent."""

    def __init__(self) -> None:
        self.sent: dict[Session, bytearray] = {}

    def ids(self) -> list[list[int]]:
        """Return the message ids of each connection, in order, read without our own decoder of messages."""
        return [list(_ids(bytes(data))) for data in self.sent.values()]

    def orders(self) -> list[list[int]]:
        """Return, of each connection that sent any, the ids that are about orders."""
        found = [[each for each in ids if each in ORDERS] for ids in self.ids()]
        return [ids for ids in found if ids]


def _ids(data: bytes) -> Iterator[int]:
    assert data.startswith(b"API\0")
    length = struct.unpack_from(">I", data, 4)[0]
    for payload in FrameReader().feed(data[8 + length :]):
        if payload[0] == 0:  # four bytes, big-endian, which text never begins with
            number = struct.unpack_from(">I", payload)[0]
            yield number - PROTOBUF_OFFSET if number > PROTOBUF_OFFSET else number
        else:
            yield int(payload.split(b"\0")[0])


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    wire = Wire()
    receive = Session._receive

    async def recording(session: Session, data: bytes) -> None:
        wire.sent.setdefault(session, bytearray()).extend(data)
        await receive(session, data)

    monkeypatch.setattr(Session, "_receive", recording)
    return wire


@pytest.fixture
def run(tmp_path: Path) -> Any:
    folder = os.environ.get(VARIABLE)
    if not folder:
        pytest.skip("needs the real libraries: run the tests with nox -s tests")

    def run_it(mode: str = "paper", more: str = "", **options: Any) -> dict[str, CellOutcome]:
        file = tmp_path / "matrix.toml"
        gateway = f'[[gateway]]\nproduct = "gateway"\nversion = "10.45"\nkind = "simulator"\nmode = "{mode}"\n{more}'
        file.write_text(f'[defaults]\npythons = ["{HOST}"]\nconnect_timeout = 2\n{LIBRARIES}\n{gateway}', "utf-8")
        plan = build_plan(load_matrix(file), **options)
        outcome = execute(plan, environments=Path(folder), run_folder=tmp_path / "run", observer=Recorder())
        cells = {cell.cell: cell for cell in outcome.outcomes}
        assert len(cells) == ROWS
        assert all(cell.negotiated for cell in cells.values()), "a cell that never connected proves nothing"
        return cells

    return run_it


def asked(cells: dict[str, CellOutcome]) -> set[str]:
    return {check.name for cell in cells.values() for check in cell.checks}


def test_without_orders_none_leaves(run: Any, wire: Wire) -> None:
    cells = run()
    assert not asked(cells) & {"what_if_order", "limit_order"}
    assert len(wire.sent) > 2 * ROWS
    assert wire.orders() == []


def test_from_a_live_gateway_none_leaves_whatever_was_asked_for(run: Any, wire: Wire) -> None:
    cells = run(mode="live", orders=True, allow_live=True)
    assert not asked(cells) & {"what_if_order", "limit_order"}
    assert wire.orders() == []


def test_with_an_account_that_is_no_paper_account_none_leaves(
    run: Any, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixed = replace(truth.load("paper"), accounts=("DU9000001", "U9000001"))
    monkeypatch.setattr("harness.simulator.server.load", lambda *_: mixed)
    cells = run(orders=True)
    for cell in cells.values():
        by_name = {check.name: check for check in cell.checks}
        for name in ("what_if_order", "limit_order"):
            assert by_name[name].status is Status.SKIPPED
            assert by_name[name].reason == "orders are sent only where every account is a paper account (DU… or DF…)"
    assert wire.orders() == []


def test_from_a_read_only_gateway_none_leaves(run: Any, wire: Wire) -> None:
    run(more='scenario = "read-only"\n', orders=True)
    assert wire.orders() == []


def test_with_orders_on_paper_exactly_the_three_leave(run: Any, wire: Wire) -> None:
    cells = run(orders=True)
    assert asked(cells) >= {"what_if_order", "limit_order"}
    assert sorted(wire.orders()) == [[PLACE, CANCEL, PLACE]] * ROWS
    whats = {check.name: check.status for cell in cells.values() for check in cell.checks if "order" in check.name}
    assert {whats["what_if_order"], whats["limit_order"]} == {Status.PASS}
