"""Asks one check of a real library, against a simulated gateway, and holds the answer against the truth."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
import time
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from harness.checks.all import BY_NAME
from harness.gateways.kinds import ground_truth
from harness.gateways.simulator.answers import _ANSWERS
from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.server import SimulatedGateway
from harness.gateways.simulator.trading.book import Book
from harness.gateways.simulator.truth import Truth, load
from harness.known.scenarios import ORDINARY
from harness.results.answers.comparison import compared
from harness.results.answers.same import Asked
from harness.results.evidence_file import check_record, read_evidence
from harness.run.reader_process import Unread
from harness.run.tap.proxy import Tap
from tests.rows import FAST_ROWS
from tests.worker.conftest import Worker, row, some_row, start  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from harness.gateways.opened import GroundTruth
    from harness.gateways.simulator.client import Client as GatewayClient
    from harness.known.scenarios import Behaviour
    from harness.shared.evidence import CheckRecord
    from harness.wire.message import Message
    from tests.rows import LibraryRow

VERSIONS = (
    pytest.param("gateway-10.19", marks=pytest.mark.slow),
    "gateway-10.30",
    "gateway-10.37",
    "gateway-10.45",
    pytest.param("gateway-10.50", marks=pytest.mark.slow),
)
"""Text at 176 and 187, protobuf in part at 203, protobuf throughout at 223 and 226: one of each in the fast loop."""

_HERE = "tests/checks/"

ANY_ROW = "gateway-10.45"
"""Where each row is asked. The others are asked with the rows of the fast loop: every run of the default matrix, and so
CI, asks all rows at all versions, and compares what each read with what it was sent. It sends no order, and has the
scenarios at one version, so those are asked of all rows at all versions here, but for the one that takes longest."""

LONGEST = "large"
"""The scenario with ten thousands of records, which the matrix has at `ANY_ROW`: there the others are left to it."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the default matrix asks anyway."""
    here = (each for each in items if isinstance(each, pytest.Function) and each.nodeid.startswith(_HERE))
    left_out = [item for item in here if is_in_the_matrix(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        gone = set(left_out)
        items[:] = [item for item in items if item not in gone]


def is_in_the_matrix(item: pytest.Function) -> bool:
    """Return whether every run of the default matrix asks the same."""
    given = item.callspec.params if hasattr(item, "callspec") else {}
    versions = [param if isinstance(param, str) else str(param.values[0]) for param in VERSIONS]
    others = given.get("gateway") in versions and given["gateway"] != ANY_ROW
    check = BY_NAME.get(item.path.stem.removeprefix("test_"))
    if check is not None and check.scenario == LONGEST:
        return given.get("gateway") == ANY_ROW and given.get("row") not in (None, *FAST_ROWS)
    ours_alone = check is not None and (check.sends_order or check.scenario is not None)
    return others and not ours_alone and given.get("row") not in (None, *FAST_ROWS)


class Ask(Protocol):
    """Runs a cell with one check beside the stages; gives the check's record, compared with the ordinary truth.

    ``told`` is what the gateway answers with instead of the truth: what is compared stays the truth, so that a check
    can be seen to fail. ``before`` are checks that are asked before it. ``simulated`` is what the cell is told of the
    gateway.
    """

    def __call__(
        self,
        check: str,
        row: LibraryRow,  # noqa: F811
        gateway: str = "gateway-10.45",
        *,
        scenario: str | None = None,
        told: Truth | None = None,
        timeout: float = 5.0,
        orders: bool = True,
        behaviour: Behaviour = ORDINARY,
        before: Sequence[str] = (),
        simulated: bool = True,
    ) -> CheckRecord: ...


class AskAll(Protocol):
    """Does the same with several checks in one cell; gives the record of each."""

    def __call__(
        self,
        checks: Sequence[str],
        row: LibraryRow,  # noqa: F811
        gateway: str = "gateway-10.45",
        *,
        told: Truth | None = None,
    ) -> dict[str, CheckRecord]: ...


class Leave(Protocol):
    """Runs a cell through a tap; gives what it leaves behind, as of a gateway whose truth is the ordinary one.

    ``told`` is what the gateway answers with instead of that, ``simulated`` what the cell is told of the gateway,
    ``worker`` one that runs the cell instead of the row's.
    """

    def __call__(
        self,
        checks: Sequence[str],
        row: LibraryRow,  # noqa: F811
        gateway: str = "gateway-10.45",
        *,
        told: Truth | None = None,
        simulated: bool = True,
        timeout: float = 5.0,
        worker: Worker | None = None,
    ) -> Unread: ...


def with_reference(name: str, rows: Any) -> Truth:
    """Return the ordinary truth, but for one table of what never changes."""
    truth = load("paper")
    return replace(truth, reference={**truth.reference, name: rows})


Books = list[tuple[Book, int]]
"""The book and the client id of each order that was sent to a gateway."""


@pytest.fixture
def books(monkeypatch: pytest.MonkeyPatch) -> Books:
    """Give where the orders of a test are, as they come."""
    place, books = _ANSWERS["place_order"], Books()

    def noted(request: Message, client: GatewayClient) -> Iterator[Message]:
        books.append((client.desk.book, client.client_id))
        return place(request, client)

    monkeypatch.setitem(_ANSWERS, "place_order", noted)
    return books


@cache
def _truth(gateway: str, scenario: str | None = None) -> GroundTruth:
    return ground_truth(SimulatedGateway(find(gateway), scenario=scenario).truth)


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop in a thread, on which the simulated gateways live."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture(scope="session")
def workers(start: Callable[..., Worker]) -> Callable[[LibraryRow], Worker]:  # noqa: F811
    """Give the worker of a row; it imports its library once."""
    started: dict[str, Worker] = {}

    def worker_of(row: LibraryRow) -> Worker:  # noqa: F811
        if row.library not in started:
            started[row.library] = start(row)
        return started[row.library]

    return worker_of


@pytest.fixture(scope="session")
def ask(loop: asyncio.AbstractEventLoop, workers: Callable[[LibraryRow], Worker]) -> Ask:
    """Give what asks a check."""
    numbers = itertools.count(1)

    def here(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)

    def ask_it(
        check: str,
        row: LibraryRow,  # noqa: F811
        gateway: str = "gateway-10.45",
        *,
        scenario: str | None = None,
        told: Truth | None = None,
        timeout: float = 5.0,
        orders: bool = True,
        behaviour: Behaviour = ORDINARY,
        before: Sequence[str] = (),
        simulated: bool = True,
    ) -> CheckRecord:
        truth = _truth(gateway, scenario)
        served = SimulatedGateway(find(gateway), scenario=scenario, truth=told, behaviour=behaviour, apart=True)
        worker, cell = workers(row), f"{check}-{next(numbers)}"
        with contextlib.ExitStack() as ends:
            here(served.__aenter__())
            ends.callback(lambda: here(served.__aexit__(None, None, None)))
            began = time.time()
            checks = ["tcp", "version", "ready", *before, check, "close"]
            timeouts = {"connect_timeout": timeout, "request_timeout": timeout}
            worker.run(cell, served.port, checks=checks, orders=orders, simulated=simulated, **timeouts)
            worker.wait_for(1)
        lines = worker.checks(cell)
        assert check in lines, f"the check was not reached: {lines}"
        asked = Asked(began=began, ended=time.time(), server_version=worker.negotiated(cell))
        return compared(check_record(lines[check]), truth, asked)

    return ask_it


@pytest.fixture(scope="session")
def ask_all(leave: Leave) -> AskAll:
    """Give what asks several checks."""

    def ask_them(
        checks: Sequence[str],
        row: LibraryRow,  # noqa: F811
        gateway: str = "gateway-10.45",
        *,
        told: Truth | None = None,
    ) -> dict[str, CheckRecord]:
        left = leave(checks, row, gateway, told=told)
        assert left.truth is not None
        return {check.name: compared(check, left.truth, left.asked) for check in left.checks if check.name in checks}

    return ask_them


@pytest.fixture(scope="session")
def leave(loop: asyncio.AbstractEventLoop, workers: Callable[[LibraryRow], Worker]) -> Leave:
    """Give what runs a cell through a tap."""
    numbers = itertools.count(1)

    def here(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)

    def leave_it(
        checks: Sequence[str],
        row: LibraryRow,  # noqa: F811
        gateway: str = "gateway-10.45",
        *,
        told: Truth | None = None,
        simulated: bool = True,
        timeout: float = 5.0,
        worker: Worker | None = None,
    ) -> Unread:
        served = SimulatedGateway(find(gateway), truth=told, apart=True)
        worker, cell = worker or workers(row), f"tapped-{next(numbers)}"
        with contextlib.ExitStack() as ends:
            here(served.__aenter__())
            ends.callback(lambda: here(served.__aexit__(None, None, None)))
            tap = Tap("127.0.0.1", served.port)
            here(tap.__aenter__())
            ends.callback(lambda: here(tap.__aexit__(None, None, None)))
            began = time.time()
            asked = ["tcp", "version", "ready", *checks, "close"]
            timeouts = {"connect_timeout": timeout, "request_timeout": timeout}
            worker.run(cell, tap.address[1], checks=asked, orders=True, simulated=simulated, **timeouts)
            worker.wait_for(1)
        evidence = read_evidence(worker.folder(cell))
        return Unread(
            checks=tuple(evidence.checks),
            transcript=tap.transcript,
            truth=_truth(gateway),
            asked=Asked(began=began, ended=time.time(), server_version=evidence.negotiated),
        )

    return leave_it
