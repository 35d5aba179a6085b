"""Defines what a comparison of a recording with the simulator found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.verify.simulation import Simulation


class Kind(StrEnum):
    """What is wrong with a message of the simulator."""

    DIFFERENT = "different"
    MISSING = "missing"
    EXTRA = "extra"


@dataclass(slots=True)
class Count:
    """Messages of one name, or of all.

    Args:
        equal: messages of both, of which every field is equal or alike.
        different: messages of both, of which a field is not.
        missing: those of the recording that the simulator did not send.
        extra: those that it sent, and that are not in the recording.
        own: those that only one has, as it may, by a rule.
        fields_equal: fields that are equal.
        fields_alike: fields that differ as they must, and have the same shape.
        fields_different: all others.
    """

    equal: int = 0
    different: int = 0
    missing: int = 0
    extra: int = 0
    own: int = 0
    fields_equal: int = 0
    fields_alike: int = 0
    fields_different: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that the simulator says differently, and where that was first.

    Args:
        kind: what is wrong.
        message: the message's name.
        field: which field is different, names in a list after a dot; of a message that is missing or extra, the fields
            by which it is known.
        recorded: what the recording has; of a message that is missing, those fields with their values.
        simulated: what the simulator said; the same of a message that is extra.
        request: what was asked; or when it was said without a request.
        connection: the connection's number.
        at: when it was asked, in seconds since the recording began.
        times: how many times.
    """

    kind: Kind
    message: str
    field: str
    recorded: str
    simulated: str
    request: str
    connection: int
    at: float
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """How a simulated gateway answered what is asked in a recording.

    Args:
        simulation: the simulated gateway.
        connections: how many clients connected.
        requests: how many requests were asked.
        unasked: how many could not be asked.
        omitted: how many of the gateway's messages are not in the recording.
        cut: to how many requests the answer may go on where the recording has no more of it.
        counts: by the name of the message.
        differences: what differs, each once.
    """

    simulation: Simulation
    connections: int
    requests: int
    unasked: int
    omitted: int
    cut: int
    counts: Mapping[str, Count]
    differences: Sequence[Difference]

    @property
    def compared(self) -> bool:
        """Whether the recording has anything that a gateway said."""
        total = self.total
        return total.equal + total.different + total.missing > 0

    @property
    def as_recorded(self) -> bool:
        """Whether something was compared, and nothing is different, missing or extra."""
        return self.compared and not self.differences

    @property
    def total(self) -> Count:
        """All messages together."""
        names = Count.__slots__
        return Count(**{name: sum(getattr(each, name) for each in self.counts.values()) for name in names})
