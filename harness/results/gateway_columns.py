"""A gateway as the results have it: what its matrix file says, what was seen, and what is known of its version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.known.desupport import end_of
from harness.results.masked_verdicts import diagnosis_info, notice_infos
from harness.results.results_model import BootInfo, DesupportInfo, GatewayInfo, ProbeInfo
from harness.shared import desupport_text

if TYPE_CHECKING:
    from datetime import date

    from harness.diagnose.verdict import Verdict
    from harness.plan.matrix.gateway_spec import GatewaySpec
    from harness.shared.evidence import BootRecord, GatewayOutcome, ProbeRecord
    from harness.shared.mask import Masker


def gateway_info(
    spec: GatewaySpec, met: GatewayOutcome, verdict: Verdict | None, masker: Masker, heard_on: date | None = None
) -> GatewayInfo:
    """A column as the results have it.

    Args:
        spec: what the matrix file says of it.
        met: what the run saw of it.
        verdict: what that means, where it was met.
        masker: what hides account numbers.
        heard_on: the day of the run; ``None`` before it.
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
        error=masker.optional(met.error),
        passed_over=masker.optional(met.passed_over),
        desupport=_desupport(spec, met, heard_on),
        diagnosis=diagnosis_info(verdict, masker),
        boot=_boot(met.boot, masker),
        probes=[_probe(probe, masker) for probe in met.probes],
        tried=[_probe(attempt, masker) for attempt in met.search.attempts] if met.search else [],
        artifacts=list(met.artifacts),
    )


def _boot(boot: BootRecord | None, masker: Masker) -> BootInfo | None:
    if boot is None:
        return None
    return BootInfo(
        image=boot.image,
        digest=boot.digest,
        build=boot.build,
        ibc=boot.ibc,
        reused=boot.reused,
        seconds=dict(boot.seconds),
        failure=boot.failure,
        line=masker.optional(boot.line),
        exit_code=boot.exit_code,
    )


def _desupport(spec: GatewaySpec, met: GatewayOutcome, heard_on: date | None) -> DesupportInfo | None:
    """Say when it ends: by the notice 2172 that the control heard of a real one, else by what is known of its version.

    What a simulated one plays is no news of the world.
    """
    said = (notice.message for probe in met.probes for notice in probe.notices if notice.code == desupport_text.CODE)
    notice = desupport_text.read(next(said, "")) if spec.kind != "simulator" else None
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


def _probe(probe: ProbeRecord, masker: Masker) -> ProbeInfo:
    return ProbeInfo(
        when=probe.when,
        passed=probe.passed,
        stage=probe.stage,
        reason=masker.optional(probe.reason),
        ended=probe.ended,
        server_version=probe.server_version,
        accounts=[masker.text(account) for account in probe.accounts],
        seconds=dict(probe.seconds),
        asked={each.request: each.answer for each in probe.asked},
        unasked=masker.optional(probe.unasked),
        notices=notice_infos(probe.notices, masker),
    )
