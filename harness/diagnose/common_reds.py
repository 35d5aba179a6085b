"""Finds the checks that are red with every library at one gateway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from harness.shared.status import Status

if TYPE_CHECKING:
    from harness.shared.evidence import CellOutcome

DECODERS: Mapping[str, str] = {"ib_async": "ib_insync"}
"""Adapters of libraries whose code that reads answers comes from another one's: ib_async began as ib_insync.

Together they are one voice.
"""

_GREEN = frozenset({Status.PASS, Status.UNSUPPORTED, Status.SKIPPED})
_SEVERAL = 2


def shared_reds(cells: Sequence[tuple[str, CellOutcome]]) -> frozenset[str]:
    """Return the checks at which every library that came to a gateway is red; none if all share one decoder.

    A fault of one library shows in those that share its code only. What all others show, too, is of the gateway, of
    the machine, or of ib-compat.

    Args:
        cells: of one gateway, with the adapter of each.
    """
    came = [(adapter, outcome) for adapter, outcome in cells if _came(outcome)]
    if len({DECODERS.get(adapter, adapter) for adapter, _ in came}) < _SEVERAL:
        return frozenset()
    return frozenset.intersection(*(_reds(outcome) for _, outcome in came))


def passed_alike(adapter: str, cells: Sequence[tuple[str, CellOutcome]]) -> frozenset[str]:
    """Return the checks that some cell passed which is asked by the same code of ib-compat.

    What that code asks with is right, then: another version, or the library that this one began as, got its answer.

    Args:
        adapter: by which a cell is asked.
        cells: of one gateway, with the adapter of each.
    """
    family = DECODERS.get(adapter, adapter)
    passed = (
        {check.name for check in outcome.checks if check.status is Status.PASS}
        for other, outcome in cells
        if DECODERS.get(other, other) == family
    )
    return frozenset().union(*passed)


def _came(outcome: CellOutcome) -> bool:
    """Return whether a cell came as far as the gateway."""
    return any(check.name == "import" and check.status is Status.PASS for check in outcome.checks)


def _reds(outcome: CellOutcome) -> frozenset[str]:
    """Return the checks that did not pass, including the one that hung."""
    hung = {outcome.began} if outcome.began is not None else set()
    return frozenset({check.name for check in outcome.checks if check.status not in _GREEN} | hung)
