"""What the proofs share: runs of real libraries, and the bytes that simulated gateways got from them."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.gateways.simulator.session import Session
from harness.plan.build_plan import build_plan
from harness.plan.matrix.load import load_matrix
from harness.run.scheduler import execute
from harness.shared.evidence import RunOutcome
from harness.wire.codec import Codec
from harness.wire.framing import FrameReader
from harness.wire.message import Message, Sender
from tests.checks.conftest import loop  # noqa: F401 - a fixture
from tests.rows import VARIABLE
from tests.run.fakes import HOST, Recorder

PLACE, CANCEL, EXERCISE, CANCEL_ALL = 3, 4, 21, 58
START_API = 71
ORDERS = {PLACE, CANCEL, EXERCISE, CANCEL_ALL}
BRACKET, ONE = [PLACE, PLACE, PLACE, CANCEL], [PLACE, CANCEL]
FAR_FROM_THE_MARKET = [[PLACE, *BRACKET, *ONE, PLACE, *ONE, *ONE], [*ONE, PLACE], [CANCEL]]
"""What a cell sends of orders, by connection: a what-if order, a bracket, one order, one that it changes, one before it
connects again and one after; and one before it connects again, which it then cancels."""

TRADES = [[PLACE, *BRACKET, *BRACKET, PLACE, PLACE, *FAR_FROM_THE_MARKET[0][5:]], *FAR_FROM_THE_MARKET[1:]]
"""The same of a simulated gateway: a bracket that is filled and two orders come between."""

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

    def orders(self) -> list[list[int]]:
        """Return, of each connection that sent any, the ids that are about orders: read without our own decoder."""
        found = [[each for each in _ids(bytes(data)) if each in ORDERS] for data in self.sent.values()]
        return [ids for ids in found if ids]

    def said(self, name: str) -> list[Message]:
        """Return all messages of a name, as our decoder reads them."""
        clients = ((session, bytes(data)) for session, data in self.sent.items() if session._side.server_version)
        return [message for session, data in clients for message in _messages(session, data) if message.name == name]

    @staticmethod
    def ids(data: bytes | bytearray) -> list[int]:
        """Return the ids of the messages that a client sent."""
        return list(_ids(bytes(data)))

    def left_working(self) -> list[Message]:
        """Return the orders that were placed and not cancelled afterwards, nor their parents.

        Order ids belong to a client id, and outlive its connections.
        """
        clients: dict[object, list[Message]] = {}
        for session, data in self.sent.items():
            messages = list(_messages(session, bytes(data))) if session._side.server_version else []
            for started in (each for each in messages if each.name == "start_api"):
                clients.setdefault(started["client_id"], []).extend(messages)
        return [order for said in clients.values() for order in _not_cancelled(said)]


def _payloads(data: bytes) -> Iterator[bytes]:
    assert data.startswith(b"API\0")
    length = struct.unpack_from(">I", data, 4)[0]
    return FrameReader().feed(data[8 + length :])


def _ids(data: bytes) -> Iterator[int]:
    for payload in _payloads(data):
        if payload[0] == 0:  # four bytes, big-endian, which text never begins with
            number = struct.unpack_from(">I", payload)[0]
            yield number - PROTOBUF_OFFSET if number > PROTOBUF_OFFSET else number
        else:
            yield int(payload.split(b"\0")[0])


def _messages(session: Session, data: bytes) -> Iterator[Message]:
    version = session._side.server_version
    assert version is not None
    for payload in _payloads(data):
        message = Codec(version).decode(payload, Sender.CLIENT)
        if isinstance(message, Message):
            yield message


def _not_cancelled(said: list[Message]) -> Iterator[Message]:
    """Yield the orders of one client that were placed, and that it did not cancel."""
    for place, order in enumerate(said):
        if order.name == "place_order" and not order["what_if"]:
            cancelled = {each["order_id"] for each in said[place:] if each.name == "cancel_order"}
            if not {order["order_id"], order["parent_id"]} & cancelled:
                yield order


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Record what every simulated gateway of this process gets."""
    wire = Wire()
    receive = Session._receive

    async def recording(session: Session, data: bytes) -> None:
        wire.sent.setdefault(session, bytearray()).extend(data)
        await receive(session, data)

    monkeypatch.setattr(Session, "_receive", recording)
    return wire


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """Give what runs the libraries against the gateways of a matrix file."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        pytest.skip("needs the real libraries: run the tests with nox -s tests")

    def run_it(gateways: str, defaults: str = "", **options: Any) -> RunOutcome:
        file = tmp_path / "matrix.toml"
        start = f'[defaults]\npythons = ["{HOST}"]\nconnect_timeout = 2\n{defaults}\n'
        file.write_text(f"{start}{LIBRARIES}{gateways}", "utf-8")
        plan = build_plan(load_matrix(file), **options)
        return execute(plan, environments=Path(folder), run_folder=tmp_path / "run", observer=Recorder())

    return run_it
