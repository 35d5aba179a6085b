"""Jobs as GitHub Actions takes them: the dynamic matrix of a workflow."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from harness.shared.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.plan.jobs import Job


def github_matrix(jobs: Sequence[Job], selection: Sequence[str]) -> dict[str, Any]:
    """The value of ``strategy.matrix``.

    Args:
        jobs: at least one.
        selection: the options that made the plan, which each machine is to make again.

    Each job has its ``name``, the names of its gateways as ``gateway``, the labels ``runs-on``, the ``options`` of
    `ib-compat run` for a POSIX shell, its number ``part``, ``real`` where one of the gateways is none of ours, and the
    ``credentials`` that containers need. Raises UsageError where the matrix file has no labels for a machine.
    """
    return {"include": [_entry(job, part, len(jobs), selection) for part, job in enumerate(jobs, start=1)]}


def _entry(job: Job, part: int, of: int, selection: Sequence[str]) -> dict[str, Any]:
    _refuse_without_labels(job)
    gateways = job.gateways
    return {
        "name": job.name,
        "gateway": ", ".join(gateway.name for gateway in gateways),
        "part": part,
        "runs-on": list(job.runs_on),
        "options": shlex.join((*selection, "--by=gateway", f"--shard={part}/{of}")),
        "real": any(gateway.kind != "simulator" for gateway in gateways),
        "credentials": sorted({each.credential for each in gateways if each.kind == "docker" and each.credential}),
    }


def _refuse_without_labels(job: Job) -> None:
    if not job.runs_on:
        gateway = job.gateways[0]
        raise UsageError(
            f"gateway {gateway.name}: labels: is missing; no machine of GitHub's own reaches {gateway.option}",
            hint='Write those of the machine that does into its [[gateway]]: labels = ["self-hosted", "tws-paper"].',
        )
