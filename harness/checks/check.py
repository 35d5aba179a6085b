"""Defines what a check is: its declaration, the client that it uses, and how it ends or fails.

A check is a module of `harness.checks.all` with a ``CHECK``. Both halves import it: the row's environment asks, the
host plans with it and compares the answer with the truth of a simulated gateway. So it imports the standard library
only.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Literal

from adapters.listening import said_by

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from adapters.base import Adapter, Connection, Endpoint, RequestTimeoutError
    from adapters.records import ErrorCallback
    from harness.checks.expected import Expected, Records, Shape
    from harness.checks.heard import Heard
    from harness.checks.resources import Resources
    from harness.checks.truth import Truth

Status = Literal["pass", "degraded", "fail", "timeout", "error", "unsupported", "skipped"]
"""Those words of the grid that a check itself can end as; the host has more."""

EVERY_CHECK_PASSED = 0
A_CHECK_DID_NOT = 1
JOB_NOT_UNDERSTOOD = 2
WORKER_FAILED = 3


@dataclass(frozen=True)
class Outcome:
    """How one check ended; ``seconds`` is its duration, ``detail`` what it saw."""

    name: str
    status: Status
    seconds: float
    reason: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Return whether the check passed; a degraded one did not."""
        return self.status == "pass"

    @property
    def harmless(self) -> bool:
        """Return whether the check found nothing wrong: it passed, or could not be asked for a stated reason."""
        return self.status in {"pass", "unsupported", "skipped"}

    def as_json(self) -> dict[str, Any]:
        """Return the check in the form of the ready line and the evidence."""
        return asdict(self)


def describe(error: BaseException) -> str:
    """Describe an exception as a traceback ends: type and message, and the exception that caused it."""
    said = said_by(error)
    if error.__context__ is None or error.__suppress_context__:
        return said
    return f"{said} (while handling {describe(error.__context__)})"


EVERYTHING = "*"
"""In `Check.varies`: nothing of the answer stays the same from one asking to the next."""


class Phase(IntEnum):
    """The part of a cell in which a check is asked; checks of one phase are in the order of their names."""

    INSTALL = 0
    IMPORT = 1
    TCP = 2
    VERSION = 3
    READY = 4
    REQUEST = 5
    """Asks something over the open connection and changes nothing."""
    PREVIEW = 6
    """Sends an order that is only evaluated, not placed: only if orders may be sent."""
    ORDER = 7
    """Sends an order: only on paper, and only if the user asked for orders."""
    ORDER_AND_CONNECTION = 8
    """Sends an order, and connects again while or after it works; under the conditions of `ORDER`."""
    CONNECTION = 9
    """Ends connections or makes others."""
    CLOSE = 10


ALWAYS = frozenset({Phase.INSTALL, Phase.IMPORT, Phase.TCP, Phase.VERSION, Phase.READY, Phase.CLOSE})
"""Asked whatever the matrix file lists: without them nothing is known, and nothing is left clean."""

CONNECTS = frozenset({Phase.ORDER_AND_CONNECTION, Phase.CONNECTION})
"""May make a connection, on which its answers come."""

ORDERS = frozenset({Phase.PREVIEW, Phase.ORDER, Phase.ORDER_AND_CONNECTION})
"""Send what a gateway takes for an order; the runner of a cell holds them back unless the job allows orders."""


class CheckFailedError(Exception):
    """The library did something else than the check is there to prove; ``detail`` is what was seen."""

    def __init__(self, reason: str, detail: Mapping[str, Any] | None = None) -> None:
        super().__init__(reason)
        self.detail = dict(detail or {})


class NotAskedError(Exception):
    """The check was not asked here; the message says why."""


NOTHING_CAME = "nothing_came"
"""Key of the detail of a check that was skipped because nothing came: what the library said, without an excuse."""


class NothingCameError(NotAskedError):
    """Nothing came in time, for which a real gateway may have its reasons.

    The host looks at the transcript, which may show that the gateway did send it.
    """

    def __init__(self, excuse: str, said: RequestTimeoutError) -> None:
        super().__init__(f"{excuse}: {said}")
        self.detail = {NOTHING_CAME: str(said)}


@dataclass(kw_only=True)
class Client:
    """What a check asks with: the library, and its connection.

    ``opened`` is the connection that is open now, None once one was lost; a check that replaces it sets it.
    ``second_client_id`` is free for a second connection. ``turn`` is unique to the cell on a real gateway, which takes
    the same historical request again only after a while. ``simulated`` says that the gateway is ours, so that
    silence does not mean a closed market. ``callbacks`` are the error callbacks so far; ``problems`` what the library
    only logged since the check began: a check clears what it provoked and what the library reported to its user
    otherwise, too. ``before`` is what the process held before the first connect. Timeouts are seconds.
    """

    adapter: Adapter
    endpoint: Endpoint
    second_client_id: int
    turn: int
    simulated: bool
    connect_timeout: float
    request_timeout: float
    before: Resources
    callbacks: Sequence[ErrorCallback]
    problems: list[str]
    opened: Connection | None

    @property
    def connection(self) -> Connection:
        """The open connection; `NotAskedError` if an earlier check lost it."""
        if self.opened is None:
            raise NotAskedError("no connection is open any more")
        return self.opened


@dataclass(frozen=True, kw_only=True)
class Check:
    """One question to a cell.

    Args:
        name: as in matrix files, evidence and results.
        proves: one sentence: what a pass means.
        phase: the part of a cell in which it is asked.
        ask: asks, and returns the detail of a pass, as JSON. Errors: those of this module, those of
            `adapters.base.Connection`, and what the library raises. None: a stage of the connect answers it.
        expected: returns what the detail should be, from the truth of a simulated gateway; None if nothing can be known
            before.
        heard: returns the same from what the gateway sent to its requests, according to the transcript, whatever kind
            of gateway it is; None if no message tells. Errors: `harness.checks.heard.NotHeardError`.
        wanted: returns what the detail must contain because it was asked for, whatever the gateway has; from the
            accounts of the connection and the detail itself. None: nothing.
        scenario: the only scenario of a simulated gateway in which it is asked; None: any gateway may be asked.
        only_simulated: whether it trades, and so is asked at simulated gateways only, whatever the user allows.
        gate: server version at which its feature begins; below it, the check is predicted to be ``unsupported``.
        asks: the request whose answer it reads, or reads first, by its name in `harness.wire`; empty: no request.
        needs: what it needs from the gateway besides a connection, in words.
        varies: keys of the detail and fields of its records that change by themselves on a real gateway, so that the
            answers of two libraries need not be equal there; `EVERYTHING` for all of them.
        times: keys of the detail, and fields of its records, that hold a time as the library gave it; the host reads
            which moment that is, because the row's environment may have no data of time zones.
        requests: how many times the request timeout it may take, with the cancelling of its orders if a step fails.
        connects: how many times the connect timeout it may take, too.
        waits: how many times the request timeout it waits for one answer.
    """

    name: str
    proves: str
    phase: Phase = Phase.REQUEST
    ask: Callable[[Client], dict[str, Any]] | None = None
    expected: Callable[[Truth], Mapping[str, Expected | Records]] | None = None
    heard: Callable[[Heard], Shape] | None = None
    wanted: Callable[[Sequence[str], Mapping[str, Any]], Shape] | None = None
    scenario: str | None = None
    only_simulated: bool = False
    gate: int = 0
    asks: str = ""
    needs: str = ""
    varies: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    requests: int = 1
    connects: int = 0
    waits: int = 1

    @property
    def sends_order(self) -> bool:
        """Whether it is asked only on paper, and only if the user asked for orders."""
        return self.phase in ORDERS

    @property
    def always(self) -> bool:
        """Whether it is asked whatever the matrix file lists."""
        return self.phase in ALWAYS


def plain(records: Sequence[Any]) -> list[dict[str, Any]]:
    """Return records as JSON."""
    return [dict(vars(record)) for record in records]
