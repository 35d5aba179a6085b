"""Runs one cell from its job to its exit code: one connect, the checks that the job names, the disconnect last."""

from __future__ import annotations

import traceback
from time import perf_counter
from typing import TYPE_CHECKING, Any

from adapters.base import (
    ConnectError,
    Endpoint,
    LiveAccountError,
    NotOfferedError,
    RequestError,
    RequestTimeoutError,
    is_paper,
)
from adapters.listening import take_failures
from adapters.records import NOTICES
from harness.checks.all import CHECKS
from harness.checks.check import (
    A_CHECK_DID_NOT,
    EVERY_CHECK_PASSED,
    WORKER_FAILED,
    CheckFailedError,
    Client,
    NotAskedError,
    NothingCameError,
    Outcome,
    Phase,
    Status,
    describe,
)
from harness.checks.order import why_no_order
from harness.checks.resources import Resources
from harness.shared import not_recorded
from harness.worker.cell_evidence import Evidence, Watcher
from harness.worker.channel import flush_output, keep_output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.base import Adapter, Connection
    from harness.checks.check import Check
    from harness.worker.job import Job
    from harness.worker.library import Library

STATUS_OF_KIND: dict[str, Status] = {"refused": "fail", "closed": "fail", "error": "fail", "timeout": "timeout"}

STATUS_OF_ERROR: dict[type[Exception], Status] = {
    NotAskedError: "skipped",
    NotOfferedError: "unsupported",
    RequestTimeoutError: "timeout",
    RequestError: "fail",
    LiveAccountError: "error",
}
"""The first that an error is counts; their words are reason enough."""


def run_cell(job: Job, library: Library, evidence: Evidence) -> int:
    """Run the checks of one cell and write their evidence; return the cell's exit code.

    Call it at the start of a process: what is open by then is not counted against the library.
    """
    passed = _tell_known(job, library, evidence)
    if passed and library.adapter is not None:
        passed = _Run(job, library.adapter, evidence).run()
    evidence.end()
    if take_failures():
        return WORKER_FAILED
    return EVERY_CHECK_PASSED if passed else A_CHECK_DID_NOT


def _tell_known(job: Job, library: Library, evidence: Evidence) -> bool:
    if "install" in job.checks:
        evidence.check(Outcome("install", "pass", 0.0, detail=library.resolved))
    if "import" in job.checks or not library.check.passed:
        evidence.check(library.check)
    return library.check.passed


class _Run:
    """A cell under way."""

    def __init__(self, job: Job, adapter: Adapter, evidence: Evidence) -> None:
        self._job = job
        self._adapter = adapter
        self._evidence = evidence
        self._watcher = Watcher(adapter, evidence)
        self._endpoint = Endpoint(job.host, job.port, job.client_id)

    def run(self) -> bool:
        """Ask everything; return True if no check found anything wrong."""
        before = Resources.now()
        self._watcher.listen()
        self._adapter.renew()
        self._evidence.begin("tcp")
        connection = self._connect(before)
        if connection is None:
            return False
        fine = self._tell(self._ready(connection))
        client = self._client(connection, before)
        negotiated = connection.server_version
        asked = self._asked() if self._may_ask(connection) else self._only_close()
        answered = [self._ask(check, client, negotiated) for check in asked]
        if self._watcher.left_out:
            self._evidence.write("left-out", callbacks=self._watcher.left_out)
        return fine and all(answered)

    def _asked(self) -> list[Check]:
        """Return the checks of the job that ask something; the close runs whatever the job says."""
        wanted = self._job.checks
        return [check for check in CHECKS if check.ask and (check.name in wanted or check.phase is Phase.CLOSE)]

    def _may_ask(self, connection: Connection) -> bool:
        """Check the accounts that the library reports; the host checks those on the wire, if there is a tap."""
        return not self._job.paper_only or all(map(is_paper, connection.accounts))

    def _only_close(self) -> list[Check]:
        return [check for check in CHECKS if check.phase is Phase.CLOSE]

    def _client(self, connection: Connection, before: Resources) -> Client:
        return Client(
            adapter=self._adapter,
            endpoint=self._endpoint,
            second_client_id=self._job.second_client_id,
            turn=self._job.turn,
            simulated=self._job.simulated,
            connect_timeout=self._job.connect_timeout,
            request_timeout=self._job.request_timeout,
            before=before,
            callbacks=self._watcher.callbacks,
            problems=self._watcher.problems,
            opened=connection,
        )

    def _connect(self, before: Resources) -> Connection | None:
        try:
            return self._adapter.connect(self._endpoint, self._job.connect_timeout, self._watcher)
        except ConnectError as error:
            took = error.elapsed - max(error.times.values(), default=0.0)
            status, reason = STATUS_OF_KIND[error.kind], error.detail
            left = Resources.now().beyond(before)
            detail = {"kind": error.kind, "since_connect": error.elapsed, "left": left}
            self._tell(Outcome(error.stage, status, took, reason, detail))
            return None

    def _ready(self, connection: Connection) -> Outcome:
        outcome = self._watcher.stage_outcome("ready", connection.times["ready"])
        told = {"accounts": list(connection.accounts), "next_order_id": connection.next_order_id}
        return self._with_problems(Outcome("ready", "pass", outcome.seconds, detail={**told, **outcome.detail}))

    def _ask(self, check: Check, client: Client, negotiated: int) -> bool:
        held_back = self._why_held_back(check, client)
        if held_back is not None:
            return self._tell(Outcome(check.name, "skipped", 0.0, held_back))
        heard = len(self._watcher.callbacks)
        began = perf_counter()  # before the time of day is read: begin and seconds together are never too early
        self._evidence.begin(check.name)
        status, reason, detail = _answer(check, client)
        if status == "timeout":
            reason = "; ".join([reason or "", *self._errors_since(heard)])
        outcome = Outcome(check.name, status, perf_counter() - began, reason, detail)
        seen = held_against(check.gate, negotiated, self._with_problems(outcome))
        return self._tell(seen) if check.name in self._job.checks else True

    def _why_held_back(self, check: Check, client: Client) -> str | None:
        """Check again before each check, whoever planned it: the connection may be another than the first one."""
        if check.only_simulated and not client.simulated:
            return "it trades, which only simulated gateways are asked for"
        if client.opened is None or check.phase is Phase.CLOSE:
            return None
        if not self._may_ask(client.opened):
            return "a further connection shows an account that is not a paper account (DU… or DF…)"
        return why_no_order(client.opened, asked_for=self._job.orders) if check.sends_order else None

    def _errors_since(self, heard: int) -> list[str]:
        callbacks = self._watcher.callbacks[heard:]
        return [f"error {each.code}: {each.message}" for each in callbacks if each.code not in NOTICES]

    def _with_problems(self, outcome: Outcome) -> Outcome:
        problems, missing = self._watcher.take_problems(), self._watcher.take_missing()
        if missing:
            return _where_missing(outcome, missing)
        if not problems:
            return outcome
        said = [outcome.reason, *problems] if outcome.reason else problems
        status: Status = "degraded" if outcome.passed else outcome.status
        return Outcome(outcome.name, status, outcome.seconds, "; ".join(said), outcome.detail)

    def _tell(self, outcome: Outcome) -> bool:
        """Write an outcome; it says nothing about the library if our own code failed in the library's calls."""
        failures = take_failures()
        if failures:
            reason = f"what ib-compat listens with failed: {'; '.join(failures)}"
            outcome = Outcome(outcome.name, "error", outcome.seconds, reason, outcome.detail)
        self._evidence.check(outcome)
        return outcome.harmless


def _answer(check: Check, client: Client) -> tuple[Status, str | None, dict[str, Any]]:
    assert check.ask is not None  # noqa: S101 - stages are not asked
    try:
        return "pass", None, check.ask(client)
    except CheckFailedError as error:
        return "fail", str(error), error.detail
    except NothingCameError as error:
        return "skipped", str(error), error.detail
    except ConnectError as error:
        return STATUS_OF_KIND[error.kind], f"{error.stage}: {error.detail}", {}
    except tuple(STATUS_OF_ERROR) as error:
        return (*_of_error(error), {})
    except Exception as error:  # noqa: BLE001 - the library's; it is what the check is after
        return "fail", describe(error), {}


def _of_error(error: Exception) -> tuple[Status, str]:
    if missing := not_recorded.text_in(str(error)):  # on a connection whose error callbacks we do not hear
        return "skipped", missing
    return next(status for kind, status in STATUS_OF_ERROR.items() if isinstance(error, kind)), str(error)


def _where_missing(outcome: Outcome, missing: Sequence[str]) -> Outcome:
    """Skip a check for which a replayed gateway has no answer: what came of that is nobody's fault, and no pass either.

    Orders that are in no recording look like none to a library that goes on.
    """
    if outcome.status in {"skipped", "unsupported"}:
        return outcome
    return Outcome(outcome.name, "skipped", outcome.seconds, "; ".join(missing), outcome.detail)


def held_against(gate: int, negotiated: int, outcome: Outcome) -> Outcome:
    """Hold what was seen against what the negotiated version predicts: below its gate a feature is not there."""
    if negotiated >= gate or outcome.status == "skipped":
        return outcome
    predicted = f"needs server version {gate}, negotiated {negotiated}"
    detail = {**outcome.detail, "predicted": "unsupported"}
    if outcome.status in {"pass", "degraded"}:
        reason = f"predicted unsupported ({predicted}), and yet it was answered"
        return Outcome(outcome.name, "degraded", outcome.seconds, reason, detail)
    seen = f"{predicted}; seen: {outcome.reason}" if outcome.reason else predicted
    return Outcome(outcome.name, "unsupported", outcome.seconds, seen, detail)


def run_here(job: Job, library: Library) -> int:
    """Run a cell with its files in ``job.folder``; our own failure is printed there and results in code 3."""
    try:
        job.folder.mkdir(parents=True, exist_ok=True)
        keep_output(job.folder / "output.txt")
        evidence = Evidence(job.folder / "evidence.jsonl")
        return run_cell(job, library, evidence)
    except Exception:  # noqa: BLE001 - the boundary of the process
        traceback.print_exc()
        return WORKER_FAILED
    finally:
        flush_output()
