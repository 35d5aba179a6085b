"""Defines what every kind of gateway receives while it comes up, and what it yields."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.checks.expected import Expected, Records
from harness.shared.errors import GatewayError
from harness.shared.evidence import BootRecord
from harness.shared.hosts import Address

GroundTruth = Mapping[str, Mapping[str, Expected | Records]]
"""The right answers: maps the name of a check to its detail, as key and value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenGateway:
    """A gateway that is up.

    Args:
        host: the host on which it listens.
        port: the port on which it listens.
        evidence: the source of its server version, in words; empty if the version can only be measured.
        delicate: whether a client that misbehaves may harm the next one, as at a real gateway. Then the reference
            client looks between cells, too.
        truth: what every check should read from it; ``None`` if unknown.
        boot: how it was started; ``None`` if it was already running, or is simulated.
        artifacts: files that it leaves, relative to the run's folder.
        tappable: whether a tap hides nothing of how clients connect to it.
        through: where cells must connect instead of to its own address; ``None`` if nothing is in between.
        forget: lets a client id have the orders and accounts of the start again; only a simulated gateway does.
        again: looks at it again, and returns its record; if it has ended, with exit code and last line.
    """

    host: str
    port: int
    evidence: str = ""
    delicate: bool = False
    truth: GroundTruth | None = None
    boot: BootRecord | None = None
    artifacts: tuple[str, ...] = ()
    tappable: bool = True
    through: Address | None = None
    forget: Callable[[int], None] = lambda _: None
    again: Callable[[], Awaitable[BootRecord]] | None = None


class BootError(GatewayError):
    """A gateway was started and did not come up; ``record`` says how far it came, and what ended the wait."""

    def __init__(self, message: str, *, hint: str = "", record: BootRecord, artifacts: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.record = record
        self.artifacts = artifacts


def _silent(_: str) -> None:
    """Report nothing."""


def _unseen(_: str, __: float | None) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Receives a gateway's files, and its progress while it comes up.

    Args:
        run: the id of the run, which identifies everything that is started for it.
        folder: the run's folder, in which a gateway writes to ``gateways/<name>/``; ``None`` keeps nothing.
        note: called with a sentence for a person.
        progress: called with words about something that takes long, and how much of it is done, from 0 to 1 (``None``
            if unknown). Empty words mean that it is over.
    """

    run: str = ""
    folder: Path | None = None
    note: Callable[[str], None] = _silent
    progress: Callable[[str, float | None], None] = _unseen
