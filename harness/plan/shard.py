"""Implements ``--shard i/n``: gives one of n runs its share of a plan's cells, so that all take about as long."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from statistics import fmean
from typing import TYPE_CHECKING

from harness.plan.plan_model import AbsentCell, ShardOf
from harness.shared.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.plan.plan_model import Plan, PlannedCell

_WORDS = re.compile(r"(\d+)/(\d+)")
_UNKNOWN = 1.0
"""Seconds that every cell counts if none was measured."""

_LEAST = 0.001
"""The least seconds that a cell counts, so that no shard gets all cells that took no time."""


def parse_shard(text: str) -> tuple[int, int]:
    """Return the index and the number of shards from a text such as ``3/8``; raises UsageError if it is invalid."""
    found = _WORDS.fullmatch(text.strip())
    index, of = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= index <= of:
        raise UsageError(f"--shard {text}: expected I/N, the I-th of N, such as 3/8", hint="I goes from 1 to N.")
    return index, of


def shard_plan(plan: Plan, index: int, of: int, times: Mapping[str, float]) -> Plan:
    """Return the plan of one shard. The cells of other shards are absent from it, and the reason names their shard.

    Args:
        plan: the whole plan.
        index: the number of the shard, from 1.
        of: how many shards there are.
        times: cell id to measured seconds; other cells count the mean of these. It must be the same for all shards.

    Raises:
        UsageError: there are fewer parts to split into than shards.
    """
    return part_of(plan, _split(plan, of, times), index, of)


def part_of(plan: Plan, shard_of: Mapping[str, int], index: int, of: int) -> Plan:
    """The cells of one shard, and the others absent; ``shard_of`` maps every cell's id to its shard.

    Programs are in the first.
    """
    return replace(
        plan,
        cells=tuple(cell for cell in plan.cells if shard_of[cell.id] == index),
        absent=(
            *plan.absent,
            *(
                AbsentCell(id=cell.id, reason=f"in another shard ({shard_of[cell.id]}/{of})")
                for cell in plan.cells
                if shard_of[cell.id] != index
            ),
        ),
        programs=plan.programs if index == 1 else (),
        shard=ShardOf(index=index, of=of, whole=plan),
    )


@dataclass(slots=True)
class _Load:
    """The cells that a shard has so far, and how long they take."""

    index: int
    seconds: float = 0.0
    cells: int = 0


def _split(plan: Plan, of: int, times: Mapping[str, float]) -> dict[str, int]:
    """Return cell id to shard: the longest units first, each to the shard that has the least."""
    if not plan.cells:
        raise UsageError("the plan has no cells to split", hint="Programs are in the first shard.")
    weigh = _Weights(plan, times)
    units = sorted(_units(plan), key=weigh.unit, reverse=True)
    asked = sum(any(cell.skip is None for cell in unit) for unit in units)
    if asked < of:
        parts = "is only 1 part" if asked == 1 else f"are only {asked} parts"
        raise UsageError(
            f"--shard …/{of}: there {parts} to split into",
            hint="The cells of one gateway that somebody else runs stay together, and so do those of one login.",
        )
    loads = [_Load(index) for index in range(1, of + 1)]
    shard_of: dict[str, int] = {}
    for unit in units:
        least = min(loads, key=lambda load: (load.seconds, load.cells, load.index))
        least.seconds += weigh.unit(unit)
        least.cells += len(unit)
        shard_of.update((cell.id, least.index) for cell in unit)
    return shard_of


def _units(plan: Plan) -> list[list[PlannedCell]]:
    """The cells that must stay together, in the plan's order."""
    units: dict[object, list[PlannedCell]] = {}
    for cell in plan.cells:
        units.setdefault(_lease(cell), []).append(cell)
    return list(units.values())


def _lease(cell: PlannedCell) -> object:
    """Return what a cell cannot share with another shard; only simulated gateways can exist several times."""
    gateway = cell.gateway
    if gateway.credential is not None:
        return ("credential", gateway.credential)
    return ("cell", cell.id) if gateway.ours else ("gateway", gateway.name)


class _Weights:
    """How long cells take, in seconds; skipped ones take no time."""

    def __init__(self, plan: Plan, times: Mapping[str, float]) -> None:
        measured = [times[cell.id] for cell in plan.asked if cell.id in times]
        self._times = times
        self._mean = fmean(measured) if measured else _UNKNOWN

    def unit(self, cells: list[PlannedCell]) -> float:
        """Sum of the cells that stay together."""
        asked = (cell for cell in cells if cell.skip is None)
        return sum(max(self._times.get(cell.id, self._mean), _LEAST) for cell in asked)
