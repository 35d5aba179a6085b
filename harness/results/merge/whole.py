"""Checks that parts belong to one whole, and returns that whole."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, TypeVar

from harness.results.results_json import json_text
from harness.results.results_model import OwedInfo, taken
from harness.shared.errors import ResultsError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from harness.results.results_model import Absent, CellInfo, GatewayInfo, Results, ShardInfo

RecordT = TypeVar("RecordT")


def least(records: Iterable[RecordT]) -> RecordT:
    """The record whose JSON sorts first."""
    found = list(records)
    return found[0] if all(each == found[0] for each in found) else min(found, key=json_text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A plan before it was split: its cells and gateways, and the cells that it leaves out.

    ``shards`` has the numbers of the shards that are here; ``of`` is how many there are, or ``None`` if a part was the
    whole already.
    """

    cells: dict[str, OwedInfo]
    gateways: dict[str, GatewayInfo]
    absent: tuple[Absent, ...]
    shards: tuple[int, ...]
    of: int | None

    @property
    def complete(self) -> bool:
        """Whether every shard is here."""
        return self.of is None or set(self.shards) == set(range(1, self.of + 1))


def whole_of(parts: Sequence[Results]) -> Whole:
    """Return the whole to which all parts belong.

    Raises:
        ResultsError: they belong to different ones; the error names what differs.
    """
    for part in parts[1:]:
        _refuse_other(parts[0], part)
    shards = [part.plan.shard for part in parts if part.plan.shard is not None]
    _refuse_other_count(shards)
    first = parts[0]
    owed = [_owed(part) for part in parts]
    bare = [shard.gateways for shard in shards]
    return Whole(
        cells={cell: least(each[cell] for each in owed) for cell in owed[0]},
        gateways={name: least(each[name] for each in bare) for name in bare[0]} if bare else dict(first.gateways),
        absent=_absent(first),
        shards=tuple(sorted({number for shard in shards for number in shard.shards})),
        of=shards[0].of if len(shards) == len(parts) else None,
    )


def _refuse_other(first: Results, other: Results) -> None:
    asked, others = _question(first), _question(other)
    for name, value in asked.items():
        if value != others[name]:
            raise ResultsError(
                f"{first.run.id} and {other.run.id} are not parts of one run: {name} differs",
                hint="Parts are made with the same version of ib-compat, matrix file and options, except --shard.",
            )


def _question(part: Results) -> dict[str, Hashable]:
    """Return what must be the same in all parts, by name."""
    return {
        "the version of ib-compat": part.run.ib_compat,
        "the schema of results.json": part.schema_version.split(".")[0],
        "the matrix file": PurePath(part.run.matrix).name,
        "what the matrix file expects": tuple(
            json_text(replace(rule, overdue=False, used=None)) for rule in part.expectations
        ),
        "the plan": tuple((name, *_identity(owed)) for name, owed in _owed(part).items()),
        "what the plan leaves out": tuple(each.cell for each in _absent(part)),
    }


def _identity(owed: OwedInfo) -> tuple[Hashable, ...]:
    """Return what identifies a cell. How pip installs it, and how it is run again, may differ between machines."""
    return (
        owed.row,
        owed.gateway,
        owed.requested.distribution,
        owed.requested.version,
        owed.python,
        owed.client_id,
        owed.second_client_id,
    )


def _refuse_other_count(shards: Sequence[ShardInfo]) -> None:
    counts = {shard.of for shard in shards}
    if len(counts) > 1:
        raise ResultsError(f"the parts are of different splits: {', '.join(f'1/{of}' for of in sorted(counts))}")


def _owed(part: Results) -> dict[str, OwedInfo]:
    if part.plan.shard is not None:
        return part.plan.shard.cells
    return {name: _owed_of(part.cells[name]) for name in part.plan.cells}


def _owed_of(cell: CellInfo) -> OwedInfo:
    return OwedInfo(**taken(OwedInfo, cell))


def _absent(part: Results) -> tuple[Absent, ...]:
    """The cells that are in no shard."""
    others = part.plan.shard.cells if part.plan.shard is not None else {}
    return tuple(each for each in part.plan.absent if each.cell not in others)
