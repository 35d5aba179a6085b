"""Whether a run that goes on asks the same: of rows by what is installed, of gateways by what the control reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.shared.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.shared.evidence import GatewayOutcome

_HINT = "Put it back as it was, or begin a new run."
_NAMED = 3


def refuse_other_packages(row: str, was: Mapping[str, str] | None, now: Mapping[str, str]) -> None:
    """Hold what is installed for a row against what was, where that is known.

    Raises:
        UsageError: it is not the same.
    """
    if was is None or was == now:
        return
    other = [
        f"{name} {was.get(name, 'was not there')} → {now.get(name, 'is gone')}"
        for name in {**was, **now}
        if was.get(name) != now.get(name)
    ]
    more = f", and {len(other) - _NAMED} more" if len(other) > _NAMED else ""
    raise UsageError(f"the run cannot go on: {row}: {', '.join(other[:_NAMED])}{more}", hint=_HINT)


def refuse_other_gateway(was: GatewayOutcome | None, now: GatewayOutcome) -> None:
    """Hold a gateway that was just met against what the run had met before, where it did.

    Raises:
        UsageError: it is another one, or does not answer any more.
    """
    if was is None or was.error is not None:
        return
    if now.error is not None:
        raise UsageError(f"the run cannot go on: {now.name} could not be started: {now.error}", hint=_HINT)
    pairs = {
        "server version": (was.server_version, now.server_version),
        "build": (was.boot and was.boot.build, now.boot and now.boot.build),
        "image": (was.boot and was.boot.digest, now.boot and now.boot.digest),
    }
    for what, (first, second) in pairs.items():
        if first != second and first is not None:
            told = "which does not answer" if second is None else str(second)
            raise UsageError(f"the run cannot go on: {now.name}: {what} {first} → {told}", hint=_HINT)
