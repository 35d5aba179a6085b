"""Defines a verdict: who is at fault, how sure that is, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from harness.shared.mask import Words
from harness.shared.status import Fault


class Sureness(StrEnum):
    """How far the evidence goes."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What the evidence means."""

    code: str
    """its code; docs/reference/verdicts.md"""
    title: Words
    fault: Fault | None
    sure: Sureness
    usable: bool
    """whether a client can connect and trade nevertheless"""
    says: Words
    """one paragraph for a person"""
    because: tuple[Words, ...]
    """the evidence that decided"""
    decides: Words | None
    """the one experiment that would decide it, if it is not certain"""
    next: tuple[Words, ...]
    """what to do, in this order"""
