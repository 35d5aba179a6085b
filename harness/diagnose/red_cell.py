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
        cell: its id.
        product: of its gateway.
        client_id: that it used.
        connect_timeout: seconds that the connect may take, and what the library asks while it starts.
        request_timeout: seconds that a request may take.
        check: the one that decided the status.
        outcome: all that was seen of it.
        gateway: its gateway as it was met.
        verdict: on the gateway; ``None`` if it was not asked.
        shared: every library that was asked, and they do not all read with the same decoder, is red at this check.
        alike_passed: another cell of this gateway, asked by the same code of ib-compat, passed it.
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
        seen: what was recorded of the wire: the ``whole``; ``index`` if it is known which messages the missing part
            had; ``cut`` if that is unknown; or ``none``.
        starved: our own event loop was late meanwhile.
        crowded: other cells were at the gateway, which may be the cause.
        wrong: what a wrong answer differs from, one of `harness.shared.evidence.Against`.
        errors: the errors that explain it.
        zones: the row's Python has no time zone data, and that is ``missing``, as the library reported, or ``perhaps``
            the cause of a failed check of times.
        alike_passed: another cell that the same code asks passed.
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
        barely: what the library waited for came so late that it may have reached the library too late, and no missing
            message says more.
        far_library: the network between tap and library lost packets or was slow, and no missing message says more.
        far_gateway: the network between tap and gateway was so bad that it may have delayed what came late or not in
            time.
        further: outcome of the connections that the check made beside or after the first.
        invalid: what is wrong with the request.
        endless: more came than any gateway sends.
        ending: what ended the cell that is neither library nor gateway: our ``deadline``, a signal from outside
            (``killed``), or a name of ``machine.toml``.
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
