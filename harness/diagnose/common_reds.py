"""Finds the checks that are red with every library at one gateway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from harness.shared.status import Status

if TYPE_CHECKING:
    from harness.shared.evidence import CellOutcome

DECODERS: Mapping[str, str] = {"ib_async": "ib_insync"}
"""Maps an adapter to the one whose library its own took the decoder from: ib_async began as ib_insync.

Libraries with the same decoder count as one witness.
"""

_GREEN = frozenset({Status.PASS, Status.UNSUPPORTED, Status.SKIPPED})
_SEVERAL = 2


def shared_reds(cells: Sequence[tuple[str, CellOutcome]]) -> frozenset[str]:
    """Return the checks at which every library that reached a gateway is red; none if all share one decoder.

    A library's fault shows only in libraries that share its code. If all others are red, too, the cause is the gateway,
    the machine, or ib-compat.

    Args:
        cells: the cells of one gateway, each with the adapter of its library.
    """
    came = [(adapter, outcome) for adapter, outcome in cells if _came(outcome)]
    if len({DECODERS.get(adapter, adapter) for adapter, _ in came}) < _SEVERAL:
        return frozenset()
    return frozenset.intersection(*(_reds(outcome) for _, outcome in came))


def passed_alike(adapter: str, cells: Sequence[tuple[str, CellOutcome]]) -> frozenset[str]:
    """Return the checks that some cell passed with the same adapter code.

    They show that the adapter's request is right: another version of the library, or the library that it was forked
    from, got its answer.

    Args:
        adapter: the adapter of the cell in question.
        cells: the cells of one gateway, each with the adapter of its library.
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
