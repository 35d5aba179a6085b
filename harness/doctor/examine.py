"""Examines one gateway: the machine, then the reference client, the machine again, then the verdict."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.diagnose.control import probe
from harness.diagnose.control.attempt_state import Asks
from harness.diagnose.control.search import Patience, searching
from harness.diagnose.gateway_case import Case, diagnose, listeners_elsewhere, manner_with
from harness.diagnose.host import look, reached
from harness.shared.evidence import Ended
from harness.shared.mask import Masker

if TYPE_CHECKING:
    from harness.diagnose.control.attempt import Standing
    from harness.diagnose.host import HostView
    from harness.diagnose.verdict import Diagnosis
    from harness.doctor.subject import Subject
    from harness.shared.evidence import ProbeRecord, Search

_SETTLE = 1.0
"""Seconds after which a connection that its client closed is left over: a working gateway closes it at once."""

_ELSEWHERE = 2.0
"""Seconds for what answers at another port."""

ELSEWHERE = "at another usual port"

_BEFORE = 5.0
"""Seconds before the first attempt from which log lines are of interest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What was seen of a gateway and what it means.

    Args:
        subject: which.
        case: the evidence.
        view: what this machine shows.
        verdict: what it means.
        at: when it was seen, in seconds since the epoch.
        seconds: how long it took.
        masker: hides the accounts that were seen.
    """

    subject: Subject
    case: Case
    view: HostView
    verdict: Diagnosis
    at: float
    seconds: float
    masker: Masker

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the one that the matrix file names; true if it names none."""
        return self.subject.expected in {None, self.verdict.code}


async def examine(
    subject: Subject, *, patience: Patience | None = None, first: Standing | None = None, beside: int = 0
) -> Examination:
    """Look at a gateway: at most about ten seconds, and nothing but what a client says to connect and reads first.

    Args:
        subject: which.
        patience: how long to wait.
        first: an open, unanswered connection to it, which is used instead of a new one.
        beside: how many more are open there.
    """
    began, clock = time.monotonic(), time.time()
    before = await asyncio.to_thread(look, subject.host, subject.port)
    looking = searching(
        subject.host,
        subject.port,
        client_id=subject.client_id,
        patience=patience,
        manner=manner_with(before, subject.machine.declared, more=subject.probe_more, beside=beside),
        first=first,
        asks=Asks(why_not=subject.why_not, timeout=(patience or Patience()).asks),
    )
    async with looking as found:  # unanswered connections stay open, so the look at the machine sees them
        masker = Masker(account for attempt in found.attempts for account in attempt.accounts)
        view = await _look(subject, (clock - _BEFORE, time.time()), masker)
    elsewhere = await _ask_elsewhere(subject, found, view)
    case = _case(subject, found, view, elsewhere)
    return Examination(
        subject=subject,
        case=case,
        view=view,
        verdict=diagnose(case),
        at=time.time(),
        seconds=time.monotonic() - began,
        masker=Masker(account for each in (*found.attempts, *elsewhere) for account in each.accounts),
    )


def _case(subject: Subject, found: Search, view: HostView, elsewhere: tuple[ProbeRecord, ...]) -> Case:
    return Case(
        host=subject.host,
        port=subject.port,
        found=found,
        view=view,
        product=subject.product,
        client_id=subject.client_id,
        declared=subject.machine.declared,
        system=subject.machine.system,
        probe=subject.probe,
        elsewhere=elsewhere,
        called=subject.called,
    )


async def _ask_elsewhere(subject: Subject, found: Search, view: HostView) -> tuple[ProbeRecord, ...]:
    """If nothing listens on the asked port: connect once to each usual port that may be meant."""
    if found.plain.ended is not Ended.REFUSED:
        return ()
    asked = (
        probe(reached(each.host), each.port, client_id=subject.client_id, timeout=_ELSEWHERE, when=ELSEWHERE)
        for each in listeners_elsewhere(view)
    )
    return tuple(await asyncio.gather(*asked))


async def _look(subject: Subject, around: tuple[float, float], masker: Masker) -> HostView:
    """Examine this machine, twice if connections seem left over: the gateway may be about to close them."""

    def once() -> HostView:
        if not subject.simulated:
            return look(subject.host, subject.port, around=around, mask=masker.text)
        # A real Gateway that runs on this machine, too, is no evidence about a simulated one.
        return replace(look(subject.host, subject.port, ports=()), processes=(), settings=(), logs=())

    view = await asyncio.to_thread(once)
    if view.close_wait:
        await asyncio.sleep(_SETTLE)
        view = await asyncio.to_thread(once)
    return view
