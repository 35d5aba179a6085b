"""One gateway as several parts met it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.shared.errors import ResultsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.results.results_model import GatewayInfo, ProbeInfo

_WHAT_IT_IS = ("product", "version", "mode", "kind", "profile")
_JOINED = frozenset({"probes", "artifacts", "server_version", "passed_over"})
_ORDER = ("before", "between", "after")


def join_gateway(name: str, records: Sequence[GatewayInfo]) -> GatewayInfo:
    """The gateway of the whole: all that the control saw of it, each once, and the worst verdict with what led to it.

    A simulated gateway is another one in each part, at another port; of those, one is told. Raises ResultsError where
    it is not the same product, version, mode and kind in all parts, or its own maximum is not.
    """
    for what in (*_WHAT_IT_IS, "server_version"):
        values = {str(value) for each in records if (value := getattr(each, what)) is not None}
        if len(values) > 1:
            words = " and ".join(sorted(values))
            raise ResultsError(f"the parts contradict each other: gateway {name}: {what}: {words}")
    told = min(records, key=_worst_first)
    return told.model_copy(
        update={
            "server_version": next((each.server_version for each in records if each.server_version is not None), None),
            "passed_over": next((each.passed_over for each in records if each.passed_over is not None), None),
            "probes": _distinct(probe for each in records for probe in each.probes),
            "artifacts": sorted({file for each in records for file in each.artifacts}),
        }
    )


def _worst_first(gateway: GatewayInfo) -> tuple[int, str]:
    rest = gateway.model_dump_json(exclude=set(_JOINED))
    if gateway.error is not None or (gateway.diagnosis is not None and gateway.diagnosis.fault is not None):
        return 0, rest
    return (1 if gateway.diagnosis is not None else 2), rest


def _distinct(probes: Iterable[ProbeInfo]) -> list[ProbeInfo]:
    """Probes that differ in more than their times, in the order in which the control makes them."""
    found: dict[tuple[int, str], ProbeInfo] = {}
    for probe in sorted(probes, key=lambda each: each.model_dump_json()):
        found.setdefault((_turn(probe.when), probe.model_dump_json(exclude={"seconds"})), probe)
    return [found[key] for key in sorted(found)]


def _turn(when: str) -> int:
    return _ORDER.index(when) if when in _ORDER else len(_ORDER)
