"""A job that is not right is refused with the key and what was expected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.checks.all import CHECKS, NAMES
from harness.worker.job import JobError, read_job

RIGHT: dict[str, Any] = {
    "cell": "ib_async==2.1.0/py3.11/gateway-10.45-paper",
    "host": "127.0.0.1",
    "port": 4002,
    "client_id": 7301,
    "second_client_id": 7302,
    "simulated": True,
    "turn": 0,
    "orders": False,
    "paper_only": False,
    "checks": ["close", "tcp"],
    "connect_timeout": 4,
    "request_timeout": 5.0,
    "folder": str(Path("cells").resolve()),
}


def test_checks_are_asked_in_their_own_order() -> None:
    assert read_job(RIGHT).checks == ("tcp", "close")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"port": 70000}, "port is 70000"),
        ({"port": True}, "port is True"),
        ({"client_id": -1}, "client_id is -1"),
        ({"simulated": 1}, "simulated is 1, expected true or false"),
        ({"orders": "no"}, "orders is 'no', expected true or false"),
        ({"host": ""}, "host is ''"),
        ({"checks": []}, "checks is"),
        ({"checks": ["orders"]}, r"names \['orders'\]; there are: install, import, tcp"),
        ({"connect_timeout": 0}, "connect_timeout is 0, expected seconds above 0"),
        ({"folder": "cells"}, "expected an absolute path"),
        ({"account": "U1"}, r"unknown keys \['account'\]"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(JobError, match=said):
        read_job({**RIGHT, **change})


@pytest.mark.parametrize("raw", [None, [], "job", {}])
def test_what_is_no_job_is_refused(raw: Any) -> None:
    with pytest.raises(JobError):
        read_job(raw)


def test_the_checks_are_asked_from_the_first_stage_to_the_close() -> None:
    assert NAMES[:5] == ("install", "import", "tcp", "version", "ready")
    assert NAMES[-1] == "close"
    assert len(set(NAMES)) == len(CHECKS)
    assert all(check.proves for check in CHECKS)
