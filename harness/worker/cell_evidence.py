"""Writes a cell's evidence, and listens to the library while the cell runs.

Stages, error callbacks and log records go into the evidence at once, one JSON object a line. Each line is passed to the
system when it is written, so the evidence of a killed cell survives.
"""

from __future__ import annotations

import json
import logging
import os
import time
from typing import TYPE_CHECKING, Any

from adapters.base import MOST_CALLBACKS
from adapters.listening import LogListener
from harness.checks.check import Outcome, describe
from harness.shared import not_recorded

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.base import Adapter, Stage
    from adapters.records import ErrorCallback


class Evidence:
    """The evidence file of one cell; lines may come from any thread, because each is one write."""

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
        self._file = os.open(path, flags, 0o600)

    def write(self, event: str, **facts: Any) -> None:
        """Write one line."""
        line = json.dumps({"event": event, **facts}, default=str)
        os.write(self._file, line.encode() + b"\n")

    def begin(self, name: str) -> None:
        """Write that a check begins, and when: this shows what it sent, and where a killed cell hung.

        In Unix seconds, for people, and by the clock that nobody can set, which all processes of a machine share.
        """
        self.write("begin", name=name, at=time.time(), monotonic=time.monotonic())

    def check(self, outcome: Outcome) -> None:
        """Write how a check ended."""
        self.write("check", **outcome.as_json())

    def end(self) -> None:
        """Write the end line. The file stays open: a late record of the library is still evidence."""
        self.write("end")


MOST_RECORDS = {False: 2000, True: MOST_CALLBACKS}
"""Records that are kept, below a warning and from there on: ib_insync and ib_async log every holding and error."""

SHOWN = 240
"""Characters of a record that go into a reason; the log in the evidence has it whole."""

NEXT_STAGE: dict[Stage, Stage] = {"tcp": "version", "version": "ready"}


class Watcher(LogListener):
    """Observer of the adapter and handler of the library's loggers.

    ``problems`` collects what the library kept from its user: errors that it only logged, messages that it dropped;
    ``missing`` what a replayed gateway said that it cannot answer, on whichever connection.
    """

    def __init__(self, adapter: Adapter, evidence: Evidence) -> None:
        super().__init__()
        self._adapter = adapter
        self._evidence = evidence
        self._previous = 0.0
        self._records = {False: 0, True: 0}
        self.problems: list[str] = []
        self.missing: list[str] = []
        self.callbacks: list[ErrorCallback] = []
        self.left_out = 0
        """Error callbacks that came after as many as are kept."""

    def take_problems(self) -> list[str]:
        """Return the problems since the last call."""
        problems = list(self.problems)
        self.problems.clear()
        return problems

    def take_missing(self) -> list[str]:
        """Return what a replayed gateway could not answer since the last call."""
        missing = list(dict.fromkeys(self.missing))
        self.missing.clear()
        return missing

    def listen(self) -> None:
        """Take the records of the library's loggers, and keep them from the console."""
        for name in self._adapter.logger_names:
            logger = logging.getLogger(name)
            logger.setLevel(logging.INFO)
            logger.propagate = False
            logger.addHandler(self)

    def hear(self, record: logging.LogRecord, message: str) -> None:
        """Write a record of the library into the evidence."""
        if text := not_recorded.text_in(message):
            self.missing.append(text)
        weighty = record.levelno >= logging.WARNING
        self._records[weighty] += 1
        if self._records[weighty] > MOST_RECORDS[weighty]:
            return
        if record.exc_info and record.exc_info[1] is not None:
            message = f"{message} ({describe(record.exc_info[1])})"
        self._evidence.write("log", logger=record.name, level=record.levelname, message=message)
        if self._adapter.swallowed(record):
            self.problems.append(f"{record.name}: {_short(message)}")

    def stage_reached(self, stage: Stage, elapsed: float) -> None:
        """Write that ``tcp`` or ``version`` passed; ``ready`` waits for the connection."""
        if stage == "ready":
            return
        self._evidence.check(self.stage_outcome(stage, elapsed))
        self._evidence.begin(NEXT_STAGE[stage])

    def stage_outcome(self, stage: Stage, elapsed: float) -> Outcome:
        """Make the outcome of a passed stage: seconds since the stage before, and since the connect began."""
        took, self._previous = elapsed - self._previous, elapsed
        return Outcome(stage, "pass", took, detail={"since_connect": elapsed})

    def negotiated(self, server_version: int) -> None:
        """Write the protocol version that the gateway answered with."""
        self._evidence.write("negotiated", server_version=server_version)

    def error_callback(self, callback: ErrorCallback) -> None:
        """Write one call of the library's error callback."""
        if callback.code == not_recorded.CODE:
            self.missing.append(callback.message)
        if len(self.callbacks) >= MOST_CALLBACKS:
            self.left_out += 1
            return
        facts = {"code": callback.code, "req_id": callback.req_id, "message": callback.message}
        if callback.time_ms is not None:
            facts["time_ms"] = callback.time_ms
        self._evidence.write("callback", **facts)
        self.callbacks.append(callback)
        if callback.code in self._adapter.dropped_codes:
            self.problems.append(f"error {callback.code}: {callback.message}")


def _short(message: str) -> str:
    """Leave out the middle: the subject is at the beginning of a record, and the cause of a failure at the end."""
    half = SHOWN // 2
    return message if len(message) <= SHOWN else f"{message[:half]} … {message[-half:]}"
