"""Selects parts of a matrix by name and glob, and one cell by part of its id."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from harness.plan.plan_model import cell_id
from harness.shared.errors import NoSuchCellError, SelectionError, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from harness.plan.matrix.gateway_spec import GatewaySpec
    from harness.plan.matrix.load import Matrix
    from harness.plan.matrix.program_spec import ProgramSpec
    from harness.plan.matrix.rows import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Globs, each kind narrowing the others; an empty kind takes all.

    ``libraries`` match a name or ``name==version``; ``rows`` match a row's id, with or without ``/py…``. With
    ``programs``, no cell is picked.
    """

    libraries: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    pythons: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()

    def takes(self, row: Row, gateway: GatewaySpec) -> bool:
        """Whether the cell of this row and gateway is picked."""
        return (
            not self.programs
            and _hit(self.libraries, (row.name, row.library))
            and _hit(self.rows, (row.id, row.library))
            and _hit(self.pythons, (row.python,))
            and _hit(self.gateways, (gateway.name,))
            and _hit(self.cells, (cell_id(row, gateway),))
        )

    def takes_program(self, program: ProgramSpec) -> bool:
        """Whether the program is picked. It is not if rows of libraries are: it is none."""
        if not self.columns_of(program):
            return False
        if self.programs:
            return _hit(self.programs, (program.name,))
        return not (self.libraries or self.rows or self.pythons or self.cells)

    def columns_of(self, program: ProgramSpec) -> tuple[GatewaySpec, ...]:
        """Return the picked ones of its gateways, and those of today with which they are compared."""
        picked = [gateway for gateway in program.columns if _hit(self.gateways, (gateway.name,))]
        compared = {gateways[0].name for gateways in program.groups if any(each in picked for each in gateways)}
        return tuple(each for each in program.columns if each in picked or each.name in compared)

    def left_out_by(self, row: Row, gateway: GatewaySpec) -> str:
        """The options that do not pick the cell, as a reason."""
        options = {
            "--library": _hit(self.libraries, (row.name, row.library)),
            "--row": _hit(self.rows, (row.id, row.library)),
            "--python": _hit(self.pythons, (row.python,)),
            "--gateway": _hit(self.gateways, (gateway.name,)),
            "--cell": _hit(self.cells, (cell_id(row, gateway),)),
            "--program": not self.programs,
        }
        return f"not selected by {', '.join(option for option, hit in options.items() if not hit)}"


def check_selection(selection: Selection, matrix: Matrix) -> None:
    """Raise SelectionError for a pattern that names nothing in the matrix; the hint has the nearest names."""
    rows, gateways = matrix.rows, matrix.gateways
    libraries = {name for row in rows for name in (row.name, row.library)}
    _each_hits("--library", selection.libraries, libraries)
    _each_hits("--row", selection.rows, {name for row in rows for name in (row.id, row.library)})
    _each_hits("--python", selection.pythons, {row.python for row in rows})
    _each_hits("--gateway", selection.gateways, {gateway.name for gateway in gateways})
    _each_hits("--program", selection.programs, {program.name for program in matrix.programs})
    if selection.cells:
        _each_hits("--cell", selection.cells, {cell_id(row, gateway) for row in rows for gateway in gateways})


def _each_hits(option: str, patterns: Iterable[str], names: Collection[str]) -> None:
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise SelectionError(f"{option} {pattern!r} matches nothing", hint=_hint(pattern, names))


def _hint(pattern: str, names: Collection[str]) -> str:
    near = nearest(pattern.replace("*", ""), names)
    if near:
        return f"Nearest: {', '.join(near)}."
    shown = sorted(names)[:10]
    return f"There are: {', '.join(shown)}{', …' if len(names) > len(shown) else ''}."


def _hit(patterns: tuple[str, ...], names: tuple[str, ...]) -> bool:
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns for name in names)


_LISTED = 20
"""Most cells that are named if a word means several."""


def find_cell(word: str, ids: Iterable[str]) -> str:
    """Return the id that equals the word, else the one that it matches as a glob, else the one that contains it.

    Case does not matter.

    Raises:
        SelectionError: several ids match; the hint lists them.
        NoSuchCellError: no id matches; the hint has the nearest.
    """
    known = list(ids)
    if word in known:
        return word
    for pattern in (word, f"*{word}*"):
        found = [each for each in known if fnmatchcase(each.casefold(), pattern.casefold())]
        if len(found) == 1:
            return found[0]
        if found:
            raise SelectionError(f"{word!r} matches {len(found)} cells", hint=_list(found))
    raise NoSuchCellError(f"{word!r} matches no cell", hint=_nearest(word, known))


def _list(found: list[str]) -> str:
    more = [f"  … and {len(found) - _LISTED} more"] if len(found) > _LISTED else []
    return "\n".join(["Name one of:", *(f"  {each}" for each in found[:_LISTED]), *more])


def _nearest(word: str, ids: list[str]) -> str:
    """Return the nearest ids, rows or gateways; a word may resemble a row or a gateway, and no whole id."""
    bare = word.replace("*", "").strip("/")
    parts = {part for each in ids for part in (each, each.rpartition("/")[0], each.rpartition("/")[2])}
    near = nearest(bare, sorted(parts))
    return f"Nearest: {', '.join(near)}." if near else "ib-compat plan lists them."
