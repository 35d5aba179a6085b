"""What the libraries made of a gateway that the doctor looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.doctor.examine import Examination
    from harness.results.results_model import CellInfo, Results
    from harness.views.terminal.style import Style


_SEVERAL = 2


def cells_of(seen: Examination, rows: Results | None) -> list[CellInfo]:
    """The cells of a gateway, in the order of the rows; none where the libraries were not asked."""
    if rows is None:
        return []
    name = seen.subject.spec.name if seen.subject.spec else None
    return [cell for cell in rows.cells.values() if _is_of(cell, name, seen, rows)]


def _is_of(cell: CellInfo, name: str | None, seen: Examination, rows: Results) -> bool:
    if name is not None:
        return cell.gateway == name
    gateway = rows.gateways[cell.gateway]
    return (gateway.host, gateway.port) == (seen.subject.host, seen.subject.port)


def row_lines(cells: list[CellInfo], style: Style) -> Iterator[str]:
    """Yield a line for each library, and what all of them together mean."""
    for cell in cells:
        yield f"{style.glyph(cell.status)} {cell.row}: {_outcome(cell)}"
    if conclusion := _conclusion(cells):
        yield conclusion


def _outcome(cell: CellInfo) -> str:
    if cell.status is Status.PASS:
        return f"every check passed, server version {cell.negotiated}"
    why = f": {cell.diagnosis.title}, at fault: {cell.fault} [{cell.diagnosis.code}]" if cell.diagnosis else ""
    reason = f": {cell.reason}" if cell.reason and not why else ""
    return f"{cell.status}{f' at {cell.stage}' if cell.stage else ''}{why}{reason}"


def _conclusion(cells: list[CellInfo]) -> str | None:
    """Say what follows where the same is said of every library that was asked."""
    asked = [cell.diagnosis for cell in cells if cell.diagnosis is not None or cell.status is Status.PASS]
    first = next(iter(asked), None)
    if len(asked) < _SEVERAL or first is None or any(each is None or each.code != first.code for each in asked):
        return None
    if first.code == "same-as-control":
        return "The choice of library is excluded as the cause: all of them, and the control, stop at the same stage."
    return f"The same is said of all of them: {first.title}, at fault: {first.fault} [{first.code}]. {first.says}"


def rows_document(seen: Examination, rows: Results | None) -> dict[str, Any]:
    """The same as plain JSON data; nothing where the libraries were not asked."""
    if rows is None:
        return {}
    told = {"row", "status", "stage", "reason", "fault", "negotiated", "diagnosis"}
    cells = [cell.model_dump(mode="json", include=told) for cell in cells_of(seen, rows)]
    return {"run": rows.run.id, "libraries": cells}
