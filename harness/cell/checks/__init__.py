"""What a cell is asked, in order. The registry: names are those of the evidence and of matrix files."""

from __future__ import annotations

from harness.cell.checks.closing import CLOSE
from harness.cell.checks.model import Check
from harness.cell.checks.reconnecting import RECONNECT
from harness.cell.checks.requests import REQUESTS

KNOWN_BEFORE = (
    Check("install", "the row's environment holds the library in the version that was asked for"),
    Check("import", "the library can be imported on this Python with what is installed beside it"),
)
"""What the worker knows before a cell starts."""

CONNECT = (
    Check("tcp", "something listens at the gateway's address and accepts a connection"),
    Check("version", "the gateway answers the library's hello with a protocol version"),
    Check("ready", "the library got accounts and order id, finished its start-up and let its user go on"),
)
"""The stages of one connect; asked in every cell, whatever the job names."""

CHECKS: tuple[Check, ...] = (*KNOWN_BEFORE, *CONNECT, *REQUESTS, RECONNECT, CLOSE)
"""Every check in the order in which a cell is asked."""

NAMES = tuple(check.name for check in CHECKS)
