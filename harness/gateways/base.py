"""What every kind of gateway yields."""

from __future__ import annotations

from dataclasses import dataclass

from harness.gateways.truth import GroundTruth


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
