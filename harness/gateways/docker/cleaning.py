"""Containers of ours that nobody needs any more, such as those of a run that was killed."""

from __future__ import annotations

from dataclasses import dataclass

from harness.gateways.docker.container import GRACE
from harness.gateways.docker.engine import Engine, Found
from harness.gateways.docker.labels import GATEWAY, OURS, REUSE, RUN, Owner, age_of
from harness.gateways.docker.reuse import owner_now

KEPT_FOR = 86_400.0
"""Seconds that one which is kept for the next run stays: a session ends about daily, at IBKR's restart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A container of ours.

    Args:
        found: what the engine says of it.
        age: seconds since it was created.
        spared: why it stays; ``None`` where it goes.
        failed: why it could not be removed.
    """

    found: Found
    age: float
    spared: str | None
    failed: str | None = None

    @property
    def gateway(self) -> str:
        """Its gateway's name in the matrix file."""
        return self.found.labels.get(GATEWAY, "")

    @property
    def run(self) -> str:
        """The id of its run."""
        return self.found.labels.get(RUN, "")


def candidates(engine: Engine, *, older_than: float | None, now: float) -> tuple[Candidate, ...]:
    """Return every container of ours, and whether it goes.

    Args:
        engine: whose containers.
        older_than: seconds; younger ones stay, and older ones go though they are kept, or of another machine.
        now: seconds since the epoch.

    Raises:
        EngineError: the engine does not tell.
    """
    found = engine.containers(OURS)
    ages = [age_of(each.labels, now) for each in found]
    return tuple(
        Candidate(found=each, age=age, spared=_spared(each, owner_now(engine, each), age, older_than))
        for each, age in zip(found, ages, strict=True)
    )


def _spared(found: Found, owner: Owner | None, age: float, older_than: float | None) -> str | None:
    if owner is not None and owner.alive:
        return f"its run is going on (process {owner.pid})"
    if older_than is not None:
        return "it is younger" if age < older_than else None
    if owner is None or not owner.here:
        where = owner.machine if owner else "nobody knows which machine"
        return f"it was created from {where}, and nobody here can tell whether its run is over; --older-than removes it"
    if REUSE in found.labels and found.running and age < KEPT_FOR:
        return "it is kept for the next run, for a day; --older-than removes it"
    return None


def remove(engine: Engine, candidate: Candidate) -> None:
    """Stop and remove a container.

    Raises:
        EngineError: the engine does not.
    """
    engine.stop(candidate.found.name, GRACE)
    engine.remove(candidate.found.name)
