"""Defines what every kind of gateway is given while it is brought up, and what it yields."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.checks.expected import Expected, Records
from harness.shared.errors import GatewayError
from harness.shared.evidence import BootRecord

GroundTruth = Mapping[str, Mapping[str, Expected | Records]]
"""What every check should read, by its name, then by key of its detail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenGateway:
    """A gateway that is up.

    Args:
        host: the host on which it listens.
        port: the port on which it listens.
        evidence: where its server version is known from, in words; empty if it can only be measured.
        delicate: whether one bad client may hurt the next, as with a real one: it is then probed between cells too.
        truth: what every check should read from it; ``None`` if that is unknown.
        boot: how it was brought up; ``None`` if it ran already, or is simulated.
        artifacts: files that it leaves, relative to the run's folder.
        again: looks at it again and returns its record, with exit code and last line if it has ended by itself.
    """

    host: str
    port: int
    evidence: str = ""
    delicate: bool = False
    truth: GroundTruth | None = None
    boot: BootRecord | None = None
    artifacts: tuple[str, ...] = ()
    again: Callable[[], Awaitable[BootRecord]] | None = None


class BootError(GatewayError):
    """A gateway was started and did not come up; ``record`` says how far it came and what ended it."""

    def __init__(self, message: str, *, hint: str = "", record: BootRecord, artifacts: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.record = record
        self.artifacts = artifacts


def _silent(_: str) -> None:
    """Report nothing."""


def _unseen(_: str, __: float | None) -> None:
    """Show nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Receives a gateway's files, and its progress while it comes up.

    Args:
        run: the id of the run, by which everything that is started can be recognised.
        folder: the run's folder; a gateway writes below ``gateways/<name>/``. ``None`` keeps nothing.
        note: called with what a person should know, one line each.
        progress: called with what takes long, in words, and how much of it is done, from 0 to 1 (``None`` if unknown);
            words that are empty say that it is over.
    """

    run: str = ""
    folder: Path | None = None
    note: Callable[[str], None] = _silent
    progress: Callable[[str, float | None], None] = _unseen
