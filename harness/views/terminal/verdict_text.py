"""A verdict of the results in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.diagnose.verdict import Diagnosis
    from harness.results.results_model import Results


def in_short(diagnosis: Diagnosis) -> str:
    """``the library is not the cause, at fault: gateway, certain [same-as-control]``."""
    fault = f"at fault: {diagnosis.fault}" if diagnosis.fault else "nobody is at fault"
    return f"{diagnosis.title}, {fault}, {diagnosis.sure} [{diagnosis.code}]"


def in_full(diagnosis: Diagnosis) -> Iterator[str]:
    """Yield a paragraph each: the verdict, its meaning, the evidence, the experiment, what to do."""
    yield in_short(diagnosis)
    yield diagnosis.says
    yield from (f"because {sentence}" for sentence in diagnosis.because)
    if diagnosis.decides:
        yield f"what would decide: {diagnosis.decides}"
    yield from (f"{number}. {step}" for number, step in enumerate(diagnosis.next, start=1))


def gateway_lines(results: Results) -> Iterator[str]:
    """Yield which gateways are not well, why, and what to do first."""
    for name, gateway in results.gateways.items():
        if gateway.diagnosis is not None and gateway.diagnosis.fault is not None:
            first = f" First: {gateway.diagnosis.next[0]}" if gateway.diagnosis.next else ""
            yield f"Gateway {name}: {in_short(gateway.diagnosis)}.{first}"
