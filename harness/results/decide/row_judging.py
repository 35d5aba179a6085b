"""Judges whether a row works for a user: which checks matter, and how they came out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.plan.matrix.expect import CONTACT, Verdict
from harness.shared import not_recorded
from harness.shared.errors import UsageError, did_you_mean
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from harness.diagnose.verdict import Diagnosis
    from harness.results.decide.measured import Evidence, Measured, Row
    from harness.results.results_model import CheckInfo, RecordedInfo

_WELL = frozenset({Status.PASS, Status.UNSUPPORTED})
_UNASKED = frozenset({Status.SKIPPED, Status.NOT_RUN, Status.ERROR})


class Standing(StrEnum):
    """Whether something works, from best to worst."""

    WORKS = "works"
    UNKNOWN = "not known"
    BREAKS = "breaks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Required:
    """Which checks matter: all except ``allowed``; with ``named``, only these and the ones that prove contact."""

    allowed: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()

    def matters(self, check: str, status: Status) -> bool:
        """Whether a check counts.

        A check that proves contact may be allowed to be degraded, but not to fail: without contact, nothing was asked.
        """
        if check in CONTACT:
            return check not in self.allowed or status is not Status.DEGRADED
        return check in self.named if self.named else check not in self.allowed


def required(allowed: Iterable[str], named: Iterable[str]) -> Required:
    """What the options ``--allow`` and ``--require`` say, each a check or several with commas; raises UsageError."""
    return Required(allowed=_checks("--allow", allowed), named=_checks("--require", named))


def _checks(option: str, words: Iterable[str]) -> frozenset[str]:
    if not words:
        return frozenset()
    from harness.checks.all import NAMES  # noqa: PLC0415 - imports every check, and most name none

    names = frozenset(name.strip() for word in words for name in word.split(",") if name.strip())
    for name in sorted(names - set(NAMES)):
        near = did_you_mean(name, NAMES)
        raise UsageError(f"{option} {name!r} is not a check{near}", hint="`ib-compat checks` lists them.")
    return names


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A check with a bad result; ``expected`` is the matrix file's reason if that was expected."""

    check: str
    status: Status
    reason: str
    expected: str | None = None

    def __str__(self) -> str:
        return f"{self.status} at {self.check}: {self.expected or self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Whether a cell works for a user; the cell may be missing.

    ``why`` says what is unknown, ``predicted`` names the checks that the versions rule out, and ``causes`` are the
    verdicts of the run, as ``title [code]``. ``run`` and ``ended`` are ``None`` if no run has the cell. ``recorded`` is
    the recording with which its gateway answered, if that was replayed.
    """

    cell: str
    standing: Standing
    problems: tuple[Problem, ...] = ()
    why: str = ""
    predicted: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    run: str | None = None
    ended: datetime | None = None
    kind: str | None = None
    recorded: RecordedInfo | None = None

    @property
    def gateway(self) -> str:
        """The column."""
        return self.cell.rpartition("/")[2]


def judge(cell: str, measured: Measured | None, wanted: Required, *, absent: str = "") -> Judgement:
    """Return whether a cell works, as far as the runs know.

    Args:
        cell: its id.
        measured: the cell from the newest run that asked it; ``None`` if no run has it.
        wanted: which checks matter.
        absent: why no run asked it, if a run says so.
    """
    if measured is None:
        reason = f": {absent}" if absent else ""
        return Judgement(cell=cell, standing=Standing.UNKNOWN, why=f"no run asked it{reason}")
    if measured.other_version:
        return _of_another_version(cell, measured)
    problems = tuple(_problems(measured, wanted))
    why = "" if problems else _unknown(measured, wanted)
    standing = Standing.BREAKS if problems else Standing.UNKNOWN if why else Standing.WORKS
    return Judgement(
        cell=cell,
        standing=standing,
        problems=problems,
        why=why,
        predicted=tuple(measured.cell.unsupported),
        causes=tuple(_causes(measured)) if problems else (),
        run=measured.run,
        ended=measured.ended,
        kind=measured.gateway.kind,
        recorded=measured.gateway.recorded,
    )


def _of_another_version(cell: str, measured: Measured) -> Judgement:
    """Return the judgement on a cell that another version of the gateway answered, which proves nothing."""
    return Judgement(
        cell=cell,
        standing=Standing.UNKNOWN,
        why=measured.other_version,
        run=measured.run,
        ended=measured.ended,
        kind=measured.gateway.kind,
        recorded=measured.gateway.recorded,
    )


def judge_row(evidence: Evidence, row: Row, columns: Sequence[str], wanted: Required) -> tuple[Judgement, ...]:
    """Whether a row works with each of some gateways."""
    names = ((f"{row.id}/{column}", evidence.cell(row, column)) for column in columns)
    return tuple(judge(name, cell, wanted, absent=evidence.absent.get(name, "")) for name, cell in names)


def worst(judgements: Iterable[Judgement]) -> Standing:
    """Return the worst standing of the judgements; ``UNKNOWN`` if there are none."""
    return worst_of(each.standing for each in judgements)


def worst_of(standings: Iterable[Standing]) -> Standing:
    """Return the worst of the standings; ``UNKNOWN`` if there are none."""
    found = set(standings)
    return next(
        (each for each in (Standing.BREAKS, Standing.UNKNOWN, Standing.WORKS) if each in found), Standing.UNKNOWN
    )


def _problems(measured: Measured, wanted: Required) -> Iterable[Problem]:
    for check in measured.cell.checks:
        bad = check.status not in _WELL | _UNASKED or (check.name in CONTACT and check.status is Status.UNSUPPORTED)
        if bad and wanted.matters(check.name, check.status):
            yield Problem(
                check=check.name,
                status=check.status,
                reason=check.reason or "no reason was recorded",
                expected=_expected(check, measured),
            )


def _expected(check: CheckInfo, measured: Measured) -> str | None:
    expected = check.expected
    if expected is None or expected.rule is None or expected.verdict is not Verdict.AS_EXPECTED:
        return None
    return measured.rules[expected.rule].reason


def _unknown(measured: Measured, wanted: Required) -> str:
    """Why a cell without a problem proves nothing; empty if it does."""
    cell = measured.cell
    if not measured.says:
        return f"{cell.status} in {measured.run}: {cell.reason or 'no reason was recorded'}"
    asked = {check.name: check.status for check in cell.checks}
    missing = [name for name in sorted(wanted.named | CONTACT) if asked.get(name, Status.NOT_RUN) in _UNASKED]
    broken = [name for name, status in asked.items() if status in {Status.ERROR, Status.NOT_RUN}]
    lacking = missing + [name for name in broken if name not in missing and wanted.matters(name, asked[name])]
    if lacking:
        return f"{measured.run} did not ask {', '.join(lacking)}"
    lost = [check.name for check in cell.checks if _not_recorded(check) and wanted.matters(check.name, check.status)]
    return f"the recording has no answer to {', '.join(lost)}" if lost else ""


def _not_recorded(check: CheckInfo) -> bool:
    """Whether a check was skipped because a replayed gateway had no answer: what the real one says is not known."""
    return check.status is Status.SKIPPED and not_recorded.text_in(check.reason or "") != ""


def _causes(measured: Measured) -> Iterable[str]:
    """Yield the causes of a bad result; the gateway's own fault comes first, because no library helps against it."""
    gateway, cell = measured.gateway.diagnosis, measured.cell.diagnosis
    if gateway and gateway.fault is not None:
        yield _named(gateway)
        if cell and cell.code == gateway.code:
            return
    if cell:
        yield _named(cell)


def _named(diagnosis: Diagnosis) -> str:
    fault = f"; at fault: {diagnosis.fault}" if diagnosis.fault else ""
    return f"{diagnosis.title}{fault} [{diagnosis.code}]"
