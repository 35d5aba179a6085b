"""How a cell judges what an adapter does; the adapter here does what a test tells it."""

from __future__ import annotations

import json
import logging
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from adapters.base import CloseError, ConnectError, ConnectionLostError, ProtocolRange, RequestTimeoutError
from adapters.records import AccountUpdates, ErrorCallback
from harness.checks.check import Outcome
from harness.worker.cell import run_cell
from harness.worker.cell_evidence import Evidence
from harness.worker.job import Job
from harness.worker.library import Library

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LIBRARY_LOG = logging.getLogger("a_library")
CHECKS = ("tcp", "version", "ready", "current_time", "positions", "close")


class FakeConnection:
    server_version = 178
    accounts: tuple[str, ...] = ("DU9000001",)
    next_order_id = 1
    times: dict[Any, float] = {"tcp": 0.1, "version": 0.2, "ready": 0.3}  # noqa: RUF012 - as the interface
    callbacks: tuple[ErrorCallback, ...] = ()

    def __init__(self, observer: Any) -> None:
        self.observer = observer
        self.closed = 0

    @property
    def system(self) -> FakeConnection:
        """It is every part of itself."""
        return self

    account = orders = system

    def current_time(self, timeout: float) -> int:
        return int(timeout)

    def positions(self, timeout: float) -> list[Any]:
        del timeout
        return []

    account_summary = account_updates_multi = open_orders = completed_orders = executions = positions

    def account_updates(self, timeout: float) -> Any:
        del timeout
        return AccountUpdates([], [])

    def close(self, timeout: float) -> None:
        """Leave nothing."""
        del timeout
        self.closed += 1

    leave = close


class FakeAdapter:
    logger_names = ("a_library",)
    dropped_codes = frozenset({505})

    def __init__(self, connection: type[FakeConnection] = FakeConnection) -> None:
        self._connection = connection
        self.endpoints: list[Any] = []
        self.connections: list[FakeConnection] = []

    def module_version(self) -> str:
        return "1.0"

    def version_range(self) -> ProtocolRange:
        return ProtocolRange(157, 178)

    def renew(self) -> None:
        """Nothing is taken over."""

    def swallowed(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.ERROR

    def connect(self, endpoint: Any, _timeout: float, observer: Any) -> Any:
        self.endpoints.append(endpoint)
        for stage, elapsed in FakeConnection.times.items():
            observer.stage_reached(stage, elapsed)
        self.connections.append(self._connection(observer))
        return self.connections[-1]


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    yield
    LIBRARY_LOG.handlers.clear()


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Any]:
    def run_with(
        adapter: Any, checks: tuple[str, ...] = CHECKS, *, paper_only: bool = False
    ) -> tuple[int, dict[str, Any]]:
        job = Job("a", "127.0.0.1", 4002, 1, 2, 0, True, False, paper_only, checks, 1.0, 2.0, tmp_path)
        library = Library(Outcome("import", "pass", 0.1), adapter, {}, {"version": "1.0"})
        code = run_cell(job, library, Evidence(tmp_path / "evidence.jsonl"))
        lines = [json.loads(line) for line in (tmp_path / "evidence.jsonl").read_text().splitlines()]
        return code, {line["name"]: line for line in lines if line["event"] == "check"}

    return run_with


def test_a_cell_passes_when_every_check_does(run: Callable[..., Any]) -> None:
    code, checks = run(FakeAdapter())
    assert code == 0
    assert list(checks) == list(CHECKS)
    assert checks["current_time"]["detail"] == {"epoch_seconds": 2}
    assert checks["version"]["seconds"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("accounts", "paper_only", "asked"),
    [
        (("DU9000001",), True, True),
        (("U9000001",), True, False),
        (("U9000001",), False, True),
        (("DU9000001", "U9000001"), True, False),
    ],
)
def test_nothing_is_asked_of_an_account_that_the_job_keeps_from_it(
    run: Callable[..., Any],
    accounts: tuple[str, ...],
    paper_only: bool,  # noqa: FBT001
    asked: bool,  # noqa: FBT001
) -> None:
    class Shows(FakeConnection):
        pass

    Shows.accounts = accounts
    adapter = FakeAdapter(Shows)
    _, checks = run(adapter, paper_only=paper_only)
    assert checks["ready"]["detail"]["accounts"] == list(accounts)
    assert set(checks) == (set(CHECKS) if asked else {"tcp", "version", "ready", "close"})


def test_nothing_more_is_asked_once_a_further_connection_shows_such_an_account(run: Callable[..., Any]) -> None:
    class Turning(FakeConnection):
        def leave(self, timeout: float) -> None:
            super().close(timeout)
            Turning.accounts = ("U9000001",)

    checks = ("tcp", "version", "ready", "reconnect", "restart_anew", "close")
    _, told = run(FakeAdapter(Turning), checks, paper_only=True)
    assert {name: each["status"] for name, each in told.items() if name not in {"tcp", "version", "ready"}} == {
        "reconnect": "pass",
        "restart_anew": "skipped",
        "close": "pass",
    }


def test_install_and_import_are_told_when_asked(run: Callable[..., Any]) -> None:
    _, checks = run(FakeAdapter(), ("install", "import", "tcp"))
    assert list(checks) == ["install", "import", "tcp", "version", "ready"]


@pytest.mark.parametrize(
    ("raised", "status", "reason"),
    [
        (RequestTimeoutError("no answer within 2 s"), "timeout", "no answer within 2 s; error 321: read-only"),
        (ConnectionLostError("the connection has ended"), "fail", "the connection has ended"),
        (KeyError("completedOrders"), "fail", "KeyError: 'completedOrders'"),
    ],
)
def test_what_a_request_raises_is_its_reason(
    run: Callable[..., Any], raised: Exception, status: str, reason: str
) -> None:
    class Raising(FakeConnection):
        def positions(self, timeout: float) -> list[Any]:
            del timeout
            self.observer.error_callback(ErrorCallback(-1, 2104, "a notice"))
            self.observer.error_callback(ErrorCallback(-1, 321, "read-only"))
            raise raised

    code, checks = run(FakeAdapter(Raising))
    assert (code, checks["positions"]["status"], checks["positions"]["reason"]) == (1, status, reason)
    assert checks["close"]["status"] == "pass"


def test_an_error_that_was_only_logged_degrades_the_check(run: Callable[..., Any]) -> None:
    class Logging(FakeConnection):
        def positions(self, timeout: float) -> list[Any]:
            LIBRARY_LOG.error("Error handling fields: %s", ["61"])
            return super().positions(timeout)

    _, checks = run(FakeAdapter(Logging))
    assert checks["positions"]["status"] == "degraded"
    assert checks["positions"]["reason"] == "a_library: Error handling fields: ['61']"


def test_a_message_that_the_library_dropped_degrades_the_check(run: Callable[..., Any]) -> None:
    class Dropping(FakeConnection):
        def positions(self, timeout: float) -> list[Any]:
            self.observer.error_callback(ErrorCallback(-1, 505, "Unknown message id."))
            return super().positions(timeout)

    _, checks = run(FakeAdapter(Dropping))
    assert (checks["positions"]["status"], checks["positions"]["reason"]) == (
        "degraded",
        "error 505: Unknown message id.",
    )


def test_a_start_up_with_swallowed_problems_is_degraded_and_the_rest_is_asked_all_the_same(
    run: Callable[..., Any],
) -> None:
    class Swallowing(FakeConnection):
        def __init__(self, observer: Any) -> None:
            super().__init__(observer)
            LIBRARY_LOG.error("positions request timed out")

    code, checks = run(FakeAdapter(Swallowing))
    assert (code, list(checks)) == (1, ["tcp", "version", "ready", "current_time", "positions", "close"])
    assert checks["ready"]["reason"] == "a_library: positions request timed out"
    assert checks["ready"]["detail"]["accounts"] == ["DU9000001"]


def test_of_a_long_record_the_beginning_and_the_end_are_told(run: Callable[..., Any]) -> None:
    class Swallowing(FakeConnection):
        def __init__(self, observer: Any) -> None:
            super().__init__(observer)
            LIBRARY_LOG.error("cannot read %s (ValueError: too many values)", ["0.0"] * 500)

    _, checks = run(FakeAdapter(Swallowing))
    reason = checks["ready"]["reason"]
    assert len(reason) < 300
    assert reason.startswith("a_library: cannot read ['0.0', ")
    assert reason.endswith(" (ValueError: too many values)")


def test_a_failed_connect_is_told_at_its_stage(run: Callable[..., Any]) -> None:
    class Refusing(FakeAdapter):
        def connect(self, *_: Any) -> Any:
            raise ConnectError(stage="tcp", kind="refused", detail="nobody listens", times={}, elapsed=0.5)

    code, checks = run(Refusing())
    assert (code, list(checks)) == (1, ["tcp"])
    assert checks["tcp"]["status"] == "fail"
    assert checks["tcp"]["reason"] == "nobody listens"
    assert checks["tcp"]["detail"] == {"kind": "refused", "since_connect": 0.5, "left": []}


def test_what_a_library_leaves_behind_fails_the_close(run: Callable[..., Any]) -> None:
    release = threading.Event()
    left: list[Any] = []

    class Leaving(FakeConnection):
        def close(self, timeout: float) -> None:
            del timeout
            left.append(socket.socket())
            left.append(threading.Thread(target=release.wait, name="EReader"))
            left[-1].start()

    code, checks = run(FakeAdapter(Leaving))
    release.set()
    left[1].join()
    left[0].close()
    assert (code, checks["close"]["status"]) == (1, "fail")
    assert "thread left: EReader" in checks["close"]["reason"]
    assert "socket:" in checks["close"]["reason"]


def test_a_close_that_raises_fails(run: Callable[..., Any]) -> None:
    class Raising(FakeConnection):
        def close(self, timeout: float) -> None:
            del timeout
            raise OSError("transport is closing")

    _, checks = run(FakeAdapter(Raising))
    assert checks["close"]["reason"] == "OSError: transport is closing"


def test_a_reconnect_comes_back_as_the_same_client_and_its_connection_is_closed(run: Callable[..., Any]) -> None:
    adapter = FakeAdapter()
    code, checks = run(adapter, checks=(*CHECKS, "reconnect"))
    assert (code, checks["reconnect"]["status"]) == (0, "pass")
    assert checks["reconnect"]["detail"] == {"accounts": ["DU9000001"], "next_order_id": 1}
    first, second = adapter.endpoints
    assert first == second
    assert [connection.closed for connection in adapter.connections] == [1, 1]


def test_a_client_that_is_not_let_in_again_is_told_with_the_stage(run: Callable[..., Any]) -> None:
    class LetInOnce(FakeAdapter):
        def connect(self, endpoint: Any, timeout: float, observer: Any) -> Any:
            if self.connections:
                detail = "not ready after 0.10 s: error 326"
                raise ConnectError(stage="ready", kind="closed", detail=detail, times={}, elapsed=0.1)
            return super().connect(endpoint, timeout, observer)

    code, checks = run(LetInOnce(), checks=(*CHECKS, "reconnect"))
    assert (code, checks["reconnect"]["status"]) == (1, "fail")
    assert checks["reconnect"]["reason"] == "ready: not ready after 0.10 s: error 326"
    assert checks["close"]["status"] == "pass"


def test_a_close_that_raises_fails_the_reconnect(run: Callable[..., Any]) -> None:
    class Stuck(FakeConnection):
        def leave(self, timeout: float) -> None:
            raise CloseError(f"still open after {timeout:g} s")

    adapter = FakeAdapter(Stuck)
    code, checks = run(adapter, checks=(*CHECKS, "reconnect"))
    assert (code, checks["reconnect"]["status"]) == (1, "fail")
    assert checks["reconnect"]["reason"] == "CloseError: still open after 2 s"
    assert [connection.closed for connection in adapter.connections] == [1]
