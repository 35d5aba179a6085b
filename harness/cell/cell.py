"""Runs one cell: one connect, the checks that the job names, one close."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from adapters.base import NOTICES, ConnectError, Endpoint, RequestError, RequestTimeoutError
from harness.cell.checks.closing import CLOSE, close
from harness.cell.checks.reconnecting import RECONNECT, as_detail, reconnect
from harness.cell.checks.requests import REQUESTS
from harness.cell.outcome import A_CHECK_DID_NOT, EVERY_CHECK_PASSED, Outcome, Status, describe
from harness.cell.resources import Resources
from harness.cell.watching import Watcher

if TYPE_CHECKING:
    from adapters.base import Adapter, Connection
    from harness.cell.checks.model import Request
    from harness.cell.evidence import Evidence
    from harness.cell.job import Job
    from harness.cell.library import Library

STATUS_OF_KIND: dict[str, Status] = {"refused": "fail", "closed": "fail", "error": "fail", "timeout": "timeout"}


def run_cell(job: Job, library: Library, evidence: Evidence) -> int:
    """Run the checks of one cell and write their evidence; gives the cell's exit code.

    Call it at the start of a process: what is open by then is not counted against the library.
    """
    passed = _tell_known(job, library, evidence)
    if passed and library.adapter is not None:
        passed = _Run(job, library.adapter, evidence).run()
    evidence.end()
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
        """Ask everything; True where every check passed."""
        before = Resources.now()
        self._watcher.listen()
        self._adapter.renew()
        self._evidence.begin("tcp")
        connection = self._connect(before)
        if connection is None:
            return False
        ready = self._tell(self._ready(connection))
        answered = [self._ask(request, connection) for request in self._asked()]
        back, last = self._reconnect(connection)
        closed = self._close(last, before)
        return ready and all(answered) and back and closed

    def _asked(self) -> list[Request]:
        return [request for request in REQUESTS if request.name in self._job.checks]

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
        detail = {**as_detail(connection), **outcome.detail}
        return self._with_problems(Outcome("ready", "pass", outcome.seconds, detail=detail))

    def _ask(self, request: Request, connection: Connection) -> bool:
        self._evidence.begin(request.name)
        heard = len(self._watcher.callbacks)
        began = perf_counter()
        status, reason, detail = self._answer(request, connection)
        if status == "timeout":
            reason = "; ".join([reason or "", *self._errors_since(heard)])
        outcome = Outcome(request.name, status, perf_counter() - began, reason, detail)
        return self._tell(self._with_problems(outcome))

    def _answer(self, request: Request, connection: Connection) -> tuple[Status, str | None, dict[str, Any]]:
        try:
            return "pass", None, request.ask(connection, self._job.request_timeout)
        except RequestError as error:
            return "timeout" if isinstance(error, RequestTimeoutError) else "fail", str(error), {}
        except Exception as error:  # noqa: BLE001 - the library's; it is what the check is after
            return "fail", describe(error), {}

    def _errors_since(self, heard: int) -> list[str]:
        callbacks = self._watcher.callbacks[heard:]
        return [f"error {each.code}: {each.message}" for each in callbacks if each.code not in NOTICES]

    def _reconnect(self, connection: Connection) -> tuple[bool, Connection | None]:
        """Tell whether the check passed, where it was wanted, and give the connection that is open now."""
        job = self._job
        if RECONNECT.name not in job.checks:
            return True, connection
        self._evidence.begin(RECONNECT.name)
        began = perf_counter()
        status: Status = "pass"
        again, reason, detail = None, None, {}
        try:
            timeouts = (job.connect_timeout, job.request_timeout)
            again = reconnect(self._adapter, connection, self._endpoint, timeouts)
            detail = as_detail(again)
        except ConnectError as error:
            status, reason = STATUS_OF_KIND[error.kind], f"{error.stage}: {error.detail}"
        except Exception as error:  # noqa: BLE001 - the library's; it is what the check is after
            status, reason = "fail", describe(error)
        outcome = Outcome(RECONNECT.name, status, perf_counter() - began, reason, detail)
        return self._tell(self._with_problems(outcome)), again

    def _close(self, connection: Connection | None, before: Resources) -> bool:
        wanted = CLOSE.name in self._job.checks
        if wanted:
            self._evidence.begin(CLOSE.name)
        outcome = close(connection, self._job.request_timeout, before)
        return self._tell(outcome) if wanted else True

    def _with_problems(self, outcome: Outcome) -> Outcome:
        problems, self._watcher.problems = self._watcher.problems, []
        if not problems:
            return outcome
        said = [outcome.reason, *problems] if outcome.reason else problems
        status: Status = "degraded" if outcome.passed else outcome.status
        return Outcome(outcome.name, status, outcome.seconds, "; ".join(said), outcome.detail)

    def _tell(self, outcome: Outcome) -> bool:
        self._evidence.check(outcome)
        return outcome.passed
