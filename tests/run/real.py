"""Runs of real libraries, and a look at the processes that they leave."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from harness.plan.matrix.environments import RowEnvironment
from harness.shared.evidence import CellOutcome
from tests.diagnose.control.listeners import ACCOUNTS, NEXT_ID, TIME, frame, silence
from tests.run.fakes import HOST

ROWS = ("ib_async==2.1.0", "ib_insync==0.9.86", "ibapi==9.81.1.post1")

LIBRARIES = """
[[library]]
adapter = "ib_async"
versions = ["2.1.0"]

[[library]]
adapter = "ib_insync"
versions = ["0.9.86"]

[[library]]
adapter = "ibapi"
versions = ["9.81.1.post1"]
"""

ASKED = ["account_summary", "current_time", "executions", "open_orders", "positions", "reconnect"]
"""Checks that every library of these passes: here it is the running that is tested."""

MARK = "IB_COMPAT_TEST_MARK"
"""An environment variable that a test gives to what it starts, to find what is left of it."""

_TIMES = re.compile(r"seconds|since_connect|time")


def folder_of(environments: dict[str, RowEnvironment]) -> Path:
    """Where the environments are; skips where one of the rows is not built."""
    missing = [row for row in ROWS if f"{row}/py{HOST}" not in environments]
    if missing:
        pytest.skip(f"IB_COMPAT_ENVIRONMENTS holds no {', '.join(missing)} on Python {HOST}")
    return environments[f"{ROWS[0]}/py{HOST}"].folder.parent


def matrix(folder: Path, gateways: str, defaults: str = "") -> Path:
    file = folder / "matrix.toml"
    asked = "" if "checks" in defaults else f"checks = {json.dumps(ASKED)}"
    file.write_text(f"[defaults]\n{asked}\n{defaults}\n{LIBRARIES}\n{gateways}", encoding="utf-8")
    return file


def left_of(mark: str) -> list[int]:
    """Living processes that were started with the mark; a zombie has no environment any more."""
    wanted = f"{MARK}={mark}".encode()
    return [int(process.name) for process in Path("/proc").glob("[0-9]*") if wanted in _environment(process)]


def _environment(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:  # it ended meanwhile
        return []


def told(outcome: CellOutcome) -> dict[str, Any]:
    """What a cell tells, without what differs from one run to the next."""
    return {
        "checks": [(check.name, check.status, check.reason, _timeless(check.detail)) for check in outcome.checks],
        "announced": outcome.announced,
        "negotiated": outcome.negotiated,
        "resolved": outcome.resolved,
        "notices": sorted((each.notice.code, each.notice.message, each.notice.req_id) for each in outcome.notices),
        "log_records": outcome.log_records,
        "exit": (outcome.exit_code, outcome.killed, outcome.worker_error),
        "artifacts": outcome.artifacts,
    }


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(item) for key, item in value.items() if not _TIMES.search(str(key))}
    if isinstance(value, list):
        return [_timeless(item) for item in value]
    return value


async def answers_the_control_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Be healthy for the control, which announces more than any library, and silent for everybody else."""
    try:
        head = await reader.readexactly(8)
        hello = await reader.readexactly(int.from_bytes(head[4:], "big"))
    except asyncio.IncompleteReadError:
        return  # a client that was killed before it said hello
    if hello.endswith(b"..9999"):
        writer.write(frame(176, TIME))
        await reader.read(65536)
        writer.write(ACCOUNTS + NEXT_ID)
    await silence(reader, writer)
