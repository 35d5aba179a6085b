"""Whether what a part says of a cell follows from what it says of the cell's checks: it may be from anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import InputError
from harness.matrix.checks import ALWAYS
from harness.matrix.expect import fell_short
from harness.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.results.model import CellInfo, Results

_PROVES = frozenset({"version", "ready"})
"""Checks without which there was no contact, whatever else is said."""

_TOLD = 10


def refuse_unproven(parts: Iterable[Results]) -> None:
    """Judge every pass again; raises InputError that names those that prove nothing."""
    found = list(_unproven(parts))
    if found:
        more = [f"  … and {len(found) - _TOLD} more"] if len(found) > _TOLD else []
        lines = ["a part calls a pass what its own checks do not bear out:", *found[:_TOLD], *more]
        raise InputError("\n".join(lines), hint="Leave that part out, or ask its cells again.")


def _unproven(parts: Iterable[Results]) -> Iterator[str]:
    for part in parts:
        for name, cell in part.cells.items():
            why = _lacks(cell) if cell.status is Status.PASS else None
            if why is not None:
                yield f"  {part.run.id}: {name}: {why}"


def _lacks(cell: CellInfo) -> str | None:
    """What a pass lacks; ``None`` where its checks bear it out."""
    names = {check.name for check in cell.checks}
    missing = sorted((_PROVES & ALWAYS) - names)
    if missing:
        return f"no record of {' and '.join(missing)}"
    if cell.negotiated is None:
        return "no negotiated version"
    if cell.predicted is not None and cell.negotiated != cell.predicted:
        return f"negotiated {cell.negotiated}, predicted {cell.predicted}"
    short = next((check for check in cell.checks if fell_short(check.name, check.status)), None)
    return None if short is None else f"{short.name} is {short.status}"
