"""What every kind of gateway yields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.cell.expected import Expected, Records

GroundTruth = Mapping[str, Mapping[str, Expected | Records]]
"""What every check should read, by its name, then by key of its detail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenGateway:
    """A gateway that is up.

    Args:
        host: where it listens.
        port: where it listens.
        evidence: where the number of its server version comes from, in words; empty where only measuring tells.
        delicate: whether one bad client may hurt the next, as with a real one: it is then probed between cells too.
        truth: what every check should read from it; ``None`` where nobody can know.
    """

    host: str
    port: int
    evidence: str = ""
    delicate: bool = False
    truth: GroundTruth | None = None
