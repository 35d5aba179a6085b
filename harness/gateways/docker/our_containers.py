"""Recognises our containers by labels and names: a run takes over what fits, ``ib-compat clean`` removes the rest.

No label contains a secret.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

from harness.gateways.docker import container_files
from harness.gateways.docker.container import GRACE
from harness.gateways.docker.container_files import Login
from harness.gateways.docker.engine import Engine, Found, Image
from harness.gateways.docker.engine_calls import blocking
from harness.plan.matrix.gateway_spec import ContainerSpec, GatewaySpec

OURS = "ib-compat"
"""The label of all our containers."""

RUN, GATEWAY, OWNER, CREATED, REUSE = (f"{OURS}.{word}" for word in ("run", "gateway", "owner", "created", "reuse"))

_SAME_START = 2.0
"""Seconds by which two readings of a process's start time may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The process that owns a container; nobody else takes or removes the container while it runs."""

    machine: str
    pid: int
    started: float

    @property
    def here(self) -> bool:
        """Whether it is, or was, on this machine."""
        return self.machine == platform.node()

    @property
    def alive(self) -> bool:
        """Whether it runs. Process ids are used again, so its start time must match, too."""
        try:
            return self.here and abs(psutil.Process(self.pid).create_time() - self.started) < _SAME_START
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:
            return True


def name_of(run: str, gateway: str) -> str:
    """Return a name that no other container has."""
    words = (OURS, run, gateway, secrets.token_hex(4))
    return "-".join(re.sub(r"[^A-Za-z0-9_.-]+", "-", word) for word in words if word)


def labels_of(run: str, gateway: str, reuse: str | None) -> dict[str, str]:
    """Return the labels of a container that this process creates now.

    Args:
        run: the run's id.
        gateway: its name in the matrix file.
        reuse: the fingerprint by which a later run recognises an equal container; ``None`` if it may not be reused.
    """
    labels = {
        OURS: "1",
        RUN: run,
        GATEWAY: gateway,
        OWNER: this_process(),
        CREATED: f"{time.time():.0f}",
    }
    return labels if reuse is None else {**labels, REUSE: reuse}


def this_process() -> str:
    """Return this process in the written form of an owner."""
    return f"{os.getpid()} {psutil.Process().create_time():.3f} {platform.node()}"


def owner_of(labels: Mapping[str, str]) -> Owner | None:
    """Return the process that created a container; ``None`` if the label is not in our format."""
    return read_owner(labels.get(OWNER, ""))


def read_owner(text: str) -> Owner | None:
    """Return the process that a text names; ``None`` if the text is not in our format."""
    pid, _, rest = text.partition(" ")
    started, _, machine = rest.partition(" ")
    try:
        return Owner(machine=machine, pid=int(pid), started=float(started))
    except ValueError:
        return None


def age_of(labels: Mapping[str, str], now: float) -> float:
    """Return the seconds since a container was created; infinity if the label is not in our format."""
    try:
        return now - float(labels.get(CREATED, ""))
    except ValueError:
        return float("inf")


def fingerprint(spec: GatewaySpec, container: ContainerSpec, image: Image) -> str:
    """Return a digest of everything that makes two containers equal for their clients, without the login.

    The owner of the session is in a file inside, salted and hashed: see ``harness.gateways.docker.container_files``.
    """
    same = [
        image.id,
        container.profile.name,
        spec.product,
        spec.mode,
        spec.credential,
        container.publish,
        container.profile.port(spec.mode),
        sorted(container.environment.items()),
    ]
    return hashlib.sha256(json.dumps(same).encode()).hexdigest()[:32]


async def find(engine: Engine, login: Login, wanted: str | None = None) -> tuple[Found, ...]:
    """Return the containers that are kept with this login and whose run is over, running ones first.

    Args:
        engine: the engine.
        login: the login whose session they must have.
        wanted: the fingerprint that they must have [default: any]

    Raises:
        EngineError: the engine does not answer.
    """
    alike = await blocking(engine.containers, REUSE if wanted is None else f"{REUSE}={wanted}")
    ours = [each for each in alike if await _is_ours(engine, each, login)]
    return tuple(sorted(ours, key=lambda each: not each.running))


async def left_by(engine: Engine, login: Login, run: str, gateway: str | None = None) -> tuple[Found, ...]:
    """Return the containers that a run with this login left when it was interrupted, of one gateway or of all.

    Raises:
        EngineError: the engine does not answer.
    """
    alike = await blocking(engine.containers, f"{RUN}={run}") if run else ()
    named = [each for each in alike if gateway in (None, each.labels.get(GATEWAY))]
    return tuple([each for each in named if await _is_ours(engine, each, login)])


def owner_now(engine: Engine, found: Found) -> Owner | None:
    """Return the process that owns a container: the one that took it over last, else the one that created it.

    Raises:
        EngineError: the engine does not answer.
    """
    created = owner_of(found.labels)
    if created is not None and created.alive:
        return created
    taken = engine.take(found.name, container_files.OWNER)
    return read_owner(container_files.owner_in(taken)) if taken is not None else created


async def take_over(engine: Engine, found: Found) -> None:
    """Record in a container that this process owns it now, so that nobody else takes or removes it.

    Raises:
        EngineError: the engine does not.
    """
    await blocking(engine.put, found.name, "/", container_files.owner_archive(this_process()))


async def _is_ours(engine: Engine, found: Found, login: Login) -> bool:
    owner = await blocking(owner_now, engine, found)
    if owner is not None and owner.alive:
        return False
    taken = await blocking(engine.take, found.name, container_files.WHO)
    return taken is not None and container_files.is_of(login, taken)


KEPT_FOR = 86_400.0
"""Seconds for which a container is kept for the next run; sessions end about daily, at IBKR's restart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One of our containers, which may be removed.

    Args:
        found: the container as the engine lists it.
        age: seconds since it was created.
        spared: why it stays; ``None`` if it will be removed.
        failed: why it could not be removed; ``None`` if it was.
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
    """Return all our containers, and whether each will be removed.

    Args:
        engine: the engine.
        older_than: an age in seconds. Younger containers stay; older ones are removed even if they are kept for the
            next run, or belong to another machine.
        now: the current time, in seconds since the epoch.

    Raises:
        EngineError: the engine does not answer.
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
        where = owner.machine if owner else "an unknown machine"
        return f"it was created from {where}, so ib-compat cannot tell whether its run is over; --older-than removes it"
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
