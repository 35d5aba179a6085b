"""Makes the results' records of one cell and one gateway, from the plan, what was seen, and the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.known.gateway_versions import end_of
from harness.plan.matrix.default_file import is_default
from harness.plan.matrix.rows import running_python
from harness.recordings.origin import Origin
from harness.results.expectations import cell_expected, check_expected
from harness.results.results_model import (
    CellInfo,
    CheckInfo,
    DesupportInfo,
    GatewayInfo,
    OwedInfo,
    ProbeInfo,
    RecordedInfo,
    Requested,
    taken,
)
from harness.shared import desupport_text
from harness.shared.status import Status

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from harness.diagnose.verdict import Diagnosis
    from harness.plan.matrix.expect import Comparison
    from harness.plan.matrix.gateway_spec import GatewaySpec
    from harness.plan.matrix.recorded import RecordingSpec
    from harness.plan.plan_model import PlannedCell
    from harness.results.judge import Judgement
    from harness.shared.evidence import CellOutcome, CheckRecord, GatewayOutcome, ProbeRecord


def rerun_command(cell: PlannedCell, matrix: Path) -> str:
    """Return the command that asks a cell again, for POSIX shells, PowerShell and cmd.exe alike.

    It is ``nox -s "compat(ROW)" -- --gateway NAME``. ``noxfile.py`` names a row on the running Python by its library
    alone.
    """
    row = cell.row.library if cell.row.python == running_python() else cell.row.id
    words = [f'nox -s "compat({row})" -- --gateway {cell.gateway.option}']
    if not is_default(matrix):
        words.append(f'--matrix "{matrix}"' if " " in str(matrix) else f"--matrix {matrix}")
    if cell.gateway.live:
        words.append("--allow-live")
    return " ".join(words)


def owed_info(cell: PlannedCell, matrix: Path) -> OwedInfo:
    """What is known of a cell before it is asked."""
    return OwedInfo(
        row=cell.row.id,
        library=cell.row.name,
        adapter=cell.row.adapter,
        requested=Requested(
            distribution=cell.row.distribution,
            version=cell.row.version,
            requirements=list(cell.row.requirements),
        ),
        python=cell.row.python,
        gateway=cell.gateway.name,
        client_id=cell.client_id,
        second_client_id=cell.second_client_id,
        rerun=rerun_command(cell, matrix),
    )


def cell_info(owed: OwedInfo, judgement: Judgement, seen: CellOutcome, gateway_max: int | None) -> CellInfo:
    """Return the results' record of a cell.

    Args:
        owed: what was known of it before it was asked.
        judgement: its status, and how that compares with what was expected.
        seen: what was seen of it.
        gateway_max: its gateway's own highest server version; ``None`` if unknown.
    """
    return CellInfo(
        **taken(CellInfo, owed),
        resolved=seen.resolved,
        client_range=seen.announced,
        negotiated=seen.negotiated,
        predicted=judgement.predicted,
        gateway_max=gateway_max,
        status=judgement.status,
        stage=judgement.stage,
        reason=judgement.reason,
        fault=judgement.fault,
        diagnosis=judgement.diagnosis,
        expected=cell_expected(judgement),
        seconds=seen.seconds,
        cpu_seconds=seen.cpu_seconds,
        max_rss_bytes=seen.max_rss_bytes,
        exit_code=seen.exit_code,
        left=seen.left,
        checks=[
            _check_info(check, compared, judgement.diagnoses.get(check.name))
            for check, compared in zip(judgement.checks, judgement.compared, strict=True)
        ],
        unsupported=[check.name for check in judgement.checks if check.status is Status.UNSUPPORTED],
        notices=[each.notice for each in seen.notices],
        log_records=seen.log_records,
        artifacts=list(seen.artifacts),
    )


def _check_info(check: CheckRecord, compared: Comparison, diagnosis: Diagnosis | None) -> CheckInfo:
    return CheckInfo(
        name=check.name,
        status=check.status,
        seconds=check.seconds,
        reason=check.reason,
        expected=check_expected(compared),
        diagnosis=diagnosis,
        detail=check.detail,
    )


def gateway_info(
    spec: GatewaySpec, met: GatewayOutcome, verdict: Diagnosis | None = None, *, heard_on: date | None = None
) -> GatewayInfo:
    """Return the results' record of a gateway.

    Args:
        spec: its table in the matrix file.
        met: what the run saw of it.
        verdict: the verdict on it, if the run met it.
        heard_on: the day of the run; ``None`` before the run.
    """
    return GatewayInfo(
        product=spec.product,
        version=spec.version,
        mode=spec.mode,
        kind=spec.kind,
        host=met.host or spec.host,
        port=met.port or spec.port or None,
        profile=spec.profile,
        server_version=met.server_version,
        server_version_evidence=met.server_version_evidence,
        recorded=None if spec.recording is None else _recorded_info(spec.recording),
        error=met.error,
        passed_over=met.passed_over,
        desupport=_desupport(spec, met, heard_on),
        diagnosis=verdict,
        boot=met.boot,
        probes=[_probe_info(probe) for probe in met.probes],
        tried=[_probe_info(each) for each in met.search.attempts] if met.search else [],
        artifacts=list(met.artifacts),
    )


def _recorded_info(recorded: RecordingSpec) -> RecordedInfo:
    return RecordedInfo(**taken(RecordedInfo, recorded))


def _probe_info(probe: ProbeRecord) -> ProbeInfo:
    return ProbeInfo(
        when=probe.when,
        passed=probe.passed,
        stage=probe.stage,
        reason=probe.reason,
        ended=probe.ended,
        server_version=probe.server_version,
        accounts=list(probe.accounts),
        seconds=dict(probe.seconds),
        notices=list(probe.notices),
        asked={each.request: each.answer for each in probe.asked},
        unasked=probe.unasked,
    )


def _desupport(spec: GatewaySpec, met: GatewayOutcome, heard_on: date | None) -> DesupportInfo | None:
    """Return when the gateway's version ends: by its own notice 2172, else by the known end of its version.

    A simulated gateway's notice says nothing about the real world, and does not count; a recorded one was seen when it
    was recorded.
    """
    simulated = spec.simulated
    if spec.recording is not None:
        simulated, heard_on = spec.recording.origin is not Origin.REAL, spec.recording.began.date()
    said = (notice.message for probe in met.probes for notice in probe.notices if notice.code == desupport_text.CODE)
    notice = desupport_text.read(next(said, "")) if not simulated else None
    if notice is not None:
        seen = heard_on.isoformat() if heard_on else None
        return DesupportInfo(**vars(notice), source="its own notice 2172", seen=seen)
    end = end_of(met.boot.build if met.boot and met.boot.build else spec.version)
    if end is None:
        return None
    return DesupportInfo(
        version=spec.version,
        date=end.day.isoformat(),
        minimum=end.minimum,
        source=end.source,
        seen=end.seen.isoformat(),
    )
