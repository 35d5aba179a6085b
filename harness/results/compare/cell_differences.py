"""Lists the differences between two records of a cell, and how long a cell took to connect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.plan.matrix.expect import Verdict
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.results.results_model import CellInfo, Results
    from harness.shared.evidence import VersionRange

_NUMBER = re.compile(r"0x[0-9a-f]+|\d+(?:\.\d+)*", re.IGNORECASE)
"""Matches ports, times and ids in a reason, which differ in every run."""

_CLEARLY = 3.0
"""How many times as long a connect must take to be worth a remark; busy machines are slower."""

_AT_LEAST = 1.0
"""By how many seconds it must also be longer."""

_VERDICTS = {
    Verdict.AS_EXPECTED: "as expected",
    Verdict.UNEXPECTED_PASS: "unexpectedly passing",
    Verdict.UNEXPECTED_FAIL: "unexpectedly red",
}


def differences(before: CellInfo, after: CellInfo) -> tuple[str, ...]:
    """Return every difference that means something, the most important first. Times, client ids and ports do not."""
    return (*_outcome(before, after), *_checks(before, after), *_versions(before, after))


def remarks(before: CellInfo, after: CellInfo) -> tuple[str, ...]:
    """Return what is worth a remark but is no change: a connect that takes clearly longer, or clearly less time."""
    was, now = connect_seconds(before), connect_seconds(after)
    if was is None or now is None or abs(now - was) < _AT_LEAST:
        return ()
    if max(was, now) < _CLEARLY * min(was, now):
        return ()
    return (f"connect time {was:.1f} s → {now:.1f} s",)


def other_builds(before: Results, after: Results, *gateways: str) -> Iterator[str]:
    """Yield gateways whose build differs, as far as both runs know it: ``gateway-10.45-paper a → b``."""
    for name in gateways:
        booted = [run.gateways[name].boot if name in run.gateways else None for run in (before, after)]
        was, now = (boot.build if boot else None for boot in booted)
        if was and now:
            yield from _moved(name, was, now)


def standing(cell: CellInfo) -> str:
    """``pass``, ``fail at ready``."""
    return f"{cell.status} at {cell.stage}" if cell.stage else str(cell.status)


def _outcome(before: CellInfo, after: CellInfo) -> Iterator[str]:
    yield from _moved("status", standing(before), standing(after))
    yield from _moved("", _VERDICTS[before.expected.verdict], _VERDICTS[after.expected.verdict])
    codes = [cell.diagnosis.code if cell.diagnosis else None for cell in (before, after)]
    yield from _moved("verdict", *codes)
    if before.fault and after.fault:
        yield from _moved("at fault:", before.fault, after.fault)
    if standing(before) == standing(after) and _without_numbers(before.reason) != _without_numbers(after.reason):
        yield f"reason: {before.reason or 'none'} → {after.reason or 'none'}"


def _checks(before: CellInfo, after: CellInfo) -> Iterator[str]:
    """Checks other than the one that the status is taken from, which is reported already."""
    was = {check.name: str(check.status) for check in before.checks}
    now = {check.name: str(check.status) for check in after.checks}
    told = {cell.stage for cell in (before, after)} if standing(before) != standing(after) else set()
    for name in {**was, **now}:
        if name not in told:
            yield from _moved(name, was.get(name, "not asked"), now.get(name, "not asked"))


def _versions(before: CellInfo, after: CellInfo) -> Iterator[str]:
    yield from _moved("negotiated", before.negotiated, after.negotiated)
    yield from _moved("gateway's maximum", before.gateway_max, after.gateway_max)
    yield from _moved("client speaks", _range(before.client_range), _range(after.client_range))
    yield from _installed_moves(before, after)


def _installed_moves(before: CellInfo, after: CellInfo) -> Iterator[str]:
    """Which installed versions differ: the library, its Python, its dependencies."""
    was, now = before.resolved, after.resolved
    if was is None or now is None:
        yield from _moved("installed", was and was.version, now and now.version)
        return
    yield from _moved(now.distribution, was.version, now.version)
    yield from _moved("it reports version", was.module_version, now.module_version)
    yield from _moved("Python", was.python, now.python)
    yield from _requirements(was.requirements, now.requirements)


def _requirements(was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*was, *now}):
        yield from _moved(name, was.get(name), now.get(name))


def _moved(name: str, was: object, now: object) -> Iterator[str]:
    if was != now:
        words = f"{'none' if was is None else was} → {'none' if now is None else now}"
        yield f"{name} {words}" if name else words


def _range(speaks: VersionRange | None) -> str | None:
    return f"{speaks.min}-{speaks.max}" if speaks else None


def _without_numbers(reason: str | None) -> str:
    return _NUMBER.sub("#", reason or "")


_CONNECTING = ("tcp", "version", "ready")
_CONNECTED = frozenset({Status.PASS, Status.DEGRADED})


def connect_seconds(cell: CellInfo) -> float | None:
    """Seconds from the connect until the library was ready to be asked; ``None`` if it never was."""
    checks = {check.name: check for check in cell.checks}
    if any(name not in checks or checks[name].status not in _CONNECTED for name in _CONNECTING):
        return None
    return sum(checks[name].seconds for name in _CONNECTING)
