"""Compares what was found of programs in two runs: whether a cell changed, how, and whether that is for the worse."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.plan.matrix.expect import Verdict
from harness.programs.difference import Kind as Differs
from harness.results.compare.kinds import Kind
from harness.shared.status import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.results.program_results import ProgramCell, ProgramDifference
    from harness.results.results_model import Results

ITSELF = "the program itself changed"

_SECONDS = re.compile(r"\d+(?:\.\d+)? s\b")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
"""Matches times, ports and prices in what a program wrote, which differ in every run."""

_SAYS_WHERE = frozenset({Differs.OUTPUT, Differs.EXCEPTION})
_TELLS_BY_VALUE = frozenset({Differs.END, Differs.CONTACT, Differs.OUTCOME})
"""Kinds of differences whose words do not move with prices, so that other words are another difference."""

_ORDER = (Kind.CHANGED, Kind.ADDED, Kind.GONE, Kind.UNCHANGED)

_VERDICTS = {
    Verdict.AS_EXPECTED: "as expected",
    Verdict.UNEXPECTED_PASS: "unexpectedly the same",
    Verdict.UNEXPECTED_FAIL: "unexpectedly different",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramChange:
    """The change of a program's cell; as of a cell, ``before`` or ``after`` is ``None`` if it was not there."""

    cell: str
    kind: Kind
    before: ProgramCell | None
    after: ProgramCell | None
    regression: bool = False
    improvement: bool = False
    what: tuple[str, ...] = ()


def program_changes(before: Results, after: Results, *, gone_is_worse: bool = False) -> tuple[ProgramChange, ...]:
    """Compare each cell of a program with the same one in an earlier run; regressions first.

    A regression is a cell that did the same, or was as expected, and does something else that is not expected. If both
    runs compared it with something else, nobody knows which of them changed; nor if the program itself changed. What
    nobody can tell any more is a change.
    ``gone_is_worse`` makes it a regression, and so is a cell that is gone.
    """
    was, now = cells_of(before), cells_of(after)
    changes = [_change(name, was.get(name), now.get(name)) for name in {**now, **was}]
    if gone_is_worse:
        changes = [replace(change, regression=True) if _lost(change) else change for change in changes]
    return tuple(sorted(changes, key=lambda change: (not change.regression, _ORDER.index(change.kind))))


def cells_of(results: Results) -> dict[str, ProgramCell]:
    """Return the cells of all programs of a run by their ids."""
    return {name: cell for program in results.programs.values() for name, cell in program.cells.items()}


def standing_of_program(cell: ProgramCell) -> str:
    """``same``, ``different``, ``nobody can tell (fails)``, ``could not be run``, ``was not run``."""
    if cell.finding is None:
        return "could not be run" if cell.status is Status.ERROR else "was not run"
    return cell.finding.value if cell.finding.answers else f"nobody can tell ({cell.finding.value})"


def new_differences(before: ProgramCell, after: ProgramCell) -> tuple[ProgramDifference, ...]:
    """Return what a program does otherwise than today, and did not in an earlier run."""
    known = {_key(each) for each in before.differences}
    return tuple(each for each in after.differences if _key(each) not in known)


def is_well(cell: ProgramCell) -> bool:
    """Whether a cell answers, and is as it should be, or better."""
    return cell.answers and cell.expected is not Verdict.UNEXPECTED_FAIL


def _change(name: str, before: ProgramCell | None, after: ProgramCell | None) -> ProgramChange:
    if before is None:
        return ProgramChange(cell=name, kind=Kind.ADDED, before=None, after=after)
    if after is None:
        return ProgramChange(cell=name, kind=Kind.GONE, before=before, after=None)
    what = program_differences(before, after)
    alike = before.compared_with == after.compared_with and not itself_changed(before, after)
    return ProgramChange(
        cell=name,
        kind=Kind.CHANGED if what else Kind.UNCHANGED,
        before=before,
        after=after,
        regression=alike and is_well(before) and after.answers and not is_well(after),
        improvement=alike and before.answers and is_well(after) and (not is_well(before) or _same_now(before, after)),
        what=what,
    )


def _same_now(before: ProgramCell, after: ProgramCell) -> bool:
    return before.finding is not Finding.SAME and after.finding is Finding.SAME


def _lost(change: ProgramChange) -> bool:
    if change.before is None or not is_well(change.before):
        return False
    if change.after is None:
        return True
    return not change.after.answers and not itself_changed(change.before, change.after)


def itself_changed(before: ProgramCell, after: ProgramCell) -> tuple[str, ...]:
    """Return what of the program itself is known to have changed; neither gateway nor library is to blame then."""
    return after.itself.changed_from(before.itself) if after.itself and before.itself else ()


def itself_unknown(before: ProgramCell, after: ProgramCell) -> bool:
    """Return whether a run does not say all of what the program was, and nothing of it is known to have changed."""
    known = all(cell.itself is not None and cell.itself.known for cell in (before, after))
    return not known and not itself_changed(before, after)


def program_differences(before: ProgramCell, after: ProgramCell) -> tuple[str, ...]:
    """Return every difference between two records of a cell that means something, the most important first."""
    found = (*_found(before, after), *_done_otherwise(before, after), *_asked(before, after), *_ended(before, after))
    if changed := itself_changed(before, after):
        return (f"{ITSELF}: {', '.join(changed)}", *found)
    if found and before.itself != after.itself and itself_unknown(before, after):
        return (*found, "whether the program itself changed is not known: one of both runs does not say")
    return found


def _found(before: ProgramCell, after: ProgramCell) -> Iterator[str]:
    if before.compared_with != after.compared_with:
        yield f"compared with {before.compared_with} → {after.compared_with}"
    was, now = standing_of_program(before), standing_of_program(after)
    if was != now:
        yield f"{was} → {now}"
    if before.expected is not after.expected and before.answers and after.answers:
        yield f"{_VERDICTS[before.expected]} → {_VERDICTS[after.expected]}"
    unknown = after.finding is None or not after.finding.answers
    if was == now and unknown and _NUMBER.sub("#", before.reason) != _NUMBER.sub("#", after.reason):
        yield f"reason: {before.reason or 'none'} → {after.reason or 'none'}"


def _done_otherwise(before: ProgramCell, after: ProgramCell) -> Iterator[str]:
    """Yield what a program does otherwise than today, in one of both runs only."""
    if after.finding is None or before.finding is None or before.compared_with != after.compared_with:
        return
    yield from (f"new: {difference_line(each)}" for each in new_differences(before, after))
    if after.finding.answers:
        yield from (f"no longer: {difference_line(each)}" for each in new_differences(after, before))


def difference_line(each: ProgramDifference) -> str:
    """``what a request says place_order.lmt_price: 187.5 → 187.49``; a line, or an exception, says itself where."""
    where = f" {each.where}" if each.where and each.kind not in _SAYS_WHERE else ""
    return f"{each.kind}{where}: {each.before} → {each.after}"


def _asked(before: ProgramCell, after: ProgramCell) -> Iterator[str]:
    """Yield requests, and outcomes of them, that are in one of both runs only; how often is a matter of chance."""
    if before.finding is None or after.finding is None:
        return
    was, now = ({(each.name, each.outcome) for each in cell.requests} for cell in (before, after))
    yield from _each("now asks", now - was)
    yield from _each("no longer asks", was - now)


def _each(words: str, requests: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield from (f"{words} {name} ({outcome})" for name, outcome in sorted(requests))


def _ended(before: ProgramCell, after: ProgramCell) -> Iterator[str]:
    if before.server_versions and after.server_versions and before.server_versions != after.server_versions:
        was, now = (" ".join(map(str, cell.server_versions)) for cell in (before, after))
        yield f"server version {was} → {now}"
    if before.end and after.end and _SECONDS.sub("#", before.end) != _SECONDS.sub("#", after.end):
        yield f"end: {before.end} → {after.end}"


def _key(each: ProgramDifference) -> tuple[str, str, str]:
    return each.kind, each.where, _SECONDS.sub("#", each.after) if each.kind in _TELLS_BY_VALUE else ""
