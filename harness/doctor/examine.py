"""One look at one gateway: control, then the host's view, then the verdict."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.control.search import Patience, search
from harness.diagnose.case import Case, diagnose
from harness.host import look
from harness.results.mask import Masker

if TYPE_CHECKING:
    from harness.diagnose.verdict import Verdict
    from harness.doctor.subject import Subject
    from harness.host import HostView

_SETTLE = 1.0
"""Seconds after which a connection that its client has left is left over: a gateway that works closes it at once."""

_BEFORE = 5.0
"""Seconds before the first attempt from which log lines are of interest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What was seen of a gateway and what it means.

    Args:
        subject: which.
        case: the evidence.
        view: what this machine tells.
        verdict: what it means.
        at: when it was seen, in seconds since the epoch.
        seconds: how long it took.
        masker: hides the accounts that were seen.
    """

    subject: Subject
    case: Case
    view: HostView
    verdict: Verdict
    at: float
    seconds: float
    masker: Masker

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the one that the matrix file names; true where it names none."""
        return self.subject.expected in {None, self.verdict.code}


async def examine(subject: Subject, *, patience: Patience | None = None) -> Examination:
    """Look at a gateway: at most about ten seconds, and nothing but connect-phase messages."""
    began, clock = time.monotonic(), time.time()
    found = await search(subject.host, subject.port, client_id=subject.client_id, patience=patience)
    masker = Masker(account for attempt in found.attempts for account in attempt.accounts)
    view = await _look(subject, (clock - _BEFORE, time.time()), masker)
    case = Case(
        host=subject.host,
        port=subject.port,
        found=found,
        view=view,
        product=subject.product,
        client_id=subject.client_id,
        declared=subject.machine.declared,
        system=subject.machine.system,
        probe=subject.probe,
    )
    return Examination(
        subject=subject,
        case=case,
        view=view,
        verdict=diagnose(case),
        at=time.time(),
        seconds=time.monotonic() - began,
        masker=masker,
    )


async def _look(subject: Subject, around: tuple[float, float], masker: Masker) -> HostView:
    """Look at this machine; twice where connections look left over, since the gateway may be about to close them."""
    view = await asyncio.to_thread(look, subject.host, subject.port, around=around, mask=masker.text)
    if view.close_wait:
        await asyncio.sleep(_SETTLE)
        view = await asyncio.to_thread(look, subject.host, subject.port, around=around, mask=masker.text)
    return view
