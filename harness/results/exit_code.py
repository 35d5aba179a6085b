"""What a run's results mean for the process's exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.plan.matrix.expect import Verdict
from harness.shared.errors import ExitCode
from harness.shared.status import Status

if TYPE_CHECKING:
    from harness.results.results_model import GatewayInfo, Results


def exit_code(results: Results) -> ExitCode:
    """0 where every cell is as expected.

    An interrupted run is 130. A cell that is ``error`` or ``not-run`` makes it 3, and so does skipping all of them, or
    those of a gateway that was lost in the middle or passed over: then the run does not answer the question. Cells that
    the user's own choice leaves out do not. Any other red that nobody expected makes it 1, and so does an unexpected
    pass: the matrix file is wrong then, and what it says of the other versions may be too.
    """
    if results.run.interrupted:
        return ExitCode.INTERRUPTED
    counted = set(results.run.counts)
    if counted & {Status.ERROR, Status.NOT_RUN} or counted == {Status.SKIPPED} or _left_a_gateway(results):
        return ExitCode.HARNESS_FAILED
    if set(results.run.verdicts) - {Verdict.AS_EXPECTED}:
        return ExitCode.INCOMPATIBLE
    return ExitCode.AS_EXPECTED


def _left_a_gateway(results: Results) -> bool:
    """Tell whether cells were kept from a gateway that they were to ask."""
    if any(gateway.passed_over is not None for gateway in results.gateways.values()):
        return True
    skipped = {cell.gateway for cell in results.cells.values() if cell.status is Status.SKIPPED}
    return any(_was_lost(results.gateways[name]) for name in skipped)


def _was_lost(gateway: GatewayInfo) -> bool:
    answered = [probe.passed for probe in gateway.probes]
    return True in answered and not answered[-1]
