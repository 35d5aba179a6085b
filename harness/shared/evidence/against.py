"""What a wrong answer was held against: by that the verdict tells whose fault it is."""

from __future__ import annotations

from enum import StrEnum


class Against(StrEnum):
    """What an answer differs from, and what it agrees with."""

    BOTH = "both"
    """From what the gateway sent, by the transcript, and from the truth of a simulated gateway."""
    WIRE = "wire"
    """From what a gateway sent of which nobody knows the truth."""
    CODEC = "codec"
    """From what our codec reads in the transcript, while the truth of the simulated gateway, or libraries that share no
    code, say otherwise."""
    SIMULATOR = "simulator"
    """From the truth of a simulated gateway, which sent something else."""
    TRUTH = "truth"
    """From the truth of a simulated gateway; nobody saw what was sent."""
    ASKED = "asked"
    """From what was asked for, and the gateway sent it so."""
    CLOCK = "clock"
    """From this computer's clock, and the gateway sent it so."""
    ASKED_UNSEEN = "asked-unseen"
    """From what was asked for; nobody saw what was sent."""
    OTHERS = "others"
    """From what other libraries read; nobody saw what was sent to each."""
