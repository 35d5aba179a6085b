"""Describes a cell that did not pass, and the facts that its verdict is based on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.diagnose.verdict import Diagnosis
    from harness.shared.evidence import CellOutcome, CheckRecord, GatewayOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Red:
    """A cell that did not pass.

    Args:
        cell: the cell's id.
        product: the product of its gateway, ``gateway`` or ``tws``.
        client_id: the client id that it used.
        connect_timeout: seconds that the connect may take, including what the library requests while it starts.
        request_timeout: seconds that a request may take.
        check: the check that decided the status.
        outcome: everything that was seen of the cell.
        gateway: what the run saw of its gateway.
        verdict: the verdict on the gateway; ``None`` if the reference client did not meet it.
        shared: whether every library is red at this check, and not all of them share one decoder.
        alike_passed: whether another cell of this gateway passed this check with the same adapter code.
    """

    cell: str
    product: str
    client_id: int
    connect_timeout: float
    request_timeout: float
    check: CheckRecord
    outcome: CellOutcome
    gateway: GatewayOutcome | None
    verdict: Diagnosis | None
    shared: bool = False
    alike_passed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFacts:
    """The facts about a red cell; ``None`` if nothing was recorded.

    Args:
        status: of the check that decided.
        stage: the check that decided.
        phase: of the check that decided.
        why: the cause why the library cannot be installed or imported.
        control: how the reference client fared on the same gateway before and after; ``unstarted`` if that did not come
            up.
        same_stage: the reference client stopped at the same stage.
        in_pieces: the reference client or the cell got the version reply in pieces.
        early: the reference client got other frames before the version reply.
        gateway: the code of the gateway's verdict.
        unwell: the gateway's verdict finds a fault.
        shared: every library is red at this check.
        seen: how much of the traffic was recorded: the ``whole``; ``index`` if the names of the missing messages are
            known; ``cut`` if they are not; or ``none``.
        starved: our own event loop was late meanwhile.
        crowded: other cells were at the gateway, which may be the cause.
        wrong: what a wrong answer differs from, one of `harness.shared.evidence.Against`.
        errors: the errors that explain it.
        zones: the row's Python has no time zone data, and that is ``missing``, as the library reported, or ``perhaps``
            the cause of a failed check of times.
        alike_passed: another cell passed with the same adapter code.
        unproven: the check is an error only because the version to negotiate is unknown.
        hello: a hello was sent.
        reply: a version reply came.
        started: START_API was sent.
        accounts: a list of managed accounts came.
        next_valid_id: the next valid id came.
        ended_by_gateway: the gateway ended the connection first.
        asked: the check's request was sent.
        answered: how the check's request was answered.
        unanswered: the answer to some request that was sent meanwhile did not end in time.
        barely: something that the library waited for crossed the tap so late that it may have reached the library too
            late, and no other message is missing.
        far_library: the network between tap and library lost packets or was slow, and no message is missing.
        far_gateway: the network between tap and gateway was so bad that it may explain what came late or not at all.
        further: outcome of the connections that the check made beside or after the first.
        invalid: what is wrong with the request.
        endless: more came than any gateway sends.
        ending: what ended the cell, if neither library nor gateway did: our ``deadline``, a signal from outside
            (``killed``), or a name in ``machine.toml``.
    """

    status: str
    stage: str
    phase: str
    why: str | None
    control: str
    same_stage: bool
    in_pieces: bool
    early: bool
    gateway: str
    unwell: bool
    shared: bool
    seen: str
    starved: bool
    crowded: bool
    wrong: str
    errors: str
    zones: str
    alike_passed: bool = False
    unproven: bool = False
    hello: bool | None = None
    reply: bool | None = None
    started: bool | None = None
    accounts: bool | None = None
    next_valid_id: bool | None = None
    ended_by_gateway: bool | None = None
    asked: bool | None = None
    answered: str | None = None
    unanswered: bool | None = None
    barely: bool = False
    far_library: bool = False
    far_gateway: bool = False
    further: str | None = None
    invalid: str = ""
    endless: bool = False
    ending: str = ""
