"""Every library against every fault of a gateway: where it stops, how that is called, and that its deadline holds."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.rows import LibraryRow

CONNECT_TIMEOUT = 1.0
"""What the fixture's jobs say."""

MARGIN = 1.0
"""Seconds over the library's own timeouts that eleven busy workers are granted."""

FAULTS: dict[str, dict[str, Any]] = {
    "healthy": {},
    "close after accept": {"on_accept": "close"},
    "silent after accept": {"on_accept": "silence"},
    "close after hello": {"on_hello": "close"},
    "close after version": {"on_start": "close"},
    "client id in use": {"on_start": "326"},
    "silent after version": {"on_start": "silence"},
    "no nextValidId": {"left_out": frozenset({9})},
    "no managedAccounts": {"left_out": frozenset({15})},
    "no position end": {"left_out": frozenset({62})},
    "no executions end": {"left_out": frozenset({55})},
    "no summary end": {"left_out": frozenset({64})},
    "version below all": {"server_max": 99},
    "summary rejected": {"rejected": frozenset({62})},
    "time rejected": {"rejected": frozenset({49})},
    "summary undecodable": {"cut": frozenset({63})},
    "position undecodable": {"cut": frozenset({61})},
    "hangs up on a request": {"hangs_up_on": frozenset({49})},
    "version in two parts": {"version_reply": "split"},
    "notice before version": {"version_reply": "late"},
    "refused": {},
}

Expected = tuple[str, str, str]
"""Stage, status and a part of the reason."""

EVERYWHERE: dict[str, Expected] = {
    "close after accept": ("version", "fail", "closed|ended"),
    "silent after accept": ("version", "timeout", "no server version after 1."),
    "close after hello": ("version", "fail", "closed|ended"),
    "close after version": ("ready", "fail", "nextValidId did not arrive"),
    "client id in use": ("ready", "fail", "326"),
    "silent after version": ("ready", "timeout", "managedAccounts did not arrive, nextValidId did not arrive"),
    "no nextValidId": ("ready", "timeout", "nextValidId did not arrive"),
    "no managedAccounts": ("ready", "timeout", "managedAccounts did not arrive"),
    "no summary end": ("account_summary", "timeout", "no answer within 0.5 s"),
    "summary rejected": ("account_summary", "fail", "error 322: Error processing request."),
    "time rejected": ("current_time", "timeout", "error 322"),
    "summary undecodable": ("account_summary", "degraded", "ecoder"),
    "hangs up on a request": ("current_time", "fail", "the connection"),
    "refused": ("tcp", "fail", "refused|502"),
}

ASYNCIO: dict[str, Expected] = {
    "no position end": ("ready", "degraded", "positions request timed out"),
    "version below all": ("version", "fail", "version must be >="),
    "position undecodable": ("ready", "degraded", "Error handling fields"),
}

IBAPI: dict[str, Expected] = {
    "version in two parts": ("version", "timeout", "no answer"),
    "notice before version": ("version", "timeout|fail", "no answer|TypeError"),
    "version below all": ("account_updates_multi", "timeout", "error 503"),
    "no position end": ("positions", "timeout", "no answer within 0.5 s"),
    "no executions end": ("executions", "timeout", "no answer within 0.5 s"),
    "position undecodable": ("positions", "fail", "BadMessage"),
}


def expected(distribution: str, fault: str) -> Expected | None:
    """Say where a cell stops; None where every check passes."""
    if fault == "no executions end" and distribution == "ib_insync":
        return ("ready", "timeout", "start-up requests not finished")
    if fault == "no executions end" and distribution == "ib_async":
        return ("ready", "degraded", "executions request timed out")
    family = ASYNCIO if distribution in {"ib_async", "ib_insync"} else IBAPI
    return {**EVERYWHERE, **family}.get(fault)


@pytest.fixture(scope="module")
def ports(gateway: Callable[..., Any]) -> Iterator[dict[str, int]]:
    found = {name: gateway(**script).port for name, script in FAULTS.items()}
    with socket.socket() as nobody:  # holds its port: a freed one may be another test's gateway a moment later
        nobody.bind(("127.0.0.1", 0))
        yield found | {"refused": nobody.getsockname()[1]}


@pytest.fixture(scope="module")
def worker(row: LibraryRow, start: Callable[..., Any], ports: dict[str, int]) -> Any:
    """Run every fault at once; they wait beside each other."""
    started = start(row)
    for fault, port in ports.items():
        started.run(fault, port)
    started.done = started.wait_for(len(ports))
    return started


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_cell_stops_where_the_gateway_fails_it(worker: Any, row: LibraryRow, fault: str) -> None:
    checks = worker.checks(fault)
    first = next((check for check in checks.values() if check["status"] != "pass"), None)
    wanted = expected(row.distribution, fault)
    if wanted is None:
        assert first is None
        assert worker.done[fault]["exit"] == 0
        return
    assert first is not None
    stage, status, reason = wanted
    assert first["name"] == stage, first
    assert first["status"] in status.split("|"), first
    assert any(part in first["reason"].lower() for part in reason.lower().split("|")), first
    assert worker.done[fault]["exit"] == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_the_deadline_holds(worker: Any, fault: str) -> None:
    connect = sum(worker.checks(fault).get(name, {"seconds": 0})["seconds"] for name in ("tcp", "version", "ready"))
    timeouts = 2 if fault in {"no position end", "no executions end"} else 1
    assert connect < timeouts * CONNECT_TIMEOUT + MARGIN


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_left_open(worker: Any, fault: str) -> None:
    last = list(worker.checks(fault).values())[-1]
    if last["name"] == "close":
        assert last["status"] == "pass"
    else:
        assert last["detail"].get("left", []) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_printed_and_the_evidence_is_complete(worker: Any, fault: str) -> None:
    assert worker.output(fault) == ""
    evidence = worker.evidence(fault)
    assert evidence[-1] == {"event": "end"}
    begun = [line["name"] for line in evidence if line["event"] == "begin"]
    assert begun == list(worker.checks(fault))


def test_nothing_is_asked_of_a_gateway_that_is_not_ready(worker: Any) -> None:
    assert list(worker.checks("silent after version")) == ["tcp", "version", "ready"]
