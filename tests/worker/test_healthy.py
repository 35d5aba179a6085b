"""What a library reads from a healthy gateway, and that both modes of the worker see the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.rows import LibraryRow

PLACE = re.compile(r"0x[0-9a-f]+|\b\d{12,}: Object|127\.0\.0\.1:\d+|session time \S+ \S?s")
"""What differs from run to run inside a log record: addresses in memory, ports, durations."""

ORDERS_AND_THE_LIKE = {3, 4, 15, 58}
"""Message ids of placing and cancelling orders, binding them, and cancelling all."""


@pytest.fixture(scope="module")
def healthy(gateway: Callable[..., Any]) -> Any:
    return gateway()


@pytest.fixture(scope="module")
def forked(row: LibraryRow, start: Callable[..., Any], healthy: Any) -> Any:
    worker = start(row)
    worker.run("healthy", healthy.port, connect_timeout=4.0, request_timeout=4.0)
    worker.done = worker.wait_for(1)
    return worker


def normalised(worker: Any) -> list[dict[str, Any]]:
    lines = []
    for line in worker.evidence("healthy"):
        line.pop("seconds", None)
        line.pop("at", None)
        line.pop("monotonic", None)
        line.get("detail", {}).pop("since_connect", None)
        if "message" in line:
            line["message"] = PLACE.sub("…", line["message"])
        lines.append(line)
    # the library's thread writes beside ours, so the order is that of the clock
    return sorted(lines, key=str)


def test_both_modes_leave_the_same_evidence(
    forked: Any, row: LibraryRow, start: Callable[..., Any], healthy: Any
) -> None:
    once = start(row, mode="once")
    once.run("healthy", healthy.port, connect_timeout=4.0, request_timeout=4.0)
    assert once.wait_for(1)["healthy"]["exit"] == 0
    assert once.end() == 0
    assert normalised(once) == normalised(forked)


def test_a_library_says_what_it_is_before_it_is_asked(forked: Any, row: LibraryRow) -> None:
    ready = forked.ready
    assert ready["event"] == "ready"
    assert ready["import"]["status"] == "pass"
    assert ready["announced"]["min"] <= ready["announced"]["max"]
    assert ready["resolved"]["version"] == row.version


def test_the_answers_are_those_of_the_gateway(forked: Any) -> None:
    checks = forked.checks("healthy")
    assert checks["ready"]["detail"]["accounts"] == ["DU9000001"]
    assert checks["ready"]["detail"]["next_order_id"] == 1
    assert checks["current_time"]["detail"] == {"epoch_seconds": 1787360769}
    assert checks["account_summary"]["detail"]["records"] == [
        {"account": "DU9000001", "tag": "NetLiquidation", "value": "1000000.00", "currency": "USD"}
    ]
    assert checks["positions"]["detail"]["records"] == [
        {
            "account": "DU9000001",
            "con_id": 265598,
            "symbol": "AAPL",
            "sec_type": "STK",
            "expiry": "",
            "strike": None,
            "right": "",
            "multiplier": None,
            "currency": "USD",
            "quantity": "100",
            "average_cost": 172.5,
        }
    ]
    assert checks["open_orders"]["detail"] == {"records": []}
    assert checks["executions"]["detail"] == {"records": []}


def test_the_negotiated_version_and_the_notices_are_evidence(forked: Any) -> None:
    evidence = forked.evidence("healthy")
    negotiated = [line["server_version"] for line in evidence if line["event"] == "negotiated"]
    assert negotiated == [min(200, forked.ready["announced"]["max"])]
    assert [line["code"] for line in evidence if line["event"] == "callback"] == [2104, 2106, 2158]


def test_the_stages_add_up(forked: Any) -> None:
    checks = forked.checks("healthy")
    stages = [checks[name] for name in ("tcp", "version", "ready")]
    assert sum(stage["seconds"] for stage in stages) == pytest.approx(stages[-1]["detail"]["since_connect"])


@pytest.mark.usefixtures("forked")
def test_no_order_message_is_ever_sent(healthy: Any) -> None:
    assert not ORDERS_AND_THE_LIKE & set(healthy.requests)


@pytest.mark.usefixtures("forked")
def test_subscriptions_are_cancelled(healthy: Any) -> None:
    assert healthy.requests.count(63) == healthy.requests.count(62)
    assert 64 in healthy.requests
    assert 77 in healthy.requests
