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
    """What is known of a red cell; ``None`` if nothing was written down.

    ``status``, ``stage`` and ``phase`` of the check that decided; ``why`` it cannot be installed or imported; how
    the ``control`` fared on the same gateway before and after (``unstarted`` where that did not come up), whether
    it stopped at the ``same_stage``, and it or the cell saw the version reply ``in_pieces``, it alone frames
    ``early``. ``gateway`` is the code of the gateway's verdict where it finds a fault (``unwell``), ``shared``
    tells that every library is red at this check. What was written down of the wire (``seen``): the ``whole``,
    ``index`` where of what is missing it is known which messages came, ``cut`` where it is not, or ``none``.
    ``wrong``: what a wrong answer differs from, one of `harness.shared.evidence.Against`. ``errors`` that tell.
    ``starved``: our own loop came late meanwhile. ``crowded``: others were at the gateway, which may be why.
    ``zones``: the row's Python has no data of time zones, and that is ``missing``, as the library said, or
    ``perhaps`` what a check of times hangs on. The rest is of the wire:
    ``asked`` and ``answered`` are of the request that the check asks with; ``unanswered``: the answer to some
    request that was sent meanwhile did not end in time; ``barely``: what it waited for came so late that it may have
    reached the library too late, and nothing that never came tells more. ``far_library``: the way between the tap and
    the library lost packets, or was slow, and nothing that never came tells more; ``far_gateway``: the one to the
    gateway was so bad that what came late, or not in time, may have been held up on it. ``further``: what became of
    the connections that the check made beside or after the first. ``invalid``: what is wrong with the request;
    ``endless``: more came than any gateway sends; ``alike_passed``: another cell that is asked by the same code passed.
    ``ending`` is what ended the cell that is neither library nor gateway: our ``deadline``, a signal from outside
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
