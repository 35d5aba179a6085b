"""How our containers are known: labels, of which none is secret, and names."""

from __future__ import annotations

import os
import platform
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

OURS = "ib-compat"
"""The label that every container of ours has."""

RUN, GATEWAY, OWNER, CREATED, REUSE = (f"{OURS}.{word}" for word in ("run", "gateway", "owner", "created", "reuse"))

_SAME_START = 2.0
"""Seconds that two readings of when a process began may differ by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The process that a container belongs to, so that nobody takes it away while that runs."""

    machine: str
    pid: int
    started: float

    @property
    def here(self) -> bool:
        """Whether it is, or was, on this machine."""
        return self.machine == platform.node()

    @property
    def alive(self) -> bool:
        """Whether it runs; a process number is given again, its start is not."""
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
        reuse: what makes it the same as another, where it may be used again.
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
    """Return this process as an owner is written."""
    return f"{os.getpid()} {psutil.Process().create_time():.3f} {platform.node()}"


def owner_of(labels: Mapping[str, str]) -> Owner | None:
    """Return who created a container; ``None`` where the label is not as we write it."""
    return read_owner(labels.get(OWNER, ""))


def read_owner(text: str) -> Owner | None:
    """Return the process that is written so; ``None`` where it is not as we write it."""
    pid, _, rest = text.partition(" ")
    started, _, machine = rest.partition(" ")
    try:
        return Owner(machine=machine, pid=int(pid), started=float(started))
    except ValueError:
        return None


def age_of(labels: Mapping[str, str], now: float) -> float:
    """Return the seconds since a container was created; for ever where the label is not as we write it."""
    try:
        return now - float(labels.get(CREATED, ""))
    except ValueError:
        return float("inf")
